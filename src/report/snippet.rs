//! The old and new lines behind a finding, with the tokens that matter marked.

use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::Report;
use super::page::{Span, Style};
use crate::facts::masked;
use crate::risk::Scored;
use crate::rules::Kind;
use crate::source::{FileReading, SideReading};

/// Lines shown of one side of a finding; a longer span is cut in the middle.
const MOST_LINES: usize = 3;
/// How far up the line that opens the surrounding block is looked for.
const FARTHEST_HEADER: u32 = 400;
/// Share of equal characters from which two lines are versions of each other.
const ALIKE: f64 = 0.3;
/// Longer lines are not compared token by token.
const LONGEST_COMPARED: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Context,
    Removed,
    Added,
}

/// One line to show.
#[derive(Debug)]
pub struct Line {
    /// 1-based, on the side that the sign says (context: new, or old where the new side is gone);
    /// `None` for a line that stands for those left out.
    pub number: Option<u32>,
    pub sign: Sign,
    pub spans: Vec<Span>,
}

/// A line before it is styled: its text and the byte ranges in it that matter.
struct Raw<'a> {
    number: Option<u32>,
    sign: Sign,
    text: std::borrow::Cow<'a, str>,
    marks: Vec<std::ops::Range<usize>>,
}

/// The lines of a finding: what opens the block around it, then old lines, then new ones.
pub fn lines(report: &Report<'_>, scored: &Scored) -> Vec<Line> {
    let finding = &scored.finding;
    let Some(new_reading) = report.readings.get(finding.file) else { return Vec::new() };
    let old_reading = old_reading(report, scored).unwrap_or(new_reading);
    let same_file = std::ptr::eq(old_reading, new_reading);
    let old_lines = old_lines(old_reading, scored, same_file);
    let mut new_lines = new_lines(new_reading, scored);
    if finding.kind == Kind::Removed && !old_lines.is_empty() {
        new_lines.retain(|line| line.sign == Sign::Added);
    }
    let mut raw: Vec<Raw<'_>> = Vec::new();
    let first = new_lines.first().and_then(|line| line.number);
    let header = match (first, &new_reading.new) {
        (Some(number), Some(side)) => header(side, number),
        _ => old_lines
            .first()
            .and_then(|line| line.number)
            .zip(old_reading.old.as_ref())
            .and_then(|(number, side)| header(side, number)),
    };
    raw.extend(header);
    let (mut old_lines, mut new_lines) = (old_lines, new_lines);
    mark(&mut old_lines, &mut new_lines, scored);
    raw.extend(old_lines);
    raw.extend(new_lines);
    style(raw)
}

/// The file on which the old line of a finding stands.
fn old_reading<'a>(report: &Report<'a>, scored: &Scored) -> Option<&'a FileReading> {
    let path = scored.finding.old_path.as_deref()?;
    let stands = |index: usize| {
        let file = report.change.files.get(index)?;
        file.old.as_ref().filter(|side| side.path == path).and(report.readings.get(index))
    };
    stands(scored.finding.file).or_else(|| (0..report.readings.len()).find_map(stands))
}

fn old_lines<'a>(reading: &'a FileReading, scored: &Scored, same_file: bool) -> Vec<Raw<'a>> {
    let finding = &scored.finding;
    let (Some(side), Some(first)) = (&reading.old, finding.old_line) else { return Vec::new() };
    let last = finding.old_end_line.unwrap_or(first);
    let gone = |line: u32| {
        !same_file
            || reading.map.as_ref().is_none_or(|map| map.is_touched_old(line) && map.to_new(line).is_none())
    };
    let rewritten = |line: u32| reading.map.as_ref().is_some_and(|map| map.is_touched_old(line));
    let all: Vec<u32> = (first..=last).collect();
    // Lines that stay as they are say nothing; if none changed, the first one says what was there.
    let mut wanted: Vec<u32> = all.iter().copied().filter(|line| gone(*line) || rewritten(*line)).collect();
    let touched = !wanted.is_empty();
    if !touched {
        if finding.line > 0 && same_file && finding.kind != Kind::Removed {
            return Vec::new();
        }
        wanted = all;
    }
    let sign = if touched || finding.kind == Kind::Removed { Sign::Removed } else { Sign::Context };
    cut(side, &wanted, sign)
}

