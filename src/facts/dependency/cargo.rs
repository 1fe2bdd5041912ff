//! Cargo manifests.

use super::fact;
use super::spec::{is_exact, is_open};
use crate::facts::structured::node::{Entry, Node};
use crate::facts::structured::toml;
use crate::facts::{Dependency, Fact, Group, Origin};
use crate::source::Document;

const TABLES: [(&str, Group); 3] = [
    ("dependencies", Group::Runtime),
    ("dev-dependencies", Group::Development),
    ("build-dependencies", Group::Build),
];

pub(super) fn manifest(document: &Document) -> Vec<Fact> {
    let Some(top) = toml::read(document).pop() else { return Vec::new() };
    let mut facts = Vec::new();
    let mut homes: Vec<&Node> = vec![&top];
    homes.extend(top.get("workspace"));
    homes.extend(top.get("target").map(Node::entries).unwrap_or_default().iter().map(|entry| &entry.value));
    for home in homes {
        for (table, group) in TABLES {
            for entry in home.get(table).map(Node::entries).unwrap_or_default() {
                facts.extend(dependency(entry, group).map(|found| fact(document, entry.span.clone(), found)));
            }
        }
    }
    for registry in top.get("patch").map(Node::entries).unwrap_or_default() {
        for entry in registry.value.entries() {
            let found = dependency(entry, Group::Override);
            facts.extend(found.map(|found| fact(document, entry.span.clone(), found)));
        }
    }
    facts
}

/// `None` for what the workspace or the repository itself provides.
fn dependency(entry: &Entry, group: Group) -> Option<Dependency> {
    let value = &entry.value;
    if value.get("workspace").is_some() || (value.get("path").is_some() && value.get("git").is_none()) {
        return None;
    }
    let spec = value.text().or_else(|| value.text_of("version")).unwrap_or_default();
    let origin = match value.text_of("git") {
        Some(url) => Origin::Git { url, pinned: value.get("rev").is_some() },
        None => Origin::Registry(value.text_of("registry")),
    };
    Some(Dependency {
        ecosystem: "cargo",
        name: value.text_of("package").unwrap_or_else(|| entry.key.clone()),
        exact: is_exact(&spec, false),
        open: is_open(&spec) && matches!(origin, Origin::Registry(_)),
        spec,
        origin,
        group,
        checksum: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Body;
    use crate::facts::structured::testing::document;

    #[test]
    fn tables_of_all_kinds_are_read_and_paths_are_not() {
        let text = "[dependencies]\nserde = \"1\"\nown = { path = \"../own\" }\nfork = { git = \"https://x/y\", rev = \"1\" }\n[target.'cfg(unix)'.dev-dependencies]\nnix = { version = \"=0.29.0\", features = [] }\n[patch.crates-io]\nlog = { git = \"https://x/log\" }\n";
        let facts = manifest(&document("Cargo.toml", text));
        let shown: Vec<String> = facts
            .iter()
            .map(|fact| match &fact.body {
                Body::Dependency(one) => format!("{} {:?} {} {:?}", one.name, one.group, one.exact, one.origin),
                _ => String::new(),
            })
            .collect();
        assert_eq!(
            shown,
            [
                "serde Runtime false Registry(None)",
                "fork Runtime false Git { url: \"https://x/y\", pinned: true }",
                "nix Development true Registry(None)",
                "log Override false Git { url: \"https://x/log\", pinned: false }",
            ]
        );
    }
}
