//! Calls in program code.

use super::{Captures, Hit, Question, shorten};
use crate::facts::{Argument, Body, Call, Fact, glob};
use crate::rules::condition::{Expression, Test, optional};
use crate::rules::model::{ArgumentTest, CallMatcher};

pub(super) struct Calls {
    matcher: CallMatcher,
    arguments: Vec<(ArgumentTest, Test)>,
    no_arguments: Vec<(ArgumentTest, Test)>,
    chain: Option<Expression>,
    not_chain: Option<Expression>,
    text: Option<Expression>,
    not_text: Option<Expression>,
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
            text: optional("text", matcher.text.as_ref())?,
            not_text: optional("not_text", matcher.not_text.as_ref())?,
            matcher: matcher.clone(),
        })
    }

    fn concerns(&self, call: &Call) -> bool {
        let matcher = &self.matcher;
        matcher.callee.iter().any(|pattern| glob(pattern, &call.callee))
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
            && self.text.as_ref().is_none_or(|expression| expression.is_match(&call.text))
            && !self.not_text.as_ref().is_some_and(|expression| expression.is_match(&call.text))
            && matcher.in_loop.is_none_or(|wanted| (call.loop_depth > 0) == wanted)
    }
}

impl Question for Calls {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        let Body::Call(call) = &fact.body else { return Vec::new() };
        if !self.concerns(call) {
            return Vec::new();
        }
        let first = call.arguments.first().map(|argument| argument.value.display()).unwrap_or_default();
        let captures = Captures::from([
            ("callee".to_owned(), call.callee.clone()),
            ("text".to_owned(), shorten(&call.text)),
            ("target".to_owned(), shorten(&first)),
            ("name".to_owned(), call.callee.clone()),
        ]);
        vec![Hit { captures, ..Hit::at(fact) }]
    }
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
