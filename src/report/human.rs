//! The report for a terminal: verdict first and last, findings by points, then the sum and what was not judged.

mod closing;
mod finding;

use super::page::{Page, Span, Style, wrap};
use super::{Display, Report, counted, grouped};
use crate::change::{Change, ChangeKind};
use crate::gate::Status;
use crate::risk::{Level, Scored, State};

/// The column, from 0, in which texts start.
const INDENT: usize = 11;
/// Findings shown in full unless all are wanted.
const MOST_FINDINGS: usize = 7;

pub(super) use closing::people;

/// Renders the report.
pub fn human(report: &Report<'_>, display: &Display) -> String {
    let mut page = Page::default();
    let shown: Vec<&Scored> = shown(report, display).collect();
    opening(&mut page, report, display);
    let most = if display.all { usize::MAX } else { MOST_FINDINGS };
    for scored in shown.iter().take(most) {
        page.blank();
        finding::write(&mut page, report, scored, display);
    }
    if shown.len() > most {
        page.blank();
        finding::write_rest(&mut page, &shown[most..], display);
    }
    page.blank();
    closing::write(&mut page, report, display);
    if !shown.is_empty() {
        page.blank();
        verdict(&mut page, report, display, &advice(report, &shown));
    }
    page.render(display.colour)
}

/// The findings that a reader sees: open ones in places that matter, or all.
fn shown<'a>(report: &Report<'a>, display: &Display) -> impl Iterator<Item = &'a Scored> {
    let all = display.all;
    report
        .assessment
        .findings
        .iter()
        .filter(move |scored| all || (!scored.hidden && scored.state == State::Open))
}

fn opening(page: &mut Page, report: &Report<'_>, display: &Display) {
    let summary = &report.assessment.summary;
    let name = format!("foureyes {}", env!("CARGO_PKG_VERSION"));
    let rest = format!(
        " · {} · {} · +{} −{}",
        what(report.change),
        counted(summary.files, "file", "files"),
        grouped(summary.added),
        grouped(summary.deleted)
    );
    page.line(super::page::fit(vec![Span::new(&name, Style::Strong), Span::plain(&rest)], display.width));
    page.blank();
    let missed = missed(report);
    let mut more = Vec::new();
    if missed > 0 {
        more.push(format!("{} not judged", counted(missed, "file was", "files were")));
    }
    let required = &report.assessment.reviewers.required;
    let must: Vec<&str> = required.iter().map(|one| one.who.trim_start_matches("role ")).collect();
    if report.verdict.status == Status::Fail && report.assessment.score < report.verdict.threshold {
        more.push("the policy for assistants is broken: see below".to_owned());
    } else if report.verdict.status == Status::Fail {
        match must.is_empty() {
            true => more.push("a second person must approve".to_owned()),
            false => more.push(format!("a second person must approve: {}", must.join(", "))),
        }
    }
    let gate = gate(report);
    let sentence = std::iter::once(gate).chain(more).collect::<Vec<_>>().join(" · ");
    verdict(page, report, display, &[sentence]);
}

/// The change in a few words: `staged`, `main..HEAD`.
pub(super) fn what(change: &Change) -> String {
    match change.kind {
        ChangeKind::WorkTree => "work tree".to_owned(),
        ChangeKind::Staged => "staged".to_owned(),
        ChangeKind::Range => format!("{}..{}", change.old.label, change.new.label),
        ChangeKind::Commit => format!("commit {}", change.new.label),
        ChangeKind::Patch => format!("patch {}", change.new.label),
        ChangeKind::Memory => change.new.label.clone(),
    }
}

/// How many files of the change were not analysed, or only in part.
fn missed(report: &Report<'_>) -> usize {
    let coverage = &report.assessment.coverage;
    coverage.files - coverage.analysed
}

fn gate(report: &Report<'_>) -> String {
    let outcome = match report.verdict.status {
        Status::Pass => "passes",
        Status::Fail => "fails",
        Status::Approved => "passes, approved",
    };
    format!("gate {} {outcome}", report.verdict.threshold.points())
}

/// ` 100/100  CRITICAL   …`, with further lines under the first.
fn verdict(page: &mut Page, report: &Report<'_>, display: &Display, sentences: &[String]) {
    let level = report.assessment.level;
    let style = match (report.verdict.status, level) {
        (Status::Fail, _) => Style::Critical,
        (_, Level::Low) => Style::Good,
        (_, Level::Medium) => Style::Medium,
        (_, Level::High | Level::Critical) => Style::High,
    };
    let head = format!("{:>4}/100  {}", report.assessment.score.points(), level_word(level));
    let indent = head.chars().count() + 3;
    let lines = sentences.iter().flat_map(|sentence| wrap(sentence, display.width - indent));
    let mut head = Some(head);
    for line in lines {
        let start = match head.take() {
            Some(head) => vec![Span::new(&head, style), Span::plain("   ")],
            None => vec![Span::plain(&" ".repeat(indent))],
        };
        page.line(start.into_iter().chain([Span::plain(&line)]).collect());
    }
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Low => "LOW",
        Level::Medium => "MEDIUM",
        Level::High => "HIGH",
        Level::Critical => "CRITICAL",
    }
}

/// What to do next, behind the verdict at the end.
fn advice(report: &Report<'_>, shown: &[&Scored]) -> Vec<String> {
    let mut lines = vec![gate(report)];
    if let Some(first) = shown.first() {
        lines.push(format!("foureyes explain {}", first.finding.rule));
    }
    lines
}

/// A line of the form ` label     text`, its text wrapped.
pub(super) fn row(page: &mut Page, label: &str, text: &str, style: Style, display: &Display) {
    let mut label = Some(label);
    for line in wrap(text, display.width - INDENT) {
        let start = label.take().unwrap_or_default();
        page.line(vec![Span::new(&format!(" {start:<10}"), Style::Dim), Span::new(&line, style)]);
    }
}
