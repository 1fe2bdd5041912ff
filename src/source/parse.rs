//! Parsing under guards: a time budget, an obstacle test before, and the old tree as a start for the new one.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{InputEdit, ParseOptions, Parser, Point, Tree};

use super::{Language, admit};

/// Time for one text.
const BUDGET: Duration = Duration::from_millis(200);

/// Parses a text, or says why not; `Ok(None)` for languages without a grammar here.
pub fn parse(text: &str, language: Language) -> Result<Option<Tree>, String> {
    parse_from(text, language, None)
}

/// Parses the new side starting from the tree of the old one.
pub fn parse_again(
    text: &str,
    language: Language,
    old_text: &str,
    old_tree: &Tree,
) -> Result<Option<Tree>, String> {
    // Incremental parsing is exact only where neither text holds an error.
    if old_tree.root_node().has_error() {
        return parse(text, language);
    }
    let mut start = old_tree.clone();
    start.edit(&edit(old_text, text));
    let again = parse_from(text, language, Some(&start))?;
    match again {
        Some(tree) if tree.root_node().has_error() => parse(text, language),
        other => Ok(other),
    }
}

fn parse_from(text: &str, language: Language, start: Option<&Tree>) -> Result<Option<Tree>, String> {
    let Some(grammar) = language.grammar() else { return Ok(None) };
    if let Some(reason) = admit::obstacle(text, language) {
        return Err(reason);
    }
    let mut parser = Parser::new();
    parser.set_language(&grammar).map_err(|error| format!("grammar cannot be used: {error}"))?;
    let begun = Instant::now();
    let mut stop = |_: &tree_sitter::ParseState| {
        if begun.elapsed() > BUDGET { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    let mut read = |at: usize, _: Point| bytes.get(at..).unwrap_or_default();
    let options = ParseOptions::new().progress_callback(&mut stop);
    match parser.parse_with_options(&mut read, start, Some(options)) {
        Some(tree) => Ok(Some(tree)),
        None => Err(format!("parser stopped after {} ms", BUDGET.as_millis())),
    }
}

/// The one edit between two texts: what is left between their common start and end.
fn edit(old: &str, new: &str) -> InputEdit {
    let start = old.bytes().zip(new.bytes()).take_while(|(one, other)| one == other).count();
    let most = old.len().min(new.len()) - start;
    let end =
        old.bytes().rev().zip(new.bytes().rev()).take(most).take_while(|(one, other)| one == other).count();
    let (old_end, new_end) = (old.len() - end, new.len() - end);
    InputEdit {
        start_byte: start,
        old_end_byte: old_end,
        new_end_byte: new_end,
        start_position: point(old, start),
        old_end_position: point(old, old_end),
        new_end_position: point(new, new_end),
    }
}

fn point(text: &str, offset: usize) -> Point {
    let before = &text.as_bytes()[..offset];
    let row = memchr::memchr_iter(b'\n', before).count();
    let column = offset - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    Point { row, column }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_parse_equals_a_full_one() {
        let old = "def f(x):\n    return x\n\ndef g():\n    f(1)\n";
        let new = "def f(x):\n    if x:\n        return x\n\ndef g():\n    f(2)\n";
        let tree = parse(old, Language::Python).unwrap().unwrap();
        let again = parse_again(new, Language::Python, old, &tree).unwrap().unwrap();
        let full = parse(new, Language::Python).unwrap().unwrap();
        assert_eq!(again.root_node().to_sexp(), full.root_node().to_sexp());
    }

    #[test]
    fn slow_inputs_are_stopped_and_named() {
        let text = "{a:".repeat(400);
        let begun = Instant::now();
        let _ = parse(&text, Language::JavaScript);
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}
