//! One judged commit: a line of the backtest.

use serde::{Deserialize, Serialize};

use crate::change::Commit;
use crate::context::Recollection;
use crate::risk::{Assessment, Level, State};
use crate::rules::Severity;

/// The label of the ledger rows that come from size, history and experience.
const CONTEXT: &str = "history";

/// A judged commit. Scores are points from 0 to 100, context points from 0 to 25.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Full id.
    pub commit: String,
    /// Author date, `YYYY-MM-DD`, UTC.
    pub date: String,
    /// Share of the touched code that the author knew before, 0 to 1; unknown without history.
    pub author_known: Option<f64>,
    pub score: u8,
    pub level: Level,
    /// Open findings by points.
    pub findings: Vec<Seen>,
    pub context: f64,
    /// `declared-ai`, `declared-human` or `unknown`.
    pub ai: String,
    /// Wall time of this commit.
    pub seconds: f64,
}

/// A finding, as far as the past needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub rule: String,
    pub severity: Severity,
    pub path: String,
    /// 1-based on the new side; 0 where nothing is left.
    pub line: u32,
}

impl Record {
    /// Takes over what a backtest keeps of an assessment.
    pub fn new(
        commit: &Commit,
        assessment: &Assessment,
        recollection: Option<&Recollection>,
        seconds: f64,
    ) -> Self {
        let context: f64 =
            assessment.ledger.iter().filter(|row| row.label == CONTEXT).map(|row| row.points).sum();
        Self {
            commit: commit.id.clone(),
            date: crate::calendar::date(commit.time.div_euclid(86_400)),
            author_known: recollection.map(|past| 1.0 - past.new_to_files),
            score: assessment.score.points(),
            level: assessment.level,
            findings: assessment
                .findings
                .iter()
                .filter(|scored| scored.state == State::Open && !scored.hidden)
                .map(|scored| Seen {
                    rule: scored.finding.rule.clone(),
                    severity: scored.finding.severity,
                    path: scored.finding.path.clone(),
                    line: scored.finding.line,
                })
                .collect(),
            context: (context * 10.0).round() / 10.0,
            ai: assessment.provenance.status.word().to_owned(),
            seconds: (seconds * 10_000.0).round() / 10_000.0,
        }
    }
}
