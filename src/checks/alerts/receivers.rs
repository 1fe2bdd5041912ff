//! `alert-receivers`: a receiver of Alertmanager that tells nobody any more, or no pager any more.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{Content, FileChange, Side};
use crate::checks::Evidence;
use crate::facts::{self, Body, Fact};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject};
use crate::source::Locus;

/// Channels that wake somebody; the others are read when somebody looks.
const PAGERS: [&str; 5] = ["pagerduty", "opsgenie", "victorops", "pushover", "sns"];

#[derive(Default)]
struct Receiver {
    /// Kinds of channels: `pagerduty`, `slack`.
    channels: BTreeSet<String>,
    /// Where its first channel, or else its name, stands.
    locus: Option<Locus>,
}

#[derive(Default)]
struct Routing {
    receivers: BTreeMap<String, Receiver>,
    /// Names that a route sends to.
    used: BTreeSet<String>,
}

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, file) in evidence.change.files.iter().enumerate() {
        if !is_touched(evidence, index) {
            continue;
        }
        let (Some(old), Some(new)) = (routing(file, Side::Old), routing(file, Side::New)) else { continue };
        for (name, was) in &old.receivers {
            if was.channels.is_empty() || !old.used.contains(name) {
                continue;
            }
            let Some((lost, severity)) = loss(was, new.receivers.get(name), &new) else { continue };
            let Some(locus) = &was.locus else { continue };
            let Some(side) = &file.new else { continue };
            let line = evidence.collapsed(index, locus.start.line).unwrap_or(1);
            let draft = Draft {
                old: Some(OldPlace::at(locus)),
                subject: Some(Subject { home: locus.path.to_string(), name: format!("receiver {name}") }),
                severity: Some(severity.min(rule.severity)),
                content: lost.clone(),
                ..Draft::new(Kind::Removed, Place::line(index, &side.path, line))
            };
            findings.push(draft.capture("name", name).capture("old", &lost).finish(rule));
        }
    }
    findings
}

/// What a receiver no longer reaches, unless another one of the file reaches it now.
fn loss(was: &Receiver, is: Option<&Receiver>, new: &Routing) -> Option<(String, Severity)> {
    let left = is.map(|receiver| receiver.channels.clone()).unwrap_or_default();
    let lost: Vec<&String> = was.channels.difference(&left).collect();
    let pagers: Vec<&&String> = lost.iter().filter(|kind| PAGERS.contains(&kind.as_str())).collect();
    let any_pager_left = left.iter().any(|kind| PAGERS.contains(&kind.as_str()));
    let elsewhere = |kinds: &[&String]| {
        let others = new.receivers.iter().filter(|(name, _)| new.used.contains(*name));
        let reached: BTreeSet<&String> = others.flat_map(|(_, receiver)| &receiver.channels).collect();
        kinds.iter().all(|kind| reached.contains(*kind))
    };
    if is.is_none() && elsewhere(&lost) {
        return None;
    }
    if left.is_empty() && !lost.is_empty() {
        return Some((list(&lost), Severity::Critical));
    }
    let pagers: Vec<&String> = pagers.into_iter().copied().collect();
    (!pagers.is_empty() && !any_pager_left).then(|| (list(&pagers), Severity::High))
}

fn list(kinds: &[&String]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
}

/// A setting or attribute of a receiver differs; the whole file is read only then.
fn is_touched(evidence: &Evidence<'_>, index: usize) -> bool {
    let names = |fact: &Fact| {
        fact.locus.file == index
            && match &fact.body {
                Body::Setting(setting) => setting.path.contains("receivers["),
                Body::Resource(resource) => resource.kind.ends_with("/AlertmanagerConfig"),
                _ => false,
            }
    };
    evidence.deltas.iter().any(|delta| delta.old().is_some_and(names))
}

fn routing(file: &FileChange, side: Side) -> Option<Routing> {
    let side_of = file.judged(side)?;
    let Content::Bytes(bytes) = &side_of.content else { return None };
    let text = String::from_utf8_lossy(bytes);
    let mut found = Routing::default();
    for fact in facts::of_neighbour(side, &side_of.path, &text) {
        match &fact.body {
            Body::Setting(setting) => {
                found.take(&setting.path, &setting.value.as_text(), &fact.locus);
            }
            Body::Resource(resource) if resource.kind.ends_with("/AlertmanagerConfig") => {
                for one in &resource.attributes {
                    found.take(one.path.trim_start_matches("spec."), &one.value.as_text(), &one.locus);
                }
            }
            _ => {}
        }
    }
    Some(found)
}

impl Routing {
    /// `receivers[oncall].pagerduty_configs[0].routing_key`, `route.routes[0].receiver`; also below a chart's key.
    fn take(&mut self, path: &str, value: &str, locus: &Locus) {
        if path.ends_with("receiver") && path.contains("route") {
            self.used.insert(value.to_owned());
            return;
        }
        let Some((_, rest)) = path.split_once("receivers[") else { return };
        let Some((name, rest)) = rest.split_once("].") else { return };
        let receiver = self.receivers.entry(name.to_owned()).or_default();
        let key = rest.split(['[', '.']).next().unwrap_or_default();
        let kind = key.strip_suffix("_configs").or_else(|| key.strip_suffix("Configs"));
        match kind {
            Some(kind) => {
                if receiver.channels.is_empty() {
                    receiver.locus = Some(locus.clone());
                }
                receiver.channels.insert(kind.to_ascii_lowercase());
            }
            None => receiver.locus = receiver.locus.take().or_else(|| Some(locus.clone())),
        }
    }
}
