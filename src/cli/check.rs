//! `foureyes check`: judges a change of a repository, or a patch.

use clap::Args;

use super::args::{OrderArgs, ReportArgs};
use super::failure::Failure;
use super::judge::judge;
use super::selection::SelectionArgs;
use super::terminal::ColorChoice;
use crate::gate::Status;

/// Which change, and how strictly.
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub orders: OrderArgs,
    #[command(flatten)]
    pub report: ReportArgs,
}

pub fn run(args: &CheckArgs, color: ColorChoice) -> Result<Status, Failure> {
    let orders = args.orders.orders();
    let (change, background) = args.selection.take(orders.history)?;
    judge(&change, background, &orders, &args.report.output(color))
}
