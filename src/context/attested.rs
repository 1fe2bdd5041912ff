//! Which lines the notes of git-ai ascribe to assistants, and which to people (`authorship/3.0.0`).
//!
//! A note numbers the lines of its own commit, so it speaks of a file only where the new side still is what it was there.

use std::collections::BTreeMap;

/// Whose hand a line is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    Ai,
    Human,
}

/// A note as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Note {
    /// For each path whose hand its ranges of lines are from, 1-based, both ends included.
    files: BTreeMap<String, Vec<(u32, u32, Hand)>>,
    pub agents: Vec<String>,
}

impl Note {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (ranges, json) = match text.strip_prefix("---\n") {
            Some(json) => ("", json),
            None => text.split_once("\n---\n")?,
        };
        let mut note = Self::default();
        let mut path = String::new();
        for line in ranges.lines() {
            let Some(entry) = line.strip_prefix("  ") else {
                path =
                    line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(line).to_owned();
                continue;
            };
            let (key, lines) = entry.trim().split_once(' ')?;
            let is_hex = matches!(key.len(), 7 | 16) && key.bytes().all(|byte| byte.is_ascii_hexdigit());
            let hand = match () {
                () if key.starts_with("h_") => Hand::Human,
                () if key.starts_with("s_") || is_hex => Hand::Ai,
                () => continue,
            };
            let ranges = lines.split(',').filter_map(range).map(|(first, last)| (first, last, hand));
            note.files.entry(path.clone()).or_default().extend(ranges);
        }
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(json) {
            for kind in ["sessions", "prompts"] {
                let records = value.get(kind).and_then(|value| value.as_object());
                let tools = records
                    .into_iter()
                    .flat_map(|records| records.values())
                    .filter_map(|record| record.get("agent_id")?.get("tool")?.as_str());
                note.agents.extend(tools.map(super::provenance::capital));
            }
        }
        note.agents.sort();
        note.agents.dedup();
        Some(note)
    }

    /// Lines from one hand.
    pub(super) fn lines(&self, wanted: Hand) -> usize {
        let ranges = self.files.values().flatten().filter(|(_, _, hand)| *hand == wanted);
        ranges.map(|(first, last, _)| (last - first) as usize + 1).sum()
    }
}

/// `7` is one line, `9-12` are four.
fn range(text: &str) -> Option<(u32, u32)> {
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    (last >= first).then_some((first, last))
}

/// The lines of the new side that notes ascribe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attested(BTreeMap<String, Vec<(u32, u32, Hand)>>);

impl Attested {
    /// `holds` says whether a file is the same at a commit and on the new side.
    pub fn of(notes: &[(String, String)], holds: impl Fn(&str, &str) -> bool) -> Self {
        let mut files: BTreeMap<String, Vec<(u32, u32, Hand)>> = BTreeMap::new();
        for (commit, text) in notes {
            let Some(note) = Note::parse(text) else { continue };
            for (path, ranges) in note.files.into_iter().filter(|(path, _)| holds(commit, path)) {
                files.entry(path).or_default().extend(ranges);
            }
        }
        Self(files)
    }

    /// Whose hand lines of the new side are from: an assistant's where one of them is, people's where all that is
    /// ascribed is theirs, `None` where nothing is.
    pub fn hand(&self, path: &str, first: u32, last: u32) -> Option<Hand> {
        let ranges = self.0.get(path)?;
        let hands = ranges.iter().filter(|(from, to, _)| *from <= last && first <= *to).map(|(.., hand)| *hand);
        hands.reduce(|one, other| if one == other { one } else { Hand::Ai })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "src/a.rs\n  s_0123456789abcd::t_0123456789abcd 1-4,9\n  h_0123456789abcd 5-8\n\
                        \"b c\"\n  abcdef0 1\n  x_unknown 2-3\n\n---\n\
                        {\"sessions\":{\"s_0123456789abcd\":{\"agent_id\":{\"tool\":\"cursor\"}}}}";

    #[test]
    fn lines_are_ascribed_by_path() {
        let notes = [("c1".to_owned(), NOTE.to_owned())];
        let attested = Attested::of(&notes, |_, _| true);
        assert_eq!(attested.hand("src/a.rs", 2, 2), Some(Hand::Ai));
        assert_eq!(attested.hand("src/a.rs", 6, 8), Some(Hand::Human));
        assert_eq!(attested.hand("src/a.rs", 4, 5), Some(Hand::Ai));
        assert_eq!(attested.hand("src/a.rs", 10, 20), None);
        assert_eq!(attested.hand("b c", 1, 1), Some(Hand::Ai));
        assert_eq!(attested.hand("b c", 2, 2), None);
        assert_eq!(attested.hand("src/b.rs", 1, 1), None);
        assert_eq!(Attested::of(&notes, |_, path| path != "src/a.rs").hand("src/a.rs", 1, 1), None);
    }

    #[test]
    fn what_is_no_note_says_nothing() {
        for text in ["", "nonsense", "a\n  s_1\n---\n{}", "a\n  s_1 1-2\n"] {
            assert_eq!(Note::parse(text), None, "{text:?}");
        }
        let odd = Note::parse("a\n  s_1 9-2,x,,4294967296\n---\nno json").unwrap();
        assert_eq!((odd.lines(Hand::Ai), odd.agents.len()), (0, 0));
        assert_eq!(Note::parse("---\n{}"), Some(Note::default()));
    }
}
