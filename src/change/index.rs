//! What the index file says: entries, conflicts and cached trees, read without a lock and without libgit2, which
//! loads a large index many times slower and knows neither split nor sparse ones.
//!
//! Format: `Documentation/gitformat-index.txt` of git, versions 2 to 4.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use git2::Oid;

use super::ewah;
use super::model::ChangeError;

const HEADER: usize = 12;
const ENTRY: usize = 62;
const CHECKSUM: usize = 20;
/// Folders inside one another; a deeper cached tree is not used.
const DEEPEST: usize = 400;

/// What a file looked like on disk when it was last known to be equal to its entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stat {
    /// Seconds and nanoseconds.
    pub changed: (u32, u32),
    pub modified: (u32, u32),
    pub inode: u32,
    /// Bytes, cut to 32 bits.
    pub size: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    path: Range<u32>,
    pub mode: u32,
    pub id: Oid,
    /// 0, or 1 to 3 in a conflict.
    pub stage: u8,
    /// Not expected on disk (sparse checkout).
    pub skip_worktree: bool,
    /// The user promised not to change it (`git update-index --assume-unchanged`).
    pub assume_valid: bool,
    /// Announced by `git add --intent-to-add`; not part of the next commit.
    pub intent_to_add: bool,
    pub stat: Stat,
}

/// The cached tree of a folder.
#[derive(Clone, Debug, Default)]
pub(super) struct CachedTree {
    /// The tree's id and the number of index entries below it; `None` when something below it changed.
    pub valid: Option<(Oid, usize)>,
    pub folders: HashMap<Vec<u8>, CachedTree>,
}

/// The index as a sorted list of entries.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    paths: Vec<u8>,
    entries: Vec<Entry>,
    pub cached: Option<CachedTree>,
    /// When the file was written, seconds and nanoseconds: an entry that is not older may hide a later edit.
    pub written: (u32, u32),
}

impl Index {
    /// Reads the file; a missing one is an empty index. `shared` is the folder of the shared part of a split index.
    pub fn read(file: &Path, shared: &Path) -> Result<Self, ChangeError> {
        let unreadable = |reason: String| ChangeError::Repository {
            message: format!("cannot read the index {}: {reason}", file.display()),
            hint: Some(
                "git status says more; a damaged index is rebuilt by: rm .git/index && git reset".into(),
            ),
        };
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let (mut index, split) = parse(&bytes).map_err(|reason| unreadable(reason.to_owned()))?;
        if let Some(split) = split {
            let base = shared.join(format!("sharedindex.{}", split.base));
            let bytes =
                std::fs::read(&base).map_err(|error| unreadable(format!("{}: {error}", base.display())))?;
            let (base, _) = parse(&bytes).map_err(|reason| unreadable(reason.to_owned()))?;
            index = split.join(base, index).map_err(|reason| unreadable(reason.to_owned()))?;
        }
        let time = std::fs::metadata(file).and_then(|meta| meta.modified()).ok();
        index.written = time
            .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
            .map_or((0, 0), |time| (time.as_secs() as u32, time.subsec_nanos()));
        Ok(index)
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn path(&self, entry: &Entry) -> &[u8] {
        &self.paths[entry.path.start as usize..entry.path.end as usize]
    }

    /// The entries at a path: one, or up to three in a conflict.
    pub fn at(&self, path: &[u8]) -> &[Entry] {
        let start = self.entries.partition_point(|entry| self.path(entry) < path);
        let count = self.entries[start..].iter().take_while(|entry| self.path(entry) == path).count();
        &self.entries[start..start + count]
    }

    /// The entries below a folder given with its final `/`; the empty prefix is the root.
    pub fn below(&self, prefix: &[u8]) -> Range<usize> {
        let start = self.entries.partition_point(|entry| self.path(entry) < prefix);
        let count = self.entries[start..].partition_point(|entry| self.path(entry).starts_with(prefix));
        start..start + count
    }

    fn sort(&mut self) {
        let paths = &self.paths;
        let path = |entry: &Entry| &paths[entry.path.start as usize..entry.path.end as usize];
        self.entries.sort_by(|one, other| path(one).cmp(path(other)).then(one.stage.cmp(&other.stage)));
    }
}

/// The reference of a split index to its shared part.
struct Split {
    base: Oid,
    deleted: Vec<usize>,
    replaced: Vec<usize>,
}

impl Split {
    /// The shared entries without the deleted ones, with the replaced ones taken from `own` in order, and the rest of
    /// `own` added.
    fn join(self, base: Index, own: Index) -> Result<Index, &'static str> {
        const BROKEN: &str = "its split part does not fit the shared one";
        let mut joined = Index { cached: own.cached.clone(), ..base };
        let offset = u32::try_from(joined.paths.len()).map_err(|_| "it is too large")?;
        joined.paths.extend_from_slice(&own.paths);
        let mut rest = own.entries.into_iter();
        for place in self.replaced {
            let path = joined.entries.get(place).ok_or(BROKEN)?.path.clone();
            joined.entries[place] = Entry { path, ..rest.next().ok_or(BROKEN)? };
        }
        let mut gone = vec![false; joined.entries.len()];
        for place in self.deleted {
            *gone.get_mut(place).ok_or(BROKEN)? = true;
        }
        let mut gone = gone.into_iter();
        joined.entries.retain(|_| !gone.next().unwrap_or(false));
        joined.entries.extend(rest.map(|entry| {
            let path = entry.path.start + offset..entry.path.end + offset;
            Entry { path, ..entry }
        }));
        joined.sort();
        Ok(joined)
    }
}

