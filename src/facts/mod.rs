//! What a document says, in typed form. One extractor ("lens") a folder.
//!
//! Lenses know nothing of rules, except the syntax and text lenses, which are given the patterns.

mod call;
mod code;
mod command;
mod construct;
mod dependency;
mod dockerfile;
mod expression;
mod file;
mod globs;
mod guard;
mod migration;
mod model;
mod path;
mod program;
mod secret;
mod slot;
mod statement;
mod structured;
mod syntax;
mod terraform;
mod test;
mod text;
mod value;

pub use crate::source::scope_of;
pub use command::{family_of, members};
pub use expression::Expression;
pub use file::file_fact;
pub use globs::Globs;
pub use guard::is_destructive;
pub use migration::{Step, divided, step_of};
pub use model::{
    Action, Argument, Assertion, Attribute, Body, Call, Command, Dependency, Dialect, Expansion, Fact,
    FileFact, Flag, Group, Guarding, Match, Origin, Part, Resource, Scalar, Setting, Skip, Statement,
    StatusHandling, System, Test, Value, Where, Word,
};
pub use path::{
    PathPattern, element_of, glob, path_segments, without_indexes, without_inner_indexes, without_numbers,
};
pub use program::{
    Check, Connective, Definition, DefinitionKind, Flaw, Form, Formula, Guard, GuardKind, Parameter, Term,
};
pub use secret::{
    Recognised, Secret, assignment, holds_key, is_placeholder, is_telling, masked, may_hold, secrets_in,
};
pub use statement::{is_tautology, mark_new_tables};
pub use structured::{of_neighbour, property_path};
pub use syntax::{Pattern, Sameness};
pub use text::LinePattern;

use crate::change::Change;
use crate::source::{Document, FileReading, Focus, Language, NotAnalysed};

/// The patterns of rules that look for their own facts, chosen for one file.
#[derive(Default)]
pub struct Patterns<'a> {
    pub syntax: Vec<&'a Pattern>,
    pub lines: Vec<&'a LinePattern>,
}

/// What only both sides and the unchanged files can tell; returns what could not be compared.
pub fn settle(
    old: &mut Vec<Fact>,
    new: &mut Vec<Fact>,
    change: &Change,
    readings: &[FileReading],
) -> Vec<NotAnalysed> {
    structured::settle(old, new, change);
    terraform::settle(old, new, change, readings)
}

/// Everything that one document says. Facts outside the focus may be left out where they are certain to be equal
/// on both sides.
pub fn extract(document: &Document, focus: &Focus, patterns: &Patterns<'_>) -> Vec<Fact> {
    let mut facts = match document.language {
        Language::Hcl => terraform::extract(document),
        Language::Json if terraform::is_json(&document.path) => terraform::extract(document),
        Language::Yaml | Language::Json | Language::Toml | Language::Properties => {
            structured::extract(document, focus)
        }
        Language::Bash => command::extract(document, focus),
        Language::Sql => statement::extract(document, focus),
        Language::Rust
        | Language::Python
        | Language::JavaScript
        | Language::TypeScript
        | Language::Tsx
        | Language::Go
        | Language::Java => {
            let mut facts = test::extract(document);
            if let Some(code) = code::Code::new(document) {
                facts.extend(call::extract(document, &code, focus));
                facts.extend(guard::extract(document, &code));
                facts.extend(slot::extract(document, &code));
                facts.extend(construct::extract(document, &code));
            }
            facts.extend(migration::extract(document, &facts));
            facts
        }
        Language::Plain => migration::extract(document, &[]),
        Language::Dockerfile => dockerfile::extract(document),
        Language::Make => Vec::new(),
    };
    facts.extend(dependency::extract(document, focus));
    facts.extend(syntax::extract(document, focus, &patterns.syntax));
    if document.embedding.is_none() {
        facts.extend(text::extract(document, focus, &patterns.lines));
    }
    facts
}
