//! Rules for people: one in full, all in a list, and the reference in Markdown and JSON.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use super::Display;
use super::page::{Page, Span, Style, fit, wrap};
use crate::change::{Change, Content, LineMap, Side};
use crate::rules::{Effect, Example, Examples, Rule, Severity};

/// Lines of an example that are shown.
const MOST_LINES: usize = 24;
const LABEL: usize = 12;

/// One rule in full, with one example of each kind.
pub fn explanation(rule: &Rule, examples: &Examples, display: &Display) -> String {
    let mut page = Page::default();
    page.line(fit(
        vec![Span::new(&rule.id, Style::Strong), Span::plain("  "), Span::plain(&rule.title)],
        display.width,
    ));
    page.blank();
    let severity = format!("{}, confidence {}", word(&rule.severity), word(&rule.confidence));
    labelled(&mut page, "severity", &severity, severity_style(rule.severity), display);
    let when: Vec<String> = rule.when.iter().map(word).collect();
    labelled(&mut page, "fires when", &format!("{}{}", when.join(" or "), speaks(rule)), Style::Plain, display);
    labelled(&mut page, "says", &rule.message, Style::Plain, display);
    labelled(&mut page, "why", &rule.why, Style::Plain, display);
    labelled(&mut page, "instead", &rule.instead, Style::Plain, display);
    if !rule.reviewers.is_empty() {
        labelled(&mut page, "reviewers", &rule.reviewers.join(", "), Style::Plain, display);
    }
    if let Some(effect) = rule.effect {
        labelled(&mut page, "effect", effect_word(effect), Style::Plain, display);
    }
    for reference in &rule.references {
        labelled(&mut page, "reference", reference, Style::Plain, display);
    }
    if let Some(example) = examples.fires.first() {
        page.blank();
        page.line(vec![Span::new("This fires:", Style::Strong)]);
        difference(&mut page, example, display);
    }
    if let Some(example) = examples.quiet.first() {
        page.blank();
        let because = example.because.clone();
        for line in wrap(&format!("This does not ({because}):"), display.width) {
            page.line(vec![Span::new(&line, Style::Strong)]);
        }
        let example = Example { old: example.old.clone(), new: example.new.clone(), ..Example::default() };
        difference(&mut page, &example, display);
    }
    page.blank();
    page.line(vec![Span::new(
        &format!("Waive it on the old side: foureyes: allow {} until YYYY-MM-DD because …", rule.id),
        Style::Dim,
    )]);
    page.render(display.colour)
}

fn labelled(page: &mut Page, label: &str, text: &str, style: Style, display: &Display) {
    let mut label = Some(label);
    for line in wrap(text, display.width - LABEL) {
        let start = label.take().unwrap_or_default();
        page.line(vec![Span::new(&format!("{start:<LABEL$}"), Style::Dim), Span::new(&line, style)]);
    }
}

/// Where a rule looks, in words.
fn speaks(rule: &Rule) -> String {
    let mut parts = Vec::new();
    if !rule.languages.is_empty() {
        parts.push(format!(" in {}", rule.languages.join(", ")));
    }
    if !rule.files.is_empty() {
        parts.push(format!(" in files {}", rule.files.join(", ")));
    }
    if !rule.not_files.is_empty() {
        parts.push(format!(" except {}", rule.not_files.join(", ")));
    }
    parts.concat()
}

