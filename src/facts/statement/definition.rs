//! Statements on objects: CREATE, ALTER, DROP and RENAME.

use super::phrase::Phrase;
use super::read::{Placing, Reading, blank, is_reserved};
use super::rows::{conjuncts, restrictions};
use super::token::Kind;
use crate::facts::{Action, Where};

/// Kinds of objects, the longer ones first.
const OBJECTS: [&[&str]; 60] = [
    &["MATERIALIZED", "VIEW"],
    &["FOREIGN", "TABLE"],
    &["EXTERNAL", "TABLE"],
    &["FOREIGN", "DATA", "WRAPPER"],
    &["EVENT", "TRIGGER"],
    &["USER", "MAPPING"],
    &["DEFAULT", "PRIVILEGES"],
    &["TEXT", "SEARCH", "CONFIGURATION"],
    &["TEXT", "SEARCH", "DICTIONARY"],
    &["ACCESS", "METHOD"],
    &["PACKAGE", "BODY"],
    &["DATABASE", "LINK"],
    &["OPERATOR", "CLASS"],
    &["OPERATOR", "FAMILY"],
    &["SECURITY", "POLICY"],
    &["ROW", "ACCESS", "POLICY"],
    &["RESOURCE", "GROUP"],
    &["LARGE", "OBJECT"],
    &["AVAILABILITY", "GROUP"],
    &["TABLE"],
    &["DATABASE"],
    &["SCHEMA"],
    &["INDEX"],
    &["VIEW"],
    &["SEQUENCE"],
    &["FUNCTION"],
    &["PROCEDURE"],
    &["PROC"],
    &["ROUTINE"],
    &["TRIGGER"],
    &["POLICY"],
    &["ROLE"],
    &["USER"],
    &["LOGIN"],
    &["GROUP"],
    &["TYPE"],
    &["DOMAIN"],
    &["EXTENSION"],
    &["RULE"],
    &["PUBLICATION"],
    &["SUBSCRIPTION"],
    &["SERVER"],
    &["TABLESPACE"],
    &["AGGREGATE"],
    &["OPERATOR"],
    &["CAST"],
    &["COLLATION"],
    &["LANGUAGE"],
    &["STATISTICS"],
    &["EVENT"],
    &["SYNONYM"],
    &["PACKAGE"],
    &["PROFILE"],
    &["KEYSPACE"],
    &["CATALOG"],
    &["STAGE"],
    &["PIPE"],
    &["WAREHOUSE"],
    &["OWNED"],
    &["SYSTEM"],
];

/// Words between CREATE or DROP and the kind of the object.
const MODIFIERS: [&str; 24] = [
    "OR",
    "REPLACE",
    "ALTER",
    "TEMP",
    "TEMPORARY",
    "UNLOGGED",
    "GLOBAL",
    "LOCAL",
    "UNIQUE",
    "CLUSTERED",
    "NONCLUSTERED",
    "COLUMNSTORE",
    "FULLTEXT",
    "SPATIAL",
    "BITMAP",
    "TRANSIENT",
    "CONSTRAINT",
    "RECURSIVE",
    "SECURE",
    "VIRTUAL",
    "PUBLIC",
    "TRUSTED",
    "FORCE",
    "EDITIONABLE",
];

/// The kind of object named at a place, and the place after it.
fn object(phrase: Phrase<'_>, at: usize) -> Option<(String, usize)> {
    let words = OBJECTS.iter().find(|words| phrase.reads(at, words))?;
    let kind = if words[0] == "PROC" { "PROCEDURE".to_owned() } else { words.join(" ") };
    Some((kind, at + words.len()))
}

/// After `IF EXISTS`, `IF NOT EXISTS`, `CONCURRENTLY`, `ONLY`, `BY`.
fn after_conditions(phrase: Phrase<'_>, mut at: usize) -> usize {
    loop {
        if phrase.reads(at, &["IF", "NOT", "EXISTS"]) {
            at += 3;
        } else if phrase.reads(at, &["IF", "EXISTS"]) {
            at += 2;
        } else if phrase.is_any(at, &["CONCURRENTLY", "ONLY", "BY"]) && phrase.len() > at + 1 {
            at += 1;
        } else {
            return at;
        }
    }
}

