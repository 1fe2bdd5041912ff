//! `state-backend`: a configuration looks for its state at another place.
//!
//! Backends of Terraform, `cloud` blocks, `.tfbackend` files and the `remote_state` of Terragrunt.

use super::Evidence;
use crate::facts::{Attribute, Body, Fact, Resource, System, without_indexes};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};

/// Settings that say where the state is; all others say how to get at it.
const PLACES: [&str; 23] = [
    "type",
    "bucket",
    "key",
    "prefix",
    "path",
    "workspace_dir",
    "workspace_key_prefix",
    "container_name",
    "storage_account_name",
    "resource_group_name",
    "subscription_id",
    "organization",
    "hostname",
    "workspaces.name",
    "workspaces.prefix",
    "workspaces.tags",
    "workspaces.project",
    "address",
    "conn_str",
    "schema_name",
    "secret_suffix",
    "namespace",
    "endpoint",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, before, new, after) in evidence.changed() {
        let Some(prefix) = prefix_of(after) else { continue };
        let Some((one, other)) =
            PLACES.iter().find_map(|place| turned(before, after, &format!("{prefix}{place}")))
        else {
            continue;
        };
        let at = other.map_or_else(
            || {
                let line = one.and_then(|one| evidence.collapsed(one.locus.file, one.locus.start.line));
                let line = line.unwrap_or(new.locus.start.line);
                Place::line(
                    new.locus.file,
                    &new.locus.path,
                    line.clamp(new.locus.start.line, new.locus.end.line),
                )
            },
            |other| Place::at(&other.locus),
        );
        let text = |attribute: Option<&Attribute>| {
            attribute.map_or("absent".to_owned(), |attribute| attribute.value.display())
        };
        let name = other.or(one).map(|attribute| attribute.path.trim_start_matches(prefix).to_owned());
        let draft = Draft {
            old: Some(OldPlace::at(one.map_or(&old.locus, |one| &one.locus))),
            subject: Some(subject_of(new)),
            content: name.clone().unwrap_or_default(),
            ..Draft::new(Kind::Changed, at)
        };
        findings.push(
            draft
                .capture("attribute", name.unwrap_or_default())
                .capture("old", text(one))
                .capture("new", text(other))
                .finish(rule),
        );
    }
    for (old, gone, place) in evidence.removed() {
        if gone.system != System::Terraform || gone.kind != "backend" || !lives_on(evidence, gone) {
            continue;
        }
        let kind = gone.attribute("type").map(|kind| kind.value.as_text()).unwrap_or_default();
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(subject_of(old)),
            evidence: vec!["without a backend the state is a local file".to_owned()],
            ..Draft::new(Kind::Changed, place)
        };
        findings.push(
            draft
                .capture("attribute", "the backend")
                .capture("old", format!("\"{kind}\""))
                .capture("new", "local")
                .finish(rule),
        );
    }
    for (new, fresh) in evidence.introduced() {
        if fresh.system != System::Terraform || fresh.kind != "backend" || !was_there(evidence, fresh) {
            continue;
        }
        let kind = fresh.attribute("type").map(|kind| kind.value.as_text()).unwrap_or_default();
        let draft = Draft {
            subject: Some(subject_of(new)),
            severity: Some(rule.severity.min(Severity::Medium)),
            evidence: vec!["the state was a local file so far".to_owned()],
            ..Draft::new(Kind::Changed, Place::start_of(&new.locus))
        };
        findings.push(
            draft
                .capture("attribute", "the backend")
                .capture("old", "local")
                .capture("new", format!("\"{kind}\""))
                .finish(rule),
        );
    }
    findings
}

/// Where the settings of the backend stand in a resource.
fn prefix_of(resource: &Resource) -> Option<&'static str> {
    match (resource.system, resource.kind.as_str()) {
        (System::Terraform, "backend") => Some(""),
        (System::Terraform, "terragrunt") => Some("remote_state.config."),
        (System::Terraform, "tfvars") if resource.name.ends_with(".tfbackend") => Some(""),
        _ => None,
    }
}

type Turned<'a> = (Option<&'a Attribute>, Option<&'a Attribute>);

fn turned<'a>(before: &'a Resource, after: &'a Resource, path: &str) -> Option<Turned<'a>> {
    let of = |resource: &'a Resource| -> Vec<&'a Attribute> {
        resource.attributes.iter().filter(|one| without_indexes(&one.path) == path).collect()
    };
    let (old, new) = (of(before), of(after));
    let gone = old.iter().find(|one| !new.iter().any(|other| other.value.is_same(&one.value)));
    let come = new.iter().find(|one| !old.iter().any(|other| other.value.is_same(&one.value)));
    (gone.is_some() || come.is_some()).then(|| (gone.copied(), come.copied()))
}

fn in_module<'a>(fact: &'a Fact, module: &str) -> Option<&'a Resource> {
    match &fact.body {
        Body::Resource(resource) if resource.system == System::Terraform && resource.module == module => {
            Some(resource)
        }
        _ => None,
    }
}

/// The module still has something whose state matters.
fn lives_on(evidence: &Evidence<'_>, gone: &Resource) -> bool {
    let here = evidence.new_resources.iter().filter_map(|fact| in_module(fact, &gone.module));
    let blocks = here.into_iter().any(|resource| resource.kind != "backend");
    let backend =
        evidence.introduced().any(|(_, fresh)| fresh.kind == "backend" && fresh.module == gone.module);
    let files = evidence.change.tree(crate::change::Side::New).list(&gone.module).unwrap_or_default();
    !backend && (blocks || files.iter().any(|name| name.ends_with(".tf") || name.ends_with(".tofu")))
}

/// The module stood before, so it had a state.
fn was_there(evidence: &Evidence<'_>, fresh: &Resource) -> bool {
    let removed = evidence.removed().any(|(_, gone, _)| gone.kind == "backend" && gone.module == fresh.module);
    let files = evidence.change.tree(crate::change::Side::Old).list(&fresh.module).unwrap_or_default();
    let texts = files.iter().filter(|name| name.ends_with(".tf") || name.ends_with(".tofu"));
    let resources = texts.into_iter().any(|name| {
        let path = if fresh.module.is_empty() { name.clone() } else { format!("{}/{name}", fresh.module) };
        let text =
            evidence.change.tree(crate::change::Side::Old).read(&path).ok().flatten().unwrap_or_default();
        memchr::memmem::find(&text, b"resource \"").is_some()
            || memchr::memmem::find(&text, b"module \"").is_some()
    });
    !removed && resources
}
