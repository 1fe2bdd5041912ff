//! Who knows the touched code: the people whose reviews and commits are nearest to a change.
//!
//! A person's score is 1.0·R(file), 0.25·R(folder above the file's), 0.25·A(file), 0.25·A(folder), 0.1·A(repository) and
//! 1.0·P(author) together, where R is the share of reviews, A of commits, P of reviews of this author's commits; all
//! decayed, the author left out, and averaged over the touched files.

use std::collections::{BTreeMap, HashMap};

use super::history::Past;
use super::{Figures, Grounds, Reviewer, is_bot};

/// Days after which a review or commit counts half.
const HALF_LIFE: f64 = 180.0;
/// Files that are looked at.
const MOST_FILES: usize = 50;
/// People that are suggested.
const MOST_PEOPLE: usize = 3;
/// Candidates that are looked at for being bots or gone.
const MOST_CANDIDATES: usize = 20;
/// Seconds after which somebody without activity has left.
const GONE: i64 = 365 * DAY;
/// Commits that a reason is counted over.
const RECENT: usize = 20;
const DAY: i64 = 86_400;

/// For whom reviewers are sought.
pub struct Question<'a> {
    pub past: &'a Past,
    /// Old and new paths of the touched files.
    pub paths: &'a [&'a str],
    /// Everybody who wrote the change, as the past numbers them.
    pub authors: &'a [u32],
    /// When the change is made, seconds since the epoch.
    pub at: i64,
}

/// Decayed counts of one kind about one thing.
#[derive(Default)]
struct Shares {
    total: f64,
    own: HashMap<u32, f64>,
}

impl Shares {
    fn add(&mut self, person: u32, weight: f64) {
        self.total += weight;
        *self.own.entry(person).or_default() += weight;
    }

    /// Adds each person's share, 0 to 1, times a factor.
    fn give(&self, factor: f64, scores: &mut HashMap<u32, f64>) {
        for (person, own) in &self.own {
            *scores.entry(*person).or_default() += factor * own / (self.total + 1.0);
        }
    }
}

