//! What statements of one script mean to one another: transactions, tables of its own, ways back.

use super::tables::{ByTable, destroys};
use super::token::Direction;
use crate::facts::{Statement, Where};

/// Carries what earlier statements established to later ones.
#[derive(Default)]
pub(super) struct Script {
    /// Tables that the script creates, and whether they are certain to be new.
    created: ByTable<bool>,
    in_transaction: bool,
}

impl Script {
    /// Fills in what a statement gets from those before it, and remembers what it gives to those after it.
    pub(super) fn take(&mut self, statement: &mut Statement) {
        statement.in_transaction = self.in_transaction;
        statement.own_table |= self.is_own(statement);
        match statement.verb.as_str() {
            "BEGIN" => self.in_transaction = true,
            "COMMIT" => self.in_transaction = false,
            "ROLLBACK" if statement.object == "TRANSACTION" => self.in_transaction = false,
            "SET" if statement.name == "autocommit" => {
                self.in_transaction = statement.text.ends_with('0') || statement.text.ends_with("OFF");
            }
            "CREATE" if statement.object.ends_with("TABLE") || statement.object.ends_with("VIEW") => {
                let certain = !statement.options.contains("IF NOT EXISTS");
                self.created.add(&statement.name, certain);
            }
            "SELECT" if let Some(table) = selected_into(&statement.text) => self.created.add(&table, true),
            "ALTER" if statement.own_table => {
                let renamed = statement.actions.iter().find(|action| action.verb == "RENAME");
                let name = renamed.and_then(|action| action.text.rsplit(' ').next());
                if let Some(name) = name {
                    self.created.add(name, true);
                }
            }
            _ => {}
        }
    }

    fn is_own(&self, statement: &Statement) -> bool {
        let destroys = destroys(statement);
        let own = |name: &str| {
            name.starts_with(['#', '@']) || self.created.of(name).any(|certain| *certain || !destroys)
        };
        if statement.verb == "CREATE" && statement.on.is_none() {
            return statement.options.contains("TEMPORARY") || statement.name.starts_with('#');
        }
        match &statement.on {
            Some(table) => own(table),
            None => !statement.names.is_empty() && statement.names.iter().all(|name| own(name)),
        }
    }
}

/// `SELECT … INTO table FROM` creates the table.
fn selected_into(text: &str) -> Option<String> {
    let (_, rest) = text.split_once(" INTO ")?;
    let name = rest.split([' ', '(', ',']).next()?;
    (rest.contains("FROM") && !name.starts_with('@') && !name.is_empty()).then(|| name.to_owned())
}

/// Which way each offset of a file goes, by its path and its marks.
pub(super) struct Ways<'a> {
    whole: bool,
    marks: &'a [(u32, Direction)],
}

impl<'a> Ways<'a> {
    pub(super) fn new(path: &str, scope: &[String], marks: &'a [(u32, Direction)]) -> Self {
        let lower = path.to_ascii_lowercase();
        let name = lower.rsplit('/').next().unwrap_or(&lower);
        let stem = name.strip_suffix(".sql").unwrap_or(name);
        let undo = stem.starts_with('u')
            && stem.split_once("__").is_some_and(|(version, _)| {
                version.len() > 1
                    && version[1..].bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'))
            });
        let by_name = stem == "down"
            || [".down", "_down", "-down", ".rollback", "_rollback", ".undo", "_undo"]
                .iter()
                .any(|end| stem.ends_with(end))
            || undo
            || ["/down/", "/revert/", "/rollback/", "/undo/"].iter().any(|folder| lower.contains(folder));
        let by_scope = scope.iter().any(|name| {
            let name = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
            ["down", "downgrade", "backwards", "reverse", "reverse_sql"].contains(&name.as_str())
        });
        Self { whole: by_name || by_scope, marks }
    }

    pub(super) fn is_down(&self, offset: u32) -> bool {
        let before = self.marks.partition_point(|(at, _)| *at <= offset);
        match before.checked_sub(1).and_then(|last| self.marks.get(last)) {
            Some((_, direction)) => *direction == Direction::Down,
            None => self.whole,
        }
    }
}

/// The script says of itself that a tool wrote a whole database out.
pub(super) fn is_dump(text: &str) -> bool {
    let mut end = text.len().min(2000);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let start = text[..end].to_ascii_lowercase();
    [
        "-- mysql dump",
        "-- mariadb dump",
        "-- postgresql database",
        "phpmyadmin sql dump",
        "-- dumped ",
        "sql dump",
    ]
    .iter()
    .any(|mark| start.contains(mark))
}

/// Whether nothing restricts the rows of a statement.
pub(super) fn is_unrestricted(statement: &Statement) -> bool {
    statement.filter == Where::Absent && statement.joins.is_empty() && statement.limit.is_none()
}
