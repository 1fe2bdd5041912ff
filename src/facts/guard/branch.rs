//! Conditions: what they guard against, and what they hold back.

use crate::source::Node;

use super::calls::first_call;
use super::condition::formula;
use super::exits::Exit;
use super::lexicon::{LEXICON, snake};
use super::walk::{Walk, last_name};
use crate::facts::code::named_children;
use crate::facts::{Flaw, Form, Formula, Guard, GuardKind};
use crate::source::Language;

impl<'d> Walk<'_, 'd> {
    pub(super) fn branch(
        &mut self,
        node: Node<'d>,
        condition: &[Node<'d>],
        then: Node<'d>,
        otherwise: Option<Node<'d>>,
        negated: bool,
    ) {
        for part in condition {
            self.note_assignment(*part);
            let outer = self.statement.take();
            self.expression(*part);
            self.statement = outer;
        }
        let Some(test) = condition.last().copied() else { return };
        let text: Vec<String> = condition.iter().map(|part| self.text(*part)).collect();
        let mut terms = text.join(" ");
        for part in condition {
            self.add_provenance(*part, &mut terms);
        }
        let exit = self.leaves(then);
        let leaves = exit.as_ref();
        let kind =
            if self.code.language == Language::Go && asks_about_error(text.last().map_or("", String::as_str)) {
                self.failure_kind(condition, leaves)
            } else {
                self.condition_kind(&terms, leaves)
            };
        let Some(kind) = kind else {
            self.visit_branches(then, otherwise, leaves.is_some_and(|exit| exit.fails));
            self.check_in(condition, leaves);
            return;
        };
        let other_exit = otherwise.and_then(|otherwise| self.leaves(otherwise));
        // `if flag { return new(x); } old(x)`: what the flag switches on stands in the block that leaves.
        let enters = kind == GuardKind::FeatureFlag
            && leaves.is_some_and(|exit| !exit.fails)
            && !negates(&terms)
            && first_call(self.code, then).is_some();
        let encloses = exit.is_none() || enters;
        let blocking = formula(self.code, test, encloses != negated, self.around());
        let flaw = blocking.constant.is_some().then_some(Flaw::Constant);
        let exit_text = leaves.or(other_exit.as_ref()).map(|exit| exit.text.clone()).unwrap_or_default();
        let guard = Guard {
            condition: Some(blocking.clone()),
            key: key_of(&blocking, &terms),
            rank: LEXICON.rank(&text.join(" ")),
            bound: blocking.terms.iter().find_map(|term| term.bound),
            flaw,
            text: text.join("; "),
            ..self.guard(kind, Form::Condition)
        };
        let index = self.push(guard, node, exit_text);
        if kind == GuardKind::ErrorHandling {
            // It deals with the failure of one call, not with what comes after.
            let call = self.failing_call(condition);
            self.found[index].guard.key.clone_from(&call);
            self.found[index].guard.protects.insert(call);
            self.visit_branches(then, otherwise, leaves.is_some_and(|exit| exit.fails));
            self.check_in(condition, leaves);
            return;
        }
        if encloses {
            let before = self.operations.len();
            self.active.push(index);
            self.block(then);
            self.active.retain(|one| *one != index);
            let protects = &self.found[index].guard.protects;
            let nothing = self.operations.len() == before && protects.is_empty();
            // An expression mostly chooses between values.
            let chooses = !is_statement(node) && !protects.iter().any(|name| LEXICON.is_destructive(name));
            if (nothing || chooses) && flaw.is_none() {
                self.found[index].guard.flaw = Some(Flaw::Powerless);
            }
            if let Some(otherwise) = otherwise {
                self.block(otherwise);
            }
            if other_exit.is_some() {
                self.active.push(index);
            }
        } else {
            self.visit_branches(then, otherwise, leaves.is_some_and(|exit| exit.fails));
            self.active.push(index);
            self.check_in(condition, leaves);
        }
    }

    /// The last name of the call whose failure a condition looks at.
    fn failing_call(&self, condition: &[Node<'d>]) -> String {
        if let Some(call) = condition.iter().find_map(|part| first_call(self.code, *part)) {
            return self.code.callee(call, self.around()).method.clone();
        }
        let mut sources = String::new();
        for part in condition {
            self.add_provenance(*part, &mut sources);
        }
        last_name(sources.split_whitespace().next().unwrap_or_default())
    }

    pub(super) fn visit_branches(&mut self, then: Node<'d>, otherwise: Option<Node<'d>>, refuses: bool) {
        self.refusing += usize::from(refuses);
        let ones = self.block(then);
        self.refusing -= usize::from(refuses);
        if let Some(otherwise) = otherwise {
            let others = self.block(otherwise);
            // What both ways establish holds afterwards.
            let both = ones.into_iter().filter(|one| {
                let of = |index: &usize| (self.found[*index].guard.kind, self.found[*index].guard.form);
                others.iter().any(|other| of(one) == of(other))
            });
            let both: Vec<usize> = both.collect();
            self.active.extend(both);
        }
    }

    /// A call in a condition that leaves is a check of what comes after it.
    pub(super) fn check_in(&mut self, condition: &[Node<'d>], exit: Option<&Exit>) {
        let call = condition.iter().find_map(|part| first_call(self.code, *part));
        if let Some(call) = call.filter(|_| exit.is_some()) {
            let method = self.code.callee(call, self.around()).method.clone();
            self.check(method);
        }
    }

    /// Adds what the variables of a condition were given, so that `ok = allowed(user)` speaks for `if not ok`.
    pub(super) fn add_provenance(&self, node: Node<'d>, terms: &mut String) {
        let mut waiting = vec![node];
        let mut seen = 0;
        while let Some(node) = waiting.pop() {
            seen += 1;
            if node.kind() == "identifier"
                && let Some(source) = self.assigned.get(self.code.text_of(node))
            {
                terms.push(' ');
                terms.push_str(source);
                // It was called: `input(` is a question, a variable of that name is none.
                terms.push('(');
            }
            if seen < 200 {
                waiting.extend(named_children(node));
            }
        }
    }

    pub(super) fn condition_kind(&self, terms: &str, exit: Option<&Exit>) -> Option<GuardKind> {
        if let Some(kind) = exit.filter(|exit| exit.fails).and_then(|exit| LEXICON.exit(&exit.text))
            && kind != GuardKind::Validation
        {
            // Who asks whether somebody is logged in may still say "denied".
            let only_login =
                kind == GuardKind::Authorization && LEXICON.term(terms) == Some(GuardKind::Authentication);
            return Some(if only_login { GuardKind::Authentication } else { kind });
        }
        let kind = LEXICON.term(terms);
        match (kind, exit) {
            // A plain `return` after these says little.
            (
                Some(
                    GuardKind::Authentication
                    | GuardKind::ErrorHandling
                    | GuardKind::RateLimit
                    | GuardKind::Signature
                    | GuardKind::Csrf,
                ),
                Some(exit),
            ) if !exit.fails => None,
            (Some(GuardKind::ErrorHandling), None) => None,
            (Some(GuardKind::ErrorHandling), _) if asks_whether_set(terms) => None,
            (Some(GuardKind::Signature), exit) if !speaks_of_proof(terms) => {
                exit.map(|_| GuardKind::Validation)
            }
            // What runs for whoever has no credentials is not protected by them: `if token is None: fetch()`.
            (Some(GuardKind::Authentication | GuardKind::Authorization), None) if asks_for_none(terms) => None,
            (Some(kind), _) => Some(kind),
            (None, Some(exit)) if exit.fails => Some(GuardKind::Validation),
            _ => None,
        }
    }

    /// Go's `err != nil`: what the call is called decides, not what it was given.
    fn failure_kind(&self, condition: &[Node<'d>], exit: Option<&Exit>) -> Option<GuardKind> {
        let exit = exit.filter(|exit| exit.fails)?;
        if let Some(kind) = LEXICON.exit(&exit.text).filter(|kind| *kind != GuardKind::Validation) {
            return Some(kind);
        }
        let mut callee = String::new();
        match condition.iter().find_map(|part| first_call(self.code, *part)) {
            Some(call) => callee.clone_from(&self.code.callee(call, self.around()).path),
            None => {
                for part in condition {
                    self.add_provenance(*part, &mut callee);
                }
            }
        }
        let callee = callee.split_whitespace().next().unwrap_or_default();
        let asks = ["is_", "has_", "can_", "allow", "permit", "authori", "authenticate", "current_user"];
        let name = snake(&last_name(callee));
        let asked = asks.iter().any(|word| name.starts_with(word)) || callee.contains("jwt");
        let kind = LEXICON.call(callee).or_else(|| LEXICON.term(&name).filter(|_| asked));
        Some(kind.unwrap_or(GuardKind::ErrorHandling))
    }

    pub(super) fn assertion(&mut self, node: Node<'d>) {
        let Some(condition) = node.named_child(0) else { return };
        self.expression(condition);
        let mut terms = self.text(condition);
        self.add_provenance(condition, &mut terms);
        let kind = match LEXICON.term(&terms) {
            Some(kind @ (GuardKind::Authorization | GuardKind::Authentication | GuardKind::Environment)) => {
                kind
            }
            _ => GuardKind::Assertion,
        };
        let blocking = formula(self.code, condition, true, self.around());
        let guard = Guard {
            key: key_of(&blocking, &terms),
            flaw: blocking.constant.is_some().then_some(Flaw::Constant),
            condition: Some(blocking),
            rank: LEXICON.rank(&terms),
            text: self.text(node),
            ..self.guard(kind, Form::Condition)
        };
        let index = self.push(guard, node, "AssertionError".to_owned());
        self.active.push(index);
    }
}

/// The subjects of a condition, or what it speaks of.
pub(super) fn key_of(formula: &Formula, terms: &str) -> String {
    let subjects: Vec<&str> = formula.terms.iter().map(|term| term.subject.as_str()).collect();
    if subjects.is_empty() { terms.to_owned() } else { subjects.join(", ") }
}

/// Whether a condition on a "signature" is about what only a key can make: signatures are also those of functions,
/// series and viruses, and asking whether there is one proves nothing.
fn speaks_of_proof(terms: &str) -> bool {
    let text = snake(terms);
    let proves = [
        "compare_digest",
        "timing_safe",
        "constant_time",
        "secure_compare",
        "hmac",
        "digest",
        "verify",
        "verified",
        "valid_sig",
        "validate_sig",
        "validate_webhook",
        "check_sig",
        "check_webhook",
        "signature_valid",
        "signature_ok",
        "signature_check",
    ];
    if proves.iter().any(|word| text.contains(word)) {
        return true;
    }
    let header = text.contains("header");
    let (mut bare, mut quote) = (String::with_capacity(text.len()), None);
    for letter in text.chars() {
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if matches!(letter, '"' | '\'' | '`') => quote = Some(letter),
            None => bare.push(letter),
        }
    }
    // Its fields are those of another kind of signature, and `(*Signature)` is a type of Go.
    let whole = bare.match_indices("signature").any(|(at, word)| {
        let after = &bare[at + word.len()..];
        !bare[..at].ends_with('*')
            && !after.starts_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '['))
    });
    let named = whole || header;
    let compares = bare.contains("==") || bare.contains("!=");
    let of_nothing = ["none", "null", "undefined", "nil", "len("].iter().any(|word| bare.contains(word));
    named && compares && !of_nothing
}

