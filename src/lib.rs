//! foureyes judges the risk of a change.

pub mod change;
pub mod context;
pub mod delta;
pub mod facts;
pub mod gate;
pub mod risk;
pub mod rules;
pub mod source;
