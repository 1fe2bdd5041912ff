//! Which type of CloudFormation or Terraform stands behind a construct: the table `rules/data/constructs.json`.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Deserialize;

use super::tables;
use crate::facts::{Attribute, Resource, System};

const CONSTRUCTS: &str = include_str!("../../rules/data/constructs.json");

/// How a declaration in program code is written in the words of the type behind it.
pub struct Behind {
    system: System,
    kind: String,
    /// Property of the construct → property of the type, the longest first where one begins the other.
    properties: BTreeMap<String, String>,
    /// Every path that the table of the type lists, in lower case, with its spelling.
    listed: Vec<(String, String)>,
}

#[derive(Default, Deserialize)]
struct Table {
    cdk: HashMap<String, Construct>,
    pulumi: HashMap<String, String>,
}

#[derive(Clone, Default, Deserialize)]
struct Construct {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    properties: BTreeMap<String, String>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    // A test reads the whole table, so it parses.
    TABLE.get_or_init(|| serde_json::from_str(CONSTRUCTS).unwrap_or_default())
}

/// What stands behind a construct of the CDK or a resource of Pulumi; `None` where no table knows it.
pub fn behind(resource: &Resource) -> Option<Behind> {
    let (system, construct) = match resource.system {
        System::Cdk => (System::Cloudformation, of_cdk(&resource.kind)?),
        System::Pulumi => {
            (System::Terraform, Construct { kind: of_pulumi(&resource.kind)?, properties: BTreeMap::new() })
        }
        _ => return None,
    };
    let mut found =
        Behind { system, kind: construct.kind, properties: construct.properties, listed: Vec::new() };
    let (replacement, _) = tables::replacement(&found.empty(resource))?;
    let paths = replacement.replace.iter().chain(&replacement.conditional).chain(&replacement.disputed);
    found.listed = paths.map(|path| (path.to_ascii_lowercase(), path.clone())).collect();
    Some(found)
}

/// `AWS::DynamoDB::Table` of `dynamodb.CfnTable` and of `dynamodb.Table`.
fn of_cdk(kind: &str) -> Option<Construct> {
    if let Some(known) = table().cdk.get(kind) {
        return Some(known.clone());
    }
    static TYPES: OnceLock<HashMap<String, &'static str>> = OnceLock::new();
    let types = TYPES.get_or_init(|| {
        let key = |line: &'static str| line.strip_prefix("\"AWS::")?.split('"').next();
        let plain = |key: &str| key.replace("::", ".").to_ascii_lowercase();
        tables::cloudformation().lines().filter_map(key).map(|key| (plain(key), key)).collect()
    });
    let (service, class) = kind.rsplit_once('.')?;
    let class = class.strip_prefix("Cfn").unwrap_or(class);
    let plain = format!("{}.{}", service.replace('-', ""), class).to_ascii_lowercase();
    let kind = format!("AWS::{}", types.get(&plain)?);
    Some(Construct { kind, properties: BTreeMap::new() })
}

/// `aws_rds_cluster` of `aws.rds.Cluster`.
fn of_pulumi(kind: &str) -> Option<String> {
    if let Some(known) = table().pulumi.get(kind) {
        return Some(known.clone());
    }
    let (package, rest) = kind.split_once('.')?;
    let provider = match package {
        "aws" => "aws",
        "gcp" => "google",
        "azure" => "azurerm",
        _ => return None,
    };
    let (module, class) = rest.rsplit_once('.')?;
    Some(format!("{provider}_{}_{}", snake(module), snake(class)))
}

fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
        before = letter;
    }
    out
}

impl Behind {
    fn empty(&self, resource: &Resource) -> Resource {
        Resource {
            system: self.system,
            kind: self.kind.clone(),
            attributes: Vec::new(),
            blocks: Default::default(),
            ..resource.clone()
        }
    }

    /// The resource in the words of the type behind it; options of the program stay out.
    pub fn rewrite(&self, resource: &Resource) -> Resource {
        let written = resource.attributes.iter().filter(|one| {
            !one.path.starts_with("opts.") && !matches!(one.path.as_str(), "scope" | "spread" | "removalPolicy")
        });
        let attributes = written.map(|one| Attribute { path: self.path(&one.path), ..one.clone() }).collect();
        Resource { attributes, ..self.empty(resource) }
    }

    fn path(&self, path: &str) -> String {
        if self.system == System::Terraform {
            return path.split('.').map(snake).collect::<Vec<_>>().join(".");
        }
        let below = |stem: &str, path: &str| {
            path.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if let Some((stem, to)) = self.properties.iter().rev().find(|(stem, _)| below(stem, path)) {
            return format!("{to}{}", &path[stem.len()..]);
        }
        let lower = path.to_ascii_lowercase();
        match self.listed.iter().find(|(stem, _)| below(stem, &lower)) {
            // Both differ in case alone, so they are equally long.
            Some((stem, spelling)) => format!("{spelling}{}", path.get(stem.len()..).unwrap_or_default()),
            None => path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::tables::replacement;

    fn known(system: System, kind: &str) -> bool {
        replacement(&Resource {
            system,
            module: String::new(),
            kind: kind.to_owned(),
            name: String::new(),
            address: String::new(),
            attributes: Vec::new(),
            blocks: Default::default(),
        })
        .is_some()
    }

    #[test]
    fn the_table_names_types_that_the_others_know() {
        let table: Table = serde_json::from_str(CONSTRUCTS).unwrap();
        for construct in table.cdk.values() {
            assert!(known(System::Cloudformation, &construct.kind), "{}", construct.kind);
        }
        for kind in table.pulumi.values() {
            assert!(known(System::Terraform, kind), "{kind}");
        }
    }

    #[test]
    fn types_are_found_by_name() {
        assert_eq!(of_cdk("dynamodb.CfnTable").unwrap().kind, "AWS::DynamoDB::Table");
        assert_eq!(of_cdk("kms.Key").unwrap().kind, "AWS::KMS::Key");
        assert!(of_cdk("Storage").is_none());
        assert_eq!(of_pulumi("aws.elasticache.ReplicationGroup").unwrap(), "aws_elasticache_replication_group");
        assert_eq!(of_pulumi("gcp.storage.Bucket").unwrap(), "google_storage_bucket");
        assert!(of_pulumi("random.RandomId").is_none());
    }
}
