//! Hits of the line patterns that rules bring along.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use regex::Regex;

use super::{Body, Fact, Match, Sameness};
use crate::source::{Document, Focus};

/// A compiled line pattern of one rule.
#[derive(Debug)]
pub struct LinePattern {
    rule: String,
    sameness: Sameness,
    pattern: Regex,
    not: Option<Regex>,
}

impl LinePattern {
    pub fn compile(rule: &str, pattern: &str, not: Option<&str>, sameness: Sameness) -> Result<Self, String> {
        let regex = |pattern: &str| {
            Regex::new(pattern).map_err(|error| {
                let reason = error.to_string();
                format!("`{pattern}`: {}", reason.lines().last().unwrap_or_default().trim())
            })
        };
        Ok(Self { rule: rule.to_owned(), sameness, pattern: regex(pattern)?, not: not.map(regex).transpose()? })
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
            let Some(found) = pattern.pattern.captures(line) else { continue };
            if pattern.not.as_ref().is_some_and(|not| not.is_match(line)) {
                continue;
            }
            let whole = found.get(0).map_or(0..0, |whole| whole.range());
            let captures: BTreeMap<String, String> = pattern
                .pattern
                .capture_names()
                .flatten()
                .filter_map(|name| Some((name.to_owned(), found.name(name)?.as_str().to_owned())))
                .collect();
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
