//! `chat-text`: talk, fences and markup of an assistant in a file that is none of prose.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::super::Evidence;
use super::super::instructions::is_instruction;
use super::remark::comment;
use super::touched;
use crate::facts::Expression;
use crate::rules::{Draft, Finding, Kind, Place, Rule, Severity, Subject};
use crate::source::{FileReading, Language, SideReading};

/// Lines in a row that begin with their number.
const NUMBERED: usize = 3;

struct Patterns {
    talk: Expression,
    markup: Expression,
    residue: Expression,
    numbered: Expression,
}

fn patterns() -> &'static Patterns {
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    PATTERNS
        .get_or_init(|| {
            Patterns {
                talk: Expression::of(
                    r"(?i)^(?:(?:certainly|sure|absolutely|of course|great question|great)[!,.:] (?:here|i |i'|let|the|below)|here(?:'s| is| are) (?:the|your|an?) (?:[A-Za-z0-9_]+ )?(?:updated|complete|modified|fixed|corrected|revised|refactored|improved|full|final|rewritten) (?:[A-Za-z0-9_]+ )?(?:code|version|file|implementation|function|script|class|component|test|configuration)|i(?:'ve| have) (?:updated|added|fixed|removed|refactored|rewritten|modified) the |as an ai (?:language )?model|let me know if you(?:'d| would| need| have| want)|i hope this helps|you(?:'re| are) (?:absolutely )?right[!,.]|i apologi[sz]e for the )",
                ),
                markup: Expression::of(
                    r"^[ \t]*</?(?:[a-z]+:)?(?:function_calls|function_results|invoke|tool_call|tool_use|tool_result|thinking|antthinking|antartifact|file_text|old_str|new_str|apply_diff|replace_in_file|write_to_file)(?:[ \t][^>]*)?>|^\*\*\* (?:Begin|End) Patch$|^<\|(?:im_start|im_end|endoftext|assistant|user)\|>",
                ),
                residue: Expression::of(r"contentReference\[oaicite|:oaicite:|\bturn[0-9]+(?:search|view|news|file)[0-9]+\b|\u{3010}[0-9]+\u{2020}[^\u{3011}]*\u{3011}"),
                numbered: Expression::of(r"^[ \t]*[0-9]+\u{2192}"),
            }
        })
}

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let (Some(file), Some(side)) = (evidence.change.files.get(index), &reading.new) else { continue };
        let path = file.path();
        if !may_talk(&side.text) {
            continue;
        }
        let (Some(kind), patterns) = (kind(path, reading), patterns()) else { continue };
        let found = touched::new_lines(evidence, index).find_map(|(line, text)| {
            let what = what(patterns, side, kind, line, text)?;
            (!touched::taken(evidence).contains_key(text.trim())).then_some((line, text, what))
        });
        let found = found.or_else(|| numbered(patterns, evidence, index, kind));
        let Some((line, text, what)) = found else { continue };
        let quoted: String = text.trim().chars().take(80).collect();
        let draft = Draft {
            severity: (kind == Kindness::Prose).then_some(Severity::Medium),
            subject: Some(Subject { home: path.to_owned(), name: "talk".to_owned() }),
            content: quoted.clone(),
            ..Draft::new(Kind::Introduced, Place::line(index, path, line))
        };
        findings.push(draft.capture("text", quoted).capture("name", what).finish(rule));
    }
    findings
}

/// Text without which nothing here is found; cheap to look for, unlike the expressions.
const TALKING: [&str; 24] = [
    "certainly",
    "sure!",
    "sure,",
    "of course",
    "great",
    "absolutely",
    "here's the",
    "here is the",
    "here are the",
    "here's a",
    "here is a",
    "i've ",
    "i have ",
    "as an ai",
    "let me know",
    "i hope this",
    "apologize",
    "apologise",
    "```",
    "oaicite",
    "*** begin",
    "\u{2192}",
    "\u{3010}",
    "<|",
];
/// Names of elements that only a tool writes.
const ELEMENTS: [&str; 9] =
    ["function_", "invoke", "tool_", "thinking>", "antartifact", "file_text", "old_str", "apply_diff", "turn0"];

