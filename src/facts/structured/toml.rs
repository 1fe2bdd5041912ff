//! TOML into values: tables, arrays of tables, dotted keys.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use crate::source::Node as Syntax;

use super::node::{DEEPEST, Entry, Kind, Node};
use super::yaml_scalar::number;
use crate::facts::{Scalar, Value};
use crate::source::Document;

pub(in crate::facts) fn read(document: &Document) -> Vec<Node> {
    let Some(tree) = &document.tree else { return Vec::new() };
    let text = &*document.text;
    let root = tree.root_node();
    let mut top = Table::new(root.byte_range());
    for child in root.named_children() {
        match child.kind() {
            "pair" => top.insert_pair(text, child, &[], 0),
            "table" | "table_array_element" => {
                let mut parts = child.named_children().filter(|part| part.kind() != "comment");
                let Some(header) = parts.next() else { continue };
                let path = keys(text, header);
                let is_element = child.kind() == "table_array_element";
                top.open(&path, header.byte_range(), child.byte_range(), is_element);
                for pair in parts.filter(|part| part.kind() == "pair") {
                    top.insert_pair(text, pair, &path, 0);
                }
            }
            _ => {}
        }
    }
    vec![top.into_node()]
}

/// A table while it is put together: its parts may stand far apart.
struct Table {
    span: Range<usize>,
    /// Insertion order.
    slots: Vec<Slot>,
    index: BTreeMap<String, usize>,
}

struct Slot {
    key: String,
    key_span: Range<usize>,
    span: Range<usize>,
    content: Content,
}

enum Content {
    Value(Node),
    Table(Table),
    Elements(Vec<Table>),
}

impl Table {
    fn new(span: Range<usize>) -> Self {
        Self { span, slots: Vec::new(), index: BTreeMap::new() }
    }

    /// The table at a path, the last element where the path names an array of tables.
    fn descend(&mut self, path: &[String], key_span: &Range<usize>, span: &Range<usize>) -> Option<&mut Self> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        let slot = self.slot(first, key_span, span, || Content::Table(Self::new(span.clone())));
        match &mut slot.content {
            Content::Table(table) => table.descend(rest, key_span, span),
            Content::Elements(elements) => elements.last_mut()?.descend(rest, key_span, span),
            Content::Value(_) => None,
        }
    }

    fn slot(
        &mut self,
        key: &str,
        key_span: &Range<usize>,
        span: &Range<usize>,
        content: impl FnOnce() -> Content,
    ) -> &mut Slot {
        let at = match self.index.get(key) {
            Some(at) => *at,
            None => {
                self.index.insert(key.to_owned(), self.slots.len());
                self.slots.push(Slot {
                    key: key.to_owned(),
                    key_span: key_span.clone(),
                    span: span.clone(),
                    content: content(),
                });
                self.slots.len() - 1
            }
        };
        &mut self.slots[at]
    }

    fn open(&mut self, path: &[String], header: Range<usize>, span: Range<usize>, is_element: bool) {
        let Some((last, parents)) = path.split_last() else { return };
        if path.len() > DEEPEST {
            return;
        }
        let Some(parent) = self.descend(parents, &header, &span) else { return };
        let slot = parent.slot(last, &header, &span, || {
            if is_element { Content::Elements(Vec::new()) } else { Content::Table(Self::new(span.clone())) }
        });
        if let (Content::Elements(elements), true) = (&mut slot.content, is_element) {
            elements.push(Self::new(span));
        }
    }

    fn insert_pair(&mut self, text: &str, pair: Syntax<'_>, path: &[String], depth: usize) {
        let mut parts = pair.named_children().filter(|part| part.kind() != "comment");
        let (Some(key), Some(found)) = (parts.next(), parts.next()) else { return };
        let mut path = path.to_vec();
        path.extend(keys(text, key));
        if path.len() > DEEPEST {
            return;
        }
        let Some((last, parents)) = path.split_last() else { return };
        let Some(table) = self.descend(parents, &key.byte_range(), &pair.byte_range()) else { return };
        let content = Content::Value(value(text, found, depth + 1));
        let slot = table.slot(last, &key.byte_range(), &pair.byte_range(), || Content::Value(Node::null(0)));
        slot.content = content;
    }

    fn into_node(self) -> Node {
        let entries = self
            .slots
            .into_iter()
            .map(|slot| {
                let value = match slot.content {
                    Content::Value(node) => node,
                    Content::Table(table) => table.into_node(),
                    Content::Elements(elements) => {
                        let items = elements.into_iter().map(Self::into_node).collect();
                        Node::new(Kind::Sequence(Rc::new(items)), slot.span.clone())
                    }
                };
                Entry { key: slot.key, key_span: slot.key_span, value, span: slot.span }
            })
            .collect();
        Node::mapping(entries, self.span)
    }
}

