//! Reads rule files that a project brings along, with errors that name file, line and key.

use std::path::{Path, PathBuf};

use super::model::{Examples, Rule};
use super::validate;
use crate::nearest;

/// Why a rule file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct RuleError {
    /// The file, with line and column where known: `.foureyes/rules/x.yaml:3:1`.
    pub path: String,
    pub reason: String,
    pub hint: Option<String>,
}

/// Parses one rule. `name` is what errors call the file.
pub fn parse(name: &str, text: &str) -> Result<Rule, RuleError> {
    let rule: Rule = serde_saphyr::from_str(text).map_err(|error| {
        let reason = first_line(&error.to_string());
        let path = error
            .location()
            .map_or_else(|| name.to_owned(), |at| format!("{name}:{}:{}", at.line(), at.column()));
        let hint = nearest::expected(&reason)
            .or_else(|| Some("docs/configuration.md lists every key of a rule".to_owned()));
        RuleError { path, reason, hint }
    })?;
    validate::rule(&rule).map_err(|reason| RuleError {
        path: name.to_owned(),
        reason,
        hint: Some("docs/configuration.md lists every key of a rule".to_owned()),
    })?;
    Ok(rule)
}

/// The examples of the built-in rules, by rule id.
pub fn builtin_examples() -> std::collections::BTreeMap<String, Examples> {
    const PACKED: &str = include_str!(concat!(env!("OUT_DIR"), "/examples.json"));
    // The build script wrote this text from the same types.
    serde_json::from_str(PACKED).expect("packed examples parse")
}

/// The built-in rules, sorted by id, without examples.
pub fn builtin() -> Vec<Rule> {
    const PACKED: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.json"));
    // The build script wrote this text from the same types.
    serde_json::from_str(PACKED).expect("packed rules parse")
}

/// The rule files of a folder on disk, sorted; a missing folder is empty.
pub fn files_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if is_rule_file(&path.to_string_lossy()) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub fn is_rule_file(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim().trim_start_matches("error: ");
    // The place is already in the name.
    let placed = line.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    placed.map_or(line, |(_, reason)| reason).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_names_line_and_nearest_key() {
        let error = parse("x.yaml", "id: a/b\ntitel: x\n").unwrap_err();
        assert!(error.path.starts_with("x.yaml:2"), "{error}");
        assert_eq!(error.hint.as_deref(), Some("did you mean `title`?"));
    }
}
