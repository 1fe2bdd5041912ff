//! What the imports of a file make of its names.

use std::collections::HashMap;

use crate::source::Node;

use super::kinds::named_children;
use crate::source::Language;

pub(super) type Imports = HashMap<String, String>;

/// The full path of every name that an import, `use` or `require` at the top of a file brings in.
pub(super) fn imports(language: Language, text: &str, root: Node<'_>) -> Imports {
    let mut reader = Reader { text, imports: Imports::new() };
    for node in named_children(root) {
        match language {
            Language::Python => reader.python(node),
            Language::Rust => {
                if node.kind() == "use_declaration"
                    && let Some(argument) = node.child_by_field_name("argument")
                {
                    reader.rust(argument, "", 0);
                }
            }
            Language::JavaScript | Language::TypeScript | Language::Tsx => reader.script(node),
            Language::Go => reader.go(node),
            Language::Java => reader.java(node),
            _ => {}
        }
    }
    reader.imports
}

struct Reader<'a> {
    text: &'a str,
    imports: Imports,
}

impl Reader<'_> {
    fn text_of(&self, node: Node<'_>) -> String {
        self.text.get(node.byte_range()).unwrap_or_default().split_whitespace().collect()
    }

    fn bring(&mut self, name: impl Into<String>, path: impl Into<String>) {
        self.imports.insert(name.into(), path.into());
    }

    fn python(&mut self, node: Node<'_>) {
        match node.kind() {
            "import_statement" => {
                for name in named_children(node) {
                    match (name.kind(), name.child_by_field_name("alias")) {
                        ("aliased_import", Some(alias)) => {
                            let path = name.child_by_field_name("name").map(|name| self.text_of(name));
                            self.bring(self.text_of(alias), path.unwrap_or_default());
                        }
                        _ => {
                            // `import os.path` binds `os`.
                            let path = self.text_of(name);
                            let first = path.split('.').next().unwrap_or_default().to_owned();
                            self.bring(first.clone(), first);
                        }
                    }
                }
            }
            "import_from_statement" => {
                let module_node = node.child_by_field_name("module_name");
                let module = module_node.map(|module| self.text_of(module)).unwrap_or_default();
                let module = module.trim_start_matches('.').to_owned();
                for name in named_children(node).into_iter().filter(|name| Some(*name) != module_node) {
                    let (bound, path) = match name.child_by_field_name("alias") {
                        Some(alias) => {
                            let path = name.child_by_field_name("name").map(|name| self.text_of(name));
                            (self.text_of(alias), path.unwrap_or_default())
                        }
                        None => (self.text_of(name), self.text_of(name)),
                    };
                    let full = if module.is_empty() { path } else { format!("{module}.{path}") };
                    self.bring(bound, full);
                }
            }
            "try_statement" | "if_statement" | "block" | "except_clause" | "else_clause" => {
                // Optional imports.
                for inner in named_children(node) {
                    if matches!(
                        inner.kind(),
                        "import_statement"
                            | "import_from_statement"
                            | "block"
                            | "except_clause"
                            | "else_clause"
                    ) {
                        self.python(inner);
                    }
                }
            }
            _ => {}
        }
    }

    fn rust(&mut self, node: Node<'_>, prefix: &str, depth: u8) {
        if depth > 16 {
            return;
        }
        let join = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}::{name}") };
        match node.kind() {
            "identifier" | "scoped_identifier" | "crate" | "self" => {
                let path = join(&self.text_of(node));
                match path.strip_suffix("::self") {
                    Some(module) => {
                        let last = module.rsplit("::").next().unwrap_or(module).to_owned();
                        self.bring(last, module);
                    }
                    None => {
                        let last = path.rsplit("::").next().unwrap_or(&path).to_owned();
                        self.bring(last, path);
                    }
                }
            }
            "use_as_clause" => {
                let path = node.child_by_field_name("path").map(|path| join(&self.text_of(path)));
                let alias = node.child_by_field_name("alias").map(|alias| self.text_of(alias));
                if let (Some(path), Some(alias)) = (path, alias) {
                    self.bring(alias, path.strip_suffix("::self").unwrap_or(&path));
                }
            }
            "scoped_use_list" => {
                let path = node.child_by_field_name("path").map(|path| join(&self.text_of(path)));
                if let Some(list) = node.child_by_field_name("list") {
                    self.rust(list, path.as_deref().unwrap_or(prefix), depth + 1);
                }
            }
            "use_list" => {
                for entry in named_children(node) {
                    self.rust(entry, prefix, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn script(&mut self, node: Node<'_>) {
        match node.kind() {
            "import_statement" => {
                let Some(source) = node.child_by_field_name("source") else { return };
                let module = module(&self.text_of(source));
                for clause in named_children(node).into_iter().filter(|child| child.kind() == "import_clause") {
                    for part in named_children(clause) {
                        match part.kind() {
                            "identifier" => self.bring(self.text_of(part), module.clone()),
                            "namespace_import" => {
                                if let Some(name) = part.named_child(0) {
                                    self.bring(self.text_of(name), module.clone());
                                }
                            }
                            "named_imports" => {
                                for specifier in named_children(part) {
                                    let Some(name) = specifier.child_by_field_name("name") else { continue };
                                    let name = self.text_of(name);
                                    let alias = specifier.child_by_field_name("alias");
                                    let bound = alias.map_or_else(|| name.clone(), |alias| self.text_of(alias));
                                    self.bring(bound, format!("{module}.{name}"));
                                }
                            }
                            _ => {}
                        }
                    }
                }
            }
            "lexical_declaration" | "variable_declaration" => {
                for declarator in named_children(node) {
                    let name = declarator.child_by_field_name("name");
                    let value = declarator.child_by_field_name("value");
                    if let (Some(name), Some(value)) = (name, value)
                        && let Some(path) = self.required(value)
                    {
                        self.destructure(name, &path);
                    }
                }
            }
            _ => {}
        }
    }

    /// The path of `require("x")`, `require("x").y`, `await import("x")`.
    fn required(&self, node: Node<'_>) -> Option<String> {
        let mut node = node;
        let mut rest = String::new();
        for _ in 0..8 {
            match node.kind() {
                "member_expression" => {
                    rest = format!(".{}{rest}", self.text_of(node.child_by_field_name("property")?));
                    node = node.child_by_field_name("object")?;
                }
                "await_expression" | "parenthesized_expression" => node = node.named_child(0)?,
                "call_expression" => {
                    let function = self.text_of(node.child_by_field_name("function")?);
                    if function != "require" && function != "import" {
                        return None;
                    }
                    let source = node.child_by_field_name("arguments")?.named_child(0)?;
                    let name = self.text_of(source);
                    return (source.kind() == "string").then(|| format!("{}{rest}", module(&name)));
                }
                _ => return None,
            }
        }
        None
    }

    fn destructure(&mut self, pattern: Node<'_>, path: &str) {
        match pattern.kind() {
            "identifier" => self.bring(self.text_of(pattern), path),
            "object_pattern" => {
                for part in named_children(pattern) {
                    match part.kind() {
                        "shorthand_property_identifier_pattern" => {
                            let name = self.text_of(part);
                            self.bring(name.clone(), format!("{path}.{name}"));
                        }
                        "pair_pattern" => {
                            let key = part.child_by_field_name("key").map(|key| self.text_of(key));
                            let value = part.child_by_field_name("value").map(|value| self.text_of(value));
                            if let (Some(key), Some(value)) = (key, value) {
                                self.bring(value, format!("{path}.{key}"));
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn go(&mut self, node: Node<'_>) {
        match node.kind() {
            "import_declaration" | "import_spec_list" => {
                for spec in named_children(node) {
                    self.go(spec);
                }
            }
            "import_spec" => {
                let Some(path) = node.child_by_field_name("path").map(|path| self.text_of(path)) else {
                    return;
                };
                let path = path.trim_matches(['"', '`']).to_owned();
                let name = match node.child_by_field_name("name") {
                    Some(name) => self.text_of(name),
                    None => go_package(&path).to_owned(),
                };
                self.bring(name, path);
            }
            _ => {}
        }
    }

    fn java(&mut self, node: Node<'_>) {
        if node.kind() != "import_declaration" {
            return;
        }
        let named = named_children(node).into_iter().find(|child| child.kind() != "asterisk");
        let wild = named_children(node).iter().any(|child| child.kind() == "asterisk");
        if let (Some(path), false) = (named.map(|path| self.text_of(path)), wild) {
            let last = path.rsplit('.').next().unwrap_or(&path).to_owned();
            self.bring(last, path);
        }
    }
}

/// A module's name without quotes and without the `node:` scheme.
fn module(quoted: &str) -> String {
    let name = quoted.trim_matches(['"', '\'', '`']);
    name.strip_prefix("node:").unwrap_or(name).to_owned()
}

/// The name that a Go import path binds: the last element, or the one before a version.
fn go_package(path: &str) -> &str {
    let mut elements = path.rsplit('/');
    let last = elements.next().unwrap_or(path);
    let is_version = last.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let name = if is_version { elements.next().unwrap_or(last) } else { last };
    let name = name.split_once(".v").map_or(name, |(name, _)| name);
    name.strip_prefix("go-").unwrap_or(name)
}
