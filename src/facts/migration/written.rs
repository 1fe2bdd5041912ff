//! Operations in languages without a grammar here: Ruby, Elixir, PHP, C# and XML, read by their look.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use super::Operation;
use crate::source::{Document, HOLE};

/// Bytes within which the arguments of one operation end.
const LONGEST: usize = 4000;

/// Lines that one operation in Ruby or Elixir may go on over.
const MOST_LINES: usize = 20;

pub(super) fn operations(document: &Document) -> Vec<Operation> {
    let ending = document.path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "rb" | "exs" | "ex" => by_lines(document),
        "php" => by_calls(document, call_of_php(), method_of_php()),
        "cs" => by_calls(document, call_of_csharp(), method_of_csharp()),
        "xml" => by_tags(document),
        _ => Vec::new(),
    }
}

macro_rules! expression {
    ($name:ident, $pattern:expr) => {
        /// Compiled once; a test compiles it.
        fn $name() -> Option<&'static Regex> {
            static EXPRESSION: OnceLock<Option<Regex>> = OnceLock::new();
            EXPRESSION.get_or_init(|| Regex::new($pattern).ok()).as_ref()
        }
    };
}

expression!(call_of_php, r"(Schema::\w+|DB::\w+|\$\w+->\w+)\s*\(");
expression!(method_of_php, r"function\s+(\w+)\s*\(");
expression!(call_of_csharp, r"(migrationBuilder\.\w+)\s*(?:<[^>(]*>)?\s*\(");
expression!(method_of_csharp, r"\bvoid\s+(\w+)\s*\(");
expression!(call_of_ruby, r"^(?:(\w+)\.)?([a-z_]+)(?:\s*\(\s*|\s+)(.+)$");
expression!(method_of_ruby, r"^def\s+(?:self\.)?(\w+)");
expression!(heredoc, r#"<<[~-]?['"]?(\w+)['"]?"#);
expression!(named_argument, r"(?s)^:?(\w+)\s*(?::|=>)\s*(.+)$");
expression!(tag, r"(?s)<(/?)(\w+)((?:\s+[\w:]+\s*=\s*(?:\x22[^\x22]*\x22|'[^']*'))*)\s*(/?)>");
expression!(attribute, r"(?s)([\w:]+)\s*=\s*(?:\x22([^\x22]*)\x22|'([^']*)')");

/// Ruby and Elixir: an operation a line, going on where the line ends with a comma.
fn by_lines(document: &Document) -> Vec<Operation> {
    let (Some(call), Some(method), Some(heredoc)) = (call_of_ruby(), method_of_ruby(), heredoc()) else {
        return Vec::new();
    };
    let text = &*document.text;
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push((start, line));
        start += line.len();
    }
    let mut operations = Vec::new();
    let mut scope: Vec<String> = Vec::new();
    // The indentation at which a `dir.down do` closes.
    let mut back: Option<usize> = None;
    let mut at = 0;
    while at < lines.len() {
        let (offset, line) = lines[at];
        let code = line.trim();
        let indent = line.len() - line.trim_start().len();
        at += 1;
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        if let Some(name) = method.captures(code).and_then(|found| found.get(1)) {
            scope = vec![name.as_str().to_owned()];
            back = None;
            continue;
        }
        if back.is_some_and(|start| indent <= start) {
            back = None;
        }
        if code.starts_with("dir.down") || code.starts_with("direction.down") {
            back = Some(indent);
            if !code.contains('{') {
                continue;
            }
        }
        let mut whole = code.to_owned();
        let mut end = offset + line.trim_end().len();
        let first = at;
        while whole.ends_with(',') && at < lines.len() && at - first < MOST_LINES {
            let (offset, next) = lines[at];
            whole.push(' ');
            whole.push_str(next.trim());
            end = offset + next.trim_end().len();
            at += 1;
        }
        let Some(found) = call.captures(&whole) else { continue };
        let group = |index: usize| found.get(index).map(|group| group.as_str());
        let name = group(2).unwrap_or_default();
        let name = group(1).map_or(name.to_owned(), |receiver| format!("{receiver}.{name}"));
        let mut written = group(3).unwrap_or_default().to_owned();
        if let Some(mark) = heredoc.captures(&written).and_then(|found| found.get(1)) {
            let mut body = String::new();
            while at < lines.len() && lines[at].1.trim() != mark.as_str() {
                body.push_str(lines[at].1);
                end = lines[at].0 + lines[at].1.trim_end().len();
                at += 1;
            }
            at += 1;
            let scope = if back.is_some() { vec!["down".to_owned()] } else { scope.clone() };
            operations.push(Operation {
                call: name,
                positional: vec![Some(decoded(&body))],
                named: HashMap::new(),
                text: whole,
                locus: document.locus(offset + indent..end.max(offset + indent + 1), scope),
            });
            continue;
        }
        for end in [" do |", " do\r", " if ", " unless "] {
            if let Some(cut) = written.find(end) {
                written.truncate(cut);
            }
        }
        if let Some(cut) = written.strip_suffix(" do") {
            written = cut.to_owned();
        }
        if whole.contains('(')
            && written.ends_with(')')
            && written.matches('(').count() < written.matches(')').count()
        {
            written.pop();
        }
        let (positional, named) = arguments(&written);
        let scope = if back.is_some() { vec!["down".to_owned()] } else { scope.clone() };
        operations.push(Operation {
            call: name,
            positional,
            named,
            text: whole,
            locus: document.locus(offset + indent..end, scope),
        });
    }
    operations
}

