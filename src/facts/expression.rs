//! A regular expression that is compiled when it is first asked.
//!
//! A run asks few of the hundreds of expressions that rules and lexicons hold, and compiling one costs more than the
//! rest of its work: about 1 million instructions with the classes of Unicode. So letters of classes (`\w`, `[^a]`,
//! `(?i)`) mean ASCII, unless the expression names a class of Unicode (`\p{Greek}`).

use std::borrow::Cow;
use std::sync::{Mutex, OnceLock, PoisonError};

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::meta::{Config, Regex};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind};

/// Answers whether something is found without saying where; only where something is, its groups are looked for.
#[derive(Debug)]
pub struct Expression {
    pattern: Cow<'static, str>,
    compiled: OnceLock<Option<Automaton>>,
    groups: OnceLock<Option<regex::Regex>>,
}

impl Expression {
    pub fn new(pattern: impl Into<String>) -> Self {
        Self { pattern: Cow::Owned(pattern.into()), compiled: OnceLock::new(), groups: OnceLock::new() }
    }

    /// One that is written in the program; the tests of its owner compile it.
    pub const fn of(pattern: &'static str) -> Self {
        Self { pattern: Cow::Borrowed(pattern), compiled: OnceLock::new(), groups: OnceLock::new() }
    }

    /// As [`Expression::new`], compiled at once.
    ///
    /// # Errors
    /// What is wrong with the expression, in one line.
    pub fn checked(pattern: &str) -> Result<Self, String> {
        // The errors of the `regex` crate point at the place; this one compiles without its search for groups.
        let failed = |error: regex::Error| {
            let reason = error.to_string();
            reason.lines().last().unwrap_or_default().trim().to_owned()
        };
        let groups = regex::Regex::new(pattern).map_err(failed)?;
        let compiled = Automaton::new(pattern).ok_or_else(|| "error: too large".to_owned())?;
        Ok(Self {
            pattern: Cow::Owned(pattern.to_owned()),
            compiled: OnceLock::from(Some(compiled)),
            groups: OnceLock::from(Some(groups)),
        })
    }

    /// Whether the expression is found in a text. One that does not compile is found nowhere; rules are
    /// [checked](Expression::checked) when they are built, lexicons by tests.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled
            .get_or_init(|| Automaton::new(&self.pattern))
            .as_ref()
            .is_some_and(|expression| expression.is_match(text))
    }

    /// Whether it is one at all, and its groups too.
    #[cfg(test)]
    pub fn compiles(&self) -> bool {
        Self::checked(&self.pattern).is_ok()
    }

    fn found_in(&self, text: &str) -> Option<&regex::Regex> {
        self.is_match(text)
            .then(|| self.groups.get_or_init(|| regex::Regex::new(&self.pattern).ok()).as_ref())?
    }

    pub fn find<'t>(&self, text: &'t str) -> Option<regex::Match<'t>> {
        self.found_in(text)?.find(text)
    }

    pub fn find_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = regex::Match<'t>> {
        self.found_in(text).into_iter().flat_map(move |found| found.find_iter(text))
    }

    pub fn captures<'t>(&self, text: &'t str) -> Option<regex::Captures<'t>> {
        self.found_in(text)?.captures(text)
    }

    pub fn captures_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = regex::Captures<'t>> {
        self.found_in(text).into_iter().flat_map(move |found| found.captures_iter(text))
    }

    /// Names of the groups, in order; groups without a name are left out.
    pub fn group_names(&self, text: &str) -> impl Iterator<Item = &str> {
        self.found_in(text).into_iter().flat_map(|found| found.capture_names().flatten())
    }
}

/// What says whether an expression is found. Most are asked for a few short names in a run, so building counts.
#[derive(Debug)]
enum Automaton {
    /// One automaton, forwards, that grows with what it reads, and what it grew to on each thread.
    Lazy(Box<DFA>, Mutex<Vec<Cache>>),
    /// For what the lazy one cannot hold: classes of Unicode.
    Full(Regex),
}

impl Automaton {
    fn new(pattern: &str) -> Option<Self> {
        let lazy = DFA::builder()
            .configure(DFA::config().match_kind(MatchKind::LeftmostFirst))
            .thompson(thompson::Config::new().which_captures(WhichCaptures::None).utf8(false))
            .syntax(ascii())
            .build(pattern);
        match lazy {
            Ok(lazy) => Some(Self::Lazy(Box::new(lazy), Mutex::default())),
            Err(_) => compile(&[pattern]).map(Self::Full),
        }
    }

    fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Lazy(lazy, caches) => {
                let caches = || caches.lock().unwrap_or_else(PoisonError::into_inner);
                let known = caches().pop();
                let mut cache = known.unwrap_or_else(|| lazy.create_cache());
                let found = lazy.try_search_fwd(&mut cache, &Input::new(text).earliest(true));
                caches().push(cache);
                // It fails only where it was told to give up, and it was not.
                found.is_ok_and(|found| found.is_some())
            }
            Self::Full(expression) => expression.is_match(text),
        }
    }
}

fn ascii() -> syntax::Config {
    syntax::Config::new().unicode(false).utf8(false)
}

/// Several expressions in one, compiled when it is first asked.
#[derive(Debug)]
pub struct Expressions {
    patterns: Vec<String>,
    compiled: OnceLock<Option<Regex>>,
}

impl Expressions {
    pub fn new(patterns: Vec<String>) -> Self {
        Self { patterns, compiled: OnceLock::new() }
    }

    /// The first of the expressions that is found in a text.
    pub fn first_match(&self, text: &str) -> Option<usize> {
        let patterns: Vec<&str> = self.patterns.iter().map(String::as_str).collect();
        let expression = self.compiled.get_or_init(|| compile(&patterns)).as_ref()?;
        // Most texts hold none, which is cheaper to ask than which.
        if !expression.is_match(text) {
            return None;
        }
        let mut found = regex_automata::PatternSet::new(self.patterns.len());
        expression.which_overlapping_matches(&Input::new(text), &mut found);
        found.iter().next().map(|pattern| pattern.as_usize())
    }
}

fn compile(patterns: &[&str]) -> Option<Regex> {
    let build = |unicode: bool| {
        let mut builder = Regex::builder();
        builder
            .configure(
                Config::new()
                    .match_kind(match patterns.len() {
                        1 => MatchKind::LeftmostFirst,
                        _ => MatchKind::All,
                    })
                    .which_captures(WhichCaptures::None)
                    .utf8_empty(false)
                    .onepass(false)
                    .dfa(false),
            )
            .syntax(if unicode { syntax::Config::new() } else { ascii() });
        builder.build_many(patterns).ok()
    };
    build(false).or_else(|| build(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_ascii_unless_unicode_is_named() {
        for (pattern, text, expected) in [
            (r"^\w+$", "straight", true),
            (r"(?i)^delete$", "DELETE", true),
            (r"^\p{Greek}+$", "αβγ", true),
            ("ü", "für", true),
            ("[äö]", "schön", true),
            ("[äö]", "schon", false),
            ("(", "(", false),
        ] {
            assert_eq!(Expression::new(pattern).is_match(text), expected, "{pattern} in {text}");
        }
        assert_eq!(Expression::checked("a(").unwrap_err(), "error: unclosed group");
    }

    #[test]
    fn the_first_of_several_is_told() {
        let several = Expressions::new(vec!["^b".to_owned(), "a".to_owned(), "c".to_owned()]);
        assert_eq!(several.first_match("xca"), Some(1));
        assert_eq!(several.first_match("ba"), Some(0));
        assert_eq!(several.first_match("x"), None);
    }
}
