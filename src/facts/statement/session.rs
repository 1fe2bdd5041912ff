//! Statements on privileges, transactions, the session and the server.

use super::phrase::{Phrase, unquoted};
use super::read::{Placing, Reading, blank};
use super::token::Kind;
use crate::facts::{Action, Statement};

/// Verbs of which the first name is enough.
const NAMED: [&str; 33] = [
    "ANALYZE",
    "ATTACH",
    "BACKUP",
    "CALL",
    "CHECKPOINT",
    "CLUSTER",
    "COMMENT",
    "COPY",
    "DBCC",
    "DETACH",
    "DISABLE",
    "DISCARD",
    "DO",
    "ENABLE",
    "FLUSH",
    "IMPORT",
    "INSTALL",
    "KILL",
    "LOAD",
    "LOCK",
    "OPTIMIZE",
    "PERFORM",
    "PURGE",
    "REASSIGN",
    "REFRESH",
    "REINDEX",
    "RESET",
    "RESTORE",
    "SECURITY",
    "SHUTDOWN",
    "UNLOCK",
    "USE",
    "VACUUM",
];

/// Kinds of objects that may stand between such a verb and the name.
const KINDS: [&str; 22] = [
    "CONCURRENTLY",
    "CURRENT",
    "DATABASE",
    "EXTENSION",
    "FULL",
    "INDEX",
    "INSTANCE",
    "INTO",
    "LOG",
    "MATERIALIZED",
    "ON",
    "ONLY",
    "OWNED",
    "BY",
    "SCHEMA",
    "SYSTEM",
    "TABLE",
    "TABLES",
    "TRIGGER",
    "VERBOSE",
    "VIEW",
    "ANALYZE",
];

pub(super) fn read(verb: &str, phrase: Phrase<'_>, place: Placing<'_>) -> Option<Reading> {
    match verb {
        "BEGIN" => Some(transaction("BEGIN", phrase)),
        "START" if phrase.is(1, "TRANSACTION") => Some(transaction("BEGIN", phrase)),
        "COMMIT" | "END" => Some(transaction("COMMIT", phrase)),
        "ROLLBACK" | "ABORT" => Some(transaction("ROLLBACK", phrase)),
        "SAVE" if phrase.is_any(1, &["TRAN", "TRANSACTION"]) => Some(transaction("SAVEPOINT", phrase)),
        "SAVEPOINT" | "RELEASE" => Some(transaction(verb, phrase)),
        "SET" => set(phrase, place),
        "PRAGMA" => pragma(phrase),
        "GRANT" | "REVOKE" | "DENY" => privilege(verb, phrase),
        "EXEC" | "EXECUTE" => execute(phrase),
        _ if NAMED.contains(&verb) => Some(named(verb, phrase)),
        _ => None,
    }
}

fn transaction(verb: &str, phrase: Phrase<'_>) -> Reading {
    let mut statement = blank(verb, phrase);
    statement.object = "TRANSACTION".to_owned();
    if verb == "ROLLBACK"
        && let Some(to) = phrase.find(1, &["TO"])
    {
        statement.object = "SAVEPOINT".to_owned();
        statement.name = phrase.name(to + 1).map(|(name, _)| name).unwrap_or_default();
    }
    let words = ["TRAN", "TRANSACTION", "WORK", "PREPARED", "SAVEPOINT", "TO"];
    let clean = phrase.len() == 1
        || phrase.is_any(1, &words)
        || phrase.is_any(
            1,
            &[
                "ISOLATION",
                "READ",
                "IMMEDIATE",
                "DEFERRED",
                "EXCLUSIVE",
                "DEFERRABLE",
                "NOT",
                "AND",
                "CONCURRENT",
            ],
        )
        || matches!(verb, "SAVEPOINT" | "RELEASE") && phrase.len() <= 3;
    Reading { statement, prose: !clean }
}

/// `SET name = value`, also several; each is an action.
fn set(phrase: Phrase<'_>, place: Placing<'_>) -> Option<Reading> {
    let mut statement = blank("SET", phrase);
    let scopes = ["LOCAL", "SESSION", "GLOBAL", "PERSIST", "PERSIST_ONLY"];
    let mut at = 1;
    while phrase.is_any(at, &scopes) {
        at += 1;
    }
    statement.object = "VARIABLE".to_owned();
    if phrase.is(at, "TRANSACTION") || phrase.is(at, "CHARACTERISTICS") {
        statement.object = "TRANSACTION".to_owned();
        return Some(Reading { statement, prose: false });
    }
    let mut assigns = false;
    for part in phrase.from(at).list() {
        let start = (0..part.len()).find(|at| !part.is_any(*at, &scopes))?;
        let Some((name, next)) = part.name(start) else { continue };
        assigns |= matches!(part.source(next), "=" | ":=") || part.is_any(next, &["TO", "ON", "OFF"]);
        let name = name.trim_start_matches("@@").to_owned();
        let name = scopes
            .iter()
            .find_map(|scope| name.strip_prefix(&format!("{}.", scope.to_lowercase())))
            .unwrap_or(&name);
        statement.names.push(name.to_owned());
        statement.actions.push(Action {
            verb: "SET".to_owned(),
            name: name.to_owned(),
            text: part.from(start).normal(),
            locus: place(part),
        });
    }
    statement.name = statement.names.first()?.clone();
    Some(Reading { statement, prose: !assigns })
}

