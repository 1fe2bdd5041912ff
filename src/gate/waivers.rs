//! Which findings are waived. A waiver counts if it stands on the old side, has a reason, and has not expired.

use super::comments::{self, Comment};
use super::policy::{Policy, speaks_of};
use crate::change::{Change, Side};
use crate::risk::{Scored, State, Waiver};
use crate::source::{FileReading, LineIndex, SideReading};

/// Lines of comment above a line that belong to it.
const LONGEST_COMMENT: u32 = 10;
/// How far up the lines that open the surrounding blocks are looked for.
const FARTHEST_HEADER: u32 = 2000;

/// Requests for waivers that are said one by one.
const MOST_REQUESTS: usize = 5;

/// Waives findings, and returns what a reader must know: waivers that expired, that are incomplete, and those that
/// the change itself brings along, which are requests.
pub fn waive(
    findings: &mut [Scored],
    change: &Change,
    readings: &[FileReading],
    policy: &Policy,
) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut remark = |text: String| {
        if !remarks.contains(&text) {
            remarks.push(text);
        }
    };
    for scored in findings.iter_mut() {
        for candidate in candidates(scored, change, readings, policy) {
            match candidate {
                Candidate::Stands(waiver) => {
                    scored.state = State::Waived(waiver);
                    break;
                }
                Candidate::Expired(waiver) => {
                    remark(format!(
                        "the waiver of {} in {} expired on {}",
                        waiver.rule, waiver.source, waiver.until
                    ));
                }
                Candidate::Incomplete { rule, source } => remark(format!(
                    "the waiver of {rule} in {source} needs `until YYYY-MM-DD because …` and does not count"
                )),
            }
        }
    }
    let requests = requests(change, readings);
    for (rule, source) in requests.iter().take(MOST_REQUESTS) {
        remark(format!(
            "the change asks for a waiver of {rule} in {source}; it counts once it stands on the old side"
        ));
    }
    if requests.len() > MOST_REQUESTS {
        remark(format!("the change asks for {} more waivers", requests.len() - MOST_REQUESTS));
    }
    remarks
}

enum Candidate {
    Stands(Waiver),
    Expired(Waiver),
    Incomplete { rule: String, source: String },
}

fn candidates(scored: &Scored, change: &Change, readings: &[FileReading], policy: &Policy) -> Vec<Candidate> {
    let finding = &scored.finding;
    let judge = |waiver: Waiver, expired: bool| match expired {
        true => Candidate::Expired(waiver),
        false => Candidate::Stands(waiver),
    };
    let mut found = Vec::new();
    let paths = [Some(finding.path.as_str()), finding.old_path.as_deref()];
    for waiver in &policy.waivers {
        let here =
            waiver.path.as_ref().is_none_or(|glob| paths.iter().flatten().any(|path| glob.is_match(path)));
        if here && speaks_of(&waiver.rule, &finding.rule) {
            let expired = waiver.until.is_before(&policy.today);
            let waiver = Waiver {
                rule: finding.rule.clone(),
                reason: waiver.reason.clone(),
                until: waiver.until.to_string(),
                source: waiver.source.clone(),
            };
            found.push(judge(waiver, expired));
        }
    }
    for (comment, source) in standing_comments(scored, change, readings) {
        if !speaks_of(&comment.rule, &finding.rule) {
            continue;
        }
        found.push(match comment.terms {
            None => Candidate::Incomplete { rule: comment.rule, source },
            Some((until, reason)) => {
                let expired = until.is_before(&policy.today);
                judge(Waiver { rule: finding.rule.clone(), reason, until: until.to_string(), source }, expired)
            }
        });
    }
    found
}

