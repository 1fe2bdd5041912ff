//! `pipeline-needs`: a job that delivers no longer waits for a check that is still there.
//!
//! What counts is the whole chain: a job may wait for the check through another one.

use std::collections::BTreeSet;

use super::Evidence;
use crate::facts::{Body, Fact, Resource, System};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, subject_of};

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, before, new, after) in evidence.changed() {
        let is_job = matches!(after.system, System::Github | System::Gitlab) && after.kind == "job";
        if !is_job || after.attribute("job.delivers").is_none() {
            continue;
        }
        let (was, is) = (chain(before, old, evidence.old_resources), chain(after, new, evidence.new_resources));
        let names = |fact: &Fact| jobs_of(fact, evidence.new_resources).map(|job| job.name.clone()).collect();
        let standing: BTreeSet<String> = names(new);
        let lost: Vec<&String> =
            was.iter().filter(|job| !is.contains(*job) && standing.contains(*job)).collect();
        if lost.is_empty() {
            continue;
        }
        let is_listed = |job: &&&String| before.attribute(&format!("needs[{job}]")).is_some();
        let first = lost.iter().find(is_listed).unwrap_or(&lost[0]);
        let needs = before.attributes.iter().find(|attribute| attribute.path == format!("needs[{first}]"));
        let old_locus = needs.map_or(&old.locus, |attribute| &attribute.locus);
        let place = match after.attributes.iter().find(|attribute| attribute.path.starts_with("needs[")) {
            Some(attribute) => Place::at(&attribute.locus),
            None => Place::start_of(&new.locus),
        };
        let lost = lost.iter().map(|job| job.as_str()).collect::<Vec<_>>().join(", ");
        let draft = Draft {
            old: Some(OldPlace::at(old_locus)),
            subject: Some(subject_of(new)),
            content: lost.clone(),
            ..Draft::new(Kind::Removed, place)
        };
        findings.push(
            draft
                .capture("address", &after.address)
                .capture("name", &after.name)
                .capture("old", &lost)
                .finish(rule),
        );
    }
    findings
}

/// The jobs of the same pipeline file.
fn jobs_of<'a>(of: &'a Fact, facts: &'a [Fact]) -> impl Iterator<Item = &'a Resource> {
    facts.iter().filter(|fact| fact.locus.file == of.locus.file).filter_map(|fact| match &fact.body {
        Body::Resource(resource) if resource.kind == "job" => Some(resource),
        _ => None,
    })
}

/// Every job that one waits for, also through others.
fn chain(job: &Resource, fact: &Fact, facts: &[Fact]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut pending = needs(job);
    while let Some(name) = pending.pop() {
        if seen.insert(name.clone()) {
            let next = jobs_of(fact, facts).find(|other| other.name == name);
            pending.extend(next.map(needs).unwrap_or_default());
        }
    }
    seen
}

fn needs(job: &Resource) -> Vec<String> {
    let listed = job.attributes.iter().filter(|attribute| {
        attribute.path.strip_prefix("needs[").is_some_and(|rest| rest.ends_with(']') || rest.ends_with("].job"))
    });
    listed.map(|attribute| attribute.value.as_text()).collect()
}
