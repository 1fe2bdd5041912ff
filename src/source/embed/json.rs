//! Scripts in JSON: `package.json` and its kin, devcontainers, container commands.

use crate::source::Node;

use super::decoded::Decoded;
use super::outline::Value;
use super::{Finder, Fragment, Language, workloads};

pub(super) fn find(finder: &Finder<'_>) -> Vec<Fragment> {
    let Some(tree) = &finder.host.tree else { return Vec::new() };
    let root = tree.root_node();
    let values: Vec<Value<'_>> = root.named_children().map(Value::of).collect();
    let mut fragments = Vec::new();
    let name = finder.host.path.rsplit('/').next().unwrap_or_default();
    for value in values {
        match name {
            "package.json" | "composer.json" | "deno.json" | "deno.jsonc" => {
                for section in ["scripts", "tasks"] {
                    let Some(scripts) = value.get(finder, section) else { continue };
                    scripts_of(finder, scripts, &mut fragments);
                }
            }
            "devcontainer.json" | ".devcontainer.json" => {
                for entry in value.entries(finder).into_iter().filter(|entry| entry.key.ends_with("Command")) {
                    workloads::command_line(finder, entry.value, &entry.key, Vec::new(), &mut fragments);
                }
            }
            _ => workloads::find(finder, value, &mut fragments),
        }
    }
    fragments
}

fn scripts_of(finder: &Finder<'_>, scripts: Value<'_>, fragments: &mut Vec<Fragment>) {
    for entry in scripts.entries(finder) {
        if !finder.touched(&entry.node.byte_range()) {
            continue;
        }
        // Composer takes lists of commands.
        let lines = match entry.value {
            Value::Sequence(_) => entry.value.items(),
            other => vec![other],
        };
        let mut decoded = Decoded::default();
        for line in lines.into_iter().filter_map(|line| line.text(finder)) {
            if !decoded.text.is_empty() {
                decoded.stand_in(line.origin(0), "\n");
            }
            decoded.append(&line);
        }
        let through = format!("script {}", entry.key);
        fragments.push(Fragment { language: Language::Bash, through, decoded, scope: vec![entry.key] });
    }
}

/// A JSON string without its quotes and escapes; other scalars as they stand.
pub(super) fn string(finder: &Finder<'_>, node: Node<'_>) -> Decoded {
    let mut decoded = Decoded::default();
    let source = finder.source(node);
    let Some(inside) = source.strip_prefix('"') else {
        decoded.literal(node.start_byte(), source);
        return decoded;
    };
    let inside = inside.strip_suffix('"').unwrap_or(inside);
    super::escapes::decode(inside, node.start_byte() + 1, super::escapes::Style::Json, &mut decoded);
    decoded
}
