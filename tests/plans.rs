//! Real plans of Terraform 1.11.4 (`tests/plans/`, made with the built-in `terraform_data` resource), and what the
//! report must say of each.

use std::collections::BTreeMap;
use std::path::Path;

use foureyes::change::Change;
use foureyes::plan::{self, Plan};
use foureyes::rules::RuleSet;
use foureyes::{Knowledge, assess};

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans").join(name)).unwrap()
}

fn read(name: &str) -> Plan {
    plan::read(name, &text(name)).unwrap()
}

/// Rule and message of every finding, for a change without files.
fn findings(name: &str) -> Vec<String> {
    let empty = BTreeMap::new();
    let knowledge = Knowledge { plans: vec![read(name)], ..Knowledge::default() };
    let assessment = assess(&Change::in_memory(&empty, &empty), &RuleSet::builtin(), &knowledge);
    let mut lines: Vec<String> = assessment
        .findings
        .iter()
        .map(|scored| format!("{}: {}", scored.finding.rule, scored.finding.message))
        .collect();
    lines.sort();
    lines
}

#[test]
fn every_sample_says_what_it_shows() {
    let expected: &[(&str, &[&str])] = &[
        (
            "01-create.json",
            &["plan/empty-state: 01-create.json creates 10 objects and knows of none that exists"],
        ),
        ("02-update.json", &[]),
        (
            "03-replace-by-trigger.json",
            &[
                "plan/replaced: module.net.terraform_data.vpc will be replaced, says 03-replace-by-trigger.json",
                "plan/replaced: terraform_data.database will be replaced, says 03-replace-by-trigger.json",
            ],
        ),
        (
            "04-replace-create-before-destroy.json",
            &[
                "plan/replaced: terraform_data.database will be replaced, says 04-replace-create-before-destroy.json",
            ],
        ),
        (
            "05-replace-by-request.json",
            &[
                "plan/unrequested-replacement: terraform_data.database will be replaced though the change does not ask \
               for it, says 05-replace-by-request.json",
            ],
        ),
        (
            "06-replace-tainted.json",
            &[
                "plan/unrequested-replacement: terraform_data.config will be replaced though the change does not ask \
               for it, says 06-replace-tainted.json",
            ],
        ),
        (
            "07-destroy-all.json",
            &[
                "plan/deleted: module.net.terraform_data.subnet will be deleted, says 07-destroy-all.json",
                "plan/deleted: module.net.terraform_data.vpc will be deleted, says 07-destroy-all.json",
                "plan/deleted: terraform_data.bucket (2 instances) will be deleted, says 07-destroy-all.json",
                "plan/deleted: terraform_data.config will be deleted, says 07-destroy-all.json",
                "plan/deleted: terraform_data.database will be deleted, says 07-destroy-all.json",
                "plan/deleted: terraform_data.secret will be deleted, says 07-destroy-all.json",
                "plan/deleted: terraform_data.worker (3 instances) will be deleted, says 07-destroy-all.json",
                "plan/mass-destroy: 10 of 10 objects will be destroyed or replaced, says 07-destroy-all.json",
            ],
        ),
        (
            "08-destroy-removed-from-config.json",
            &[
                "plan/deleted: module.net.terraform_data.subnet will be deleted, says 08-destroy-removed-from-config.json",
                "plan/deleted: module.net.terraform_data.vpc will be deleted, says 08-destroy-removed-from-config.json",
                "plan/deleted: terraform_data.bucket[\"backups\"] will be deleted, says 08-destroy-removed-from-config.json",
                "plan/deleted: terraform_data.config will be deleted, says 08-destroy-removed-from-config.json",
                "plan/deleted: terraform_data.worker (2 instances) will be deleted, says 08-destroy-removed-from-config.json",
                "plan/mass-destroy: 6 of 10 objects will be destroyed or replaced, says 08-destroy-removed-from-config.json",
            ],
        ),
        ("09-moved.json", &[]),
        ("10-moved-and-update.json", &[]),
        (
            "11-rename-without-moved.json",
            &[
                "plan/renamed: terraform_data.config will be deleted and created again as terraform_data.settings, says \
               11-rename-without-moved.json",
            ],
        ),
        (
            "12-removed-block-forget.json",
            &[
                "plan/forgotten: terraform_data.config stays but is no longer managed, says 12-removed-block-forget.json",
            ],
        ),
        (
            "13-removed-block-destroy.json",
            &["plan/deleted: terraform_data.config will be deleted, says 13-removed-block-destroy.json"],
        ),
        (
            "14-prevent-destroy-error.json",
            &[
                "plan/incomplete: 14-prevent-destroy-error.json does not show everything: planning failed",
                "plan/replaced: terraform_data.database will be replaced, says 14-prevent-destroy-error.json",
            ],
        ),
        ("15-no-changes.json", &[]),
        ("16-import.json", &[]),
        (
            "17-data-read-and-check.json",
            &["plan/check-fails: check.replicas does not hold, says 17-data-read-and-check.json"],
        ),
        ("18-output-only.json", &[]),
        (
            "19-replace-triggered-by.json",
            &[
                "plan/unrequested-replacement: terraform_data.secret will be replaced though the change does not ask \
               for it, says 19-replace-triggered-by.json",
            ],
        ),
        (
            "20-targeted.json",
            &[
                "plan/incomplete: 20-targeted.json does not show everything: made with -target, or incomplete for \
               another reason",
            ],
        ),
        (
            "21-count-to-for-each.json",
            &[
                "plan/deleted: terraform_data.worker (3 instances) will be deleted, says 21-count-to-for-each.json",
            ],
        ),
    ];
    for (name, wanted) in expected {
        assert_eq!(findings(name), *wanted, "{name}");
    }
}

#[test]
fn the_event_stream_is_no_plan() {
    let name = "22-plan-json-ui-stream.jsonl";
    let error = plan::read(name, &text(name)).unwrap_err();
    assert!(error.reason.contains("event stream") && error.hint.contains("terraform show -json"), "{error}");
}

#[test]
fn a_plan_confirms_or_refutes_by_address_and_a_partial_one_refutes_nothing() {
    let before =
        "resource \"aws_db_instance\" \"orders\" {\n  engine = \"postgres\"\n  availability_zone = \"a\"\n}\n";
    let files = |text: String| BTreeMap::from([("main.tf".to_owned(), text)]);
    let change = || Change::in_memory(&files(before.to_owned()), &files(before.replace("\"a\"", "\"b\"")));
    let plan = |actions: &str, complete: bool| {
        let text = format!(
            "{{\"format_version\":\"1.2\",\"complete\":{complete},\"resource_changes\":[{{\"address\":\
             \"aws_db_instance.orders\",\"mode\":\"managed\",\"type\":\"aws_db_instance\",\"name\":\"orders\",\
             \"change\":{{\"actions\":{actions}}}}}]}}"
        );
        Knowledge { plans: vec![plan::read("plan.json", &text).unwrap()], ..Knowledge::default() }
    };
    let rules = RuleSet::builtin();
    let score = |knowledge: &Knowledge| assess(&change(), &rules, knowledge).score.points();
    let alone = score(&Knowledge::default());
    assert!(alone > 0);
    let confirmed = score(&plan("[\"delete\",\"create\"]", true));
    let refuted = score(&plan("[\"update\"]", true));
    let partial = score(&plan("[\"update\"]", false));
    assert!(
        confirmed >= alone && refuted < alone && partial >= alone,
        "{alone} {confirmed} {refuted} {partial}"
    );
}