/// The folder of a path, empty at the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// At most three people, best first, each with what speaks for them.
pub fn suggest(question: &Question<'_>) -> Vec<Reviewer> {
    let past = question.past;
    let authors = question.authors;
    let mut paths: Vec<&str> = question.paths.to_vec();
    paths.sort_unstable();
    paths.dedup();
    paths.truncate(MOST_FILES);
    if paths.is_empty() || past.records.is_empty() {
        return Vec::new();
    }
    let near = Near::of(past, &paths);
    let (mut commits, mut reviews) = (HashMap::<Thing<'_>, Shares>::new(), HashMap::<Thing<'_>, Shares>::new());
    let mut of_author = Shares::default();
    let mut active: HashMap<u32, i64> = HashMap::new();
    for record in past.records.iter().filter(|record| record.time <= question.at) {
        let age = (question.at - record.time) as f64 / DAY as f64;
        let weight = 0.5f64.powf(age / HALF_LIFE);
        for person in record.reviewers.iter().chain([&record.author]) {
            let last = active.entry(*person).or_default();
            *last = (*last).max(record.time);
        }
        let things = near.touched(&record.paths);
        if !authors.contains(&record.author) {
            commits.entry(Thing::Repository).or_default().add(record.author, weight);
            for thing in &things {
                commits.entry(*thing).or_default().add(record.author, weight);
            }
        }
        for reviewer in record.reviewers.iter().filter(|reviewer| !authors.contains(reviewer)) {
            for thing in &things {
                reviews.entry(*thing).or_default().add(*reviewer, weight);
            }
            if authors.contains(&record.author) {
                of_author.add(*reviewer, weight);
            }
        }
    }
    let mut scores: HashMap<u32, f64> = HashMap::new();
    let mean = 1.0 / paths.len() as f64;
    let give = |from: &HashMap<Thing<'_>, Shares>, thing: Thing<'_>, factor: f64, scores: &mut _| {
        if let Some(shares) = from.get(&thing) {
            shares.give(factor, scores);
        }
    };
    for path in &paths {
        let folder_of = folder(path);
        give(&reviews, Thing::File(path), mean, &mut scores);
        give(&reviews, Thing::Folder(folder(folder_of)), 0.25 * mean, &mut scores);
        give(&commits, Thing::File(path), 0.25 * mean, &mut scores);
        give(&commits, Thing::Folder(folder_of), 0.25 * mean, &mut scores);
    }
    give(&commits, Thing::Repository, 0.1, &mut scores);
    of_author.give(1.0, &mut scores);
    let mut ranked: Vec<(u32, f64)> = scores.into_iter().collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    ranked
        .into_iter()
        .take(MOST_CANDIDATES)
        .filter(|(person, _)| active.get(person).is_some_and(|last| *last >= question.at - GONE))
        .filter_map(|(person, _)| Some((person, past.people.get(person as usize)?)))
        .filter(|(_, known)| !is_bot(&known.name, &known.email))
        .take(MOST_PEOPLE)
        .map(|(person, known)| {
            let who = if known.email.is_empty() { &known.name } else { &known.email };
            let last = active.get(&person).copied().unwrap_or(question.at);
            let figures = figures(question, &paths, person, last);
            Reviewer {
                who: who.clone(),
                reason: figures.sentence(),
                grounds: Grounds::Past,
                figures: Some(figures),
            }
        })
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Thing<'a> {
    Repository,
    Folder(&'a str),
    File(&'a str),
}

/// For each path of the past what of the change it is or lies beside.
struct Near<'a> {
    things: Vec<Vec<Thing<'a>>>,
}

impl<'a> Near<'a> {
    fn of(past: &'a Past, paths: &[&'a str]) -> Self {
        let files: Vec<&str> = paths.to_vec();
        let mut folders: Vec<&str> =
            paths.iter().flat_map(|path| [folder(path), folder(folder(path))]).collect();
        folders.sort_unstable();
        folders.dedup();
        let things = past.paths.iter().map(|path| {
            let mut things = Vec::new();
            if files.binary_search(&path.as_str()).is_ok() {
                things.push(Thing::File(path));
            }
            // Whatever happens below a folder happens in it.
            let mut above: &str = path;
            while !above.is_empty() {
                above = folder(above);
                if folders.binary_search(&above).is_ok() {
                    things.push(Thing::Folder(above));
                }
            }
            things
        });
        Self { things: things.collect() }
    }

    fn touched(&self, paths: &[u32]) -> Vec<Thing<'a>> {
        let mut things: Vec<Thing<'a>> =
            paths.iter().filter_map(|path| self.things.get(*path as usize)).flatten().copied().collect();
        things.sort_unstable();
        things.dedup();
        things
    }
}

fn figures(question: &Question<'_>, paths: &[&str], person: u32, last: i64) -> Figures {
    let (past, authors) = (question.past, question.authors);
    let common = match common_folder(paths) {
        "" => busiest_folder(paths),
        common => common,
    };
    let below: Vec<bool> = past
        .paths
        .iter()
        .map(|path| common.is_empty() || path.strip_prefix(common).is_some_and(|rest| rest.starts_with('/')))
        .collect();
    let touches = |list: &[u32]| list.iter().any(|path| below.get(*path as usize).copied().unwrap_or(false));
    let before = || past.records.iter().filter(|record| record.time <= question.at);
    let mut figures =
        Figures { under: common.to_owned(), days: (question.at - last).max(0) / DAY, ..Figures::default() };
    for record in before().filter(|record| touches(&record.paths)).take(RECENT) {
        figures.of += 1;
        figures.wrote += usize::from(record.author == person);
        figures.reviewed += usize::from(record.reviewers.contains(&person));
    }
    figures.of_author = before()
        .filter(|record| authors.contains(&record.author) && record.reviewers.contains(&person))
        .count();
    figures
}

