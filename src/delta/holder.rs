//! Whether what held a removed fact is still there, and where a reader should look for it.

use std::ops::RangeInclusive;

use super::model::{Anchor, Delta};
use crate::change::{Change, LineMap};
use crate::source::{Document, Language, Locus};

/// Fills in anchors and survival of every removal. `documents` are the whole-file documents of the old side.
pub fn locate(
    deltas: &mut [Delta],
    change: &Change,
    maps: &[Option<LineMap>],
    documents: &dyn Fn(usize) -> Option<Document>,
) {
    for delta in deltas {
        let Delta::Removed { old, anchor, holder_survives } = delta else { continue };
        // Guards come with the place of their definition.
        if anchor.is_some() {
            continue;
        }
        let file = old.locus.file;
        let new_path = change.files.get(file).and_then(|file| file.new.as_ref()).map(|side| side.path.clone());
        let map = maps.get(file).and_then(Option::as_ref);
        let (Some(path), Some(map)) = (new_path, map) else {
            *holder_survives = false;
            continue;
        };
        let last = map.old_lines();
        let lines =
            documents(file).and_then(|document| holder_lines(&document, &old.locus)).unwrap_or(1..=last);
        let own = old.locus.start.line.max(*lines.start())..=old.locus.end.line.min(*lines.end());
        *holder_survives = map.kept(lines) > map.kept(own);
        let line = map.collapse(old.locus.start.line).max(1);
        *anchor = Some(Anchor { path, position: crate::source::Position { line, column: 1 } });
    }
}

/// Lines of the innermost definition or block around a place; `None` where the whole file holds it.
fn holder_lines(document: &Document, locus: &Locus) -> Option<RangeInclusive<u32>> {
    let tree = document.tree.as_ref()?;
    let mut node = tree.root_node().descendant_for_byte_range(locus.span.start, locus.span.end)?;
    loop {
        if holds(document.language, node.kind()) && strictly_around(node, locus) {
            return Some(
                document.lines.position(node.start_byte()).line..=document.lines.position(node.end_byte()).line,
            );
        }
        node = node.parent()?;
    }
}

/// A decorator or attribute is held by the definition below it, so the node must reach past the fact.
fn strictly_around(node: crate::source::Node<'_>, locus: &Locus) -> bool {
    node.start_byte() <= locus.span.start && node.end_byte() > locus.span.end
}

fn holds(language: Language, kind: &str) -> bool {
    match language {
        Language::Python => matches!(kind, "decorated_definition" | "function_definition" | "class_definition"),
        Language::Rust => matches!(kind, "function_item" | "impl_item" | "mod_item" | "trait_item"),
        Language::JavaScript | Language::TypeScript | Language::Tsx => matches!(
            kind,
            "function_declaration"
                | "method_definition"
                | "class_declaration"
                | "arrow_function"
                | "function_expression"
                | "generator_function_declaration"
        ),
        Language::Go => matches!(kind, "function_declaration" | "method_declaration" | "func_literal"),
        Language::Java => {
            matches!(kind, "method_declaration" | "constructor_declaration" | "class_declaration")
        }
        Language::Hcl => kind == "block",
        Language::Bash => kind == "function_definition",
        _ => false,
    }
}
