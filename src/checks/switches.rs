//! `safeguard-switch`: a variable, an argument of a module or an input of Terragrunt whose name is that of a safeguard
//! goes to the weaker value.

use super::Evidence;
use crate::facts::{Attribute, Resource, System, Value, without_indexes};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};

/// How a name is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// `true`, or a higher number, protects.
    More,
    /// `true` takes protection away.
    Less,
}

/// Names, compared as whole words between underscores, and what they stand for.
const NAMES: [(&str, Direction); 38] = [
    ("deletion_protection", Direction::More),
    ("delete_protection", Direction::More),
    ("termination_protection", Direction::More),
    ("prevent_destroy", Direction::More),
    ("protect_from_deletion", Direction::More),
    ("backup_enabled", Direction::More),
    ("backups_enabled", Direction::More),
    ("enable_backup", Direction::More),
    ("enable_backups", Direction::More),
    ("backup_retention", Direction::More),
    ("backup_retention_days", Direction::More),
    ("backup_retention_period", Direction::More),
    ("point_in_time_recovery", Direction::More),
    ("pitr_enabled", Direction::More),
    ("enable_pitr", Direction::More),
    ("multi_az", Direction::More),
    ("versioning_enabled", Direction::More),
    ("enable_versioning", Direction::More),
    ("storage_encrypted", Direction::More),
    ("encryption_enabled", Direction::More),
    ("enable_encryption", Direction::More),
    ("encrypt_at_rest", Direction::More),
    ("soft_delete_enabled", Direction::More),
    ("purge_protection_enabled", Direction::More),
    ("enable_alarms", Direction::More),
    ("alarms_enabled", Direction::More),
    ("monitoring_enabled", Direction::More),
    ("audit_logging_enabled", Direction::More),
    ("block_public_access", Direction::More),
    ("block_public_policy", Direction::More),
    ("skip_final_snapshot", Direction::Less),
    ("force_destroy", Direction::Less),
    ("force_delete", Direction::Less),
    ("delete_contents_on_destroy", Direction::Less),
    ("delete_automated_backups", Direction::Less),
    ("publicly_accessible", Direction::Less),
    ("public_access", Direction::Less),
    ("allow_public_access", Direction::Less),
];

/// The direction of a name that ends (or begins) with that of a safeguard.
fn direction(name: &str) -> Option<Direction> {
    let name = name.to_ascii_lowercase();
    let found = NAMES
        .iter()
        .find(|(known, _)| name == *known || name.strip_suffix(known).is_some_and(|rest| rest.ends_with('_')));
    let direction = found.map(|(_, direction)| *direction)?;
    // `disable_deletion_protection` reads the other way round.
    let negated = ["disable_", "no_", "skip_", "without_"]
        .iter()
        .any(|word| name.starts_with(word) && !NAMES.iter().any(|(known, _)| *known == name));
    Some(match (direction, negated) {
        (direction, false) => direction,
        (Direction::More, true) => Direction::Less,
        (Direction::Less, true) => Direction::More,
    })
}

/// The attributes of a resource that are settings of something else, with their names.
fn settings(resource: &Resource) -> Vec<(String, &Attribute)> {
    let all = resource.attributes.iter();
    match resource.kind.as_str() {
        "variable" => all.filter(|one| one.path == "default").map(|one| (resource.name.clone(), one)).collect(),
        "module" => all
            .filter(|one| !matches!(one.path.as_str(), "source" | "version"))
            .map(|one| (last(&one.path), one))
            .collect(),
        "tfvars" => all.map(|one| (last(&one.path), one)).collect(),
        "terragrunt" => {
            all.filter(|one| one.path.starts_with("inputs.")).map(|one| (last(&one.path), one)).collect()
        }
        _ => Vec::new(),
    }
}

fn last(path: &str) -> String {
    let plain = without_indexes(path);
    plain.rsplit('.').next().unwrap_or_default().to_owned()
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, before, new, after) in evidence.changed() {
        if after.system != System::Terraform {
            continue;
        }
        for (name, now) in settings(after) {
            let Some(direction) = direction(&name) else { continue };
            let Some(was) = before.attribute(&now.path) else { continue };
            let Some(level) = weaker(direction, &was.value, &now.value) else { continue };
            let draft = Draft {
                old: Some(OldPlace::at(&was.locus)),
                subject: Some(subject_of(new)),
                severity: Some(level.min(rule.severity)),
                evidence: now.folded.clone().into_iter().collect(),
                content: now.path.clone(),
                ..Draft::new(Kind::Changed, Place::at(&now.locus))
            };
            findings.push(
                draft
                    .capture("address", &after.address)
                    .capture("name", &name)
                    .capture("old", was.value.display())
                    .capture("new", now.value.display())
                    .finish(rule),
            );
        }
    }
    findings
}

fn weaker(direction: Direction, old: &Value, new: &Value) -> Option<Severity> {
    if let (Some(was), Some(is)) = (old.as_bool(), new.as_bool()) {
        let lost = match direction {
            Direction::More => was && !is,
            Direction::Less => !was && is,
        };
        return lost.then_some(Severity::High);
    }
    let (was, is) = (old.as_number()?, new.as_number()?);
    let lost = direction == Direction::More && is < was;
    lost.then_some(if is * 2.0 <= was { Severity::High } else { Severity::Medium })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_whole_words() {
        assert!(direction("db_deletion_protection") == Some(Direction::More));
        assert!(direction("deletion_protection") == Some(Direction::More));
        assert!(direction("disable_deletion_protection") == Some(Direction::Less));
        assert!(direction("skip_final_snapshot") == Some(Direction::Less));
        assert!(direction("nodeletion_protections").is_none());
        assert!(direction("republic_access").is_none());
    }
}
