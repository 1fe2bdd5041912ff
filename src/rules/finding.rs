//! A rule applied to a delta.

use serde::Serialize;

use super::model::{Confidence, Effect, PlacePolicy, Severity};

/// What became of the thing that the finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Introduced,
    Removed,
    Changed,
}

/// The thing that a finding is about; findings on one subject can be one root cause or a combination.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// Where the name holds: a module folder, a file.
    pub home: String,
    /// `aws_db_instance.orders`, `def purge`, `Deployment shop/api`.
    pub name: String,
}

/// A further finding of the same root cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Related {
    pub rule: String,
    pub message: String,
    pub path: String,
    pub line: u32,
}

/// What a rule says about a change, before place and points.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: String,
    pub title: String,
    pub kind: Kind,
    pub severity: Severity,
    pub confidence: Confidence,
    pub effect: Option<Effect>,
    pub place_policy: PlacePolicy,
    pub message: String,
    pub why: String,
    pub instead: String,
    pub references: Vec<String>,
    pub reviewers: Vec<String>,
    pub subject: Option<Subject>,
    /// Index into `Change::files`.
    pub file: usize,
    /// Path on the new side; for a deleted file the old one.
    pub path: String,
    /// 1-based on the new side; 0 where nothing is left to point at.
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub old_path: Option<String>,
    /// 1-based on the old side.
    pub old_line: Option<u32>,
    pub old_end_line: Option<u32>,
    /// What the finding rests on: provider versions, how values were folded, what was paired.
    pub evidence: Vec<String>,
    /// Words of the fact that can name an environment: contexts, hosts, targets of a command.
    pub hints: Vec<String>,
    pub also: Vec<Related>,
    /// Globs of rules whose findings about the same line have the same cause.
    pub same_cause: Vec<String>,
    /// Stable across line moves and unrelated edits: rule, path, subject and normalised content, hashed (16 hex digits).
    pub fingerprint: String,
}
