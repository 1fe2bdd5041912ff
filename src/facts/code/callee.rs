//! Which function a call reaches, with the chain of calls before it.

use std::rc::Rc;

use crate::source::Node;

use super::bindings::{Binding, Code};
use super::kinds::{is_call, transparent};
use super::tokens::normalised;
use crate::source::Language;

/// Links of one chain that are followed.
const LONGEST_CHAIN: usize = 64;
/// Variables that stand for one another.
const FURTHEST_HOPS: u8 = 3;

/// A callee, as far as one file tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Callee {
    /// `shutil.rmtree`; in a chain what it starts with and the last method: `boto3.client.delete_bucket`.
    pub path: String,
    /// Calls before it, oldest first: `Client::builder()`, `timeout(5)`.
    pub chain: Vec<String>,
    /// The last name of the path: `rmtree`.
    pub method: String,
}

enum Link<'d> {
    Name(&'d str),
    Call(Node<'d>),
}

impl<'d> Code<'d> {
    /// The callee of a call node. `around` holds the definitions that enclose it, outermost first.
    pub fn callee(&self, call: Node<'d>, around: &[Node<'d>]) -> Rc<Callee> {
        let innermost = around.last().map_or(0, Node::id);
        self.remembered((call.id(), innermost), || self.callee_within(call, around, 0))
    }

    /// The last name of what a call reaches, as written.
    pub fn written_method(&self, call: Node<'d>) -> &'d str {
        let (root, links) = self.unfold(call);
        let name = links.iter().rev().find_map(|link| match link {
            Link::Name(name) => Some(*name),
            Link::Call(_) => None,
        });
        name.unwrap_or_else(|| self.text_of(root).rsplit(['.', ':']).next().unwrap_or_default())
    }

    fn callee_within(&self, call: Node<'d>, around: &[Node<'d>], hops: u8) -> Callee {
        let (root, links) = self.unfold(call);
        let mut chain = Vec::new();
        let mut path = String::new();
        let mut names: Vec<&str> = Vec::new();
        let mut calls = 0;
        let last = links.len().saturating_sub(1);
        for (index, link) in links.iter().enumerate() {
            match link {
                Link::Name(name) => names.push(name),
                Link::Call(node) => {
                    if calls == 0 {
                        let (start, before) = self.start(root, &names, around, hops);
                        path = start;
                        chain.extend(before);
                        names.clear();
                    }
                    calls += 1;
                    if index < last {
                        chain.push(self.link_text(*node, calls == 1, &path, &names));
                        names.clear();
                    }
                }
            }
        }
        for name in &names {
            path.push('.');
            path.push_str(name);
        }
        if self.language == Language::Rust && call.kind() == "macro_invocation" {
            path.push('!');
        }
        let method = path.rsplit(['.', ':']).next().unwrap_or_default().trim_end_matches('!').to_owned();
        Callee { path, chain, method }
    }

    /// One call of a chain as text: the first with its whole path, others with their name.
    fn link_text(&self, node: Node<'d>, first: bool, path: &str, names: &[&str]) -> String {
        let name = if first { path.to_owned() } else { names.join(".") };
        let arguments = node.child_by_field_name("arguments").or_else(|| node.child_by_field_name("body"));
        format!("{name}{}", arguments.map(|arguments| normalised(self.text, arguments)).unwrap_or_default())
    }

    /// From the last link inwards: the expression at the root, and the links in the order of reading.
    fn unfold(&self, call: Node<'d>) -> (Node<'d>, Vec<Link<'d>>) {
        let mut node = call;
        let mut links = Vec::new();
        for _ in 0..LONGEST_CHAIN {
            let field = |name: &str| node.child_by_field_name(name);
            let next = match (self.language, node.kind()) {
                (Language::Python, "call") | (Language::Rust | Language::Go, "call_expression") => {
                    links.push(Link::Call(node));
                    field("function")
                }
                (Language::JavaScript | Language::TypeScript | Language::Tsx, "call_expression") => {
                    links.push(Link::Call(node));
                    field("function")
                }
                (Language::JavaScript | Language::TypeScript | Language::Tsx, "new_expression") => {
                    links.push(Link::Call(node));
                    field("constructor")
                }
                (Language::Rust, "macro_invocation") => {
                    links.push(Link::Call(node));
                    field("macro")
                }
                (Language::Rust, "struct_expression") => {
                    links.push(Link::Call(node));
                    field("name")
                }
                (Language::Go, "composite_literal") | (Language::Java, "object_creation_expression") => {
                    links.push(Link::Call(node));
                    field("type")
                }
                (Language::Java, "method_invocation") => {
                    links.push(Link::Call(node));
                    links.push(Link::Name(field("name").map(|name| self.text_of(name)).unwrap_or_default()));
                    match field("object") {
                        Some(object) => Some(object),
                        None => {
                            links.pop();
                            field("name")
                        }
                    }
                }
                (Language::Python, "attribute") => {
                    links.push(Link::Name(
                        field("attribute").map(|name| self.text_of(name)).unwrap_or_default(),
                    ));
                    field("object")
                }
                (Language::Rust, "field_expression") => {
                    links.push(Link::Name(field("field").map(|name| self.text_of(name)).unwrap_or_default()));
                    field("value")
                }
                (Language::JavaScript | Language::TypeScript | Language::Tsx, "member_expression") => {
                    links
                        .push(Link::Name(field("property").map(|name| self.text_of(name)).unwrap_or_default()));
                    field("object")
                }
                (Language::Go, "selector_expression") => {
                    links.push(Link::Name(field("field").map(|name| self.text_of(name)).unwrap_or_default()));
                    field("operand")
                }
                (Language::Java, "field_access") => {
                    links.push(Link::Name(field("field").map(|name| self.text_of(name)).unwrap_or_default()));
                    field("object")
                }
                _ => transparent(self.language, node),
            };
            match next {
                Some(inner) => node = inner,
                None => break,
            }
        }
        links.reverse();
        (node, links)
    }

    /// The path up to the first call: the root resolved, and the names after it; with the calls that made the
    /// variable at the root, if it is one.
    fn start(&self, root: Node<'d>, names: &[&str], around: &[Node<'d>], hops: u8) -> (String, Vec<String>) {
        let (mut path, chain, used) = self.root_path(root, names, around, hops);
        for name in &names[used.min(names.len())..] {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
        }
        (path, chain)
    }

    /// What the root of an expression stands for, the calls that made it, and how many of the names after it the
    /// answer covers.
    fn root_path(
        &self,
        root: Node<'d>,
        names: &[&str],
        around: &[Node<'d>],
        hops: u8,
    ) -> (String, Vec<String>, usize) {
        let text: String = match root.kind() {
            "scoped_identifier" | "scoped_type_identifier" | "qualified_type" => normalised(self.text, root),
            "generic_type" => root
                .child_by_field_name("type")
                .or(root.named_child(0))
                .map_or_else(String::new, |inner| normalised(self.text, inner)),
            kind if kind.ends_with("identifier") || matches!(kind, "this" | "self" | "super" | "import") => {
                self.text_of(root).to_owned()
            }
            "macro_invocation" => String::new(),
            _ if root.end_byte() - root.start_byte() <= 60 => normalised(self.text, root),
            _ => String::new(),
        };
        if hops < FURTHEST_HOPS {
            if matches!(text.as_str(), "self" | "this") {
                if let Some(first) = names.first()
                    && let Some((path, chain)) = self.variable(&format!("{text}.{first}"), around, hops)
                {
                    return (path, chain, 1);
                }
            } else if let Some((path, chain)) = self.variable(&text, around, hops) {
                return (path, chain, 0);
            }
        }
        (self.imported(&text), Vec::new(), 0)
    }

    /// The path of a variable's value or declared type.
    fn variable(&self, name: &str, around: &[Node<'d>], hops: u8) -> Option<(String, Vec<String>)> {
        match self.binding(name, around)? {
            Binding::Type(kind) => {
                let name = self.type_name(kind)?;
                Some((self.imported(&name), Vec::new()))
            }
            Binding::Value(value) => self.path_of_value(value, around, hops + 1),
            Binding::Unclear => None,
        }
    }

    fn path_of_value(&self, value: Node<'d>, around: &[Node<'d>], hops: u8) -> Option<(String, Vec<String>)> {
        let mut value = value;
        for _ in 0..8 {
            if is_call(self.language, value.kind()) {
                // `lock = threading.Lock()` stands for `threading.Lock`; plain functions say little and stay out.
                let mut callee = self.callee_within(value, around, hops);
                if callee.path.is_empty() {
                    return None;
                }
                callee.chain.push(normalised(self.text, value));
                return Some((callee.path, callee.chain));
            }
            match value.kind() {
                "identifier"
                | "attribute"
                | "member_expression"
                | "selector_expression"
                | "scoped_identifier"
                | "field_access" => {
                    let (root, links) = self.unfold(value);
                    let names: Vec<&str> = links
                        .iter()
                        .map_while(|link| match link {
                            Link::Name(name) => Some(*name),
                            Link::Call(_) => None,
                        })
                        .collect();
                    if names.len() != links.len() {
                        return None;
                    }
                    let (path, chain) = self.start(root, &names, around, hops);
                    return (!path.is_empty()).then_some((path, chain));
                }
                _ => value = transparent(self.language, value)?,
            }
        }
        None
    }

    /// The name in a type, without references, pointers, generics and smart pointers around it.
    fn type_name(&self, kind: Node<'d>) -> Option<String> {
        let mut node = kind;
        for _ in 0..8 {
            match node.kind() {
                "type_identifier"
                | "identifier"
                | "scoped_type_identifier"
                | "qualified_type"
                | "nested_type_identifier"
                | "attribute" => return Some(normalised(self.text, node)),
                "generic_type" => {
                    let name = node
                        .child_by_field_name("type")
                        .or(node.child_by_field_name("name"))
                        .or(node.named_child(0))?;
                    let holder = self.text_of(name).rsplit("::").next().unwrap_or_default();
                    let inner = node
                        .child_by_field_name("type_arguments")
                        .and_then(|arguments| arguments.named_child(0));
                    match (holder, inner) {
                        (
                            "Arc" | "Rc" | "Box" | "Option" | "Optional" | "Extension" | "State" | "Data",
                            Some(inner),
                        ) => {
                            node = inner;
                        }
                        _ => node = name,
                    }
                }
                "type" | "type_annotation" | "pointer_type" | "dynamic_type" | "abstract_type"
                | "slice_type" | "parenthesized_type" => node = node.named_child(0)?,
                "reference_type" => node = node.child_by_field_name("type")?,
                _ => return None,
            }
        }
        None
    }

    /// A dotted path with its first name replaced by what the imports say.
    pub fn imported(&self, path: &str) -> String {
        let separator = if self.language == Language::Rust { "::" } else { "." };
        let (first, rest) = match path.split_once(separator) {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        match (self.import(first), rest) {
            (Some(full), Some(rest)) => format!("{full}{separator}{rest}"),
            (Some(full), None) => full.to_owned(),
            (None, _) => path.to_owned(),
        }
    }

    /// The path of an expression that is only names: `yaml.SafeLoader`, `cfg.data_dir`.
    pub(super) fn path_of(&self, node: Node<'d>, around: &[Node<'d>]) -> Option<String> {
        let (root, links) = self.unfold(node);
        let mut names = Vec::new();
        for link in &links {
            match link {
                Link::Name(name) => names.push(*name),
                Link::Call(_) => return None,
            }
        }
        if !(root.kind().ends_with("identifier") || matches!(root.kind(), "this" | "self")) {
            return None;
        }
        let root_text = self.text_of(root);
        // A variable keeps its name here; what it holds is the reader of values' question.
        let mut path = if self.binding(root_text, around).is_some() {
            root_text.to_owned()
        } else {
            self.imported(&normalised(self.text, root))
        };
        for name in names {
            path.push('.');
            path.push_str(name);
        }
        Some(path)
    }
}
