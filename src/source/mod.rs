//! How a text reads: its language, its syntax tree, and the languages embedded in it.
//!
//! This stage knows nothing of rules. Whatever cannot be parsed is returned as [`NotAnalysed`].

mod document;

pub use document::{
    Document, Embedding, HOLE, Language, LineIndex, Locus, NotAnalysed, OffsetMap, Position, Scope,
};
