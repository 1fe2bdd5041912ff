//! Figures over judged commits: levels, reverted commits caught, noisy rules.

use std::collections::{BTreeMap, BTreeSet};

use super::Record;
use crate::change::Commit;
use crate::risk::Level;

/// A revert counts if it came within this time.
const REVERT_SECONDS: i64 = 30 * 86_400;

/// Ids of commits that a later one takes back, found from messages: `This reverts commit ID`, else the quoted
/// subject of a `Revert "…"`.
pub fn reverted(commits: &[Commit]) -> BTreeSet<String> {
    let mut by_subject: BTreeMap<&str, Vec<&Commit>> = BTreeMap::new();
    for commit in commits {
        by_subject.entry(subject(&commit.message)).or_default().push(commit);
    }
    let by_id: BTreeMap<&str, &Commit> = commits.iter().map(|commit| (commit.id.as_str(), commit)).collect();
    let mut found = BTreeSet::new();
    for revert in commits {
        let message = revert.message.to_ascii_lowercase();
        let named: Vec<&Commit> = message
            .match_indices("reverts commit ")
            .filter_map(|(at, words)| {
                let id: String =
                    message[at + words.len()..].chars().take_while(char::is_ascii_hexdigit).collect();
                let (full, commit) = by_id.range(id.as_str()..).next()?;
                (id.len() >= 7 && full.starts_with(&id)).then_some(*commit)
            })
            .collect();
        let quoted = subject(&revert.message)
            .split_once("Revert \"")
            .and_then(|(_, rest)| rest.rsplit_once('"'))
            .and_then(|(subject, _)| by_subject.get(subject))
            .map(Vec::as_slice)
            .unwrap_or_default();
        let candidates: Vec<&Commit> = if named.is_empty() { quoted.to_vec() } else { named };
        for commit in candidates {
            let later = revert.time - commit.time;
            if (0..=REVERT_SECONDS).contains(&later) && commit.id != revert.id {
                found.insert(commit.id.clone());
            }
        }
    }
    found
}

fn subject(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// What the records of one range come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    pub judged: usize,
    pub skipped: usize,
    pub reverted: usize,
    /// Commits at each level, from low to critical.
    pub levels: [usize; 4],
    /// Threshold, commits at or above it, reverted ones among them.
    pub thresholds: Vec<(u8, usize, usize)>,
    /// Rules by the number of commits that they fire on.
    pub rules: Vec<(String, usize)>,
    /// Chance that a reverted commit ranks above another one, ties counting half; `None` without reverted commits.
    pub auc: Option<f64>,
    /// Share of the reverted commits among the tenth with the highest scores.
    pub recall_top_tenth: Option<f64>,
    /// Seconds in all.
    pub seconds: f64,
}

impl Statistics {
    pub fn of(records: &[Record], skipped: usize, reverted: &BTreeSet<String>) -> Self {
        let mut statistics = Self { judged: records.len(), skipped, ..Self::default() };
        let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
        for record in records {
            statistics.levels[match record.level {
                Level::Low => 0,
                Level::Medium => 1,
                Level::High => 2,
                Level::Critical => 3,
            }] += 1;
            statistics.seconds += record.seconds;
            let names: BTreeSet<&str> = record.findings.iter().map(|seen| seen.rule.as_str()).collect();
            for name in names {
                *rules.entry(name).or_default() += 1;
            }
        }
        statistics.rules = rules.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        statistics.rules.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let marks: Vec<(f64, bool)> =
            records.iter().map(|record| (rank(record), reverted.contains(&record.commit))).collect();
        statistics.reverted = marks.iter().filter(|(_, reverted)| *reverted).count();
        for threshold in [5u8, 10, 15, 25, 40, 55, 70, 85] {
            let gated = |record: &&Record| record.score >= threshold;
            let caught =
                records.iter().filter(gated).filter(|record| reverted.contains(&record.commit)).count();
            statistics.thresholds.push((threshold, records.iter().filter(gated).count(), caught));
        }
        statistics.auc = auc(&marks);
        statistics.recall_top_tenth = recall(&marks, 0.1);
        statistics
    }

    /// The lowest threshold that asks for a second person in at most this share of the changes.
    pub fn threshold_for(&self, records: &[Record], share: f64) -> u8 {
        let most = (records.len() as f64 * share) as usize;
        (1..=100u8)
            .find(|threshold| records.iter().filter(|record| record.score >= *threshold).count() <= most)
            .unwrap_or(100)
    }
}

/// Scores are whole points; the context part orders changes of one score.
pub(super) fn rank(record: &Record) -> f64 {
    f64::from(record.score) + record.context / 1000.0
}

fn auc(marks: &[(f64, bool)]) -> Option<f64> {
    let mut sorted = marks.to_vec();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let positives = sorted.iter().filter(|(_, positive)| *positive).count();
    let negatives = sorted.len() - positives;
    if positives == 0 || negatives == 0 {
        return None;
    }
    // Mean ranks of ties, as in the Mann-Whitney statistic.
    let mut sum = 0.0;
    let mut at = 0;
    while at < sorted.len() {
        let end = sorted[at..]
            .iter()
            .position(|(value, _)| *value != sorted[at].0)
            .map_or(sorted.len(), |step| at + step);
        let mean = (at + end + 1) as f64 / 2.0;
        sum += mean * sorted[at..end].iter().filter(|(_, positive)| *positive).count() as f64;
        at = end;
    }
    let least = positives as f64 * (positives as f64 + 1.0) / 2.0;
    Some((sum - least) / (positives as f64 * negatives as f64))
}

fn recall(marks: &[(f64, bool)], share: f64) -> Option<f64> {
    let mut sorted = marks.to_vec();
    sorted.sort_by(|one, other| other.0.total_cmp(&one.0));
    let positives = sorted.iter().filter(|(_, positive)| *positive).count();
    if positives == 0 {
        return None;
    }
    let top = (sorted.len() as f64 * share).ceil() as usize;
    Some(sorted.iter().take(top).filter(|(_, positive)| *positive).count() as f64 / positives as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(id: &str, time: i64, message: &str) -> Commit {
        Commit {
            id: id.to_owned(),
            author_name: String::new(),
            author_email: String::new(),
            time,
            message: message.to_owned(),
        }
    }

    #[test]
    fn reverts_are_found_by_id_and_by_subject() {
        let commits = [
            commit("aaaaaaaa1111", 0, "Add a cache"),
            commit("bbbbbbbb2222", 10, "Add a queue"),
            commit("cccccccc3333", 20, "Revert \"Add a queue\""),
            commit("dddddddd4444", 30, "Back out the cache\n\nThis reverts commit aaaaaaaa1111."),
            commit("eeeeeeee5555", 40 * 86_400, "Revert \"Revert \"Add a queue\"\""),
        ];
        let found: Vec<String> = reverted(&commits).into_iter().collect();
        assert_eq!(found, ["aaaaaaaa1111", "bbbbbbbb2222"]);
    }

    #[test]
    fn auc_counts_ties_half() {
        assert_eq!(auc(&[(1.0, false), (2.0, true)]), Some(1.0));
        assert_eq!(auc(&[(1.0, false), (1.0, true)]), Some(0.5));
        assert_eq!(auc(&[(2.0, false), (1.0, true), (0.0, false)]), Some(0.5));
        assert_eq!(auc(&[(2.0, false)]), None);
    }
}
