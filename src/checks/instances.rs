//! `instances`: instances of a block that vanish or change places because what multiplies the block changed.
//!
//! Parameter `what`: `keys` (a key of `for_each` is gone), `count` (the count is lower or zero), `shift` (the list that
//! `count.index` runs over lost or gained an element before its end).

use std::collections::BTreeSet;

use super::Evidence;
use super::addresses::{Handled, is_managed};
use super::renamed::severity;
use crate::facts::{Attribute, Body, Fact, Resource, System, Value};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let what = rule.check.as_ref().and_then(|check| check.with.get("what")).map_or("", String::as_str);
    match what {
        "shift" => shifts(rule, evidence),
        _ => evidence
            .changed()
            .filter(|(.., after)| multiplies(after))
            .filter_map(|(old, before, new, after)| {
                let pair = Pair { old, before, new, after };
                if what == "count" { lowered(rule, evidence, &pair) } else { keys_lost(rule, evidence, &pair) }
            })
            .collect(),
    }
}

struct Pair<'a> {
    old: &'a Fact,
    before: &'a Resource,
    new: &'a Fact,
    after: &'a Resource,
}

fn multiplies(resource: &Resource) -> bool {
    resource.system == System::Terraform && (is_managed(resource) || resource.kind == "module")
}

/// Attributes at or beneath a name.
fn under<'a>(resource: &'a Resource, name: &'a str) -> impl Iterator<Item = &'a Attribute> {
    resource.attributes.iter().filter(move |attribute| {
        attribute.path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    })
}

/// The literal keys of `for_each`, or `None` where one of them is not known.
fn keys(resource: &Resource) -> Option<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    let mut any = false;
    for attribute in under(resource, "for_each") {
        any = true;
        let rest = &attribute.path["for_each".len()..];
        match (rest, &attribute.value) {
            // An empty collection.
            ("", Value::Literal(_)) => {}
            ("", Value::Unknown(_)) => return None,
            _ => {
                // An element of a set names itself; a map entry may hold anything.
                if rest.starts_with('[')
                    && !rest.starts_with("[\"")
                    && matches!(attribute.value, Value::Unknown(_))
                {
                    return None;
                }
                keys.insert(first_key(rest));
            }
        }
    }
    any.then_some(keys)
}

/// `logs` of `.logs.size`, `[logs]` and `["a.b"].size`.
fn first_key(rest: &str) -> String {
    match rest.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default().trim_matches('"').to_owned(),
        None => rest[1..].split(['.', '[']).next().unwrap_or_default().to_owned(),
    }
}

fn keys_lost(rule: &Rule, evidence: &Evidence<'_>, pair: &Pair<'_>) -> Option<Finding> {
    if let Some(scheme) = key_scheme_changed(pair) {
        let mut draft = draft(evidence, pair, "for_each", rule.severity);
        draft.evidence.push(format!("every key changes: {scheme}"));
        let finding = word(draft, pair, "its old keys", "other keys");
        return Some(finding.finish(rule));
    }
    let (was, is) = (keys(pair.before)?, keys(pair.after)?);
    let handled = Handled::in_module(evidence, &pair.after.module);
    let lost: Vec<&String> = was
        .difference(&is)
        .filter(|key| !handled.moves_instance(&format!("{}[\"{key}\"]", pair.after.address)))
        .collect();
    if lost.is_empty() || handled.is_moved(&pair.after.address) && lost.len() == was.len() {
        return None;
    }
    let grave = severity(Severity::Critical, pair.after) == Severity::Critical;
    let half = lost.len() * 2 > was.len() && was.len() > 1;
    let most = if grave || half { Severity::Critical } else { rule.severity };
    let mut draft = draft(evidence, pair, "for_each", most);
    draft.severity = Some(if half && !grave { rule.severity } else { severity(most, pair.after) });
    draft.evidence.push(format!("{} of {} keys gone, no moved block", lost.len(), was.len()));
    let added: Vec<&String> = is.difference(&was).collect();
    let list = |keys: &[&String]| keys.iter().map(|key| format!("\"{key}\"")).collect::<Vec<_>>().join(", ");
    let new = if added.is_empty() { "absent".to_owned() } else { list(&added) };
    Some(word(draft, pair, &list(&lost), &new).finish(rule))
}

