//! How a command ends: whether what follows is still reached, and whether its failure is thrown away.

use super::flow::Flow;
use super::script::{Node, RawWord};
use super::tools::Tools;

impl Flow<'_, '_> {
    /// Whether what follows is not reached after this node.
    pub(super) fn leaves(&self, node: &Node) -> bool {
        match node {
            Node::Simple(simple) => simple.words.first().and_then(RawWord::literal).is_some_and(|program| {
                Tools::get().leaves(&program)
                    || self
                        .functions
                        .get(program.as_str())
                        .is_some_and(|function| self.ends_script(function.body))
            }),
            Node::Group(list) | Node::Subshell(list) => list.last().is_some_and(|node| self.leaves(node)),
            Node::AndOr { first, rest } => {
                rest.last().is_some_and(|(_, node)| self.leaves(node)) && self.is_message(first)
            }
            Node::If { arms, otherwise } => {
                otherwise.as_ref().is_some_and(|list| list.last().is_some_and(|node| self.leaves(node)))
                    && arms.iter().all(|(_, body)| body.last().is_some_and(|node| self.leaves(node)))
            }
            _ => false,
        }
    }

    /// A function whose last command is `exit`.
    pub(super) fn ends_script(&self, body: &Node) -> bool {
        match body {
            Node::Group(list) => list.last().is_some_and(|node| {
                matches!(node, Node::Simple(simple)
                    if simple.words.first().and_then(RawWord::literal).as_deref() == Some("exit"))
            }),
            _ => false,
        }
    }

    pub(super) fn is_message(&self, node: &Node) -> bool {
        matches!(node, Node::Simple(simple) if simple.words.first().and_then(RawWord::literal)
            .is_some_and(|program| matches!(program.as_str(), "echo" | "printf")))
    }

    /// Whether the alternative after `||` throws the failure away.
    pub(super) fn shrugs(&self, node: &Node) -> bool {
        match node {
            Node::Simple(simple) => {
                let word = |index: usize| simple.words.get(index).and_then(RawWord::literal);
                match word(0).as_deref() {
                    Some("exit" | "return") => word(1).as_deref() == Some("0"),
                    Some(program) => Tools::get().shrugs(program),
                    None => false,
                }
            }
            Node::Group(list) => list.last().is_some_and(|node| self.shrugs(node)),
            Node::Pipeline { parts, .. } => parts.last().is_some_and(|node| self.shrugs(node)),
            _ => false,
        }
    }
}

pub(super) fn is_true(node: &Node) -> bool {
    match node {
        Node::Simple(simple) => {
            let word = |index: usize| simple.words.get(index).and_then(RawWord::literal);
            match word(0).as_deref() {
                Some("true" | ":") => simple.words.len() == 1,
                Some("exit" | "return") => word(1).as_deref() == Some("0"),
                _ => false,
            }
        }
        _ => false,
    }
}
