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
    #[serde(default)]
    disputed: Vec<String>,
    #[serde(default)]
    no_update: bool,
}

type Table = BTreeMap<String, Facts>;

fn table(name: &str) -> Table {
    let text = std::fs::read_to_string(format!("rules/data/{name}.json")).unwrap();
    let mut whole: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    whole.remove("_meta");
    whole.into_iter().map(|(kind, facts)| (kind, serde_json::from_value(facts).unwrap())).collect()
}

/// How a resource is written, and which rule speaks of its replacement.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Terraform,
    Cloudformation,
    Kubernetes,
}

impl Form {
    fn of(table: &str) -> Self {
        match table {
            "cloudformation" => Self::Cloudformation,
            "kubernetes" => Self::Kubernetes,
            _ => Self::Terraform,
        }
    }

    fn rule(self) -> &'static str {
        match self {
            Self::Terraform => "terraform/forces-replacement",
            Self::Cloudformation => "cfn/replacement-property-changed",
            Self::Kubernetes => "k8s/immutable-field-changed",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Terraform => "main.tf",
            Self::Cloudformation => "stack.yaml",
            Self::Kubernetes => "objects.yaml",
        }
    }

    /// What stands above all resources.
    fn head(self) -> &'static str {
        match self {
            Self::Cloudformation => "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n",
            Self::Terraform | Self::Kubernetes => "",
        }
    }

    /// One resource with one argument, nested as its path says; without a value its line is empty. Returns the text
    /// and the lines before that of the argument.
    fn resource(self, kind: &str, name: &str, path: &str, value: Option<&str>) -> (String, usize) {
        let mut text = match self {
            Self::Terraform => format!("resource \"{kind}\" \"{name}\" {{\n"),
            Self::Cloudformation => format!("  {name}:\n    Type: {kind}\n    Properties:\n"),
            Self::Kubernetes => {
                let (group, kind) = kind.split_once('/').unwrap();
                let version = if group == "core" { "v1".to_owned() } else { format!("{group}/v1") };
                format!("---\napiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n")
            }
        };
        let segments: Vec<&str> = path.split('.').collect();
        let (last, blocks) = segments.split_last().unwrap();
        // The name stands in the same mapping.
        let blocks =
            if self == Self::Kubernetes && path.starts_with("metadata.") { &blocks[1..] } else { blocks };
        let mut indent = match self {
            Self::Terraform => 1,
            Self::Cloudformation => 3,
            Self::Kubernetes => usize::from(path.starts_with("metadata.")),
        };
        let (opening, equals) = if self == Self::Terraform { (" {", " =") } else { (":", ":") };
        for block in blocks {
            let _ = writeln!(text, "{}{block}{opening}", "  ".repeat(indent));
            indent += 1;
        }
        let before = text.lines().count();
        match value {
            Some(value) => {
                let _ = writeln!(text, "{}{last}{equals} {value}", "  ".repeat(indent));
            }
            None => text.push('\n'),
        }
        if self == Self::Terraform {
            for _ in blocks {
                text.push_str("}\n");
            }
            text.push_str("}\n");
        }
        (text, before)
    }
}

/// An edit of one argument, and what it must lead to.
struct Case {
    kind: String,
    path: String,
    old: Option<&'static str>,
    new: Option<&'static str>,
}

