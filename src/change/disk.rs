//! What the work tree holds: files that differ from the index, and untracked files that are not ignored.
//!
//! As git does, a file whose size, times and inode are those of its entry is taken as unchanged without being read.
//! No filter, hook or file system monitor runs, and no symbolic link is followed.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid};

use super::index::{Entry, Index, Stat};
use super::model::{LARGEST_TEXT, Skipped};
use super::pairs::{FOLDER, Item, KIND, SUBMODULE, SYMLINK, Source};

/// From this many entries on they are looked at on several threads.
const MANY: usize = 2000;
/// Untracked files taken in; a forgotten `.gitignore` must not cost gigabytes.
const MOST_UNTRACKED: usize = 10_000;
const DEEPEST: usize = 400;

/// The parts of `git config` that change what a file on disk means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meaning {
    /// `core.fileMode`: the executable bit on disk is real.
    pub executable: bool,
    /// `core.symlinks`: links are links, not small files.
    pub symlinks: bool,
    /// `core.ignoreCase`.
    pub ignore_case: bool,
}

impl Meaning {
    /// What two names of one file have in common.
    fn key(self, path: &[u8]) -> Cow<'_, [u8]> {
        if self.ignore_case { Cow::Owned(path.to_ascii_lowercase()) } else { Cow::Borrowed(path) }
    }
}

/// A path whose disk content is not its index entry's; `None` when it is gone.
pub(super) type Difference = (Vec<u8>, Option<Item>);

/// Tracked files that differ from their entry.
pub(super) fn differences(root: &Path, index: &Index, meaning: Meaning) -> Vec<Difference> {
    let entries = index.entries();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    if entries.len() < MANY || threads == 1 {
        return of_some(root, index, entries, meaning);
    }
    let size = entries.len().div_ceil(threads);
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            entries.chunks(size).map(|some| scope.spawn(move || of_some(root, index, some, meaning))).collect();
        let joined = workers.into_iter().flat_map(|worker| {
            // A worker that panicked takes its files with it; the panic goes on.
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        joined.collect()
    })
}

fn of_some(root: &Path, index: &Index, entries: &[Entry], meaning: Meaning) -> Vec<Difference> {
    let mut folders = Folders { root, last: Vec::new(), real: true };
    let mut found: Vec<Difference> = Vec::new();
    for entry in entries {
        let path = index.path(entry);
        if entry.skip_worktree || entry.assume_valid || entry.mode & KIND == FOLDER {
            continue;
        }
        if entry.stage > 0 && found.last().is_some_and(|(last, _)| last == path) {
            continue;
        }
        if let Some(difference) = of_one(&mut folders, index, entry, path, meaning) {
            found.push((path.to_vec(), difference));
        }
    }
    found
}

/// `None`: as in the index. `Some(None)`: gone.
fn of_one(
    folders: &mut Folders<'_>,
    index: &Index,
    entry: &Entry,
    path: &[u8],
    meaning: Meaning,
) -> Option<Option<Item>> {
    let file = join(folders.root, path);
    if !folders.is_real(path) {
        return Some(None);
    }
    let Ok(meta) = fs::symlink_metadata(&file) else { return Some(None) };
    if entry.mode & KIND == SUBMODULE {
        if !meta.is_dir() {
            return Some(found(&file, &meta, Some(entry), meaning));
        }
        let head = submodule_head(&file)?;
        return (head != entry.id).then_some(Some(Item { mode: SUBMODULE, id: head, source: Source::Disk }));
    }
    if meta.is_dir() {
        return Some(None);
    }
    if entry.stage == 0 && !entry.intent_to_add && is_untouched(entry, &meta, index.written) {
        let mode = mode(&meta, Some(entry), meaning);
        if mode == Some(entry.mode) {
            return None;
        }
    }
    let item = found(&file, &meta, Some(entry), meaning);
    match item {
        Some(item) if entry.stage == 0 && !entry.intent_to_add => {
            let same =
                item.mode == entry.mode && (item.id == entry.id || is_same_but_for_line_ends(&file, entry));
            (!same).then_some(Some(item))
        }
        other => Some(other),
    }
}

