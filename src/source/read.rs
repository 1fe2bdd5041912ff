//! Reads every file of a change: both texts, the line map between them, and their documents.

use std::ops::Range;
use std::sync::Arc;

use super::admit::{Admitted, admit};
use super::parse::{parse, parse_again};
use super::{Document, Language, LineIndex, NotAnalysed, Tree, embed, template};
use crate::change::{FileChange, LineMap, Side};

/// The bytes of one side that the change touches; facts elsewhere are equal on both sides.
#[derive(Clone, Debug)]
pub struct Focus {
    /// Sorted byte ranges in the file, whole lines; `None` where everything counts.
    ranges: Option<Vec<Range<usize>>>,
}

impl Focus {
    pub fn everything() -> Self {
        Self { ranges: None }
    }

    /// Whether a byte range of the file overlaps what the change touches.
    pub fn touches(&self, span: &Range<usize>) -> bool {
        self.ranges.as_ref().is_none_or(|ranges| {
            let next = ranges.partition_point(|range| range.end <= span.start);
            ranges.get(next).is_some_and(|range| range.start < span.end.max(span.start + 1))
        })
    }
}

/// A file of the change as it was read.
#[derive(Clone, Debug)]
pub struct FileReading {
    /// Index into `Change::files`.
    pub index: usize,
    pub old: Option<SideReading>,
    pub new: Option<SideReading>,
    /// Where both sides are text.
    pub map: Option<LineMap>,
    pub not_analysed: Vec<NotAnalysed>,
    /// The old side could be read without an error and the new one cannot.
    pub broken: Option<SyntaxBreak>,
}

/// An error of syntax that the change brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxBreak {
    pub language: Language,
    /// 1-based, on the new side.
    pub line: u32,
    /// More or fewer brackets stay open than before.
    pub unbalanced: bool,
}

/// One side of a file that is text.
#[derive(Clone, Debug)]
pub struct SideReading {
    pub text: Arc<str>,
    pub lines: Arc<LineIndex>,
    pub focus: Focus,
    /// The file itself first, then the languages embedded in it.
    pub documents: Vec<Document>,
}

impl FileReading {
    pub fn side(&self, side: Side) -> Option<&SideReading> {
        match side {
            Side::Old => self.old.as_ref(),
            Side::New => self.new.as_ref(),
        }
    }

    /// One side was parsed and the other could not be.
    pub fn is_one_sided(&self) -> bool {
        let parsed = |side: Side| {
            let host = self.host(side)?;
            host.language.grammar().map(|_| host.tree.is_some())
        };
        matches!((parsed(Side::Old), parsed(Side::New)), (Some(true), Some(false)) | (Some(false), Some(true)))
    }

    /// A file of data that was read only in part on a side.
    pub fn is_partial(&self, side: Side) -> bool {
        self.host(side).is_some_and(|host| {
            matches!(host.language, Language::Yaml | Language::Json | Language::Toml)
                && host.tree.as_ref().is_some_and(|tree| tree.root_node().has_error())
        })
    }

    /// The document of the file itself on a side.
    pub fn host(&self, side: Side) -> Option<&Document> {
        self.side(side)?.documents.first()
    }
}

