//! The answers of the replacement tables hold from the text of a change to its finding: every listed argument of
//! every type is edited in a small resource, and so are as many arguments that no table lists.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use foureyes::change::Change;
use foureyes::rules::{Confidence, RuleSet};
use foureyes::{Knowledge, assess};

#[derive(Default, serde::Deserialize)]
struct Facts {
    #[serde(default)]
    replace: Vec<String>,
    #[serde(default)]
    conditional: Vec<String>,
    #[serde(default)]
    computed: Vec<String>,
    #[serde(default)]
    older: Vec<String>,
    #[serde(default)]
    default: BTreeMap<String, serde_json::Value>,
}

type Table = BTreeMap<String, Facts>;

fn table(name: &str) -> Table {
    let text = std::fs::read_to_string(format!("rules/data/{name}.json")).unwrap();
    let mut whole: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    whole.remove("_meta");
    whole.into_iter().map(|(kind, facts)| (kind, serde_json::from_value(facts).unwrap())).collect()
}

/// One resource with one argument, nested as its path says. Returns the text and the line of the argument.
fn resource(kind: &str, name: &str, path: &str, value: Option<&str>, first_line: u32) -> (String, u32) {
    let mut text = format!("resource \"{kind}\" \"{name}\" {{\n");
    let segments: Vec<&str> = path.split('.').collect();
    let (last, blocks) = segments.split_last().unwrap();
    for block in blocks {
        let _ = writeln!(text, "  {block} {{");
    }
    let line = first_line + 1 + blocks.len() as u32;
    match value {
        Some(value) => {
            let _ = writeln!(text, "  {last} = {value}");
        }
        None => text.push('\n'),
    }
    for _ in blocks {
        text.push_str("  }\n");
    }
    text.push_str("}\n");
    (text, line)
}

/// An edit of one argument, and what it must lead to.
struct Case {
    kind: String,
    path: String,
    old: Option<&'static str>,
    new: Option<&'static str>,
}

/// Lines of each case on the new side → rules that fire there with their confidence.
fn findings(cases: &[Case]) -> Vec<Vec<Confidence>> {
    let rules = RuleSet::builtin();
    let mut answers = Vec::new();
    for chunk in cases.chunks(250) {
        let (mut old, mut new, mut lines) = (String::new(), String::new(), Vec::new());
        let mut line = 1;
        for (index, case) in chunk.iter().enumerate() {
            let name = format!("r{index}");
            let (before, _) = resource(&case.kind, &name, &case.path, case.old, line);
            let (after, at) = resource(&case.kind, &name, &case.path, case.new, line);
            assert_eq!(before.lines().count(), after.lines().count());
            line += after.lines().count() as u32;
            old.push_str(&before);
            new.push_str(&after);
            lines.push((at, line));
        }
        let files = |text: String| BTreeMap::from([("main.tf".to_owned(), text)]);
        let assessment = assess(&Change::in_memory(&files(old), &files(new)), &rules, &Knowledge::default());
        let mut start = 0;
        for (at, end) in lines {
            let here = assessment.findings.iter().map(|scored| &scored.finding).filter(|finding| {
                (finding.rule == "terraform/forces-replacement"
                    || finding.also.iter().any(|also| also.rule == "terraform/forces-replacement"))
                    && (finding.line == at || (finding.line > start && finding.line < end))
            });
            answers.push(here.map(|finding| finding.confidence).collect());
            start = end - 1;
        }
    }
    answers
}

/// The argument that an entry of the table speaks of: a path with a parent in the table is that of a block.
fn argument(entry: &str, all: &BTreeSet<&str>) -> Option<String> {
    if let Some(stem) = entry.strip_suffix(".*") {
        return Some(format!("{stem}.some_argument"));
    }
    let is_block = all.iter().any(|other| other.strip_prefix(entry).is_some_and(|rest| rest.starts_with('.')));
    (!is_block).then(|| entry.to_owned())
}

/// Every so many cases, so that the test stays quick; `FOUREYES_TABLES=all` takes all of them.
const STRIDE: usize = 8;

