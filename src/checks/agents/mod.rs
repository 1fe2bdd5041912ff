//! What a change lets a coding agent do: permissions, hooks, servers, orders.

mod hooks;
mod orders;
mod permissions;
mod servers;
mod settings;

use super::Evidence;
use crate::rules::{Finding, Rule};

/// `agent-settings`. Parameter `what`: `permissions`, `hooks`, `servers`.
pub(super) fn settings(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    match rule.check.as_ref().and_then(|check| check.with.get("what")).map_or("", String::as_str) {
        "permissions" => permissions::check(rule, evidence),
        "hooks" => hooks::check(rule, evidence),
        "servers" => servers::check(rule, evidence),
        _ => Vec::new(),
    }
}

/// `agent-orders`. Parameter `what`: `gained`, `lost`, `planted`.
pub(super) fn orders(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    match rule.check.as_ref().and_then(|check| check.with.get("what")).map_or("", String::as_str) {
        "gained" => orders::gained(rule, evidence),
        "lost" => orders::lost(rule, evidence),
        "planted" => orders::planted(rule, evidence),
        _ => Vec::new(),
    }
}