/// For each case the confidence of what the rule says about it.
fn findings(form: Form, cases: &[Case]) -> Vec<Vec<Confidence>> {
    let rules = RuleSet::builtin();
    let mut answers = Vec::new();
    for chunk in cases.chunks(80) {
        let (mut old, mut new, mut lines) = (form.head().to_owned(), form.head().to_owned(), Vec::new());
        let mut line = form.head().lines().count() as u32;
        for (index, case) in chunk.iter().enumerate() {
            let name = format!("r{index}");
            let (before, _) = form.resource(&case.kind, &name, &case.path, case.old);
            let (after, above) = form.resource(&case.kind, &name, &case.path, case.new);
            assert_eq!(before.lines().count(), after.lines().count());
            let start = line;
            line += after.lines().count() as u32;
            old.push_str(&before);
            new.push_str(&after);
            lines.push((start, start + above as u32 + 1, line));
        }
        let files = |text: String| BTreeMap::from([(form.file().to_owned(), text)]);
        let assessment = assess(&Change::in_memory(&files(old), &files(new)), &rules, &Knowledge::default());
        for (start, at, end) in lines {
            let here = assessment.findings.iter().map(|scored| &scored.finding).filter(|finding| {
                let rules = || std::iter::once(&finding.rule).chain(finding.also.iter().map(|also| &also.rule));
                rules().any(|rule| rule == form.rule())
                    && (finding.line == at || (finding.line > start && finding.line <= end))
            });
            answers.push(here.map(|finding| finding.confidence).collect());
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

/// Cases of one test, so that it stays quick; `FOUREYES_TABLES=all` takes all there are.
const ENOUGH: usize = 320;

fn chosen(cases: Vec<Case>, least: usize) -> Vec<Case> {
    assert!(cases.len() >= least, "{} cases", cases.len());
    let all = std::env::var("FOUREYES_TABLES").is_ok_and(|all| all == "all");
    let stride = if all { 1 } else { (cases.len() / ENOUGH).max(1) };
    cases.into_iter().step_by(stride).collect()
}

fn edits_are_found(name: &str, least: usize) {
    let table = table(name);
    let mut cases = Vec::new();
    for (kind, facts) in table.iter().filter(|(kind, _)| *kind != "*") {
        let all: BTreeSet<&str> = facts.replace.iter().map(String::as_str).collect();
        for (index, entry) in facts.replace.iter().enumerate() {
            if Form::of(name) != Form::Terraform {
                // A path covers everything beneath it.
                let path = if index % 2 == 0 { entry.clone() } else { format!("{entry}.some.Part") };
                cases.push(Case { kind: kind.clone(), path, old: Some("\"alpha\""), new: Some("\"beta\"") });
            } else if let Some(path) = argument(entry, &all) {
                cases.push(Case { kind: kind.clone(), path, old: Some("\"alpha\""), new: Some("\"beta\"") });
            }
        }
    }
    let cases = chosen(cases, least);
    let missed: Vec<String> = findings(Form::of(name), &cases)
        .iter()
        .zip(&cases)
        .filter(|(found, _)| found.is_empty() || found.iter().any(|one| *one != Confidence::High))
        .map(|(found, case)| format!("{} {}: {found:?}", case.kind, case.path))
        .collect();
    assert!(missed.is_empty(), "{name}: {} of {} missed:\n{}", missed.len(), cases.len(), missed.join("\n"));
}

/// Names that are given to arguments of all kinds.
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

const COMMON_IN_TEMPLATES: [&str; 6] =
    ["Description", "Tags", "Enabled", "Policy", "DeletionProtectionEnabled", "LoggingConfiguration.Level"];

const COMMON_IN_OBJECTS: [&str; 12] = [
    "metadata.labels.team",
    "metadata.annotations.note",
    "spec.replicas",
    "spec.minReadySeconds",
    "spec.paused",
    "spec.updateStrategy.type",
    "spec.rules.host",
    "rules.verbs",
    "subjects.name",
    "spec.externalTrafficPolicy",
    "spec.schedule",
    "allowVolumeExpansion",
];

fn other_edits_are_not(name: &str, least: usize) {
    let table = table(name);
    let mut cases = Vec::new();
    let common: &[&str] = match Form::of(name) {
        Form::Terraform => &COMMON,
        Form::Cloudformation => &COMMON_IN_TEMPLATES,
        Form::Kubernetes => &COMMON_IN_OBJECTS,
    };
    // The table of Kubernetes has few kinds.
    let each = if Form::of(name) == Form::Kubernetes { 9 } else { 3 };
    for (kind, facts) in table.iter().filter(|(kind, facts)| *kind != "*" && !facts.no_update) {
        let lists = [&facts.replace, &facts.conditional, &facts.older, &facts.disputed];
        let listed = |path: &str| {
            lists.into_iter().flatten().any(|entry| {
                let stem = entry.strip_suffix(".*").unwrap_or(entry);
                let beneath = |one: &str, other: &str| {
                    one.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                beneath(path, stem) || beneath(stem, path)
            })
        };
        for path in common.iter().filter(|path| !listed(path)).take(each) {
            let path = (*path).to_owned();
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
    let wrong: Vec<String> = findings(Form::of(name), &cases)
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
    edits_are_found("terraform-kubernetes", 300);
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
    other_edits_are_not("terraform-kubernetes", 200);
}

#[test]
fn cloudformation_properties_that_force_replacement() {
    edits_are_found("cloudformation", 300);
}

#[test]
fn cloudformation_properties_that_update_in_place() {
    other_edits_are_not("cloudformation", 300);
}

#[test]
fn kubernetes_fields_that_cannot_change() {
    edits_are_found("kubernetes", 80);
}

#[test]
fn kubernetes_fields_that_update_in_place() {
    other_edits_are_not("kubernetes", 300);
}
