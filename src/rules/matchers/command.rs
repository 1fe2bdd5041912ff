//! Command lines, compared as argument sets.

use super::dangers;
use super::{Captures, Hit, Question, Turn, shorten};
use crate::facts::{Body, Command, Expansion, Fact, Guarding, Part, StatusHandling, Word, family_of, members};
use crate::rules::condition::{Expression, expression, optional};
use crate::rules::model::command_model::{CommandMatcher, GuardName, OperandTest};

pub(super) struct Commands {
    matcher: CommandMatcher,
    /// The only programs that the matcher and its alternatives speak of, sorted; `None` for all.
    programs: Option<Vec<String>>,
    program_pattern: Option<Expression>,
    text: Option<Expression>,
    not_text: Option<Expression>,
    operands: Vec<Operand>,
    no_operands: Vec<Operand>,
    values: Vec<Operand>,
    writes: Vec<Operand>,
    folder: Option<Expression>,
    not_folder: Option<Expression>,
    remote: Option<Expression>,
    environment: Vec<(String, Expression)>,
    any: Vec<Commands>,
    none: Vec<Commands>,
    conditions: Vec<Expression>,
    switch: Option<(Expression, Expression)>,
}

struct Operand {
    matches: Option<Expression>,
    not_matches: Option<Expression>,
    collapses: Option<bool>,
    open: Option<bool>,
}

impl Operand {
    fn compile(test: &OperandTest) -> Result<Self, String> {
        Ok(Self {
            matches: optional("matches", test.matches.as_ref())?,
            not_matches: optional("not_matches", test.not_matches.as_ref())?,
            collapses: test.collapses,
            open: test.open,
        })
    }

    /// A word is known by its name as well as by its value, where source alone gives it one.
    fn holds(&self, word: &Word) -> bool {
        let mut texts = vec![word.display(), word.resolved()];
        texts.extend(word.direct_path());
        self.matches.as_ref().is_none_or(|expression| texts.iter().any(|text| expression.is_match(text)))
            && !self
                .not_matches
                .as_ref()
                .is_some_and(|expression| texts.iter().any(|text| expression.is_match(text)))
            && self.collapses.is_none_or(|wanted| word.collapses() == wanted)
            && self.open.is_none_or(|wanted| word.is_open() == wanted)
    }
}

/// What of a command a matcher recognised.
struct Concern {
    /// Tells alternatives and operands apart; another one is another risk.
    key: String,
    target: String,
    flag: String,
}

impl Commands {
    pub(super) fn compile(matcher: &CommandMatcher) -> Result<Self, String> {
        let operands =
            |tests: &[OperandTest]| tests.iter().map(Operand::compile).collect::<Result<Vec<_>, _>>();
        let all =
            |matchers: &[CommandMatcher]| matchers.iter().map(Self::compile).collect::<Result<Vec<_>, _>>();
        if let Some(unknown) = matcher.does.iter().find(|name| !dangers::exists(name)) {
            return Err(format!("`does`: there is no `{unknown}` in rules/data/dangers.yaml"));
        }
        Ok(Self {
            programs: programs(matcher),
            program_pattern: optional("program_pattern", matcher.program_pattern.as_ref())?,
            text: optional("text", matcher.text.as_ref())?,
            not_text: optional("not_text", matcher.not_text.as_ref())?,
            operands: operands(&matcher.operands)?,
            no_operands: operands(&matcher.no_operands)?,
            values: operands(&matcher.values)?,
            writes: operands(&matcher.writes)?,
            folder: optional("folder", matcher.folder.as_ref())?,
            not_folder: optional("not_folder", matcher.not_folder.as_ref())?,
            remote: optional("remote", matcher.remote.as_ref())?,
            environment: matcher
                .environment
                .iter()
                .map(|(name, pattern)| Ok((name.clone(), expression("environment", pattern)?)))
                .collect::<Result<_, String>>()?,
            any: all(&matcher.any)?,
            none: all(&matcher.none)?,
            conditions: matcher
                .loses_condition
                .iter()
                .map(|pattern| expression("loses_condition", pattern))
                .collect::<Result<_, _>>()?,
            switch: match &matcher.switches {
                Some(switch) => {
                    Some((expression("switches.old", &switch.old)?, expression("switches.new", &switch.new)?))
                }
                None => None,
            },
            matcher: matcher.clone(),
        })
    }

