//! The words of `rules/data/places.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::PlaceName;

const BUILT_IN: &str = include_str!("../../rules/data/places.json");

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Lexicon {
    tokens: BTreeMap<PlaceName, Vec<String>>,
    pub negations: Vec<String>,
    pub likenesses: Vec<String>,
    /// Environments that count in paths of program code, where `preview` or `local` are features.
    pub code_tokens: Vec<String>,
    pub configuration_tokens: Vec<String>,
    folders: BTreeMap<String, Vec<String>>,
    files: BTreeMap<String, Vec<String>>,
    pub ci_folders: Vec<String>,
    pub content_keys: ContentKeys,
}

/// Attribute paths whose values name an environment.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ContentKeys {
    /// Keys below `tags` and `labels`.
    pub tags: Vec<String>,
    pub whole: Vec<String>,
    pub backend: Vec<String>,
    pub provider: Vec<String>,
}

impl Lexicon {
    pub(super) fn built_in() -> Self {
        // A test reads the table, so it parses.
        serde_json::from_str(BUILT_IN).unwrap_or_default()
    }

    pub(super) fn environment(&self, word: &str) -> Option<PlaceName> {
        self.tokens.iter().find(|(_, words)| words.iter().any(|known| known == word)).map(|(place, _)| *place)
    }

    pub(super) fn is_folder(&self, role: &str, folder: &str) -> bool {
        self.folders.get(role).is_some_and(|folders| folders.iter().any(|known| known == folder))
    }

    pub(super) fn is_file(&self, role: &str, name: &str) -> bool {
        self.files.get(role).is_some_and(|globs| globs.iter().any(|pattern| crate::facts::glob(pattern, name)))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_parses() {
        let lexicon: super::Lexicon = serde_json::from_str(super::BUILT_IN).unwrap();
        assert!(lexicon.is_folder("test", "tests") && lexicon.is_file("test", "user_test.go"));
        assert!(!lexicon.code_tokens.is_empty() && !lexicon.content_keys.tags.is_empty());
    }
}