const SHORT: &str = "it ends too early";

fn parse(bytes: &[u8]) -> Result<(Index, Option<Split>), &'static str> {
    if bytes.get(..4) != Some(b"DIRC") {
        return Err("it does not start like an index");
    }
    let version = number(bytes, 4)?;
    if !(2..=4).contains(&version) {
        return Err("its version is unknown");
    }
    let count = number(bytes, 8)? as usize;
    if count > bytes.len() / ENTRY {
        return Err(SHORT);
    }
    let end = bytes.len().checked_sub(CHECKSUM).ok_or(SHORT)?;
    let body = &bytes[..end];
    let mut index = Index { entries: Vec::with_capacity(count), ..Index::default() };
    index.paths.reserve(bytes.len().saturating_sub(count * ENTRY));
    let mut at = HEADER;
    for _ in 0..count {
        at = entry(body, at, version, &mut index)?;
    }
    let mut split = None;
    while let Some(signature) = body.get(at..at + 4) {
        let size = number(body, at + 4)? as usize;
        let content = body.get(at + 8..).and_then(|rest| rest.get(..size)).ok_or(SHORT)?;
        match signature {
            b"TREE" => index.cached = cached_tree(content),
            b"link" => split = Some(link(content)?),
            b"sdir" => {}
            _ if signature[0].is_ascii_uppercase() => {}
            _ => return Err("it uses an extension that is not known"),
        }
        at += 8 + size;
    }
    Ok((index, split))
}

fn entry(body: &[u8], at: usize, version: u32, index: &mut Index) -> Result<usize, &'static str> {
    let fixed = body.get(at..at + ENTRY).ok_or(SHORT)?;
    let field = |number: usize| -> u32 {
        let start = number * 4;
        u32::from_be_bytes([fixed[start], fixed[start + 1], fixed[start + 2], fixed[start + 3]])
    };
    let flags = u16::from_be_bytes([fixed[60], fixed[61]]);
    let mut name = at + ENTRY;
    let mut extended = 0u16;
    if flags & 0x4000 != 0 && version >= 3 {
        let more = body.get(name..name + 2).ok_or(SHORT)?;
        extended = u16::from_be_bytes([more[0], more[1]]);
        name += 2;
    }
    let start = index.paths.len();
    let next = if version == 4 {
        let (cut, read) = varint(body.get(name..).ok_or(SHORT)?).ok_or(SHORT)?;
        let last = index.entries.last().map_or(0..0, |last| last.path.start as usize..last.path.end as usize);
        let keep = last.len().checked_sub(cut).ok_or("a path is shortened below nothing")?;
        index.paths.extend_from_within(last.start..last.start + keep);
        let rest = body.get(name + read..).ok_or(SHORT)?;
        let length = memchr::memchr(0, rest).ok_or(SHORT)?;
        index.paths.extend_from_slice(&rest[..length]);
        name + read + length + 1
    } else {
        let rest = body.get(name..).ok_or(SHORT)?;
        let length = match usize::from(flags & 0xfff) {
            0xfff => memchr::memchr(0, rest).ok_or(SHORT)?,
            length => length,
        };
        index.paths.extend_from_slice(rest.get(..length).ok_or(SHORT)?);
        // One to eight NULs fill up to a multiple of eight.
        at + (name - at + length + 8) / 8 * 8
    };
    let end = index.paths.len();
    let short = |place: usize| u32::try_from(place).map_err(|_| "it is too large");
    index.entries.push(Entry {
        path: short(start)?..short(end)?,
        mode: field(6),
        id: Oid::from_bytes(&fixed[40..60]).map_err(|_| SHORT)?,
        stage: ((flags >> 12) & 3) as u8,
        skip_worktree: extended & 0x4000 != 0,
        assume_valid: flags & 0x8000 != 0,
        intent_to_add: extended & 0x2000 != 0,
        stat: Stat {
            changed: (field(0), field(1)),
            modified: (field(2), field(3)),
            inode: field(5),
            size: field(9),
        },
    });
    Ok(next)
}

