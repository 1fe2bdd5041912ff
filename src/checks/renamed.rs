//! `renamed-resources`: an object gets another address, so the old one is deleted and a new one made: another name in
//! the same module, or the same block in a module that the old one calls or is called by.
//!
//! Parameters: `class`, `type`, `not_type`, `system` as of `removed-resources`.

use super::Evidence;
use super::addresses::Handled;
use super::removed::{Wanted, stays};
use crate::change::{Content, Side};
use crate::facts::{Body, Fact, Resource, System, Value};
use crate::rules::{Class, Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of, tables};

/// Bodies that share this part of their attributes are one object under two names.
const LIKENESS: f64 = 0.7;
/// Resources of one type that are compared with one that is gone.
const MOST_COMPARED: usize = 300;
/// For module calls, whose arguments are often tidied along the way.
const LIKENESS_OF_CALLS: f64 = 0.6;

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let wanted = Wanted::of(rule);
    let mut findings = Vec::new();
    for (old, resource, _) in evidence.removed().filter(|(_, gone, _)| wanted.admits(gone)) {
        let handled = Handled::in_module(evidence, &resource.module);
        if handled.keeps(&resource.address) {
            continue;
        }
        let Some((new, heir)) = successor(resource, evidence) else { continue };
        let module = (heir.module != resource.module).then(|| call_between(evidence, resource, heir)).flatten();
        let address = match &module {
            Some(Call::Into(name)) => format!("module.{name}.{}", heir.address),
            Some(Call::OutOf(_)) | None => heir.address.clone(),
        };
        let from = match &module {
            Some(Call::OutOf(name)) => format!("module.{name}.{}", resource.address),
            _ => resource.address.clone(),
        };
        if is_pinned(resource, heir, evidence) {
            continue;
        }
        // The moved block of a move out of a module stands at the caller.
        if Handled::in_module(evidence, &heir.module).is_moved(&from) {
            continue;
        }
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(subject_of(new)),
            severity: Some(severity(rule.severity, resource)),
            evidence: vec![format!(
                "{address} has the same type and body{}",
                if resource.system == System::Terraform { ", no moved block" } else { "" }
            )],
            ..Draft::new(Kind::Changed, Place::start_of(&new.locus))
        };
        findings.push(
            draft
                .capture("address", &from)
                .capture("name", &resource.name)
                .capture("type", &resource.kind)
                .capture("old", &from)
                .capture("new", &address)
                .finish(rule),
        );
    }
    findings
}

/// Program code that tells the tool which object it was: an alias, or the id that the stack knows it by.
fn is_pinned(gone: &Resource, heir: &Resource, evidence: &Evidence<'_>) -> bool {
    match heir.system {
        System::Pulumi => {
            heir.attributes.iter().filter(|one| one.path.starts_with("opts.aliases")).any(|one| {
                let text = one.value.as_text();
                // An alias that stands behind a name may be any.
                text.contains(&gone.name) || !text.contains(['"', '\''])
            })
        }
        System::Cdk => {
            let pins = |side: Side| -> usize {
                let texts = evidence.change.files.iter().filter_map(|file| match &file.judged(side)?.content {
                    Content::Bytes(bytes) => Some(String::from_utf8_lossy(bytes)),
                    _ => None,
                });
                let words =
                    ["overrideLogicalId", "override_logical_id", "renameLogicalId", "rename_logical_id"];
                texts.map(|text| words.iter().map(|word| text.matches(word).count()).sum::<usize>()).sum()
            };
            pins(Side::New) > pins(Side::Old)
        }
        _ => false,
    }
}

/// How grave it is that an object is made anew.
pub(super) fn severity(most: Severity, resource: &Resource) -> Severity {
    match tables::class_of(resource) {
        _ if stays(resource) => most.min(Severity::High),
        Some(Class::Data | Class::Identity | Class::Container) => most,
        Some(Class::Compute) => most.min(Severity::High),
        Some(Class::Config) | None if tables::is_link(resource) => most.min(Severity::Low),
        Some(Class::Config) => most.min(Severity::Medium),
        None if resource.system == System::Cdk => most.min(Severity::High),
        None if resource.kind == "module" || resource.system != System::Terraform => most,
        None if tables::sounds_stateful(&resource.kind) => most.min(Severity::High),
        None => most.min(Severity::Medium),
    }
}

