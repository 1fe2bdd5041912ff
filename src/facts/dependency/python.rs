//! Python manifests: pyproject (PEP 621, Poetry, dependency groups), Pipfile, requirements files.

use super::fact;
use super::spec::{is_exact, is_open};
use crate::facts::structured::node::{Entry, Node};
use crate::facts::structured::toml;
use crate::facts::{Dependency, Fact, Group, Origin};
use crate::source::Document;

pub(super) fn is_requirements(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_text = name.ends_with(".txt") || name.ends_with(".in");
    is_text && (name.contains("requirements") || name.contains("constraints") || path.contains("requirements/"))
}

/// One requirement a line; continuation lines hold the hashes.
pub(super) fn requirements(document: &Document) -> Vec<Fact> {
    let mut facts = Vec::new();
    let group = if document.path.contains("dev") || document.path.contains("test") {
        Group::Development
    } else {
        Group::Runtime
    };
    let mut start = 0;
    let text = &*document.text;
    while start < text.len() {
        let mut end = start;
        // A backslash carries the line on.
        loop {
            let next = memchr::memchr(b'\n', &text.as_bytes()[end..]).map_or(text.len(), |at| end + at + 1);
            let continued = text[end..next].trim_end().ends_with('\\') && next < text.len();
            end = next;
            if !continued {
                break;
            }
        }
        let line = &text[start..end];
        let offset = start + line.len() - line.trim_start().len();
        start = end;
        let hashed = line.contains("--hash=");
        let content = line.split(" #").next().unwrap_or_default().split(" --").next().unwrap_or_default();
        let content = content.trim().trim_end_matches('\\').trim();
        if content.is_empty() || content.starts_with(['#', '-', '.', '/']) {
            continue;
        }
        if let Some(mut found) = requirement(content, group) {
            found.checksum = hashed.then(|| "hashes".to_owned());
            facts.push(fact(document, offset..offset + content.len(), found));
        }
    }
    facts
}

pub(super) fn manifest(document: &Document) -> Vec<Fact> {
    let Some(top) = toml::read(document).pop() else { return Vec::new() };
    let mut facts = Vec::new();
    let mut listed = |list: Option<&Node>, group: Group| {
        for item in list.map(Node::items).unwrap_or_default() {
            let found = item.text().and_then(|text| requirement(&text, group));
            facts.extend(found.map(|found| fact(document, item.span.clone(), found)));
        }
    };
    listed(top.at(&["project", "dependencies"]), Group::Runtime);
    listed(top.at(&["build-system", "requires"]), Group::Build);
    for entry in top.at(&["project", "optional-dependencies"]).map(Node::entries).unwrap_or_default() {
        listed(Some(&entry.value), Group::Runtime);
    }
    for entry in top.get("dependency-groups").map(Node::entries).unwrap_or_default() {
        listed(Some(&entry.value), Group::Development);
    }
    let mut tables: Vec<(&Node, Group)> = Vec::new();
    tables.extend(top.at(&["tool", "poetry", "dependencies"]).map(|table| (table, Group::Runtime)));
    tables.extend(top.get("packages").map(|table| (table, Group::Runtime)));
    tables.extend(top.get("dev-packages").map(|table| (table, Group::Development)));
    for group in top.at(&["tool", "poetry", "group"]).map(Node::entries).unwrap_or_default() {
        tables.extend(group.value.get("dependencies").map(|table| (table, Group::Development)));
    }
    for (table, group) in tables {
        for entry in table.entries().iter().filter(|entry| entry.key != "python") {
            facts.extend(keyed(entry, group).map(|found| fact(document, entry.span.clone(), found)));
        }
    }
    facts
}

/// `name = "^1.2"` or `name = {version = …, git = …}`.
fn keyed(entry: &Entry, group: Group) -> Option<Dependency> {
    let value = &entry.value;
    if value.get("path").is_some() {
        return None;
    }
    let spec = value.text().or_else(|| value.text_of("version")).unwrap_or_default();
    let origin = match (value.text_of("git"), value.text_of("url")) {
        (Some(url), _) => Origin::Git { url, pinned: value.get("rev").is_some() || value.get("ref").is_some() },
        (None, Some(url)) => Origin::Url(url),
        (None, None) => Origin::Registry(value.text_of("source").or_else(|| value.text_of("index"))),
    };
    let of_registry = matches!(origin, Origin::Registry(_));
    Some(Dependency {
        ecosystem: "pypi",
        name: normal(&entry.key),
        exact: is_exact(&spec, true),
        open: of_registry && is_open(&spec),
        spec,
        origin,
        group,
        checksum: None,
    })
}

