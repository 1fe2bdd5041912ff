//! Values that program code gives to names: constants, fields, keys of option tables, defaults of parameters and
//! command-line options, fallbacks of the environment.
//!
//! They are settings like those of configuration files; their paths are in snake case whatever the language
//! writes: `debug`, `Config.verify` as `config.verify`, a parameter as `purge.dry_run`, an option as
//! `option.dry_run`, a fallback as `env.debug`.

use crate::source::Node;

use super::code::{Code, Item, ItemKind, is_call, is_comment, is_string, named_children, normalised};
use super::guard::snake;
use super::{Body, Fact, Scalar, Setting, Value};
use crate::source::{Document, Language};

/// Tables nested deeper keep their text.
const DEEPEST: u8 = 3;
/// Longest expression that is kept as it stands, in bytes.
const LONGEST: usize = 300;
/// Calls of one document that are asked for options and fallbacks.
const MOST_CALLS: usize = 4000;

pub(super) fn extract(document: &Document, code: &Code<'_>) -> Vec<Fact> {
    if document.embedding.is_some() {
        return Vec::new();
    }
    let mut lens = Lens { document, code, facts: Vec::new() };
    for item in code.items() {
        match item.kind {
            ItemKind::Module | ItemKind::Type => lens.fields(item),
            ItemKind::Function => lens.parameters(item),
        }
    }
    lens.calls();
    lens.facts
}

struct Lens<'a, 'd> {
    document: &'a Document,
    code: &'a Code<'d>,
    facts: Vec<Fact>,
}

