//! What became of the guards of program code: kept, edited, weakened, moved or removed.
//!
//! A guard counts as removed only if what it protected survives without it. Before that is said, its place is
//! looked for: in the same definition in another form, on the class, in a helper that is called before (one level),
//! in a caller, in middleware that is registered.

use std::collections::{BTreeSet, HashMap};

use super::kinship::{belongs_to_its_code, covers, is_same, kinship, replaces, shares_subject};
use super::model::{Anchor, Delta};
use super::program::{Holder, kept, likeness, match_definitions};
use super::weakness::weakness;
use crate::change::LineMap;
use crate::facts::{Body, DefinitionKind, Fact, Flaw, Form, Guard, GuardKind, is_destructive};
use crate::source::{Language, Position};

/// A definition of whose tokens less than this share stood there before was written anew.
const REWRITTEN_BELOW: f64 = 0.5;

/// Deltas of definitions and guards.
pub(super) fn pair_guards(old: &[Holder], new: &[Holder], maps: &[Option<LineMap>]) -> Vec<Delta> {
    let heirs = match_definitions(old, new);
    let mut names: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, holder) in new.iter().enumerate() {
        names.entry(holder.definition.name.rsplit('.').next().unwrap_or_default()).or_default().push(index);
    }
    let mut predecessors = vec![None; new.len()];
    for (before, after) in heirs.iter().enumerate() {
        if let Some(after) = after {
            predecessors[*after] = Some(before);
        }
    }
    let pairing = Pairing { old, new, maps, names, predecessors };
    let mut deltas = Vec::new();
    for (before, heir) in heirs.iter().enumerate() {
        match heir {
            Some(after) => {
                pairing.definition(before, *after, &mut deltas);
                pairing.guards(before, *after, &mut deltas);
            }
            None => deltas.push(Delta::Removed {
                old: old[before].fact.clone(),
                anchor: None,
                holder_survives: true,
            }),
        }
    }
    for (after, predecessor) in pairing.predecessors.iter().enumerate() {
        if predecessor.is_none() {
            deltas.push(Delta::Introduced { new: new[after].fact.clone() });
        }
    }
    deltas
}

struct Pairing<'a> {
    old: &'a [Holder],
    new: &'a [Holder],
    maps: &'a [Option<LineMap>],
    /// New definitions by their last name.
    names: HashMap<&'a str, Vec<usize>>,
    /// For each new definition the old one it came from.
    predecessors: Vec<Option<usize>>,
}

