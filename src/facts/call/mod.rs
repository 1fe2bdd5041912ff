//! Calls in program code: which function is reached, through which chain, with which arguments.
//!
//! A call is anything that is invoked, constructed or expanded: functions, methods, constructors, Rust macros and
//! struct literals, Go composite literals. Every link of a builder chain is a call of its own, with the calls
//! before it in `chain`.

use crate::source::Node;

use super::code::{Code, is_call, is_function, is_loop, is_type_definition, iterates, normalised};
use super::{Body, Call, Fact};
use crate::source::name_of;
use crate::source::{Document, Focus, Language};

pub(super) fn extract<'d>(document: &'d Document, code: &Code<'d>, focus: &Focus) -> Vec<Fact> {
    let mut walk =
        Walk { document, code, focus, around: Vec::new(), scope: Vec::new(), loops: 0, facts: Vec::new() };
    walk.run();
    walk.facts
}

struct Walk<'a, 'd> {
    document: &'d Document,
    code: &'a Code<'d>,
    focus: &'a Focus,
    /// Functions and classes around the cursor, outermost first.
    around: Vec<Node<'d>>,
    scope: Vec<String>,
    loops: u8,
    facts: Vec<Fact>,
}

/// What was opened on the way down and must be closed on the way up.
#[derive(Default)]
struct Opened {
    definition: bool,
    name: bool,
    repeats: bool,
}

impl<'d> Walk<'_, 'd> {
    fn run(&mut self) {
        let mut cursor = self.code.root.walk();
        let mut opened: Vec<Opened> = Vec::new();
        loop {
            let node = cursor.node();
            // Facts of an untouched item are equal on both sides.
            let skip = opened.len() == 1
                && self.document.embedding.is_none()
                && !self.focus.touches(&node.byte_range());
            if !skip && !is_test_code(self.code, node) {
                let entry = self.open(node);
                if node.is_named() && is_call(self.code.language, node.kind()) {
                    self.call(node);
                }
                if cursor.goto_first_child() {
                    opened.push(entry);
                    continue;
                }
                self.close(&entry);
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                if let Some(entry) = opened.pop() {
                    self.close(&entry);
                }
            }
        }
    }

    fn open(&mut self, node: Node<'d>) -> Opened {
        let language = self.code.language;
        if !node.is_named() {
            return Opened::default();
        }
        let kind = node.kind();
        let definition = is_function(language, kind) || is_type_definition(language, kind);
        if definition {
            self.around.push(node);
        }
        let name = name_of(self.document, &node);
        let repeats = is_loop(language, kind)
            || (is_call(language, kind) && iterates(self.code.callee(node, &self.around).method.as_str()));
        if repeats {
            self.loops = self.loops.saturating_add(1);
        }
        let opened = Opened { definition, name: name.is_some(), repeats };
        self.scope.extend(name);
        opened
    }

    fn close(&mut self, entry: &Opened) {
        if entry.definition {
            self.around.pop();
        }
        if entry.name {
            self.scope.pop();
        }
        if entry.repeats {
            self.loops = self.loops.saturating_sub(1);
        }
    }

    fn call(&mut self, node: Node<'d>) {
        let callee = self.code.callee(node, &self.around);
        if callee.path.is_empty() {
            return;
        }
        let own_loop = iterates(&callee.method);
        let call = Call {
            language: self.code.language,
            callee: callee.path.clone(),
            arguments: self.code.arguments(node, &self.around),
            chain: callee.chain.clone(),
            ends_chain: !is_built_upon(node),
            loop_depth: self.loops - u8::from(own_loop && self.loops > 0),
            text: normalised(self.code.text, node),
        };
        let locus = self.document.locus(node.byte_range(), self.scope.clone());
        self.facts.push(Fact { locus, body: Body::Call(call) });
    }
}

/// Whether a method of what the call returns is called next, also over lines.
fn is_built_upon(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let inner = match parent.kind() {
        "attribute" | "member_expression" | "method_invocation" => parent.child_by_field_name("object"),
        "selector_expression" => parent.child_by_field_name("operand"),
        "field_expression" => parent.child_by_field_name("value"),
        _ => None,
    };
    inner.is_some_and(|inner| inner.id() == node.id())
}

/// A module or function of Rust that is only compiled for tests.
fn is_test_code(code: &Code<'_>, node: Node<'_>) -> bool {
    if !(code.language == Language::Rust && matches!(node.kind(), "mod_item" | "function_item")) {
        return false;
    }
    let mut before = node.prev_sibling();
    while let Some(attribute) = before.filter(|one| matches!(one.kind(), "attribute_item" | "line_comment")) {
        let text = code.text_of(attribute);
        if text.contains("cfg(test)") || text.ends_with("test]") || text.contains("::test(") {
            return true;
        }
        before = attribute.prev_sibling();
    }
    false
}

#[cfg(test)]
mod tests;
