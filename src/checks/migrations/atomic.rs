//! `non-atomic-migration`: a step of several statements is taken out of its transaction.

use super::super::Evidence;
use super::{file_name, text};
use crate::change::Side;
use crate::facts::{Expression, step_of};
use crate::rules::{Draft, Finding, Kind, Place, Rule};

/// How tools are told to run a step without a transaction.
static SWITCH: Expression = Expression::of(
    r"(?m)^\s*(?:atomic\s*=\s*False|disable_ddl_transaction!|@disable_ddl_transaction true|exports\.config\s*=.*transaction:\s*false|--.*executeInTransaction\s*=\s*false|--\s*no-transaction|--\s*\+goose NO TRANSACTION|--\s*migrate:up transaction:false)|runInTransaction=.false",
);

pub(in super::super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, file) in evidence.change.files.iter().enumerate() {
        let (Some(new), Some(after)) = (&file.new, text(file.new.as_ref())) else { continue };
        let before = text(file.judged(Side::Old)).unwrap_or_default();
        if step_of(&new.path, after).is_none() {
            continue;
        }
        let Some(found) = SWITCH.find(after).filter(|_| !SWITCH.is_match(before)) else { continue };
        // A statement that works concurrently is the reason why the switch exists.
        if after.to_ascii_lowercase().contains("concurrently") {
            continue;
        }
        let start = found.start() + (found.as_str().len() - found.as_str().trim_start().len());
        let line = after[..start].matches('\n').count() as u32 + 1;
        let draft = Draft::new(Kind::Introduced, Place::line(index, &new.path, line));
        findings.push(draft.capture("name", file_name(&new.path)).finish(rule));
    }
    findings
}
