//! `foureyes reviewers`: who must look at a change, and who could.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::judge::assess;
use super::output::print;
use super::request::Orders;
use super::selection::SelectionArgs;
use super::terminal::{ColorChoice, display};
use crate::change::{FileChange, Side};
use crate::context::Owners;
use crate::gate::Status;
use crate::report::{self, Asked};

/// Names the people for one change: owners and roles that its findings require, then owners of its other files, then
/// who reviewed and wrote the touched code. Authors, bots and people without activity for a year are left out.
#[derive(Debug, Args)]
pub struct ReviewersArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// What to write to standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: ReviewersFormat,
    /// A configuration to use instead of the project's own
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReviewersFormat {
    /// For a terminal
    #[default]
    Human,
    /// For programs; docs/people.md describes it
    Json,
}

pub fn run(args: &ReviewersArgs, color: ColorChoice) -> Result<Status, Failure> {
    let (change, background) = args.selection.take(true)?;
    let (authors, has_past) = (background.authors.clone(), background.past.is_some());
    let orders = Orders { configuration: args.config.clone(), history: true, ..Orders::default() };
    let (judged, people) = assess(&change, background, &orders)?;
    let mut reviewers = judged.assessment.reviewers.clone();
    let owners = Owners::of(change.tree(Side::Old));
    let sides = change.files.iter().flat_map(|file| [&file.old, &file.new]);
    let paths: Vec<&str> = sides.flatten().map(|side| side.path.as_str()).collect();
    let mut remarks = judged.verdict.reasons.get(1..).unwrap_or_default().to_vec();
    remarks.extend(owners.iter().flat_map(Owners::remarks));
    if paths.iter().any(|path| path.ends_with("CODEOWNERS")) {
        let new = Owners::of(change.tree(Side::New));
        let now: Vec<&str> = change.files.iter().map(FileChange::path).collect();
        remarks.extend(Owners::differences(owners.as_ref(), new.as_ref(), &now));
    }
    if let Some(owners) = &owners {
        reviewers = reviewers.with_owners_of_the_rest(owners, &paths, &authors);
        reviewers = people.join(reviewers, &authors);
    }
    let asked = Asked {
        change: &change,
        assessment: &judged.assessment,
        reviewers: &reviewers,
        authors: &authors,
        owners: owners.as_ref(),
        has_past,
        remarks: &remarks,
    };
    print(&match args.format {
        ReviewersFormat::Human => report::reviewers(&asked, &display(color, false)),
        ReviewersFormat::Json => report::reviewers_json(&asked),
    })?;
    Ok(Status::Pass)
}
