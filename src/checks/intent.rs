//! `intent`: the message says clean-up, the change destroys.
//!
//! Looks at what all other rules found, so it runs after them.

use super::Evidence;
use crate::rules::{Confidence, Draft, Effect, Finding, Kind, Place, Rule, Severity, Subject};

/// Words of a subject that promise a change without effect.
const HARMLESS: [&str; 24] = [
    "doc",
    "docs",
    "documentation",
    "typo",
    "typos",
    "comment",
    "comments",
    "readme",
    "format",
    "formatting",
    "fmt",
    "lint",
    "style",
    "whitespace",
    "refactor",
    "refactoring",
    "cleanup",
    "tidy",
    "rename",
    "reorganise",
    "reorganize",
    "simplify",
    "nit",
    "cosmetic",
];

/// One finding for a change whose subject promises nothing of what it does.
pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>, findings: &[Finding]) -> Vec<Finding> {
    let Some(commit) = evidence.change.commits.iter().find(|commit| promises_nothing(subject(&commit.message)))
    else {
        return Vec::new();
    };
    // With several commits another one may be the one that announces it.
    if evidence.change.commits.len() > 1
        && !evidence.change.commits.iter().all(|one| promises_nothing(subject(&one.message)))
    {
        return Vec::new();
    }
    let grave = findings.iter().find(|finding| {
        matches!(finding.effect, Some(Effect::Destroys | Effect::Unguards | Effect::Exposes))
            && finding.severity >= Severity::High
            && finding.confidence >= Confidence::Medium
    });
    let Some(grave) = grave else { return Vec::new() };
    let place = Place::line(grave.file, &grave.path, grave.line);
    let draft = Draft {
        subject: Some(Subject { home: "message".to_owned(), name: commit.id.clone() }),
        evidence: vec![format!("{} says: {}", grave.rule, grave.message)],
        content: subject(&commit.message).to_owned(),
        ..Draft::new(Kind::Changed, place)
    };
    vec![draft.capture("name", subject(&commit.message)).finish(rule)]
}

fn subject(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// Every verb of the subject is harmless as far as the word list goes: one of its first three words is.
fn promises_nothing(subject: &str) -> bool {
    subject
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(3)
        .any(|word| HARMLESS.contains(&word.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_decide() {
        assert!(promises_nothing("refactor: extract the storage module"));
        assert!(promises_nothing("Clean-up: tidy variables"));
        assert!(!promises_nothing("Drop the legacy table after the cleanup of its readers"));
    }
}
