//! Asks every rule about every delta and words the answers as findings.

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

use super::draft::{Draft, OldPlace, Place};
use super::finding::{Finding, Kind, Subject};
use super::matchers::{Captures, Hit, Turn};
use super::model::{Rule, When};
use super::set::{Entry, RuleSet};
use crate::change::{Change, LineMap};
use crate::delta::{Anchor, Delta};
use crate::facts::{Body, Fact, Word, element_of, without_numbers};
use crate::source::{Language, Locus};

/// What rules need to know besides the delta.
pub struct Surroundings<'a> {
    pub change: &'a Change,
    /// One entry for each file of the change.
    pub maps: &'a [Option<LineMap>],
    /// Every line that the change introduces anywhere, for `relocated`.
    pub introduced_lines: &'a [String],
}

/// Findings, and one sentence for each safeguard that only moved.
#[derive(Default)]
pub struct Answers {
    pub findings: Vec<Finding>,
    pub moved: Vec<String>,
}

/// Applies the declarative rules. A rule that does not compile is skipped here: loading already reported it.
pub fn apply(rules: &RuleSet, deltas: &[Delta], surroundings: &Surroundings<'_>) -> Answers {
    let mut answers = Answers::default();
    // Rules by the kind of fact and the file, each looked for once: a script holds thousands of commands.
    let mut shelves: HashMap<(Discriminant<Body>, &str), Vec<&Entry>> = HashMap::new();
    for delta in deltas {
        let Some(fact) = delta.new_fact().or(delta.old()) else { continue };
        let path = &*fact.locus.path;
        let shelf = shelves.entry((discriminant(&fact.body), path)).or_insert_with(|| {
            let about = rules.iter().filter(|entry| is_about(&entry.rule, &fact.body));
            about.filter(|entry| entry.admits_path(path)).collect()
        });
        for entry in shelf.iter().filter(|entry| speaks_of(&entry.rule, fact)) {
            // A syntax pattern is only tried on the languages of its rule.
            let any_language = entry.rule.languages.is_empty() || matches!(fact.body, Body::Syntax(_));
            // Names in program code are a rule's matter only if it says so.
            let meant = !is_slot(fact) || !entry.rule.languages.is_empty();
            let spoken = any_language || entry.admits_language(language(fact));
            if !spoken || !meant {
                continue;
            }
            ask(entry, delta, surroundings, &mut answers);
        }
    }
    answers
}

/// A syntax pattern and a line pattern speak of what they found themselves.
fn speaks_of(rule: &Rule, fact: &Fact) -> bool {
    match &fact.body {
        Body::Syntax(found) | Body::Text(found) => rule.id == found.rule,
        _ => true,
    }
}

fn is_about(rule: &Rule, body: &Body) -> bool {
    match body {
        Body::Resource(_) => rule.resource.is_some(),
        Body::Setting(_) => rule.setting.is_some(),
        Body::Command(_) => rule.command.is_some(),
        Body::Statement(_) => rule.statement.is_some(),
        Body::Call(_) => rule.call.is_some(),
        Body::Guard(_) => rule.guard.is_some(),
        Body::Definition(_) => false,
        Body::Dependency(_) => rule.dependency.is_some(),
        Body::Syntax(_) => rule.syntax.is_some(),
        Body::Text(_) => rule.text.is_some(),
        Body::File(_) => rule.file.is_some(),
        // Checks look at tests.
        Body::Test(_) => false,
    }
}

/// A value that program code gives to a name.
fn is_slot(fact: &Fact) -> bool {
    matches!(&fact.body, Body::Setting(setting) if setting.language.is_program())
}

fn language(fact: &Fact) -> Option<Language> {
    match &fact.body {
        Body::Call(call) => Some(call.language),
        Body::Guard(guard) => Some(guard.language),
        Body::Definition(definition) => Some(definition.language),
        Body::Setting(setting) => Some(setting.language),
        Body::Command(_) => Some(Language::Bash),
        Body::Statement(_) => Some(Language::Sql),
        Body::Syntax(_) => None,
        Body::Resource(_) | Body::Dependency(_) | Body::Text(_) | Body::Test(_) | Body::File(_) => {
            Some(Language::of(&fact.locus.path, b""))
        }
    }
}