/// A name; an account of MySQL (`'app'@'%'`) is one.
fn target(phrase: Phrase<'_>, at: usize) -> Option<(String, usize)> {
    let (mut name, mut next) = phrase.name(at)?;
    if phrase.source(next) == "@"
        && let Some((host, after)) = phrase.name(next + 1)
    {
        name = format!("{name}@{host}");
        next = after;
    }
    Some((name, next))
}

pub(super) fn drop(phrase: Phrase<'_>) -> Option<Reading> {
    let mut at = 1;
    while phrase.is_any(at, &["TEMPORARY", "TEMP", "PUBLIC"]) {
        at += 1;
    }
    let (object, next) = object(phrase, at)?;
    let mut statement = blank("DROP", phrase);
    if phrase.is_any(1, &["TEMPORARY", "TEMP"]) {
        statement.options.insert("TEMPORARY".to_owned());
        statement.own_table = true;
    }
    let start = after_conditions(phrase, next);
    if phrase.kind(start) == Some(Kind::Word) && phrase.is_any(start, &["FROM", "TO", "IN", "AND", "OR", "IF"])
    {
        return None;
    }
    let ends = ["ON", "CASCADE", "RESTRICT", "PURGE", "FOR", "WITH", "FORCE", "USING", "INCLUDING"];
    let end = phrase.find(start, &ends).unwrap_or(phrase.len());
    let mut prose = false;
    for part in phrase.part(start, end).list() {
        let (name, after) = target(part, 0)?;
        let rest = part.after_group(after);
        if rest < part.len() {
            statement.complete = false;
            prose = true;
        }
        statement.names.push(name);
    }
    if phrase.is(end, "ON") {
        statement.on = phrase.name(end + 1).map(|(name, _)| name);
    }
    statement.name = statement.names.first()?.clone();
    if let ("INDEX", None, Some((table, index))) =
        (object.as_str(), statement.on.clone(), statement.name.split_once('.'))
    {
        // SQL Server: `DROP INDEX orders.ix`; elsewhere the qualifier is a schema, which does no harm here.
        if statement.dialect.is_none() && !index.contains('.') && phrase.kind(start + 1) == Some(Kind::Dot) {
            statement.on = Some(table.to_owned());
        }
    }
    statement.object = object;
    Some(Reading { statement, prose })
}

pub(super) fn create(phrase: Phrase<'_>) -> Option<Reading> {
    let mut at = 1;
    let mut statement_options: Vec<&str> = Vec::new();
    let found = loop {
        if let Some(found) = object(phrase, at) {
            break found;
        }
        if phrase.is_any(at, &["DEFINER", "ALGORITHM", "SQL"]) {
            // `DEFINER = 'app'@'%'`, `SQL SECURITY INVOKER`: to the kind of the object.
            at = (at + 1..phrase.len().min(at + 10)).find(|at| object(phrase, *at).is_some())?;
            continue;
        }
        if !phrase.is_any(at, &MODIFIERS) {
            return None;
        }
        if phrase.is_any(at, &["TEMP", "TEMPORARY"]) {
            statement_options.push("TEMPORARY");
        }
        at += 1;
    };
    let (object, next) = found;
    let mut statement = blank("CREATE", phrase);
    statement.options.extend(statement_options.into_iter().map(str::to_owned));
    let start = after_conditions(phrase, next);
    let mut prose = false;
    let after = if object == "INDEX" && phrase.is(start, "ON") {
        start
    } else if object == "DEFAULT PRIVILEGES" {
        return None;
    } else {
        if is_reserved(phrase.word(start)) && phrase.kind(start) == Some(Kind::Word) {
            return None;
        }
        let (name, after) = target(phrase, start)?;
        statement.names.push(name.clone());
        statement.name = name;
        after
    };
    match object.as_str() {
        "TABLE" | "FOREIGN TABLE" | "EXTERNAL TABLE" => {
            let follows =
                ["AS", "LIKE", "PARTITION", "OF", "USING", "CLONE", "SELECT", "WITH", "INHERITS", "ENGINE"];
            prose = phrase.kind(after) != Some(Kind::Open) && !phrase.is_any(after, &follows);
        }
        "INDEX" | "TRIGGER" | "POLICY" | "RULE" => {
            let on = phrase.find(after, &["ON"]);
            statement.on = on
                .and_then(|on| phrase.name(on + 1 + usize::from(phrase.is(on + 1, "ONLY"))))
                .map(|(name, _)| name);
            prose = statement.on.is_none();
        }
        "VIEW" | "MATERIALIZED VIEW" => {
            if let Some(query) = phrase.find(after, &["SELECT"]) {
                let (filter, joins) = restrictions(phrase.from(query));
                statement.filter = filter.unwrap_or(Where::Absent);
                statement.joins = joins;
            } else {
                prose = !phrase.is(after, "AS");
            }
        }
        _ => {}
    }
    if object == "POLICY" {
        policy(phrase, after, &mut statement);
    }
    statement.object = object;
    Some(Reading { statement, prose })
}

