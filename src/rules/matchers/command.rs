//! Command lines, compared as argument sets.

use super::{Captures, Hit, Question, Turn, shorten};
use crate::facts::{Body, Command, Fact, Guarding, StatusHandling, Word, is_in_family};
use crate::rules::condition::{Expression, optional};
use crate::rules::model::{CommandMatcher, OperandTest};

pub(super) struct Commands {
    matcher: CommandMatcher,
    text: Option<Expression>,
    not_text: Option<Expression>,
    operands: Vec<Operand>,
    no_operands: Vec<Operand>,
}

struct Operand {
    matches: Option<Expression>,
    not_matches: Option<Expression>,
    collapses: Option<bool>,
}

impl Operand {
    fn compile(test: &OperandTest) -> Result<Self, String> {
        Ok(Self {
            matches: optional("matches", test.matches.as_ref())?,
            not_matches: optional("not_matches", test.not_matches.as_ref())?,
            collapses: test.collapses,
        })
    }

    fn holds(&self, word: &Word) -> bool {
        let text = word.display();
        self.matches.as_ref().is_none_or(|expression| expression.is_match(&text))
            && !self.not_matches.as_ref().is_some_and(|expression| expression.is_match(&text))
            && self.collapses.is_none_or(|wanted| word.collapses() == wanted)
    }
}

impl Commands {
    pub(super) fn compile(matcher: &CommandMatcher) -> Result<Self, String> {
        let operands =
            |tests: &[OperandTest]| tests.iter().map(Operand::compile).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            text: optional("text", matcher.text.as_ref())?,
            not_text: optional("not_text", matcher.not_text.as_ref())?,
            operands: operands(&matcher.operands)?,
            no_operands: operands(&matcher.no_operands)?,
            matcher: matcher.clone(),
        })
    }

    /// Everything but `gains` and `loses`.
    fn concerns(&self, command: &Command) -> bool {
        let matcher = &self.matcher;
        let any_program =
            |names: &[String], program: &str| names.iter().any(|name| is_in_family(program, name));
        let piped = |names: &[String], programs: &[String]| {
            names.is_empty() || programs.iter().any(|program| any_program(names, program))
        };
        (matcher.program.is_empty() || any_program(&matcher.program, &command.program))
            && (matcher.subcommand.is_empty()
                || matcher.subcommand.iter().any(|wanted| starts_with(&command.subcommands, wanted)))
            && matcher.flags.iter().all(|flag| has_flag(command, flag))
            && !matcher.no_flags.iter().any(|flag| has_flag(command, flag))
            && (self.operands.is_empty()
                || command.operands.iter().any(|word| self.operands.iter().any(|test| test.holds(word))))
            && !command.operands.iter().any(|word| self.no_operands.iter().any(|test| test.holds(word)))
            && self.text.as_ref().is_none_or(|expression| expression.is_match(&command.text))
            && !self.not_text.as_ref().is_some_and(|expression| expression.is_match(&command.text))
            && piped(&matcher.piped_from, &command.piped_from)
            && piped(&matcher.piped_to, &command.piped_to)
            && matcher.status_ignored.is_none_or(|wanted| (command.status == StatusHandling::Ignored) == wanted)
            && matcher.guarded.is_none_or(|wanted| is_guarded(command) == wanted)
    }

    fn hit(&self, fact: &Fact, command: &Command, flag: &str) -> Hit {
        let named: Vec<String> = command
            .operands
            .iter()
            .filter(|word| self.operands.is_empty() || self.operands.iter().any(|test| test.holds(word)))
            .map(Word::display)
            .collect();
        let operand = named.first().cloned().unwrap_or_default();
        let program = std::iter::once(command.program.as_str())
            .chain(command.subcommands.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ");
        let captures = Captures::from([
            ("command".to_owned(), shorten(&command.text)),
            ("program".to_owned(), program),
            ("operand".to_owned(), shorten(&operand)),
            ("target".to_owned(), shorten(&operand)),
            ("flag".to_owned(), flag.to_owned()),
        ]);
        Hit { key: named.join("\u{1f}"), captures, ..Hit::at(fact) }
    }
}

impl Question for Commands {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        match &fact.body {
            Body::Command(command)
                if self.matcher.gains.is_empty() && self.matcher.loses.is_empty() && self.concerns(command) =>
            {
                let flag =
                    self.matcher.flags.iter().find_map(|flag| flag_of(command, flag)).unwrap_or_default();
                vec![self.hit(fact, command, &flag)]
            }
            _ => Vec::new(),
        }
    }

    fn turns(&self, old: Option<&Fact>, new: Option<&Fact>) -> Option<Vec<Turn>> {
        let command = |fact: Option<&Fact>| match fact.map(|fact| &fact.body) {
            Some(Body::Command(command)) => Some(command.clone()),
            _ => None,
        };
        let (before, after) = (command(old), command(new));
        if !self.matcher.gains.is_empty() {
            let (Some(after), Some(fact)) = (after, new) else { return Some(Vec::new()) };
            let gained = self.matcher.gains.iter().find_map(|flag| {
                let had = before.as_ref().is_some_and(|before| has_flag(before, flag));
                flag_of(&after, flag).filter(|_| !had)
            });
            return Some(match gained {
                Some(flag) if self.concerns(&after) => vec![Turn {
                    old: old.zip(before.as_ref()).map(|(fact, before)| self.hit(fact, before, &flag)),
                    new: Some(self.hit(fact, &after, &flag)),
                }],
                _ => Vec::new(),
            });
        }
        if !self.matcher.loses.is_empty() {
            let (Some(before), Some(after), Some(old), Some(new)) = (before, after, old, new) else {
                return Some(Vec::new());
            };
            let lost = self
                .matcher
                .loses
                .iter()
                .find_map(|flag| flag_of(&before, flag).filter(|_| !has_flag(&after, flag)));
            return Some(match lost {
                Some(flag) if self.concerns(&after) => vec![Turn {
                    old: Some(self.hit(old, &before, &flag)),
                    new: Some(self.hit(new, &after, &flag)),
                }],
                _ => Vec::new(),
            });
        }
        None
    }
}

fn starts_with(subcommands: &[String], wanted: &str) -> bool {
    let wanted: Vec<&str> = wanted.split_whitespace().collect();
    subcommands.len() >= wanted.len() && wanted.iter().zip(subcommands).all(|(wanted, is)| wanted == is)
}

/// The first of the alternatives `a|b=value|c` that the command carries.
fn flag_of(command: &Command, alternatives: &str) -> Option<String> {
    alternatives.split('|').find_map(|wanted| {
        let (name, value) = match wanted.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (wanted, None),
        };
        command
            .flags
            .iter()
            .find(|flag| {
                flag.name == name
                    && value.is_none_or(|value| flag.value.as_ref().is_some_and(|word| word.display() == value))
            })
            .filter(|flag| value.is_some() || !is_switched_off(flag.value.as_ref()))
            .map(|_| wanted.to_owned())
    })
}

fn has_flag(command: &Command, alternatives: &str) -> bool {
    flag_of(command, alternatives).is_some()
}

/// `--force=false` is the absence of `--force`.
fn is_switched_off(value: Option<&Word>) -> bool {
    value.and_then(Word::as_literal).is_some_and(|text| matches!(text.as_str(), "false" | "0" | "no" | "none"))
}

fn is_guarded(command: &Command) -> bool {
    command
        .guards
        .iter()
        .any(|guard| matches!(guard, Guarding::Checked(_) | Guarding::Confirmed | Guarding::Condition(_)))
}