/// What was found for an old guard.
enum Fate<'a> {
    Kept,
    /// Another guard of the same definition took its place.
    Edited(&'a Fact, Guard),
    Moved(&'a Fact),
    Lost,
}

impl Pairing<'_> {
    fn definition(&self, before: usize, after: usize, deltas: &mut Vec<Delta>) {
        let (old, new) = (&self.old[before], &self.new[after]);
        let (one, other) = (&old.definition, &new.definition);
        let edited = one.parameters != other.parameters
            || one.marks != other.marks
            || one.tokens != other.tokens
            || one.name != other.name
            || one.public != other.public;
        if edited {
            deltas.push(Delta::Changed { old: old.fact.clone(), new: new.fact.clone() });
        } else if old.file() != new.file() {
            deltas.push(Delta::Moved { old: old.fact.clone(), new: new.fact.clone() });
        }
    }

    fn guards(&self, before: usize, after: usize, deltas: &mut Vec<Delta>) {
        let (old, new) = (&self.old[before], &self.new[after]);
        let mut used = vec![false; new.guards.len()];
        let effective: Vec<&(Fact, Guard)> =
            old.guards.iter().filter(|(_, guard)| guard.flaw.is_none()).collect();
        let mut open = Vec::new();
        // Equal ones first, so that an edit is not taken for one that only stayed.
        for (fact, guard) in &effective {
            let target = self.target(old, new, guard);
            let same = new
                .guards
                .iter()
                .enumerate()
                .position(|(index, (_, candidate))| !used[index] && is_same(guard, candidate));
            match (target, same) {
                (None, same) => {
                    if let Some(index) = same {
                        used[index] = true;
                    }
                }
                (Some(target), Some(index)) if self.covers(&new.guards[index].1, &target, new) => {
                    used[index] = true;
                }
                (Some(target), _) => open.push((fact, guard, target)),
            }
        }
        let rewritten = kept(&old.definition, &new.definition) < REWRITTEN_BELOW;
        for (fact, guard, target) in open {
            let mut fact = fact.clone();
            if let Body::Guard(guard) = &mut fact.body {
                guard.rewritten = rewritten && belongs_to_its_code(guard.kind);
            }
            match self.fate(guard, &target, before, after, &mut used) {
                Fate::Kept => {}
                Fate::Edited(new_fact, candidate) => {
                    let mut new = new_fact.clone();
                    new.body = Body::Guard(candidate);
                    deltas.push(Delta::Changed { old: fact, new });
                }
                Fate::Moved(there) => deltas.push(Delta::Moved { old: fact, new: there.clone() }),
                Fate::Lost => deltas.push(Delta::Removed {
                    anchor: Some(self.anchor(&fact, new)),
                    old: fact,
                    holder_survives: true,
                }),
            }
        }
    }

    /// Operations of an old guard that survive in the new definition; `None` if nothing does.
    fn target(&self, old: &Holder, new: &Holder, guard: &Guard) -> Option<BTreeSet<String>> {
        let end = BTreeSet::from([String::new()]);
        let protected: BTreeSet<&String> = guard.protects.iter().filter(|name| !name.is_empty()).collect();
        let done = &new.definition.operations;
        if protected.is_empty() {
            // What is said of a whole definition; one that does nothing any more needs no guard.
            let emptied = !old.definition.operations.is_empty() && done.is_empty();
            let kind = new.definition.kind == DefinitionKind::Type || !emptied;
            return (guard.protects.contains("") && kind).then_some(end);
        }
        let reached = self.reached(new);
        let grave = |names: &mut dyn Iterator<Item = &String>| -> BTreeSet<String> {
            names.filter(|name| is_destructive(name)).cloned().collect()
        };
        let newly_grave = || -> BTreeSet<String> {
            grave(&mut done.iter().filter(|name| !old.definition.operations.contains(*name)))
        };
        if guard.kind == GuardKind::SoftDelete {
            // What was marked must now really be deleted.
            return (!newly_grave().is_empty()).then_some(end);
        }
        let mut survivors: BTreeSet<String> = protected
            .iter()
            .filter(|name| {
                done.contains(**name) || new.definition.calls.contains(**name) || reached.contains(**name)
            })
            .map(|name| (*name).clone())
            .collect();
        if survivors.is_empty() {
            let rewritten = guard.protects.contains("")
                && !done.is_empty()
                && guard.form != Form::Argument
                && likeness(&old.definition, &new.definition) >= 0.5;
            return rewritten.then_some(end);
        }
        // What a guard covers besides matters less than what it was for.
        if protected.iter().any(|name| is_destructive(name)) {
            survivors = grave(&mut survivors.iter());
            if survivors.is_empty() {
                survivors = newly_grave();
            }
        }
        (!survivors.is_empty()).then_some(survivors)
    }

    /// Operations of the helpers that a definition calls, one level.
    fn reached<'s>(&'s self, holder: &'s Holder) -> BTreeSet<&'s String> {
        self.called(holder).flat_map(|helper| &helper.definition.operations).collect()
    }

    /// New helpers that a definition calls.
    fn called<'s>(&'s self, holder: &'s Holder) -> impl Iterator<Item = &'s Holder> {
        holder
            .definition
            .calls
            .iter()
            .filter_map(|name| self.names.get(name.as_str()))
            .flatten()
            .filter(|index| self.predecessors[**index].is_none())
            .map(|index| &self.new[*index])
    }

    fn fate(
        &self,
        guard: &Guard,
        target: &BTreeSet<String>,
        before: usize,
        after: usize,
        used: &mut [bool],
    ) -> Fate<'_> {
        let new = &self.new[after];
        // A successor in the same definition, the likest first; one that protects before one that does not.
        let mut candidates: Vec<(u8, usize)> = Vec::new();
        for (index, (_, candidate)) in new.guards.iter().enumerate().filter(|(index, _)| !used[*index]) {
            let works = candidate.flaw.is_none()
                && self.covers(candidate, target, new)
                && !self.is_hollow(candidate, after);
            let nearness = match (kinship(guard, candidate), candidate.key == guard.key) {
                (Some(0), true) => 0,
                (Some(distance), _) => distance + 1,
                (None, _) => continue,
            };
            // A different condition that does not protect is no successor but another matter.
            if !(works || nearness == 0 || shares_subject(guard, candidate)) {
                continue;
            }
            candidates.push((nearness + u8::from(!works) * 8, index));
        }
        candidates.sort_unstable();
        let successor = candidates.first().copied();
        if let Some((rank, index)) = successor.filter(|(rank, _)| *rank < 8) {
            let (fact, candidate) = &new.guards[index];
            used[index] = true;
            let weaker = weakness(guard, candidate);
            // A helper or a class may make good for what the edit took away.
            if weaker.is_none() || rank < 8 && self.elsewhere(guard, target, before, after).is_none() {
                return Fate::Edited(fact, candidate.clone());
            }
        }
        if self.still_covered(guard, target, new) {
            return Fate::Kept;
        }
        if let Some(there) = self.elsewhere(guard, target, before, after) {
            return Fate::Moved(there);
        }
        if !self.may_lose_error(guard, new) {
            return Fate::Kept;
        }
        match successor {
            Some((_, index)) => {
                used[index] = true;
                let (fact, candidate) = &new.guards[index];
                let mut candidate = candidate.clone();
                if candidate.flaw.is_none() {
                    candidate.flaw =
                        Some(if self.is_hollow(&candidate, after) { Flaw::Powerless } else { Flaw::Late });
                }
                Fate::Edited(fact, candidate)
            }
            None => self.handed_on(guard).map_or(Fate::Lost, Fate::Moved),
        }
    }

    /// A field of one structure that now stands, as it was written, in another one.
    fn handed_on(&self, guard: &Guard) -> Option<&Fact> {
        if guard.form != Form::Argument || guard.language != Language::Go {
            return None;
        }
        let all = self.new.iter().enumerate();
        let mut candidates = all.flat_map(|(index, holder)| holder.guards.iter().map(move |one| (index, one)));
        candidates
            .find(|(index, (_, candidate))| {
                candidate.form == Form::Argument
                    && candidate.kind == guard.kind
                    && candidate.text == guard.text
                    && candidate.flaw.is_none()
                    && self.is_new_place(*index, candidate)
            })
            .map(|(_, (fact, _))| fact)
    }

    /// Whether the old side of a definition had no such argument of the same call.
    fn is_new_place(&self, index: usize, candidate: &Guard) -> bool {
        let Some(before) = self.predecessors[index] else { return true };
        !self.old[before]
            .guards
            .iter()
            .any(|(_, guard)| is_same(guard, candidate) && guard.protects == candidate.protects)
    }

    /// Whether a guard protects what must be protected, itself or by standing before the new helper that does it now.
    fn covers(&self, guard: &Guard, target: &BTreeSet<String>, holder: &Holder) -> bool {
        if covers(guard, target) {
            return true;
        }
        if target.contains("") {
            return false;
        }
        let done = &holder.definition.operations;
        let within = |name: &String| {
            guard.protects.contains(name)
                || (!done.contains(name)
                    && self.called(holder).any(|helper| {
                        let last = helper.definition.name.rsplit('.').next().unwrap_or_default();
                        helper.definition.operations.contains(name) && guard.protects.contains(last)
                    }))
        };
        if target.iter().any(|name| is_destructive(name)) {
            target.iter().all(within)
        } else {
            target.iter().any(within)
        }
    }

    /// Whether the failure that an old guard dealt with can be lost now. Elsewhere it is raised. Go says so in the source: a call whose error
    /// is returned, asked about or no longer there has none to lose.
    fn may_lose_error(&self, guard: &Guard, new: &Holder) -> bool {
        if guard.kind != GuardKind::ErrorHandling {
            return true;
        }
        if guard.language != Language::Go {
            // Without a handler that only noted it, a failure is louder than before.
            return guard.form != Form::Around || guard.care > 1;
        }
        let lost =
            |holder: &Holder| guard.protects.iter().any(|call| holder.definition.careless.contains(call));
        lost(new) || self.called(new).any(lost)
    }

    /// Another guard that was there before protects the same.
    fn still_covered(&self, guard: &Guard, target: &BTreeSet<String>, new: &Holder) -> bool {
        let enough = |candidate: &Guard| match guard.kind {
            GuardKind::Authentication => {
                matches!(candidate.kind, GuardKind::Authentication | GuardKind::Authorization)
            }
            GuardKind::ErrorHandling => {
                // What tries again sees the failure first.
                candidate.kind == guard.kind && candidate.care >= guard.care.min(2)
                    || candidate.kind == GuardKind::RetryBound && candidate.form == Form::Mark
            }
            GuardKind::Transaction
            | GuardKind::Lock
            | GuardKind::Timeout
            | GuardKind::Audit
            | GuardKind::Csrf => candidate.kind == guard.kind,
            _ => candidate.kind == guard.kind && candidate.text == guard.text,
        };
        new.guards.iter().any(|(_, candidate)| {
            candidate.flaw.is_none() && enough(candidate) && self.covers(candidate, target, new)
        })
    }

    /// Where else on the new side an equivalent guard protects the target.
    fn elsewhere(
        &self,
        guard: &Guard,
        target: &BTreeSet<String>,
        before: usize,
        after: usize,
    ) -> Option<&Fact> {
        self.in_helper(guard, target, after)
            .or_else(|| self.on_container(guard, after))
            .or_else(|| self.registered(guard, after))
            .or_else(|| self.in_caller(guard, after))
            .or_else(|| self.in_members(guard, before, after))
    }

    /// A helper that is called before the operation, that holds it, or that decorates the definition.
    fn in_helper(&self, guard: &Guard, target: &BTreeSet<String>, after: usize) -> Option<&Fact> {
        let holder = &self.new[after];
        let whole = target.contains("");
        for check in &holder.definition.checks {
            for helper in self.helpers(&check.name, after) {
                let found = self.guards_below(helper).find(|(_, candidate)| {
                    let protects = whole
                        || target.iter().any(|name| check.before.contains(name))
                        || target.iter().any(|name| candidate.protects.contains(name));
                    candidate.flaw.is_none() && replaces(guard, candidate) && protects
                });
                if let Some((fact, _)) = found {
                    return Some(fact);
                }
            }
        }
        for mark in &holder.definition.marks {
            let name = mark.trim_start_matches('@').split('(').next().unwrap_or_default();
            let name = name.rsplit('.').next().unwrap_or_default();
            for helper in self.helpers(name, after) {
                if let Some((fact, _)) = self
                    .guards_below(helper)
                    .find(|(_, candidate)| candidate.flaw.is_none() && replaces(guard, candidate))
                {
                    return Some(fact);
                }
            }
        }
        None
    }

    fn helpers<'s>(&'s self, name: &str, caller: usize) -> impl Iterator<Item = &'s Holder> + use<'s> {
        let language = self.new[caller].definition.language;
        let found: &[usize] = self.names.get(name).map_or(&[], Vec::as_slice);
        found
            .iter()
            .filter(move |index| **index != caller && self.new[**index].definition.language == language)
            .map(|index| &self.new[*index])
    }

    /// Guards of a definition and of those inside it.
    fn guards_below<'s>(&'s self, holder: &'s Holder) -> impl Iterator<Item = &'s (Fact, Guard)> {
        self.new
            .iter()
            .filter(move |other| std::ptr::eq(*other, holder) || other.is_in(holder))
            .flat_map(|one| &one.guards)
    }

    /// A guard by name whose definition is in sight and guards nothing.
    fn is_hollow(&self, candidate: &Guard, after: usize) -> bool {
        if !matches!(candidate.form, Form::Call | Form::Mark | Form::Route | Form::Registration) {
            return false;
        }
        let name = candidate.key.rsplit(['.', ' ']).next().unwrap_or_default();
        let mut helpers = self
            .helpers(name, after)
            .filter(|helper| helper.definition.kind == DefinitionKind::Function)
            .peekable();
        if helpers.peek().is_none() {
            return false;
        }
        helpers.all(|helper| {
            let guarded = self.guards_below(helper).any(|(_, guard)| guard.flaw.is_none());
            let delegates = helper.definition.calls.iter().any(|call| !call.is_empty());
            !guarded && !delegates
        })
    }

    /// On the class or module around the definition.
    fn on_container(&self, guard: &Guard, after: usize) -> Option<&Fact> {
        let holder = &self.new[after];
        self.new
            .iter()
            .filter(|outer| outer.definition.kind == DefinitionKind::Type && holder.is_in(outer))
            .flat_map(|outer| &outer.guards)
            .find(|(_, candidate)| candidate.flaw.is_none() && replaces(guard, candidate))
            .map(|(fact, _)| fact)
    }

    /// Middleware for everything: in the same file, or new in another one.
    fn registered(&self, guard: &Guard, after: usize) -> Option<&Fact> {
        let holder = &self.new[after];
        self.new
            .iter()
            .enumerate()
            .filter(|(index, other)| *index != after && other.definition.language == holder.definition.language)
            .flat_map(|(index, other)| other.guards.iter().map(move |entry| (index, other, entry)))
            .find(|(index, other, (_, candidate))| {
                candidate.form == Form::Registration
                    && candidate.flaw.is_none()
                    && replaces(guard, candidate)
                    && (other.file() == holder.file() || self.is_new(*index, candidate))
            })
            .map(|(_, _, (fact, _))| fact)
    }

    /// A new guard in a function that calls this one.
    fn in_caller(&self, guard: &Guard, after: usize) -> Option<&Fact> {
        let holder = &self.new[after];
        let name = holder.definition.name.rsplit('.').next().unwrap_or_default();
        if name.is_empty() {
            return None;
        }
        self.new
            .iter()
            .enumerate()
            .filter(|(index, other)| *index != after && other.definition.language == holder.definition.language)
            .flat_map(|(index, other)| other.guards.iter().map(move |entry| (index, entry)))
            .find(|(index, (_, candidate))| {
                candidate.flaw.is_none()
                    && candidate.protects.contains(name)
                    && replaces(guard, candidate)
                    && self.is_new(*index, candidate)
            })
            .map(|(_, (fact, _))| fact)
    }

    /// A guard of a class or of all routes that its members now have each, at least half of them.
    fn in_members(&self, guard: &Guard, before: usize, after: usize) -> Option<&Fact> {
        let holder = &self.new[after];
        let for_all =
            guard.form == Form::Registration || self.old[before].definition.kind == DefinitionKind::Type;
        if !for_all {
            return None;
        }
        let members: Vec<(usize, &Holder)> = self
            .new
            .iter()
            .enumerate()
            .filter(|(_, member)| {
                member.definition.kind == DefinitionKind::Function
                    && member.definition.public
                    && !member.definition.name.starts_with("__")
                    && member.file() == holder.file()
                    && (holder.definition.kind != DefinitionKind::Type || member.is_in(holder))
            })
            .collect();
        let guarded: Vec<&Fact> = members
            .iter()
            .filter_map(|(index, member)| {
                let found = member.guards.iter().find(|(_, candidate)| {
                    candidate.flaw.is_none() && replaces(guard, candidate) && self.is_new(*index, candidate)
                });
                found.map(|(fact, _)| fact)
            })
            .collect();
        guarded.first().copied().filter(|_| guarded.len() * 2 >= members.len())
    }

    /// Whether the old side of a definition had no such guard.
    fn is_new(&self, index: usize, candidate: &Guard) -> bool {
        let Some(before) = self.predecessors[index] else { return true };
        !self.old[before].guards.iter().any(|(_, guard)| guard.flaw.is_none() && is_same(guard, candidate))
    }

    /// Where the guard stood, inside what is left of its definition.
    fn anchor(&self, fact: &Fact, new: &Holder) -> Anchor {
        let (start, end) = (new.fact.locus.start.line, new.fact.locus.end.line);
        let map =
            self.maps.get(fact.locus.file).and_then(Option::as_ref).filter(|_| new.file() == fact.locus.file);
        let line = map.map_or(start, |map| {
            let before = map.collapse(fact.locus.start.line);
            // Where other lines took its place, the first of them.
            let replaced = map.to_new(fact.locus.start.line).is_none() && map.is_touched_new(before + 1);
            (before + u32::from(replaced)).clamp(start, end)
        });
        Anchor { path: new.fact.locus.path.to_string(), position: Position { line, column: 1 } }
    }
}
