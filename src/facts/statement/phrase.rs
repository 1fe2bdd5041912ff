//! A run of tokens and how to read it: words, names, normal form.

use std::fmt::Write;

use super::token::{Kind, Token, tokenize};
use crate::source::HOLE;

/// A statement, or a part of one.
#[derive(Clone, Copy)]
pub(super) struct Phrase<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
}

impl<'a> Phrase<'a> {
    pub(super) fn len(self) -> usize {
        self.tokens.len()
    }

    pub(super) fn kind(self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The source text of a token; empty past the end.
    pub(super) fn source(self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| source(self.text, token))
    }

    /// The text of a bare word, otherwise nothing.
    pub(super) fn word(self, at: usize) -> &'a str {
        if self.kind(at) == Some(Kind::Word) { self.source(at) } else { "" }
    }

    pub(super) fn is(self, at: usize, word: &str) -> bool {
        self.word(at).eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any(self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    /// The words stand there in this order.
    pub(super) fn reads(self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(step, word)| self.is(at + step, word))
    }

    pub(super) fn part(self, from: usize, to: usize) -> Self {
        let to = to.min(self.len());
        Self { text: self.text, tokens: &self.tokens[from.min(to)..to] }
    }

    pub(super) fn from(self, from: usize) -> Self {
        self.part(from, self.len())
    }

    /// The depth of its first token, on which its clauses stand.
    pub(super) fn depth(self) -> u16 {
        self.tokens.first().map_or(0, |token| token.depth)
    }

    pub(super) fn is_top(self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.depth <= self.depth())
    }

    /// The first of the words from a place on, outside parentheses.
    pub(super) fn find(self, from: usize, words: &[&str]) -> Option<usize> {
        (from..self.len()).find(|at| self.is_top(*at) && self.is_any(*at, words))
    }

    /// Anywhere, also inside parentheses: these words in this order.
    pub(super) fn mentions(self, words: &[&str]) -> bool {
        (0..self.len()).any(|at| self.reads(at, words))
    }

    /// The place after the parenthesis that opens at `at`; the end if it never closes.
    pub(super) fn after_group(self, at: usize) -> usize {
        let Some(open) = self.tokens.get(at).filter(|token| token.kind == Kind::Open) else { return at };
        let close = self.tokens[at + 1..]
            .iter()
            .position(|token| token.kind == Kind::Close && token.depth <= open.depth)
            .map(|step| at + 1 + step);
        close.map_or(self.len(), |close| close + 1)
    }

    /// What stands inside the parenthesis that opens at `at`.
    pub(super) fn group(self, at: usize) -> Self {
        let end = self.after_group(at);
        let closed = end > at + 1 && self.kind(end - 1) == Some(Kind::Close);
        self.part(at + 1, if closed { end - 1 } else { end })
    }

    /// Parts between commas outside parentheses.
    pub(super) fn list(self) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut start = 0;
        for at in 0..self.len() {
            if self.kind(at) == Some(Kind::Comma) && self.is_top(at) {
                parts.push(self.part(start, at));
                start = at + 1;
            }
        }
        parts.push(self.from(start));
        parts
    }

    /// A possibly qualified name and the place after it.
    pub(super) fn name(self, at: usize) -> Option<(String, usize)> {
        let mut name = String::new();
        let mut next = at;
        loop {
            let token = self.tokens.get(next)?;
            match token.kind {
                Kind::Word => name.push_str(&self.source(next).to_lowercase()),
                Kind::Name => name.push_str(&unquoted(self.source(next)).to_lowercase()),
                Kind::Text => name.push_str(&unquoted(self.source(next))),
                Kind::Hole => name.push_str(HOLE),
                Kind::Bind if self.source(next).starts_with('@') => name.push_str(self.source(next)),
                Kind::Bind => name.push_str(HOLE),
                _ => return None,
            }
            next += 1;
            // `{schema}_orders` is one name.
            while self.is_glued(next) {
                match self.tokens[next].kind {
                    Kind::Hole | Kind::Bind => name.push_str(HOLE),
                    _ => name.push_str(&self.source(next).to_lowercase()),
                }
                next += 1;
            }
            if self.kind(next) != Some(Kind::Dot) {
                return Some((name, next));
            }
            while self.kind(next) == Some(Kind::Dot) {
                name.push('.');
                next += 1;
            }
            if !matches!(self.kind(next), Some(Kind::Word | Kind::Name | Kind::Hole | Kind::Bind)) {
                return Some((name.trim_end_matches('.').to_owned(), next));
            }
        }
    }

    /// Nothing stands between a token and the one before, and one of them is a hole.
    fn is_glued(self, at: usize) -> bool {
        let (Some(before), Some(token)) = (self.tokens.get(at.wrapping_sub(1)), self.tokens.get(at)) else {
            return false;
        };
        token.start == before.end
            && matches!(token.kind, Kind::Word | Kind::Hole | Kind::Bind | Kind::Number)
            && (token.kind == Kind::Hole || before.kind == Kind::Hole)
    }

    /// The normal form: one blank between tokens, none inside parentheses, around `.` and `::`, before `,` and
    /// before the parenthesis of a call; keywords in upper case, other bare words in lower case, names unquoted
    /// where they need no quotes.
    pub(super) fn normal(self) -> String {
        self.normal_within(0)
    }

    /// `nested` counts the dollar quotes around it; those inside the second are not taken apart.
    fn normal_within(self, nested: u8) -> String {
        let mut text = String::with_capacity(self.tokens.len() * 6);
        let mut before: Option<(&Token, bool)> = None;
        for token in self.tokens {
            let source = source(self.text, token);
            let upper = (token.kind == Kind::Word).then(|| keyword(source)).flatten();
            let tight = match before {
                None => true,
                Some((last, last_is_keyword)) => {
                    matches!(token.kind, Kind::Dot | Kind::Comma | Kind::Close)
                        || matches!(last.kind, Kind::Dot | Kind::Open)
                        || source == "::"
                        || self.text.get(last.start as usize..last.end as usize) == Some("::")
                        || (token.kind == Kind::Open
                            && matches!(last.kind, Kind::Word | Kind::Name | Kind::Hole)
                            && !last_is_keyword)
                        || (last.end == token.start
                            && (last.kind == Kind::Hole || token.kind == Kind::Hole)
                            && is_nameable(last.kind)
                            && is_nameable(token.kind))
                }
            };
            if !tight {
                text.push(' ');
            }
            match (token.kind, upper) {
                (Kind::Word, Some(keyword)) => text.push_str(keyword),
                (Kind::Word, None) => text.push_str(&source.to_lowercase()),
                (Kind::Name, _) => push_name(&mut text, source),
                (Kind::Hole, _) => text.push_str(HOLE),
                (Kind::Text, _) => text.push_str(&source.replace("\r\n", "\n")),
                (Kind::Dollar, _) => {
                    let tag = source[1..].find('$').map_or(1, |end| end + 2);
                    let inner = source.get(tag..source.len().saturating_sub(tag)).unwrap_or("");
                    if nested > 1 {
                        text.push_str(inner);
                        continue;
                    }
                    let tokens = tokenize(inner, None).list;
                    let inner = Phrase { text: inner, tokens: &tokens }.normal_within(nested + 1);
                    let _ = write!(text, "$$ {inner} $$");
                }
                _ if source == "!=" => text.push_str("<>"),
                _ => text.push_str(source),
            }
            before = Some((token, upper.is_some()));
        }
        text
    }
}

