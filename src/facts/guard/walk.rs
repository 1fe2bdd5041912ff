//! Walks the statements of one definition in order and keeps account of which guards are in force where.
//!
//! A guard protects an operation if it encloses it, or comes before it in the same chain of blocks and leaves.
//! That is dominance without a flow graph; what it cannot see it does not credit.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::source::Node;

use super::calls::{Use, first_call};
use super::lexicon::snake;
use crate::facts::code::{
    Code, Item, Shape, closure_body, is_block, is_call, named_children, normalised, shape, statements,
};
use crate::facts::{Check, Flaw, Form, Guard, GuardKind};

/// Expressions and blocks nested deeper are left out.
const DEEPEST: usize = 240;

/// A guard with where it stands.
pub(super) struct Found<'d> {
    pub guard: Guard,
    pub node: Node<'d>,
    /// What is said when it holds back; decides whether a handler catches it.
    pub(super) exit: String,
}

pub(super) struct Walk<'a, 'd> {
    pub code: &'a Code<'d>,
    pub item: &'a Item<'d>,
    /// Definitions inside this one, read on their own.
    inner: &'a HashSet<usize>,
    pub found: Vec<Found<'d>>,
    pub(super) active: Vec<usize>,
    pub operations: BTreeSet<String>,
    pub calls: BTreeSet<String>,
    pub checks: Vec<Check>,
    pub(super) active_checks: Vec<usize>,
    /// Go: calls whose error may be lost.
    pub careless: BTreeSet<String>,
    /// The callee of the last call that a variable was given.
    pub(super) assigned: HashMap<String, String>,
    pub(super) statement: Option<(usize, Use)>,
    pub(super) depth: usize,
    /// Above 0: nothing reaches here.
    pub(super) dead: usize,
    /// Above 0: inside a branch that only says no.
    pub(super) refusing: usize,
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
            careless: BTreeSet::new(),
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

    /// Statements on one way; gives the guards that are in force at its end.
    pub(super) fn block(&mut self, node: Node<'d>) -> Vec<usize> {
        let (active, checks) = (self.active.clone(), self.active_checks.len());
        self.sequence(node);
        let held = std::mem::replace(&mut self.active, active);
        self.active_checks.truncate(checks);
        held.into_iter().filter(|index| !self.active.contains(index)).collect()
    }

    /// Statements in order; what they establish stays in force afterwards.
    pub(super) fn sequence(&mut self, node: Node<'d>) {
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

    pub(super) fn statement(&mut self, node: Node<'d>) {
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
    pub(super) fn is_elsewhere(&self, node: Node<'d>) -> bool {
        (self.inner.contains(&node.id()) && node != self.item.node) || node.kind() == "decorated_definition"
    }

    pub(super) fn repeat(&mut self, head: &[Node<'d>], body: Node<'d>) {
        for part in head {
            self.plain(*part);
        }
        let text: Vec<String> = head.iter().map(|part| self.text(*part)).collect();
        let text = text.join(" ");
        let plain = snake(&text);
        let counts = ["attempt", "retry", "retries", "tries"].iter().any(|word| plain.contains(word));
        let bound = head.iter().find_map(|part| number_in(self.code, *part, self.around()));
        let mut gained = None;
        // `for id, one := range attempts` goes through a collection.
        let walks = plain.contains(":=")
            && plain.contains("range")
            && head.iter().any(|part| self.text(*part).contains(','));
        if counts && !walks && (bound.is_some() || plain.contains("max") || plain.contains("range")) {
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

    /// Remembers what a variable was given, and counts a write to a field as an operation.
    pub(super) fn note_assignment(&mut self, node: Node<'d>) {
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
        let names = match left.kind() {
            "expression_list" | "pattern_list" | "tuple_pattern" => named_children(left),
            "object_pattern" | "array_pattern" => bound_names(left),
            _ => vec![left],
        };
        let source = right
            .and_then(|right| first_call(self.code, right))
            .map(|call| self.code.callee(call, self.around()).path.clone());
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
                let field = field_of(text);
                self.operate(&format!("{field}="));
                self.mark_deleted(node, &field, right);
            }
            match &source {
                Some(source) => self.assigned.insert(text.to_owned(), source.clone()),
                None => self.assigned.remove(text),
            };
        }
    }

    /// `order.deleted_at = now()` marks what could be deleted.
    fn mark_deleted(&mut self, node: Node<'d>, field: &str, value: Option<Node<'d>>) {
        let marks = matches!(
            snake(field).as_str(),
            "deleted_at"
                | "deleted_on"
                | "is_deleted"
                | "deleted"
                | "removed_at"
                | "trashed_at"
                | "archived_at"
                | "is_archived"
        );
        let restores = value.is_some_and(|value| {
            matches!(self.code.text_of(value), "None" | "null" | "nil" | "undefined" | "false" | "False")
        });
        if marks && !restores {
            let text = self.text(node);
            let guard = Guard { key: field.to_owned(), text, ..self.guard(GuardKind::SoftDelete, Form::Call) };
            let index = self.push(guard, node, String::new());
            self.active.push(index);
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
            rewritten: false,
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

/// The variables of `{ ok, name: other, rest = 1 }` and `[first]`.
fn bound_names(pattern: Node<'_>) -> Vec<Node<'_>> {
    let parts = named_children(pattern).into_iter().take(20);
    parts
        .map(|part| match part.kind() {
            "pair_pattern" => part.child_by_field_name("value").unwrap_or(part),
            "object_assignment_pattern" | "assignment_pattern" => {
                part.child_by_field_name("left").unwrap_or(part)
            }
            _ => part,
        })
        .collect()
}

pub(super) fn last_name(path: &str) -> String {
    path.rsplit(['.', ':']).next().unwrap_or(path).split('(').next().unwrap_or_default().to_owned()
}

/// The field that is written: `total` of `order.lines[at.row].total` and of `total[at]`.
fn field_of(target: &str) -> String {
    let mut depth = 0usize;
    let mut plain = String::new();
    for letter in target.chars().filter(|letter| !letter.is_whitespace()) {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    plain.rsplit('.').next().unwrap_or_default().to_owned()
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
pub(super) fn number_in<'d>(code: &Code<'d>, node: Node<'d>, around: &[Node<'d>]) -> Option<f64> {
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
