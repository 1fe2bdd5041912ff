//! Which definitions are tests, and whether they are skipped or run alone.

use crate::source::Node;

use super::super::Skip;
use crate::source::{Document, Language};

/// A test definition.
pub(super) struct Found<'tree> {
    pub name: String,
    pub skipped: Option<Skip>,
    pub focused: bool,
    pub body: Node<'tree>,
}

/// The test that a node defines, if it does.
pub(super) fn test<'tree>(document: &Document, node: Node<'tree>) -> Option<Found<'tree>> {
    match (document.language, node.kind()) {
        (Language::Python, "function_definition") => python(document, node),
        (Language::Rust, "function_item") => rust(document, node),
        (Language::Go, "function_declaration") => go(document, node),
        (Language::Java, "method_declaration") => java(document, node),
        (Language::JavaScript | Language::TypeScript | Language::Tsx, "call_expression") => {
            javascript(document, node)
        }
        _ => None,
    }
}

fn text<'a>(document: &'a Document, node: Node<'_>) -> &'a str {
    document.text.get(node.byte_range()).unwrap_or_default()
}

fn field<'a>(document: &'a Document, node: Node<'_>, name: &str) -> &'a str {
    node.child_by_field_name(name).map_or("", |child| text(document, child))
}

fn children<'tree>(node: Node<'tree>) -> Vec<Node<'tree>> {
    node.children().collect()
}

fn skip(marker: &str) -> Skip {
    Skip { marker: marker.split_whitespace().collect::<Vec<_>>().join(" "), inherited: false }
}

fn python<'tree>(document: &Document, node: Node<'tree>) -> Option<Found<'tree>> {
    let name = field(document, node, "name");
    if !name.starts_with("test") {
        return None;
    }
    let body = node.child_by_field_name("body")?;
    let mut skipped = python_markers(document, node);
    if skipped.is_none() {
        skipped = children(body)
            .iter()
            .find(|child| child.is_named() && child.kind() != "comment" && !is_docstring(**child))
            .map(|first| text(document, *first).trim())
            .filter(|first| {
                first.starts_with("pytest.skip(") || first.starts_with("self.skipTest(") || *first == "return"
            })
            .map(skip);
    }
    let mut outer = node.parent();
    while let (None, Some(around)) = (&skipped, outer) {
        if around.kind() == "class_definition" {
            skipped = python_markers(document, around).map(|skip| Skip { inherited: true, ..skip });
        }
        if around.kind() == "module" {
            skipped = children(around)
                .iter()
                .map(|child| text(document, *child))
                .find(|line| {
                    line.starts_with("pytestmark") && line.contains("mark.skip") && !line.contains("skipif")
                        || line.starts_with("pytest.skip(") && line.contains("allow_module_level")
                })
                .map(|line| Skip { inherited: true, ..skip(line) });
        }
        outer = around.parent();
    }
    Some(Found { name: name.to_owned(), skipped, focused: false, body })
}

fn is_docstring(node: Node<'_>) -> bool {
    node.kind() == "expression_statement" && node.named_child(0).is_some_and(|child| child.kind() == "string")
}

/// A decorator that skips without a real condition.
fn python_markers(document: &Document, definition: Node<'_>) -> Option<Skip> {
    let around = definition.parent().filter(|parent| parent.kind() == "decorated_definition")?;
    children(around)
        .iter()
        .filter(|child| child.kind() == "decorator")
        .map(|child| text(document, *child).trim_start_matches('@'))
        .find(|marker| {
            let name = marker.split('(').next().unwrap_or_default();
            let argument = marker.split_once('(').map_or("", |(_, rest)| rest).trim_start();
            match name.rsplit('.').next().unwrap_or_default() {
                "skip" => true,
                "skipif" | "skipIf" => argument.starts_with("True") || argument.starts_with("1"),
                "skipUnless" => argument.starts_with("False"),
                "xfail" | "expectedFailure" => {
                    !marker.contains("strict=True") && !marker.contains("strict = True")
                }
                _ => false,
            }
        })
        .map(skip)
}

fn rust<'tree>(document: &Document, node: Node<'tree>) -> Option<Found<'tree>> {
    let mut is_test = false;
    let mut skipped = None;
    let mut before = node.prev_sibling();
    while let Some(sibling) = before {
        match sibling.kind() {
            "attribute_item" => {
                let attribute = text(document, sibling).trim_start_matches("#[").trim_end_matches(']');
                let name = attribute.split(['(', ' ', '=']).next().unwrap_or_default();
                match name.rsplit("::").next().unwrap_or_default() {
                    "test" | "rstest" | "test_case" | "quickcheck" | "test_matrix" => is_test = true,
                    "ignore" => skipped = Some(skip(attribute)),
                    "cfg" if attribute.replace(' ', "") == "cfg(any())" => skipped = Some(skip(attribute)),
                    "cfg_attr" if attribute.contains("all(), ignore") => skipped = Some(skip(attribute)),
                    _ => {}
                }
            }
            "line_comment" | "block_comment" => {}
            _ => break,
        }
        before = sibling.prev_sibling();
    }
    let body = node.child_by_field_name("body").filter(|_| is_test)?;
    if skipped.is_none() {
        skipped =
            first_statement(document, body).filter(|first| first.trim_end_matches(';') == "return").map(skip);
    }
    Some(Found { name: field(document, node, "name").to_owned(), skipped, focused: false, body })
}

