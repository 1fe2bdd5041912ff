//! `renamed-resources`: an object gets another address, so the old one is deleted and a new one made.
//!
//! Parameters: `class` (comma-separated, optional), `type` (optional, one resource type such as `module`),
//! `system` (default `terraform`).

use super::Evidence;
use super::addresses::{Handled, is_managed};
use super::removed::stays;
use crate::facts::{Fact, Resource, System};
use crate::rules::{Class, Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of, tables};

/// Bodies that share this part of their attributes are one object under two names.
const LIKENESS: f64 = 0.7;

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let parameter = |name: &str| rule.check.as_ref().and_then(|check| check.with.get(name)).cloned();
    let (classes, kind) = (parameter("class"), parameter("type"));
    let system = parameter("system").and_then(|name| tables::system(&name)).unwrap_or(System::Terraform);
    let mut findings = Vec::new();
    for (old, resource, _) in evidence.removed() {
        let class = tables::class_of(resource);
        let wanted = match (&kind, &classes) {
            (Some(kind), _) => resource.kind == *kind,
            (None, Some(classes)) => class.is_some_and(|class| {
                classes.split(',').any(|name| name.trim() == format!("{class:?}").to_ascii_lowercase())
            }),
            (None, None) => is_managed(resource),
        };
        if !wanted
            || resource.system != system
            || Handled::in_module(evidence, &resource.module).keeps(&resource.address)
        {
            continue;
        }
        let Some((new, heir)) = successor(resource, evidence) else { continue };
        let severity = match class {
            _ if stays(resource) => rule.severity.min(Severity::High),
            Some(Class::Data | Class::Identity | Class::Container) => rule.severity,
            Some(Class::Compute) | None => rule.severity.min(Severity::High),
            Some(Class::Config) => rule.severity.min(Severity::Medium),
        };
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(subject_of(new)),
            severity: Some(severity),
            evidence: vec![format!(
                "{} has the same type and body{}",
                heir.address,
                match system {
                    System::Terraform => ", no moved block",
                    _ => "",
                }
            )],
            ..Draft::new(Kind::Changed, Place::start_of(&new.locus))
        };
        findings.push(
            draft
                .capture("address", &resource.address)
                .capture("name", &resource.name)
                .capture("type", &resource.kind)
                .capture("old", &resource.address)
                .capture("new", &heir.address)
                .finish(rule),
        );
    }
    findings
}

/// The introduced resource of the same type and home that is most like a removed one, if it is like enough.
pub(super) fn successor<'a>(gone: &Resource, evidence: &'a Evidence<'_>) -> Option<(&'a Fact, &'a Resource)> {
    evidence
        .introduced()
        .filter(|(_, new)| new.system == gone.system && new.kind == gone.kind && new.module == gone.module)
        .map(|(fact, new)| ((likeness(gone, new) * 1000.0) as u32, fact, new))
        .filter(|(likeness, ..)| f64::from(*likeness) >= LIKENESS * 1000.0)
        .max_by(|one, other| one.0.cmp(&other.0).then(other.2.name.cmp(&one.2.name)))
        .map(|(_, fact, new)| (fact, new))
}

/// Share of attributes that are equal on both, 0 to 1.
fn likeness(one: &Resource, other: &Resource) -> f64 {
    let total = one.attributes.len() + other.attributes.len();
    if total == 0 {
        return 1.0;
    }
    let common = one
        .attributes
        .iter()
        .filter(|attribute| {
            other.attribute(&attribute.path).is_some_and(|same| same.value.is_same(&attribute.value))
        })
        .count();
    2.0 * common as f64 / total as f64
}