fn chosen(cases: Vec<Case>, least: usize) -> Vec<Case> {
    let stride = if std::env::var("FOUREYES_TABLES").is_ok_and(|all| all == "all") { 1 } else { STRIDE };
    assert!(cases.len() / STRIDE >= least, "{} cases", cases.len());
    cases.into_iter().step_by(stride).collect()
}

fn edits_are_found(name: &str, least: usize) {
    let table = table(name);
    let mut cases = Vec::new();
    for (kind, facts) in &table {
        let all: BTreeSet<&str> = facts.replace.iter().map(String::as_str).collect();
        for entry in &facts.replace {
            if let Some(path) = argument(entry, &all) {
                cases.push(Case { kind: kind.clone(), path, old: Some("\"alpha\""), new: Some("\"beta\"") });
            }
        }
    }
    let cases = chosen(cases, least);
    let missed: Vec<String> = findings(&cases)
        .iter()
        .zip(&cases)
        .filter(|(found, _)| found.is_empty() || found.iter().any(|one| *one != Confidence::High))
        .map(|(found, case)| format!("{} {}: {found:?}", case.kind, case.path))
        .collect();
    assert!(missed.is_empty(), "{name}: {} of {} missed:\n{}", missed.len(), cases.len(), missed.join("\n"));
}

/// Names that providers give to arguments of all kinds.
const COMMON: [&str; 14] = [
    "tags",
    "labels",
    "description",
    "display_name",
    "enabled",
    "comment",
    "policy",
    "timeouts.create",
    "annotations",
    "capacity",
    "retention_in_days",
    "maintenance_window",
    "deletion_protection",
    "metadata.labels",
];

fn other_edits_are_not(name: &str, least: usize) {
    let table = table(name);
    let mut cases = Vec::new();
    for (kind, facts) in &table {
        let lists = [&facts.replace, &facts.conditional, &facts.older];
        let listed = |path: &str| {
            lists.into_iter().flatten().any(|entry| {
                let stem = entry.strip_suffix(".*").unwrap_or(entry);
                let beneath = |one: &str, other: &str| {
                    one.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                beneath(path, stem) || beneath(stem, path)
            })
        };
        for path in COMMON.into_iter().filter(|path| !listed(path)).take(3) {
            let path = path.to_owned();
            cases.push(Case { kind: kind.clone(), path, old: Some("\"alpha\""), new: Some("\"beta\"") });
        }
        // A line that restates the default, and one whose value the provider computes, say nothing.
        for (path, _) in facts.default.iter().filter(|(_, value)| value.as_bool() == Some(true)) {
            if facts.replace.contains(path) {
                cases.push(Case { kind: kind.clone(), path: path.clone(), old: None, new: Some("true") });
            }
        }
        for path in facts.computed.iter().filter(|path| facts.replace.contains(path)) {
            if !facts.default.contains_key(path) {
                cases.push(Case { kind: kind.clone(), path: path.clone(), old: Some("\"alpha\""), new: None });
            }
        }
    }
    let cases = chosen(cases, least);
    let wrong: Vec<String> = findings(&cases)
        .iter()
        .zip(&cases)
        .filter(|(found, _)| !found.is_empty())
        .map(|(found, case)| format!("{} {}: {found:?}", case.kind, case.path))
        .collect();
    assert!(wrong.is_empty(), "{name}: {} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn aws_arguments_that_force_replacement() {
    edits_are_found("terraform-aws", 300);
}

#[test]
fn google_arguments_that_force_replacement() {
    edits_are_found("terraform-google", 300);
}

#[test]
fn azurerm_arguments_that_force_replacement() {
    edits_are_found("terraform-azurerm", 300);
}

#[test]
fn kubernetes_provider_arguments_that_force_replacement() {
    edits_are_found("terraform-kubernetes", 100);
}

#[test]
fn aws_arguments_that_update_in_place() {
    other_edits_are_not("terraform-aws", 300);
}

#[test]
fn google_arguments_that_update_in_place() {
    other_edits_are_not("terraform-google", 300);
}

#[test]
fn azurerm_arguments_that_update_in_place() {
    other_edits_are_not("terraform-azurerm", 300);
}

#[test]
fn kubernetes_provider_arguments_that_update_in_place() {
    other_edits_are_not("terraform-kubernetes", 30);
}
