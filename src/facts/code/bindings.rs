//! What the names of one file stand for: imports, constants of the module, variables of a function.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::source::Node;

use super::callee::Callee;
use super::imports::{Imports, imports};
use super::items::{Item, items};
use super::kinds::{is_function, is_type_definition, named_children};
use crate::source::{Document, Language};

/// Nodes of one function beyond this are not searched for variables.
const LARGEST_FUNCTION: usize = 20_000;

/// What a variable was given.
#[derive(Clone, Copy, Debug)]
pub(super) enum Binding<'d> {
    Value(Node<'d>),
    /// The declared type of a parameter or variable without a known value.
    Type(Node<'d>),
    /// Given more than one value, or one that changes.
    Unclear,
}

type Variables<'d> = HashMap<String, Binding<'d>>;

/// One document of program code with what its names stand for.
pub struct Code<'d> {
    pub language: Language,
    pub text: &'d str,
    pub root: Node<'d>,
    imports: Imports,
    module: Variables<'d>,
    functions: RefCell<HashMap<usize, Rc<Variables<'d>>>>,
    /// Callees by the call and the innermost definition from which it was asked; each lens asks again.
    callees: RefCell<HashMap<(usize, usize), Rc<Callee>>>,
    items: OnceCell<Vec<Item<'d>>>,
}

impl<'d> Code<'d> {
    pub fn new(document: &'d Document) -> Option<Self> {
        let root = document.tree.as_ref()?.root_node();
        let mut code = Self {
            language: document.language,
            text: &document.text,
            root,
            imports: imports(document.language, &document.text, root),
            module: Variables::new(),
            functions: RefCell::default(),
            callees: RefCell::default(),
            items: OnceCell::new(),
        };
        code.module = code.module_variables();
        code.module.retain(|name, _| !code.imports.contains_key(name));
        Some(code)
    }

    /// All definitions, the module first, outer ones before inner ones.
    pub fn items(&self) -> &[Item<'d>] {
        self.items.get_or_init(|| items(self))
    }

    pub(super) fn remembered(&self, key: (usize, usize), make: impl FnOnce() -> Callee) -> Rc<Callee> {
        if let Some(known) = self.callees.borrow().get(&key) {
            return known.clone();
        }
        let made = Rc::new(make());
        self.callees.borrow_mut().insert(key, made.clone());
        made
    }

