//! `rewritten`: a file keeps its name, and hardly anything of what stood in it.

use std::collections::HashMap;

use super::Evidence;
use super::volume::is_read_by_people;
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule};
use crate::source::FileReading;

/// Lines of substance that a file must have had, in lines, to be worth the question.
const FEWEST_OLD: usize = 60;
/// Lines that must take their place, else the file was emptied.
const FEWEST_NEW: usize = 25;
/// Share of the old lines that are still there, as they stood.
const MOST_KEPT: f64 = 0.12;
/// Share of neighbouring words that both sides have in common: what was laid out anew or renamed has many.
const MOST_ALIKE: f64 = 0.4;
/// Share of the lines that went to, or came from, other files of the change.
const MOVED: f64 = 0.4;

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let Some(file) = evidence.change.files.get(index) else { continue };
        let same_name = file.old.as_ref().zip(file.new.as_ref()).is_some_and(|(old, new)| old.path == new.path);
        let (Some(old), Some(new)) = (&reading.old, &reading.new) else { continue };
        let code = new.documents.first().is_some_and(|host| is_judged(host.language))
            && is_read_by_people(file.path());
        // Most files keep most of their lines, which the line map knows.
        let stands = reading.map.as_ref().is_some_and(|map| map.deleted() * 2 < old.lines.count());
        if !same_name || !code || stands || reading.is_one_sided() {
            continue;
        }
        let (before, after) = (substance(&old.text), substance(&new.text));
        if before.len() < FEWEST_OLD || after.len() < FEWEST_NEW {
            continue;
        }
        let kept = shared(&before, &after) as f64 / before.len() as f64;
        if kept > MOST_KEPT || likeness(&old.text, &new.text) > MOST_ALIKE {
            continue;
        }
        let others = |side: fn(&FileReading) -> Option<&str>| -> Vec<&str> {
            let others = evidence.readings.iter().enumerate().filter(|(other, _)| *other != index);
            others.filter_map(|(_, other)| side(other)).flat_map(substance).collect()
        };
        let gone = others(|other| other.new.as_ref().map(|new| &*new.text));
        let came = others(|other| other.old.as_ref().map(|old| &*old.text));
        let moved = |lines: &[&str], there: &[&str]| shared(lines, there) as f64 > MOVED * lines.len() as f64;
        if moved(&before, &gone) || moved(&after, &came) {
            continue;
        }
        let percent = (kept * 100.0).round() as u32;
        let draft = Draft {
            old: Some(OldPlace {
                path: file.path().to_owned(),
                line: 1,
                end_line: old.lines.count().max(1) as u32,
            }),
            evidence: vec![format!("{} lines before, {} now", before.len(), after.len())],
            content: "rewritten".to_owned(),
            ..Draft::new(Kind::Changed, Place::line(index, file.path(), 1))
        };
        findings.push(draft.capture("percent", percent.to_string()).capture("name", file.path()).finish(rule));
    }
    findings
}

/// Prose and data may be written anew.
fn is_judged(language: crate::source::Language) -> bool {
    use crate::source::Language::{Bash, Dockerfile, Hcl, Make, Sql, Yaml};
    language.is_program() || matches!(language, Bash | Dockerfile | Hcl | Make | Sql | Yaml)
}

/// Lines that say something, trimmed.
fn substance(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| line.len() > 3 && !line.starts_with("//") && !line.starts_with('#'))
        .collect()
}

fn counts<T: std::hash::Hash + Eq>(items: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

/// How many of the lines are there too, each as often as it stands there.
fn shared(lines: &[&str], there: &[&str]) -> usize {
    let there = counts(there.iter());
    counts(lines.iter()).iter().map(|(line, count)| *count.min(there.get(line).unwrap_or(&0))).sum()
}

/// Share of pairs of neighbouring words that two texts have in common, 0 to 1.
fn likeness(old: &str, new: &str) -> f64 {
    let pairs = |text: &str| -> HashMap<(String, String), usize> {
        let words: Vec<&str> = text
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .filter(|word| !word.is_empty())
            .collect();
        counts(words.windows(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())))
    };
    let (before, after) = (pairs(old), pairs(new));
    let all: usize = before.values().sum::<usize>() + after.values().sum::<usize>();
    let common: usize = before.iter().map(|(pair, count)| *count.min(after.get(pair).unwrap_or(&0))).sum();
    if all == 0 { 1.0 } else { 2.0 * common as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_laid_out_anew_are_alike() {
        let text = "def total(cart):\n    return sum(item.price for item in cart)\n";
        assert!(likeness(text, &text.replace('\n', " ")) > 0.99);
        assert!(likeness(text, "class Queue:\n    size = 3\n    def push(self, job): pass\n") < 0.2);
    }

    #[test]
    fn lines_count_as_often_as_they_stand_there() {
        assert_eq!(shared(&["a", "a", "b"], &["a", "c"]), 1);
    }
}