impl Figures {
    /// `14 of the last 20 changes under infra/prod`.
    fn sentence(&self) -> String {
        let place = if self.under.is_empty() { "here".to_owned() } else { format!("under {}", self.under) };
        let count = self.of;
        match (self.reviewed, self.wrote) {
            (0, 0) if self.of_author > 0 => {
                let changes = if self.of_author == 1 { "change" } else { "changes" };
                format!("reviewed {} {changes} of this author", self.of_author)
            }
            (0, 0) => "worked on these files before".to_owned(),
            (1.., _) if count == 1 => format!("reviewed the last change {place}"),
            (_, 1..) if count == 1 => format!("wrote the last change {place}"),
            (reviewed, wrote) if reviewed > wrote => {
                format!("reviewed {reviewed} of the last {count} changes {place}")
            }
            (_, wrote) => format!("{wrote} of the last {count} changes {place}"),
        }
    }
}

/// The deepest folder that holds all paths.
fn common_folder<'a>(paths: &[&'a str]) -> &'a str {
    let mut common = paths.first().map_or("", |path| folder(path));
    while !common.is_empty()
        && !paths.iter().all(|path| path.strip_prefix(common).is_some_and(|rest| rest.starts_with('/')))
    {
        common = folder(common);
    }
    common
}

/// Where nothing is common, the folder that holds the most of them.
fn busiest_folder<'a>(paths: &[&'a str]) -> &'a str {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    paths.iter().for_each(|path| *counts.entry(folder(path)).or_default() += 1);
    let most = counts.iter().max_by_key(|(folder, count)| (**count, folder.len()));
    most.map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Commit, Logged};

    const NOW: i64 = 1_750_000_000;

    fn commit(days: i64, author: &str, trailer: &str, paths: &[&str]) -> Logged {
        Logged {
            commit: Commit {
                id: format!("{days}{author}"),
                author_name: author.to_owned(),
                author_email: format!("{author}@example.com"),
                time: NOW - days * DAY,
                message: format!("x\n\n{trailer}\n"),
            },
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    fn who(past: &Past, paths: &[&str], author: &str) -> Vec<(String, String)> {
        let authors: Vec<u32> = past.person(author, &format!("{author}@example.com")).into_iter().collect();
        let found = suggest(&Question { past, paths, authors: &authors, at: NOW });
        found.into_iter().map(|reviewer| (reviewer.who, reviewer.reason)).collect()
    }

    #[test]
    fn reviewers_of_the_file_come_before_its_authors() {
        let past = Past::of([
            commit(1, "eve", "Reviewed-by: bob <bob@example.com>", &["infra/prod/a.tf"]),
            commit(2, "eve", "Reviewed-by: bob <bob@example.com>", &["infra/prod/b.tf"]),
            commit(3, "ada", "", &["src/x.rs"]),
        ]);
        let found = who(&past, &["infra/prod/a.tf"], "ada");
        assert_eq!(
            found[0],
            ("bob@example.com".into(), "reviewed 2 of the last 2 changes under infra/prod".into())
        );
        assert_eq!(found[1], ("eve@example.com".into(), "2 of the last 2 changes under infra/prod".into()));
        assert_eq!(found.len(), 2, "the author is left out");
    }

    #[test]
    fn bots_and_those_who_left_are_not_suggested() {
        let past = Past::of([
            commit(1, "dependabot[bot]", "", &["a"]),
            commit(400, "gone", "", &["a"]),
            commit(300, "here", "", &["a"]),
        ]);
        assert_eq!(
            who(&past, &["a"], "ada"),
            [("here@example.com".into(), "1 of the last 3 changes here".into())]
        );
    }

    #[test]
    fn the_deepest_common_folder_is_named() {
        assert_eq!(common_folder(&["a/b/c", "a/b/d/e"]), "a/b");
        assert_eq!(common_folder(&["a/b/c", "ab/d"]), "");
        assert_eq!(common_folder(&["a/b"]), "a");
    }
}
