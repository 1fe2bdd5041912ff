//! Definitions of program code and the guards in them.
//!
//! A guard fact stands in the scope of its definition and names the operations that it protects. Whether a guard
//! was lost, weakened or moved is a question for two sides and is asked elsewhere.

mod branch;
mod calls;
mod condition;
mod declared;
mod errors;
mod exits;
mod force;
mod lexicon;
mod walk;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::source::Node;

use super::code::{Code, Item, ItemKind, is_comment, is_string, named_children, normalised};
use super::{Body, Definition, DefinitionKind, Fact, Form, Parameter};
use crate::source::Document;
use lexicon::LEXICON;
pub(super) use lexicon::snake;
use walk::Walk;

/// Whether an operation of this name destroys, pays or deploys.
pub fn is_destructive(operation: &str) -> bool {
    LEXICON.is_destructive(operation)
}

/// Tokens of one definition that are compared for likeness.
const MOST_TOKENS: usize = 4000;

/// Every definition of a document, each followed by its guards.
pub(super) fn extract(document: &Document, code: &Code<'_>) -> Vec<Fact> {
    // Strings of other languages hold no definitions worth pairing.
    if document.embedding.is_some() {
        return Vec::new();
    }
    let all = code.items();
    let own: HashSet<usize> = all.iter().skip(1).filter_map(|item| item.around.last().map(Node::id)).collect();
    let mut facts = Vec::new();
    for item in all {
        let mut scope: Vec<String> = item.scope.iter().filter(|name| !name.is_empty()).cloned().collect();
        let mut walk = Walk::new(code, item, &own);
        walk.declared();
        if item.kind != ItemKind::Type {
            walk.run();
        }
        let definition = definition(code, item, &walk);
        facts.push(Fact {
            locus: document.locus(item.node.byte_range(), scope.clone()),
            body: Body::Definition(definition),
        });
        if !item.name.is_empty() {
            scope.push(item.name.clone());
        }
        let registers = registers(code, item);
        for found in walk.found {
            let mut guard = found.guard;
            if registers {
                guard.form = Form::Registration;
                guard.protects.insert(String::new());
            }
            facts.push(Fact {
                locus: document.locus(found.node.byte_range(), scope.clone()),
                body: Body::Guard(guard),
            });
        }
    }
    facts
}

/// A function that runs before every request: what it guards is guarded everywhere.
fn registers(code: &Code<'_>, item: &Item<'_>) -> bool {
    item.marks.iter().any(|mark| {
        let text = snake(&normalised(code.text, *mark));
        ["before_request", "before_app_request", "before_action", ".middleware("]
            .iter()
            .any(|word| text.contains(word))
    })
}

/// The classes that a class is made from: what they guard is guarded in it.
fn bases(code: &Code<'_>, item: &Item<'_>) -> Vec<String> {
    let own = item.around.last().filter(|_| item.kind == ItemKind::Type);
    let list = own.and_then(|own| {
        own.child_by_field_name("superclasses").or_else(|| own.child_by_field_name("superclass"))
    });
    let bases = list.map(named_children).unwrap_or_default();
    let bases = bases.into_iter().filter(|base| base.kind() != "keyword_argument");
    bases.map(|base| normalised(code.text, base)).collect()
}

fn definition<'d>(code: &Code<'d>, item: &Item<'d>, walk: &Walk<'_, 'd>) -> Definition {
    let kind = match item.kind {
        ItemKind::Module => DefinitionKind::Module,
        ItemKind::Type => DefinitionKind::Type,
        ItemKind::Function => DefinitionKind::Function,
    };
    Definition {
        language: code.language,
        kind,
        name: item.name.clone(),
        public: item.public,
        parameters: parameters(code, item),
        marks: item.marks.iter().map(|mark| normalised(code.text, *mark)).chain(bases(code, item)).collect(),
        calls: walk.calls.clone(),
        operations: walk.operations.clone(),
        checks: walk.checks.clone(),
        careless: walk.careless.clone(),
        tokens: if kind == DefinitionKind::Module {
            Vec::new()
        } else {
            tokens(code, item.body.unwrap_or(item.node))
        },
    }
}

fn parameters<'d>(code: &Code<'d>, item: &Item<'d>) -> Vec<Parameter> {
    let Some(list) = item.parameters else { return Vec::new() };
    let nodes = if list.kind() == "identifier" { vec![list] } else { named_children(list) };
    nodes
        .into_iter()
        .map(|node| {
            let field = |name: &str| node.child_by_field_name(name);
            let name =
                field("name").or(field("pattern")).or(field("left")).or(node.named_child(0)).unwrap_or(node);
            Parameter {
                name: normalised(code.text, name),
                kind: field("type").map(|kind| normalised(code.text, kind)),
                default: field("value").or(field("right")).map(|value| code.value(value, &item.around)),
            }
        })
        .collect()
}

/// Hashes of the tokens below a node, sorted; strings as one, comments out.
fn tokens(code: &Code<'_>, node: Node<'_>) -> Vec<u32> {
    let mut found = Vec::new();
    let mut cursor = node.walk();
    'tree: while found.len() < MOST_TOKENS {
        let node = cursor.node();
        let kind = if node.is_named() { node.kind() } else { "" };
        let leaf = node.named_child_count() == 0 || is_string(kind);
        if leaf && !kind.is_empty() && !is_comment(kind) {
            let mut hasher = DefaultHasher::new();
            code.text_of(node).trim().hash(&mut hasher);
            found.push(hasher.finish() as u32);
        }
        if !leaf && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                break 'tree;
            }
        }
    }
    found.sort_unstable();
    found
}
