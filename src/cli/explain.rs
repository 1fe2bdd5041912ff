//! `foureyes explain RULE`: what a rule looks for, why, and what to do instead.

use clap::Args;

use super::failure::Failure;
use super::known::Known;
use super::output::print;
use super::terminal::{ColorChoice, display};
use crate::gate::Status;
use crate::nearest;
use crate::report;
use crate::rules::{Entry, RuleSet};

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Id of the rule, for example terraform/forces-replacement
    pub rule: String,
}

pub fn run(args: &ExplainArgs, color: ColorChoice) -> Result<Status, Failure> {
    let known = Known::here()?;
    let entry = find(&known.rules, &args.rule)?;
    let examples = known.examples(&entry.rule.id);
    print(&report::explanation(&entry.rule, &examples, &display(color, false)))?;
    Ok(Status::Pass)
}

/// A rule by its id, or by its name alone where only one has it.
pub fn find<'a>(rules: &'a RuleSet, id: &str) -> Result<&'a Entry, Failure> {
    if let Some(entry) = rules.get(id) {
        return Ok(entry);
    }
    let named: Vec<&Entry> = rules
        .iter()
        .filter(|entry| entry.rule.id.split_once('/').is_some_and(|(_, name)| name == id))
        .collect();
    if let [entry] = named.as_slice() {
        return Ok(entry);
    }
    let hint = match nearest::name(id, rules.iter().map(|entry| entry.rule.id.as_str())) {
        Some(near) => format!("did you mean `{near}`? `foureyes rules` lists all"),
        None => "`foureyes rules` lists all".to_owned(),
    };
    Err(Failure::new(format!("there is no rule `{id}`"), hint))
}