/// `{ for u in var.users : u.name => u }` now keyed by `u.id`.
fn key_scheme_changed(pair: &Pair<'_>) -> Option<String> {
    let scheme = |resource: &Resource| -> Option<(String, String)> {
        let Value::Unknown(text) = &resource.attribute("for_each")?.value else { return None };
        let inner = text.strip_prefix('{')?.trim_start();
        let (head, rest) = inner.strip_prefix("for ")?.split_once(" : ")?;
        let (key, _) = rest.split_once(" => ")?;
        Some((head.to_owned(), key.to_owned()))
    };
    let ((before, was), (after, is)) = (scheme(pair.before)?, scheme(pair.after)?);
    (before == after && was != is).then(|| format!("{was} before, {is} now"))
}

fn lowered(rule: &Rule, evidence: &Evidence<'_>, pair: &Pair<'_>) -> Option<Finding> {
    let number = |resource: &Resource| match resource.attribute("count") {
        Some(count) => count.value.as_number(),
        // Without count there is one.
        None if under(resource, "for_each").next().is_none() => Some(1.0),
        None => None,
    };
    let (was, is) = (number(pair.before)?, number(pair.after)?);
    if is >= was || Handled::in_module(evidence, &pair.after.module).keeps(&pair.after.address) {
        return None;
    }
    let grave = severity(Severity::Critical, pair.after);
    let level = match grave {
        Severity::Critical => Severity::Critical,
        // A fleet that shrinks and stays a fleet.
        _ if is >= 2.0 => Severity::Medium,
        other => other.min(rule.severity),
    };
    let mut draft = draft(evidence, pair, "count", level);
    draft.evidence.push("no removed block".to_owned());
    Some(word(draft, pair, &was.to_string(), &is.to_string()).finish(rule))
}

/// A list of scalars that a local, a default or a values file holds, in order.
fn lists(resource: &Resource) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for attribute in &resource.attributes {
        let Some((head, _)) = attribute.path.split_once('[') else { continue };
        let name = match (resource.kind.as_str(), head) {
            ("local", "value") => format!("local.{}", resource.name),
            ("variable", "default") => format!("var.{}", resource.name),
            ("tfvars", _) => format!("var.{head}"),
            _ => continue,
        };
        // Elements of elements are no list of names.
        if attribute.path[head.len()..].ends_with(']') && attribute.path.matches('[').count() == 1 {
            match found.iter_mut().find(|(known, _)| *known == name) {
                Some((_, items)) => items.push(attribute.value.as_text()),
                None => found.push((name, vec![attribute.value.as_text()])),
            }
        }
    }
    found
}

