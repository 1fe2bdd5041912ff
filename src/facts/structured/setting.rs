//! Leaves of configuration files as settings.

use super::flatten::{Leaf, flatten, join};
use super::node::{Entry, Node};
use crate::facts::{Body, Fact, Setting};
use crate::source::{Document, Focus};

/// Above this many leaves only those that the change touches are told.
const MANY: usize = 2_000;

/// Every leaf beneath a value.
///
/// Leaves below a list element without a name are told only if the change touches them or a key above them: their
/// path is a number, which shifts when another element comes or goes.
pub(super) fn leaves(document: &Document, node: &Node, prefix: &str, focus: &Focus) -> Vec<Fact> {
    let flat = flatten(node, prefix);
    let many = flat.leaves.len() > MANY;
    let touched = |leaf: &Leaf| {
        let on = |span: &std::ops::Range<usize>| focus.touches(&document.locus(span.clone(), Vec::new()).span);
        on(&leaf.span) || leaf.trail.iter().any(on)
    };
    flat.leaves
        .iter()
        .filter(|leaf| !(many || leaf.nameless) || touched(leaf))
        .map(|leaf| Fact {
            locus: document.locus(leaf.span.clone(), Vec::new()),
            body: Body::Setting(Setting {
                language: document.language,
                path: leaf.path.clone(),
                value: leaf.value.clone(),
            }),
        })
        .collect()
}

/// Every leaf beneath one key of the top mapping.
pub(super) fn entry(document: &Document, entry: &Entry, focus: &Focus) -> Vec<Fact> {
    if entry.value.scalar().is_some() {
        let top = Node::mapping(vec![entry.clone()], entry.span.clone());
        return leaves(document, &top, "", focus);
    }
    leaves(document, &entry.value, &join("", &entry.key), focus)
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;

    #[test]
    fn every_format_gives_the_same_paths() {
        let expected = ["a.b=1", "a.c[x].name=x", "a.c[x].on=true"];
        assert_eq!(shown("a.yaml", "a:\n  b: 1\n  c:\n    - name: x\n      on: true\n"), expected);
        assert_eq!(shown("a.json", r#"{"a": {"b": 1, "c": [{"name": "x", "on": true}]}}"#), expected);
        assert_eq!(shown("a.toml", "[a]\nb = 1\n[[a.c]]\nname = \"x\"\non = true\n"), expected);
    }

    #[test]
    fn lock_files_stay_silent() {
        assert!(shown("web/package-lock.json", r#"{"a": 1}"#).is_empty());
    }
}
