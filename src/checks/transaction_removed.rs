//! `transaction-removed`: writes of a script that used to succeed or fail together no longer do.

use std::collections::BTreeMap;

use super::Evidence;
use crate::delta::Delta;
use crate::facts::{Body, Fact, Statement};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule};

/// Fewer writes need no transaction around them.
const FEWEST: usize = 2;

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    // Writes that left a transaction, by file and scope.
    let mut left: BTreeMap<(usize, String), Vec<(&Fact, &Fact)>> = BTreeMap::new();
    for delta in evidence.deltas {
        let Delta::Changed { old, new } = delta else { continue };
        let (Body::Statement(before), Body::Statement(after)) = (&old.body, &new.body) else { continue };
        if is_write(after) && before.in_transaction && !after.in_transaction && !after.down {
            left.entry((new.locus.file, new.locus.scope.join("."))).or_default().push((old, new));
        }
    }
    let mut findings = Vec::new();
    for writes in left.values().filter(|writes| writes.len() >= FEWEST) {
        let Some((first_old, first_new)) = writes.iter().min_by_key(|(_, new)| new.locus.start) else {
            continue;
        };
        let begin = evidence.deltas.iter().filter_map(|delta| match delta {
            Delta::Removed { old, .. } | Delta::Changed { old, .. } => begins(old).then_some(old),
            _ => None,
        });
        let begin = begin
            .filter(|begin| {
                begin.locus.file == first_old.locus.file && begin.locus.start <= first_old.locus.start
            })
            .max_by_key(|begin| begin.locus.start);
        let draft = Draft {
            old: Some(OldPlace::at(&begin.unwrap_or(first_old).locus)),
            ..Draft::new(Kind::Removed, Place::start_of(&first_new.locus))
        };
        findings.push(draft.capture("count", writes.len().to_string()).finish(rule));
    }
    findings
}

fn is_write(statement: &Statement) -> bool {
    matches!(statement.verb.as_str(), "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "REPLACE" | "TRUNCATE")
}

fn begins(fact: &Fact) -> bool {
    matches!(&fact.body, Body::Statement(statement) if statement.verb == "BEGIN")
}
