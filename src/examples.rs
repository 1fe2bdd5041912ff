//! Runs the examples of a rule: what must fire and what must stay quiet.

use std::collections::BTreeMap;

use crate::change::{Change, Commit};
use crate::pipeline::{Knowledge, assess};
use crate::plan::{self, PlanError};
use crate::rules::{Examples, Kind, RuleSet};

type Files = BTreeMap<String, String>;

/// A finding of the rule under test, as far as an example can speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub kind: Kind,
    pub path: String,
    pub line: u32,
    pub old_line: Option<u32>,
    pub message: String,
}

/// Where a rule fires between two sets of files; also where it was folded into a graver finding.
pub fn sightings(rules: &RuleSet, rule: &str, old: &Files, new: &Files) -> Vec<Sighting> {
    sightings_with(rules, rule, Change::in_memory(old, new), Knowledge::default())
}

fn sightings_with(rules: &RuleSet, rule: &str, change: Change, knowledge: Knowledge) -> Vec<Sighting> {
    let assessment = assess(&change, rules, &knowledge);
    let mut found = Vec::new();
    for scored in &assessment.findings {
        let finding = &scored.finding;
        let sighting = |message: &str| Sighting {
            kind: finding.kind,
            path: finding.path.clone(),
            line: finding.line,
            old_line: finding.old_line,
            message: message.to_owned(),
        };
        if finding.rule == rule {
            found.push(sighting(&finding.message));
        }
        found.extend(finding.also.iter().filter(|also| also.rule == rule).map(|also| Sighting {
            path: also.path.clone(),
            line: also.line,
            ..sighting(&also.message)
        }));
    }
    found
}

fn change(old: &Files, new: &Files, message: Option<&String>) -> Change {
    let mut change = Change::in_memory(old, new);
    change.commits.extend(message.map(|message| Commit {
        id: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        author_name: "Ann".to_owned(),
        author_email: "ann@example.com".to_owned(),
        time: 0,
        message: message.clone(),
    }));
    change
}

fn knowledge(plan: Option<&String>) -> Result<Knowledge, PlanError> {
    let plans = plan.map(|text| plan::read("plan.json", text)).transpose()?;
    Ok(Knowledge { plans: plans.into_iter().collect(), ..Knowledge::default() })
}

/// What is wrong with the examples of one rule, a sentence each; empty if they hold.
pub fn failures(rules: &RuleSet, rule: &str, examples: &Examples) -> Vec<String> {
    let mut failures = Vec::new();
    for (index, example) in examples.fires.iter().enumerate() {
        let knowledge = match knowledge(example.plan.as_ref()) {
            Ok(knowledge) => knowledge,
            Err(error) => {
                failures.push(format!("{rule}: `fires` example {}: {error}", index + 1));
                continue;
            }
        };
        let found = sightings_with(
            rules,
            rule,
            change(&example.old, &example.new, example.message.as_ref()),
            knowledge,
        );
        let fits = |sighting: &&Sighting| {
            example.line.is_none_or(|line| sighting.line == line)
                && example.old_line.is_none_or(|line| sighting.old_line == Some(line))
        };
        if found.is_empty() {
            failures.push(format!("{rule}: `fires` example {} does not fire", index + 1));
        } else if !found.iter().any(|sighting| fits(&sighting)) {
            let places: Vec<String> = found
                .iter()
                .map(|sighting| format!("line {}, old line {:?}", sighting.line, sighting.old_line))
                .collect();
            failures.push(format!(
                "{rule}: `fires` example {} fires at another place: {}",
                index + 1,
                places.join("; ")
            ));
        }
    }
    for example in &examples.quiet {
        let knowledge = match knowledge(example.plan.as_ref()) {
            Ok(knowledge) => knowledge,
            Err(error) => {
                failures.push(format!("{rule}: \"{}\": {error}", example.because));
                continue;
            }
        };
        for sighting in
            sightings_with(rules, rule, change(&example.old, &example.new, example.message.as_ref()), knowledge)
        {
            failures.push(format!(
                "{rule}: fires although \"{}\": {}:{} {}",
                example.because, sighting.path, sighting.line, sighting.message
            ));
        }
    }
    failures
}
