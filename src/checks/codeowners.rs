//! `codeowners`: a path loses an owner, or the file goes.

use super::Evidence;
use crate::change::{Content, FileChange, Side};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Subject};

const FILES: [&str; 5] =
    ["CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", ".bitbucket/CODEOWNERS", "docs/CODEOWNERS"];

/// One line of the file: pattern and owners.
struct Entry<'a> {
    line: u32,
    pattern: &'a str,
    owners: Vec<&'a str>,
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, file) in evidence.change.files.iter().enumerate() {
        let Some(old_path) = file.old.as_ref().map(|side| side.path.as_str()) else { continue };
        if !FILES.contains(&old_path) {
            continue;
        }
        let (old, new) = (text(file, Side::Old), text(file, Side::New));
        let kept = file.new.as_ref().is_some_and(|side| FILES.contains(&side.path.as_str()));
        let (before, after) = (entries(&old), if kept { entries(&new) } else { Vec::new() });
        let renames = renames(&before, &after);
        for entry in before.iter().filter(|entry| !entry.owners.is_empty()) {
            // The last matching line wins, so the last line of a pattern is the one that counts.
            let now = after.iter().rev().find(|other| other.pattern == entry.pattern);
            let lost: Vec<&str> = entry
                .owners
                .iter()
                .filter(|owner| {
                    !now.is_some_and(|now| {
                        now.owners.contains(owner)
                            || renames.iter().any(|(from, to)| from == *owner && now.owners.contains(to))
                    })
                })
                .copied()
                .collect();
            let overridden = after.last().is_some_and(|last| last.pattern == "*" && entry.pattern != "*")
                && before.last().is_some_and(|last| last.pattern != "*");
            if lost.is_empty() && !overridden {
                continue;
            }
            let place = match (kept, now) {
                (true, Some(now)) => Place::line(index, file.path(), now.line),
                (true, None) => {
                    Place::line(index, file.path(), evidence.collapsed(index, entry.line).unwrap_or(1))
                }
                (false, _) => Place::nowhere(index, old_path),
            };
            let owners = if lost.is_empty() { entry.owners.join(" ") } else { lost.join(" ") };
            let draft = Draft {
                old: Some(OldPlace { path: old_path.to_owned(), line: entry.line, end_line: entry.line }),
                subject: Some(Subject { home: old_path.to_owned(), name: entry.pattern.to_owned() }),
                content: owners.clone(),
                ..Draft::new(if now.is_some() { Kind::Changed } else { Kind::Removed }, place)
            };
            findings.push(draft.capture("name", entry.pattern).capture("old", owners).finish(rule));
        }
    }
    findings
}

fn text(file: &FileChange, side: Side) -> String {
    match file.side(side).map(|side| &side.content) {
        Some(Content::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}

fn entries(text: &str) -> Vec<Entry<'_>> {
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let line_text = line.split('#').next().unwrap_or_default().trim();
            let mut words = line_text.split_whitespace();
            let pattern = words.next()?;
            (!pattern.starts_with('[')).then(|| Entry {
                line: index as u32 + 1,
                pattern,
                owners: words.collect(),
            })
        })
        .collect()
}

/// Owners that vanished everywhere while exactly one other appeared in all the same places: a team renamed.
fn renames<'a>(before: &[Entry<'a>], after: &[Entry<'a>]) -> Vec<(&'a str, &'a str)> {
    let patterns = |entries: &[Entry<'a>], owner: &str| -> Vec<&'a str> {
        let mut found: Vec<&str> =
            entries.iter().filter(|entry| entry.owners.contains(&owner)).map(|entry| entry.pattern).collect();
        found.sort_unstable();
        found
    };
    let all = |entries: &[Entry<'a>]| {
        let mut owners: Vec<&'a str> = entries.iter().flat_map(|entry| entry.owners.clone()).collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    };
    let (olds, news) = (all(before), all(after));
    let gone = olds.iter().filter(|owner| !news.contains(owner));
    gone.filter_map(|owner| {
        let places = patterns(before, owner);
        let mut heirs =
            news.iter().filter(|new| !olds.contains(new) && patterns(after, new) == places).copied();
        match (heirs.next(), heirs.next()) {
            (Some(heir), None) => Some((*owner, heir)),
            _ => None,
        }
    })
    .collect()
}
