//! `construct-replacement`: an edited property of a construct or a Pulumi resource makes the cloud delete the object and
//! create another one.
//!
//! What replaces is known of the types that stand behind: those of CloudFormation for the CDK, those of the Terraform
//! providers for Pulumi. A declaration is rewritten in the words of its type and then compared as one of them.
//!
//! Parameter: `system` (`cdk` or `pulumi`).

use super::Evidence;
use super::edits::Comparison;
use super::renamed::severity;
use crate::facts::{Attribute, Resource, System};
use crate::rules::tables;
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let parameter = rule.check.as_ref().and_then(|check| check.with.get("system"));
    let Some(system) = parameter.and_then(|name| tables::system(name)) else { return Vec::new() };
    let mut findings = Vec::new();
    for (old, before, new, after) in evidence.changed() {
        if after.system != system || before.kind != after.kind {
            continue;
        }
        let Some(behind) = tables::behind(after) else { continue };
        let (was, is) = (behind.rewrite(before), behind.rewrite(after));
        let Some((table, source)) = tables::replacement(&is) else { continue };
        let renamed = |_: &str, _: &str| false;
        let comparison = Comparison { table: &table, older: false, renamed: &renamed };
        let mut edits = comparison.edits(&was, &is);
        // What comes from elsewhere may say the same.
        let spread = |resource: &Resource| resource.attributes.iter().any(|one| one.path.ends_with("spread"));
        let hidden = spread(before) || spread(after);
        edits.retain(|edit| !hidden || edit.old.is_some() && edit.new.is_some());
        edits.retain(|edit| !edit.vague && !ignores(after, edit.new.or(edit.old)));
        let Some(first) = edits.iter().min_by_key(|edit| edit.doubt) else { continue };
        let text = |attribute: Option<&Attribute>| {
            attribute.map_or_else(|| "absent".to_owned(), |attribute| attribute.value.display())
        };
        let place = match (first.new, first.old) {
            (Some(attribute), _) => Place::at(&attribute.locus),
            (None, Some(attribute)) => {
                let line = evidence
                    .collapsed(attribute.locus.file, attribute.locus.start.line)
                    .unwrap_or(new.locus.start.line)
                    .clamp(new.locus.start.line, new.locus.end.line);
                Place::line(new.locus.file, &new.locus.path, line)
            }
            (None, None) => Place::start_of(&new.locus),
        };
        let written = first.new.and_then(|edit| as_written(after, edit));
        let written = written.or_else(|| first.old.and_then(|edit| as_written(before, edit)));
        let held = after.attribute("opts.protect").is_some_and(|one| one.value.as_bool() == Some(true));
        let grave = severity(rule.severity, after);
        let mut notes = vec![format!("{} of {source}", is.kind)];
        notes.extend(first.note.clone());
        if held {
            notes.push("protect still stands: the update will fail".to_owned());
        }
        let draft = Draft {
            old: Some(OldPlace::at(first.old.map_or(&old.locus, |attribute| &attribute.locus))),
            subject: Some(subject_of(new)),
            severity: Some(if held { grave.min(Severity::Medium) } else { grave }),
            // The library stands between the property and the type.
            doubt: first.doubt + u8::from(first.old.is_none() || first.new.is_none()),
            evidence: notes,
            content: first.path.clone(),
            ..Draft::new(Kind::Changed, place)
        };
        findings.push(
            draft
                .capture("address", &after.address)
                .capture("name", &after.name)
                .capture("attribute", written.unwrap_or(&first.path))
                .capture("old", text(first.old))
                .capture("new", text(first.new))
                .finish(rule),
        );
    }
    findings
}

/// The property as the program calls it.
fn as_written<'a>(resource: &'a Resource, edit: &Attribute) -> Option<&'a str> {
    let same = |one: &&Attribute| one.locus.span == edit.locus.span && one.value.is_same(&edit.value);
    resource.attributes.iter().find(same).map(|one| one.path.as_str())
}

/// Pulumi was told to overlook it.
fn ignores(resource: &Resource, edit: Option<&Attribute>) -> bool {
    let Some(written) = edit.and_then(|edit| as_written(resource, edit)) else { return false };
    let top = written.split(['.', '[']).next().unwrap_or(written);
    resource.system == System::Pulumi
        && resource.attribute("opts.ignoreChanges").is_some_and(|one| {
            one.value.as_text().split(|letter: char| !letter.is_alphanumeric()).any(|word| word == top)
        })
}
