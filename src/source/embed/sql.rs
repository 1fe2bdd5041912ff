//! Whether a text is SQL: by where it stands, or by its own words alone.

use crate::source::HOLE;

/// First words of statements.
const VERBS: [&str; 43] = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "CREATE", "TRUNCATE", "GRANT", "REVOKE", "MERGE",
    "REPLACE", "WITH", "BEGIN", "COMMIT", "ROLLBACK", "SET", "LOCK", "VACUUM", "CALL", "EXEC", "EXECUTE", "DO",
    "COMMENT", "EXPLAIN", "REINDEX", "CLUSTER", "ANALYZE", "COPY", "DISABLE", "ENABLE", "RENAME", "PURGE",
    "FLUSH", "USE", "DECLARE", "START", "IF", "REFRESH", "UPSERT", "ATTACH", "OPTIMIZE", "PRAGMA",
];

/// What `DROP`, `ALTER` and `CREATE` work on.
const OBJECTS: [&str; 30] = [
    "TABLE",
    "DATABASE",
    "SCHEMA",
    "INDEX",
    "VIEW",
    "FUNCTION",
    "PROCEDURE",
    "TRIGGER",
    "ROLE",
    "USER",
    "POLICY",
    "TYPE",
    "SEQUENCE",
    "EXTENSION",
    "MATERIALIZED",
    "UNIQUE",
    "TEMPORARY",
    "TEMP",
    "COLUMN",
    "CONSTRAINT",
    "PUBLICATION",
    "SUBSCRIPTION",
    "TABLESPACE",
    "KEYSPACE",
    "OWNED",
    "OR",
    "SERVER",
    "DOMAIN",
    "FOREIGN",
    "UNLOGGED",
];

/// Words that may follow a table name.
const AFTER_NAME: [&str; 28] = [
    "WHERE",
    "SET",
    "USING",
    "AS",
    "ORDER",
    "LIMIT",
    "RETURNING",
    "JOIN",
    "INNER",
    "LEFT",
    "RIGHT",
    "FULL",
    "CROSS",
    "ON",
    "VALUES",
    "SELECT",
    "CASCADE",
    "RESTRICT",
    "DEFAULT",
    "PARTITION",
    "LIKE",
    "ADD",
    "DROP",
    "ALTER",
    "RENAME",
    "MODIFY",
    "CHANGE",
    "ENABLE",
];

/// Articles and their kin: prose, never a table.
const PROSE: [&str; 17] = [
    "THE", "AN", "YOUR", "THIS", "THAT", "ALL", "THESE", "THOSE", "ANY", "EACH", "OUR", "MY", "ITS", "HIS",
    "EVERY", "SOME", "EXISTING",
];

/// Whether a text begins as a statement does; enough where it is given to a function that takes SQL.
pub(super) fn begins(text: &str) -> bool {
    let words = Words::read(text);
    words.upper(0).is_some_and(|word| VERBS.contains(&word)) && words.is_more_than(1)
}

/// As [`begins`], for functions that take other texts too: the verb must be written as one.
pub(super) fn begins_loudly(text: &str) -> bool {
    begins(text) && Words::read(text).first_is_upper()
}

/// As [`is_statement_here`], for functions that take nothing but statements of a database: there `truncate orders` is
/// one, which elsewhere is a remark.
pub(super) fn truncates(text: &str) -> bool {
    let words = Words::read(text);
    words.upper(0) == Some("TRUNCATE") && !words.first_is_capitalised() && words.names_at(1)
}

/// Whether a text is a statement by its own words: the verb, its second keyword, and a name that is followed by what
/// may follow a name. Prose such as "Delete from the list" is none.
pub(super) fn is_statement(text: &str) -> bool {
    reads_as_statement(Words::read(text))
}

/// As [`is_statement`], where the text is given to a function that often takes SQL: what follows the name does not
/// matter.
pub(super) fn is_statement_here(text: &str) -> bool {
    reads_as_statement(Words { trusted: true, ..Words::read(text) })
}

