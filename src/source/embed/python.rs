//! Strings and process calls of Python.

use crate::source::Node;

use super::code::{self, Line, Process, path_of};
use super::escapes::Style;
use super::pieces::{Pieces, Placeholders};
use super::{Finder, code::pieces as any_pieces};

/// Functions that start a process, by their full name.
const PROCESS: [&str; 24] = [
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "os.system",
    "os.popen",
    "os.execv",
    "os.execvp",
    "os.execl",
    "os.execlp",
    "os.spawnv",
    "os.spawnl",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "commands.getoutput",
    "pexpect.run",
    "pexpect.spawn",
    "sh.bash",
    "plumbum.local",
    "invoke.run",
    "fabric.run",
];

/// Methods that run a command on another machine or through a task runner, with the receivers that mean it.
const RECEIVERS: [&str; 8] = ["c", "ctx", "conn", "connection", "context", "ssh", "client", "host"];

pub(super) fn pieces(finder: &Finder<'_>, node: Node<'_>, depth: usize) -> Option<Pieces> {
    match node.kind() {
        "string" => Some(string(finder, node)),
        "concatenated_string" => {
            let mut whole = Pieces::default();
            for part in node.named_children().filter(|part| part.kind() == "string") {
                whole.join(string(finder, part));
            }
            Some(whole)
        }
        "parenthesized_expression" => any_pieces(finder, node.named_child(0)?, depth + 1),
        "binary_operator" => {
            let operator = node.child_by_field_name("operator").map(|operator| finder.source(operator))?;
            match operator {
                "+" => code::sum(finder, node, depth),
                "%" => {
                    let template = any_pieces(finder, node.child_by_field_name("left")?, depth + 1)?;
                    let right = node.child_by_field_name("right")?;
                    let values = if right.kind() == "tuple" {
                        children(finder, right)
                    } else {
                        vec![finder.source(right).to_owned()]
                    };
                    Some(template.filled(Placeholders::Percent, &values))
                }
                _ => None,
            }
        }
        "call" => {
            let function = node.child_by_field_name("function")?;
            let arguments = node.child_by_field_name("arguments")?;
            if function.kind() == "attribute" {
                let object = function.child_by_field_name("object")?;
                let method = function.child_by_field_name("attribute").map(|name| finder.source(name))?;
                return match method {
                    "format" => {
                        let template = any_pieces(finder, object, depth + 1)?;
                        Some(template.filled(Placeholders::Braces, &children(finder, arguments)))
                    }
                    "strip" | "lstrip" | "rstrip" | "encode" | "lower" | "upper" => {
                        any_pieces(finder, object, depth + 1)
                    }
                    "join" => {
                        let separator = any_pieces(finder, object, depth + 1)?.with_holes().text;
                        let list = arguments.named_child(0).filter(|list| code::is_list(*list))?;
                        code::joined(finder, &separator, list, depth)
                    }
                    "dedent" => any_pieces(finder, arguments.named_child(0)?, depth + 1),
                    _ => None,
                };
            }
            matches!(finder.source(function), "dedent" | "cleandoc")
                .then(|| any_pieces(finder, arguments.named_child(0)?, depth + 1))?
        }
        _ => None,
    }
}

/// The texts of what stands in brackets, in order.
fn children(finder: &Finder<'_>, node: Node<'_>) -> Vec<String> {
    node.named_children().map(|child| finder.source(child).to_owned()).collect()
}

fn string(finder: &Finder<'_>, node: Node<'_>) -> Pieces {
    let mut whole = Pieces::default();
    let (mut at, mut end, mut prefix) = (node.start_byte(), node.end_byte(), "");
    let mut interpolations = Vec::new();
    for child in node.children() {
        match child.kind() {
            "string_start" => (at, prefix) = (child.end_byte(), finder.source(child)),
            "string_end" => end = child.start_byte(),
            "interpolation" => interpolations.push(child),
            _ => {}
        }
    }
    let has = |letter: char| prefix.chars().any(|own| own.eq_ignore_ascii_case(&letter));
    let style = if has('r') { Style::Raw } else { Style::Python };
    let formatted = has('f') || has('t');
    for interpolation in interpolations {
        text(finder.text(at..interpolation.start_byte()), at, style, formatted, &mut whole);
        let expression = interpolation.child_by_field_name("expression").unwrap_or(interpolation);
        whole.expression(interpolation.start_byte(), finder.source(expression));
        at = interpolation.end_byte();
    }
    text(finder.text(at..end.max(at)), at, style, formatted, &mut whole);
    whole
}

