//! The examples of a rule: changes that must fire and changes that must stay quiet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    pub fires: Vec<Example>,
    pub quiet: Vec<QuietExample>,
}

/// A change that must fire the rule: path → text on both sides. A missing path is a missing file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    #[serde(default)]
    pub old: BTreeMap<String, String>,
    #[serde(default)]
    pub new: BTreeMap<String, String>,
    /// The 1-based line that the finding must name on the new side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The 1-based line that the finding must name on the old side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_line: Option<u32>,
    /// The text of a plan that comes with the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The message of its one commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A change that must not fire the rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietExample {
    pub because: String,
    #[serde(default)]
    pub old: BTreeMap<String, String>,
    #[serde(default)]
    pub new: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
