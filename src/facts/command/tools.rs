//! What is known about tools: families, wrappers, subcommands, flags with values. Read from `rules/data/commands.yaml`.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use serde::Deserialize;

/// Packed by the build script from `rules/data/commands.yaml`, which documents the keys.
const PACKED: &str = include_str!(concat!(env!("OUT_DIR"), "/commands.json"));

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tools {
    tools: HashMap<String, Tool>,
    wrappers: HashMap<String, Wrapper>,
    /// Programs whose output is never empty.
    never_empty_output: HashSet<String>,
    /// Variables that every shell or CI system fills.
    never_empty_variables: HashSet<String>,
    /// Folders at the top of a system.
    top_folders: HashSet<String>,
    /// Commands and functions that end the script.
    leaving: HashSet<String>,
    /// Programs that ask a person.
    asking: HashSet<String>,
    /// Programs whose status is an answer.
    deciding: HashSet<String>,
    /// Programs after `||` that only say something.
    shrugging: HashSet<String>,
    /// Shells: what reaches their standard input is run.
    shells: HashSet<String>,
    #[serde(skip)]
    families: HashMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    /// Other programs of the family.
    #[serde(default)]
    also: Vec<String>,
    /// Long flags have one dash; two dashes mean the same.
    #[serde(default)]
    pub single_dash: bool,
    /// Flags that take the next word as their value.
    #[serde(default)]
    pub values: HashSet<String>,
    /// Flags that take the next word as their value right behind these subcommands only.
    #[serde(default)]
    pub values_of: HashMap<String, HashSet<String>>,
    /// Flags whose value is the rest of their own word: `mysql -pSECRET`.
    #[serde(default)]
    pub attached: HashSet<String>,
    /// Number of words that are subcommands.
    #[serde(default)]
    pub depth: usize,
    /// Subcommands after which one more word is a subcommand.
    #[serde(default)]
    pub groups: HashSet<String>,
    /// Words are subcommands up to and including one of these.
    #[serde(default)]
    pub verbs: HashSet<String>,
    /// Subcommands that say nothing about what is done: `terragrunt run-all`.
    #[serde(default)]
    pub transparent: HashSet<String>,
}

/// What a wrapper runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Payload {
    /// The words after its own.
    #[default]
    Words,
    /// The words after its own, joined and read by a shell.
    Joined,
    /// The value of its `script` flag, read by a shell.
    Flag,
    /// Its first operand, read by a shell.
    First,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wrapper {
    #[serde(default)]
    pub payload: Payload,
    #[serde(default)]
    pub values: HashSet<String>,
    /// The flag whose value is a script.
    #[serde(default)]
    pub script: Option<String>,
    /// Flags with which it is no wrapper.
    #[serde(default)]
    pub not_with: HashSet<String>,
    /// Operands before the payload: the host of `ssh`, the duration of `timeout`.
    #[serde(default)]
    pub operands: usize,
    /// `NAME=value` words before the payload.
    #[serde(default)]
    pub assignments: bool,
    /// The first operand is a host or container.
    #[serde(default)]
    pub remote: bool,
    /// The wrapper itself is a command worth a look.
    #[serde(default)]
    pub keep: bool,
}

impl Tools {
    pub(super) fn get() -> &'static Self {
        static TOOLS: OnceLock<Tools> = OnceLock::new();
        TOOLS.get_or_init(|| {
            // A test reads the packed table, so it parses.
            let mut tools: Self = serde_json::from_str(PACKED).unwrap_or_default();
            for (name, tool) in &tools.tools {
                for other in &tool.also {
                    tools.families.insert(other.clone(), name.clone());
                }
            }
            tools
        })
    }

    /// The name by which rules know a program.
    pub(super) fn family<'n>(&'n self, program: &'n str) -> &'n str {
        self.families.get(program).map_or(program, String::as_str)
    }

    pub(super) fn tool(&self, program: &str) -> Option<&Tool> {
        self.tools.get(self.family(program))
    }

    /// A wrapper by its program, or by family and subcommands: `docker exec`.
    pub(super) fn wrapper(&self, name: &str) -> Option<&Wrapper> {
        self.wrappers.get(name)
    }

    pub(super) fn is_shell(&self, program: &str) -> bool {
        self.shells.contains(program)
    }

    pub(super) fn fills(&self, variable: &str) -> bool {
        self.never_empty_variables.contains(variable)
    }

    pub(super) fn always_prints(&self, program: &str) -> bool {
        self.never_empty_output.contains(program)
    }

    pub(super) fn is_top_folder(&self, path: &str) -> bool {
        self.top_folders.contains(path)
    }

    pub(super) fn leaves(&self, program: &str) -> bool {
        self.leaving.contains(program)
    }

    pub(super) fn asks(&self, program: &str) -> bool {
        self.asking.contains(program)
    }

    /// Whether a program or function answers a question by its status.
    pub(super) fn decides(&self, program: &str) -> bool {
        let verb = program.split(['_', '-']).next().unwrap_or(program);
        self.deciding.contains(program)
            || verb.len() < program.len()
                && matches!(
                    verb,
                    "is" | "has" | "check" | "require" | "ensure" | "assert" | "verify" | "validate"
                )
    }

    pub(super) fn shrugs(&self, program: &str) -> bool {
        self.shrugging.contains(program)
    }
}

/// The programs of a family, the name of the family among them.
pub fn members(family: &str) -> impl Iterator<Item = &str> {
    let others = Tools::get().tools.get(family).map_or(&[][..], |tool| tool.also.as_slice());
    std::iter::once(family).chain(others.iter().map(String::as_str))
}

/// The family of tools that a program belongs to: `terraform` for `tofu`.
pub fn family_of(program: &str) -> &str {
    Tools::get().family(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_parses_and_no_program_is_in_two_families() {
        let tools: Tools = serde_json::from_str(PACKED).unwrap();
        let mut seen = HashSet::new();
        for (name, tool) in &tools.tools {
            assert!(seen.insert(name.clone()), "{name}");
            for other in &tool.also {
                assert!(seen.insert(other.clone()), "{other}");
            }
        }
        assert_eq!((family_of("tofu"), family_of("podman")), ("terraform", "docker"));
        assert_eq!(family_of("terraform"), "terraform");
    }
}
