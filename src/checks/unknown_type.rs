//! `unknown-type`: an argument that usually is an identity changes on a resource of a type that no table knows.

use super::Evidence;
use super::addresses::is_managed;
use crate::facts::{System, Value};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, subject_of, tables};

/// Arguments by which providers of all kinds tell one object from another.
const IDENTITIES: [&str; 16] = [
    "name",
    "identifier",
    "region",
    "location",
    "zone",
    "availability_zone",
    "datacenter",
    "bucket",
    "database",
    "engine",
    "cluster_id",
    "project_id",
    "organization_id",
    "cloud_provider",
    "size_gb",
    "replication_specs.region_name",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, before, new, after) in evidence.changed() {
        let unknown = after.system == System::Terraform
            && is_managed(after)
            && !tables::is_link(after)
            && tables::replacement(after).is_none();
        if !unknown {
            continue;
        }
        let edited = IDENTITIES.iter().find_map(|path| {
            let (one, other) = (before.attribute(path)?, after.attribute(path)?);
            let literal = |value: &Value| matches!(value, Value::Literal(_));
            (literal(&one.value) && literal(&other.value) && !one.value.is_same(&other.value))
                .then_some((one, other))
        });
        let Some((one, other)) = edited else { continue };
        let draft = Draft {
            old: Some(OldPlace::at(&one.locus)),
            subject: Some(subject_of(new)),
            evidence: vec![format!("{} is a type that no table knows", after.kind)],
            content: other.path.clone(),
            ..Draft::new(Kind::Changed, Place::at(&other.locus))
        };
        findings.push(
            draft
                .capture("address", &after.address)
                .capture("name", &after.name)
                .capture("type", &after.kind)
                .capture("attribute", &other.path)
                .capture("old", one.value.display())
                .capture("new", other.value.display())
                .finish(rule),
        );
    }
    findings
}