fn is_nameable(kind: Kind) -> bool {
    matches!(kind, Kind::Word | Kind::Hole | Kind::Number)
}

fn source<'a>(text: &'a str, token: &Token) -> &'a str {
    text.get(token.start as usize..token.end as usize).unwrap_or("")
}

/// A quoted name without its quotes; a quoted text without its quotes and prefix.
pub(super) fn unquoted(source: &str) -> String {
    let start = source.find(['"', '`', '[', '\'']).map_or(0, |start| start + 1);
    let end = source.len().saturating_sub(1).max(start);
    let inner = source.get(start..end).unwrap_or("");
    inner.replace("''", "'").replace("\"\"", "\"").replace("``", "`")
}

fn push_name(text: &mut String, source: &str) {
    let name = unquoted(source);
    let plain = name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '$');
    if plain {
        text.push_str(&name.to_lowercase());
    } else {
        text.push('"');
        text.push_str(&name);
        text.push('"');
    }
}

/// The keyword in upper case that a bare word is.
pub(super) fn keyword(word: &str) -> Option<&'static str> {
    const LONGEST: usize = 12;
    if word.len() > LONGEST {
        return None;
    }
    let mut upper = [0u8; LONGEST];
    upper[..word.len()].copy_from_slice(word.as_bytes());
    upper.make_ascii_uppercase();
    let upper = &upper[..word.len()];
    KEYWORDS.binary_search_by(|known| known.as_bytes().cmp(upper)).ok().map(|at| KEYWORDS[at])
}

