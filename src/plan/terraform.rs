//! Plans of Terraform and OpenTofu, as `show -json` prints them.
//!
//! Format: <https://developer.hashicorp.com/terraform/internals/json-format>, major version 1.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;
use serde_json::Value;

use super::model::{Plan, Planned, PlannedAction, Tool};
use crate::facts::{Scalar, Value as FactValue};
use crate::rules::protections;

#[derive(Deserialize)]
struct Document {
    format_version: String,
    #[serde(default)]
    resource_changes: Vec<ResourceChange>,
    #[serde(default)]
    deferred_changes: Vec<Value>,
    #[serde(default)]
    checks: Vec<Check>,
    prior_state: Option<Value>,
    timestamp: Option<String>,
    complete: Option<bool>,
    errored: Option<bool>,
}

#[derive(Deserialize)]
struct ResourceChange {
    address: String,
    previous_address: Option<String>,
    #[serde(default)]
    module_address: String,
    #[serde(default)]
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    deposed: Option<String>,
    change: Change,
    action_reason: Option<String>,
}

#[derive(Deserialize)]
struct Change {
    actions: Vec<String>,
    #[serde(default)]
    before: Value,
    #[serde(default)]
    after: Value,
    #[serde(default)]
    after_unknown: Value,
    #[serde(default)]
    replace_paths: Vec<Vec<Value>>,
    importing: Option<Value>,
}

#[derive(Deserialize)]
struct Check {
    #[serde(default)]
    address: CheckAddress,
    #[serde(default)]
    status: String,
}

#[derive(Default, Deserialize)]
struct CheckAddress {
    #[serde(default)]
    to_display: String,
}

pub(super) fn read(name: &str, plan: &Value) -> Result<Plan, String> {
    let document = Document::deserialize(plan).map_err(|error| format!("it is damaged: {error}"))?;
    if document.format_version.split('.').next() != Some("1") {
        return Err(format!("format version {} is not known (1.x is)", document.format_version));
    }
    let mut gaps = Vec::new();
    if document.errored == Some(true) {
        gaps.push("planning failed".to_owned());
    } else if document.complete == Some(false) {
        gaps.push("made with -target, or incomplete for another reason".to_owned());
    }
    if !document.deferred_changes.is_empty() {
        gaps.push(format!("{} changes were deferred", document.deferred_changes.len()));
    }
    Ok(Plan {
        name: name.to_owned(),
        tool: Tool::Terraform,
        made: document.timestamp.as_deref().and_then(seconds),
        gaps,
        existing: document.prior_state.as_ref().map_or(0, |state| count_managed(state.get("values"))),
        failed_checks: document
            .checks
            .iter()
            .filter(|check| matches!(check.status.as_str(), "fail" | "error"))
            .map(|check| check.address.to_display.clone())
            .collect(),
        objects: document.resource_changes.into_iter().filter(|one| one.mode != "data").map(planned).collect(),
    })
}

fn planned(change: ResourceChange) -> Planned {
    let has = |action: &str| change.change.actions.iter().any(|one| one == action);
    let action = match (has("delete"), has("create")) {
        (true, true) => PlannedAction::Replace {
            delete_first: change.change.actions.first().is_some_and(|first| first == "delete"),
        },
        (true, false) => PlannedAction::Delete,
        // OpenTofu can create an object anew and let go of the old one.
        (false, true) if has("forget") => PlannedAction::Forget,
        (false, true) => PlannedAction::Create,
        (false, false) if has("forget") => PlannedAction::Forget,
        (false, false) if has("update") => PlannedAction::Update,
        (false, false) if change.change.importing.is_some() => PlannedAction::Import,
        (false, false) => PlannedAction::Nothing,
    };
    let reason = change.action_reason.as_deref();
    let compared = if action == PlannedAction::Create { &change.change.after } else { &change.change.before };
    Planned {
        source_name: format!("{}.{}", change.kind, change.name),
        module: change.module_address,
        action,
        unrequested: matches!(
            reason,
            Some("replace_because_tainted" | "replace_by_request" | "replace_by_triggers")
        ),
        reason: reason.map(in_words),
        paths: change.change.replace_paths.iter().map(|path| dotted(path)).collect(),
        lowered: lowered(&change.kind, &change.change, action),
        deposed: change.deposed.is_some(),
        likeness: arguments(compared),
        address: change.address,
        previous_address: change.previous_address,
        kind: change.kind,
    }
}

