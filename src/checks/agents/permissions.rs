//! What an agent may do without asking: entries that are allowed now, and entries that are denied no more.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::Deserialize;

use super::super::Evidence;
use super::settings::{Both, Leaf, files, speaks_of};
use crate::facts::Expression;
use crate::rules::{Finding, Kind, Rule, Severity};

const AGENTS: &str = include_str!("../../../rules/data/agents.json");

#[derive(Deserialize, Default)]
struct Table {
    allows_everything: Vec<String>,
    allows_much: Vec<String>,
    grave: Vec<String>,
}

struct Patterns {
    everything: Vec<Expression>,
    much: Vec<Expression>,
    grave: Vec<Expression>,
}

fn patterns() -> &'static Patterns {
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    PATTERNS.get_or_init(|| {
        // A test reads the file, so it parses and every expression compiles.
        let table: Table = serde_json::from_str(AGENTS).unwrap_or_default();
        let compile =
            |list: Vec<String>| list.iter().map(|pattern| Expression::new(format!("(?i){pattern}"))).collect();
        Patterns {
            everything: compile(table.allows_everything),
            much: compile(table.allows_much),
            grave: compile(table.grave),
        }
    })
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let all = files(evidence);
    let of = |leaves: &[Leaf<'_>], list: &str| -> BTreeSet<String> {
        leaves.iter().filter(|leaf| list_of(leaf.path) == Some(list)).map(|leaf| entry(&leaf.value)).collect()
    };
    // An entry that went to another settings file is still in force.
    let denied: BTreeSet<String> = all.iter().flat_map(|both| of(&both.new, "deny")).collect();
    let asked: BTreeSet<String> = all.iter().flat_map(|both| of(&both.new, "ask")).collect();
    let allowed: BTreeSet<String> = all.iter().flat_map(|both| of(&both.new, "allow")).collect();
    let allowed_before: BTreeSet<String> = all.iter().flat_map(|both| of(&both.old, "allow")).collect();
    for both in &all {
        if speaks_of(rule, Kind::Introduced) {
            findings.extend(allows(rule, both, &allowed_before));
        }
        if speaks_of(rule, Kind::Removed) {
            for leaf in both.old.iter() {
                let own = entry(&leaf.value);
                let is_covered = |entries: &BTreeSet<String>| entries.iter().any(|other| covers(other, &own));
                let severity = match list_of(leaf.path) {
                    Some("deny") if is_covered(&denied) => continue,
                    Some("deny") if is_covered(&asked) => Severity::Medium,
                    Some("deny") if patterns().grave.iter().any(|pattern| pattern.is_match(&own)) => {
                        Severity::Critical
                    }
                    Some("deny") => Severity::High,
                    // What is not listed is asked for anyway, unless it is allowed.
                    Some("ask") if !is_covered(&asked) && !is_covered(&denied) && is_covered(&allowed) => {
                        Severity::High
                    }
                    _ => continue,
                };
                let mut draft = both.removed(evidence, leaf);
                draft.severity = Some(severity);
                findings.push(draft.capture("name", &leaf.value).finish(rule));
            }
        }
    }
    findings
}

fn allows(rule: &Rule, both: &Both<'_>, before: &BTreeSet<String>) -> Vec<Finding> {
    both.new
        .iter()
        .filter(|leaf| list_of(leaf.path) == Some("allow"))
        .filter_map(|leaf| {
            let own = entry(&leaf.value);
            if before.iter().any(|other| covers(other, &own)) {
                return None;
            }
            let severity = breadth(&own)?;
            let mut draft = both.introduced(leaf);
            draft.severity = Some(severity);
            Some(draft.capture("name", &leaf.value).finish(rule))
        })
        .collect()
}

fn breadth(entry: &str) -> Option<Severity> {
    let patterns = patterns();
    if patterns.everything.iter().any(|pattern| pattern.is_match(entry)) {
        Some(Severity::Critical)
    } else if patterns.much.iter().any(|pattern| pattern.is_match(entry)) {
        Some(Severity::High)
    } else {
        None
    }
}

/// The list that a path is an element of.
fn list_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("permissions.").or_else(|| path.strip_prefix("tools."))?;
    let (list, _) = rest.split_once('[')?;
    match list {
        "allow" | "allowed" => Some("allow"),
        "deny" | "exclude" => Some("deny"),
        "ask" => Some("ask"),
        _ => None,
    }
}

/// An entry in one spelling: `Bash(rm:*)` and `Bash(rm *)` say the same.
fn entry(value: &str) -> String {
    let value = value.trim().replace(":*)", " *)").replace("( *)", "(*)");
    match value.strip_prefix("Shell(") {
        Some(rest) => format!("Bash({rest}"),
        None => value,
    }
}

/// Whether one entry holds for everything that another one holds for.
fn covers(one: &str, other: &str) -> bool {
    if one == other || one == "*" {
        return true;
    }
    let tool = |text: &str| text.split('(').next().unwrap_or_default().to_owned();
    let inside = |text: &str| text.split_once('(').map(|(_, rest)| rest.trim_end_matches(')').to_owned());
    if tool(one) != tool(other) {
        return false;
    }
    match (inside(one), inside(other)) {
        (None, _) => true,
        (Some(wide), Some(narrow)) => {
            wide.strip_suffix('*').is_some_and(|start| narrow.starts_with(start) || narrow == start.trim_end())
        }
        (Some(wide), None) => wide == "*",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_of_the_table_compiles() {
        let table: Table = serde_json::from_str(AGENTS).unwrap();
        let count = table.allows_everything.len() + table.allows_much.len() + table.grave.len();
        let patterns = patterns();
        assert_eq!(patterns.everything.len() + patterns.much.len() + patterns.grave.len(), count);
    }

    #[test]
    fn breadth_goes_by_what_a_pattern_lets_through() {
        for (text, severity) in [
            ("Bash(*)", Some(Severity::Critical)),
            ("Bash", Some(Severity::Critical)),
            ("*", Some(Severity::Critical)),
            ("Bash(rm:*)", Some(Severity::Critical)),
            ("Bash(git push:*)", Some(Severity::High)),
            ("Bash(terraform apply:*)", Some(Severity::Critical)),
            ("Bash(curl:*)", Some(Severity::High)),
            ("Bash(python3:*)", Some(Severity::High)),
            ("WebFetch", Some(Severity::High)),
            ("Bash(git status)", None),
            ("Bash(cargo test:*)", None),
            ("Bash(terraform plan:*)", None),
            ("Bash(kubectl get:*)", None),
            ("WebFetch(domain:docs.rs)", None),
            ("Read(src/**)", None),
            ("Bash(git log:*)", None),
        ] {
            assert_eq!(breadth(&entry(text)), severity, "{text}");
        }
    }

    #[test]
    fn a_wider_entry_covers_a_narrower_one() {
        assert!(covers("Bash(*)", "Bash(rm -rf /)"));
        assert!(covers("Bash(git push *)", "Bash(git push origin)"));
        assert!(covers("Bash", "Bash(ls)"));
        assert!(!covers("Bash(git push *)", "Bash(git *)"));
        assert!(!covers("Read(*)", "Bash(*)"));
    }
}
