//! How a text reads: its language, its syntax tree, and the languages embedded in it.
//!
//! This stage knows nothing of rules. Whatever cannot be parsed is returned as [`NotAnalysed`].

pub mod admit;
mod document;
mod embed;
mod language;
mod parse;
mod read;
mod scope;
mod template;
mod tree;

pub use document::{
    Document, Embedding, HOLE, Language, LineIndex, Locus, NotAnalysed, OffsetMap, Position, Scope,
};
pub use parse::parse;
pub use read::{FileReading, Focus, SideReading, SyntaxBreak, read};
pub use scope::{name_of, scope_of};
pub use tree::{Node, Tree};
