//! What changed: the files of a change with both sides, from git objects, a patch file or memory.
//!
//! This stage knows nothing of languages, rules or risk; it hands on bytes.

mod disk;
mod ewah;
mod git;
mod index;
mod lines;
mod log;
mod memory;
mod model;
mod objects;
mod pairs;
mod patch;
mod patch_header;
mod proposal;
mod renames;
mod revision;

pub use git::{Environment, Repository};
pub use lines::LineMap;
pub use log::Logged;
pub use model::{
    Change, ChangeError, ChangeKind, Commit, Content, FileChange, FileSide, LARGEST_TEXT, MemoryTree, Mode,
    Revision, Side, Skipped, Status, Tree,
};
