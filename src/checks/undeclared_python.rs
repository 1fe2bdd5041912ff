//! `undeclared-python-import`: a Python file imports a package that no manifest above it names.
//!
//! An import has another name than what is installed (`yaml` comes with PyYAML), packages may be local, and manifests
//! come in many forms. A name therefore counts as declared as soon as any text that lists packages holds it or what is
//! known to bring it along.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use serde::Deserialize;

use super::Evidence;
use crate::change::{Change, Side, Tree};
use crate::facts::Expression;
use crate::rules::{Draft, Finding, Kind, Place, Rule, Subject};
use crate::source::{Language, SideReading};

const DATA: &str = include_str!("../../rules/data/python-modules.json");

/// What Python brings along, and which distribution holds a module of another name.
#[derive(Default, Deserialize)]
struct Modules {
    /// Modules of the standard library, of any version since 3.8.
    standard: HashSet<String>,
    /// Modules that a host, a build tool or several distributions give.
    given: HashSet<String>,
    /// Module to the distributions that hold it.
    distributions: HashMap<String, Vec<String>>,
}

fn modules() -> &'static Modules {
    static MODULES: OnceLock<Modules> = OnceLock::new();
    MODULES.get_or_init(|| serde_json::from_str(DATA).unwrap_or_default())
}

/// Files that name packages, besides those whose name holds `requirements` or `constraints`.
const MANIFESTS: [&str; 14] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "Pipfile.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "pixi.toml",
    "environment.yml",
    "environment.yaml",
    "conda.yaml",
    "meta.yaml",
    "Dockerfile",
];
/// Folders that hold lists of requirements.
const LISTS: [&str; 3] = ["requirements", "reqs", "deps"];
/// Folders from which modules are found, besides those on the way up.
const ROOTS: [&str; 5] = ["", "src", "lib", "python", "app"];
/// Code whose packages are declared elsewhere, if at all.
const ELSEWHERE: [&str; 15] = [
    "test",
    "tests",
    "testing",
    "docs",
    "doc",
    "examples",
    "example",
    "samples",
    "notebooks",
    "vendor",
    "_vendor",
    "third_party",
    "fixtures",
    "testdata",
    "site-packages",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    static IMPORT: Expression = Expression::of(
        r"^[ \t]*(?:import[ \t]+([A-Za-z][\w.]*(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[A-Za-z][\w.]*(?:[ \t]+as[ \t]+\w+)?)*)|from[ \t]+([A-Za-z][\w.]*)[ \t]+import\b)",
    );
    let mut findings = Vec::new();
    let mut manifests: HashMap<String, Option<String>> = HashMap::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let (Some(file), Some(new)) = (evidence.change.files.get(index), &reading.new) else { continue };
        let python = new.documents.first().is_some_and(|host| host.language == Language::Python);
        // Whoever changes the search path finds modules where nobody can follow.
        if !python || is_elsewhere(file.path()) || new.text.contains("sys.path") {
            continue;
        }
        let folder = file.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut told: HashSet<String> = HashSet::new();
        for line in 1..=new.lines.count() as u32 {
            if reading.map.as_ref().is_some_and(|map| !map.is_touched_new(line)) {
                continue;
            }
            let text = new.lines.line(line).unwrap_or_default();
            if !text.contains("import") || is_tried(new, line) {
                continue;
            }
            for path in IMPORT.captures(text).iter().flat_map(imported) {
                let name = path.split('.').next().unwrap_or_default().to_owned();
                if told.contains(&name) || is_given(&name) || stood_before(evidence, &name) {
                    continue;
                }
                let listed = manifests
                    .entry(folder.to_owned())
                    .or_insert_with(|| listed_packages(evidence.change.tree(Side::New), folder));
                let Some(listed) = listed.as_ref() else { continue };
                if is_listed(&name, listed) || is_local(evidence.change, folder, &path) {
                    continue;
                }
                let draft = Draft {
                    subject: Some(Subject { home: file.path().to_owned(), name: name.clone() }),
                    content: name.clone(),
                    ..Draft::new(Kind::Introduced, Place::line(index, file.path(), line))
                };
                findings.push(draft.capture("name", &name).finish(rule));
                told.insert(name);
            }
        }
    }
    findings
}

/// The paths that an import statement names.
fn imported(found: &regex::Captures<'_>) -> Vec<String> {
    if let Some(from) = found.get(2) {
        return vec![from.as_str().to_owned()];
    }
    let list = found.get(1).map_or("", |list| list.as_str());
    list.split(',').filter_map(|one| one.split_whitespace().next()).map(str::to_owned).collect()
}

/// An import that may fail (`try:`) or that only a checker of types follows.
fn is_tried(side: &SideReading, line: u32) -> bool {
    let depth = |text: &str| text.len() - text.trim_start().len();
    let own = side.lines.line(line).map_or(0, depth);
    let header = (1..line)
        .rev()
        .take(30)
        .filter_map(|above| side.lines.line(above))
        .find(|text| !text.trim().is_empty() && depth(text) < own);
    header.is_some_and(|text| {
        let text = text.trim();
        text.starts_with("try:") || text.starts_with("except") || text.contains("TYPE_CHECKING")
    })
}

