//! Which added file is a deleted one under a new name, and which is a copy of a file that the change touches.
//!
//! As git decides it: the same bytes first, then the best pairs that have half of their bytes in common.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hasher};

use super::model::{Content, FileChange, FileSide, Mode, Status};

/// Share of common bytes from which two files are one.
const SIMILAR: f64 = 0.5;
/// Comparisons of one change; beyond that only equal bytes are found.
const MOST_COMPARED: usize = 250_000;
/// Bytes after which a piece of a long line ends.
const PIECE: usize = 64;

/// Joins additions with the deletions they came from, and marks copies.
pub(super) fn find(files: Vec<FileChange>) -> Vec<FileChange> {
    let (mut added, rest): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.status == Status::Added);
    let (mut deleted, mut kept): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|file| file.status == Status::Deleted);
    let has_sources = !deleted.is_empty() || !kept.is_empty();
    if !added.is_empty() && has_sources {
        let mut found = Vec::new();
        let pairs = equal(&added, &deleted, true);
        rename(&mut added, &mut deleted, &mut found, pairs);
        let pairs = similar(&added, &deleted);
        rename(&mut added, &mut deleted, &mut found, pairs);
        // A copy's source is a file that the change touches, the old side of a rename included.
        kept.extend(found);
        let (exact, near) = (equal(&added, &kept, false), similar(&added, &kept));
        for (to, from) in exact.into_iter().chain(near) {
            if added[to].status == Status::Added {
                added[to].status = Status::Copied;
                added[to].old = kept[from].old.clone();
            }
        }
    }
    kept.append(&mut added);
    kept.append(&mut deleted);
    kept.sort_by(|one, other| one.path().cmp(other.path()));
    kept
}

/// Carries out the pairs (added, deleted), each file once, and takes them out of both lists.
fn rename(
    added: &mut Vec<FileChange>,
    deleted: &mut Vec<FileChange>,
    found: &mut Vec<FileChange>,
    pairs: Vec<(usize, usize)>,
) {
    let mut from_of: BTreeMap<usize, usize> = BTreeMap::new();
    let mut used = vec![false; deleted.len()];
    for (to, from) in pairs {
        if !used[from] && !from_of.contains_key(&to) {
            used[from] = true;
            from_of.insert(to, from);
        }
    }
    for (to, from) in &from_of {
        found.push(FileChange {
            status: Status::Renamed,
            old: deleted[*from].old.clone(),
            new: added[*to].new.clone(),
        });
    }
    let mut index = 0;
    added.retain(|_| {
        index += 1;
        !from_of.contains_key(&(index - 1))
    });
    let mut used = used.into_iter();
    deleted.retain(|_| !used.next().unwrap_or(false));
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Pairs with the same bytes; those that keep their name first.
fn equal(added: &[FileChange], sources: &[FileChange], empty: bool) -> Vec<(usize, usize)> {
    let mut by_bytes: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (index, source) in sources.iter().enumerate() {
        if let Some((_, bytes)) = source.old.as_ref().and_then(bytes) {
            by_bytes.entry(bytes).or_default().push(index);
        }
    }
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for (to, file) in added.iter().enumerate() {
        let Some((kind, bytes)) = file.new.as_ref().and_then(bytes) else { continue };
        for from in by_bytes.get(bytes).into_iter().flatten() {
            let source = &sources[*from];
            let Some(old) = source.old.as_ref().filter(|old| is_link(old.mode) == kind) else { continue };
            let keeps_name = name(&old.path) == name(file.path());
            // Empty files say nothing about where they come from, unless the name does.
            match (keeps_name, bytes.is_empty()) {
                (true, false) => named.push((to, *from)),
                (true, true) if empty => named.push((to, *from)),
                (false, false) => others.push((to, *from)),
                _ => {}
            }
        }
    }
    named.append(&mut others);
    named
}

/// Pairs with enough in common, best first.
fn similar(added: &[FileChange], sources: &[FileChange]) -> Vec<(usize, usize)> {
    if added.len().saturating_mul(sources.len()) > MOST_COMPARED {
        return Vec::new();
    }
    let pieces = |side: &Option<FileSide>| match side.as_ref().and_then(bytes) {
        Some((false, bytes)) if !bytes.is_empty() => Some(Pieces::of(bytes)),
        _ => None,
    };
    let news: Vec<Option<Pieces>> = added.iter().map(|file| pieces(&file.new)).collect();
    let olds: Vec<Option<Pieces>> = sources.iter().map(|file| pieces(&file.old)).collect();
    let mut scored: Vec<(f64, bool, usize, usize)> = Vec::new();
    for (to, new) in news.iter().enumerate() {
        let Some(new) = new else { continue };
        for (from, old) in olds.iter().enumerate() {
            let Some(old) = old else { continue };
            let share = old.share(new);
            if share >= SIMILAR {
                let same_name =
                    sources[from].old.as_ref().is_some_and(|side| name(&side.path) == name(added[to].path()));
                scored.push((share, same_name, to, from));
            }
        }
    }
    scored.sort_by(|one, other| {
        other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)).then((one.2, one.3).cmp(&(other.2, other.3)))
    });
    scored.into_iter().map(|(.., to, from)| (to, from)).collect()
}

