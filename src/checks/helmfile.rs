//! `helmfile-releases`: a release of a helmfile gets another name, so that a second one starts beside it.

use std::collections::BTreeMap;

use super::Evidence;
use crate::facts::{Body, Fact};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Subject};
use crate::source::Locus;

#[derive(Default)]
struct Release {
    chart: String,
    namespace: String,
    /// Where its name stands.
    locus: Option<Locus>,
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let (old, new) = (releases(evidence.old_resources), releases(evidence.new_resources));
    let gone = old.iter().filter(|(name, _)| !new.contains_key(*name));
    let mut come: Vec<(&String, &Release)> = new.iter().filter(|(name, _)| !old.contains_key(*name)).collect();
    let mut findings = Vec::new();
    for (name, was) in gone {
        let is_heir =
            |is: &Release| !is.chart.is_empty() && is.chart == was.chart && is.namespace == was.namespace;
        let Some(at) = come.iter().position(|(_, is)| is_heir(is)) else { continue };
        let (heir, is) = come.remove(at);
        let (Some(before), Some(after)) = (&was.locus, &is.locus) else { continue };
        let draft = Draft {
            old: Some(OldPlace::at(before)),
            subject: Some(Subject { home: before.path.to_string(), name: format!("release {name}") }),
            evidence: vec![format!("both are of the chart {}", was.chart)],
            content: heir.clone(),
            ..Draft::new(Kind::Changed, Place::at(after))
        };
        findings.push(draft.capture("old", name).capture("new", heir).capture("name", name).finish(rule));
    }
    findings
}

fn releases(facts: &[Fact]) -> BTreeMap<String, Release> {
    let mut found: BTreeMap<String, Release> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| is_helmfile(&fact.locus.path)) {
        let Body::Setting(setting) = &fact.body else { continue };
        let Some((name, leaf)) = setting.path.strip_prefix("releases[").and_then(|rest| rest.rsplit_once("]."))
        else {
            continue;
        };
        let release = found.entry(name.to_owned()).or_default();
        match leaf {
            "name" => release.locus = Some(fact.locus.clone()),
            "chart" => release.chart = setting.value.as_text(),
            "namespace" => release.namespace = setting.value.as_text(),
            _ => {}
        }
    }
    found
}

fn is_helmfile(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("helmfile") || path.contains("helmfile.d/")
}
