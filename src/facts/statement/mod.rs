//! SQL statements, by a splitter and tokenizer of our own: grammars misread a third of real DDL.
//!
//! A script is tokenized ([`token`]), split into statements ([`split`]), each statement is read ([`read`]), and the
//! statements are set in relation ([`script`]). Bodies of procedures and literal texts that are executed are entered.

mod definition;
mod dialect;
mod entered;
mod phrase;
mod quotation;
mod read;
mod rows;
mod script;
mod session;
mod split;
mod tautology;
mod token;

#[cfg(test)]
mod tests;

use super::{Body, Fact, Statement};
use crate::source::{Document, Focus};

pub use tautology::is_tautology;

/// Statements of these verbs matter only where the change touches them; there may be very many.
const COMMON: [&str; 3] = ["INSERT", "REPLACE", "SELECT"];

/// Every statement of a document. Those that other statements can put in another light (a transaction around them,
/// a table of their own) are always there, touched or not.
pub(super) fn extract(document: &Document, focus: &Focus) -> Vec<Fact> {
    let mut walk = entered::Walk::new(document);
    walk.whole();
    let mut facts = walk.facts;
    let mut statements: Vec<&mut Statement> = facts
        .iter_mut()
        .filter_map(|fact| match &mut fact.body {
            Body::Statement(statement) => Some(statement),
            _ => None,
        })
        .collect();
    script::look_back(&mut statements);
    facts.retain(|fact| match &fact.body {
        Body::Statement(statement) => {
            !COMMON.contains(&statement.verb.as_str()) || focus.touches(&fact.locus.span)
        }
        _ => true,
    });
    facts
}
