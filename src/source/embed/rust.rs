//! Strings and process calls of Rust.

use crate::source::Node;

use super::code::{self, Line, Process};
use super::escapes::Style;
use super::pieces::{Pieces, Placeholders};
use super::purpose::last_part;
use super::words::Argument;
use super::{Finder, code::pieces as any_pieces};

pub(super) fn pieces(finder: &Finder<'_>, node: Node<'_>, depth: usize) -> Option<Pieces> {
    match node.kind() {
        "string_literal" | "raw_string_literal" => Some(string(finder, node)),
        "reference_expression" | "parenthesized_expression" => {
            any_pieces(finder, node.named_child(0)?, depth + 1)
        }
        "binary_expression" => {
            let operator = node.child_by_field_name("operator").map(|operator| finder.source(operator))?;
            (operator == "+").then(|| code::sum(finder, node, depth))?
        }
        "macro_invocation" => {
            let name = last_part(finder.source(node.child_by_field_name("macro")?));
            let tokens = node.named_children().find(|child| child.kind() == "token_tree")?;
            match name {
                "format" | "format_args" | "indoc" | "formatdoc" => format(finder, tokens),
                "concat" => {
                    let mut whole = Pieces::default();
                    for part in tokens.named_children() {
                        match part.kind() {
                            "string_literal" | "raw_string_literal" => whole.join(string(finder, part)),
                            _ => whole.expression(part.start_byte(), finder.source(part)),
                        }
                    }
                    Some(whole)
                }
                _ => None,
            }
        }
        "call_expression" => {
            let function = node.child_by_field_name("function")?;
            match function.kind() {
                "field_expression" => {
                    let method = function.child_by_field_name("field").map(|field| finder.source(field))?;
                    matches!(method, "to_string" | "to_owned" | "into" | "as_str" | "trim" | "clone" | "as_ref")
                        .then(|| any_pieces(finder, function.child_by_field_name("value")?, depth + 1))?
                }
                _ if finder.source(function) == "String::from" => {
                    any_pieces(finder, node.child_by_field_name("arguments")?.named_child(0)?, depth + 1)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn string(finder: &Finder<'_>, node: Node<'_>) -> Pieces {
    let mut whole = Pieces::default();
    let source = finder.source(node);
    let start = node.start_byte();
    let Some(open) = source.find('"').map(|at| at + 1) else { return whole };
    let raw = node.kind() == "raw_string_literal";
    let close = source.rfind('"').filter(|close| *close >= open).unwrap_or(source.len());
    let style = if raw { Style::Raw } else { Style::Rust };
    whole.source(&source[open..close], start + open, style);
    whole
}

/// The template of `format!` and its kin, filled with its arguments.
fn format(finder: &Finder<'_>, tokens: Node<'_>) -> Option<Pieces> {
    let template = tokens
        .named_children()
        .find(|token| matches!(token.kind(), "string_literal" | "raw_string_literal"))?;
    let values: Vec<String> = arguments_after(finder, tokens, template);
    Some(string(finder, template).filled(Placeholders::Braces, &values))
}

/// The texts of a macro's arguments after one of its tokens, split at its commas.
fn arguments_after(finder: &Finder<'_>, tokens: Node<'_>, token: Node<'_>) -> Vec<String> {
    split(tokens)
        .into_iter()
        .filter(|part| part.start >= token.end_byte())
        .map(|part| finder.text(part).trim().to_owned())
        .collect()
}

/// The byte ranges between the commas of a token tree.
fn split(tokens: Node<'_>) -> Vec<std::ops::Range<usize>> {
    let mut parts = Vec::new();
    let mut start = tokens.start_byte() + 1;
    for token in tokens.children().filter(|token| token.kind() == ",") {
        parts.push(start..token.start_byte());
        start = token.end_byte();
    }
    parts.push(start..tokens.end_byte().saturating_sub(1).max(start));
    parts.retain(|part| !part.is_empty());
    parts
}

pub(super) fn process<'t>(finder: &Finder<'_>, node: Node<'t>) -> Option<Process<'t>> {
    match node.kind() {
        "call_expression" => {
            if is_inside_chain(node) {
                return None;
            }
            let mut calls = Vec::new();
            let base = chain(finder, node, &mut calls)?;
            if !is_new_command(finder, base) {
                return None;
            }
            let mut consumed = Vec::new();
            let mut words: Vec<Argument> = Vec::new();
            let program = base.child_by_field_name("arguments")?.named_child(0)?;
            words.push(code::argument(finder, program));
            consumed.push(program);
            for call in calls.iter().rev() {
                add(finder, *call, &mut words, &mut consumed);
            }
            for call in later(finder, node) {
                add(finder, call, &mut words, &mut consumed);
            }
            Some(Process { through: "Command::new".to_owned(), line: Line::Words(words), consumed })
        }
        "macro_invocation" => {
            let name = last_part(finder.source(node.child_by_field_name("macro")?));
            if !matches!(name, "cmd" | "run_cmd" | "run_fun") {
                return None;
            }
            let tokens = node.named_children().find(|child| child.kind() == "token_tree")?;
            let parts = split(tokens);
            let literal = |part: &std::ops::Range<usize>| {
                tokens.named_children().find(|token| {
                    matches!(token.kind(), "string_literal" | "raw_string_literal")
                        && token.start_byte() >= part.start
                        && token.end_byte() <= part.end
                })
            };
            let first = parts.first()?;
            let line = match literal(first) {
                // duct: one word an argument.
                Some(_) => Line::Words(
                    parts
                        .iter()
                        .map(|part| match literal(part) {
                            Some(word) => string(finder, word).into_argument(),
                            None => {
                                let text = finder.text(part.clone());
                                let at = part.start + (text.len() - text.trim_start().len());
                                Argument::Expression(at, text.trim().to_owned())
                            }
                        })
                        .collect(),
                ),
                // xshell: a shell handle, then a template.
                None => {
                    let template = parts.get(1).and_then(literal)?;
                    Line::Script(string(finder, template).filled(Placeholders::Braces, &[]))
                }
            };
            Some(Process { through: "cmd!".to_owned(), line, consumed: vec![tokens] })
        }
        _ => None,
    }
}

/// The calls of a method chain, outermost first, and what it begins with.
fn chain<'t>(finder: &Finder<'_>, node: Node<'t>, calls: &mut Vec<Node<'t>>) -> Option<Node<'t>> {
    let mut node = node;
    for _ in 0..256 {
        if matches!(node.kind(), "try_expression" | "await_expression") {
            node = node.named_child(0)?;
            continue;
        }
        if node.kind() != "call_expression" {
            return Some(node);
        }
        let function = node.child_by_field_name("function")?;
        if function.kind() != "field_expression" || is_new_command(finder, node) {
            return Some(node);
        }
        calls.push(node);
        node = function.child_by_field_name("value")?;
    }
    None
}

/// Whether a method is called on what a call gives.
fn is_inside_chain(node: Node<'_>) -> bool {
    let mut parent = node.parent();
    while let Some(outer) = parent.filter(|outer| matches!(outer.kind(), "try_expression" | "await_expression"))
    {
        parent = outer.parent();
    }
    parent.is_some_and(|outer| outer.kind() == "field_expression")
}

fn is_new_command(finder: &Finder<'_>, node: Node<'_>) -> bool {
    node.kind() == "call_expression"
        && node.child_by_field_name("function").is_some_and(|function| {
            let path = finder.source(function);
            path == "Command::new" || path.ends_with("process::Command::new")
        })
}

/// `.arg(x)`, `.args([x, y])`, `.arg_if(…)`.
fn add<'t>(finder: &Finder<'_>, call: Node<'t>, words: &mut Vec<Argument>, consumed: &mut Vec<Node<'t>>) {
    let method = call
        .child_by_field_name("function")
        .and_then(|function| function.child_by_field_name("field"))
        .map(|field| finder.source(field))
        .unwrap_or_default();
    let Some(argument) = call.child_by_field_name("arguments").and_then(|arguments| arguments.named_child(0))
    else {
        return;
    };
    let inner = if argument.kind() == "reference_expression" {
        argument.child_by_field_name("value").filter(|value| code::is_list(*value)).unwrap_or(argument)
    } else {
        argument
    };
    match method {
        "arg" => words.push(code::argument(finder, argument)),
        "args" => words.extend(code::arguments(finder, inner)),
        _ => return,
    }
    consumed.push(argument);
}

/// Calls on the variable that holds a new command, in the statements after its own.
fn later<'t>(finder: &Finder<'_>, node: Node<'t>) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    let Some(declaration) = node.parent().filter(|parent| parent.kind() == "let_declaration") else {
        return found;
    };
    let Some(name) = declaration.child_by_field_name("pattern").map(|pattern| finder.source(pattern)) else {
        return found;
    };
    let mut next = declaration.next_named_sibling();
    while let Some(statement) = next {
        next = statement.next_named_sibling();
        let expression = match statement.kind() {
            "expression_statement" => statement.named_child(0),
            "let_declaration" => statement.child_by_field_name("value"),
            "call_expression" | "try_expression" => Some(statement),
            _ => None,
        };
        let mut calls = Vec::new();
        let base = expression.and_then(|expression| chain(finder, expression, &mut calls));
        if base.is_some_and(|base| base.kind() == "identifier" && finder.source(base) == name) {
            found.extend(calls.into_iter().rev());
        }
    }
    found
}
