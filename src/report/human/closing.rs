//! What stands below the findings: the sum with every factor, who must look, what was not judged.

use unicode_width::UnicodeWidthStr;

use super::super::page::{Page, Span, Style, keep_end, keep_start, wrap};
use super::super::visible::visible;
use super::super::{Display, Report, grouped};
use super::{INDENT, row};
use crate::context::{Origin, Reviewer};
use crate::risk::{Row, State};

/// Columns of a label of the ledger and the gap behind it.
const LABEL: usize = 23;
/// Rows shown one by one unless all are wanted; the rest is summed up by label.
const MOST_ROWS: usize = 10;
/// Paths shown unless all are wanted.
const MOST_PATHS: usize = 7;

pub fn write(page: &mut Page, report: &Report<'_>, display: &Display) {
    ledger(page, report, display);
    let provenance = &report.assessment.provenance;
    if provenance.status != Origin::Unknown {
        let evidence = provenance.evidence.join(" · ");
        let text = match (provenance.status, provenance.evidence.is_empty()) {
            (status, true) => status.word().to_owned(),
            (Origin::DeclaredAi, false) => format!("declared: {evidence}"),
            (_, false) => evidence,
        };
        row(page, "AI", &text, Style::Plain, display);
        for consequence in &provenance.consequences {
            row(page, "", consequence, Style::Plain, display);
        }
    }
    experience(page, report, display);
    reviewers(page, report, display);
    waived(page, report, display);
    for remark in report.verdict.reasons.iter().skip(1) {
        row(page, "gate", remark, Style::Plain, display);
    }
    if display.all {
        for note in &report.assessment.notes {
            row(page, "info", note, Style::Plain, display);
        }
    }
    not_judged(page, report, display);
    let coverage = &report.assessment.coverage;
    let files = if coverage.files == 1 { "file" } else { "files" };
    let judged = match coverage.files {
        0 => "nothing: no file differs".to_owned(),
        all => format!("{} of {} {files}", grouped(coverage.analysed), grouped(all)),
    };
    row(page, "judged", &judged, Style::Plain, display);
}

fn ledger(page: &mut Page, report: &Report<'_>, display: &Display) {
    let assessment = report.assessment;
    let rows = folded(&assessment.ledger, display);
    let width = rows.iter().map(|row| visible(&row.label).width() + 2).max().unwrap_or(0);
    let label = width.clamp(12, if display.width < 76 { LABEL - 4 } else { LABEL });
    let mut head = Some("score");
    for row in &rows {
        entry(page, head.take(), &format!("{:.1}", row.points), &row.label, &row.explanation, label, display);
    }
    if rows.len() > 1 {
        let mut evidence: Vec<String> = Vec::new();
        for scored in
            assessment.findings.iter().filter(|scored| !scored.hidden && !scored.place.evidence.is_empty())
        {
            let text = format!("{}: {}", scored.place.name.word(), scored.place.evidence.join(", "));
            if !evidence.contains(&text) {
                evidence.push(text);
            }
        }
        if !display.all {
            evidence.truncate(3);
        }
        let score = format!("→ {}", assessment.score.points());
        entry(page, None, &format!("{:.1}", assessment.raw), &score, &evidence.join("; "), label, display);
    }
}

/// The rows, of many the first ones and then one for each further label.
fn folded(rows: &[Row], display: &Display) -> Vec<Row> {
    if display.all || rows.len() <= MOST_ROWS + 1 {
        return rows.to_vec();
    }
    let (first, rest) = rows.split_at(MOST_ROWS);
    let mut folded = first.to_vec();
    let mut groups: Vec<(Row, usize)> = Vec::new();
    for row in rest {
        match groups.iter_mut().find(|(group, _)| group.label == row.label) {
            Some((group, count)) => {
                group.points += row.points;
                *count += 1;
            }
            None => groups.push((row.clone(), 1)),
        }
    }
    folded.extend(groups.into_iter().map(|(mut row, count)| {
        if count > 1 {
            row.explanation = format!("{count} rows (--all shows them)");
        }
        row
    }));
    folded
}

