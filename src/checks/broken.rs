//! `syntax-broken`: a file that could be read before cannot be read any more.

use super::Evidence;
use crate::rules::{Draft, Finding, Kind, Place, Rule, Severity, Subject};
use crate::source::{Language, SyntaxBreak};

/// JSON with comments and last commas, under the names of its tools.
const LENIENT_JSON: [&str; 12] = [
    "tsconfig",
    "jsconfig",
    ".jsonc",
    ".json5",
    ".eslintrc",
    ".babelrc",
    ".swcrc",
    "devcontainer",
    ".vscode/",
    "api-extractor",
    "wrangler",
    "deno.json",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let (Some(broken), Some(file)) = (&reading.broken, evidence.change.files.get(index)) else { continue };
        let path = file.path();
        let text = reading.new.as_ref().map_or("", |side| &side.text);
        if is_template(path, text) || text.contains("<<<<<<< ") {
            continue;
        }
        let Some((severity, doubt)) = weight(broken, path) else { continue };
        if broken.language == Language::Python && names_async(text, broken.line) {
            continue;
        }
        let draft = Draft {
            severity: Some(severity),
            doubt,
            subject: Some(Subject { home: path.to_owned(), name: "syntax".to_owned() }),
            ..Draft::new(Kind::Introduced, Place::line(index, path, broken.line))
        };
        findings.push(draft.capture("name", broken.line.to_string()).finish(rule));
    }
    findings
}

/// `async` was a name like any other until Python 3.7: `from app.util.async import run`.
fn names_async(text: &str, line: u32) -> bool {
    let Some(line) = text.lines().nth(line.saturating_sub(1) as usize) else { return false };
    line.match_indices("async").any(|(at, word)| {
        let after = line[at + word.len()..].trim_start();
        let ends = !after.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let import = line.trim_start().starts_with("from ") && after.starts_with("import ");
        line[..at].ends_with('.') && (ends || import) || ends && line[..at].trim_end().ends_with("import")
    })
}

/// Severity and steps of doubt. A bracket too many or too few is an error in any version of a language; anything else
/// may be a construct that the grammar does not know yet.
fn weight(broken: &SyntaxBreak, path: &str) -> Option<(Severity, u8)> {
    match broken.language {
        Language::Json if LENIENT_JSON.iter().any(|name| path.contains(name)) => {
            broken.unbalanced.then_some((Severity::High, 0))
        }
        Language::Json | Language::Toml | Language::Hcl | Language::Yaml => Some((Severity::High, 0)),
        Language::Bash => broken.unbalanced.then_some((Severity::Medium, 1)),
        Language::Make | Language::Dockerfile => None,
        _ => Some((Severity::High, u8::from(!broken.unbalanced))),
    }
}

/// Text that a template engine fills in before anybody reads it.
fn is_template(path: &str, text: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let named = [
        ".j2",
        ".jinja",
        ".erb",
        ".tmpl",
        ".tpl",
        ".mustache",
        ".hbs",
        "cookiecutter",
        "{{",
        "/templates/",
        "templates/",
    ]
    .iter()
    .any(|part| path.contains(part));
    named
        || ["{{", "{%", "<%", "@@"].iter().any(|mark| text.contains(mark))
            && !path.ends_with(".rs")
            && !path.ends_with(".tf")
}
