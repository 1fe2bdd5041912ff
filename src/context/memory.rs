//! What the past says about paths and people, added up commit by commit: rates of reverts and repairs, authors, ages.
//!
//! Rates are decayed counts with a half-life of a year, shrunk towards the folder above, so that a file with little
//! past is judged by its folder.

use std::collections::{HashMap, HashSet, VecDeque};

use super::history::words::{self, Taken};
use super::history::{Past, Record};
use super::suggest::folder;

const DAY: f64 = 86_400.0;
const HALF_LIFE: f64 = 365.0;
/// Share of commits that are reverts, and that are repairs, where nothing is known.
const REVERTS: f64 = 0.015;
const FIXES: f64 = 0.2;
/// How much is needed to outweigh the level above: repository, top folder, folder, file.
const WEIGHTS: [f64; 4] = [100.0, 30.0, 15.0, 8.0];
/// Days in which a landed revert makes likeness to what it took back a warning.
const REVERT_WINDOW: i64 = 90 * 86_400;
/// Commits among which the one that a revert names is looked for.
const FARTHEST_REVERT: usize = 5_000;
const AUTHOR_WINDOW: i64 = 90 * 86_400;
const FOLDER_WINDOW: i64 = 2 * 365 * 86_400;

/// Decayed counts of commits, reverts and repairs.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    commits: f64,
    reverts: f64,
    fixes: f64,
    /// When they were last brought up to date.
    at: i64,
}

impl Counts {
    fn until(self, at: i64) -> Self {
        let fade = 0.5f64.powf(((at - self.at).max(0) as f64) / DAY / HALF_LIFE);
        Self { commits: self.commits * fade, reverts: self.reverts * fade, fixes: self.fixes * fade, at }
    }

    fn add(&mut self, record: &Record) {
        *self = self.until(record.time.max(self.at));
        self.commits += 1.0;
        self.reverts += f64::from(u8::from(record.revert.is_some()));
        self.fixes += f64::from(u8::from(record.is_fix));
    }
}

#[derive(Debug, Default)]
struct FilePast {
    authors: HashSet<u32>,
    changed: i64,
}

/// The past as sums.
#[derive(Debug, Default)]
pub struct Memory {
    keys: Keys,
    /// By number of the key.
    counts: Vec<Counts>,
    files: HashMap<u32, FilePast>,
    folder_reverts: HashMap<u32, Vec<i64>>,
    commits_of: HashMap<u32, VecDeque<i64>>,
    /// The words of subjects that were taken back, with the time of the revert.
    taken_back: VecDeque<(i64, Vec<String>)>,
    commits: usize,
}

/// Files and folders as numbers: a path, a folder with `/` at its end, `""` for the repository (always 0), `"/x/"` for the
/// top folder x.
#[derive(Debug, Default)]
struct Keys {
    numbers: HashMap<String, u32>,
    /// For each path of the past the numbers of its levels that are kept, the repository left out.
    of_path: Vec<[Option<u32>; 3]>,
}

impl Keys {
    /// Numbers every level of every path, or only those that are wanted.
    fn of(past: &Past, wanted: Option<&HashSet<String>>) -> Self {
        let mut keys = Self { numbers: HashMap::from([(String::new(), 0)]), of_path: Vec::new() };
        for path in &past.paths {
            let [_, top, folder, file] = levels(path);
            let numbers = [top, folder, file].map(|level| {
                if wanted.is_some_and(|wanted| !wanted.contains(&level)) {
                    return None;
                }
                let next = keys.numbers.len() as u32;
                Some(*keys.numbers.entry(level).or_insert(next))
            });
            keys.of_path.push(numbers);
        }
        keys
    }

    fn find(&self, key: &str) -> Option<u32> {
        self.numbers.get(key).copied()
    }
}

/// What the past says about a change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recollection {
    /// For each touched path, at most 100, its rate of reverts over the repository's.
    pub revert_rates: Vec<(String, f64)>,
    /// ln of the worst path's rate of repairs over the repository's.
    pub fix_rate: f64,
    /// Authors so far of the touched file that has the most.
    pub file_authors: usize,
    /// Commits of the author in the last 90 days.
    pub author_recent: usize,
    /// Days since the most recently changed touched file changed, at most 730.
    pub file_age: f64,
    /// Reverts in two years in the touched folder that has the most.
    pub folder_reverts: usize,
    /// Share of touched files with a past that the author did not change before, 0 to 1; 1 if there are none.
    pub new_to_files: f64,
    /// Highest likeness of the subject to one taken back in the last 90 days, 0 to 1.
    pub like_reverted: f64,
}

/// A change before it joins the past.
pub struct Asked<'a> {
    /// Paths on the old side; the new one of an added file.
    pub paths: &'a [&'a str],
    pub authors: &'a [u32],
    /// Known only if there is a message.
    pub subject: Option<&'a str>,
    /// Seconds since the epoch.
    pub at: i64,
}

