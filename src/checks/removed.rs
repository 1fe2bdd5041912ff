//! `removed-resources`: an object vanishes from configuration and will be deleted.
//!
//! Parameters: `class` (comma-separated classes of `rules/data/stateful.json`), `system` (default
//! `terraform`).

use super::Evidence;
use super::addresses::{Handled, is_managed};
use super::renamed::successor;
use crate::facts::{Resource, System};
use crate::rules::{Draft, Finding, Kind, OldPlace, Rule, Severity, subject_of, tables};

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let parameter = |name: &str| rule.check.as_ref().and_then(|check| check.with.get(name)).cloned();
    let classes = parameter("class").unwrap_or_else(|| "data,identity".to_owned());
    let system = parameter("system").and_then(|name| tables::system(&name)).unwrap_or(System::Terraform);
    let mut findings = Vec::new();
    for (old, resource, place) in evidence.removed() {
        let class = tables::class_of(resource);
        let wanted = class.is_some_and(|class| {
            classes.split(',').any(|name| name.trim() == format!("{class:?}").to_ascii_lowercase())
        });
        if !wanted || !is_managed(resource) || system != resource.system {
            continue;
        }
        let handled = Handled::in_module(evidence, &resource.module);
        if handled.keeps(&resource.address) || successor(resource, evidence).is_some() {
            continue;
        }
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(subject_of(old)),
            severity: Some(if stays(resource) { rule.severity.min(Severity::High) } else { rule.severity }),
            evidence: vec![evidence_of(resource)],
            ..Draft::new(Kind::Removed, place)
        };
        findings.push(
            draft
                .capture("address", &resource.address)
                .capture("name", &resource.name)
                .capture("type", &resource.kind)
                .finish(rule),
        );
    }
    findings
}

/// The policy of a CloudFormation resource under which it, or a copy, outlives its entry in the template.
fn kept_by(resource: &Resource) -> Option<String> {
    let policy = resource.attribute("DeletionPolicy")?.value.as_text();
    (resource.system == System::Cloudformation && policy != "Delete").then_some(policy)
}

/// Whether the object, or a copy of its data, outlives its removal from configuration.
pub(super) fn stays(resource: &Resource) -> bool {
    kept_by(resource).is_some()
}

fn evidence_of(resource: &Resource) -> String {
    match (kept_by(resource), resource.system) {
        (Some(policy), _) => format!("DeletionPolicy is {policy}: it is left behind, no longer managed"),
        (None, System::Cloudformation) => "no DeletionPolicy that keeps it".to_owned(),
        (None, System::Terraform) => "no moved, removed or import block".to_owned(),
        (None, _) => "no object of this name on the new side".to_owned(),
    }
}
