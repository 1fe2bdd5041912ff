//! How program code reads whatever its language: the paths that names stand for, the values that expressions
//! have, and the shape of statements. The lenses for calls, definitions and guards build on it.

mod bindings;
mod callee;
mod imports;
mod items;
mod kinds;
mod shape;
mod tokens;
mod values;

pub(super) use bindings::Code;
pub(super) use callee::Callee;
pub(super) use items::{Item, ItemKind};
pub(super) use kinds::{
    is_call, is_comment, is_function, is_loop, is_string, is_type_definition, iterates, named_children,
};
pub(super) use shape::{Handler, Leave, Shape, closure_body, is_block, shape, statements};
pub(super) use tokens::normalised;
