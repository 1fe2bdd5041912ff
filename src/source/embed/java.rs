//! Strings and process calls of Java.

use crate::source::Node;

use super::code::{self, Line, Process};
use super::escapes::Style;
use super::pieces::{Pieces, Placeholders};
use super::purpose::last_part;
use super::words::Argument;
use super::{Finder, code::pieces as any_pieces};

pub(super) fn pieces(finder: &Finder<'_>, node: Node<'_>, depth: usize) -> Option<Pieces> {
    match node.kind() {
        "string_literal" => Some(string(finder, node)),
        "parenthesized_expression" => any_pieces(finder, node.named_child(0)?, depth + 1),
        "binary_expression" => {
            let operator = node.child_by_field_name("operator").map(|operator| finder.source(operator))?;
            (operator == "+").then(|| code::sum(finder, node, depth))?
        }
        "method_invocation" => {
            let name = node.child_by_field_name("name").map(|name| finder.source(name))?;
            let object = node.child_by_field_name("object")?;
            let arguments = node.child_by_field_name("arguments")?;
            let mut given = arguments.named_children();
            let template = match name {
                "format" if finder.source(object) == "String" => any_pieces(finder, given.next()?, depth + 1)?,
                "formatted" => any_pieces(finder, object, depth + 1)?,
                "strip" | "stripIndent" | "trim" => return any_pieces(finder, object, depth + 1),
                "concat" => {
                    let mut whole = any_pieces(finder, object, depth + 1)?;
                    let more = given.next()?;
                    match any_pieces(finder, more, depth + 1) {
                        Some(more) => whole.join(more),
                        None => whole.expression(more.start_byte(), finder.source(more)),
                    }
                    return Some(whole);
                }
                _ => return None,
            };
            let values: Vec<String> = given.map(|value| finder.source(value).to_owned()).collect();
            Some(template.filled(Placeholders::Percent, &values))
        }
        // What is appended later is not known here.
        "object_creation_expression" => {
            let kind = node.child_by_field_name("type").map(|kind| finder.source(kind))?;
            if !matches!(kind, "StringBuilder" | "StringBuffer") {
                return None;
            }
            let mut whole =
                any_pieces(finder, node.child_by_field_name("arguments")?.named_child(0)?, depth + 1)?;
            whole.text().stand_in(node.end_byte(), " ");
            whole.expression(node.end_byte(), "");
            Some(whole)
        }
        _ => None,
    }
}

fn string(finder: &Finder<'_>, node: Node<'_>) -> Pieces {
    let mut whole = Pieces::default();
    let (source, start) = (finder.source(node), node.start_byte());
    let Some(block) = source.strip_prefix("\"\"\"") else {
        let inside = source.strip_prefix('"').unwrap_or(source);
        whole.source(inside.strip_suffix('"').unwrap_or(inside), start + 1, Style::Java);
        return whole;
    };
    let block = block.strip_suffix("\"\"\"").unwrap_or(block);
    // The text begins on the next line; the least indented line, the closing one too, sets the margin.
    let first = block.find('\n').map_or(block.len(), |at| at + 1);
    let body = &block[first..];
    let margin = body
        .split('\n')
        .enumerate()
        .filter(|(index, line)| !line.trim().is_empty() || *index + 1 == body.split('\n').count())
        .map(|(_, line)| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or_default();
    let mut offset = start + 3 + first;
    for line in body.split_inclusive('\n') {
        let cut = margin.min(line.len() - line.trim_start_matches([' ', '\t']).len());
        whole.source(&line[cut..], offset + cut, Style::Java);
        offset += line.len();
    }
    whole
}

pub(super) fn process<'t>(finder: &Finder<'_>, node: Node<'t>) -> Option<Process<'t>> {
    let arguments = node.child_by_field_name("arguments")?;
    let given: Vec<Node<'t>> = arguments.named_children().collect();
    let first = *given.first()?;
    match node.kind() {
        "object_creation_expression" => {
            let kind = node.child_by_field_name("type").map(|kind| finder.source(kind))?;
            if last_part(kind) != "ProcessBuilder" {
                return None;
            }
            let words = words(finder, &given);
            Some(Process { through: "ProcessBuilder".to_owned(), line: Line::Words(words), consumed: given })
        }
        "method_invocation" => {
            let name = node.child_by_field_name("name").map(|name| finder.source(name))?;
            let object = node.child_by_field_name("object").map(|object| finder.source(object))?;
            if name != "exec" || !(object.contains("getRuntime") || object.eq_ignore_ascii_case("runtime")) {
                return None;
            }
            let line = match any_pieces(finder, first, 0) {
                Some(script) => Line::Script(script),
                None => Line::Words(words(finder, &given[..1])),
            };
            Some(Process { through: "Runtime.exec".to_owned(), line, consumed: vec![first] })
        }
        _ => None,
    }
}

/// Arguments one by one, or as `List.of(…)`, `Arrays.asList(…)`, `new String[]{…}`.
fn words(finder: &Finder<'_>, given: &[Node<'_>]) -> Vec<Argument> {
    given
        .iter()
        .flat_map(|argument| {
            let list = match argument.kind() {
                "array_creation_expression" => argument.child_by_field_name("value"),
                "method_invocation" => argument
                    .child_by_field_name("name")
                    .filter(|name| matches!(finder.source(*name), "of" | "asList"))
                    .and_then(|_| argument.child_by_field_name("arguments")),
                _ => None,
            };
            match list {
                Some(list) => list.named_children().map(|item| code::argument(finder, item)).collect(),
                None => vec![code::argument(finder, *argument)],
            }
        })
        .collect()
}