fn reads_as_statement(mut words: Words<'_>) -> bool {
    // Prose begins with a capital and goes on in small letters.
    if words.first_is_capitalised() {
        return false;
    }
    if words.upper(0) == Some("EXPLAIN") {
        words.skip(1);
    }
    if words.upper(0) == Some("WITH") {
        return words.upper(2) == Some("AS") || words.upper(1) == Some("RECURSIVE");
    }
    let Some(verb) = words.upper(0) else { return false };
    match verb {
        "DELETE" => {
            let from = if words.upper(1) == Some("FROM") { 1 } else { 2 };
            words.upper(from) == Some("FROM") && words.names_at(from + 1)
        }
        "UPDATE" => {
            let from = if words.upper(1) == Some("ONLY") { 2 } else { 1 };
            let set = (from + 1..from + 4).find(|index| words.upper(*index) == Some("SET"));
            words.is_name(from)
                && set.is_some_and(|set| {
                    words.is_name(set + 1)
                        && (words.token(set + 2).is_some_and(|token| matches!(token, "=" | "(" | ","))
                            || words.token(set + 2) == Some(".")
                            || words.token(set + 2).is_none() && words.token(set + 1) == Some(HOLE))
                })
        }
        "INSERT" | "REPLACE" | "MERGE" | "UPSERT" => words.upper(1) == Some("INTO") && words.names_at(2),
        "TRUNCATE" => {
            (words.upper(1) == Some("TABLE") && words.is_name(2))
                || (words.first_is_upper() && words.names_at(1))
        }
        "DROP" | "CREATE" | "ALTER" => {
            words.upper(1).is_some_and(|word| OBJECTS.contains(&word))
                && words.is_more_than(2)
                && !words.upper(2).is_some_and(|word| PROSE.contains(&word))
                && words.object_goes_on(verb)
        }
        "GRANT" | "REVOKE" => {
            let link = if verb == "GRANT" { "TO" } else { "FROM" };
            (1..words.len()).any(|index| words.upper(index) == Some(link)) && words.first_is_upper()
        }
        "SELECT" => words.first_is_upper() && (1..words.len()).any(|index| words.upper(index) == Some("FROM")),
        "RENAME" | "LOCK" => words.upper(1) == Some("TABLE") || words.upper(1) == Some("TABLES"),
        "VACUUM" => words.upper(1) == Some("FULL") && words.first_is_upper(),
        "PRAGMA" => words.is_name(1) && matches!(words.token(2), Some("=" | "(")),
        _ => false,
    }
}

/// Whether a variable is called as one that holds SQL.
pub(super) fn is_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["sql", "query", "stmt", "ddl", "statement"].iter().any(|part| lower.contains(part))
}

/// Whether a variable is added to later in the same text, so that what it holds now is not all of it.
pub(super) fn grows(text: &str, name: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
            return false;
        }
        let rest = text[at + name.len()..].trim_start_matches([' ', '\t']);
        let grows_by_itself = rest.strip_prefix('=').is_some_and(|value| {
            let value = value.trim_start_matches([' ', '\t', '(', '"', '$', '{']);
            value.strip_prefix(name).is_some_and(|after| {
                after.trim_start_matches(['}', ' ', '\t']).starts_with(['+', '.'])
                    || text[at..].starts_with(&format!("{name}=\"$"))
            })
        });
        let is_continued = (rest.starts_with('+') && !rest.starts_with("++")) || rest.starts_with("} ");
        is_continued
            || [".push_str(", ".push(", ".append(", ".concat(", ".WriteString(", ".add_where", "..="]
                .iter()
                .any(|growth| rest.starts_with(growth))
            || grows_by_itself
    })
}

/// The first tokens of a text: words (with dots and quotes), punctuation one by one; comments left out.
struct Words<'a> {
    tokens: Vec<&'a str>,
    upper: Vec<String>,
    /// What follows a name needs no proof.
    trusted: bool,
}

/// Tokens that are read; the deciding words stand early.
const MOST_TOKENS: usize = 48;