    pub fn text_of(&self, node: Node<'_>) -> &'d str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    pub(super) fn import(&self, name: &str) -> Option<&str> {
        self.imports.get(name).map(String::as_str)
    }

    /// What a name stands for in the innermost of the given definitions that knows it.
    pub(super) fn binding(&self, name: &str, around: &[Node<'d>]) -> Option<Binding<'d>> {
        for holder in around.iter().rev() {
            if let Some(binding) = self.variables(*holder).get(name) {
                return Some(*binding);
            }
        }
        self.module.get(name).copied()
    }

    /// The object, dictionary or call that a name stands for.
    pub fn object(&self, name: &str, around: &[Node<'d>]) -> Option<Node<'d>> {
        match self.binding(name, around)? {
            Binding::Value(value) => Some(value),
            Binding::Type(_) | Binding::Unclear => None,
        }
    }

    fn variables(&self, holder: Node<'d>) -> Rc<Variables<'d>> {
        if let Some(known) = self.functions.borrow().get(&holder.id()) {
            return known.clone();
        }
        let mut found = Variables::new();
        self.collect(holder, &mut found);
        let found = Rc::new(found);
        self.functions.borrow_mut().insert(holder.id(), found.clone());
        found
    }

    fn module_variables(&self) -> Variables<'d> {
        let mut found = Variables::new();
        for node in named_children(self.root) {
            let node = match node.kind() {
                "export_statement" => node.child_by_field_name("declaration").unwrap_or(node),
                "expression_statement" => node.named_child(0).unwrap_or(node),
                _ => node,
            };
            if is_function(self.language, node.kind()) || is_type_definition(self.language, node.kind()) {
                continue;
            }
            self.note(node, &mut found);
            for inner in named_children(node) {
                self.note(inner, &mut found);
                for spec in named_children(inner).into_iter().filter(|_| inner.kind().ends_with("_list")) {
                    self.note(spec, &mut found);
                }
            }
        }
        found
    }

    /// Every variable below a function, or field below a class, without those of functions inside.
    fn collect(&self, holder: Node<'d>, found: &mut Variables<'d>) {
        let in_type = is_type_definition(self.language, holder.kind());
        let mut cursor = holder.walk();
        let mut seen = 0;
        loop {
            let node = cursor.node();
            seen += 1;
            let kind = if node.is_named() { node.kind() } else { "" };
            let inner = node != holder
                && !in_type
                && (is_function(self.language, kind) || is_type_definition(self.language, kind));
            if !inner {
                if kind.is_empty() {
                    // A keyword or a sign names nothing.
                } else if in_type {
                    self.note_field(node, found);
                } else {
                    self.note(node, found);
                }
                if cursor.goto_first_child() {
                    continue;
                }
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
            if seen > LARGEST_FUNCTION {
                return;
            }
        }
    }

    fn give(&self, name: Node<'d>, binding: Binding<'d>, found: &mut Variables<'d>) {
        let plain = matches!(name.kind(), "identifier" | "as_pattern_target" | "mut_pattern");
        if !plain {
            return;
        }
        let name = self.text_of(name).trim_start_matches("mut ").trim().to_owned();
        found.entry(name).and_modify(|known| *known = Binding::Unclear).or_insert(binding);
    }

    fn give_pair(
        &self,
        name: Option<Node<'d>>,
        value: Option<Node<'d>>,
        kind: Option<Node<'d>>,
        found: &mut Variables<'d>,
    ) {
        let Some(name) = name else { return };
        match (value, kind) {
            (Some(value), _) => self.give(name, Binding::Value(value), found),
            (None, Some(kind)) => self.give(name, Binding::Type(kind), found),
            (None, None) => self.give(name, Binding::Unclear, found),
        }
    }

    /// Notes the variable that one node declares or assigns.
    fn note(&self, node: Node<'d>, found: &mut Variables<'d>) {
        let field = |name: &str| node.child_by_field_name(name);
        match (self.language, node.kind()) {
            (Language::Python, "assignment") => {
                self.give_pair(field("left"), field("right"), field("type"), found);
            }
            (Language::Python, "augmented_assignment" | "for_statement" | "for_in_clause") => {
                self.give_pair(field("left"), None, None, found);
            }
            (Language::Python, "named_expression") => {
                self.give_pair(field("name"), field("value"), None, found)
            }
            (Language::Python, "as_pattern") => {
                self.give_pair(field("alias"), node.named_child(0), None, found)
            }
            (Language::Python, "typed_parameter") => {
                self.give_pair(node.named_child(0), None, field("type"), found);
            }
            (Language::Python, "typed_default_parameter") => {
                self.give_pair(field("name"), None, field("type"), found);
            }
            (Language::Python, "default_parameter") => self.give_pair(field("name"), None, None, found),
            (Language::Rust, "let_declaration") => {
                self.give_pair(field("pattern"), field("value"), field("type"), found);
            }
            (Language::Rust, "const_item" | "static_item") => {
                self.give_pair(field("name"), field("value"), None, found);
            }
            (Language::Rust, "parameter") => self.give_pair(field("pattern"), None, field("type"), found),
            (Language::JavaScript | Language::TypeScript | Language::Tsx, "variable_declarator") => {
                self.give_pair(field("name"), field("value"), field("type"), found);
            }
            (Language::TypeScript | Language::Tsx, "required_parameter" | "optional_parameter") => {
                self.give_pair(field("pattern"), None, field("type"), found);
            }
            (
                Language::JavaScript | Language::TypeScript | Language::Tsx,
                "assignment_expression" | "augmented_assignment_expression",
            )
            | (Language::Java, "assignment_expression") => self.give_pair(field("left"), None, None, found),
            (Language::Go, "short_var_declaration") => {
                let (left, right) = (field("left"), field("right"));
                let names = left.map(named_children).unwrap_or_default();
                let values = right.map(named_children).unwrap_or_default();
                for (index, name) in names.iter().enumerate() {
                    // `value, err := call()`: the first name is what the call gives.
                    let value = values.get(index).filter(|_| index < values.len()).copied();
                    match (value, index) {
                        (Some(value), _) => self.give(*name, Binding::Value(value), found),
                        (None, _) => self.give(*name, Binding::Unclear, found),
                    }
                }
            }
            (Language::Go, "var_spec" | "const_spec") => {
                let value = field("value").and_then(|list| list.named_child(0));
                self.give_pair(field("name"), value, field("type"), found);
            }
            (Language::Go, "parameter_declaration") => {
                self.give_pair(field("name"), None, field("type"), found)
            }
            (Language::Java, "local_variable_declaration" | "field_declaration") => {
                for declarator in
                    named_children(node).into_iter().filter(|child| child.kind() == "variable_declarator")
                {
                    let value = declarator.child_by_field_name("value");
                    // The declared type says more than a factory's name, but a literal more than the type.
                    let kind = field("type").filter(|kind| self.text_of(*kind) != "var");
                    let literal = value.filter(|value| value.kind().ends_with("literal"));
                    let value = literal.or(if kind.is_none() { value } else { None }).or(value);
                    self.give_pair(declarator.child_by_field_name("name"), value, kind, found);
                }
            }
            (Language::Java, "formal_parameter") => self.give_pair(field("name"), None, field("type"), found),
            (Language::Java, "resource") => self.give_pair(field("name"), field("value"), field("type"), found),
            _ => {}
        }
    }

    /// Notes a field of a class under the name by which methods reach it: `self.x`, `this.x`, in Java also `x`.
    fn note_field(&self, node: Node<'d>, found: &mut Variables<'d>) {
        let field = |name: &str| node.child_by_field_name(name);
        let mut give = |name: String, binding: Binding<'d>| {
            found.entry(name).and_modify(|known| *known = Binding::Unclear).or_insert(binding);
        };
        match (self.language, node.kind()) {
            (Language::Python, "assignment")
            | (Language::JavaScript | Language::TypeScript | Language::Tsx, "assignment_expression") => {
                let (Some(left), Some(right)) = (field("left"), field("right")) else { return };
                let name = self.text_of(left);
                if matches!(left.kind(), "attribute" | "member_expression")
                    && (name.starts_with("self.") || name.starts_with("this."))
                {
                    give(name.to_owned(), Binding::Value(right));
                }
            }
            (Language::TypeScript | Language::Tsx, "public_field_definition")
            | (Language::JavaScript, "field_definition") => {
                let Some(name) = field("name").or(field("property")) else { return };
                let name = format!("this.{}", self.text_of(name));
                match (field("value"), field("type")) {
                    (Some(value), _) => give(name, Binding::Value(value)),
                    (None, Some(kind)) => give(name, Binding::Type(kind)),
                    (None, None) => {}
                }
            }
            (Language::TypeScript | Language::Tsx, "required_parameter") => {
                let declares =
                    named_children(node).iter().any(|child| child.kind() == "accessibility_modifier");
                if let (true, Some(name), Some(kind)) = (declares, field("pattern"), field("type")) {
                    give(format!("this.{}", self.text_of(name)), Binding::Type(kind));
                }
            }
            (Language::Java, "field_declaration") => {
                for declarator in
                    named_children(node).into_iter().filter(|child| child.kind() == "variable_declarator")
                {
                    let Some(name) = declarator.child_by_field_name("name") else { continue };
                    let name = self.text_of(name);
                    let literal = declarator
                        .child_by_field_name("value")
                        .filter(|value| value.kind().ends_with("literal"));
                    let binding = match (literal, field("type")) {
                        (Some(value), _) => Binding::Value(value),
                        (None, Some(kind)) => Binding::Type(kind),
                        (None, None) => Binding::Unclear,
                    };
                    give(name.to_owned(), binding);
                    give(format!("this.{name}"), binding);
                }
            }
            _ => {}
        }
    }
}
