//! Pass or fail, with the reasons.

use serde::Serialize;

use crate::risk::Score;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Pass,
    Fail,
    Approved,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub status: Status,
    /// The score from which the gate fails.
    pub threshold: Score,
    /// One sentence each.
    pub reasons: Vec<String>,
}
