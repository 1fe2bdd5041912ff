//! One root cause is one finding: what else was seen at the same place is attached to the gravest.

use std::collections::BTreeMap;

use super::ledger::{base, share};
use crate::facts::glob;
use crate::rules::{Finding, Related};

/// Path, line on either side, and subject.
type Spot = (String, u32, Option<u32>, Option<String>);

/// Folds findings of one place into one each; the order of the result is that of the places.
pub fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut places: BTreeMap<Spot, Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        let subject = finding.subject.as_ref().map(|subject| subject.name.clone());
        places
            .entry((finding.path.clone(), finding.line, finding.old_line, subject))
            .or_default()
            .push(finding);
    }
    let mut merged: Vec<Finding> = Vec::new();
    for finding in places.into_values().filter_map(fold) {
        match merged.last_mut() {
            Some(last) if is_one_cut(last, &finding) => attach(last, finding),
            _ => merged.push(finding),
        }
    }
    share_causes(merged)
}

/// Folds findings of one line whose rules say that they speak of the same thing.
fn share_causes(findings: Vec<Finding>) -> Vec<Finding> {
    let mut left: Vec<Option<Finding>> = findings.into_iter().map(Some).collect();
    for at in 0..left.len() {
        let Some(finding) = left[at].take_if(|finding| !finding.same_cause.is_empty()) else { continue };
        let partner =
            left.iter().position(|other| other.as_ref().is_some_and(|other| is_same(&finding, other)));
        match partner {
            Some(partner) => left[partner] = fold(left[partner].take().into_iter().chain([finding]).collect()),
            None => left[at] = Some(finding),
        }
    }
    left.into_iter().flatten().collect()
}

fn is_same(finding: &Finding, other: &Finding) -> bool {
    let lines = finding.line > 0 && finding.line == other.line
        || finding.old_line.is_some() && finding.old_line == other.old_line;
    finding.path == other.path && lines && finding.same_cause.iter().any(|pattern| glob(pattern, &other.rule))
}

/// Lines of the old side that one cut took out together.
const NEAR: u32 = 5;

/// Neighbouring properties of one thing that are gone at one place, told by the same rule: one cut.
fn is_one_cut(one: &Finding, other: &Finding) -> bool {
    let (Some(before), Some(after)) = (one.old_line, other.old_line) else { return false };
    one.rule == other.rule
        && one.path == other.path
        && one.line == other.line
        && one.subject.is_some()
        && one.subject == other.subject
        && one.severity == other.severity
        && before != after
        && before.abs_diff(after) <= NEAR
}

fn attach(first: &mut Finding, other: Finding) {
    first.also.push(Related { rule: other.rule, message: other.message, path: other.path, line: other.line });
    for role in other.reviewers {
        if !first.reviewers.contains(&role) {
            first.reviewers.push(role);
        }
    }
    first.effect = first.effect.or(other.effect);
}

fn fold(mut findings: Vec<Finding>) -> Option<Finding> {
    findings.sort_by(|one, other| {
        let weight = |finding: &Finding| base(finding.severity) * share(finding.confidence);
        weight(other).total_cmp(&weight(one)).then_with(|| one.rule.cmp(&other.rule))
    });
    let mut rest = findings.into_iter();
    let mut first = rest.next()?;
    for other in rest {
        if other.rule == first.rule && other.fingerprint == first.fingerprint {
            continue;
        }
        attach(&mut first, other);
    }
    Some(first)
}