/// PHP and C#: a call with its arguments in parentheses, in the method that began last.
fn by_calls(document: &Document, call: Option<&Regex>, method: Option<&Regex>) -> Vec<Operation> {
    let (Some(call), Some(method)) = (call, method) else { return Vec::new() };
    let text = &*document.text;
    let methods: Vec<(usize, String)> = method
        .captures_iter(text)
        .filter_map(|found| Some((found.get(0)?.start(), found.get(1)?.as_str().to_owned())))
        .collect();
    let mut operations = Vec::new();
    for found in call.captures_iter(text) {
        let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
        let line = text[..whole.start()].rfind('\n').map_or(0, |end| end + 1);
        let before = text[line..whole.start()].trim_start();
        if before.starts_with("//") || before.starts_with('*') || before.starts_with('#') {
            continue;
        }
        let Some(inner) = parenthesis(text, whole.end()) else { continue };
        let (positional, named) = arguments(&text[inner.clone()]);
        let around = methods.partition_point(|(start, _)| *start < whole.start());
        let scope: Vec<String> = around
            .checked_sub(1)
            .and_then(|at| methods.get(at))
            .map(|(_, name)| name.clone())
            .into_iter()
            .collect();
        operations.push(Operation {
            call: name.as_str().to_owned(),
            positional,
            named,
            text: text[whole.start()..inner.end].to_owned(),
            locus: document.locus(whole.start()..inner.end + 1, scope),
        });
    }
    operations
}

