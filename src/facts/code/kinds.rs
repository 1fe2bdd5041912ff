//! What a syntax node is, across languages.

use crate::source::Node;

use crate::source::Language;

/// Something that is called, constructed or expanded: `f()`, `new X()`, `m!()`, `&T{…}`.
pub fn is_call(language: Language, kind: &str) -> bool {
    match language {
        Language::Python => kind == "call",
        Language::Rust => matches!(kind, "call_expression" | "macro_invocation" | "struct_expression"),
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            matches!(kind, "call_expression" | "new_expression")
        }
        Language::Go => matches!(kind, "call_expression" | "composite_literal"),
        Language::Java => matches!(kind, "method_invocation" | "object_creation_expression"),
        _ => false,
    }
}

/// A function, method or constructor with a name of its own.
pub fn is_function(language: Language, kind: &str) -> bool {
    match language {
        Language::Python => kind == "function_definition",
        Language::Rust => matches!(kind, "function_item" | "function_signature_item"),
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            matches!(kind, "function_declaration" | "generator_function_declaration" | "method_definition")
        }
        Language::Go => matches!(kind, "function_declaration" | "method_declaration"),
        Language::Java => matches!(kind, "method_declaration" | "constructor_declaration"),
        _ => false,
    }
}

/// A class, trait, implementation block or the like that holds functions.
pub fn is_type_definition(language: Language, kind: &str) -> bool {
    match language {
        Language::Python => kind == "class_definition",
        Language::Rust => matches!(kind, "impl_item" | "trait_item" | "mod_item"),
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            matches!(kind, "class_declaration" | "class" | "abstract_class_declaration")
        }
        Language::Java => matches!(
            kind,
            "class_declaration" | "interface_declaration" | "record_declaration" | "enum_declaration"
        ),
        _ => false,
    }
}

pub fn is_loop(language: Language, kind: &str) -> bool {
    match language {
        Language::Python => matches!(
            kind,
            "for_statement"
                | "while_statement"
                | "list_comprehension"
                | "set_comprehension"
                | "dictionary_comprehension"
                | "generator_expression"
        ),
        Language::Rust => matches!(kind, "for_expression" | "while_expression" | "loop_expression"),
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            matches!(kind, "for_statement" | "for_in_statement" | "while_statement" | "do_statement")
        }
        Language::Go => kind == "for_statement",
        Language::Java => {
            matches!(kind, "for_statement" | "enhanced_for_statement" | "while_statement" | "do_statement")
        }
        _ => false,
    }
}

/// A method that calls its closure once for every element.
pub fn iterates(method: &str) -> bool {
    matches!(method, "forEach" | "for_each" | "map" | "flatMap" | "flat_map" | "filter_map" | "try_for_each")
}

/// A wrapper that changes nothing about which thing an expression stands for.
pub(super) fn transparent<'t>(language: Language, node: Node<'t>) -> Option<Node<'t>> {
    let field = |name: &str| node.child_by_field_name(name);
    match (language, node.kind()) {
        (Language::Python, "await" | "parenthesized_expression")
        | (Language::Rust, "await_expression" | "try_expression" | "parenthesized_expression")
        | (
            Language::JavaScript | Language::TypeScript | Language::Tsx,
            "await_expression"
            | "parenthesized_expression"
            | "non_null_expression"
            | "as_expression"
            | "satisfies_expression",
        )
        | (Language::Go | Language::Java, "parenthesized_expression") => node.named_child(0),
        (Language::Rust, "reference_expression") => field("value"),
        (Language::Rust, "generic_function") => field("function"),
        (Language::Go, "unary_expression") => field("operand").filter(|_| {
            node.child_by_field_name("operator").is_some_and(|operator| matches!(operator.kind(), "&" | "*"))
        }),
        (Language::Java, "cast_expression") => field("value"),
        (Language::Rust, "unary_expression") => {
            node.child(0).filter(|operator| operator.kind() == "*").and_then(|_| node.named_child(0))
        }
        _ => None,
    }
}

pub fn is_string(kind: &str) -> bool {
    matches!(
        kind,
        "string"
            | "template_string"
            | "string_literal"
            | "raw_string_literal"
            | "interpreted_string_literal"
            | "character_literal"
            | "char_literal"
            | "rune_literal"
            | "text_block"
    )
}

pub fn is_comment(kind: &str) -> bool {
    matches!(kind, "comment" | "line_comment" | "block_comment")
}

/// Named children without comments.
pub fn named_children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    node.named_children().filter(|child| !(child.is_extra() && is_comment(child.kind()))).collect()
}
