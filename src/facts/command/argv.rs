//! From words to commands: wrappers off, flags in their normal form, subcommands apart from operands.

use super::tools::{Payload, Tool, Tools, Wrapper};
use super::variables::Arg;
use crate::facts::{Flag, Word};

/// Wrappers around wrappers.
const DEEPEST: usize = 12;

/// A command without what its surroundings say.
#[derive(Debug, Default)]
pub(super) struct Argv<'s> {
    pub program: String,
    pub wrappers: Vec<String>,
    pub remote: Option<String>,
    pub subcommands: Vec<String>,
    pub flags: Vec<Flag>,
    pub operands: Vec<Word>,
    pub environment: Vec<(String, Word)>,
    /// Text that a shell reads: the words that hold it.
    pub script: Option<Vec<Arg<'s>>>,
    /// The wrapper of the script, for the commands in it.
    pub script_wrapper: String,
    /// It runs another command.
    pub is_wrapper: bool,
    /// It is worth a look for itself.
    pub keep: bool,
}

/// Every command that a command line runs: wrappers worth a look, then the innermost one.
pub(super) fn read<'s>(args: Vec<Arg<'s>>, environment: Vec<(String, Word)>) -> Vec<Argv<'s>> {
    let mut found = Vec::new();
    let mut rest = args;
    let mut wrappers = Vec::new();
    let mut environment = environment;
    let mut remote = None;
    for _ in 0..DEEPEST {
        let Some(first) = rest.first() else { break };
        let program = base_name(&first.word.resolved());
        let mut reading = Reading::new(&program);
        let inner = reading.run(&rest[1..]);
        let Reading { mut argv, wrapper, .. } = reading;
        argv.program = program.clone();
        argv.wrappers = wrappers.clone();
        argv.remote = remote.clone();
        argv.environment = environment.clone();
        let own = argv.own_environment();
        argv.environment.extend(own);
        let name = std::iter::once(Tools::get().family(&program).to_owned())
            .chain(argv.subcommands.iter().cloned())
            .collect::<Vec<_>>()
            .join(" ");
        let kept = wrapper.is_some_and(|wrapper| wrapper.keep);
        let runs = inner.is_some() || argv.script.is_some();
        if let Some(wrapper) = wrapper.filter(|_| runs) {
            if wrapper.remote {
                remote = argv.operands.first().map(Word::display).or(remote);
            }
            let label = if argv.script.is_some() && wrapper.payload == Payload::Flag {
                format!("{program} {}", wrapper.script.as_deref().unwrap_or_default())
            } else {
                name
            };
            argv.script_wrapper = label.trim().to_owned();
            argv.is_wrapper = true;
            argv.keep = kept;
            environment = argv.environment.clone();
            wrappers.push(argv.script_wrapper.clone());
            if argv.script.is_some() {
                argv.remote = remote;
                found.push(argv);
                return found;
            }
            if kept {
                found.push(argv);
            }
        } else {
            let nested = find_exec(&mut argv, &rest);
            found.push(argv);
            match nested {
                None => return found,
                Some(words) => {
                    wrappers.push("find".to_owned());
                    rest = words;
                    continue;
                }
            }
        }
        rest = inner.unwrap_or_default();
    }
    found
}

impl Argv<'_> {
    /// `NAME=value` operands of `env` and `sudo`.
    fn own_environment(&mut self) -> Vec<(String, Word)> {
        let mut found = Vec::new();
        if Tools::get().wrapper(&self.program).is_some_and(|wrapper| wrapper.assignments) {
            self.operands.retain(|word| match assignment(word) {
                Some(pair) => {
                    found.push(pair);
                    false
                }
                None => true,
            });
        }
        found
    }
}

/// `/bin/rm`, `rm.exe` and `prisma@5` by their usual names.
fn base_name(program: &str) -> String {
    let program = looked_up(program).unwrap_or(program);
    let name = program.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(program);
    let name = name.strip_suffix(".exe").unwrap_or(name);
    match name.split_once('@') {
        Some((before, _)) if !before.is_empty() && !before.starts_with('$') => before.to_owned(),
        _ => name.to_owned(),
    }
}

