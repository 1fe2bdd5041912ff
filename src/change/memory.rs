//! A change between two sets of files held in memory: rule examples, fixtures, the demo.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::{Change, ChangeKind, Content, FileChange, FileSide, MemoryTree, Mode, Revision, Status};

/// Share of equal lines from which a deleted and an added file are one renamed file (git's own default is 50 %).
const SIMILAR: f64 = 0.5;

impl Change {
    /// Compares two sets of files; renames are found as git finds them.
    pub fn in_memory(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Self {
        let mut files = Vec::new();
        let mut gone: Vec<&String> = Vec::new();
        for (path, text) in old {
            match new.get(path) {
                Some(after) if after != text => {
                    files.push(file(Status::Modified, Some((path, text)), Some((path, after))));
                }
                Some(_) => {}
                None => gone.push(path),
            }
        }
        for (path, text) in new.iter().filter(|(path, _)| !old.contains_key(*path)) {
            let best = gone
                .iter()
                .enumerate()
                .map(|(index, from)| (similarity(&old[*from], text), index))
                .filter(|(similarity, _)| *similarity >= SIMILAR)
                .max_by(|one, other| one.0.total_cmp(&other.0));
            match best {
                Some((_, index)) => {
                    let from = gone.remove(index);
                    files.push(file(Status::Renamed, Some((from, &old[from])), Some((path, text))));
                }
                None => files.push(file(Status::Added, None, Some((path, text)))),
            }
        }
        files.extend(gone.into_iter().map(|path| file(Status::Deleted, Some((path, &old[path])), None)));
        files.sort_by(|one, other| one.path().cmp(other.path()));
        let revision = |label: &str| Revision { label: label.to_owned(), id: None };
        Self {
            kind: ChangeKind::Memory,
            old: revision("old"),
            new: revision("new"),
            files,
            commits: Vec::new(),
            skipped: Vec::new(),
            old_tree: Box::new(tree(old)),
            new_tree: Box::new(tree(new)),
        }
    }
}

fn tree(files: &BTreeMap<String, String>) -> MemoryTree {
    MemoryTree(files.iter().map(|(path, text)| (path.clone(), Arc::from(text.as_bytes()))).collect())
}

fn file(status: Status, old: Option<(&String, &String)>, new: Option<(&String, &String)>) -> FileChange {
    let side = |(path, text): (&String, &String)| FileSide {
        path: path.clone(),
        mode: Mode::Regular,
        content: Content::Bytes(Arc::from(text.as_bytes())),
    };
    FileChange { status, old: old.map(side), new: new.map(side) }
}

/// Share of lines that two texts have in common, 0 to 1; the empty text is like nothing.
fn similarity(one: &str, other: &str) -> f64 {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    let mut total = 0usize;
    for line in one.lines() {
        *counts.entry(line).or_default() += 1;
        total += 1;
    }
    let mut common = 0usize;
    let mut others = 0usize;
    for line in other.lines() {
        others += 1;
        if let Some(count) = counts.get_mut(line).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    if total.max(others) == 0 { 0.0 } else { common as f64 / total.max(others) as f64 }
}
