//! CloudFormation and SAM templates, also those inside a Serverless Framework file.
//!
//! Identity: type and logical id. Attributes are the paths below `Properties` without that word, as the fact tables
//! call them, beside `DeletionPolicy`, `UpdateReplacePolicy`, `DependsOn`, `Condition` and their kin; a property with
//! one of those names keeps the prefix. Intrinsic functions are expressions, in one form for `!Ref` and `Ref:`.

use std::borrow::Cow;
use std::rc::Rc;

use super::flatten::attributes;
use super::node::{DEEPEST, Entry, Kind, Node};
use super::yaml::compact;
use crate::facts::{Body, Fact, Resource, System, Value};
use crate::source::Document;

/// Keys of a resource beside its properties.
const OWN: [&str; 8] = [
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "DependsOn",
    "Condition",
    "Metadata",
    "CreationPolicy",
    "UpdatePolicy",
    "Connectors",
];

/// What a property of a resource is called among its attributes.
pub fn property_path(property: &str) -> Cow<'_, str> {
    match OWN.contains(&property.split('.').next().unwrap_or_default()) {
        true => format!("Properties.{property}").into(),
        false => property.into(),
    }
}

/// The node that maps logical ids to resources.
fn resources(value: &Node) -> Option<&Node> {
    value.get("Resources").or_else(|| value.at(&["resources", "Resources"])).filter(|node| node.is_mapping())
}

pub(super) fn is_stack(value: &Node) -> bool {
    value.get("AWSTemplateFormatVersion").is_some()
        || resources(value).is_some_and(|resources| {
            resources.entries().iter().any(|entry| {
                entry.value.text_of("Type").is_some_and(|kind| {
                    ["AWS::", "Alexa::", "Custom::"].iter().any(|start| kind.starts_with(start))
                })
            })
        })
}

/// The resources of a template, or `None` if the document is none.
pub(super) fn stack(document: &Document, value: &Node) -> Option<Vec<Fact>> {
    if !is_stack(value) {
        return None;
    }
    let parameters = value.get("Parameters").or_else(|| value.at(&["resources", "Parameters"]));
    let entries = resources(value).map(Node::entries).unwrap_or_default();
    Some(entries.iter().filter_map(|entry| resource(document, entry, parameters)).collect())
}

/// An access policy that is a file of its own, or `None` if the document is none.
pub(super) fn policy(document: &Document, name: &str, value: &Node) -> Option<Vec<Fact>> {
    // A document inside another file is read as a part of what it is given to. A stack policy has no version.
    let is_own = document.embedding.is_none() && value.get("Version").is_some();
    let statements = value.get("Statement").filter(|_| is_own)?;
    let is_statement = |node: &Node| matches!(node.text_of("Effect").as_deref(), Some("Allow" | "Deny"));
    let items = statements.items();
    let all = if items.is_empty() { is_statement(statements) } else { items.iter().all(is_statement) };
    if !all {
        return None;
    }
    let (attributes, blocks) = attributes(document, value, &Vec::new());
    Some(vec![Fact {
        locus: document.locus(value.span.clone(), Vec::new()),
        body: Body::Resource(Resource {
            system: System::Cloudformation,
            module: document.path.to_string(),
            kind: "policy document".to_owned(),
            name: name.to_owned(),
            address: format!("policy {name}"),
            attributes,
            blocks,
        }),
    }])
}

fn resource(document: &Document, entry: &Entry, parameters: Option<&Node>) -> Option<Fact> {
    let kind = entry.value.text_of("Type")?;
    let mut body: Vec<Entry> = Vec::new();
    let fold = |entry: &Entry| Entry { value: resolved(&entry.value, parameters, 0), ..entry.clone() };
    for own in entry.value.entries().iter().filter(|own| OWN.contains(&own.key.as_str())) {
        body.push(fold(own));
    }
    for property in entry.value.get("Properties").map(Node::entries).unwrap_or_default() {
        let mut property = fold(property);
        property.key = property_path(&property.key).into_owned();
        body.push(property);
    }
    let whole = Node::mapping(body, entry.span.clone());
    let (attributes, blocks) = attributes(document, &whole, &Vec::new());
    Some(Fact {
        locus: document.locus(entry.key_span.start..entry.value.span.end, Vec::new()),
        body: Body::Resource(Resource {
            system: System::Cloudformation,
            module: document.path.to_string(),
            address: format!("{kind} {}", entry.key),
            kind,
            name: entry.key.clone(),
            attributes,
            blocks,
        }),
    })
}

