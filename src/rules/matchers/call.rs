//! Calls in program code.

use super::{Captures, Hit, Question, Turn, shorten};
use crate::facts::{Argument, Body, Call, Fact, glob};
use crate::rules::condition::{Expression, Test, optional};
use crate::rules::model::{ArgumentTest, CallMatcher};

pub(super) struct Calls {
    matcher: CallMatcher,
    arguments: Vec<(ArgumentTest, Test)>,
    no_arguments: Vec<(ArgumentTest, Test)>,
    chain: Option<Expression>,
    not_chain: Option<Expression>,
    only_chain: Option<Expression>,
    text: Option<Expression>,
    not_text: Option<Expression>,
    loses_text: Option<Expression>,
    any: Vec<Calls>,
}

impl Calls {
    pub(super) fn compile(matcher: &CallMatcher) -> Result<Self, String> {
        let tests = |tests: &[ArgumentTest]| {
            tests
                .iter()
                .map(|test| match (&test.name, test.position) {
                    (None, None) => Err("an argument test needs `name` or `position`".to_owned()),
                    _ => Ok((test.clone(), Test::compile(&test.value)?)),
                })
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            arguments: tests(&matcher.arguments)?,
            no_arguments: tests(&matcher.no_arguments)?,
            chain: optional("chain", matcher.chain.as_ref())?,
            not_chain: optional("not_chain", matcher.not_chain.as_ref())?,
            only_chain: optional("only_chain", matcher.only_chain.as_ref())?,
            text: optional("text", matcher.text.as_ref())?,
            not_text: optional("not_text", matcher.not_text.as_ref())?,
            loses_text: optional("loses_text", matcher.loses_text.as_ref())?,
            any: matcher.any.iter().map(Self::compile).collect::<Result<_, _>>()?,
            matcher: matcher.clone(),
        })
    }

    fn concerns(&self, call: &Call) -> bool {
        let matcher = &self.matcher;
        let language = call.language.name();
        (matcher.callee.is_empty() || matcher.callee.iter().any(|pattern| glob(pattern, &call.callee)))
            && (matcher.languages.is_empty() || matcher.languages.iter().any(|name| name == language))
            && matcher.ends_chain.is_none_or(|wanted| call.ends_chain == wanted)
            && self.arguments.iter().all(|(which, test)| argument_holds(call, which, test))
            && !self.no_arguments.iter().any(|(which, test)| argument_holds(call, which, test))
            && matcher.count.is_none_or(|count| call.count() == count)
            && self
                .chain
                .as_ref()
                .is_none_or(|expression| call.chain.iter().any(|one| expression.is_match(one)))
            && !self
                .not_chain
                .as_ref()
                .is_some_and(|expression| call.chain.iter().any(|one| expression.is_match(one)))
            && self
                .only_chain
                .as_ref()
                .is_none_or(|expression| call.chain.iter().all(|one| expression.is_match(one)))
            && self.text.as_ref().is_none_or(|expression| expression.is_match(&call.text))
            && !self.not_text.as_ref().is_some_and(|expression| expression.is_match(&call.text))
            && matcher.in_loop.is_none_or(|wanted| (call.loop_depth > 0) == wanted)
            && (self.any.is_empty() || self.any.iter().any(|alternative| alternative.concerns(call)))
    }

    fn hit(fact: &Fact, call: &Call) -> Hit {
        let first = call.arguments.first().map(|argument| argument.value.display()).unwrap_or_default();
        let captures = Captures::from([
            ("callee".to_owned(), call.callee.clone()),
            ("text".to_owned(), shorten(&call.text)),
            ("target".to_owned(), shorten(&first)),
            ("name".to_owned(), call.callee.clone()),
        ]);
        Hit { captures, ..Hit::at(fact) }
    }
}

impl Question for Calls {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        let Body::Call(call) = &fact.body else { return Vec::new() };
        if !self.concerns(call) {
            return Vec::new();
        }
        vec![Self::hit(fact, call)]
    }

    fn turns(&self, old: Option<&Fact>, new: Option<&Fact>) -> Option<Vec<Turn>> {
        let lost = self.loses_text.as_ref()?;
        let (Some((old, before)), Some((new, after))) = (old.and_then(call), new.and_then(call)) else {
            return Some(Vec::new());
        };
        let says =
            |call: &Call| lost.is_match(last_link(call)) || call.chain.iter().any(|one| lost.is_match(one));
        if !(self.concerns(after) && says(before) && !says(after)) {
            return Some(Vec::new());
        }
        let (old, new) = (Self::hit(old, before), Self::hit(new, after));
        Some(vec![Turn { old: Some(old), new: Some(new) }])
    }
}

fn call(fact: &Fact) -> Option<(&Fact, &Call)> {
    match &fact.body {
        Body::Call(call) => Some((fact, call)),
        _ => None,
    }
}

/// The method with its arguments, without what stands before it: `delete(force=True)`.
fn last_link(call: &Call) -> &str {
    let method = call.callee.rsplit(['.', ':']).next().unwrap_or_default();
    let start = call.text.match_indices(method).find(|(at, _)| call.text[at + method.len()..].starts_with('('));
    start.map_or(call.text.as_str(), |(at, _)| &call.text[at..])
}

fn argument_holds(call: &Call, which: &ArgumentTest, test: &Test) -> bool {
    let by_name = which
        .name
        .as_ref()
        .and_then(|name| call.arguments.iter().find(|argument| argument.name.as_deref() == Some(name)));
    let by_position = || {
        let mut positional = call.arguments.iter().filter(|argument: &&Argument| argument.name.is_none());
        which.position.and_then(|position| positional.nth(position))
    };
    test.holds(by_name.or_else(by_position).map(|argument| &argument.value))
}
