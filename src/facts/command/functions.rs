//! Functions of a script: what they do is judged where they are called.

use std::collections::BTreeMap;
use std::ops::Range;

use super::conditions::Guards;
use super::flow::{Flow, Said, State};
use super::say::guard;
use super::script::{List, Node, RawWord};
use crate::facts::StatusHandling;

pub(super) struct Function<'s> {
    pub(super) body: &'s Node,
    pub(super) walked: bool,
    /// Sayings of its body.
    pub(super) said: Range<usize>,
    /// What holds where it is defined: the script would have left before.
    pub(super) defined: Guards,
    /// What holds at every call.
    pub(super) callers: Option<Guards>,
    /// What holds after it because it leaves otherwise.
    pub(super) ensures: Guards,
}

pub(super) fn collect_functions<'s>(list: &'s List, functions: &mut BTreeMap<&'s str, Function<'s>>) {
    each_node(list, &mut |node| {
        if let Node::Function { name, body } = node {
            functions.insert(
                name.as_str(),
                Function {
                    body,
                    walked: false,
                    said: 0..0,
                    defined: Guards::new(),
                    callers: None,
                    ensures: Guards::new(),
                },
            );
        }
    });
}

/// Whether a function reads an answer.
pub(super) fn asks(body: &Node) -> bool {
    let mut found = false;
    each_in_node(body, &mut |node| {
        if let Node::Simple(simple) = node {
            let word = |index: usize| simple.words.get(index).and_then(RawWord::literal);
            found |= word(0).as_deref() == Some("read");
        }
    });
    found
}

pub(super) fn each_node<'s>(list: &'s List, visit: &mut impl FnMut(&'s Node)) {
    for node in list {
        each_in_node(node, visit);
    }
}

pub(super) fn each_in_node<'s>(node: &'s Node, visit: &mut impl FnMut(&'s Node)) {
    visit(node);
    match node {
        Node::Simple(_) | Node::Arithmetic(_) => {}
        Node::Pipeline { parts, .. } => parts.iter().for_each(|part| each_in_node(part, visit)),
        Node::AndOr { first, rest } => {
            each_in_node(first, visit);
            rest.iter().for_each(|(_, node)| each_in_node(node, visit));
        }
        Node::Group(list) | Node::Subshell(list) => each_node(list, visit),
        Node::If { arms, otherwise } => {
            for (condition, body) in arms {
                each_node(condition, visit);
                each_node(body, visit);
            }
            otherwise.iter().for_each(|list| each_node(list, visit));
        }
        Node::Loop { condition, body, .. } => {
            each_node(condition, visit);
            each_node(body, visit);
        }
        Node::For { body, .. } => each_node(body, visit),
        Node::Case { arms, .. } => arms.iter().for_each(|arm| each_node(&arm.body, visit)),
        Node::Function { body, .. } => each_in_node(body, visit),
    }
}

impl<'s> Flow<'s, '_> {
    /// A call of a function of this script.
    pub(super) fn call(&mut self, name: &str, state: &mut State) {
        let Some((&name, function)) = self.functions.get_key_value(name) else { return };
        let walked = function.walked;
        let body = function.body;
        let callers: Guards = match &function.callers {
            None => state.guards.clone(),
            Some(before) => before.intersection(&state.guards).cloned().collect(),
        };
        if let Some(function) = self.functions.get_mut(name) {
            function.callers = Some(callers);
        }
        if !walked {
            self.walk_function(name, body, state);
        }
        if let Some(function) = self.functions.get(name) {
            state.hold(&function.ensures.clone());
        }
    }

    pub(super) fn walk_function(&mut self, name: &'s str, body: &'s Node, state: &State) {
        if let Some(function) = self.functions.get_mut(name) {
            function.walked = true;
        }
        let start = self.said.len();
        let mut inner = State { guards: Guards::new(), ..state.clone() };
        self.around.scope.push(name.to_owned());
        self.node(body, &mut inner, StatusHandling::Plain);
        self.around.scope.pop();
        let end = self.said.len();
        if let Some(function) = self.functions.get_mut(name) {
            function.said = start..end;
            inner.leave_folder();
            function.ensures = inner.guards;
        }
    }

    /// Functions that nobody called, and the guards of the callers of the others.
    pub(super) fn finish_functions(&mut self, state: &State) {
        let names: Vec<&'s str> = self.functions.keys().copied().collect();
        for name in &names {
            let Some(function) = self.functions.get(name).filter(|function| !function.walked) else { continue };
            self.walk_function(name, function.body, &State { guards: Guards::new(), ..state.clone() });
        }
        for name in names {
            let Some(function) = self.functions.get(name) else { continue };
            let mut callers = function.callers.clone().unwrap_or_default();
            callers.extend(function.defined.iter().cloned());
            if callers.is_empty() {
                continue;
            }
            for saying in self.said.get_mut(function.said.clone()).unwrap_or_default() {
                if let Said::Command(command) = &mut saying.said {
                    guard(command, &callers);
                }
            }
        }
    }
}
