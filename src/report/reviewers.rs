//! Who must look at a change, and who could: the answer of `foureyes reviewers`.

use serde::Serialize;

use super::human::{people, row, what};
use super::json::{ChangeSummary, SCHEMA_VERSION, pretty, summary};
use super::page::{Page, Span, Style, fit};
use super::{Display, counted};
use crate::change::Change;
use crate::context::{Experience, Owners, Reviewer, Reviewers};
use crate::risk::Assessment;

/// Whose reviewers are named, and what they were found in.
pub struct Asked<'a> {
    pub change: &'a Change,
    pub assessment: &'a Assessment,
    pub reviewers: &'a Reviewers,
    /// Name and address of everybody who wrote the change.
    pub authors: &'a [(String, String)],
    pub owners: Option<&'a Owners>,
    /// The commits before the change could be read.
    pub has_past: bool,
    /// What the reader must know about how complete this is; a sentence each.
    pub remarks: &'a [String],
}

/// For a terminal: one line for each person, the required ones first.
pub fn reviewers(asked: &Asked<'_>, display: &Display) -> String {
    let mut page = Page::default();
    let files = counted(asked.assessment.summary.files, "file", "files");
    let head = format!(" · {} · {files} · reviewers", what(asked.change));
    let name = format!("foureyes {}", env!("CARGO_PKG_VERSION"));
    page.line(fit(vec![Span::new(&name, Style::Strong), Span::plain(&head)], display.width));
    page.blank();
    let Reviewers { required, suggested } = asked.reviewers;
    if required.is_empty() {
        row(
            &mut page,
            "required",
            "nobody: no grave finding, and none in a file with owners",
            Style::Plain,
            display,
        );
    }
    let mut lines = named("required", required);
    lines.extend(named("suggested", suggested));
    people(&mut page, &lines, display);
    if suggested.is_empty() {
        let why = match (asked.has_past, asked.assessment.summary.files) {
            (_, 0) => "nobody: no file differs",
            (true, _) => "nobody: no commit of the last two years touched this code, or only the author's",
            (false, _) => "nobody: there is no history to ask",
        };
        row(&mut page, "suggested", why, Style::Plain, display);
    }
    page.blank();
    let mut head = Some("author");
    for (name, email) in asked.authors {
        row(&mut page, head.take().unwrap_or_default(), &person(name, email), Style::Plain, display);
    }
    for one in asked.assessment.experience.iter().take(MOST_PARTS) {
        row(&mut page, head.take().unwrap_or_default(), &one.sentence(), Style::Plain, display);
    }
    if let Some(owners) = asked.owners {
        let text = format!("{} on the old side", owners.path);
        row(&mut page, "owners", &text, Style::Plain, display);
    }
    let mut head = Some("note");
    for remark in asked.remarks {
        row(&mut page, head.take().unwrap_or_default(), remark, Style::Plain, display);
    }
    page.render(display.colour)
}

/// Parts of the code for which the author's experience is named.
const MOST_PARTS: usize = 3;

fn named<'a>(kind: &str, list: &'a [Reviewer]) -> Vec<(String, &'a Reviewer)> {
    let mut head = Some(kind);
    list.iter().map(|one| (format!(" {:<10}", head.take().unwrap_or_default()), one)).collect()
}

fn person(name: &str, email: &str) -> String {
    match (name.is_empty(), email.is_empty()) {
        (true, _) => email.to_owned(),
        (_, true) => name.to_owned(),
        _ => format!("{name} <{email}>"),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    change: ChangeSummary<'a>,
    required: &'a [Reviewer],
    suggested: &'a [Reviewer],
    authors: Vec<Author<'a>>,
    experience: &'a [Experience],
    remarks: &'a [String],
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
    email: &'a str,
}

/// For programs: the same as indented JSON.
pub fn reviewers_json(asked: &Asked<'_>) -> String {
    pretty(&Document {
        schema_version: SCHEMA_VERSION,
        change: summary(asked.change, asked.assessment),
        required: &asked.reviewers.required,
        suggested: &asked.reviewers.suggested,
        authors: asked.authors.iter().map(|(name, email)| Author { name, email }).collect(),
        experience: &asked.assessment.experience,
        remarks: asked.remarks,
    })
}
