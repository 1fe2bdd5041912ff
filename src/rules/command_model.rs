//! What a `command` rule may say; compiled into the build script with the rest of the model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A test of the operands of a command. All keys that are given must hold for the same operand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperandTest {
    /// Regular expression over the word with expansions shown as `${NAME}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_matches: Option<String>,
    /// The word becomes `/`, a top folder or everything here when a variable in it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collapses: Option<bool>,
    /// The word is one variable that nothing checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
}

/// What must hold before a command runs; see `facts::Guarding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardName {
    /// `set -e`.
    ErrorExit,
    /// `set -u`.
    NoUnset,
    /// A check that a variable of the command is not empty.
    Checked,
    /// A question to a person.
    Confirmed,
    /// Any other condition.
    Condition,
    /// A `cd` whose failure ends the script.
    Folder,
    /// A `cd` whose failure goes unnoticed; no guard, but a place to look at.
    UnsureFolder,
}

/// Values that say where a command works. One of them matched `old`, and matches `new` now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwitchTest {
    /// Flags whose value counts: `--context`, `-n`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Variables before the command that count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
    /// Operands count, position by position.
    #[serde(default)]
    pub operands: bool,
    /// The host of `ssh` and of containers counts.
    #[serde(default)]
    pub remote: bool,
    /// Regular expressions; a value that already matched `new` is no switch.
    pub old: String,
    pub new: String,
}

/// Command lines. Names of tools in one family (`terraform` for `tofu` and others) come from `rules/data/commands.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandMatcher {
    /// Base names or families, any of them; all programs when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub program: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_program: Vec<String>,
    /// Regular expression over the base name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program_pattern: Option<String>,
    /// Leading words after the program, any of them: `destroy`, `compose down`, `state rm`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subcommand: Vec<String>,
    /// Flags all of which must be there; alternatives in one entry with `|`: `-r|-R|--recursive`, `-o=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Flags none of which may be there; same form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_flags: Vec<String>,
    /// One of these tests must hold for an operand. An operand that changes is then another risk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operands: Vec<OperandTest>,
    /// None of these tests may hold for any operand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_operands: Vec<OperandTest>,
    /// One of these tests must hold for the value of a flag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<OperandTest>,
    /// One of these tests must hold for a file that `>` writes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<OperandTest>,
    /// Regular expressions over the command line as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_text: Option<String>,
    /// Regular expressions over the folder that a checked `cd` went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_folder: Option<String>,
    /// Regular expression over the host or container that the command runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// Variables before the command with regular expressions over their values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Runs under one of these: `sudo`, `ssh`, `docker exec`, `trap`, `bash -c`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wrappers: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_wrappers: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub piped_from: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub piped_to: Vec<String>,
    /// `true`: the exit status is thrown away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_ignored: Option<bool>,
    /// `true`: a check, a confirmation or a condition stands before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guarded: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<GuardName>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_guards: Vec<GuardName>,
    /// Kinds of `rules/data/dangers.yaml`, one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub does: Vec<String>,
    /// Besides the keys above one of these must hold; each alternative is a risk of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<CommandMatcher>,
    /// None of these may hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<CommandMatcher>,
    /// Both sides: one of these flags is there now and was not before; alternatives with `|`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gains: Vec<String>,
    /// Both sides: one of these flags was there and is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loses: Vec<String>,
    /// Both sides: one of these held before the command and does not any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loses_guard: Vec<GuardName>,
    /// Both sides: regular expressions over conditions, the strongest first. The best one that a condition of the
    /// command matches has become a later one, or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loses_condition: Vec<String>,
    /// Both sides: the command works somewhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switches: Option<SwitchTest>,
}

impl CommandMatcher {
    /// A key needs both sides.
    pub fn compares(&self) -> bool {
        !(self.loses.is_empty()
            && self.loses_guard.is_empty()
            && self.loses_condition.is_empty()
            && self.switches.is_none())
            || self.any.iter().any(Self::compares)
    }
}
