//! YAML into values: several documents, anchors, aliases, merge keys, tags, flow style.

use std::collections::HashMap;
use std::rc::Rc;

use crate::source::Node as Syntax;

use super::node::{DEEPEST, Entry, Kind, Node};
use super::yaml_scalar::{block, double_quoted, plain, single_quoted};
use crate::facts::{Scalar, Value};
use crate::source::{Document, HOLE};

/// One value for each document of the stream that has one.
pub(super) fn read(document: &Document) -> Vec<Node> {
    let Some(tree) = &document.tree else { return Vec::new() };
    let root = tree.root_node();
    let templated = document.path.contains("templates/");
    let mut values = Vec::new();
    for child in root.named_children() {
        // Anchors live as long as their document.
        let mut reader = Reader { text: &document.text, anchors: HashMap::new(), templated };
        if child.kind() == "document" {
            let content = child.named_children().find(|node| matches!(node.kind(), "block_node" | "flow_node"));
            values.extend(content.map(|content| reader.node(content, 0)));
        } else if child.is_error() {
            // What the grammar could not join may still hold whole mappings.
            for part in child.named_children() {
                if matches!(part.kind(), "block_node" | "flow_node") {
                    values.push(reader.node(part, 0));
                }
            }
        }
    }
    values
}

struct Reader<'a> {
    text: &'a str,
    anchors: HashMap<&'a str, Node>,
    /// The file is a template of a chart: braces in a text are filled in before anybody reads it.
    templated: bool,
}

impl<'a> Reader<'a> {
    fn source(&self, node: Syntax<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// A `block_node` or `flow_node`: properties, then content.
    fn node(&mut self, syntax: Syntax<'_>, depth: usize) -> Node {
        if depth > DEEPEST {
            return unknown(syntax, self.source(syntax));
        }
        let (mut anchor, mut tag, mut value) = (None, None, None);
        for child in syntax.named_children() {
            match child.kind() {
                "anchor" => anchor = Some(self.source(child).trim_start_matches('&')),
                "tag" => tag = Some(self.source(child)),
                "alias" => {
                    let name = self.source(child).trim_start_matches('*');
                    value = Some(match self.anchors.get(name) {
                        Some(node) => Node { via: Some((name.into(), child.byte_range())), ..node.clone() },
                        None => unknown(child, self.source(child)),
                    });
                }
                "comment" => {}
                _ => value = Some(self.content(child, depth)),
            }
        }
        let mut node = value.unwrap_or_else(|| Node::null(syntax.start_byte()));
        if let Some(tag) = tag {
            node = tagged(tag, node, syntax);
        }
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, node.clone());
        }
        node
    }

    fn content(&mut self, syntax: Syntax<'_>, depth: usize) -> Node {
        let source = self.source(syntax);
        let scalar =
            |value: Value| Node::new(Kind::Scalar(filled_in(value, self.templated)), syntax.byte_range());
        match syntax.kind() {
            "block_mapping" | "flow_mapping" => {
                let entries = self.entries(syntax, depth + 1);
                Node::mapping(entries, syntax.byte_range())
            }
            "block_sequence" | "flow_sequence" => {
                let items = self.items(syntax, depth + 1);
                Node::new(Kind::Sequence(Rc::new(items)), syntax.byte_range())
            }
            "plain_scalar" => scalar(plain(source)),
            "double_quote_scalar" => scalar(Value::string(double_quoted(source))),
            "single_quote_scalar" => scalar(Value::string(single_quoted(source))),
            "block_scalar" => scalar(Value::string(block(source))),
            _ => unknown(syntax, source),
        }
    }

    fn entries(&mut self, syntax: Syntax<'_>, depth: usize) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged: Vec<Node> = Vec::new();
        for child in syntax.named_children() {
            match child.kind() {
                "block_mapping_pair" | "flow_pair" => {
                    let entry = self.pair(child, depth);
                    if entry.key == "<<" { merged.push(entry.value) } else { entries.push(entry) }
                }
                // `{a, b}`: keys without values.
                "flow_node" => {
                    let key = self.node(child, depth);
                    entries.push(Entry {
                        key: key.scalar().map(Value::as_text).unwrap_or_default(),
                        key_span: child.byte_range(),
                        value: Node::null(child.end_byte()),
                        span: child.byte_range(),
                    });
                }
                _ => {}
            }
        }
        for source in merged {
            merge(&mut entries, &source);
        }
        entries
    }

    fn pair(&mut self, syntax: Syntax<'_>, depth: usize) -> Entry {
        let key = syntax.child_by_field_name("key");
        let value = syntax.child_by_field_name("value");
        let key_node = key.map(|key| self.node(key, depth));
        Entry {
            key: key_node.as_ref().and_then(Node::scalar).map(key_text).unwrap_or_default(),
            key_span: key.map_or(syntax.start_byte()..syntax.start_byte(), |key| key.byte_range()),
            value: value.map_or_else(|| Node::null(syntax.end_byte()), |value| self.node(value, depth)),
            span: syntax.byte_range(),
        }
    }

    fn items(&mut self, syntax: Syntax<'_>, depth: usize) -> Vec<Node> {
        let mut items = Vec::new();
        for child in syntax.named_children() {
            match child.kind() {
                "block_sequence_item" => {
                    let content =
                        child.named_children().find(|node| matches!(node.kind(), "block_node" | "flow_node"));
                    items.push(
                        content
                            .map_or_else(|| Node::null(child.end_byte()), |content| self.node(content, depth)),
                    );
                }
                "flow_node" => items.push(self.node(child, depth)),
                // `[a: 1]`: a mapping of one pair.
                "flow_pair" => {
                    let entry = self.pair(child, depth);
                    items.push(Node::mapping(vec![entry], child.byte_range()));
                }
                _ => {}
            }
        }
        items
    }
}

