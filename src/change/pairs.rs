//! Which paths differ between two trees, or between a tree and the index, looking only where ids differ.

use std::collections::BTreeMap;
use std::ops::Range;

use git2::{ObjectType, Oid, Repository};

use super::index::{CachedTree, Entry, Index};
use super::model::Skipped;

pub(super) const FOLDER: u32 = 0o040_000;
pub(super) const SUBMODULE: u32 = 0o160_000;
pub(super) const SYMLINK: u32 = 0o120_000;
pub(super) const KIND: u32 = 0o170_000;

/// Folders inside one another; deeper ones are listed as skipped.
const DEEPEST: usize = 1000;

/// Where the bytes of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Object,
    Disk,
    /// Nowhere: its merge is not resolved.
    Conflict,
}

/// A file on one side before its content is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// As git writes it: 0o100644, 0o100755, 0o120000, 0o160000.
    pub mode: u32,
    /// Zero where it was not computed.
    pub id: Oid,
    pub source: Source,
}

impl Item {
    pub fn object(mode: u32, id: Oid) -> Self {
        Self { mode: canonical(mode), id, source: Source::Object }
    }

    pub fn is_same(&self, other: &Self) -> bool {
        self.mode == other.mode && self.id == other.id && self.source != Source::Conflict && !self.id.is_zero()
    }
}

/// Old trees hold modes such as 0o100664, which mean the same.
fn canonical(mode: u32) -> u32 {
    match mode & KIND {
        0o100_000 if mode & 0o100 != 0 => 0o100_755,
        0o100_000 => 0o100_644,
        kind => kind,
    }
}

/// Both sides of a path; at least one is present.
pub(super) type Pairs = BTreeMap<Vec<u8>, (Option<Item>, Option<Item>)>;

/// A walk over two sides at once.
pub(super) struct Walk<'a> {
    repository: &'a Repository,
    pairs: Pairs,
    skipped: Vec<Skipped>,
}

enum Node {
    File(Item),
    Folder(Oid),
}

impl<'a> Walk<'a> {
    /// What differs between two trees; `None` is the empty tree.
    pub fn trees(repository: &'a Repository, old: Option<Oid>, new: Option<Oid>) -> (Pairs, Vec<Skipped>) {
        let mut walk = Self { repository, pairs: Pairs::new(), skipped: Vec::new() };
        walk.two_trees(&mut Vec::new(), old, new, 0);
        (walk.pairs, walk.skipped)
    }

    /// What differs between a tree and the index.
    pub fn index(repository: &'a Repository, old: Option<Oid>, index: &Index) -> (Pairs, Vec<Skipped>) {
        let mut walk = Self { repository, pairs: Pairs::new(), skipped: Vec::new() };
        let all = 0..index.entries().len();
        walk.tree_and_index(&mut Vec::new(), old, index, all, index.cached.as_ref(), 0);
        (walk.pairs, walk.skipped)
    }

    fn two_trees(&mut self, prefix: &mut Vec<u8>, old: Option<Oid>, new: Option<Oid>, depth: usize) {
        if old == new || self.is_too_deep(prefix, depth) {
            return;
        }
        let (Some(old), Some(new)) = (self.folder(prefix, old), self.folder(prefix, new)) else { return };
        for (name, (old, new)) in zip(old, new) {
            let length = prefix.len();
            prefix.extend_from_slice(&name);
            let (old_folder, new_folder) = (folder_of(&old), folder_of(&new));
            self.note(prefix, file_of(&old), file_of(&new));
            if old_folder.is_some() || new_folder.is_some() {
                prefix.push(b'/');
                self.two_trees(prefix, old_folder, new_folder, depth + 1);
            }
            prefix.truncate(length);
        }
    }

    fn tree_and_index(
        &mut self,
        prefix: &mut Vec<u8>,
        old: Option<Oid>,
        index: &Index,
        entries: Range<usize>,
        cached: Option<&CachedTree>,
        depth: usize,
    ) {
        let valid = cached.and_then(|cached| cached.valid).filter(|(_, count)| *count == entries.len());
        if valid.is_some_and(|(id, _)| Some(id) == old) || self.is_too_deep(prefix, depth) {
            return;
        }
        let Some(tree) = self.folder(prefix, old) else { return };
        for (name, (old, new)) in zip(tree, level(prefix, index, entries, cached)) {
            let length = prefix.len();
            prefix.extend_from_slice(&name);
            let old_folder = folder_of(&old);
            match new {
                Some(Level::Folder(range)) => {
                    self.note(prefix, file_of(&old), None);
                    prefix.push(b'/');
                    let below = cached.and_then(|cached| cached.folders.get(&name));
                    self.tree_and_index(prefix, old_folder, index, range, below, depth + 1);
                }
                Some(Level::Tree(id)) => {
                    self.note(prefix, file_of(&old), None);
                    prefix.push(b'/');
                    self.two_trees(prefix, old_folder, Some(id), depth + 1);
                }
                file => {
                    let item = match file {
                        Some(Level::File(item)) => Some(item),
                        _ => None,
                    };
                    self.note(prefix, file_of(&old), item);
                    if let Some(folder) = old_folder {
                        prefix.push(b'/');
                        self.two_trees(prefix, Some(folder), None, depth + 1);
                    }
                }
            }
            prefix.truncate(length);
        }
    }

