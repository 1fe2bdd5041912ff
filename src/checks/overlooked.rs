//! `overlooked-attributes`: an entry of `ignore_changes` is gone, so that what drifted is set back at once.

use super::Evidence;
use super::addresses::is_managed;
use crate::facts::{Attribute, Resource, System, without_indexes};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of, tables};

/// Fields that an autoscaler or a deployment sets while Terraform looks away.
const LIVE: [&str; 16] = [
    "desired_capacity",
    "desired_count",
    "replicas",
    "node_count",
    "initial_node_count",
    "scaling_config.desired_size",
    "min_size",
    "capacity",
    "task_definition",
    "image_uri",
    "template",
    "password",
    "master_password",
    "secret_string",
    "value",
    "secret_data",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, before, new, after) in evidence.changed() {
        if after.system != System::Terraform || !is_managed(after) {
            continue;
        }
        let kept: Vec<String> = entries(after).map(name).collect();
        if kept.iter().any(|entry| entry == "all") {
            continue;
        }
        let table = tables::replacement(after).map(|(table, _)| table);
        let replaces = |entry: &str| {
            table.as_ref().is_some_and(|table| {
                let listed = table.replace.iter().chain(&table.conditional);
                listed.map(|listed| listed.strip_suffix(".*").unwrap_or(listed)).any(|listed| {
                    listed == entry || listed.strip_prefix(entry).is_some_and(|rest| rest.starts_with('.'))
                })
            })
        };
        let is_set = |entry: &str| {
            after.attributes.iter().any(|one| {
                let plain = without_indexes(&one.path);
                plain == entry || plain.strip_prefix(entry).is_some_and(|rest| rest.starts_with('.'))
            })
        };
        for lost in entries(before) {
            let entry = name(lost);
            let live = LIVE.contains(&entry.as_str());
            let grave = entry == "all" || (is_set(&entry) && (live || replaces(&entry)));
            if kept.contains(&entry) || !grave {
                continue;
            }
            let line =
                evidence.collapsed(lost.locus.file, lost.locus.start.line).unwrap_or(new.locus.start.line);
            let place = Place::line(
                new.locus.file,
                &new.locus.path,
                line.clamp(new.locus.start.line, new.locus.end.line),
            );
            let note = match (entry.as_str(), live) {
                ("all", _) => "every difference is applied now".to_owned(),
                (_, true) => "set by something else while Terraform looked away".to_owned(),
                (_, false) => "an argument that forces replacement".to_owned(),
            };
            let draft = Draft {
                old: Some(OldPlace::at(&lost.locus)),
                subject: Some(subject_of(new)),
                severity: Some(
                    super::renamed::severity(Severity::High, after).max(Severity::Medium).min(rule.severity),
                ),
                evidence: vec![note],
                content: entry.clone(),
                ..Draft::new(Kind::Removed, place)
            };
            findings.push(
                draft
                    .capture("address", &after.address)
                    .capture("name", &after.name)
                    .capture("attribute", entry)
                    .finish(rule),
            );
        }
    }
    findings
}

fn entries(resource: &Resource) -> impl Iterator<Item = &Attribute> {
    resource.attributes.iter().filter(|one| one.path.starts_with("lifecycle.ignore_changes"))
}

fn name(entry: &Attribute) -> String {
    without_indexes(&entry.value.as_text())
}
