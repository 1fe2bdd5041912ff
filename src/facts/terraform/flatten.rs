//! Turns blocks and expressions into leaves: one path and one value each.

use std::collections::BTreeSet;
use std::ops::Range;

use super::expression::{Entry, Expression, Key, Node, Piece};
use super::fold::{Scope, Used};
use super::json;
use super::syntax::{Block, Body};
use crate::facts::{Scalar, Value};

/// A list element longer than this is numbered instead of named.
const LONGEST_ELEMENT_NAME: usize = 120;

/// Marks the number of an element until both sides are known; see `align`. No source text holds this letter.
pub(super) const MARK: &str = "\u{1}";

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Leaf {
    pub path: String,
    pub value: Value,
    pub span: Range<usize>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Leaves {
    pub leaves: Vec<Leaf>,
    pub blocks: BTreeSet<String>,
}

pub(super) struct Flattener<'a> {
    /// The text around what is flattened, for JSON inside heredocs.
    pub text: &'a str,
    /// In JSON syntax an object can be a nested block; only the provider knows.
    pub objects_are_blocks: bool,
}

impl Flattener<'_> {
    pub(super) fn body(&self, body: &Body, path: &str, out: &mut Leaves) {
        for attribute in &body.attributes {
            self.value(&attribute.value, &join(path, &segment(&attribute.name)), &attribute.span, out);
        }
        let mut seen: Vec<(&str, usize)> = Vec::new();
        for block in &body.blocks {
            let (name, content) = match dynamic(block) {
                Some((name, content)) => {
                    let head = join(path, &format!("dynamic.{}", segment(name)));
                    for attribute in &block.body.attributes {
                        let path = join(&head, &segment(&attribute.name));
                        self.value(&attribute.value, &path, &attribute.span, out);
                    }
                    (name, content)
                }
                None => (block.kind.as_str(), &block.body),
            };
            let index = match seen.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => {
                    *count += 1;
                    *count
                }
                None => {
                    seen.push((name, 0));
                    0
                }
            };
            let mut inner = join(path, &segment(name));
            match block.labels.as_slice() {
                labels @ [_, ..] if dynamic(block).is_none() => {
                    for label in labels {
                        inner.push_str(&element(label));
                    }
                    if out.blocks.contains(&inner) {
                        inner.push_str(&format!("[{index}]"));
                    }
                }
                _ => inner.push_str(&format!("[{MARK}{index}]")),
            }
            out.blocks.insert(inner.clone());
            self.body(content, &inner, out);
        }
    }

    /// Flattens a value that stands at `span`.
    pub(super) fn value(&self, node: &Node, path: &str, span: &Range<usize>, out: &mut Leaves) {
        let worth;
        let node = match &node.kind {
            Expression::Binary(..)
            | Expression::Conditional(_)
            | Expression::Unary(..)
            | Expression::Call(..) => {
                worth = Scope::default().fold(node, &mut Used::default());
                &worth
            }
            _ => node,
        };
        match &node.kind {
            Expression::Null => leaf(out, path, Value::Literal(Scalar::Null), span),
            Expression::Bool(value) => leaf(out, path, Value::Literal(Scalar::Bool(*value)), span),
            Expression::Number(value) => leaf(out, path, Value::Literal(Scalar::Number(*value)), span),
            Expression::Text(text) => match self.embedded(node, text) {
                Some(inner) => self.value(&inner, path, span, out),
                None => leaf(out, path, Value::string(text.clone()), span),
            },
            Expression::Template(pieces) => match self.embedded_template(node, pieces) {
                Some(inner) => self.value(&inner, path, span, out),
                None => leaf(out, path, Value::Unknown(node.source()), span),
            },
            Expression::List(items) => self.list(items, path, span, out),
            Expression::Object(entries) => self.object(entries, path, span, out),
            Expression::Call(name, arguments) if matches!(name.as_str(), "jsonencode" | "yamlencode") => {
                match arguments.as_slice() {
                    [only] => self.value(only, path, span, out),
                    _ => leaf(out, path, Value::Unknown(node.source()), span),
                }
            }
            _ => leaf(out, path, Value::Unknown(node.source()), span),
        }
    }

    fn object(&self, entries: &[Entry], path: &str, span: &Range<usize>, out: &mut Leaves) {
        if self.objects_are_blocks {
            out.blocks.insert(path.to_owned());
        } else if entries.is_empty() {
            leaf(out, path, Value::string("{}"), span);
        }
        for entry in entries {
            let key = match &entry.key {
                Key::Name(name) => segment(name),
                Key::Computed(source) => format!("[{}]", plain(source)),
            };
            let inner = if key.starts_with('[') { format!("{path}{key}") } else { join(path, &key) };
            self.value(&entry.value, &inner, &entry.span, out);
        }
    }

    fn list(&self, items: &[Node], path: &str, span: &Range<usize>, out: &mut Leaves) {
        if items.is_empty() {
            leaf(out, path, Value::string("[]"), span);
        }
        let mut names: BTreeSet<String> = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let inner = match &item.kind {
                Expression::Object(_) => format!("{path}[{MARK}{index}]"),
                Expression::List(_) => format!("{path}[{index}]"),
                _ => {
                    let name = item.as_text().map_or_else(|| item.source(), str::to_owned);
                    if names.insert(name.clone()) && name.len() <= LONGEST_ELEMENT_NAME {
                        format!("{path}{}", element(&name))
                    } else {
                        format!("{path}[{index}]")
                    }
                }
            };
            if matches!(item.kind, Expression::Object(_)) {
                out.blocks.insert(inner.clone());
            }
            self.value(item, &inner, &item.span, out);
        }
    }

    /// The JSON that a string or heredoc without interpolation holds.
    fn embedded(&self, node: &Node, text: &str) -> Option<Node> {
        if !text.trim_start().starts_with('{') {
            return None;
        }
        match self.heredoc(node) {
            Some((raw, start)) => json::read_embedded(raw, start),
            None => json::read_string(text, &node.span),
        }
    }

    fn embedded_template(&self, node: &Node, pieces: &[Piece]) -> Option<Node> {
        match pieces.first() {
            Some(Piece::Text(text)) if text.trim_start().starts_with('{') => {}
            _ => return None,
        }
        let (raw, start) = self.heredoc(node)?;
        json::read_embedded(raw, start)
    }

    /// What stands between the marks of a heredoc, and where it starts.
    fn heredoc(&self, node: &Node) -> Option<(&str, usize)> {
        let whole = self.text.get(node.span.clone())?;
        if !whole.starts_with("<<") {
            return None;
        }
        let start = whole.find('\n')? + 1;
        let end = whole.rfind('\n').filter(|end| *end >= start)?;
        Some((&whole[start..end], node.span.start + start))
    }
}

