//! What happened to a file as a whole. A deleted file is a fact of the old side, any other of the new side.

use super::{Body, Fact, FileFact};
use crate::change::{Content, FileChange, Side};
use crate::source::{Locus, Position, admit};

/// The fact of one file; `index` is its place in `Change::files`.
pub fn file_fact(index: usize, file: &FileChange) -> Option<Fact> {
    let (side, present) = match (&file.new, &file.old) {
        (Some(new), _) => (Side::New, new),
        (None, Some(old)) => (Side::Old, old),
        (None, None) => return None,
    };
    let (binary, bytes) = match &present.content {
        Content::Bytes(bytes) => (admit::is_binary(bytes), bytes.len() as u64),
        Content::TooLarge { bytes } => (false, *bytes),
        Content::Binary { bytes } => (true, *bytes),
        Content::Submodule(_) | Content::Unreadable { .. } => (false, 0),
    };
    let start = Position { line: 1, column: 1 };
    Some(Fact {
        locus: Locus {
            side,
            file: index,
            path: present.path.as_str().into(),
            span: 0..0,
            start,
            end: start,
            scope: Vec::new(),
        },
        body: Body::File(FileFact {
            status: file.status,
            old_mode: file.old.as_ref().map(|side| side.mode),
            new_mode: file.new.as_ref().map(|side| side.mode),
            binary,
            bytes,
        }),
    })
}
