//! The shape of statements: which ones branch, protect, repeat or leave, whatever the language.

use crate::source::Node;

use super::kinds::{is_loop, named_children};
use crate::source::Language;

/// A statement, as far as control flow goes.
pub enum Shape<'t> {
    If {
        /// Also holds what Go evaluates before it (`if err := f(); err != nil`).
        condition: Vec<Node<'t>>,
        then: Node<'t>,
        otherwise: Option<Node<'t>>,
        /// `let … else { … }`, `unless`: the block runs when the condition does not hold.
        negated: bool,
    },
    /// `with`, `synchronized`, `try (…)`: something is in force while the body runs.
    Within {
        holders: Vec<Node<'t>>,
        body: Node<'t>,
    },
    Try {
        body: Node<'t>,
        handlers: Vec<Handler<'t>>,
        finally: Option<Node<'t>>,
    },
    Loop {
        head: Vec<Node<'t>>,
        body: Node<'t>,
    },
    /// A bare block.
    Block(Node<'t>),
    /// `return`, `raise`, `throw`, `break`, `continue`.
    Leave(Leave),
    Plain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    Return,
    Raise,
    /// `break`, `continue`.
    Jump,
}

pub struct Handler<'t> {
    /// The exception types; `None` catches everything.
    pub types: Option<Node<'t>>,
    pub body: Node<'t>,
}

/// The statements of a block in order.
pub fn statements(block: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    for child in named_children(block) {
        match child.kind() {
            "statement_list" => found.extend(named_children(child)),
            _ => found.push(child),
        }
    }
    found
}

/// A node that holds statements.
pub fn is_block(kind: &str) -> bool {
    matches!(
        kind,
        "block" | "statement_block" | "module" | "source_file" | "program" | "constructor_body" | "class_body"
    )
}

pub fn shape<'t>(language: Language, node: Node<'t>) -> Shape<'t> {
    let field = |name: &str| node.child_by_field_name(name);
    let child = |kind: &str| named_children(node).into_iter().find(|child| child.kind() == kind);
    match node.kind() {
        "if_statement" | "if_expression" | "elif_clause" => {
            let condition = field("initializer").into_iter().chain(field("condition")).collect();
            let Some(then) = field("consequence") else { return Shape::Plain };
            let otherwise = field("alternative").map(|alternative| match alternative.kind() {
                // The body of an `else`; an `elif` or `else if` is an `if` of its own.
                "else_clause" => alternative
                    .child_by_field_name("body")
                    .or_else(|| named_children(alternative).into_iter().next())
                    .unwrap_or(alternative),
                _ => alternative,
            });
            Shape::If { condition, then, otherwise, negated: false }
        }
        "ternary_expression" => match (field("condition"), field("consequence")) {
            (Some(condition), Some(then)) => {
                Shape::If { condition: vec![condition], then, otherwise: field("alternative"), negated: false }
            }
            _ => Shape::Plain,
        },
        // `then if condition else otherwise`
        "conditional_expression" if language == Language::Python => match named_children(node).as_slice() {
            [then, condition, otherwise] => Shape::If {
                condition: vec![*condition],
                then: *then,
                otherwise: Some(*otherwise),
                negated: false,
            },
            _ => Shape::Plain,
        },
        "let_declaration" if language == Language::Rust => match (field("alternative"), field("value")) {
            (Some(otherwise), Some(value)) => {
                Shape::If { condition: vec![value], then: otherwise, otherwise: None, negated: true }
            }
            _ => Shape::Plain,
        },
        "with_statement" => {
            let holders = child("with_clause").map(|clause| named_children(clause)).unwrap_or_default();
            field("body").map_or(Shape::Plain, |body| Shape::Within { holders, body })
        }
        "synchronized_statement" => {
            let holders = child("parenthesized_expression").into_iter().collect();
            field("body").map_or(Shape::Plain, |body| Shape::Within { holders, body })
        }
        "try_with_resources_statement" => {
            let holders = field("resources").map(|resources| named_children(resources)).unwrap_or_default();
            field("body").map_or(Shape::Plain, |body| Shape::Within { holders, body })
        }
        "try_statement" => {
            let Some(body) = field("body").or(child("block")) else { return Shape::Plain };
            let mut handlers = Vec::new();
            let mut finally = None;
            for part in named_children(node) {
                match part.kind() {
                    "except_clause" | "except_group_clause" => {
                        let block = named_children(part).into_iter().find(|child| child.kind() == "block");
                        let types = named_children(part).into_iter().find(|child| child.kind() != "block");
                        handlers.extend(block.map(|body| Handler { types, body }));
                    }
                    "catch_clause" => {
                        let block = part.child_by_field_name("body");
                        let types = named_children(part)
                            .into_iter()
                            .find(|child| child.kind() == "catch_formal_parameter");
                        handlers.extend(block.map(|body| Handler { types, body }));
                    }
                    "finally_clause" => {
                        finally = part
                            .child_by_field_name("body")
                            .or_else(|| named_children(part).into_iter().find(|child| is_block(child.kind())));
                    }
                    _ => {}
                }
            }
            Shape::Try { body, handlers, finally }
        }
        "return_statement" | "return_expression" => Shape::Leave(Leave::Return),
        "raise_statement" | "throw_statement" => Shape::Leave(Leave::Raise),
        "break_statement" | "continue_statement" | "break_expression" | "continue_expression" => {
            Shape::Leave(Leave::Jump)
        }
        "expression_statement" => match node.named_child(0) {
            // Rust: `return`, `if` and loops are expressions.
            Some(inner) if language == Language::Rust => shape(language, inner),
            // `condition && act();`
            Some(inner) if inner.kind() == "binary_expression" => {
                let part = |name: &str| inner.child_by_field_name(name);
                match (part("left"), part("operator"), part("right")) {
                    (Some(left), Some(operator), Some(right)) if operator.kind() == "&&" => {
                        Shape::If { condition: vec![left], then: right, otherwise: None, negated: false }
                    }
                    _ => Shape::Plain,
                }
            }
            _ => Shape::Plain,
        },
        "unsafe_block" | "async_block" => child("block").map_or(Shape::Plain, Shape::Block),
        "labeled_statement" => field("body").map_or(Shape::Plain, |body| shape(language, body)),
        kind if is_block(kind) => Shape::Block(node),
        kind if is_loop(language, kind) && kind.ends_with(['t', 'n']) && !kind.ends_with("comprehension") => {
            let Some(body) = field("body") else { return Shape::Plain };
            let head = named_children(node).into_iter().filter(|child| *child != body).collect();
            Shape::Loop { head, body }
        }
        _ => Shape::Plain,
    }
}

/// An inline function: its body, be it a block or an expression.
pub fn closure_body(node: Node<'_>) -> Option<Node<'_>> {
    matches!(
        node.kind(),
        "arrow_function"
            | "function_expression"
            | "function"
            | "lambda"
            | "lambda_expression"
            | "closure_expression"
            | "func_literal"
            | "async_block"
            | "anonymous_function"
    )
    .then(|| {
        node.child_by_field_name("body")
            .or_else(|| named_children(node).into_iter().find(|child| is_block(child.kind())))
    })
    .flatten()
}
