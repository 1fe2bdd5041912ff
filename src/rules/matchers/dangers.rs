//! What commands do, by name: the kinds of `rules/data/dangers.yaml`, which many rules speak of.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::command::Commands;
use crate::facts::Command;
use crate::rules::model::CommandMatcher;

const PACKED: &str = include_str!(concat!(env!("OUT_DIR"), "/dangers.json"));

fn table() -> &'static BTreeMap<String, Vec<CommandMatcher>> {
    static TABLE: OnceLock<BTreeMap<String, Vec<CommandMatcher>>> = OnceLock::new();
    // A test reads the packed table, so it parses.
    TABLE.get_or_init(|| serde_json::from_str(PACKED).unwrap_or_default())
}

pub(super) fn exists(name: &str) -> bool {
    table().contains_key(name)
}

/// Whether a command is of a kind.
pub(super) fn holds(name: &str, command: &Command) -> bool {
    static COMPILED: OnceLock<BTreeMap<String, Vec<Commands>>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        let compile = |matchers: &Vec<CommandMatcher>| {
            matchers.iter().filter_map(|matcher| Commands::compile(matcher).ok()).collect()
        };
        table().iter().map(|(name, matchers)| (name.clone(), compile(matchers))).collect()
    });
    compiled.get(name).is_some_and(|kinds| kinds.iter().any(|kind| kind.is_met(command)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_compiles() {
        let table: BTreeMap<String, Vec<CommandMatcher>> = serde_json::from_str(PACKED).unwrap();
        for (name, matchers) in table {
            for matcher in matchers {
                assert!(matcher.does.is_empty(), "{name} refers to another kind");
                if let Err(reason) = Commands::compile(&matcher) {
                    panic!("{name}: {reason}");
                }
            }
        }
    }
}
