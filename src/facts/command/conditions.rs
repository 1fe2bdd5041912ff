//! What is known to hold after a condition was true, and after it was false.

use std::collections::BTreeSet;

use super::script::{Join, List, Node, RawPart, RawWord, Simple};
use super::tools::Tools;
use super::variables::{Variables, fold};
use crate::facts::Guarding;

/// Bytes by which a condition is known.
const LONGEST: usize = 400;

pub(super) type Guards = BTreeSet<Guarding>;

/// Guards if a condition holds, and if it does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub holds: Guards,
    pub fails: Guards,
}

impl Outcome {
    fn not(self) -> Self {
        Self { holds: self.fails, fails: self.holds }
    }
}

/// Reads conditions of one script.
pub(super) struct Conditions<'a, 's> {
    pub text: &'s str,
    pub variables: &'a Variables<'s>,
    /// Only tests and programs that are made to answer a question count, not every command that can fail.
    pub strict: bool,
    /// Functions of the script that ask a person.
    pub asking: &'a BTreeSet<&'s str>,
}

impl Conditions<'_, '_> {
    /// The last command of a list decides.
    pub(super) fn list(&self, list: &List) -> Outcome {
        list.last().map(|node| self.node(node)).unwrap_or_default()
    }

    pub(super) fn node(&self, node: &Node) -> Outcome {
        match node {
            Node::Simple(simple) => self.simple(simple),
            Node::Pipeline { negated, parts } => {
                let outcome = match parts.as_slice() {
                    [one] => self.node(one),
                    [.., last] if self.strict && self.node(last).holds.is_empty() => Outcome::default(),
                    many => condition(&self.pipeline_text(many)),
                };
                if *negated { outcome.not() } else { outcome }
            }
            Node::AndOr { first, rest } => {
                let mut outcome = self.node(first);
                for (join, node) in rest {
                    let next = self.node(node);
                    outcome = match join {
                        Join::And => Outcome {
                            holds: outcome.holds.union(&next.holds).cloned().collect(),
                            fails: Guards::new(),
                        },
                        Join::Or => Outcome {
                            holds: Guards::new(),
                            fails: outcome.fails.union(&next.fails).cloned().collect(),
                        },
                    };
                }
                outcome
            }
            Node::Group(list) | Node::Subshell(list) => self.list(list),
            Node::Arithmetic(text) => condition(&fold(text, LONGEST)),
            _ => Outcome::default(),
        }
    }

    fn pipeline_text(&self, parts: &[Node]) -> String {
        let texts: Vec<String> = parts
            .iter()
            .filter_map(|part| match part {
                Node::Simple(simple) => Some(self.words_text(&simple.words)),
                _ => None,
            })
            .collect();
        texts.join(" | ")
    }

    fn words_text(&self, words: &[RawWord]) -> String {
        words.iter().map(|word| self.word_text(word)).collect::<Vec<_>>().join(" ")
    }

    /// A word without its quotes.
    fn word_text(&self, word: &RawWord) -> String {
        let mut text = String::new();
        for part in &word.parts {
            match part {
                RawPart::Text { text: literal, .. } => text.push_str(literal),
                RawPart::Parameter { name, .. } => {
                    text.push('$');
                    text.push_str(name);
                }
                RawPart::Substitution { span, .. }
                | RawPart::Arithmetic { span }
                | RawPart::Template { span } => {
                    text.push_str(&fold(self.text.get(span.clone()).unwrap_or_default(), LONGEST));
                }
                RawPart::Array(_) => {}
            }
        }
        text
    }

    fn simple(&self, simple: &Simple) -> Outcome {
        let Some(program) = simple.words.first().and_then(RawWord::literal) else { return Outcome::default() };
        let words = &simple.words[1..];
        match program.as_str() {
            "[" | "[[" => {
                let last = words.last().and_then(RawWord::literal);
                let end = words.len() - usize::from(matches!(last.as_deref(), Some("]" | "]]")));
                self.test(&words[..end])
            }
            "test" => self.test(words),
            ":" | "true" | "false" | "command" | "which" | "type" | "hash" | "read" | "cd" | "pushd" => {
                Outcome::default()
            }
            name if Tools::get().asks(name) || self.asking.contains(name) => {
                Outcome { holds: Guards::from([Guarding::Confirmed]), fails: Guards::new() }
            }
            name if self.strict && !Tools::get().decides(name) => Outcome::default(),
            _ => condition(&self.words_text(&simple.words)),
        }
    }