/// Which folders of the work tree are real ones; below a symbolic link nothing belongs to the repository.
struct Folders<'a> {
    root: &'a Path,
    last: Vec<u8>,
    real: bool,
}

impl Folders<'_> {
    fn is_real(&mut self, path: &[u8]) -> bool {
        let Some(end) = memchr::memrchr(b'/', path) else { return true };
        let folder = &path[..end];
        if self.last != folder {
            self.last = folder.to_vec();
            self.real = memchr::memchr_iter(b'/', folder).chain([end]).all(|end| {
                fs::symlink_metadata(join(self.root, &folder[..end])).is_ok_and(|meta| meta.is_dir())
            });
        }
        self.real
    }
}

/// Whether nothing has been written to the file since it was equal to its entry.
fn is_untouched(entry: &Entry, meta: &Metadata, written: (u32, u32)) -> bool {
    let now = stat(meta);
    let then = entry.stat;
    // Git of other builds leaves out nanoseconds and inodes; zero means unknown.
    let equal = |one: (u32, u32), other: (u32, u32)| {
        one.0 == other.0 && (one.1 == other.1 || one.1 == 0 || other.1 == 0)
    };
    equal(then.modified, now.modified)
        && equal(then.changed, now.changed)
        && then.size == now.size
        && (then.inode == now.inode || then.inode == 0 || now.inode == 0)
        && then.modified < written
}

#[cfg(unix)]
fn stat(meta: &Metadata) -> Stat {
    use std::os::unix::fs::MetadataExt;
    Stat {
        changed: (meta.ctime() as u32, meta.ctime_nsec() as u32),
        modified: (meta.mtime() as u32, meta.mtime_nsec() as u32),
        inode: meta.ino() as u32,
        size: meta.size() as u32,
    }
}

#[cfg(not(unix))]
fn stat(_: &Metadata) -> Stat {
    // Git for other systems fills the fields in ways of its own; every file is then read.
    Stat { size: u32::MAX, ..Stat::default() }
}

/// The mode that git would give the file; `None` for what is no file at all (a pipe, a socket).
fn mode(meta: &Metadata, entry: Option<&Entry>, meaning: Meaning) -> Option<u32> {
    if meta.is_symlink() {
        return Some(SYMLINK);
    }
    if !meta.is_file() {
        return None;
    }
    match entry.map(|entry| entry.mode) {
        Some(SYMLINK) if !meaning.symlinks => Some(SYMLINK),
        Some(mode) if mode & KIND == 0o100_000 && !meaning.executable => Some(mode),
        _ if meaning.executable && is_executable(meta) => Some(0o100_755),
        _ => Some(0o100_644),
    }
}

#[cfg(unix)]
fn is_executable(meta: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

fn found(file: &Path, meta: &Metadata, entry: Option<&Entry>, meaning: Meaning) -> Option<Item> {
    let mode = mode(meta, entry, meaning)?;
    let id = if meta.is_symlink() {
        target(file).and_then(|target| Oid::hash_object(ObjectType::Blob, &target).ok())
    } else if entry.is_some() || meta.len() <= LARGEST_TEXT as u64 {
        Oid::hash_file(ObjectType::Blob, file).ok()
    } else {
        None
    };
    Some(Item { mode, id: id.unwrap_or(Oid::ZERO_SHA1), source: Source::Disk })
}

/// A file checked out with CR LF whose times changed is not a change.
fn is_same_but_for_line_ends(file: &Path, entry: &Entry) -> bool {
    let Ok(meta) = fs::symlink_metadata(file) else { return false };
    if !meta.is_file() || meta.len() > LARGEST_TEXT as u64 {
        return false;
    }
    let Ok(bytes) = fs::read(file) else { return false };
    if memchr::memmem::find(&bytes, b"\r\n").is_none() {
        return false;
    }
    let mut plain = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if !(*byte == b'\r' && bytes.get(at + 1) == Some(&b'\n')) {
            plain.push(*byte);
        }
    }
    Oid::hash_object(ObjectType::Blob, &plain).is_ok_and(|id| id == entry.id)
}

