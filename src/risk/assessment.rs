//! An assessment: findings with their points, the ledger that adds them up, and what was not judged.

use serde::{Deserialize, Serialize};

use crate::context::{Experience, Place, Provenance, Reviewers};
use crate::rules::Finding;
use crate::source::NotAnalysed;

/// 0 to 100 points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Score(u8);

impl Score {
    /// Rounds to the nearest whole point and cuts at 0 and 100.
    pub fn new(points: f64) -> Self {
        Self(points.round().clamp(0.0, 100.0) as u8)
    }

    pub fn points(self) -> u8 {
        self.0
    }
}

/// A band of scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// 0 to 14.
    Low,
    /// 15 to 39.
    Medium,
    /// 40 to 69.
    High,
    /// 70 to 100.
    Critical,
}

impl Level {
    pub fn of(score: Score) -> Self {
        match score.points() {
            0..=14 => Self::Low,
            15..=39 => Self::Medium,
            40..=69 => Self::High,
            _ => Self::Critical,
        }
    }

    /// The lowest score of the level.
    pub fn threshold(self) -> Score {
        Score(match self {
            Self::Low => 0,
            Self::Medium => 15,
            Self::High => 40,
            Self::Critical => 70,
        })
    }
}

/// A waiver that stands on the old side and holds today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiver {
    pub rule: String,
    pub reason: String,
    /// `YYYY-MM-DD`; the last day on which it holds.
    pub until: String,
    /// `foureyes.toml` or the file and line of the comment.
    pub source: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Open,
    /// Counts nothing.
    Waived(Waiver),
}

/// A finding with its place and points.
#[derive(Clone, Debug)]
pub struct Scored {
    pub finding: Finding,
    pub place: Place,
    /// 1.0 to 1.25: more where an assistant helped and the author does not know the code.
    pub understanding: f64,
    /// 0 to 63 before repetition; what it adds to the raw score.
    pub points: f64,
    pub state: State,
    /// In a place below 0.3: shown only with `--all`.
    pub hidden: bool,
}

/// One printed line of the sum.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub points: f64,
    /// `forces-replacement`, `combination`, `floor`.
    pub label: String,
    /// Every factor, in words: `critical 40 × high 1.0 × production 1.25`.
    pub explanation: String,
}

/// The size of the change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub files: usize,
    /// Lines.
    pub added: usize,
    pub deleted: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    pub files: usize,
    /// Files all of which was read by every lens that applies to them.
    pub analysed: usize,
    /// Sorted by path.
    pub not_analysed: Vec<NotAnalysed>,
}

/// Everything that is known about the risk of a change.
#[derive(Clone, Debug)]
pub struct Assessment {
    pub summary: Summary,
    /// By points, then path, line and rule.
    pub findings: Vec<Scored>,
    /// Moved safeguards and requests for waivers: worth a line with `--all`, no points.
    pub notes: Vec<String>,
    pub ledger: Vec<Row>,
    /// Sum of the rows, before the cut at 100.
    pub raw: f64,
    pub score: Score,
    pub level: Level,
    pub reviewers: Reviewers,
    pub provenance: Provenance,
    /// The authors' experience with what the change touches, least known first; empty without history.
    pub experience: Vec<Experience>,
    pub coverage: Coverage,
}
