//! `undeclared-import`: a program uses a package that no manifest above it names.
//!
//! What is not declared comes from somewhere else's dependencies, from the machine, or from nowhere: a name that a model
//! made up is the first thing that somebody else can register.

use std::collections::HashMap;

use super::Evidence;
use crate::change::{Side, Tree};
use crate::facts::Expression;
use crate::rules::{Draft, Finding, Kind, Place, Rule, Subject};
use crate::source::Language;

/// Modules that Node, its kin and hosts of plug-ins bring along.
const GIVEN: [&str; 60] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
    "test",
    "sqlite",
    "bun",
    "k6",
    "vscode",
    "obsidian",
    "electron",
    "aws-sdk",
    "atom",
    "figma",
    "sketch",
    "photoshop",
    "uxp",
    "gi",
    "system",
    "resource",
    "std",
    "ext",
];
/// Files that can give a name to a folder.
const ALIASES: [&str; 10] = [
    "tsconfig.json",
    "jsconfig.json",
    "tsconfig.base.json",
    "vite.config.ts",
    "vite.config.js",
    "webpack.config.js",
    "deno.json",
    "babel.config.js",
    "jest.config.js",
    "import_map.json",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    static IMPORT: Expression = Expression::of(
        r#"(?:^[ \t]*import[ \t]+|\bfrom[ \t]+|\brequire\([ \t]*|\bimport\([ \t]*)["']((?:@[a-z0-9][A-Za-z0-9_.-]*/)?[a-z0-9][A-Za-z0-9_.-]*)(?:/[^"']*)?["']"#,
    );
    let mut findings = Vec::new();
    let mut answers: HashMap<(String, String), Option<bool>> = HashMap::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let (Some(file), Some(new)) = (evidence.change.files.get(index), &reading.new) else { continue };
        let host = new.documents.first().map(|host| host.language);
        let script = matches!(host, Some(Language::JavaScript | Language::TypeScript | Language::Tsx));
        if !script || is_elsewhere(file.path()) {
            continue;
        }
        let old = reading.old.as_ref().map_or("", |old| &old.text);
        let mut told: Vec<String> = Vec::new();
        let folder = file.path().rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        for line in 1..=new.lines.count() as u32 {
            if reading.map.as_ref().is_some_and(|map| !map.is_touched_new(line)) {
                continue;
            }
            let text = new.lines.line(line).unwrap_or_default();
            if !["import", "from", "require("].iter().any(|word| text.contains(word)) {
                continue;
            }
            let comment = text.trim_start().starts_with("//") || text.trim_start().starts_with('*');
            let Some(name) = IMPORT.captures(text).filter(|_| !comment).map(|found| found[1].to_owned()) else {
                continue;
            };
            let quoted = [format!("\"{name}"), format!("'{name}")];
            let was = quoted.iter().any(|name| old.contains(name.as_str()));
            let taken = evidence.readings.iter().filter_map(|other| other.old.as_ref());
            let moved = taken.clone().any(|other| quoted.iter().any(|name| other.text.contains(name.as_str())));
            if was || moved || told.contains(&name) || GIVEN.contains(&name.as_str()) {
                continue;
            }
            let ask = || is_undeclared(evidence.change.tree(Side::New), &folder, &name);
            if *answers.entry((folder.clone(), name.clone())).or_insert_with(ask) == Some(true) {
                let draft = Draft {
                    subject: Some(Subject { home: file.path().to_owned(), name: name.clone() }),
                    content: name.clone(),
                    ..Draft::new(Kind::Introduced, Place::line(index, file.path(), line))
                };
                findings.push(draft.capture("name", &name).finish(rule));
                told.push(name);
            }
        }
    }
    findings
}

/// Code that is not installed by the manifest above it.
fn is_elsewhere(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    [
        "node_modules/",
        "vendor/",
        "examples/",
        "example/",
        "docs/",
        "fixtures/",
        "testdata/",
        "templates/",
        "playground/",
        ".min.js",
        "dist/",
    ]
    .iter()
    .any(|part| lower.contains(part))
}

/// `None` where nothing can be said: no manifest, names of folders, packages of the same family.
fn is_undeclared(tree: &dyn Tree, folder: &str, name: &str) -> Option<bool> {
    let mut folder = folder;
    let scope = name.split_once('/').map(|(scope, _)| scope);
    let in_folder = |folder: &str, file: &str| -> Option<String> {
        let path = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
        tree.read(&path).ok().flatten().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let mut manifests = 0;
    loop {
        if let Some(text) = in_folder(folder, "package.json") {
            let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
            manifests += 1;
            let types = format!("@types/{}", name.trim_start_matches('@').replace('/', "__"));
            let declared =
                ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies", "imports"]
                    .iter()
                    .filter_map(|group| manifest.get(group)?.as_object())
                    .any(|group| group.contains_key(name) || group.contains_key(&types));
            let own = manifest.get("name").and_then(|name| name.as_str()).unwrap_or_default();
            let family = scope.is_some() && own.split_once('/').map(|(scope, _)| scope) == scope;
            if declared || own == name {
                return Some(false);
            }
            // Workspaces reach one another by name; aliases reach folders.
            if family || text.contains(&format!("\"{name}")) {
                return None;
            }
        }
        let start = scope.unwrap_or(name);
        let aliased = ALIASES.iter().filter_map(|file| in_folder(folder, file)).any(|text| {
            text.contains("\"baseUrl\"")
                || text.contains(&format!("\"{start}"))
                || text.contains(&format!("'{start}"))
        });
        if aliased {
            return None;
        }
        if folder.is_empty() {
            break;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
    (manifests > 0).then_some(true)
}
