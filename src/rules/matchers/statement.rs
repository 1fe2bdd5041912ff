//! SQL statements.

use super::{Captures, Hit, Question, Turn, shorten};
use crate::facts::{Action, Body, Dialect, Fact, Statement, Where, is_tautology};
use crate::rules::condition::{Expression, expression, optional};
use crate::rules::model::{FilterTest, StatementMatcher};
use crate::source::HOLE;

pub(super) struct Statements {
    matcher: StatementMatcher,
    dialects: Vec<Dialect>,
    name: Option<Expression>,
    not_name: Option<Expression>,
    text: Option<Expression>,
    not_text: Option<Expression>,
    action_name: Option<Expression>,
    action_text: Option<Expression>,
    action_not_text: Option<Expression>,
    loses_conjunct: Option<Expression>,
}

const DIALECTS: [(&str, Dialect); 5] = [
    ("postgres", Dialect::Postgres),
    ("mysql", Dialect::MySql),
    ("sqlserver", Dialect::SqlServer),
    ("oracle", Dialect::Oracle),
    ("sqlite", Dialect::Sqlite),
];

impl Statements {
    pub(super) fn compile(matcher: &StatementMatcher) -> Result<Self, String> {
        let action = matcher.action.as_ref();
        let dialects = matcher
            .dialect
            .iter()
            .map(|name| {
                let known = DIALECTS.iter().find(|(known, _)| known == name);
                known.map(|(_, dialect)| *dialect).ok_or_else(|| format!("`dialect`: there is no `{name}`"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            dialects,
            name: optional("name", matcher.name.as_ref())?,
            not_name: optional("not_name", matcher.not_name.as_ref())?,
            text: optional("text", matcher.text.as_ref())?,
            not_text: optional("not_text", matcher.not_text.as_ref())?,
            action_name: optional("action.name", action.and_then(|action| action.name.as_ref()))?,
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

    /// Whether the statement as a whole is one that the rule speaks of.
    fn speaks_of(&self, statement: &Statement) -> bool {
        let matcher = &self.matcher;
        let any = |names: &[String], name: &str| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
        let has = |option: &String| statement.options.iter().any(|has| has.eq_ignore_ascii_case(option));
        any(&matcher.verb, &statement.verb)
            && (matcher.object.is_empty() || any(&matcher.object, &statement.object))
            && (self.dialects.is_empty()
                || statement.dialect.is_none_or(|dialect| self.dialects.contains(&dialect)))
            && matcher.filter.is_none_or(|wanted| filter_is(wanted, statement))
            && matcher.limited.is_none_or(|wanted| statement.limit.is_some() == wanted)
            && matcher.cascade.is_none_or(|wanted| statement.cascade == wanted)
            && matcher.options.iter().all(has)
            && !matcher.no_options.iter().any(has)
            && matcher.in_transaction.is_none_or(|wanted| statement.in_transaction == wanted)
            && (matcher.own_table || !statement.own_table)
            && (matcher.down || !statement.down)
            && self.text.as_ref().is_none_or(|expression| expression.is_match(&statement.text))
            && !self.not_text.as_ref().is_some_and(|expression| expression.is_match(&statement.text))
    }

    fn admits_name(&self, name: &str) -> bool {
        self.name.as_ref().is_none_or(|expression| expression.is_match(name))
            && !self.not_name.as_ref().is_some_and(|expression| expression.is_match(name))
    }

    fn admits_action(&self, action: &Action) -> bool {
        let wanted = self.matcher.action.as_ref();
        wanted.is_some_and(|wanted| wanted.verb.iter().any(|verb| verb.eq_ignore_ascii_case(&action.verb)))
            && self.action_name.as_ref().is_none_or(|expression| expression.is_match(&action.name))
            && self.action_text.as_ref().is_none_or(|expression| expression.is_match(&action.text))
            && !self.action_not_text.as_ref().is_some_and(|expression| expression.is_match(&action.text))
    }

    fn hit(&self, fact: &Fact, statement: &Statement, target: &str) -> Hit {
        let captures = Captures::from([
            ("statement".to_owned(), shorten(&statement.text)),
            ("verb".to_owned(), statement.verb.clone()),
            ("object".to_owned(), statement.object.to_ascii_lowercase()),
            ("target".to_owned(), readable(target)),
            ("name".to_owned(), readable(target)),
            ("on".to_owned(), readable(statement.on.as_deref().unwrap_or_default())),
        ]);
        let mut hit = Hit { key: target.to_owned(), captures, ..Hit::at(fact) };
        let mut doubt = |because: &str| {
            hit.doubt += 1;
            hit.evidence.push(because.to_owned());
        };
        if !statement.complete {
            doubt("the statement was read in part only");
        }
        if target.contains(HOLE) {
            doubt("its target is only known when it runs");
        }
        if !self.dialects.is_empty() && statement.dialect.is_none() {
            doubt("the dialect is not known");
        }
        hit
    }
}

impl Question for Statements {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        let Body::Statement(statement) = &fact.body else { return Vec::new() };
        if self.is_two_sided() || !self.speaks_of(statement) {
            return Vec::new();
        }
        if self.matcher.action.is_none() {
            let several = matches!(statement.verb.as_str(), "DROP" | "TRUNCATE" | "DELETE");
            if several && statement.names.len() > 1 {
                let names = statement.names.iter().filter(|name| self.admits_name(name));
                return names.map(|name| self.hit(fact, statement, name)).collect();
            }
            let admitted = self.admits_name(&statement.name);
            return admitted.then(|| self.hit(fact, statement, &statement.name)).into_iter().collect();
        }
        if !self.admits_name(&statement.name) {
            return Vec::new();
        }
        let actions = statement.actions.iter().filter(|action| self.admits_action(action));
        actions
            .map(|action| {
                let mut hit = self.hit(fact, statement, &statement.name);
                hit.key = format!("{} {} {}", statement.name, action.verb, action.name);
                hit.locus = action.locus.clone();
                hit.capture("name", readable(&action.name)).capture("clause", shorten(&action.text))
            })
            .collect()
    }

    fn turns(&self, old: Option<&Fact>, new: Option<&Fact>) -> Option<Vec<Turn>> {
        if !self.is_two_sided() {
            return None;
        }
        let (Some(old), Some(new)) = (old, new) else { return Some(Vec::new()) };
        let (Body::Statement(before), Body::Statement(after)) = (&old.body, &new.body) else {
            return Some(Vec::new());
        };
        if !self.speaks_of(after) || !self.admits_name(&after.name) {
            return Some(Vec::new());
        }
        let Some((was, is)) = self.lost(before, after) else { return Some(Vec::new()) };
        let hit = |fact: &Fact, statement: &Statement| {
            self.hit(fact, statement, &after.name).capture("old", shorten(&was)).capture("new", shorten(&is))
        };
        Some(vec![Turn { old: Some(hit(old, before)), new: Some(hit(new, after)) }])
    }
}

impl Statements {
    fn is_two_sided(&self) -> bool {
        self.loses_conjunct.is_some()
            || !self.matcher.loses_options.is_empty()
            || self.matcher.raises_limit.is_some()
    }

    /// What the old statement had and the new one has not, with what stands in its place.
    fn lost(&self, old: &Statement, new: &Statement) -> Option<(String, String)> {
        if let Some(wanted) = &self.loses_conjunct {
            let lost = restrictions(old).find(|conjunct| {
                wanted.is_match(conjunct) && !is_tautology(conjunct) && !is_kept(conjunct, new)
            })?;
            return Some((lost.clone(), String::new()));
        }
        if let Some(factor) = self.matcher.raises_limit {
            let number = |limit: &str| limit.replace('_', "").parse::<f64>().ok();
            let before = old.limit.as_deref()?;
            return match (new.limit.as_deref(), number(before)) {
                (None, _) => Some((before.to_owned(), "none".to_owned())),
                (Some(after), Some(before)) if number(after)? >= factor * before => {
                    Some((before.to_string(), after.to_owned()))
                }
                _ => None,
            };
        }
        let options = &self.matcher.loses_options;
        let has =
            |statement: &Statement| options.iter().find(|option| statement.options.contains(*option)).cloned();
        match (has(old), has(new)) {
            (Some(was), None) => Some((was, "nothing".to_owned())),
            _ => None,
        }
    }
}

fn conjuncts(statement: &Statement) -> &[String] {
    match &statement.filter {
        Where::Conjuncts(conjuncts) => conjuncts,
        Where::Absent | Where::NotApplicable => &[],
    }
}

fn restrictions(statement: &Statement) -> impl Iterator<Item = &String> {
    conjuncts(statement).iter().chain(&statement.joins)
}

/// The condition, or another one on the column it tests, still restricts the statement: in WHERE, in a join, in a
/// subquery or common table expression.
fn is_kept(conjunct: &str, statement: &Statement) -> bool {
    let weaker = |other: &str| has_branches(other) && !has_branches(conjunct);
    if restrictions(statement).any(|other| other == conjunct || (other.contains(conjunct) && !weaker(other))) {
        return true;
    }
    let Some(column) = column_of(conjunct) else { return statement.text.contains(conjunct) };
    let tests = |text: &str| words(text).any(|word| word.eq_ignore_ascii_case(column));
    restrictions(statement).any(|other| {
        tests(other) && !is_tautology(other) && !weaker(other) && (is_open(conjunct) || !is_open(other))
    })
}

/// Alternatives outside parentheses: one of them is enough.
fn has_branches(conjunct: &str) -> bool {
    let mut depth = 0i32;
    let mut quoted = false;
    for (at, byte) in conjunct.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            b' ' if !quoted && depth == 0 && conjunct[at..].starts_with(" OR ") => return true,
            _ => {}
        }
    }
    false
}

/// A test that nearly every row passes, beside one for a value.
fn is_open(conjunct: &str) -> bool {
    conjunct.contains("IS NOT NULL") || conjunct.contains(" <> ")
}

/// The first identifier of a condition, without its table.
fn column_of(conjunct: &str) -> Option<&str> {
    let condition = conjunct.strip_prefix("NOT ").unwrap_or(conjunct);
    let first = condition.split(|letter: char| letter.is_whitespace() || "=<>!(".contains(letter)).next()?;
    let column = first.rsplit('.').next()?;
    column.chars().next().filter(|letter| letter.is_alphabetic() || *letter == '_').map(|_| column)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

fn filter_is(wanted: FilterTest, statement: &Statement) -> bool {
    // What else a policy says is its check of new rows, which does not restrict those that it shows.
    let free = statement.joins.is_empty() || statement.object == "POLICY";
    match (wanted, &statement.filter) {
        (FilterTest::Absent, Where::Absent) => free,
        (FilterTest::Tautology, Where::Conjuncts(conjuncts)) => {
            free && conjuncts.iter().all(|one| is_tautology(one))
        }
        (FilterTest::Unknown, Where::Conjuncts(conjuncts)) => {
            let open = |one: &String| one == HOLE || is_tautology(one) || is_tautology_then_hole(one);
            free && conjuncts.iter().all(open) && conjuncts.iter().any(|one| one.contains(HOLE))
        }
        (FilterTest::Present, Where::Conjuncts(conjuncts)) => !conjuncts.iter().all(|one| is_tautology(one)),
        _ => false,
    }
}

/// `1 = 1 {filters}`: what is appended decides.
fn is_tautology_then_hole(conjunct: &str) -> bool {
    conjunct.strip_suffix(HOLE).is_some_and(|start| is_tautology(start.trim()))
}

fn readable(name: &str) -> String {
    shorten(&name.replace(HOLE, "…"))
}