fn in_words(reason: &str) -> String {
    match reason {
        "replace_because_cannot_update" => "the provider cannot update it in place",
        "replace_because_tainted" => "it is tainted",
        "replace_by_request" => "-replace asked for it",
        "replace_by_triggers" => "replace_triggered_by",
        "delete_because_no_resource_config" => "it is no longer in the configuration",
        "delete_because_wrong_repetition" => "count and for_each were exchanged",
        "delete_because_count_index" => "its index is beyond count",
        "delete_because_each_key" => "its key is no longer in for_each",
        "delete_because_no_module" => "its module is no longer called",
        "delete_because_no_move_target" => "the target of its move does not exist",
        other => return other.replace('_', " "),
    }
    .to_owned()
}

fn dotted(path: &[Value]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Value::String(name) if text.is_empty() => text.push_str(name),
            Value::String(name) => text.push_str(&format!(".{name}")),
            other => text.push_str(&format!("[{other}]")),
        }
    }
    text
}

/// Protective attributes that the plan turns from safe to unsafe.
fn lowered(kind: &str, change: &Change, action: PlannedAction) -> Vec<String> {
    if !matches!(action, PlannedAction::Update | PlannedAction::Replace { .. }) {
        return Vec::new();
    }
    protections(kind, None)
        .into_iter()
        .filter(|row| {
            // A value that is only known after the apply says nothing yet.
            let unknown =
                find(&change.after_unknown, &row.attribute).is_some_and(|mark| *mark == Value::Bool(true));
            let was = find(&change.before, &row.attribute).and_then(scalar);
            let is = find(&change.after, &row.attribute).and_then(scalar);
            !unknown && row.loss(was.as_ref(), is.as_ref()).is_some_and(|loss| loss.doubt == 0)
        })
        .map(|row| row.attribute.clone())
        .collect()
}

/// A dotted path; blocks are lists of one in plans.
fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| {
        let value = match value {
            Value::Array(items) => items.first()?,
            other => other,
        };
        value.get(step)
    })
}

fn scalar(value: &Value) -> Option<FactValue> {
    Some(FactValue::Literal(match value {
        Value::Bool(value) => Scalar::Bool(*value),
        Value::Number(number) => Scalar::Number(number.as_f64()?),
        Value::String(text) => Scalar::String(text.clone()),
        _ => return None,
    }))
}

/// The top-level scalars of an object, hashed, so that no value is kept.
fn arguments(value: &Value) -> Vec<u64> {
    let Value::Object(fields) = value else { return Vec::new() };
    let mut hashes: Vec<u64> = fields
        .iter()
        .filter(|(name, value)| *name != "id" && *name != "arn" && !value.is_null())
        .map(|(name, value)| {
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            value.to_string().hash(&mut hasher);
            hasher.finish()
        })
        .collect();
    hashes.sort_unstable();
    hashes
}

/// Managed resources of a state, its child modules included; deeper than 50 modules are not counted.
fn count_managed(values: Option<&Value>) -> usize {
    let mut count = 0;
    let mut open: Vec<(&Value, u8)> =
        values.and_then(|values| values.get("root_module")).map(|root| (root, 0)).into_iter().collect();
    while let Some((module, depth)) = open.pop() {
        let list =
            |name: &str| module.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        count += list("resources")
            .iter()
            .filter(|resource| resource.get("mode").and_then(Value::as_str) == Some("managed"))
            .count();
        if depth < 50 {
            open.extend(list("child_modules").iter().map(|child| (child, depth + 1)));
        }
    }
    count
}

/// Seconds since the epoch of an RFC 3339 time in UTC, as Terraform writes it.
fn seconds(timestamp: &str) -> Option<i64> {
    let (date, time) = timestamp.split_once('T')?;
    let numbers =
        |text: &str, by: char| -> Option<Vec<i64>> { text.split(by).map(|part| part.parse().ok()).collect() };
    let date = numbers(date, '-')?;
    let time = numbers(time.trim_end_matches('Z').split('.').next()?, ':')?;
    let ([year, month, day], [hour, minute, second]) = (date.as_slice(), time.as_slice()) else { return None };
    Some(crate::calendar::days(*year, *month, *day)? * 86_400 + hour * 3600 + minute * 60 + second)
}
