//! One finding: what happens to what, where, the lines, why, and what to do instead.

use unicode_width::UnicodeWidthStr;

use super::super::page::{Page, Span, Style, fit, keep_end, wrap};
use super::super::snippet::{self, Sign};
use super::super::visible::visible;
use super::super::{Display, Report, counted};
use super::INDENT;
use crate::risk::{Scored, State};
use crate::rules::Severity;

/// Columns kept free for the points behind a message.
const POINTS: usize = 7;
/// Columns that a path keeps however long the rule's name is.
const SHORTEST_PATH: usize = 24;

pub fn write(page: &mut Page, report: &Report<'_>, scored: &Scored, display: &Display) {
    let finding = &scored.finding;
    heading(page, scored, display);
    place(page, report, scored, display);
    code(page, report, scored, display);
    labelled(page, "why", &finding.why, Style::Plain, display);
    labelled(page, "instead", &finding.instead, Style::Plain, display);
    if !finding.evidence.is_empty() {
        labelled(page, "evidence", &finding.evidence.join(" · "), Style::Dim, display);
    }
    for also in &finding.also {
        let at =
            if also.path == finding.path { String::new() } else { format!("{}:{} ", also.path, also.line) };
        labelled(page, "also", &format!("{} ({at}{})", also.message, also.rule), Style::Plain, display);
    }
    if let State::Waived(waiver) = &scored.state {
        let text = format!("until {}: {} ({})", waiver.until, waiver.reason, waiver.source);
        labelled(page, "waived", &text, Style::Plain, display);
    }
}

/// Severity, message and points.
fn heading(page: &mut Page, scored: &Scored, display: &Display) {
    let finding = &scored.finding;
    let style = match finding.severity {
        Severity::Critical => Style::Critical,
        Severity::High => Style::High,
        Severity::Medium => Style::Medium,
        Severity::Low => Style::Low,
    };
    let points = format!("{:+.1}", scored.points);
    let room = display.width - INDENT - POINTS;
    for (index, line) in wrap(&finding.message, room).iter().enumerate() {
        let mut spans = match index {
            0 => vec![Span::new(&format!(" {:<10}", severity(finding.severity)), style)],
            _ => vec![Span::plain(&" ".repeat(INDENT))],
        };
        spans.push(Span::new(line, Style::Strong));
        if index == 0 {
            let used = INDENT + line.width() + points.width();
            spans.push(Span::plain(&" ".repeat(display.width.saturating_sub(used))));
            spans.push(Span::new(&points, style));
        }
        page.line(spans);
    }
}

pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
    }
}

/// Path and lines on the left, the rule on the right; on two lines where they do not fit.
fn place(page: &mut Page, report: &Report<'_>, scored: &Scored, display: &Display) {
    let rule = visible(&scored.finding.rule);
    let room = display.width - INDENT;
    let suffix = visible(&suffix(report, scored));
    let left = visible(&scored.finding.path).width() + suffix.width();
    let beside = room.saturating_sub(rule.width() + 2);
    let indent = || Span::plain(&" ".repeat(INDENT));
    if left <= beside || beside >= suffix.width() + SHORTEST_PATH {
        let path = keep_end(&scored.finding.path, beside - suffix.width());
        let gap = room - path.width() - suffix.width() - rule.width();
        page.line(vec![
            indent(),
            Span::plain(&path),
            Span::plain(&suffix),
            Span::plain(&" ".repeat(gap)),
            Span::new(&rule, Style::Dim),
        ]);
    } else {
        let path = keep_end(&scored.finding.path, room.saturating_sub(suffix.width()).max(8));
        page.line(fit(vec![indent(), Span::plain(&path), Span::plain(&suffix)], display.width));
        page.line(fit(vec![indent(), Span::new(&rule, Style::Dim)], display.width));
    }
}

