//! Parsing under guards: a time budget, an obstacle test before, and the old tree as a start for the new one.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tree_sitter::{InputEdit, ParseOptions, Parser, Point};

use super::{Language, Tree, admit};
use crate::change::LineMap;

/// Steps for one text, a hundred actions of the parser each: about 1.2 MB of ordinary code, 0.5 s. Steps are counted and
/// not time, so that a busy machine judges as an idle one does.
const MOST_STEPS: u32 = 10_000;
/// Where steps are slow: the time after which it ends all the same.
const LONGEST: Duration = Duration::from_secs(3);
/// Levels of a tree. What climbs from a node to its ancestors takes time in the square of this.
const DEEPEST_TREE: usize = 1000;

/// Parses a text, or says why not; `Ok(None)` for languages without a grammar here.
pub fn parse(text: &str, language: Language) -> Result<Option<Arc<Tree>>, String> {
    parse_from(text, language, None)
}

/// Parses the new side starting from the tree of the old one; what stands in lines that `map` joins is taken over.
pub fn parse_again(
    text: &str,
    language: Language,
    old_text: &str,
    old_tree: &Tree,
    map: &LineMap,
) -> Result<Option<Arc<Tree>>, String> {
    // Incremental parsing is exact only where neither text holds an error.
    if old_tree.root_node().has_error() {
        return parse(text, language);
    }
    let mut start = old_tree.syntax().clone();
    // From the last edit to the first, so that each one's offsets still hold.
    for edit in edits(old_text, text, map).iter().rev() {
        start.edit(edit);
    }
    let again = parse_from(text, language, Some(&start))?;
    match again {
        Some(tree) if tree.root_node().has_error() => parse(text, language),
        other => Ok(other),
    }
}

