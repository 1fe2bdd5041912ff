//! The names of the definitions around a place in program code.

use super::{Document, Language, Node, Scope};

/// Names of the definitions around a node, outermost first.
pub fn scope_of(document: &Document, node: &Node<'_>) -> Scope {
    let mut scope = Scope::new();
    let mut current = node.parent();
    while let Some(node) = current {
        if let Some(name) = name_of(document, &node) {
            scope.push(name);
        }
        current = node.parent();
    }
    scope.reverse();
    scope
}

/// The name that a node gives to what it holds.
pub fn name_of(document: &Document, node: &Node<'_>) -> Option<String> {
    let text = |node: Node<'_>| document.text.get(node.byte_range()).map(str::to_owned);
    let field = |name: &str| node.child_by_field_name(name).and_then(text);
    match (document.language, node.kind()) {
        (Language::Python, "function_definition" | "class_definition")
        | (Language::Rust, "function_item" | "mod_item" | "trait_item" | "struct_item" | "enum_item")
        | (
            Language::Java,
            "method_declaration" | "class_declaration" | "constructor_declaration" | "interface_declaration",
        )
        | (
            Language::JavaScript | Language::TypeScript | Language::Tsx,
            "function_declaration"
            | "generator_function_declaration"
            | "class_declaration"
            | "method_definition",
        )
        | (Language::Go, "function_declaration" | "method_declaration")
        | (Language::Bash, "function_definition") => field("name"),
        (Language::Rust, "impl_item") => field("type"),
        (Language::JavaScript | Language::TypeScript | Language::Tsx, "variable_declarator") => {
            let value = node.child_by_field_name("value")?;
            matches!(value.kind(), "arrow_function" | "function_expression").then(|| field("name")).flatten()
        }
        (Language::Hcl, "block") => {
            let labels = node
                .children()
                .take_while(|child| child.kind() != "block_start")
                .filter_map(text)
                .map(|label| label.trim_matches('"').to_owned());
            Some(labels.collect::<Vec<_>>().join("."))
        }
        _ => None,
    }
}