fn number(bytes: &[u8], at: usize) -> Result<u32, &'static str> {
    let four = bytes.get(at..at + 4).ok_or(SHORT)?;
    Ok(u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
}

/// The variable-width number of packs and of version 4, with the bytes read.
fn varint(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = usize::from(bytes.first()? & 0x7f);
    let mut read = 1;
    while bytes[read - 1] & 0x80 != 0 {
        let byte = *bytes.get(read)?;
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        read += 1;
    }
    Some((value, read))
}

fn link(content: &[u8]) -> Result<Split, &'static str> {
    let base = Oid::from_bytes(content.get(..20).ok_or(SHORT)?).map_err(|_| SHORT)?;
    let rest = &content[20..];
    if rest.is_empty() {
        return Ok(Split { base, deleted: Vec::new(), replaced: Vec::new() });
    }
    const BITMAP: &str = "a bitmap of its split part is damaged";
    let (deleted, read) = ewah::positions(rest).ok_or(BITMAP)?;
    let (replaced, _) = ewah::positions(rest.get(read..).ok_or(BITMAP)?).ok_or(BITMAP)?;
    Ok(Split { base, deleted, replaced })
}

/// The extension that holds tree ids by folder, parents first; `None` if it is damaged, since it only saves time.
fn cached_tree(content: &[u8]) -> Option<CachedTree> {
    let mut rest = content;
    let (_, root) = cached_folder(&mut rest, 0)?;
    Some(root)
}

fn cached_folder(rest: &mut &[u8], depth: usize) -> Option<(Vec<u8>, CachedTree)> {
    if depth > DEEPEST {
        return None;
    }
    let name = until(rest, 0)?.to_vec();
    let entries: i64 = std::str::from_utf8(until(rest, b' ')?).ok()?.parse().ok()?;
    let folders: usize = std::str::from_utf8(until(rest, b'\n')?).ok()?.parse().ok()?;
    let mut tree = CachedTree::default();
    if let Ok(entries) = usize::try_from(entries) {
        let id = rest.get(..20)?;
        *rest = &rest[20..];
        tree.valid = Some((Oid::from_bytes(id).ok()?, entries));
    }
    for _ in 0..folders {
        let (name, folder) = cached_folder(rest, depth + 1)?;
        tree.folders.insert(name, folder);
    }
    Some((name, tree))
}

fn until<'a>(rest: &mut &'a [u8], stop: u8) -> Option<&'a [u8]> {
    let at = memchr::memchr(stop, rest)?;
    let word = &rest[..at];
    *rest = &rest[at + 1..];
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_bytes_are_refused_and_never_panic() {
        let mut bytes = b"DIRC\0\0\0\x02\0\0\0\x01".to_vec();
        bytes.extend([0; 100]);
        for length in 0..bytes.len() {
            let _ = parse(&bytes[..length]);
        }
        assert!(parse(b"DIRC\0\0\0\x02\xff\xff\xff\xff").is_err());
        assert!(parse(b"nothing").is_err());
    }

    #[test]
    fn wide_numbers_are_read() {
        assert_eq!(varint(&[0x05]), Some((5, 1)));
        assert_eq!(varint(&[0x80, 0x00]), Some((128, 2)));
        assert_eq!(varint(&[0x80]), None);
    }
}