/// The waivers around a finding that stand on the old side, with file and line.
fn standing_comments(scored: &Scored, change: &Change, readings: &[FileReading]) -> Vec<(Comment, String)> {
    let finding = &scored.finding;
    let mut found = Vec::new();
    let Some(reading) = readings.get(finding.file) else { return found };
    if let (Some(new), Some(map)) = (&reading.new, &reading.map) {
        let last = finding.end_line.max(finding.line);
        for line in around(&new.lines, finding.line, last) {
            let stood = !map.is_touched_new(line);
            if let Some(comment) = new.lines.line(line).filter(|_| stood).and_then(comments::read) {
                found.push((comment, format!("{}:{line}", finding.path)));
            }
        }
    }
    let old_path = finding.old_path.as_deref().unwrap_or(&finding.path);
    let holds = |index: &usize| {
        change.files.get(*index).and_then(|file| file.side(Side::Old)).is_some_and(|side| side.path == old_path)
    };
    let old = std::iter::once(finding.file)
        .chain(0..readings.len())
        .find(holds)
        .and_then(|index| readings[index].old.as_ref());
    if let (Some(old), Some(first)) = (old, finding.old_line) {
        for line in around(&old.lines, first, finding.old_end_line.unwrap_or(first)) {
            let source = format!("{old_path}:{line}");
            let known = found.iter().any(|(_, known)| *known == source);
            if let Some(comment) = old.lines.line(line).filter(|_| !known).and_then(comments::read) {
                found.push((comment, source));
            }
        }
    }
    found
}

/// The lines in which a waiver speaks of `first..=last`: these lines, the lines that open the blocks around them, and
/// the comment right above each.
fn around(lines: &LineIndex, first: u32, last: u32) -> Vec<u32> {
    if first == 0 {
        return Vec::new();
    }
    let mut wanted: Vec<u32> = (first..=last.min(first.saturating_add(FARTHEST_HEADER))).collect();
    let mut depth = lines.line(first).map_or(0, indentation);
    wanted.extend(comment_above(lines, first));
    for above in (first.saturating_sub(FARTHEST_HEADER).max(1)..first).rev() {
        let Some(text) = lines.line(above) else { break };
        if !text.trim().is_empty() && !is_comment(text) && indentation(text) < depth {
            depth = indentation(text);
            wanted.push(above);
            wanted.extend(comment_above(lines, above));
        }
    }
    wanted
}

fn comment_above(lines: &LineIndex, line: u32) -> impl Iterator<Item = u32> + '_ {
    (line.saturating_sub(LONGEST_COMMENT).max(1)..line)
        .rev()
        .take_while(|above| lines.line(*above).is_some_and(is_comment))
}

fn indentation(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

fn is_comment(text: &str) -> bool {
    let text = text.trim_start();
    ["#", "//", "--", "/*", "*", "<!--", ";", "{#", "{{/*", "REM ", "%"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// The waivers that the change writes: rule, file and line.
fn requests(change: &Change, readings: &[FileReading]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for reading in readings {
        let Some(new) = &reading.new else { continue };
        let path = change.files.get(reading.index).map_or("", |file| file.path());
        for line in written(reading, new) {
            if let Some(comment) = new.lines.line(line).and_then(comments::read) {
                found.push((comment.rule, format!("{path}:{line}")));
            }
        }
    }
    found
}

/// The lines of the new side that the change writes.
fn written<'a>(reading: &'a FileReading, new: &'a SideReading) -> Box<dyn Iterator<Item = u32> + 'a> {
    match &reading.map {
        Some(map) => Box::new(map.touched_new()),
        None => Box::new(1..=new.lines.count() as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> LineIndex {
        LineIndex::new(text.into())
    }

    #[test]
    fn a_waiver_speaks_of_its_line_and_of_the_block_below() {
        let text = lines("# one\nresource x {\n  a = 1\n  # two\n  b = 2\n}\n# three\ny\n");
        let mut found = around(&text, 5, 5);
        found.sort_unstable();
        assert_eq!(found, [1, 2, 4, 5]);
    }

    #[test]
    fn a_finding_without_a_line_has_no_comment() {
        assert!(around(&lines("# foureyes: allow a/b"), 0, 0).is_empty());
    }
}