    /// Everything but the keys that speak of both sides; one entry for each alternative that holds.
    fn concerns(&self, command: &Command) -> Vec<Concern> {
        if !self.holds(command) {
            return Vec::new();
        }
        let own = Concern {
            key: self.key(command),
            target: self.target(command),
            flag: self.matcher.flags.iter().find_map(|flag| flag_of(command, flag)).unwrap_or_default(),
        };
        if self.any.is_empty() {
            return vec![own];
        }
        let mut found = Vec::new();
        for (index, alternative) in self.any.iter().enumerate() {
            for inner in alternative.concerns(command) {
                found.push(Concern {
                    key: format!("{index} {} {}", own.key, inner.key),
                    target: if inner.target.is_empty() { own.target.clone() } else { inner.target },
                    flag: if inner.flag.is_empty() { own.flag.clone() } else { inner.flag },
                });
            }
        }
        found
    }

    /// By the program alone: most rules speak of a few of them, and a script is made of many others.
    fn may_concern(&self, command: &Command) -> bool {
        self.programs
            .as_ref()
            .is_none_or(|programs| programs.binary_search_by(|one| one.as_str().cmp(&command.program)).is_ok())
    }

    pub(super) fn is_met(&self, command: &Command) -> bool {
        self.holds(command)
            && (self.any.is_empty() || self.any.iter().any(|alternative| alternative.is_met(command)))
    }

    /// Every key of this level.
    fn holds(&self, command: &Command) -> bool {
        let matcher = &self.matcher;
        let any_program = |names: &[String], program: &str| {
            let family = if names.is_empty() { program } else { family_of(program) };
            names.iter().any(|name| name == program || name == family)
        };
        let piped = |names: &[String], programs: &[String]| {
            names.is_empty() || programs.iter().any(|program| any_program(names, program))
        };
        let one_of = |tests: &[Operand], word: &Word| tests.iter().any(|test| test.holds(word));
        let folder = command.guards.iter().find_map(|guard| match guard {
            Guarding::ChangedFolder(folder) | Guarding::UnsureFolder(folder) => Some(folder.as_str()),
            _ => None,
        });
        (matcher.program.is_empty() || any_program(&matcher.program, &command.program))
            && !any_program(&matcher.not_program, &command.program)
            && self.program_pattern.as_ref().is_none_or(|expression| expression.is_match(&command.program))
            && (matcher.subcommand.is_empty()
                || matcher.subcommand.iter().any(|wanted| starts_with(&command.subcommands, wanted)))
            && matcher.flags.iter().all(|flag| has_flag(command, flag))
            && !matcher.no_flags.iter().any(|flag| has_flag(command, flag))
            && (self.operands.is_empty() || command.operands.iter().any(|word| one_of(&self.operands, word)))
            && !command.operands.iter().any(|word| one_of(&self.no_operands, word))
            && (self.values.is_empty()
                || command
                    .flags
                    .iter()
                    .filter_map(|flag| flag.value.as_ref())
                    .any(|word| one_of(&self.values, word)))
            && (self.writes.is_empty() || command.writes.iter().any(|word| one_of(&self.writes, word)))
            && self.text.as_ref().is_none_or(|expression| expression.is_match(&command.text))
            && !self.not_text.as_ref().is_some_and(|expression| expression.is_match(&command.text))
            && self
                .folder
                .as_ref()
                .is_none_or(|expression| folder.is_some_and(|folder| expression.is_match(folder)))
            && !self
                .not_folder
                .as_ref()
                .is_some_and(|wrong| folder.is_some_and(|folder| wrong.is_match(folder)))
            && self
                .remote
                .as_ref()
                .is_none_or(|expression| command.remote.as_ref().is_some_and(|host| expression.is_match(host)))
            && self.environment.iter().all(|(name, expression)| {
                command.environment.iter().any(|(is, word)| is == name && expression.is_match(&word.resolved()))
            })
            && (matcher.wrappers.is_empty() || command.wrappers.iter().any(|is| matcher.wrappers.contains(is)))
            && !command.wrappers.iter().any(|is| matcher.no_wrappers.contains(is))
            && piped(&matcher.piped_from, &command.piped_from)
            && piped(&matcher.piped_to, &command.piped_to)
            && matcher.status_ignored.is_none_or(|wanted| (command.status == StatusHandling::Ignored) == wanted)
            && matcher.guarded.is_none_or(|wanted| is_guarded(command) == wanted)
            && matcher.guards.iter().all(|name| has_guard(command, *name))
            && !matcher.no_guards.iter().any(|name| has_guard(command, *name))
            && (matcher.does.is_empty() || matcher.does.iter().any(|name| dangers::holds(name, command)))
            && !self.none.iter().any(|alternative| alternative.is_met(command))
    }

