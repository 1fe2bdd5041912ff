//! What differs: pairing of facts inside a file, across files, and relocation.

mod model;

pub use model::{Anchor, Delta};
