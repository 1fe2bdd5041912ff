//! Finds out what kind of plan a file is, and hands it to its reader.

use serde_json::Value;

use super::{Plan, PlanError, cloudformation, pulumi, terraform};

const HINT: &str = "known are: terraform show -json PLANFILE, aws cloudformation describe-change-set --output json, \
                    pulumi preview --json";

/// Reads a plan from the text of a file called `name`.
pub fn read(name: &str, text: &str) -> Result<Plan, PlanError> {
    let error = |reason: String, hint: &str| PlanError { name: name.to_owned(), reason, hint: hint.to_owned() };
    let plan: Value = match serde_json::from_str(text) {
        Ok(plan) => plan,
        Err(_) if is_event_stream(text) => {
            return Err(error(
                "it is the event stream of `plan -json`, not a plan".to_owned(),
                "save the plan with -out=FILE and give foureyes what `terraform show -json FILE` prints",
            ));
        }
        Err(reason) => return Err(error(format!("it is not JSON: {reason}"), HINT)),
    };
    if is_event(&plan) {
        return Err(error(
            "it is one event of `plan -json`, not a plan".to_owned(),
            "save the plan with -out=FILE and give foureyes what `terraform show -json FILE` prints",
        ));
    }
    if plan.get("format_version").is_some() && plan.get("values").is_some() {
        return Err(error(
            "it shows a state, not a plan".to_owned(),
            "give `terraform show -json` the file that `terraform plan -out=FILE` wrote",
        ));
    }
    let result = if plan.get("format_version").is_some() {
        terraform::read(name, &plan)
    } else if plan.get("Changes").is_some_and(Value::is_array) {
        cloudformation::read(name, &plan)
    } else if plan.get("steps").is_some_and(Value::is_array) || plan.get("changeSummary").is_some() {
        pulumi::read(name, &plan)
    } else {
        Err("it has the shape of no plan".to_owned())
    };
    result.map_err(|reason| error(reason, HINT))
}

fn is_event(value: &Value) -> bool {
    value.get("@level").is_some() && value.get("type").is_some()
}

fn is_event_stream(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    serde_json::from_str::<Value>(first).is_ok_and(|value| is_event(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_plan_is_named() {
        for (text, reason) in [
            ("not json", "not JSON"),
            ("{}", "shape of no plan"),
            (
                "{\"@level\":\"info\",\"type\":\"version\"}\n{\"@level\":\"info\",\"type\":\"x\"}",
                "event stream",
            ),
            ("{\"format_version\":\"1.0\",\"values\":{}}", "shows a state"),
            ("{\"format_version\":\"2.0\",\"resource_changes\":[]}", "format version 2.0"),
        ] {
            let error = read("p.json", text).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {}", error.reason);
            assert!(!error.hint.is_empty());
        }
    }
}
