//! SQL statements, by a splitter and tokenizer of our own: grammars misread a third of real DDL.
//!
//! A script is tokenized ([`token`]), split into statements ([`split`]), each statement is read ([`read`]), and the
//! statements are set in relation ([`script`], [`relations`]). Bodies of
//! procedures and literal texts that are executed are entered.

mod definition;
mod dialect;
mod entered;
mod phrase;
mod quotation;
mod read;
mod relations;
mod rows;
mod script;
mod session;
mod split;
mod tables;
mod tautology;
mod token;

#[cfg(test)]
mod tests;

use super::{Body, Fact, Statement};
use crate::source::{Document, Focus, Locus};

pub(super) use read::is_reserved;
pub use tables::mark_new_tables;
pub use tautology::is_tautology;

/// More insertions than this are data: those that the change does not touch are left out.
const MOST_INSERTIONS: usize = 200;

/// Every statement of a document. Those that other statements can put in another light (a transaction around them,
/// a table of their own) are always there, touched or not.
pub(super) fn extract(document: &Document, focus: &Focus) -> Vec<Fact> {
    let mut walk = entered::Walk::new(document);
    walk.whole();
    let mut facts = walk.facts;
    explain(&mut facts);
    if document.embedding.is_some() {
        for statement in statements(&mut facts) {
            mark_backfill(statement, document);
        }
    }
    let insertions = facts.iter().filter(|fact| is_insertion(fact)).count();
    facts.retain(|fact| match &fact.body {
        Body::Statement(statement) => {
            let common = statement.verb == "SELECT" || (insertions > MOST_INSERTIONS && is_insertion(fact));
            !common || focus.touches(&fact.locus.span)
        }
        _ => true,
    });
    facts
}

/// The statements that a text comes to, all of them at one place: what an operation of a migration tool sends.
pub(super) fn of_text(text: &str, locus: &Locus) -> Vec<Statement> {
    let tokens = token::tokenize(text, None);
    let place = |_: phrase::Phrase<'_>| locus.clone();
    split::split(text, &tokens.list, None, false)
        .into_iter()
        .flat_map(|piece| {
            let phrase = phrase::Phrase { text, tokens: &tokens.list[piece.tokens] };
            read::read(phrase, &place).into_iter().map(|(_, reading)| reading.statement).collect::<Vec<_>>()
        })
        .collect()
}

/// Sets statements of one file that were read one by one in relation.
pub(super) fn relate(facts: &mut [Fact]) {
    let mut script = script::Script::default();
    for statement in statements(facts) {
        script.take(statement);
    }
    explain(facts);
}

/// Whether a place is on the way back of a migration.
pub(super) fn is_way_back(path: &str, scope: &[String]) -> bool {
    script::Ways::new(path, scope, &[]).is_down(0)
}

fn statements(facts: &mut [Fact]) -> impl Iterator<Item = &mut Statement> {
    facts.iter_mut().filter_map(|fact| match &mut fact.body {
        Body::Statement(statement) => Some(statement),
        _ => None,
    })
}

fn explain(facts: &mut [Fact]) {
    relations::explain(&mut statements(facts).collect::<Vec<_>>());
}

/// In a migration in program code the columns that an UPDATE fills were added by calls.
fn mark_backfill(statement: &mut Statement, document: &Document) {
    let sets =
        statement.verb == "UPDATE" && !statement.actions.is_empty() && script::is_unrestricted(statement);
    if !sets {
        return;
    }
    let adds = |line: &str, column: &str| {
        ["add_column", "addColumn", "AddField", "Column(", "ADD COLUMN", "add column"]
            .iter()
            .any(|word| line.contains(word))
            && line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == column)
    };
    let lines = 1..=document.lines.count() as u32;
    let all = statement.actions.iter().all(|action| {
        lines.clone().filter_map(|number| document.lines.line(number)).any(|line| adds(line, &action.name))
    });
    if all {
        statement.options.insert("BACKFILL".to_owned());
    }
}

fn is_insertion(fact: &Fact) -> bool {
    matches!(&fact.body, Body::Statement(statement) if matches!(statement.verb.as_str(), "INSERT" | "REPLACE"))
}
