//! What is in force while a block runs: `with`, `synchronized`, handlers of failures.

use crate::source::Node;

use super::calls::{contains_call, first_call};
use super::lexicon::{LEXICON, snake};
use super::walk::{Walk, first_number, last_name};
use crate::facts::code::{
    Code, Handler, Leave, Shape, is_block, is_call, named_children, normalised, shape, statements,
};
use crate::facts::{Flaw, Form, Guard, GuardKind};

impl<'d> Walk<'_, 'd> {
    pub(super) fn within(&mut self, node: Node<'d>, holders: &[Node<'d>], body: Node<'d>) {
        let mut gained = Vec::new();
        let mut swallows = false;
        for holder in holders {
            self.plain(*holder);
            let text = self.text(*holder);
            let name = holder_name(self.code, *holder, self.around()).unwrap_or_else(|| text.clone());
            swallows |= snake(&name).ends_with("suppress");
            let always = (node.kind() == "synchronized_statement").then_some(GuardKind::Lock);
            if let Some(kind) = always.or_else(|| LEXICON.around(&name)) {
                let bound = first_number(&text);
                let flaw = (kind == GuardKind::Timeout && text.ends_with("(None)")).then_some(Flaw::Disabled);
                let key = last_name(&name);
                let guard = Guard { key, bound, flaw, text, ..self.guard(kind, Form::Around) };
                gained.push(self.push(guard, *holder, String::new()));
            }
        }
        let before = self.active.clone();
        self.active.extend(&gained);
        self.sequence(body);
        self.active.retain(|one| !gained.contains(one) && (!swallows || before.contains(one)));
    }

    pub(super) fn attempt(&mut self, body: Node<'d>, handlers: &[Handler<'d>], finally: Option<Node<'d>>) {
        let mut gained = Vec::new();
        for handler in handlers {
            let care = self.care(handler.body);
            let types = handler.types.map(|types| self.text(types)).unwrap_or_default();
            let guard = Guard {
                key: types.clone(),
                text: format!("{types} {}", self.text(handler.body)),
                care,
                flaw: (care == 0).then_some(Flaw::Swallowed),
                ..self.guard(GuardKind::ErrorHandling, Form::Around)
            };
            gained.push(self.push(guard, handler.body, String::new()));
        }
        let before = self.active.clone();
        self.active.extend(&gained);
        self.sequence(body);
        let established: Vec<usize> =
            self.active.iter().copied().filter(|one| !before.contains(one) && !gained.contains(one)).collect();
        self.active = before;
        for index in established {
            let caught = handlers.iter().any(|handler| {
                self.leaves(handler.body).is_none() && self.catches(handler, &self.found[index].exit)
            });
            if caught {
                let guard = &mut self.found[index].guard;
                if guard.protects.is_empty() && guard.flaw.is_none() {
                    guard.flaw = Some(Flaw::Swallowed);
                }
            } else {
                self.active.push(index);
            }
        }
        for handler in handlers {
            self.block(handler.body);
        }
        if let Some(finally) = finally {
            self.sequence(finally);
        }
    }

    pub(super) fn catches(&self, handler: &Handler<'d>, exit: &str) -> bool {
        let Some(types) = handler.types else { return true };
        let types = self.text(types);
        let names = types.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let mut names = names.filter(|name| name.starts_with(char::is_uppercase));
        let broad = ["Exception", "BaseException", "Throwable", "RuntimeException", "Error"];
        exit.is_empty() || names.any(|name| broad.contains(&name) || exit.contains(name))
    }

    /// How a handler deals with a failure: see [`Guard::care`].
    pub(super) fn care(&self, body: Node<'d>) -> u8 {
        let mut care = 0;
        for statement in if is_block(body.kind()) { statements(body) } else { vec![body] } {
            care = care.max(match shape(self.code.language, statement) {
                Shape::Leave(Leave::Raise) => 3,
                Shape::Leave(Leave::Return) => {
                    let text = self.text(statement);
                    let calls = named_children(statement).iter().any(|value| contains_call(self.code, *value));
                    if LEXICON.fails(&text) { 3 } else { u8::from(calls) * 2 }
                }
                Shape::Leave(Leave::Jump) => 0,
                Shape::Plain => match first_call(self.code, statement) {
                    Some(call) => {
                        let callee = self.code.callee(call, self.around());
                        if LEXICON.never_returns(&callee.path) {
                            3
                        } else if LEXICON.is_trivial(&callee.method) {
                            1
                        } else {
                            2
                        }
                    }
                    None => {
                        let kind = statement.named_child(0).map_or("", |inner| inner.kind());
                        u8::from(kind.contains("assignment") || statement.kind().contains("assignment")) * 2
                    }
                },
                _ => 2,
            });
        }
        care
    }
}

pub(super) fn holder_name<'d>(code: &Code<'d>, node: Node<'d>, around: &[Node<'d>]) -> Option<String> {
    let mut node = node;
    for _ in 0..6 {
        if is_call(code.language, node.kind()) {
            return Some(code.callee(node, around).path.clone());
        }
        node = match node.kind() {
            "with_item" | "as_pattern" | "await" | "parenthesized_expression" => node.named_child(0)?,
            "resource" => node.child_by_field_name("value")?,
            _ => return Some(normalised(code.text, node)),
        };
    }
    None
}