/// How one module folder stands to another.
enum Call {
    /// The old folder calls the new one by this name.
    Into(String),
    /// The new folder calls the old one.
    OutOf(String),
}

fn call_between(evidence: &Evidence<'_>, gone: &Resource, heir: &Resource) -> Option<Call> {
    let calls = |caller: &str, callee: &str| {
        let facts = evidence.new_resources.iter();
        facts
            .filter_map(|fact| match &fact.body {
                Body::Resource(call) if call.kind == "module" && call.module == caller => Some(call),
                _ => None,
            })
            .find(|call| folder_of(call).is_some_and(|folder| folder == callee))
            .map(|call| call.name.clone())
    };
    calls(&gone.module, &heir.module)
        .map(Call::Into)
        .or_else(|| calls(&heir.module, &gone.module).map(Call::OutOf))
}

/// Module folders that the folder of a resource calls, or that call it.
fn neighbours(evidence: &Evidence<'_>, gone: &Resource) -> Vec<String> {
    if gone.system != System::Terraform {
        return Vec::new();
    }
    let mut found = Vec::new();
    for fact in evidence.new_resources {
        let Body::Resource(call) = &fact.body else { continue };
        if call.kind != "module" || call.system != System::Terraform {
            continue;
        }
        match folder_of(call) {
            Some(folder) if call.module == gone.module => found.push(folder),
            Some(folder) if folder == gone.module => found.push(call.module.clone()),
            _ => {}
        }
    }
    found
}

/// The folder that a module call with a local source names.
pub(super) fn folder_of(call: &Resource) -> Option<String> {
    let Value::Literal(_) = &call.attribute("source")?.value else { return None };
    let source = call.attribute("source")?.value.as_text();
    if !source.starts_with("./") && !source.starts_with("../") {
        return None;
    }
    let mut parts: Vec<&str> = call.module.split('/').filter(|part| !part.is_empty()).collect();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The introduced resource of the same type that is most like a removed one, if it is like enough and the two homes
/// are one module or call one another.
pub(super) fn successor<'a>(gone: &Resource, evidence: &'a Evidence<'_>) -> Option<(&'a Fact, &'a Resource)> {
    let neighbours = neighbours(evidence, gone);
    let least = if gone.kind == "module" { LIKENESS_OF_CALLS } else { LIKENESS };
    evidence
        .introduced()
        .filter(|(_, new)| new.system == gone.system && new.kind == gone.kind)
        .filter(|(_, new)| new.module == gone.module || neighbours.contains(&new.module))
        .filter(|(_, new)| gone.kind != "module" || same_source(gone, new))
        .take(MOST_COMPARED)
        .map(|(fact, new)| ((likeness(gone, new) * 1000.0) as u32, fact, new))
        .filter(|(likeness, ..)| f64::from(*likeness) >= least * 1000.0)
        .max_by(|one, other| {
            let home = |new: &Resource| new.module == gone.module;
            let name = |new: &Resource| new.name == gone.name;
            (one.0, home(one.2), name(one.2))
                .cmp(&(other.0, home(other.2), name(other.2)))
                .then(other.2.name.cmp(&one.2.name))
        })
        .map(|(_, fact, new)| (fact, new))
}

/// The sources of two calls without version and ref.
fn same_source(one: &Resource, other: &Resource) -> bool {
    let source = |call: &Resource| {
        let text = call.attribute("source").map(|source| source.value.as_text()).unwrap_or_default();
        text.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned()
    };
    source(one) == source(other)
}

/// Attributes that say nothing about which object it is.
const INCIDENTAL: [&str; 4] = ["tags", "labels", "tags_all", "lifecycle"];

/// Share of attributes that are equal on both, 0 to 1.
fn likeness(one: &Resource, other: &Resource) -> f64 {
    let counts = |path: &str| !INCIDENTAL.contains(&path.split(['.', '[']).next().unwrap_or_default());
    let of = |resource: &Resource| resource.attributes.iter().filter(|one| counts(&one.path)).count();
    let total = of(one) + of(other);
    if total == 0 {
        return 1.0;
    }
    let common = one
        .attributes
        .iter()
        .filter(|attribute| counts(&attribute.path))
        .filter(|attribute| {
            other.attribute(&attribute.path).is_some_and(|same| same.value.is_same(&attribute.value))
        })
        .count();
    2.0 * common as f64 / total as f64
}
