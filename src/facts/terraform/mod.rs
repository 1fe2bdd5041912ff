//! Terraform and OpenTofu: blocks as resources.

use super::Fact;
use crate::source::{Document, Focus};

pub(super) fn extract(_document: &Document, _focus: &Focus) -> Vec<Fact> {
    Vec::new()
}
