//! `fail-open`: a function that decides about access lets through where it refused: in the handling of an error, by
//! default, or at its end; or it does not decide any more, since its answer is always yes.

use std::sync::OnceLock;

use super::super::Evidence;
use super::hunks::{Hunk, hunks};
use crate::change::FileChange;
use crate::facts::Expression;
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject};
use crate::source::{SideReading, scope_of};

/// How far above a line its header is looked for, in lines.
const FARTHEST: u32 = 40;

struct Patterns {
    allow: Expression,
    deny: Expression,
    handler: Expression,
    /// What is answered where nothing is known: yes, or no.
    falls_to_yes: Expression,
    falls_to_no: Expression,
    /// An answer that depends on something.
    decides: Expression,
}

fn patterns() -> &'static Patterns {
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    PATTERNS
        .get_or_init(|| {
            let arm = r"(?:[A-Za-z0-9_:]+(?:\([^)]*\))?(?:[ \t]*\|[ \t]*[A-Za-z0-9_:]+(?:\([^)]*\))?)*[ \t]*=>[ \t]*)?";
            Patterns {
                allow: Expression::new(format!(
                    r"^{arm}(?:return[ \t]+)?(?:Ok\()?[ \t]*(?:True|true|Decision::Allow|Access::Granted|Allow|ALLOW|Promise\.resolve\(true\))[ \t]*\)?(?:,[ \t]*nil)?[ \t]*[;,]?$|^(?:return[ \t]+)?next\(\)[ \t]*;?$|^{arm}(?:return[ \t]+)?Ok\(\(\)\)[;,]?$|^return[ \t]+nil$"
                )),
                deny: Expression::new(format!(
                    r"^{arm}(?:return[ \t]+)?(?:Ok\()?[ \t]*(?:False|false|Decision::Deny|Access::Denied|Deny|DENY|Promise\.resolve\(false\))[ \t]*\)?(?:,[ \t]*[A-Za-z0-9_]+)?[ \t]*[;,]?$|^raise\b|^throw\b|^{arm}(?:return[ \t]+)?Err\([^>]*$|^return[ \t]+(?:false,[ \t]*)?(?:err|fmt\.Errorf|errors\.New)\b|^(?:return[ \t]+)?next\([ \t]*(?:new[ \t]+)?[A-Za-z0-9_]+|\b(?:401|403)\b|(?i:unauthorized|forbidden|permission_?denied|access_?denied)|^abort\("
                )),
                falls_to_yes: Expression::of(r"(?:\b(?:unwrap_or|orElse|or_else|getOrDefault|get|getattr|pop|map_or|is_none_or|getBoolean|get_or|getBool|value_or)\([^()]*(?:\([^()]*\)[^()]*)*,?[ \t]*|\?\?[ \t]*|\|\|[ \t]*|\bor[ \t]+)[tT]rue\b"),
                falls_to_no: Expression::of(r"(?:\b(?:unwrap_or|orElse|or_else|getOrDefault|get|getattr|pop|map_or|getBoolean|get_or|getBool|value_or)\([^()]*(?:\([^()]*\)[^()]*)*,?[ \t]*|\?\?[ \t]*|\|\|[ \t]*|\bor[ \t]+)[fF]alse\b|unwrap_or_default\("),
                decides: Expression::of(r"^(?:return\b[ \t]*)?[^=]*(?:[\w)\]]\(|[=!<>]=|[<>]|\band\b|\bor\b|&&|\|\||\bin\b|\bnot\b|!)|^return[ \t]+[\w.]+\.\w+"),
                handler: Expression::of(r"^(?:\}[ \t]*)?(?:except\b|catch\b|else\b|default\b|case[ \t]+_|_[ \t]*=>|Err\b|if[ \t]+(?:let[ \t]+Err|err\b|error\b|not[ \t]+[A-Za-z0-9_]+|![A-Za-z0-9_]+)|rescue\b|\.catch\()"),
            }
        })
}

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let (Some(file), Some(new)) = (evidence.change.files.get(index), &reading.new) else { continue };
        if !new.documents.first().is_some_and(|host| host.language.is_program()) {
            continue;
        }
        for hunk in hunks(reading) {
            if !hunk.new.iter().any(|(line, text)| may_allow(text) && decider(new, *line).is_some()) {
                continue;
            }
            let patterns = patterns();
            if let Some(finding) = fallback(rule, index, file, new, &hunk, patterns)
                .or_else(|| always(rule, index, file, new, &hunk, patterns))
            {
                findings.push(finding);
                continue;
            }
            let is = |pattern: &Expression, text: &str| pattern.is_match(text.trim());
            let denied: Vec<&(u32, &str)> =
                hunk.old.iter().filter(|(_, text)| is(&patterns.deny, text)).collect();
            let denies = hunk.new.iter().filter(|(_, text)| is(&patterns.deny, text)).count();
            let allowed_before = hunk.old.iter().filter(|(_, text)| is(&patterns.allow, text)).count();
            let allows: Vec<&(u32, &str)> =
                hunk.new.iter().filter(|(_, text)| is(&patterns.allow, text)).collect();
            if allows.len() <= allowed_before {
                continue;
            }
            for (line, text) in allows {
                let Some(name) = decider(new, *line) else {
                    continue;
                };
                let header = header(new, *line);
                let own_arm = text.contains("=>") && is(&patterns.handler, text);
                let handles = own_arm || header.is_some_and(|(_, text)| patterns.handler.is_match(text.trim()));
                let header_is_new = header.is_some_and(|(at, _)| hunk.new.iter().any(|(line, _)| *line == at));
                let old = denied.first().filter(|_| denies < denied.len());
                // Without an old refusal only an error that is now answered with "yes" tells.
                let catches = header.is_some_and(|(_, text)| {
                    ["except", "catch", "} catch", "rescue", ".catch("]
                        .iter()
                        .any(|word| text.trim().starts_with(word))
                });
                if old.is_none() && !(catches && header_is_new && denied.is_empty() && says_yes(text)) {
                    continue;
                }
                // "No error" is no permission, unless it stands where one was returned.
                if !says_yes(text) && !handles {
                    continue;
                }
                let path = file.path();
                let draft = Draft {
                    severity: Some(if handles { Severity::Critical } else { Severity::High }),
                    old: old.map(|(line, _)| OldPlace {
                        path: file.old.as_ref().map_or(path, |old| old.path.as_str()).to_owned(),
                        line: *line,
                        end_line: *line,
                    }),
                    subject: Some(Subject { home: path.to_owned(), name: name.clone() }),
                    content: text.trim().to_owned(),
                    ..Draft::new(Kind::Changed, Place::line(index, path, *line))
                };
                let draft = draft.capture("name", name).capture("text", text.trim());
                findings.push(draft.capture("how", "where it refused before").finish(rule));
                break;
            }
        }
    }
    findings
}

