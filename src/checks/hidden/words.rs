//! Names with letters of another script that look like ASCII letters.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

use super::Sighting;
use super::setting::{Reader, Setting};
use crate::rules::Severity;

const CONFUSABLES: &str = include_str!("../../../rules/data/confusables.json");

/// A word of letters of one foreign script alone is only mistaken for another one if it has this many.
const SHORTEST_TWIN: usize = 4;

#[derive(Clone, Copy)]
struct Twin {
    letter: char,
    script: usize,
}

fn twin(character: char) -> Option<Twin> {
    static TWINS: OnceLock<HashMap<char, Twin>> = OnceLock::new();
    if character.is_ascii() {
        return None;
    }
    // Letters of mathematical notation and of the wide form, which name their ASCII letter by their place.
    match u32::from(character) {
        wide @ (0xff21..=0xff3a | 0xff41..=0xff5a) => {
            return char::from_u32(wide - 0xfee0).map(|letter| Twin { letter, script: usize::MAX });
        }
        styled @ 0x1d400..=0x1d6a3 => {
            let place = (styled - 0x1d400) % 52;
            let letter = if place < 26 { 0x41 + place } else { 0x61 + place - 26 };
            return char::from_u32(letter).map(|letter| Twin { letter, script: usize::MAX });
        }
        _ => {}
    }
    let twins = TWINS.get_or_init(|| {
        // A test reads the file, so it parses.
        let mut table: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(CONFUSABLES).unwrap_or_default();
        table.remove("_meta");
        let scripts = table.into_values().enumerate();
        scripts
            .flat_map(|(script, letters)| {
                let letters: BTreeMap<char, char> = serde_json::from_value(letters).unwrap_or_default();
                letters.into_iter().map(move |(from, letter)| (from, Twin { letter, script }))
            })
            .collect()
    });
    twins.get(&character).copied()
}

/// The ASCII words of a file, gathered when first asked for.
pub(super) struct Vocabulary<'a> {
    text: &'a str,
    words: OnceLock<HashSet<&'a str>>,
}

impl<'a> Vocabulary<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, words: OnceLock::new() }
    }

    fn contains(&self, word: &str) -> bool {
        let words = || words(self.text).filter(|(_, word)| word.is_ascii()).map(|(_, word)| word).collect();
        self.words.get_or_init(words).contains(word)
    }
}

/// Words as programs split them, with their byte offsets.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let of_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(of_word)?;
        let length = text[start..].find(|character| !of_word(character)).unwrap_or(text.len() - start);
        at = start + length;
        Some((start, &text[start..at]))
    })
}

/// The words of a line that are not what they look like.
pub(super) fn judge(line: &str, setting: Setting, vocabulary: Option<&Vocabulary<'_>>) -> Option<Sighting> {
    if setting.is_prose() {
        return None;
    }
    // A line in another language mixes scripts on purpose: "в PDFе".
    let foreign = words(line).any(|(_, word)| is_foreign(word));
    let mut found: Vec<(usize, &str, String)> = Vec::new();
    for (at, word) in words(line).filter(|(_, word)| !word.is_ascii()) {
        let Some(skeleton) = skeleton(word) else { continue };
        let mixed = word.bytes().any(|byte| byte.is_ascii_alphabetic());
        let framed = word.starts_with(|first: char| first.is_ascii())
            && word.ends_with(|last: char| last.is_ascii_alphanumeric());
        let deceives = if mixed {
            !foreign || framed
        } else {
            !foreign
                && skeleton.len() >= SHORTEST_TWIN
                && vocabulary.is_some_and(|vocabulary| vocabulary.contains(&skeleton))
        };
        if deceives {
            found.push((at, word, skeleton));
        }
    }
    let (first, last) = (found.first()?, found.last()?);
    let column = |offset: usize| line[..offset].chars().count() as u32 + 1;
    let content = found.iter().map(|(_, word, _)| *word).collect::<Vec<_>>().join(" ");
    let strange: Vec<String> = first
        .1
        .chars()
        .filter(|character| !character.is_ascii())
        .map(|character| format!("U+{:04X}", u32::from(character)))
        .collect();
    let about = setting.about_characters || setting.reader == Reader::Translation;
    Some(Sighting {
        line: 0,
        columns: (column(first.0), column(last.0 + last.1.len()).saturating_sub(1)),
        name: format!("a name reads `{}` and is written with {}", first.2, strange.join(", ")),
        content,
        severity: if about { Severity::Medium } else { Severity::High },
        text: line.trim().to_owned(),
    })
}

/// A word that no ASCII word can be mistaken for: it has letters of its own.
fn is_foreign(word: &str) -> bool {
    !word.is_ascii()
        && !word.bytes().any(|byte| byte.is_ascii_alphabetic())
        && word.chars().any(|character| character.is_alphabetic() && twin(character).is_none())
}

/// The ASCII word that a word looks like, if each of its other letters is a twin and all of one script.
fn skeleton(word: &str) -> Option<String> {
    let mut script = None;
    word.chars()
        .map(|character| {
            if character.is_ascii() {
                return Some(character);
            }
            let twin = twin(character)?;
            (*script.get_or_insert(twin.script) == twin.script).then_some(twin.letter)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fires(path: &str, text: &str) -> bool {
        judge(text, Setting::of(path), Some(&Vocabulary::new(text))).is_some()
    }

    #[test]
    fn mixed_names_fire_and_other_languages_do_not() {
        for text in
            ["def is_\u{430}dmin(u):", "import r\u{435}quests", "https://\u{440}aypal.com", "let \u{3bf}k = 1;"]
        {
            assert!(fires("a.py", text), "{text}");
        }
        for text in [
            "gr\u{f6}\u{df}e = 3",
            "# \u{441}\u{43e}\u{445}\u{440}\u{430}\u{43d}\u{438}\u{442}\u{44c} \u{432} PDF\u{435}",
            "\u{394}x = 1; \u{3bc}s = 2",
            "\u{540d}\u{524d} = 1",
            "na\u{ef}ve caf\u{e9}",
            "\u{440}\u{43e}\u{441}\u{442} = 1",
        ] {
            assert!(!fires("a.py", text), "{text}");
        }
        assert!(!fires("README.md", "r\u{435}quests"));
    }

    #[test]
    fn a_name_all_of_twins_needs_the_original_beside_it() {
        assert!(fires("a.py", "scope = 1; \u{455}\u{441}\u{43e}\u{440}\u{435} = 2"));
        assert!(!fires("a.py", "\u{455}\u{441}\u{43e}\u{440}\u{435} = 2"));
    }
}
