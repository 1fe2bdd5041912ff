//! What the commits before a change know: who touched and reviewed which paths, what was taken back or repaired.
//!
//! One bounded walk by name, kept outside the work tree and extended by new commits.

mod store;
pub mod words;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::change::{ChangeError, Logged, Repository};

/// Commits that are kept.
const MOST_COMMITS: usize = 10_000;
/// Seconds before the newest commit that are kept: two years.
const LONGEST: i64 = 2 * 365 * 86_400;
/// Commits in a row that must be too old before the walk ends, because clocks differ.
const LATE: usize = 100;
/// Read at least this often before progress is told.
const STEP: usize = 100;

/// Somebody who wrote or reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub email: String,
}

/// A commit of the past; people and paths are indexes into [`Past`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Full id.
    pub id: String,
    /// Seconds since the epoch.
    pub time: i64,
    pub author: u32,
    pub subject: String,
    /// It takes another commit back.
    pub revert: Option<words::Taken>,
    pub is_fix: bool,
    pub reviewers: Vec<u32>,
    pub paths: Vec<u32>,
}

/// The commits before a change, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    pub records: Vec<Record>,
    pub people: Vec<Person>,
    pub paths: Vec<String>,
    /// Older commits are missing in this clone.
    pub is_shallow: bool,
}

/// Where a walk keeps what it found, and whom it tells how far it is.
#[derive(Default)]
pub struct Walk<'a> {
    /// A folder outside of any repository; nothing is kept without one.
    pub cache: Option<PathBuf>,
    /// Called with the number of commits read so far.
    pub progress: Option<&'a dyn Fn(usize)>,
}

