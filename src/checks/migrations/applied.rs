//! `applied-migrations`: steps that stood on the old side are edited, renumbered or deleted.
//!
//! Parameter: `what` is `edited` or `deleted`.

use std::borrow::Cow;

use super::super::Evidence;
use super::text::said;
use super::{file_name, folder, text};
use crate::change::{ChangeKind, FileChange, LineMap, Side};
use crate::facts::{Expression, Step, step_of};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule};

pub(in super::super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let what = rule.check.as_ref().and_then(|check| check.with.get("what")).map(String::as_str);
    let files = evidence.change.files.iter().enumerate();
    files
        .filter_map(|(index, file)| {
            let before = text(file.judged(Side::Old))?;
            let old_path = &file.judged(Side::Old)?.path;
            let step = step_of(old_path, before).filter(|step| !step.repeated)?;
            match what {
                Some("deleted") => deleted(rule, evidence, index, file, &step),
                _ => edited(rule, evidence, index, file, &step, before),
            }
        })
        .collect()
}

fn edited(
    rule: &Rule,
    evidence: &Evidence<'_>,
    index: usize,
    file: &FileChange,
    step: &Step,
    before: &str,
) -> Option<Finding> {
    let (old, new) = (file.old.as_ref()?, file.new.as_ref()?);
    let after = text(Some(new))?;
    let now = step_of(&new.path, after)?;
    if now.version != step.version || is_squashed(after) {
        return None;
    }
    let differs = if step.appended {
        let after = changesets(&new.path, after);
        changesets(&old.path, before).into_iter().any(|(id, text, free)| {
            !free && after.iter().any(|(other, now, free)| *other == id && *now != text && !free)
        })
    } else {
        said(&old.path, &acting(&old.path, before)) != said(&new.path, &acting(&new.path, after))
    };
    if !differs {
        return None;
    }
    let map = LineMap::new(before, after);
    let line = map.touched_new().next().or_else(|| first_gone(&map)).unwrap_or(1);
    let old_line = (1..=map.old_lines()).find(|line| map.is_touched_old(*line)).unwrap_or(1);
    let mut draft = Draft {
        old: Some(OldPlace { path: old.path.clone(), line: old_line, end_line: old_line }),
        ..Draft::new(Kind::Changed, Place::line(index, &new.path, line))
    };
    doubt(&mut draft, evidence, step, &old.path);
    Some(draft.capture("tool", &step.tool).capture("name", file_name(&new.path)).finish(rule))
}

/// A Python step without its imports: what they bring does something only where it is used.
fn acting<'t>(path: &str, text: &'t str) -> Cow<'t, str> {
    if !path.ends_with(".py") {
        return Cow::Borrowed(text);
    }
    let mut within = false;
    let kept = text.lines().filter(|line| {
        let imports = within
            || line.starts_with("import ")
            || line.starts_with("from ") && (line.contains(" import ") || line.contains(" import("));
        within = imports && !line.contains(')') && (within || line.contains('('));
        !imports
    });
    Cow::Owned(kept.collect::<Vec<_>>().join("\n"))
}

/// Where nothing was added: the line after which something is gone.
fn first_gone(map: &LineMap) -> Option<u32> {
    (1..=map.old_lines()).find(|line| map.to_new(*line).is_none()).map(|line| map.collapse(line))
}

/// A step that a later one follows was certainly applied somewhere; without one, and against the last commit only,
/// it may have been written yesterday.
fn doubt(draft: &mut Draft, evidence: &Evidence<'_>, step: &Step, path: &str) {
    let later = step.version.as_ref().is_some_and(|version| {
        siblings(evidence, Side::Old, path).iter().any(|other| {
            step_of(other, "").or_else(|| step_of(other, "down_revision")).is_some_and(|other| {
                other.version.as_ref().is_some_and(|other| super::order::is_later(other, version))
            })
        })
    });
    if later {
        draft.evidence.push("later migrations follow it".to_owned());
    } else if matches!(evidence.change.kind, ChangeKind::WorkTree | ChangeKind::Staged | ChangeKind::Commit) {
        draft.doubt = 1;
        draft.evidence.push("compared with the last commit: it may not have left this branch".to_owned());
    }
}

/// Paths of the files beside a file; for steps that are folders, of the folders beside it cannot be known.
fn siblings(evidence: &Evidence<'_>, side: Side, path: &str) -> Vec<String> {
    let folder = folder(path);
    let names = evidence.change.tree(side).list(folder).unwrap_or_default();
    names.into_iter().map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") }).collect()
}

