//! What the lens says about small texts.

use std::collections::BTreeMap;

use crate::change::Change;
use crate::delta::Delta;
use crate::facts::{Body, Fact, Resource, Value};
use crate::pipeline::compare;
use crate::rules::RuleSet;

fn files(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn of(fact: &Fact) -> &Resource {
    match &fact.body {
        Body::Resource(resource) => resource,
        _ => panic!("not a resource"),
    }
}

fn deltas(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<Delta> {
    let compared = compare(&Change::in_memory(&files(old), &files(new)), &RuleSet::builtin());
    let resource = |delta: &Delta| {
        delta.new_fact().or(delta.old()).is_some_and(|fact| matches!(fact.body, Body::Resource(_)))
    };
    compared.deltas.into_iter().filter(resource).collect()
}

/// `path = value` of every leaf of the only resource of a text.
fn leaves(path: &str, text: &str) -> Vec<String> {
    let found = deltas(&[], &[(path, text)]);
    assert_eq!(found.len(), 1, "{found:#?}");
    let lines = of(found[0].new_fact().unwrap()).attributes.iter();
    lines.map(|one| format!("{} = {}", one.path, one.value.display())).collect()
}

/// What is left of a change: `address path: old -> new`.
fn turns(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
    let mut turns = Vec::new();
    for delta in deltas(old, new) {
        match delta {
            Delta::Changed { old, new } => {
                let (before, after) = (of(&old), of(&new));
                let text = |value: Option<&Value>| value.map_or("absent".to_owned(), Value::display);
                for one in &after.attributes {
                    let was = before.attribute(&one.path).map(|other| &other.value);
                    if was != Some(&one.value) {
                        turns.push(format!(
                            "{} {}: {} -> {}",
                            after.address,
                            one.path,
                            text(was),
                            one.value.display()
                        ));
                    }
                }
                for one in before.attributes.iter().filter(|one| after.attribute(&one.path).is_none()) {
                    turns.push(format!("{} {}: {} -> absent", after.address, one.path, one.value.display()));
                }
            }
            Delta::Removed { old, .. } => turns.push(format!("- {}", of(&old).address)),
            Delta::Introduced { new } => turns.push(format!("+ {}", of(&new).address)),
            Delta::Moved { .. } => {}
        }
    }
    turns.sort();
    turns
}

#[test]
fn blocks_and_values_become_leaves() {
    let text = r#"
resource "aws_db_instance" "orders" {
  identifier = "orders" # the name
  size       = 20 * 2
  secret     = "${var.secret}"
  name       = "${var.env}-db"
  tags       = { Name = "x", "a.b" = true }
  zones      = ["a", aws_x.y.id]
  timeouts { create = "1h" }
  rule {
    id = "logs"
    days = -1
  }
  rule {
    id = "tmp"
  }
  dynamic "ingress" {
    for_each = var.ports
    content { port = ingress.value }
  }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [tags]
  }
}
"#;
    assert_eq!(
        leaves("main.tf", text),
        [
            "identifier = \"orders\"",
            "size = 40",
            "secret = var.secret",
            "name = \"${var.env}-db\"",
            "tags.Name = \"x\"",
            "tags[\"a.b\"] = true",
            "zones[a] = \"a\"",
            "zones[aws_x.y.id] = aws_x.y.id",
            "timeouts.create = \"1h\"",
            "rule[logs].id = \"logs\"",
            "rule[logs].days = -1",
            "rule[tmp].id = \"tmp\"",
            "dynamic.ingress.for_each = var.ports",
            "ingress.port = ingress.value",
            "lifecycle.prevent_destroy = true",
            "lifecycle.ignore_changes[tags] = tags",
        ]
    );
}

#[test]
fn json_syntax_says_the_same() {
    let hcl = r#"resource "aws_s3_bucket" "a" {
  bucket = "x-${var.env}"
  count  = 2
  tags   = { a = "b" }
  lifecycle {
    prevent_destroy = true
  }
}
"#;
    let json = r#"{"resource": {"aws_s3_bucket": {"a": {"bucket": "x-${var.env}", "count": 2, "tags": {"a": "b"},
      "lifecycle": {"prevent_destroy": true}}}}}"#;
    assert_eq!(leaves("main.tf", hcl), leaves("main.tf.json", json));
}