impl<'a> Words<'a> {
    fn read(text: &'a str) -> Self {
        let mut tokens = Vec::new();
        let mut rest = text;
        while tokens.len() < MOST_TOKENS {
            rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
            if let Some(after) = rest.strip_prefix("--") {
                rest = after.split_once('\n').map_or("", |(_, rest)| rest);
                continue;
            }
            if let Some(after) = rest.strip_prefix("/*") {
                rest = after.split_once("*/").map_or("", |(_, rest)| rest);
                continue;
            }
            let Some(first) = rest.chars().next() else { break };
            let length = match first {
                '"' | '`' | '\'' => rest[1..].find(first).map_or(rest.len(), |found| found + 2),
                '[' => rest.find(']').map_or(1, |found| found + 1),
                _ if is_word(first) => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
                _ => first.len_utf8(),
            };
            // A bracket around a whole statement says nothing.
            if !(tokens.is_empty() && first == '(') {
                tokens.push(&rest[..length]);
            }
            rest = &rest[length..];
        }
        let upper = tokens.iter().map(|token| token.to_ascii_uppercase()).collect();
        Self { tokens, upper, trusted: false }
    }

    fn skip(&mut self, count: usize) {
        self.tokens.drain(..count.min(self.tokens.len()));
        self.upper.drain(..count.min(self.upper.len()));
    }

    fn len(&self) -> usize {
        self.tokens.len()
    }