/// What is answered where nothing is known turns from no to yes: `unwrap_or(true)`, `.get(user, True)`.
fn fallback(
    rule: &Rule,
    index: usize,
    file: &FileChange,
    new: &SideReading,
    hunk: &Hunk<'_>,
    patterns: &Patterns,
) -> Option<Finding> {
    let said = |lines: &[(u32, &str)], pattern: &Expression| -> Option<u32> {
        lines.iter().find(|(_, text)| pattern.is_match(text)).map(|(line, _)| *line)
    };
    let old =
        said(&hunk.old, &patterns.falls_to_no).filter(|_| said(&hunk.old, &patterns.falls_to_yes).is_none())?;
    let line =
        said(&hunk.new, &patterns.falls_to_yes).filter(|_| said(&hunk.new, &patterns.falls_to_no).is_none())?;
    let (name, text) = (decider(new, line)?, new.lines.line(line)?.trim());
    let draft = turned(file, index, (old, line), &name, text);
    Some(draft.capture("how", "where nothing is known, and refused before").finish(rule))
}

/// A decision became a constant yes.
fn always(
    rule: &Rule,
    index: usize,
    file: &FileChange,
    new: &SideReading,
    hunk: &Hunk<'_>,
    patterns: &Patterns,
) -> Option<Finding> {
    let lines = |side: &[(u32, &'_ str)]| -> Vec<(u32, String)> {
        let said = side.iter().map(|(line, text)| (*line, text.trim().to_owned()));
        said.filter(|(_, text)| !text.is_empty() && !text.starts_with('#') && !text.starts_with("//")).collect()
    };
    let (before, after) = (lines(&hunk.old), lines(&hunk.new));
    let ([(old, decided)], [(line, text)]) = (before.as_slice(), after.as_slice()) else { return None };
    let yes = patterns.allow.is_match(text) && text.to_ascii_lowercase().contains("true");
    let constant = patterns.allow.is_match(decided) || patterns.deny.is_match(decided);
    if !yes || constant || !patterns.decides.is_match(decided) {
        return None;
    }
    let name = decider(new, *line)?;
    // The only answer of the function: its head stands right above.
    let (at, header) = header(new, *line)?;
    let only = header.contains(name.as_str()) && substance_between(new, at, *line) == 0;
    let only = only && !has_more(new, *line);
    let draft = turned(file, index, (*old, *line), &name, text);
    only.then(|| draft.capture("how", "whatever is asked").finish(rule))
}

fn turned(file: &FileChange, index: usize, (old, line): (u32, u32), name: &str, text: &str) -> Draft {
    let path = file.path();
    let draft = Draft {
        old: Some(OldPlace {
            path: file.old.as_ref().map_or(path, |old| old.path.as_str()).to_owned(),
            line: old,
            end_line: old,
        }),
        subject: Some(Subject { home: path.to_owned(), name: name.to_owned() }),
        content: text.to_owned(),
        ..Draft::new(Kind::Changed, Place::line(index, path, line))
    };
    draft.capture("name", name).capture("text", text)
}

/// Lines of code between two lines.
fn substance_between(side: &SideReading, from: u32, to: u32) -> usize {
    let is_code = |text: &&str| {
        let text = text.trim();
        !text.is_empty() && !["#", "//", "/*", "*", "\"\"\"", "'''"].iter().any(|mark| text.starts_with(mark))
    };
    (from + 1..to).filter_map(|line| side.lines.line(line)).filter(is_code).count()
}

/// Whether the block of a line goes on after it.
fn has_more(side: &SideReading, line: u32) -> bool {
    let depth = |text: &str| text.len() - text.trim_start().len();
    let Some(own) = side.lines.line(line).map(depth) else { return false };
    let next = (line + 1..=side.lines.count() as u32)
        .filter_map(|below| side.lines.line(below))
        .find(|text| !text.trim().is_empty());
    next.is_some_and(|text| depth(text) >= own && !text.trim().starts_with(['}', ')']))
}

fn says_yes(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("true") || lower.contains("allow") || lower.contains("granted") || lower.contains("next()")
}

/// Cheap: text that every way to let through has.
fn may_allow(text: &str) -> bool {
    ["rue", "next()", "Ok(())", "return nil", "llow", "ALLOW", "Granted"].iter().any(|part| text.contains(part))
}

/// Parts of the names of functions that decide about access.
const DECIDES: [&str; 21] = [
    "auth",
    "verif",
    "is_valid",
    "isvalid",
    "validate",
    "permi",
    "allow",
    "is_admin",
    "isadmin",
    "policy",
    "signature",
    "csrf",
    "licen",
    "access",
    "guard",
    "trusted",
    "entitle",
    "has_role",
    "hasrole",
    "require",
    "can_",
];

/// The innermost named function around a line, if its name says that it decides about access.
fn decider(side: &SideReading, line: u32) -> Option<String> {
    let host = side.documents.first()?;
    let text = side.lines.line(line)?;
    let at = side.lines.range(line)?.start + (text.len() - text.trim_start().len());
    let node = host.tree.as_ref()?.root_node().descendant_for_byte_range(at, at + 1)?;
    let name = scope_of(host, &node).pop()?;
    let lower = name.to_lowercase();
    let can = name.strip_prefix("can").is_some_and(|rest| rest.starts_with(char::is_uppercase));
    (can || DECIDES.iter().any(|part| lower.contains(part))).then_some(name)
}

/// The nearest line above that is indented less.
fn header(side: &SideReading, line: u32) -> Option<(u32, &str)> {
    let depth = |text: &str| text.len() - text.trim_start().len();
    let own = depth(side.lines.line(line)?);
    (line.saturating_sub(FARTHEST).max(1)..line)
        .rev()
        .filter_map(|above| Some((above, side.lines.line(above)?)))
        .find(|(_, text)| !text.trim().is_empty() && depth(text) < own)
}
