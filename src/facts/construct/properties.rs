//! The properties of a declaration as flat attributes, from objects, keyword arguments and struct literals.

use crate::source::Node;

use super::Reader;
use super::kinds::camel;
use crate::facts::code::{is_call, named_children};
use crate::facts::{Attribute, Scalar, Value};
use crate::source::Language;

/// Properties nested deeper keep their text.
const DEEPEST: u8 = 5;
/// Properties of one declaration.
const MOST: usize = 400;

impl<'d> Reader<'_, 'd> {
    /// The leaves of an expression that holds properties, under a prefix.
    pub(super) fn leaves(&self, node: Node<'d>, prefix: &str, depth: u8, found: &mut Vec<Attribute>) {
        if depth > DEEPEST || found.len() > MOST {
            return;
        }
        match self.bare(node) {
            Some(holder) => {
                for part in named_children(holder) {
                    self.part(part, prefix, depth, found);
                }
            }
            None => self.spread(node, prefix, found),
        }
    }

    /// The node whose children are properties: of an object, a dictionary, a call with keywords, a struct.
    fn bare(&self, node: Node<'d>) -> Option<Node<'d>> {
        let mut node = node;
        // `as`, parentheses, `&` and names that stand for an object.
        for _ in 0..4 {
            match node.kind() {
                "object" | "dictionary" => return Some(node),
                "identifier" => node = self.code.object(self.code.text_of(node), self.around)?,
                "composite_literal" => return node.child_by_field_name("body"),
                "call" if self.code.language == Language::Python => {
                    let list = node.child_by_field_name("arguments")?;
                    let keywords = named_children(list);
                    let all = keywords
                        .iter()
                        .all(|one| matches!(one.kind(), "keyword_argument" | "dictionary_splat"));
                    return (all && !keywords.is_empty()).then_some(list);
                }
                "unary_expression"
                | "parenthesized_expression"
                | "as_expression"
                | "satisfies_expression"
                | "literal_element"
                | "expression_list" => node = node.named_child(0)?,
                _ => return None,
            }
        }
        None
    }

    fn part(&self, part: Node<'d>, prefix: &str, depth: u8, found: &mut Vec<Attribute>) {
        let field = |name: &str| part.child_by_field_name(name);
        let (key, value) = match part.kind() {
            "pair" => match field("key").zip(field("value")) {
                Some(both) => both,
                None => return,
            },
            "keyword_argument" => match field("name").zip(field("value")) {
                Some(both) => both,
                None => return,
            },
            "keyed_element" => match part.named_child(0).zip(part.named_child(1)) {
                Some(both) => both,
                None => return,
            },
            "shorthand_property_identifier" => (part, part),
            "spread_element" | "dictionary_splat" => {
                if let Some(inner) = part.named_child(0) {
                    self.leaves(inner, prefix, depth + 1, found);
                }
                return;
            }
            _ => return,
        };
        let name = camel(self.code.text_of(key).trim_matches(['"', '\'']));
        if name.is_empty() || name.contains(['[', ']', '.', '\n']) {
            return;
        }
        self.give(&format!("{prefix}{name}"), value, part, depth, found);
    }

    /// One property, or the leaves of its value. A later one takes the place of an earlier one.
    pub(super) fn give(
        &self,
        path: &str,
        value: Node<'d>,
        holder: Node<'d>,
        depth: u8,
        found: &mut Vec<Attribute>,
    ) {
        found.retain(|one| {
            !one.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        if value.kind() != "identifier" && self.bare(value).is_some() && depth < DEEPEST {
            self.leaves(value, &format!("{path}."), depth + 1, found);
            return;
        }
        let locus = self.document.locus(holder.byte_range(), Vec::new());
        found.push(Attribute { path: path.to_owned(), value: self.value(value), locus, folded: None });
    }

    /// Properties that the file does not show.
    fn spread(&self, node: Node<'d>, prefix: &str, found: &mut Vec<Attribute>) {
        if matches!(self.code.text_of(node), "undefined" | "null" | "nil" | "None" | "{}") {
            return;
        }
        let locus = self.document.locus(node.byte_range(), Vec::new());
        let path = format!("{prefix}spread");
        found.push(Attribute { path, value: Value::Literal(Scalar::Bool(true)), locus, folded: None });
    }

    /// A value, with the wrappers of the libraries taken off.
    pub(super) fn value(&self, node: Node<'d>) -> Value {
        if let Some(inner) = self.unwrapped(node) {
            return self.value(inner);
        }
        match self.code.value(node, self.around) {
            Value::Unknown(text) => meaning(&text).unwrap_or_else(|| match node.kind() {
                // A list as a whole: what it says is compared, not what it is worth.
                "array" | "list" | "slice" => Value::string(text),
                _ => Value::Unknown(text),
            }),
            known => known,
        }
    }

    /// What a struct literal wraps, and the argument of `pulumi.Bool(true)` and its kin.
    fn unwrapped(&self, node: Node<'d>) -> Option<Node<'d>> {
        if node.kind() == "literal_element" {
            return node.named_child(0);
        }
        if self.code.language != Language::Go || !is_call(Language::Go, node.kind()) {
            return None;
        }
        let callee = self.code.callee(node, self.around);
        let wraps = callee.path.ends_with("/go/pulumi.Bool")
            || ["String", "Int", "Float64", "BoolPtr", "StringPtr", "IntPtr"]
                .iter()
                .any(|name| callee.path.ends_with(&format!("/go/pulumi.{name}")));
        let list = node.child_by_field_name("arguments").filter(|_| wraps)?;
        let [only] = named_children(list)[..] else { return None };
        Some(only)
    }
}

/// The member of an enumeration by its last name, a duration in days.
fn meaning(text: &str) -> Option<Value> {
    if let Some((_, call)) = text.rsplit_once("Duration.") {
        let (unit, rest) = call.split_once('(')?;
        let amount: f64 = rest.strip_suffix(')')?.trim().parse().ok()?;
        let days = match unit {
            "days" => 1.0,
            "hours" => 1.0 / 24.0,
            "minutes" => 1.0 / 1440.0,
            "seconds" => 1.0 / 86_400.0,
            _ => return None,
        };
        return Some(Value::Literal(Scalar::Number(amount * days)));
    }
    let plain = |one: char| one.is_alphanumeric() || matches!(one, '_' | '.' | '-' | '/' | '@');
    let (before, last) = text.rsplit_once('.')?;
    let member = last.chars().all(|one| one.is_ascii_uppercase() || one.is_ascii_digit() || one == '_');
    (text.chars().all(plain) && !before.is_empty() && !last.is_empty() && member).then(|| Value::string(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_durations_have_a_meaning() {
        assert_eq!(meaning("aws-cdk-lib.RemovalPolicy.RETAIN"), Some(Value::string("RETAIN")));
        assert_eq!(meaning("cdk.Duration.days(14)"), Some(Value::Literal(Scalar::Number(14.0))));
        assert_eq!(meaning("isProd ? a.RETAIN : a.DESTROY"), None);
        assert_eq!(meaning("props.days"), None);
    }
}