fn ask(entry: &Entry, delta: &Delta, surroundings: &Surroundings<'_>, answers: &mut Answers) {
    let Ok(compiled) = entry.compiled() else { return };
    let Some(question) = &compiled.question else { return };
    let rule = &entry.rule;
    if let Delta::Moved { old, new } = delta {
        if rule.is_safeguard() && !question.hits(old).is_empty() {
            answers.moved.push(format!(
                "{}: only moved, from {}:{} to {}:{}",
                rule.title, old.locus.path, old.locus.start.line, new.locus.path, new.locus.start.line
            ));
        }
        return;
    }
    let (old, new) = (delta.old(), delta.new_fact());
    if let Some(turns) = question.turns(old, new) {
        for turn in turns {
            if let Some(kind) = kind_of_turn(rule, delta, &turn) {
                if turn.old.is_some() && is_relocated(&compiled.relocated, surroundings) {
                    answers.moved.push(format!("{}: the change brings it back elsewhere", rule.title));
                    continue;
                }
                answers.findings.push(word(entry, kind, delta, turn, surroundings));
            }
        }
        return;
    }
    let old_hits = old.map(|fact| question.hits(fact)).unwrap_or_default();
    let new_hits = new.map(|fact| question.hits(fact)).unwrap_or_default();
    let has = |when: When| rule.when.contains(&when);
    let safeguard = rule.is_safeguard();
    let turns: Vec<(Kind, Turn)> = match delta {
        Delta::Introduced { new } if has(When::Introduced) && !comes_with_manifest(new, surroundings) => {
            new_hits.into_iter().map(|hit| (Kind::Introduced, Turn { old: None, new: Some(hit) })).collect()
        }
        Delta::Removed { holder_survives, old, .. } if has(When::Removed) => {
            let whole = speaks_of_whole(rule, old);
            let part_of_resource = matches!(old.body, Body::Resource(_)) && !whole;
            let hits = if whole || (*holder_survives && !part_of_resource) { old_hits } else { Vec::new() };
            hits.into_iter().map(|hit| (Kind::Removed, Turn { old: Some(hit), new: None })).collect()
        }
        // What is still there as a whole was not removed; an attribute rule says what it lost.
        Delta::Changed { old, .. } if safeguard && is_whole_resource(rule, old) => Vec::new(),
        Delta::Changed { .. } if safeguard => unmatched(old_hits, &new_hits)
            .filter(|hit| holder_stands(hit, new))
            .map(|hit| {
                let kind = if has(When::Changed) && hit.exact && stands_again(&hit, new) {
                    Kind::Changed
                } else {
                    Kind::Removed
                };
                (kind, Turn { old: Some(hit), new: None })
            })
            .collect(),
        Delta::Changed { .. } => {
            let kind = if has(When::Changed) { Kind::Changed } else { Kind::Introduced };
            unmatched(new_hits, &old_hits).map(|hit| (kind, Turn { old: None, new: Some(hit) })).collect()
        }
        _ => Vec::new(),
    };
    for (kind, turn) in turns {
        if kind == Kind::Removed && is_relocated(&compiled.relocated, surroundings) {
            answers.moved.push(format!("{}: the change brings it back elsewhere", rule.title));
            continue;
        }
        answers.findings.push(word(entry, kind, delta, turn, surroundings));
    }
}

fn is_whole_resource(rule: &Rule, fact: &Fact) -> bool {
    matches!(fact.body, Body::Resource(_)) && speaks_of_whole(rule, fact)
}

/// A fact that is a thing of its own when it goes, not a part of one: an attribute goes with its resource.
fn speaks_of_whole(rule: &Rule, fact: &Fact) -> bool {
    match &fact.body {
        Body::Resource(_) => rule
            .resource
            .as_ref()
            .is_some_and(|matcher| matcher.attribute.is_empty() && matcher.block.is_none()),
        Body::File(_) => true,
        _ => false,
    }
}

/// What held a lost safeguard within its resource (a container, a list entry) is still there.
fn holder_stands(hit: &Hit, new: Option<&Fact>) -> bool {
    match new.map(|fact| &fact.body) {
        Some(Body::Resource(resource)) => {
            element_of(&hit.key).is_none_or(|holder| resource.blocks.contains(holder))
        }
        _ => true,
    }
}

