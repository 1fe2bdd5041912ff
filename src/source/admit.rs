//! Which bytes may be handed to a parser: text of a bearable size and depth. Everything else is declined with a
//! reason, because several grammars abort the process on small hostile inputs.

use std::sync::Arc;

use super::Language;
use crate::change::{Content, FileSide, LARGEST_TEXT, Mode};

/// Bytes of one line; longer ones are generated or minified.
const LONGEST_LINE: usize = 50 * 1024;
/// Open brackets at once.
const DEEPEST_NESTING: usize = 500;
/// Levels of indentation, dashes and question marks of a YAML line together.
const DEEPEST_YAML: usize = 150;
/// The YAML grammar turns a longer text into one error.
const LONGEST_YAML: usize = 32_000;

/// What a side is, as far as its bytes tell.
#[derive(Clone, Debug)]
pub enum Admitted {
    /// Text; bytes that are not UTF-8 are replaced by `?` each, so that offsets hold.
    Text(Arc<str>),
    /// Nothing to read: a symbolic link, a submodule, an LFS pointer, binary content.
    NoText,
    Declined(String),
}

/// Decides about one side of a file.
pub fn admit(side: &FileSide) -> Admitted {
    let bytes = match &side.content {
        Content::Bytes(bytes) => bytes,
        Content::Submodule(_) | Content::Binary { .. } => return Admitted::NoText,
        Content::TooLarge { bytes } => return Admitted::Declined(too_large(*bytes)),
        Content::Unreadable { reason } => return Admitted::Declined(reason.clone()),
    };
    if side.mode == Mode::Symlink || side.mode == Mode::Submodule || is_lfs_pointer(bytes) {
        return Admitted::NoText;
    }
    if let Some(encoding) = wide_encoding(bytes) {
        return match encoding.decode(bytes) {
            Some(text) if text.len() <= LARGEST_TEXT => Admitted::Text(text.into()),
            Some(text) => Admitted::Declined(too_large(text.len() as u64)),
            None => Admitted::Declined("damaged UTF-16".to_owned()),
        };
    }
    if is_binary(bytes) {
        return Admitted::NoText;
    }
    if bytes.len() > LARGEST_TEXT {
        return Admitted::Declined(too_large(bytes.len() as u64));
    }
    Admitted::Text(decode(bytes))
}

/// Why a text must not be parsed in a language, or `None` if it may.
pub fn obstacle(text: &str, language: Language) -> Option<String> {
    let longest = text.split('\n').map(str::len).max().unwrap_or_default();
    if longest > LONGEST_LINE {
        return Some(format!("longest line {} (generated)", size(longest as u64)));
    }
    if language == Language::Yaml {
        let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count();
        if lines > LONGEST_YAML {
            return Some(format!("{lines} lines, limit {LONGEST_YAML}"));
        }
        let depth = yaml_depth(text);
        if depth > DEEPEST_YAML {
            return Some(format!("nesting {depth}, limit {DEEPEST_YAML}"));
        }
    }
    let depth = bracket_depth(text);
    let limit = if language == Language::Yaml { DEEPEST_YAML } else { DEEPEST_NESTING };
    (depth > limit).then(|| format!("nesting {depth}, limit {limit}"))
}

/// A number of bytes for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..=1023 => format!("{bytes} bytes"),
        1024..=1_048_575 => format!("{:.1} KB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}

fn too_large(bytes: u64) -> String {
    format!("{}, limit {}", size(bytes), size(LARGEST_TEXT as u64))
}

/// git's own test: a NUL byte among the first 8,000.
pub fn is_binary(bytes: &[u8]) -> bool {
    memchr::memchr(0, &bytes[..bytes.len().min(8000)]).is_some()
}

pub fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.len() < 1024 && bytes.starts_with(b"version https://git-lfs.github.com/spec/")
}

fn decode(bytes: &[u8]) -> Arc<str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len());
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
            }
            text.into()
        }
    }
}

enum Wide {
    Little,
    Big,
}

fn wide_encoding(bytes: &[u8]) -> Option<Wide> {
    match bytes {
        [0xff, 0xfe, ..] => Some(Wide::Little),
        [0xfe, 0xff, ..] => Some(Wide::Big),
        _ => None,
    }
}

impl Wide {
    fn decode(&self, bytes: &[u8]) -> Option<String> {
        let units = bytes[2..].chunks(2).map(|pair| match (self, pair) {
            (Self::Little, [low, high]) => u16::from_le_bytes([*low, *high]),
            (Self::Big, [high, low]) => u16::from_be_bytes([*high, *low]),
            _ => 0xfffd,
        });
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    }
}

/// The most brackets open at once, strings and comments included: an upper bound is what is needed.
fn bracket_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The most indentation levels, dashes and question marks that stand before any content.
fn yaml_depth(text: &str) -> usize {
    let mut indents: Vec<usize> = Vec::new();
    let mut deepest = 0;
    for line in text.lines() {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        let mut rest = content;
        let mut marks = 0;
        while let Some(after) = rest.strip_prefix(['-', '?', ':']) {
            if !(after.is_empty() || after.starts_with([' ', '\t'])) {
                break;
            }
            marks += 1;
            rest = after.trim_start();
        }
        if rest.is_empty() && marks == 0 {
            continue;
        }
        while indents.last().is_some_and(|last| *last >= indent) {
            indents.pop();
        }
        indents.push(indent);
        deepest = deepest.max(indents.len() + marks);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_yaml_is_declined() {
        assert!(obstacle(&"- ".repeat(300), Language::Yaml).is_some());
        let maps: String = (0..400).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        assert!(obstacle(&maps, Language::Yaml).is_some());
        assert!(obstacle("a:\n  - b: 1\n", Language::Yaml).is_none());
    }

    #[test]
    fn deep_brackets_and_long_lines_are_declined() {
        assert!(obstacle(&"{a:".repeat(600), Language::JavaScript).is_some());
        assert!(obstacle(&"x".repeat(60 * 1024), Language::JavaScript).is_some());
        assert!(obstacle("f(a[0])", Language::JavaScript).is_none());
    }

    #[test]
    fn bytes_that_are_not_utf8_keep_their_offsets() {
        assert_eq!(&*decode(b"a\xff\xfeb"), "a??b");
    }
}
