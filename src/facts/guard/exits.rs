//! Whether a block leaves, and whether it says no when it does.

use crate::source::Node;

use super::calls::first_call;
use super::lexicon::LEXICON;
use super::walk::Walk;
use crate::facts::code::{Leave, Shape, is_block, shape, statements};
use crate::source::Language;

/// How a block leaves.
pub(super) struct Exit {
    /// It raises, stops the program, or returns something that says no.
    pub fails: bool,
    /// Everything the block says, normalised.
    pub text: String,
}

impl<'d> Walk<'_, 'd> {
    /// How a statement or block leaves, `None` if whatever comes after it also runs.
    pub(super) fn leaves(&self, node: Node<'d>) -> Option<Exit> {
        self.leaves_within(node, 0)
    }

    fn leaves_within(&self, node: Node<'d>, depth: u8) -> Option<Exit> {
        if depth > 12 {
            return None;
        }
        let list = if is_block(node.kind()) { statements(node) } else { vec![node] };
        let count = list.len();
        for (index, statement) in list.into_iter().enumerate() {
            let exit = match shape(self.code.language, statement) {
                Shape::Leave(leave) => {
                    let text = self.text(node);
                    let fails = leave == Leave::Raise || (leave == Leave::Return && LEXICON.fails(&text));
                    Some(Exit { fails, text })
                }
                Shape::Block(block) => self.leaves_within(block, depth + 1),
                Shape::If { then, otherwise: Some(otherwise), negated: false, .. } => {
                    let both =
                        self.leaves_within(then, depth + 1).zip(self.leaves_within(otherwise, depth + 1));
                    both.map(|(one, other)| Exit { fails: one.fails && other.fails, text: one.text })
                }
                Shape::Plain => self.stops(node, statement, index + 1 == count),
                _ => None,
            };
            if exit.is_some() {
                return exit;
            }
        }
        None
    }

    /// A call that does not come back, or a Rust block whose value is an error.
    fn stops(&self, block: Node<'d>, statement: Node<'d>, last: bool) -> Option<Exit> {
        let is_error = |statement| self.text(statement).starts_with("Err(");
        if self.code.language == Language::Rust && last && is_error(statement) {
            return Some(Exit { fails: true, text: self.text(block) });
        }
        let inner = match statement.kind() {
            "expression_statement" => statement.named_child(0)?,
            _ => statement,
        };
        let inner =
            if matches!(inner.kind(), "await" | "await_expression") { inner.named_child(0)? } else { inner };
        let call = first_call(self.code, inner).filter(|call| *call == inner)?;
        let path = self.code.callee(call, self.around()).path.clone();
        LEXICON.never_returns(&path).then(|| Exit { fails: true, text: self.text(block) })
    }
}
