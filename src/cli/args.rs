//! What was typed: the command, and the arguments that several commands share. Nothing below this folder sees it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::backtest::{BacktestArgs, CalibrateArgs};
use super::check::CheckArgs;
use super::demo::DemoArgs;
use super::explain::ExplainArgs;
use super::output::{Format, Output, OutputFile};
use super::request::Orders;
use super::reviewers::{ReviewersArgs, ReviewersFormat};
use super::rules::RulesArgs;
use super::terminal::{ColorChoice, display};
use crate::gate::Threshold;

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
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN", display_order = 100)]
    pub color: ColorChoice,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge a change and fail at or above the threshold
    Check(CheckArgs),
    /// Say who must look at a change, and who could
    Reviewers(ReviewersArgs),
    /// Show what a rule looks for, why, and what to do instead
    Explain(ExplainArgs),
    /// List, show and test rules
    Rules(RulesArgs),
    /// Judge an embedded change, without a repository
    Demo(DemoArgs),
    Backtest(BacktestArgs),
    Calibrate(CalibrateArgs),
}

impl Arguments {
    /// Whether an error must also be said on standard output as JSON.
    pub fn wants_json(&self) -> bool {
        match &self.command {
            Command::Check(args) => args.report.format == Format::Json,
            Command::Reviewers(args) => args.format == ReviewersFormat::Json,
            Command::Demo(args) => args.report.format == Format::Json,
            Command::Backtest(_) | Command::Calibrate(_) | Command::Explain(_) => false,
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

/// How strictly to judge.
#[derive(Debug, Default, Args)]
pub struct OrderArgs {
    /// Fail from this score (1 to 100) or level (low, medium, high, critical) on [default: critical]
    #[arg(long, value_name = "SCORE|LEVEL")]
    pub fail_on: Option<Threshold>,
    /// Report only: exit with 0 whatever the score
    #[arg(long)]
    pub exit_zero: bool,
    /// A configuration to use instead of the project's own
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What a tool says it will do: terraform show -json, a CloudFormation change set, a Pulumi preview
    #[arg(long, value_name = "FILE")]
    pub plan: Vec<PathBuf>,
    /// Judge the change alone, without the commits before it
    #[arg(long)]
    pub no_history: bool,
}

impl OrderArgs {
    pub fn orders(&self) -> Orders {
        Orders {
            threshold: self.fail_on,
            report_only: self.exit_zero,
            configuration: self.config.clone(),
            plans: self.plan.clone(),
            history: !self.no_history,
        }
    }
}