/// The commit that a checked out submodule stands on.
fn submodule_head(folder: &Path) -> Option<Oid> {
    if !folder.join(".git").exists() {
        return None;
    }
    git2::Repository::open(folder).ok()?.head().ok()?.target()
}

/// The text of a symbolic link.
pub(super) fn target(file: &Path) -> Option<Vec<u8>> {
    fs::read_link(file).ok().map(|target| target.into_os_string().into_encoded_bytes())
}

/// The path below the root of one that git writes.
pub(super) fn join(root: &Path, path: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        root.join(std::ffi::OsStr::from_bytes(path))
    }
    #[cfg(not(unix))]
    root.join(&*String::from_utf8_lossy(path))
}

/// The first bytes of a file, at most `most`.
pub(super) fn start(file: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Untracked files that no ignore rule covers.
pub(super) struct Untracked<'a> {
    root: &'a Path,
    repository: &'a git2::Repository,
    meaning: Meaning,
    tracked: HashSet<Cow<'a, [u8]>>,
    folders: HashSet<Cow<'a, [u8]>>,
    pub found: Vec<(Vec<u8>, Item)>,
    pub skipped: Vec<Skipped>,
}

impl<'a> Untracked<'a> {
    pub fn find(root: &'a Path, repository: &'a git2::Repository, index: &'a Index, meaning: Meaning) -> Self {
        let mut untracked = Self {
            root,
            repository,
            meaning,
            tracked: HashSet::with_capacity(index.entries().len()),
            folders: HashSet::new(),
            found: Vec::new(),
            skipped: Vec::new(),
        };
        let mut last: &[u8] = b"";
        for entry in index.entries() {
            let path = index.path(entry);
            let folder = &path[..memchr::memrchr(b'/', path).unwrap_or_default()];
            if folder != last {
                let ends = memchr::memchr_iter(b'/', folder).chain([folder.len()]);
                untracked.folders.extend(ends.map(|end| meaning.key(&folder[..end])));
                last = folder;
            }
            untracked.tracked.insert(meaning.key(path));
        }
        untracked.visit();
        untracked
    }

    fn visit(&mut self) {
        let mut waiting: Vec<(Vec<u8>, usize)> = vec![(Vec::new(), 0)];
        while let Some((folder, depth)) = waiting.pop() {
            let entries = match fs::read_dir(join(self.root, &folder)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    self.skip(&folder, format!("the folder cannot be read: {error}"));
                    continue;
                }
            };
            for entry in entries.flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                let name = entry.file_name();
                if name == ".git" {
                    continue;
                }
                let mut path = folder.clone();
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(name.as_encoded_bytes());
                let key = self.meaning.key(&path);
                if self.tracked.contains(&key) {
                    continue;
                }
                if kind.is_dir() {
                    let known = self.folders.contains(&key);
                    if !known && self.is_ignored(&path, true) {
                        continue;
                    }
                    if !known && entry.path().join(".git").exists() {
                        self.skip(&path, "a repository of its own that is not a submodule".to_owned());
                    } else if depth >= DEEPEST {
                        self.skip(&path, format!("more than {DEEPEST} folders inside one another"));
                    } else {
                        waiting.push((path, depth + 1));
                    }
                } else if (kind.is_file() || kind.is_symlink()) && !self.is_ignored(&path, false) {
                    if self.found.len() >= MOST_UNTRACKED {
                        self.skip(
                            &path,
                            format!("more than {MOST_UNTRACKED} untracked files; is one ignored too few?"),
                        );
                        return;
                    }
                    let file = entry.path();
                    let item = fs::symlink_metadata(&file)
                        .ok()
                        .and_then(|meta| found(&file, &meta, None, self.meaning));
                    if let Some(item) = item {
                        self.found.push((path, item));
                    }
                }
            }
        }
    }

    fn is_ignored(&self, path: &[u8], folder: bool) -> bool {
        let mut path = join(Path::new(""), path).into_os_string();
        if folder {
            path.push("/");
        }
        self.repository.is_path_ignored(Path::new(&path)).unwrap_or(false)
    }

    fn skip(&mut self, path: &[u8], reason: String) {
        self.skipped.push(Skipped { path: String::from_utf8_lossy(path).into_owned(), reason });
    }
}