fn entry(
    page: &mut Page,
    head: Option<&str>,
    points: &str,
    label: &str,
    explanation: &str,
    label_width: usize,
    display: &Display,
) {
    let start = format!(" {:<9}{points:>5}  ", head.unwrap_or_default());
    let used = start.width() + label_width;
    let label = keep_start(label, label_width.saturating_sub(1));
    let gap = " ".repeat(label_width.saturating_sub(label.width()));
    let mut lines = wrap(explanation, display.width.saturating_sub(used)).into_iter();
    let first = lines.next().unwrap_or_default();
    page.line(vec![
        Span::new(&start[..INDENT - 1], Style::Dim),
        Span::new(&start[INDENT - 1..], Style::Strong),
        Span::plain(&label),
        Span::plain(&gap),
        Span::plain(&first),
    ]);
    for line in lines {
        page.line(vec![Span::plain(&" ".repeat(used)), Span::plain(&line)]);
    }
}

/// The part that the authors know least; all of them with `--all`.
fn experience(page: &mut Page, report: &Report<'_>, display: &Display) {
    let most = if display.all { usize::MAX } else { 1 };
    let mut head = Some("author");
    for one in report.assessment.experience.iter().take(most) {
        row(page, head.take().unwrap_or_default(), &visible(&one.sentence()), Style::Plain, display);
    }
}

fn reviewers(page: &mut Page, report: &Report<'_>, display: &Display) {
    let reviewers = &report.assessment.reviewers;
    let kinds = [("required", &reviewers.required), ("suggested", &reviewers.suggested)];
    let mut head = Some("review");
    let lines = kinds.into_iter().flat_map(|(kind, list)| list.iter().map(move |one| (kind, one)));
    let lines: Vec<(String, &Reviewer)> =
        lines.map(|(kind, one)| (format!(" {:<10}{kind:<11}", head.take().unwrap_or_default()), one)).collect();
    people(page, &lines, display);
}

/// People with the reason for each, behind what their lines start with.
pub(in super::super) fn people(page: &mut Page, lines: &[(String, &Reviewer)], display: &Display) {
    let width = lines.iter().map(|(_, one)| visible(&one.who).width() + 2).max().unwrap_or(0);
    let width = width.clamp(12, display.width / 3);
    for (start, person) in lines {
        let who = keep_end(&person.who, width - 1);
        let gap = " ".repeat(width - who.width());
        let used = start.width() + width;
        for (index, line) in wrap(&person.reason, display.width.saturating_sub(used)).iter().enumerate() {
            page.line(match index {
                0 => vec![
                    Span::new(start, Style::Dim),
                    Span::new(&who, Style::Strong),
                    Span::plain(&gap),
                    Span::plain(line),
                ],
                _ => vec![Span::plain(&" ".repeat(used)), Span::plain(line)],
            });
        }
    }
}

fn waived(page: &mut Page, report: &Report<'_>, display: &Display) {
    let mut head = Some("waived");
    for scored in &report.assessment.findings {
        let State::Waived(waiver) = &scored.state else { continue };
        let finding = &scored.finding;
        let text = format!(
            "{} at {}:{} until {}: {} ({})",
            finding.rule, finding.path, finding.line, waiver.until, waiver.reason, waiver.source
        );
        row(page, head.take().unwrap_or_default(), &text, Style::Plain, display);
    }
}

fn not_judged(page: &mut Page, report: &Report<'_>, display: &Display) {
    let entries = &report.assessment.coverage.not_analysed;
    let most = if display.all || entries.len() <= MOST_PATHS + 1 { entries.len() } else { MOST_PATHS };
    let room = display.width - INDENT - 1;
    let widest = entries.iter().take(most).map(|entry| visible(&entry.path).width()).max().unwrap_or(0);
    let width = widest.min(room / 2) + 2;
    let mut head = Some("not judged");
    for entry in &entries[..most] {
        let path = keep_end(&entry.path, width - 2);
        let gap = " ".repeat(width - path.width());
        let used = INDENT + 1 + width;
        for (index, line) in wrap(&entry.reason, display.width.saturating_sub(used)).iter().enumerate() {
            page.line(match index {
                0 => vec![
                    Span::new(&format!(" {:<11}", head.take().unwrap_or_default()), Style::Medium),
                    Span::plain(&path),
                    Span::plain(&gap),
                    Span::plain(line),
                ],
                _ => vec![Span::plain(&" ".repeat(used)), Span::plain(line)],
            });
        }
    }
    if entries.len() > most {
        let more = format!("and {} more (--all shows them)", grouped(entries.len() - most));
        page.line(vec![Span::plain(&" ".repeat(INDENT + 1)), Span::new(&more, Style::Dim)]);
    }
}
