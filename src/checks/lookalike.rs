//! `lookalike-dependency`: a new dependency whose name is one slip away from one that many use.
//!
//! Nothing is looked up: the names come from `rules/data/popular-packages.json`, and the finding says so.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Evidence;
use crate::delta::Delta;
use crate::facts::{Body, Dependency, Group, Origin};
use crate::rules::{Draft, Finding, Kind, Place, Rule, Subject};

const POPULAR: &str = include_str!("../../rules/data/popular-packages.json");

/// Names further down the list are known, but hardly worth imitating.
const IMITATED: usize = 1200;

/// Shorter names are one slip away from everything.
const SHORTEST: usize = 5;

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for delta in evidence.deltas {
        let Delta::Introduced { new } = delta else { continue };
        let Body::Dependency(dependency) = &new.body else { continue };
        if dependency.group == Group::Locked || !matches!(dependency.origin, Origin::Registry(None)) {
            continue;
        }
        let Some(original) = imitated(dependency) else { continue };
        let draft = Draft {
            subject: Some(Subject { home: new.locus.path.to_string(), name: dependency.name.clone() }),
            evidence: vec![format!("one slip away from {original}; not verified with a registry")],
            content: dependency.name.clone(),
            ..Draft::new(Kind::Introduced, Place::at(&new.locus))
        };
        findings.push(
            draft
                .capture("name", &dependency.name)
                .capture("old", original)
                .capture("new", &dependency.name)
                .capture("type", dependency.ecosystem)
                .finish(rule),
        );
    }
    findings
}

fn popular() -> &'static BTreeMap<String, Vec<String>> {
    static NAMES: OnceLock<BTreeMap<String, Vec<String>>> = OnceLock::new();
    NAMES.get_or_init(|| {
        // A test reads the file, so it parses.
        let mut table: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(POPULAR).unwrap_or_default();
        table.remove("_meta");
        let names = |value| serde_json::from_value(value).unwrap_or_default();
        table.into_iter().map(|(ecosystem, value)| (ecosystem, names(value))).collect()
    })
}

/// The much used name that a name could be mistaken for.
fn imitated(dependency: &Dependency) -> Option<&'static str> {
    let names = popular().get(dependency.ecosystem)?;
    let name = dependency.name.to_ascii_lowercase();
    if name.len() < SHORTEST || name.starts_with('@') || names.contains(&name) {
        return None;
    }
    names
        .iter()
        .take(IMITATED)
        .map(String::as_str)
        .find(|known| known.len() >= SHORTEST && is_slip(&name, known))
}

/// One letter more, less, other or swapped, or another way to join the same words; another number at the end is
/// how successors are called.
fn is_slip(name: &str, known: &str) -> bool {
    let bare = |text: &str| text.replace(['-', '_', '.'], "");
    let stem =
        |text: &str| text.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '-').to_owned();
    if stem(name) == stem(known) {
        return false;
    }
    bare(name) == bare(known) || within_one(name.as_bytes(), known.as_bytes())
}

/// Damerau-Levenshtein distance of exactly one.
fn within_one(one: &[u8], other: &[u8]) -> bool {
    let start = one.iter().zip(other).take_while(|(left, right)| left == right).count();
    let (one, other) = (&one[start..], &other[start..]);
    match (one.len(), other.len()) {
        (0, 1) | (1, 0) => true,
        (left, right) if left == right => {
            left > 0
                && (one[1..] == other[1..]
                    || (left > 1 && one[0] == other[1] && one[1] == other[0] && one[2..] == other[2..]))
        }
        (left, right) if left + 1 == right => *one == other[1..],
        (left, right) if left == right + 1 => one[1..] == *other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_list_parses_and_has_no_doubles() {
        for ecosystem in ["npm", "pypi", "cargo"] {
            let names = &popular()[ecosystem];
            assert!(names.len() > 100);
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{ecosystem}");
        }
    }

    #[test]
    fn slips_are_one_step_and_successors_are_none() {
        for (name, known, expected) in [
            ("requets", "requests", true),
            ("reqeusts", "requests", true),
            ("lodahs", "lodash", true),
            ("cross_env", "cross-env", true),
            ("boto4", "boto3", false),
            ("requests-toolbelt", "requests", false),
            ("chalk-cli", "chalk", false),
        ] {
            assert_eq!(is_slip(name, known), expected, "{name}");
        }
    }
}
