//! What changed: the files of a change with both sides, from git objects, a patch file or memory.
//!
//! This stage knows nothing of languages, rules or risk; it hands on bytes.

mod lines;
mod memory;
mod model;

pub use lines::LineMap;
pub use model::{
    Change, ChangeError, ChangeKind, Commit, Content, FileChange, FileSide, MemoryTree, Mode, Revision, Side,
    Skipped, Status, Tree,
};
