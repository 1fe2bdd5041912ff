//! Terraform, OpenTofu and Terragrunt: blocks as resources.
//!
//! `extract` reads one document; `settle` then works on both sides together, because values stand behind names
//! that other files define, and repeated blocks have no names of their own.

mod align;
mod blocks;
mod definitions;
mod expression;
mod flatten;
mod fold;
mod json;
mod settle;
mod syntax;
#[cfg(test)]
mod tests;

pub use settle::settle;

use super::Fact;
use crate::source::Document;

/// The resources of a `.tf`, `.tofu`, `.tfvars`, `.hcl`, `.tf.json` or `.tfvars.json` file. Nothing is left out for
/// standing outside the focus: what a name is worth may have changed elsewhere.
pub(super) fn extract(document: &Document) -> Vec<Fact> {
    let Some(tree) = document.tree.as_ref().filter(|_| document.embedding.is_none()) else { return Vec::new() };
    let Some(body) = definitions::read_tree(&document.path, &document.text, tree) else { return Vec::new() };
    let Some(flavour) = blocks::Flavour::of(&document.path, &body) else { return Vec::new() };
    blocks::resources(&document.path, &document.text, &body, flavour, &blocks::locate(document))
}

/// JSON that Terraform reads.
pub(super) fn is_json(path: &str) -> bool {
    path.ends_with(".json") && definitions::is_terraform(path)
}
