//! The way through a script, into bodies of procedures and texts that are executed.

use super::dialect::guess;
use super::phrase::{Phrase, keyword};
use super::read::{Reading, read};
use super::script::{Script, Ways, is_dump, is_unrestricted};
use super::split::split;
use super::token::{Kind, tokenize};
use crate::facts::{Body, Dialect, Fact, Statement};
use crate::source::{Document, HOLE, OffsetMap};

/// Texts inside texts are entered down to this depth.
const DEEPEST: u8 = 3;

/// Holders of embedded SQL that are no reason to believe that a text is SQL.
const PLAIN_HOLDERS: [&str; 5] = ["", "string", "template", "text", "literal"];

pub(super) struct Walk<'a> {
    document: &'a Document,
    dialect: Option<Dialect>,
    script: Script,
    dump: bool,
    /// Sentences are to be told from statements.
    doubts: Doubts,
    pub facts: Vec<Fact>,
}

/// How sure it is that a text is SQL at all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubts {
    /// A file of SQL.
    None,
    /// The argument of something that executes SQL.
    Sink,
    /// Any string.
    Prose,
}

/// A text on the way: where its bytes stand in the document.
struct Text<'t> {
    text: &'t str,
    map: OffsetMap,
    in_body: bool,
    scope: Vec<String>,
    depth: u8,
}