/// The conditions of a policy.
fn policy(phrase: Phrase<'_>, from: usize, statement: &mut crate::facts::Statement) {
    if let Some(using) = phrase.find(from, &["USING"]) {
        statement.filter = Where::Conjuncts(conjuncts(phrase.group(using + 1)));
    }
    if let Some(check) = (from..phrase.len()).find(|at| phrase.reads(*at, &["WITH", "CHECK"])) {
        statement.joins = conjuncts(phrase.group(check + 2));
    }
}

/// Leading words of the clauses of ALTER TABLE, the longer ones first, and whether a name follows.
const ACTIONS: [(&[&str], &str); 64] = [
    (&["ADD", "CONSTRAINT"], "ADD CONSTRAINT"),
    (&["ADD", "FOREIGN", "KEY"], "ADD CONSTRAINT"),
    (&["ADD", "PRIMARY", "KEY"], "ADD CONSTRAINT"),
    (&["ADD", "UNIQUE", "INDEX"], "ADD INDEX"),
    (&["ADD", "UNIQUE", "KEY"], "ADD INDEX"),
    (&["ADD", "UNIQUE"], "ADD CONSTRAINT"),
    (&["ADD", "CHECK"], "ADD CONSTRAINT"),
    (&["ADD", "EXCLUDE"], "ADD CONSTRAINT"),
    (&["ADD", "FULLTEXT"], "ADD INDEX"),
    (&["ADD", "SPATIAL"], "ADD INDEX"),
    (&["ADD", "INDEX"], "ADD INDEX"),
    (&["ADD", "KEY"], "ADD INDEX"),
    (&["ADD", "PARTITION"], "ADD PARTITION"),
    (&["ADD", "VALUE"], "ADD VALUE"),
    (&["ADD", "COLUMN"], "ADD COLUMN"),
    (&["ADD"], "ADD COLUMN"),
    (&["DROP", "CONSTRAINT"], "DROP CONSTRAINT"),
    (&["DROP", "PRIMARY", "KEY"], "DROP PRIMARY KEY"),
    (&["DROP", "FOREIGN", "KEY"], "DROP CONSTRAINT"),
    (&["DROP", "CHECK"], "DROP CONSTRAINT"),
    (&["DROP", "INDEX"], "DROP INDEX"),
    (&["DROP", "KEY"], "DROP INDEX"),
    (&["DROP", "PARTITION"], "DROP PARTITION"),
    (&["DROP", "COLUMN"], "DROP COLUMN"),
    (&["DROP", "VALUE"], "DROP VALUE"),
    (&["DROP", "IDENTITY"], "DROP IDENTITY"),
    (&["DROP", "DEFAULT"], "DROP DEFAULT"),
    (&["DROP", "NOT", "NULL"], "DROP NOT NULL"),
    (&["DROP"], "DROP COLUMN"),
    (&["TRUNCATE", "PARTITION"], "TRUNCATE PARTITION"),
    (&["EXCHANGE", "PARTITION"], "EXCHANGE PARTITION"),
    (&["REORGANIZE", "PARTITION"], "REORGANIZE PARTITION"),
    (&["ATTACH", "PARTITION"], "ATTACH PARTITION"),
    (&["DETACH", "PARTITION"], "DETACH PARTITION"),
    (&["ALTER", "CONSTRAINT"], "ALTER CONSTRAINT"),
    (&["ALTER", "INDEX"], "ALTER INDEX"),
    (&["ALTER", "COLUMN"], "ALTER COLUMN"),
    (&["ALTER"], "ALTER COLUMN"),
    (&["MODIFY", "COLUMN"], "MODIFY COLUMN"),
    (&["MODIFY"], "MODIFY COLUMN"),
    (&["CHANGE", "COLUMN"], "CHANGE COLUMN"),
    (&["CHANGE"], "CHANGE COLUMN"),
    (&["RENAME", "COLUMN"], "RENAME COLUMN"),
    (&["RENAME", "CONSTRAINT"], "RENAME CONSTRAINT"),
    (&["RENAME", "INDEX"], "RENAME INDEX"),
    (&["RENAME", "KEY"], "RENAME INDEX"),
    (&["RENAME", "VALUE"], "RENAME VALUE"),
    (&["RENAME", "ATTRIBUTE"], "RENAME ATTRIBUTE"),
    (&["RENAME", "TO"], "RENAME"),
    (&["RENAME", "AS"], "RENAME"),
    (&["RENAME"], "RENAME COLUMN"),
    (&["DISABLE", "ROW", "LEVEL", "SECURITY"], "DISABLE ROW LEVEL SECURITY"),
    (&["ENABLE", "ROW", "LEVEL", "SECURITY"], "ENABLE ROW LEVEL SECURITY"),
    (&["NO", "FORCE", "ROW", "LEVEL", "SECURITY"], "NO FORCE ROW LEVEL SECURITY"),
    (&["FORCE", "ROW", "LEVEL", "SECURITY"], "FORCE ROW LEVEL SECURITY"),
    (&["DISABLE", "TRIGGER"], "DISABLE TRIGGER"),
    (&["ENABLE", "TRIGGER"], "ENABLE TRIGGER"),
    (&["DISABLE", "CONSTRAINT"], "DISABLE CONSTRAINT"),
    (&["NOCHECK", "CONSTRAINT"], "DISABLE CONSTRAINT"),
    (&["VALIDATE", "CONSTRAINT"], "VALIDATE CONSTRAINT"),
    (&["OWNER", "TO"], "OWNER TO"),
    (&["SET", "UNLOGGED"], "SET UNLOGGED"),
    (&["CONVERT", "TO"], "CONVERT TO"),
    (&["WITH", "NOCHECK", "ADD", "CONSTRAINT"], "ADD CONSTRAINT"),
];

