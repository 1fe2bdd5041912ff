//! `removed-resources`: an object vanishes from configuration and will be deleted.
//!
//! Parameters: `class` (comma-separated classes of `rules/data/stateful.json`) or `type` (comma-separated globs over
//! the kind), `not_type`, `system` (comma-separated; `terraform` unless given).

use super::Evidence;
use super::addresses::{Handled, is_managed};
use super::renamed::{folder_of, successor};
use crate::change::Side;
use crate::facts::{Resource, System, glob};
use crate::rules::{Draft, Finding, Kind, OldPlace, Rule, Severity, subject_of, tables};

/// Which resources a rule speaks of.
pub(super) struct Wanted {
    classes: Option<Vec<String>>,
    kinds: Option<Vec<String>>,
    not_kinds: Vec<String>,
    systems: Vec<System>,
}

impl Wanted {
    pub(super) fn of(rule: &Rule) -> Self {
        let parameter = |name: &str| rule.check.as_ref().and_then(|check| check.with.get(name));
        let list = |name: &str| -> Option<Vec<String>> {
            parameter(name).map(|text| text.split(',').map(|word| word.trim().to_owned()).collect())
        };
        Self {
            classes: list("class"),
            kinds: list("type"),
            not_kinds: list("not_type").unwrap_or_default(),
            systems: list("system").map_or(vec![System::Terraform], |names| {
                names.iter().filter_map(|name| tables::system(name)).collect()
            }),
        }
    }

