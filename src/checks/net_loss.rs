//! `net-loss`: one change takes several safeguards at once.
//!
//! Looks at what all other rules found, so it runs after them.

use std::collections::BTreeMap;

use super::Evidence;
use crate::rules::{Confidence, Draft, Effect, Finding, Kind, Place, Rule, Subject};
use crate::source::Language;

/// From this many on, the whole is worth more than its parts.
const SEVERAL: usize = 3;
/// Kinds that are named.
const NAMED: usize = 5;

/// One finding for a change in which at least three safeguards of the program went.
pub(super) fn check(rule: &Rule, _evidence: &Evidence<'_>, findings: &[Finding]) -> Vec<Finding> {
    let lost = findings.iter().filter(|finding| {
        finding.effect == Some(Effect::Unguards)
            && finding.kind == Kind::Removed
            && finding.confidence >= Confidence::Medium
            && Language::of(&finding.path, b"").is_program()
            && !is_test(&finding.path)
    });
    // Two rules about one line speak of one loss.
    let mut places: BTreeMap<(usize, u32), &Finding> = BTreeMap::new();
    for finding in lost {
        places.entry((finding.file, finding.old_line.unwrap_or(finding.line))).or_insert(finding);
    }
    let Some(first) = places.values().next().filter(|_| places.len() >= SEVERAL) else { return Vec::new() };
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in places.values() {
        *kinds.entry(finding.rule.rsplit('/').next().unwrap_or_default()).or_default() += 1;
    }
    let table: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind}: {count}")).collect();
    let draft = Draft {
        subject: Some(Subject { home: "change".to_owned(), name: "safeguards".to_owned() }),
        evidence: table.iter().take(NAMED).cloned().collect(),
        content: table.join(", "),
        ..Draft::new(Kind::Removed, Place::line(first.file, &first.path, first.line))
    };
    vec![draft.capture("name", places.len().to_string()).finish(rule)]
}

fn is_test(path: &str) -> bool {
    path.to_ascii_lowercase()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .any(|token| matches!(token, "test" | "tests" | "spec" | "fixtures" | "testdata" | "mocks"))
}
