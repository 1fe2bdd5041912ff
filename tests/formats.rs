//! What programs read: the JSON report keeps to its schema, says the same twice, and adds up.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn foureyes(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foureyes")).args(arguments).env_remove("GITHUB_ACTIONS").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn schema() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// Every folder of `fixtures/` that holds a change.
fn changes() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found: Vec<PathBuf> = std::fs::read_dir(fixtures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("old").is_dir() && path.join("new").is_dir())
        .collect();
    found.sort();
    found
}

fn assert_valid(schema: &jsonschema::Validator, name: &str, report: &Value) {
    let errors: Vec<String> =
        schema.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
}

#[test]
fn every_report_keeps_to_the_schema_and_adds_up() {
    let schema = schema();
    for change in changes() {
        let name = change.display().to_string();
        let out = foureyes(&["demo", &name, "--format", "json"]);
        let report: Value =
            serde_json::from_slice(&out.stdout).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_valid(&schema, &name, &report);
        let raw: f64 =
            report["ledger"].as_array().unwrap().iter().map(|row| row["points"].as_f64().unwrap()).sum();
        let score = report["score"].as_f64().unwrap();
        assert!((raw.min(100.0) - score).abs() <= 0.6, "{name}: rows come to {raw}, the score is {score}");
    }
}

#[test]
fn the_same_change_gives_the_same_bytes() {
    for format in ["json", "human", "github"] {
        let run = || text(&foureyes(&["demo", "--format", format]).stdout);
        assert_eq!(run(), run(), "{format}");
    }
}

#[test]
fn an_error_is_also_said_in_json() {
    let schema = schema();
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().display().to_string();
    for arguments in [
        vec!["check", "-C", &there, "--format", "json"],
        vec!["check", "--format=json", "--fail-on", "grave"],
        vec!["demo", "no-such-demo", "--format", "json"],
    ] {
        let out = foureyes(&arguments);
        assert_eq!(out.status.code(), Some(2), "{arguments:?}");
        let report: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_valid(&schema, "error", &report);
        assert!(!report["error"]["message"].as_str().unwrap().is_empty());
        assert!(text(&out.stderr).starts_with("foureyes: error: "), "{}", text(&out.stderr));
    }
}

#[test]
fn outputs_are_written_beside_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let output = format!("json={}", path.display());
    let out = foureyes(&["demo", "--output", &output]);
    assert!(text(&out.stdout).starts_with("foureyes "));
    assert_eq!(std::fs::read_to_string(path).unwrap(), text(&foureyes(&["demo", "--format", "json"]).stdout));
    let nowhere = foureyes(&["demo", "--output", "json=/no/such/folder/x.json"]);
    assert_eq!(nowhere.status.code(), Some(2));
}

#[test]
fn annotations_stay_within_what_github_keeps() {
    for change in changes() {
        let out = text(&foureyes(&["demo", &change.display().to_string(), "--format", "github"]).stdout);
        for level in ["error", "warning", "notice"] {
            let count = out.lines().filter(|line| line.starts_with(&format!("::{level} "))).count();
            assert!(count <= 10, "{}: {count} of {level}", change.display());
        }
    }
}