/// A value with every intrinsic function as one expression, and parameters with a default as that default.
fn resolved(node: &Node, parameters: Option<&Node>, depth: usize) -> Node {
    if depth > DEEPEST {
        return node.clone();
    }
    let kind = match &node.kind {
        Kind::Mapping(entries) => match intrinsic(entries) {
            Some(text) => return default_of(&text, node, parameters),
            None => Kind::Mapping(Rc::new(
                entries
                    .iter()
                    .map(|entry| Entry {
                        value: resolved(&entry.value, parameters, depth + 1),
                        ..entry.clone()
                    })
                    .collect(),
            )),
        },
        Kind::Sequence(items) => {
            Kind::Sequence(Rc::new(items.iter().map(|item| resolved(item, parameters, depth + 1)).collect()))
        }
        Kind::Scalar(Value::Unknown(text)) => return default_of(&dotted(text), node, parameters),
        Kind::Scalar(value) => Kind::Scalar(value.clone()),
    };
    Node { kind, ..node.clone() }
}

/// The short form of a mapping that is a call of a function: `!Ref Zone`, `!GetAtt Db.Arn`, `!If [a, b, c]`.
fn intrinsic(entries: &[Entry]) -> Option<String> {
    let [entry] = entries else { return None };
    let name = match entry.key.as_str() {
        "Ref" => "Ref",
        key => key.strip_prefix("Fn::")?,
    };
    let argument = match &entry.value.kind {
        Kind::Sequence(items) if name == "GetAtt" => {
            items.iter().map(|item| compact(item, 0)).collect::<Vec<_>>().join(".")
        }
        _ => compact(&entry.value, 0),
    };
    Some(format!("!{name} {argument}"))
}

/// `!GetAtt [a, b]` is `!GetAtt a.b`.
fn dotted(text: &str) -> String {
    match text.strip_prefix("!GetAtt [").and_then(|rest| rest.strip_suffix(']')) {
        Some(parts) => format!("!GetAtt {}", parts.replace(", ", ".")),
        None => text.to_owned(),
    }
}

fn default_of(text: &str, node: &Node, parameters: Option<&Node>) -> Node {
    let name = text.strip_prefix("!Ref ");
    let default = name.and_then(|name| parameters?.at(&[name, "Default"])).and_then(Node::scalar);
    if let (Some(name), Some(value)) = (name, default) {
        return Node {
            kind: Kind::Scalar(value.clone()),
            span: node.span.clone(),
            via: Some((format!("default of {name}").into(), node.span.clone())),
        };
    }
    // `!Sub` without a variable is its text.
    let value = match text.strip_prefix("!Sub ") {
        Some(plain) if !plain.contains("${") && !plain.starts_with('[') => Value::string(plain),
        _ => Value::Unknown(text.to_owned()),
    };
    Node { kind: Kind::Scalar(value), ..node.clone() }
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;

    #[test]
    fn yaml_and_json_and_both_forms_of_functions_say_the_same() {
        let yaml = "Parameters:\n  Size: {Type: String, Default: db.t3.large}\nResources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    DeletionPolicy: Retain\n    Properties:\n      DBInstanceClass: !Ref Size\n      Subnet: !GetAtt Net.Id\n      Name: !Sub '${AWS::StackName}-db'\n      Tags: [{Key: a, Value: b}]\n";
        let json = r#"{"Resources": {"Db": {"Type": "AWS::RDS::DBInstance", "DeletionPolicy": "Retain", "Properties": {"DBInstanceClass": {"Ref": "Size"}, "Subnet": {"Fn::GetAtt": ["Net", "Id"]}, "Name": {"Fn::Sub": "${AWS::StackName}-db"}, "Tags": [{"Key": "a", "Value": "b"}]}}}, "Parameters": {"Size": {"Type": "String", "Default": "db.t3.large"}}}"#;
        let (yaml, json) = (shown("t.yaml", yaml), shown("t.json", json));
        assert_eq!(
            yaml[0],
            "AWS::RDS::DBInstance | AWS::RDS::DBInstance Db | DeletionPolicy=Retain DBInstanceClass=db.t3.large Subnet=!GetAtt Net.Id Name=!Sub ${AWS::StackName}-db Tags[a].Key=a Tags[a].Value=b"
        );
        assert_eq!(yaml[0], json[0]);
        assert!(yaml.contains(&"Parameters.Size.Default=db.t3.large".to_owned()));
    }
}
