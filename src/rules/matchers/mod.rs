//! One matcher a kind of fact. A matcher answers for one side, or for a pair of sides.

mod call;
mod command;
mod dangers;
mod dependency;
mod file;
mod guard;
mod resource;
mod setting;
mod statement;

use std::collections::BTreeMap;

use super::model::{Matcher, Rule, Severity};
use crate::facts::{Body, Fact};
use crate::source::Locus;

/// What the placeholders of a message stand for.
pub(crate) type Captures = BTreeMap<String, String>;

/// A place on one side where a matcher's answer is yes.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    /// Two hits with the same key on both sides are the same risk; another key is a new one.
    pub key: String,
    pub locus: Locus,
    /// The place is the very thing; otherwise it is what holds an absent thing.
    pub exact: bool,
    pub captures: Captures,
    /// Steps of confidence lost.
    pub doubt: u8,
    pub evidence: Vec<String>,
    /// Instead of the rule's own.
    pub severity: Option<Severity>,
}

impl Hit {
    pub(super) fn at(fact: &Fact) -> Self {
        Self {
            key: String::new(),
            locus: fact.locus.clone(),
            exact: true,
            captures: Captures::new(),
            doubt: 0,
            evidence: Vec::new(),
            severity: None,
        }
    }

    pub(super) fn capture(mut self, name: &str, value: impl Into<String>) -> Self {
        self.captures.insert(name.to_owned(), value.into());
        self
    }
}

/// A turn between two sides that a matcher with two-sided keys found.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub old: Option<Hit>,
    pub new: Option<Hit>,
}

/// A compiled matcher.
pub(super) trait Question: Send + Sync {
    /// Where one side matches.
    fn hits(&self, fact: &Fact) -> Vec<Hit>;

    /// What turned between two sides, or `None` if the matcher only speaks of one side at a time.
    fn turns(&self, _old: Option<&Fact>, _new: Option<&Fact>) -> Option<Vec<Turn>> {
        None
    }
}

/// Syntax and text rules were already asked when their facts were extracted.
struct Found;

impl Question for Found {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        let (Body::Syntax(found) | Body::Text(found)) = &fact.body else { return Vec::new() };
        let mut hit = Hit::at(fact).capture("text", shorten(&found.text));
        for (name, value) in &found.captures {
            hit.captures.insert(name.clone(), shorten(value));
            hit.key.push_str(value);
            hit.key.push('\u{1f}');
        }
        vec![hit]
    }
}

/// Compiles a rule's matcher; checks have none.
pub(super) fn compile(rule: &Rule) -> Result<Option<Box<dyn Question>>, String> {
    Ok(Some(match rule.matcher() {
        Some(Matcher::Resource(matcher)) => Box::new(resource::Resources::compile(matcher)?),
        Some(Matcher::Setting(matcher)) => Box::new(setting::Settings::compile(matcher)?),
        Some(Matcher::Command(matcher)) => Box::new(command::Commands::compile(matcher)?),
        Some(Matcher::Statement(matcher)) => Box::new(statement::Statements::compile(matcher)?),
        Some(Matcher::Call(matcher)) => Box::new(call::Calls::compile(matcher)?),
        Some(Matcher::Guard(matcher)) => Box::new(guard::Guards::compile(matcher)?),
        Some(Matcher::Dependency(matcher)) => Box::new(dependency::Dependencies::compile(matcher)?),
        Some(Matcher::File(matcher)) => Box::new(file::Files::new(matcher.clone())),
        Some(Matcher::Syntax(_) | Matcher::Text(_)) => Box::new(Found),
        Some(Matcher::Check(_)) | None => return Ok(None),
    }))
}

/// At most 80 characters, for messages.
pub(super) fn shorten(text: &str) -> String {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match folded.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", &folded[..cut]),
        None => folded,
    }
}