/// Reads one file. Never fails: what cannot be read is listed.
pub fn read(index: usize, file: &FileChange) -> FileReading {
    let mut reading =
        FileReading { index, old: None, new: None, map: None, not_analysed: Vec::new(), broken: None };
    let mut text = |side: Side| match admit(file.judged(side)?) {
        Admitted::Text(text) => Some(text),
        Admitted::NoText => None,
        Admitted::Declined(reason) => {
            decline(&mut reading.not_analysed, file, reason);
            None
        }
    };
    let (old, new) = (text(Side::Old), text(Side::New));
    // Beside a side that nobody can read, all of the other would look new or gone.
    if !reading.not_analysed.is_empty() {
        return reading;
    }
    if let (Some(old), Some(new)) = (&old, &new) {
        reading.map = Some(LineMap::new(old, new));
    }
    let language = |side: Side, text: &Arc<str>| {
        file.side(side).map_or(Language::Plain, |side| Language::of(&side.path, text.as_bytes()))
    };
    let mut parsed = |side: Side, text: Arc<str>, before: Option<&Parsed>| {
        let language = language(side, &text);
        let read = readable(&text, language);
        let tree = match (before, &reading.map) {
            (Some(Parsed { read: old, language: same, tree: Some(tree), .. }), Some(map))
                if *same == language =>
            {
                parse_again(&read, language, old, tree, map)
            }
            _ => parse(&read, language),
        };
        let tree = tree.unwrap_or_else(|reason| {
            decline(&mut reading.not_analysed, file, reason);
            None
        });
        note_errors(&mut reading.not_analysed, file, tree.as_deref(), language);
        Parsed { text, read, language, tree }
    };
    let mut old = old.map(|text| parsed(Side::Old, text, None));
    let mut new = new.map(|text| parsed(Side::New, text, old.as_ref()));
    reading.broken = old.as_ref().zip(new.as_ref()).and_then(|(old, new)| breakage(old, new));
    if let (Some(old), Some(new)) = (&mut old, &mut new)
        && old.is_readable() != new.is_readable()
    {
        let torn = if old.is_readable() { (&*new, "new") } else { (&*old, "old") };
        if let (Parsed { tree: Some(tree), .. }, side) = torn {
            let line = first_error(tree).unwrap_or(1);
            let reason = format!("not compared: syntax error near line {line} of the {side} side");
            decline(&mut reading.not_analysed, file, reason);
        }
        old.tree = None;
        new.tree = None;
    }
    let names_change = match (&old, &new, &reading.map) {
        (Some(old), Some(new), Some(map)) if new.language.is_program() => {
            names_change(&old.text, &new.text, map)
        }
        _ => false,
    };
    // What names stand for changed, so every use of them may say something else; around an error of syntax what holds
    // a line is not what seems to hold it.
    let has_error = [&old, &new].into_iter().flatten().any(Parsed::has_error);
    let map = reading.map.as_ref().filter(|_| !names_change && !has_error);
    reading.old = old.map(|parsed| side(index, file, Side::Old, parsed, map));
    reading.new = new.map(|parsed| side(index, file, Side::New, parsed, map));
    if let (Some(old), Some(new), Some(map)) = (&mut reading.old, &mut reading.new, &reading.map)
        && (is_script(old) || is_script(new) || items_shift(old, new, map) || structure_shifts(old, new, map))
    {
        old.focus = Focus::everything();
        new.focus = Focus::everything();
    }
    let mut is_whole = true;
    for side in [&mut reading.old, &mut reading.new].into_iter().flatten() {
        let unfolded = embed::unfold(&mut side.documents, &side.focus);
        is_whole &= unfolded.is_whole;
        for reason in unfolded.declined {
            decline(&mut reading.not_analysed, file, reason);
        }
    }
    if !is_whole {
        for side in [&mut reading.old, &mut reading.new].into_iter().flatten() {
            side.documents.truncate(1);
        }
    }
    reading
}

/// One side on the way to its document.
struct Parsed {
    text: Arc<str>,
    /// What was parsed.
    read: Arc<str>,
    language: Language,
    tree: Option<Arc<Tree>>,
}

impl Parsed {
    fn has_error(&self) -> bool {
        self.tree.as_ref().is_some_and(|tree| tree.root_node().has_error())
    }

    /// Whether the tree says what stands in the text, so that what is missing in it is missing there.
    fn is_readable(&self) -> bool {
        if self.language.grammar().is_none() {
            return true;
        }
        let Some(tree) = &self.tree else { return false };
        !self.language.is_data() || torn(tree) * 5 < self.read.len().max(1)
    }
}

