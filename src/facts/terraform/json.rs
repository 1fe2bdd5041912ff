//! Reads JSON as Terraform means it: whole `.tf.json` files, and policies written into heredocs and strings.

use std::ops::Range;

use crate::source::Node as TreeNode;

use super::expression::{Entry, Expression, Key, Node, Piece};
use super::syntax::{Assignment, Block, Body, join, read_expression};
use crate::source::{Language, parse};

const DEEPEST: u32 = 120;

/// Longer texts are not tried as embedded JSON.
const LONGEST_EMBEDDED: usize = 64 * 1024;

/// A `.tf.json` file as blocks, or `None` if it is no object.
pub(super) fn read(text: &str, tree: &crate::source::Tree) -> Option<Body> {
    let reader = Reader { text, escaped_holes: true };
    let root = tree.root_node().named_child(0).filter(|root| root.kind() == "object")?;
    let whole = reader.node(root, 0);
    let Expression::Object(entries) = whole.kind else { return None };
    let mut body = Body::default();
    for entry in entries {
        let Key::Name(kind) = entry.key else { continue };
        for value in several(entry.value) {
            top_level(&kind, value, &mut body);
        }
    }
    Some(body)
}

/// A `.tfvars.json` file as assignments.
pub(super) fn read_values(text: &str, tree: &crate::source::Tree) -> Option<Body> {
    let reader = Reader { text, escaped_holes: true };
    let root = tree.root_node().named_child(0).filter(|root| root.kind() == "object")?;
    let whole = reader.node(root, 0);
    Some(body_of(whole))
}

/// The labels that a kind of top-level block has.
fn labels(kind: &str) -> Option<usize> {
    Some(match kind {
        "resource" | "data" | "ephemeral" => 2,
        "module" | "provider" | "variable" | "output" | "check" => 1,
        "locals" | "terraform" | "moved" | "removed" | "import" => 0,
        _ => return None,
    })
}

fn top_level(kind: &str, value: Node, body: &mut Body) {
    let Some(count) = labels(kind) else { return };
    let span = value.span.clone();
    if count == 0 {
        let mut inner = body_of(value);
        if kind == "terraform" {
            promote(&mut inner);
        }
        body.blocks.push(Block { kind: kind.to_owned(), labels: Vec::new(), body: inner, span });
        return;
    }
    let Expression::Object(entries) = value.kind else { return };
    for entry in entries {
        let Key::Name(label) = entry.key else { continue };
        for value in several(entry.value) {
            if count == 1 {
                body.blocks.push(Block {
                    kind: kind.to_owned(),
                    labels: vec![label.clone()],
                    span: entry.span.clone(),
                    body: body_of(value),
                });
                continue;
            }
            let Expression::Object(named) = value.kind else { continue };
            for entry in named {
                let Key::Name(name) = entry.key else { continue };
                for value in several(entry.value) {
                    body.blocks.push(Block {
                        kind: kind.to_owned(),
                        labels: vec![label.clone(), name.clone()],
                        span: entry.span.clone(),
                        body: body_of(value),
                    });
                }
            }
        }
    }
}

/// `backend`, `cloud` and `required_providers` are blocks in either syntax.
fn promote(body: &mut Body) {
    let attributes = std::mem::take(&mut body.attributes);
    for attribute in attributes {
        match attribute.name.as_str() {
            "backend" => {
                let Expression::Object(entries) = attribute.value.kind else { continue };
                for entry in entries {
                    let Key::Name(label) = entry.key else { continue };
                    let span = entry.span.clone();
                    let inner = body_of(entry.value);
                    body.blocks.push(Block { kind: "backend".into(), labels: vec![label], body: inner, span });
                }
            }
            "cloud" | "required_providers" => {
                let span = attribute.span.clone();
                let inner = body_of(attribute.value);
                body.blocks.push(Block { kind: attribute.name, labels: Vec::new(), body: inner, span });
            }
            _ => body.attributes.push(attribute),
        }
    }
}

fn body_of(value: Node) -> Body {
    let Expression::Object(entries) = value.kind else { return Body::default() };
    let attributes = entries
        .into_iter()
        .filter_map(|entry| match entry.key {
            // `//` is a comment.
            Key::Name(name) if name != "//" => Some(Assignment { name, value: entry.value, span: entry.span }),
            _ => None,
        })
        .collect();
    Body { attributes, blocks: Vec::new() }
}

/// Repeated blocks are a list of objects.
fn several(value: Node) -> Vec<Node> {
    match value.kind {
        Expression::List(items) => items,
        _ => vec![value],
    }
}

/// JSON inside a heredoc. `raw` is what stands between its marks, at `start` in the file; interpolations are
/// kept as expressions.
pub(super) fn read_embedded(raw: &str, start: usize) -> Option<Node> {
    let mut node = read_text(raw)?;
    shift(&mut node, &|span| span.start + start..span.end + start);
    Some(node)
}

/// JSON inside a quoted string: every part stands where the string stands.
pub(super) fn read_string(text: &str, whole: &Range<usize>) -> Option<Node> {
    let mut node = read_text(text)?;
    shift(&mut node, &|_| whole.clone());
    Some(node)
}

