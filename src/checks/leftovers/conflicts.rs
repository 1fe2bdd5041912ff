//! `conflict-markers`: both sides of a merge stand in a file, or the markers of an edit that was never carried out.

use std::collections::HashMap;

use super::super::Evidence;
use super::touched;
use crate::rules::{Draft, Finding, Kind, Place, Rule, Subject};
use crate::source::{FileReading, SideReading};

/// Files that hold changes, and prose that shows them.
const DIFFS: [&str; 6] = [".patch", ".diff", ".rej", ".orig", ".mbox", ".eml"];

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut taken: Option<HashMap<&str, usize>> = None;
    for (index, reading) in evidence.readings.iter().enumerate() {
        let Some((file, side)) = evidence.change.files.get(index).zip(reading.new.as_ref()) else { continue };
        let path = file.path();
        if DIFFS.iter().any(|ending| path.ends_with(ending)) || !has_marks(&side.text) || is_quotation(reading)
        {
            continue;
        }
        for (first, last) in blocks(side, path) {
            let opener = side.lines.line(first).unwrap_or_default().trim();
            let is_new = touched::new_lines(evidence, index).any(|(line, _)| line == first);
            let taken = taken.get_or_insert_with(|| touched::taken(evidence));
            let moved = taken.get_mut(opener).filter(|count| **count > 0).map(|count| *count -= 1).is_some();
            if !is_new || moved {
                continue;
            }
            let mut place = Place::line(index, path, first);
            place.end.line = last;
            let draft = Draft {
                subject: Some(Subject { home: path.to_owned(), name: "conflict".to_owned() }),
                content: opener.to_owned(),
                ..Draft::new(Kind::Introduced, place)
            };
            let name = opener.trim_start_matches('<').trim().chars().take(60).collect::<String>();
            findings.push(
                draft
                    .capture("name", name)
                    .capture("text", opener.chars().take(60).collect::<String>())
                    .finish(rule),
            );
        }
    }
    findings
}

fn has_marks(text: &str) -> bool {
    text.contains("<<<<<<<") && (text.contains("=======") || text.contains(">>>>>>>"))
}

/// The grammar found nothing wrong, so the markers stand in a string or a comment.
fn is_quotation(reading: &FileReading) -> bool {
    let host = reading.new.as_ref().and_then(|side| side.documents.first());
    let is_program = host.is_some_and(|host| host.language.is_program());
    let tree = host.and_then(|host| host.tree.as_ref());
    is_program && tree.is_some_and(|tree| !tree.root_node().has_error())
}

/// First and last line of every block that opens, parts and closes, outside the fences of prose.
fn blocks(side: &SideReading, path: &str) -> Vec<(u32, u32)> {
    let is_prose = [".md", ".mdx", ".rst", ".adoc", ".markdown"].iter().any(|ending| path.ends_with(ending));
    let (mut blocks, mut open, mut parted, mut fenced) = (Vec::new(), None, false, false);
    for number in 1..=side.lines.count() as u32 {
        let line = side.lines.line(number).unwrap_or_default();
        if is_prose && line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        if is_mark(line, '<') {
            open = Some(number);
            parted = false;
        } else if line.trim_end() == "=======" && open.is_some() {
            parted = true;
        } else if is_mark(line, '>')
            && parted
            && let Some(first) = open.take()
        {
            blocks.push((first, number));
        }
    }
    // The end was edited away.
    if let Some(first) = open.filter(|_| parted && !is_prose) {
        blocks.push((first, first));
    }
    blocks
}

/// Seven of one character, then a blank and a name or nothing.
fn is_mark(line: &str, mark: char) -> bool {
    let rest = line.trim_end().trim_start_matches(mark);
    line.len() > rest.len()
        && line.chars().take_while(|character| *character == mark).count() == 7
        && (rest.is_empty() || rest.starts_with(' '))
}
