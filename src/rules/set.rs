//! The rules in force, compiled when first asked.

use std::sync::OnceLock;

use super::condition::{Expression, eagerly, expression, optional};
use super::loader::{self, RuleError};
use super::matchers::{self, Question};
use super::model::{Identity, Matcher, Rule, Severity};
use super::prefilter::Prefilter;
use crate::change::{Change, Side};
use crate::facts::{Globs, LinePattern, Pattern, Patterns, Sameness};
use crate::source::Language;

/// Where a project keeps its own rules.
pub const PROJECT_FOLDER: &str = ".foureyes/rules";

/// A rule with what is compiled from it on demand.
pub struct Entry {
    pub rule: Rule,
    /// The project brought it along.
    pub own: bool,
    compiled: OnceLock<Result<Compiled, String>>,
}

/// The parts of a rule that cost time to build.
pub(super) struct Compiled {
    pub question: Option<Box<dyn Question>>,
    pub pattern: Option<Pattern>,
    pub line_pattern: Option<LinePattern>,
    files: Option<Globs>,
    not_files: Option<Globs>,
    languages: Vec<Language>,
    pub relocated: Vec<Expression>,
}

impl Entry {
    fn new(rule: Rule, own: bool) -> Self {
        Self { rule, own, compiled: OnceLock::new() }
    }

    /// Compiles the rule; the error names the key that is wrong.
    pub fn check(&self) -> Result<(), String> {
        eagerly(|| Compiled::new(&self.rule)).map(|_| ())
    }

    pub(super) fn compiled(&self) -> Result<&Compiled, &String> {
        self.compiled.get_or_init(|| Compiled::new(&self.rule)).as_ref()
    }

    /// Whether `files` and `not_files` admit a path.
    pub fn admits_path(&self, path: &str) -> bool {
        self.compiled().is_ok_and(|compiled| {
            compiled.files.as_ref().is_none_or(|globs| globs.is_match(path))
                && !compiled.not_files.as_ref().is_some_and(|globs| globs.is_match(path))
        })
    }

    /// Whether `languages` admits a language.
    pub fn admits_language(&self, language: Option<Language>) -> bool {
        self.rule.languages.is_empty()
            || self.compiled().is_ok_and(|compiled| language.is_some_and(|is| compiled.languages.contains(&is)))
    }
}