/// The program of `$(which rm)`, `$(command -v rm)` and `$(echo rm)`.
fn looked_up(program: &str) -> Option<&str> {
    let in_backticks = || program.strip_prefix('`')?.strip_suffix('`');
    let inner = program.strip_prefix("$(").and_then(|inner| inner.strip_suffix(')')).or_else(in_backticks)?;
    let inner = inner.trim();
    let name = ["which ", "command -v ", "type -p ", "type -P ", "echo "]
        .iter()
        .find_map(|by| inner.strip_prefix(by))
        .filter(|name| !name.trim().contains(char::is_whitespace))?;
    Some(name.trim())
}

fn assignment(word: &Word) -> Option<(String, Word)> {
    let crate::facts::Part::Literal(text) = word.parts.first()? else { return None };
    let (name, rest) = text.split_once('=')?;
    let valid = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if !valid {
        return None;
    }
    Some((name.to_owned(), behind(word, word.parts.first().map_or(0, |_| text.len() - rest.len()))))
}

/// A word without its first bytes, which stand in its first literal.
fn behind(word: &Word, skip: usize) -> Word {
    let mut parts = word.parts.clone();
    if let Some(crate::facts::Part::Literal(text)) = parts.first_mut() {
        *text = text.get(skip..).unwrap_or_default().to_owned();
        if text.is_empty() {
            parts.remove(0);
        }
    }
    Word { parts, glob: word.glob, quoted: word.quoted }
}

/// One pass over the words behind a program.
struct Reading<'s> {
    tools: &'static Tools,
    tool: Option<&'static Tool>,
    wrapper: Option<&'static Wrapper>,
    /// Own operands of the wrapper still to come.
    awaited: usize,
    /// The next operand may be a subcommand.
    naming: bool,
    argv: Argv<'s>,
}

impl<'s> Reading<'s> {
    fn new(program: &str) -> Self {
        let tools = Tools::get();
        let tool = tools.tool(program);
        let wrapper = tools.wrapper(tools.family(program));
        Self {
            tools,
            tool,
            wrapper,
            awaited: wrapper.map_or(0, |wrapper| wrapper.operands),
            naming: tool.is_some_and(|tool| tool.depth > 0 || !tool.verbs.is_empty()),
            argv: Argv { program: program.to_owned(), ..Argv::default() },
        }
    }

    /// Fills the command and returns the words that a wrapper runs.
    fn run(&mut self, args: &[Arg<'s>]) -> Option<Vec<Arg<'s>>> {
        let mut at = 0;
        let mut ended = false;
        while let Some(arg) = args.get(at) {
            let text = arg.word.resolved();
            let literal = !matches!(arg.word.parts.first(), Some(crate::facts::Part::Expansion { guard, .. })
                if !matches!(guard, crate::facts::Expansion::Known(_)));
            if !ended && text == "--" {
                at += 1;
                // A wrapper's payload follows, own operands or not.
                if self.wrapper.is_some_and(|wrapper| wrapper.payload == Payload::Words) {
                    if self.awaited > 0 && self.argv.operands.len() < self.awaited {
                        continue;
                    }
                    return (at < args.len()).then(|| args[at..].to_vec());
                }
                ended = true;
                continue;
            }
            if !ended && literal && text.len() > 1 && text.starts_with('-') {
                at += 1;
                at += self.flag(&arg.word, &text, &args[at..]);
                if self.argv.script.is_some() {
                    return None;
                }
                continue;
            }
            if let Some(step) = self.operand(arg, &text, &args[at..]) {
                match step {
                    Step::Payload => return Some(args[at..].to_vec()),
                    Step::Script(words) => {
                        self.argv.script = Some(words);
                        return None;
                    }
                }
            }
            at += 1;
        }
        None
    }

    /// A flag says that the wrapper runs nothing.
    fn is_off(&self) -> bool {
        self.wrapper
            .is_some_and(|wrapper| self.argv.flags.iter().any(|flag| wrapper.not_with.contains(&flag.name)))
    }

    fn operand(&mut self, arg: &Arg<'s>, text: &str, rest: &[Arg<'s>]) -> Option<Step<'s>> {
        if self.naming && self.names(text, &arg.word) {
            return None;
        }
        let Some(wrapper) = self.wrapper.filter(|_| !self.is_off()) else {
            self.argv.operands.push(arg.word.clone());
            return None;
        };
        if wrapper.assignments && assignment(&arg.word).is_some() {
            self.argv.operands.push(arg.word.clone());
            return None;
        }
        let own =
            self.argv.operands.iter().filter(|word| !wrapper.assignments || assignment(word).is_none()).count();
        if own < self.awaited || wrapper.payload == Payload::Flag {
            self.argv.operands.push(arg.word.clone());
            return None;
        }
        Some(match wrapper.payload {
            Payload::First => Step::Script(vec![arg.clone()]),
            Payload::Joined => Step::Script(rest.to_vec()),
            Payload::Words | Payload::Flag => Step::Payload,
        })
    }

