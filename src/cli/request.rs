//! What is wanted, resolved from what was typed.

use std::path::PathBuf;

use crate::gate::Threshold;

/// How strictly to judge.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// Instead of the configured one.
    pub threshold: Option<Threshold>,
    /// The verdict does not become the exit code.
    pub report_only: bool,
    /// Instead of the project's own.
    pub configuration: Option<PathBuf>,
    pub plans: Vec<PathBuf>,
    /// Whether the commits before the change may be read.
    pub history: bool,
}