pub(super) fn alter(phrase: Phrase<'_>, place: Placing<'_>) -> Option<Reading> {
    let mut at = 1;
    while phrase.is_any(at, &["ONLINE", "IGNORE"]) {
        at += 1;
    }
    let (object, next) = object(phrase, at)?;
    let mut statement = blank("ALTER", phrase);
    let start = after_conditions(phrase, next);
    let mut after = start;
    if !matches!(object.as_str(), "DEFAULT PRIVILEGES" | "SYSTEM") {
        if is_reserved(phrase.word(start)) && phrase.kind(start) == Some(Kind::Word) && object == "TABLE" {
            return None;
        }
        let (name, next) = target(phrase, start)?;
        after = phrase.after_group(next);
        if phrase.source(after) == "*" {
            after += 1;
        }
        statement.names.push(name.clone());
        statement.name = name;
    }
    if phrase.is(after, "ON") && matches!(object.as_str(), "POLICY" | "TRIGGER" | "INDEX" | "RULE") {
        let (on, next) = phrase.name(after + 1)?;
        statement.on = Some(on);
        after = next;
    }
    let rest = phrase.from(after);
    if rest.len() == 0 {
        return None;
    }
    let mut previous: Option<&str> = None;
    for part in rest.list() {
        if part.len() == 0 {
            continue;
        }
        let (verb, name) = action(part, &object, previous);
        previous = ACTIONS.iter().map(|(_, known)| *known).find(|known| *known == verb);
        statement.actions.push(Action { verb, name, text: part.normal(), locus: place(part) });
    }
    if object == "POLICY" {
        policy(phrase, after, &mut statement);
    }
    let known = statement.actions.iter().any(|action| ACTIONS.iter().any(|(_, verb)| *verb == action.verb));
    let prose = object == "TABLE" && !known;
    statement.object = object;
    Some(Reading { statement, prose })
}