/// The range up to the parenthesis that closes the one before `start`.
fn parenthesis(text: &str, start: usize) -> Option<Range<usize>> {
    let mut depth = 0usize;
    let mut quote: Option<u8> = None;
    for (step, byte) in text.as_bytes()[start..].iter().take(LONGEST).enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')') if depth == 0 => return Some(start..start + step),
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Liquibase: a tag with its attributes; inside `<rollback>` it is on the way back.
fn by_tags(document: &Document) -> Vec<Operation> {
    let (Some(tag), Some(attribute)) = (tag(), attribute()) else { return Vec::new() };
    let text = &*document.text;
    let mut operations: Vec<Operation> = Vec::new();
    let mut back = 0usize;
    let comments: Vec<Range<usize>> = text
        .match_indices("<!--")
        .map(|(start, _)| start..text[start..].find("-->").map_or(text.len(), |end| start + end))
        .collect();
    for found in tag.captures_iter(text) {
        let (Some(whole), Some(name)) = (found.get(0), found.get(2)) else { continue };
        let next = comments.partition_point(|comment| comment.end < whole.start());
        if comments.get(next).is_some_and(|comment| comment.start < whole.start()) {
            continue;
        }
        let closes = found.get(1).is_some_and(|slash| !slash.is_empty());
        let empty = found.get(4).is_some_and(|slash| !slash.is_empty());
        if name.as_str() == "rollback" {
            back = if closes { back.saturating_sub(1) } else { back + usize::from(!empty) };
            continue;
        }
        if closes {
            continue;
        }
        let attributes = found.get(3).map_or("", |attributes| attributes.as_str());
        let named: HashMap<String, Option<String>> = attribute
            .captures_iter(attributes)
            .filter_map(|found| {
                let value = found.get(2).or(found.get(3))?.as_str().to_owned();
                Some((found.get(1)?.as_str().to_owned(), Some(value)))
            })
            .collect();
        let scope = if back > 0 { vec!["down".to_owned()] } else { Vec::new() };
        let mut operation = Operation {
            call: name.as_str().to_owned(),
            positional: Vec::new(),
            named,
            text: whole.as_str().to_owned(),
            locus: document.locus(whole.range(), scope),
        };
        if name.as_str() == "sql" && !empty {
            let end = text[whole.end()..].find("</sql>").map_or(whole.end(), |end| whole.end() + end);
            let body = text[whole.end()..end].trim().trim_start_matches("<![CDATA[").trim_end_matches("]]>");
            operation.positional.push(Some(body.to_owned()));
        }
        if name.as_str() == "column"
            && let Some(last) = operations.last_mut()
            && last.call == "dropColumn"
            && !last.named.contains_key("columnName")
        {
            // The columns of `<dropColumn>` may stand in tags of their own.
            if let Some(name) = operation.named.remove("name") {
                last.named.insert("columnName".to_owned(), name);
            }
            continue;
        }
        operations.push(operation);
    }
    operations
}

/// The arguments of a call as written: divided at commas outside brackets and quotes.
pub fn divided(written: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    let (mut start, mut depth) = (0usize, 0usize);
    let mut quote: Option<u8> = None;
    for (at, byte) in written.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            (None, b',') if depth == 0 => {
                parts.push(&written[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&written[start..]);
    parts
}

type Arguments = (Vec<Option<String>>, HashMap<String, Option<String>>);

/// Positional and named arguments.
fn arguments(written: &str) -> Arguments {
    let (mut positional, mut named) = (Vec::new(), HashMap::new());
    for part in divided(written).into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        let key = named_argument().and_then(|expression| expression.captures(part));
        match key.as_ref().and_then(|found| Some((found.get(1)?.as_str(), found.get(2)?.as_str()))) {
            Some((name, value)) if !value.starts_with(':') || part.contains("=>") || part.contains(": :") => {
                named.insert(name.to_owned(), value_of(value));
            }
            _ => positional.push(value_of(part)),
        }
    }
    (positional, named)
}

/// A name or text; `None` for an expression.
fn value_of(written: &str) -> Option<String> {
    let written = written.trim();
    if let Some(symbol) = written.strip_prefix(':') {
        return Some(symbol.trim_matches('"').to_owned());
    }
    for quote in ['"', '\''] {
        if let Some(inner) = written.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return Some(decoded(inner));
        }
    }
    // PHP: `['a', 'b']` names several; the first speaks for them.
    let list = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    list.and_then(|list| value_of(list.split(',').next()?))
}

/// Interpolations become holes.
fn decoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("#{") {
        let Some(close) = rest[open..].find('}') else { break };
        out.push_str(&rest[..open]);
        out.push_str(HOLE);
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles() {
        for expression in [
            call_of_php(),
            method_of_php(),
            call_of_csharp(),
            method_of_csharp(),
            call_of_ruby(),
            method_of_ruby(),
            heredoc(),
            named_argument(),
            tag(),
            attribute(),
        ] {
            assert!(expression.is_some());
        }
    }

    #[test]
    fn arguments_are_told_apart() {
        let (positional, named) = arguments(":users, 'plan', [1, 2], null: false, :limit => 5");
        assert_eq!(positional, [Some("users".to_owned()), Some("plan".to_owned()), None]);
        assert_eq!(named.get("null"), Some(&None));
        assert!(named.contains_key("limit"));
    }
}