fn asks_about_error(test: &str) -> bool {
    let name = test.strip_suffix("nil").map(str::trim_end).and_then(|test| test.strip_suffix("!="));
    let name = name.unwrap_or_default().trim_end();
    (name.starts_with("err") || name.ends_with("Err") || name.ends_with("Error"))
        && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// `if` as a statement or with blocks, not a conditional expression or `a && b()`.
fn is_statement(node: Node<'_>) -> bool {
    !matches!(node.kind(), "ternary_expression" | "conditional_expression" | "expression_statement")
}

fn negates(condition: &str) -> bool {
    let condition = condition.trim_start_matches(['(', ' ']);
    condition.starts_with('!') || condition.starts_with("not ")
}

/// `status > 0`: whether there is a status at all, not whether it is a good one.
fn asks_whether_set(condition: &str) -> bool {
    let tight: String = condition.chars().filter(|letter| !matches!(letter, ' ' | '(' | ')')).collect();
    let tight = tight.to_ascii_lowercase();
    tight.contains("status")
        && [
            ">0",
            "!=0",
            "==0",
            ">-1",
            "!=-1",
            "!=null",
            "==null",
            "!==null",
            "!=nil",
            "isnotnone",
            "!==undefined",
        ]
        .iter()
        .any(|end| tight.ends_with(end))
}

/// Whether a condition holds where something is missing.
fn asks_for_none(condition: &str) -> bool {
    let tight: String = condition.chars().filter(|letter| *letter != ' ').collect();
    condition.starts_with("not ")
        || condition.contains(" not in ")
        || condition.contains(" is None")
        || tight.starts_with('!')
        || ["==null", "==nil", "==undefined", ".is_none()"].iter().any(|part| tight.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_signatures_prove_who_sent_something() {
        for (terms, proves) in [
            ("hmac.compare_digest(given, expected)", true),
            ("signature != expected", true),
            ("(expected !== signature)", true),
            ("sign(body) != request.headers['X-Signature']", true),
            ("signature(body) != given", true),
            ("!verifySignature(body)", true),
            ("key == 'subtest_signatures'", false),
            ("len(from_signatures) != len(to_signatures)", false),
            ("signature.options == ['e10s']", false),
            ("options.seriesSignature !== undefined", false),
            ("deref(obj.typ.(*Signature).recv.typ); x.mode != variable", false),
        ] {
            assert_eq!(speaks_of_proof(terms), proves, "{terms}");
        }
    }
}
