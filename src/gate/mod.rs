//! What follows from it: policy, waivers, and the verdict.

mod assistance;
mod comments;
mod day;
mod policy;
mod threshold;
mod verdict;
mod waivers;

pub use assistance::AssistantPolicy;
pub use day::Day;
pub use policy::{CONFIGURATION, ConfiguredWaiver, Policy, PolicyError};
pub use threshold::Threshold;
pub use verdict::{Status, Verdict, decide};
pub use waivers::waive;
