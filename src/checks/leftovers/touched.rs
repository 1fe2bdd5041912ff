//! Which lines a change brought and took, and what stood where a new line stands.

use std::collections::{HashMap, HashSet};

use super::super::Evidence;
use crate::change::{LineMap, Side};
use crate::source::{FileReading, SideReading};

/// The touched lines of the new side of one file: number and text.
pub(super) fn new_lines<'a>(evidence: &'a Evidence<'_>, file: usize) -> impl Iterator<Item = (u32, &'a str)> {
    lines(evidence, file, Side::New)
}

/// The touched lines of the old side of one file.
pub(super) fn old_lines<'a>(evidence: &'a Evidence<'_>, file: usize) -> impl Iterator<Item = (u32, &'a str)> {
    lines(evidence, file, Side::Old)
}

fn lines<'a>(evidence: &'a Evidence<'_>, file: usize, side: Side) -> impl Iterator<Item = (u32, &'a str)> {
    let reading = evidence.readings.get(file);
    let map = reading.and_then(|reading| reading.map.as_ref());
    let present: Option<&SideReading> = reading.and_then(|reading| reading.side(side));
    let all = 1..=present.map_or(0, |side| side.lines.count() as u32);
    all.filter(move |line| is_touched(map, side, *line))
        .filter_map(move |line| Some((line, present?.lines.line(line)?)))
}

fn is_touched(map: Option<&LineMap>, side: Side, line: u32) -> bool {
    map.is_none_or(|map| match side {
        Side::Old => map.is_touched_old(line),
        Side::New => map.is_touched_new(line),
    })
}

/// Every line that the change brings anywhere, without indentation.
pub(super) fn brought<'a>(evidence: &'a Evidence<'_>) -> HashSet<&'a str> {
    (0..evidence.readings.len())
        .flat_map(|file| new_lines(evidence, file))
        .map(|(_, text)| text.trim())
        .collect()
}

/// How often each line that the change takes stood on the old side, without indentation.
pub(super) fn taken<'a>(evidence: &'a Evidence<'_>) -> HashMap<&'a str, usize> {
    let mut taken = HashMap::new();
    for (_, text) in (0..evidence.readings.len()).flat_map(|file| old_lines(evidence, file)) {
        *taken.entry(text.trim()).or_default() += 1;
    }
    taken
}

/// Old lines with something in them that stood where a new line stands now and have no place on the new side.
pub(super) fn gone_at(reading: &FileReading, new_line: u32) -> Vec<(u32, &str)> {
    let (Some(map), Some(old), Some(new)) = (&reading.map, &reading.old, &reading.new) else {
        return Vec::new();
    };
    let mut from = vec![0u32; new.lines.count() + 2];
    for line in 1..=map.old_lines() {
        if let Some(at) = map.to_new(line).and_then(|line| from.get_mut(line as usize)) {
            *at = line;
        }
    }
    // A bracket or a blank line that happens to match holds nothing in place.
    let holds = |line: u32| {
        let text = new.lines.line(line).unwrap_or_default();
        from.get(line as usize).copied().filter(|old| *old > 0 && is_substance(text))
    };
    let before = (1..new_line).rev().find_map(holds).unwrap_or(0);
    let after =
        (new_line + 1..=new.lines.count() as u32).find_map(holds).unwrap_or(old.lines.count() as u32 + 1);
    (before + 1..after)
        .filter(|line| map.to_new(*line).is_none())
        .filter_map(|line| Some((line, old.lines.line(line)?)))
        .filter(|(_, text)| is_substance(text))
        .collect()
}

/// A line that is more than brackets.
pub(super) fn is_substance(text: &str) -> bool {
    text.chars().filter(|letter| letter.is_alphanumeric()).count() > 1
}
