//! What the past says: every commit of a range judged with only what was known before it.

mod page;
mod record;
mod replay;
mod statistics;
mod summary;

pub use page::page;
pub use record::{Record, Seen};
pub use replay::{Outcome, replay};
pub use statistics::{Statistics, reverted};
pub use summary::{calibration, summary};
