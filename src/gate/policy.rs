//! What a project decided: threshold, rules, places, waivers.

use super::Threshold;

/// The decisions in force for one change.
#[derive(Debug, Default)]
pub struct Policy {
    pub threshold: Threshold,
    /// What the reader must know about where the policy came from; a sentence each.
    pub remarks: Vec<String>,
}
