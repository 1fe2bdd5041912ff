//! Which rules can find anything in a text at all: one pass for the literals of all of them.

use std::collections::HashMap;

use super::model::Rule;

/// Literals by their first two letters in lower case. Building this at every start takes a hundredth of the time of
/// an automaton, and searching it about the same.
pub(super) struct Prefilter {
    literals: Vec<Literal>,
    /// Literals that begin with two bytes, as places in `literals`.
    beginning: HashMap<[u8; 2], Vec<usize>>,
    /// One bit for each pair of bytes that begins one.
    begins: Vec<u64>,
    rules: usize,
}

struct Literal {
    /// In lower case.
    text: Vec<u8>,
    /// The rules that name it.
    owners: Vec<usize>,
}

fn place(pair: [u8; 2]) -> usize {
    usize::from(u16::from_le_bytes(pair))
}

impl Prefilter {
    pub(super) fn new<'a>(rules: impl Iterator<Item = &'a Rule>) -> Self {
        let mut prefilter =
            Self { literals: Vec::new(), beginning: HashMap::new(), begins: vec![0; (1 << 16) / 64], rules: 0 };
        let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
        for (index, rule) in rules.enumerate() {
            prefilter.rules = index + 1;
            for literal in &rule.literals {
                let text = literal.to_ascii_lowercase().into_bytes();
                let at = *known.entry(text.clone()).or_insert_with(|| prefilter.add(text));
                prefilter.literals[at].owners.push(index);
            }
        }
        prefilter
    }

    fn add(&mut self, text: Vec<u8>) -> usize {
        // One letter alone may be followed by anything.
        let seconds = match text.get(1) {
            Some(second) => *second..=*second,
            None => 0..=u8::MAX,
        };
        for second in seconds {
            let pair = [text.first().copied().unwrap_or_default(), second];
            self.begins[place(pair) / 64] |= 1 << (place(pair) % 64);
            self.beginning.entry(pair).or_default().push(self.literals.len());
        }
        self.literals.push(Literal { text, owners: Vec::new() });
        self.literals.len() - 1
    }

    /// For each rule whether one of its literals occurs, in any case.
    pub(super) fn literals_in(&self, texts: &[&str]) -> Vec<bool> {
        let mut found = vec![false; self.rules];
        let mut seen = vec![false; self.literals.len()];
        for text in texts {
            let bytes = text.as_bytes();
            for at in 0..bytes.len() {
                let second = bytes.get(at + 1).copied().unwrap_or_default();
                let pair = [bytes[at].to_ascii_lowercase(), second.to_ascii_lowercase()];
                if self.begins[place(pair) / 64] & 1 << (place(pair) % 64) == 0 {
                    continue;
                }
                for index in self.beginning.get(&pair).into_iter().flatten() {
                    let literal = &self.literals[*index];
                    let is_here = !seen[*index]
                        && bytes
                            .get(at..at + literal.text.len())
                            .is_some_and(|here| here.eq_ignore_ascii_case(&literal.text));
                    if is_here {
                        seen[*index] = true;
                        literal.owners.iter().for_each(|rule| found[*rule] = true);
                    }
                }
            }
        }
        found
    }
}
