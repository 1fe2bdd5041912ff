//! Walks a script in the order of execution and says what holds before each command.
//!
//! Dominance is judged lightly: a condition guards what it encloses, and what follows if it leaves when it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::argv::{self, Argv};
use super::conditions::{Conditions, Guards, asks_without_name, is_named};
use super::endings::is_true;
use super::functions::{Function, asks, collect_functions};
use super::nested::Fragment;
use super::parser;
use super::script::{Arm, Join, List, Node, Operation, RawPart, RawWord, RedirectKind, Script, Simple};
use super::variables::{Arg, Variables};
use crate::facts::{Command, Guarding, Setting, StatusHandling};

/// Scripts inside scripts.
pub(super) const DEEPEST_SCRIPT: u8 = 4;
/// Conditions remembered at one place; more are not a script that a person guards.
const MOST_GUARDS: usize = 24;
/// Neighbours remembered on each side of a command in a pipeline.
const MOST_PIPED: usize = 16;

/// What a document says, with bytes of the document.
pub(super) enum Said {
    Command(Box<Command>),
    Setting(Setting),
}
pub(super) struct Saying {
    pub said: Said,
    pub span: Range<usize>,
    pub scope: Vec<String>,
}

/// What is around a script that another command reads.
#[derive(Clone, Debug, Default)]
pub(super) struct Around {
    pub(super) wrappers: Vec<String>,
    pub(super) remote: Option<String>,
    pub(super) depth: u8,
    pub(super) scope: Vec<String>,
    /// What its standard input holds, where that is text.
    pub(super) input: Option<Fragment>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) guards: Guards,
    pub(super) error_exit: bool,
    pub(super) no_unset: bool,
    pub(super) pipe_fail: bool,
    /// `set +e` is in force.
    pub(super) lenient: bool,
}

impl State {
    pub(super) fn with(&self, more: &Guards) -> Self {
        let mut state = self.clone();
        state.hold(more);
        state
    }

    /// What a `cd` before said holds no more.
    pub(super) fn leave_folder(&mut self) {
        self.guards.retain(|guard| !matches!(guard, Guarding::ChangedFolder(_) | Guarding::UnsureFolder(_)));
    }

    pub(super) fn hold(&mut self, more: &Guards) {
        if more.iter().any(|guard| matches!(guard, Guarding::ChangedFolder(_))) {
            self.leave_folder();
        }
        add(&mut self.guards, more);
    }
}

/// Where in a pipeline a command stands: programs before it, nearest first, and after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Pipe {
    pub(super) from: Vec<String>,
    pub(super) to: Vec<String>,
    /// What the command before it prints, where that is text.
    pub(super) text: Option<Fragment>,
    /// Where the `find` stands that says what `xargs` works on.
    pub(super) found_from: Option<usize>,
}

pub(super) struct Flow<'s, 'v> {
    pub(super) fragment: &'s Fragment,
    pub(super) script: &'s Script,
    pub(super) variables: &'v Variables<'s>,
    pub(super) asking: BTreeSet<&'s str>,
    pub(super) functions: BTreeMap<&'s str, Function<'s>>,
    pub(super) around: Around,
    pub(super) said: &'v mut Vec<Saying>,
}

/// Everything that a text says. `strict`: whoever runs it stops at errors.
pub(super) fn read(text: &str, strict: bool) -> Vec<Saying> {
    let mut said = Vec::new();
    let mut state = State { error_exit: strict, ..State::default() };
    first_line(text, &mut state, &mut said);
    read_fragment(&Fragment::whole(text), Around::default(), &state, None, &mut said);
    said
}

/// `#!/bin/bash -eu` sets options too.
fn first_line(text: &str, state: &mut State, said: &mut Vec<Saying>) {
    let Some(line) = text.strip_prefix("#!").and_then(|text| text.lines().next()) else { return };
    for letters in line.split_whitespace().skip(1).filter_map(|word| word.strip_prefix('-')) {
        for (letter, option) in [('e', "errexit"), ('u', "nounset")] {
            if !letters.contains(letter) {
                continue;
            }
            state.error_exit |= letter == 'e';
            state.no_unset |= letter == 'u';
            let command = Command {
                program: "set".to_owned(),
                subcommands: vec![option.to_owned()],
                text: format!("#!{}", line.trim()),
                ..Command::default()
            };
            said.push(Saying {
                said: Said::Command(Box::new(command)),
                span: 0..line.len() + 2,
                scope: Vec::new(),
            });
        }
    }
}