/// Both sides of an example as a diff without unchanged stretches.
fn difference(page: &mut Page, example: &Example, display: &Display) {
    for file in &Change::in_memory(&example.old, &example.new).files {
        let path = file.path();
        let state = match (&file.old, &file.new) {
            (None, _) => " (new)".to_owned(),
            (_, None) => " (deleted)".to_owned(),
            (Some(old), _) if old.path != path => format!(" (was {})", old.path),
            _ => String::new(),
        };
        page.line(fit(vec![Span::new(&format!("  {path}{state}"), Style::Dim)], display.width));
        let text = |side: Side| match file.side(side).map(|side| &side.content) {
            Some(Content::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        };
        let (old, new) = (text(Side::Old), text(Side::New));
        if old == new {
            continue;
        }
        let lines = merged(&old, &new);
        for (sign, text) in lines.iter().take(MOST_LINES) {
            let style = match sign {
                '−' => Style::Removed,
                '+' => Style::Added,
                _ => Style::Dim,
            };
            page.line(fit(vec![Span::new(&format!("    {sign} {text}"), style)], display.width));
        }
        if lines.len() > MOST_LINES {
            page.line(vec![Span::new(&format!("      … {} more lines", lines.len() - MOST_LINES), Style::Dim)]);
        }
    }
}

fn merged(old: &str, new: &str) -> Vec<(char, String)> {
    let map = LineMap::new(old, new);
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut lines = Vec::new();
    let mut next = 1;
    for (index, text) in old.iter().enumerate() {
        let line = index as u32 + 1;
        match map.to_new(line).filter(|_| !map.is_touched_old(line)) {
            Some(at) => {
                lines.extend(
                    (next..at).filter_map(|line| Some(('+', (*new.get(line as usize - 1)?).to_owned()))),
                );
                lines.push((' ', (*text).to_owned()));
                next = at + 1;
            }
            None => lines.push(('−', (*text).to_owned())),
        }
    }
    lines.extend(
        (next..=new.len() as u32).filter_map(|line| Some(('+', (*new.get(line as usize - 1)?).to_owned()))),
    );
    lines
}

/// Every rule in a line, by pack.
pub fn rules_list(rules: &[&Rule], display: &Display) -> String {
    let mut page = Page::default();
    let width = rules.iter().map(|rule| rule.id.width()).max().unwrap_or(0).min(display.width / 2);
    for rule in rules {
        let gap = " ".repeat((width + 2).saturating_sub(rule.id.width()));
        let spans = vec![
            Span::new(&format!("{:<10}", word(&rule.severity)), severity_style(rule.severity)),
            Span::new(&rule.id, Style::Strong),
            Span::plain(&gap),
            Span::plain(&rule.title),
        ];
        page.line(fit(spans, display.width));
    }
    page.line(vec![Span::new(&format!("{} rules · foureyes explain RULE", rules.len()), Style::Dim)]);
    page.render(display.colour)
}

/// The rules as they are written, as JSON.
pub fn rules_json(rules: &[&Rule]) -> String {
    let mut text = serde_json::to_string_pretty(rules).unwrap_or_default();
    text.push('\n');
    text
}

/// The reference of rules. `silences` gives what a rule stays silent about, in the words of its examples.
pub fn rules_markdown(rules: &[&Rule], silences: &dyn Fn(&Rule) -> Vec<String>) -> String {
    let mut packs: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        packs.entry(rule.id.split('/').next().unwrap_or_default()).or_default().push(rule);
    }
    let mut text = String::from("# Rules\n\n");
    text.push_str(&format!(
        "{} rules in {} packs. Written by `foureyes rules --format markdown`; change the files under `rules/` instead.\n\
         `foureyes explain RULE` shows a rule with an example that fires and one that does not. What stands after `Silent`\n\
         is tested: a change of which that is true gives no finding. What else should be accepted is a waiver or a setting\n\
         of the project: see [configuration.md](configuration.md).\n",
        rules.len(),
        packs.len()
    ));
    for (pack, rules) in packs {
        text.push_str(&format!("\n## {pack}\n\n| rule | severity | confidence | what happened | who looks |\n|---|---|---|---|---|\n"));
        for rule in &rules {
            text.push_str(&format!(
                "| [`{}`](#{}) | {} | {} | {} | {} |\n",
                rule.id,
                anchor(&rule.id),
                word(&rule.severity),
                word(&rule.confidence),
                cell(&rule.title),
                rule.reviewers.join(", ")
            ));
        }
        for rule in &rules {
            text.push_str(&format!(
                "\n### {}\n\n{}. {}\n\n",
                rule.id,
                one_line(&rule.title),
                one_line(&rule.why)
            ));
            text.push_str(&format!("Instead: {}\n", one_line(&rule.instead)));
            let silences: Vec<String> = silences(rule).iter().map(|reason| one_line(reason)).collect();
            if !silences.is_empty() {
                text.push_str(&format!("\nSilent: {}.\n", silences.join("; ")));
            }
            for reference in &rule.references {
                text.push_str(&format!("\nSee <{reference}>\n"));
            }
        }
    }
    text
}

/// How GitHub and most renderers name the anchor of a heading.
fn anchor(id: &str) -> String {
    id.chars()
        .filter(|character| character.is_alphanumeric() || *character == '-' || *character == '_')
        .collect()
}

fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The word by which a rule file writes a value.
fn word(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::Destroys => "deletes or recreates something",
        Effect::Unguards => "takes a safeguard away",
        Effect::Exposes => "opens access",
        Effect::WeakensTest => "weakens a test or a check of the pipeline",
        Effect::DisarmsGate => "weakens the gate itself",
    }
}

fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => Style::Critical,
        Severity::High => Style::High,
        Severity::Medium => Style::Medium,
        Severity::Low => Style::Low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_merge_into_one_listing() {
        let lines: Vec<String> = merged("a\nb\nc\n", "a\nx\nc\nd\n")
            .into_iter()
            .map(|(sign, text)| format!("{sign}{text}"))
            .collect();
        assert_eq!(lines, [" a", "−b", "+x", " c", "+d"]);
    }
}