impl Past {
    /// Everything that leads to a commit, within two years and 10,000 commits.
    pub fn before(repository: &Repository, head: &str, walk: &Walk<'_>) -> Result<Self, ChangeError> {
        let folder = walk.cache.as_ref().map(|cache| store::folder(cache, repository.common_dir()));
        let kept = folder
            .as_ref()
            .and_then(|folder| store::newest(folder, head, |tip| repository.leads_to(tip, head)));
        let (tip, mut past) = match kept {
            // A clone that was deepened since knows more.
            Some((tip, past)) if past.is_shallow == repository.is_shallow() => {
                if tip == head {
                    return Ok(past);
                }
                (Some(tip), past)
            }
            _ => (None, Self::default()),
        };
        past.is_shallow = repository.is_shallow();
        let mut intern = Intern::of(&past);
        let mut fresh: Vec<Record> = Vec::new();
        let (mut newest, mut late) = (None, 0);
        repository.log(head, tip.as_deref(), &mut |logged| {
            let newest = *newest.get_or_insert(logged.commit.time);
            late = if logged.commit.time < newest - LONGEST { late + 1 } else { 0 };
            if late == 0 {
                fresh.push(intern.record(&mut past, logged));
            }
            if fresh.len().is_multiple_of(STEP)
                && let Some(progress) = walk.progress
            {
                progress(fresh.len());
            }
            if late > LATE || fresh.len() >= MOST_COMMITS {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        fresh.append(&mut past.records);
        past.records = fresh;
        past.bound();
        if let Some(folder) = folder {
            store::keep(&folder, head, &past);
        }
        Ok(past)
    }

    /// Everything that leads to a commit, without bounds; nothing is kept. For a replay.
    pub fn whole(repository: &Repository, head: &str) -> Result<Self, ChangeError> {
        let mut past = Self { is_shallow: repository.is_shallow(), ..Self::default() };
        let mut intern = Intern::of(&past);
        repository.log(head, None, &mut |logged| {
            let record = intern.record(&mut past, logged);
            past.records.push(record);
            ControlFlow::Continue(())
        })?;
        past.sort();
        Ok(past)
    }

    /// A past in memory: tests, and a replay that adds commits as it goes.
    pub fn of(commits: impl IntoIterator<Item = Logged>) -> Self {
        let mut past = Self::default();
        let mut intern = Intern::of(&past);
        for logged in commits {
            let record = intern.record(&mut past, logged);
            past.records.push(record);
        }
        past.bound();
        past
    }

    fn sort(&mut self) {
        self.records.sort_by(|one, other| other.time.cmp(&one.time).then_with(|| one.id.cmp(&other.id)));
    }

    fn bound(&mut self) {
        self.sort();
        let oldest = self.records.first().map_or(0, |newest| newest.time) - LONGEST;
        self.records.retain(|record| record.time >= oldest);
        self.records.truncate(MOST_COMMITS);
    }

    /// The person of a name or address, if the past knows them.
    pub fn person(&self, name: &str, email: &str) -> Option<u32> {
        keys(name, email).iter().find_map(|wanted| {
            let is_known = |person: &Person| keys(&person.name, &person.email).contains(wanted);
            self.people.iter().position(is_known).map(|number| number as u32)
        })
    }
}

/// Gives equal names one number.
struct Intern {
    people: HashMap<String, u32>,
    paths: HashMap<String, u32>,
}

impl Intern {
    fn of(past: &Past) -> Self {
        let mut intern = Self { people: HashMap::new(), paths: HashMap::new() };
        for (number, person) in (0u32..).zip(&past.people) {
            intern.know(person, number);
        }
        intern.paths.extend(past.paths.iter().cloned().zip(0u32..));
        intern
    }

    /// An address, a name and a handle each stand for the person first met under them.
    fn know(&mut self, person: &Person, number: u32) {
        for key in keys(&person.name, &person.email) {
            self.people.entry(key).or_insert(number);
        }
    }

    fn find(&self, name: &str, email: &str) -> Option<u32> {
        keys(name, email).iter().find_map(|key| self.people.get(key)).copied()
    }

    fn person(&mut self, past: &mut Past, name: &str, email: &str) -> u32 {
        let known = self.find(name, email);
        let number = known.unwrap_or(past.people.len() as u32);
        let person = Person { name: name.to_owned(), email: email.to_owned() };
        self.know(&person, number);
        if known.is_none() {
            past.people.push(person);
        } else if let Some(entry) = past.people.get_mut(number as usize) {
            // A reviewer named by handle alone gets the address when they write something.
            if entry.email.is_empty() && !email.is_empty() {
                *entry = person;
            }
        }
        number
    }

    fn record(&mut self, past: &mut Past, logged: Logged) -> Record {
        let commit = logged.commit;
        let author = self.person(past, &commit.author_name, &commit.author_email);
        let mut reviewers: Vec<u32> = words::reviewers(&commit.message)
            .iter()
            .map(|(name, email)| self.person(past, name, email))
            .filter(|reviewer| *reviewer != author)
            .collect();
        reviewers.sort_unstable();
        reviewers.dedup();
        let mut paths = Vec::with_capacity(logged.paths.len());
        for path in logged.paths {
            let next = past.paths.len() as u32;
            let number = *self.paths.entry(path.clone()).or_insert(next);
            if number == next {
                past.paths.push(path);
            }
            paths.push(number);
        }
        Record {
            id: commit.id,
            time: commit.time,
            author,
            subject: words::subject(&commit.message).to_owned(),
            revert: words::revert(&commit.message),
            is_fix: words::is_fix(&commit.message),
            reviewers,
            paths,
        }
    }
}

/// What a person is known by: address, handle before the `@`, name, all in lower case. Addresses come first.
fn keys(name: &str, email: &str) -> Vec<String> {
    let (name, email) = (name.trim().to_lowercase(), email.trim().to_lowercase());
    let mut keys = Vec::new();
    if !email.is_empty() {
        let handle = email.split('@').next().unwrap_or_default();
        // GitHub writes 12345+login.
        let handle = handle.split_once('+').map_or(handle, |(_, login)| login);
        let is_shared =
            matches!(handle, "root" | "admin" | "info" | "noreply" | "git" | "dev" | "me" | "mail" | "github");
        keys.push(email.clone());
        if handle.len() >= 3 && !is_shared {
            keys.push(handle.to_owned());
        }
    }
    if !name.is_empty() {
        keys.push(name);
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Commit;

    fn logged(id: &str, time: i64, author: (&str, &str), message: &str, paths: &[&str]) -> Logged {
        Logged {
            commit: Commit {
                id: id.to_owned(),
                author_name: author.0.to_owned(),
                author_email: author.1.to_owned(),
                time,
                message: message.to_owned(),
            },
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    #[test]
    fn people_are_joined_by_address_handle_and_name() {
        let past = Past::of([
            logged("a", 3, ("Ada", "ada@example.com"), "x", &["f"]),
            logged("b", 2, ("Ada", "ada@other.example"), "x", &["f"]),
            logged("c", 1, ("bob", "bob@example.com"), "x\n\nReviewed-by: ada\n", &["f"]),
        ]);
        assert_eq!(past.people.len(), 2);
        assert_eq!(past.records[2].reviewers, [past.records[0].author]);
        assert_eq!(past.paths, ["f"]);
    }

    #[test]
    fn what_is_too_old_is_left_out() {
        let past = Past::of([
            logged("a", LONGEST + 10, ("Ada", "ada@example.com"), "x", &["f"]),
            logged("b", 5, ("Ada", "ada@example.com"), "x", &["f"]),
        ]);
        assert_eq!(past.records.len(), 1);
    }
}
