//! From a command line and what holds around it to facts.

use std::collections::BTreeSet;
use std::ops::Range;

use super::argv::{self, Argv};
use super::conditions::Guards;
use super::flow::{DEEPEST_SCRIPT, Flow, Pipe, Said, Saying, State, read_fragment};
use super::line;
use super::script::{Node, Operation, RawPart, RawWord, RedirectKind, Simple};
use super::tools::Tools;
use super::variables::Arg;
use crate::facts::{Command, Expansion, Guarding, Part, Setting, StatusHandling, Value, Word};
use crate::source::Language;

/// Bytes of a command line that are kept as text; the words are kept in full.
const LONGEST_COMMAND: usize = 8_000;

/// Words that `echo … | xargs` hands over.
const MOST_PRINTED: usize = 16;

impl<'s> Flow<'s, '_> {
    pub(super) fn environment(&self, simple: &'s Simple) -> Vec<(String, Word)> {
        simple
            .assignments
            .iter()
            .map(|assignment| {
                let word = self.variables.args(&assignment.value).into_iter().next();
                (assignment.name.clone(), word.map_or_else(|| Word::literal(""), |arg| arg.word))
            })
            .collect()
    }

    /// Assignments, also those before a command.
    pub(super) fn say_settings(&mut self, simple: &'s Simple) {
        for assignment in &simple.assignments {
            let span = assignment.value.span.clone();
            self.say_setting(&assignment.name, &assignment.value, 0, span);
        }
        // `> file` alone empties the file.
        let alone = simple.words.is_empty() && simple.assignments.is_empty();
        if alone && simple.redirects.iter().any(|redirect| redirect.kind == RedirectKind::Write) {
            let argv = Argv { program: ":".to_owned(), ..Argv::default() };
            self.say(argv, simple, &State::default(), StatusHandling::Plain, &Pipe::default());
        }
    }

    pub(super) fn say_declared(&mut self, simple: &'s Simple) {
        for word in &simple.words[1..] {
            if let Some((name, skip)) = line::assignment(word) {
                self.say_setting(&name, word, skip, word.span.clone());
            }
        }
    }

    /// `V=value` and `V=${V:-value}` are settings of the script.
    pub(super) fn say_setting(&mut self, name: &str, word: &'s RawWord, skip: usize, span: Range<usize>) {
        let mut text = String::new();
        for (index, part) in word.parts.iter().enumerate() {
            match part {
                RawPart::Text { text: literal, .. } if index == 0 => {
                    text.push_str(literal.get(skip..).unwrap_or_default());
                }
                RawPart::Text { text: literal, .. } => text.push_str(literal),
                RawPart::Parameter { operation: Operation::Default(default), .. } => match default.literal() {
                    Some(literal) => text.push_str(&literal),
                    None => return,
                },
                _ => return,
            }
        }
        let setting = Setting { language: Language::Bash, path: name.to_owned(), value: Value::string(text) };
        self.said.push(Saying {
            said: Said::Setting(setting),
            span: self.placed(&span),
            scope: self.around.scope.clone(),
        });
    }

    pub(super) fn placed(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.fragment.map.to_host(span.start);
        let last = self.fragment.map.to_host(span.end.max(span.start + 1) - 1);
        start..last.max(start) + 1
    }

    /// The commands of one command line, and those of the scripts that it hands to a shell.
    pub(super) fn commands(&mut self, simple: &'s Simple, state: &State, status: StatusHandling, pipe: &Pipe) {
        let args: Vec<Arg<'s>> = simple.words.iter().flat_map(|word| self.variables.args(word)).collect();
        let mut pipe = pipe.clone();
        pipe.from.extend(self.fed_by(simple));
        for argv in argv::read(args, self.environment(simple)) {
            self.argv(argv, simple, state, status, &pipe);
        }
    }

    /// Programs whose output a word hands over: `bash <(curl …)`, `eval "$(curl …)"`, `sh -c "$(curl …)"`.
    pub(super) fn fed_by(&self, simple: &'s Simple) -> Vec<String> {
        let first = simple.words.first().and_then(RawWord::literal).unwrap_or_default();
        let runs = Tools::get().is_shell(&first)
            || matches!(
                first.as_str(),
                "eval" | "source" | "." | "sudo" | "exec" | "python" | "python3" | "ssh"
            );
        if !runs {
            return Vec::new();
        }
        simple
            .words
            .iter()
            .flat_map(|word| &word.parts)
            .filter_map(|part| match part {
                RawPart::Substitution { list, .. } => Some(list),
                RawPart::Parameter { name, .. } => self.variables.substitution(name),
                _ => None,
            })
            .flat_map(|list| list.iter().flat_map(|node| self.pipeline_programs(node)))
            .collect()
    }

    pub(super) fn pipeline_programs(&self, node: &'s Node) -> Vec<String> {
        match node {
            Node::Pipeline { parts, .. } => parts.iter().flat_map(|part| self.programs(part)).collect(),
            other => self.programs(other),
        }
    }

    pub(super) fn argv(
        &mut self,
        mut argv: Argv<'s>,
        simple: &'s Simple,
        state: &State,
        status: StatusHandling,
        pipe: &Pipe,
    ) {
        let script = argv.script.take();
        let shell = Tools::get().is_shell(&argv.program);
        let fed = script.is_none() && (shell || argv.program == "ssh");
        let fragment = match &script {
            Some(words) => self.fragment.script(words),
            None if fed && argv.operands.len() <= usize::from(!shell) => {
                self.heredoc(simple).or_else(|| pipe.text.clone()).or_else(|| self.around.input.take())
            }
            None => None,
        };
        let opaque = script.is_some() && fragment.is_none();
        let mut around = self.around.clone();
        around.wrappers.extend(argv.wrappers.iter().cloned());
        around.wrappers.push(if script.is_some() { argv.script_wrapper.clone() } else { argv.program.clone() });
        around.remote = argv.remote.clone().or(around.remote);
        if script.is_none() && argv.program == "ssh" {
            around.remote = argv.operands.first().map(Word::display);
        }
        if !argv.is_wrapper || argv.keep || opaque || shell && !pipe.from.is_empty() {
            if opaque {
                argv.operands.extend(script.iter().flatten().map(|arg| arg.word.clone()));
            }
            self.say(argv, simple, state, status, pipe);
        }
        if let Some(fragment) = fragment
            && around.depth < DEEPEST_SCRIPT
        {
            around.depth += 1;
            around.input =
                script.is_some().then(|| self.heredoc(simple).or_else(|| pipe.text.clone())).flatten();
            let from = self.said.len();
            read_fragment(&fragment, around, state, Some(self.variables), self.said);
            if status == StatusHandling::Ignored {
                for saying in self.said.iter_mut().skip(from) {
                    if let Said::Command(command) = &mut saying.said {
                        command.status = StatusHandling::Ignored;
                    }
                }
            }
        }
    }

    pub(super) fn say(
        &mut self,
        argv: Argv<'s>,
        simple: &'s Simple,
        state: &State,
        status: StatusHandling,
        pipe: &Pipe,
    ) {
        let writes: Vec<Word> = simple
            .redirects
            .iter()
            .filter(|redirect| redirect.kind == RedirectKind::Write)
            .flat_map(|redirect| self.variables.args(&redirect.target))
            .map(|arg| arg.word)
            .collect();
        let mut wrappers = self.around.wrappers.clone();
        let by_xargs = argv.wrappers.iter().any(|wrapper| wrapper == "xargs");
        wrappers.extend(argv.wrappers);
        let mut operands = argv.operands;
        let mut text = self.shown(&simple.span);
        if by_xargs {
            let printed = pipe.text.as_ref().map_or("", |printed| printed.text.as_str());
            operands.extend(printed.split_whitespace().take(MOST_PRINTED).map(Word::literal));
            if let Some(start) = pipe.found_from {
                text = self.shown(&(start..simple.span.end));
            }
        }
        let mut command = Command {
            program: argv.program,
            wrappers,
            remote: argv.remote.or_else(|| self.around.remote.clone()),
            subcommands: argv.subcommands,
            flags: argv.flags,
            operands,
            environment: argv.environment,
            piped_from: pipe.from.clone(),
            piped_to: pipe.to.clone(),
            writes,
            status: if status == StatusHandling::Plain && state.lenient {
                StatusHandling::Ignored
            } else {
                status
            },
            guards: BTreeSet::new(),
            text,
        };
        if state.error_exit {
            command.guards.insert(Guarding::ErrorExit);
        }
        if state.no_unset {
            command.guards.insert(Guarding::NoUnset);
        }
        guard(&mut command, &state.guards);
        self.said.push(Saying {
            said: Said::Command(Box::new(command)),
            span: self.placed(&simple.span),
            scope: self.around.scope.clone(),
        });
    }

    /// The command as a person would type it on one line.
    pub(super) fn shown(&self, span: &Range<usize>) -> String {
        let text = self.fragment.text.get(span.clone()).unwrap_or_default();
        let one_line = super::variables::cut(text, LONGEST_COMMAND).replace("\\\r\n", " ").replace("\\\n", " ");
        super::variables::fold(&one_line, LONGEST_COMMAND)
    }
}

/// Adds what holds to a command. Checks of variables that it does not name say nothing about it.
pub(super) fn guard(command: &mut Command, guards: &Guards) {
    let mut checked: Vec<&str> = Vec::new();
    for guard in guards {
        match guard {
            Guarding::Checked(name) => checked.push(name),
            other => {
                command.guards.insert(other.clone());
            }
        }
    }
    let mut used: Vec<String> = Vec::new();
    let words = command
        .operands
        .iter_mut()
        .chain(command.flags.iter_mut().filter_map(|flag| flag.value.as_mut()))
        .chain(command.environment.iter_mut().map(|(_, word)| word))
        .chain(command.writes.iter_mut());
    for word in words {
        for part in &mut word.parts {
            let Part::Expansion { name, guard } = part else { continue };
            let plain = name.split('[').next().unwrap_or(name);
            if checked.contains(&plain) {
                used.push(plain.to_owned());
                if *guard == Expansion::Bare {
                    *guard = Expansion::Fails;
                }
            }
        }
    }
    command.guards.extend(used.into_iter().map(Guarding::Checked));
}
