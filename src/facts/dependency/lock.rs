//! Lock files: the packages that the change touches, with source and checksum.

use std::ops::Range;

use super::fact;
use crate::facts::structured::node::Node;
use crate::facts::structured::{json, toml};
use crate::facts::{Dependency, Fact, Group, Origin};
use crate::source::{Document, Focus};

/// `[[package]]` tables of Cargo, Poetry, uv and PDM.
pub(super) fn packages(document: &Document, focus: &Focus, name: &str) -> Vec<Fact> {
    let ecosystem = if name == "Cargo.lock" { "cargo" } else { "pypi" };
    let Some(top) = toml::read(document).pop() else { return Vec::new() };
    let items = top.get("package").map(Node::items).unwrap_or_default();
    items
        .iter()
        .filter(|item| focus.touches(&item.span))
        .filter_map(|item| {
            let source = item.text_of("source").or_else(|| item.at(&["source", "registry"])?.text());
            let files = item.get("files").map(Node::items).unwrap_or_default();
            let hashes = files.iter().filter_map(|file| file.text_of("hash")).collect::<Vec<_>>().join(" ");
            let checksum = item.text_of("checksum").or((!hashes.is_empty()).then_some(hashes));
            let name = item.text_of("name")?;
            Some(locked(document, item.span.clone(), ecosystem, name, item, source, checksum))
        })
        .collect()
}

/// `packages` of npm's lock file, version 2 and later.
pub(super) fn npm(document: &Document, focus: &Focus) -> Vec<Fact> {
    let Some(top) = json::read(document).into_iter().next() else { return Vec::new() };
    let entries = top.get("packages").map(Node::entries).unwrap_or_default();
    entries
        .iter()
        .filter(|entry| !entry.key.is_empty() && focus.touches(&entry.span))
        .map(|entry| {
            let value = &entry.value;
            let (source, checksum) = (value.text_of("resolved"), value.text_of("integrity"));
            locked(document, entry.span.clone(), "npm", entry.key.clone(), value, source, checksum)
        })
        .collect()
}

fn locked(
    document: &Document,
    span: Range<usize>,
    ecosystem: &'static str,
    name: String,
    node: &Node,
    source: Option<String>,
    checksum: Option<String>,
) -> Fact {
    let origin = match source {
        Some(source) if source.starts_with("git") => Origin::Git { url: source, pinned: true },
        Some(source) => Origin::Registry(Some(host(&source).to_owned())),
        None => Origin::Registry(None),
    };
    let dependency = Dependency {
        ecosystem,
        name,
        spec: node.text_of("version").unwrap_or_default(),
        exact: true,
        open: false,
        origin,
        group: Group::Locked,
        checksum,
    };
    fact(document, span, dependency)
}

/// The host of an address; the whole text where there is none.
fn host(source: &str) -> &str {
    source.split_once("://").map_or(source, |(_, rest)| rest.split('/').next().unwrap_or(rest))
}
