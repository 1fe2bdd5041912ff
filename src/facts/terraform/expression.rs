//! An expression of Terraform as a value that can be rendered, compared and folded.

use std::fmt::Write;
use std::ops::Range;

/// An expression with its place in the text that it was read from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Byte offsets in the text that it stands in.
    pub span: Range<usize>,
    pub kind: Expression,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Null,
    Bool(bool),
    Number(f64),
    /// A string without interpolation, escapes decoded.
    Text(String),
    /// A string with interpolations.
    Template(Vec<Piece>),
    List(Vec<Node>),
    Object(Vec<Entry>),
    /// `var.zone`, `aws_subnet.a[0].id`: the root name and what follows.
    Reference(String, Vec<Step>),
    Call(String, Vec<Node>),
    Conditional(Box<[Node; 3]>),
    Binary(String, Box<[Node; 2]>),
    Unary(String, Box<Node>),
    /// Anything else; its tokens with single blanks.
    Opaque(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Hole(Node),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// Byte offsets of key and value together.
    pub span: Range<usize>,
    pub key: Key,
    pub value: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    Name(String),
    /// A key that is an expression; its source text.
    Computed(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Name(String),
    Index(Box<Node>),
    Splat,
}

impl Node {
    pub(super) fn new(span: Range<usize>, kind: Expression) -> Self {
        Self { span, kind }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Expression::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_literal(&self) -> bool {
        matches!(
            self.kind,
            Expression::Null | Expression::Bool(_) | Expression::Number(_) | Expression::Text(_)
        )
    }

    /// The source text in one normal form: the same for every layout of the same expression.
    pub(super) fn source(&self) -> String {
        let mut text = String::new();
        self.render(&mut text);
        text
    }

    fn render(&self, out: &mut String) {
        match &self.kind {
            Expression::Null => out.push_str("null"),
            Expression::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Expression::Number(value) => {
                let _ = write!(out, "{value}");
            }
            Expression::Text(text) => {
                out.push('"');
                out.push_str(text);
                out.push('"');
            }
            Expression::Template(pieces) => {
                out.push('"');
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => out.push_str(text),
                        Piece::Hole(node) => {
                            out.push_str("${");
                            node.render(out);
                            out.push('}');
                        }
                    }
                }
                out.push('"');
            }
            Expression::List(items) => {
                out.push('[');
                list(items, out);
                out.push(']');
            }
            Expression::Object(entries) => {
                out.push('{');
                for (index, entry) in entries.iter().enumerate() {
                    out.push_str(if index == 0 { " " } else { ", " });
                    match &entry.key {
                        Key::Name(name) | Key::Computed(name) => out.push_str(name),
                    }
                    out.push_str(" = ");
                    entry.value.render(out);
                }
                out.push_str(if entries.is_empty() { "}" } else { " }" });
            }
            Expression::Reference(root, steps) => {
                out.push_str(root);
                for step in steps {
                    match step {
                        Step::Name(name) => {
                            out.push('.');
                            out.push_str(name);
                        }
                        Step::Index(node) => {
                            out.push('[');
                            node.render(out);
                            out.push(']');
                        }
                        Step::Splat => out.push_str("[*]"),
                    }
                }
            }
            Expression::Call(name, arguments) => {
                out.push_str(name);
                out.push('(');
                list(arguments, out);
                out.push(')');
            }
            Expression::Conditional(parts) => {
                parts[0].render(out);
                out.push_str(" ? ");
                parts[1].render(out);
                out.push_str(" : ");
                parts[2].render(out);
            }
            Expression::Binary(operator, sides) => {
                sides[0].render_operand(out);
                let _ = write!(out, " {operator} ");
                sides[1].render_operand(out);
            }
            Expression::Unary(operator, operand) => {
                out.push_str(operator);
                operand.render_operand(out);
            }
            Expression::Opaque(text) => out.push_str(text),
        }
    }

    /// Inside an operation whatever could bind differently stands in brackets.
    fn render_operand(&self, out: &mut String) {
        if matches!(self.kind, Expression::Binary(..) | Expression::Conditional(_)) {
            out.push('(');
            self.render(out);
            out.push(')');
        } else {
            self.render(out);
        }
    }
}

fn list(items: &[Node], out: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        item.render(out);
    }
}
