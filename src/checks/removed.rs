//! `removed-resources`: an object vanishes from configuration and will be deleted.
//!
//! Parameters: `class` (comma-separated classes of `rules/data/stateful.json`), `system` (optional).

use super::Evidence;
use super::addresses::{Handled, is_managed};
use super::renamed::successor;
use crate::rules::{Draft, Finding, Kind, OldPlace, Rule, subject_of, tables};

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let parameter = |name: &str| rule.check.as_ref().and_then(|check| check.with.get(name)).cloned();
    let classes = parameter("class").unwrap_or_else(|| "data,identity".to_owned());
    let system = parameter("system").and_then(|name| tables::system(&name));
    let mut findings = Vec::new();
    for (old, resource, place) in evidence.removed() {
        let class = tables::class_of(resource);
        let wanted = class.is_some_and(|class| {
            classes.split(',').any(|name| name.trim() == format!("{class:?}").to_ascii_lowercase())
        });
        if !wanted || !is_managed(resource) || system.is_some_and(|system| system != resource.system) {
            continue;
        }
        let handled = Handled::in_module(evidence, &resource.module);
        if handled.keeps(&resource.address) || successor(resource, evidence).is_some() {
            continue;
        }
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(subject_of(old)),
            evidence: vec!["no moved, removed or import block".to_owned()],
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
