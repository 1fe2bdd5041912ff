//! What follows from it: policy, waivers, and the verdict.

mod verdict;

pub use verdict::{Status, Verdict};
