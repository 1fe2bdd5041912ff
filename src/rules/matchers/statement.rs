//! SQL statements.

use super::{Captures, Hit, Question, Turn, shorten};
use crate::facts::{Body, Fact, Statement, Where, is_tautology};
use crate::rules::condition::{Expression, expression, optional};
use crate::rules::model::{FilterTest, StatementMatcher};

pub(super) struct Statements {
    matcher: StatementMatcher,
    text: Option<Expression>,
    not_text: Option<Expression>,
    action_text: Option<Expression>,
    action_not_text: Option<Expression>,
    loses_conjunct: Option<Expression>,
}

impl Statements {
    pub(super) fn compile(matcher: &StatementMatcher) -> Result<Self, String> {
        let action = matcher.action.as_ref();
        Ok(Self {
            text: optional("text", matcher.text.as_ref())?,
            not_text: optional("not_text", matcher.not_text.as_ref())?,
            action_text: optional("action.text", action.and_then(|action| action.text.as_ref()))?,
            action_not_text: optional("action.not_text", action.and_then(|action| action.not_text.as_ref()))?,
            loses_conjunct: matcher
                .loses_conjunct
                .as_ref()
                .map(|pattern| expression("loses_conjunct", &format!("(?i){pattern}")))
                .transpose()?,
            matcher: matcher.clone(),
        })
    }

    /// The key of a match: the actions that matched, or the targets.
    fn concerns(&self, statement: &Statement) -> Option<String> {
        let matcher = &self.matcher;
        let any = |names: &[String], name: &str| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
        let has = |option: &String| statement.options.iter().any(|has| has.eq_ignore_ascii_case(option));
        let matches = any(&matcher.verb, &statement.verb)
            && (matcher.object.is_empty() || any(&matcher.object, &statement.object))
            && matcher.filter.is_none_or(|wanted| filter_is(wanted, &statement.filter))
            && matcher.cascade.is_none_or(|wanted| statement.cascade == wanted)
            && matcher.options.iter().all(has)
            && !matcher.no_options.iter().any(has)
            && matcher.in_transaction.is_none_or(|wanted| statement.in_transaction == wanted)
            && (matcher.own_table || !statement.own_table)
            && self.text.as_ref().is_none_or(|expression| expression.is_match(&statement.text))
            && !self.not_text.as_ref().is_some_and(|expression| expression.is_match(&statement.text));
        if !matches {
            return None;
        }
        let Some(action) = &matcher.action else { return Some(statement.names.join(",")) };
        let found: Vec<String> = statement
            .actions
            .iter()
            .filter(|has| any(&action.verb, &has.verb))
            .filter(|has| self.action_text.as_ref().is_none_or(|expression| expression.is_match(&has.text)))
            .filter(|has| {
                !self.action_not_text.as_ref().is_some_and(|expression| expression.is_match(&has.text))
            })
            .map(|has| has.name.clone())
            .collect();
        (!found.is_empty()).then(|| found.join(","))
    }

    fn hit(&self, fact: &Fact, statement: &Statement, key: String) -> Hit {
        let column = if self.matcher.action.is_some() { key.clone() } else { String::new() };
        let captures = Captures::from([
            ("statement".to_owned(), shorten(&statement.text)),
            ("verb".to_owned(), statement.verb.clone()),
            ("object".to_owned(), statement.object.to_ascii_lowercase()),
            ("target".to_owned(), readable(&statement.names.join(", "))),
            ("name".to_owned(), readable(if column.is_empty() { &statement.name } else { &column })),
        ]);
        let mut hit = Hit { key, captures, ..Hit::at(fact) };
        if !statement.complete {
            hit.doubt = 1;
            hit.evidence.push("the statement was read in part only".to_owned());
        }
        hit
    }
}

impl Question for Statements {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        let Body::Statement(statement) = &fact.body else { return Vec::new() };
        if self.loses_conjunct.is_some() {
            return Vec::new();
        }
        self.concerns(statement).map(|key| self.hit(fact, statement, key)).into_iter().collect()
    }

    fn turns(&self, old: Option<&Fact>, new: Option<&Fact>) -> Option<Vec<Turn>> {
        let wanted = self.loses_conjunct.as_ref()?;
        let (Some(old), Some(new)) = (old, new) else { return Some(Vec::new()) };
        let (Body::Statement(before), Body::Statement(after)) = (&old.body, &new.body) else {
            return Some(Vec::new());
        };
        let Some(key) = self.concerns(after) else { return Some(Vec::new()) };
        let lost = conjuncts(before)
            .iter()
            .find(|conjunct| wanted.is_match(conjunct) && !is_tautology(conjunct) && !is_kept(conjunct, after));
        Some(match lost {
            Some(lost) => vec![Turn {
                old: Some(self.hit(old, before, key.clone()).capture("old", shorten(lost))),
                new: Some(self.hit(new, after, key).capture("old", shorten(lost))),
            }],
            None => Vec::new(),
        })
    }
}

fn conjuncts(statement: &Statement) -> &[String] {
    match &statement.filter {
        Where::Conjuncts(conjuncts) => conjuncts,
        Where::Absent | Where::NotApplicable => &[],
    }
}

/// The condition, or the column it tests, still restricts the statement: in WHERE, in a join, in a subquery or CTE.
fn is_kept(conjunct: &str, statement: &Statement) -> bool {
    if conjuncts(statement).iter().chain(&statement.joins).any(|other| other.contains(conjunct)) {
        return true;
    }
    let Some(column) = column_of(conjunct) else { return statement.text.contains(conjunct) };
    let tests = |text: &str| words(text).any(|word| word.eq_ignore_ascii_case(column));
    conjuncts(statement).iter().chain(&statement.joins).any(|other| tests(other))
}

/// The first identifier of a condition, without its table.
fn column_of(conjunct: &str) -> Option<&str> {
    let first = conjunct.split(|letter: char| letter.is_whitespace() || "=<>!(".contains(letter)).next()?;
    let column = first.rsplit('.').next()?;
    column.chars().next().filter(|letter| letter.is_alphabetic() || *letter == '_').map(|_| column)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

fn filter_is(wanted: FilterTest, filter: &Where) -> bool {
    match (wanted, filter) {
        (FilterTest::Absent, Where::Absent) => true,
        (FilterTest::Tautology, Where::Conjuncts(conjuncts)) => conjuncts.iter().all(|one| is_tautology(one)),
        (FilterTest::Present, Where::Conjuncts(conjuncts)) => !conjuncts.iter().all(|one| is_tautology(one)),
        _ => false,
    }
}

fn readable(name: &str) -> String {
    shorten(&name.replace(crate::source::HOLE, "…"))
}
