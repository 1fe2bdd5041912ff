//! What a string of program code is for, by what holds it: an argument, a variable, a text for people.

use crate::source::Node;

use super::pieces::Pieces;
use super::{Finder, Fragment, Language, sql};
use crate::source::scope_of;

/// Functions that take SQL and hardly anything else; lower case, underscores left out.
const SINKS: [&str; 40] = [
    "execute",
    "executemany",
    "executescript",
    "executesql",
    "execsql",
    "execdriversql",
    "executeraw",
    "executerawunsafe",
    "queryraw",
    "queryrawunsafe",
    "$executeraw",
    "$executerawunsafe",
    "$queryraw",
    "$queryrawunsafe",
    "rawquery",
    "runsql",
    "sqlquery",
    "batchexecute",
    "simplequery",
    "preparestatement",
    "preparecall",
    "createnativequery",
    "createquery",
    "createsqlquery",
    "addbatch",
    "executeupdate",
    "executequery",
    "executelargeupdate",
    "executeunprepared",
    "querycontext",
    "execcontext",
    "queryrow",
    "queryrowcontext",
    "preparecontext",
    "mustexec",
    "queryas",
    "queryscalar",
    "queryforobject",
    "queryforlist",
    "fromstring",
];

/// Functions that take SQL among other things.
const WEAK_SINKS: [&str; 20] = [
    "exec",
    "query",
    "raw",
    "text",
    "sql",
    "update",
    "prepare",
    "run",
    "all",
    "get",
    "fetch",
    "fetchrow",
    "fetchval",
    "fetchall",
    "select",
    "delete",
    "batch",
    "statement",
    "unprepared",
    "rawsql",
];

/// Functions whose texts are read by people.
const FOR_PEOPLE: [&str; 40] = [
    "print",
    "println",
    "printf",
    "eprintln",
    "eprint",
    "log",
    "info",
    "debug",
    "warn",
    "warning",
    "error",
    "fatal",
    "trace",
    "exception",
    "panic",
    "critical",
    "errorf",
    "fatalf",
    "infof",
    "debugf",
    "warnf",
    "logf",
    "sprintln",
    "describe",
    "it",
    "test",
    "expect",
    "assert",
    "asserteq",
    "assertne",
    "bail",
    "anyhow",
    "fail",
    "message",
    "echo",
    "puts",
    "todo",
    "unreachable",
    "help",
    "notice",
];

/// What a string expression is for, by what holds it.
pub(super) enum Purpose {
    /// An argument of a function, by the last part of its name.
    Argument(String),
    /// The value of a variable, a constant, a key or a named argument.
    Named(String),
    /// A statement of its own: a docstring.
    Alone,
    Other,
}

/// The statement that a string expression is, if it is one.
pub(super) fn statement(finder: &Finder<'_>, node: Node<'_>, pieces: &Pieces) -> Option<Fragment> {
    if !pieces.has_text() {
        return None;
    }
    let mut decoded = pieces.with_holes();
    let text = decoded.text.as_str();
    let through = match purpose(finder, node) {
        Purpose::Alone => return None,
        Purpose::Argument(callee) => {
            let plain = callee.to_ascii_lowercase().replace('_', "");
            let is_for_people = FOR_PEOPLE.contains(&plain.as_str())
                || plain.ends_with("error")
                || plain.ends_with("exception");
            let is_sql = match () {
                () if is_for_people => false,
                () if SINKS.contains(&plain.as_str()) => sql::begins(text),
                () if WEAK_SINKS.contains(&plain.as_str())
                    || plain.contains("sql")
                    || plain.contains("query") =>
                {
                    let is_only_sql =
                        ["sql", "query", "exec", "raw", "prepare"].iter().any(|part| plain.contains(part));
                    sql::is_statement_here(text)
                        || sql::begins_loudly(text)
                        || is_only_sql && sql::truncates(text)
                }
                () => sql::is_statement(text),
            };
            is_sql.then(|| callee.clone())?
        }
        Purpose::Named(name) => {
            let is_sql = sql::is_statement(text) || (sql::is_name(&name) && sql::begins(text));
            if !is_sql {
                return None;
            }
            // What is added later is not known here.
            if sql::grows(&finder.host.text, &name) {
                decoded.stand_in(node.end_byte(), " ");
                decoded.hole(node.end_byte());
            }
            "string".to_owned()
        }
        Purpose::Other => sql::is_statement(text).then(|| "string".to_owned())?,
    };
    Some(Fragment { language: Language::Sql, through, decoded, scope: scope_of(finder.host, &node) })
}

