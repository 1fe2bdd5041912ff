//! What a document says, in typed form. One extractor ("lens") a file.
//!
//! Lenses know nothing of rules, except the syntax and text lenses, which are given the patterns.

mod model;

pub use model::{
    Action, Argument, Attribute, Body, Call, Command, Expansion, Fact, FileFact, Flag, Guarding, Match, Part,
    Resource, Scalar, Setting, Statement, StatusHandling, System, Value, Where, Word,
};
