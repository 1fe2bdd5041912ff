//! Lookups in the fact tables under `rules/data/`.
//!
//! The tables hold one key a line, sorted; a lookup finds its line and parses that line alone, so a table costs
//! nothing until something asks for it.

use std::sync::OnceLock;

use memchr::memmem;
use serde::Deserialize;

pub use super::behind::{Behind, behind};
use super::model::Class;
use crate::facts::{Resource, System, glob};

const STATEFUL: &str = include_str!("../../rules/data/stateful.json");
const LINKS: &str = include_str!("../../rules/data/links.json");
const SUPERSEDED: &str = include_str!("../../rules/data/superseded.json");
const AWS: &str = include_str!("../../rules/data/terraform-aws.json");
const AZURERM: &str = include_str!("../../rules/data/terraform-azurerm.json");
const GOOGLE: &str = include_str!("../../rules/data/terraform-google.json");
const KUBERNETES_PROVIDER: &str = include_str!("../../rules/data/terraform-kubernetes.json");
const CLOUDFORMATION: &str = include_str!("../../rules/data/cloudformation.json");
const KUBERNETES: &str = include_str!("../../rules/data/kubernetes.json");

/// The system that a rule names.
pub fn system(name: &str) -> Option<System> {
    Some(match name {
        "terraform" => System::Terraform,
        "kubernetes" => System::Kubernetes,
        "cloudformation" => System::Cloudformation,
        "compose" => System::Compose,
        "github" => System::Github,
        "gitlab" => System::Gitlab,
        "ansible" => System::Ansible,
        "dockerfile" => System::Dockerfile,
        "cdk" => System::Cdk,
        "pulumi" => System::Pulumi,
        _ => return None,
    })
}

/// The JSON object of a key in a table of one key a line.
fn line<'table>(table: &'table str, key: &str) -> Option<&'table str> {
    let needle = format!("\n\"{key}\":");
    let start = memmem::find(table.as_bytes(), needle.as_bytes())? + needle.len();
    let end = memchr::memchr(b'\n', &table.as_bytes()[start..]).map_or(table.len(), |length| start + length);
    Some(table[start..end].trim().trim_end_matches(','))
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    // The last line of a table also closes the table.
    serde_json::from_str(text).or_else(|_| serde_json::from_str(text.strip_suffix('}').unwrap_or(text))).ok()
}

#[derive(Deserialize)]
struct Stateful {
    class: Class,
    /// The library keeps the object when it leaves the stack, unless told otherwise.
    #[serde(default)]
    kept: bool,
}

/// What a resource holds; `None` for a type that the table does not know.
pub fn class_of(resource: &Resource) -> Option<Class> {
    stateful(resource).map(|entry| entry.class)
}

/// Whether a library keeps objects of this kind by default when they leave the configuration.
pub fn is_kept(resource: &Resource) -> bool {
    stateful(resource).is_some_and(|entry| entry.kept)
}

fn stateful(resource: &Resource) -> Option<Stateful> {
    let key = match resource.system {
        System::Kubernetes => format!("k8s:{}", resource.kind.rsplit('/').next().unwrap_or(&resource.kind)),
        System::Cdk => format!("cdk:{}", resource.kind),
        System::Pulumi => format!("pulumi:{}", resource.kind),
        _ => resource.kind.clone(),
    };
    parse(line(STATEFUL, &key)?)
}

/// What a type of the Terraform providers holds.
pub fn class_of_terraform(kind: &str) -> Option<Class> {
    parse::<Stateful>(line(STATEFUL, kind)?).map(|entry| entry.class)
}

/// Which attributes of a type force delete-and-create.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Replacement {
    #[serde(default)]
    pub replace: Vec<String>,
    #[serde(default)]
    pub conditional: Vec<String>,
    #[serde(default)]
    pub when: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    pub computed: Vec<String>,
    #[serde(default)]
    pub default: std::collections::BTreeMap<String, serde_json::Value>,
    /// Forced replacement up to the major version that the table's head names.
    #[serde(default)]
    pub older: Vec<String>,
    /// Two sources of the service say different things.
    #[serde(default)]
    pub disputed: Vec<String>,
    #[serde(default)]
    pub delete_first: bool,
    /// The type has no update at all.
    #[serde(default)]
    pub no_update: bool,
    #[serde(default)]
    pub beta: bool,
}

/// The table that knows a type's provider.
fn table_of(resource: &Resource) -> Option<&'static str> {
    Some(match resource.system {
        System::Terraform => match resource.kind.split('_').next()? {
            "aws" => AWS,
            "azurerm" => AZURERM,
            "google" => GOOGLE,
            "kubernetes" | "helm" => KUBERNETES_PROVIDER,
            _ => return None,
        },
        System::Cloudformation => CLOUDFORMATION,
        System::Kubernetes => KUBERNETES,
        System::Compose
        | System::Github
        | System::Gitlab
        | System::Ansible
        | System::Dockerfile
        | System::Cdk
        | System::Pulumi => return None,
    })
}

