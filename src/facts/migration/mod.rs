//! Steps of migration tools: which files are steps, and what operations in program code come to in SQL.
//!
//! An operation is said as the [`super::Statement`] that the tool would send, so that the rules on SQL hold for it.

mod operations;
mod table;
mod written;

use std::collections::HashMap;

use super::{Body, Fact, statement};
use crate::source::{Document, Language};

pub use table::{Step, step_of};
pub use written::divided;

/// The statements that the operations of a document come to. `calls` are the calls in it, for languages that have a
/// grammar here.
pub(super) fn extract(document: &Document, calls: &[Fact]) -> Vec<Fact> {
    if document.embedding.is_some() {
        return Vec::new();
    }
    let Some(tool) = table::tool_with_operations(&document.path, &document.text) else { return Vec::new() };
    let found = match document.language {
        Language::Plain => written::operations(document),
        _ => operations::of_calls(document, calls),
    };
    let mut facts = Vec::new();
    for operation in found {
        for sql in tool.statements(&operation) {
            let down = statement::is_way_back(&document.path, &operation.locus.scope);
            for mut read in statement::of_text(&sql, &operation.locus) {
                read.down = down;
                facts.push(Fact { locus: operation.locus.clone(), body: Body::Statement(read) });
            }
        }
    }
    facts.sort_by_key(|fact| fact.locus.span.start);
    statement::relate(&mut facts);
    facts
}

/// Something that a step does: a call, a method of a class body, a tag.
pub(super) struct Operation {
    pub call: String,
    /// Texts of the positional arguments; `None` where an expression stands.
    pub positional: Vec<Option<String>>,
    pub named: HashMap<String, Option<String>>,
    /// Source text.
    pub text: String,
    pub locus: crate::source::Locus,
}
