//! What surrounds a change: the place it acts on, who owns it, what the history knows.

mod model;

pub use model::{Place, PlaceName, Provenance, Reviewer, Reviewers};