pub(super) fn read_fragment(
    fragment: &Fragment,
    around: Around,
    state: &State,
    outer: Option<&Variables<'_>>,
    said: &mut Vec<Saying>,
) {
    let script = parser::parse(&fragment.text);
    let variables = Variables::new(&fragment.text, &script.list, outer);
    let mut functions = BTreeMap::new();
    collect_functions(&script.list, &mut functions);
    let asking = functions.iter().filter(|(_, function)| asks(function.body)).map(|(name, _)| *name).collect();
    let elsewhere = around.remote.is_some();
    let mut flow = Flow { fragment, script: &script, variables: &variables, asking, functions, around, said };
    let mut state = state.clone();
    if elsewhere {
        state.leave_folder();
    }
    flow.list(&script.list, &mut state, StatusHandling::Plain);
    flow.finish_functions(&state);
}

impl<'s> Flow<'s, '_> {
    pub(super) fn conditions(&self, strict: bool) -> Conditions<'_, 's> {
        Conditions { text: &self.fragment.text, variables: self.variables, strict, asking: &self.asking }
    }

    pub(super) fn list(&mut self, list: &'s List, state: &mut State, status: StatusHandling) {
        for (index, node) in list.iter().enumerate() {
            let shrugged = index + 2 == list.len() && list.last().is_some_and(is_true);
            self.node(node, state, if shrugged { StatusHandling::Ignored } else { status });
        }
    }

    pub(super) fn node(&mut self, node: &'s Node, state: &mut State, status: StatusHandling) {
        match node {
            Node::Simple(simple) => self.simple(simple, state, status, &Pipe::default()),
            Node::Pipeline { negated, parts } => {
                let status =
                    if *negated && status == StatusHandling::Plain { StatusHandling::Handled } else { status };
                self.pipeline(parts, state, status);
            }
            Node::AndOr { first, rest } => self.and_or(first, rest, state, status),
            Node::Group(list) => self.list(list, state, status),
            Node::Subshell(list) => self.list(list, &mut state.clone(), status),
            Node::If { arms, otherwise } => self.if_clause(arms, otherwise.as_ref(), state, status),
            Node::Loop { until, condition, body } => self.loop_clause(*until, condition, body, state, status),
            Node::For { words, body, select, .. } => {
                words.iter().for_each(|word| self.substitutions(word, state));
                let mut inner = state.clone();
                if *select {
                    inner.guards.insert(Guarding::Confirmed);
                }
                self.list(body, &mut inner, status);
                if *select {
                    state.hold(&confirmation(&inner.guards));
                }
            }
            Node::Case { subject, arms } => self.case_clause(subject, arms, state, status),
            // Walked where it is called.
            Node::Function { name, .. } => {
                if let Some(function) = self.functions.get_mut(name.as_str()) {
                    let mut here = state.clone();
                    here.leave_folder();
                    function.defined = here.guards;
                }
            }
            Node::Arithmetic(_) => {}
        }
    }

    pub(super) fn pipeline(&mut self, parts: &'s [Node], state: &mut State, status: StatusHandling) {
        if let [one] = parts {
            self.node(one, state, status);
            return;
        }
        let names: Vec<Vec<String>> = parts.iter().map(|part| self.programs(part)).collect();
        let mut text = None;
        for (index, part) in parts.iter().enumerate() {
            let mut inner = state.clone();
            let pipe = Pipe {
                from: names[..index].iter().rev().flatten().take(MOST_PIPED).cloned().collect(),
                to: names[index + 1..].iter().flatten().take(MOST_PIPED).cloned().collect(),
                text: text.take(),
                found_from: index.checked_sub(1).and_then(|before| match &parts[before] {
                    Node::Simple(simple) if names[before].iter().any(|name| is_finder(name)) => {
                        Some(simple.span.start)
                    }
                    _ => None,
                }),
            };
            match part {
                Node::Simple(simple) => {
                    text = self.printed(simple);
                    self.simple(simple, &mut inner, status, &pipe);
                }
                _ => self.node(part, &mut inner, status),
            }
        }
    }

    /// The programs of one part of a pipeline.
    pub(super) fn programs(&self, node: &'s Node) -> Vec<String> {
        match node {
            Node::Simple(simple) => {
                let args: Vec<Arg<'s>> =
                    simple.words.iter().flat_map(|word| self.variables.args(word)).collect();
                let Some(argv) = argv::read(args, Vec::new()).pop() else { return Vec::new() };
                let says_yes = argv.program == "echo"
                    && argv.operands.iter().any(|word| {
                        matches!(word.resolved().trim().to_ascii_lowercase().as_str(), "y" | "yes")
                    });
                vec![if says_yes { "yes".to_owned() } else { argv.program }]
            }
            Node::Group(list) | Node::Subshell(list) => {
                list.iter().take(4).flat_map(|node| self.programs(node)).collect()
            }
            Node::AndOr { first, rest } => {
                let mut programs = self.programs(first);
                programs.extend(rest.iter().take(4).flat_map(|(_, node)| self.programs(node)));
                programs
            }
            _ => Vec::new(),
        }
    }

    /// What `echo`, `printf` or `cat` with a heredoc print, for a shell behind the pipe.
    pub(super) fn printed(&self, simple: &'s Simple) -> Option<Fragment> {
        let program = simple.words.first()?.literal()?;
        match program.as_str() {
            "echo" | "printf" => {
                let args: Vec<Arg<'s>> = simple.words[1..]
                    .iter()
                    .flat_map(|word| self.variables.args(word))
                    .filter(|arg| !arg.word.resolved().starts_with('-'))
                    .collect();
                self.fragment.script(&args)
            }
            "cat" => self.heredoc(simple),
            _ => None,
        }
    }

    pub(super) fn heredoc(&self, simple: &'s Simple) -> Option<Fragment> {
        simple.redirects.iter().find_map(|redirect| match redirect.kind {
            RedirectKind::Heredoc(index) => {
                let body = &self.script.heredocs.get(index)?.body;
                Some(self.fragment.slice(body.start, body.end))
            }
            RedirectKind::HereString => self.fragment.script(&self.variables.args(&redirect.target)),
            _ => None,
        })
    }

    /// How the status of each command of a list with `&&` and `||` is handled.
    fn handlings(&self, rest: &'s [(Join, Node)], status: StatusHandling) -> Vec<StatusHandling> {
        let mut handlings = vec![status];
        let mut handled = if status == StatusHandling::Plain { StatusHandling::Handled } else { status };
        for (join, node) in rest.iter().rev() {
            if *join == Join::Or {
                handled = if self.shrugs(node) { StatusHandling::Ignored } else { StatusHandling::Handled };
            }
            handlings.push(handled);
        }
        handlings.reverse();
        handlings
    }

    pub(super) fn and_or(
        &mut self,
        first: &'s Node,
        rest: &'s [(Join, Node)],
        state: &mut State,
        status: StatusHandling,
    ) {
        let handlings = self.handlings(rest, status);
        let outcome = self.conditions(true).node(first);
        self.node(first, state, handlings[0]);
        // What holds if everything so far was true, and if the last decision was false.
        let (mut holds, mut fails) = (outcome.holds, outcome.fails);
        self.folder(first, &mut holds);
        let mut after = Guards::new();
        for (index, (join, node)) in rest.iter().enumerate() {
            let known = match join {
                Join::And => holds.clone(),
                Join::Or => fails.clone(),
            };
            let mut inner = state.with(&known);
            self.node(node, &mut inner, handlings[index + 1]);
            let leaves = self.leaves(node);
            let next = self.conditions(true).node(node);
            match join {
                Join::And if leaves => add(&mut after, &fails),
                Join::Or if leaves => add(&mut after, &holds),
                Join::And => {
                    add(&mut holds, &next.holds);
                    self.folder(node, &mut holds);
                    fails = Guards::new();
                }
                Join::Or => {
                    add(&mut fails, &next.fails);
                    holds = Guards::new();
                }
            }
            // Options set inside a group hold on.
            state.error_exit = inner.error_exit;
            state.no_unset = inner.no_unset;
            state.pipe_fail = inner.pipe_fail;
            state.lenient = inner.lenient;
        }
        state.hold(&after);
    }

    /// `cd DIR` succeeded.
    pub(super) fn folder(&self, node: &'s Node, holds: &mut Guards) {
        if let Node::Simple(simple) = node
            && let Some(folder) = self.changed_folder(simple)
        {
            holds.insert(Guarding::ChangedFolder(folder));
        }
    }

    pub(super) fn changed_folder(&self, simple: &'s Simple) -> Option<String> {
        let program = simple.words.first()?.literal()?;
        if !matches!(program.as_str(), "cd" | "pushd") {
            return None;
        }
        let folder = simple
            .words
            .iter()
            .skip(1)
            .find(|word| word.literal().is_none_or(|text| !text.starts_with('-')))?;
        self.variables.args(folder).first().map(|arg| arg.word.resolved())
    }

    pub(super) fn if_clause(
        &mut self,
        arms: &'s [(List, List)],
        otherwise: Option<&'s List>,
        state: &mut State,
        status: StatusHandling,
    ) {
        let mut failed = Guards::new();
        let mut after = Guards::new();
        let mut all_leave = true;
        for (condition, body) in arms {
            let mut inner = state.with(&failed);
            self.list(condition, &mut inner, StatusHandling::Handled);
            let mut holds = self.conditions(false).list(condition).holds;
            if let Some(last) = condition.last() {
                self.folder(last, &mut holds);
            }
            let asks = holds.contains(&Guarding::Confirmed);
            inner.hold(&holds);
            self.list(body, &mut inner, status);
            // Asked unless a flag says otherwise.
            if !asks {
                after.extend(confirmation(&inner.guards));
            }
            add(&mut failed, &self.conditions(true).list(condition).fails);
            if !body.last().is_some_and(|node| self.leaves(node)) {
                all_leave = false;
            }
        }
        if let Some(list) = otherwise {
            let mut inner = state.with(&failed);
            self.list(list, &mut inner, status);
            // The first condition must have held.
            if list.last().is_some_and(|node| self.leaves(node))
                && let [(condition, _)] = arms
            {
                add(&mut after, &self.conditions(true).list(condition).holds);
                if let Some(last) = condition.last() {
                    self.folder(last, &mut after);
                }
            }
        }
        if all_leave {
            after.extend(failed);
        }
        state.hold(&after);
    }

    pub(super) fn loop_clause(
        &mut self,
        until: bool,
        condition: &'s List,
        body: &'s List,
        state: &mut State,
        status: StatusHandling,
    ) {
        let mut inner = state.clone();
        self.list(condition, &mut inner, StatusHandling::Handled);
        let outcome = self.conditions(false).list(condition);
        let (inside, behind) =
            if until { (outcome.fails, outcome.holds) } else { (outcome.holds, outcome.fails) };
        inner.hold(&inside.iter().filter(|guard| !matches!(guard, Guarding::Condition(_))).cloned().collect());
        self.list(body, &mut inner, status);
        state.hold(&behind.into_iter().filter(|guard| *guard == Guarding::Confirmed).collect());
        // `while true; do read …; case … exit;; esac; done` asks until it gets an answer.
        state.hold(&confirmation(&inner.guards));
    }

    pub(super) fn case_clause(
        &mut self,
        subject: &'s RawWord,
        arms: &'s [Arm],
        state: &mut State,
        status: StatusHandling,
    ) {
        self.substitutions(subject, state);
        let name = subject.variable();
        let asked = name.is_some_and(|name| self.variables.is_asked(name));
        let shown =
            self.fragment.text.get(subject.span.clone()).unwrap_or_default().replace(['"', '{', '}'], "");
        let some_leaves = arms.iter().any(|arm| arm.body.last().is_some_and(|node| self.leaves(node)));
        for arm in arms {
            let patterns: Vec<String> = arm.patterns.iter().filter_map(RawWord::literal).collect();
            let catch_all = patterns.iter().any(|pattern| pattern == "*");
            let mut inner = state.clone();
            if asked && !catch_all {
                inner.guards.insert(Guarding::Confirmed);
            } else if !catch_all && name.is_some_and(is_named) {
                inner.hold(&Guards::from([Guarding::Condition(format!("{shown} = {}", patterns.join("|")))]));
            }
            self.list(&arm.body, &mut inner, status);
        }
        if some_leaves && asked {
            state.hold(&Guards::from([Guarding::Confirmed]));
        } else if some_leaves && name.is_some_and(is_named) {
            state.hold(&Guards::from([Guarding::Condition(format!("case {shown}"))]));
        }
    }

    /// Commands inside the substitutions of a word.
    pub(super) fn substitutions(&mut self, word: &'s RawWord, state: &State) {
        for part in &word.parts {
            match part {
                RawPart::Substitution { list, .. } => {
                    self.list(list, &mut state.clone(), StatusHandling::Plain);
                }
                RawPart::Array(words) => words.iter().for_each(|word| self.substitutions(word, state)),
                RawPart::Parameter { operation: Operation::Default(word), .. } => {
                    self.substitutions(word, state);
                }
                _ => {}
            }
        }
    }

    pub(super) fn simple(
        &mut self,
        simple: &'s Simple,
        state: &mut State,
        status: StatusHandling,
        pipe: &Pipe,
    ) {
        for assignment in &simple.assignments {
            self.substitutions(&assignment.value, state);
        }
        for word in simple.words.iter().chain(simple.redirects.iter().map(|redirect| &redirect.target)) {
            self.substitutions(word, state);
        }
        for redirect in &simple.redirects {
            if let RedirectKind::Heredoc(index) = redirect.kind
                && let Some(heredoc) = self.script.heredocs.get(index)
            {
                self.substitutions(&heredoc.substitutions, state);
            }
        }
        let program = simple.words.first().and_then(RawWord::literal);
        self.say_settings(simple);
        match program.as_deref() {
            Some("[" | "[[" | "test") => {}
            Some("export" | "local" | "readonly" | "declare" | "typeset") => self.say_declared(simple),
            Some("set") => self.set(simple, state),
            _ => self.commands(simple, state, status, pipe),
        }
        // `: "${V:?}"` ends the script otherwise.
        let asserted: Guards = simple
            .words
            .iter()
            .flat_map(RawWord::asserted)
            .map(|name| Guarding::Checked(name.to_owned()))
            .collect();
        state.hold(&asserted);
        match program.as_deref() {
            Some("cd" | "pushd") if state.error_exit || status == StatusHandling::Handled => {
                state.leave_folder();
                if let Some(folder) = self.changed_folder(simple) {
                    state.guards.insert(Guarding::ChangedFolder(folder));
                }
            }
            Some("cd" | "pushd" | "popd") => {
                state.leave_folder();
                if let Some(folder) = self.changed_folder(simple) {
                    state.guards.insert(Guarding::UnsureFolder(folder));
                }
            }
            Some("read") if asks_without_name(simple) && pipe.from.is_empty() => {
                state.guards.insert(Guarding::Confirmed);
            }
            Some(name) => self.call(name, state),
            None => {}
        }
    }

    /// `set` by its options: each is a fact of its own, however many stand on one line.
    pub(super) fn set(&mut self, simple: &'s Simple, state: &mut State) {
        let words: Vec<String> = simple.words[1..].iter().filter_map(RawWord::literal).collect();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let on = word.starts_with('-');
            let Some(letters) = word.strip_prefix(['-', '+']) else { continue };
            let named = if letters.ends_with('o') { words.next().map(String::as_str) } else { None };
            let options = letters.chars().filter_map(|letter| match letter {
                'e' => Some("errexit"),
                'u' => Some("nounset"),
                _ => None,
            });
            for option in options.chain(named).collect::<Vec<_>>() {
                self.switch(option, on, simple, state);
            }
        }
    }

    /// An option is said only where it changes something; `set -e` that ends a `set +e` restores what was there.
    fn switch(&mut self, option: &str, on: bool, simple: &'s Simple, state: &mut State) {
        let restored = on && option == "errexit" && state.lenient;
        let slot = match option {
            "errexit" => &mut state.error_exit,
            "nounset" => &mut state.no_unset,
            "pipefail" => &mut state.pipe_fail,
            _ => return,
        };
        let same = *slot == on;
        *slot = on;
        if option == "errexit" {
            state.lenient = !on;
        }
        if same || restored {
            return;
        }
        let name = if on { option.to_owned() } else { format!("+{option}") };
        let argv = Argv { program: "set".to_owned(), subcommands: vec![name], ..Argv::default() };
        self.say(argv, simple, &State::default(), StatusHandling::Plain, &Pipe::default());
    }
}

fn is_finder(program: &str) -> bool {
    matches!(program, "find" | "fd" | "fdfind")
}

fn add(guards: &mut Guards, more: &Guards) {
    for guard in more {
        if guards.len() < MOST_GUARDS {
            guards.insert(guard.clone());
        }
    }
}

fn confirmation(guards: &Guards) -> Guards {
    guards.iter().filter(|guard| **guard == Guarding::Confirmed).cloned().collect()
}
