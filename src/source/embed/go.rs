//! Strings and process calls of Go.

use crate::source::Node;

use super::code::{self, Line, Process, path_of};
use super::escapes::Style;
use super::pieces::{Pieces, Placeholders};
use super::{Finder, code::pieces as any_pieces};

pub(super) fn pieces(finder: &Finder<'_>, node: Node<'_>, depth: usize) -> Option<Pieces> {
    let mut whole = Pieces::default();
    match node.kind() {
        "interpreted_string_literal" | "raw_string_literal" => {
            let source = finder.source(node);
            let quote = source.chars().next()?;
            let inside = source.get(1..)?;
            let style = if quote == '`' { Style::Raw } else { Style::Go };
            whole.source(inside.strip_suffix(quote).unwrap_or(inside), node.start_byte() + 1, style);
            Some(whole)
        }
        "parenthesized_expression" | "literal_element" => any_pieces(finder, node.named_child(0)?, depth + 1),
        "binary_expression" => {
            let operator = node.child_by_field_name("operator").map(|operator| finder.source(operator))?;
            (operator == "+").then(|| code::sum(finder, node, depth))?
        }
        "call_expression" => {
            let function = node.child_by_field_name("function").map(|function| finder.source(function))?;
            if !matches!(function, "fmt.Sprintf" | "fmt.Sprint") {
                return None;
            }
            let arguments = node.child_by_field_name("arguments")?;
            let mut given = arguments.named_children();
            let template = any_pieces(finder, given.next()?, depth + 1)?;
            let values: Vec<String> = given.map(|value| finder.source(value).to_owned()).collect();
            Some(template.filled(Placeholders::Percent, &values))
        }
        _ => None,
    }
}

pub(super) fn process<'t>(finder: &Finder<'_>, node: Node<'t>) -> Option<Process<'t>> {
    if node.kind() != "call_expression" {
        return None;
    }
    let written = path_of(finder.source(node.child_by_field_name("function")?));
    let skip = match written.as_str() {
        "exec.Command" | "execabs.Command" => 0,
        "exec.CommandContext" | "execabs.CommandContext" => 1,
        "syscall.Exec" => 0,
        _ => return None,
    };
    let arguments = node.child_by_field_name("arguments")?;
    let consumed: Vec<Node<'t>> =
        arguments.named_children().filter(|argument| argument.kind() != "comment").skip(skip).collect();
    let words = if written == "syscall.Exec" {
        // The list carries the program's name once more.
        code::arguments(finder, consumed.get(1)?.child_by_field_name("body")?)
    } else {
        consumed
            .iter()
            .flat_map(|argument| match argument.child_by_field_name("body") {
                Some(body) if argument.kind() == "composite_literal" => code::arguments(finder, body),
                _ if argument.kind() == "variadic_argument" => variadic(finder, *argument),
                _ => vec![code::argument(finder, *argument)],
            })
            .collect()
    };
    Some(Process { through: written, line: Line::Words(words), consumed })
}

/// `args...`, `[]string{"a", "b"}...`
fn variadic(finder: &Finder<'_>, node: Node<'_>) -> Vec<super::words::Argument> {
    let Some(inner) = node.named_child(0) else { return Vec::new() };
    match inner.child_by_field_name("body").filter(|_| inner.kind() == "composite_literal") {
        Some(body) => code::arguments(finder, body),
        None => vec![code::argument(finder, inner)],
    }
}
