//! One example a language of what a declaration says.

use std::sync::Arc;

use crate::change::Side;
use crate::facts::Body;
use crate::source::{Document, Language, LineIndex, parse};

fn shown(path: &str, text: &str) -> Vec<String> {
    let language = Language::of(path, b"");
    let text: Arc<str> = text.into();
    let document = Document {
        side: Side::New,
        file: 0,
        path: path.into(),
        language,
        tree: parse(&text, language).unwrap(),
        embedding: None,
        lines: Arc::new(LineIndex::new(text.clone())),
        text,
    };
    let code = crate::facts::code::Code::new(&document).unwrap();
    super::extract(&document, &code)
        .into_iter()
        .filter_map(|fact| match fact.body {
            Body::Resource(one) => {
                let all = one.attributes.iter().map(|one| format!("{}={}", one.path, one.value.as_text()));
                Some(format!("{} | {}", one.address, all.collect::<Vec<_>>().join(" ")))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn constructs_in_typescript() {
    let text = "import * as cdk from 'aws-cdk-lib';\nimport * as s3 from 'aws-cdk-lib/aws-s3';\nimport { Table } from 'aws-cdk-lib/aws-dynamodb';\n\
                const base = { versioned: true, removalPolicy: cdk.RemovalPolicy.RETAIN };\n\
                export class Data extends cdk.Stack {\n  constructor(scope: Construct, id: string, props: Props) {\n    super(scope, id, props);\n    \
                new s3.Bucket(this, 'Exports', { ...base, removalPolicy: cdk.RemovalPolicy.DESTROY, autoDeleteObjects: true });\n    \
                const t = new Table(scope, 'Orders', { pitr: { enabled: true }, keep: cdk.Duration.days(14), policy: prod ? A.B : A.C });\n    \
                new Storage(this, 'Storage', props);\n  }\n}\n";
    assert_eq!(
        shown("a.ts", text),
        [
            "s3.Bucket Exports | scope=stack versioned=true removalPolicy=DESTROY autoDeleteObjects=true",
            "dynamodb.Table Orders | scope=other pitr.enabled=true keep=14 policy=prod?A.B:A.C",
            "Storage Storage | scope=stack spread=true",
        ]
    );
}

#[test]
fn constructs_in_python() {
    let text = "from aws_cdk import RemovalPolicy, Stack, aws_dynamodb as dynamodb\nfrom constructs import Construct\n\
                class Data(Construct):\n    def __init__(self, scope, id):\n        super().__init__(scope, id)\n        \
                dynamodb.Table(self, \"Orders\", removal_policy=RemovalPolicy.RETAIN,\n            \
                point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True))\n";
    assert_eq!(
        shown("a.py", text),
        [
            "dynamodb.Table Orders | scope=construct removalPolicy=RETAIN pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled=true"
        ]
    );
}

#[test]
fn resources_of_pulumi_in_three_languages() {
    let script = "import * as aws from \"@pulumi/aws\";\nconst kept = { protect: true };\n\
                  new aws.rds.Instance(\"orders\", { deletionProtection: true }, kept);\n\
                  new aws.s3.Bucket(`${env}-exports`, {}, { aliases: [{ name: \"old\" }] });\nnew aws.s3.Bucket(\"b\", args);\n";
    assert_eq!(
        shown("a.ts", script),
        [
            "aws.rds.Instance orders | deletionProtection=true opts.protect=true",
            "aws.s3.Bucket ${env}-exports | opts.aliases=[{name:\"old\"}]",
            "aws.s3.Bucket b | spread=true",
        ]
    );
    let python = "import pulumi\nimport pulumi_aws as aws\naws.rds.Instance(\"orders\", deletion_protection=True,\n    \
                  opts=pulumi.ResourceOptions(protect=True, retain_on_delete=False))\n";
    assert_eq!(
        shown("a.py", python),
        ["aws.rds.Instance orders | deletionProtection=true opts.protect=true opts.retainOnDelete=false"]
    );
    let go = "package main\nimport (\n\t\"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds\"\n\t\"github.com/pulumi/pulumi/sdk/v3/go/pulumi\"\n)\n\
              func run(ctx *pulumi.Context) error {\n\t_, err := rds.NewInstance(ctx, \"orders\", &rds.InstanceArgs{\n\t\tDeletionProtection: pulumi.Bool(true),\n\t}, pulumi.Protect(true), \
              pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String(\"old\")}}))\n\treturn err\n}\n";
    let found = shown("main.go", go);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0]
            .starts_with("aws.rds.Instance orders | deletionProtection=true opts.protect=true opts.aliases="),
        "{found:?}"
    );
}

#[test]
fn constructs_of_java_with_both_kinds_of_builders() {
    let text = "import software.amazon.awscdk.*;\nimport software.amazon.awscdk.services.rds.DatabaseInstance;\n\
                import software.amazon.awscdk.services.s3.Bucket;\nimport software.amazon.awscdk.services.s3.BucketProps;\n\
                class Data extends Stack {\n  Data(Construct scope, String id) {\n    \
                DatabaseInstance.Builder.create(this, \"Db\").backupRetention(Duration.days(14)).deletionProtection(true).build();\n    \
                new Bucket(this, \"Exports\", BucketProps.builder().removalPolicy(RemovalPolicy.RETAIN).build());\n    \
                new Reader(input, \"x\");\n  }\n}\n";
    assert_eq!(
        shown("Data.java", text),
        [
            "rds.DatabaseInstance Db | scope=stack backupRetention=14 deletionProtection=true",
            "s3.Bucket Exports | scope=stack removalPolicy=RETAIN",
            "Reader x | scope=other",
        ]
    );
}