    pub(super) fn admits(&self, resource: &Resource) -> bool {
        let any = |globs: &[String]| globs.iter().any(|pattern| glob(pattern, &resource.kind));
        let class = || {
            tables::class_of(resource)
                .map(|class| format!("{class:?}").to_ascii_lowercase())
                .unwrap_or_default()
        };
        is_managed(resource) != (resource.kind == "module")
            && self.systems.contains(&resource.system)
            && self.kinds.as_ref().is_none_or(|kinds| any(kinds))
            && !any(&self.not_kinds)
            && self.classes.as_ref().is_none_or(|classes| classes.contains(&class()))
    }
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let wanted = Wanted::of(rule);
    let mut findings = Vec::new();
    for (old, resource, place) in evidence.removed().filter(|(_, gone, _)| wanted.admits(gone)) {
        let handled = Handled::in_module(evidence, &resource.module);
        if handled.keeps(&resource.address)
            || is_told_to_stay(resource)
            || feeds_a_program(resource)
            || handled.is_destroyed_on_purpose(&resource.address)
            || successor(resource, evidence).is_some()
        {
            continue;
        }
        let deserted = is_deserted(evidence, resource);
        if deserted && evidence.removed().any(|(_, call, _)| calls(call, &resource.module)) {
            continue;
        }
        let mut notes = vec![evidence_of(resource)];
        if deserted {
            notes.push(
                "the whole folder is gone: it goes when somebody destroys what its state holds".to_owned(),
            );
        }
        if resource.attribute("lifecycle.prevent_destroy").is_some() {
            notes.push("prevent_destroy went with the block and stops nothing".to_owned());
        }
        if resource.system == System::Terraform && tables::replacement(resource).is_none() {
            notes.push(format!("{} is a type that no table knows", resource.kind));
        }
        let elsewhere = evidence.introduced().find(|(_, new)| {
            new.system == resource.system && new.kind == resource.kind && new.name == resource.name
        });
        if let Some((new, _)) = elsewhere {
            notes.push(format!("the same name stands in {} now, which is another module", new.locus.path));
        }
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(subject_of(old)),
            severity: Some(severity(rule.severity, resource)),
            doubt: u8::from(deserted),
            evidence: notes,
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

/// A subscription that hands messages to a queue or a function instead of a person.
fn feeds_a_program(gone: &Resource) -> bool {
    gone.kind == "aws_sns_topic_subscription"
        && gone.attribute("protocol").is_some_and(|protocol| {
            matches!(protocol.value.as_text().as_str(), "sqs" | "lambda" | "firehose" | "application")
        })
}

/// Nothing is left of the module folder, so no run will ever plan the deletion from here.
fn is_deserted(evidence: &Evidence<'_>, gone: &Resource) -> bool {
    gone.system == System::Terraform
        && !evidence.introduced().any(|(_, fresh)| fresh.module == gone.module)
        && evidence.change.tree(Side::New).list(&gone.module).is_ok_and(|files| {
            !files
                .iter()
                .any(|name| name.ends_with(".tf") || name.ends_with(".tofu") || name.ends_with(".tf.json"))
        })
        && !gone.module.is_empty()
}

/// A module call whose own finding speaks for everything in the folder.
fn calls(call: &Resource, folder: &str) -> bool {
    call.kind == "module" && folder_of(call).is_some_and(|called| called == folder)
}

/// What is left behind as it is, without a manager.
const UNMANAGED: &str = "it is left behind, no longer managed";

/// What lets an object, or a copy of it, outlive its entry in the configuration.
fn kept_by(resource: &Resource) -> Option<String> {
    let text = |path: &str| resource.attribute(path).map(|attribute| attribute.value.as_text());
    match resource.system {
        System::Cloudformation => {
            let policy = text("DeletionPolicy").filter(|policy| policy != "Delete")?;
            Some(match policy.as_str() {
                "Snapshot" => "DeletionPolicy is Snapshot: it goes, and a copy stays".to_owned(),
                _ => format!("DeletionPolicy is {policy}: {UNMANAGED}"),
            })
        }
        System::Cdk => match text("removalPolicy") {
            Some(policy) if policy == "DESTROY" => None,
            Some(policy) if policy == "SNAPSHOT" => {
                Some("removalPolicy is SNAPSHOT: it goes, and a copy stays".to_owned())
            }
            Some(policy) => Some(format!("removalPolicy is {policy}: {UNMANAGED}")),
            None if tables::is_kept(resource) => {
                Some(format!("the library keeps this class by default: {UNMANAGED}"))
            }
            None => None,
        },
        System::Pulumi if text("opts.retainOnDelete").is_some_and(|on| on == "true") => {
            Some(format!("retainOnDelete is on: {UNMANAGED}"))
        }
        System::Pulumi if text("opts.protect").is_some_and(|on| on == "true") => {
            Some("protect is on in the state: the next update fails until somebody lifts it".to_owned())
        }
        _ => None,
    }
}

/// The configuration itself says that the object outlives it.
fn is_told_to_stay(resource: &Resource) -> bool {
    let says = |path: &str, word: &str| {
        resource.attribute(path).is_some_and(|attribute| attribute.value.as_text().starts_with(word))
    };
    match resource.system {
        System::Cloudformation => says("DeletionPolicy", "Retain"),
        System::Cdk => says("removalPolicy", "RETAIN"),
        System::Pulumi => says("opts.retainOnDelete", "true"),
        _ => false,
    }
}

/// How grave it is that an object leaves the configuration.
fn severity(most: Severity, resource: &Resource) -> Severity {
    match kept_by(resource) {
        // It goes on as it is; that nobody manages it any more is worth a remark.
        Some(note) if note.ends_with(UNMANAGED) => most.min(Severity::Medium),
        Some(_) => most.min(Severity::High),
        None => most,
    }
}

/// Whether the object, or a copy of its data, outlives its removal from configuration.
pub(super) fn stays(resource: &Resource) -> bool {
    kept_by(resource).is_some()
}

fn evidence_of(resource: &Resource) -> String {
    match (kept_by(resource), resource.system) {
        (Some(note), _) => note,
        (None, System::Cloudformation) => "no DeletionPolicy that keeps it".to_owned(),
        (None, System::Terraform) => "no moved, removed or import block".to_owned(),
        (None, _) => "no object of this name on the new side".to_owned(),
    }
}
