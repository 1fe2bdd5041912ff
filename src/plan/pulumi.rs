//! Previews of Pulumi, as `pulumi preview --json` prints them.
//!
//! Format: <https://www.pulumi.com/docs/iac/cli/commands/pulumi_preview/>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::model::{Plan, Planned, PlannedAction, Tool};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Preview {
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default)]
    diagnostics: Vec<Diagnostic>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    op: String,
    urn: String,
    #[serde(default)]
    replace_reasons: Vec<String>,
    old_state: Option<Value>,
}

#[derive(Deserialize)]
struct Diagnostic {
    #[serde(default)]
    severity: String,
}

pub(super) fn read(name: &str, plan: &Value) -> Result<Plan, String> {
    let preview = Preview::deserialize(plan).map_err(|error| format!("it is damaged: {error}"))?;
    let mut gaps = Vec::new();
    if preview.diagnostics.iter().any(|diagnostic| diagnostic.severity == "error") {
        gaps.push("the preview reports errors".to_owned());
    }
    if plan.get("steps").is_none() {
        gaps.push("the preview lists no steps".to_owned());
    }
    let mut objects: BTreeMap<String, Planned> = BTreeMap::new();
    let mut existing = 0;
    for step in preview.steps {
        let Some(planned) = planned(&step) else { continue };
        match objects.get_mut(&step.urn) {
            // One replacement shows as up to three steps of one URN; the first tells what comes first.
            Some(known) => {
                if !known.action.destroys() {
                    known.action = planned.action;
                }
                known.paths.extend(planned.paths);
                known.paths.sort();
                known.paths.dedup();
            }
            None => {
                existing += usize::from(step.old_state.is_some());
                objects.insert(step.urn.clone(), planned);
            }
        }
    }
    Ok(Plan {
        name: name.to_owned(),
        tool: Tool::Pulumi,
        made: None,
        gaps,
        objects: objects.into_values().collect(),
        existing,
        failed_checks: Vec::new(),
    })
}

fn planned(step: &Step) -> Option<Planned> {
    let action = match step.op.as_str() {
        "create" => PlannedAction::Create,
        "update" => PlannedAction::Update,
        "delete" => PlannedAction::Delete,
        "replace" | "create-replacement" | "import-replacement" => {
            PlannedAction::Replace { delete_first: false }
        }
        "delete-replaced" => PlannedAction::Replace { delete_first: true },
        "import" => PlannedAction::Import,
        "discard" | "discard-replaced" | "read" | "read-replacement" | "refresh" => return None,
        _ => PlannedAction::Nothing,
    };
    // urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME
    let mut parts = step.urn.rsplitn(2, "::");
    let name = parts.next().unwrap_or_default();
    let kind = parts.next().and_then(|rest| rest.rsplit("::").next()).unwrap_or_default();
    let kind = kind.rsplit('$').next().unwrap_or_default();
    Some(Planned {
        address: step.urn.clone(),
        previous_address: None,
        kind: kind.to_owned(),
        source_name: name.to_owned(),
        module: String::new(),
        action,
        reason: None,
        unrequested: false,
        paths: step.replace_reasons.clone(),
        lowered: Vec::new(),
        deposed: false,
        likeness: Vec::new(),
    })
}
