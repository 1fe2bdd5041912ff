//! `foureyes rules`: lists, shows and tests rules.

use clap::{Args, Subcommand};
use std::path::PathBuf;

use super::explain::{self, ExplainArgs};
use super::failure::Failure;
use super::known::{self, Known};
use super::output::print;
use super::terminal::{ColorChoice, display};
use crate::examples;
use crate::gate::Status;
use crate::report;
use crate::rules::{Examples, PROJECT_FOLDER, Rule, RuleSet, builtin_examples};

#[derive(Debug, Args)]
pub struct RulesArgs {
    #[command(subcommand)]
    pub action: Option<RulesAction>,
    /// How to write them
    #[arg(long, value_enum, default_value_t, global = true)]
    pub format: RulesFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum RulesFormat {
    /// For a terminal
    #[default]
    Human,
    Json,
    /// The reference in docs/rules.md
    Markdown,
}

#[derive(Debug, Subcommand)]
pub enum RulesAction {
    /// Every rule in a line
    List,
    /// One rule in full
    Show(ExplainArgs),
    /// Run the examples of rule files (default: .foureyes/rules)
    Test {
        /// Rule files
        files: Vec<PathBuf>,
    },
}

pub fn run(args: RulesArgs, color: ColorChoice) -> Result<Status, Failure> {
    match args.action.unwrap_or(RulesAction::List) {
        RulesAction::List => list(args.format, color),
        RulesAction::Show(which) => match args.format {
            RulesFormat::Human => explain::run(&which, color),
            RulesFormat::Json | RulesFormat::Markdown => {
                let known = Known::here()?;
                let rule = &explain::find(&known.rules, &which.rule)?.rule;
                print(&match args.format {
                    RulesFormat::Json => report::rules_json(&[rule]),
                    _ => report::rules_markdown(&[rule], &|rule| reasons(&known.examples(&rule.id))),
                })?;
                Ok(Status::Pass)
            }
        },
        RulesAction::Test { files } => test(&files),
    }
}

/// Why the quiet examples of a rule are quiet.
fn reasons(examples: &Examples) -> Vec<String> {
    examples.quiet.iter().map(|example| example.because.clone()).collect()
}

fn list(format: RulesFormat, color: ColorChoice) -> Result<Status, Failure> {
    // The reference speaks of the built-in rules alone, wherever it is written.
    let known = match format {
        RulesFormat::Markdown => RuleSet::builtin(),
        RulesFormat::Human | RulesFormat::Json => Known::here()?.rules,
    };
    let all: Vec<&Rule> = known.iter().map(|entry| &entry.rule).collect();
    print(&match format {
        RulesFormat::Human => report::rules_list(&all, &display(color, false)),
        RulesFormat::Json => report::rules_json(&all),
        RulesFormat::Markdown => {
            let examples = builtin_examples();
            report::rules_markdown(&all, &|rule| examples.get(&rule.id).map(reasons).unwrap_or_default())
        }
    })?;
    Ok(Status::Pass)
}

/// Runs the examples of rule files; a rule that breaks its word fails the command.
fn test(files: &[PathBuf]) -> Result<Status, Failure> {
    let files = match files {
        [] => known::files()?,
        some => some.to_vec(),
    };
    if files.is_empty() {
        return Err(Failure::new(
            format!("there is no rule in {PROJECT_FOLDER}"),
            "write one (docs/configuration.md shows how), or name the files to test",
        ));
    }
    let own = known::read(&files)?;
    let builtin = builtin_examples();
    let mut set = RuleSet::builtin();
    // A built-in rule that is named as a file is tested as it stands there.
    set.configure(&|id| builtin.contains_key(id) && own.iter().any(|(_, rule)| rule.id == id), &|_| None);
    set.extend(own.clone())?;
    let (mut failures, mut count) = (Vec::new(), 0);
    for (name, rule) in &own {
        let examples = rule.examples.clone().unwrap_or_default();
        count += examples.fires.len() + examples.quiet.len();
        if examples.fires.is_empty() || examples.quiet.is_empty() {
            failures.push(format!("{name}: {} needs at least one `fires` and one `quiet` example", rule.id));
        }
        failures.extend(examples::failures(&set, &rule.id, &examples));
    }
    let mut text = String::new();
    for failure in &failures {
        text.push_str(&report::visible(failure));
        text.push('\n');
    }
    let outcome =
        if failures.is_empty() { "all hold".to_owned() } else { format!("{} failed", failures.len()) };
    let rules = report::counted(own.len(), "rule", "rules");
    let examples = report::counted(count, "example", "examples");
    text.push_str(&format!("{rules}, {examples}: {outcome}\n"));
    print(&text)?;
    Ok(if failures.is_empty() { Status::Pass } else { Status::Fail })
}