fn may_talk(text: &str) -> bool {
    static SEARCH: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let build = || {
        let all = TALKING.iter().chain(&ELEMENTS).chain(&[
            "are right",
            "absolutely right",
            "replace_in_file",
            "write_to_file",
        ]);
        AhoCorasick::builder().ascii_case_insensitive(true).build(all).ok()
    };
    SEARCH.get_or_init(build).as_ref().is_some_and(|search| search.is_match(text))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kindness {
    /// Code and configuration: talk is out of place.
    Code,
    /// Prose may talk; only citations that lead nowhere are out of place.
    Prose,
}

fn kind(path: &str, reading: &FileReading) -> Option<Kindness> {
    let lower = path.to_ascii_lowercase();
    let about = ["prompt", "chat", "llm", "assistant", "transcript", "conversation", "eval"];
    if is_instruction(path) || about.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| lower.ends_with(ending));
    if ends(&[".md", ".mdx", ".rst", ".adoc", ".txt", ".html", ".htm", ".markdown"]) {
        return Some(Kindness::Prose);
    }
    let language = reading.new.as_ref()?.documents.first()?.language;
    let known = [
        ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".rb", ".php", ".kt", ".kts", ".swift", ".scala", ".vue",
        ".svelte", ".css", ".scss", ".lua", ".pl", ".ex", ".exs", ".dart", ".groovy", ".gradle", ".ps1",
        ".proto", ".graphql",
    ];
    (language != Language::Plain || ends(&known)).then_some(Kindness::Code)
}

fn what(
    patterns: &Patterns,
    side: &SideReading,
    kind: Kindness,
    line: u32,
    text: &str,
) -> Option<&'static str> {
    if patterns.residue.is_match(text) {
        return Some("a citation that leads nowhere");
    }
    if kind == Kindness::Prose {
        return None;
    }
    let broken = is_broken(side);
    let remark = comment(side, line);
    if broken && patterns.markup.is_match(text) {
        return Some("markup of a tool");
    }
    if broken && text.starts_with("```") && (is_edge(side, line) || text.len() > 3 || remark.is_none()) {
        return Some("a fence of Markdown");
    }
    // In a string it may be what the program says.
    let spoken = match remark {
        Some(remark) => remark,
        None if broken => text.trim(),
        None => return None,
    };
    patterns.talk.is_match(spoken).then_some("talk of an assistant")
}

/// No grammar vouches for the text.
fn is_broken(side: &SideReading) -> bool {
    let tree = side.documents.first().and_then(|host| host.tree.as_ref());
    tree.is_none_or(|tree| tree.root_node().has_error())
}

/// The first or the last line that is not blank.
fn is_edge(side: &SideReading, line: u32) -> bool {
    let blank = |number: u32| side.lines.line(number).is_none_or(|text| text.trim().is_empty());
    (1..line).all(blank) || (line + 1..=side.lines.count() as u32).all(blank)
}

/// Several lines in a row that still carry the numbers of a viewer.
fn numbered<'a>(
    patterns: &Patterns,
    evidence: &'a Evidence<'_>,
    index: usize,
    kind: Kindness,
) -> Option<(u32, &'a str, &'static str)> {
    if kind == Kindness::Prose {
        return None;
    }
    let mut first: Option<(u32, &str)> = None;
    let mut count = 0;
    for (line, text) in touched::new_lines(evidence, index) {
        if !patterns.numbered.is_match(text) {
            count = 0;
            continue;
        }
        if count == 0 {
            first = Some((line, text));
        }
        count += 1;
        if count == NUMBERED {
            return first.map(|(line, text)| (line, text, "line numbers of a viewer"));
        }
    }
    None
}
