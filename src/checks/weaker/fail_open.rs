//! `fail-open`: a function that decides about access lets through where it refused: in the handling of an error, by
//! default, or at its end.

use std::sync::OnceLock;

use regex::Regex;

use super::super::Evidence;
use super::hunks::hunks;
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject};
use crate::source::{SideReading, scope_of};

/// How far above a line its header is looked for, in lines.
const FARTHEST: u32 = 40;

struct Patterns {
    allow: Regex,
    deny: Regex,
    handler: Regex,
    decides: Regex,
}

fn patterns() -> Option<&'static Patterns> {
    static PATTERNS: OnceLock<Option<Patterns>> = OnceLock::new();
    PATTERNS
        .get_or_init(|| {
            let arm = r"(?:[\w:]+(?:\([^)]*\))?(?:\s*\|\s*[\w:]+(?:\([^)]*\))?)*\s*=>\s*)?";
            Some(Patterns {
                allow: Regex::new(&format!(
                    r"^{arm}(?:return\s+)?(?:Ok\()?\s*(?:True|true|Decision::Allow|Access::Granted|Allow|ALLOW|Promise\.resolve\(true\))\s*\)?(?:,\s*nil)?\s*[;,]?$|^(?:return\s+)?next\(\)\s*;?$|^{arm}(?:return\s+)?Ok\(\(\)\)[;,]?$|^return\s+nil$"
                ))
                .ok()?,
                deny: Regex::new(&format!(
                    r"^{arm}(?:return\s+)?(?:Ok\()?\s*(?:False|false|Decision::Deny|Access::Denied|Deny|DENY|Promise\.resolve\(false\))\s*\)?(?:,\s*\w+)?\s*[;,]?$|^raise\b|^throw\b|^{arm}(?:return\s+)?Err\([^>]*$|^return\s+(?:false,\s*)?(?:err|fmt\.Errorf|errors\.New)\b|^(?:return\s+)?next\(\s*(?:new\s+)?\w+|\b(?:401|403)\b|(?i:unauthorized|forbidden|permission_?denied|access_?denied)|^abort\("
                ))
                .ok()?,
                handler: Regex::new(r"^(?:\}\s*)?(?:except\b|catch\b|else\b|default\b|case\s+_|_\s*=>|Err\b|if\s+(?:let\s+Err|err\b|error\b|not\s+\w+|!\w+)|rescue\b|\.catch\()").ok()?,
                decides: Regex::new(
                    r"(?i)auth|verif|is_?valid|validate|permi|allow|is_?admin|policy|signature|csrf|licen[cs]e|can_?[a-z]|access|guard|trusted|entitle|has_?role|require_",
                )
                .ok()?,
            })
        })
        .as_ref()
}

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let Some(patterns) = patterns() else { return Vec::new() };
    let mut findings = Vec::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let (Some(file), Some(new)) = (evidence.change.files.get(index), &reading.new) else { continue };
        if !new.documents.first().is_some_and(|host| host.language.is_program()) {
            continue;
        }
        for hunk in hunks(reading) {
            let is = |pattern: &Regex, text: &str| pattern.is_match(text.trim());
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
                let Some(name) = decider(new, *line).filter(|name| patterns.decides.is_match(name)) else {
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
                findings.push(draft.capture("name", name).capture("text", text.trim()).finish(rule));
                break;
            }
        }
    }
    findings
}

fn says_yes(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("true") || lower.contains("allow") || lower.contains("granted") || lower.contains("next()")
}

/// The innermost named function around a line.
fn decider(side: &SideReading, line: u32) -> Option<String> {
    let host = side.documents.first()?;
    let text = side.lines.line(line)?;
    let at = side.lines.range(line)?.start + (text.len() - text.trim_start().len());
    let node = host.tree.as_ref()?.root_node().descendant_for_byte_range(at, at + 1)?;
    scope_of(host, &node).pop()
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
