//! Strings and process calls of JavaScript and TypeScript.

use crate::source::Node;

use super::code::{self, Line, Process, path_of};
use super::escapes::Style;
use super::pieces::Pieces;
use super::purpose::last_part;
use super::{Finder, code::pieces as any_pieces};

/// Functions that take a program and a list of words.
const WORDS: [&str; 8] =
    ["spawn", "spawnSync", "execFile", "execFileSync", "execa", "execaSync", "fork", "Command"];
/// Functions that take a text for a shell.
const SCRIPT: [&str; 5] = ["exec", "execSync", "execaCommand", "execaCommandSync", "execAsync"];
/// What such a function may belong to; a regular expression has an `exec` too.
const OWNERS: [&str; 11] = [
    "child_process",
    "childProcess",
    "cp",
    "shell",
    "shelljs",
    "sh",
    "execa",
    "Deno",
    "Bun",
    "process",
    "proc",
];

pub(super) fn pieces(finder: &Finder<'_>, node: Node<'_>, depth: usize) -> Option<Pieces> {
    let mut whole = Pieces::default();
    match node.kind() {
        "string" => {
            let source = finder.source(node);
            let quote = source.chars().next()?;
            let inside = source.get(1..)?;
            whole.source(
                inside.strip_suffix(quote).unwrap_or(inside),
                node.start_byte() + 1,
                Style::JavaScript,
            );
            Some(whole)
        }
        "template_string" => {
            let mut at = node.start_byte() + 1;
            for part in node.named_children().filter(|part| part.kind() == "template_substitution") {
                whole.source(finder.text(at..part.start_byte()), at, Style::JavaScript);
                let expression = part.named_child(0).unwrap_or(part);
                whole.expression(part.start_byte(), finder.source(expression));
                at = part.end_byte();
            }
            let end = node.end_byte();
            let end = if finder.text(at..end).ends_with('`') { end - 1 } else { end };
            whole.source(finder.text(at..end), at, Style::JavaScript);
            Some(whole)
        }
        "parenthesized_expression" | "as_expression" | "satisfies_expression" | "non_null_expression" => {
            any_pieces(finder, node.named_child(0)?, depth + 1)
        }
        "binary_expression" => {
            let operator = node.child_by_field_name("operator").map(|operator| finder.source(operator))?;
            (operator == "+").then(|| code::sum(finder, node, depth))?
        }
        "call_expression" => {
            let function = node
                .child_by_field_name("function")
                .filter(|function| function.kind() == "member_expression")?;
            let object = function.child_by_field_name("object")?;
            let method = function.child_by_field_name("property").map(|name| finder.source(name))?;
            match method {
                "trim" | "trimStart" | "trimEnd" => any_pieces(finder, object, depth + 1),
                "join" if code::is_list(object) => {
                    let separator = node.child_by_field_name("arguments")?.named_child(0)?;
                    let separator = any_pieces(finder, separator, depth + 1)?.with_holes().text;
                    code::joined(finder, &separator, object, depth)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

pub(super) fn process<'t>(finder: &Finder<'_>, node: Node<'t>) -> Option<Process<'t>> {
    let function = match node.kind() {
        "call_expression" => node.child_by_field_name("function")?,
        "new_expression" => node.child_by_field_name("constructor")?,
        _ => return None,
    };
    let written = path_of(finder.source(function));
    let name = last_part(&written);
    let arguments = node.child_by_field_name("arguments")?;
    // zx and Bun: every substitution is one word.
    if arguments.kind() == "template_string" {
        let is_shell = written == "$"
            || written.ends_with(".$")
            || written.starts_with("$.")
            || written == "execa"
            || written.starts_with("$(");
        let mut quoted = Pieces::default();
        if is_shell {
            quoted = quoted_template(finder, arguments);
        }
        return is_shell.then(|| Process {
            through: written.chars().take(12).collect(),
            line: Line::Script(quoted),
            consumed: vec![arguments],
        });
    }
    let owner = written.rsplit_once('.').map(|(owner, _)| last_part(owner));
    if owner.is_some_and(|owner| !OWNERS.contains(&owner) && !owner.starts_with("require")) {
        return None;
    }
    let given: Vec<Node<'t>> =
        arguments.named_children().filter(|argument| argument.kind() != "comment").collect();
    let first = *given.first()?;
    if SCRIPT.contains(&name) {
        let script = any_pieces(finder, first, 0)?;
        return Some(Process { through: name.to_owned(), line: Line::Script(script), consumed: vec![first] });
    }
    if !WORDS.contains(&name) || (name == "Command" && owner != Some("Deno")) {
        return None;
    }
    // Bun takes one list.
    if code::is_list(first) {
        let words = code::arguments(finder, first);
        return Some(Process { through: name.to_owned(), line: Line::Words(words), consumed: vec![first] });
    }
    let program = any_pieces(finder, first, 0)?;
    let mut consumed = vec![first];
    let mut words = vec![program.clone().into_argument()];
    let list = given.get(1).copied().and_then(|second| match second.kind() {
        // Deno: { args: […] }
        "object" => second.named_children().find_map(|pair| {
            let key = pair.child_by_field_name("key").map(|key| finder.source(key))?;
            (key == "args").then(|| pair.child_by_field_name("value"))?
        }),
        _ => Some(second),
    });
    match list {
        Some(list) if code::is_list(list) => {
            words.extend(code::arguments(finder, list));
            consumed.push(list);
        }
        // `spawn("rm -rf x", { shell: true })`
        None if program.with_holes().text.contains(' ') => {
            return Some(Process { through: name.to_owned(), line: Line::Script(program), consumed });
        }
        Some(list) if list.kind() == "identifier" => words.push(code::argument(finder, list)),
        _ => {}
    }
    Some(Process { through: name.to_owned(), line: Line::Words(words), consumed })
}

/// A template whose substitutions are quoted by who runs it.
fn quoted_template(finder: &Finder<'_>, template: Node<'_>) -> Pieces {
    let mut whole = Pieces::default();
    let mut at = template.start_byte() + 1;
    for part in template.named_children().filter(|part| part.kind() == "template_substitution") {
        whole.source(finder.text(at..part.start_byte()), at, Style::JavaScript);
        whole.text().stand_in(part.start_byte(), "\"");
        whole.expression(part.start_byte(), finder.source(part.named_child(0).unwrap_or(part)));
        whole.text().stand_in(part.start_byte(), "\"");
        at = part.end_byte();
    }
    let end = template.end_byte().saturating_sub(1).max(at);
    whole.source(finder.text(at..end), at, Style::JavaScript);
    whole
}