fn pragma(phrase: Phrase<'_>) -> Option<Reading> {
    let (name, next) = phrase.name(1)?;
    let mut statement = blank("PRAGMA", phrase);
    statement.object = "VARIABLE".to_owned();
    statement.names = vec![name.clone()];
    statement.name = name;
    let prose = !(phrase.source(next) == "=" || phrase.kind(next) == Some(Kind::Open) || next >= phrase.len());
    Some(Reading { statement, prose })
}

/// `GRANT privileges ON object TO roles`, or `GRANT role TO roles`.
fn privilege(verb: &str, phrase: Phrase<'_>) -> Option<Reading> {
    let mut statement = blank(verb, phrase);
    let to = phrase.find(1, if verb == "REVOKE" { &["FROM"] } else { &["TO"] })?;
    match phrase.find(1, &["ON"]).filter(|on| *on < to) {
        Some(on) => {
            let object = phrase.part(on + 1, to);
            let kinds = ["TABLE", "SEQUENCE", "DATABASE", "SCHEMA", "FUNCTION", "PROCEDURE", "TYPE", "ROUTINE"];
            statement.object = if object.is(0, "ALL") {
                format!("ALL {}", object.word(1).to_ascii_uppercase())
            } else if object.is_any(0, &kinds) && object.len() > 1 {
                object.word(0).to_ascii_uppercase()
            } else {
                "TABLE".to_owned()
            };
            let start = usize::from(object.is_any(0, &kinds) && object.len() > 1);
            statement.name = if statement.object.starts_with("ALL ") {
                object.normal().to_lowercase()
            } else {
                match object.name(start) {
                    Some((name, next)) if next == object.len() || object.kind(next) == Some(Kind::Comma) => {
                        name
                    }
                    _ => object.from(start).normal().to_lowercase(),
                }
            };
        }
        None => {
            statement.object = "ROLE".to_owned();
            statement.name = phrase.name(1)?.0;
        }
    }
    statement.names = vec![statement.name.clone()];
    // A sentence has no object, or small words in it.
    let prose = statement.object == "ROLE";
    Some(Reading { statement, prose })
}

fn execute(phrase: Phrase<'_>) -> Option<Reading> {
    let at = 1 + usize::from(phrase.is_any(1, &["IMMEDIATE", "FUNCTION", "PROCEDURE"]));
    let mut statement = blank("EXEC", phrase);
    statement.object = "PROCEDURE".to_owned();
    let named = matches!(phrase.kind(at), Some(Kind::Word | Kind::Name | Kind::Bind));
    statement.name = phrase.name(at).filter(|_| named).map(|(name, _)| name).unwrap_or_default();
    statement.names = vec![statement.name.clone()];
    Some(Reading { statement, prose: true })
}

fn named(verb: &str, phrase: Phrase<'_>) -> Reading {
    let mut statement: Statement = blank(verb, phrase);
    let mut at = 1;
    let mut kinds: Vec<String> = Vec::new();
    if phrase.kind(at) == Some(Kind::Open) && matches!(verb, "VACUUM" | "REINDEX" | "ANALYZE") {
        if phrase.group(at).mentions(&["FULL"]) {
            statement.options.insert("FULL".to_owned());
        }
        at = phrase.after_group(at);
    }
    while phrase.is_any(at, &KINDS) && at + 1 < phrase.len() {
        kinds.push(phrase.word(at).to_ascii_uppercase());
        at += 1;
    }
    for kind in &kinds {
        if matches!(kind.as_str(), "FULL" | "CONCURRENTLY") {
            statement.options.insert(kind.clone());
        }
    }
    kinds.retain(|kind| {
        !matches!(kind.as_str(), "FULL" | "CONCURRENTLY" | "ON" | "ONLY" | "INTO" | "VERBOSE" | "BY")
    });
    statement.object = kinds.join(" ");
    if phrase.kind(at) == Some(Kind::Text) {
        statement.name = unquoted(phrase.source(at));
    } else {
        statement.name = phrase.name(at).map(|(name, _)| name).unwrap_or_default();
    }
    statement.names = vec![statement.name.clone()];
    Reading { statement, prose: true }
}
