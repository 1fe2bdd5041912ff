//! `forces-replacement`: an edited attribute makes the provider delete the object and create another one.
//!
//! Parameter: `system` (`terraform` unless given).

use super::Evidence;
use super::addresses::{Handled, is_managed};
use super::edits::{Comparison, Edit};
use super::versions::{self, Pinned};
use crate::change::Side;
use crate::facts::{Attribute, Fact, Resource, System, Value, without_indexes};
use crate::rules::tables::{self, Replacement};
use crate::rules::{Class, Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let system = rule
        .check
        .as_ref()
        .and_then(|check| check.with.get("system"))
        .and_then(|name| tables::system(name))
        .unwrap_or(System::Terraform);
    let moved = moved_pairs(evidence, system);
    let renamed = |old: &str, new: &str| {
        let at = |resource: &Resource, address: &str| resource.address == address;
        let pairs = evidence.changed().map(|(_, before, _, after)| (before, after));
        pairs
            .chain(moved.iter().map(|pair| (pair.before, pair.after)))
            .any(|(before, after)| at(before, old) && at(after, new))
            || (evidence.removed().any(|(_, gone, _)| at(gone, old))
                && evidence.introduced().any(|(_, come)| at(come, new)))
    };
    let same = evidence.changed().map(|(old, before, new, after)| Pair { old, before, new, after });
    let mut findings = Vec::new();
    for pair in same.chain(moved.iter().copied()) {
        let after = pair.after;
        if after.system != system || !is_managed(after) || is_new_every_time(after) {
            continue;
        }
        let Some((table, source)) = tables::replacement(after) else { continue };
        let pinned = (system == System::Terraform && !table.older.is_empty())
            .then(|| versions::pinned(evidence, &after.module, provider_of(after)))
            .flatten();
        let older = pinned.as_ref().is_some_and(|pinned| tables::is_older(after, pinned.major));
        let comparison = Comparison { table: &table, older, renamed: &renamed };
        let mut edits = comparison.edits(pair.before, after);
        edits.retain(|edit| !is_providers_own_region(evidence, after, edit));
        // What a parser made of broken text lacks lines that a reader sees.
        let torn = is_torn(evidence, pair.old, Side::Old) || is_torn(evidence, pair.new, Side::New);
        edits.retain(|edit| !torn || edit.old.is_some() && edit.new.is_some());
        let Some(first) = edits.iter().min_by_key(|edit| edit.doubt) else { continue };
        let told = Told { table: &table, source: &source, pinned: pinned.filter(|_| older) };
        findings.push(finding(rule, evidence, &pair, first, &edits, &told));
    }
    findings
}

/// A side of the file that no parser accepts.
fn is_torn(evidence: &Evidence<'_>, fact: &Fact, side: Side) -> bool {
    let reading = evidence.readings.get(fact.locus.file).and_then(|reading| reading.side(side));
    let host = reading.and_then(|side| side.documents.first());
    host.and_then(|host| host.tree.as_ref()).is_some_and(|tree| tree.root_node().has_error())
}

/// One object on both sides.
#[derive(Clone, Copy)]
struct Pair<'a> {
    old: &'a Fact,
    before: &'a Resource,
    new: &'a Fact,
    after: &'a Resource,
}

/// Objects that a `moved` block of this change carries to another address.
fn moved_pairs<'a>(evidence: &'a Evidence<'_>, system: System) -> Vec<Pair<'a>> {
    if system != System::Terraform {
        return Vec::new();
    }
    let mut pairs = Vec::new();
    for (old, before, _) in evidence.removed().filter(|(_, gone, _)| is_managed(gone)) {
        let handled = Handled::in_module(evidence, &before.module);
        let Some(to) = handled.destination(&before.address) else { continue };
        let heir = evidence.introduced().find(|(_, new)| new.module == before.module && new.address == to);
        if let Some((new, after)) = heir {
            pairs.push(Pair { old, before, new, after });
        }
    }
    pairs
}

/// A job of its own for each run: its name is computed, or its tool deletes the last one first.
fn is_new_every_time(after: &Resource) -> bool {
    let hook = |one: &Attribute| {
        ["helm.sh/hook", "argocd.argoproj.io/hook", "argocd.argoproj.io/sync-options"]
            .iter()
            .any(|key| one.path.starts_with("metadata.annotations") && one.path.contains(key))
            && (!one.path.contains("sync-options") || {
                let text = one.value.as_text();
                text.contains("Replace=true") || text.contains("Force=true")
            })
    };
    after.kind == "batch/Job"
        && (after.attribute("metadata.generateName").is_some()
            || after.name.contains("${")
            || after.attribute("metadata.name").is_some_and(|name| matches!(name.value, Value::Unknown(_)))
            || after.attributes.iter().any(hook))
}

fn provider_of(resource: &Resource) -> &str {
    resource.kind.split('_').next().unwrap_or_default()
}

