//! Pass or fail, with the reasons.

use serde::Serialize;

use super::policy::Policy;
use crate::change::Commit;
use crate::context::Origin;
use crate::risk::{Assessment, Score};

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
    /// One sentence each; the comparison of score and threshold first, then what else a reader must know.
    pub reasons: Vec<String>,
}

/// Compares the score with the threshold of the policy, and the help of assistants with what the project allows.
/// `remarks` are what waiving had to say.
pub fn decide(assessment: &Assessment, commits: &[Commit], policy: &Policy, remarks: Vec<String>) -> Verdict {
    let usual = policy.threshold.score();
    let has_assistant = assessment.provenance.status == Origin::DeclaredAi;
    let stricter = policy.threshold_with_assistants.map(|points| points.score());
    let stricter = stricter.filter(|stricter| has_assistant && *stricter < usual);
    let threshold = stricter.unwrap_or(usual);
    let (status, relation) = match assessment.score >= threshold {
        true => (Status::Fail, "reaches the threshold"),
        false => (Status::Pass, "is below the threshold"),
    };
    let broken = policy.assistant_policy.broken(&assessment.provenance, commits);
    let status = if broken.is_some() { Status::Fail } else { status };
    let mut reasons = vec![format!("score {} {relation} {}", assessment.score.points(), threshold.points())];
    reasons.extend(broken);
    if stricter.is_some() {
        let (now, usual) = (threshold.points(), usual.points());
        reasons.push(format!("an assistant helped: the threshold is {now} instead of {usual} ([ai] fail_on)"));
    }
    reasons.extend(policy.remarks.iter().cloned());
    reasons.extend(remarks);
    Verdict { status, threshold, reasons }
}
