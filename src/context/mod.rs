//! What surrounds a change: the place it acts on, who owns it, what the history knows.

mod model;
mod place;

pub use model::{Place, PlaceName, Provenance, Reviewer, Reviewers};
pub use place::place_of;