    /// The words of `[ … ]` without the brackets.
    fn test(&self, words: &[RawWord]) -> Outcome {
        let literal = |word: &RawWord| if word.quoted { None } else { word.literal() };
        let is =
            |word: &RawWord, signs: &[&str]| literal(word).is_some_and(|text| signs.contains(&text.as_str()));
        let grouped = words.iter().any(|word| is(word, &["(", ")"]));
        let any = words.iter().any(|word| is(word, &["||", "-o"]));
        let all = words.iter().any(|word| is(word, &["&&", "-a"]));
        if grouped || any && all {
            return condition(&self.words_text(words));
        }
        if any || all {
            let mut outcome = Outcome::default();
            for part in words.split(|word| is(word, &["||", "-o", "&&", "-a"])) {
                let next = self.test(part);
                if all {
                    outcome.holds.extend(next.holds);
                } else {
                    outcome.fails.extend(next.fails);
                }
            }
            return outcome;
        }
        match words {
            [not, rest @ ..] if is(not, &["!"]) && !rest.is_empty() => self.test(rest).not(),
            [value] => self.non_empty(value),
            [sign, value] if is(sign, &["-n"]) => self.non_empty(value),
            [sign, value] if is(sign, &["-z"]) => self.non_empty(value).not(),
            [sign, value] if is(sign, &["-d", "-f", "-e", "-s", "-r", "-w", "-x", "-L", "-h"]) => {
                match value.variable() {
                    Some(name) => self.checked(name),
                    None => condition(&self.words_text(words)),
                }
            }
            [sign, value] if is(sign, &["-v"]) => match value.literal() {
                Some(name) => self.checked(&name),
                None => Outcome::default(),
            },
            [left, sign, right] if is(sign, &["=", "==", "-eq"]) => self.equal(left, right),
            [left, sign, right] if is(sign, &["!=", "-ne"]) => self.equal(left, right).not(),
            _ => {
                if words.iter().any(|word| self.names_answer(word)) {
                    return Outcome {
                        holds: Guards::from([Guarding::Confirmed]),
                        fails: Guards::from([Guarding::Confirmed]),
                    };
                }
                condition(&self.words_text(words))
            }
        }
    }

    fn names_answer(&self, word: &RawWord) -> bool {
        word.parts.iter().any(|part| match part {
            RawPart::Parameter { name, .. } => self.variables.is_asked(name),
            _ => false,
        })
    }

    fn non_empty(&self, value: &RawWord) -> Outcome {
        // `-n "x$V"` is always true.
        match value.variable() {
            Some(name) => self.checked(name),
            None => Outcome::default(),
        }
    }

    /// A variable is not empty; nor is the variable whose values a loop gives it.
    fn checked(&self, name: &str) -> Outcome {
        let name = name.split('[').next().unwrap_or(name);
        let mut holds = Guards::from([Guarding::Checked(name.to_owned())]);
        holds.extend(self.variables.sources(name).map(|source| Guarding::Checked(source.to_owned())));
        Outcome { holds, fails: Guards::new() }
    }

    fn equal(&self, left: &RawWord, right: &RawWord) -> Outcome {
        if self.names_answer(left) || self.names_answer(right) {
            return Outcome {
                holds: Guards::from([Guarding::Confirmed]),
                // The other answer leads the other way.
                fails: Guards::from([Guarding::Confirmed]),
            };
        }
        let text = format!("{} = {}", self.word_text(left), self.word_text(right));
        let (subject, value) = match (left.variable(), right.variable()) {
            (Some(name), _) => (Some(name), right.literal()),
            (None, Some(name)) => (Some(name), left.literal()),
            (None, None) => {
                (self.prefixed(left), right.literal().and_then(|text| text.get(1..).map(str::to_owned)))
            }
        };
        match (subject, value) {
            (Some(name), Some(value)) if value.is_empty() => self.checked(name).not(),
            (Some(name), Some(_)) => {
                let mut outcome = condition(&text);
                outcome.holds.insert(Guarding::Checked(name.to_owned()));
                outcome
            }
            _ => condition(&text),
        }
    }

    /// The variable of `x$V`, an old way to guard against emptiness.
    fn prefixed<'w>(&self, word: &'w RawWord) -> Option<&'w str> {
        match word.parts.as_slice() {
            [RawPart::Text { text, .. }, RawPart::Parameter { name, .. }] if text == "x" || text == "X" => {
                Some(name)
            }
            _ => None,
        }
    }
}

/// A condition that is only known by its text.
fn condition(text: &str) -> Outcome {
    if text.is_empty() {
        return Outcome::default();
    }
    let negated = match text.strip_prefix("! ") {
        Some(rest) => rest.to_owned(),
        None if text.contains(" = ") => text.replacen(" = ", " != ", 1),
        None => format!("! {text}"),
    };
    Outcome {
        holds: Guards::from([Guarding::Condition(text.to_owned())]),
        fails: Guards::from([Guarding::Condition(negated)]),
    }
}

/// A variable with a name of its own, not `$1`.
pub(super) fn is_named(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

/// `read -p "Press enter"`: the pause is the question.
pub(super) fn asks_without_name(simple: &Simple) -> bool {
    let mut prompted = false;
    let mut takes_value = false;
    for word in &simple.words[1..] {
        let text = word.literal();
        if std::mem::take(&mut takes_value) {
            continue;
        }
        match text.as_deref().and_then(|text| text.strip_prefix('-')) {
            Some(letters) => {
                prompted |= letters.contains('p');
                takes_value = letters.ends_with(['p', 'n', 'N', 't', 'u', 'd', 'a', 'i']);
            }
            None => return false,
        }
    }
    prompted
}