fn read_text(raw: &str) -> Option<Node> {
    if !raw.trim_start().starts_with(['{', '[']) || raw.len() > LONGEST_EMBEDDED {
        return None;
    }
    let filled = fill_holes(raw)?;
    let tree = parse(&filled, Language::Json).ok()??;
    if tree.root_node().has_error() {
        return None;
    }
    let root = tree.root_node().named_child(0)?;
    matches!(root.kind(), "object" | "array").then(|| Reader { text: raw, escaped_holes: false }.node(root, 0))
}

fn shift(node: &mut Node, to: &impl Fn(&Range<usize>) -> Range<usize>) {
    node.span = to(&node.span);
    match &mut node.kind {
        Expression::List(items) => items.iter_mut().for_each(|item| shift(item, to)),
        Expression::Object(entries) => {
            for entry in entries {
                entry.span = to(&entry.span);
                shift(&mut entry.value, to);
            }
        }
        _ => {}
    }
}

/// Replaces every `${…}` by as many letters, in quotes where it stands outside a string.
fn fill_holes(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut in_string = false;
    let mut rest = raw;
    while let Some(letter) = rest.chars().next() {
        if rest.starts_with("${") {
            let length = hole(rest)?;
            if in_string {
                out.extend(std::iter::repeat_n('X', length));
            } else {
                out.push('"');
                out.extend(std::iter::repeat_n('X', length - 2));
                out.push('"');
            }
            rest = &rest[length..];
            continue;
        }
        if letter == '\\' && in_string {
            let width = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            out.push_str(&rest[..width]);
            rest = &rest[width..];
            continue;
        }
        if letter == '"' {
            in_string = !in_string;
        }
        out.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    Some(out)
}

/// The bytes of the interpolation at the start of a text, its braces included.
fn hole(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

struct Reader<'a> {
    text: &'a str,
    /// Interpolations stand inside JSON strings and follow their escapes.
    escaped_holes: bool,
}

impl Reader<'_> {
    fn node(&self, node: TreeNode<'_>, depth: u32) -> Node {
        let span = node.byte_range();
        let slice = self.text.get(span.clone()).unwrap_or_default();
        if depth > DEEPEST {
            return Node::new(span, Expression::Opaque(slice.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        let kind = match node.kind() {
            "object" => Expression::Object(
                node.named_children()
                    .filter(|child| child.kind() == "pair")
                    .filter_map(|pair| {
                        let key = pair.child_by_field_name("key")?;
                        let key = match self.string(key) {
                            Expression::Text(text) => Key::Name(text),
                            other => Key::Computed(Node::new(key.byte_range(), other).source()),
                        };
                        let value = self.node(pair.child_by_field_name("value")?, depth + 1);
                        Some(Entry { span: pair.byte_range(), key, value })
                    })
                    .collect(),
            ),
            "array" => Expression::List(
                node.named_children()
                    .filter(|child| child.kind() != "comment")
                    .map(|child| self.node(child, depth + 1))
                    .collect(),
            ),
            "string" => self.string(node),
            "number" => match slice.parse() {
                Ok(value) => Expression::Number(value),
                Err(_) => Expression::Opaque(slice.to_owned()),
            },
            "true" => Expression::Bool(true),
            "false" => Expression::Bool(false),
            "null" => Expression::Null,
            _ => Expression::Opaque(slice.to_owned()),
        };
        Node::new(span, kind)
    }

    fn string(&self, node: TreeNode<'_>) -> Expression {
        let slice = self.text.get(node.byte_range()).unwrap_or_default();
        // A bare hole of a heredoc was given quotes only for the parser.
        let bare = !self.escaped_holes && slice.starts_with("${");
        let inner = match slice.strip_prefix('"').and_then(|slice| slice.strip_suffix('"')) {
            Some(inner) if !bare => inner,
            _ => slice,
        };
        let decoded;
        let (text, escapes) = if self.escaped_holes {
            decoded = unescape(inner);
            (decoded.as_str(), false)
        } else {
            (inner, true)
        };
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut literal = String::new();
        while let Some(at) = rest.find("${") {
            literal.push_str(&rest[..at]);
            if literal.ends_with('$') {
                literal.push('{');
                rest = &rest[at + 2..];
                continue;
            }
            let Some(length) = hole(&rest[at..]) else { break };
            push_literal(&mut pieces, &mut literal, escapes);
            let source = &rest[at + 2..at + length - 1];
            let expression = read_expression(source.trim())
                .unwrap_or_else(|| Node::new(0..0, Expression::Opaque(source.trim().to_owned())));
            pieces.push(Piece::Hole(expression));
            rest = &rest[at + length..];
        }
        literal.push_str(rest);
        push_literal(&mut pieces, &mut literal, escapes);
        join(pieces)
    }
}

fn push_literal(pieces: &mut Vec<Piece>, literal: &mut String, escapes: bool) {
    if !literal.is_empty() {
        let text = if escapes { unescape(literal) } else { literal.clone() };
        pieces.push(Piece::Text(text));
        literal.clear();
    }
}

fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    serde_json::from_str(&format!("\"{text}\"")).unwrap_or_else(|_| text.to_owned())
}
