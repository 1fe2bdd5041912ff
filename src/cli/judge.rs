//! One change through policy, rules and plans to a report and an exit code.

use std::path::Path;

use super::failure::Failure;
use super::output::Output;
use super::request::Orders;
use crate::change::{Change, ChangeKind, FileSide, Side};
use crate::context::{Background, People};
use crate::gate::{Policy, Status};
use crate::pipeline::{self, Judged, Knowledge};
use crate::plan::{self, Plan};
use crate::report::Report;
use crate::rules::{PROJECT_FOLDER, RuleError, RuleSet};

/// Judges, reports, and says how it ended.
pub fn judge(
    change: &Change,
    background: Background,
    orders: &Orders,
    output: &Output,
) -> Result<Status, Failure> {
    let (judged, _) = assess(change, background, orders)?;
    output.write(&Report {
        change,
        assessment: &judged.assessment,
        verdict: &judged.verdict,
        readings: &judged.readings,
    })?;
    Ok(if orders.report_only { Status::Pass } else { judged.verdict.status })
}

/// Judges by the project's own policy and rules; also what the project says of its people.
pub fn assess(change: &Change, background: Background, orders: &Orders) -> Result<(Judged, People), Failure> {
    let mut policy = policy(change, orders)?;
    let rules = rules(change, &mut policy)?;
    let plans = orders.plans.iter().map(|path| plan(path, change)).collect::<Result<_, _>>()?;
    let knowledge = Knowledge {
        places: policy.places(),
        plans,
        background,
        people: policy.people.clone(),
        assistants: policy.assistants.clone(),
    };
    Ok((pipeline::judge(change, &rules, &knowledge, &policy), policy.people))
}

fn policy(change: &Change, orders: &Orders) -> Result<Policy, Failure> {
    let mut policy = match &orders.configuration {
        // A patch shows parts of files; the policy must be known as a whole.
        None if change.kind == ChangeKind::Patch => {
            let mut policy = Policy::default();
            policy.remarks.push("a patch has no configuration; --config FILE names one".to_owned());
            policy
        }
        None => Policy::of_change(change)?,
        Some(path) => {
            let mut policy = Policy::parse(&path.display().to_string(), &read(path)?)?;
            policy.remarks.push(format!("the policy is {} (--config), not the project's own", path.display()));
            policy
        }
    };
    if let Some(threshold) = orders.threshold {
        if policy.is_configured() && policy.threshold != threshold {
            policy.remarks.push(format!("--fail-on takes the place of the configured {}", policy.threshold));
        }
        policy.threshold = threshold;
    }
    if orders.report_only {
        policy.remarks.push("--exit-zero: the exit code is 0 whatever the verdict".to_owned());
    }
    Ok(policy)
}

/// The built-in rules and the project's own from the old side; from the new side where the old one has none. Rules
/// that the change writes must be usable too.
fn rules(change: &Change, policy: &mut Policy) -> Result<RuleSet, Failure> {
    // A patch shows parts of files; rules must be known as a whole.
    let is_patch = change.kind == ChangeKind::Patch;
    let is_own =
        |side: &Option<FileSide>| side.as_ref().is_some_and(|side| side.path.starts_with(PROJECT_FOLDER));
    let touched = !is_patch && change.files.iter().any(|file| is_own(&file.old) || is_own(&file.new));
    let new = if touched { with_own(change, Side::New)? } else { None };
    let old = if is_patch { Ok(None) } else { with_own(change, Side::Old) };
    let (mut rules, remark) = match (old, new) {
        (Ok(Some(old)), _) => (old, None),
        (Ok(None), None) => (RuleSet::builtin(), None),
        (Ok(None), Some(new)) => {
            (new, Some(format!("the rules in {PROJECT_FOLDER} are new and were read from the change itself")))
        }
        // Otherwise nothing could ever repair them.
        (Err(error), new) if touched => (
            new.unwrap_or_else(RuleSet::builtin),
            Some(format!("own rules were read from the change itself: the old ones are broken ({error})")),
        ),
        (Err(error), _) => return Err(error.into()),
    };
    policy.remarks.extend(remark);
    policy.configure(&mut rules)?;
    Ok(rules)
}

/// The built-in rules with the project's own of one side, or `None` where it has none.
fn with_own(change: &Change, side: Side) -> Result<Option<RuleSet>, RuleError> {
    let own = RuleSet::of_project(change, side)?;
    if own.is_empty() {
        return Ok(None);
    }
    let mut rules = RuleSet::builtin();
    rules.extend(own)?;
    Ok(Some(rules))
}

fn plan(path: &Path, change: &Change) -> Result<Plan, Failure> {
    let plan = plan::read(&path.display().to_string(), &read(path)?)?;
    if let Some(commit) = change.commits.first() {
        plan.check_age(commit.time)?;
    }
    Ok(plan)
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::new(format!("cannot read {}: {error}", path.display()), "name a UTF-8 text file that exists")
    })
}
