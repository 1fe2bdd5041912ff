//! `helm-releases`: a `helm upgrade` works on another release, or in another namespace, with the same chart.

use super::Evidence;
use crate::delta::Delta;
use crate::facts::{Body, Command, Fact};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, subject_of};

/// What a release is known by, and what it is made of.
#[derive(PartialEq)]
struct Release {
    name: String,
    namespace: Option<String>,
    chart: String,
}

impl Release {
    /// `None` where a variable stands for a part of it.
    fn of(fact: &Fact) -> Option<Self> {
        let Body::Command(command) = &fact.body else { return None };
        if command.program != "helm"
            || !command.subcommands.iter().any(|word| word == "upgrade" || word == "install")
        {
            return None;
        }
        let [name, chart, ..] = &command.operands[..] else { return None };
        Some(Self { name: name.as_literal()?, namespace: namespace(command)?, chart: chart.content() })
    }

    fn shown(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

fn namespace(command: &Command) -> Option<Option<String>> {
    match command.flag("-n").or_else(|| command.flag("--namespace")) {
        Some(flag) => Some(Some(flag.value.as_ref()?.as_literal()?)),
        None => Some(None),
    }
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let come: Vec<Release> = evidence
        .deltas
        .iter()
        .filter_map(|delta| match delta {
            Delta::Introduced { new } | Delta::Moved { new, .. } | Delta::Changed { new, .. } => {
                Release::of(new)
            }
            Delta::Removed { .. } => None,
        })
        .collect();
    let mut findings = Vec::new();
    for delta in evidence.deltas {
        let Delta::Changed { old, new } = delta else { continue };
        let (Some(before), Some(after)) = (Release::of(old), Release::of(new)) else { continue };
        let same = before.name == after.name && before.namespace == after.namespace;
        // Both at once is another deployment; a namespace that is only written down is that of the context.
        let one = before.name == after.name || before.namespace == after.namespace;
        let both_known = before.namespace.is_some() == after.namespace.is_some();
        let still_there = come.contains(&before);
        if same || !one || !both_known || before.chart != after.chart || still_there {
            continue;
        }
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(subject_of(new)),
            content: after.shown(),
            ..Draft::new(Kind::Changed, Place::at(&new.locus))
        };
        findings.push(draft.capture("old", before.shown()).capture("new", after.shown()).finish(rule));
    }
    findings
}
