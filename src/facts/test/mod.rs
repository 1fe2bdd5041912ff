//! Tests: what each one asserts and how strongly, and whether it runs at all.
//!
//! Identity: the name of the test; content: its skip and focus state and its assertions in order.

mod assertions;
mod find;

use super::{Body, Fact, Test};
use crate::source::scope_of;
use crate::source::{Document, Language};

/// Nodes of one file that are looked at; more is no test file.
const MOST_NODES: usize = 400_000;

/// The tests of a file that names itself a test, or that marks its tests.
pub(super) fn extract(document: &Document) -> Vec<Fact> {
    let Some(tree) = document.tree.as_ref().filter(|_| document.embedding.is_none()) else { return Vec::new() };
    if !may_hold_tests(document) {
        return Vec::new();
    }
    let mut facts = Vec::new();
    let mut cursor = tree.walk();
    let mut seen = 0;
    loop {
        seen += 1;
        if seen > MOST_NODES {
            return facts;
        }
        let node = cursor.node();
        if let Some(found) = find::test(document, node) {
            facts.push(Fact {
                locus: document.locus(node.byte_range(), scope_of(document, &node)),
                body: Body::Test(Test {
                    name: found.name,
                    skipped: found.skipped,
                    focused: found.focused,
                    assertions: assertions::of(document, found.body),
                    calls: assertions::calls(document, found.body),
                    text: fold(document.text.get(found.body.byte_range()).unwrap_or_default()),
                }),
            });
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return facts;
            }
        }
    }
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn may_hold_tests(document: &Document) -> bool {
    let has = |word: &str| document.text.contains(word);
    match document.language {
        Language::Rust => has("test"),
        Language::Go => document.path.ends_with("_test.go"),
        Language::Python => is_test_path(&document.path),
        Language::Java => has("@Test") || has("@ParameterizedTest"),
        Language::JavaScript | Language::TypeScript | Language::Tsx => is_test_path(&document.path),
        _ => false,
    }
}

/// Whether the name or a folder of a path says that it holds tests.
fn is_test_path(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let stem = name.split('.').next().unwrap_or(name);
    folders
        .split('/')
        .any(|folder| matches!(folder, "test" | "tests" | "__tests__" | "spec" | "specs" | "e2e" | "testing"))
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || stem == "tests"
        || name.contains(".test.")
        || name.contains(".spec.")
}
