//! `commented-out`: a check that ran before stands in a comment now.

use super::super::Evidence;
use super::remark::comment;
use super::touched;
use crate::delta::Delta;
use crate::facts::{Body, Expression};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Subject};

/// Words that name a check, at the beginning or the end of a part of a name.
static SAFEGUARD: Expression = Expression::of(
    r"(?i)(?:\b|_|\.)(?:verif(?:y|ies)|validate|authenticate|authori[sz]e|authorization|require(?:s|_?auth|_?login|_?role|_?permission)?|check|assert(?:_[A-Za-z0-9_]+|That|Equals?)?|ensure|enforce|sanitize|escape|throttle|rate_?limit(?:er)?|audit|confirm|csrf|permissions?|raise_for_status|login_required|permission_required|has_?perm[A-Za-z0-9_]*|is_?allowed|is_?admin|guard|acquire|lock|signature|pre_?authori[sz]e|deny|forbid)(?:\b|_|\()|(?:Verify|Validate|Authenticate|Authorize|Require|Check|Assert|Ensure|Enforce|Sanitize|RateLimit|Audit|Permission|PreAuthorize)",
);

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let (Some(old), Some(new)) = (&reading.old, &reading.new) else { continue };
        let Some(file) = evidence.change.files.get(index) else { continue };
        let host = new.documents.first().map(|host| host.language);
        if !host.is_some_and(|language| language.is_program()) {
            continue;
        }
        let mut taken: Option<Vec<(u32, &str)>> = None;
        for (line, text) in touched::new_lines(evidence, index) {
            let Some(remark) = comment(new, line).map(str::trim) else { continue };
            if !touched::is_substance(remark) {
                continue;
            }
            let taken = taken.get_or_insert_with(|| touched::old_lines(evidence, index).collect());
            let same = |code: &str| code.trim() == remark || code.trim() == remark.trim_end_matches(';');
            let Some((old_line, code)) = taken.iter().find(|(_, code)| same(code)).copied() else { continue };
            // Comments that were comments before, and code that goes on elsewhere.
            let was_code = comment(old, old_line).is_none();
            let goes_on = touched::brought(evidence).contains(code.trim());
            let named = || SAFEGUARD.is_match(strip_strings(code).as_str());
            let guards = named() || was_guard(evidence, index, old_line);
            if !was_code || goes_on || !guards || is_head(code) || heads_comment(new, line) || is_trace(code) {
                continue;
            }
            let path = file.path();
            let quoted: String = code.trim().chars().take(80).collect();
            let draft = Draft {
                old: Some(OldPlace {
                    path: file.old.as_ref().map_or(path, |old| old.path.as_str()).to_owned(),
                    line: old_line,
                    end_line: old_line,
                }),
                subject: Some(Subject { home: path.to_owned(), name: quoted.clone() }),
                content: text.trim().to_owned(),
                ..Draft::new(Kind::Removed, Place::line(index, path, line))
            };
            findings.push(draft.capture("text", quoted).finish(rule));
        }
    }
    findings
}

/// The comparison found a guard on this line that is gone or weaker.
fn was_guard(evidence: &Evidence<'_>, file: usize, line: u32) -> bool {
    evidence.deltas.iter().any(|delta| {
        let old = match delta {
            Delta::Removed { old, .. } | Delta::Changed { old, .. } => old,
            Delta::Introduced { .. } | Delta::Moved { .. } => return false,
        };
        matches!(old.body, Body::Guard(_)) && old.locus.file == file && old.locus.start.line == line
    })
}

/// The head of a definition: with it all of it went into the comment.
fn is_head(code: &str) -> bool {
    let code = code.trim();
    ["def ", "async def ", "fn ", "pub fn ", "func ", "function ", "class ", "import ", "from ", "use "]
        .iter()
        .any(|start| code.starts_with(start))
}

/// A line above in the same block of comments opens a definition.
fn heads_comment(side: &crate::source::SideReading, line: u32) -> bool {
    (1..line)
        .rev()
        .map_while(|above| comment(side, above))
        .any(|remark| is_head(remark) || remark.starts_with("public ") || remark.starts_with("private "))
}

/// Output and traces are no safeguards, whatever they speak of.
fn is_trace(code: &str) -> bool {
    let code = code.trim();
    ["print", "println", "console.", "log", "logger.", "debug", "dbg!", "fmt.Print", "System.out", "tracing::"]
        .iter()
        .any(|start| code.starts_with(start))
}

fn strip_strings(code: &str) -> String {
    let mut shown = String::new();
    let mut quote = None;
    for letter in code.chars() {
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if matches!(letter, '"' | '\'' | '`') => quote = Some(letter),
            None => shown.push(letter),
        }
    }
    shown
}
