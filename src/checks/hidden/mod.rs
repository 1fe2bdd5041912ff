//! `hidden-text`: characters that an eye misses or a terminal acts on, in the text of files of any kind and in their
//! names. Parameter `what`: `direction`, `invisible`, `control`, `homoglyph`.
//!
//! Works on the bytes of both sides, before any grammar: what cannot be parsed can still hide something. Only lines
//! that the change touches count, and of these only what stands in none of its old lines.

mod characters;
mod scan;
mod setting;
mod words;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use self::setting::Setting;
use super::Evidence;
use crate::change::{FileChange, LineMap, Side};
use crate::delta::similarity;
use crate::rules::{Draft, Finding, Kind, Place, Rule, Severity, Subject};
use crate::source::Position;

/// Findings of one rule in one file; what is hidden in more lines is only counted.
const MOST_IN_FILE: usize = 20;
/// Share of words from which two lines of one file are versions of each other.
const ALIKE: f64 = 0.5;

/// What one line hides, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sighting {
    /// 1-based; 0 for the name of the file.
    line: u32,
    /// 1-based, of the first and the last character.
    columns: (u32, u32),
    /// The characters in question, in order; for look-alikes the words.
    content: String,
    /// What they are, for the message.
    name: String,
    severity: Severity,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Direction,
    Invisible,
    Control,
    Homoglyph,
}

impl What {
    fn of(rule: &Rule) -> Option<Self> {
        match rule.check.as_ref()?.with.get("what")?.as_str() {
            "direction" => Some(Self::Direction),
            "invisible" => Some(Self::Invisible),
            "control" => Some(Self::Control),
            "homoglyph" => Some(Self::Homoglyph),
            _ => None,
        }
    }
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let Some(what) = What::of(rule) else { return Vec::new() };
    let found: Vec<(usize, Vec<Sighting>)> = sightings(what, evidence, Side::New);
    if found.is_empty() {
        return Vec::new();
    }
    let mut known = Known::new(sightings(what, evidence, Side::Old));
    let mut open: Vec<(usize, Vec<Sighting>)> = Vec::new();
    // Lines that only moved come first, so that none of them is taken for the old version of an edited one.
    for (file, all) in found {
        open.push((file, all.into_iter().filter(|one| !known.moved(one)).collect()));
    }
    let mut findings = Vec::new();
    for (file, all) in open {
        let all: Vec<Sighting> = all.into_iter().filter(|one| !known.edited(file, one)).collect();
        let count = all.len();
        for (at, one) in all.into_iter().take(MOST_IN_FILE).enumerate() {
            let more = if at == 0 && count > 1 { count - 1 } else { 0 };
            findings.extend(word(rule, evidence, file, one, more));
        }
    }
    findings
}

/// What the touched lines of one side hide, by file.
fn sightings(what: What, evidence: &Evidence<'_>, side: Side) -> Vec<(usize, Vec<Sighting>)> {
    let mut all = Vec::new();
    for (index, file) in evidence.change.files.iter().enumerate() {
        let map = evidence.maps.get(index).and_then(Option::as_ref);
        let found = of_file(what, file, side, map);
        if !found.is_empty() {
            all.push((index, found));
        }
    }
    all
}

fn of_file(what: What, file: &FileChange, side: Side, map: Option<&LineMap>) -> Vec<Sighting> {
    let Some(present) = file.judged(side) else { return Vec::new() };
    let mut found = Vec::new();
    if !scan::is_plain(present.path.as_bytes()) {
        let judged = judge(what, &present.path, Setting::name_of_file(), None);
        found.extend(judged.map(|one| Sighting { line: 0, ..one }));
    }
    let Some(text) = scan::text(present) else { return found };
    let setting = Setting::of(&present.path);
    let words = words::Vocabulary::new(&text);
    let touched = |line: u32| {
        map.is_none_or(|map| match side {
            Side::Old => map.is_touched_old(line),
            Side::New => map.is_touched_new(line),
        })
    };
    for (number, line) in scan::lines(&text).filter(|(number, _)| touched(*number)) {
        // A mark of the byte order is one only at the very beginning.
        let start = if number == 1 { line.strip_prefix('\u{feff}') } else { None };
        let shift = u32::from(start.is_some());
        let line = start.unwrap_or(line);
        if let Some(one) = judge(what, line, setting, Some(&words)) {
            let columns = (one.columns.0 + shift, one.columns.1 + shift);
            found.push(Sighting { line: number, columns, ..one });
        }
    }
    found
}

