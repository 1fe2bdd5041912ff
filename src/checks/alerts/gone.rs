//! `alerts-gone`: rules of a monitoring system that fire no more.

use std::collections::BTreeMap;

use super::rule::{Alert, alerts, is_same_expression};
use crate::checks::Evidence;
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Subject};

/// So many alerts of one file are told one by one; more are told as one loss.
const TOLD_SINGLY: usize = 3;

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let (old, new) = (alerts(evidence.old_resources), alerts(evidence.new_resources));
    let goes_on = |gone: &Alert| {
        new.iter().any(|alert| alert.name.eq_ignore_ascii_case(&gone.name) || is_same_expression(alert, gone))
    };
    let mut by_file: BTreeMap<usize, Vec<&Alert>> = BTreeMap::new();
    for gone in old.iter().filter(|alert| !goes_on(alert)) {
        by_file.entry(gone.locus.file).or_default().push(gone);
    }
    let mut findings = Vec::new();
    for gone in by_file.into_values() {
        let size = if gone.len() > TOLD_SINGLY { gone.len() } else { 1 };
        for together in gone.chunks(size) {
            let Some(first) = together.first() else { continue };
            findings.push(finding(rule, evidence, first, together));
        }
    }
    findings
}

fn finding(rule: &Rule, evidence: &Evidence<'_>, first: &Alert, together: &[&Alert]) -> Finding {
    let locus = &first.locus;
    let new_side = evidence.change.files.get(locus.file).and_then(|file| file.new.as_ref());
    let line = evidence.collapsed(locus.file, locus.start.line);
    let place = match (new_side, line) {
        (Some(side), Some(line)) => Place::line(locus.file, &side.path, line),
        _ => Place::nowhere(locus.file, &locus.path),
    };
    let name = match together {
        [_] => format!("alert {}", first.name),
        [one, other, rest @ ..] => {
            format!("alerts {}, {} and {} more", one.name, other.name, rest.len())
        }
        [] => String::new(),
    };
    let draft = Draft {
        old: Some(OldPlace::at(locus)),
        subject: Some(Subject { home: locus.path.to_string(), name: first.name.clone() }),
        content: first.name.clone(),
        ..Draft::new(Kind::Removed, place)
    };
    draft.capture("name", &name).capture("old", &first.name).finish(rule)
}