/// The table of CloudFormation as text, one type a line.
pub(super) fn cloudformation() -> &'static str {
    CLOUDFORMATION
}

/// Whether a provider of this major version is one that `older` speaks of.
pub fn is_older(resource: &Resource, major: u32) -> bool {
    let head = table_of(resource).and_then(|table| parse::<Meta>(line(table, "_meta")?));
    let first = |version: &str| version.split('.').next().and_then(|number| number.parse::<u32>().ok());
    head.and_then(|head| first(&head.older?)).is_some_and(|older| major <= older)
}

/// Types whose replacement is the ordinary way of editing them: what joins two objects, single rules and grants.
pub fn is_link(resource: &Resource) -> bool {
    static GLOBS: OnceLock<Vec<String>> = OnceLock::new();
    let globs = GLOBS.get_or_init(|| serde_json::from_str(LINKS).unwrap_or_default());
    globs.iter().any(|pattern| glob(pattern, &resource.kind))
}

/// Types of which every edit makes a new version that others are pointed to: that the old one goes is how they are used.
pub fn is_superseded(resource: &Resource) -> bool {
    static KINDS: OnceLock<Vec<String>> = OnceLock::new();
    let kinds = KINDS.get_or_init(|| serde_json::from_str(SUPERSEDED).unwrap_or_default());
    kinds.contains(&resource.kind)
}

/// For types that no table classes: a name of something that holds data or others.
pub fn sounds_stateful(kind: &str) -> bool {
    const WORDS: [&str; 14] = [
        "database",
        "bucket",
        "volume",
        "disk",
        "snapshot",
        "cluster",
        "vault",
        "filesystem",
        "topic",
        "queue",
        "table",
        "keyspace",
        "share",
        "zone",
    ];
    // `AWS::EC2::VPCCidrBlock` ends with a word that starts with a capital.
    let last = kind.rsplit("::").next().filter(|last| last.len() < kind.len());
    if let Some(last) = last {
        let plain = last.to_ascii_lowercase();
        return WORDS.iter().any(|word| plain.ends_with(word) || plain.ends_with(&format!("{word}s")));
    }
    let words: Vec<&str> = kind.split('_').collect();
    !words.contains(&"route") && words.last().is_some_and(|last| WORDS.contains(last))
}

/// The replacement facts of a type, with the table they come from; `None` for an unknown type.
pub fn replacement(resource: &Resource) -> Option<(Replacement, String)> {
    let table = table_of(resource)?;
    let entry = parse(line(table, &resource.kind)?)?;
    Some((entry, source_of(table)))
}

#[derive(Deserialize)]
struct Meta {
    source: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    older: Option<String>,
}

fn source_of(table: &str) -> String {
    match line(table, "_meta").and_then(parse::<Meta>) {
        Some(Meta { source, version: Some(version), .. }) => {
            format!("{} {version}", source.rsplit('/').next().unwrap_or(&source))
        }
        Some(meta) => meta.source,
        None => "built-in table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_of_a_type_tells_what_it_holds() {
        for (kind, stateful) in [
            ("AWS::Acme::Database", true),
            ("AWS::Acme::DataBuckets", true),
            ("AWS::EC2::NetworkAclEntry", false),
            ("AWS::Bucket::Listing", false),
            ("acme_bucket", true),
            ("acme_route_table", false),
        ] {
            assert_eq!(sounds_stateful(kind), stateful, "{kind}");
        }
    }

    #[test]
    fn every_table_parses_line_by_line() {
        for (name, table) in
            [("aws", AWS), ("azurerm", AZURERM), ("google", GOOGLE), ("kubernetes", KUBERNETES)]
        {
            let keys = table.lines().filter_map(|line| line.strip_prefix('"')?.split('"').next());
            let keys: Vec<&str> = keys.filter(|key| *key != "_meta").collect();
            assert!(keys.len() > 40, "{name} has {} keys", keys.len());
            for key in keys {
                assert!(line(table, key).and_then(parse::<Replacement>).is_some(), "{name}: {key}");
            }
        }
    }

    #[test]
    fn links_are_known_by_name() {
        let globs: Vec<String> = serde_json::from_str(LINKS).unwrap();
        assert!(globs.iter().any(|pattern| glob(pattern, "aws_iam_role_policy_attachment")));
        assert!(!globs.iter().any(|pattern| glob(pattern, "aws_db_instance")));
        assert!(sounds_stateful("hcloud_volume") && !sounds_stateful("aws_route_table"));
    }
}
