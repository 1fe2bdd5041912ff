//! What surrounds a change: the place it acts on, who owns it, what the history knows.

mod attested;
mod background;
mod experience;
mod history;
mod lexicon;
mod memory;
mod model;
mod owner_pattern;
mod owners;
mod people;
mod place;
mod provenance;
mod reviewers;
mod roles;
mod scorecard;
mod suggest;
mod tokens;
mod trace;
mod understanding;

pub use attested::{Attested, Hand};
pub use background::Background;
pub use experience::{Experience, Familiarity, experience};
pub use history::{Past, Person, Record, Walk};
pub use memory::{Asked, FEWEST_COMMITS, Memory, Recollection};
pub use model::{Figures, Grounds, Origin, Place, PlaceName, Provenance, Reviewer, Reviewers};
pub use owners::{Claim, Dialect, Owners, Ownership, Problem};
pub use people::{Assistants, AssumeAi, People};
pub use place::{PlaceSettings, Places};
pub use provenance::{Signals, is_bot};
pub use reviewers::authors_of;
pub use scorecard::{Standing, TouchedFile, stand};
pub use suggest::{Question, suggest};
pub use trace::{TRACES, Trace};
pub use understanding::Understanding;
