//! The definitions of a document: functions, types, the module itself, and handlers that are given to a call
//! under a name (`app.get("/users", …)`, `it("refunds", …)`).

use crate::source::Node;

use super::bindings::Code;
use super::kinds::{is_call, is_comment, is_function, is_type_definition, named_children};
use super::shape::closure_body;
use super::tokens::normalised;
use crate::source::Language;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemKind {
    Module,
    Type,
    Function,
}

/// A definition as it stands in the tree.
pub struct Item<'d> {
    pub kind: ItemKind,
    pub name: String,
    /// Names of the definitions around it, outermost first.
    pub scope: Vec<String>,
    /// Nodes of the definitions around it and its own, outermost first.
    pub around: Vec<Node<'d>>,
    /// With its decorators.
    pub node: Node<'d>,
    /// Block or expression; `None` for a declaration without one.
    pub body: Option<Node<'d>>,
    pub parameters: Option<Node<'d>>,
    /// Decorators, annotations, attributes, in order.
    pub marks: Vec<Node<'d>>,
    pub public: bool,
}

/// All definitions, the module first, outer ones before inner ones.
pub fn items<'d>(code: &Code<'d>) -> Vec<Item<'d>> {
    let mut found = vec![Item {
        kind: ItemKind::Module,
        name: String::new(),
        scope: Vec::new(),
        around: Vec::new(),
        node: code.root,
        body: Some(code.root),
        parameters: None,
        marks: Vec::new(),
        public: true,
    }];
    // Definitions open at the cursor: the depth at which each was met, and its place in `found`.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut cursor = code.root.walk();
    let mut depth = 0;
    loop {
        let node = cursor.node();
        if depth > 0
            && node.is_named()
            && let Some(mut item) = read(code, node)
        {
            if let Some((_, outer)) = open.last() {
                let outer = &found[*outer];
                item.scope.clone_from(&outer.scope);
                item.scope.push(outer.name.clone());
                item.around.clone_from(&outer.around);
            }
            item.around.push(node);
            open.push((depth, found.len()));
            found.push(item);
        }
        if cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        loop {
            if open.last().is_some_and(|(at, _)| *at == depth) {
                open.pop();
            }
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return found;
            }
            depth -= 1;
        }
    }
}

fn read<'d>(code: &Code<'d>, node: Node<'d>) -> Option<Item<'d>> {
    let language = code.language;
    let kind = node.kind();
    let field = |name: &str| node.child_by_field_name(name);
    let text = |node: Node<'_>| normalised(code.text, node);
    let item = |kind: ItemKind, name: String, whole: Node<'d>, inner: Node<'d>| Item {
        kind,
        name,
        scope: Vec::new(),
        around: Vec::new(),
        node: whole,
        body: inner.child_by_field_name("body"),
        parameters: inner.child_by_field_name("parameters").or_else(|| inner.child_by_field_name("parameter")),
        marks: marks(language, whole, node),
        public: is_public(code, node),
    };
    if is_function(language, kind) {
        let mut name = field("name").map(text)?;
        if let (Language::Go, Some(receiver)) = (language, field("receiver")) {
            let kind =
                named_children(receiver).first().and_then(|one| one.child_by_field_name("type")).map(text);
            name = format!("{}.{name}", kind.unwrap_or_default().trim_start_matches('*'));
        }
        return Some(item(ItemKind::Function, name, decorated(node), node));
    }
    if is_type_definition(language, kind) {
        let name = field("name").or_else(|| field("type")).map(text).unwrap_or_default();
        return Some(item(ItemKind::Type, name, decorated(node), node));
    }
    // A function given to a name: `const f = () => …`, `exports.f = …`, `{ f: () => … }`.
    let (name, value) = match kind {
        "variable_declarator" => (field("name")?, field("value")?),
        "assignment_expression" if language != Language::Java => (field("left")?, field("right")?),
        "pair" => (field("key")?, field("value")?),
        "public_field_definition" | "field_definition" => {
            (field("name").or(field("property"))?, field("value")?)
        }
        _ if is_call(language, kind) => return handler(code, node),
        _ => return None,
    };
    let function = wrapped_function(value)?;
    let name = text(name);
    let name = name.rsplit('.').next().unwrap_or(&name).trim_matches(['"', '\'']).to_owned();
    let mut found = item(ItemKind::Function, name, node, function);
    found.body = closure_body(function);
    Some(found)
}

