//! `enum-values`: a list of allowed values loses one that rows may hold.

use std::collections::BTreeMap;

use super::Evidence;
use crate::delta::Delta;
use crate::facts::{Body, Statement};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, subject_of};

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for delta in evidence.deltas {
        let Delta::Changed { old, new } = delta else { continue };
        let (Body::Statement(before), Body::Statement(after)) = (&old.body, &new.body) else { continue };
        if before.verb != "CREATE" || after.verb != "CREATE" || after.down {
            continue;
        }
        let now = lists(after);
        for (name, values) in lists(before) {
            let Some(left) = now.get(&name) else { continue };
            let gone: Vec<&str> =
                values.iter().filter(|value| !left.contains(value)).map(String::as_str).collect();
            if gone.is_empty() {
                continue;
            }
            let draft = Draft {
                old: Some(OldPlace::at(&old.locus)),
                subject: Some(subject_of(new)),
                content: gone.join(" "),
                ..Draft::new(Kind::Changed, Place::at(&new.locus))
            };
            let what = if name.is_empty() { after.name.clone() } else { format!("{name} of {}", after.name) };
            findings.push(draft.capture("name", what).capture("values", gone.join(", ")).finish(rule));
        }
    }
    findings
}

/// The values of every `ENUM (…)` of a statement, by the column before it; by nothing for a type.
fn lists(statement: &Statement) -> BTreeMap<String, Vec<String>> {
    let text = statement.text.as_str();
    let mut found = BTreeMap::new();
    let upper = text.to_ascii_uppercase();
    for (at, word) in upper.match_indices("ENUM") {
        let is_word = !text[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let Some(rest) = text[at + word.len()..].trim_start().strip_prefix('(').filter(|_| is_word) else {
            continue;
        };
        let before = text[..at].trim_end().rsplit([' ', '(', ',']).next().unwrap_or_default();
        let column = if before.eq_ignore_ascii_case("as") { "" } else { before };
        found.insert(column.to_owned(), quoted(rest));
    }
    found
}

/// Texts in quotes up to the bracket that closes the list.
fn quoted(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut current: Option<String> = None;
    for letter in text.chars() {
        match (&mut current, letter) {
            (None, ')') => break,
            (None, '\'') => current = Some(String::new()),
            (Some(_), '\'') => values.extend(current.take()),
            (Some(value), letter) => value.push(letter),
            (None, _) => {}
        }
    }
    values
}
