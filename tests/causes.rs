//! One cause is one finding: what went with it is attached.

use std::collections::BTreeMap;

use foureyes::change::Change;
use foureyes::rules::RuleSet;
use foureyes::{Knowledge, assess};

/// Rule and number of attached findings, for each finding of a change of one file.
fn told(path: &str, old: &str, new: &str) -> Vec<(String, usize)> {
    let files = |text: &str| BTreeMap::from([(path.to_owned(), text.to_owned())]);
    let change = Change::in_memory(&files(old), &files(new));
    let assessment = assess(&change, &RuleSet::builtin(), &Knowledge::default());
    assessment.findings.iter().map(|scored| (scored.finding.rule.clone(), scored.finding.also.len())).collect()
}

#[test]
fn properties_that_one_cut_took_out_are_one_finding() {
    let disk = "services:\n  - name: api\n    disk:\n      name: data\n      mountPath: /data\n";
    let none = "services:\n  - name: api\n";
    assert_eq!(told("render.yaml", disk, none), [("paas/render-data-removed".to_owned(), 1)]);
}

#[test]
fn an_allow_for_everyone_names_the_condition_that_went() {
    let policy = |condition: &str| {
        format!(
            "resource \"aws_s3_bucket_policy\" \"p\" {{\n  policy = <<EOF\n{{\"Statement\": [{{\n  \"Effect\": \"Allow\", \"Principal\": \"*\",\n  \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::b/*\"{condition}\n}}]}}\nEOF\n}}\n"
        )
    };
    let old = policy(",\n  \"Condition\": {\"StringEquals\": {\"aws:SourceVpc\": \"vpc-1\"}}");
    let found = told("main.tf", &old, &policy(""));
    assert_eq!(found, [("iam/wildcard-principal-introduced".to_owned(), 0)]);
}

#[test]
fn permissions_of_a_workflow_are_told_once_for_all_jobs() {
    let workflow = |permissions: &str| {
        format!(
            "on: push\npermissions:\n  contents: read\n{permissions}jobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n"
        )
    };
    let new = workflow("  attestations: write\n  id-token: write\n");
    assert_eq!(
        told(".github/workflows/build.yml", &workflow(""), &new),
        [("gha/permissions-widened".to_owned(), 0)]
    );
}