impl<'d> Lens<'_, 'd> {
    fn give(&mut self, path: &str, value: Value, node: Node<'d>) {
        if matches!(&value, Value::Unknown(text) if text.len() > LONGEST) {
            return;
        }
        let path = snake(path).replace('-', "_");
        // A path is divided by dots alone.
        if path.is_empty() || path.split('.').any(str::is_empty) || path.contains(['[', ']', '\n']) {
            return;
        }
        let locus = self.document.locus(node.byte_range(), Vec::new());
        self.facts
            .push(Fact { locus, body: Body::Setting(Setting { language: self.code.language, path, value }) });
    }

    /// Constants of a module, fields of a class.
    fn fields(&mut self, item: &Item<'d>) {
        let prefix = if item.name.is_empty() { String::new() } else { format!("{}.", item.name) };
        for statement in item.body.map(named_children).unwrap_or_default() {
            let mut holders = vec![statement];
            if matches!(
                statement.kind(),
                "export_statement"
                    | "expression_statement"
                    | "lexical_declaration"
                    | "variable_declaration"
                    | "const_declaration"
                    | "var_declaration"
                    | "field_declaration"
            ) {
                holders = named_children(statement);
                for inner in holders.clone() {
                    holders.extend(named_children(inner));
                }
            }
            for holder in holders {
                let field = |name: &str| holder.child_by_field_name(name);
                let (name, value) = match holder.kind() {
                    "assignment" | "assignment_expression" => (field("left"), field("right")),
                    "variable_declarator" | "const_item" | "static_item" | "const_spec" | "var_spec" => {
                        (field("name"), field("value"))
                    }
                    "public_field_definition" | "field_definition" => {
                        (field("name").or(field("property")), field("value"))
                    }
                    _ => continue,
                };
                let (Some(name), Some(value)) = (name, value) else { continue };
                let value = if value.kind() == "expression_list" {
                    value.named_child(0).unwrap_or(value)
                } else {
                    value
                };
                let name = self.code.text_of(name).trim_start_matches("module.").to_owned();
                self.value(&format!("{prefix}{name}"), value, holder, &item.around, 0);
            }
        }
    }

    /// A value, and below a table the values of its keys.
    fn value(&mut self, path: &str, value: Node<'d>, holder: Node<'d>, around: &[Node<'d>], depth: u8) {
        // `const limiter = rateLimit({ max: 100 })`: the options of what is made are those of the name.
        let options =
            value.child_by_field_name("arguments").filter(|_| is_call(self.code.language, value.kind()));
        let only = options.filter(|list| list.named_child_count() == 1).and_then(|list| list.named_child(0));
        let value = only.filter(|only| only.kind() == "object").unwrap_or(value);
        let table = matches!(value.kind(), "object" | "dictionary");
        if table && depth < DEEPEST {
            for pair in named_children(value) {
                let both = pair.child_by_field_name("key").zip(pair.child_by_field_name("value"));
                let Some((key, inner)) = both else { continue };
                let key = self.code.text_of(key).trim_matches(['"', '\'']).replace('.', "_");
                self.value(&format!("{path}.{key}"), inner, pair, around, depth + 1);
            }
            return;
        }
        let value = self.code.value(value, around);
        self.give(path, value, holder);
    }

    fn parameters(&mut self, item: &Item<'d>) {
        for parameter in item.parameters.map(named_children).unwrap_or_default() {
            let field = |name: &str| parameter.child_by_field_name(name);
            let name = field("name").or(field("pattern")).or(field("left"));
            let value = field("value").or(field("right"));
            let table =
                [Some(parameter), name].into_iter().flatten().find(|one| one.kind() == "object_pattern");
            // `{ force = false } = {}`: the options that a function takes.
            for option in table.map(named_children).unwrap_or_default() {
                let both = option.child_by_field_name("left").zip(option.child_by_field_name("right"));
                if let Some((name, value)) = both.filter(|_| option.kind() == "object_assignment_pattern") {
                    let holder = item.name.replace(['.', ' ', '/'], "_");
                    let path = format!("{holder}.{}", self.code.text_of(name));
                    let value = self.code.value(value, &item.around);
                    self.give(&path, value, option);
                }
            }
            if let (Some(name), Some(value)) = (name, value) {
                let path = format!("{}.{}", item.name.replace(['.', ' ', '/'], "_"), self.code.text_of(name));
                let value = self.code.value(value, &item.around);
                self.give(&path, value, parameter);
            }
        }
    }

    /// Options of command lines and fallbacks of the environment.
    fn calls(&mut self) {
        let mut cursor = self.code.root.walk();
        let mut seen = 0;
        loop {
            let node = cursor.node();
            let kind = if node.is_named() { node.kind() } else { "" };
            if is_call(self.code.language, kind) {
                seen += 1;
                if seen > MOST_CALLS {
                    return;
                }
                self.option(node);
                self.fallback(node);
            }
            if kind == "binary_expression" {
                self.script_fallback(node);
            }
            if kind == "field_declaration" && self.code.language == Language::Rust {
                self.derived_option(node);
            }
            if !is_comment(kind) && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    fn option(&mut self, node: Node<'d>) {
        let Some(list) = node.child_by_field_name("arguments") else { return };
        let written = self.code.written_method(node);
        let go = self.code.language == Language::Go;
        let typed = ["Bool", "Int", "String", "Duration"].iter().any(|kind| written.starts_with(kind));
        let adds = matches!(written, "add_argument" | "option" | "Option" | "add_option" | "addOption");
        if !(if go { typed } else { adds }) {
            return;
        }
        let callee = self.code.callee(node, &[]);
        let arguments = named_children(list);
        let literal = |node: &Node<'d>| match self.code.value(*node, &[]) {
            Value::Literal(Scalar::String(text)) if is_string(node.kind()) => Some(text),
            _ => None,
        };
        if go {
            let flag = callee.path.starts_with("flag.")
                || callee.path.contains("pflag")
                || callee.path.contains(".Flags.");
            if let (true, Some((index, name))) =
                (flag, arguments.iter().enumerate().find_map(|(index, one)| Some((index, literal(one)?))))
                && let Some(default) = arguments.get(index + 1)
            {
                let value = self.code.value(*default, &[]);
                self.give(&format!("option.{name}"), value, node);
            }
            return;
        }
        let Some(name) = arguments.iter().filter_map(literal).find(|text| text.starts_with("--")) else {
            return;
        };
        let name = name.trim_start_matches('-').split(['/', ' ', '=']).next().unwrap_or_default().to_owned();
        let named = self.code.arguments(node, &[]);
        let get =
            |key: &str| named.iter().find(|one| one.name.as_deref() == Some(key)).map(|one| one.value.clone());
        let flag = |value: bool| Value::Literal(Scalar::Bool(value));
        let action = get("action").map(|value| value.as_text()).unwrap_or_default();
        let value = get("default").or(match action.as_str() {
            "store_true" => Some(flag(false)),
            "store_false" => Some(flag(true)),
            _ if get("is_flag").is_some() => Some(flag(false)),
            _ => None,
        });
        if let Some(value) = value {
            self.give(&format!("option.{name}"), value, node);
        }
    }

    /// `#[arg(long, default_value_t = true)] dry_run: bool`: what clap takes for an option that is not given.
    fn derived_option(&mut self, field: Node<'d>) {
        let Some(name) = field.child_by_field_name("name") else { return };
        let mut before = field.prev_sibling();
        while let Some(attribute) = before.filter(|one| one.kind() == "attribute_item") {
            let text = normalised(self.code.text, attribute);
            let value = ["default_value_t=", "default_value="].iter().find_map(|key| {
                let tight: String = text.split_whitespace().collect();
                let rest = tight.split_once(key)?.1.to_owned();
                Some(rest.split([',', ')']).next().unwrap_or_default().to_owned())
            });
            if let Some(value) = value {
                let scalar = match value.trim_matches('"') {
                    "true" => Scalar::Bool(true),
                    "false" => Scalar::Bool(false),
                    plain => match plain.replace('_', "").parse() {
                        Ok(number) => Scalar::Number(number),
                        Err(_) => Scalar::String(plain.to_owned()),
                    },
                };
                let path = format!("option.{}", self.code.text_of(name));
                self.give(&path, Value::Literal(scalar), field);
                return;
            }
            before = attribute.prev_sibling();
        }
    }

    /// `os.environ.get("X", "d")`, `os.getenv("X", "d")`, `env::var("X").unwrap_or("d")`.
    fn fallback(&mut self, node: Node<'d>) {
        let Some(list) = node.child_by_field_name("arguments") else { return };
        if !matches!(self.code.written_method(node), "get" | "getenv" | "unwrap_or" | "unwrap_or_else") {
            return;
        }
        let callee = self.code.callee(node, &[]);
        let arguments = named_children(list);
        let python = matches!(callee.path.as_str(), "os.environ.get" | "os.getenv" | "environ.get" | "getenv");
        if let (true, [name, default]) = (python, arguments.as_slice()) {
            let name = self.code.value(*name, &[]).as_text();
            let value = self.code.value(*default, &[]);
            self.give(&format!("env.{name}"), value, node);
        }
        let rust = matches!(callee.method.as_str(), "unwrap_or" | "unwrap_or_else")
            && callee.path.contains("env::var");
        if let (true, Some(first), [default]) = (rust, callee.chain.first(), arguments.as_slice()) {
            let name = first.split('"').nth(1).unwrap_or_default().to_owned();
            let value = self.code.value(*default, &[]);
            self.give(&format!("env.{name}"), value, node);
        }
    }

    /// `process.env.X || "d"`, `process.env.X ?? "d"`.
    fn script_fallback(&mut self, node: Node<'d>) {
        let field = |name: &str| node.child_by_field_name(name);
        let (Some(left), Some(operator), Some(right)) = (field("left"), field("operator"), field("right"))
        else {
            return;
        };
        let name = self.code.text_of(left).strip_prefix("process.env.").map(str::to_owned);
        if let (Some(name), "||" | "??") = (name, self.code.text_of(operator)) {
            let value = self.code.value(right, &[]);
            self.give(&format!("env.{name}"), value, node);
        }
    }
}