    /// Takes a word for a subcommand if it can be one.
    fn names(&mut self, text: &str, word: &Word) -> bool {
        let plain = word.as_literal().is_some() || !word.quoted;
        let plain = plain
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_:".contains(letter));
        let Some(tool) = self.tool.filter(|_| plain) else {
            self.naming = false;
            return false;
        };
        if tool.transparent.contains(text) {
            return true;
        }
        let before = self.argv.subcommands.join(" ");
        let enough = if tool.verbs.is_empty() {
            self.argv.subcommands.len() >= tool.depth && !tool.groups.contains(&before)
        } else {
            self.argv.subcommands.last().is_some_and(|last| tool.verbs.contains(last))
        };
        if enough {
            self.naming = false;
            return false;
        }
        self.argv.subcommands.push(text.to_owned());
        let name = format!("{} {}", self.tools.family(&self.argv.program), self.argv.subcommands.join(" "));
        if let Some(wrapper) = self.tools.wrapper(&name) {
            self.wrapper = Some(wrapper);
            self.awaited = wrapper.operands;
            self.naming = false;
            // `kubectl -n x exec`: what stood before is no operand of the wrapper.
            self.argv.operands.clear();
        }
        true
    }

    fn takes_value(&self, flag: &str) -> bool {
        let subcommands = self.argv.subcommands.join(" ");
        self.tool.is_some_and(|tool| {
            tool.values.contains(flag)
                || tool.values_of.get(&subcommands).is_some_and(|flags| flags.contains(flag))
        }) || self.wrapper.is_some_and(|wrapper| wrapper.values.contains(flag))
    }

