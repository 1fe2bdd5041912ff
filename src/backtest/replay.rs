//! Judges commits on several threads and hands the results on in order.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use super::Record;
use crate::change::{ChangeError, Commit, Repository};
use crate::context::{Background, Recollection, authors_of};
use crate::gate::Policy;
use crate::pipeline::{Knowledge, judge};
use crate::rules::RuleSet;

/// Results that may wait for an earlier one; a bound for memory.
const WAITING: usize = 256;

/// What became of one commit.
#[derive(Clone, Debug)]
pub enum Outcome {
    Judged(Box<Record>),
    /// The commit, and why it could not be judged: a missing object of a partial clone, a hidden parent.
    Skipped {
        commit: String,
        reason: String,
    },
}

/// Judges every commit with what those before it say of it, by id; `sink` gets each outcome in the order of `commits` and returns whether to go on.
pub fn replay(
    folder: &Path,
    commits: &[Commit],
    rules: &RuleSet,
    policy: &Policy,
    recollections: &HashMap<String, Recollection>,
    mut sink: impl FnMut(Outcome) -> bool,
) -> Result<(), ChangeError> {
    // Whatever is wrong with the repository as a whole is said once.
    Repository::discover(folder)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(commits.len().max(1));
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (send, receive) = sync_channel::<(usize, Outcome)>(WAITING);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let send = send.clone();
            let (next, stopped) = (&next, &stopped);
            scope.spawn(move || {
                let Ok(repository) = Repository::discover(folder) else { return };
                while !stopped.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(commit) = commits.get(index) else { return };
                    let outcome = one(&repository, commit, rules, policy, recollections.get(&commit.id));
                    if send.send((index, outcome)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut waiting = BTreeMap::new();
        let mut expected = 0;
        for (index, outcome) in receive {
            waiting.insert(index, outcome);
            while let Some(outcome) = waiting.remove(&expected) {
                expected += 1;
                if !sink(outcome) {
                    stopped.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    });
    Ok(())
}

fn one(
    repository: &Repository,
    commit: &Commit,
    rules: &RuleSet,
    policy: &Policy,
    recollection: Option<&Recollection>,
) -> Outcome {
    let begun = Instant::now();
    let change = match repository.commit(&commit.id) {
        Ok(change) => change,
        Err(error) => return Outcome::Skipped { commit: commit.id.clone(), reason: error.to_string() },
    };
    let background = Background {
        recollection: recollection.cloned(),
        authors: authors_of(&change.commits, None),
        at: commit.time,
        ..Background::default()
    };
    let knowledge = Knowledge { places: policy.places(), background, ..Knowledge::default() };
    let judged = judge(&change, rules, &knowledge, policy);
    let seconds = begun.elapsed().as_secs_f64();
    Outcome::Judged(Box::new(Record::new(commit, &judged.assessment, recollection, seconds)))
}