/// A dependency in a manifest that is new as a whole: the project is what is new.
fn comes_with_manifest(fact: &Fact, surroundings: &Surroundings<'_>) -> bool {
    matches!(fact.body, Body::Dependency(_))
        && surroundings.change.files.get(fact.locus.file).is_some_and(|file| file.old.is_none())
}

/// Hits whose key does not occur on the other side. Elements without a name count by number, for their keys shift.
fn unmatched(hits: Vec<Hit>, others: &[Hit]) -> impl Iterator<Item = Hit> {
    let keys: Vec<String> = others.iter().map(|hit| hit.key.clone()).collect();
    let own: Vec<String> = hits.iter().map(|hit| hit.key.clone()).collect();
    let mut shifted: Vec<String> =
        keys.iter().filter(|key| !own.contains(key)).filter_map(|key| without_numbers(key)).collect();
    hits.into_iter().filter(move |hit| !keys.contains(&hit.key)).filter(move |hit| {
        let at = without_numbers(&hit.key).and_then(|key| shifted.iter().position(|other| *other == key));
        at.map(|at| shifted.swap_remove(at)).is_none()
    })
}

/// The attribute that an old hit named is still there, with another value.
fn stands_again(hit: &Hit, new: Option<&Fact>) -> bool {
    match new.map(|fact| &fact.body) {
        Some(Body::Resource(resource)) => resource.attribute(&hit.key).is_some(),
        Some(_) => true,
        None => false,
    }
}

fn is_relocated(expressions: &[super::condition::Expression], surroundings: &Surroundings<'_>) -> bool {
    expressions
        .iter()
        .any(|expression| surroundings.introduced_lines.iter().any(|line| expression.is_match(line)))
}

/// The kind of a two-sided turn, if the rule speaks of that kind.
fn kind_of_turn(rule: &Rule, delta: &Delta, turn: &Turn) -> Option<Kind> {
    let has = |when: When| rule.when.contains(&when);
    match delta {
        Delta::Introduced { .. } => has(When::Introduced).then_some(Kind::Introduced),
        Delta::Removed { holder_survives, .. } => {
            (has(When::Removed) && *holder_survives).then_some(Kind::Removed)
        }
        Delta::Changed { .. } => {
            let gone = turn.new.as_ref().is_none_or(|hit| !hit.exact);
            if gone && has(When::Removed) {
                Some(Kind::Removed)
            } else if has(When::Changed) {
                Some(Kind::Changed)
            } else if has(When::Introduced) {
                Some(Kind::Introduced)
            } else {
                Some(Kind::Removed)
            }
        }
        Delta::Moved { .. } => None,
    }
}

fn word(entry: &Entry, kind: Kind, delta: &Delta, turn: Turn, surroundings: &Surroundings<'_>) -> Finding {
    let speaking = turn.new.as_ref().or(turn.old.as_ref());
    let mut captures: Captures = speaking.map(|hit| hit.captures.clone()).unwrap_or_default();
    if let Some(old) = turn.old.as_ref() {
        for (name, value) in &old.captures {
            captures.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    fill_values(&mut captures, delta, &turn);
    let old_locus = turn.old.as_ref().filter(|hit| hit.exact).map(|hit| &hit.locus).or_else(|| match delta {
        Delta::Changed { old, .. } => Some(counterpart(old, &turn)),
        _ => None,
    });
    let new_locus = turn.new.as_ref().filter(|hit| hit.exact).map(|hit| &hit.locus);
    let content = speaking.map_or_else(String::new, |hit| {
        let text = hit.captures.get("text").or(hit.captures.get("command"));
        format!("{} {}", hit.key, text.cloned().unwrap_or_default())
    });
    Draft {
        old: old_locus.map(OldPlace::at),
        subject: delta.new_fact().or(delta.old()).map(subject_of),
        doubt: speaking.map_or(0, |hit| hit.doubt),
        severity: speaking.and_then(|hit| hit.severity).map(|severity| severity.min(entry.rule.severity)),
        evidence: speaking.map(|hit| hit.evidence.clone()).unwrap_or_default(),
        hints: delta.new_fact().or(delta.old()).map(hints).unwrap_or_default(),
        captures,
        content,
        ..Draft::new(kind, placement(delta, old_locus, new_locus, surroundings))
    }
    .finish(&entry.rule)
}

/// Where the old side of a changed fact is best shown: the attribute that turned, or the fact.
fn counterpart<'a>(fact: &'a Fact, turn: &Turn) -> &'a Locus {
    let key = turn.new.as_ref().or(turn.old.as_ref()).map(|hit| hit.key.as_str()).unwrap_or_default();
    match &fact.body {
        Body::Resource(resource) => resource.attribute(key).map_or(&fact.locus, |attribute| &attribute.locus),
        _ => &fact.locus,
    }
}

