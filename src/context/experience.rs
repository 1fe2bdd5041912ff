//! How well the authors of a change know what it touches.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::history::Past;

/// From this share of the commits of a part on somebody owns it, in effect.
const OWNER: f64 = 0.4;
const REGULAR: f64 = 0.1;
const LEAST_OWNED: usize = 5;
/// A part with fewer commits has no past to know.
const LEAST_SEEN: usize = 3;
const LEAST_REGULAR: usize = 3;
const DAY: i64 = 86_400;

/// The familiarity with a part of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Familiarity {
    /// No commit here before.
    New,
    Occasional,
    /// Three commits and a tenth of them.
    Regular,
    /// Five commits and two fifths of them.
    Owner,
}

/// The experience of an author with one part of the code.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Experience {
    /// `src/billing`; the top folder and the one below it.
    pub part: String,
    pub familiarity: Familiarity,
    /// Commits there by the authors, and by anybody.
    pub own: usize,
    pub all: usize,
    /// Days since the authors' last commit there.
    pub days: Option<i64>,
    /// The project said so.
    pub is_configured: bool,
}

impl Experience {
    /// `new to src/billing (0 of 41 commits)`.
    pub fn sentence(&self) -> String {
        let word = match self.familiarity {
            Familiarity::New => "new to",
            Familiarity::Occasional => "occasional in",
            Familiarity::Regular => "regular in",
            Familiarity::Owner => "owner of",
        };
        if self.is_configured {
            return format!("{word} {} (configured under [people])", self.part);
        }
        let last = match self.days {
            None => String::new(),
            Some(0) => ", last today".to_owned(),
            Some(1) => ", last yesterday".to_owned(),
            Some(days) => format!(", last {days} days ago"),
        };
        format!("{word} {} ({} of {} commits{last})", self.part, self.own, self.all)
    }
}

/// The two upper folders of a path.
pub(super) fn part(path: &str) -> String {
    let mut folders = path.rsplit_once('/').map_or("", |(folder, _)| folder).splitn(3, '/');
    match (folders.next().filter(|folder| !folder.is_empty()), folders.next()) {
        (Some(top), Some(below)) => format!("{top}/{below}"),
        (Some(top), None) => top.to_owned(),
        (None, _) => "the root folder".to_owned(),
    }
}

/// The authors' experience with each touched part that has a past, least known first.
pub fn experience(past: &Past, paths: &[&str], authors: &[u32], at: i64) -> Vec<Experience> {
    let mut parts: BTreeMap<String, (usize, usize, Option<i64>)> =
        paths.iter().map(|path| (part(path), (0, 0, None))).collect();
    let part_of: Vec<Option<String>> =
        past.paths.iter().map(|path| Some(part(path)).filter(|part| parts.contains_key(part))).collect();
    for record in past.records.iter().filter(|record| record.time <= at) {
        let mut touched: Vec<&String> =
            record.paths.iter().filter_map(|path| part_of.get(*path as usize)?.as_ref()).collect();
        touched.sort_unstable();
        touched.dedup();
        for part in touched {
            if let Some((own, all, last)) = parts.get_mut(part) {
                *all += 1;
                if authors.contains(&record.author) {
                    *own += 1;
                    *last = (*last).max(Some(record.time));
                }
            }
        }
    }
    let mut found: Vec<Experience> = parts
        .into_iter()
        .filter(|(_, (_, all, _))| *all >= LEAST_SEEN)
        .map(|(part, (own, all, last))| {
            let share = own as f64 / all as f64;
            let familiarity = match own {
                0 => Familiarity::New,
                _ if own >= LEAST_OWNED && share >= OWNER => Familiarity::Owner,
                _ if own >= LEAST_REGULAR && share >= REGULAR => Familiarity::Regular,
                _ => Familiarity::Occasional,
            };
            Experience {
                part,
                familiarity,
                own,
                all,
                days: last.map(|last| (at - last) / DAY),
                is_configured: false,
            }
        })
        .collect();
    found.sort_by(|one, other| one.familiarity.cmp(&other.familiarity).then_with(|| other.all.cmp(&one.all)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Commit, Logged};

    #[test]
    fn shares_and_counts_make_the_word() {
        let commit = |number: i64, author: &str, path: &str| Logged {
            commit: Commit {
                id: number.to_string(),
                author_name: author.to_owned(),
                author_email: format!("{author}@example.com"),
                time: number * DAY,
                message: String::new(),
            },
            paths: vec![path.to_owned()],
        };
        let mut commits: Vec<Logged> = (0..6).map(|number| commit(number, "ada", "src/a/x.rs")).collect();
        commits.extend((6..10).map(|number| commit(number, "eve", "src/b/y/z.rs")));
        let past = Past::of(commits);
        let ada = past.person("ada", "").unwrap();
        let found = experience(&past, &["src/b/y/z.rs", "src/a/new.rs", "other/x"], &[ada], 20 * DAY);
        let words: Vec<String> = found.iter().map(Experience::sentence).collect();
        assert_eq!(
            words,
            ["new to src/b (0 of 4 commits)", "owner of src/a (6 of 6 commits, last 15 days ago)"]
        );
    }
}
