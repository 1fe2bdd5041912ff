//! Finds the few lines of a text that are worth decoding. Most files are plain ASCII and end here.

use std::sync::Arc;

use crate::change::{Content, FileSide, LARGEST_TEXT, Mode};
use crate::source::admit::{Admitted, admit};

/// Bytes looked at in one step; the compiler turns such a step into a few vector instructions.
const STEP: usize = 64;
/// A text with a larger share of NUL bytes than one in this many is an image, not a text that hides something.
const FEWEST_PER_NUL: usize = 50;

/// Whether bytes are visible ASCII with blanks, tabs and line endings (form feeds separate pages in old sources).
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    let strange = |byte: u8| -> bool {
        (byte < 0x20 && byte != b'\t' && byte != b'\n' && byte != b'\r' && byte != 0x0c) || byte >= 0x7f
    };
    bytes.chunks(STEP).all(|chunk| !chunk.iter().fold(false, |any, byte| any | strange(*byte)))
        && !has_lone_return(bytes)
}

/// A carriage return that does not end a line.
fn has_lone_return(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', bytes)
        .any(|at| bytes.get(at + 1).is_some_and(|next| *next != b'\n' && *next != b'\r'))
}

/// The text of a side, if it holds anything but plain ASCII.
pub(super) fn text(side: &FileSide) -> Option<Arc<str>> {
    let Content::Bytes(bytes) = &side.content else { return None };
    if is_plain(bytes) || side.mode == Mode::Submodule {
        return None;
    }
    match admit(side) {
        Admitted::Text(text) => Some(text),
        // A NUL byte makes git call a text binary; an agent still reads it. A link is its target.
        Admitted::NoText if bytes.len() <= LARGEST_TEXT => {
            let zeros = memchr::memchr_iter(0, bytes).count();
            let text = std::str::from_utf8(bytes).ok()?;
            (zeros * FEWEST_PER_NUL <= bytes.len() + FEWEST_PER_NUL).then(|| text.into())
        }
        Admitted::NoText | Admitted::Declined(_) => None,
    }
}

/// The lines that are not plain, 1-based, without their endings.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    // Files of old Macs end their lines with carriage returns alone.
    let old_mac = !text.contains('\n');
    text.split('\n').zip(1u32..).map(|(line, number)| (number, line.trim_end_matches('\r'))).filter(
        move |(_, line)| {
            if old_mac {
                line.split('\r').any(|part| !is_plain(part.as_bytes()))
            } else {
                !is_plain(line.as_bytes())
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_told_from_all_other() {
        assert!(is_plain(b"a\tb\r\nc\x0c\n"));
        assert!(is_plain("x".repeat(1000).as_bytes()));
        for bytes in [&b"a\x1b[0m"[..], b"a\rb", "\u{e9}".as_bytes(), b"a\x7f", b"a\0"] {
            assert!(!is_plain(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn only_lines_with_something_strange_come_out() {
        let found: Vec<(u32, &str)> = lines("a\r\nb\u{200b}\r\nc\n").collect();
        assert_eq!(found, [(2, "b\u{200b}")]);
        assert_eq!(lines("a\rb\rc").count(), 0);
    }
}
