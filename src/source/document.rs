//! One parsed text on one side, and where its bytes stand in the file that holds it.

use std::ops::Range;
use std::sync::Arc;

use super::Tree;
use crate::change::Side;

/// The word that stands for an interpolation inside a decoded embedded text
/// (`f"rm -rf {path}"` is decoded to `rm -rf __hole__`).
pub const HOLE: &str = "__hole__";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    Rust,
    Python,
    Hcl,
    Sql,
    Bash,
    Yaml,
    Json,
    Toml,
    Dockerfile,
    Make,
    JavaScript,
    TypeScript,
    Tsx,
    Go,
    Java,
    /// `KEY=value` lines: `.env`, `.properties`, `.ini`, `.cfg`.
    Properties,
    /// Any other text: text and file rules only.
    Plain,
}

impl Language {
    pub(super) const COUNT: usize = Self::Plain as usize + 1;
}

/// A place in a text. Both are 1-based; columns count Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// Names of the definitions, blocks or keys around a place, outermost first.
pub type Scope = Vec<String>;

/// Where a fact stands, always in the coordinates of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locus {
    pub side: Side,
    /// Index into `Change::files`.
    pub file: usize,
    pub path: Arc<str>,
    /// Byte offsets in the file.
    pub span: Range<usize>,
    pub start: Position,
    /// The last character of the span, not one past it.
    pub end: Position,
    pub scope: Scope,
}

/// Starts of the lines of a text, for turning byte offsets into positions.
#[derive(Clone, Debug, Default)]
pub struct LineIndex {
    text: Arc<str>,
    starts: Vec<usize>,
}

impl LineIndex {
    pub fn new(text: Arc<str>) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        Self { text, starts }
    }

    /// The position of a byte offset; offsets past the end give the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset).max(1) - 1;
        let start = self.starts[line];
        let column = self.text.get(start..offset).map_or(offset - start, |before| before.chars().count());
        Position { line: line as u32 + 1, column: column as u32 + 1 }
    }

    /// The text of a 1-based line without its line ending, or `None` past the end.
    pub fn line(&self, line: u32) -> Option<&str> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        Some(self.text[start..end].trim_end_matches(['\n', '\r']))
    }

    /// The bytes of a 1-based line with its line ending, or `None` past the end.
    pub fn range(&self, line: u32) -> Option<Range<usize>> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.starts.get(index)?;
        Some(start..self.starts.get(index + 1).copied().unwrap_or(self.text.len()))
    }

    /// The number of lines; a final line ending does not start another one.
    pub fn count(&self) -> usize {
        self.starts.len() - usize::from(self.text.is_empty() || self.text.ends_with('\n'))
    }
}

/// Maps offsets of a decoded text to offsets of the file that holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    /// (offset in the decoded text, offset in the file, is the piece copied byte for byte).
    /// Sorted; a piece that is not literal maps as a whole to its start in the file.
    pub pieces: Vec<(usize, usize, bool)>,
}

impl OffsetMap {
    /// The offset in the file of an offset in the decoded text.
    pub fn to_host(&self, offset: usize) -> usize {
        let next = self.pieces.partition_point(|(decoded, _, _)| *decoded <= offset);
        match next.checked_sub(1).and_then(|index| self.pieces.get(index)) {
            Some((decoded, host, true)) => host + (offset - decoded),
            Some((_, host, false)) => *host,
            None => self.pieces.first().map_or(offset, |(_, host, _)| *host),
        }
    }
}

/// How a document came out of another one.
#[derive(Clone, Debug)]
pub struct Embedding {
    pub host: Language,
    /// What held it, in the reader's words: `run`, `heredoc`, `string`, `subprocess.run`.
    pub through: String,
    /// Offsets straight into the file, also for a fragment of a fragment.
    pub map: OffsetMap,
    /// Offsets of interpolations in the fragment, with the source of what is put in; those of string expressions.
    pub holes: Vec<(usize, String)>,
    /// 1 for a fragment of a file; at most 3.
    pub depth: u8,
    /// The scope of the place that holds it.
    pub scope: Scope,
}

/// One parsed text on one side.
#[derive(Clone, Debug)]
pub struct Document {
    pub side: Side,
    /// Index into `Change::files`.
    pub file: usize,
    pub path: Arc<str>,
    pub language: Language,
    /// What the tree was parsed from: the file, or the decoded fragment.
    pub text: Arc<str>,
    /// `None` for languages without a grammar here, or where parsing was declined.
    pub tree: Option<Arc<Tree>>,
    pub embedding: Option<Embedding>,
    /// Lines of the file, also for a fragment.
    pub lines: Arc<LineIndex>,
}

impl Document {
    /// The place of a byte range of this document, in the coordinates of the file.
    pub fn locus(&self, span: Range<usize>, scope: Scope) -> Locus {
        let (span, scope) = match &self.embedding {
            None => (span, scope),
            Some(embedding) => {
                let start = embedding.map.to_host(span.start);
                let last = embedding.map.to_host(span.end.max(span.start + 1) - 1);
                let mut outer = embedding.scope.clone();
                outer.extend(scope);
                (start..last.max(start) + 1, outer)
            }
        };
        let start = self.lines.position(span.start);
        let end = self.lines.position(span.end.max(span.start + 1) - 1);
        Locus { side: self.side, file: self.file, path: self.path.clone(), span, start, end, scope }
    }
}

/// A path that was not, or only in part, analysed, with the reason a person can act on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct NotAnalysed {
    pub path: String,
    pub reason: String,
}
