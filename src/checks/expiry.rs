//! `expiry`: a lifecycle rule deletes objects that it did not delete before, or sooner.
//!
//! Buckets of AWS and Google, storage accounts of Azure, images of a registry.

use super::Evidence;
use crate::facts::{Attribute, Resource, System, Value, without_indexes};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};

/// Paths (without indexes) of the age at which something is deleted.
const AGES: [&str; 10] = [
    "rule.expiration.days",
    "rule.noncurrent_version_expiration.noncurrent_days",
    "lifecycle_rule.expiration.days",
    "lifecycle_rule.noncurrent_version_expiration.days",
    "lifecycle_rule.condition.age",
    "lifecycle_rule.condition.num_newer_versions",
    "rule.actions.base_blob.delete_after_days_since_modification_greater_than",
    "rule.actions.snapshot.delete_after_days_since_creation_greater_than",
    "rule.actions.version.delete_after_days_since_creation",
    "policy.rules.selection.countNumber",
];

const TYPES: [&str; 6] = [
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket",
    "google_storage_bucket",
    "azurerm_storage_management_policy",
    "aws_ecr_lifecycle_policy",
    "alicloud_oss_bucket",
];

/// What may go.
const SCRATCH: [&str; 10] =
    ["tmp", "temp", "cache", "scratch", "staging", "incomplete", "uploads", "thumbnails", "spill", "athena"];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, before, new, after) in evidence.changed() {
        if after.system != System::Terraform || !TYPES.contains(&after.kind.as_str()) {
            continue;
        }
        for age in after.attributes.iter().filter(|one| AGES.contains(&&*without_indexes(&one.path))) {
            let home = rule_of(&age.path);
            if !deletes(after, home) || !is_on(after, home) || is_scratch(after, home) {
                continue;
            }
            let Some(days) = age.value.as_number() else { continue };
            let was = before.attribute(&age.path).filter(|_| deletes(before, home) && is_on(before, home));
            let before_days = was.and_then(|one| one.value.as_number());
            let wider = was.is_some() && is_scoped(before, home) && !is_scoped(after, home);
            let sooner = match (was, before_days) {
                (None, _) => true,
                (Some(_), Some(old)) => days < old,
                (Some(_), None) => false,
            };
            if !(sooner || wider) {
                continue;
            }
            let scoped = is_scoped(after, home);
            let level = if !scoped && days <= 30.0 { Severity::Critical } else { rule.severity };
            // What never expired in a rule that only bounds old versions is the ordinary tidy-up.
            let versions = age.path.contains("noncurrent")
                || age.path.contains("num_newer")
                || age.path.contains(".version.");
            let level = if versions { level.min(Severity::Medium) } else { level };
            let mut notes: Vec<String> = age.folded.clone().into_iter().collect();
            notes.push(if scoped { "for some objects" } else { "for every object" }.to_owned());
            if wider {
                notes.push("the rule was bound to some objects before".to_owned());
            }
            let draft = Draft {
                old: Some(OldPlace::at(was.map_or(&old.locus, |one| &one.locus))),
                subject: Some(subject_of(new)),
                severity: Some(level),
                evidence: notes,
                content: age.path.clone(),
                ..Draft::new(
                    if was.is_some() { Kind::Changed } else { Kind::Introduced },
                    Place::at(&age.locus),
                )
            };
            findings.push(
                draft
                    .capture("address", &after.address)
                    .capture("name", &after.name)
                    .capture("attribute", &age.path)
                    .capture("old", was.map_or("never".to_owned(), |one| one.value.as_text()))
                    .capture("new", age.value.as_text())
                    .finish(rule),
            );
        }
    }
    findings
}

/// `rule[logs]` of `rule[logs].expiration.days`.
fn rule_of(path: &str) -> &str {
    for word in [".expiration", ".noncurrent_version_expiration", ".condition", ".actions", ".selection"] {
        if let Some(at) = path.find(word) {
            return &path[..at];
        }
    }
    path
}

fn under<'a>(resource: &'a Resource, home: &'a str, name: &'a str) -> impl Iterator<Item = &'a Attribute> {
    resource.attributes.iter().filter(move |one| {
        one.path.strip_prefix(home).is_some_and(|rest| without_indexes(rest).trim_start_matches('.') == name)
    })
}

/// Google writes what a rule does beside when it does it.
fn deletes(resource: &Resource, home: &str) -> bool {
    under(resource, home, "action.type").next().is_none_or(|kind| kind.value.as_text() == "Delete")
}

fn is_on(resource: &Resource, home: &str) -> bool {
    let off = |value: &Value| value.as_text() == "Disabled" || value.as_bool() == Some(false);
    !under(resource, home, "status").chain(under(resource, home, "enabled")).any(|one| off(&one.value))
}

/// Attributes that bind a rule to some objects.
fn scopes<'a>(resource: &'a Resource, home: &'a str) -> impl Iterator<Item = String> + 'a {
    resource
        .attributes
        .iter()
        .filter(move |one| {
            one.path.strip_prefix(home).is_some_and(|rest| {
                let plain = without_indexes(rest);
                [
                    "prefix",
                    "matches_prefix",
                    "prefix_match",
                    "tag",
                    "tags",
                    "tagPrefixList",
                    "matches_storage_class",
                ]
                .iter()
                .any(|word| plain.split('.').any(|part| part == *word))
            })
        })
        .map(|one| one.value.as_text())
        .filter(|text| !matches!(text.as_str(), "" | "[]" | "{}"))
}

fn is_scoped(resource: &Resource, home: &str) -> bool {
    scopes(resource, home).next().is_some()
}

fn is_scratch(resource: &Resource, home: &str) -> bool {
    let mut all = scopes(resource, home).peekable();
    all.peek().is_some()
        && all.all(|text| {
            let text = text.to_ascii_lowercase();
            text.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| SCRATCH.contains(&word))
        })
}
