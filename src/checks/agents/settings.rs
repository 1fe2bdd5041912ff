//! The leaves of one settings file, by side.

use super::super::Evidence;
use crate::facts::{Body, Fact};
use crate::rules::{Draft, Kind, OldPlace, Place, Rule, Subject};
use crate::source::Locus;

/// A leaf: its path, its value as text, its place.
pub(super) struct Leaf<'a> {
    pub path: &'a str,
    pub value: String,
    pub locus: &'a Locus,
}

/// Both sides of one file.
pub(super) struct Both<'a> {
    pub file: usize,
    pub path: &'a str,
    pub old: Vec<Leaf<'a>>,
    pub new: Vec<Leaf<'a>>,
}

/// Parts of the paths under which agents keep their settings; the rules say which files exactly.
const FOLDERS: [&str; 12] = [
    ".claude",
    ".cursor",
    ".gemini",
    ".qwen",
    ".codex",
    ".vscode",
    ".roo",
    ".amazonq",
    "mcp",
    "opencode",
    "claude_desktop",
    "cline",
];

fn is_of_agents(path: &str) -> bool {
    FOLDERS.iter().any(|part| path.contains(part))
}

/// Every changed file of agents, with its leaves in the order of the text.
pub(super) fn files<'a>(evidence: &'a Evidence<'_>) -> Vec<Both<'a>> {
    let changed = evidence.change.files.iter().enumerate();
    changed
        .filter(|(_, file)| [&file.old, &file.new].into_iter().flatten().any(|side| is_of_agents(&side.path)))
        .map(|(index, file)| Both {
            file: index,
            path: file.path(),
            old: leaves(evidence.old_resources, index),
            new: leaves(evidence.new_resources, index),
        })
        .collect()
}

fn leaves(facts: &[Fact], file: usize) -> Vec<Leaf<'_>> {
    let leaf = |fact: &'_ Fact| -> Option<(usize, String)> {
        match &fact.body {
            Body::Setting(setting) if fact.locus.file == file => {
                Some((fact.locus.span.start, setting.value.as_text()))
            }
            _ => None,
        }
    };
    let mut found: Vec<(usize, Leaf<'_>)> = facts
        .iter()
        .filter_map(|fact| {
            let (start, value) = leaf(fact)?;
            let Body::Setting(setting) = &fact.body else { return None };
            Some((start, Leaf { path: &setting.path, value, locus: &fact.locus }))
        })
        .collect();
    found.sort_by_key(|(start, _)| *start);
    found.into_iter().map(|(_, leaf)| leaf).collect()
}

impl Both<'_> {
    pub(super) fn introduced(&self, leaf: &Leaf<'_>) -> Draft {
        self.draft(Kind::Introduced, Place::at(leaf.locus), &leaf.value)
    }

    pub(super) fn removed(&self, evidence: &Evidence<'_>, leaf: &Leaf<'_>) -> Draft {
        let gone = evidence.change.files.get(self.file).is_none_or(|file| file.new.is_none());
        let place = match evidence.collapsed(self.file, leaf.locus.start.line).filter(|_| !gone) {
            Some(line) => Place::line(self.file, self.path, line),
            None => Place::nowhere(self.file, self.path),
        };
        Draft { old: Some(OldPlace::at(leaf.locus)), ..self.draft(Kind::Removed, place, &leaf.value) }
    }

    fn draft(&self, kind: Kind, place: Place, content: &str) -> Draft {
        Draft {
            subject: Some(Subject { home: self.path.to_owned(), name: "agent".to_owned() }),
            content: content.to_owned(),
            ..Draft::new(kind, place)
        }
    }
}

/// Whether a rule reports this kind of turn.
pub(super) fn speaks_of(rule: &Rule, kind: Kind) -> bool {
    use crate::rules::When;
    rule.when.iter().any(|when| {
        matches!(
            (when, kind),
            (When::Introduced, Kind::Introduced)
                | (When::Removed, Kind::Removed)
                | (When::Changed, Kind::Changed)
        )
    })
}
