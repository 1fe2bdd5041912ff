//! Shell in Makefiles: each logical line of a recipe, with variables of the Makefile put in.

use std::collections::HashMap;

use crate::source::Node;

use super::decoded::Decoded;
use super::{Finder, Fragment, Language, Scope};

pub(super) fn find(finder: &Finder<'_>) -> Vec<Fragment> {
    let Some(tree) = &finder.host.tree else { return Vec::new() };
    let mut fragments = Vec::new();
    let mut variables = None;
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if finder.touched(&node.byte_range()) {
            if node.kind() == "recipe_line" {
                let variables = variables.get_or_insert_with(|| literals(finder, tree.root_node()));
                fragments.push(line(finder, node, variables));
            } else if cursor.goto_first_child() {
                continue;
            }
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return fragments;
            }
        }
    }
}

/// Variables that are set once, to a text without variables.
fn literals<'a>(finder: &Finder<'a>, root: Node<'_>) -> HashMap<&'a str, Option<&'a str>> {
    let mut found = HashMap::new();
    for node in root.named_children().filter(|node| node.kind() == "variable_assignment") {
        let name = node.child_by_field_name("name").map(|name| finder.source(name).trim()).unwrap_or_default();
        let operator =
            node.child_by_field_name("operator").map(|operator| finder.source(operator)).unwrap_or_default();
        let value =
            node.child_by_field_name("value").map(|value| finder.source(value).trim()).unwrap_or_default();
        let known = matches!(operator, "=" | ":=" | "::=" | "?=") && !value.contains('$') && !value.is_empty();
        found.entry(name).and_modify(|value| *value = None).or_insert(known.then_some(value));
    }
    found
}

fn line(finder: &Finder<'_>, node: Node<'_>, variables: &HashMap<&str, Option<&str>>) -> Fragment {
    let start = node.start_byte();
    let source = finder.source(node);
    let body = source.trim_start_matches(['@', '-', '+', ' ', '\t']);
    let prefix = &source[..source.len() - body.len()];
    let mut decoded = Decoded::default();
    expand(body.trim_end(), start + prefix.len(), variables, &mut decoded);
    // A minus sign is `|| true` by another name.
    if prefix.contains('-') {
        decoded.stand_in(start, " || true");
    }
    Fragment { language: Language::Bash, through: "recipe".to_owned(), decoded, scope: target(finder, node) }
}

/// `$$` is a dollar sign, `$(NAME)` what the Makefile sets, a line that goes on begins with a tab of the recipe.
fn expand(source: &str, host: usize, variables: &HashMap<&str, Option<&str>>, out: &mut Decoded) {
    let mut at = 0;
    while let Some(found) = source[at..].find(['$', '\\']) {
        let from = at + found;
        out.literal(host + at, &source[at..from]);
        let rest = &source[from..];
        at = if rest.starts_with("$$") {
            out.literal(host + from, "$");
            from + 2
        } else if let Some(after) = rest.strip_prefix("\\\r\n").or_else(|| rest.strip_prefix("\\\n")) {
            let next = after.strip_prefix('\t').unwrap_or(after);
            out.stand_in(host + from, "\\\n");
            source.len() - next.len()
        } else if rest.starts_with("$(") || rest.starts_with("${") {
            let length = reference(rest);
            let name = rest.get(2..length.saturating_sub(1)).unwrap_or_default().trim();
            match variables.get(name) {
                Some(Some(value)) => out.stand_in(host + from, value),
                _ if name.contains([' ', ',']) => out.hole(host + from),
                _ => out.shell_hole(host + from, name),
            }
            from + length
        } else if let Some(name) = rest.strip_prefix('$') {
            let next = name.chars().next().map_or(0, char::len_utf8);
            out.hole(host + from);
            from + 1 + next
        } else {
            // The character after a backslash is the shell's business.
            let next = rest[1..].chars().next().filter(|letter| *letter != '$').map_or(0, char::len_utf8);
            out.literal(host + from, &rest[..1 + next]);
            from + 1 + next
        };
    }
    out.literal(host + at, &source[at..]);
}

/// The length of `$(…)` or `${…}`, nested ones included.
fn reference(text: &str) -> usize {
    let mut depth = 0usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '{' => depth += 1,
            ')' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// The target that a recipe makes.
fn target(finder: &Finder<'_>, node: Node<'_>) -> Scope {
    let mut current = node.parent();
    while let Some(parent) = current {
        if parent.kind() == "rule" {
            return parent
                .named_children()
                .find(|child| child.kind() == "targets")
                .map(|targets| finder.source(targets).trim().to_owned())
                .into_iter()
                .collect();
        }
        current = parent.parent();
    }
    Scope::new()
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;

    #[test]
    fn recipes_are_command_lines() {
        let text = "DIR := build\nX = $(DIR)\nclean: dep\n\t@rm -rf $(DIR)/$$HOME \\\n\t\tother '$(X)'\n\t-rm $(X) $(shell date) $@\n\
                    deploy: ; rm -rf y\n";
        assert_eq!(
            shown("Makefile", text),
            [
                "bash | recipe | 4:3 | rm -rf build/$HOME \\\n\tother '__hole__'",
                "bash | recipe | 6:3 | rm ${X} __hole__ __hole__ || true",
                "bash | recipe | 7:11 | rm -rf y",
            ]
        );
    }
}
