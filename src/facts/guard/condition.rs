//! A condition as a formula that says when the operation behind it is held back.
//!
//! `if not ok: raise` and `if ok: operate()` hold back in the same case, so both read alike, and so do reordered
//! and negated forms of them.

use std::collections::BTreeSet;

use crate::source::Node;

use crate::facts::code::{Code, named_children, normalised};
use crate::facts::{Connective, Formula, Term};

/// Terms of one formula; longer conditions keep their text as one term.
const MOST_TERMS: usize = 24;

/// The formula of a condition; `negated` turns it into its opposite.
pub(super) fn formula<'d>(code: &Code<'d>, node: Node<'d>, negated: bool, around: &[Node<'d>]) -> Formula {
    let (inner, flipped) = peel(code, node);
    let negated = negated != flipped;
    let (connective, operands) = operands(code, inner);
    let connective = match (connective, negated) {
        (Connective::All, true) => Connective::Any,
        (Connective::Any, true) => Connective::All,
        (any, _) => any,
    };
    let mut terms = BTreeSet::new();
    let mut constants = Vec::new();
    for operand in operands {
        match constant(code, operand) {
            Some(value) => constants.push(value != negated),
            None => {
                terms.insert(term(code, operand, negated, around));
            }
        }
    }
    // `x or True` always holds, `x and False` never does; other constants say nothing.
    let constant = match connective {
        Connective::Any if constants.contains(&true) => Some(true),
        Connective::All if constants.contains(&false) => Some(false),
        _ if terms.is_empty() => constants.first().copied(),
        _ => None,
    };
    Formula { connective, terms, constant }
}

/// Takes parentheses and negations off; true if their number is odd.
fn peel<'d>(code: &Code<'d>, node: Node<'d>) -> (Node<'d>, bool) {
    let (mut node, mut flipped) = (node, false);
    for _ in 0..16 {
        let inner = match node.kind() {
            "parenthesized_expression" | "await" | "await_expression" | "expression_list"
                if node.named_child_count() == 1 =>
            {
                node.named_child(0)
            }
            "not_operator" | "unary_expression" | "unary_operator" => {
                let operator = node.child(0).map(|operator| code.text_of(operator)).unwrap_or_default();
                let operand = node
                    .child_by_field_name("argument")
                    .or(node.child_by_field_name("operand"))
                    .or(node.named_child(0));
                match operator {
                    "not" | "!" => {
                        flipped = !flipped;
                        operand
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    (node, flipped)
}

/// The operands of the outermost `and` or `or`.
fn operands<'d>(code: &Code<'d>, node: Node<'d>) -> (Connective, Vec<Node<'d>>) {
    let Some(connective) = connective(code, node) else { return (Connective::Any, vec![node]) };
    let mut found = Vec::new();
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        let inner =
            if node.kind() == "parenthesized_expression" { node.named_child(0).unwrap_or(node) } else { node };
        let same = self::connective(code, inner) == Some(connective);
        let both = inner.child_by_field_name("left").zip(inner.child_by_field_name("right"));
        match both.filter(|_| same && found.len() + waiting.len() < MOST_TERMS) {
            Some((left, right)) => {
                waiting.push(right);
                waiting.push(left);
            }
            None => found.push(node),
        }
    }
    (connective, found)
}

fn connective(code: &Code<'_>, node: Node<'_>) -> Option<Connective> {
    if !matches!(node.kind(), "boolean_operator" | "binary_expression") {
        return None;
    }
    match node.child_by_field_name("operator").map(|operator| code.text_of(operator))? {
        "and" | "&&" => Some(Connective::All),
        "or" | "||" => Some(Connective::Any),
        _ => None,
    }
}

/// `True`, `false`, `0`, `1`, `1 == 1`, negated or not.
pub(super) fn constant<'d>(code: &Code<'d>, node: Node<'d>) -> Option<bool> {
    let (node, flipped) = peel(code, node);
    let value = match node.kind() {
        "true" => true,
        "false" | "none" | "null" | "nil" => false,
        "boolean_literal" => code.text_of(node) == "true",
        "integer" | "number" | "int_literal" | "integer_literal" | "decimal_integer_literal" => {
            code.text_of(node) != "0"
        }
        "binary_expression" | "comparison_operator" => {
            let operands = named_children(node);
            let [left, right] = operands.as_slice() else { return None };
            let literal =
                |node: &Node<'_>| node.named_child_count() == 0 && !node.kind().contains("identifier");
            let equal = code.text_of(*left) == code.text_of(*right);
            let operator = comparison_operator(code, node)?;
            if !(literal(left) && literal(right)) {
                return None;
            }
            match operator.as_str() {
                "==" => equal,
                "!=" => !equal,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(value != flipped)
}

fn comparison_operator(code: &Code<'_>, node: Node<'_>) -> Option<String> {
    if let Some(operator) = node.child_by_field_name("operator") {
        return Some(plain_operator(code.text_of(operator)).to_owned());
    }
    let words: Vec<&str> =
        node.children().filter(|child| !child.is_named()).map(|child| code.text_of(child)).collect();
    (!words.is_empty()).then(|| plain_operator(&words.join(" ")).to_owned())
}

fn plain_operator(operator: &str) -> &str {
    match operator {
        "===" | "is" => "==",
        "!==" | "is not" | "<>" => "!=",
        other => other,
    }
}

fn opposite(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "==" => "!=",
        "!=" => "==",
        "<" => ">=",
        ">=" => "<",
        ">" => "<=",
        "<=" => ">",
        "in" => "not in",
        "not in" => "in",
        _ => return None,
    })
}

fn mirrored(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "==" => "==",
        "!=" => "!=",
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        _ => return None,
    })
}

fn term<'d>(code: &Code<'d>, node: Node<'d>, negated: bool, around: &[Node<'d>]) -> Term {
    let (inner, flipped) = peel(code, node);
    let negated = negated != flipped;
    if matches!(inner.kind(), "binary_expression" | "comparison_operator") {
        let operands = named_children(inner);
        if let ([left, right], Some(operator)) = (operands.as_slice(), comparison_operator(code, inner)) {
            let number = |node: Node<'d>| code.value(node, around).as_number();
            let literal = |node: Node<'d>| matches!(code.value(node, around), crate::facts::Value::Literal(_));
            let operator = if negated { opposite(&operator).map(str::to_owned) } else { Some(operator) };
            if let Some(operator) = operator {
                let (left, right, operator) = match mirrored(&operator) {
                    Some(mirror) if literal(*left) && !literal(*right) => (*right, *left, mirror.to_owned()),
                    _ => (*left, *right, operator),
                };
                return Term {
                    subject: normalised(code.text, left),
                    operator,
                    object: normalised(code.text, right),
                    bound: number(right),
                };
            }
        }
    }
    let operator = if negated { "fails" } else { "holds" }.to_owned();
    Term { subject: normalised(code.text, inner), operator, object: String::new(), bound: None }
}

impl Term {
    /// The same term turned round.
    pub fn is_opposite(&self, other: &Self) -> bool {
        let turned = match self.operator.as_str() {
            "holds" => Some("fails"),
            "fails" => Some("holds"),
            operator => opposite(operator),
        };
        let strict = match (self.operator.as_str(), other.operator.as_str()) {
            ("<" | "<=", ">" | ">=") | (">" | ">=", "<" | "<=") => true,
            _ => turned == Some(other.operator.as_str()),
        };
        strict && self.subject == other.subject && self.object == other.object
    }
}
