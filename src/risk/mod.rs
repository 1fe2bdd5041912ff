//! How much it is worth: root causes, the ledger, the score and the level.

mod assessment;
mod causes;
mod ledger;

pub use assessment::{Assessment, Coverage, Level, Row, Score, Scored, State, Summary, Waiver};
pub use causes::merge;
pub use ledger::{HIDDEN_BELOW, Ledger, MOST_FROM_CONTEXT, add_up, base, share};
