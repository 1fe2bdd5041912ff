//! Guards of program code that are gone or protect less.

use super::{Captures, Hit, Question, Turn, shorten};
use crate::delta::{Weakness, weakness};
use crate::facts::{Body, Fact, Form, Guard, GuardKind, is_destructive};
use crate::rules::model::GuardMatcher;

pub(super) struct Guards {
    kinds: Vec<GuardKind>,
    weaknesses: Vec<Weakness>,
    form: Vec<String>,
    destructive: Option<bool>,
}

impl Guards {
    pub(super) fn compile(matcher: &GuardMatcher) -> Result<Self, String> {
        fn known<T: serde::de::DeserializeOwned>(key: &str, names: &[String]) -> Result<Vec<T>, String> {
            names
                .iter()
                .map(|name| {
                    serde_json::from_value(serde_json::Value::String(name.clone()))
                        .map_err(|error| format!("`{key}`: {error}"))
                })
                .collect()
        }
        Ok(Self {
            kinds: known("kind", &matcher.kind)?,
            weaknesses: known("weakness", &matcher.weakness)?,
            form: matcher.form.clone(),
            destructive: matcher.destructive,
        })
    }

    fn concerns(&self, guard: &Guard) -> bool {
        self.kinds.contains(&guard.kind)
            && (self.form.is_empty() || self.form.iter().any(|form| form == form_name(guard.form)))
            && self
                .destructive
                .is_none_or(|wanted| guard.protects.iter().any(|name| is_destructive(name)) == wanted)
    }

    fn hit(fact: &Fact, guard: &Guard) -> Hit {
        let captures = Captures::from([
            ("guard".to_owned(), shorten(&guard.text)),
            ("text".to_owned(), shorten(&guard.text)),
            ("kind".to_owned(), kind_name(guard.kind)),
            ("definition".to_owned(), definition(fact)),
            ("protected".to_owned(), protected(fact, guard)),
        ]);
        let mut hit = Hit { captures, key: guard.key.clone(), ..Hit::at(fact) };
        if guard.rewritten {
            hit.doubt = 1;
            hit.evidence.push("the definition was written anew, so what followed what is a guess".to_owned());
        }
        hit
    }
}

impl Question for Guards {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        match &fact.body {
            Body::Guard(guard) if self.concerns(guard) => vec![Self::hit(fact, guard)],
            _ => Vec::new(),
        }
    }

    fn turns(&self, old: Option<&Fact>, new: Option<&Fact>) -> Option<Vec<Turn>> {
        let guard_of = |fact: &Fact| match &fact.body {
            Body::Guard(guard) => Some(guard.clone()),
            _ => None,
        };
        let Some((old_fact, before)) = old.and_then(|fact| Some((fact, guard_of(fact)?))) else {
            return Some(Vec::new());
        };
        if !self.concerns(&before) {
            return Some(Vec::new());
        }
        let mut old_hit = Self::hit(old_fact, &before);
        let Some((new_fact, after)) = new.and_then(|fact| Some((fact, guard_of(fact)?))) else {
            if !self.weaknesses.is_empty() {
                return Some(Vec::new());
            }
            old_hit.captures.insert("how".to_owned(), "is gone".to_owned());
            return Some(vec![Turn { old: Some(old_hit), new: None }]);
        };
        let Some(weakness) = weakness(&before, &after) else { return Some(Vec::new()) };
        if !self.weaknesses.is_empty() && !self.weaknesses.contains(&weakness) {
            return Some(Vec::new());
        }
        let mut new_hit = Hit {
            captures: old_hit.captures.clone(),
            key: before.key.clone(),
            doubt: old_hit.doubt,
            evidence: old_hit.evidence.clone(),
            ..Hit::at(new_fact)
        };
        new_hit.captures.insert("how".to_owned(), format!("now {}", weakness.words()));
        new_hit.captures.insert("new".to_owned(), shorten(&after.text));
        new_hit.evidence.push(format!("now `{}`", shorten(&after.text)));
        Some(vec![Turn { old: Some(old_hit), new: Some(new_hit) }])
    }
}

fn form_name(form: Form) -> &'static str {
    match form {
        Form::Mark => "mark",
        Form::Parameter => "parameter",
        Form::Condition => "condition",
        Form::Around => "around",
        Form::Call => "call",
        Form::Argument => "argument",
        Form::Route => "route",
        Form::Registration => "registration",
    }
}

fn kind_name(kind: GuardKind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|value| value.as_str().map(|name| name.replace('-', " ")))
        .unwrap_or_default()
}

fn definition(fact: &Fact) -> String {
    match fact.locus.scope.last() {
        Some(name) => format!("`{name}`"),
        None => fact.locus.path.to_string(),
    }
}

/// What a guard stands before, the grave first, and where: `delete` in `purge`, or `purge` as a whole.
fn protected(fact: &Fact, guard: &Guard) -> String {
    let place = definition(fact);
    let mut names: Vec<&String> = guard.protects.iter().filter(|name| !name.is_empty()).collect();
    names.sort_by_key(|name| !is_destructive(name));
    match names.as_slice() {
        [] => place,
        [one] => format!("`{one}` in {place}"),
        [one, other] => format!("`{one}` and `{other}` in {place}"),
        [one, ..] => format!("`{one}` and {} more in {place}", names.len() - 1),
    }
}
