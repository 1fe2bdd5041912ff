//! `module-source`: a call, or a unit of Terragrunt, takes its module from somewhere else, so that what the old one
//! declared is deleted unless the new one happens to call it the same.
//!
//! Another version, another way of fetching and a mirror of the same name are no other module. Of local modules the
//! declared addresses are compared.

use std::collections::BTreeSet;

use super::Evidence;
use super::modules::{GRAVE, join};
use crate::change::Side;
use crate::facts::{Body, Resource, System, Value};
use crate::rules::{Class, Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of, tables};

/// Words that most names of modules carry.
const FILLERS: [&str; 12] = [
    "terraform",
    "tf",
    "aws",
    "google",
    "gcp",
    "azurerm",
    "azure",
    "module",
    "modules",
    "terragrunt",
    "tofu",
    "v2",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, before, new, after) in evidence.changed() {
        let path = match (after.system, after.kind.as_str()) {
            (System::Terraform, "module") => "source",
            (System::Terraform, "terragrunt") => "terraform.source",
            _ => continue,
        };
        let (Some(was), Some(is)) = (before.attribute(path), after.attribute(path)) else { continue };
        let literal = |value: &Value| matches!(value, Value::Literal(_)).then(|| value.as_text());
        let (Some(source), Some(other)) = (literal(&was.value), literal(&is.value)) else { continue };
        if name_of(&source) == name_of(&other) && !(is_local(&source) && is_local(&other)) {
            continue;
        }
        let Some(weight) = weigh(evidence, before, after, &source, &other) else { continue };
        if is_moved(evidence, after) {
            continue;
        }
        let draft = Draft {
            old: Some(OldPlace::at(&was.locus)),
            subject: Some(subject_of(new)),
            severity: Some(weight.severity.min(rule.severity)),
            doubt: weight.doubt,
            evidence: vec![weight.note],
            ..Draft::new(Kind::Changed, Place::at(&is.locus))
        };
        let name = if after.kind == "module" { after.address.clone() } else { old.locus.path.to_string() };
        let draft = draft.capture("address", name).capture("old", was.value.display());
        findings.push(draft.capture("new", is.value.display()).finish(rule));
    }
    findings
}

struct Weight {
    severity: Severity,
    doubt: u8,
    note: String,
}

fn weigh(
    evidence: &Evidence<'_>,
    before: &Resource,
    after: &Resource,
    source: &str,
    other: &str,
) -> Option<Weight> {
    if is_local(source) && is_local(other) {
        let (was, is) = (join(&before.module, bare(source))?, join(&after.module, bare(other))?);
        if was == is || evidence.change.tree(Side::New).list(&was).is_ok_and(|files| files.is_empty()) {
            // The folder was renamed; what became of its content is told there.
            return None;
        }
        let (declared, kept) = (addresses(evidence, &was, Side::Old), addresses(evidence, &is, Side::New));
        let mut gone: Vec<&String> = declared.difference(&kept).collect();
        let class = |address: &str| tables::class_of_terraform(address.split('.').next().unwrap_or_default());
        gone.sort_by_key(|address| !is_grave(class(address)));
        let first = gone.first()?;
        let severity = if is_grave(class(first)) { Severity::Critical } else { Severity::Medium };
        let more = if gone.len() > 1 { format!(" and {} more", gone.len() - 1) } else { String::new() };
        return Some(Weight { severity, doubt: 0, note: format!("{is} does not declare {first}{more}") });
    }
    let words = words(source);
    let grave = GRAVE.iter().find(|word| words.iter().any(|one| one == *word));
    Some(match grave {
        Some(word) => {
            Weight { severity: Severity::High, doubt: 1, note: format!("its source {source} speaks of {word}") }
        }
        None => {
            Weight { severity: Severity::Medium, doubt: 1, note: "the modules were not compared".to_owned() }
        }
    })
}

fn is_grave(class: Option<Class>) -> bool {
    matches!(class, Some(Class::Data | Class::Identity | Class::Container))
}

/// A block of the change says what becomes of the objects inside.
fn is_moved(evidence: &Evidence<'_>, call: &Resource) -> bool {
    evidence.new_resources.iter().any(|fact| match &fact.body {
        Body::Resource(one) => {
            one.kind == "moved"
                && one.module == call.module
                && one
                    .attribute("from")
                    .is_some_and(|from| from.value.as_text().trim_matches('"').starts_with(&call.address))
        }
        _ => false,
    })
}

fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../")
}

/// Without the mark of a subfolder and without a query.
fn bare(source: &str) -> &str {
    source.split('?').next().unwrap_or(source)
}

/// What a source is called, without where it comes from: `vpc` of `terraform-aws-modules/vpc/aws`, of
/// `git@github.com:acme/terraform-aws-vpc.git?ref=v1` and of `tfr:///acme/vpc/aws`.
fn name_of(source: &str) -> Vec<String> {
    let plain = bare(source).trim_end_matches('/');
    let subfolder = plain.split("://").last().unwrap_or(plain).split_once("//").map(|(_, inner)| inner);
    let path = plain.trim_start_matches("git::").trim_start_matches("tfr:///");
    let parts: Vec<&str> = path.split(['/', ':']).filter(|part| !part.is_empty()).collect();
    let is_registry = !path.contains("://") && !path.contains('@') && !is_local(path);
    let name = match (subfolder, &parts[..]) {
        (Some(inner), _) => inner.rsplit('/').next().unwrap_or(inner),
        (None, [_, name, _] | [_, _, name, _]) if is_registry => name,
        (None, parts) => parts.last().copied().unwrap_or_default(),
    };
    words(name)
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let plain = lower.strip_suffix(".git").unwrap_or(&lower);
    let mut words: Vec<String> = plain
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty() && !FILLERS.contains(word))
        .map(str::to_owned)
        .collect();
    words.sort();
    words
}

/// `aws_db_instance.orders` for every resource that a folder declares.
fn addresses(evidence: &Evidence<'_>, folder: &str, side: Side) -> BTreeSet<String> {
    let tree = evidence.change.tree(side);
    let mut found = BTreeSet::new();
    for name in tree.list(folder).unwrap_or_default() {
        if !(name.ends_with(".tf") || name.ends_with(".tofu")) {
            continue;
        }
        let Ok(Some(bytes)) = tree.read(&format!("{folder}/{name}")) else { continue };
        for line in String::from_utf8_lossy(&bytes).lines() {
            let mut parts = line.trim_start().split('"');
            if let (Some("resource "), Some(kind), Some(_), Some(name)) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            {
                found.insert(format!("{kind}.{name}"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_have_a_name_whatever_they_come_from() {
        for source in [
            "terraform-aws-modules/vpc/aws",
            "app.terraform.io/acme/vpc/aws",
            "git@github.com:acme/terraform-aws-vpc.git?ref=v1",
            "git::https://github.com/acme/terraform-aws-vpc?ref=main",
            "git::git@github.com:acme/modules.git//vpc?ref=v1",
            "tfr:///terraform-aws-modules/vpc/aws?version=5.0.0",
            "../../modules/vpc",
        ] {
            assert_eq!(name_of(source), ["vpc"], "{source}");
        }
        assert_ne!(name_of("terraform-aws-modules/rds/aws"), name_of("terraform-aws-modules/rds-aurora/aws"));
    }
}
