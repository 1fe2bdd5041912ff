//! What an expression is worth: literals, folded arithmetic and durations, constants one step away.

use crate::source::Node;

use super::bindings::{Binding, Code};
use super::kinds::{is_call, is_string, named_children, transparent};
use super::tokens::rewritten;
use crate::facts::{Argument, Scalar, Value};

/// Expressions nested deeper are not folded.
const DEEPEST: u8 = 12;
/// Option objects nested deeper keep their text.
const DEEPEST_OPTIONS: u8 = 4;

impl<'d> Code<'d> {
    /// The arguments of a call; keys of option objects and fields of literals count as named ones.
    pub fn arguments(&self, call: Node<'d>, around: &[Node<'d>]) -> Vec<Argument> {
        let mut found = Vec::new();
        let list =
            call.child_by_field_name("arguments").or_else(|| call.child_by_field_name("body")).or_else(|| {
                named_children(call)
                    .into_iter()
                    .find(|child| matches!(child.kind(), "token_tree" | "argument_list"))
            });
        let Some(list) = list else { return found };
        if list.kind() == "token_tree" {
            let text = rewritten(self.text, list, &|_| None);
            let inside = text.trim_matches(['(', ')', '[', ']', '{', '}']).to_owned();
            if !inside.is_empty() {
                found.push(Argument { name: None, value: Value::Unknown(inside) });
            }
            return found;
        }
        if !matches!(list.kind(), "argument_list" | "arguments" | "field_initializer_list" | "literal_value") {
            // A generator expression or a template as the only argument.
            found.push(Argument { name: None, value: self.value(list, around) });
            return found;
        }
        for argument in named_children(list) {
            let field = |name: &str| argument.child_by_field_name(name);
            let named = match argument.kind() {
                "keyword_argument" => field("name").zip(field("value")),
                "field_initializer" => field("field").or(field("name")).zip(field("value")),
                "shorthand_field_initializer" => argument.named_child(0).map(|name| (name, name)),
                "keyed_element" => argument.named_child(0).zip(argument.named_child(1)),
                _ => None,
            };
            match named {
                Some((name, value)) => {
                    let name = self.text_of(name).trim().to_owned();
                    let value = self.value(value, around);
                    found.push(Argument { name: Some(name), value });
                }
                None => {
                    found.push(Argument { name: None, value: self.value(argument, around) });
                    if argument.kind() == "object" {
                        self.options(argument, "", around, 0, &mut found);
                    }
                }
            }
        }
        found
    }

    /// The keys of an option object, nested ones with dots.
    fn options(
        &self,
        object: Node<'d>,
        prefix: &str,
        around: &[Node<'d>],
        depth: u8,
        found: &mut Vec<Argument>,
    ) {
        if depth > DEEPEST_OPTIONS {
            return;
        }
        for pair in named_children(object) {
            let (key, value) = match pair.kind() {
                "pair" => match pair.child_by_field_name("key").zip(pair.child_by_field_name("value")) {
                    Some(both) => both,
                    None => continue,
                },
                "shorthand_property_identifier" => (pair, pair),
                _ => continue,
            };
            let name = format!("{prefix}{}", self.text_of(key).trim_matches(['"', '\'']));
            found.push(Argument { name: Some(name.clone()), value: self.value(value, around) });
            if value.kind() == "object" {
                self.options(value, &format!("{name}."), around, depth + 1, found);
            }
        }
    }

    /// The value of an expression. `around` holds the definitions that enclose it, outermost first.
    pub fn value(&self, node: Node<'d>, around: &[Node<'d>]) -> Value {
        match self.fold(node, around, 0) {
            Some(scalar) => Value::Literal(scalar),
            None => Value::Unknown(self.expanded(node, around)),
        }
    }

    fn fold(&self, node: Node<'d>, around: &[Node<'d>], depth: u8) -> Option<Scalar> {
        if depth > DEEPEST {
            return None;
        }
        let kind = node.kind();
        if is_string(kind) {
            return self.string(node).map(Scalar::String);
        }
        match kind {
            "true" | "false" => return Some(Scalar::Bool(kind == "true")),
            "boolean_literal" => return Some(Scalar::Bool(self.text_of(node) == "true")),
            "none" | "null" | "nil" | "undefined" | "null_literal" => return Some(Scalar::Null),
            "integer"
            | "float"
            | "number"
            | "integer_literal"
            | "float_literal"
            | "int_literal"
            | "decimal_integer_literal"
            | "hex_integer_literal"
            | "octal_integer_literal"
            | "decimal_floating_point_literal" => return number(self.text_of(node)).map(Scalar::Number),
            "concatenated_string" => {
                let parts = named_children(node)
                    .into_iter()
                    .map(|part| self.string(part))
                    .collect::<Option<Vec<_>>>()?;
                return Some(Scalar::String(parts.concat()));
            }
            "unary_operator" | "unary_expression" | "not_operator" => {
                let operand = node
                    .child_by_field_name("argument")
                    .or(node.child_by_field_name("operand"))
                    .or(node.named_child(0))?;
                let operator = node.child(0).map(|operator| self.text_of(operator))?;
                return match (operator, self.fold(operand, around, depth + 1)?) {
                    ("-", Scalar::Number(value)) => Some(Scalar::Number(-value)),
                    ("!" | "not", Scalar::Bool(value)) => Some(Scalar::Bool(!value)),
                    // `!0` and `!1` of minified JavaScript.
                    ("!", Scalar::Number(value)) => Some(Scalar::Bool(value == 0.0)),
                    ("&", value) => Some(value),
                    _ => None,
                };
            }
            "binary_operator" | "binary_expression" => return self.fold_binary(node, around, depth),
            "identifier" | "constant" | "shorthand_property_identifier" | "type_identifier" => {
                return match self.binding(self.text_of(node), around) {
                    Some(Binding::Value(value)) if depth < 4 && value.id() != node.id() => {
                        self.fold(value, around, depth + 4)
                    }
                    _ => match self.text_of(node) {
                        "None" => Some(Scalar::Null),
                        _ => None,
                    },
                };
            }
            "selector_expression"
            | "attribute"
            | "field_access"
            | "member_expression"
            | "scoped_identifier" => {
                return go_duration(&self.path_of(node, around)?).map(Scalar::Number);
            }
            "expression_list" | "literal_element" if node.named_child_count() == 1 => {
                return self.fold(node.named_child(0)?, around, depth + 1);
            }
            _ => {}
        }
        if is_call(self.language, kind) {
            return self.fold_call(node, around, depth);
        }
        self.fold(transparent(self.language, node)?, around, depth + 1)
    }

    fn fold_binary(&self, node: Node<'d>, around: &[Node<'d>], depth: u8) -> Option<Scalar> {
        let operator = node.child_by_field_name("operator").map(|operator| self.text_of(operator))?;
        if !matches!(operator, "+" | "-" | "*" | "/" | "**" | "<<") {
            return None;
        }
        let left = self.fold(node.child_by_field_name("left")?, around, depth + 1)?;
        let right = self.fold(node.child_by_field_name("right")?, around, depth + 1)?;
        match (left, right) {
            (Scalar::String(left), Scalar::String(right)) if operator == "+" => {
                Some(Scalar::String(left + &right))
            }
            (Scalar::Number(left), Scalar::Number(right)) => {
                let value = match operator {
                    "+" => left + right,
                    "-" => left - right,
                    "*" => left * right,
                    "/" => left / right,
                    "**" => left.powf(right),
                    _ => left * 2f64.powf(right),
                };
                value.is_finite().then_some(Scalar::Number(value))
            }
            _ => None,
        }
    }

    /// Durations in seconds, and constructors that only wrap a string.
    fn fold_call(&self, call: Node<'d>, around: &[Node<'d>], depth: u8) -> Option<Scalar> {
        let list = call.child_by_field_name("arguments")?;
        let arguments = named_children(list);
        let callee = self.callee(call, around);
        let method = callee.method.as_str();
        if let ([], "to_string" | "to_owned" | "into" | "as_str" | "as_ref" | "to_path_buf") =
            (arguments.as_slice(), method)
        {
            let receiver = call
                .child_by_field_name("function")
                .and_then(|function| function.child_by_field_name("value"))?;
            return self.fold(receiver, around, depth + 1);
        }
        if method == "timedelta" {
            let mut total = 0.0;
            for argument in &arguments {
                let (unit, value) = match argument.child_by_field_name("name") {
                    Some(name) => (self.text_of(name), argument.child_by_field_name("value")?),
                    None => ("days", *argument),
                };
                let Scalar::Number(value) = self.fold(value, around, depth + 1)? else { return None };
                total += value * unit_seconds(unit)?;
            }
            return Some(Scalar::Number(total));
        }
        let [argument] = arguments.as_slice() else { return None };
        if argument.kind() == "keyword_argument" {
            return None;
        }
        let inner = || self.fold(*argument, around, depth + 1);
        if callee.path.ends_with("Duration::from_secs")
            || callee.path.ends_with("Duration::from_secs_f64")
            || callee.path.ends_with("Duration::from_millis")
            || callee.path.ends_with("Duration::from_mins")
            || callee.path.ends_with("Duration::from_hours")
            || callee.path.contains("Duration.of")
        {
            let unit = method.trim_start_matches("from_").trim_start_matches("of").to_ascii_lowercase();
            let Scalar::Number(value) = inner()? else { return None };
            return Some(Scalar::Number(value * unit_seconds(unit.trim_end_matches("_f64"))?));
        }
        match callee.path.as_str() {
            "Some"
            | "String::from"
            | "PathBuf::from"
            | "Path::new"
            | "std::path::PathBuf::from"
            | "std::path::Path::new"
            | "pathlib.Path"
            | "Path"
            | "str"
            | "Path.of"
            | "Paths.get"
            | "java.nio.file.Path.of"
            | "java.nio.file.Paths.get"
            | "java.io.File"
            | "File"
            | "time.Duration"
            | "int"
            | "float" => inner(),
            _ => None,
        }
    }

    /// The content of a string without interpolation.
    fn string(&self, node: Node<'d>) -> Option<String> {
        if node.children().any(|child| {
            matches!(child.kind(), "interpolation" | "template_substitution" | "string_interpolation")
        }) {
            return None;
        }
        let text = self.text_of(node);
        if !is_string(node.kind()) {
            return None;
        }
        let prefix = text.find(['"', '\'', '`'])?;
        let raw = text[..prefix].contains(['r', 'R']) || text.starts_with('`');
        let mut inside = text[prefix..].trim_end_matches('#');
        for quotes in ["\"\"\"", "'''", "\"", "'", "`"] {
            if let Some(content) = inside.strip_prefix(quotes).and_then(|rest| rest.strip_suffix(quotes)) {
                inside = content;
                break;
            }
        }
        Some(if raw || !inside.contains('\\') { inside.to_owned() } else { unescaped(inside) })
    }

    /// The source text with imported names in full and variables replaced by what they were given.
    pub fn expanded(&self, node: Node<'d>, around: &[Node<'d>]) -> String {
        self.expanded_within(node, around, 0)
    }

    fn expanded_within(&self, node: Node<'d>, around: &[Node<'d>], depth: u8) -> String {
        rewritten(self.text, node, &|leaf| {
            if !matches!(leaf.kind(), "identifier" | "type_identifier" | "shorthand_property_identifier") {
                return None;
            }
            let name = self.text_of(leaf);
            match self.binding(name, around) {
                Some(Binding::Value(value))
                    if depth < 2
                        && (value.end_byte() <= node.start_byte() || value.start_byte() >= node.end_byte())
                        && !self.is_member_name(leaf) =>
                {
                    Some(self.expanded_within(value, around, depth + 1))
                }
                Some(_) => None,
                // What is around a name is asked last: it costs more than what the name stands for.
                None => self.import(name).filter(|_| !self.is_member_name(leaf)).map(str::to_owned),
            }
        })
    }

    /// The name of a member, keyword or key rather than of a variable.
    fn is_member_name(&self, leaf: Node<'d>) -> bool {
        let Some(parent) = leaf.parent() else { return false };
        let is = |field: &str| parent.child_by_field_name(field) == Some(leaf);
        match parent.kind() {
            "attribute" => is("attribute"),
            "keyword_argument" => is("name"),
            "field_access" | "selector_expression" | "field_expression" => is("field"),
            "method_invocation" => is("name") && parent.child_by_field_name("object").is_some(),
            "scoped_identifier" => is("name"),
            "scoped_type_identifier" | "qualified_type" => is("name"),
            "keyed_element" => parent.named_child(0) == Some(leaf),
            "literal_element" => parent
                .parent()
                .is_some_and(|pair| pair.kind() == "keyed_element" && pair.named_child(0) == Some(parent)),
            _ => false,
        }
    }
}

