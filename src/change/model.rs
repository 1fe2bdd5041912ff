//! The change as values: sides, files, revisions and the trees that surround them.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of one side that are loaded; larger texts are listed instead.
pub const LARGEST_TEXT: usize = 1 << 20;

/// One of the two states that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    Old,
    New,
}

/// Where a change was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Work tree against `HEAD`: staged, unstaged and untracked files.
    WorkTree,
    /// Index against `HEAD`.
    Staged,
    /// Two commits, the older one usually a merge base.
    Range,
    /// One commit against its first parent.
    Commit,
    /// A unified diff without a repository.
    Patch,
    /// Two sets of files held in memory: rule examples, fixtures, the demo.
    Memory,
}

/// A name a person would use for one side, with the commit behind it if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// For example `HEAD`, `main`, `index`, `work tree`.
    pub label: String,
    /// Full hexadecimal commit id.
    pub id: Option<String>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    Added,
    Deleted,
    Modified,
    Renamed,
    Copied,
    /// Regular file, symbolic link and submodule turned into one another.
    TypeChanged,
}

/// The part of a git file mode that a reader can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Regular,
    Executable,
    Symlink,
    Submodule,
}

/// What stands behind a path on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The blob, whatever its encoding; for a symbolic link its target.
    Bytes(Arc<[u8]>),
    /// The commit that a submodule points to, hexadecimal.
    Submodule(String),
    /// Not loaded because of its size in bytes.
    TooLarge { bytes: u64 },
    /// Not text, and not loaded: its size in bytes is too large, or it is in a patch (0 if that does not tell it).
    Binary { bytes: u64 },
    /// The object or file could not be read; the reason is fit for a report.
    Unreadable { reason: String },
}

/// A file on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSide {
    /// Path from the root of the repository with `/`; bytes that are not UTF-8 are replaced.
    pub path: String,
    pub mode: Mode,
    pub content: Content,
}

/// A file with both of its sides; at least one is present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    pub status: Status,
    pub old: Option<FileSide>,
    pub new: Option<FileSide>,
}

impl FileChange {
    /// The path a person would look for: the new one, or the old one of a deleted file.
    pub fn path(&self) -> &str {
        match (&self.new, &self.old) {
            (Some(side), _) | (None, Some(side)) => &side.path,
            (None, None) => "",
        }
    }

    /// A side as far as it is compared: what a copy was made from still says what it said, in its own place.
    pub fn judged(&self, side: Side) -> Option<&FileSide> {
        let source = self.status == Status::Copied && side == Side::Old;
        self.side(side).filter(|_| !source)
    }

    pub fn side(&self, side: Side) -> Option<&FileSide> {
        match side {
            Side::Old => self.old.as_ref(),
            Side::New => self.new.as_ref(),
        }
    }
}

/// A commit that belongs to the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    pub id: String,
    pub author_name: String,
    pub author_email: String,
    /// Seconds since the epoch, author date.
    pub time: i64,
    pub message: String,
}

/// A path that belongs to the change and could not be taken in, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub path: String,
    pub reason: String,
}

/// Read access to everything on one side, also to files that did not change.
pub trait Tree: Send {
    /// The bytes at `path`, or `None` where there is no such file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ChangeError>;
    /// Names of the files (not folders) directly in `folder` (`""` is the root), sorted.
    fn list(&self, folder: &str) -> Result<Vec<String>, ChangeError>;
}

/// A tree held in memory: rule examples, fixtures, the demo, patches.
#[derive(Clone, Debug, Default)]
pub struct MemoryTree(pub BTreeMap<String, Arc<[u8]>>);

impl Tree for MemoryTree {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ChangeError> {
        Ok(self.0.get(path).map(|bytes| bytes.to_vec()))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, ChangeError> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        Ok(self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .filter(|rest| !rest.contains('/'))
            .map(str::to_owned)
            .collect())
    }
}

/// What is judged.
pub struct Change {
    pub kind: ChangeKind,
    pub old: Revision,
    pub new: Revision,
    /// Sorted by [`FileChange::path`].
    pub files: Vec<FileChange>,
    /// Newest first; empty where there are no commits yet. The one that is being made, where its message is known, has
    /// no id.
    pub commits: Vec<Commit>,
    pub skipped: Vec<Skipped>,
    pub old_tree: Box<dyn Tree>,
    pub new_tree: Box<dyn Tree>,
}

impl Change {
    pub fn tree(&self, side: Side) -> &dyn Tree {
        match side {
            Side::Old => self.old_tree.as_ref(),
            Side::New => self.new_tree.as_ref(),
        }
    }
}

/// Why a change could not be taken. Each message names the revision, path or key it concerns.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("{message}")]
    Repository { message: String, hint: Option<String> },
    #[error("unknown revision `{revision}`: {reason}")]
    UnknownRevision { revision: String, reason: String, hint: Option<String> },
    #[error("cannot read {path}: {reason}")]
    Unreadable { path: String, reason: String },
    /// `line` is 1-based, in the patch.
    #[error("{name} is not a unified diff: line {line}: {reason}")]
    Patch { name: String, line: usize, reason: String },
}

impl ChangeError {
    /// The next step, for a `hint:` line.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Repository { hint, .. } => hint.clone(),
            Self::UnknownRevision { hint, .. } => Some(hint.clone().unwrap_or_else(|| {
                "git rev-parse shows what a name means; in CI fetch the branch first".into()
            })),
            Self::Unreadable { .. } => Some("git fsck names damaged objects".into()),
            Self::Patch { .. } => Some("git diff writes what --patch reads".into()),
        }
    }
}
