//! What follows from it: policy, waivers, and the verdict.

mod policy;
mod threshold;
mod verdict;

pub use policy::Policy;
pub use threshold::Threshold;
pub use verdict::{Status, Verdict, decide};