fn number(text: &str) -> Option<f64> {
    let plain = text.replace('_', "").to_ascii_lowercase();
    if let Some(hex) = plain.strip_prefix("0x") {
        let digits = hex.trim_end_matches(|letter: char| !letter.is_ascii_hexdigit());
        return u64::from_str_radix(digits, 16).ok().map(|value| value as f64);
    }
    if let Some(octal) = plain.strip_prefix("0o") {
        return u64::from_str_radix(octal, 8).ok().map(|value| value as f64);
    }
    if let Ok(value) = plain.parse::<f64>() {
        return Some(value);
    }
    let end = plain.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(plain.len());
    let known = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64",
        "l", "n", "f", "d",
    ];
    known.contains(&&plain[end..]).then(|| plain[..end].parse().ok()).flatten()
}

fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit.trim_end_matches('s') {
        "nano" | "nanosecond" => 1e-9,
        "micro" | "microsecond" => 1e-6,
        "milli" | "millisecond" => 1e-3,
        "sec" | "second" => 1.0,
        "min" | "minute" => 60.0,
        "hour" => 3600.0,
        "day" => 86_400.0,
        "week" => 604_800.0,
        _ => return None,
    })
}

/// The constants of Go's `time` package.
fn go_duration(path: &str) -> Option<f64> {
    unit_seconds(&path.strip_prefix("time.")?.to_ascii_lowercase())
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('0') => plain.push('\0'),
            Some('\n') => {}
            Some(other) => plain.push(other),
            None => plain.push('\\'),
        }
    }
    plain
}
