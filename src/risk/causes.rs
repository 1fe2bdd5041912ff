//! One root cause is one finding: what else was seen at the same place is attached to the gravest.

use std::collections::BTreeMap;

use super::ledger::{base, share};
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
    places.into_values().filter_map(fold).collect()
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
        first.also.push(Related {
            rule: other.rule,
            message: other.message,
            path: other.path,
            line: other.line,
        });
        for role in other.reviewers {
            if !first.reviewers.contains(&role) {
                first.reviewers.push(role);
            }
        }
        first.effect = first.effect.or(other.effect);
    }
    Some(first)
}