fn deleted(
    rule: &Rule,
    evidence: &Evidence<'_>,
    index: usize,
    file: &FileChange,
    step: &Step,
) -> Option<Finding> {
    let old = file.old.as_ref()?;
    let before = text(Some(old))?;
    if step.appended {
        return None;
    }
    let (place, what) = match &file.new {
        None => {
            if is_taken_over(evidence, step, before) || is_module_gone(evidence, &old.path) {
                return None;
            }
            (Place::nowhere(index, &old.path), "deleted".to_owned())
        }
        Some(new) => {
            let now = step_of(&new.path, text(Some(new)).unwrap_or_default());
            let version = now.as_ref().and_then(|step| step.version.clone());
            if (now.is_some() && version == step.version) || text(Some(new)).is_some_and(is_squashed) {
                return None;
            }
            let what = match version {
                Some(version) => format!("renumbered to {version}"),
                None => format!("renamed to {}", file_name(&new.path)),
            };
            (Place::line(index, &new.path, 1), what)
        }
    };
    let mut draft = Draft {
        old: Some(OldPlace { path: old.path.clone(), line: 1, end_line: 1 }),
        ..Draft::new(if file.new.is_some() { Kind::Changed } else { Kind::Removed }, place)
    };
    doubt(&mut draft, evidence, step, &old.path);
    Some(
        draft
            .capture("tool", &step.tool)
            .capture("name", file_name(&old.path))
            .capture("new", what)
            .finish(rule),
    )
}

/// A new step says that it stands for the deleted ones, or has the same version and text in another folder.
fn is_taken_over(evidence: &Evidence<'_>, step: &Step, before: &str) -> bool {
    evidence.change.files.iter().filter(|file| file.old.is_none() || file.old != file.new).any(|file| {
        let Some(new) = file.new.as_ref() else { return false };
        let Some(after) = text(Some(new)) else { return false };
        if is_squashed(after) || file_name(&new.path).starts_with("B") && new.path.contains("__") {
            return true;
        }
        file.old.is_none()
            && step_of(&new.path, after).is_some_and(|other| other.version == step.version)
            && said(&new.path, after) == said(&new.path, before)
    })
}

/// Django: `replaces = [...]` names the steps that a squashed one stands for.
fn is_squashed(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("replaces = ["))
}

/// Nothing is left of what the steps belonged to.
fn is_module_gone(evidence: &Evidence<'_>, path: &str) -> bool {
    let tree = evidence.change.tree(Side::New);
    let steps = folder(path);
    let module = folder(steps);
    let empty = |folder: &str| tree.list(folder).is_ok_and(|names| names.is_empty());
    let had = |folder: &str| evidence.change.tree(Side::Old).list(folder).is_ok_and(|names| !names.is_empty());
    empty(steps) && !module.is_empty() && had(module) && empty(module)
}

/// The parts of a Liquibase file: id, what it says, and whether it may change.
fn changesets(path: &str, text: &str) -> Vec<(String, Vec<String>, bool)> {
    let pattern = match path.rsplit('.').next().unwrap_or_default() {
        "sql" => r"(?m)^--\s*changeset\s+(\S+)(.*)$",
        "xml" => r#"(?s)<changeSet\b([^>]*)>"#,
        _ => r"(?m)^\s*-\s*changeSet:\s*$",
    };
    let start = Expression::new(pattern);
    let starts: Vec<(usize, String)> = start
        .captures_iter(text)
        .filter_map(|found| Some((found.get(0)?.start(), found.get(0)?.as_str().to_owned())))
        .collect();
    let id = Some(Expression::new(r#"(?m)\bid\s*[:=]\s*["']?([^"'\s,}]+)"#));
    let mut parts = Vec::new();
    for (at, (start, head)) in starts.iter().enumerate() {
        let end = starts.get(at + 1).map_or(text.len(), |(next, _)| *next);
        let body = &text[*start..end];
        let body = body.split("</changeSet>").next().unwrap_or(body);
        let name = if head.trim_start().starts_with("--") {
            head.split_whitespace().nth(if head.starts_with("--changeset") { 1 } else { 2 }).map(str::to_owned)
        } else {
            id.as_ref()
                .and_then(|id| id.captures(body))
                .and_then(|found| Some(found.get(1)?.as_str().to_owned()))
        };
        let free = body.contains("runOnChange=\"true\"")
            || body.contains("runOnChange:true")
            || body.contains("runOnChange: true")
            || body.contains("runAlways");
        // The first line of a formatted part is itself a comment.
        parts.extend(name.map(|name| (name, said(path, body), free)));
    }
    parts
}