/// PEP 508: `name[extra] >=1,<2; marker`, `name @ url`.
fn requirement(text: &str, group: Group) -> Option<Dependency> {
    let text = text.split(';').next().unwrap_or_default().trim();
    if text.split('@').next().is_some_and(|start| start.contains("://")) {
        return requirement(&format!("{} @ {text}", name_in_address(text)?), group);
    }
    let end = text
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.')))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() || !name.starts_with(|letter: char| letter.is_ascii_alphanumeric()) {
        return None;
    }
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((_, rest)) => rest.trim_start(),
        None => rest,
    };
    let origin = match rest.strip_prefix('@').map(str::trim) {
        Some(url) if url.starts_with("git+") => {
            let tail = url.rsplit_once('@').map_or("", |(_, tail)| tail);
            let pinned = tail.len() >= 7 && tail.bytes().all(|byte| byte.is_ascii_hexdigit());
            Origin::Git { url: url.to_owned(), pinned }
        }
        Some(url) => Origin::Url(url.to_owned()),
        None => Origin::Registry(None),
    };
    let of_registry = matches!(origin, Origin::Registry(_));
    let spec: String = if of_registry { rest.split_whitespace().collect() } else { String::new() };
    Some(Dependency {
        ecosystem: "pypi",
        name: normal(name),
        exact: is_exact(&spec, false),
        open: of_registry && is_open(&spec),
        spec,
        origin,
        group,
        checksum: None,
    })
}

/// The package that an address without a name leads to: by `#egg=`, or by the name of the repository or the archive.
fn name_in_address(address: &str) -> Option<String> {
    if let Some((_, egg)) = address.split_once("#egg=") {
        return Some(egg.split(['[', '&']).next().unwrap_or(egg).to_owned());
    }
    let path = address.split(['#', '?']).next().unwrap_or(address).split_once("://")?.1;
    let mut segments =
        path.split('/').skip(1).take_while(|segment| !matches!(*segment, "archive" | "releases"));
    let last = segments.by_ref().last()?.split('@').next()?;
    let plain = last.trim_end_matches(".git").trim_end_matches(".tar.gz").trim_end_matches(".zip");
    // `name-1.0-py3-none-any.whl`
    let name = if last.ends_with(".whl") { plain.split('-').next()? } else { plain };
    (!name.is_empty()).then(|| name.to_owned())
}

/// PEP 503: case, dots and underscores do not count.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Body;
    use crate::facts::structured::testing::document;

    fn shown(facts: &[Fact]) -> Vec<String> {
        facts
            .iter()
            .map(|fact| match &fact.body {
                Body::Dependency(one) => format!("{} {} {} {:?}", one.name, one.spec, one.exact, one.checksum),
                _ => String::new(),
            })
            .collect()
    }

    #[test]
    fn addresses_name_their_package() {
        for (address, name) in [
            ("https://github.com/pallets/click/archive/refs/heads/main.tar.gz", Some("click")),
            ("git+https://github.com/psf/requests.git@v2", Some("requests")),
            ("git+ssh://git@example.com/team/tool.git#egg=tool-x", Some("tool-x")),
            ("https://example.com/files/pkg_a-1.0-py3-none-any.whl", Some("pkg_a")),
            ("https://example.com", None),
        ] {
            assert_eq!(name_in_address(address).as_deref(), name, "{address}");
            assert_eq!(
                requirement(address, Group::Runtime).map(|found| found.name),
                name.map(normal),
                "{address}"
            );
        }
    }

    #[test]
    fn requirements_and_pyproject_say_the_same() {
        let lines = "# c\n-r base.txt\nRequests [socks]==2.32.3 ; python_version > '3' # why\nflask>=3 \\\n    --hash=sha256:aa\n./local\n";
        assert_eq!(
            shown(&requirements(&document("requirements.txt", lines))),
            ["requests ==2.32.3 true None", "flask >=3 false Some(\"hashes\")"]
        );
        let project = "[project]\ndependencies = [\"requests==2.32.3\"]\n[tool.poetry.group.dev.dependencies]\npytest = \"^8\"\n[tool.poetry.dependencies]\npython = \"^3.11\"\n";
        assert_eq!(
            shown(&manifest(&document("pyproject.toml", project))),
            ["requests ==2.32.3 true None", "pytest ^8 false None"]
        );
    }
}
