//! Which files a coding agent obeys as orders (`rules/data/agents.json`).

use std::sync::OnceLock;

use serde::Deserialize;

const AGENTS: &str = include_str!("../../rules/data/agents.json");

#[derive(Deserialize, Default)]
struct Table {
    instructions: Vec<String>,
}

/// Text that an agent reads as orders.
pub(super) fn is_instruction(path: &str) -> bool {
    table().instructions.iter().any(|pattern| fits(pattern, path))
}

fn table() -> &'static Table {
    static PARSED: OnceLock<Table> = OnceLock::new();
    // A test reads the file, so it parses.
    PARSED.get_or_init(|| serde_json::from_str(AGENTS).unwrap_or_default())
}

/// The three forms of the table's globs, without the cost of general ones: `**/NAME`, `**/FOLDER/**` and
/// `**/FOLDER/**/*.ENDING`.
fn fits(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_prefix("**/").unwrap_or(pattern);
    let (place, ending) = match pattern.split_once("/**") {
        Some((folder, rest)) => (folder, Some(rest.trim_start_matches("/*"))),
        None => (pattern, None),
    };
    path.match_indices(place).any(|(at, _)| {
        let starts = at == 0 || path[..at].ends_with('/');
        let rest = &path[at + place.len()..];
        starts
            && match ending {
                Some(ending) => rest.starts_with('/') && rest.ends_with(ending),
                None => rest.is_empty(),
            }
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