/// A function, also below one wrapper: `asyncHandler(async (req, res) => …)`.
fn wrapped_function(value: Node<'_>) -> Option<Node<'_>> {
    if closure_body(value).is_some() {
        return Some(value);
    }
    if value.kind() != "call_expression" {
        return None;
    }
    let arguments = value.child_by_field_name("arguments")?;
    match named_children(arguments).as_slice() {
        [only] => closure_body(*only).map(|_| *only),
        _ => None,
    }
}

/// A function that is handed over together with a literal name.
fn handler<'d>(code: &Code<'d>, call: Node<'d>) -> Option<Item<'d>> {
    let arguments = named_children(call.child_by_field_name("arguments")?);
    let first = arguments.first()?;
    let closure = arguments.iter().skip(1).rev().find_map(|argument| wrapped_function(*argument))?;
    let literal = super::kinds::is_string(first.kind()).then(|| code.text_of(*first))?;
    let function = call.child_by_field_name("function").or_else(|| call.child_by_field_name("name"))?;
    let method = normalised(code.text, function);
    let method = method.rsplit(['.', ':']).next().unwrap_or_default().to_owned();
    Some(Item {
        kind: ItemKind::Function,
        name: format!("{method} {}", literal.trim_matches(['"', '\'', '`'])),
        scope: Vec::new(),
        around: Vec::new(),
        node: call,
        body: closure_body(closure),
        parameters: closure.child_by_field_name("parameters"),
        marks: Vec::new(),
        public: true,
    })
}

/// The node that also holds the decorators, where the grammar puts one around the definition.
fn decorated(node: Node<'_>) -> Node<'_> {
    match node.parent() {
        Some(parent) if matches!(parent.kind(), "decorated_definition" | "export_statement") => parent,
        _ => node,
    }
}

fn marks<'d>(language: Language, whole: Node<'d>, node: Node<'d>) -> Vec<Node<'d>> {
    let is_mark = |kind: &str| {
        matches!(
            kind,
            "decorator" | "annotation" | "marker_annotation" | "attribute_item" | "inner_attribute_item"
        )
    };
    let mut found = Vec::new();
    for holder in [whole, node] {
        for child in named_children(holder) {
            if is_mark(child.kind()) {
                found.push(child);
            }
            if child.kind() == "modifiers" {
                found.extend(named_children(child).into_iter().filter(|inner| is_mark(inner.kind())));
            }
        }
        if whole == node {
            break;
        }
    }
    // Attributes of Rust and decorators of methods in TypeScript stand before what they are about.
    if matches!(language, Language::Rust | Language::JavaScript | Language::TypeScript | Language::Tsx) {
        let mut before = Vec::new();
        let mut current = whole.prev_sibling();
        while let Some(sibling) = current {
            if is_mark(sibling.kind()) {
                before.push(sibling);
            } else if !is_comment(sibling.kind()) {
                break;
            }
            current = sibling.prev_sibling();
        }
        before.reverse();
        before.extend(found);
        found = before;
    }
    found
}

fn is_public(code: &Code<'_>, node: Node<'_>) -> bool {
    let name = node.child_by_field_name("name").map(|name| code.text_of(name)).unwrap_or_default();
    match code.language {
        Language::Python => !name.starts_with('_') || name.starts_with("__"),
        Language::Rust => named_children(node).iter().any(|child| child.kind() == "visibility_modifier"),
        Language::Go => name.starts_with(char::is_uppercase),
        Language::Java => named_children(node)
            .iter()
            .any(|child| child.kind() == "modifiers" && code.text_of(*child).contains("public")),
        _ => {
            node.parent().is_some_and(|parent| parent.kind() == "export_statement")
                || node.kind() == "method_definition"
        }
    }
}