fn is_link(mode: Mode) -> bool {
    mode == Mode::Symlink
}

/// Whether it is a link, and its bytes.
fn bytes(side: &FileSide) -> Option<(bool, &[u8])> {
    match &side.content {
        Content::Bytes(bytes) if side.mode != Mode::Submodule => Some((is_link(side.mode), bytes)),
        _ => None,
    }
}

/// The lines of a file, long ones cut, as sorted hashes with the bytes behind each.
struct Pieces {
    bytes: usize,
    sorted: Vec<(u64, u32)>,
}

impl Pieces {
    fn of(bytes: &[u8]) -> Self {
        let mut pieces: HashMap<u64, u32> = HashMap::new();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            for piece in line.chunks(PIECE) {
                let content = piece.strip_suffix(b"\n").unwrap_or(piece);
                let mut hasher = DefaultHasher::new();
                hasher.write(content.strip_suffix(b"\r").unwrap_or(content));
                *pieces.entry(hasher.finish()).or_default() += piece.len() as u32;
            }
        }
        let mut sorted: Vec<(u64, u32)> = pieces.into_iter().collect();
        sorted.sort_unstable();
        Self { bytes: bytes.len(), sorted }
    }

    /// Bytes in pieces of both over the bytes of the larger file, 0 to 1.
    fn share(&self, other: &Self) -> f64 {
        let larger = self.bytes.max(other.bytes) as f64;
        // Sizes too far apart cannot reach the share that is asked for.
        if (self.bytes.min(other.bytes) as f64) < SIMILAR * larger {
            return 0.0;
        }
        let (mut left, mut right, mut sum) = (0, 0, 0u64);
        while let (Some(one), Some(two)) = (self.sorted.get(left), other.sorted.get(right)) {
            match one.0.cmp(&two.0) {
                Ordering::Less => left += 1,
                Ordering::Greater => right += 1,
                Ordering::Equal => {
                    sum += u64::from(one.1.min(two.1));
                    left += 1;
                    right += 1;
                }
            }
        }
        sum as f64 / larger
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn side(path: &str, text: &str) -> Option<FileSide> {
        let content = Content::Bytes(Arc::from(text.as_bytes()));
        Some(FileSide { path: path.to_owned(), mode: Mode::Regular, content })
    }

    fn added(path: &str, text: &str) -> FileChange {
        FileChange { status: Status::Added, old: None, new: side(path, text) }
    }

    fn deleted(path: &str, text: &str) -> FileChange {
        FileChange { status: Status::Deleted, old: side(path, text), new: None }
    }

    fn statuses(files: Vec<FileChange>) -> Vec<(Status, String, String)> {
        let path = |side: &Option<FileSide>| side.as_ref().map(|side| side.path.clone()).unwrap_or_default();
        find(files).iter().map(|file| (file.status, path(&file.old), path(&file.new))).collect()
    }

    #[test]
    fn the_same_bytes_win_over_similar_ones() {
        let files =
            vec![deleted("a", "1\n2\n3\n4\n"), deleted("b", "1\n2\n3\n5\n"), added("c", "1\n2\n3\n5\n")];
        assert_eq!(
            statuses(files),
            [(Status::Deleted, "a".into(), String::new()), (Status::Renamed, "b".into(), "c".into()),]
        );
    }

    #[test]
    fn less_than_half_in_common_is_no_rename() {
        let files = vec![deleted("a", "1\n2\n3\n4\n"), added("b", "1\n6\n7\n8\n")];
        assert!(statuses(files).iter().all(|(status, ..)| *status != Status::Renamed));
    }

    #[test]
    fn a_copy_of_a_touched_file_is_a_copy() {
        let modified =
            FileChange { status: Status::Modified, old: side("a", "1\n2\n3\n"), new: side("a", "1\n2\n") };
        let files = vec![modified, added("b", "1\n2\n3\n")];
        assert_eq!(statuses(files)[1], (Status::Copied, "a".into(), "b".into()));
    }

    #[test]
    fn empty_files_are_renamed_only_under_the_same_name() {
        let files = vec![deleted("a/x", ""), deleted("y", ""), added("b/x", ""), added("z", "")];
        let renamed: Vec<_> =
            statuses(files).into_iter().filter(|(status, ..)| *status == Status::Renamed).collect();
        assert_eq!(renamed, [(Status::Renamed, "a/x".into(), "b/x".into())]);
    }
}
