//! What a repository knows of the people behind a change and of its past, gathered once.

use std::collections::BTreeMap;

use super::experience::{Experience, experience};
use super::history::{Past, Walk};
use super::memory::{Asked, FEWEST_COMMITS, Memory, Recollection};
use super::reviewers::authors_of;
use super::scorecard::{Standing, TouchedFile, stand};
use super::suggest::{Question, suggest};
use super::{Attested, Provenance, Reviewer, Signals, TRACES, Trace};
use crate::change::{Change, ChangeKind, Repository, Side};

/// Where git-ai keeps its notes.
const NOTES: &str = "refs/notes/ai";

/// Everything that is known besides the change itself. Empty for a patch or an example.
#[derive(Debug, Default)]
pub struct Background {
    /// The commits before the change; `None` where there are none or they were not asked for.
    pub past: Option<Past>,
    /// What the past says, where a replay has asked it already.
    pub recollection: Option<Recollection>,
    /// Name and address of everybody who wrote the change.
    pub authors: Vec<(String, String)>,
    pub signals: Signals,
    /// Lines of the new side that notes ascribe.
    pub attested: Attested,
    /// When the change is made, seconds since the epoch.
    pub at: i64,
    /// What the reader must know about how complete this is; a sentence each.
    pub remarks: Vec<String>,
    /// The authors as the past numbers them, as far as it knows them.
    pub author_numbers: Vec<u32>,
}

impl Background {
    /// Gathers what a repository knows. `environment` counts only for what is not committed yet. A past that cannot be
    /// read is said and left out.
    pub fn of(
        repository: &Repository,
        change: &Change,
        environment: impl IntoIterator<Item = (String, String)>,
        walk: Option<&Walk<'_>>,
    ) -> Self {
        let is_open = matches!(change.kind, ChangeKind::WorkTree | ChangeKind::Staged);
        let environment: BTreeMap<String, String> =
            if is_open { environment.into_iter().collect() } else { BTreeMap::new() };
        // git tells its hooks whom it takes for the author.
        let given = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
        let told = given("GIT_AUTHOR_NAME").zip(given("GIT_AUTHOR_EMAIL"));
        let mut background = Self {
            authors: authors_of(&change.commits, told.or_else(|| repository.user())),
            signals: Signals {
                environment,
                notes: repository.notes(NOTES, &change.commits),
                traced: traced(repository, change, is_open),
            },
            ..Self::default()
        };
        if let Some(new) = &change.new.id {
            let holds = |commit: &str, path: &str| repository.is_same_file(path, commit, new);
            background.attested = Attested::of(&background.signals.notes, holds);
        }
        if let (Some(walk), Some(old)) = (walk, &change.old.id) {
            match Past::before(repository, old, walk) {
                Ok(past) => {
                    if past.is_shallow {
                        let remark =
                            "the clone is shallow: history, reviewers and experience are known in part";
                        background.remarks.push(remark.to_owned());
                    }
                    let find = |(name, email): &(String, String)| past.person(name, email);
                    background.author_numbers = background.authors.iter().filter_map(find).collect();
                    background.past = Some(past);
                }
                Err(error) => background.remarks.push(error.to_string()),
            }
        }
        // What is not committed is placed at the newest commit and not at the clock: the same change, the same report.
        let newest =
            || background.past.as_ref().and_then(|past| past.records.first()).map(|record| record.time);
        let committed = change.commits.iter().map(|commit| commit.time).max().filter(|time| *time > 0);
        background.at = committed.or_else(newest).unwrap_or_default();
        background
    }

    pub fn provenance(&self, change: &Change) -> Provenance {
        Provenance::of(&change.commits, &self.signals)
    }

    /// People who know the touched code.
    pub fn suggested(&self, change: &Change) -> Vec<Reviewer> {
        let Some(past) = &self.past else { return Vec::new() };
        let paths = touched(change);
        suggest(&Question { past, paths: &paths, authors: &self.author_numbers, at: self.at })
    }

    /// How the change compares with others; `None` where the past is too short to say.
    pub fn standing(&self, change: &Change, files: &[TouchedFile]) -> Option<Standing> {
        let message = match change.commits.as_slice() {
            [one] => Some(one.message.as_str()),
            _ => None,
        };
        if let Some(recollection) = &self.recollection {
            return Some(stand(files, message, recollection));
        }
        let past = self.past.as_ref().filter(|past| past.records.len() >= FEWEST_COMMITS)?;
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let recollection = Memory::about(past, &paths, self.at).recall(&Asked {
            paths: &paths,
            authors: &self.author_numbers,
            subject: message.map(super::history::words::subject),
            at: self.at,
        });
        Some(stand(files, message, &recollection))
    }

    /// The authors' experience with what the change touches, least known first; nothing where the authors are not
    /// known.
    pub fn experience(&self, change: &Change) -> Vec<Experience> {
        let Some(past) = self.past.as_ref().filter(|_| !self.authors.is_empty()) else { return Vec::new() };
        experience(past, &touched(change), &self.author_numbers, self.at)
    }
}

/// Files of the change in which agents wrote, by agent: from the new side, and from the disk for what is not committed,
/// where records are usually ignored by git.
fn traced(repository: &Repository, change: &Change, is_open: bool) -> BTreeMap<String, usize> {
    let tree = change.tree(Side::New);
    let mut traces: Vec<Trace> = Vec::new();
    for name in tree.list(TRACES).unwrap_or_default().iter().filter(|name| name.ends_with(".jsonl")) {
        if let Ok(Some(bytes)) = tree.read(&format!("{TRACES}/{name}")) {
            traces.extend(Trace::read(&bytes));
        }
    }
    let folder = repository.root().filter(|_| is_open).map(|root| root.join(TRACES));
    for entry in folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "jsonl")
            && let Ok(bytes) = std::fs::read(&path)
        {
            traces.extend(Trace::read(&bytes));
        }
    }
    if traces.is_empty() {
        return BTreeMap::new();
    }
    let begun: Vec<&str> = change
        .old
        .id
        .iter()
        .chain(change.commits.iter().map(|commit| &commit.id))
        .map(String::as_str)
        .collect();
    Trace::count(&traces, &touched(change), &begun)
}

/// Old and new paths.
fn touched(change: &Change) -> Vec<&str> {
    let sides = change.files.iter().flat_map(|file| [&file.old, &file.new]);
    sides.flatten().map(|side| side.path.as_str()).collect()
}