/// The parts of a key; the grammar nests dotted keys to the left.
fn keys(text: &str, key: Syntax<'_>) -> Vec<String> {
    let mut parts = Vec::new();
    let mut pending = vec![key];
    while let Some(node) = pending.pop() {
        if node.kind() == "dotted_key" {
            let children: Vec<Syntax<'_>> = node.named_children().collect();
            pending.extend(children.into_iter().rev());
        } else {
            let source = text.get(node.byte_range()).unwrap_or_default();
            parts.push(if node.kind() == "quoted_key" { string(source) } else { source.trim().to_owned() });
        }
    }
    parts
}

fn value(text: &str, syntax: Syntax<'_>, depth: usize) -> Node {
    let source = text.get(syntax.byte_range()).unwrap_or_default();
    let scalar = |scalar: Scalar| Kind::Scalar(Value::Literal(scalar));
    let kind = match syntax.kind() {
        _ if depth > DEEPEST => Kind::Scalar(Value::Unknown(source.chars().take(80).collect())),
        "inline_table" => {
            let mut table = Table::new(syntax.byte_range());
            for pair in syntax.named_children().filter(|child| child.kind() == "pair") {
                table.insert_pair(text, pair, &[], depth + 1);
            }
            return table.into_node();
        }
        "array" => {
            let items = syntax.named_children().filter(|child| child.kind() != "comment");
            Kind::Sequence(Rc::new(items.map(|item| value(text, item, depth + 1)).collect()))
        }
        "string" => scalar(Scalar::String(string(source))),
        "boolean" => scalar(Scalar::Bool(source == "true")),
        "integer" | "float" => {
            let plain = source.replace('_', "");
            scalar(number(&plain).map_or_else(|| Scalar::String(source.to_owned()), Scalar::Number))
        }
        _ => scalar(Scalar::String(source.to_owned())),
    };
    Node::new(kind, syntax.byte_range())
}

/// The content of a string of any of the four kinds.
fn string(source: &str) -> String {
    for quotes in ["\"\"\"", "'''"] {
        if let Some(inner) = source.strip_prefix(quotes).and_then(|rest| rest.strip_suffix(quotes)) {
            return inner.trim_start_matches(['\r', '\n']).to_owned();
        }
    }
    if source.starts_with('"') {
        return serde_json::from_str(source).unwrap_or_else(|_| source.trim_matches('"').to_owned());
    }
    source.trim_matches('\'').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::testing::nodes;
    use super::super::yaml::compact;

    #[test]
    fn tables_arrays_of_tables_and_dotted_keys_are_one_tree() {
        let text = "x = 1\n[a.b]\nc.d = \"e\" # why\n[[list]]\nname = 'n'\n[[list]]\nname = 'm'\n[list.sub]\nz = true\n[a]\n\"q.r\" = { s = [1, 2] }\n";
        assert_eq!(
            compact(&nodes("a.toml", text)[0], 0),
            "{x: 1, a: {b: {c: {d: e}}, q.r: {s: [1, 2]}}, list: [{name: n}, {name: m, sub: {z: true}}]}"
        );
    }
}
