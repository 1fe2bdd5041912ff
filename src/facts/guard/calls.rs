//! Calls: which of them are guards, which are operations that guards protect, and which may be helpers.

use std::collections::BTreeSet;

use crate::source::Node;

use super::condition::constant;
use super::lexicon::{LEXICON, snake};
use super::walk::Walk;
use crate::facts::code::{Code, closure_body, is_call, is_string, named_children};
use crate::facts::{Check, Flaw, Form, Guard, GuardKind};
use crate::source::Language;

/// Calls of one definition that are kept as possible helpers.
const MOST_CHECKS: usize = 200;

/// What a statement does with the result of its call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Nothing; `true` where `?` passes a failure on.
    Discarded(bool),
    Assigned(bool),
    /// `let _ =`, `.ok();`: failure included.
    Dropped,
}

/// Whether a call is waited for: 3 if it is, 1 if nobody does although the function could, 0 where that is no
/// question.
fn waits(language: Language, node: Node<'_>) -> u8 {
    let script = matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx);
    if !script && language != Language::Python {
        return 0;
    }
    let mut around = node.parent();
    if around.is_some_and(|parent| matches!(parent.kind(), "await" | "await_expression")) {
        return 3;
    }
    while let Some(node) = around {
        let function = matches!(
            node.kind(),
            "function_definition"
                | "function_declaration"
                | "function_expression"
                | "arrow_function"
                | "method_definition"
                | "lambda"
        );
        if function {
            return u8::from(node.children().into_iter().any(|child| child.kind() == "async"));
        }
        around = node.parent();
    }
    0
}