fn judge(what: What, line: &str, setting: Setting, words: Option<&words::Vocabulary<'_>>) -> Option<Sighting> {
    match what {
        What::Homoglyph => words::judge(line, setting, words),
        _ => characters::judge(what, line, setting),
    }
}

/// What the old sides hide and no new line has accounted for yet.
struct Known {
    lines: HashMap<String, u32>,
    files: Vec<(usize, Vec<Sighting>)>,
}

impl Known {
    fn new(files: Vec<(usize, Vec<Sighting>)>) -> Self {
        let mut lines: HashMap<String, u32> = HashMap::new();
        for one in files.iter().flat_map(|(_, all)| all) {
            *lines.entry(one.text.clone()).or_default() += 1;
        }
        Self { lines, files }
    }

    /// The same line stood somewhere before.
    fn moved(&mut self, one: &Sighting) -> bool {
        let Some(count) = self.lines.get_mut(&one.text).filter(|count| **count > 0) else { return false };
        *count -= 1;
        true
    }

    /// An earlier version of the line hid the same.
    fn edited(&mut self, file: usize, one: &Sighting) -> bool {
        let Some((_, all)) = self.files.iter_mut().find(|(index, _)| *index == file) else { return false };
        let before = all.iter().position(|old| {
            old.content == one.content
                && self.lines.get(&old.text).is_some_and(|count| *count > 0)
                && (old.line == 0) == (one.line == 0)
                && similarity(&old.text, &one.text) >= ALIKE
        });
        let Some(at) = before else { return false };
        let old = all.remove(at);
        if let Some(count) = self.lines.get_mut(&old.text) {
            *count -= 1;
        }
        true
    }
}

fn word(rule: &Rule, evidence: &Evidence<'_>, file: usize, one: Sighting, more: usize) -> Option<Finding> {
    let path = evidence.change.files.get(file)?.path();
    let place = match one.line {
        0 => Place::nowhere(file, path),
        line => Place {
            start: Position { line, column: one.columns.0 },
            end: Position { line, column: one.columns.1 },
            ..Place::line(file, path, line)
        },
    };
    let mut proof = vec![format!("the line reads {}", spelled(&one.text))];
    if more > 0 {
        proof.push(format!("{more} more lines of this file do the same"));
    }
    let draft = Draft {
        subject: Some(Subject { home: path.to_owned(), name: spelled(&one.content).into_owned() }),
        severity: Some(one.severity.min(rule.severity)),
        content: format!("{} {}", spelled(&one.content), spelled(&one.text)),
        evidence: proof,
        ..Draft::new(Kind::Introduced, place)
    };
    let thing = if one.line == 0 { "the name of the file" } else { "this line" };
    Some(draft.capture("name", one.name).capture("thing", thing).finish(rule))
}

/// At most this many characters of a line stand in the evidence.
const LONGEST_QUOTE: usize = 120;

/// Text with everything but visible ASCII written as `<U+202E>`.
fn spelled(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_QUOTE && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for (at, character) in text.chars().enumerate() {
        if at == LONGEST_QUOTE {
            shown.push('…');
            break;
        }
        match character {
            ' '..='~' => shown.push(character),
            // Writing to a string cannot fail.
            _ => drop(write!(shown, "<U+{:04X}>", u32::from(character))),
        }
    }
    Cow::Owned(shown)
}
