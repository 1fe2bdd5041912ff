//! Command lines: argument vectors, wrappers taken off, with the guards before them.

use super::Fact;
use crate::source::{Document, Focus};

pub(super) fn extract(_document: &Document, _focus: &Focus) -> Vec<Fact> {
    Vec::new()
}

/// Whether a program belongs to a family of tools: `tofu` to `terraform`.
pub fn is_in_family(program: &str, family: &str) -> bool {
    program == family
}

impl super::Word {
    /// Whether the word can become `/`, empty or a top folder when a variable in it is empty.
    pub fn collapses(&self) -> bool {
        false
    }
}
