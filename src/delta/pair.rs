//! Pairs the facts of the old side with those of the new side.
//!
//! Facts with a global identity (resources) pair by it. All others pair in tiers, each on what the tiers before
//! left over: equal content in the same scope, in the same file, in another file of the change (a move); then the
//! same identity with other content in the same scope, in the same file, in another file. Within a tier the pair
//! whose lines map onto one another comes first. What stays unpaired was removed or introduced. Facts are
//! multisets: two copies that become three give one introduction.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use super::guards::pair_guards;
use super::key::{Key, Reach, Words, key, reach, text};
use super::model::Delta;
use super::program::holders;
use crate::change::LineMap;
use crate::facts::Fact;

/// Contents of one identity in one file and scope are always taken for one another; further apart they must
/// share this much of their words.
const LIKENESS_IN_FILE: f64 = 0.5;
const LIKENESS_ACROSS_FILES: f64 = 0.6;

/// Above this many facts on both sides of one group likeness is not computed; the order decides.
const LARGEST_COMPARED_GROUP: usize = 48;

/// The deltas of a change, removals still without anchor. `maps` has one entry for each file of the change.
pub fn pair(old: Vec<Fact>, new: Vec<Fact>, maps: &[Option<LineMap>]) -> Vec<Delta> {
    let (old_program, old) = holders(old);
    let (new_program, new) = holders(new);
    let mut pairing = Pairing {
        old: old.into_iter().map(Entry::new).collect(),
        new: new.into_iter().map(Entry::new).collect(),
        maps,
        deltas: Vec::new(),
    };
    pairing.run();
    let mut deltas = pairing.finish();
    deltas.extend(pair_guards(&old_program, &new_program, maps));
    deltas
}

struct Entry {
    fact: Option<Fact>,
    key: Key,
    reach: Reach,
    file: usize,
    line: u32,
    scope: String,
    words: OnceCell<Words>,
}

impl Entry {
    fn words(&self) -> &Words {
        self.words.get_or_init(|| self.fact.as_ref().map(|fact| Words::of(&text(fact))).unwrap_or_default())
    }

    fn new(fact: Fact) -> Self {
        Self {
            key: key(&fact),
            reach: reach(&fact),
            file: fact.locus.file,
            line: fact.locus.start.line,
            scope: fact.locus.scope.join("\u{1f}"),
            words: OnceCell::new(),
            fact: Some(fact),
        }
    }
}

/// What two entries must share in a tier.
#[derive(Clone, Copy)]
struct Tier {
    file: bool,
    scope: bool,
    content: bool,
    /// Least similarity of the texts; 0 asks for nothing.
    likeness: f64,
}

const TIERS: [Tier; 6] = [
    Tier { file: true, scope: true, content: true, likeness: 0.0 },
    Tier { file: true, scope: false, content: true, likeness: 0.0 },
    Tier { file: false, scope: false, content: true, likeness: 0.0 },
    Tier { file: true, scope: true, content: false, likeness: 0.0 },
    Tier { file: true, scope: false, content: false, likeness: LIKENESS_IN_FILE },
    Tier { file: false, scope: false, content: false, likeness: LIKENESS_ACROSS_FILES },
];

struct Pairing<'a> {
    old: Vec<Entry>,
    new: Vec<Entry>,
    maps: &'a [Option<LineMap>],
    deltas: Vec<Delta>,
}