/// A text that a template fills in is an expression; how long the template was does not count.
fn filled_in(value: Value, templated: bool) -> Value {
    match &value {
        Value::Literal(Scalar::String(text)) if templated && text.contains("{{") => {
            Value::Unknown(text.clone())
        }
        Value::Literal(Scalar::String(text)) if text.contains(HOLE) => {
            let mut parts = text.split(HOLE);
            let mut shown = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                shown.push_str(HOLE);
                shown.push_str(part.trim_start_matches('_'));
            }
            Value::Unknown(shown)
        }
        _ => value,
    }
}

/// YAML 1.1 readers take the key `on` for true; tools that matter here take it as written.
fn key_text(value: &Value) -> String {
    value.as_text()
}

/// Takes over what a merge key brings and the mapping itself does not say.
fn merge(entries: &mut Vec<Entry>, source: &Node) {
    for one in source.items() {
        merge(entries, one);
    }
    for entry in source.entries() {
        if !entries.iter().any(|own| own.key == entry.key) {
            let mut entry = entry.clone();
            entry.value.via = entry.value.via.or_else(|| source.via.clone());
            entries.push(entry);
        }
    }
}

fn unknown(syntax: Syntax<'_>, source: &str) -> Node {
    let text = source.split_whitespace().collect::<Vec<_>>().join(" ");
    Node::new(Kind::Scalar(Value::Unknown(text)), syntax.byte_range())
}

/// The core tags say what a plain scalar is; any other tag is an expression of the tool that reads the file.
fn tagged(tag: &str, node: Node, syntax: Syntax<'_>) -> Node {
    match tag {
        "!!str" => match node.scalar() {
            Some(value) => Node { kind: Kind::Scalar(Value::string(value.as_text())), ..node },
            None => node,
        },
        _ if tag.starts_with("!!") || tag == "!" => node,
        _ => {
            let text = format!("{tag} {}", compact(&node, 0));
            Node::new(Kind::Scalar(Value::Unknown(text.trim_end().to_owned())), syntax.byte_range())
        }
    }
}

/// A value on one line, the same for flow and block style.
pub(super) fn compact(node: &Node, depth: usize) -> String {
    /// Characters; a longer text only serves comparison.
    const LONGEST: usize = 4096;
    if depth > 16 {
        return "…".to_owned();
    }
    let join = |parts: &mut dyn Iterator<Item = String>| {
        let mut text = String::new();
        for part in parts {
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(&part);
            if text.len() > LONGEST {
                break;
            }
        }
        text
    };
    match &node.kind {
        Kind::Scalar(value) => value.as_text(),
        Kind::Sequence(items) => format!("[{}]", join(&mut items.iter().map(|item| compact(item, depth + 1)))),
        Kind::Mapping(entries) => {
            let mut pairs =
                entries.iter().map(|entry| format!("{}: {}", entry.key, compact(&entry.value, depth + 1)));
            format!("{{{}}}", join(&mut pairs))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::nodes;
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        nodes("a.yaml", text).iter().map(|node| compact(node, 0)).collect()
    }

    #[test]
    fn documents_styles_and_quotes_say_the_same() {
        let block = "a:\n  - b: 1\n    c: two\n  - x\n---\nd: |\n  one\n  two\n";
        let flow = "{a: [{b: 1, \"c\": 'two'}, x]}\n---\nd: \"one\\ntwo\\n\"\n";
        assert_eq!(shown(block), shown(flow));
        assert_eq!(shown(block)[0], "{a: [{b: 1, c: two}, x]}");
    }

    #[test]
    fn anchors_aliases_and_merge_keys_are_resolved() {
        let text = "base: &base {a: 1, b: 2}\none:\n  <<: *base\n  b: 3\ntwo: *base\nlist: [*base]\n";
        assert_eq!(
            shown(text),
            ["{base: {a: 1, b: 2}, one: {b: 3, a: 1}, two: {a: 1, b: 2}, list: [{a: 1, b: 2}]}"]
        );
        assert_eq!(shown("a: *gone\n"), ["{a: *gone}"]);
    }

    #[test]
    fn tags_of_tools_are_expressions() {
        let node =
            &nodes("a.yaml", "a: !Ref Zone\nb: !Sub\n  - x\n  - {y: 1}\nc: !!str 5\nd: !If [p, 1, 2]\n")[0];
        assert_eq!(node.get("a").unwrap().scalar(), Some(&Value::Unknown("!Ref Zone".into())));
        assert_eq!(node.get("b").unwrap().scalar(), Some(&Value::Unknown("!Sub [x, {y: 1}]".into())));
        assert_eq!(node.get("c").unwrap().scalar(), Some(&Value::string("5")));
        assert_eq!(node.get("d").unwrap().scalar(), Some(&Value::Unknown("!If [p, 1, 2]".into())));
    }

    #[test]
    fn laughing_aliases_stay_cheap() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..40 {
            let before = level - 1;
            let refs = vec![format!("*a{before}"); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{refs}]\n"));
        }
        let begun = std::time::Instant::now();
        assert_eq!(nodes("a.yaml", &text).len(), 1);
        assert!(begun.elapsed() < std::time::Duration::from_secs(1));
    }
}