/// Verb and name of one clause. `previous` is the verb before it: SQL Server writes `DROP COLUMN a, b`.
fn action(part: Phrase<'_>, object: &str, previous: Option<&str>) -> (String, String) {
    // `WITH CHECK ADD CONSTRAINT` of SQL Server.
    let checked =
        part.reads(0, &["WITH", "CHECK"]) || (part.reads(0, &["WITH", "NOCHECK"]) && part.is(2, "ADD"));
    let clause = if checked { part.from(2) } else { part };
    let known = ACTIONS.iter().find(|(words, _)| clause.reads(0, words));
    let Some((words, verb)) = known.filter(|_| is_relation(object) || object == "TYPE" || object == "DOMAIN")
    else {
        if let Some(previous @ ("DROP COLUMN" | "ADD COLUMN" | "DROP CONSTRAINT")) = previous {
            let name = clause.name(0).map(|(name, _)| name).unwrap_or_default();
            return (previous.to_owned(), name);
        }
        return (clause.word(0).to_ascii_uppercase(), String::new());
    };
    let mut at = after_conditions(clause, words.len());
    if words == &["DROP", "PARTITION"] || words == &["DISABLE", "TRIGGER"] {
        at += usize::from(clause.is_any(at, &["FOR"]));
    }
    // Oracle: `DROP (a, b)`, `ADD (a int)`.
    if clause.kind(at) == Some(Kind::Open) && matches!(*verb, "DROP COLUMN" | "ADD COLUMN" | "MODIFY COLUMN") {
        at += 1;
    }
    // `DROP {what} {name}`: what a hole stands for decides, and may be a key as well as a column.
    if words == &["DROP"]
        && clause.kind(at) == Some(Kind::Hole)
        && clause.name(at).and_then(|(_, next)| clause.name(next)).is_some_and(|(name, _)| {
            !["CASCADE", "RESTRICT"].iter().any(|word| name.eq_ignore_ascii_case(word))
        })
    {
        return ("DROP".to_owned(), String::new());
    }
    let keyless = ["ADD CONSTRAINT", "DROP PRIMARY KEY"].contains(verb) && words.last() != Some(&"CONSTRAINT");
    // MySQL: `CHANGE a b type` renames unless both names are the same.
    if *verb == "CHANGE COLUMN"
        && let Some((old, next)) = clause.name(at)
        && clause.name(next).is_some_and(|(new, _)| new != old)
    {
        return ("RENAME COLUMN".to_owned(), old);
    }
    let name = if keyless {
        words.get(1..).unwrap_or_default().join(" ").to_ascii_lowercase()
    } else {
        clause.name(at).map(|(name, _)| name).unwrap_or_default()
    };
    ((*verb).to_owned(), name)
}

fn is_relation(object: &str) -> bool {
    object.ends_with("TABLE") || object.ends_with("VIEW") || object == "INDEX" || object == "SEQUENCE"
}

/// MySQL's `RENAME TABLE a TO b, c TO d` and SQL Server's relatives.
pub(super) fn rename(phrase: Phrase<'_>, place: Placing<'_>) -> Option<Reading> {
    let (object, start) = object(phrase, 1)?;
    let mut statement = blank("ALTER", phrase);
    for part in phrase.from(start).list() {
        let (name, next) = part.name(0)?;
        if !part.is(next, "TO") {
            return None;
        }
        statement.names.push(name.clone());
        statement.actions.push(Action {
            verb: "RENAME".to_owned(),
            name: part.name(next + 1).map(|(name, _)| name).unwrap_or_default(),
            text: part.normal(),
            locus: place(part),
        });
    }
    statement.name = statement.names.first()?.clone();
    statement.object = object;
    Some(Reading { statement, prose: false })
}
