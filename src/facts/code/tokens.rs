//! Source text without its formatting.

use std::borrow::Cow;

use crate::source::Node;

use super::kinds::{is_comment, is_string};

/// Longest text that is kept, in bytes.
const LONGEST: usize = 600;

/// The tokens of a node in one line: comments and blanks out, quotes and trailing commas in one style.
pub fn normalised(text: &str, node: Node<'_>) -> String {
    rewritten(text, node, &|_| None)
}

/// As [`normalised`], with some nodes replaced.
pub(super) fn rewritten<'t>(
    text: &str,
    node: Node<'t>,
    replace: &dyn Fn(Node<'t>) -> Option<String>,
) -> String {
    let mut line = String::new();
    let mut cursor = node.walk();
    loop {
        let current = cursor.node();
        let replaced = if current.is_extra() && is_comment(current.kind()) {
            Some(String::new())
        } else {
            replace(current)
        };
        let string = replaced.is_none() && may_be_string(text, current) && is_string(current.kind());
        let leaf = string || replaced.is_some() || current.is_leaf();
        if leaf {
            match replaced {
                Some(replaced) => push(&mut line, &replaced),
                None => push(&mut line, &token(text, current, string)),
            }
            if line.len() > LONGEST {
                return line;
            }
        }
        if !leaf && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return line;
            }
        }
    }
}

/// Whether a node starts as strings do; cheaper to ask than its kind.
fn may_be_string(text: &str, node: Node<'_>) -> bool {
    text.as_bytes().get(node.start_byte()).is_some_and(|first| {
        matches!(
            first,
            b'"' | b'\'' | b'`' | b'r' | b'R' | b'b' | b'B' | b'f' | b'F' | b'u' | b'U' | b't' | b'T' | b'c'
        )
    })
}

fn token<'t>(text: &'t str, node: Node<'_>, string: bool) -> Cow<'t, str> {
    let token = text.get(node.byte_range()).unwrap_or_default();
    if string
        && let Some(inside) = token.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''))
        && !node.kind().starts_with("char")
        && !node.kind().starts_with("rune")
        && !inside.contains(['"', '\\'])
        && !inside.starts_with('\'')
    {
        return Cow::Owned(format!("\"{inside}\""));
    }
    if token.bytes().any(|byte| byte.is_ascii_whitespace() || byte >= 0x80) {
        return Cow::Owned(token.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    Cow::Borrowed(token)
}

fn push(line: &mut String, token: &str) {
    let Some(first) = token.chars().next() else { return };
    if matches!(first, ')' | ']' | '}') {
        while line.ends_with([' ', ',']) {
            line.pop();
        }
    }
    if token == ";" {
        return;
    }
    let last = line.chars().next_back().unwrap_or(' ');
    let word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '"' | '\'');
    let operator = |letter: char| matches!(letter, '=' | '<' | '>' | '+' | '*' | '/' | '%' | '|' | '&' | '?');
    let spaced = (word(last) && word(first))
        || (last == ',' && !matches!(first, ')' | ']' | '}'))
        || (token.len() > 1 && operator(first) && word(last))
        || (operator(last)
            && word(first)
            && line.chars().rev().nth(1).is_some_and(|before| "=<>!|&".contains(before)));
    if spaced {
        line.push(' ');
    }
    line.push_str(token);
}