    fn tested<'c>(&'c self, command: &'c Command) -> impl Iterator<Item = &'c Word> {
        let one_of = |tests: &[Operand], word: &Word| tests.iter().any(|test| test.holds(word));
        let operands = command.operands.iter().filter(move |word| one_of(&self.operands, word));
        operands.chain(command.writes.iter().filter(move |word| one_of(&self.writes, word)))
    }

    /// The operands that a test recognised, the names of variables left out.
    fn key(&self, command: &Command) -> String {
        self.tested(command).map(shape).collect::<Vec<_>>().join("\u{1f}")
    }

    fn target(&self, command: &Command) -> String {
        let tested = self.tested(command).next();
        tested.or_else(|| command.operands.last()).map(Word::display).unwrap_or_default()
    }

    /// Whether the matcher needs both sides.
    fn is_two_sided(&self) -> bool {
        let matcher = &self.matcher;
        !(matcher.gains.is_empty()
            && matcher.loses.is_empty()
            && matcher.loses_guard.is_empty()
            && matcher.loses_condition.is_empty()
            && matcher.switches.is_none())
            || self.any.iter().any(Self::is_two_sided)
    }

    /// What the matcher recognises in a pair, and what changed in it.
    fn turn(&self, before: Option<&Command>, after: &Command) -> Option<(Concern, (String, String))> {
        if !self.holds(after) {
            return None;
        }
        let own = Concern { key: self.key(after), target: self.target(after), flag: String::new() };
        let change = self.change(before, after)?;
        if self.any.is_empty() {
            return Some((own, change));
        }
        let (inner, inner_change) = self.any.iter().find_map(|alternative| alternative.turn(before, after))?;
        let target = if inner.target.is_empty() { own.target } else { inner.target };
        let change = if inner_change == Default::default() { change } else { inner_change };
        Some((Concern { target, ..inner }, change))
    }

    /// What changed between two sides, for every key that asks: the flag, guard or value on either side.
    fn change(&self, before: Option<&Command>, after: &Command) -> Option<(String, String)> {
        let matcher = &self.matcher;
        let mut found = (String::new(), String::new());
        if !matcher.gains.is_empty() {
            found.1 = matcher.gains.iter().find_map(|flag| {
                flag_of(after, flag).filter(|_| !before.is_some_and(|before| has_flag(before, flag)))
            })?;
        }
        if matcher.loses.is_empty()
            && matcher.loses_guard.is_empty()
            && self.conditions.is_empty()
            && self.switch.is_none()
        {
            return Some(found);
        }
        let before = before?;
        if !matcher.loses.is_empty() {
            found.0 = matcher
                .loses
                .iter()
                .find_map(|flag| flag_of(before, flag).filter(|_| !has_flag(after, flag)))?;
        }
        if !matcher.loses_guard.is_empty() {
            found.0 = matcher.loses_guard.iter().find_map(|name| lost_guard(*name, before, after))?;
        }
        if !self.conditions.is_empty() {
            found = self.weakened(before, after)?;
        }
        if let Some((old, new)) = &self.switch {
            found = self.switched(before, after, old, new)?;
        }
        Some(found)
    }