    fn note(&mut self, path: &[u8], old: Option<Item>, new: Option<Item>) {
        let same = match (&old, &new) {
            (Some(old), Some(new)) => old.is_same(new),
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.pairs.insert(path.to_vec(), (old, new));
        }
    }

    /// The names in a tree; `None` after a tree that cannot be read, which is listed.
    fn folder(&mut self, prefix: &[u8], id: Option<Oid>) -> Option<BTreeMap<Vec<u8>, Node>> {
        let Some(id) = id else { return Some(BTreeMap::new()) };
        match self.repository.find_tree(id) {
            Ok(tree) => Some(
                tree.iter()
                    .map(|entry| {
                        let node = match entry.kind() {
                            Some(ObjectType::Tree) => Node::Folder(entry.id()),
                            _ => Node::File(Item::object(entry.filemode_raw() as u32, entry.id())),
                        };
                        (entry.name_bytes().to_vec(), node)
                    })
                    .collect(),
            ),
            Err(error) => {
                let reason = format!("its tree {id:.10} cannot be read: {}", error.message());
                self.skipped.push(Skipped { path: named(prefix), reason });
                None
            }
        }
    }

    fn is_too_deep(&mut self, prefix: &[u8], depth: usize) -> bool {
        if depth > DEEPEST {
            let reason = format!("more than {DEEPEST} folders inside one another");
            self.skipped.push(Skipped { path: named(prefix), reason });
        }
        depth > DEEPEST
    }
}

fn named(prefix: &[u8]) -> String {
    if prefix.is_empty() { "/".to_owned() } else { String::from_utf8_lossy(prefix).into_owned() }
}

enum Level {
    File(Item),
    Folder(Range<usize>),
    /// A folder that a sparse index holds as one tree.
    Tree(Oid),
}

/// The names directly below `prefix` in the index.
fn level(
    prefix: &[u8],
    index: &Index,
    entries: Range<usize>,
    cached: Option<&CachedTree>,
) -> BTreeMap<Vec<u8>, Level> {
    let mut names = BTreeMap::new();
    let mut at = entries.start;
    while at < entries.end {
        let entry = &index.entries()[at];
        let rest = &index.path(entry)[prefix.len()..];
        match memchr::memchr(b'/', rest) {
            Some(slash) if slash + 1 == rest.len() && entry.mode & KIND == FOLDER => {
                names.insert(rest[..slash].to_vec(), Level::Tree(entry.id));
                at += 1;
            }
            Some(slash) => {
                let name = &rest[..slash];
                let within = |place: &usize| {
                    let path = &index.path(&index.entries()[*place])[prefix.len()..];
                    path.len() > slash && &path[..slash] == name && path[slash] == b'/'
                };
                // A valid cached tree says how far its folder goes; it is believed if it fits.
                let known = cached
                    .and_then(|cached| cached.folders.get(name))
                    .and_then(|folder| folder.valid)
                    .map(|(_, count)| at + count)
                    .filter(|end| *end > at && *end <= entries.end)
                    .filter(|end| within(&(end - 1)) && (*end == entries.end || !within(end)));
                let end = known.unwrap_or_else(|| {
                    at + index.entries()[at..entries.end].partition_point(|other| {
                        let path = &index.path(other)[prefix.len()..];
                        path.starts_with(name) && path.get(slash) == Some(&b'/')
                    })
                });
                names.insert(name.to_vec(), Level::Folder(at..end.max(at + 1)));
                at = end.max(at + 1);
            }
            None => {
                if let Some(item) = item(entry) {
                    names.insert(rest.to_vec(), Level::File(item));
                }
                at += 1;
            }
        }
    }
    names
}

/// What the next commit would hold for an entry.
pub(super) fn item(entry: &Entry) -> Option<Item> {
    match entry {
        Entry { stage: 1..=3, mode, id, .. } => {
            Some(Item { mode: canonical(*mode), id: *id, source: Source::Conflict })
        }
        Entry { intent_to_add: true, .. } => None,
        Entry { mode, id, .. } => Some(Item::object(*mode, *id)),
    }
}

fn file_of(node: &Option<Node>) -> Option<Item> {
    match node {
        Some(Node::File(item)) => Some(*item),
        _ => None,
    }
}

fn folder_of(node: &Option<Node>) -> Option<Oid> {
    match node {
        Some(Node::Folder(id)) => Some(*id),
        _ => None,
    }
}

fn zip<L, R>(
    left: BTreeMap<Vec<u8>, L>,
    right: BTreeMap<Vec<u8>, R>,
) -> BTreeMap<Vec<u8>, (Option<L>, Option<R>)> {
    let mut both: BTreeMap<Vec<u8>, (Option<L>, Option<R>)> =
        left.into_iter().map(|(name, node)| (name, (Some(node), None))).collect();
    for (name, node) in right {
        both.entry(name).or_insert((None, None)).1 = Some(node);
    }
    both
}