pub(super) fn purpose(finder: &Finder<'_>, node: Node<'_>) -> Purpose {
    let mut child = node;
    for _ in 0..6 {
        let Some(parent) = child.parent() else { return Purpose::Other };
        let named = |field: &str| {
            parent.child_by_field_name(field).map(|name| last_part(finder.source(name)).to_owned())
        };
        let is_value =
            |field: &str| parent.child_by_field_name(field).is_none_or(|name| name.id() != child.id());
        match parent.kind() {
            "argument_list" | "arguments" | "token_tree" | "annotation_argument_list" => {
                let Some(call) = parent.parent() else { return Purpose::Other };
                if parent.kind() == "token_tree" && call.kind() == "token_tree" {
                    // A macro inside a macro: its name stands before its brackets.
                    child = parent;
                    continue;
                }
                let callee = ["function", "name", "macro", "constructor", "type"]
                    .into_iter()
                    .find_map(|field| call.child_by_field_name(field));
                return callee.map_or(Purpose::Other, |callee| {
                    Purpose::Argument(last_part(finder.source(callee)).to_owned())
                });
            }
            // A template with a tag: sql`…`.
            "call_expression" if is_value("function") => {
                return named("function").map_or(Purpose::Other, Purpose::Argument);
            }
            "assignment"
            | "assignment_expression"
            | "short_var_declaration"
            | "assignment_statement"
            | "augmented_assignment"
                if is_value("left") =>
            {
                return named("left").map_or(Purpose::Other, Purpose::Named);
            }
            "variable_declarator"
            | "const_item"
            | "static_item"
            | "var_spec"
            | "const_spec"
            | "keyword_argument"
            | "public_field_definition"
            | "field_definition"
            | "default_parameter"
            | "named_expression"
                if is_value("name") =>
            {
                return named("name").map_or(Purpose::Other, Purpose::Named);
            }
            "let_declaration" => return named("pattern").map_or(Purpose::Other, Purpose::Named),
            "pair" | "element_value_pair" if is_value("key") => {
                return named("key").map_or(Purpose::Other, Purpose::Named);
            }
            "field_initializer" if is_value("field") => {
                return named("field").map_or(Purpose::Other, Purpose::Named);
            }
            "expression_statement" => return Purpose::Alone,
            "parenthesized_expression"
            | "list"
            | "tuple"
            | "array"
            | "array_expression"
            | "expression_list"
            | "reference_expression"
            | "as_expression"
            | "satisfies_expression"
            | "literal_element"
            | "literal_value"
            | "conditional_expression"
            | "ternary_expression"
            | "await_expression"
            | "array_initializer"
            | "composite_literal"
            | "array_creation_expression" => child = parent,
            _ => return Purpose::Other,
        }
    }
    Purpose::Other
}

/// The last name of a path: `db.session.execute` gives `execute`, `sqlx::query_as::<_, T>` gives `query_as`.
pub(super) fn last_part(path: &str) -> &str {
    let path = path.split(['<', '(']).next().unwrap_or(path).trim_end_matches("::");
    let path = path.trim_end_matches(['?', '!', '\'', '"']);
    path.rsplit(['.', ':', ' ', '\n', '>'])
        .next()
        .unwrap_or(path)
        .trim_start_matches(['\'', '"', '&', '*', '['])
}
