//! JSON into values, comments allowed.

use std::rc::Rc;

use crate::source::Node as Syntax;

use super::node::{DEEPEST, Entry, Kind, Node};
use super::yaml_scalar::number;
use crate::facts::{Scalar, Value};
use crate::source::Document;

/// The values of a document; more than one only in JSON lines.
pub(in crate::facts) fn read(document: &Document) -> Vec<Node> {
    let Some(tree) = &document.tree else { return Vec::new() };
    let root = tree.root_node();
    root.named_children()
        .filter(|child| is_value(child.kind()))
        .map(|child| value(&document.text, child, 0))
        .collect()
}

fn is_value(kind: &str) -> bool {
    matches!(kind, "object" | "array" | "string" | "number" | "true" | "false" | "null")
}

fn value(text: &str, syntax: Syntax<'_>, depth: usize) -> Node {
    let source = text.get(syntax.byte_range()).unwrap_or_default();
    let scalar = |scalar: Scalar| Kind::Scalar(Value::Literal(scalar));
    let kind = match syntax.kind() {
        _ if depth > DEEPEST => Kind::Scalar(Value::Unknown(source.chars().take(80).collect())),
        "object" => {
            let pairs = syntax.named_children().filter(|child| child.kind() == "pair");
            Kind::Mapping(Rc::new(pairs.filter_map(|pair| entry(text, pair, depth + 1)).collect()))
        }
        "array" => {
            let items = syntax.named_children().filter(|child| is_value(child.kind()));
            Kind::Sequence(Rc::new(items.map(|item| value(text, item, depth + 1)).collect()))
        }
        "string" => scalar(Scalar::String(string(source))),
        "number" => scalar(number(source).map_or_else(|| Scalar::String(source.to_owned()), Scalar::Number)),
        "true" => scalar(Scalar::Bool(true)),
        "false" => scalar(Scalar::Bool(false)),
        _ => scalar(Scalar::Null),
    };
    Node::new(kind, syntax.byte_range())
}

fn entry(text: &str, pair: Syntax<'_>, depth: usize) -> Option<Entry> {
    let key = pair.child_by_field_name("key")?;
    let found = pair.child_by_field_name("value")?;
    Some(Entry {
        key: string(text.get(key.byte_range()).unwrap_or_default()),
        key_span: key.byte_range(),
        value: value(text, found, depth),
        span: pair.byte_range(),
    })
}

/// The content of a string with its quotes.
fn string(source: &str) -> String {
    match serde_json::from_str::<String>(source) {
        Ok(text) => text,
        Err(_) => source.trim_matches(['"', '\'']).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::nodes;
    use super::super::yaml::compact;

    #[test]
    fn comments_and_escapes_are_read() {
        let found = nodes("tsconfig.json", "{ // why\n \"a\": [1, true, null, \"x\\u0041\"] /* end */ }");
        assert_eq!(compact(&found[0], 0), "{a: [1, true, null, xA]}");
    }

    #[test]
    fn deep_arrays_end_in_an_unknown() {
        let text = format!("{}1{}", "[".repeat(450), "]".repeat(450));
        assert_eq!(nodes("a.json", &text).len(), 1);
    }
}