    /// The best condition before and after, if the one after ranks lower.
    fn weakened(&self, before: &Command, after: &Command) -> Option<(String, String)> {
        let best = |command: &Command| -> Option<(usize, String)> {
            self.conditions.iter().enumerate().find_map(|(rank, expression)| {
                command.guards.iter().find_map(|guard| match guard {
                    Guarding::Condition(text) if expression.is_match(text) => Some((rank, text.clone())),
                    _ => None,
                })
            })
        };
        let (old_rank, old) = best(before)?;
        match best(after) {
            Some((new_rank, _)) if new_rank <= old_rank => None,
            Some((_, new)) => Some((old, new)),
            None => Some((old, "nothing".to_owned())),
        }
    }

    fn switched(
        &self,
        before: &Command,
        after: &Command,
        old: &Expression,
        new: &Expression,
    ) -> Option<(String, String)> {
        let switch = self.matcher.switches.as_ref()?;
        let values = |command: &Command| -> Vec<(String, String)> {
            let flags = command
                .flags
                .iter()
                .filter(|flag| switch.flags.contains(&flag.name))
                .filter_map(|flag| Some((flag.name.clone(), flag.value.as_ref()?.resolved())));
            let environment = command
                .environment
                .iter()
                .filter(|(name, _)| switch.environment.contains(name))
                .map(|(name, word)| (name.clone(), word.resolved()));
            let operands = command.operands.iter().filter(|_| switch.operands);
            let operands = operands.enumerate().map(|(index, word)| (index.to_string(), word.resolved()));
            let remote =
                command.remote.iter().filter(|_| switch.remote).map(|host| ("remote".to_owned(), host.clone()));
            flags.chain(environment).chain(operands).chain(remote).collect()
        };
        let (before, after) = (values(before), values(after));
        after.iter().find_map(|(name, value)| {
            let (_, was) = before.iter().find(|(is, _)| is == name)?;
            (was != value && old.is_match(was) && !new.is_match(was) && new.is_match(value))
                .then(|| (was.clone(), value.clone()))
        })
    }