impl Pairing<'_> {
    fn run(&mut self) {
        for tier in TIERS {
            let mut groups: HashMap<GroupKey<'_>, (Vec<usize>, Vec<usize>)> = HashMap::new();
            for (index, entry) in self.old.iter().enumerate().filter(|(_, entry)| entry.fact.is_some()) {
                groups.entry(group(entry, tier)).or_default().0.push(index);
            }
            for (index, entry) in self.new.iter().enumerate().filter(|(_, entry)| entry.fact.is_some()) {
                if let Some(both) = groups.get_mut(&group(entry, tier)) {
                    both.1.push(index);
                }
            }
            let mut pairs: Vec<(usize, usize)> = groups
                .into_values()
                .filter(|(old, new)| !old.is_empty() && !new.is_empty())
                .flat_map(|(old, new)| self.match_group(old, new, tier))
                .collect();
            pairs.sort_unstable();
            for (old, new) in pairs {
                self.join(old, new, tier);
            }
        }
    }

    /// Pairs of indices within one group: first those whose lines map onto one another, then the likest, then
    /// the nearest in order.
    fn match_group(&self, mut old: Vec<usize>, mut new: Vec<usize>, tier: Tier) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        let by_line: BTreeMap<(usize, u32), usize> =
            new.iter().rev().map(|index| ((self.new[*index].file, self.new[*index].line), *index)).collect();
        if tier.file {
            let mut taken = Vec::new();
            old.retain(|old| {
                let entry = &self.old[*old];
                let mapped = self.map(entry.file).and_then(|map| map.to_new(entry.line));
                match mapped.and_then(|line| by_line.get(&(entry.file, line))) {
                    Some(new) if !taken.contains(new) && self.alike(*old, *new, tier) => {
                        taken.push(*new);
                        pairs.push((*old, *new));
                        false
                    }
                    _ => true,
                }
            });
            new.retain(|index| !taken.contains(index));
        }
        if tier.content || old.len().max(new.len()) > LARGEST_COMPARED_GROUP {
            let rest = old.into_iter().zip(new).filter(|(old, new)| self.alike(*old, *new, tier));
            pairs.extend(rest);
            return pairs;
        }
        let mut candidates: Vec<(i64, u32, usize, usize)> = Vec::new();
        for &old in &old {
            for &new in &new {
                let likeness = self.likeness(old, new);
                if likeness >= tier.likeness {
                    let distance = self.distance(old, new);
                    candidates.push((-(likeness * 1e6) as i64, distance, old, new));
                }
            }
        }
        candidates.sort_unstable();
        let (mut used_old, mut used_new) = (Vec::new(), Vec::new());
        for (_, _, old, new) in candidates {
            if !used_old.contains(&old) && !used_new.contains(&new) {
                used_old.push(old);
                used_new.push(new);
                pairs.push((old, new));
            }
        }
        pairs
    }

    fn alike(&self, old: usize, new: usize, tier: Tier) -> bool {
        tier.likeness == 0.0 || self.likeness(old, new) >= tier.likeness
    }

    fn likeness(&self, old: usize, new: usize) -> f64 {
        let (old, new) = (&self.old[old], &self.new[new]);
        match (&old.fact, &new.fact) {
            (Some(_), Some(_)) => old.words().share(new.words()),
            _ => 0.0,
        }
    }

    /// Lines between where the old fact would stand now and where the new one stands.
    fn distance(&self, old: usize, new: usize) -> u32 {
        let (old, new) = (&self.old[old], &self.new[new]);
        if old.file != new.file {
            return u32::MAX;
        }
        let expected = self.map(old.file).map_or(old.line, |map| map.collapse(old.line));
        expected.abs_diff(new.line)
    }

    fn map(&self, file: usize) -> Option<&LineMap> {
        self.maps.get(file)?.as_ref()
    }

    fn join(&mut self, old_index: usize, new_index: usize, tier: Tier) {
        let same_file = self.old[old_index].file == self.new[new_index].file;
        let global = self.old[old_index].reach == Reach::Global;
        let (Some(old), Some(new)) = (self.old[old_index].fact.take(), self.new[new_index].fact.take()) else {
            return;
        };
        if !tier.content {
            self.deltas.push(Delta::Changed { old, new });
        } else if !same_file && !global {
            self.deltas.push(Delta::Moved { old, new });
        }
    }

    fn finish(mut self) -> Vec<Delta> {
        let old = self.old.into_iter().filter_map(|entry| entry.fact);
        self.deltas.extend(old.map(|old| Delta::Removed { old, anchor: None, holder_survives: true }));
        let new = self.new.into_iter().filter_map(|entry| entry.fact);
        self.deltas.extend(new.map(|new| Delta::Introduced { new }));
        self.deltas
    }
}

/// Identity, file, scope, content.
type GroupKey<'a> = (&'a str, usize, &'a str, &'a str);

/// The group key of an entry in a tier; entries pair only within a group.
fn group(entry: &Entry, tier: Tier) -> GroupKey<'_> {
    let local = entry.reach == Reach::Local;
    (
        &entry.key.identity,
        if tier.file && local { entry.file } else { usize::MAX },
        if tier.scope && local { &entry.scope } else { "" },
        if tier.content { &entry.key.content } else { "" },
    )
}
