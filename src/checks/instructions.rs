//! Which files a coding agent obeys as orders (`rules/data/agents.json`).

use std::sync::OnceLock;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::Deserialize;

const AGENTS: &str = include_str!("../../rules/data/agents.json");

#[derive(Deserialize, Default)]
struct Table {
    instructions: Vec<String>,
}

/// Text that an agent reads as orders.
pub(super) fn is_instruction(path: &str) -> bool {
    set().is_match(path)
}

fn set() -> &'static GlobSet {
    static SET: OnceLock<GlobSet> = OnceLock::new();
    SET.get_or_init(|| {
        // A test reads the file, so it parses.
        let table: Table = serde_json::from_str(AGENTS).unwrap_or_default();
        let mut builder = GlobSetBuilder::new();
        for glob in table.instructions.iter().filter_map(|pattern| Glob::new(pattern).ok()) {
            builder.add(glob);
        }
        builder.build().unwrap_or_else(|_| GlobSet::empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_its_globs_hold_at_any_depth() {
        for path in ["AGENTS.md", "app/CLAUDE.md", ".cursor/rules/db.mdc", "x/.github/copilot-instructions.md"]
        {
            assert!(is_instruction(path), "{path}");
        }
        for path in ["README.md", "docs/agents.md", "src/claude.md.rs"] {
            assert!(!is_instruction(path), "{path}");
        }
    }
}