/// Commits of the past below which nothing is said.
pub const FEWEST_COMMITS: usize = 50;
/// Files of a change whose rates are looked at.
const MOST_FILES: usize = 100;

fn levels(path: &str) -> [String; 4] {
    let top = path.split_once('/').map_or("/", |(top, _)| top);
    [String::new(), format!("/{top}/"), format!("{}/", folder(path)), path.to_owned()]
}

impl Memory {
    /// Nothing yet, with room for what will be added.
    fn of(past: &Past, wanted: Option<&HashSet<String>>) -> Self {
        let keys = Keys::of(past, wanted);
        Self { counts: vec![Counts::default(); keys.numbers.len()], keys, ..Self::default() }
    }

    /// Everything the past says about certain paths, and nothing about others.
    pub fn about(past: &Past, paths: &[&str], at: i64) -> Self {
        let wanted = paths.iter().flat_map(|path| levels(path)).collect();
        let mut memory = Self::of(past, Some(&wanted));
        for (index, record) in past.records.iter().enumerate().rev() {
            if record.time <= at {
                memory.add(past, index, record);
            }
        }
        memory
    }

    /// Adds a commit, the one of this index in the past; the oldest comes first.
    fn add(&mut self, past: &Past, index: usize, record: &Record) {
        self.commits += 1;
        let (mut keys, mut folders) = (vec![0u32], Vec::new());
        for levels in record.paths.iter().filter_map(|path| self.keys.of_path.get(*path as usize)) {
            let [top, folder, file] = *levels;
            if let Some(file) = file {
                let file = self.files.entry(file).or_default();
                file.authors.insert(record.author);
                file.changed = record.time;
            }
            keys.extend([top, folder, file].into_iter().flatten());
            folders.extend(folder);
        }
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            if let Some(counts) = self.counts.get_mut(key as usize) {
                counts.add(record);
            }
        }
        if record.revert.is_some() {
            folders.sort_unstable();
            folders.dedup();
            folders.into_iter().for_each(|key| self.folder_reverts.entry(key).or_default().push(record.time));
        }
        let commits = self.commits_of.entry(record.author).or_default();
        commits.push_back(record.time);
        while commits.front().is_some_and(|time| *time < record.time - AUTHOR_WINDOW) {
            commits.pop_front();
        }
        if let Some(taken) = &record.revert
            && let Some(words) = words_of(taken, past, index)
        {
            self.taken_back.push_back((record.time, words));
        }
        while self.taken_back.front().is_some_and(|(time, _)| *time < record.time - REVERT_WINDOW) {
            self.taken_back.pop_front();
        }
    }

    /// For each commit what the ones before it say, by id.
    pub fn replay(past: &Past) -> HashMap<String, Recollection> {
        let mut memory = Self::of(past, None);
        let mut recollections = HashMap::with_capacity(past.records.len());
        for (index, record) in past.records.iter().enumerate().rev() {
            let paths: Vec<&str> = record
                .paths
                .iter()
                .filter_map(|path| past.paths.get(*path as usize).map(String::as_str))
                .collect();
            if memory.commits >= FEWEST_COMMITS {
                let asked = Asked {
                    paths: &paths,
                    authors: &[record.author],
                    subject: Some(&record.subject),
                    at: record.time,
                };
                recollections.insert(record.id.clone(), memory.recall(&asked));
            }
            memory.add(past, index, record);
        }
        recollections
    }

    /// What the commits so far say about a change.
    pub fn recall(&self, asked: &Asked<'_>) -> Recollection {
        let looked_at = &asked.paths[..asked.paths.len().min(MOST_FILES)];
        let [reverts, fixes] = [true, false].map(|reverts| self.rate("", 0.0, 0, reverts, asked.at));
        let revert_rates =
            looked_at.iter().map(|path| ((*path).to_owned(), self.rate_of(path, true, asked.at) / reverts));
        let worst = looked_at.iter().map(|path| self.rate_of(path, false, asked.at)).fold(0.0, f64::max);
        let known: Vec<&FilePast> =
            asked.paths.iter().filter_map(|path| self.files.get(&self.keys.find(path)?)).collect();
        let foreign = known
            .iter()
            .filter(|file| !asked.authors.iter().any(|author| file.authors.contains(author)))
            .count();
        let youngest = known.iter().map(|file| file.changed).max();
        let subject = asked.subject.map(words::telling).unwrap_or_default();
        let recent =
            |times: &VecDeque<i64>| times.iter().filter(|time| **time >= asked.at - AUTHOR_WINDOW).count();
        let folders: HashSet<String> = asked.paths.iter().map(|path| format!("{}/", folder(path))).collect();
        let folder_reverts = folders
            .iter()
            .filter_map(|folder| self.folder_reverts.get(&self.keys.find(folder)?))
            .map(|times| times.iter().filter(|time| **time >= asked.at - FOLDER_WINDOW).count());
        Recollection {
            revert_rates: revert_rates.collect(),
            fix_rate: if worst > 0.0 { (worst / fixes).ln() } else { 0.0 },
            file_authors: known.iter().map(|file| file.authors.len()).max().unwrap_or_default(),
            author_recent: asked
                .authors
                .iter()
                .filter_map(|author| self.commits_of.get(author))
                .map(recent)
                .max()
                .unwrap_or_default(),
            file_age: youngest.map_or(730.0, |time| ((asked.at - time) as f64 / DAY).clamp(0.0, 730.0)),
            folder_reverts: folder_reverts.max().unwrap_or_default(),
            new_to_files: if known.is_empty() { 1.0 } else { foreign as f64 / known.len() as f64 },
            like_reverted: self
                .taken_back
                .iter()
                .filter(|(time, _)| *time >= asked.at - REVERT_WINDOW)
                .map(|(_, words)| words::likeness(&subject, words))
                .fold(0.0, f64::max),
        }
    }

    fn rate_of(&self, path: &str, reverts: bool, at: i64) -> f64 {
        let mut above = 0.0;
        for (level, key) in levels(path).iter().enumerate() {
            above = self.rate(key, above, level, reverts, at);
        }
        above
    }

    /// The rate at one level, shrunk towards the one above; the repository's towards what is usual.
    fn rate(&self, key: &str, above: f64, level: usize, reverts: bool, at: i64) -> f64 {
        let counts = self.keys.find(key).and_then(|number| self.counts.get(number as usize).copied());
        let counts = counts.unwrap_or_default().until(at);
        let usual = if reverts { REVERTS } else { FIXES };
        let above = if level == 0 { usual } else { above };
        let hits = if reverts { counts.reverts } else { counts.fixes };
        (hits + WEIGHTS[level] * above) / (counts.commits + WEIGHTS[level])
    }
}

