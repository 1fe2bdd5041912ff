//! Which old line stands where on the new side.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

/// Time after which the line comparison becomes approximate.
const BUDGET: Duration = Duration::from_secs(1);

/// The line map of one file with both sides. All lines are 1-based; line endings do not count.
#[derive(Clone, Debug, Default)]
pub struct LineMap {
    /// For each old line its new line, or 0.
    to_new: Vec<u32>,
    /// For each new line whether its text, blanks included, is not the mapped old line's.
    touched_new: Vec<bool>,
    touched_old: Vec<bool>,
    /// Indices of the old lines that have a new line, ascending.
    kept: Vec<u32>,
    added: usize,
    deleted: usize,
}

impl LineMap {
    pub fn new(old: &str, new: &str) -> Self {
        let old: Vec<&str> = lines(old);
        let new: Vec<&str> = lines(new);
        let mut map = Self {
            to_new: vec![0; old.len()],
            touched_new: vec![true; new.len()],
            touched_old: vec![true; old.len()],
            kept: Vec::new(),
            added: 0,
            deleted: 0,
        };
        let deadline = Instant::now() + BUDGET;
        for op in capture_diff_slices_deadline(Algorithm::Myers, &old, &new, Some(deadline)) {
            match op {
                DiffOp::Equal { old_index, new_index, len } => {
                    for step in 0..len {
                        map.join(old_index + step, new_index + step, false);
                    }
                }
                DiffOp::Delete { old_len, .. } => map.deleted += old_len,
                DiffOp::Insert { new_len, .. } => map.added += new_len,
                DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                    map.deleted += old_len;
                    map.added += new_len;
                    map.join_reindented(&old, &new, (old_index, old_len), (new_index, new_len), deadline);
                }
            }
        }
        map.kept = (0..old.len() as u32).filter(|index| map.to_new[*index as usize] > 0).collect();
        map
    }

    /// Inside a replaced block, lines that differ in blanks alone still map onto one another.
    fn join_reindented(
        &mut self,
        old: &[&str],
        new: &[&str],
        (old_index, old_len): (usize, usize),
        (new_index, new_len): (usize, usize),
        deadline: Instant,
    ) {
        let trimmed = |lines: &[&str]| lines.iter().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
        let before = trimmed(&old[old_index..old_index + old_len]);
        let after = trimmed(&new[new_index..new_index + new_len]);
        for op in capture_diff_slices_deadline(Algorithm::Myers, &before, &after, Some(deadline)) {
            if let DiffOp::Equal { old_index: left, new_index: right, len } = op {
                for step in 0..len {
                    self.join(old_index + left + step, new_index + right + step, true);
                }
            }
        }
    }

    fn join(&mut self, old: usize, new: usize, touched: bool) {
        self.to_new[old] = new as u32 + 1;
        self.touched_old[old] = touched;
        self.touched_new[new] = touched;
    }

    /// The new line of an old one, or `None` where it is gone.
    pub fn to_new(&self, old_line: u32) -> Option<u32> {
        let index = (old_line as usize).checked_sub(1)?;
        self.to_new.get(index).copied().filter(|line| *line > 0)
    }

    /// Where a reader should look for an old line: its new line, the one that was written in its place, or the one
    /// just before the place where it stood. At least 1.
    pub fn collapse(&self, old_line: u32) -> u32 {
        let last = (old_line as usize).min(self.to_new.len());
        let place = self.kept.partition_point(|index| (*index as usize) < last);
        let before = place.checked_sub(1).map(|place| self.kept[place] as usize);
        let line = before.map_or(0, |index| self.to_new[index]);
        let distance = (last - before.map_or(0, |index| index + 1)) as u32;
        let next = self.kept.get(place).map(|index| self.to_new[*index as usize]);
        let written = next.unwrap_or(self.touched_new.len() as u32 + 1).saturating_sub(line + 1);
        (line + distance.min(written)).max(1)
    }

    /// How many of a range of old lines have a new line.
    pub fn kept(&self, old_lines: RangeInclusive<u32>) -> usize {
        let before = |line: u32| self.kept.partition_point(|index| index + 1 < line);
        before(old_lines.end().saturating_add(1)).saturating_sub(before(*old_lines.start()))
    }

    pub fn old_lines(&self) -> u32 {
        self.to_new.len() as u32
    }

    pub fn new_lines(&self) -> u32 {
        self.touched_new.len() as u32
    }

    /// Whether the text of a line, blanks included, differs from its counterpart or has none.
    pub fn is_touched_old(&self, line: u32) -> bool {
        is_touched(&self.touched_old, line)
    }

    pub fn is_touched_new(&self, line: u32) -> bool {
        is_touched(&self.touched_new, line)
    }

    /// New lines that the change writes, in order.
    pub fn touched_new(&self) -> impl Iterator<Item = u32> {
        self.touched_new.iter().enumerate().filter(|(_, touched)| **touched).map(|(index, _)| index as u32 + 1)
    }

    /// Lines added, as a diff counts them.
    pub fn added(&self) -> usize {
        self.added
    }

    pub fn deleted(&self) -> usize {
        self.deleted
    }
}

fn is_touched(lines: &[bool], line: u32) -> bool {
    (line as usize).checked_sub(1).and_then(|index| lines.get(index)).copied().unwrap_or(false)
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gone_lines_collapse_to_the_line_before_them() {
        let map = LineMap::new("a\nb\nc\nd\n", "a\nd\n");
        assert_eq!((map.to_new(1), map.to_new(2), map.to_new(4)), (Some(1), None, Some(2)));
        assert_eq!((map.collapse(2), map.collapse(3), map.collapse(4)), (1, 1, 2));
        assert_eq!((map.added(), map.deleted()), (0, 2));
    }

    #[test]
    fn rewritten_lines_lead_to_what_was_written() {
        let map = LineMap::new("a\nold\nolder\nb\n", "a\nnew\nb\n");
        assert_eq!((map.collapse(2), map.collapse(3), map.collapse(4)), (2, 2, 3));
        assert_eq!(LineMap::new("old\n", "new\n").collapse(1), 1);
    }

    #[test]
    fn reindented_lines_map_and_count_as_touched() {
        let map = LineMap::new("if x:\n  a()\n  b()\n", "if y:\n    a()\n    b()\n");
        assert_eq!((map.to_new(2), map.to_new(3)), (Some(2), Some(3)));
        assert!(map.is_touched_new(2) && map.is_touched_old(2));
    }

    #[test]
    fn line_endings_do_not_count() {
        let map = LineMap::new("a\r\nb\r\n", "a\nb\n");
        assert!(map.touched_new().next().is_none());
    }
}
