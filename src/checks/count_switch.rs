//! `for-each-switch`: `count` and `for_each` swapped, so every instance gets another address.

use super::Evidence;
use super::addresses::{Handled, is_managed};
use super::renamed::severity;
use crate::facts::{Resource, System};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, subject_of};

/// What multiplies a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Multiplied {
    Once,
    Count,
    ForEach,
}

impl Multiplied {
    fn of(resource: &Resource) -> Self {
        let has = |name: &str| {
            resource.attributes.iter().any(|attribute| {
                attribute
                    .path
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']))
            })
        };
        if has("for_each") {
            Self::ForEach
        } else if has("count") {
            Self::Count
        } else {
            Self::Once
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Once => "a single instance",
            Self::Count => "count",
            Self::ForEach => "for_each",
        }
    }
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, before, new, after) in evidence.changed() {
        if after.system != System::Terraform || !(is_managed(after) || after.kind == "module") {
            continue;
        }
        let (was, is) = (Multiplied::of(before), Multiplied::of(after));
        // Terraform itself carries `x` over to `x[0]` and back; only `for_each` keys have no known counterpart.
        let switched = was != is && (was == Multiplied::ForEach || is == Multiplied::ForEach);
        if !switched || Handled::in_module(evidence, &after.module).is_moved(&after.address) {
            continue;
        }
        // No instance had another address before.
        if before.attribute("count").is_some_and(|count| count.value.as_number() == Some(0.0)) {
            continue;
        }
        let at = |resource: &Resource, name: &str| {
            resource
                .attributes
                .iter()
                .find(|attribute| attribute.path.starts_with(name))
                .map(|one| one.locus.clone())
        };
        let locus = at(after, is.name()).unwrap_or_else(|| new.locus.clone());
        let draft = Draft {
            old: Some(OldPlace::at(&at(before, was.name()).unwrap_or_else(|| old.locus.clone()))),
            subject: Some(subject_of(new)),
            severity: Some(severity(rule.severity, after)),
            evidence: vec!["no moved block".to_owned()],
            ..Draft::new(Kind::Changed, Place::start_of(&locus))
        };
        findings.push(
            draft
                .capture("address", &after.address)
                .capture("name", &after.name)
                .capture("type", &after.kind)
                .capture("old", was.name())
                .capture("new", is.name())
                .finish(rule),
        );
    }
    findings
}
