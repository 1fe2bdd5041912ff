//! Operations written as calls in languages with a grammar.

use std::collections::HashMap;

use super::Operation;
use crate::facts::{Body, Call, Fact, Scalar, Value};
use crate::source::{Document, Language};

pub(super) fn of_calls(document: &Document, calls: &[Fact]) -> Vec<Operation> {
    calls
        .iter()
        .filter_map(|fact| match &fact.body {
            Body::Call(call) => Some((fact, call)),
            _ => None,
        })
        .filter(|(fact, _)| !is_state_only(document, fact))
        .map(|(fact, call)| operation(fact, call))
        .collect()
}

fn operation(fact: &Fact, call: &Call) -> Operation {
    let mut positional = Vec::new();
    let mut named = HashMap::new();
    for argument in &call.arguments {
        let value = match &argument.value {
            Value::Literal(Scalar::String(text)) => Some(text.clone()),
            _ => None,
        };
        match &argument.name {
            Some(name) => {
                named.insert(name.clone(), value);
            }
            None => positional.push(value),
        }
    }
    // A method at the end of a builder chain is named by its last part.
    Operation {
        call: call.callee.clone(),
        positional,
        named,
        text: call.text.clone(),
        locus: fact.locus.clone(),
    }
}

/// Django's `state_operations` change what Django remembers, not the database.
fn is_state_only(document: &Document, fact: &Fact) -> bool {
    if document.language != Language::Python {
        return false;
    }
    let Some(tree) = &document.tree else { return false };
    let span = &fact.locus.span;
    let mut node = tree.root_node().descendant_for_byte_range(span.start, span.end);
    while let Some(current) = node {
        let names_state = current.kind() == "keyword_argument"
            && current
                .child_by_field_name("name")
                .and_then(|name| document.text.get(name.byte_range()))
                .is_some_and(|name| name == "state_operations");
        if names_state {
            return true;
        }
        node = current.parent();
    }
    false
}
