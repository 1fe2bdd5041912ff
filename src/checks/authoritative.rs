//! `authoritative`: a grant that adds to others becomes one that replaces all others.

use super::Evidence;
use crate::facts::{Attribute, Resource, System};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};

/// How much of the access to an object a resource claims for itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Member,
    Role,
    Everything,
}

fn claim(kind: &str) -> Option<(Claim, &str)> {
    let google = |end: &str, claim| {
        kind.strip_suffix(end).filter(|_| kind.starts_with("google_")).map(|stem| (claim, stem))
    };
    google("_iam_member", Claim::Member)
        .or_else(|| google("_iam_binding", Claim::Role))
        .or_else(|| google("_iam_policy", Claim::Everything))
}

/// Types that take every grant of an object over.
const TAKE_OVER: [&str; 12] = [
    "google_project_iam_policy",
    "google_folder_iam_policy",
    "google_organization_iam_policy",
    "aws_iam_policy_attachment",
    "aws_iam_role_policies_exclusive",
    "aws_iam_role_policy_attachments_exclusive",
    "aws_iam_user_policies_exclusive",
    "aws_iam_user_policy_attachments_exclusive",
    "aws_iam_group_policies_exclusive",
    "aws_iam_group_policy_attachments_exclusive",
    "aws_iam_group_membership",
    "github_team_members",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (new, fresh) in evidence.introduced().filter(|(_, fresh)| fresh.system == System::Terraform) {
        let replaced = claim(&fresh.kind).and_then(|(level, stem)| {
            evidence.removed().find(|(_, gone, _)| {
                claim(&gone.kind).is_some_and(|(was, other)| other == stem && was < level)
                    && same_object(gone, fresh)
            })
        });
        let takes_over = TAKE_OVER.contains(&fresh.kind.as_str());
        if replaced.is_none() && !takes_over {
            continue;
        }
        // A project that is made in the same change has no other grants yet.
        let own = evidence.introduced().any(|(_, other)| {
            matches!(other.kind.as_str(), "google_project" | "google_folder" | "aws_iam_role" | "aws_iam_group")
                && fresh
                    .attributes
                    .iter()
                    .any(|one| one.value.as_text().contains(&format!("{}.", other.address)))
        });
        if own {
            continue;
        }
        let draft = Draft {
            old: replaced.as_ref().map(|(old, ..)| OldPlace::at(&old.locus)),
            subject: Some(subject_of(new)),
            severity: Some(if fresh.kind.ends_with("_iam_binding") {
                rule.severity.min(Severity::High)
            } else {
                rule.severity
            }),
            ..Draft::new(Kind::Introduced, Place::start_of(&new.locus))
        };
        let was = replaced.map_or("grants from anywhere".to_owned(), |(_, gone, _)| gone.address.clone());
        findings.push(
            draft
                .capture("address", &fresh.address)
                .capture("name", &fresh.name)
                .capture("type", &fresh.kind)
                .capture("old", was)
                .capture("new", &fresh.address)
                .finish(rule),
        );
    }
    for (_, before, new, after) in evidence.changed() {
        if !after.kind.ends_with("_iam_binding") || after.system != System::Terraform {
            continue;
        }
        let members = |resource: &'_ Resource| -> Vec<Attribute> {
            resource.attributes.iter().filter(|one| one.path.starts_with("members")).cloned().collect()
        };
        let (was, is) = (members(before), members(after));
        let lost: Vec<&Attribute> =
            was.iter().filter(|one| !is.iter().any(|other| other.value.is_same(&one.value))).collect();
        // One left and one came: a change of person.
        let come = is.iter().filter(|one| !was.iter().any(|other| other.value.is_same(&one.value))).count();
        let Some(first) = lost.first().filter(|_| lost.len() > come) else { continue };
        let line = evidence.collapsed(first.locus.file, first.locus.start.line).unwrap_or(new.locus.start.line);
        let draft = Draft {
            old: Some(OldPlace::at(&first.locus)),
            subject: Some(subject_of(new)),
            severity: Some(Severity::Medium.min(rule.severity)),
            content: first.value.as_text(),
            ..Draft::new(
                Kind::Changed,
                Place::line(
                    new.locus.file,
                    &new.locus.path,
                    line.clamp(new.locus.start.line, new.locus.end.line),
                ),
            )
        };
        findings.push(
            draft
                .capture("address", &after.address)
                .capture("name", &after.name)
                .capture("type", &after.kind)
                .capture("old", first.value.display())
                .capture("new", "absent")
                .finish(rule),
        );
    }
    findings
}

/// Both speak of the same project, folder, bucket …
fn same_object(one: &Resource, other: &Resource) -> bool {
    let aside = ["member", "members", "role", "policy_data", "condition"];
    let facts = |resource: &Resource| -> Vec<String> {
        let wanted = resource.attributes.iter().filter(|attribute| {
            let head = attribute.path.split(['.', '[']).next().unwrap_or_default();
            !aside.contains(&head)
        });
        wanted.map(|attribute| format!("{}={}", attribute.path, attribute.value.as_text())).collect()
    };
    facts(one) == facts(other)
}
