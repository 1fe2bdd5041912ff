//! `not-judged`: a changed file that matters was left out, and nobody looked into it.

use super::Evidence;
use crate::change::FileSide;
use crate::rules::{Draft, Finding, Kind, Place, Rule, Severity, Subject};
use crate::source::Language;
use crate::source::admit::{Admitted, admit, obstacle};

/// Files named one by one.
const MOST: usize = 5;
/// Made by tools, or held for them.
const MADE: [&str; 22] = [
    ".lock",
    "package-lock.json",
    "pnpm-lock.yaml",
    "npm-shrinkwrap.json",
    "go.sum",
    ".min.js",
    ".min.css",
    ".map",
    ".snap",
    ".svg",
    "dist/",
    "build/",
    "vendor/",
    "node_modules/",
    "third_party/",
    "generated",
    "testdata/",
    "fixtures/",
    ".bundle.js",
    "snapshots/",
    ".ipynb",
    "benchmark",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut open: Vec<(usize, &str, &str)> = Vec::new();
    for entry in evidence.not_analysed {
        let Some(index) = evidence.change.files.iter().position(|file| file.path() == entry.path) else {
            continue;
        };
        let lower = entry.path.to_ascii_lowercase();
        // A part that was read in part was read; a broken file has a rule of its own.
        let in_part = entry.reason.contains("syntax error");
        let file = &evidence.change.files[index];
        let gone = file.new.is_none();
        let listed = open.iter().any(|(known, _, _)| *known == index);
        if !in_part
            && !gone
            && !listed
            && matters(&entry.path)
            && !MADE.iter().any(|part| lower.contains(part))
            // What never could be judged is no news.
            && !file.old.as_ref().is_some_and(is_unreadable)
        {
            open.push((index, &entry.path, &entry.reason));
        }
    }
    let more = open.len().saturating_sub(MOST);
    let word = |(at, (index, path, reason)): (usize, (usize, &str, &str))| {
        let mut draft = Draft {
            severity: Some(Severity::Medium),
            subject: Some(Subject { home: path.to_owned(), name: "not judged".to_owned() }),
            content: reason.to_owned(),
            ..Draft::new(Kind::Introduced, Place::line(index, path, 1))
        };
        if at == 0 && more > 0 {
            draft.evidence.push(format!("{more} more files that matter were not judged"));
        }
        draft.capture("name", reason).finish(rule)
    };
    open.into_iter().take(MOST).enumerate().map(word).collect()
}

/// A side that is declined before or by the look at its shape.
fn is_unreadable(side: &FileSide) -> bool {
    match admit(side) {
        Admitted::Text(text) => obstacle(&text, Language::of(&side.path, text.as_bytes())).is_some(),
        Admitted::NoText => false,
        Admitted::Declined(_) => true,
    }
}

/// What is in a language that this program judges.
fn matters(path: &str) -> bool {
    !matches!(Language::of(path, b""), Language::Plain | Language::Properties)
}
