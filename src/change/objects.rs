//! Reading blobs, and the trees around a change, without writing or running anything.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use git2::{ObjectType, Oid, Repository};

use super::disk;
use super::index::Index;
use super::model::{ChangeError, Content, FileSide, LARGEST_TEXT, Mode, Tree};
use super::pairs::{self, FOLDER, Item, KIND, SUBMODULE, SYMLINK, Source};

/// Bytes up to which a blob is opened to see whether it is text.
const PEEK: u64 = 8 << 20;
/// git's own test looks at this many bytes for a NUL.
const BINARY: usize = 8000;
/// Bytes of all files of one change together; what comes later is listed as unread.
const MOST_BYTES: u64 = 768 << 20;

/// A repository shared by the trees of a change.
pub(super) type Shared = Arc<Mutex<Repository>>;

pub(super) fn lock(shared: &Shared) -> MutexGuard<'_, Repository> {
    // A panic elsewhere leaves nothing half-written: the repository is only read.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Loads the contents of both sides, as long as they are bearable together.
pub(super) struct Loader<'a> {
    repository: &'a Repository,
    root: Option<&'a Path>,
    left: u64,
}

impl<'a> Loader<'a> {
    pub fn new(repository: &'a Repository, root: Option<&'a Path>) -> Self {
        Self { repository, root, left: MOST_BYTES }
    }

    pub fn load(&mut self, path: &[u8], item: Item) -> FileSide {
        let mode = mode(item.mode);
        let content = match item.source {
            _ if mode == Mode::Submodule => Content::Submodule(item.id.to_string()),
            Source::Conflict => unreadable("its merge conflict is not resolved".to_owned()),
            Source::Object => self.object(item.id),
            Source::Disk => self.file(path, mode),
        };
        if let Content::Bytes(bytes) = &content {
            match self.left.checked_sub(bytes.len() as u64) {
                Some(left) => self.left = left,
                None => {
                    let reason = format!("the change is larger than {} MB", MOST_BYTES >> 20);
                    return FileSide { path: text(path), mode, content: unreadable(reason) };
                }
            }
        }
        FileSide { path: text(path), mode, content }
    }

    fn object(&self, id: Oid) -> Content {
        let odb = match self.repository.odb() {
            Ok(odb) => odb,
            Err(error) => return unreadable(error.message().to_owned()),
        };
        let missing = |error: git2::Error| unreadable(format!("its object {id:.10} {}", damage(&error)));
        let bytes = match odb.read_header(id) {
            Ok((size, ObjectType::Blob)) => size as u64,
            Ok(_) => return unreadable(format!("its object {id:.10} is no file content")),
            Err(error) => return missing(error),
        };
        if bytes > PEEK {
            return Content::TooLarge { bytes };
        }
        match odb.read(id) {
            Ok(object) if bytes > LARGEST_TEXT as u64 => large(object.data(), bytes),
            Ok(object) => Content::Bytes(object.data().into()),
            Err(error) => missing(error),
        }
    }

    fn file(&self, path: &[u8], mode: Mode) -> Content {
        let Some(root) = self.root else { return unreadable("there is no work tree".to_owned()) };
        let file = disk::join(root, path);
        let read = || -> std::io::Result<Content> {
            let meta = std::fs::symlink_metadata(&file)?;
            if meta.is_symlink() {
                return Ok(Content::Bytes(disk::target(&file).unwrap_or_default().into()));
            }
            if !meta.is_file() {
                return Ok(unreadable("neither a file nor a link".to_owned()));
            }
            let bytes = meta.len();
            if bytes > LARGEST_TEXT as u64 && mode != Mode::Symlink {
                return Ok(large(&disk::start(&file, BINARY)?, bytes));
            }
            Ok(Content::Bytes(disk::start(&file, LARGEST_TEXT + 1)?.into()))
        };
        read().unwrap_or_else(|error| unreadable(error.to_string()))
    }
}

