//! Whole changes: incidents and their harmless look-alikes, each with the report that a person sees.
//!
//! `FOUREYES_UPDATE=1 cargo test --test fixtures` writes the reports anew; read them before committing.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The twins in which nothing dangerous happens: their report must stay below the level medium.
const HARMLESS: &[&str] = &[
    "admin-check-moved-to-router",
    "alarm-moved-to-another-file",
    "alembic-expands-first",
    "application-folder-renamed",
    "application-reformatted",
    "archive-handed-to-another-stack",
    "cleanup-job-in-a-transaction",
    "cleanup-script-tidied",
    "compose-with-anchors",
    "confirmation-extracted",
    "constructs-tidied-without-new-names",
    "counted-file-systems-get-names-with-moved",
    "django-field-added",
    "dockerfile-gets-a-base-stage",
    "flux-folders-renamed",
    "flyway-adds-an-index",
    "gitlab-jobs-extend-a-template",
    "helm-values-restructured",
    "inline-rules-become-resources",
    "migration-adds-a-table",
    "module-defaults-documented",
    "module-folder-renamed",
    "module-split-into-files",
    "namespace-moved-to-base",
    "nightly-purge-in-smaller-steps",
    "one-file-becomes-five",
    "overlays-reorganised",
    "policy-statements-reordered",
    "pulumi-database-renamed-with-alias",
    "release-steps-named",
    "rename-for-consistency-with-moved",
    "restore-reports-its-steps",
    "row-policy-moved-to-its-table",
    "teardown-split-into-targets",
    "template-rewritten-in-yaml",
    "tenant-condition-moved-to-join",
    "terraform-formatted",
    "totals-job-reformatted",
    "validation-extracted",
    "workflow-jobs-split",
    "zone-moved-to-variable",
];

/// Incidents that one finding of medium weight tells; all others reach the level high.
const MILD: [&str; 1] = ["validation-removed-before-purge"];

fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && path.join("new").is_dir())
        .collect();
    folders.sort();
    folders
}

fn run(folder: &Path, format: &str) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_foureyes"))
        .args(["demo", "--color", "never", "--format", format])
        .arg(folder)
        .env("COLUMNS", "80")
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

#[test]
fn every_report_is_as_written() {
    let update = std::env::var_os("FOUREYES_UPDATE").is_some();
    let mut wrong = Vec::new();
    for folder in fixtures() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let (report, _) = run(&folder, "human");
        let expected = folder.join("expected.txt");
        if update {
            std::fs::write(&expected, &report).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != report {
            wrong.push(format!("{name}: the report differs\n{report}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn incidents_weigh_and_their_twins_stay_low() {
    let mut wrong = Vec::new();
    for folder in fixtures() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let (report, _) = run(&folder, "json");
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let score = report["score"].as_u64().unwrap();
        let harmless = HARMLESS.contains(&name.as_str());
        let least = if MILD.contains(&name.as_str()) { 15 } else { 40 };
        if harmless && score >= 15 || !harmless && score < least {
            wrong.push(format!("{name}: {score}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
