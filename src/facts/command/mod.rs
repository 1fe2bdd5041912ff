//! Command lines: argument vectors, wrappers taken off, with the guards before them.
//!
//! The text is read by a shell parser of our own, because a command's meaning needs its words in parts (quotes,
//! expansions, how these are guarded), because a script that another tool fills in is no valid shell, and because
//! the scripts inside commands (`bash -c`, `ssh`, `eval`, heredocs) are read by the same code in the same state.
//!
//! parser, line, lexer → script (a tree) · flow, functions, endings walk it · conditions → guards · variables, braces
//! → words · argv, tools → commands · say → facts · nested → scripts inside.

mod argv;
mod braces;
mod conditions;
mod endings;
mod flow;
mod functions;
mod lexer;
mod line;
mod nested;
mod parser;
mod say;
mod script;
#[cfg(test)]
mod tests;
mod tools;
mod variables;
mod word;

pub use tools::{family_of, members};

use super::{Body, Fact};
use crate::source::{Document, Focus, Language};

/// Every command of a document, whatever the change touches: a guard far above counts too.
pub(super) fn extract(document: &Document, _focus: &Focus) -> Vec<Fact> {
    // Scripts inside shell commands are read where they stand.
    if document.embedding.as_ref().is_some_and(|embedding| embedding.host == Language::Bash) {
        return Vec::new();
    }
    // CI systems stop a step at its first error.
    let strict = document.embedding.as_ref().is_some_and(|embedding| embedding.host == Language::Yaml);
    flow::read(&document.text, strict)
        .into_iter()
        .map(|saying| Fact {
            locus: document.locus(saying.span, saying.scope),
            body: match saying.said {
                flow::Said::Command(command) => Body::Command(*command),
                flow::Said::Setting(setting) => Body::Setting(setting),
            },
        })
        .collect()
}