    /// Adds a flag and returns how many of the following words it takes.
    fn flag(&mut self, word: &Word, text: &str, rest: &[Arg<'s>]) -> usize {
        let single = self.tool.is_some_and(|tool| tool.single_dash);
        let normal = if single && text.starts_with("--") { text[1..].to_owned() } else { text.to_owned() };
        let long = single || text.starts_with("--");
        if long {
            if let Some((name, _)) = normal.split_once('=') {
                let skip = text.find('=').map_or(0, |at| at + 1);
                let value = value_behind(word, text, skip);
                self.push(name, Some(value));
                return self.maybe_script(name, word, skip);
            }
            return self.push_with_next(&normal, rest);
        }
        self.cluster(word, text, rest)
    }

    /// `-rf`, `-n5`, `-pSECRET`, `-XDELETE`.
    fn cluster(&mut self, word: &Word, text: &str, rest: &[Arg<'s>]) -> usize {
        let letters = &text[1..];
        let known = self.tool.is_some() || self.wrapper.is_some();
        let whole = !letters.chars().all(|letter| letter.is_ascii_alphanumeric())
            || letters.starts_with(|first: char| first.is_ascii_digit())
            || !known && letters.len() > 4;
        let first = format!("-{}", letters.chars().next().unwrap_or_default());
        let valued = self.takes_value(&first) || self.tool.is_some_and(|tool| tool.attached.contains(&first));
        if whole && !(letters.len() > 1 && valued) {
            match text.split_once('=') {
                Some((name, _)) => {
                    let value = value_behind(word, text, name.len() + 1);
                    self.push(name, Some(value));
                }
                None if known
                    && letters.chars().count() > 1
                    && !letters.starts_with(|l: char| l.is_ascii_digit()) =>
                {
                    // `-rf/` or a letter with an expansion behind it: the letters count.
                    for letter in letters.chars().take_while(char::is_ascii_alphanumeric) {
                        self.push(&format!("-{letter}"), None);
                    }
                }
                None => self.push(text, None),
            }
            return 0;
        }
        for (index, letter) in letters.char_indices() {
            let name = format!("-{letter}");
            let attached = self.tool.is_some_and(|tool| tool.attached.contains(&name));
            let more = index + letter.len_utf8() < letters.len();
            if !(self.takes_value(&name) || attached && more) {
                self.push(&name, None);
                continue;
            }
            let after = &letters[index + letter.len_utf8()..];
            if after.is_empty() {
                return self.push_with_next(&name, rest);
            }
            let skip = text.len() - after.len() + usize::from(after.starts_with('='));
            let value = value_behind(word, text, skip);
            self.push(&name, Some(value));
            return self.maybe_script(&name, word, skip);
        }
        0
    }

    fn push(&mut self, name: &str, value: Option<Word>) {
        self.argv.flags.push(Flag { name: name.to_owned(), value });
    }

    fn push_with_next(&mut self, name: &str, rest: &[Arg<'s>]) -> usize {
        let next = rest.first().filter(|_| self.takes_value(name));
        if let Some(arg) = next
            && self.wrapper.is_some_and(|wrapper| wrapper.script.as_deref() == Some(name))
        {
            self.argv.script = Some(vec![arg.clone()]);
        }
        self.push(name, next.map(|arg| arg.word.clone()));
        usize::from(next.is_some())
    }

    /// `--command=script` holds a script too.
    fn maybe_script(&mut self, name: &str, word: &Word, skip: usize) -> usize {
        if self.wrapper.is_some_and(|wrapper| wrapper.script.as_deref() == Some(name)) {
            let value = behind(word, skip);
            self.argv.script = Some(vec![Arg { word: value, raw: None, start: 0 }]);
        }
        0
    }
}

enum Step<'s> {
    /// The rest is a command.
    Payload,
    /// These words are read by a shell.
    Script(Vec<Arg<'s>>),
}

/// The part of a word behind its first `skip` bytes; exact where they stand in its first literal.
fn value_behind(word: &Word, text: &str, skip: usize) -> Word {
    match word.parts.first() {
        Some(crate::facts::Part::Literal(first)) if first.len() >= skip => behind(word, skip),
        _ => Word::literal(text.get(skip..).unwrap_or_default()),
    }
}

/// The command of `find … -exec command … ;`, taken out of the operands of `find`.
fn find_exec<'s>(argv: &mut Argv<'_>, args: &[Arg<'s>]) -> Option<Vec<Arg<'s>>> {
    if !matches!(Tools::get().family(&argv.program), "find" | "fd") {
        return None;
    }
    let literal = |arg: &Arg<'_>| arg.word.as_literal();
    let starts = |text: &str| {
        matches!(text, "-exec" | "-execdir" | "-ok" | "-okdir" | "-x" | "--exec" | "-X" | "--exec-batch")
    };
    let start = args.iter().position(|arg| literal(arg).is_some_and(|text| starts(&text)))?;
    let end = args[start + 1..]
        .iter()
        .position(|arg| literal(arg).is_some_and(|text| text == ";" || text == "+"))
        .map_or(args.len(), |length| start + 1 + length);
    let nested: Vec<Arg<'s>> = args[start + 1..end].to_vec();
    // What belongs to the nested command is no operand and no flag of `find`.
    let mut reading = Reading::new(&argv.program);
    let own: Vec<Arg<'s>> =
        args[1..=start].iter().chain(args.get(end + 1..).unwrap_or_default()).cloned().collect();
    reading.run(&own);
    argv.flags = reading.argv.flags;
    argv.operands = reading.argv.operands;
    (!nested.is_empty()).then_some(nested)
}
