//! Shell in YAML: which keys hold scripts, by what the file is.

use super::outline::Value;
use super::{Finder, Fragment, ci, workloads};

pub(super) fn find(finder: &Finder<'_>) -> Vec<Fragment> {
    let Some(tree) = &finder.host.tree else { return Vec::new() };
    let mut fragments = Vec::new();
    for value in roots(tree.root_node()) {
        let touched = value.span().is_some_and(|span| finder.touched(&span));
        if !touched {
            continue;
        }
        if !ci::find(finder, value, &mut fragments) {
            workloads::find(finder, value, &mut fragments);
        }
    }
    fragments
}

/// The values of the documents of a stream, also of those that the grammar could read only in part.
fn roots<'t>(root: crate::source::Node<'t>) -> Vec<Value<'t>> {
    let mut values = Vec::new();
    for child in root.named_children() {
        if matches!(child.kind(), "block_node" | "flow_node") {
            values.push(Value::of(child));
        } else if child.kind() == "document" || child.is_error() {
            values.extend(child.named_children().map(Value::of));
        }
    }
    values
}
