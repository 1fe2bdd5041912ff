//! Change sets of CloudFormation, as `describe-change-set --output json` prints them.
//!
//! Format: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html>.

use serde::Deserialize;
use serde_json::Value;

use super::model::{Plan, Planned, PlannedAction, Tool};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeSet {
    #[serde(default)]
    changes: Vec<Entry>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    status_reason: String,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    resource_change: Option<ResourceChange>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceChange {
    action: String,
    logical_resource_id: String,
    #[serde(default)]
    resource_type: String,
    replacement: Option<String>,
    policy_action: Option<String>,
    #[serde(default)]
    details: Vec<Detail>,
    change_set_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Detail {
    target: Option<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    name: Option<String>,
    requires_recreation: Option<String>,
}

pub(super) fn read(name: &str, plan: &Value) -> Result<Plan, String> {
    let set = ChangeSet::deserialize(plan).map_err(|error| format!("it is damaged: {error}"))?;
    let mut gaps = Vec::new();
    // A change set without changes is reported as failed.
    let empty =
        set.status_reason.contains("didn't contain changes") || set.status_reason.contains("No updates");
    if set.status == "FAILED" && !empty {
        gaps.push("the change set failed".to_owned());
    }
    if set.next_token.is_some() {
        gaps.push("further pages were not fetched".to_owned());
    }
    let changes: Vec<ResourceChange> =
        set.changes.into_iter().filter_map(|entry| entry.resource_change).collect();
    if changes.iter().any(|change| {
        change.resource_type == "AWS::CloudFormation::Stack"
            && change.change_set_id.is_none()
            && change.action == "Modify"
    }) {
        gaps.push("nested stacks have change sets of their own".to_owned());
    }
    Ok(Plan {
        name: name.to_owned(),
        tool: Tool::Cloudformation,
        made: None,
        gaps,
        existing: changes.iter().filter(|change| change.action != "Add").count(),
        failed_checks: Vec::new(),
        objects: changes.into_iter().map(planned).collect(),
    })
}

fn planned(change: ResourceChange) -> Planned {
    let policy = change.policy_action.as_deref().unwrap_or_default();
    let keeps = matches!(policy, "Retain" | "ReplaceAndRetain");
    let action = match (change.action.as_str(), change.replacement.as_deref()) {
        ("Remove", _) if keeps => PlannedAction::Forget,
        ("Remove", _) => PlannedAction::Delete,
        ("Modify", Some("True")) if keeps => PlannedAction::Forget,
        // CloudFormation creates the new object before it deletes the old one.
        ("Modify", Some("True")) => PlannedAction::Replace { delete_first: false },
        ("Modify", Some("Conditional")) if !keeps => PlannedAction::MayReplace,
        ("Dynamic", _) => PlannedAction::MayReplace,
        ("Add", _) => PlannedAction::Create,
        ("Import", _) => PlannedAction::Import,
        _ => PlannedAction::Update,
    };
    let paths = change
        .details
        .iter()
        .filter_map(|detail| detail.target.as_ref())
        .filter(|target| matches!(target.requires_recreation.as_deref(), Some("Always" | "Conditionally")))
        .filter_map(|target| target.name.clone());
    let mut paths: Vec<String> = paths.collect();
    paths.sort();
    paths.dedup();
    Planned {
        source_name: change.logical_resource_id.clone(),
        address: change.logical_resource_id,
        previous_address: None,
        kind: change.resource_type,
        module: String::new(),
        action,
        reason: (!policy.is_empty()).then(|| format!("policy action {policy}")),
        unrequested: false,
        paths,
        lowered: Vec::new(),
        deposed: false,
        likeness: Vec::new(),
    }
}