/// `dynamic "ingress" { content { … } }` says the same as `ingress { … }`, once for each element.
fn dynamic(block: &Block) -> Option<(&str, &Body)> {
    let name = block.labels.first().filter(|_| block.kind == "dynamic")?;
    let content = block.body.blocks.iter().find(|inner| inner.kind == "content")?;
    Some((name, &content.body))
}

fn leaf(out: &mut Leaves, path: &str, value: Value, span: &Range<usize>) {
    out.leaves.push(Leaf { path: path.to_owned(), value, span: span.clone() });
}

pub(super) fn join(path: &str, name: &str) -> String {
    match (path, name.starts_with('[')) {
        ("", _) => name.to_owned(),
        (_, true) => format!("{path}{name}"),
        (_, false) => format!("{path}.{name}"),
    }
}

/// A key as a path segment; one with dots or brackets is quoted.
fn segment(name: &str) -> String {
    if name.is_empty() || name.contains(['.', '[', ']', '"']) {
        format!("[\"{}\"]", plain(name))
    } else {
        name.to_owned()
    }
}

/// The name of a list element.
fn element(name: &str) -> String {
    format!("[{}]", plain(name))
}

/// Brackets inside a bracketed name would end it.
fn plain(name: &str) -> String {
    name.replace('[', "(").replace(']', ")").replace(MARK, "")
}

/// A path for people, while the numbers of its blocks are not settled yet.
pub(super) fn without_marks(path: &str) -> String {
    let open = format!("[{MARK}");
    let mut parts = path.split(open.as_str());
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once(']').map_or("", |(_, rest)| rest));
    }
    text
}
