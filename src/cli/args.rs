//! What was typed. Nothing below this folder sees it.

use clap::{Args, Parser, Subcommand};

use super::output::{Format, Output, OutputFile};
use super::terminal::{ColorChoice, display};

/// Judges the risk of a change: what dangerous thing it introduces, which safeguard it takes away, and what will be
/// deleted and recreated.
#[derive(Debug, Parser)]
#[command(name = "foureyes", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(
    after_help = "Exit code: 0 below the threshold or approved, 1 at or above it, 2 if nothing could be judged."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub color: ColorChoice,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what a rule looks for, why, and what to do instead
    Explain(ExplainArgs),
    /// List, show and test rules
    Rules(RulesArgs),
    /// Judge an embedded change, without a repository
    Demo(DemoArgs),
}

impl Arguments {
    /// Whether an error must also be said on standard output as JSON.
    pub fn wants_json(&self) -> bool {
        match &self.command {
            Command::Demo(args) => args.report.format == Format::Json,
            Command::Explain(_) => false,
            Command::Rules(_) => false,
        }
    }
}

/// How to report.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// What to write to standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Also write a report to a file; can be given several times
    #[arg(long, value_name = "FORMAT=FILE")]
    pub output: Vec<OutputFile>,
    /// Show everything: each finding, each row of the sum, what only moved
    #[arg(long)]
    pub all: bool,
}

impl ReportArgs {
    pub fn output(&self, color: ColorChoice) -> Output {
        Output { format: self.format, display: display(color, self.all), files: self.output.clone() }
    }
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Id of the rule, for example terraform/forces-replacement
    pub rule: String,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which change; or a folder that holds the folders `old` and `new`
    pub name: Option<String>,
    #[command(flatten)]
    pub report: ReportArgs,
}

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
        files: Vec<std::path::PathBuf>,
    },
}
