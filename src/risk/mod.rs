//! How much it is worth: the ledger, the score and the level.

mod assessment;

pub use assessment::{Assessment, Coverage, Level, Row, Score, Scored, State, Summary, Waiver};