/// The telling words of the subject that a revert takes back: as quoted, else that of the commit it names.
fn words_of(taken: &Taken, past: &Past, index: usize) -> Option<Vec<String>> {
    let named = || {
        let id = taken.id.as_ref()?;
        // The revert is younger, and records are sorted from the youngest on.
        let before = past.records.get(index + 1..)?.iter().take(FARTHEST_REVERT);
        before.filter(|record| record.id.starts_with(id.as_str())).map(|record| record.subject.as_str()).next()
    };
    taken.subject.as_deref().or_else(named).map(words::telling)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Commit, Logged};

    const NOW: i64 = 1_750_000_000;

    fn commit(days: i64, author: &str, message: &str, paths: &[&str]) -> Logged {
        Logged {
            commit: Commit {
                id: format!("{days:07}{author}"),
                author_name: author.to_owned(),
                author_email: format!("{author}@example.com"),
                time: NOW - days * 86_400,
                message: message.to_owned(),
            },
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    fn recall(past: &Past, path: &str, author: &str, subject: Option<&str>) -> Recollection {
        let authors: Vec<u32> = past.person(author, &format!("{author}@example.com")).into_iter().collect();
        Memory::about(past, &[path], NOW).recall(&Asked { paths: &[path], authors: &authors, subject, at: NOW })
    }

    fn past() -> Past {
        let mut commits: Vec<Logged> =
            (10..60).map(|day| commit(day, "ada", "Add x", &["calm/a", "wild/b"])).collect();
        commits.extend((1..6).map(|day| commit(day, "eve", "Revert \"Switch the cache on\"", &["wild/b"])));
        Past::of(commits)
    }

    #[test]
    fn paths_that_are_often_taken_back_stand_out() {
        let past = past();
        let (wild, calm) = (recall(&past, "wild/b", "ada", None), recall(&past, "calm/a", "ada", None));
        assert!(wild.revert_rates[0].1 > 1.3 * calm.revert_rates[0].1, "{wild:?} {calm:?}");
        assert_eq!((wild.folder_reverts, calm.folder_reverts), (5, 0));
        assert_eq!((wild.file_authors, calm.file_authors), (2, 1));
        assert_eq!(wild.file_age, 1.0);
    }

    #[test]
    fn a_second_try_is_like_the_first() {
        let past = past();
        assert_eq!(recall(&past, "x", "ada", Some("Switch the cache on")).like_reverted, 1.0);
        assert_eq!(recall(&past, "x", "ada", Some("Write docs")).like_reverted, 0.0);
        assert_eq!(recall(&past, "x", "ada", None).like_reverted, 0.0);
    }

    #[test]
    fn what_nobody_knows_is_new() {
        let past = past();
        assert_eq!(recall(&past, "calm/a", "ada", None).new_to_files, 0.0);
        assert_eq!(recall(&past, "calm/a", "eve", None).new_to_files, 1.0);
        assert_eq!(recall(&past, "unseen", "ada", None).new_to_files, 1.0);
        assert_eq!(recall(&past, "unseen", "ada", None).file_age, 730.0);
        assert!(recall(&past, "calm/a", "ada", None).author_recent >= 50);
    }
}
