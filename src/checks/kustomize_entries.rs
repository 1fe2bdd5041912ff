//! `kustomize-entries`: an entry of a kustomization is gone, and nothing in the change took it over.

use super::Evidence;
use crate::delta::Delta;
use crate::facts::{Body, Fact};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject};

const LISTS: [&str; 5] = ["resources", "components", "bases", "helmCharts", "crds"];

/// An entry of a list, resolved against the folder of its file.
struct Entry {
    name: String,
    target: String,
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let gained: Vec<Entry> = evidence
        .deltas
        .iter()
        .filter_map(|delta| match delta {
            Delta::Introduced { new } => entry(new),
            _ => None,
        })
        .collect();
    let mut findings = Vec::new();
    for delta in evidence.deltas {
        let Delta::Removed { old, holder_survives: true, anchor } = delta else { continue };
        let Some(lost) = entry(old) else { continue };
        if gained.iter().any(|other| other.target == lost.target) || went_along(evidence, &lost.target, &gained)
        {
            continue;
        }
        let place = match anchor {
            Some(anchor) => Place::line(old.locus.file, &anchor.path, anchor.position.line),
            None => Place::nowhere(old.locus.file, &old.locus.path),
        };
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(Subject { home: old.locus.path.to_string(), name: lost.name.clone() }),
            severity: Some(if is_tree(&lost.name) { Severity::Critical } else { rule.severity }),
            content: lost.name.clone(),
            ..Draft::new(Kind::Removed, place)
        };
        findings.push(draft.capture("name", &lost.name).capture("old", &lost.name).finish(rule));
    }
    findings
}

/// A folder holds many objects; a file, as far as its name tells, one kind of them.
fn is_tree(name: &str) -> bool {
    !name.contains("://") && !name.ends_with(".yaml") && !name.ends_with(".yml") && !name.ends_with(".json")
}

fn entry(fact: &Fact) -> Option<Entry> {
    let Body::Setting(setting) = &fact.body else { return None };
    let (folder, file) = fact.locus.path.rsplit_once('/').unwrap_or(("", &fact.locus.path));
    if !matches!(file, "kustomization.yaml" | "kustomization.yml" | "Kustomization") {
        return None;
    }
    let (list, _) = setting.path.split_once('[')?;
    if !LISTS.contains(&list) || !(setting.path.ends_with(']') || setting.path.ends_with("].name")) {
        return None;
    }
    let name = setting.value.as_text();
    Some(Entry { target: resolve(folder, &name), name })
}

/// A relative path from the root of the repository; addresses stay what they are.
fn resolve(folder: &str, name: &str) -> String {
    if let Some(remote) = remote(name) {
        return remote;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// An address elsewhere without its version and without the way of fetching it.
fn remote(name: &str) -> Option<String> {
    let is_host =
        |text: &str| text.split('/').next().is_some_and(|host| host.contains('.') && !host.starts_with('.'));
    let known = name.contains("://") || name.starts_with("git@") || name.starts_with("git::");
    if !known && !(is_host(name) && (name.contains("?ref=") || name.starts_with("github.com/"))) {
        return None;
    }
    let plain = name.split('?').next().unwrap_or(name);
    let plain = plain.trim_start_matches("git::");
    let plain = plain.split_once("://").map_or(plain, |(_, rest)| rest);
    let plain = plain.trim_start_matches("git@").replace(':', "/").replace(".git", "").replace("//", "/");
    let is_version = |part: &&str| {
        let digits = part.trim_start_matches(|letter: char| letter.is_ascii_alphabetic() || letter == '-');
        part.contains('.')
            && digits.starts_with(|letter: char| letter.is_ascii_digit())
            && digits.len() + 8 > part.len()
    };
    let parts: Vec<&str> = plain.split('/').map(|part| if is_version(&part) { "*" } else { part }).collect();
    Some(parts.join("/"))
}

/// The file or folder behind an entry was moved or deleted in the same change: then its objects tell their own story.
fn went_along(evidence: &Evidence<'_>, target: &str, gained: &[Entry]) -> bool {
    evidence.change.files.iter().any(|file| {
        let Some(old) = &file.old else { return false };
        let is_it = old.path == target || old.path.starts_with(&format!("{target}/"));
        let left = file.new.as_ref().is_none_or(|new| new.path != old.path);
        is_it && left
    }) || gained.iter().any(|entry| target.starts_with(&format!("{}/", entry.target)))
}
