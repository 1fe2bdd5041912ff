//! Why nothing could be judged, and what to do next.

use std::io;

use crate::change::ChangeError;
use crate::gate::PolicyError;
use crate::plan::PlanError;
use crate::rules::RuleError;

/// An error for people: what, why, and the next step.
#[derive(Debug)]
pub struct Failure {
    pub message: String,
    pub hint: Option<String>,
}

impl Failure {
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        Self { message: error.to_string(), hint: error.hint() }
    }
}

impl From<RuleError> for Failure {
    fn from(error: RuleError) -> Self {
        Self { message: error.to_string(), hint: error.hint }
    }
}

impl From<PolicyError> for Failure {
    fn from(error: PolicyError) -> Self {
        Self { message: error.to_string(), hint: error.hint }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        Self { message: error.to_string(), hint: Some(error.hint) }
    }
}

/// Standard output that cannot be written; a closed pipe is handled before.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self { message: format!("cannot write the report: {error}"), hint: None }
    }
}
