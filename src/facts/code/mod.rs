//! How program code reads whatever its language: the paths that names stand for, the values that expressions
//! have, and the shape of statements. The lenses for calls, definitions and guards build on it.

mod bindings;
mod callee;
mod imports;
mod kinds;
mod tokens;
mod values;

pub(super) use bindings::Code;
pub(super) use kinds::{is_call, is_function, is_loop, is_type_definition, iterates};
pub(super) use tokens::normalised;