impl<'d> Walk<'_, 'd> {
    /// The call that a statement is, through `await`, `?`, assignments and the like.
    pub(super) fn statement_call(&self, node: Node<'d>) -> Option<(Node<'d>, Use)> {
        let mut node = node;
        let mut used = Use::Discarded(false);
        for _ in 0..12 {
            let field = |name: &str| node.child_by_field_name(name);
            if is_call(self.code.language, node.kind()) {
                let drops = field("function")
                    .filter(|function| function.kind() == "field_expression")
                    .and_then(|function| function.child_by_field_name("field"))
                    .is_some_and(|method| matches!(self.code.text_of(method), "ok" | "unwrap_or_default"));
                if drops && matches!(used, Use::Discarded(false)) {
                    node = field("function").and_then(|function| function.child_by_field_name("value"))?;
                    used = Use::Dropped;
                    continue;
                }
                return Some((node, used));
            }
            node = match node.kind() {
                "expression_statement"
                | "await"
                | "await_expression"
                | "parenthesized_expression"
                | "expression_list"
                | "as_pattern"
                | "with_item"
                | "defer_statement" => node.named_child(0)?,
                "try_expression" => {
                    used = if matches!(used, Use::Assigned(_)) {
                        Use::Assigned(true)
                    } else {
                        Use::Discarded(true)
                    };
                    node.named_child(0)?
                }
                "assignment" | "assignment_expression" | "assignment_statement" | "short_var_declaration" => {
                    let left = field("left").map(|left| self.code.text_of(left)).unwrap_or_default();
                    used = if left == "_" { Use::Dropped } else { Use::Assigned(false) };
                    field("right")?
                }
                "let_declaration" => {
                    let pattern =
                        field("pattern").map(|pattern| self.code.text_of(pattern)).unwrap_or_default();
                    used = if pattern == "_" { Use::Dropped } else { Use::Assigned(false) };
                    field("value")?
                }
                "lexical_declaration" | "variable_declaration" | "local_variable_declaration" => {
                    let declarator =
                        named_children(node).into_iter().find(|child| child.kind() == "variable_declarator")?;
                    used = Use::Assigned(false);
                    declarator.child_by_field_name("value")?
                }
                "var_declaration" | "var_spec" => {
                    used = Use::Assigned(false);
                    field("value").or(node.named_child(0))?
                }
                _ => return None,
            };
        }
        None
    }

    /// Rust `match`: each arm is a block of its own; a check that is matched counts if an arm refuses.
    pub(super) fn matching(&mut self, node: Node<'d>) {
        let value = node.child_by_field_name("value");
        if let Some(value) = value {
            self.expression(value);
        }
        let arms = node.child_by_field_name("body").map(named_children).unwrap_or_default();
        let mut exit = None;
        for arm in &arms {
            let Some(body) = arm.child_by_field_name("value") else { continue };
            exit = exit.or_else(|| self.leaves(body).filter(|exit| exit.fails));
            self.block(body);
        }
        if let (Some(value), Some(exit)) = (value, exit) {
            let terms = self.text(value);
            let kind =
                LEXICON.exit(&exit.text).or_else(|| LEXICON.term(&terms)).unwrap_or(GuardKind::ErrorHandling);
            let key =
                first_call(self.code, value).map(|call| self.code.callee(call, self.around()).method.clone());
            let guard = Guard {
                key: key.unwrap_or_else(|| terms.clone()),
                text: terms,
                care: 3,
                ..self.guard(kind, Form::Condition)
            };
            let index = self.push(guard, value, exit.text);
            self.active.push(index);
        }
    }

    pub(super) fn call(&mut self, node: Node<'d>) {
        let callee = self.code.callee(node, self.around());
        for field in ["function", "object", "constructor"] {
            if let Some(receiver) = node.child_by_field_name(field) {
                // A call in a chain looks at its own receiver; twice would double with every link.
                if is_call(self.code.language, receiver.kind()) {
                    self.expression(receiver);
                } else {
                    for child in named_children(receiver) {
                        self.expression(child);
                    }
                }
            }
        }
        let list = node.child_by_field_name("arguments").or_else(|| node.child_by_field_name("body"));
        let arguments = list.map(named_children).unwrap_or_default();
        if callee.path.is_empty() {
            arguments.into_iter().for_each(|argument| self.expression(argument));
            return;
        }
        self.calls.insert(callee.method.clone());
        if self.code.language == Language::Go && self.may_lose_error(node) {
            self.careless.insert(callee.method.clone());
        }
        let closure = arguments.iter().any(|argument| closure_body(*argument).is_some());
        // What is handed to a timeout may also be a future.
        let future = || {
            // Go has none: what is called there has come back already.
            self.code.language != Language::Go
                && arguments.iter().any(|argument| {
                    contains_call(self.code, *argument)
                        && self.code.value(*argument, self.around()).as_number().is_none()
                })
        };
        let around = LEXICON.around(&callee.path).filter(|kind| match kind {
            GuardKind::Timeout => closure || future(),
            // `prisma.$transaction([write(), write()])`
            GuardKind::Transaction => closure || arguments.iter().any(|one| one.kind() == "array"),
            _ => closure,
        });
        let holder = around.map(|kind| {
            let bound =
                arguments.iter().find_map(|argument| self.code.value(*argument, self.around()).as_number());
            let guard = Guard {
                key: callee.method.clone(),
                bound,
                text: callee.path.clone(),
                ..self.guard(kind, Form::Around)
            };
            self.push(guard, node, String::new())
        });
        self.active.extend(holder);
        let statement = self.statement.take();
        for argument in &arguments {
            self.expression(*argument);
        }
        self.statement = statement;
        self.active.retain(|one| Some(*one) != holder);
        if holder.is_some() {
            return;
        }
        let own = self.statement.filter(|(id, _)| *id == node.id()).map(|(_, used)| used);
        let kind = own.and_then(|used| self.call_guard(node, &callee.path, &callee.method, used));
        self.argument_guards(node, &callee, &arguments);
        self.registrations(node, &callee.method, &arguments);
        if kind.is_some() {
            return;
        }
        let constructs = matches!(
            node.kind(),
            "new_expression" | "composite_literal" | "object_creation_expression" | "struct_expression"
        ) || (self.code.language == Language::Rust
            && callee.method.starts_with(char::is_uppercase));
        if LEXICON.is_destructive(&callee.method) || !(constructs || LEXICON.is_trivial(&callee.method)) {
            self.operate(&callee.method);
        }
        if own.is_some() {
            self.check(callee.method.clone());
        }
    }

    pub(super) fn check(&mut self, name: String) {
        if self.dead == 0 && self.checks.len() < MOST_CHECKS {
            self.active_checks.push(self.checks.len());
            self.checks.push(Check { name, before: BTreeSet::new() });
        }
    }

    /// A call that raises when something is not right.
    pub(super) fn call_guard(
        &mut self,
        node: Node<'d>,
        path: &str,
        method: &str,
        used: Use,
    ) -> Option<GuardKind> {
        let path = path.trim_end_matches('!');
        let kind = LEXICON.call(path)?;
        // Node's way to load a module.
        if path == "require"
            && matches!(self.code.language, Language::JavaScript | Language::TypeScript | Language::Tsx)
        {
            return None;
        }
        let holds_on =
            matches!(kind, GuardKind::Lock | GuardKind::Transaction | GuardKind::Timeout | GuardKind::Audit);
        let plain = snake(method);
        let raises = [
            "require",
            "ensure",
            "assert",
            "authenticate",
            "authorize",
            "construct_event",
            "parse",
            "verify",
            "model_validate",
            "enforce",
            "validate",
        ]
        .iter()
        .any(|start| plain.starts_with(start));
        let language = self.code.language;
        let is_macro = node.kind() == "macro_invocation";
        let mut flaw = None;
        match used {
            Use::Assigned(passes)
                if !holds_on
                    && !passes
                    && (language == Language::Go || language == Language::Rust || !raises) =>
            {
                return None;
            }
            Use::Dropped if !holds_on => flaw = Some(Flaw::Swallowed),
            Use::Discarded(false)
                if !holds_on
                    && !is_macro
                    && matches!(language, Language::Go | Language::Rust)
                    && !matches!(kind, GuardKind::RateLimit | GuardKind::Assertion | GuardKind::SoftDelete) =>
            {
                flaw = Some(Flaw::Swallowed);
            }
            // An answer that nobody looks at.
            Use::Discarded(false) if kind == GuardKind::Confirmation => {
                let stops = ["abort", "require", "ensure", "assert", "exit", "die", "fail", "demand"];
                let text = snake(&self.text(node));
                flaw = (!stops.iter().any(|word| text.contains(word))).then_some(Flaw::Powerless);
            }
            _ => {}
        }
        if kind == GuardKind::Lock && plain == "write" {
            return None;
        }
        let arguments = node.child_by_field_name("arguments").map(named_children).unwrap_or_default();
        if arguments.len() == 1 || is_macro {
            let always = match arguments.first() {
                Some(only) => constant(self.code, *only).is_some(),
                None => ["(true", "(false"].iter().any(|start| self.text(node).contains(start)),
            };
            let always = always && matches!(kind, GuardKind::Assertion | GuardKind::Validation);
            flaw = flaw.or(always.then_some(Flaw::Constant));
        }
        let bound = arguments.iter().find_map(|argument| self.code.value(*argument, self.around()).as_number());
        let bound =
            bound.filter(|_| matches!(kind, GuardKind::Timeout | GuardKind::RateLimit | GuardKind::Validation));
        let text = self.text(node);
        let guard = Guard {
            key: callee_key(method, &text, kind),
            rank: LEXICON.rank(&text),
            bound,
            flaw,
            text,
            care: waits(language, node),
            ..self.guard(kind, Form::Call)
        };
        let index = self.push(guard, node, String::new());
        self.active.push(index);
        Some(kind)
    }
}

/// Two locks, audits or transactions in one place are told apart by what they are called on.
pub(super) fn callee_key(method: &str, text: &str, kind: GuardKind) -> String {
    match kind {
        GuardKind::Lock => text.split('(').next().unwrap_or(method).to_owned(),
        _ => method.to_owned(),
    }
}

/// The outermost call at or below a node, leftmost first.
pub(super) fn first_call<'d>(code: &Code<'d>, node: Node<'d>) -> Option<Node<'d>> {
    let mut waiting = vec![node];
    let mut seen = 0;
    while let Some(node) = waiting.pop() {
        seen += 1;
        if is_call(code.language, node.kind()) {
            return Some(node);
        }
        if seen > 200 || closure_body(node).is_some() || is_string(node.kind()) {
            continue;
        }
        waiting.extend(named_children(node).into_iter().rev());
    }
    None
}

pub(super) fn contains_call<'d>(code: &Code<'d>, node: Node<'d>) -> bool {
    first_call(code, node).is_some()
}