fn new_lines<'a>(reading: &'a FileReading, scored: &Scored) -> Vec<Raw<'a>> {
    let finding = &scored.finding;
    let (Some(side), true) = (&reading.new, finding.line > 0) else { return Vec::new() };
    let all: Vec<u32> = (finding.line..=finding.end_line.max(finding.line)).collect();
    let is_new = |line: &u32| reading.map.as_ref().is_none_or(|map| map.is_touched_new(*line));
    let wanted: Vec<u32> = all.iter().copied().filter(is_new).collect();
    match wanted.is_empty() {
        true => cut(side, &all[..1], Sign::Context),
        false => cut(side, &wanted, Sign::Added),
    }
}

/// The wanted lines; of many the first ones and a count of the rest.
fn cut<'a>(side: &'a SideReading, wanted: &[u32], sign: Sign) -> Vec<Raw<'a>> {
    let shown = if wanted.len() > MOST_LINES + 1 { MOST_LINES } else { wanted.len() };
    let mut lines: Vec<Raw<'a>> = wanted[..shown]
        .iter()
        .filter_map(|number| {
            let text = masked(side.lines.line(*number)?);
            Some(Raw { number: Some(*number), sign, text, marks: Vec::new() })
        })
        .collect();
    let left = wanted.len() - shown;
    if left > 0 {
        let indent = lines.last().map_or("", |line| blank_start(&line.text)).to_owned();
        let text = format!("{indent}… {left} more lines").into();
        lines.push(Raw { number: None, sign, text, marks: Vec::new() });
    }
    lines
}

/// The nearest line above that is indented less: the one that opens the block. At the margin the line before.
fn header(side: &SideReading, number: u32) -> Option<Raw<'_>> {
    let text = side.lines.line(number)?;
    let depth = blank_start(text).len();
    let context = |number: u32, text| Raw {
        number: Some(number),
        sign: Sign::Context,
        text: masked(text),
        marks: Vec::new(),
    };
    for above in (number.saturating_sub(FARTHEST_HEADER).max(1)..number).rev() {
        let line = side.lines.line(above)?;
        let is_word = line
            .trim_start()
            .starts_with(|first: char| first.is_alphanumeric() || "_-\"'@<.$[".contains(first));
        if !line.trim().is_empty() && is_word && blank_start(line).len() < depth {
            return Some(context(above, line));
        }
    }
    let before = side.lines.line(number.checked_sub(1)?)?;
    (depth == 0 && !before.trim().is_empty()).then(|| context(number - 1, before))
}

fn blank_start(text: &str) -> &str {
    &text[..text.len() - text.trim_start().len()]
}

/// Marks what differs between an old line and its new version, or else what the finding itself spans.
fn mark(old: &mut [Raw<'_>], new: &mut [Raw<'_>], scored: &Scored) {
    let mut compared = false;
    for (old, new) in old.iter_mut().zip(new.iter_mut()) {
        let versions = old.sign == Sign::Removed && new.sign == Sign::Added;
        if versions && old.number.is_some() && new.number.is_some() {
            compared |= compare(old, new);
        }
    }
    let finding = &scored.finding;
    if compared || finding.line != finding.end_line {
        return;
    }
    if let Some(line) = new.iter_mut().find(|line| line.number == Some(finding.line)) {
        let start = byte_of(&line.text, finding.column);
        let end = byte_of(&line.text, finding.end_column + 1);
        let whole = line.text.trim().len();
        if start < end && end - start < whole && end - start > 1 {
            line.marks.push(start..end);
        }
    }
}

/// The byte offset of a 1-based column.
fn byte_of(text: &str, column: u32) -> usize {
    text.char_indices().nth(column.saturating_sub(1) as usize).map_or(text.len(), |(at, _)| at)
}

/// Marks the tokens that differ between two lines; false if the lines have too little in common.
fn compare(old: &mut Raw<'_>, new: &mut Raw<'_>) -> bool {
    if old.text.len().max(new.text.len()) > LONGEST_COMPARED {
        return false;
    }
    let (left, right) = (tokens(&old.text), tokens(&new.text));
    let word = |text: &str, range: &std::ops::Range<usize>| text[range.clone()].to_owned();
    let left_words: Vec<String> = left.iter().map(|range| word(&old.text, range)).collect();
    let right_words: Vec<String> = right.iter().map(|range| word(&new.text, range)).collect();
    let (mut old_marks, mut new_marks, mut equal) = (Vec::new(), Vec::new(), 0);
    for op in capture_diff_slices(Algorithm::Myers, &left_words, &right_words) {
        if op.tag() == DiffTag::Equal {
            equal += left_words[op.old_range()].iter().map(|word| word.trim().len()).sum::<usize>();
            continue;
        }
        join(&mut old_marks, &left[op.old_range()]);
        join(&mut new_marks, &right[op.new_range()]);
    }
    let length = old.text.trim().len().max(new.text.trim().len()).max(1);
    if (equal as f64) < ALIKE * length as f64 {
        return false;
    }
    old.marks = trimmed(old_marks, &old.text);
    new.marks = trimmed(new_marks, &new.text);
    true
}