impl<'a> Walk<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        let through = document.embedding.as_ref().map_or("", |embedding| embedding.through.as_str());
        let doubts = match &document.embedding {
            None => Doubts::None,
            Some(_) if PLAIN_HOLDERS.contains(&through) => Doubts::Prose,
            Some(_) => Doubts::Sink,
        };
        Self {
            document,
            dialect: guess(&document.text, &document.path, through),
            script: Script::default(),
            dump: document.embedding.is_none() && is_dump(&document.text),
            doubts,
            facts: Vec::new(),
        }
    }

    pub(super) fn whole(&mut self) {
        let document = self.document;
        self.enter(&Text {
            text: &document.text,
            map: OffsetMap { pieces: vec![(0, 0, true)] },
            in_body: false,
            scope: Vec::new(),
            depth: 0,
        });
    }

    fn enter(&mut self, text: &Text<'_>) {
        let tokens = tokenize(text.text, self.dialect);
        let outer = self.document.embedding.as_ref().map_or(&[][..], |embedding| &embedding.scope);
        let ways = Ways::new(&self.document.path, outer, &tokens.marks);
        for piece in split(text.text, &tokens.list, self.dialect, text.in_body) {
            let phrase = Phrase { text: text.text, tokens: &tokens.list[piece.tokens.clone()] };
            let mut scope = text.scope.clone();
            scope.extend(piece.scope.iter().cloned());
            let place = |part: Phrase<'_>| self.document.locus(span(part, &text.map), scope.clone());
            let readings = read(phrase, &place);
            let mut header = None;
            let document = self.document;
            for (part, reading) in readings {
                let Some(mut statement) = self.judge(part, reading) else { continue };
                self.script.take(&mut statement);
                let start = part.tokens.first().map_or(0, |token| token.start);
                statement.down = ways.is_down(start);
                statement.dialect = self.dialect;
                if tokens.broken {
                    statement.complete = false;
                }
                if self.dump {
                    statement.options.insert("DUMP".to_owned());
                }
                if statement.verb == "CREATE" {
                    header = Some(statement.name.clone());
                }
                let locus = document.locus(span(part, &text.map), scope.clone());
                self.facts.push(Fact { locus, body: Body::Statement(statement) });
            }
            if text.depth < DEEPEST {
                self.enter_quoted(phrase, text, header, &scope);
            }
        }
    }

    /// Lets through what is a statement. A string that only looks like one is a sentence.
    fn judge(&self, part: Phrase<'_>, reading: Reading) -> Option<Statement> {
        let Reading { mut statement, prose } = reading;
        match self.doubts {
            Doubts::None => {}
            Doubts::Sink => {
                if prose && !is_written_as_sql(part) {
                    return None;
                }
            }
            Doubts::Prose => {
                if prose || !statement.complete || !is_written_as_sql(part) {
                    return None;
                }
                // Nothing but its first two words says that it is SQL.
                let lower = part.word(0).starts_with(|first: char| first.is_ascii_lowercase());
                if lower && is_unrestricted(&statement) && statement.verb != "UPDATE" {
                    statement.complete = false;
                }
            }
        }
        Some(statement)
    }

    fn enter_quoted(&mut self, phrase: Phrase<'_>, outer: &Text<'_>, header: Option<String>, scope: &[String]) {
        let routine = phrase.is_any(0, &["CREATE", "DO", "ALTER"]);
        if routine {
            let language =
                (1..phrase.len()).find(|at| phrase.is(*at, "LANGUAGE")).and_then(|at| phrase.name(at + 1));
            let language = language.map_or("plpgsql".to_owned(), |(name, _)| name);
            if !matches!(language.as_str(), "plpgsql" | "sql" | "plsql") {
                return;
            }
            let body = (1..phrase.len()).find(|at| {
                let code = phrase.kind(*at) == Some(Kind::Dollar)
                    || phrase.kind(*at) == Some(Kind::Text) && phrase.is(*at - 1, "AS");
                code && phrase.is_top(*at)
            });
            let Some(body) = body else { return };
            let mut scope = scope.to_vec();
            scope.extend(header);
            self.enter_decoded(phrase, body, body + 1, outer, language == "plpgsql", scope);
            return;
        }
        let executes = phrase.is_any(0, &["EXEC", "EXECUTE", "PREPARE"]);
        let assigns = phrase.is_any(0, &["SET", "DECLARE"]) || phrase.source(1) == ":=";
        if !executes && !assigns {
            return;
        }
        let Some(first) = (1..phrase.len().min(10))
            .find(|at| matches!(phrase.kind(*at), Some(Kind::Text | Kind::Dollar)))
            .filter(|first| (1..*first).all(|at| !matches!(phrase.kind(at), Some(Kind::Comma | Kind::Number))))
        else {
            return;
        };
        let doubts = self.doubts;
        if assigns {
            self.doubts = Doubts::Prose;
        }
        let end = (first..phrase.len())
            .find(|at| {
                phrase.kind(*at) == Some(Kind::Comma) && phrase.tokens[*at].depth <= phrase.tokens[first].depth
                    || phrase.is_any(*at, &["USING", "INTO"])
            })
            .unwrap_or(phrase.len());
        self.enter_decoded(phrase, first, end, outer, false, scope.to_vec());
        self.doubts = doubts;
    }

    /// Enters the texts between two tokens as one, with a hole for what stands between them.
    fn enter_decoded(
        &mut self,
        phrase: Phrase<'_>,
        from: usize,
        to: usize,
        outer: &Text<'_>,
        in_body: bool,
        scope: Vec<String>,
    ) {
        let mut decoded = String::new();
        let mut map = OffsetMap::default();
        let mut open = false;
        for at in from..to {
            let Some(token) = phrase.tokens.get(at) else { break };
            let source = phrase.source(at);
            match token.kind {
                Kind::Dollar => {
                    let tag = source[1..].find('$').map_or(1, |end| end + 2);
                    let inner = source.get(tag..source.len().saturating_sub(tag)).unwrap_or("");
                    map.pieces.push((decoded.len(), outer.map.to_host(token.start as usize + tag), true));
                    decoded.push_str(inner);
                    open = false;
                }
                Kind::Text => {
                    let start = source.find('\'').map_or(0, |quote| quote + 1);
                    let mut inner = source.get(start..source.len().saturating_sub(1)).unwrap_or("");
                    let mut offset = token.start as usize + start;
                    while let Some(quote) = inner.find("''") {
                        map.pieces.push((decoded.len(), outer.map.to_host(offset), true));
                        decoded.push_str(&inner[..quote + 1]);
                        inner = &inner[quote + 2..];
                        offset += quote + 2;
                    }
                    map.pieces.push((decoded.len(), outer.map.to_host(offset), true));
                    decoded.push_str(inner);
                    open = false;
                }
                Kind::Close | Kind::Operator if !open && phrase.source(at) != "||" && source != "+" => {}
                _ if !open => {
                    map.pieces.push((decoded.len(), outer.map.to_host(token.start as usize), false));
                    if source != "||" && source != "+" {
                        decoded.push_str(HOLE);
                        open = true;
                    }
                }
                _ => {}
            }
        }
        self.enter(&Text { text: &decoded, map, in_body, scope, depth: outer.depth + 1 });
    }
}

/// The bytes of a part, in the document.
fn span(part: Phrase<'_>, map: &OffsetMap) -> std::ops::Range<usize> {
    let start = part.tokens.first().map_or(0, |token| token.start as usize);
    let end = part.tokens.last().map_or(start + 1, |token| token.end as usize);
    let first = map.to_host(start);
    first..map.to_host(end.max(start + 1) - 1).max(first) + 1
}

/// The verb and the keywords beside it are written in one case: sentences begin with one capital.
fn is_written_as_sql(part: Phrase<'_>) -> bool {
    let first = part.word(0);
    let upper = first.bytes().all(|byte| byte.is_ascii_uppercase());
    let lower = first.bytes().all(|byte| byte.is_ascii_lowercase());
    if !upper && !lower {
        return false;
    }
    // `DELETE from the archive`: the second keyword decides with the first.
    let second = part.word(1);
    !(upper && keyword(second).is_some() && second.bytes().all(|byte| byte.is_ascii_lowercase()))
        || second.is_empty()
}
