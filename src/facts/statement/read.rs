//! From a run of tokens to a statement.

use super::definition;
use super::phrase::{Phrase, keyword};
use super::rows;
use super::session;
use super::token::Kind;
use crate::facts::{Statement, Where};
use crate::source::{HOLE, Locus};

/// A statement as it was read.
pub(super) struct Reading {
    pub statement: Statement,
    /// A person could have meant a sentence.
    pub prose: bool,
}

/// Where a part of a statement stands in the file.
pub(super) type Placing<'a> = &'a dyn Fn(Phrase<'_>) -> Locus;

/// Clauses that rules ask for, in the order of their words.
const OPTIONS: [&[&str]; 37] = [
    &["CASCADE", "CONSTRAINTS"],
    &["CONCURRENTLY"],
    &["FOR", "KEY", "SHARE"],
    &["FOR", "NO", "KEY", "UPDATE"],
    &["FOR", "SHARE"],
    &["FOR", "UPDATE"],
    &["FORCE"],
    &["HOLDLOCK"],
    &["IF", "EXISTS"],
    &["IF", "NOT", "EXISTS"],
    &["NOLOCK"],
    &["NOT", "VALID"],
    &["NOWAIT"],
    &["ON", "CONFLICT"],
    &["ON", "DELETE", "CASCADE"],
    &["ON", "DUPLICATE", "KEY"],
    &["ONLINE"],
    &["ONLY"],
    &["OR", "ALTER"],
    &["OR", "REPLACE"],
    &["PURGE"],
    &["READ", "UNCOMMITTED"],
    &["READPAST"],
    &["RESTART", "IDENTITY"],
    &["SECURITY", "DEFINER"],
    &["SERIALIZABLE"],
    &["SET", "SEARCH_PATH"],
    &["SKIP", "LOCKED"],
    &["TABLOCKX"],
    &["UNIQUE"],
    &["UNLOGGED"],
    &["UPDLOCK"],
    &["USING", "INDEX"],
    &["WITH", "ADMIN", "OPTION"],
    &["WITH", "GRANT", "OPTION"],
    &["WITH", "NOCHECK"],
    &["XLOCK"],
];

/// A statement of which only the verb, the options and the text are known.
pub(super) fn blank(verb: &str, phrase: Phrase<'_>) -> Statement {
    let mut statement = Statement {
        verb: verb.to_owned(),
        object: String::new(),
        name: String::new(),
        names: Vec::new(),
        on: None,
        filter: Where::NotApplicable,
        joins: Vec::new(),
        limit: None,
        cascade: false,
        options: std::collections::BTreeSet::new(),
        actions: Vec::new(),
        in_transaction: false,
        own_table: false,
        down: false,
        dialect: None,
        holes: false,
        complete: true,
        text: phrase.normal(),
    };
    for at in 0..phrase.len() {
        match phrase.kind(at) {
            Some(Kind::Hole) => statement.holes = true,
            Some(Kind::Word) => {
                let word = phrase.word(at);
                if word.contains(HOLE) {
                    statement.holes = true;
                    continue;
                }
                let first = word.as_bytes()[0].to_ascii_uppercase();
                for option in OPTIONS.iter().filter(|option| option[0].as_bytes()[0] == first) {
                    if phrase.reads(at, option) {
                        statement.options.insert(option.join(" "));
                    }
                }
                if phrase.is(at, "CASCADE") && phrase.is_top(at) {
                    let of_key =
                        at >= 2 && phrase.is_any(at - 1, &["DELETE", "UPDATE"]) && phrase.is(at - 2, "ON");
                    statement.cascade |= !of_key;
                }
            }
            _ => {}
        }
    }
    statement
}

/// The statements of a piece of a script: itself, and those inside its common table expressions. Each comes with
/// the part that it was read from.
pub(super) fn read<'a>(phrase: Phrase<'a>, place: Placing<'_>) -> Vec<(Phrase<'a>, Reading)> {
    let mut readings = Vec::new();
    let Some(whole) = main(phrase) else { return readings };
    if !whole.is(0, "WITH") {
        readings.extend(one(whole, place).map(|reading| (whole, reading)));
        return readings;
    }
    let mut names: Vec<String> = Vec::new();
    let mut joins: Vec<String> = Vec::new();
    let mut at = 1 + usize::from(whole.is(1, "RECURSIVE"));
    while let Some((name, next)) = whole.name(at) {
        at = whole.after_group(next);
        if !whole.is(at, "AS") {
            return readings;
        }
        at += 1;
        while whole.is_any(at, &["NOT", "MATERIALIZED"]) {
            at += 1;
        }
        let inner = whole.group(at);
        if inner.len() == 0 {
            return readings;
        }
        if inner.is_any(0, &["DELETE", "UPDATE", "INSERT", "MERGE"]) {
            readings.extend(one(inner, place).map(|reading| (inner, reading)));
        } else if inner.is(0, "SELECT") {
            let (filter, more) = rows::restrictions(inner);
            joins.extend(more);
            if let Some(Where::Conjuncts(conjuncts)) = filter {
                joins.extend(conjuncts);
            }
        }
        names.push(name);
        at = whole.after_group(at);
        if whole.kind(at) != Some(Kind::Comma) {
            break;
        }
        at += 1;
    }
    let body = whole.from(at);
    if let Some(mut reading) = one(body, place) {
        let statement = &mut reading.statement;
        // Working on one's own expression works on what that expression selects.
        if names.contains(&statement.name) && joins.is_empty() {
            joins.push(statement.name.clone());
        }
        statement.joins.append(&mut joins);
        statement.text = whole.normal();
        statement.holes |= (0..at).any(|at| whole.kind(at) == Some(Kind::Hole));
        reading.prose = false;
        readings.push((whole, reading));
    }
    readings
}

