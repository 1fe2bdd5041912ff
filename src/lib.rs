//! foureyes judges the risk of a change: what dangerous thing it introduces, which safeguard it takes away, and what
//! will be deleted and recreated.
//!
//! The folders are the way of a change, and [`assess`] is that way in one function. Imports go leftwards only:
//!
//! ```text
//! change → source → facts → delta → rules → plan → checks → context → risk → gate → report → backtest → cli
//! ```

pub mod backtest;
mod calendar;
pub mod change;
pub mod checks;
pub mod cli;
pub mod context;
pub mod delta;
pub mod examples;
pub mod facts;
pub mod gate;
mod nearest;
mod pipeline;
pub mod plan;
pub mod report;
pub mod risk;
pub mod rules;
pub mod source;

pub use pipeline::{Compared, Judged, Knowledge, assess, compare, judge};
