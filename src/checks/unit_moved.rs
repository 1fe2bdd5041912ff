//! `terragrunt-unit-moved`: the folder of a unit is part of the place of its state, and the folder was renamed.

use super::Evidence;
use crate::change::{Change, Side, Status};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Subject};

/// What makes the key of a state out of the folder.
const FOLLOWS: &str = "path_relative_to_include";
/// Names of the file that all units include.
const ROOTS: [&str; 2] = ["terragrunt.hcl", "root.hcl"];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, file) in evidence.change.files.iter().enumerate() {
        let (Some(old), Some(new)) = (&file.old, &file.new) else { continue };
        let unit = |path: &str| path.strip_suffix("/terragrunt.hcl").map(str::to_owned);
        let (Some(was), Some(is)) = (unit(&old.path), unit(&new.path)) else { continue };
        if file.status != Status::Renamed || was == is {
            continue;
        }
        let (Some(before), Some(after)) =
            (place_of(evidence.change, Side::Old, &was), place_of(evidence.change, Side::New, &is))
        else {
            continue;
        };
        if before == after {
            continue;
        }
        let line = |path: &str| OldPlace { path: path.to_owned(), line: 1, end_line: 1 };
        let draft = Draft {
            old: Some(line(&old.path)),
            subject: Some(Subject { home: is.clone(), name: after.clone() }),
            evidence: vec![format!("the key of the state is made with {FOLLOWS}()")],
            ..Draft::new(Kind::Changed, Place::line(index, &new.path, 1))
        };
        findings.push(draft.capture("old", before).capture("new", after).finish(rule));
    }
    findings
}

/// The folder of a unit as seen from the file that it includes, where that makes the key of the state out of it.
fn place_of(change: &Change, side: Side, unit: &str) -> Option<String> {
    let mut folder = unit;
    loop {
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        for name in ROOTS {
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            let Ok(Some(bytes)) = change.tree(side).read(&path) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            if text.contains(FOLLOWS) && text.contains("remote_state") {
                return Some(unit[folder.len()..].trim_start_matches('/').to_owned());
            }
        }
        if folder.is_empty() {
            return None;
        }
    }
}