    fn token(&self, index: usize) -> Option<&'a str> {
        self.tokens.get(index).copied()
    }

    fn upper(&self, index: usize) -> Option<&str> {
        self.upper.get(index).map(String::as_str)
    }

    fn is_more_than(&self, count: usize) -> bool {
        self.tokens.len() > count
    }

    fn first_is_capitalised(&self) -> bool {
        let Some(first) = self.tokens.first() else { return false };
        let mut letters = first.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
    }

    fn first_is_upper(&self) -> bool {
        self.tokens.first().is_some_and(|first| first.chars().all(|letter| letter.is_ascii_uppercase()))
    }

    /// Whether a token can name a table.
    fn is_name(&self, index: usize) -> bool {
        self.token(index).is_some_and(|token| {
            token.starts_with(|letter: char| {
                letter.is_alphabetic() || matches!(letter, '_' | '"' | '`' | '[' | '{' | '$' | '%' | '#' | '@')
            })
        }) && !self.upper(index).is_some_and(|word| PROSE.contains(&word) || matches!(word, "WHERE" | "SET"))
    }

    /// Whether a name stands at a token, followed by what may follow one, with or without an alias between.
    fn names_at(&self, index: usize) -> bool {
        let index = if matches!(self.upper(index), Some("ONLY" | "IGNORE")) { index + 1 } else { index };
        if !self.is_name(index) {
            return false;
        }
        let may_follow = |index: usize| match self.upper(index) {
            None => true,
            Some(word) => AFTER_NAME.contains(&word) || !word.starts_with(char::is_alphanumeric),
        };
        self.trusted
            || may_follow(index + 1)
            || self.token(index + 1) == Some(HOLE)
            || self
                .upper(index + 2)
                .is_some_and(|word| AFTER_NAME.contains(&word) && word != "ON" && word != "AS")
    }

    /// "drop database connection": nothing but small letters, and the object is one that people speak of.
    fn is_remark(&self, name: usize) -> bool {
        let is_prose = |token: &&str| token.chars().all(|letter| letter.is_ascii_lowercase());
        name == 2 && self.upper(1) != Some("TABLE") && self.tokens.iter().take(3).all(is_prose)
    }

    /// Whether what follows `DROP TABLE name` and its kin is SQL.
    fn object_goes_on(&self, verb: &str) -> bool {
        let mut index = 2;
        while matches!(
            self.upper(index),
            Some(
                "IF" | "EXISTS"
                    | "NOT"
                    | "TABLE"
                    | "VIEW"
                    | "INDEX"
                    | "CONCURRENTLY"
                    | "REPLACE"
                    | "ONLY"
                    | "BY"
                    | "FUNCTION"
                    | "TRIGGER"
                    | "PROCEDURE"
            )
        ) {
            index += 1;
        }
        if !self.is_name(index) {
            return false;
        }
        if self.trusted {
            return true;
        }
        let next = self.upper(index + 1);
        match verb {
            "DROP" => {
                (next.is_some() || !self.is_remark(index))
                    && next.is_none_or(|word| {
                        matches!(word, "CASCADE" | "RESTRICT" | "ON" | "PURGE" | "FORCE" | "WITH")
                            || !word.starts_with(char::is_alphanumeric)
                    })
            }
            "ALTER" => next.is_some_and(|word| {
                matches!(
                    word,
                    "ADD"
                        | "DROP"
                        | "ALTER"
                        | "RENAME"
                        | "MODIFY"
                        | "CHANGE"
                        | "SET"
                        | "OWNER"
                        | "ENABLE"
                        | "DISABLE"
                        | "FORCE"
                        | "NO"
                        | "VALIDATE"
                        | "ATTACH"
                        | "DETACH"
                        | "RESET"
                        | "CONVERT"
                        | "ENGINE"
                        | "DEFAULT"
                        | "ON"
                        | "WITH"
                        | "IN"
                        | "SWITCH"
                        | "REBUILD"
                        | "AUTO_INCREMENT"
                        | "CLUSTER"
                        | "INHERIT"
                        | "REPLICA"
                        | "TRUNCATE"
                        | "IDENTIFIED"
                        | "PASSWORD"
                ) || !word.starts_with(char::is_alphanumeric)
                    || word == HOLE.to_ascii_uppercase()
            }),
            _ => next.is_none_or(|word| {
                matches!(
                    word,
                    "AS" | "LIKE"
                        | "ON"
                        | "USING"
                        | "WITH"
                        | "FOR"
                        | "IN"
                        | "CHARACTER"
                        | "DEFAULT"
                        | "BEFORE"
                        | "AFTER"
                        | "OWNER"
                        | "PARTITION"
                        | "LOGIN"
                        | "PASSWORD"
                        | "IDENTIFIED"
                        | "AUTHORIZATION"
                ) || !word.starts_with(char::is_alphanumeric)
            }),
        }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '.' | '$' | '%' | '{' | '}' | '#' | '@' | ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_known_by_their_words() {
        for text in [
            "DELETE FROM orders",
            "delete from orders o where o.id = 1",
            "delete from __hole__",
            "DELETE FROM orders __hole__",
            "  -- clean\n DELETE FROM \"Orders\" USING x",
            "UPDATE users SET admin = true",
            "UPDATE users u SET u.admin = true",
            "update %s set x = 1",
            "DROP TABLE IF EXISTS a, b CASCADE",
            "drop table orders",
            "drop index orders_by_day",
            "drop view if exists totals",
            "DROP DATABASE {}",
            "TRUNCATE orders",
            "truncate table orders",
            "ALTER TABLE a ADD COLUMN b int",
            "CREATE TABLE a (b int)",
            "INSERT INTO a (b) VALUES (1)",
            "GRANT ALL ON a TO b",
            "WITH x AS (SELECT 1) DELETE FROM a",
            "SELECT * FROM a FOR UPDATE",
            "PRAGMA foreign_keys = OFF",
            "pragma synchronous=off",
        ] {
            assert!(is_statement(text), "{text}");
        }
    }

    #[test]
    fn prose_is_no_statement() {
        for text in [
            "Delete from the list",
            "delete from the list",
            "Delete from cart",
            "update set of rules",
            "Update the settings",
            "update users in set order",
            "drop table reservations for two",
            "Drop database connection",
            "drop database connection",
            "drop index cards",
            "create table for two",
            "truncate text",
            "select an item from the list",
            "alter table height",
            "grant access to admin",
            "delete",
            "",
            "DELETE",
            "DELETE FROM",
            "remove rows",
            "pragma once",
        ] {
            assert!(!is_statement(text), "{text}");
        }
    }

    #[test]
    fn texts_that_are_added_to_are_known() {
        assert!(grows("sql = 'a'\nsql += ' WHERE x'", "sql"));
        assert!(grows("sql = sql + x", "sql"));
        assert!(grows("sql = 'a'\ntxn.execute(sql + clause, args)", "sql"));
        assert!(grows("sql = 'a'\nrun(f\"{sql} WHERE {x}\")", "sql"));
        assert!(!grows("SQL='a'\npsql -c \"${SQL}\"", "SQL"));
        assert!(grows("q.push_str(\" WHERE\")", "q"));
        assert!(!grows("mysql += 1; sql = other + x", "sql"));
    }
}