fn parse_from(
    text: &str,
    language: Language,
    start: Option<&tree_sitter::Tree>,
) -> Result<Option<Arc<Tree>>, String> {
    let Some(grammar) = language.grammar() else { return Ok(None) };
    if let Some(reason) = admit::obstacle(text, language) {
        return Err(reason);
    }
    let mut parser = Parser::new();
    parser.set_language(&grammar).map_err(|error| format!("grammar cannot be used: {error}"))?;
    let begun = Instant::now();
    let mut steps = 0;
    let mut stop = |_: &tree_sitter::ParseState| {
        steps += 1;
        if steps > MOST_STEPS || begun.elapsed() > LONGEST {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let bytes = text.as_bytes();
    let mut read = |at: usize, _: Point| bytes.get(at..).unwrap_or_default();
    let options = ParseOptions::new().progress_callback(&mut stop);
    match parser.parse_with_options(&mut read, start, Some(options)) {
        // Brackets were counted before; chains of operators and brackets that hide behind strings were not.
        Some(tree) => match Tree::new(tree, language, DEEPEST_TREE) {
            Some(tree) => Ok(Some(Arc::new(tree))),
            None => Err(format!("nesting over {DEEPEST_TREE}, limit {DEEPEST_TREE}")),
        },
        None if steps > MOST_STEPS => {
            Err(format!("parser stopped after {MOST_STEPS} steps, limit {MOST_STEPS}"))
        }
        None => Err(format!("parser stopped after {} s", LONGEST.as_secs())),
    }
}

/// The edits between two texts in order, one for each run of lines that differ to the byte.
fn edits(old: &str, new: &str, map: &LineMap) -> Vec<InputEdit> {
    let (old_lines, new_lines) = (starts(old), starts(new));
    let line = |text: &str, lines: &[usize], at: usize| -> Range<usize> {
        lines[at]..lines.get(at + 1).copied().unwrap_or(text.len())
    };
    let mut edits = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    for old_line in 0..old_lines.len() {
        let Some(new_line) = map.to_new(old_line as u32 + 1).map(|line| line as usize - 1) else { continue };
        if new_line < new_at || new_line >= new_lines.len() {
            continue;
        }
        let (left, right) = (line(old, &old_lines, old_line), line(new, &new_lines, new_line));
        if old[left.clone()] != new[right.clone()] {
            continue;
        }
        push(
            &mut edits,
            (old, &old_lines, old_at..left.start),
            (new, new_at_start(&new_lines, new_at, new)..right.start),
        );
        old_at = left.end;
        new_at = new_line + 1;
    }
    push(
        &mut edits,
        (old, &old_lines, old_at..old.len()),
        (new, new_at_start(&new_lines, new_at, new)..new.len()),
    );
    edits
}

/// Where a line starts; past the last one the end of the text.
fn new_at_start(lines: &[usize], at: usize, text: &str) -> usize {
    lines.get(at).copied().unwrap_or(text.len())
}

fn push(
    edits: &mut Vec<InputEdit>,
    (old, lines, left): (&str, &[usize], Range<usize>),
    (new, right): (&str, Range<usize>),
) {
    if left.is_empty() && right.is_empty() {
        return;
    }
    edits.push(InputEdit {
        start_byte: left.start,
        old_end_byte: left.end,
        new_end_byte: left.start + right.len(),
        start_position: point(old, lines, left.start),
        old_end_position: point(old, lines, left.end),
        // Rows before the edit are the old ones as long as later edits are applied first.
        new_end_position: end_after(point(old, lines, left.start), &new[right]),
    });
}

fn end_after(start: Point, inserted: &str) -> Point {
    let rows = memchr::memchr_iter(b'\n', inserted.as_bytes()).count();
    match memchr::memrchr(b'\n', inserted.as_bytes()) {
        Some(last) => Point { row: start.row + rows, column: inserted.len() - last - 1 },
        None => Point { row: start.row, column: start.column + inserted.len() },
    }
}

/// Byte offsets at which lines start; a final line ending starts none.
fn starts(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    if !text.is_empty() {
        starts.push(0);
    }
    starts.extend(
        memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1).filter(|start| *start < text.len()),
    );
    starts
}

fn point(text: &str, lines: &[usize], offset: usize) -> Point {
    let row = lines.partition_point(|start| *start <= offset).saturating_sub(1);
    let start = lines.get(row).copied().unwrap_or_default();
    // The end of a text that ends with a line break stands in a line of its own.
    if offset > start && text.as_bytes().get(offset - 1) == Some(&b'\n') {
        return Point { row: row + 1, column: 0 };
    }
    Point { row, column: offset - start }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_second_parse_equals_a_full_one() {
        let old = "def f(x):\n    return x\n\ndef g():\n    f(1)\n";
        let new = "def f(x):\n    if x:\n        return x\n\ndef g():\n    f(2)\n";
        let tree = parse(old, Language::Python).unwrap().unwrap();
        let again = parse_again(new, Language::Python, old, &tree, &LineMap::new(old, new)).unwrap().unwrap();
        let full = parse(new, Language::Python).unwrap().unwrap();
        assert_eq!(again.syntax().root_node().to_sexp(), full.syntax().root_node().to_sexp());
    }

    #[test]
    fn many_edits_give_the_tree_of_a_full_parse() {
        let file = |edit: usize| -> String {
            (0..40)
                .map(|at| match (at + edit) % 7 {
                    0 => format!("def f{at}(x, y={edit}):\n    return {{x: [y, {at}]}}\n\n"),
                    1 if edit > 0 => String::new(),
                    _ => format!("def f{at}(x):\n    if x > {at}:\n        g(\"{at}\")\n    return x\n\n"),
                })
                .collect()
        };
        let old = file(0);
        let tree = parse(&old, Language::Python).unwrap().unwrap();
        for edit in 1..12 {
            let new = file(edit);
            let again =
                parse_again(&new, Language::Python, &old, &tree, &LineMap::new(&old, &new)).unwrap().unwrap();
            let full = parse(&new, Language::Python).unwrap().unwrap();
            assert_eq!(again.syntax().root_node().to_sexp(), full.syntax().root_node().to_sexp());
            let (again, full) = (leaves(&again), leaves(&full));
            assert_eq!(again, full);
        }
    }

    fn leaves(tree: &Tree) -> Vec<(&str, Range<usize>, usize)> {
        let mut cursor = tree.walk();
        let mut found = Vec::new();
        loop {
            let node = cursor.node();
            found.push((node.kind(), node.byte_range(), node.start_position().row));
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return found;
                }
            }
        }
    }

    #[test]
    fn slow_inputs_are_stopped_and_named() {
        let text = "{a:".repeat(400);
        let begun = Instant::now();
        let _ = parse(&text, Language::JavaScript);
        assert!(begun.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn trees_that_hide_their_depth_are_declined() {
        for (text, language) in [
            ("a+".repeat(30_000) + "a", Language::JavaScript),
            ("a+".repeat(3_000) + "a", Language::JavaScript),
            ("fn f() { ".to_owned() + &"!".repeat(4_000) + "a }", Language::Rust),
            ("[/*]*/".repeat(3_000) + &"]".repeat(3_000), Language::JavaScript),
        ] {
            assert!(parse(&text, language).is_err(), "{}", &text[..20]);
        }
        assert!(parse(&("a+".repeat(200) + "a"), Language::JavaScript).is_ok());
    }

    const CORPUS: [(Language, &str); 10] = [
        (
            Language::Python,
            "import os\n\n@login\nclass A(B):\n    def f(self, x=1):\n        \"\"\"é doc\"\"\"\n        if x:\n            return f\"{x} {{}}\"\n        for y in z:\n            g(y)\n\ndef h():\n    pass\n",
        ),
        (
            Language::Rust,
            "use a::b;\n\n/// é\n#[test]\nfn f(x: &str) -> Result<()> {\n    let y = r#\"a \"b\"#;\n    match x {\n        A(z) => z?,\n        _ => {}\n    }\n    Ok(())\n}\n\nimpl A for B {\n    fn g() {}\n}\n",
        ),
        (
            Language::Yaml,
            "a:\n  - b: 1\n    c: |\n      x\n       y\n  - d: >-\n      é z\ne: {f: [1, 2]}\n---\ng: &h\n  i: \"j\\n\"\nk: *h\n",
        ),
        (
            Language::Hcl,
            "resource \"a\" \"b\" {\n  c = \"${var.d} é\"\n  e = <<-EOT\n    x ${y}\n    z\n  EOT\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n\nlocals {\n  f = [1, 2]\n}\n",
        ),
        (
            Language::Bash,
            "set -e\nif [ -n \"$A\" ]; then\n  rm -rf \"$A\"/*\nfi\ncat <<EOF | psql\né $B\nEOF\nf() {\n  for x in *; do\n    echo $(date)\n  done\n}\n",
        ),
        (Language::Json, "{\n  \"a\": [1, true, null],\n  \"b\": {\n    \"c\": \"é\\n\"\n  }\n}\n"),
        (
            Language::Dockerfile,
            "FROM a AS b\nRUN x && \\\n    # é\n    y\nENTRYPOINT [\"a\", \"b\"]\nRUN <<EOF\nz\nEOF\nUSER c\n",
        ),
        (
            Language::JavaScript,
            "import a from 'b';\n\nexport async function f(x) {\n  const y = `é ${x}`;\n  if (y) {\n    await g({ z: 1 });\n  }\n  return /a[/]b/.test(y);\n}\n\nclass C {\n  m() {}\n}\n",
        ),
        (
            Language::Go,
            "package a\n\nimport \"b\"\n\nfunc f(x int) error {\n\tif err := g(x); err != nil {\n\t\treturn err\n\t}\n\ty := `é\n`\n\treturn nil\n}\n",
        ),
        (Language::Toml, "[a]\nb = \"é\"\nc = [1, 2]\n\n[[d]]\ne = { f = 1 }\n"),
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        /// Lines deleted, doubled, swapped and pasted between one another: the tree from the old one is the tree.
        #[test]
        fn incremental_parsing_equals_full_parsing(
            which in 0usize..CORPUS.len(),
            repeat in 1usize..4,
            edits in proptest::collection::vec((0usize..60, 0usize..60, 0u8..5), 1..4),
        ) {
            let (language, text) = CORPUS[which];
            let old = text.repeat(if language == Language::Json { 1 } else { repeat });
            let mut lines: Vec<&str> = old.split_inclusive('\n').collect();
            for (at, other, kind) in edits {
                let (at, other) = (at % lines.len().max(1), other % lines.len().max(1));
                match kind {
                    0 => { lines.remove(at); }
                    1 => lines.insert(at, lines[other]),
                    2 => lines.swap(at, other),
                    3 => lines[at] = "  \n",
                    _ => {
                        let letters = lines[at].char_indices().map(|(start, _)| start);
                        let half = letters.take_while(|start| *start <= lines[at].len() / 2).last().unwrap_or(0);
                        lines[at] = &lines[at][..half];
                    }
                }
                if lines.is_empty() {
                    lines.push("");
                }
            }
            let new = lines.concat();
            let (Ok(Some(tree)), Ok(Some(full))) = (parse(&old, language), parse(&new, language)) else { return Ok(()) };
            let again = parse_again(&new, language, &old, &tree, &LineMap::new(&old, &new)).unwrap().unwrap();
            prop_assert_eq!(again.syntax().root_node().to_sexp(), full.syntax().root_node().to_sexp(), "{} -> {}", old, new);
        }
    }
}