fn large(start: &[u8], bytes: u64) -> Content {
    // UTF-16 is text in spite of its NULs.
    let wide = matches!(start, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    if !wide && memchr::memchr(0, &start[..start.len().min(BINARY)]).is_some() {
        Content::Binary { bytes }
    } else {
        Content::TooLarge { bytes }
    }
}

fn unreadable(reason: String) -> Content {
    Content::Unreadable { reason }
}

fn damage(error: &git2::Error) -> String {
    match error.code() {
        git2::ErrorCode::NotFound => "is missing here (a partial clone, or damage)".to_owned(),
        _ => format!("cannot be read: {}", error.message()),
    }
}

fn mode(mode: u32) -> Mode {
    match mode & KIND {
        SUBMODULE => Mode::Submodule,
        SYMLINK => Mode::Symlink,
        _ if mode & 0o100 != 0 => Mode::Executable,
        _ => Mode::Regular,
    }
}

pub(super) fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

fn unreadable_path(path: &str, error: &git2::Error) -> ChangeError {
    ChangeError::Unreadable { path: path.to_owned(), reason: error.message().to_owned() }
}

/// The tree of a commit; without an id the empty one.
pub(super) struct CommitTree {
    pub shared: Shared,
    pub id: Option<Oid>,
}

impl Tree for CommitTree {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ChangeError> {
        let Some(id) = self.id else { return Ok(None) };
        let repository = lock(&self.shared);
        let tree = repository.find_tree(id).map_err(|error| unreadable_path("/", &error))?;
        let entry = match tree.get_path(Path::new(path)) {
            Ok(entry) if entry.kind() == Some(ObjectType::Blob) => entry,
            Ok(_) => return Ok(None),
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(unreadable_path(path, &error)),
        };
        blob(&repository, path, entry.id()).map(Some)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, ChangeError> {
        let Some(id) = self.id else { return Ok(Vec::new()) };
        let repository = lock(&self.shared);
        let mut tree = repository.find_tree(id).map_err(|error| unreadable_path("/", &error))?;
        if !folder.is_empty() {
            let entry = match tree.get_path(Path::new(folder)) {
                Ok(entry) if entry.kind() == Some(ObjectType::Tree) => entry.id(),
                _ => return Ok(Vec::new()),
            };
            tree = repository.find_tree(entry).map_err(|error| unreadable_path(folder, &error))?;
        }
        let files = tree.iter().filter(|entry| entry.kind() == Some(ObjectType::Blob));
        let mut names: Vec<String> = files.map(|entry| text(entry.name_bytes())).collect();
        names.sort();
        Ok(names)
    }
}

/// What the next commit would hold.
pub(super) struct IndexTree {
    pub shared: Shared,
    pub index: Arc<Index>,
}

impl Tree for IndexTree {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ChangeError> {
        let item = self.index.at(path.as_bytes()).first().and_then(pairs::item);
        match item {
            Some(item) if item.source == Source::Object && item.mode & KIND != SUBMODULE => {
                blob(&lock(&self.shared), path, item.id).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, ChangeError> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut names = Vec::new();
        let range = self.index.below(prefix.as_bytes());
        let mut at = range.start;
        while at < range.end {
            let entry = &self.index.entries()[at];
            let rest = &self.index.path(entry)[prefix.len()..];
            match memchr::memchr(b'/', rest) {
                // Past everything in this folder at once.
                Some(slash) => {
                    let below = [prefix.as_bytes(), &rest[..=slash]].concat();
                    at = self.index.below(&below).end.max(at + 1);
                }
                None => {
                    if entry.mode & KIND != SUBMODULE && entry.mode & KIND != FOLDER {
                        names.push(text(rest));
                    }
                    at += 1;
                }
            }
        }
        names.dedup();
        Ok(names)
    }
}

fn blob(repository: &Repository, path: &str, id: Oid) -> Result<Vec<u8>, ChangeError> {
    let blob = repository.find_blob(id).map_err(|error| unreadable_path(path, &error))?;
    Ok(blob.content().to_vec())
}

/// The files on disk. Links are not followed, so that nothing outside the work tree is read.
pub(super) struct DiskTree {
    pub root: PathBuf,
}

impl DiskTree {
    /// The path on disk, unless a part of it leaves the work tree.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        let mut whole = self.root.clone();
        let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
        while let Some(part) = parts.next() {
            if part == ".." || part == "." || part == ".git" {
                return None;
            }
            whole.push(part);
            if parts.peek().is_some() && !std::fs::symlink_metadata(&whole).ok()?.is_dir() {
                return None;
            }
        }
        Some(whole)
    }
}

impl Tree for DiskTree {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ChangeError> {
        let Some(file) = self.inside(path) else { return Ok(None) };
        let Ok(meta) = std::fs::symlink_metadata(&file) else { return Ok(None) };
        if meta.is_symlink() {
            return Ok(disk::target(&file));
        }
        if !meta.is_file() {
            return Ok(None);
        }
        std::fs::read(&file)
            .map(Some)
            .map_err(|error| ChangeError::Unreadable { path: path.to_owned(), reason: error.to_string() })
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, ChangeError> {
        let Some(folder) = self.inside(folder) else { return Ok(Vec::new()) };
        if !std::fs::symlink_metadata(&folder).is_ok_and(|meta| meta.is_dir()) {
            return Ok(Vec::new());
        }
        let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
        let files = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_dir()));
        let mut names: Vec<String> =
            files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        Ok(names)
    }
}
