//! What only the rest of a script explains about a statement.
//!
//! - `RECREATED`: the dropped object is created again; for a table only where it may not have been there.
//! - `REFILLED`: the emptied table is filled again.
//! - `ALIASED`: the old name of what is renamed goes on to work.
//! - `RESTORED`: what is switched off is switched on again.
//! - `BACKFILL`: an UPDATE that sets nothing but columns that the script adds.
//! - `VALIDATED`: a constraint of the table was checked before.
//!
//! SQLite's way of altering a table (create, copy, drop, rename) loses nothing: its tables count as own.

use std::collections::{HashMap, HashSet};

use super::tables::{ByTable, is_same_table};
use crate::facts::Statement;

/// What a script does to each thing, with the place of the statement.
#[derive(Default)]
struct Index {
    created: ByTable<(usize, String)>,
    policies: ByTable<usize>,
    renamed: ByTable<usize>,
    filled: ByTable<usize>,
    columns: HashSet<String>,
    constraints: ByTable<usize>,
    validated: ByTable<usize>,
    enabled: ByTable<usize>,
    copies: Vec<(usize, String)>,
    /// The places and texts of what is set, by variable.
    settings: HashMap<String, Vec<(usize, String)>>,
}

impl Index {
    fn of(statements: &[&mut Statement]) -> Self {
        let mut index = Self::default();
        for (at, statement) in statements.iter().enumerate() {
            match statement.verb.as_str() {
                "CREATE" => {
                    index.created.add(&statement.name, (at, statement.object.clone()));
                    if let ("POLICY", Some(table)) = (statement.object.as_str(), &statement.on) {
                        index.policies.add(table, at);
                    }
                }
                "ALTER" => index.add_actions(at, statement),
                "INSERT" | "COPY" | "LOAD" => {
                    index.filled.add(&statement.name, at);
                    if statement.options.contains("SELECT") {
                        index.copies.push((at, statement.text.clone()));
                    }
                }
                "SET" | "PRAGMA" => {
                    for name in &statement.names {
                        index.settings.entry(name.clone()).or_default().push((at, value(&statement.text)));
                    }
                }
                _ => {}
            }
        }
        index
    }

    fn add_actions(&mut self, at: usize, statement: &Statement) {
        for action in &statement.actions {
            match action.verb.as_str() {
                "RENAME" if statement.object == "TABLE" => self.renamed.add(last_word(&action.text), at),
                "ADD COLUMN" => {
                    self.columns.insert(format!("{} {}", statement.name, action.name));
                }
                "ADD CONSTRAINT" => self.constraints.add(&statement.name, at),
                "VALIDATE CONSTRAINT" => self.validated.add(&statement.name, at),
                "ENABLE TRIGGER" | "ENABLE" | "CHECK" => self.enabled.add(&statement.name, at),
                _ if action.text.contains("CHECK CONSTRAINT") => self.enabled.add(&statement.name, at),
                _ => {}
            }
        }
    }
}

/// Marks the statements of one document with what the others explain.
pub(super) fn explain(statements: &mut [&mut Statement]) {
    let index = Index::of(statements);
    for at in 0..statements.len() {
        match statements[at].verb.as_str() {
            "DROP" => dropped(statements, &index, at),
            "TRUNCATE" | "DELETE" => {
                let refilled = index.filled.of(&statements[at].name).any(|later| *later > at);
                mark(statements[at], refilled, "REFILLED");
            }
            "ALTER" => altered(statements[at], &index, at),
            "UPDATE" => {
                let statement = &statements[at];
                let added = |column: &str| index.columns.contains(&format!("{} {column}", statement.name));
                let fills =
                    !statement.actions.is_empty() && statement.actions.iter().all(|action| added(&action.name));
                mark(statements[at], fills, "BACKFILL");
            }
            "SET" | "PRAGMA" => {
                let statement = &statements[at];
                let own = value(&statement.text);
                let restored = statement.names.iter().all(|name| {
                    index
                        .settings
                        .get(name)
                        .is_some_and(|set| set.iter().any(|(later, value)| *later > at && *value != own))
                });
                mark(statements[at], restored, "RESTORED");
            }
            _ => {}
        }
    }
}

fn mark(statement: &mut Statement, holds: bool, option: &str) {
    if holds {
        statement.options.insert(option.to_owned());
    }
}

fn dropped(statements: &mut [&mut Statement], index: &Index, at: usize) {
    let (object, name) = (statements[at].object.clone(), statements[at].name.clone());
    let again = index.created.of(&name).any(|(later, kind)| *later > at && *kind == object);
    let other_policy = object == "POLICY"
        && statements[at].on.as_ref().is_some_and(|table| index.policies.of(table).next().is_some());
    let perhaps_absent = object != "TABLE" || statements[at].options.contains("IF EXISTS");
    mark(statements[at], (again && perhaps_absent) || other_policy, "RECREATED");
    if object != "TABLE" {
        return;
    }
    let Some(takes_over) = index.renamed.of(&name).find(|later| **later > at).copied() else { return };
    let reads = |text: &str| {
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '.')
            .any(|word| is_same_table(word, &name))
    };
    if index.copies.iter().any(|(copy, text)| *copy < at && reads(text)) {
        statements[at].own_table = true;
        statements[takes_over].own_table = true;
    }
}

fn altered(statement: &mut Statement, index: &Index, at: usize) {
    let name = statement.name.clone();
    let aliased = statement.actions.iter().any(|action| match action.verb.as_str() {
        "RENAME" => index.created.of(&name).any(|(_, kind)| kind.ends_with("VIEW") || kind == "SYNONYM"),
        "RENAME COLUMN" => index.columns.contains(&format!("{name} {}", action.name)),
        _ => false,
    });
    mark(statement, aliased, "ALIASED");
    mark(statement, index.validated.of(&name).any(|before| *before <= at), "VALIDATED");
    let disables = statement.actions.iter().any(|action| action.verb.starts_with("DISABLE"));
    mark(statement, disables && index.enabled.of(&name).any(|later| *later > at), "RESTORED");
    let drops = statement
        .actions
        .iter()
        .any(|action| matches!(action.verb.as_str(), "DROP CONSTRAINT" | "DROP PRIMARY KEY"));
    mark(statement, drops && index.constraints.of(&name).any(|again| *again >= at), "RECREATED");
}

fn last_word(text: &str) -> &str {
    text.rsplit(' ').next().unwrap_or_default()
}

/// What a variable is set to.
fn value(text: &str) -> String {
    let after = text.split_once('=').or_else(|| text.split_once(" TO ")).map_or(text, |(_, value)| value);
    last_word(after.trim()).to_ascii_lowercase()
}