fn shifts(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, before, new, after) in evidence.changed() {
        if !matches!(after.kind.as_str(), "local" | "variable" | "tfvars") {
            continue;
        }
        let now = lists(after);
        for (name, was) in lists(before) {
            let Some((_, is)) = now.iter().find(|(other, _)| *other == name) else { continue };
            let kept: Vec<&String> = was.iter().filter(|item| is.contains(item)).collect();
            let shifted = kept.iter().any(|item| {
                was.iter().position(|other| other == *item) != is.iter().position(|other| other == *item)
            });
            if !shifted {
                continue;
            }
            for user in users(evidence, &after.module, &name, is) {
                if Handled::in_module(evidence, &after.module).is_moved(&user.address) {
                    continue;
                }
                let place = after
                    .attributes
                    .iter()
                    .zip(&is[..])
                    .find(|(attribute, _)| !before.attributes.iter().any(|one| one.path == attribute.path))
                    .map_or_else(|| Place::start_of(&new.locus), |(attribute, _)| Place::at(&attribute.locus));
                let draft = Draft {
                    old: Some(OldPlace { end_line: old.locus.start.line, ..OldPlace::at(&old.locus) }),
                    subject: Some(crate::rules::Subject {
                        home: after.module.clone(),
                        name: user.address.clone(),
                    }),
                    severity: Some(severity(Severity::Critical, user).min(Severity::Critical)),
                    evidence: vec![format!("{} indexes {name} by count.index", user.address)],
                    content: name.clone(),
                    ..Draft::new(Kind::Changed, place)
                };
                findings.push(
                    draft
                        .capture("address", &user.address)
                        .capture("name", &name)
                        .capture("type", &user.kind)
                        .capture("old", was.join(", "))
                        .capture("new", is.join(", "))
                        .finish(rule),
                );
            }
        }
    }
    findings
}

/// Resources of a module that take elements of a list by `count.index`.
fn users<'a>(evidence: &'a Evidence<'_>, module: &str, list: &str, items: &[String]) -> Vec<&'a Resource> {
    let folded: Vec<String> = items.iter().map(|item| format!("\"{item}\"")).collect();
    let patterns = [
        format!("{list}[count.index]"),
        format!("element({list}, count.index)"),
        format!("element([{}], count.index)", folded.join(", ")),
    ];
    let mut found: Vec<&Resource> = Vec::new();
    for fact in evidence.new_resources {
        let Body::Resource(resource) = &fact.body else { continue };
        let uses = || {
            resource.attributes.iter().any(|attribute| match &attribute.value {
                Value::Unknown(text) => patterns.iter().any(|pattern| text.contains(pattern)),
                Value::Literal(_) => false,
            })
        };
        if multiplies(resource)
            && resource.module == module
            && !found.iter().any(|known| known.address == resource.address)
            && uses()
        {
            found.push(resource);
        }
    }
    found
}

fn draft(evidence: &Evidence<'_>, pair: &Pair<'_>, name: &str, level: Severity) -> Draft {
    let was: Vec<&Attribute> = under(pair.before, name).collect();
    let is: Vec<&Attribute> = under(pair.after, name).collect();
    let gone =
        was.iter().find(|one| !is.iter().any(|other| other.path == one.path && other.value == one.value));
    let come =
        is.iter().find(|one| !was.iter().any(|other| other.path == one.path && other.value == one.value));
    let place = match (come.or(is.first()), gone) {
        (Some(attribute), None) => Place::at(&attribute.locus),
        (Some(attribute), Some(_)) if come.is_some() => Place::at(&attribute.locus),
        (survivor, Some(gone)) if gone.locus.file == pair.new.locus.file => {
            let line = evidence.collapsed(gone.locus.file, gone.locus.start.line);
            let line = line.or(survivor.map(|one| one.locus.start.line)).unwrap_or(pair.new.locus.start.line);
            Place::line(pair.new.locus.file, &pair.new.locus.path, line)
        }
        _ => Place::start_of(&pair.new.locus),
    };
    let old = gone.or(was.first()).map_or(&pair.old.locus, |attribute| &attribute.locus);
    let mut notes: Vec<String> =
        come.or(gone).and_then(|attribute| attribute.folded.clone()).into_iter().collect();
    notes.dedup();
    Draft {
        old: Some(OldPlace::at(old)),
        subject: Some(subject_of(pair.new)),
        severity: Some(level),
        evidence: notes,
        content: name.to_owned(),
        ..Draft::new(Kind::Changed, place)
    }
}

fn word(draft: Draft, pair: &Pair<'_>, old: &str, new: &str) -> Draft {
    draft
        .capture("address", &pair.after.address)
        .capture("name", &pair.after.name)
        .capture("type", &pair.after.kind)
        .capture("old", old)
        .capture("new", new)
}
