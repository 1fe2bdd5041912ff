//! One shape for the several ways in which the formats let the same thing be written.

use std::rc::Rc;

use super::node::{Entry, Kind, Node};
use crate::facts::{Scalar, Value};

/// A scalar as a list of one; everything else unchanged.
pub(super) fn listed(node: &Node) -> Node {
    match &node.kind {
        Kind::Scalar(Value::Literal(Scalar::Null)) | Kind::Sequence(_) | Kind::Mapping(_) => node.clone(),
        Kind::Scalar(_) => Node::new(Kind::Sequence(Rc::new(vec![node.clone()])), node.span.clone()),
    }
}

/// A list of names, or one name, as a mapping from the names to nothing.
pub(super) fn keyed(node: &Node) -> Node {
    let entries = listed(node)
        .items()
        .iter()
        .filter_map(|item| {
            let key = item.text()?;
            let value = Node::new(Kind::Scalar(Value::Literal(Scalar::Null)), item.span.clone());
            Some(Entry { key, key_span: item.span.clone(), value, span: item.span.clone() })
        })
        .collect();
    if node.is_mapping() { node.clone() } else { Node::mapping(entries, node.span.clone()) }
}

/// A list of `key=value` texts as a mapping.
pub(super) fn paired(node: &Node) -> Node {
    if !node.is_sequence() {
        return node.clone();
    }
    let entries = node
        .items()
        .iter()
        .filter_map(|item| {
            let text = item.text()?;
            let (key, value) = match text.split_once('=') {
                Some((key, value)) => (key.to_owned(), super::yaml_scalar::plain(value)),
                None => (text, Value::Literal(Scalar::Null)),
            };
            let value = Node::new(Kind::Scalar(value), item.span.clone());
            Some(Entry { key, key_span: item.span.clone(), value, span: item.span.clone() })
        })
        .collect();
    Node::mapping(entries, node.span.clone())
}

/// One name, where the long form says `name: …`.
pub(super) fn named(node: &Node) -> Node {
    let Kind::Scalar(value) = &node.kind else { return node.clone() };
    if *value == Value::Literal(Scalar::Null) {
        return node.clone();
    }
    let span = node.span.clone();
    let entry =
        Entry { key: "name".to_owned(), key_span: span.clone(), value: node.clone(), span: span.clone() };
    Node::mapping(vec![entry], span)
}

/// A mapping in which some values are given another shape, and some keys are left out.
pub(super) fn with(node: &Node, change: &dyn Fn(&str, &Node) -> Option<Node>) -> Node {
    if !node.is_mapping() {
        return node.clone();
    }
    let entries = node
        .entries()
        .iter()
        .filter_map(|entry| Some(Entry { value: change(&entry.key, &entry.value)?, ..entry.clone() }))
        .collect();
    Node { kind: Kind::Mapping(Rc::new(entries)), ..node.clone() }
}

/// What `below` says, with what only `above` says added, mapping by mapping.
pub(super) fn layered(below: &Node, above: &Node, depth: usize) -> Node {
    /// Mappings in mappings; configuration that inherits is flat.
    const DEEPEST: usize = 12;
    if !below.is_mapping() || !above.is_mapping() || depth > DEEPEST {
        return below.clone();
    }
    let mut entries: Vec<Entry> = below
        .entries()
        .iter()
        .map(|entry| match above.get(&entry.key) {
            Some(inherited) => Entry { value: layered(&entry.value, inherited, depth + 1), ..entry.clone() },
            None => entry.clone(),
        })
        .collect();
    let missing = above.entries().iter().filter(|entry| below.get(&entry.key).is_none());
    entries.extend(missing.cloned());
    Node { kind: Kind::Mapping(Rc::new(entries)), ..below.clone() }
}
