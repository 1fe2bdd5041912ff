//! `mass-deletion`: many files go at once, or the last ones of a folder that others rely on.

use std::collections::{BTreeMap, BTreeSet};

use super::Evidence;
use super::made::is_made;
use crate::change::Status;
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject};

/// From so many deleted files on a change is a mass deletion.
const MASS: usize = 50;
/// Folders whose whole content is worth a question, whatever their number of files.
const KEPT: [&str; 8] =
    ["migrations", "migration", "backups", "backup", "terraform", "infra", "infrastructure", "runbooks"];
const FEWEST: usize = 3;
/// Files of one folder that go together.
const TOGETHER: usize = 20;
/// Folders whose files say little about what runs.
const ASIDE: [&str; 14] = [
    "docs",
    "doc",
    "examples",
    "example",
    "samples",
    "website",
    "assets",
    "static",
    "public",
    "images",
    "locales",
    "i18n",
    "screenshots",
    "demo",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let files = &evidence.change.files;
    // A file of the same name that appears elsewhere is a move that went past rename detection.
    let appeared: BTreeSet<&str> = files
        .iter()
        .filter(|file| matches!(file.status, Status::Added | Status::Copied | Status::Renamed))
        .map(|file| name(file.path()))
        .collect();
    let gone: Vec<(usize, &str)> = files
        .iter()
        .enumerate()
        .filter(|(_, file)| file.status == Status::Deleted)
        .map(|(index, file)| (index, file.path()))
        .filter(|(_, path)| !appeared.contains(name(path)) && !is_made_or_kept_elsewhere(path))
        .collect();
    let mut findings = Vec::new();
    if gone.len() >= MASS {
        let what = format!("{} files", gone.len());
        findings.extend(gone.first().map(|first| finding(rule, *first, &what, &what)));
        return findings;
    }
    let lives_on = |folder: &str| {
        let inside = format!("{folder}/");
        files.iter().any(|file| file.new.as_ref().is_some_and(|new| new.path.starts_with(&inside)))
            || !evidence.change.new_tree.list(folder).unwrap_or_default().is_empty()
    };
    // A folder lives on in any of the folders below it.
    let is_dead = |folder: &str, gone: &[(usize, &str)]| {
        let parents: BTreeSet<&str> =
            gone.iter().filter_map(|(_, path)| Some(path.rsplit_once('/')?.0)).chain([folder]).collect();
        !parents.into_iter().any(lives_on)
    };
    let together = emptied(&gone).into_iter().find(|(folder, gone)| is_dead(folder, gone));
    if let Some((folder, gone)) = &together {
        let what = format!("{folder}/ with {} files", gone.len());
        let found = gone.first().map(|first| finding(rule, *first, &what, folder));
        findings.extend(found.map(|found| Finding { severity: Severity::Medium.min(rule.severity), ..found }));
    }
    let mut folders: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
    for (index, path) in gone {
        if let Some(folder) = kept_folder(path) {
            folders.entry(folder).or_default().push((index, path));
        }
    }
    for (folder, gone) in folders {
        if gone.len() >= FEWEST && !lives_on(folder) && together.is_none() {
            let what = format!("{folder}/ with all of its {} files", gone.len());
            findings.extend(gone.first().map(|first| finding(rule, *first, &what, folder)));
        }
    }
    findings
}

/// Folders that lose many files at once, those with most files first; of two with the same files the inner one.
fn emptied<'p>(gone: &[(usize, &'p str)]) -> Vec<(&'p str, Vec<(usize, &'p str)>)> {
    let mut folders: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
    for (index, path) in gone {
        if path.split('/').any(|part| ASIDE.contains(&part)) {
            continue;
        }
        for (end, _) in path.match_indices('/') {
            folders.entry(&path[..end]).or_default().push((*index, path));
        }
    }
    let mut folders: Vec<_> = folders.into_iter().filter(|(_, gone)| gone.len() >= TOGETHER).collect();
    folders.sort_by_key(|(folder, gone)| std::cmp::Reverse((gone.len(), folder.len())));
    folders
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Vendored and generated files come and go with their source.
fn is_made_or_kept_elsewhere(path: &str) -> bool {
    path.split('/').any(is_made)
}

/// The outermost folder of a path that others rely on.
fn kept_folder(path: &str) -> Option<&str> {
    let mut end = 0;
    for part in path.split('/') {
        end += part.len();
        if KEPT.contains(&part) && end < path.len() {
            return path.get(..end);
        }
        end += 1;
    }
    None
}

fn finding(rule: &Rule, (index, path): (usize, &str), what: &str, content: &str) -> Finding {
    Draft {
        old: Some(OldPlace { path: path.to_owned(), line: 1, end_line: 1 }),
        subject: Some(Subject { home: content.to_owned(), name: "deleted files".to_owned() }),
        content: content.to_owned(),
        ..Draft::new(Kind::Removed, Place::nowhere(index, path))
    }
    .capture("name", what)
    .finish(rule)
}
