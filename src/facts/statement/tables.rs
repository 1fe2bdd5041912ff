//! Tables by name, and those that a change brings into being.

use std::collections::HashMap;

use crate::facts::{Body, Fact, Statement};
use crate::source::HOLE;

/// Names of one table, one of them perhaps without its schema.
pub(super) fn is_same_table(one: &str, other: &str) -> bool {
    one == other || ((!one.contains('.') || !other.contains('.')) && bare(one) == bare(other))
}

/// A name without its schema.
pub(super) fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Things by the name of a table, found with or without its schema.
pub(super) struct ByTable<T> {
    entries: HashMap<String, Vec<(String, T)>>,
}

impl<T> Default for ByTable<T> {
    fn default() -> Self {
        Self { entries: HashMap::new() }
    }
}

impl<T> ByTable<T> {
    pub(super) fn add(&mut self, name: &str, value: T) {
        self.entries.entry(bare(name).to_owned()).or_default().push((name.to_owned(), value));
    }

    pub(super) fn of(&self, name: &str) -> impl Iterator<Item = &T> {
        let same = self.entries.get(bare(name)).map_or(&[][..], Vec::as_slice);
        same.iter().filter(move |(entry, _)| is_same_table(entry, name)).map(|(_, value)| value)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The statement takes data away.
pub(super) fn destroys(statement: &Statement) -> bool {
    matches!(statement.verb.as_str(), "DELETE" | "UPDATE" | "TRUNCATE" | "DROP" | "MERGE")
        || statement.actions.iter().any(|action| action.verb.starts_with("DROP"))
}

/// Tables that a change brings into being are its own in all its files, and temporary tables in all texts of one
/// file. A table that the change also drops is not: that would be a deletion and recreation.
pub fn mark_new_tables(old: &[Fact], new: &mut [Fact]) {
    let stood = tables_of(old, "CREATE");
    let dropped = tables_of(new, "DROP");
    let (mut created, mut temporary) = (ByTable::default(), ByTable::default());
    for (file, statement) in of_tables(new, "CREATE") {
        let name = &statement.name;
        if name.contains(HOLE) {
            continue;
        }
        if statement.options.contains("TEMPORARY") {
            temporary.add(name, file);
        } else if stood.of(name).next().is_none() && dropped.of(name).next().is_none() {
            created.add(name, !statement.options.contains("IF NOT EXISTS"));
        }
    }
    if created.is_empty() && temporary.is_empty() {
        return;
    }
    for fact in new {
        let file = fact.locus.file;
        let Body::Statement(statement) = &mut fact.body else { continue };
        if statement.own_table || (statement.verb == "CREATE" && statement.on.is_none()) {
            continue;
        }
        let certain_only = destroys(statement);
        let own = |name: &String| {
            temporary.of(name).any(|at| *at == file)
                || created.of(name).any(|certain| *certain || !certain_only)
        };
        statement.own_table = match &statement.on {
            Some(table) => own(table),
            None => !statement.names.is_empty() && statement.names.iter().all(own),
        };
    }
}

/// Statements of a verb on tables, those of ways back left out, with their files.
fn of_tables<'a>(facts: &'a [Fact], verb: &'static str) -> impl Iterator<Item = (usize, &'a Statement)> {
    facts.iter().filter_map(move |fact| match &fact.body {
        Body::Statement(statement)
            if statement.verb == verb && statement.object == "TABLE" && !statement.down =>
        {
            Some((fact.locus.file, statement))
        }
        _ => None,
    })
}

fn tables_of(facts: &[Fact], verb: &'static str) -> ByTable<()> {
    let mut tables = ByTable::default();
    for (_, statement) in of_tables(facts, verb).filter(|(_, statement)| !statement.own_table) {
        for name in &statement.names {
            tables.add(name, ());
        }
    }
    tables
}
