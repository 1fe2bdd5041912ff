//! `provider-target`: the same state is applied to another account, project, region or cluster.
//!
//! Parameter `what`: `target` (a provider's own target, or the provider of a resource or module), `tripwire` (the list
//! of accounts that the provider may touch).

use super::Evidence;
use super::addresses::is_managed;
use crate::facts::{Attribute, Body, Resource, System, Value, without_indexes};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, subject_of};

/// Arguments that say where a provider acts.
const TARGETS: [&str; 27] = [
    "region",
    "profile",
    "assume_role.role_arn",
    "assume_role_with_web_identity.role_arn",
    "shared_config_files",
    "endpoints.s3",
    "project",
    "subscription_id",
    "tenant_id",
    "environment",
    "config_context",
    "config_context_cluster",
    "config_path",
    "host",
    "kubernetes.host",
    "kubernetes.config_context",
    "kubernetes.config_path",
    "account_id",
    "api_url",
    "api_endpoint",
    "url",
    "address",
    "endpoint",
    "organization",
    "owner",
    "base_url",
    "hostname",
];
const TRIPWIRES: [&str; 2] = ["allowed_account_ids", "forbidden_account_ids"];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let what = rule.check.as_ref().and_then(|check| check.with.get("what")).map_or("", String::as_str);
    let mut findings = Vec::new();
    for (old, before, new, after) in evidence.changed() {
        if after.system != System::Terraform {
            continue;
        }
        let turn = match (what, after.kind.as_str()) {
            ("tripwire", "provider") => tripwire(before, after),
            ("target", "provider") => TARGETS.iter().find_map(|path| target(before, after, path)),
            ("target", _) => chosen(evidence, before, after),
            _ => None,
        };
        let Some(turn) = turn else { continue };
        let place = match (turn.new, turn.old) {
            (Some(new), _) => Place::at(&new.locus),
            (None, Some(one)) => {
                let line =
                    evidence.collapsed(one.locus.file, one.locus.start.line).unwrap_or(new.locus.start.line);
                Place::line(
                    new.locus.file,
                    &new.locus.path,
                    line.clamp(new.locus.start.line, new.locus.end.line),
                )
            }
            (None, None) => Place::start_of(&new.locus),
        };
        let text = |attribute: Option<&Attribute>| {
            attribute.map_or("absent".to_owned(), |attribute| attribute.value.display())
        };
        let folded = [turn.old, turn.new].into_iter().flatten().filter_map(|one| one.folded.clone());
        let draft = Draft {
            old: Some(OldPlace::at(turn.old.map_or(&old.locus, |one| &one.locus))),
            subject: Some(subject_of(new)),
            doubt: turn.doubt,
            evidence: folded.collect(),
            content: turn.name.clone(),
            ..Draft::new(if what == "tripwire" { Kind::Removed } else { Kind::Changed }, place)
        };
        findings.push(
            draft
                .capture("address", &after.address)
                .capture("name", &after.name)
                .capture("attribute", &turn.name)
                .capture("old", text(turn.old))
                .capture("new", text(turn.new))
                .finish(rule),
        );
    }
    findings
}

struct Turn<'a> {
    name: String,
    old: Option<&'a Attribute>,
    new: Option<&'a Attribute>,
    doubt: u8,
}

fn at<'a>(resource: &'a Resource, path: &str) -> Option<&'a Attribute> {
    resource.attributes.iter().find(|one| without_indexes(&one.path) == path)
}

/// The account in a role, so that another role of the same account is no other target.
fn account(text: &str) -> &str {
    match text.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3)) {
        Some(account) if !account.is_empty() => account,
        _ => text,
    }
}

fn target<'a>(before: &'a Resource, after: &'a Resource, path: &str) -> Option<Turn<'a>> {
    let (old, new) = (at(before, path)?, at(after, path)?);
    if old.value.is_same(&new.value) {
        return None;
    }
    let doubt = match (&old.value, &new.value) {
        (Value::Literal(_), Value::Literal(_)) => {
            let (was, is) = (old.value.as_text(), new.value.as_text());
            if path.ends_with("role_arn") && account(&was) == account(&is) {
                return None;
            }
            0
        }
        // Two expressions are often two names for one value.
        (Value::Unknown(_), Value::Unknown(_)) => return None,
        _ => 2,
    };
    Some(Turn { name: path.to_owned(), old: Some(old), new: Some(new), doubt })
}

/// A list of accounts that is gone as a whole.
fn tripwire<'a>(before: &'a Resource, after: &'a Resource) -> Option<Turn<'a>> {
    TRIPWIRES.iter().find_map(|path| {
        let old = at(before, path).filter(|one| one.value.as_text() != "[]")?;
        let new = at(after, path);
        let gone = new.is_none_or(|one| one.value.as_text() == "[]");
        gone.then(|| Turn { name: (*path).to_owned(), old: Some(old), new, doubt: 0 })
    })
}

/// A resource or module that chooses another provider configuration.
fn chosen<'a>(evidence: &'a Evidence<'_>, before: &'a Resource, after: &'a Resource) -> Option<Turn<'a>> {
    let module = after.kind == "module";
    if !module && !is_managed(after) {
        return None;
    }
    let named = |resource: &'a Resource| -> Vec<&'a Attribute> {
        resource
            .attributes
            .iter()
            .filter(|one| if module { one.path.starts_with("providers.") } else { one.path == "provider" })
            .collect()
    };
    let (old, new) = (named(before), named(after));
    let default = |path: &str, resource: &Resource| {
        let kind = resource.kind.split('_').next().unwrap_or_default();
        path.strip_prefix("providers.").unwrap_or(kind).to_owned()
    };
    let differs = |path: &str| -> Option<(Option<&'a Attribute>, Option<&'a Attribute>)> {
        let find = |all: &[&'a Attribute]| all.iter().find(|one| one.path == path).copied();
        let (one, other) = (find(&old), find(&new));
        let text = |attribute: Option<&Attribute>| {
            attribute.map_or_else(|| default(path, after), |attribute| attribute.value.as_text())
        };
        let (was, is) = (text(one), text(other));
        (was != is && !same_target(evidence, &after.module, &was, &is)).then_some((one, other))
    };
    let paths = new.iter().chain(&old).map(|one| one.path.as_str());
    let (one, other) = paths.into_iter().find_map(differs)?;
    let name = other.or(one).map(|one| one.path.clone()).unwrap_or_default();
    Some(Turn { name, old: one, new: other, doubt: 0 })
}

/// An alias was renamed: what it pointed at before and what the new one points at now is the same.
fn same_target(evidence: &Evidence<'_>, module: &str, was: &str, is: &str) -> bool {
    let matching = |resource: &Resource, name: &str| {
        resource.kind == "provider" && resource.module == module && resource.name == name
    };
    let old = evidence
        .removed()
        .map(|(_, gone, _)| gone)
        .chain(evidence.changed().map(|(_, before, ..)| before))
        .find(|resource| matching(resource, was));
    let new = evidence.new_resources.iter().find_map(|fact| match &fact.body {
        Body::Resource(resource) if matching(resource, is) => Some(resource),
        _ => None,
    });
    let facts = |resource: &Resource| -> Vec<String> {
        let wanted = resource.attributes.iter().filter(|one| one.path != "alias");
        let mut lines: Vec<String> =
            wanted.map(|one| format!("{}={}", one.path, one.value.as_text())).collect();
        lines.sort();
        lines
    };
    old.zip(new).is_some_and(|(old, new)| facts(old) == facts(new))
}
