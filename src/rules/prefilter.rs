//! Which rules can find anything in a text at all: one pass for the literals of all of them.

use std::collections::HashMap;

use super::model::Rule;

/// Letters by which a literal is looked for.
const BEGINNING: usize = 3;

/// Literals by a hash of their first letters. Building this at every start takes a hundredth of the time of an
/// automaton, and searching it about the same.
pub(super) struct Prefilter {
    literals: Vec<Literal>,
    /// Hash and place in `literals`, sorted.
    beginnings: Vec<(u16, usize)>,
    /// One bit for each hash that begins one.
    begins: Vec<u64>,
    /// Literals with fewer letters than are hashed.
    short: Vec<usize>,
    rules: usize,
}

struct Literal {
    /// In lower case.
    text: Vec<u8>,
    /// The rules that name it.
    owners: Vec<usize>,
}

/// Of the last letters in the low bytes of a word.
fn hash(letters: u32) -> u16 {
    ((letters & 0x00ff_ffff).wrapping_mul(0x9e37_79b1) >> 16) as u16
}

impl Prefilter {
    pub(super) fn new<'a>(rules: impl Iterator<Item = &'a Rule>) -> Self {
        let mut prefilter = Self {
            literals: Vec::new(),
            beginnings: Vec::new(),
            begins: vec![0; (1 << 16) / 64],
            short: Vec::new(),
            rules: 0,
        };
        let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
        for (index, rule) in rules.enumerate() {
            prefilter.rules = index + 1;
            for literal in &rule.literals {
                let text = literal.to_ascii_lowercase().into_bytes();
                let at = *known.entry(text.clone()).or_insert_with(|| prefilter.add(text));
                prefilter.literals[at].owners.push(index);
            }
        }
        prefilter.beginnings.sort_unstable();
        prefilter
    }

    fn add(&mut self, text: Vec<u8>) -> usize {
        let at = self.literals.len();
        match text.get(..BEGINNING) {
            Some(first) => {
                let hash = hash(first.iter().fold(0, |letters, byte| letters << 8 | u32::from(*byte)));
                self.begins[usize::from(hash) / 64] |= 1 << (hash % 64);
                self.beginnings.push((hash, at));
            }
            None => self.short.push(at),
        }
        self.literals.push(Literal { text, owners: Vec::new() });
        at
    }

    /// For each rule whether one of its literals occurs, in any case.
    pub(super) fn literals_in(&self, texts: &[&str]) -> Vec<bool> {
        let mut seen = vec![false; self.literals.len()];
        for text in texts {
            let bytes = text.as_bytes();
            let mut letters = 0;
            for (last, byte) in bytes.iter().enumerate() {
                letters = letters << 8 | u32::from(byte.to_ascii_lowercase());
                let hash = hash(letters);
                if self.begins[usize::from(hash) / 64] & 1 << (hash % 64) == 0 || last + 1 < BEGINNING {
                    continue;
                }
                let at = last + 1 - BEGINNING;
                let first = self.beginnings.partition_point(|(other, _)| *other < hash);
                let alike = self.beginnings[first..].iter().take_while(|(other, _)| *other == hash);
                for index in alike.map(|(_, index)| *index) {
                    let literal = &self.literals[index].text;
                    seen[index] = seen[index]
                        || bytes
                            .get(at..at + literal.len())
                            .is_some_and(|here| here.eq_ignore_ascii_case(literal));
                }
            }
            for index in &self.short {
                let literal = &self.literals[*index].text;
                seen[*index] = seen[*index]
                    || bytes.windows(literal.len().max(1)).any(|here| here.eq_ignore_ascii_case(literal));
            }
        }
        let mut found = vec![false; self.rules];
        for literal in self.literals.iter().zip(seen).filter(|(_, seen)| *seen).map(|(literal, _)| literal) {
            literal.owners.iter().for_each(|rule| found[*rule] = true);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules(literals: &[String]) -> Vec<Rule> {
        let any = crate::rules::RuleSet::builtin().iter().next().unwrap().rule.clone();
        literals.iter().map(|literal| Rule { literals: vec![literal.clone()], ..any.clone() }).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn every_literal_is_found_where_it_stands(
            literals in proptest::collection::vec("[abA ]{1,5}", 1..4),
            texts in proptest::collection::vec("[abABé ]{0,12}", 1..3),
        ) {
            let rules = rules(&literals);
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let expected: Vec<bool> = literals
                .iter()
                .map(|literal| {
                    let literal = literal.to_ascii_lowercase();
                    texts.iter().any(|text| text.to_ascii_lowercase().contains(&literal))
                })
                .collect();
            prop_assert_eq!(Prefilter::new(rules.iter()).literals_in(&texts), expected);
        }
    }
}