/// Writing down the region that the provider has anyway is no change.
fn is_providers_own_region(evidence: &Evidence<'_>, after: &Resource, edit: &Edit<'_>) -> bool {
    let (Some(new), None) = (edit.new, edit.old) else { return false };
    edit.path == "region"
        && evidence.new_resources.iter().any(|fact| match &fact.body {
            crate::facts::Body::Resource(provider) => {
                provider.kind == "provider"
                    && provider.module == after.module
                    && provider.attribute("region").is_some_and(|region| region.value.is_same(&new.value))
            }
            _ => false,
        })
}

/// What the finding rests on besides the edit.
struct Told<'a> {
    table: &'a Replacement,
    source: &'a str,
    pinned: Option<Pinned>,
}

fn finding(
    rule: &Rule,
    evidence: &Evidence<'_>,
    pair: &Pair<'_>,
    first: &Edit<'_>,
    edits: &[Edit<'_>],
    told: &Told<'_>,
) -> Finding {
    let (new, after) = (pair.new, pair.after);
    let text = |attribute: Option<&Attribute>| {
        attribute.map_or_else(|| "absent".to_owned(), |attribute| attribute.value.display())
    };
    let place = match (first.new, first.old) {
        (Some(attribute), _) => Place::at(&attribute.locus),
        (None, Some(attribute)) if attribute.locus.file == new.locus.file => {
            let line = evidence
                .collapsed(attribute.locus.file, attribute.locus.start.line)
                .unwrap_or(new.locus.start.line)
                .clamp(new.locus.start.line, new.locus.end.line);
            Place::line(new.locus.file, &new.locus.path, line)
        }
        _ => Place::start_of(&new.locus),
    };
    let (severity, kept) = severity(rule.severity, after);
    let draft = Draft {
        old: Some(OldPlace::at(first.old.map_or(&pair.old.locus, |attribute| &attribute.locus))),
        subject: Some(subject_of(new)),
        doubt: first.doubt,
        severity: Some(if first.vague { severity.min(Severity::Medium) } else { severity }),
        evidence: notes(pair, first, edits, told, kept),
        content: without_indexes(&first.path),
        ..Draft::new(Kind::Changed, place)
    };
    draft
        .capture("address", &after.address)
        .capture("name", &after.name)
        .capture("type", &after.kind)
        .capture("attribute", &first.path)
        .capture("old", text(first.old))
        .capture("new", text(first.new))
        .finish(rule)
}

fn notes(
    pair: &Pair<'_>,
    first: &Edit<'_>,
    edits: &[Edit<'_>],
    told: &Told<'_>,
    kept: Option<&str>,
) -> Vec<String> {
    let mut notes = vec![match &told.pinned {
        Some(pinned) => pinned.note.clone(),
        None => told.source.to_owned(),
    }];
    let literal = |attribute: Option<&Attribute>| {
        attribute.is_some_and(|attribute| matches!(attribute.value, Value::Literal(_)))
    };
    notes.push(match (first.old, first.new) {
        (Some(_), Some(_)) if literal(first.old) && literal(first.new) => "literal to literal".to_owned(),
        (Some(_), Some(_)) => "an expression on one side or both".to_owned(),
        (None, _) => format!("{} was absent", first.path),
        (_, None) => format!("{} is gone", first.path),
    });
    notes.extend(first.note.clone());
    notes.extend(kept.map(str::to_owned));
    for attribute in [first.old, first.new].into_iter().flatten() {
        notes.extend(attribute.folded.clone());
    }
    if told.table.beta {
        notes.push("only in the beta provider".to_owned());
    }
    if told.table.delete_first {
        notes.push("the old one is deleted before the new one is made".to_owned());
    }
    if pair.before.address != pair.after.address {
        notes.push(format!("moved from {}", pair.before.address));
    }
    for other in edits.iter().filter(|edit| edit.path != first.path).take(3) {
        notes.push(format!("{} forces it too", other.path));
    }
    notes
}

/// How grave it is to lose the object, and what still stands in the way.
fn severity(most: Severity, after: &Resource) -> (Severity, Option<&'static str>) {
    let is = |path: &str| after.attribute(path).is_some_and(|one| one.value.as_bool() == Some(true));
    // A job that is done holds nothing: the next rollout stops, and that is all.
    if after.kind == "batch/Job" {
        return (most.min(Severity::Medium), None);
    }
    if tables::is_superseded(after) {
        return (
            most.min(Severity::Low),
            Some("every edit makes a new version: that is how this type is used"),
        );
    }
    let grave = match tables::class_of(after) {
        Some(Class::Data | Class::Identity | Class::Container) => most,
        Some(Class::Compute) => most.min(Severity::High),
        Some(Class::Config) | None if tables::is_link(after) => most.min(Severity::Low),
        Some(Class::Config) => most.min(Severity::Medium),
        None if matches!(after.system, System::Terraform | System::Cloudformation)
            && !tables::sounds_stateful(&after.kind) =>
        {
            most.min(Severity::Medium)
        }
        None => most.min(Severity::High),
    };
    if is("lifecycle.prevent_destroy") {
        return (grave.min(Severity::Medium), Some("prevent_destroy still stands: the plan will fail"));
    }
    if is("lifecycle.create_before_destroy") && grave <= Severity::High {
        return (grave.min(Severity::Medium), Some("create_before_destroy: the new one is made first"));
    }
    (grave, None)
}
