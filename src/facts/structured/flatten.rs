//! A tree of values as paths with leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::node::{DEEPEST, Kind, Node};
use crate::facts::{Attribute, Scalar, Value};
use crate::source::{Document, Scope};

/// Leaves of one tree; aliases can multiply a small text without end.
const MOST: usize = 20_000;

/// Keys under which an element of a list names itself, the best first.
const NAMES: [&str; 14] = [
    "name", "binding", "id", "key", "sid", "Name", "Id", "Key", "Sid", "ID", "alert", "record", "repo",
    "cluster",
];

/// One leaf, and what leads to it.
pub(super) struct Leaf {
    pub path: String,
    pub value: Value,
    /// Bytes of the key and the value, or of the element of a list.
    pub span: Range<usize>,
    /// Bytes of the keys above it, of the leaf's own key, and of the alias it came through.
    pub trail: Vec<Range<usize>>,
    /// The name of the alias it came through.
    pub via: Option<String>,
    /// An element of a list above it has no name of its own.
    pub nameless: bool,
}

#[derive(Default)]
pub(super) struct Flat {
    pub leaves: Vec<Leaf>,
    pub blocks: BTreeSet<String>,
}

/// Everything beneath a node; its own path is `prefix`.
pub(super) fn flatten(node: &Node, prefix: &str) -> Flat {
    let mut flat = Flat::default();
    let mut walk = Walk { flat: &mut flat, trail: Vec::new(), nameless: 0 };
    walk.node(node, prefix.to_owned(), node.span.clone(), None, 0);
    flat
}

/// The leaves beneath a node as attributes with unique paths, the last one of a path counting.
pub(super) fn attributes(
    document: &Document,
    node: &Node,
    scope: &Scope,
) -> (Vec<Attribute>, BTreeSet<String>) {
    let flat = flatten(node, "");
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, leaf) in flat.leaves.iter().enumerate() {
        last.insert(&leaf.path, index);
    }
    let attributes = flat
        .leaves
        .iter()
        .enumerate()
        .filter(|(index, leaf)| last.get(leaf.path.as_str()) == Some(index) && !leaf.path.is_empty())
        .map(|(_, leaf)| Attribute {
            path: leaf.path.clone(),
            value: leaf.value.clone(),
            locus: document.locus(leaf.span.clone(), scope.clone()),
            folded: leaf.via.as_ref().map(|name| format!("through *{name}")),
        })
        .collect();
    (attributes, flat.blocks)
}

/// A path with one more key.
pub(super) fn join(prefix: &str, key: &str) -> String {
    let quoted = key.is_empty() || key.contains(['.', '[', ']', '"']);
    match (prefix.is_empty(), quoted) {
        (true, false) => key.to_owned(),
        (false, false) => format!("{prefix}.{key}"),
        (_, true) => format!("{prefix}[\"{}\"]", bracketless(key)),
    }
}

/// Brackets would change where a segment of the path ends.
fn bracketless(text: &str) -> String {
    text.replace('[', "(").replace(']', ")")
}

struct Walk<'a> {
    flat: &'a mut Flat,
    trail: Vec<Range<usize>>,
    nameless: usize,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, path: String, span: Range<usize>, via: Option<&str>, depth: usize) {
        if self.flat.leaves.len() >= MOST {
            return;
        }
        let passed = node.via.as_ref();
        if let Some((_, alias)) = passed {
            self.trail.push(alias.clone());
        }
        let via = passed.map(|(name, _)| &**name).or(via);
        // The bytes of an aliased value stand with its anchor.
        let span = if passed.is_some() { node.span.clone() } else { span };
        match &node.kind {
            Kind::Scalar(value) => self.leaf(path, value.clone(), span, via),
            _ if depth > DEEPEST => {}
            Kind::Mapping(entries) => {
                if !path.is_empty() {
                    self.flat.blocks.insert(path.clone());
                }
                for entry in entries.iter() {
                    self.trail.push(entry.key_span.clone());
                    let below = join(&path, &entry.key);
                    let span = if entry.value.scalar().is_some() {
                        entry.span.clone()
                    } else {
                        entry.key_span.start..entry.value.span.end.max(entry.key_span.end)
                    };
                    self.node(&entry.value, below, span, via, depth + 1);
                    self.trail.pop();
                }
            }
            Kind::Sequence(items) => {
                self.flat.blocks.insert(path.clone());
                for (index, (item, name)) in items.iter().zip(element_names(items)).enumerate() {
                    let nameless = usize::from(name.is_none());
                    let below = format!("{path}[{}]", name.unwrap_or_else(|| index.to_string()));
                    self.nameless += nameless;
                    self.node(item, below, item.span.clone(), via, depth + 1);
                    self.nameless -= nameless;
                }
            }
        }
        if passed.is_some() {
            self.trail.pop();
        }
    }

    fn leaf(&mut self, path: String, value: Value, span: Range<usize>, via: Option<&str>) {
        self.flat.leaves.push(Leaf {
            path,
            value,
            span,
            trail: self.trail.clone(),
            via: via.map(str::to_owned),
            nameless: self.nameless > 0,
        });
    }
}

/// What the elements of a list call themselves; a second one of the same name gets a number.
fn element_names(items: &[Node]) -> Vec<Option<String>> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    items
        .iter()
        .map(|item| {
            let name = bracketless(&element_name(item)?);
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            Some(if *count > 1 { format!("{name}:{count}") } else { name })
        })
        .collect()
}

fn element_name(item: &Node) -> Option<String> {
    let text = match item.scalar() {
        Some(Value::Literal(Scalar::Null)) => return None,
        Some(value) => value.as_text(),
        None => NAMES
            .iter()
            .find_map(|key| item.text_of(key))
            .or_else(|| item.get("metadata").and_then(|metadata| metadata.text_of("name")))?,
    };
    Some(short(&text))
}

/// Long texts are cut, with a sum that tells them apart.
fn short(text: &str) -> String {
    const LONGEST: usize = 80;
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match folded.char_indices().nth(LONGEST) {
        None => folded,
        Some((cut, _)) => {
            let sum = folded
                .bytes()
                .fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
            format!("{}…{sum:08x}", &folded[..cut])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::nodes;
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let flat = flatten(&nodes("a.yaml", text)[0], "");
        flat.leaves.iter().map(|leaf| format!("{}={}", leaf.path, leaf.value.as_text())).collect()
    }

    #[test]
    fn elements_are_named_by_themselves() {
        let text = "spec:\n  containers:\n    - name: app\n      image: x\n    - image: y\n  args: [a, b, a]\nmeta:\n  notes:\n    helm.sh/policy: keep\n";
        assert_eq!(
            shown(text),
            [
                "spec.containers[app].name=app",
                "spec.containers[app].image=x",
                "spec.containers[1].image=y",
                "spec.args[a]=a",
                "spec.args[b]=b",
                "spec.args[a:2]=a",
                "meta.notes[\"helm.sh/policy\"]=keep",
            ]
        );
    }

    #[test]
    fn multiplied_aliases_are_bounded() {
        let mut text = String::from("a0: &a0 [x, y, z]\n");
        for level in 1..30 {
            text.push_str(&format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1));
        }
        assert!(flatten(&nodes("a.yaml", &text)[0], "").leaves.len() <= MOST);
    }
}