fn is_elsewhere(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("test_")
        || name.ends_with("_test.py")
        || matches!(name, "conftest.py" | "setup.py" | "conf.py" | "noxfile.py" | "tasks.py" | "fabfile.py")
        || path.split('/').any(|part| ELSEWHERE.contains(&part))
}

fn is_given(name: &str) -> bool {
    name.starts_with('_') || modules().standard.contains(name) || modules().given.contains(name)
}

/// Whether any file of the change imported it before.
fn stood_before(evidence: &Evidence<'_>, name: &str) -> bool {
    evidence.readings.iter().filter_map(|other| other.old.as_ref()).any(|old| {
        old.text.lines().any(|line| {
            let line = line.trim_start();
            (line.starts_with("import ") || line.starts_with("from ")) && has_word(line, name)
        })
    })
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|one| one == word)
}

/// Everything that names packages for a folder, without the marks by which spellings differ; `None` where nothing does.
fn listed_packages(tree: &dyn Tree, folder: &str) -> Option<String> {
    let mut listed = String::new();
    let mut found = false;
    let mut take = |path: &str| {
        if let Ok(Some(bytes)) = tree.read(path) {
            listed.push_str(&tight(&String::from_utf8_lossy(&bytes)));
            listed.push('\n');
        }
    };
    let mut folder = Some(folder);
    while let Some(here) = folder {
        let at = |name: &str| if here.is_empty() { name.to_owned() } else { format!("{here}/{name}") };
        let lists = LISTS.iter().map(|list| at(list));
        for place in std::iter::once(here.to_owned()).chain(lists) {
            let inside = place.as_str() != here;
            for name in tree.list(&place).unwrap_or_default() {
                let text = name.ends_with(".txt") || name.ends_with(".in");
                let lists = text && (inside || name.contains("requirements") || name.contains("constraints"));
                let manifest = !inside && MANIFESTS.contains(&name.as_str());
                if lists || manifest {
                    found |= lists || !matches!(name.as_str(), "Dockerfile" | "setup.cfg");
                    take(&if place.is_empty() { name } else { format!("{place}/{name}") });
                }
            }
        }
        folder =
            if here.is_empty() { None } else { Some(here.rsplit_once('/').map_or("", |(above, _)| above)) };
    }
    found.then_some(listed)
}

/// Names compare without case, dashes, dots and underscores.
fn tight(text: &str) -> String {
    text.to_lowercase().chars().filter(|letter| !matches!(letter, '-' | '_' | '.')).collect()
}

fn is_listed(name: &str, listed: &str) -> bool {
    let known = modules().distributions.get(name).into_iter().flatten();
    // `python-magic` holds `magic`, `pyserial` holds `serial`: a name inside a longer one counts.
    known.map(|name| tight(name)).chain(std::iter::once(tight(name))).any(|name| listed.contains(&name))
}

/// Whether a module is found in the repository, or could be.
fn is_local(change: &Change, folder: &str, path: &str) -> bool {
    let parts: Vec<&str> = path.split('.').collect();
    let Some(name) = parts.first().copied() else { return true };
    let inside = |file: &str| file.split('/').any(|part| part == name || part.split('.').next() == Some(name));
    if change
        .files
        .iter()
        .any(|file| [&file.old, &file.new].into_iter().flatten().any(|side| inside(&side.path)))
    {
        return true;
    }
    let tree = change.tree(Side::New);
    let mut places: Vec<String> = Vec::new();
    let mut here = Some(folder);
    while let Some(at) = here {
        places.extend(ROOTS.iter().map(|root| match (at.is_empty(), root.is_empty()) {
            (true, _) => (*root).to_owned(),
            (false, true) => at.to_owned(),
            (false, false) => format!("{at}/{root}"),
        }));
        here = if at.is_empty() { None } else { Some(at.rsplit_once('/').map_or("", |(above, _)| above)) };
    }
    places.iter().any(|place| {
        let at = |rest: &str| if place.is_empty() { rest.to_owned() } else { format!("{place}/{rest}") };
        let has = |folder: &str| tree.list(folder).is_ok_and(|files| !files.is_empty());
        let file = tree.list(place).unwrap_or_default();
        file.iter().any(|file| file.split('.').next() == Some(name))
            || (1..=parts.len()).any(|length| {
                let below = parts[..length].join("/");
                has(&at(&below)) || matches!(tree.read(&at(&format!("{below}.py"))), Ok(Some(_)))
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_known_by_the_names_of_their_distributions() {
        assert!(is_given("json") && is_given("asyncio") && !is_given("requests"));
        for (module, listed) in [
            ("yaml", "PyYAML==6.0"),
            ("PIL", "pillow>=10"),
            ("dotenv", "python-dotenv"),
            ("requests", "requests[socks]==2.0"),
            ("django_redis", "django-redis"),
            ("zope", "zope.interface"),
            ("magic", "python-magic"),
        ] {
            assert!(is_listed(module, &tight(listed)), "{module}");
        }
        assert!(!is_listed("fastjsonlib", &tight("requests\nflask\n")));
    }

    #[test]
    fn every_module_of_a_statement_is_seen() {
        let import = Expression::of(r"^(?:import[ \t]+(.*)|from[ \t]+(\w+))");
        let found = import.captures("import a, b.c as d").unwrap();
        assert_eq!(imported(&found), ["a", "b.c"]);
    }
}
