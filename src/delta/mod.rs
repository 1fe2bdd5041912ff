//! What differs: pairing of facts inside a file, across files, and relocation.
//!
//! This stage knows facts and lines, never rules.

mod guards;
mod holder;
mod key;
mod kinship;
mod model;
mod pair;
mod program;
mod weakness;

pub use holder::locate;
pub use key::similarity;
pub use model::{Anchor, Delta};
pub use pair::pair;
pub use weakness::{Weakness, weakness};