#[test]
fn policies_read_the_same_in_every_form() {
    let encoded = r#"resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:Get*"], Resource = "${aws_s3_bucket.b.arn}/*" }]
  })
}
"#;
    let heredoc = r#"resource "aws_iam_policy" "p" {
  policy = <<-EOF
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow", "Action": ["s3:Get*"], "Resource": "${aws_s3_bucket.b.arn}/*"}
      ]
    }
  EOF
}
"#;
    let quoted = r#"resource "aws_iam_policy" "p" {
  policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:Get*\"],\"Resource\":\"*\"}]}"
}
"#;
    let expected = [
        "policy.Version = \"2012-10-17\"",
        "policy.Statement[0].Effect = \"Allow\"",
        "policy.Statement[0].Action[s3:Get*] = \"s3:Get*\"",
        "policy.Statement[0].Resource = \"${aws_s3_bucket.b.arn}/*\"",
    ];
    let bare =
        |lines: Vec<String>| -> Vec<String> { lines.iter().map(|line| line.replace("[0]", "")).collect() };
    let expected: Vec<String> = expected.iter().map(|line| line.replace("[0]", "")).collect();
    assert_eq!(bare(leaves("main.tf", encoded)), expected);
    assert_eq!(bare(leaves("main.tf", heredoc)), expected);
    assert_eq!(bare(leaves("main.tf", quoted))[..3], expected[..3]);
    let place = deltas(&[], &[("main.tf", heredoc)]);
    let effect = &of(place[0].new_fact().unwrap()).attributes[1];
    assert_eq!(effect.locus.start.line, 6);
}

#[test]
fn layout_says_nothing() {
    let one = "locals {\n  a = cidrsubnet(var.cidr, 8, 1)\n  b = var.x ? [for i in var.l : i.id] : null\n}\n";
    let other = "locals {\n  # why\n  a = cidrsubnet(\n    var.cidr,\n    8,\n    1, // one\n  )\n\n  b = (var.x ? [ for i in var.l: i.id ] : null)\n}\n";
    assert_eq!(turns(&[("a.tf", one)], &[("a.tf", other)]), Vec::<String>::new());
}

#[test]
fn a_value_moved_to_a_name_with_the_same_value_is_no_change() {
    let old = [("p/main.tf", "resource \"aws_db_instance\" \"a\" {\n  availability_zone = \"a\"\n}\n")];
    let new = [
        ("p/main.tf", "resource \"aws_db_instance\" \"a\" {\n  availability_zone = var.zone\n}\n"),
        ("p/variables.tf", "variable \"zone\" {\n  default = \"a\"\n}\n"),
    ];
    assert_eq!(turns(&old, &new), ["+ var.zone"]);
    let through = [
        ("p/main.tf", "resource \"aws_db_instance\" \"a\" {\n  availability_zone = local.z[\"one\"]\n}\n"),
        ("p/locals.tf", "locals {\n  z = { one = \"a\", two = \"b\" }\n}\n"),
    ];
    assert_eq!(turns(&old, &through), ["+ local.z"]);
}

#[test]
fn an_unchanged_file_speaks_when_its_variable_turns() {
    let main =
        "resource \"aws_db_instance\" \"a\" {\n  availability_zone = var.zone\n}\nvariable \"zone\" {}\n";
    let old = [("p/main.tf", main), ("p/terraform.tfvars", "zone = \"a\"\n")];
    let new = [("p/main.tf", main), ("p/terraform.tfvars", "zone = \"b\"\n")];
    let found = deltas(&old, &new);
    let fact = found.iter().find(|delta| of(delta.new_fact().unwrap()).kind == "aws_db_instance").unwrap();
    let attribute = of(fact.new_fact().unwrap()).attribute("availability_zone").unwrap();
    assert_eq!(attribute.value, Value::string("b"));
    assert_eq!((&*attribute.locus.path, attribute.locus.start.line), ("p/terraform.tfvars", 1));
    assert!(attribute.folded.as_ref().unwrap().contains("terraform.tfvars"));
    let by_name = [("p/main.tf", main), ("p/env/prod.tfvars", "zone = \"a\"\n")];
    let now = [("p/main.tf", main), ("p/env/prod.tfvars", "zone = \"b\"\n")];
    assert!(turns(&by_name, &now).contains(&"aws_db_instance.a availability_zone: \"a\" -> \"b\"".to_owned()));
}

#[test]
fn a_renamed_folder_is_the_same_module() {
    let text = "resource \"aws_s3_bucket\" \"a\" {\n  bucket = \"a\"\n  tags = {\n    a = 1\n  }\n}\n";
    let call = |source: &str| format!("module \"m\" {{\n  source = \"{source}\"\n  x = 1\n  y = 2\n}}\n");
    let old = [("modules/old/main.tf", text.to_owned()), ("main.tf", call("./modules/old"))];
    let new = [("modules/new/main.tf", text.to_owned()), ("main.tf", call("./modules/new"))];
    let view = |files: &'_ [(&'static str, String); 2]| -> Vec<(&'static str, String)> { files.to_vec() };
    let (old, new) = (view(&old), view(&new));
    let old: Vec<(&str, &str)> = old.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let new: Vec<(&str, &str)> = new.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert_eq!(turns(&old, &new), ["module.m source: \"./modules/old\" -> \"./modules/new\""]);
}

#[test]
fn a_file_with_an_error_removes_nothing() {
    let old = [("main.tf", "resource \"aws_s3_bucket\" \"a\" {\n  bucket = \"a\"\n}\n")];
    let new = [("main.tf", "resource \"aws_s3_bucket\" \"a\" {\n  bucket = = \"a\"\n")];
    assert_eq!(turns(&old, &new), Vec::<String>::new());
    let compared = compare(&Change::in_memory(&files(&old), &files(&new)), &RuleSet::builtin());
    assert!(compared.not_analysed[0].reason.starts_with("syntax error on line"), "{:?}", compared.not_analysed);
}

#[test]
fn settings_blocks_are_facts_of_their_own() {
    let text = "terraform {\n  required_version = \">= 1.5\"\n  backend \"s3\" {\n    bucket = \"b\"\n  }\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n      version = \"~> 5.0\"\n    }\n  }\n}\n";
    assert_eq!(
        turns(&[], &[("main.tf", text)]),
        ["+ required provider aws", "+ terraform", "+ the state backend"]
    );
}

#[test]
fn environment_switches_count_as_production() {
    let old = [("main.tf", "resource \"aws_db_instance\" \"a\" {\n  deletion_protection = true\n}\n")];
    let new = [(
        "main.tf",
        "resource \"aws_db_instance\" \"a\" {\n  deletion_protection = var.env == \"prod\" ? true : false\n}\nvariable \"env\" {}\n",
    )];
    assert_eq!(turns(&old, &new), ["+ var.env"]);
}