fn go<'tree>(document: &Document, node: Node<'tree>) -> Option<Found<'tree>> {
    let name = field(document, node, "name");
    if !(name.starts_with("Test") || name.starts_with("Fuzz")) {
        return None;
    }
    let body = node.child_by_field_name("body")?;
    let statements = children(body)
        .into_iter()
        .flat_map(|child| if child.kind() == "statement_list" { children(child) } else { vec![child] });
    let skipped = statements
        .filter(|child| child.kind() == "expression_statement" || child.kind() == "return_statement")
        .map(|child| text(document, child))
        .find(|statement| {
            let receiver = statement.split('.').next().unwrap_or_default();
            receiver.len() <= 2
                && (statement.contains(".Skip(")
                    || statement.contains(".Skipf(")
                    || statement.contains(".SkipNow("))
        })
        .map(skip)
        .or_else(|| first_statement(document, body).filter(|first| *first == "return").map(skip));
    Some(Found { name: name.to_owned(), skipped, focused: false, body })
}

fn first_statement<'a>(document: &'a Document, body: Node<'_>) -> Option<&'a str> {
    let all: Vec<Node<'_>> = children(body)
        .into_iter()
        .flat_map(|child| if child.kind() == "statement_list" { children(child) } else { vec![child] })
        .collect();
    all.iter()
        .find(|child| child.is_named() && !child.kind().contains("comment"))
        .map(|first| text(document, *first).trim())
}

fn java<'tree>(document: &Document, node: Node<'tree>) -> Option<Found<'tree>> {
    let markers = java_annotations(document, node);
    let is_test = markers.iter().any(|marker| {
        let name = marker.split('(').next().unwrap_or_default();
        matches!(name, "@Test" | "@ParameterizedTest" | "@RepeatedTest" | "@TestFactory")
    });
    let body = node.child_by_field_name("body").filter(|_| is_test)?;
    let disabled = |markers: &[String]| {
        markers
            .iter()
            .find(|marker| {
                matches!(marker.split('(').next().unwrap_or_default(), "@Disabled" | "@Ignore")
                    || marker.starts_with("@Test(") && marker.replace(' ', "").contains("enabled=false")
            })
            .map(|marker| skip(marker))
    };
    let mut skipped = disabled(&markers);
    let mut outer = node.parent();
    while let (None, Some(around)) = (&skipped, outer) {
        if around.kind() == "class_declaration" {
            skipped =
                disabled(&java_annotations(document, around)).map(|skip| Skip { inherited: true, ..skip });
        }
        outer = around.parent();
    }
    Some(Found { name: field(document, node, "name").to_owned(), skipped, focused: false, body })
}

fn java_annotations(document: &Document, node: Node<'_>) -> Vec<String> {
    children(node)
        .iter()
        .filter(|child| child.kind() == "modifiers")
        .flat_map(|modifiers| children(*modifiers))
        .filter(|child| child.kind().ends_with("annotation"))
        .map(|child| text(document, child).to_owned())
        .collect()
}

/// `it("…", () => {…})`, `test.skip(…)`, `xit(…)`, inside any number of `describe`.
fn javascript<'tree>(document: &Document, node: Node<'tree>) -> Option<Found<'tree>> {
    let (callee, state) = javascript_callee(document, node)?;
    if !matches!(callee, "it" | "test" | "specify") {
        return None;
    }
    let arguments = node.child_by_field_name("arguments")?;
    let title = children(arguments).into_iter().find(|child| child.is_named())?;
    if !matches!(
        title.kind(),
        "string" | "template_string" | "identifier" | "member_expression" | "binary_expression"
    ) {
        return None;
    }
    let body = children(arguments)
        .into_iter()
        .find(|child| matches!(child.kind(), "arrow_function" | "function_expression" | "function"))
        .and_then(|function| function.child_by_field_name("body"))
        .unwrap_or(arguments);
    let mut skipped = (state == State::Skipped).then(|| skip(field(document, node, "function")));
    let mut focused = state == State::Focused;
    let mut outer = node.parent();
    while let Some(around) = outer {
        if around.kind() == "call_expression"
            && let Some((callee, state)) = javascript_callee(document, around)
            && matches!(callee, "describe" | "context" | "suite")
        {
            if state == State::Skipped && skipped.is_none() {
                skipped = Some(Skip { inherited: true, ..skip(field(document, around, "function")) });
            }
            focused |= state == State::Focused;
        }
        outer = around.parent();
    }
    let name = text(document, title).trim_matches(['"', '\'', '`']).to_owned();
    Some(Found { name, skipped, focused, body })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Runs,
    Skipped,
    Focused,
}

fn javascript_callee<'a>(document: &'a Document, node: Node<'_>) -> Option<(&'a str, State)> {
    let function = node.child_by_field_name("function")?;
    let whole = match function.kind() {
        "identifier" | "member_expression" => text(document, function),
        // `it.each(table)("…", …)`
        "call_expression" => field(document, function, "function"),
        _ => return None,
    };
    let mut parts = whole.split('.');
    let first = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let (name, mut state) = match first {
        "xit" | "xtest" | "xspecify" => ("it", State::Skipped),
        "xdescribe" | "xcontext" => ("describe", State::Skipped),
        "fit" => ("it", State::Focused),
        "fdescribe" | "fcontext" => ("describe", State::Focused),
        other => (other, State::Runs),
    };
    for part in rest {
        match part {
            "skip" | "todo" | "fails" | "failing" | "fixme" => state = State::Skipped,
            "only" => state = State::Focused,
            "each" | "concurrent" | "serial" | "sequential" | "parallel" | "describe" => {}
            _ => return None,
        }
    }
    Some((name, state))
}
