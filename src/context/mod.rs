//! What surrounds a change: the place it acts on, who owns it, what the history knows.

mod lexicon;
mod model;
mod place;
mod roles;
mod tokens;

pub use model::{Place, PlaceName, Provenance, Reviewer, Reviewers};
pub use place::{PlaceSettings, Places};
