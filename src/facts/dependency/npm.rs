//! npm manifests, as npm, pnpm, yarn and bun read them.

use super::fact;
use super::spec::{is_exact, is_open};
use crate::facts::structured::json;
use crate::facts::structured::node::{Entry, Node};
use crate::facts::{Dependency, Fact, Group, Origin};
use crate::source::Document;

const TABLES: [(&str, Group); 5] = [
    ("dependencies", Group::Runtime),
    ("optionalDependencies", Group::Runtime),
    ("devDependencies", Group::Development),
    ("overrides", Group::Override),
    ("resolutions", Group::Override),
];

pub(super) fn manifest(document: &Document) -> Vec<Fact> {
    let Some(top) = json::read(document).into_iter().next() else { return Vec::new() };
    let mut facts = Vec::new();
    for (table, group) in TABLES {
        for entry in top.get(table).map(Node::entries).unwrap_or_default() {
            facts.extend(dependency(entry, group).map(|found| fact(document, entry.span.clone(), found)));
        }
    }
    facts
}

/// `None` for what the workspace itself provides.
fn dependency(entry: &Entry, group: Group) -> Option<Dependency> {
    let spec = entry.value.text()?;
    if ["workspace:", "file:", "link:", "portal:", "catalog:"].iter().any(|start| spec.starts_with(start)) {
        return None;
    }
    // `npm:other@1.2.3` takes another package under this name.
    let (name, spec) = match spec.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@')) {
        Some((name, spec)) if !name.is_empty() => (name.to_owned(), spec.to_owned()),
        _ => (entry.key.clone(), spec),
    };
    let is_git = spec.starts_with("git") || spec.starts_with("ssh://") || spec.contains(".git");
    let is_short = !spec.starts_with('@') && spec.contains('/') && !spec.contains("://");
    let origin = if is_git || is_short {
        let (url, reference) = spec.split_once('#').unwrap_or((&spec, ""));
        let pinned = reference.len() >= 7 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
        Origin::Git { url: url.to_owned(), pinned }
    } else if spec.contains("://") {
        Origin::Url(spec.clone())
    } else {
        Origin::Registry(None)
    };
    let of_registry = matches!(origin, Origin::Registry(_));
    Some(Dependency {
        ecosystem: "npm",
        name,
        exact: of_registry && is_exact(&spec, true),
        open: of_registry && is_open(&spec),
        spec,
        origin,
        group,
        checksum: None,
    })
}
