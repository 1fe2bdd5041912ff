//! `stub`: a function that worked does nothing any more: it passes, raises "not implemented", or returns a constant.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::source::Node;

use super::super::Evidence;
use super::touched;
use crate::change::Side;
use crate::delta::Delta;
use crate::facts::{Body, Definition, DefinitionKind, Expression, Fact};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject};
use crate::source::Language;

/// Lines of code that a body must have had for its loss to count: for a body that says that it is unfinished, and for
/// one that may be a decision.
const UNFINISHED: usize = 3;
const DECIDED: usize = 5;
/// Calls likewise.
const CALLS: usize = 2;

/// What a body does instead of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stub {
    /// `todo!()`, `NotImplementedError`, `...`.
    Unfinished,
    /// `pass`, `{}`.
    Nothing,
    /// `return 0.2`.
    Constant,
}

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut brought = None;
    let mut findings = Vec::new();
    for delta in evidence.deltas {
        let Delta::Changed { old, new } = delta else { continue };
        let (Body::Definition(before), Body::Definition(after)) = (&old.body, &new.body) else { continue };
        if after.kind != DefinitionKind::Function || before.calls.len() < CALLS || after.calls.len() > CALLS {
            continue;
        }
        let brought = brought.get_or_insert_with(|| touched::brought(evidence));
        findings.extend(judge(rule, evidence, (old, before), (new, after), brought));
    }
    findings
}

fn judge(
    rule: &Rule,
    evidence: &Evidence<'_>,
    (old, before): (&Fact, &Definition),
    (new, after): (&Fact, &Definition),
    brought: &HashSet<&str>,
) -> Option<Finding> {
    let work = lines(evidence, old, Side::Old)?;
    let (stub, last) = stub(evidence, new)?;
    let least = if stub == Stub::Unfinished { UNFINISHED } else { DECIDED };
    // A body that moved may look as if it had stayed, with a new head above it.
    let here = &evidence.readings.get(new.locus.file)?.new.as_ref()?.text;
    let here: HashSet<&str> = here.lines().map(str::trim).collect();
    let stands = |line: &&String| brought.contains(line.as_str()) || here.contains(line.as_str());
    let moved = work.iter().filter(stands).count();
    if work.len() < least
        || moved * 2 >= work.len()
        || is_meant(after, new, stub)
        || old.locus.file != new.locus.file
    {
        return None;
    }
    let grave = stub == Stub::Constant && decides(&after.name) && last.to_ascii_lowercase().contains("true");
    let draft = Draft {
        severity: Some(if grave { Severity::Critical } else { Severity::High }),
        doubt: u8::from(stub != Stub::Unfinished && !grave),
        old: Some(OldPlace::at(&old.locus)),
        subject: Some(Subject { home: new.locus.path.to_string(), name: before.name.clone() }),
        content: format!("{} {last}", after.name),
        evidence: vec![format!(
            "{} lines of code and {} different calls before",
            work.len(),
            before.calls.len()
        )],
        ..Draft::new(Kind::Changed, Place::start_of(&new.locus))
    };
    let last: String = last.chars().take(60).collect();
    let what = if last.is_empty() { "nothing".to_owned() } else { format!("`{last}`") };
    Some(draft.capture("name", &after.name).capture("new", what).finish(rule))
}

/// The lines of code of a definition, trimmed, without its first one, comments and brackets.
fn lines(evidence: &Evidence<'_>, fact: &Fact, side: Side) -> Option<Vec<String>> {
    let text = &evidence.readings.get(fact.locus.file)?.side(side)?.text;
    let body = text.get(fact.locus.span.clone())?;
    let lines = body.lines().skip(1).map(str::trim).filter(|line| {
        touched::is_substance(line)
            && !["#", "//", "/*", "* ", "\"\"\""].iter().any(|mark| line.starts_with(mark))
    });
    Some(lines.map(str::to_owned).collect())
}

/// What is left of a body, if it is a stub, with the one statement that stands in it.
fn stub(evidence: &Evidence<'_>, fact: &Fact) -> Option<(Stub, String)> {
    let host = evidence.readings.get(fact.locus.file)?.host(Side::New)?;
    let root = host.tree.as_ref()?.root_node();
    let node = root.descendant_for_byte_range(fact.locus.span.start, fact.locus.span.end)?;
    let body = body_of(node)?;
    let text = |node: &Node<'_>| host.text.get(node.byte_range()).unwrap_or_default().to_owned();
    let statements: Vec<String> = body
        .named_children()
        .filter(|node| !node.kind().contains("comment") && !is_docstring(node))
        .map(|node| text(&node))
        .filter(|text| !is_noise(text))
        .collect();
    let patterns = patterns();
    match statements.as_slice() {
        [] => Some((Stub::Nothing, String::new())),
        [one] => {
            let one = one.trim().trim_end_matches(';').trim();
            if patterns.unfinished.is_match(one) || one == "..." && host.language == Language::Python {
                Some((Stub::Unfinished, one.to_owned()))
            } else if matches!(one, "pass" | "return" | "()") {
                Some((Stub::Nothing, one.to_owned()))
            } else {
                patterns.constant.is_match(one).then(|| (Stub::Constant, one.to_owned()))
            }
        }
        _ => None,
    }
}

