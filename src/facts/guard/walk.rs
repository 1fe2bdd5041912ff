//! Walks the statements of one definition in order and keeps account of which guards are in force where.
//!
//! A guard protects an operation if it encloses it, or comes before it in the same chain of blocks and leaves.
//! That is dominance without a flow graph; what it cannot see it does not credit.

use std::collections::{BTreeSet, HashMap, HashSet};

use tree_sitter::Node;

use super::condition::formula;
use super::exits::Exit;
use super::lexicon::{LEXICON, snake};
use crate::facts::code::{
    Code, Handler, Item, Leave, Shape, closure_body, is_block, is_call, is_string, named_children, normalised,
    shape, statements,
};
use crate::facts::{Check, Flaw, Form, Formula, Guard, GuardKind};
use crate::source::Language;

/// Expressions and blocks nested deeper are left out.
const DEEPEST: usize = 240;
/// Calls of one definition that are kept as possible helpers.
const MOST_CHECKS: usize = 200;

/// A guard with where it stands.
pub(super) struct Found<'d> {
    pub guard: Guard,
    pub node: Node<'d>,
    /// What is said when it holds back; decides whether a handler catches it.
    exit: String,
}

/// What a statement does with the result of its call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Nothing; `true` where `?` passes a failure on.
    Discarded(bool),
    Assigned(bool),
    /// `let _ =`, `.ok();`: failure included.
    Dropped,
}

pub(super) struct Walk<'a, 'd> {
    pub code: &'a Code<'d>,
    pub item: &'a Item<'d>,
    /// Definitions inside this one, read on their own.
    inner: &'a HashSet<usize>,
    pub found: Vec<Found<'d>>,
    active: Vec<usize>,
    pub operations: BTreeSet<String>,
    pub calls: BTreeSet<String>,
    pub checks: Vec<Check>,
    active_checks: Vec<usize>,
    /// The last call or text that a variable was given, in snake case.
    assigned: HashMap<String, String>,
    statement: Option<(usize, Use)>,
    depth: usize,
    /// Above 0: nothing reaches here.
    dead: usize,
    /// Above 0: inside a branch that only says no.
    refusing: usize,
}

impl<'a, 'd> Walk<'a, 'd> {
    pub fn new(code: &'a Code<'d>, item: &'a Item<'d>, inner: &'a HashSet<usize>) -> Self {
        Self {
            code,
            item,
            inner,
            found: Vec::new(),
            active: Vec::new(),
            operations: BTreeSet::new(),
            calls: BTreeSet::new(),
            checks: Vec::new(),
            active_checks: Vec::new(),
            assigned: HashMap::new(),
            statement: None,
            depth: 0,
            dead: 0,
            refusing: 0,
        }
    }

    /// Walks the body; guards still in force at its end protect the end.
    pub fn run(&mut self) {
        let Some(body) = self.item.body else { return };
        if is_block(body.kind()) {
            self.sequence(body);
        } else {
            self.plain(body);
        }
        for index in std::mem::take(&mut self.active) {
            self.found[index].guard.protects.insert(String::new());
        }
    }