/// A one-sided matcher knows one value; the other side's comes from the other fact.
fn fill_values(captures: &mut Captures, delta: &Delta, turn: &Turn) {
    let key = turn.new.as_ref().or(turn.old.as_ref()).map(|hit| hit.key.clone()).unwrap_or_default();
    let value = |fact: Option<&Fact>| {
        match fact.map(|fact| &fact.body) {
            Some(Body::Resource(resource)) => {
                resource.attribute(&key).map(|attribute| attribute.value.display())
            }
            Some(Body::Setting(setting)) => Some(setting.value.display()),
            _ => None,
        }
        .unwrap_or_else(|| "absent".to_owned())
    };
    if captures.contains_key("attribute") && !(turn.old.is_some() && turn.new.is_some()) {
        captures.insert("old".to_owned(), value(delta.old()));
        captures.insert("new".to_owned(), value(delta.new_fact()));
    }
}

/// Where a finding stands on the new side.
fn placement(
    delta: &Delta,
    old: Option<&Locus>,
    new: Option<&Locus>,
    surroundings: &Surroundings<'_>,
) -> Place {
    if let Some(locus) = new {
        return Place::at(locus);
    }
    match delta {
        Delta::Removed { old, anchor: Some(Anchor { path, position }), .. } => {
            Place::line(old.locus.file, path, position.line)
        }
        Delta::Removed { old, anchor: None, .. } => Place::nowhere(old.locus.file, &old.locus.path),
        Delta::Introduced { new } => Place::at(&new.locus),
        Delta::Moved { new, .. } => Place::at(&new.locus),
        // Both sides are there, but the thing itself is gone from the new one: where its lines collapsed.
        Delta::Changed { new: survivor, .. } => {
            let survivor = &survivor.locus;
            let map = surroundings.maps.get(survivor.file).and_then(Option::as_ref);
            match (old.filter(|old| old.file == survivor.file), map) {
                (Some(old), Some(map)) => {
                    let line = map.collapse(old.start.line).clamp(survivor.start.line, survivor.end.line);
                    Place::line(survivor.file, &survivor.path, line)
                }
                _ => Place::start_of(survivor),
            }
        }
    }
}

/// Words of a command that can name an environment.
fn hints(fact: &Fact) -> Vec<String> {
    let Body::Command(command) = &fact.body else { return Vec::new() };
    let values = command.flags.iter().filter_map(|flag| flag.value.as_ref());
    let environment = command.environment.iter().map(|(_, word)| word);
    let words = command.operands.iter().chain(values).chain(environment).map(Word::display);
    command.remote.iter().cloned().chain(words).collect()
}

/// The thing that a fact is about.
pub fn subject_of(fact: &Fact) -> Subject {
    let scope = fact.locus.scope.join(".");
    match &fact.body {
        Body::Resource(resource) => Subject { home: resource.module.clone(), name: resource.address.clone() },
        Body::Setting(setting) => Subject {
            home: fact.locus.path.to_string(),
            name: setting.path.rsplit_once('.').map_or(setting.path.clone(), |(parent, _)| parent.to_owned()),
        },
        Body::Statement(statement) => Subject {
            home: fact.locus.path.to_string(),
            name: format!("{} {}", statement.object.to_ascii_lowercase(), statement.name),
        },
        _ => Subject { home: fact.locus.path.to_string(), name: scope },
    }
}
