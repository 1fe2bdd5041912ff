//! `removed-modules`: a module call vanishes, and with it everything that the module makes.
//!
//! A local module is looked into; of others the name of the source has to tell.

use std::collections::BTreeSet;

use super::Evidence;
use super::addresses::Handled;
use super::renamed::{folder_of, successor};
use crate::change::Side;
use crate::facts::{Resource, System};
use crate::rules::{Class, Draft, Finding, Kind, OldPlace, Rule, Severity, subject_of, tables};

/// Bytes of a module file that is looked into.
const LARGEST: usize = 256 * 1024;
/// Modules inside modules that are looked into.
const DEEPEST: u32 = 3;

/// Words of published modules that hold data or carry others.
pub(super) const GRAVE: [&str; 26] = [
    "rds",
    "aurora",
    "sql",
    "postgres",
    "mysql",
    "database",
    "dynamodb",
    "s3",
    "bucket",
    "storage",
    "vpc",
    "network",
    "eks",
    "gke",
    "aks",
    "kubernetes",
    "dns",
    "route53",
    "redis",
    "elasticache",
    "kafka",
    "msk",
    "vault",
    "kms",
    "efs",
    "opensearch",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, call, place) in evidence.removed() {
        if call.system != System::Terraform || call.kind != "module" {
            continue;
        }
        let handled = Handled::in_module(evidence, &call.module);
        if handled.keeps(&call.address)
            || handled.is_destroyed_on_purpose(&call.address)
            || successor(call, evidence).is_some()
        {
            continue;
        }
        let Some((severity, note)) = holds(evidence, call, rule.severity) else { continue };
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(subject_of(old)),
            severity: Some(severity),
            evidence: vec![note, "no moved or removed block".to_owned()],
            ..Draft::new(Kind::Removed, place)
        };
        findings.push(draft.capture("address", &call.address).capture("name", &call.name).finish(rule));
    }
    findings
}

/// How grave the loss is and why; `None` for a module that makes nothing.
fn holds(evidence: &Evidence<'_>, call: &Resource, most: Severity) -> Option<(Severity, String)> {
    if let Some(folder) = folder_of(call) {
        let mut kinds = BTreeSet::new();
        let known = collect(evidence, &folder, &mut kinds, 0);
        let class = |wanted: &[Class]| {
            kinds
                .iter()
                .find(|kind| tables::class_of_terraform(kind).is_some_and(|class| wanted.contains(&class)))
        };
        return match (class(&[Class::Data, Class::Identity, Class::Container]), class(&[Class::Compute])) {
            (Some(kind), _) => Some((most, format!("{folder} holds {kind}"))),
            (None, Some(kind)) => Some((most.min(Severity::High), format!("{folder} holds {kind}"))),
            (None, None) if kinds.is_empty() && known => None,
            (None, None) => {
                Some((most.min(Severity::Medium), format!("{folder} holds nothing known to keep data")))
            }
        };
    }
    let source = call.attribute("source").map(|source| source.value.as_text()).unwrap_or_default();
    let words: Vec<String> = source
        .to_ascii_lowercase()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .map(str::to_owned)
        .collect();
    let grave = GRAVE.iter().find(|word| words.iter().any(|one| one == *word));
    Some(match grave {
        Some(word) => (most, format!("its source {source} speaks of {word}")),
        None => (most.min(Severity::High), format!("its source is {source}")),
    })
}

/// The types of resources in a module folder and in local modules that it calls. `false` where something could not
/// be read or stands elsewhere.
fn collect(evidence: &Evidence<'_>, folder: &str, kinds: &mut BTreeSet<String>, depth: u32) -> bool {
    // The module itself may be gone from the new side with its call.
    let tree = evidence.change.tree(Side::Old);
    let Ok(names) = tree.list(folder) else { return false };
    let mut known = !names.is_empty();
    for name in names.iter().filter(|name| name.ends_with(".tf") || name.ends_with(".tofu")) {
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let Ok(Some(bytes)) = tree.read(&path) else {
            known = false;
            continue;
        };
        if bytes.len() > LARGEST {
            known = false;
            continue;
        }
        let text = String::from_utf8_lossy(&bytes);
        for line in text.lines().map(str::trim_start) {
            if let Some(kind) = line.strip_prefix("resource \"").and_then(|rest| rest.split('"').next()) {
                kinds.insert(kind.to_owned());
            } else if let Some(source) = line.strip_prefix("source").and_then(|rest| rest.split('"').nth(1)) {
                let inner =
                    (depth < DEEPEST && source.starts_with('.')).then(|| join(folder, source)).flatten();
                known &= match inner {
                    Some(inner) => collect(evidence, &inner, kinds, depth + 1),
                    // A provider's source has no path in it.
                    None => !source.starts_with('.') && source.matches('/').count() == 1,
                };
            }
        }
    }
    known
}

/// `modules/db` and `../kms` are `modules/kms`.
pub(super) fn join(folder: &str, source: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
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