impl Compiled {
    fn new(rule: &Rule) -> Result<Self, String> {
        let languages = rule
            .languages
            .iter()
            .map(|name| {
                Language::from_name(name).ok_or_else(|| format!("`languages`: there is no language `{name}`"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let (mut pattern, mut line_pattern) = (None, None);
        match rule.matcher() {
            Some(Matcher::Syntax(syntax)) => {
                pattern = Some(
                    Pattern::compile(
                        &rule.id,
                        &languages,
                        &syntax.rule,
                        syntax.constraints.as_ref(),
                        sameness(syntax.identity),
                    )
                    .map_err(|reason| format!("`syntax`: {reason}"))?,
                );
            }
            Some(Matcher::Text(text)) => {
                line_pattern = Some(LinePattern::new(
                    &rule.id,
                    expression("text", &text.pattern)?,
                    optional("not", text.not.as_ref())?,
                    sameness(text.identity),
                ));
            }
            _ => {}
        }
        Ok(Self {
            question: matchers::compile(rule)?,
            pattern,
            line_pattern,
            files: globs("files", &rule.files)?,
            not_files: globs("not_files", &rule.not_files)?,
            languages,
            relocated: rule
                .relocated
                .iter()
                .map(|pattern| expression("relocated", pattern))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn sameness(identity: Identity) -> Sameness {
    match identity {
        Identity::Content => Sameness::Tokens,
        Identity::Captures => Sameness::Captures,
        Identity::Scope => Sameness::Scope,
    }
}

fn globs(key: &str, patterns: &[String]) -> Result<Option<Globs>, String> {
    if patterns.is_empty() {
        return Ok(None);
    }
    Globs::new(patterns).map(Some).map_err(|reason| format!("`{key}`: {reason}"))
}

/// All rules of a run, sorted by id.
pub struct RuleSet {
    entries: Vec<Entry>,
    prefilter: OnceLock<Prefilter>,
}

impl RuleSet {
    pub fn builtin() -> Self {
        let entries = loader::builtin().into_iter().map(|rule| Entry::new(rule, false)).collect();
        Self { entries, prefilter: OnceLock::new() }
    }

    /// Adds rules of a project; one that takes the id of another is an error.
    pub fn extend(&mut self, own: Vec<(String, Rule)>) -> Result<(), RuleError> {
        for (path, rule) in own {
            if self.get(&rule.id).is_some() {
                return Err(RuleError {
                    path,
                    reason: format!("there is already a rule `{}`", rule.id),
                    hint: Some(
                        "give it an id of its own, for example in a pack named after the project".into(),
                    ),
                });
            }
            let entry = Entry::new(rule, true);
            entry.check().map_err(|reason| RuleError {
                path,
                reason,
                hint: Some("`foureyes rules test` runs the examples of project rules".into()),
            })?;
            self.entries.push(entry);
        }
        self.entries.sort_by(|one, other| one.rule.id.cmp(&other.rule.id));
        self.prefilter = OnceLock::new();
        Ok(())
    }

    /// The rules of the project on one side of a change, with their paths.
    pub fn of_project(change: &Change, side: Side) -> Result<Vec<(String, Rule)>, RuleError> {
        let tree = change.tree(side);
        let unreadable = |path: &str, reason: String| RuleError { path: path.to_owned(), reason, hint: None };
        let names = tree.list(PROJECT_FOLDER).map_err(|error| unreadable(PROJECT_FOLDER, error.to_string()))?;
        let mut rules = Vec::new();
        for name in names.iter().filter(|name| loader::is_rule_file(name)) {
            let path = format!("{PROJECT_FOLDER}/{name}");
            let bytes = tree.read(&path).map_err(|error| unreadable(&path, error.to_string()))?;
            let text = String::from_utf8(bytes.unwrap_or_default())
                .map_err(|_| unreadable(&path, "not UTF-8".to_owned()))?;
            rules.push((path.clone(), loader::parse(&path, &text)?));
        }
        Ok(rules)
    }

    /// Leaves rules out, and gives others another severity.
    pub fn configure(&mut self, disabled: &dyn Fn(&str) -> bool, severity: &dyn Fn(&str) -> Option<Severity>) {
        self.entries.retain(|entry| !disabled(&entry.rule.id));
        self.prefilter = OnceLock::new();
        for entry in &mut self.entries {
            if let Some(severity) = severity(&entry.rule.id) {
                entry.rule.severity = severity;
            }
        }
    }

    /// The syntax and line patterns worth trying on a file: path and language admit them, and one of their literals
    /// stands in a text of either side.
    pub fn patterns<'a>(&'a self, paths: &[&str], texts: &[&str]) -> Patterns<'a> {
        let found = self.prefilter().literals_in(texts);
        let mut patterns = Patterns::default();
        for (index, entry) in self.entries.iter().enumerate() {
            if !(entry.rule.syntax.is_some() || entry.rule.text.is_some()) {
                continue;
            }
            let literal = entry.rule.literals.is_empty() || found.get(index).copied().unwrap_or(false);
            if !literal || !paths.iter().any(|path| entry.admits_path(path)) {
                continue;
            }
            let Ok(compiled) = entry.compiled() else { continue };
            patterns.syntax.extend(compiled.pattern.as_ref());
            patterns.lines.extend(compiled.line_pattern.as_ref());
        }
        patterns
    }

    fn prefilter(&self) -> &Prefilter {
        self.prefilter.get_or_init(|| Prefilter::new(self.entries.iter().map(|entry| &entry.rule)))
    }

    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.rule.id == id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