/// The statement that is carried out: what `EXPLAIN ANALYZE` runs; `None` for what runs nothing.
fn main(phrase: Phrase<'_>) -> Option<Phrase<'_>> {
    let mut at = 0;
    while phrase.kind(at) == Some(Kind::Open) && phrase.is_any(at + 1, &["SELECT", "WITH"]) {
        at += 1;
    }
    if !phrase.is(at, "EXPLAIN") {
        return Some(phrase.from(at));
    }
    let options = phrase.group(at + 1);
    let analyzes = phrase.is(at + 1, "ANALYZE") || options.mentions(&["ANALYZE"]);
    let start = phrase.find(at + 1, &["DELETE", "UPDATE", "INSERT", "MERGE", "WITH", "SELECT"])?;
    analyzes.then(|| phrase.from(start))
}

/// Reads a statement that begins with its verb.
fn one(phrase: Phrase<'_>, place: Placing<'_>) -> Option<Reading> {
    let first = phrase.word(0);
    if first.is_empty() || first.len() > 12 {
        return None;
    }
    match first.to_ascii_uppercase().as_str() {
        "DELETE" => rows::delete(phrase),
        "UPDATE" => rows::update(phrase, place),
        "INSERT" => rows::insert(phrase),
        "REPLACE" if phrase.is(1, "INTO") => rows::insert(phrase),
        "SELECT" => rows::select(phrase),
        "MERGE" => rows::merge(phrase, place),
        "TRUNCATE" => rows::truncate(phrase),
        "DROP" => definition::drop(phrase),
        "CREATE" => definition::create(phrase),
        "ALTER" => definition::alter(phrase, place),
        "RENAME" => definition::rename(phrase, place),
        verb => session::read(verb, phrase, place),
    }
}

/// Whether a word cannot name an object unless it is quoted, in any dialect.
pub(in crate::facts) fn is_reserved(word: &str) -> bool {
    const RESERVED: [&str; 46] = [
        "ALL",
        "ALTER",
        "AND",
        "AS",
        "BETWEEN",
        "BY",
        "CASE",
        "CHECK",
        "CONSTRAINT",
        "CREATE",
        "DEFAULT",
        "DELETE",
        "DISTINCT",
        "DROP",
        "ELSE",
        "END",
        "EXISTS",
        "FOR",
        "FOREIGN",
        "FROM",
        "GRANT",
        "GROUP",
        "HAVING",
        "IF",
        "IN",
        "INSERT",
        "INTO",
        "IS",
        "JOIN",
        "LIKE",
        "NOT",
        "NULL",
        "ON",
        "OR",
        "ORDER",
        "PRIMARY",
        "REFERENCES",
        "SELECT",
        "SET",
        "TABLE",
        "THEN",
        "TO",
        "UNION",
        "UNIQUE",
        "UPDATE",
        "WHERE",
    ];
    keyword(word).is_some_and(|keyword| RESERVED.contains(&keyword))
}
