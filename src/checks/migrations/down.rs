//! `down-destroys`: the way back drops what the way there did not make.

use std::collections::BTreeSet;

use super::super::Evidence;
use super::{file_name, folder};
use crate::facts::{Body, Fact, Statement};
use crate::rules::{Draft, Finding, Kind, Place, Rule, subject_of};

pub(in super::super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let introduced: Vec<(&Fact, &Statement)> = evidence
        .deltas
        .iter()
        .filter(|delta| delta.old().is_none())
        .filter_map(|delta| delta.new_fact())
        .filter_map(|fact| match &fact.body {
            Body::Statement(statement) => Some((fact, statement)),
            _ => None,
        })
        .collect();
    let made: BTreeSet<(String, String)> = introduced
        .iter()
        .filter(|(_, statement)| !statement.down)
        .flat_map(|(fact, statement)| makes(statement).into_iter().map(|made| (step(&fact.locus.path), made)))
        .collect();
    let mut findings = Vec::new();
    for (fact, statement) in introduced.iter().filter(|(_, statement)| statement.down) {
        let step = step(&fact.locus.path);
        // A way back alone says nothing about the way there.
        if !made.iter().any(|(path, _)| *path == step) {
            continue;
        }
        for gone in drops(statement) {
            if gone.contains(crate::source::HOLE) || made.contains(&(step.clone(), gone.clone())) {
                continue;
            }
            let draft = Draft {
                subject: Some(subject_of(fact)),
                content: gone.clone(),
                ..Draft::new(Kind::Introduced, Place::at(&fact.locus))
            };
            findings.push(draft.capture("name", gone).finish(rule));
        }
    }
    findings
}

/// Both files of a step have one name.
fn step(path: &str) -> String {
    let name = file_name(path);
    let name = name.split('.').next().unwrap_or(name);
    let name = if matches!(name, "up" | "down") { "" } else { name };
    format!("{}/{name}", folder(path))
}

fn makes(statement: &Statement) -> Vec<String> {
    match statement.verb.as_str() {
        "CREATE" if statement.object == "TABLE" => vec![format!("table {}", statement.name)],
        "ALTER" => statement
            .actions
            .iter()
            .flat_map(|action| match action.verb.as_str() {
                "ADD COLUMN" => vec![format!("column {} of {}", action.name, statement.name)],
                // What was renamed has another name on the way back.
                "RENAME" => vec![format!("table {}", action.name), format!("table {}", statement.name)],
                "RENAME COLUMN" => {
                    let now = action.text.rsplit(' ').next().unwrap_or_default();
                    vec![format!("column {now} of {}", statement.name)]
                }
                _ => vec![format!("something of {}", statement.name)],
            })
            .collect(),
        "DROP" => statement.names.iter().map(|name| format!("nothing of {name}")).collect(),
        _ => Vec::new(),
    }
}

fn drops(statement: &Statement) -> Vec<String> {
    match statement.verb.as_str() {
        "DROP" if statement.object == "TABLE" => {
            statement.names.iter().map(|name| format!("table {name}")).collect()
        }
        "ALTER" => {
            let dropped = statement.actions.iter().filter(|action| action.verb == "DROP COLUMN");
            dropped.map(|action| format!("column {} of {}", action.name, statement.name)).collect()
        }
        _ => Vec::new(),
    }
}