fn join(marks: &mut Vec<std::ops::Range<usize>>, tokens: &[std::ops::Range<usize>]) {
    if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
        marks.push(first.start..last.end);
    }
}

/// Marks without blanks at their ends; marks of blanks alone go.
fn trimmed(marks: Vec<std::ops::Range<usize>>, text: &str) -> Vec<std::ops::Range<usize>> {
    marks
        .into_iter()
        .filter_map(|mark| {
            let part = &text[mark.clone()];
            let start = mark.start + (part.len() - part.trim_start().len());
            let end = start + part.trim().len();
            (start < end).then_some(start..end)
        })
        .collect()
}

/// Words, runs of blanks, and single other characters.
fn tokens(text: &str) -> Vec<std::ops::Range<usize>> {
    let class = |character: char| match character {
        _ if character.is_alphanumeric() || character == '_' => 0,
        _ if character.is_whitespace() => 1,
        _ => 2,
    };
    let mut tokens: Vec<std::ops::Range<usize>> = Vec::new();
    let mut last = None;
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        match tokens.last_mut() {
            Some(token) if last == Some(class(character)) && class(character) < 2 => token.end = end,
            _ => tokens.push(at..end),
        }
        last = Some(class(character));
    }
    tokens
}

/// Takes away the indentation that all lines share, and puts on styles.
fn style(raw: Vec<Raw<'_>>) -> Vec<Line> {
    let shared = raw
        .iter()
        .filter(|line| !line.text.trim().is_empty())
        .map(|line| blank_start(&line.text))
        .reduce(|one, other| common_start(one, other))
        .map_or(0, str::len);
    raw.into_iter()
        .map(|line| {
            let (base, marked) = match line.sign {
                Sign::Context => (Style::Dim, Style::Mark),
                Sign::Removed => (Style::Removed, Style::RemovedMark),
                Sign::Added => (Style::Added, Style::AddedMark),
            };
            let mut spans = Vec::new();
            let mut at = shared.min(blank_start(&line.text).len());
            for mark in line.marks {
                if mark.start > at {
                    spans.push(Span::new(&line.text[at..mark.start], base));
                }
                let start = mark.start.max(at);
                if start < mark.end {
                    spans.push(Span::new(&line.text[start..mark.end], marked));
                    at = mark.end;
                }
            }
            spans.push(Span::new(line.text[at..].trim_end(), base));
            Line { number: line.number, sign: line.sign, spans }
        })
        .collect()
}

fn common_start<'a>(one: &'a str, other: &str) -> &'a str {
    let length = one
        .char_indices()
        .zip(other.chars())
        .find(|((_, left), right)| left != right)
        .map_or_else(|| one.len().min(other.len()), |((at, _), _)| at);
    &one[..length]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str, sign: Sign) -> Raw<'_> {
        Raw { number: Some(1), sign, text: text.into(), marks: Vec::new() }
    }

    fn marked(line: &Raw<'_>) -> Vec<String> {
        line.marks.iter().map(|mark| line.text[mark.clone()].to_owned()).collect()
    }

    #[test]
    fn tokens_that_differ_are_marked() {
        let mut old = raw("  zone = \"eu-west-1a\"", Sign::Removed);
        let mut new = raw("  zone = \"eu-west-1b\"", Sign::Added);
        assert!(compare(&mut old, &mut new));
        assert_eq!((marked(&old), marked(&new)), (vec!["1a".to_owned()], vec!["1b".to_owned()]));
    }

    #[test]
    fn lines_with_little_in_common_are_not_marked() {
        let mut old = raw("prevent_destroy = true", Sign::Removed);
        let mut new = raw("tags { a }", Sign::Added);
        assert!(!compare(&mut old, &mut new));
        assert!(marked(&old).is_empty());
    }

    #[test]
    fn texts_of_any_script_keep_character_boundaries() {
        let mut old = raw("naïve = “größe” → 1", Sign::Removed);
        let mut new = raw("naïve = “größer” → 2", Sign::Added);
        assert!(compare(&mut old, &mut new));
        assert_eq!(marked(&new), ["größer", "2"]);
        assert_eq!(byte_of("größe", 4), 4);
    }

    #[test]
    fn shared_indentation_goes() {
        assert_eq!(common_start("    ", "  x"), "  ");
        assert_eq!(common_start("\t\t", "\t"), "\t");
    }
}
