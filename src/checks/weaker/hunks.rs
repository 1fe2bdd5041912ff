//! Runs of lines that were replaced by others.

use crate::source::FileReading;

/// Lines of one side of a hunk beyond which its lines are not compared one by one.
const MOST: usize = 80;

/// Old lines that went and new lines that stand in their place; 1-based numbers with their texts.
pub(super) struct Hunk<'a> {
    pub old: Vec<(u32, &'a str)>,
    pub new: Vec<(u32, &'a str)>,
}

/// The hunks of a file in order; none for a file with one side.
pub(super) fn hunks(reading: &FileReading) -> Vec<Hunk<'_>> {
    let (Some(map), Some(old), Some(new)) = (&reading.map, &reading.old, &reading.new) else {
        return Vec::new();
    };
    let mut from = vec![0u32; new.lines.count() + 2];
    for line in 1..=map.old_lines() {
        if let Some(at) = map.to_new(line).and_then(|line| from.get_mut(line as usize)) {
            *at = line;
        }
    }
    let last = new.lines.count() as u32 + 1;
    let (mut hunks, mut run, mut before) = (Vec::new(), Vec::new(), 0);
    for line in 1..=last {
        let counterpart = if line == last { map.old_lines() + 1 } else { from[line as usize] };
        if counterpart == 0 {
            run.extend(new.lines.line(line).map(|text| (line, text)));
            continue;
        }
        let gone: Vec<(u32, &str)> = (before + 1..counterpart)
            .filter(|line| map.to_new(*line).is_none())
            .filter_map(|line| Some((line, old.lines.line(line)?)))
            .collect();
        if !run.is_empty() || !gone.is_empty() {
            hunks.push(Hunk { old: gone, new: std::mem::take(&mut run) });
        }
        before = counterpart;
    }
    hunks.retain(|hunk| hunk.old.len() <= MOST && hunk.new.len() <= MOST);
    hunks
}
