//! The definitions of both sides, each with its guards, and which old one became which new one.

use super::key::dice;
use std::collections::HashMap;

use crate::facts::{Body, Definition, DefinitionKind, Fact, Guard};

/// Definitions that share this part of their tokens are one under two names.
const LIKENESS_OF_RENAMED: f64 = 0.6;
/// The same under one name in another scope or file.
const LIKENESS_OF_NAMESAKES: f64 = 0.3;
/// Definitions with fewer tokens have no likeness of their own.
const FEWEST_TOKENS: usize = 8;
/// Above this many unmatched definitions on both sides likeness is not computed.
const MOST_COMPARED: usize = 200;

/// A definition with its guards.
pub(super) struct Holder {
    pub fact: Fact,
    pub definition: Definition,
    /// Scope and name, outermost first.
    pub path: Vec<String>,
    pub guards: Vec<(Fact, Guard)>,
}

impl Holder {
    pub fn file(&self) -> usize {
        self.fact.locus.file
    }

    /// Whether this definition stands inside another one of the same file.
    pub fn is_in(&self, outer: &Self) -> bool {
        self.file() == outer.file()
            && self.path.len() > outer.path.len()
            && self.path.starts_with(&outer.path)
            && self.fact.locus.span.start >= outer.fact.locus.span.start
            && self.fact.locus.span.end <= outer.fact.locus.span.end
    }
}

/// Splits facts into holders and the rest.
pub(super) fn holders(facts: Vec<Fact>) -> (Vec<Holder>, Vec<Fact>) {
    let mut holders: Vec<Holder> = Vec::new();
    let mut rest = Vec::new();
    for fact in facts {
        match &fact.body {
            Body::Definition(definition) => {
                let definition = definition.clone();
                let mut path = fact.locus.scope.clone();
                if !definition.name.is_empty() {
                    path.push(definition.name.clone());
                }
                holders.push(Holder { fact, definition, path, guards: Vec::new() });
            }
            // The lens lists a definition before its guards.
            Body::Guard(guard) => {
                if let Some(holder) = holders.last_mut() {
                    let guard = guard.clone();
                    holder.guards.push((fact, guard));
                }
            }
            _ => rest.push(fact),
        }
    }
    (holders, rest)
}

/// For each old definition the new one that it became.
pub(super) fn match_definitions(old: &[Holder], new: &[Holder]) -> Vec<Option<usize>> {
    let mut matching = Matching { old, new, heirs: vec![None; old.len()], taken: vec![false; new.len()] };
    matching.by_key(|holder| (Some(holder.file()), holder.path.clone()), 0.0);
    matching.by_key(|holder| (None, holder.path.clone()), 0.0);
    matching
        .by_key(|holder| (Some(holder.file()), vec![holder.definition.name.clone()]), LIKENESS_OF_NAMESAKES);
    matching.by_key(|holder| (None, vec![holder.definition.name.clone()]), LIKENESS_OF_NAMESAKES);
    matching.by_likeness();
    matching.heirs
}

struct Matching<'a> {
    old: &'a [Holder],
    new: &'a [Holder],
    heirs: Vec<Option<usize>>,
    taken: Vec<bool>,
}

type Name = (Option<usize>, Vec<String>);

impl Matching<'_> {
    fn by_key(&mut self, key: impl Fn(&Holder) -> Name, least: f64) {
        let mut waiting: HashMap<(Name, DefinitionKind), Vec<usize>> = HashMap::new();
        for (index, holder) in self.new.iter().enumerate().filter(|(index, _)| !self.taken[*index]) {
            waiting.entry((key(holder), holder.definition.kind)).or_default().push(index);
        }
        for index in 0..self.old.len() {
            let holder = &self.old[index];
            let whole_file = holder.definition.kind == DefinitionKind::Module;
            let name = key(holder);
            if self.heirs[index].is_some() || (whole_file && name.0.is_none()) || (whole_file && least > 0.0) {
                continue;
            }
            let Some(candidates) = waiting.get_mut(&(name, holder.definition.kind)) else { continue };
            let best = candidates
                .iter()
                .enumerate()
                .map(|(at, new)| (at, *new, likeness(&holder.definition, &self.new[*new].definition)))
                .filter(|(_, new, likeness)| {
                    self.new[*new].definition.language == holder.definition.language && *likeness >= least
                })
                .max_by(|one, other| one.2.total_cmp(&other.2).then(other.0.cmp(&one.0)));
            if let Some((at, new, _)) = best {
                candidates.remove(at);
                self.heirs[index] = Some(new);
                self.taken[new] = true;
            }
        }
    }

    fn by_likeness(&mut self) {
        let free = |holder: &Holder| {
            holder.definition.kind != DefinitionKind::Module && holder.definition.tokens.len() >= FEWEST_TOKENS
        };
        let old: Vec<usize> = (0..self.old.len())
            .filter(|index| self.heirs[*index].is_none() && free(&self.old[*index]))
            .collect();
        let new: Vec<usize> =
            (0..self.new.len()).filter(|index| !self.taken[*index] && free(&self.new[*index])).collect();
        if old.len() > MOST_COMPARED || new.len() > MOST_COMPARED {
            return;
        }
        let mut pairs = Vec::new();
        for &before in &old {
            for &after in &new {
                let (one, other) = (&self.old[before], &self.new[after]);
                if one.definition.kind != other.definition.kind
                    || one.definition.language != other.definition.language
                {
                    continue;
                }
                let (few, many) = (one.definition.tokens.len(), other.definition.tokens.len());
                let most = 2.0 * few.min(many) as f64 / (few + many) as f64;
                if most < LIKENESS_OF_RENAMED {
                    continue;
                }
                let likeness = likeness(&one.definition, &other.definition);
                if likeness >= LIKENESS_OF_RENAMED {
                    let elsewhere = one.file() != other.file();
                    pairs.push((-(likeness * 1e6) as i64, elsewhere, before, after));
                }
            }
        }
        pairs.sort_unstable();
        for (_, _, before, after) in pairs {
            if self.heirs[before].is_none() && !self.taken[after] {
                self.heirs[before] = Some(after);
                self.taken[after] = true;
            }
        }
    }
}

/// Share of the tokens of a definition that stood in its forerunner already, 0 to 1; 1 where there are none. What was
/// only shortened keeps 1.
pub(super) fn kept(old: &Definition, new: &Definition) -> f64 {
    let (mut shared, mut at) = (0usize, 0usize);
    for token in &new.tokens {
        while old.tokens.get(at).is_some_and(|before| before < token) {
            at += 1;
        }
        if old.tokens.get(at) == Some(token) {
            shared += 1;
            at += 1;
        }
    }
    if new.tokens.is_empty() { 1.0 } else { shared as f64 / new.tokens.len() as f64 }
}

/// Share of tokens that two definitions have in common, 0 to 1.
pub(super) fn likeness(one: &Definition, other: &Definition) -> f64 {
    dice(&one.tokens, &other.tokens)
}
