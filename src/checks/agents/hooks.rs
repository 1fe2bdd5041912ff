//! Hooks: programs that an agent's host starts around its actions. One that goes may have been the guard; one that comes
//! runs on every machine that opens the project.

use super::super::Evidence;
use super::settings::{Leaf, files, speaks_of};
use crate::rules::{Finding, Kind, Rule, Severity};

/// Events at which a hook can refuse what an agent is about to do.
const BEFORE: [&str; 8] = [
    "PreToolUse",
    "UserPromptSubmit",
    "PermissionRequest",
    "BeforeTool",
    "beforeShellExecution",
    "beforeMCPExecution",
    "beforeReadFile",
    "beforeSubmitPrompt",
];
/// What a hook has no business with.
const LOUD: [&str; 11] = [
    "curl ",
    "wget ",
    "http://",
    "https://",
    "base64",
    "eval ",
    "/dev/tcp",
    "nc ",
    "Invoke-WebRequest",
    "iex ",
    "bash -c",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let all = files(evidence);
    for both in &all {
        // A settings file that moved as a whole is looked for in all of them.
        let known = |leaf: &Leaf<'_>, new: bool| {
            let sides = all.iter().flat_map(|other| if new { &other.new } else { &other.old });
            let mut commands = sides.filter(|other| command(other).is_some());
            commands.any(|other| is_same(&other.value, &leaf.value))
        };
        if speaks_of(rule, Kind::Removed) {
            for leaf in
                both.old.iter().filter(|leaf| command(leaf).is_some_and(|event| BEFORE.contains(&event)))
            {
                if !known(leaf, true) {
                    let draft = both.removed(evidence, leaf);
                    findings.push(
                        draft
                            .capture("name", shorten(&leaf.value))
                            .capture("kind", command(leaf).unwrap_or_default())
                            .finish(rule),
                    );
                }
            }
        }
        if speaks_of(rule, Kind::Introduced) {
            for leaf in both.new.iter().filter(|leaf| command(leaf).is_some()) {
                if !known(leaf, false) {
                    let loud = LOUD.iter().any(|word| leaf.value.contains(word));
                    let mut draft = both.introduced(leaf);
                    draft.severity = Some(if loud { Severity::Critical } else { Severity::Medium });
                    findings.push(
                        draft
                            .capture("name", shorten(&leaf.value))
                            .capture("kind", command(leaf).unwrap_or_default())
                            .finish(rule),
                    );
                }
            }
        }
    }
    findings
}

/// The event of a hook's command.
fn command<'a>(leaf: &Leaf<'a>) -> Option<&'a str> {
    let rest = leaf.path.strip_prefix("hooks.")?;
    let end = rest.find(['[', '.'])?;
    leaf.path.ends_with(".command").then(|| &rest[..end])
}

/// The same program, wherever it lies now.
fn is_same(one: &str, other: &str) -> bool {
    let program = |text: &str| -> String {
        text.split_whitespace()
            .map(|word| word.trim_matches(['"', '\'']))
            .map(|word| word.rsplit(['/', '\\']).next().unwrap_or(word).to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    one == other || program(one) == program(other)
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
