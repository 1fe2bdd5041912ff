//! Which rules can find anything in a text at all: one pass for the literals of all of them.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::model::Rule;

pub(super) struct Prefilter {
    search: Option<AhoCorasick>,
    /// For each literal the rules that name it.
    owners: Vec<Vec<usize>>,
    rules: usize,
}

impl Prefilter {
    pub(super) fn new<'a>(rules: impl Iterator<Item = &'a Rule>) -> Self {
        let mut literals: Vec<String> = Vec::new();
        let mut owners: Vec<Vec<usize>> = Vec::new();
        let mut count = 0;
        for (index, rule) in rules.enumerate() {
            count = index + 1;
            for literal in &rule.literals {
                let literal = literal.to_ascii_lowercase();
                match literals.iter().position(|known| *known == literal) {
                    Some(at) => owners[at].push(index),
                    None => {
                        literals.push(literal);
                        owners.push(vec![index]);
                    }
                }
            }
        }
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            // Built at every start, so the kind that is quickly built wins over the kind that is quickly searched.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&literals)
            .ok();
        Self { search, owners, rules: count }
    }

    /// For each rule whether one of its literals occurs.
    pub(super) fn literals_in(&self, texts: &[&str]) -> Vec<bool> {
        let mut found = vec![false; self.rules];
        let Some(search) = &self.search else { return vec![true; self.rules] };
        let mut seen = vec![false; self.owners.len()];
        for text in texts {
            for hit in search.find_overlapping_iter(*text) {
                let literal = hit.pattern().as_usize();
                if !std::mem::replace(&mut seen[literal], true) {
                    for rule in &self.owners[literal] {
                        found[*rule] = true;
                    }
                }
            }
        }
        found
    }
}
