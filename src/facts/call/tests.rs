//! One example a language of what a call fact says.

use crate::facts::code::Code;
use std::sync::Arc;

use crate::change::Side;
use crate::facts::{Body, Call, Scalar, Value};
use crate::source::{Document, Focus, Language, LineIndex, parse};

fn calls(path: &str, text: &str) -> Vec<Call> {
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
    let code = Code::new(&document).unwrap();
    super::extract(&document, &code, &Focus::everything())
        .into_iter()
        .filter_map(|fact| match fact.body {
            Body::Call(call) => Some(call),
            _ => None,
        })
        .collect()
}

fn callees(path: &str, text: &str) -> Vec<String> {
    calls(path, text).into_iter().map(|call| call.callee).collect()
}

#[test]
fn python_names_resolve_through_imports_and_variables() {
    let text = "import shutil as sh\nfrom os import path\nfrom .fs import wipe\nimport boto3\n\
                class A:\n    def __init__(self):\n        self.s3 = boto3.client('s3')\n    \
                def f(self, p):\n        sh.rmtree(p)\n        path.join('a')\n        wipe(p)\n        self.s3.delete_bucket()\n        \
                ec2 = boto3.client('ec2')\n        ec2.terminate_instances(InstanceIds=[1])\n        p.objects.all().delete()\n";
    assert_eq!(
        callees("a.py", text),
        [
            "boto3.client",
            "shutil.rmtree",
            "os.path.join",
            "fs.wipe",
            "boto3.client.delete_bucket",
            "boto3.client",
            "boto3.client.terminate_instances",
            "p.objects.all.delete",
            "p.objects.all"
        ]
    );
}

#[test]
fn arguments_are_named_folded_and_expanded() {
    let text = "import tempfile, shutil, requests\nT = 60 * 5\ndef f():\n    d = tempfile.mkdtemp()\n    \
                shutil.rmtree(d)\n    requests.get('u', timeout=T, verify=False)\n";
    let all = calls("a.py", text);
    assert_eq!(all[1].arguments[0].value, Value::Unknown("tempfile.mkdtemp()".to_owned()));
    let get = &all[2];
    let named =
        |name: &str| get.arguments.iter().find(|one| one.name.as_deref() == Some(name)).unwrap().value.clone();
    assert_eq!(named("timeout"), Value::Literal(Scalar::Number(300.0)));
    assert_eq!(named("verify"), Value::Literal(Scalar::Bool(false)));
}

#[test]
fn rust_chains_are_flattened_and_paths_kept() {
    let text = "use std::{fs, time::Duration};\nuse reqwest::Client as Web;\nfn f(p: &Path) -> R {\n    \
                fs::remove_dir_all(p)?;\n    let c = Web::builder().danger_accept_invalid_certs(true).timeout(Duration::from_millis(1500)).build()?;\n    \
                for x in y { c.delete(x); }\n    panic!(\"no\");\n}\n";
    let all = calls("a.rs", text);
    let find = |end: &str| all.iter().find(|call| call.callee.ends_with(end)).unwrap();
    assert_eq!(find("remove_dir_all").callee, "std::fs::remove_dir_all");
    let accept = find("danger_accept_invalid_certs");
    assert_eq!(accept.callee, "reqwest::Client::builder.danger_accept_invalid_certs");
    assert_eq!(accept.chain, ["reqwest::Client::builder()"]);
    assert_eq!(find("timeout").arguments[0].value, Value::Literal(Scalar::Number(1.5)));
    assert_eq!(find(".delete").loop_depth, 1);
    assert_eq!(find("panic!").loop_depth, 0);
}

#[test]
fn script_options_become_named_arguments() {
    let text = "import { rm } from 'node:fs/promises';\nconst fs = require('fs');\nconst { rimraf: gone } = require('rimraf');\n\
                export const go = async (p: string) => {\n  await rm(p, { recursive: true });\n  fs.rmSync(p);\n  gone(p);\n  \
                await prisma.user.deleteMany({ where: { id: u?.id } });\n  new https.Agent({ rejectUnauthorized: !1 });\n};\n";
    let all = calls("a.ts", text);
    let names: Vec<&str> = all.iter().map(|call| call.callee.as_str()).collect();
    assert_eq!(
        names,
        [
            "require",
            "require",
            "fs/promises.rm",
            "fs.rmSync",
            "rimraf.rimraf",
            "prisma.user.deleteMany",
            "https.Agent"
        ]
    );
    let named: Vec<&str> = all[5].arguments.iter().filter_map(|one| one.name.as_deref()).collect();
    assert_eq!(named, ["where", "where.id"]);
    assert_eq!(all[6].arguments[1].value, Value::Literal(Scalar::Bool(false)));
}

#[test]
fn go_packages_literals_and_durations() {
    let text = "package a\nimport (\n\t\"crypto/tls\"\n\ts3 \"github.com/aws/aws-sdk-go-v2/service/s3\"\n\t\"time\"\n)\n\
                func f(cfg aws.Config) {\n\tsvc := s3.NewFromConfig(cfg)\n\tsvc.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: b})\n\t\
                c := &tls.Config{InsecureSkipVerify: true}\n\tctx2, cancel := context.WithTimeout(ctx, 5*time.Second)\n}\n";
    let all = calls("a.go", text);
    let find = |end: &str| all.iter().find(|call| call.callee.ends_with(end)).unwrap();
    assert_eq!(
        find("DeleteBucket").callee,
        "github.com/aws/aws-sdk-go-v2/service/s3.NewFromConfig.DeleteBucket"
    );
    assert_eq!(find("tls.Config").arguments[0].name.as_deref(), Some("InsecureSkipVerify"));
    assert_eq!(find("WithTimeout").arguments[1].value, Value::Literal(Scalar::Number(5.0)));
}

#[test]
fn java_types_name_the_receiver() {
    let text = "import com.amazonaws.services.s3.AmazonS3;\nimport java.nio.file.Files;\nclass A {\n  private final AmazonS3 s3;\n  \
                void f(Path p) {\n    Files.delete(p);\n    s3.deleteBucket(\"b\");\n    this.s3.deleteObject(\"b\", \"k\");\n    \
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();\n  }\n}\n";
    let all = calls("A.java", text);
    let names: Vec<&str> = all.iter().map(|call| call.callee.as_str()).collect();
    assert!(names.contains(&"java.nio.file.Files.delete"), "{names:?}");
    assert!(names.contains(&"com.amazonaws.services.s3.AmazonS3.deleteBucket"), "{names:?}");
    assert!(names.contains(&"com.amazonaws.services.s3.AmazonS3.deleteObject"), "{names:?}");
    let timeout = all.iter().find(|call| call.callee.ends_with("connectTimeout")).unwrap();
    assert_eq!(timeout.arguments[0].value, Value::Literal(Scalar::Number(5.0)));
}

#[test]
fn formatting_does_not_change_a_call() {
    let one = calls("a.py", "requests.get(url, timeout=5, headers={'a': 1})\n");
    let other =
        calls("a.py", "requests.get(\n    url,\n    # why\n    timeout=5,\n    headers={\"a\": 1,},\n)\n");
    assert_eq!(one, other);
}