fn body_of(node: Node<'_>) -> Option<Node<'_>> {
    let mut node = node;
    // A decorated definition holds the definition; a variable holds the function that it is given.
    for _ in 0..4 {
        if let Some(body) = node.child_by_field_name("body") {
            return matches!(body.kind(), "block" | "statement_block" | "constructor_body").then_some(body);
        }
        node =
            ["definition", "declaration", "value"].iter().find_map(|field| node.child_by_field_name(field))?;
    }
    None
}

fn is_docstring(node: &Node<'_>) -> bool {
    node.kind() == "expression_statement"
        && node.named_child_count() == 1
        && node.named_child(0).is_some_and(|child| child.kind() == "string")
}

/// Statements that do no work: output, and taking note of parameters that nothing uses.
fn is_noise(statement: &str) -> bool {
    let statement = statement.trim();
    [
        "print(",
        "println!(",
        "console.",
        "log.",
        "logger.",
        "logging.",
        "warn!(",
        "info!(",
        "debug!(",
        "tracing::",
        "fmt.Print",
        "System.out.",
        "let _ =",
        "_ = ",
        "del ",
    ]
    .iter()
    .any(|start| statement.starts_with(start))
}

struct Patterns {
    unfinished: Expression,
    constant: Expression,
}

fn patterns() -> &'static Patterns {
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    PATTERNS
        .get_or_init(|| {
            let value = r#"(?:true|false|True|False|null|None|nil|undefined|-?[0-9][0-9_.]*(?:[eE]-?[0-9]+)?[a-z0-9]*|"[^"\\]*"|'[^'\\]*'|\[ \t*\]|\{[ \t]*\}|\(\)|&?[A-Za-z0-9_:]+::(?:new|default|empty)\(\)|Default::default\(\)|vec!\[\]|String::new\(\)|Optional\.empty\(\)|List\.of\(\)|new [A-Za-z0-9_]+(?:<>)?\(\)|dict\(\)|list\(\)|Promise\.resolve\((?:true|false|null)?\))"#;
            Patterns {
                unfinished: Expression::of(
                    r#"(?i)^(?:(?:return[ \t]+)?(?:todo|unimplemented)![ \t]*\(|(?:return[ \t]+)?panic!?[ \t]*\([ \t]*f?["'`][^"'`]*(?:not (?:yet )?implemented|unimplemented|todo)|raise[ \t]+NotImplementedError|raise[ \t]+NotImplemented\b|throw[ \t]+new[ \t]+[A-Za-z0-9_]*(?:NotImplemented|UnsupportedOperation)[A-Za-z0-9_]*[ \t]*\(|throw[ \t]+(?:new[ \t]+)?Error[ \t]*\([ \t]*["'`][^"'`]*(?:not (?:yet )?implemented|unimplemented|todo))"#,
                ),
                constant: Expression::new(format!(
                    r"^(?:return[ \t]+)?(?:(?:Ok|Some|Err|Promise\.resolve)\()?{value}\)?(?:[ \t]*,[ \t]*{value})*$"
                )),
            }
        })
}

/// A body that is empty by design.
fn is_meant(definition: &Definition, fact: &Fact, stub: Stub) -> bool {
    let marked = definition.marks.iter().any(|mark| {
        let mark = mark.to_ascii_lowercase();
        ["abstract", "overload", "deprecated", "override"].iter().any(|word| mark.contains(word))
    });
    let general = fact.locus.scope.iter().any(|name| {
        ["Base", "Abstract", "Interface", "Protocol", "Null", "Noop", "NoOp", "Fake", "Mock", "Stub"]
            .iter()
            .any(|word| name.contains(word))
    });
    let path = fact.locus.path.to_ascii_lowercase();
    let tested = path.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|token| {
        matches!(
            token,
            "test"
                | "tests"
                | "mock"
                | "mocks"
                | "stub"
                | "stubs"
                | "fake"
                | "fakes"
                | "testing"
                | "conftest"
                | "noop"
        )
    });
    // The name itself says so.
    let named = ["noop", "no_op", "stub", "deprecated", "legacy"]
        .iter()
        .any(|word| definition.name.to_ascii_lowercase().contains(word));
    marked || named || tested || general && stub != Stub::Constant
}

/// A function whose answer lets something through.
fn decides(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["auth", "verif", "valid", "permi", "check", "allow", "can_", "is_admin", "signature", "trusted", "has_"]
        .iter()
        .any(|word| lower.contains(word))
}
