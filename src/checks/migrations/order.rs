//! `migration-order`: a new step sorts before one that stands already, or two steps follow the same one.

use std::cmp::Ordering;

use super::super::Evidence;
use super::{file_name, folder, text};
use crate::change::{Side, Status};
use crate::facts::{Expression, step_of};
use crate::rules::{Draft, Finding, Kind, Place, Rule};

/// Steps of one folder that are read at most.
const MOST_STEPS: usize = 2000;

/// Tools whose steps name the one before instead of counting.
const LINKED: [&str; 1] = ["alembic"];

pub(in super::super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let change = evidence.change;
    let mut findings = Vec::new();
    for (index, file) in change.files.iter().enumerate() {
        let added = matches!(file.status, Status::Added | Status::Copied);
        let (true, Some(new), Some(after)) = (added, &file.new, text(file.new.as_ref())) else { continue };
        let Some(step) = step_of(&new.path, after).filter(|step| !step.repeated && !step.appended) else {
            continue;
        };
        let said = if LINKED.contains(&step.tool.as_str()) {
            second_head(evidence, &new.path, after, r#"(?m)^down_revision[^=\n]*=\s*["']([^"']+)["']"#)
        } else {
            let Some(version) = &step.version else { continue };
            let later = later_one(evidence, &new.path, version, &step.tool);
            if step.tool == "django" {
                later.or_else(|| second_leaf(evidence, &new.path, after))
            } else {
                later
            }
        };
        let Some(said) = said else { continue };
        let line = after
            .lines()
            .position(|line| line.trim_start().starts_with("down_revision") || line.contains("dependencies"))
            .map_or(1, |line| line as u32 + 1);
        let draft = Draft::new(Kind::Introduced, Place::line(index, &new.path, line));
        findings.push(draft.capture("name", file_name(&new.path)).capture("reason", said).finish(rule));
    }
    findings
}

/// A step that stood already and comes after the new one, or has its number.
fn later_one(evidence: &Evidence<'_>, path: &str, version: &str, tool: &str) -> Option<String> {
    // Where a step is a folder, its neighbours cannot be listed.
    let own = folder(path);
    let names = evidence.change.tree(Side::Old).list(own).ok()?;
    let still = evidence.change.tree(Side::New).list(own).ok()?;
    let merges = still.iter().any(|name| name.contains("merge"));
    for name in names.iter().filter(|name| still.contains(name)).take(MOST_STEPS) {
        let other = if own.is_empty() { name.clone() } else { format!("{own}/{name}") };
        let Some(step) = step_of(&other, "").filter(|step| step.tool == tool) else { continue };
        let Some(number) = step.version else { continue };
        let same_pair = strip_way(name) == strip_way(file_name(path));
        if same_pair {
            continue;
        }
        match compare(&number, version) {
            Ordering::Greater if tool != "django" => {
                return Some(format!("{name} stands already and comes after it"));
            }
            Ordering::Equal if !merges => return Some(format!("{name} has the same number")),
            _ => {}
        }
    }
    None
}

/// `1_a.up.sql` and `1_a.down.sql` are one step.
fn strip_way(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// Django: another step of the application depends on the same one.
fn second_leaf(evidence: &Evidence<'_>, path: &str, after: &str) -> Option<String> {
    let application = file_name(folder(folder(path)));
    // A merge depends on several steps of its application.
    let parent = format!(r#"\(\s*["']{}["']\s*,\s*["']([^"']+)["']\s*,?\s*\)"#, regex::escape(application));
    let several = Expression::new(&parent).captures_iter(after).count() > 1;
    if several || application.is_empty() { None } else { second_head(evidence, path, after, &parent) }
}

/// Another step of the folder follows the same one.
fn second_head(evidence: &Evidence<'_>, path: &str, after: &str, parent: &str) -> Option<String> {
    let parent = Expression::new(parent);
    let followed = parent.captures(after)?.get(1)?.as_str();
    let own = folder(path);
    let tree = evidence.change.tree(Side::New);
    let names = tree.list(own).ok()?;
    let mut head = None;
    for name in names.iter().filter(|name| name.ends_with(".py") && *name != file_name(path)).take(MOST_STEPS) {
        let other = if own.is_empty() { name.clone() } else { format!("{own}/{name}") };
        let Some(bytes) = tree.read(&other).ok().flatten() else { continue };
        let text = String::from_utf8_lossy(&bytes);
        // A merge names several and ends the fork.
        if text.lines().any(|line| line.starts_with("down_revision") && line.contains('('))
            || name.contains("merge")
        {
            return None;
        }
        let follows =
            parent.captures(&text).and_then(|found| found.get(1)).map(|group| group.as_str().to_owned());
        if follows.as_deref() == Some(followed) {
            head = Some(format!("{name} follows {followed} too: there are two heads"));
        }
    }
    head
}

/// Whether a version comes after another one.
pub(super) fn is_later(version: &str, other: &str) -> bool {
    compare(version, other) == Ordering::Greater
}

/// By their numbers; other parts as text.
fn compare(one: &str, other: &str) -> Ordering {
    let parts = |version: &str| -> Vec<String> { version.split(['.', '_', '-']).map(str::to_owned).collect() };
    let (one, other) = (parts(one), parts(other));
    for (left, right) in one.iter().zip(&other) {
        let order = match (left.parse::<u128>(), right.parse::<u128>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => left.cmp(right),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    one.len().cmp(&other.len())
}