    fn hit(&self, fact: &Fact, command: &Command, concern: &Concern, change: (&str, &str)) -> Hit {
        let program = std::iter::once(command.program.as_str())
            .chain(command.subcommands.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ");
        let flag =
            [change.1, change.0, &concern.flag].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
        let captures = Captures::from([
            ("command".to_owned(), shorten(&command.text)),
            ("program".to_owned(), program),
            ("operand".to_owned(), shorten(&concern.target)),
            ("target".to_owned(), shorten(&concern.target)),
            ("flag".to_owned(), shorten(flag)),
            ("old".to_owned(), shorten(change.0)),
            ("new".to_owned(), shorten(change.1)),
            ("piped_from".to_owned(), command.piped_from.join(" | ")),
        ]);
        Hit { key: concern.key.clone(), captures, ..Hit::at(fact) }
    }
}

impl Question for Commands {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        match &fact.body {
            Body::Command(command) if !self.is_two_sided() && self.may_concern(command) => self
                .concerns(command)
                .iter()
                .map(|concern| self.hit(fact, command, concern, ("", "")))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn turns(&self, old: Option<&Fact>, new: Option<&Fact>) -> Option<Vec<Turn>> {
        if !self.is_two_sided() {
            return None;
        }
        let (Some(new), Some(after)) = (new, new.and_then(command)) else { return Some(Vec::new()) };
        if !self.may_concern(after) {
            return Some(Vec::new());
        }
        let before = old.and_then(command);
        let Some((concern, change)) = self.turn(before, after) else { return Some(Vec::new()) };
        let change = (change.0.as_str(), change.1.as_str());
        Some(vec![Turn {
            old: old.zip(before).map(|(fact, before)| self.hit(fact, before, &concern, change)),
            new: Some(self.hit(new, after, &concern, change)),
        }])
    }
}

/// Every program that satisfies `program` of a matcher or of one of its alternatives.
fn programs(matcher: &CommandMatcher) -> Option<Vec<String>> {
    let mut all = Vec::new();
    if !matcher.program.is_empty() {
        all.extend(matcher.program.iter().flat_map(|name| members(name)).map(str::to_owned));
    } else {
        if matcher.any.is_empty() {
            return None;
        }
        for alternative in &matcher.any {
            all.extend(programs(alternative)?);
        }
    }
    all.sort_unstable();
    Some(all)
}

fn command(fact: &Fact) -> Option<&Command> {
    match &fact.body {
        Body::Command(command) => Some(command),
        _ => None,
    }
}

/// A word with its known values, the names of its variables left out: a renamed variable is the same risk.
fn shape(word: &Word) -> String {
    word.parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.as_str(),
            Part::Expansion { guard: Expansion::Known(value) | Expansion::Default(value), .. }
                if !value.starts_with('$') =>
            {
                value.as_str()
            }
            Part::Expansion { .. } => "${}",
        })
        .collect()
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
                    && value.is_none_or(|value| {
                        flag.value.as_ref().is_some_and(|word| word.resolved().eq_ignore_ascii_case(value))
                    })
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
    [GuardName::Checked, GuardName::Confirmed, GuardName::Condition]
        .iter()
        .any(|name| has_guard(command, *name))
}

fn has_guard(command: &Command, name: GuardName) -> bool {
    command.guards.iter().any(|guard| match name {
        GuardName::ErrorExit => *guard == Guarding::ErrorExit,
        GuardName::NoUnset => *guard == Guarding::NoUnset,
        GuardName::Checked => matches!(guard, Guarding::Checked(_)),
        GuardName::Confirmed => *guard == Guarding::Confirmed,
        GuardName::Condition => matches!(guard, Guarding::Condition(_)),
        GuardName::Folder => matches!(guard, Guarding::ChangedFolder(_)),
        GuardName::UnsureFolder => matches!(guard, Guarding::UnsureFolder(_)),
    })
}

/// The guard that a command had and has no more.
fn lost_guard(name: GuardName, before: &Command, after: &Command) -> Option<String> {
    if name != GuardName::Checked {
        let text = match name {
            GuardName::ErrorExit => "set -e",
            GuardName::NoUnset => "set -u",
            GuardName::Confirmed => "the confirmation",
            GuardName::Folder | GuardName::UnsureFolder => "the check of the folder",
            GuardName::Condition | GuardName::Checked => "the condition",
        };
        return (has_guard(before, name) && !has_guard(after, name)).then(|| text.to_owned());
    }
    let open: Vec<&str> = words(after)
        .flat_map(|word| &word.parts)
        .filter_map(|part| match part {
            Part::Expansion { name, guard: Expansion::Bare } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    words(before).flat_map(|word| &word.parts).find_map(|part| match part {
        Part::Expansion { name, guard } if *guard != Expansion::Bare && open.contains(&name.as_str()) => {
            Some(format!("the check of ${name}"))
        }
        _ => None,
    })
}

fn words(command: &Command) -> impl Iterator<Item = &Word> {
    command.operands.iter().chain(command.flags.iter().filter_map(|flag| flag.value.as_ref()))
}
