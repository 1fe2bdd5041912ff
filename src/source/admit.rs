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
    if is_binary(bytes) && !is_text_with_nul(&side.path, bytes) {
        return Admitted::NoText;
    }
    if bytes.len() > LARGEST_TEXT {
        return Admitted::Declined(too_large(bytes.len() as u64));
    }
    Admitted::Text(decode(bytes))
}

/// Why a text must not be parsed in a language, or `None` if it may. One pass over the text.
pub fn obstacle(text: &str, language: Language) -> Option<String> {
    let is_yaml = language == Language::Yaml;
    let mut brackets = Brackets::new(language);
    let mut outline = YamlOutline::default();
    let mut lines = 0;
    for line in text.split('\n') {
        if line.len() > LONGEST_LINE {
            return Some(format!("longest line {} (generated)", size(longest_line(text))));
        }
        lines += 1;
        brackets.read(line);
        if is_yaml {
            outline.read(line);
        }
    }
    if is_yaml && lines > LONGEST_YAML {
        return Some(format!("{lines} lines, limit {LONGEST_YAML}"));
    }
    let depth = brackets.deepest.max(outline.deepest);
    let limit = if is_yaml { DEEPEST_YAML } else { DEEPEST_NESTING };
    (depth > limit).then(|| format!("nesting {depth}, limit {limit}"))
}

fn longest_line(text: &str) -> u64 {
    text.split('\n').map(str::len).max().unwrap_or_default() as u64
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

/// A shell reads past a NUL byte, so one must not make a script look like an image.
fn is_text_with_nul(path: &str, bytes: &[u8]) -> bool {
    let zeros = memchr::memchr_iter(0, bytes).count();
    Language::of(path, bytes) != Language::Plain
        && zeros * 100 <= bytes.len() + 99
        && std::str::from_utf8(bytes).is_ok()
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

/// The most brackets of all kinds open at once, those in strings and comments included: what is cheap to know. A text
/// can hide its depth from this count; the depth of the tree is looked at after parsing.
struct Brackets {
    open: [usize; 4],
    deepest: usize,
    /// `[`, `{` and `(` where they nest, and `<` where generics nest: the Java and TypeScript parsers take seconds
    /// over `a<a<a<…`, and do not look at the clock meanwhile.
    counts_round: bool,
    counts_angle: bool,
}

/// What [`Brackets`] looks at.
static IS_BRACKET: [bool; 256] = {
    let mut table = [false; 256];
    let brackets = b"[]{}()<>;";
    let mut at = 0;
    while at < brackets.len() {
        table[brackets[at] as usize] = true;
        at += 1;
    }
    table
};

impl Brackets {
    fn new(language: Language) -> Self {
        Self {
            open: [0; 4],
            deepest: 0,
            counts_round: language != Language::Yaml,
            counts_angle: matches!(language, Language::Java | Language::TypeScript | Language::Tsx),
        }
    }

    fn read(&mut self, line: &str) {
        // Nearly all letters of a text are none of these.
        for byte in line.bytes().filter(|byte| IS_BRACKET[usize::from(*byte)]) {
            match byte {
                b'[' => self.opens(0),
                b'{' => {
                    // A comparison is never closed; no type reaches over a brace.
                    self.open[3] = 0;
                    self.opens(1);
                }
                b'(' if self.counts_round => self.opens(2),
                b'<' if self.counts_angle => self.opens(3),
                b']' => self.closes(0),
                b'}' => {
                    self.open[3] = 0;
                    self.closes(1);
                }
                b')' => self.closes(2),
                b'>' => self.closes(3),
                b';' => self.open[3] = 0,
                _ => {}
            }
        }
    }

    fn opens(&mut self, kind: usize) {
        self.open[kind] += 1;
        self.deepest = self.deepest.max(self.open.iter().sum());
    }

    fn closes(&mut self, kind: usize) {
        self.open[kind] = self.open[kind].saturating_sub(1);
    }
}

/// The levels that the scanner of the YAML grammar keeps: it aborts the process when they outgrow its buffer, at about
/// 250. A list may stand in the column of the key that holds it, so that a column can be two levels.
#[derive(Default)]
struct YamlOutline {
    /// Column, and whether it is a list's.
    levels: Vec<(usize, bool)>,
    deepest: usize,
}

impl YamlOutline {
    fn read(&mut self, line: &str) {
        let line = line.strip_prefix("--- ").map_or(line, |rest| rest);
        let Some(start) = line.bytes().position(|byte| byte != b' ') else { return };
        let mut rest = &line[start..];
        if rest.trim_ascii_start().is_empty() {
            return;
        }
        let mut is_first = true;
        loop {
            let column = line.len() - rest.len();
            let after = rest
                .strip_prefix(['-', '?', ':'])
                .filter(|after| after.trim_ascii().is_empty() || after.starts_with([' ', '\t']));
            let is_list = after.is_some() && rest.starts_with('-');
            if is_first {
                self.levels.retain(|(own, list)| *own < column || (*own == column && (is_list || !list)));
                is_first = false;
            }
            if self.levels.last() != Some(&(column, is_list)) {
                self.levels.push((column, is_list));
                self.deepest = self.deepest.max(self.levels.len());
            }
            match after.map(str::trim_ascii_start) {
                Some(after) if !after.is_empty() => rest = after,
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_yaml_is_declined() {
        assert!(obstacle(&"- ".repeat(300), Language::Yaml).is_some());
        let maps: String = (0..400).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        assert!(obstacle(&maps, Language::Yaml).is_some());
        // Levels that one line alone does not have.
        let steps: String =
            (0..4).map(|step| format!("{}{}-\n", " ".repeat(200 * step), "- ".repeat(99))).collect();
        assert!(obstacle(&steps, Language::Yaml).is_some());
        let pairs: String = (0..130).map(|level| format!("{}- a:\n", " ".repeat(2 * level))).collect();
        assert!(obstacle(&pairs, Language::Yaml).is_some());
        assert!(obstacle("a:\n  - b: 1\n", Language::Yaml).is_none());
    }

    #[test]
    fn long_lists_and_prose_are_not_deep() {
        let list = "a:\n".to_owned() + &"- b:\n  - c\n  - d: (\n".repeat(2000);
        assert!(obstacle(&list, Language::Yaml).is_none());
        let loops = "for (int i = 0; i < n; i++) { a(i); }\n".repeat(2000);
        assert!(obstacle(&loops, Language::Java).is_none());
        assert!(obstacle(&"a<".repeat(2000), Language::Java).is_some());
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