/// What the change broke in a file that was whole.
fn breakage(old: &Parsed, new: &Parsed) -> Option<SyntaxBreak> {
    let whole = old.language == new.language && old.tree.is_some() && !old.has_error();
    let tree = new.tree.as_ref().filter(|tree| whole && tree.root_node().has_error())?;
    // Brackets in strings and comments count on both sides alike.
    let open = |text: &str| {
        let mut open = [0i64; 3];
        for byte in text.bytes() {
            match byte {
                b'(' => open[0] += 1,
                b')' => open[0] -= 1,
                b'[' => open[1] += 1,
                b']' => open[1] -= 1,
                b'{' => open[2] += 1,
                b'}' => open[2] -= 1,
                _ => {}
            }
        }
        open
    };
    Some(SyntaxBreak {
        language: new.language,
        line: first_error(tree).unwrap_or(1).clamp(1, new.text.lines().count().max(1)) as u32,
        unbalanced: open(&old.read) != open(&new.read),
    })
}

/// Bytes in which the grammar found no structure.
fn torn(tree: &Tree) -> usize {
    let mut bytes = 0;
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() {
            bytes += node.byte_range().len();
        } else if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return bytes;
            }
        }
    }
}

/// What is handed to the parser: the text, or for YAML that a template engine fills in, a text of the same length.
fn readable(text: &Arc<str>, language: Language) -> Arc<str> {
    match language {
        Language::Yaml => template::blanked(text).unwrap_or_else(|| text.clone()),
        _ => text.clone(),
    }
}

/// In these languages the grammar knows all there is, so an error is one of the text, and what stands around it may be
/// misread.
fn note_errors(list: &mut Vec<NotAnalysed>, file: &FileChange, tree: Option<&Tree>, language: Language) {
    if !matches!(language, Language::Yaml | Language::Json | Language::Toml) {
        return;
    }
    if let Some(line) = tree.and_then(first_error) {
        decline(list, file, format!("read in part: syntax error near line {line}"));
    }
}

/// The 1-based line of the first place that the grammar could not read.
fn first_error(tree: &Tree) -> Option<usize> {
    let mut node = tree.root_node();
    if !node.has_error() {
        return None;
    }
    loop {
        match node.children().find(|child| child.has_error() || child.is_missing()) {
            Some(child) if !node.is_error() => node = child,
            _ => return Some(node.start_position().row + 1),
        }
    }
}

