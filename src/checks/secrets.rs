//! `secrets`: a credential enters the tree. What it is worth is never printed.

use std::collections::HashSet;

use super::Evidence;
use crate::change::Side;
use crate::facts::{
    Expression, Recognised, Secret, assignment, holds_key, is_placeholder, is_telling, may_hold, secrets_in,
};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject};
use crate::source::{FileReading, Position, SideReading};

/// Folders whose keys open nothing.
const TESTS: [&str; 12] = [
    "test",
    "tests",
    "testdata",
    "fixtures",
    "fixture",
    "__tests__",
    "spec",
    "specs",
    "mocks",
    "examples",
    "example",
    "__fixtures__",
];
/// Files full of hashes.
const LOCKS: [&str; 9] =
    [".lock", "package-lock.json", "pnpm-lock.yaml", "go.sum", ".sum", "yarn.lock", ".svg", ".snap", ".ipynb"];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut known: Option<HashSet<String>> = None;
    let mut findings = Vec::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let (Some(file), Some(new)) = (evidence.change.files.get(index), &reading.new) else { continue };
        let path = file.path();
        if LOCKS.iter().any(|ending| path.ends_with(ending)) || !may_hold(&new.text) {
            continue;
        }
        let mut told = false;
        for line in touched(reading, Side::New) {
            let Some(text) = new.lines.line(line).filter(|text| may_hold(text)) else { continue };
            for secret in secrets_in(text) {
                let is_key = matches!(secret.how, Recognised::PrivateKey { .. });
                if is_key && !holds_key(text, new.lines.line(line + 1)) {
                    continue;
                }
                // Tests hand out long values of their own.
                if secret.how == Recognised::Named && is_tested(path) {
                    continue;
                }
                // Fixtures that hold keys get others; a key in a test is said once a file.
                if is_key && is_tested(path) {
                    let had = reading.old.as_ref().is_some_and(|old| old.text.contains("PRIVATE KEY-----"));
                    if had || std::mem::replace(&mut told, true) {
                        continue;
                    }
                }
                let value = if is_key { key_of(new, line) } else { text[secret.range.clone()].to_owned() };
                let known = known.get_or_insert_with(|| known_before(evidence));
                if known.insert(value.clone()) {
                    findings.push(word(rule, (index, path), (line, text), &secret, &value));
                }
            }
            findings.extend(replaced(rule, reading, (index, path), (line, text)));
        }
    }
    findings
}

fn touched(reading: &FileReading, side: Side) -> impl Iterator<Item = u32> {
    let map = reading.map.as_ref();
    let count = reading.side(side).map_or(0, |side| side.lines.count() as u32);
    (1..=count).filter(move |line| {
        map.is_none_or(|map| match side {
            Side::Old => map.is_touched_old(*line),
            Side::New => map.is_touched_new(*line),
        })
    })
}

/// What the old sides hold in the lines that the change touches.
fn known_before(evidence: &Evidence<'_>) -> HashSet<String> {
    let mut known = HashSet::new();
    for reading in evidence.readings {
        let Some(old) = reading.old.as_ref().filter(|old| may_hold(&old.text)) else { continue };
        for line in touched(reading, Side::Old) {
            let Some(text) = old.lines.line(line) else { continue };
            for secret in secrets_in(text) {
                known.insert(match secret.how {
                    Recognised::PrivateKey { .. } => key_of(old, line),
                    _ => text[secret.range].to_owned(),
                });
            }
        }
    }
    known
}

fn is_tested(path: &str) -> bool {
    path.to_ascii_lowercase().split(['/', '.', '_', '-']).any(|part| TESTS.contains(&part))
}

/// What tells one private key from another.
fn key_of(side: &SideReading, line: u32) -> String {
    let text = |line: u32| side.lines.line(line).unwrap_or_default().trim().to_owned();
    format!("{}{}", text(line), text(line + 2))
}

fn word(
    rule: &Rule,
    (file, path): (usize, &str),
    (line, text): (u32, &str),
    secret: &Secret,
    value: &str,
) -> Finding {
    let tested = is_tested(path);
    let severity = match secret.how {
        _ if tested => Severity::Medium,
        Recognised::Shape => Severity::Critical,
        Recognised::PrivateKey { encrypted: false } => Severity::Critical,
        Recognised::PrivateKey { encrypted: true } => Severity::Medium,
        Recognised::Address | Recognised::Named => Severity::High,
    };
    let column = |offset: usize| text.get(..offset).map_or(1, |before| before.chars().count() as u32 + 1);
    let place = Place {
        start: Position { line, column: column(secret.range.start) },
        end: Position { line, column: column(secret.range.end).saturating_sub(1) },
        ..Place::line(file, path, line)
    };
    let draft = Draft {
        severity: Some(severity),
        doubt: u8::from(secret.how == Recognised::Named),
        subject: Some(Subject { home: path.to_owned(), name: secret.name.clone() }),
        content: value.to_owned(),
        ..Draft::new(Kind::Introduced, place)
    };
    draft.capture("name", &secret.name).finish(rule)
}

/// A credential that was looked up before and is written down now, however simple it is.
fn replaced(
    rule: &Rule,
    reading: &FileReading,
    (file, path): (usize, &str),
    (line, text): (u32, &str),
) -> Option<Finding> {
    let (name, value, _) =
        assignment(text).filter(|(name, value, _)| is_telling(name) && !is_placeholder(value))?;
    static LOOKED_UP: Expression = Expression::of(
        r"\b(?:os\.environ|os\.getenv|getenv|process\.env|import\.meta\.env|env::var|env!\(|System\.getenv|os\.Getenv|os\.LookupEnv|ENV\[|config\(|decouple|get_secret[A-Za-z0-9_]*|getSecret[A-Za-z0-9_]*|secretsmanager|vault\.)|\$\{\{?[ \t]*(?:secrets\.)?[A-Za-z0-9_]+|valueFrom|secretKeyRef",
    );
    // A default of the look-up is no replacement, and what was found by its form is told already.
    if LOOKED_UP.is_match(text) || !secrets_in(text).is_empty() || value.len() < 4 {
        return None;
    }
    let old = reading.old.as_ref()?;
    let before = touched(reading, Side::Old).find(|line| {
        let was = old.lines.line(*line).unwrap_or_default();
        LOOKED_UP.is_match(was) && mentions(was, name)
    })?;
    let old_path = old.documents.first().map_or_else(|| path.to_owned(), |host| host.path.to_string());
    let draft = Draft {
        old: Some(OldPlace { path: old_path, line: before, end_line: before }),
        severity: Some(Severity::High),
        subject: Some(Subject { home: path.to_owned(), name: name.to_owned() }),
        content: value.to_owned(),
        evidence: vec!["it was looked up before".to_owned()],
        ..Draft::new(Kind::Introduced, Place::line(file, path, line))
    };
    Some(draft.capture("name", format!("literal for `{name}`")).finish(rule))
}

fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let rest = text[at + name.len()..].trim_start_matches(['"', '\'', ']']).trim_start();
        rest.starts_with(['=', ':'])
    })
}