/// Appends text; in an f-string two braces are one.
fn text(source: &str, host: usize, style: Style, formatted: bool, out: &mut Pieces) {
    let mut at = 0;
    if formatted {
        while let Some(found) = source[at..].find("{{").into_iter().chain(source[at..].find("}}")).min() {
            out.source(&source[at..=at + found], host + at, style);
            at += found + 2;
        }
    }
    out.source(&source[at..], host + at, style);
}

pub(super) fn process<'t>(finder: &Finder<'_>, node: Node<'t>) -> Option<Process<'t>> {
    if node.kind() != "call" {
        return None;
    }
    let function = node.child_by_field_name("function")?;
    let written = path_of(finder.source(function));
    let arguments =
        node.child_by_field_name("arguments").filter(|arguments| arguments.kind() == "argument_list")?;
    if !starts_process(finder, &written) {
        return None;
    }
    let positional: Vec<Node<'t>> = arguments
        .named_children()
        .filter(|argument| argument.kind() != "keyword_argument" && argument.kind() != "comment")
        .collect();
    let keyword = arguments.named_children().find_map(|argument| {
        let name = argument.child_by_field_name("name").map(|name| finder.source(name))?;
        matches!(name, "args" | "cmd" | "command").then(|| argument.child_by_field_name("value"))?
    });
    let first = positional.first().copied().or(keyword)?;
    let many = written.ends_with("create_subprocess_exec")
        || written.ends_with("execlp")
        || written.ends_with("execl");
    let line = if many {
        Line::Words(positional.iter().map(|argument| code::argument(finder, *argument)).collect())
    } else {
        line(finder, first)?
    };
    let consumed = if many { positional } else { vec![first] };
    Some(Process { through: written, line, consumed })
}

/// The first argument of `subprocess.run` and its kin: a list, a sum of lists, a text.
fn line(finder: &Finder<'_>, node: Node<'_>) -> Option<Line> {
    if code::is_list(node) {
        return Some(Line::Words(code::arguments(finder, node)));
    }
    if node.kind() == "binary_operator" {
        let left = node.child_by_field_name("left")?;
        if code::is_list(left) {
            let mut words = code::arguments(finder, left);
            words.extend(code::arguments(finder, node.child_by_field_name("right")?));
            return Some(Line::Words(words));
        }
    }
    if node.kind() == "call" {
        // `shlex.split("rm -rf x")`, `"rm -rf x".split()`
        let function = node.child_by_field_name("function")?;
        let inner = match finder.source(function) {
            "shlex.split" | "split" => node.child_by_field_name("arguments")?.named_child(0)?,
            text if text.ends_with(".split") => function.child_by_field_name("object")?,
            _ => return any_pieces(finder, node, 0).map(Line::Script),
        };
        return any_pieces(finder, inner, 0).map(Line::Script);
    }
    any_pieces(finder, node, 0).map(Line::Script)
}

/// Whether a callee starts a process, through the imports of the file.
fn starts_process(finder: &Finder<'_>, written: &str) -> bool {
    if PROCESS.contains(&written) {
        return true;
    }
    let (receiver, method) = written.rsplit_once('.').unwrap_or(("", written));
    if method == "exec_command" {
        return true;
    }
    if matches!(method, "run" | "sudo" | "local")
        && RECEIVERS.contains(&receiver.rsplit('.').next().unwrap_or(receiver))
    {
        return true;
    }
    let known = |module: &str| {
        PROCESS
            .iter()
            .any(|known| known.strip_prefix(module).and_then(|rest| rest.strip_prefix('.')) == Some(method))
    };
    ["subprocess", "os", "asyncio", "pexpect"].into_iter().filter(|module| known(module)).any(|module| {
        if receiver.is_empty() {
            imports_name(&finder.host.text, module, method)
        } else {
            finder.host.text.contains(&format!("import {module} as {receiver}"))
        }
    })
}

/// Whether `from MODULE import … NAME …` stands in a text.
fn imports_name(text: &str, module: &str, name: &str) -> bool {
    text.match_indices(&format!("from {module} import ")).any(|(at, found)| {
        let rest = &text[at + found.len()..];
        let end = if rest.trim_start().starts_with('(') { rest.find(')') } else { rest.find('\n') };
        rest[..end.unwrap_or(rest.len())].split([',', '(', ')', '\n']).any(|part| part.trim() == name)
    })
}