/// Whether the change touches an import or a constant at the left margin of either side.
fn names_change(old: &str, new: &str, map: &LineMap) -> bool {
    let gives_a_name = |line: &str| {
        [
            "import ",
            "from ",
            "use ",
            "pub use ",
            "const ",
            "static ",
            "pub const ",
            "export const ",
            "let ",
            "var ",
        ]
        .iter()
        .any(|start| line.starts_with(start))
            || line.split_once('=').is_some_and(|(name, _)| {
                let name = name.split(':').next().unwrap_or(name).trim_end();
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
    };
    (1u32..).zip(old.lines()).any(|(number, line)| map.is_touched_old(number) && gives_a_name(line))
        || (1u32..).zip(new.lines()).any(|(number, line)| map.is_touched_new(number) && gives_a_name(line))
}

/// Whether an untouched top-level item of program code is another one on the other side: the line of a definition
/// that came or went gives the lines around it to another definition.
fn items_shift(old: &SideReading, new: &SideReading, map: &LineMap) -> bool {
    let untouched = |side: &SideReading| -> Vec<(u32, u32)> {
        let host = side.documents.first().filter(|document| document.language.is_program());
        let Some(tree) = host.and_then(|document| document.tree.as_ref()) else { return Vec::new() };
        let items = tree.root_node().children().map(|item| item.byte_range());
        items
            .filter(|item| !side.focus.touches(item))
            .map(|item| {
                let last = item.end.max(item.start + 1) - 1;
                (side.lines.position(item.start).line, side.lines.position(last).line)
            })
            .collect()
    };
    // An attribute of Rust stands before its item, blank lines apart or not, and is no part of it.
    let marks = |side: &SideReading| {
        let tree = side.documents.first().and_then(|document| document.tree.as_ref());
        tree.is_some_and(|tree| {
            tree.root_node()
                .children()
                .any(|item| item.kind() == "attribute_item" && side.focus.touches(&item.byte_range()))
        })
    };
    if marks(old) || marks(new) {
        return true;
    }
    let (before, after) = (untouched(old), untouched(new));
    let same = |(old, new): (&(u32, u32), &(u32, u32))| {
        map.to_new(old.0) == Some(new.0) && map.to_new(old.1) == Some(new.1)
    };
    before.len() != after.len() || !before.iter().zip(&after).all(same)
}

/// In a shell script a quote or heredoc that opens far above decides what a line is.
fn is_script(side: &SideReading) -> bool {
    side.documents.first().is_some_and(|document| document.language == Language::Bash)
}

/// Whether a touched line of YAML says where other lines belong: a top-level key, a key that opens a block, a list
/// entry. What stands below such a line may be another thing although its own text is the same.
fn structure_shifts(old: &SideReading, new: &SideReading, map: &LineMap) -> bool {
    let is_yaml =
        |side: &SideReading| side.documents.first().is_some_and(|document| document.language == Language::Yaml);
    let opens = |side: &SideReading, line: u32| {
        let text = side.lines.line(line).unwrap_or_default();
        let content = text.trim();
        let says = !content.is_empty() && !content.starts_with('#');
        says && (!text.starts_with(' ')
            || content.ends_with(':')
            || content.starts_with("- ")
            || content == "-")
    };
    is_yaml(old)
        && is_yaml(new)
        && ((1..=map.old_lines()).any(|line| map.is_touched_old(line) && opens(old, line))
            || map.touched_new().any(|line| opens(new, line)))
}

fn decline(list: &mut Vec<NotAnalysed>, file: &FileChange, reason: String) {
    let entry = NotAnalysed { path: file.path().to_owned(), reason };
    if !list.contains(&entry) {
        list.push(entry);
    }
}

fn side(index: usize, file: &FileChange, side: Side, parsed: Parsed, map: Option<&LineMap>) -> SideReading {
    let Parsed { text, read, language, tree } = parsed;
    let lines = Arc::new(LineIndex::new(text.clone()));
    let path: Arc<str> = file.side(side).map_or("", |side| &side.path).into();
    let document =
        Document { side, file: index, path, language, text: read, tree, embedding: None, lines: lines.clone() };
    let focus = map.map_or_else(Focus::everything, |map| focus(map, side, &lines));
    SideReading { text, lines, focus, documents: vec![document] }
}

/// The touched lines of a side as byte ranges. Lines beside which something appeared or vanished count as touched,
/// so that what holds it is looked at; and a line counts as touched on both sides or on neither.
fn focus(map: &LineMap, side: Side, lines: &LineIndex) -> Focus {
    let mut old = vec![false; map.old_lines() as usize + 2];
    let mut new = vec![false; map.new_lines() as usize + 2];
    let mark = |marks: &mut Vec<bool>, line: u32| {
        if let Some(entry) = marks.get_mut(line as usize) {
            *entry = true;
        }
    };
    let mut last = 0;
    for line in 1..=map.old_lines() {
        match map.to_new(line) {
            Some(counterpart) => {
                if map.is_touched_old(line) {
                    mark(&mut old, line);
                }
                if counterpart > last + 1 {
                    mark(&mut old, line);
                    mark(&mut old, line.saturating_sub(1));
                }
                last = counterpart;
            }
            None => {
                mark(&mut old, line);
                mark(&mut new, last);
                mark(&mut new, last + 1);
            }
        }
    }
    if last < map.new_lines() {
        mark(&mut old, map.old_lines());
    }
    map.touched_new().for_each(|line| mark(&mut new, line));
    for line in 1..=map.old_lines() {
        if let Some(counterpart) = map.to_new(line) {
            let either = old[line as usize] || new[counterpart as usize];
            old[line as usize] = either;
            new[counterpart as usize] = either;
        }
    }
    let touched = match side {
        Side::Old => old,
        Side::New => new,
    };
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for line in touched.iter().enumerate().filter(|(_, touched)| **touched).map(|(line, _)| line as u32) {
        let Some(range) = lines.range(line) else { continue };
        match ranges.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => ranges.push(range),
        }
    }
    Focus { ranges: Some(ranges) }
}
