//! What surrounds a change: the place it acts on, who owns it, what the history knows.

mod lexicon;
mod model;
mod owner_pattern;
mod owners;
mod place;
mod provenance;
mod roles;
mod tokens;

pub use model::{Origin, Place, PlaceName, Provenance, Reviewer, Reviewers};
pub use owners::{Claim, Dialect, Owners, Ownership, Problem};
pub use place::{PlaceSettings, Places};
pub use provenance::{Signals, is_bot};