    pub fn around(&self) -> &'a [Node<'d>] {
        &self.item.around
    }

    pub fn text(&self, node: Node<'_>) -> String {
        normalised(self.code.text, node)
    }

    fn block(&mut self, node: Node<'d>) {
        let (active, checks) = (self.active.clone(), self.active_checks.len());
        self.sequence(node);
        self.active = active;
        self.active_checks.truncate(checks);
    }

    /// Statements in order; what they establish stays in force afterwards.
    fn sequence(&mut self, node: Node<'d>) {
        self.depth += 1;
        if self.depth <= DEEPEST {
            let list = if is_block(node.kind()) { statements(node) } else { vec![node] };
            let mut gone = false;
            for statement in list {
                self.statement(statement);
                if !gone && self.leaves(statement).is_some() {
                    gone = true;
                    self.dead += 1;
                }
            }
            self.dead -= usize::from(gone);
        }
        self.depth -= 1;
    }

    fn statement(&mut self, node: Node<'d>) {
        if self.is_elsewhere(node) {
            return;
        }
        match shape(self.code.language, node) {
            Shape::If { condition, then, otherwise, negated } => {
                self.branch(node, &condition, then, otherwise, negated)
            }
            Shape::Within { holders, body } => self.within(node, &holders, body),
            Shape::Try { body, handlers, finally } => self.attempt(body, &handlers, finally),
            Shape::Loop { head, body } => self.repeat(&head, body),
            Shape::Block(block) => self.sequence(block),
            Shape::Leave(_) => {
                for child in named_children(node) {
                    self.plain(child);
                }
            }
            Shape::Plain => self.plain(node),
        }
    }

    /// A definition that is read on its own.
    fn is_elsewhere(&self, node: Node<'d>) -> bool {
        (self.inner.contains(&node.id()) && node != self.item.node) || node.kind() == "decorated_definition"
    }

    fn branch(
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
        let kind = self.condition_kind(&terms, leaves);
        let Some(kind) = kind else {
            self.visit_branches(then, otherwise, leaves.is_some_and(|exit| exit.fails));
            self.check_in(condition, leaves);
            return;
        };
        let other_exit = otherwise.and_then(|otherwise| self.leaves(otherwise));
        let encloses = exit.is_none();
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
        if encloses {
            let before = self.operations.len();
            self.active.push(index);
            self.block(then);
            self.active.retain(|one| *one != index);
            let nothing = self.operations.len() == before && self.found[index].guard.protects.is_empty();
            if nothing && flaw.is_none() {
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

    /// A call in a condition that leaves is a check of what comes after it.
    fn check_in(&mut self, condition: &[Node<'d>], exit: Option<&Exit>) {
        let call = condition.iter().find_map(|part| first_call(self.code, *part));
        if let Some(call) = call.filter(|_| exit.is_some()) {
            let method = self.code.callee(call, self.around()).method;
            self.check(method);
        }
    }

    fn visit_branches(&mut self, then: Node<'d>, otherwise: Option<Node<'d>>, refuses: bool) {
        self.refusing += usize::from(refuses);
        self.block(then);
        self.refusing -= usize::from(refuses);
        if let Some(otherwise) = otherwise {
            self.block(otherwise);
        }
    }

    /// Adds what the variables of a condition were given, so that `ok = allowed(user)` speaks for `if not ok`.
    fn add_provenance(&self, node: Node<'d>, terms: &mut String) {
        let mut waiting = vec![node];
        let mut seen = 0;
        while let Some(node) = waiting.pop() {
            seen += 1;
            if node.kind() == "identifier"
                && let Some(source) = self.assigned.get(self.code.text_of(node))
            {
                terms.push(' ');
                terms.push_str(source);
            }
            if seen < 200 {
                waiting.extend(named_children(node));
            }
        }
    }

    fn condition_kind(&self, terms: &str, exit: Option<&Exit>) -> Option<GuardKind> {
        if let Some(kind) = exit.filter(|exit| exit.fails).and_then(|exit| LEXICON.exit(&exit.text))
            && kind != GuardKind::Validation
        {
            return Some(kind);
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
            (Some(kind), _) => Some(kind),
            (None, Some(exit)) if exit.fails => Some(GuardKind::Validation),
            _ => None,
        }
    }

    fn within(&mut self, node: Node<'d>, holders: &[Node<'d>], body: Node<'d>) {
        let mut gained = Vec::new();
        let mut swallows = false;
        for holder in holders {
            self.plain(*holder);
            let text = self.text(*holder);
            let name = holder_name(self.code, *holder, self.around()).unwrap_or_else(|| text.clone());
            swallows |= snake(&name).ends_with("suppress");
            let always = (node.kind() == "synchronized_statement").then_some(GuardKind::Lock);
            if let Some(kind) = always.or_else(|| LEXICON.around(&name)) {
                let bound = first_number(&text);
                let flaw = (kind == GuardKind::Timeout && text.ends_with("(None)")).then_some(Flaw::Disabled);
                let key = last_name(&name);
                let guard = Guard { key, bound, flaw, text, ..self.guard(kind, Form::Around) };
                gained.push(self.push(guard, *holder, String::new()));
            }
        }
        let before = self.active.clone();
        self.active.extend(&gained);
        self.sequence(body);
        self.active.retain(|one| !gained.contains(one) && (!swallows || before.contains(one)));
    }

    fn attempt(&mut self, body: Node<'d>, handlers: &[Handler<'d>], finally: Option<Node<'d>>) {
        let mut gained = Vec::new();
        for handler in handlers {
            let care = self.care(handler.body);
            let types = handler.types.map(|types| self.text(types)).unwrap_or_default();
            let guard = Guard {
                key: types.clone(),
                text: format!("{types} {}", self.text(handler.body)),
                care,
                flaw: (care == 0).then_some(Flaw::Swallowed),
                ..self.guard(GuardKind::ErrorHandling, Form::Around)
            };
            gained.push(self.push(guard, handler.body, String::new()));
        }
        let before = self.active.clone();
        self.active.extend(&gained);
        self.sequence(body);
        let established: Vec<usize> =
            self.active.iter().copied().filter(|one| !before.contains(one) && !gained.contains(one)).collect();
        self.active = before;
        for index in established {
            let caught = handlers.iter().any(|handler| {
                self.leaves(handler.body).is_none() && self.catches(handler, &self.found[index].exit)
            });
            if caught {
                let guard = &mut self.found[index].guard;
                if guard.protects.is_empty() && guard.flaw.is_none() {
                    guard.flaw = Some(Flaw::Swallowed);
                }
            } else {
                self.active.push(index);
            }
        }
        for handler in handlers {
            self.block(handler.body);
        }
        if let Some(finally) = finally {
            self.sequence(finally);
        }
    }

    fn catches(&self, handler: &Handler<'d>, exit: &str) -> bool {
        let Some(types) = handler.types else { return true };
        let types = self.text(types);
        let names = types.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let mut names = names.filter(|name| name.starts_with(char::is_uppercase));
        let broad = ["Exception", "BaseException", "Throwable", "RuntimeException", "Error"];
        exit.is_empty() || names.any(|name| broad.contains(&name) || exit.contains(name))
    }

    /// How a handler deals with a failure: see [`Guard::care`].
    fn care(&self, body: Node<'d>) -> u8 {
        let mut care = 0;
        for statement in if is_block(body.kind()) { statements(body) } else { vec![body] } {
            care = care.max(match shape(self.code.language, statement) {
                Shape::Leave(Leave::Raise) => 3,
                Shape::Leave(Leave::Return) => {
                    let text = self.text(statement);
                    let calls = named_children(statement).iter().any(|value| contains_call(self.code, *value));
                    if LEXICON.fails(&text) { 3 } else { u8::from(calls) * 2 }
                }
                Shape::Leave(Leave::Jump) => 0,
                Shape::Plain => match first_call(self.code, statement) {
                    Some(call) => {
                        let callee = self.code.callee(call, self.around());
                        if LEXICON.never_returns(&callee.path) {
                            3
                        } else if LEXICON.is_trivial(&callee.method) {
                            1
                        } else {
                            2
                        }
                    }
                    None => {
                        let kind = statement.named_child(0).map_or("", |inner| inner.kind());
                        u8::from(kind.contains("assignment") || statement.kind().contains("assignment")) * 2
                    }
                },
                _ => 2,
            });
        }
        care
    }

    fn repeat(&mut self, head: &[Node<'d>], body: Node<'d>) {
        for part in head {
            self.plain(*part);
        }
        let text: Vec<String> = head.iter().map(|part| self.text(*part)).collect();
        let text = text.join(" ");
        let plain = snake(&text);
        let counts = ["attempt", "retry", "retries", "tries"].iter().any(|word| plain.contains(word));
        let bound = head.iter().find_map(|part| number_in(self.code, *part, self.around()));
        let mut gained = None;
        if counts && (bound.is_some() || plain.contains("max") || plain.contains("range")) {
            let guard = Guard {
                key: "loop".to_owned(),
                text: text.clone(),
                bound,
                ..self.guard(GuardKind::RetryBound, Form::Around)
            };
            let index = self.push(guard, head.first().copied().unwrap_or(body), String::new());
            self.active.push(index);
            gained = Some(index);
        }
        self.block(body);
        self.active.retain(|one| Some(*one) != gained);
    }

    /// A statement without control flow of its own, or an expression.
    pub(super) fn plain(&mut self, node: Node<'d>) {
        self.note_assignment(node);
        if matches!(node.kind(), "assert_statement") {
            self.assertion(node);
            return;
        }
        let previous = self.statement;
        self.statement = self.statement_call(node).map(|(call, used)| (call.id(), used));
        self.expression(node);
        self.statement = previous;
    }

    fn assertion(&mut self, node: Node<'d>) {
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

    /// The call that a statement is, through `await`, `?`, assignments and the like.
    fn statement_call(&self, node: Node<'d>) -> Option<(Node<'d>, Use)> {
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

    /// Remembers what a variable was given, and counts a write to a field as an operation.
    fn note_assignment(&mut self, node: Node<'d>) {
        let mut node = node;
        if node.kind() == "expression_statement" {
            node = node.named_child(0).unwrap_or(node);
        }
        let field = |name: &str| node.child_by_field_name(name);
        let (left, right) = match node.kind() {
            "assignment"
            | "augmented_assignment"
            | "assignment_expression"
            | "augmented_assignment_expression"
            | "compound_assignment_expr"
            | "assignment_statement"
            | "short_var_declaration" => (field("left"), field("right")),
            "let_declaration" => (field("pattern"), field("value")),
            "inc_statement" | "dec_statement" | "update_expression" => (node.named_child(0), None),
            "lexical_declaration" | "variable_declaration" | "local_variable_declaration" => {
                let declarator =
                    named_children(node).into_iter().find(|child| child.kind() == "variable_declarator");
                match declarator {
                    Some(one) => (one.child_by_field_name("name"), one.child_by_field_name("value")),
                    None => return,
                }
            }
            _ => return,
        };
        let Some(left) = left else { return };
        let names = if left.kind() == "expression_list" { named_children(left) } else { vec![left] };
        let source = right.map(|right| {
            let call = first_call(self.code, right).map(|call| self.code.callee(call, self.around()).path);
            snake(&call.unwrap_or_else(|| self.text(right).chars().take(120).collect()))
        });
        for name in names {
            let text = self.code.text_of(name);
            if matches!(
                name.kind(),
                "attribute"
                    | "member_expression"
                    | "selector_expression"
                    | "field_expression"
                    | "field_access"
                    | "subscript"
                    | "subscript_expression"
                    | "index_expression"
                    | "array_access"
            ) {
                let field = text.rsplit('.').next().unwrap_or(text).split('[').next().unwrap_or_default();
                self.operate(&format!("{field}="));
            }
            if let Some(source) = &source {
                self.assigned.insert(text.to_owned(), source.clone());
            }
        }
    }

    pub(super) fn expression(&mut self, node: Node<'d>) {
        if self.is_elsewhere(node) || self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        if let Some(body) = closure_body(node) {
            let previous = self.statement.take();
            if is_block(body.kind()) {
                self.block(body);
            } else {
                self.plain(body);
            }
            self.statement = previous;
        } else if is_call(self.code.language, node.kind()) {
            self.call(node);
        } else {
            match shape(self.code.language, node) {
                Shape::Plain => {
                    let nested = node.kind().ends_with("_statement") && node.kind() != "expression_statement";
                    if node.kind() == "match_expression" {
                        self.matching(node);
                    } else {
                        for child in named_children(node) {
                            if nested && child.kind().ends_with("_statement") {
                                self.statement(child)
                            } else {
                                self.expression(child)
                            }
                        }
                    }
                }
                Shape::Leave(_) => {
                    for child in named_children(node) {
                        self.expression(child);
                    }
                }
                _ => self.statement(node),
            }
        }
        self.depth -= 1;
    }

    /// Rust `match`: each arm is a block of its own; a check that is matched counts if an arm refuses.
    fn matching(&mut self, node: Node<'d>) {
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
            let key = first_call(self.code, value).map(|call| self.code.callee(call, self.around()).method);
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

    fn call(&mut self, node: Node<'d>) {
        let callee = self.code.callee(node, self.around());
        for field in ["function", "object", "constructor"] {
            if let Some(receiver) = node.child_by_field_name(field) {
                for child in named_children(receiver) {
                    self.expression(child);
                }
                if is_call(self.code.language, receiver.kind()) {
                    self.expression(receiver);
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
        let closure = arguments.iter().any(|argument| closure_body(*argument).is_some());
        // What is handed to a timeout may also be a future.
        let future = || {
            arguments.iter().any(|argument| {
                contains_call(self.code, *argument)
                    && self.code.value(*argument, self.around()).as_number().is_none()
            })
        };
        let around =
            LEXICON.around(&callee.path).filter(|kind| closure || (*kind == GuardKind::Timeout && future()));
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
        );
        if LEXICON.is_destructive(&callee.method) || !(constructs || LEXICON.is_trivial(&callee.method)) {
            self.operate(&callee.method);
        }
        if own.is_some() {
            self.check(callee.method);
        }
    }

    fn check(&mut self, name: String) {
        if self.dead == 0 && self.checks.len() < MOST_CHECKS {
            self.active_checks.push(self.checks.len());
            self.checks.push(Check { name, before: BTreeSet::new() });
        }
    }

    /// A call that raises when something is not right.
    fn call_guard(&mut self, node: Node<'d>, path: &str, method: &str, used: Use) -> Option<GuardKind> {
        let path = path.trim_end_matches('!');
        let kind = LEXICON.call(path)?;
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
            let constant = match arguments.first() {
                Some(only) => super::condition::constant(self.code, *only).is_some(),
                None => ["(true", "(false"].iter().any(|start| self.text(node).contains(start)),
            };
            let constant = constant && matches!(kind, GuardKind::Assertion | GuardKind::Validation);
            flaw = flaw.or(constant.then_some(Flaw::Constant));
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
            ..self.guard(kind, Form::Call)
        };
        let index = self.push(guard, node, String::new());
        self.active.push(index);
        Some(kind)
    }

    /// What happens here is protected by everything in force.
    pub(super) fn operate(&mut self, name: &str) {
        if self.dead > 0 || self.refusing > 0 {
            return;
        }
        self.operations.insert(name.to_owned());
        for index in &self.active {
            self.found[*index].guard.protects.insert(name.to_owned());
        }
        for index in &self.active_checks {
            self.checks[*index].before.insert(name.to_owned());
        }
    }

    pub(super) fn guard(&self, kind: GuardKind, form: Form) -> Guard {
        Guard {
            language: self.code.language,
            kind,
            form,
            key: String::new(),
            text: String::new(),
            condition: None,
            bound: None,
            rank: None,
            flaw: None,
            protects: BTreeSet::new(),
            care: 0,
        }
    }

    pub(super) fn push(&mut self, mut guard: Guard, node: Node<'d>, exit: String) -> usize {
        if self.dead > 0 {
            guard.flaw = guard.flaw.or(Some(Flaw::Unreachable));
        }
        self.found.push(Found { guard, node, exit });
        self.found.len() - 1
    }
}

/// Two locks, audits or transactions in one place are told apart by what they are called on.
fn callee_key(method: &str, text: &str, kind: GuardKind) -> String {
    match kind {
        GuardKind::Lock => text.split('(').next().unwrap_or(method).to_owned(),
        _ => method.to_owned(),
    }
}

/// The subjects of a condition, or what it speaks of.
fn key_of(formula: &Formula, terms: &str) -> String {
    let subjects: Vec<&str> = formula.terms.iter().map(|term| term.subject.as_str()).collect();
    if subjects.is_empty() { terms.to_owned() } else { subjects.join(", ") }
}

fn holder_name<'d>(code: &Code<'d>, node: Node<'d>, around: &[Node<'d>]) -> Option<String> {
    let mut node = node;
    for _ in 0..6 {
        if is_call(code.language, node.kind()) {
            return Some(code.callee(node, around).path);
        }
        node = match node.kind() {
            "with_item" | "as_pattern" | "await" | "parenthesized_expression" => node.named_child(0)?,
            "resource" => node.child_by_field_name("value")?,
            _ => return Some(normalised(code.text, node)),
        };
    }
    None
}

pub(super) fn last_name(path: &str) -> String {
    path.rsplit(['.', ':']).next().unwrap_or(path).split('(').next().unwrap_or_default().to_owned()
}

/// The first number in a text.
pub(super) fn first_number(text: &str) -> Option<f64> {
    let start = text.find(|letter: char| letter.is_ascii_digit())?;
    let before = text[..start].chars().next_back();
    if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
        let rest = &text[start..];
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        return first_number(&rest[end..]);
    }
    let rest = &text[start..];
    let end = rest
        .find(|letter: char| !(letter.is_ascii_digit() || matches!(letter, '_' | '.')))
        .unwrap_or(rest.len());
    rest[..end].replace('_', "").trim_end_matches('.').parse().ok()
}

/// The last number that the expression under a node folds to.
fn number_in<'d>(code: &Code<'d>, node: Node<'d>, around: &[Node<'d>]) -> Option<f64> {
    let mut waiting = vec![node];
    let mut seen = 0;
    let mut best = None;
    while let Some(node) = waiting.pop() {
        seen += 1;
        if let Some(number) = code.value(node, around).as_number().filter(|number| *number > 1.0) {
            best = Some(number);
        } else if seen < 60 {
            waiting.extend(named_children(node));
        }
    }
    best
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

fn contains_call<'d>(code: &Code<'d>, node: Node<'d>) -> bool {
    first_call(code, node).is_some()
}
