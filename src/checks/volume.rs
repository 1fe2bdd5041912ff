//! `too-large`: more is changed by hand than anybody reads with attention.

use std::collections::HashMap;

use super::Evidence;
use super::made::is_made;
use crate::change::Status;
use crate::rules::{Draft, Finding, Kind, Place, Rule, Severity, Subject};
use crate::source::FileReading;

/// Lines from which on a review finds hardly anything: inspection studies put the end of attention at a few hundred
/// lines; this is a multiple of them, so that a usual feature passes.
const MANY: usize = 1000;
const VERY_MANY: usize = 4000;
/// Files over which the lines must be spread, else it is one new file.
const FEWEST_FILES: usize = 5;
/// An edit that is made more often is one edit: a rename, a new header.
const REPEATED: usize = 5;

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    // A first commit has nothing to be compared with.
    let begins = evidence.change.files.iter().all(|file| file.status == Status::Added)
        && evidence.change.old_tree.list("").is_ok_and(|files| files.is_empty());
    if begins {
        return Vec::new();
    }
    let touched = |reading: &FileReading| match (&reading.map, &reading.new) {
        (Some(map), _) => map.touched_new().count(),
        (None, new) => new.as_ref().map_or(0, |new| new.lines.count()),
    };
    if evidence.readings.iter().map(touched).sum::<usize>() < MANY {
        return Vec::new();
    }
    // What stood in another place of the change only moved.
    let mut stood: HashMap<&str, usize> = HashMap::new();
    for reading in evidence.readings {
        for line in touched_old(reading) {
            *stood.entry(line).or_default() += 1;
        }
    }
    let mut edits: HashMap<Vec<&str>, usize> = HashMap::new();
    let mut lines = 0;
    let mut files = 0;
    let mut largest: Option<(usize, usize)> = None;
    for (index, reading) in evidence.readings.iter().enumerate() {
        let Some(file) = evidence.change.files.get(index) else { continue };
        if !is_read_by_people(file.path()) || is_test(file.path()) {
            continue;
        }
        let mut own = 0;
        for (line, before) in touched_new(reading) {
            if let Some(count) = stood.get_mut(line).filter(|count| **count > 0) {
                *count -= 1;
                continue;
            }
            let times = before.map_or(1, |before| {
                let times = edits.entry(edit(before, line)).or_default();
                *times += 1;
                *times
            });
            own += usize::from(times <= REPEATED);
        }
        files += usize::from(own > 0);
        lines += own;
        if own > largest.map_or(0, |(_, most)| most) {
            largest = Some((index, own));
        }
    }
    let Some((index, _)) = largest.filter(|_| lines >= MANY && files >= FEWEST_FILES) else {
        return Vec::new();
    };
    let path = evidence.change.files.get(index).map_or("", |file| file.path());
    let draft = Draft {
        severity: Some(if lines >= VERY_MANY { Severity::High } else { rule.severity }),
        subject: Some(Subject { home: "change".to_owned(), name: "size".to_owned() }),
        content: "size".to_owned(),
        ..Draft::new(Kind::Changed, Place::line(index, path, 1))
    };
    vec![draft.capture("lines", lines.to_string()).capture("count", files.to_string()).finish(rule)]
}

/// Lines of the old side that are not there any more, trimmed.
fn touched_old(reading: &FileReading) -> impl Iterator<Item = &str> {
    let old = reading.old.as_ref();
    let lines = old.map_or(0, |old| old.lines.count()) as u32;
    (1..=lines)
        .filter(|line| reading.map.as_ref().is_none_or(|map| map.is_touched_old(*line)))
        .filter_map(move |line| old?.lines.line(line).map(str::trim))
        .filter(|line| line.len() > 3)
}

/// Lines of the new side that are new or changed, trimmed, with the old line whose place they took.
fn touched_new(reading: &FileReading) -> Vec<(&str, Option<&str>)> {
    let (Some(new), old) = (reading.new.as_ref(), reading.old.as_ref()) else { return Vec::new() };
    let mut found = Vec::new();
    let mut replaced: HashMap<u32, u32> = HashMap::new();
    if let (Some(map), Some(old)) = (&reading.map, old) {
        for line in (1..=old.lines.count() as u32).filter(|line| map.is_touched_old(*line)) {
            replaced.entry(map.collapse(line)).or_insert(line);
        }
    }
    for line in 1..=new.lines.count() as u32 {
        let touched = reading.map.as_ref().is_none_or(|map| map.is_touched_new(line));
        let text = new.lines.line(line).unwrap_or_default().trim();
        if touched && text.len() > 3 {
            let before = replaced.get(&line).and_then(|line| old?.lines.line(*line)).map(str::trim);
            found.push((text, before));
        }
    }
    found
}

/// What an edit of a line did, wherever it is made: the words that only one side has.
fn edit<'t>(old: &'t str, new: &'t str) -> Vec<&'t str> {
    let words = |text: &'t str| -> Vec<&'t str> {
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .filter(|word| !word.is_empty())
            .collect()
    };
    let (before, after) = (words(old), words(new));
    let lost = before.iter().copied().filter(|word| !after.contains(word));
    let mut all: Vec<&str> = lost.collect();
    all.push("");
    all.extend(after.iter().copied().filter(|word| !before.contains(word)));
    all
}

/// Files that somebody wrote and somebody is meant to read.
pub(super) fn is_read_by_people(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let kept = |part: &str| {
        matches!(part, "gen" | "locale" | "locales" | "i18n" | "translations" | "docs" | "doc" | "examples")
    };
    let made = lower.split('/').any(|part| is_made(part) || kept(part));
    let extension = name.rsplit('.').next().unwrap_or_default();
    let generated = [
        ".min.",
        ".pb.",
        "_pb2",
        ".g.",
        ".generated.",
        "_generated",
        ".lock",
        "-lock.",
        ".snap",
        "lock.json",
        "lock.yaml",
        "go.sum",
    ]
    .iter()
    .any(|part| name.contains(part));
    let prose = matches!(
        extension,
        "md" | "rst"
            | "txt"
            | "svg"
            | "csv"
            | "json"
            | "po"
            | "html"
            | "css"
            | "xml"
            | "map"
            | "ipynb"
            | "log"
            | "adoc"
            | "tsv"
            | "sum"
    );
    !made && !generated && !prose
}

fn is_test(path: &str) -> bool {
    path.to_ascii_lowercase()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .any(|token| matches!(token, "test" | "tests" | "spec" | "specs" | "e2e" | "benches"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_edit_reads_the_same_wherever_it_is_made() {
        assert_eq!(edit("a = old_name(1)", "a = new_name(1)"), edit("b(old_name)", "b(new_name)"));
        assert_ne!(edit("a = old_name(1)", "a = new_name(1)"), edit("a = 1", "a = 2"));
    }

    #[test]
    fn what_tools_write_is_not_counted() {
        for path in ["package-lock.json", "src/gen/a.rs", "a.pb.go", "docs/x.py", "README.md", "web/dist/a.js"]
        {
            assert!(!is_read_by_people(path), "{path}");
        }
        assert!(is_read_by_people("src/main.rs"));
    }
}