/// `:21 (was line 20)`.
fn suffix(report: &Report<'_>, scored: &Scored) -> String {
    let finding = &scored.finding;
    let mut text = String::new();
    if finding.line > 0 {
        text.push_str(&format!(":{}", finding.line));
    }
    let deleted = report.change.files.get(finding.file).is_some_and(|file| file.new.is_none());
    let moved = finding.old_path.as_deref().filter(|old| *old != finding.path);
    match (moved, finding.old_line) {
        (Some(old), Some(line)) => text.push_str(&format!(" (was {old}:{line})")),
        (None, Some(line)) if deleted => text.push_str(&format!(" (deleted, was line {line})")),
        (None, Some(line)) if line != finding.line => text.push_str(&format!(" (was line {line})")),
        _ if deleted => text.push_str(" (deleted)"),
        _ => {}
    }
    text
}

fn code(page: &mut Page, report: &Report<'_>, scored: &Scored, display: &Display) {
    for line in snippet::lines(report, scored) {
        let (sign, style) = match line.sign {
            Sign::Context => (" ", Style::Dim),
            Sign::Removed => ("−", Style::Removed),
            Sign::Added => ("+", Style::Added),
        };
        let number = line.number.map(|number| number.to_string()).unwrap_or_default();
        let mut spans =
            vec![Span::new(&format!("{number:>5}    "), Style::Dim), Span::new(&format!("{sign} "), style)];
        let used: usize = spans.iter().map(Span::width).sum();
        spans.extend(fit(line.spans, display.width.saturating_sub(used)));
        page.line(spans);
    }
}

fn labelled(page: &mut Page, label: &str, text: &str, style: Style, display: &Display) {
    let mut label = Some(label);
    for line in wrap(text, display.width - INDENT - 9) {
        let start = label.take().unwrap_or_default();
        page.line(vec![
            Span::plain(&" ".repeat(INDENT)),
            Span::new(&format!("{start:<9}"), Style::Dim),
            Span::new(&line, style),
        ]);
    }
}

/// What no longer fits: a line for each rule with its count and first place.
pub fn write_rest(page: &mut Page, rest: &[&Scored], display: &Display) {
    let mut groups: Vec<(&str, Vec<&Scored>)> = Vec::new();
    for scored in rest {
        let rule = scored.finding.rule.as_str();
        match groups.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, members)) => members.push(scored),
            None => groups.push((rule, vec![scored])),
        }
    }
    let head = format!("{} (--all shows them)", counted(rest.len(), "more finding", "more findings"));
    page.line(vec![Span::new(&format!(" {:<10}", "and"), Style::Dim), Span::new(&head, Style::Strong)]);
    for (rule, members) in groups {
        let points: f64 = members.iter().map(|scored| scored.points).sum();
        let points = format!("{points:+.1}");
        let room = display.width - INDENT - POINTS;
        let count = format!("{:>3} × ", members.len());
        let text = match members.as_slice() {
            [one] => one.finding.message.clone(),
            _ => members[0].finding.title.clone(),
        };
        let lines = wrap(&format!("{text} ({rule})"), room.saturating_sub(count.width()));
        for (index, line) in lines.iter().enumerate() {
            let mut spans = vec![Span::plain(&" ".repeat(INDENT))];
            let start = if index == 0 { count.clone() } else { " ".repeat(count.width()) };
            spans.push(Span::new(&start, Style::Dim));
            spans.push(Span::plain(line));
            if index == 0 {
                let used = INDENT + start.width() + line.width() + points.width();
                spans.push(Span::plain(&" ".repeat(display.width.saturating_sub(used))));
                spans.push(Span::new(&points, Style::Dim));
            }
            page.line(spans);
        }
        let places: Vec<String> = members
            .iter()
            .take(3)
            .map(|scored| format!("{}:{}", scored.finding.path, scored.finding.line))
            .chain((members.len() > 3).then(|| "…".to_owned()))
            .collect();
        for line in wrap(&places.join(", "), room.saturating_sub(count.width())) {
            page.line(vec![Span::plain(&" ".repeat(INDENT + count.width())), Span::new(&line, Style::Dim)]);
        }
    }
}
