//! Hits of the line patterns that rules bring along.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::{Body, Expression, Fact, Match, Sameness};
use crate::source::{Document, Focus};

/// A line pattern of one rule.
#[derive(Debug)]
pub struct LinePattern {
    rule: String,
    sameness: Sameness,
    pattern: Expression,
    not: Option<Expression>,
}

impl LinePattern {
    pub fn new(rule: &str, pattern: Expression, not: Option<Expression>, sameness: Sameness) -> Self {
        Self { rule: rule.to_owned(), sameness, pattern, not }
    }

    /// Where the pattern is found in a line, and what its named groups hold.
    fn find(&self, line: &str) -> Option<(Range<usize>, BTreeMap<String, String>)> {
        let found = self.pattern.captures(line)?;
        if self.not.as_ref().is_some_and(|not| not.is_match(line)) {
            return None;
        }
        let captures = self
            .pattern
            .group_names(line)
            .filter_map(|name| Some((name.to_owned(), found.name(name)?.as_str().to_owned())))
            .collect();
        Some((found.get(0)?.range(), captures))
    }
}

/// Every hit in the touched lines of a file; named groups are captures.
pub(super) fn extract(document: &Document, focus: &Focus, patterns: &[&LinePattern]) -> Vec<Fact> {
    let mut facts = Vec::new();
    if patterns.is_empty() {
        return facts;
    }
    for number in 1..=document.lines.count() as u32 {
        let (Some(range), Some(line)) = (document.lines.range(number), document.lines.line(number)) else {
            continue;
        };
        if !focus.touches(&range) {
            continue;
        }
        for pattern in patterns {
            let Some((whole, captures)) = pattern.find(line) else { continue };
            let mut hasher = DefaultHasher::new();
            match pattern.sameness {
                Sameness::Tokens => line.split_whitespace().for_each(|word| word.hash(&mut hasher)),
                Sameness::Captures => captures.hash(&mut hasher),
                Sameness::Scope => {}
            }
            facts.push(Fact {
                locus: document.locus(range.start + whole.start..range.start + whole.end, Vec::new()),
                body: Body::Text(Match {
                    rule: pattern.rule.clone(),
                    text: line.trim().to_owned(),
                    hash: hasher.finish(),
                    captures,
                }),
            });
        }
    }
    facts
}
