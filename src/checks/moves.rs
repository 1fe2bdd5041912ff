//! `moved-removed`: a `moved` block is deleted while what it moved is still there.

use super::Evidence;
use super::addresses::is_managed;
use crate::facts::{Body, Resource, System};
use crate::rules::{Draft, Finding, Kind, OldPlace, Rule, Severity, subject_of, tables};

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, moved, place) in evidence.removed() {
        if moved.system != System::Terraform || moved.kind != "moved" {
            continue;
        }
        let Some(to) = moved.attribute("to").map(|to| to.value.as_text()) else { continue };
        let bare = to.split('[').next().unwrap_or(&to).to_owned();
        // Blocks of unchanged files are not at hand; a module whose target is gone says so in the change.
        let gone = evidence.removed().any(|(_, one, _)| one.module == moved.module && one.address == bare);
        let chained = evidence.new_resources.iter().any(|fact| match &fact.body {
            Body::Resource(one) => {
                one.kind == "moved"
                    && one.module == moved.module
                    && one.attribute("from").is_some_and(|from| {
                        let from = from.value.as_text();
                        from == moved.name || from == to
                    })
            }
            _ => false,
        });
        if gone || chained {
            continue;
        }
        let grave = target(evidence, &moved.module, &bare).is_some_and(|one| {
            tables::class_of(one).is_some_and(|class| {
                matches!(
                    class,
                    crate::rules::Class::Data | crate::rules::Class::Identity | crate::rules::Class::Container
                )
            })
        });
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(subject_of(old)),
            severity: Some(if grave { Severity::High } else { rule.severity }.max(rule.severity)),
            ..Draft::new(Kind::Removed, place)
        };
        findings.push(draft.capture("old", &moved.name).capture("new", &to).finish(rule));
    }
    findings
}

fn target<'a>(evidence: &'a Evidence<'_>, module: &str, address: &str) -> Option<&'a Resource> {
    evidence.new_resources.iter().find_map(|fact| match &fact.body {
        Body::Resource(one) if is_managed(one) && one.module == module && one.address == address => Some(one),
        _ => None,
    })
}