/// Words that structure statements; sorted.
#[rustfmt::skip]
const KEYWORDS: [&str; 232] = [
    "ACTION", "ADD", "AFTER", "ALGORITHM", "ALL", "ALTER", "ALWAYS", "ANALYZE", "AND", "ANY", "AS", "ASC",
    "ATOMIC", "ATTACH", "BEFORE", "BEGIN", "BETWEEN", "BY", "BYPASSRLS", "CALL", "CASCADE", "CASE", "CHANGE",
    "CHECK", "CLUSTER", "COLLATE", "COLUMN", "COLUMNS", "COMMENT", "COMMIT", "COMMITTED", "CONCURRENTLY",
    "CONFLICT", "CONSTRAINT", "CONSTRAINTS", "COPY", "CREATE", "CREATEDB", "CREATEROLE", "CROSS", "CURRENT",
    "CURSOR", "DATABASE", "DECLARE", "DEFAULT", "DEFERRABLE", "DEFERRED", "DEFINER", "DELETE", "DENY", "DESC",
    "DETACH", "DISABLE", "DISTINCT", "DO", "DOMAIN", "DROP", "DUPLICATE", "EACH", "ELSE", "ELSIF", "ENABLE",
    "END", "ENGINE", "EVENT", "EXCEPT", "EXCEPTION", "EXCLUDE", "EXCLUSIVE", "EXEC", "EXECUTE", "EXISTS",
    "EXPLAIN", "EXTENSION", "FALSE", "FETCH", "FIRST", "FOR", "FORCE", "FOREIGN", "FROM", "FULL", "FUNCTION",
    "GENERATED", "GLOBAL", "GRANT", "GROUP", "HAVING", "IDENTITY", "IF", "IGNORE", "ILIKE", "IN", "INDEX",
    "INHERIT", "INNER", "INSERT", "INSTEAD", "INTERSECT", "INTO", "INVOKER", "IS", "ISOLATION", "JOIN", "KEY",
    "KEYS", "LEFT", "LEVEL", "LIKE", "LIMIT", "LOCAL", "LOCK", "LOCKED", "LOGIN", "LOOP", "MATCHED",
    "MATERIALIZED", "MERGE", "MODIFY", "NATURAL", "NO", "NOBYPASSRLS", "NOCHECK", "NOCREATEDB", "NOLOCK",
    "NOSUPERUSER", "NOT", "NOTHING", "NOWAIT", "NULL", "NULLS", "OF", "OFF", "OFFSET", "ON", "ONLINE", "ONLY",
    "OPTION", "OR", "ORDER", "OUTER", "OUTPUT", "OVER", "OVERRIDING", "OVERWRITE", "OWNED", "OWNER",
    "PARTITION", "PERFORM", "POLICY", "PRAGMA", "PREPARE", "PRIMARY", "PRIVILEGES", "PROCEDURE", "PUBLIC",
    "PUBLICATION", "PURGE", "READ", "RECURSIVE", "REFERENCES", "REFRESH", "REINDEX", "RELEASE", "RENAME",
    "REPEATABLE", "REPLACE", "REPLICATION", "RESET", "RESTART", "RESTRICT", "RETURN", "RETURNING", "RETURNS",
    "REVOKE", "RIGHT", "ROLE", "ROLLBACK", "ROW", "ROWS", "RULE", "SAVEPOINT", "SCHEMA", "SECURITY", "SELECT",
    "SEQUENCE", "SERIALIZABLE", "SESSION", "SET", "SHARE", "SKIP", "SNAPSHOT", "SOURCE", "START",
    "STATISTICS", "STORED", "SUBSCRIPTION", "SUPERUSER", "SYSTEM", "TABLE", "TABLES", "TABLESPACE", "TEMP",
    "TEMPORARY", "THEN", "TO", "TOP", "TRANSACTION", "TRIGGER", "TRUE", "TRUNCATE", "TYPE", "UNCOMMITTED",
    "UNION", "UNIQUE", "UNLOCK", "UNLOGGED", "UPDATE", "USER", "USING", "VACUUM", "VALID", "VALIDATE",
    "VALUES", "VIEW", "WHEN", "WHERE", "WHILE", "WINDOW", "WITH", "WITHOUT", "WORK",
];
