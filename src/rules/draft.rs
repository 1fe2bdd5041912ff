//! From what was seen to a finding: the one place where findings are worded.

use super::finding::{Finding, Kind, Subject};
use super::matchers::Captures;
use super::model::{Confidence, Rule, Severity};
use crate::facts::masked;
use crate::source::{Locus, Position};

/// A place on the new side; line 0 where nothing is left to point at.
#[derive(Clone, Debug)]
pub struct Place {
    pub file: usize,
    pub path: String,
    pub start: Position,
    pub end: Position,
}

impl Place {
    pub fn at(locus: &Locus) -> Self {
        Self { file: locus.file, path: locus.path.to_string(), start: locus.start, end: locus.end }
    }

    /// The start of what surrounds something that is gone.
    pub fn start_of(locus: &Locus) -> Self {
        Self { end: locus.start, ..Self::at(locus) }
    }

    pub fn nowhere(file: usize, path: &str) -> Self {
        let none = Position { line: 0, column: 0 };
        Self { file, path: path.to_owned(), start: none, end: none }
    }

    pub fn line(file: usize, path: &str, line: u32) -> Self {
        let position = Position { line, column: 1 };
        Self { file, path: path.to_owned(), start: position, end: position }
    }
}

/// What a matcher or check saw, before it is worded.
#[derive(Clone, Debug)]
pub struct Draft {
    pub kind: Kind,
    pub place: Place,
    pub old: Option<OldPlace>,
    pub subject: Option<Subject>,
    pub captures: Captures,
    /// Steps of confidence lost.
    pub doubt: u8,
    /// Replaces the rule's own severity.
    pub severity: Option<Severity>,
    pub evidence: Vec<String>,
    pub hints: Vec<String>,
    /// What tells this finding from others of the same rule and subject, for the fingerprint.
    pub content: String,
}

/// Lines on the old side.
#[derive(Clone, Debug)]
pub struct OldPlace {
    pub path: String,
    pub line: u32,
    pub end_line: u32,
}

impl OldPlace {
    pub fn at(locus: &Locus) -> Self {
        Self { path: locus.path.to_string(), line: locus.start.line, end_line: locus.end.line }
    }
}

impl Draft {
    pub fn new(kind: Kind, place: Place) -> Self {
        Self {
            kind,
            place,
            old: None,
            subject: None,
            captures: Captures::new(),
            doubt: 0,
            severity: None,
            evidence: Vec::new(),
            hints: Vec::new(),
            content: String::new(),
        }
    }

    pub fn capture(mut self, name: &str, value: impl Into<String>) -> Self {
        self.captures.insert(name.to_owned(), value.into());
        self
    }

    /// Words the finding by its rule.
    pub fn finish(mut self, rule: &Rule) -> Finding {
        self.captures.insert("path".to_owned(), self.place.path.clone());
        Finding {
            rule: rule.id.clone(),
            title: rule.title.clone(),
            kind: self.kind,
            severity: self.severity.unwrap_or(rule.severity),
            confidence: lower(rule.confidence, self.doubt),
            effect: rule.effect,
            place_policy: rule.place,
            // What a credential is worth stands in no report.
            message: masked(&fill(&rule.message, &self.captures)).into_owned(),
            why: rule.why.trim().to_owned(),
            instead: rule.instead.trim().to_owned(),
            references: rule.references.clone(),
            same_cause: rule.same_cause.clone(),
            reviewers: rule.reviewers.clone(),
            fingerprint: fingerprint(&rule.id, &self.place.path, self.subject.as_ref(), &self.content),
            subject: self.subject,
            file: self.place.file,
            path: self.place.path,
            line: self.place.start.line,
            column: self.place.start.column,
            end_line: self.place.end.line,
            end_column: self.place.end.column,
            old_path: self.old.as_ref().map(|old| old.path.clone()),
            old_line: self.old.as_ref().map(|old| old.line),
            old_end_line: self.old.as_ref().map(|old| old.end_line),
            evidence: self.evidence.iter().map(|line| masked(line).into_owned()).collect(),
            hints: self.hints,
            also: Vec::new(),
        }
    }
}

/// Replaces `{name}`; a name that nothing stands for is left out.
/// Letters of one value that a sentence shows.
const LONGEST_CAPTURE: usize = 160;

fn fill(template: &str, captures: &Captures) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        text.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('}') else {
            rest = &rest[start..];
            break;
        };
        if let Some(value) = captures.get(&rest[start + 1..start + length]) {
            match value.char_indices().nth(LONGEST_CAPTURE) {
                Some((cut, _)) => {
                    text.push_str(value[..cut].trim_end());
                    text.push('…');
                }
                None => text.push_str(value),
            }
        }
        rest = &rest[start + length + 1..];
    }
    text.push_str(rest);
    text.trim().to_owned()
}

fn lower(confidence: Confidence, steps: u8) -> Confidence {
    match (confidence, steps) {
        (any, 0) => any,
        (Confidence::High, 1) => Confidence::Medium,
        _ => Confidence::Low,
    }
}

/// FNV-1a over the parts, as 16 hexadecimal digits: the same on every machine and in every version.
fn fingerprint(rule: &str, path: &str, subject: Option<&Subject>, content: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let (home, name) = subject.map_or(("", ""), |subject| (subject.home.as_str(), subject.name.as_str()));
    for part in [rule, path, home, name, content] {
        for byte in part.bytes().chain([0x1f]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_and_stray_braces_kept() {
        let captures = Captures::from([("name".to_owned(), "orders".to_owned())]);
        assert_eq!(fill("{name} goes; {gone}left", &captures), "orders goes; left");
        assert_eq!(fill("an open { stays", &captures), "an open { stays");
    }

    #[test]
    fn the_fingerprint_does_not_depend_on_the_build() {
        assert_eq!(fingerprint("a/b", "x", None, ""), fingerprint("a/b", "x", None, ""));
        assert_ne!(fingerprint("a/b", "x", None, ""), fingerprint("a/b", "x", None, "y"));
        assert_eq!(fingerprint("a/b", "x", None, "y").len(), 16);
    }
}
