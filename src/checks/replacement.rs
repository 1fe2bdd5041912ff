//! `forces-replacement`: an edited attribute makes the provider delete the object and create another one.

use super::Evidence;
use super::addresses::{Handled, is_managed};
use crate::facts::{Attribute, Fact, Resource, Scalar, System, Value};
use crate::rules::tables::{self, Replacement};
use crate::rules::{Class, Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let system = rule
        .check
        .as_ref()
        .and_then(|check| check.with.get("system"))
        .and_then(|name| tables::system(name))
        .unwrap_or(System::Terraform);
    let mut findings = Vec::new();
    for (old, before, new, after) in evidence.changed() {
        if after.system != system || !is_managed(after) {
            continue;
        }
        let Some((table, source)) = tables::replacement(after) else { continue };
        if Handled::in_module(evidence, &after.module).keeps(&after.address) {
            continue;
        }
        let edits: Vec<Edit> = edits(before, after, &table);
        let Some(first) = edits.iter().min_by_key(|edit| edit.doubt) else { continue };
        findings.push(finding(rule, evidence, (old, new, after), first, &edits, &source));
    }
    findings
}

/// An attribute that forces replacement and changed.
struct Edit<'a> {
    path: String,
    old: Option<&'a Attribute>,
    new: Option<&'a Attribute>,
    /// Steps of confidence lost.
    doubt: u8,
    /// The tables say that it depends, not on what.
    vague: bool,
    note: Option<String>,
}

fn edits<'a>(before: &'a Resource, after: &'a Resource, table: &Replacement) -> Vec<Edit<'a>> {
    let mut paths: Vec<&str> = after.attributes.iter().map(|attribute| attribute.path.as_str()).collect();
    paths.extend(
        before
            .attributes
            .iter()
            .map(|attribute| attribute.path.as_str())
            .filter(|path| after.attribute(path).is_none()),
    );
    let mut edits = Vec::new();
    for path in paths {
        let plain = without_indexes(path);
        let always = table.replace.iter().any(|listed| covers(listed, &plain));
        let sometimes = table.conditional.iter().find(|listed| covers(listed, &plain));
        if !always && sometimes.is_none() {
            continue;
        }
        let (old, new) = (before.attribute(path), after.attribute(path));
        let Some(doubt) = difference(old, new, &plain, table) else { continue };
        let (extra, note) = match sometimes {
            Some(listed) if !always => match table.when.get(listed) {
                Some(when) if spares(when, old, new) => continue,
                Some(when) => (1, Some(format!("forces replacement only: {when}"))),
                None => (2, Some("forces replacement depending on the values".to_owned())),
            },
            _ => (0, None),
        };
        let vague = extra == 2;
        edits.push(Edit { path: path.to_owned(), old, new, doubt: doubt + extra, vague, note });
    }
    edits
}

/// Whether a condition of the tables clearly does not hold for two values.
fn spares(when: &str, old: Option<&Attribute>, new: Option<&Attribute>) -> bool {
    let number = |attribute: Option<&Attribute>| attribute.and_then(|attribute| attribute.value.as_number());
    if when.starts_with("decrease") {
        return matches!((number(old), number(new)), (Some(old), Some(new)) if new >= old);
    }
    when.starts_with("unless it was unset") && old.is_none()
}

/// Steps of confidence lost if the values differ, or `None` if they do not, as far as source can tell.
fn difference(
    old: Option<&Attribute>,
    new: Option<&Attribute>,
    plain: &str,
    table: &Replacement,
) -> Option<u8> {
    let default = table.default.get(plain);
    let unset = |attribute: Option<&Attribute>| match attribute.map(|attribute| &attribute.value) {
        None => true,
        Some(Value::Literal(Scalar::Null | Scalar::Bool(false))) => true,
        Some(Value::Literal(Scalar::String(text))) => text.is_empty(),
        Some(Value::Literal(Scalar::Number(number))) => *number == 0.0,
        Some(Value::Literal(Scalar::Bool(true)) | Value::Unknown(_)) => false,
    };
    let is_default = |attribute: &Attribute| {
        default.is_some_and(|default| match default {
            serde_json::Value::String(text) => attribute.value.as_text() == *text,
            other => attribute.value.as_text() == *other,
        })
    };
    match (old, new) {
        (Some(old), Some(new)) if old.value.is_same(&new.value) => None,
        (Some(old), Some(new)) => match (&old.value, &new.value) {
            (Value::Literal(_), Value::Literal(_)) => Some(0),
            // Two expressions can stand for the same value.
            (Value::Unknown(_), Value::Unknown(_)) => None,
            _ => Some(2),
        },
        // The provider keeps what it has computed when the line goes.
        (Some(_), None) if table.computed.iter().any(|listed| listed == plain) => None,
        (Some(one), None) | (None, Some(one)) if is_default(one) || (default.is_none() && unset(Some(one))) => {
            None
        }
        (None, Some(one)) if table.computed.iter().any(|listed| listed == plain) => {
            // The line may only write down what the object already has.
            Some(if matches!(one.value, Value::Literal(_)) { 1 } else { 2 })
        }
        (Some(one), None) | (None, Some(one)) => {
            Some(if matches!(one.value, Value::Literal(_)) { 0 } else { 2 })
        }
        (None, None) => None,
    }
}

/// `a[0].b["x"].c` is `a.b.c`.
fn without_indexes(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut depth = 0u32;
    for letter in path.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    plain
}

/// `x.*` covers the block and everything beneath it; a plain entry covers itself, its elements and, where it is a
/// map, its keys.
fn covers(listed: &str, path: &str) -> bool {
    let stem = listed.strip_suffix(".*").unwrap_or(listed);
    path.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn finding(
    rule: &Rule,
    evidence: &Evidence<'_>,
    (old, new, after): (&Fact, &Fact, &Resource),
    first: &Edit<'_>,
    edits: &[Edit<'_>],
    source: &str,
) -> Finding {
    let class = tables::class_of(after);
    let severity = match class {
        Some(Class::Data | Class::Identity | Class::Container) => rule.severity,
        Some(Class::Compute) | None => rule.severity.min(Severity::High),
        Some(Class::Config) => rule.severity.min(Severity::Medium),
    };
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
    let mut notes = vec![source.to_owned()];
    notes.push(match (first.old, first.new) {
        (Some(_), Some(_)) if first.doubt == 0 => "literal to literal".to_owned(),
        (None, _) => format!("{} was absent", first.path),
        (_, None) => format!("{} is gone", first.path),
        _ => "one side is an expression".to_owned(),
    });
    notes.extend(first.note.clone());
    for attribute in [first.old, first.new].into_iter().flatten() {
        notes.extend(attribute.folded.clone());
    }
    if after.system == System::Terraform {
        notes.push("no moved block".to_owned());
    }
    for other in edits.iter().filter(|edit| edit.path != first.path).take(3) {
        notes.push(format!("{} forces it too", other.path));
    }
    let draft = Draft {
        old: Some(OldPlace::at(first.old.map_or(&old.locus, |attribute| &attribute.locus))),
        subject: Some(subject_of(new)),
        doubt: first.doubt,
        severity: Some(if first.vague { severity.min(Severity::Medium) } else { severity }),
        evidence: notes,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_covered_as_the_tables_mean_them() {
        assert!(covers("tags_all.*", "tags_all"));
        assert!(covers("disk.*", "disk.size"));
        assert!(covers("disk", "disk.size"));
        assert!(!covers("disk", "disk_size"));
        assert_eq!(without_indexes("disk[0].kms[\"a.b\"].key"), "disk.kms.key");
    }
}
