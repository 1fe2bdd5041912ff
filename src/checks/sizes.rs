//! `downsized`: a database, cache or broker gets a smaller class or half of its capacity.

use super::Evidence;
use crate::facts::{Attribute, Resource, System, without_indexes};
use crate::rules::{Class, Draft, Finding, Kind, OldPlace, Place, Rule, subject_of, tables};

/// Attributes (without indexes) that hold the class of a machine.
const CLASSES: [&str; 14] = [
    "instance_class",
    "node_type",
    "instance_type",
    "host_instance_type",
    "cluster_config.instance_type",
    "broker_node_group_info.instance_type",
    "settings.tier",
    "tier",
    "machine_type",
    "sku_name",
    "size",
    "vm_size",
    "replication_instance_class",
    "plan",
];

/// Attributes that hold a capacity.
const CAPACITIES: [&str; 20] = [
    "iops",
    "storage_throughput",
    "read_capacity",
    "write_capacity",
    "shard_count",
    "num_shards",
    "num_node_groups",
    "number_of_nodes",
    "capacity_units",
    "throughput",
    "max_throughput",
    "serverlessv2_scaling_configuration.max_capacity",
    "scaling_configuration.max_capacity",
    "serverless_v2_scaling_configuration.max_capacity",
    "memory_size_gb",
    "capacity",
    "provisioned_throughput_in_mibps",
    "autoscale_settings.max_throughput",
    "base_capacity",
    "storage_mb",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, before, new, after) in evidence.changed() {
        let holds = matches!(tables::class_of(after), Some(Class::Data | Class::Identity));
        let machine =
            ["_instance", "_machine", "_server", "_droplet"].iter().any(|end| after.kind.ends_with(end))
                && !["_db_", "_sql_", "_rds_", "_redis_", "_database_", "sql_"]
                    .iter()
                    .any(|word| after.kind.contains(word))
                && !serves_data(after);
        if after.system != System::Terraform || machine || !(holds || serves_data(after)) {
            continue;
        }
        for now in &after.attributes {
            let plain = without_indexes(&now.path);
            let Some(was) = before.attribute(&now.path) else { continue };
            let why = if CLASSES.contains(&plain.as_str()) {
                smaller(&was.value.as_text(), &now.value.as_text())
            } else if CAPACITIES.contains(&plain.as_str()) {
                halved(was, now)
            } else {
                None
            };
            let Some(why) = why else { continue };
            let draft = Draft {
                old: Some(OldPlace::at(&was.locus)),
                subject: Some(subject_of(new)),
                evidence: [Some(why), now.folded.clone()].into_iter().flatten().collect(),
                content: plain,
                ..Draft::new(Kind::Changed, Place::at(&now.locus))
            };
            findings.push(
                draft
                    .capture("address", &after.address)
                    .capture("name", &after.name)
                    .capture("attribute", &now.path)
                    .capture("old", was.value.display())
                    .capture("new", now.value.display())
                    .finish(rule),
            );
        }
    }
    findings
}

/// Members of clusters that the table of classes files under computing.
fn serves_data(resource: &Resource) -> bool {
    [
        "_cluster_instance",
        "_elasticache_",
        "_msk_",
        "_mq_",
        "_opensearch_",
        "_elasticsearch_",
        "_redis_",
        "_alloydb_",
        "_dms_",
    ]
    .iter()
    .any(|word| resource.kind.contains(word))
}

fn halved(was: &Attribute, now: &Attribute) -> Option<String> {
    let (old, new) = (was.value.as_number()?, now.value.as_number()?);
    (old > 0.0 && new * 2.0 <= old).then(|| "half or less of what it was".to_owned())
}

/// Why one class is smaller than another, as far as both are known and of one kind.
fn smaller(old: &str, new: &str) -> Option<String> {
    let (was, is) = (rank(old)?, rank(new)?);
    if was.scheme != is.scheme {
        return None;
    }
    if is.size < was.size {
        return Some("a smaller size".to_owned());
    }
    (is.burstable && !was.burstable && is.size <= was.size).then(|| "a family that only bursts".to_owned())
}

/// A larger class of the same kind.
pub(super) fn is_larger(old: &str, new: &str) -> bool {
    matches!((rank(old), rank(new)), (Some(old), Some(new)) if old.scheme == new.scheme && new.size > old.size)
}

struct Rank {
    /// Classes of one scheme compare.
    scheme: &'static str,
    size: f64,
    burstable: bool,
}

fn rank(text: &str) -> Option<Rank> {
    let lower = text.to_ascii_lowercase();
    aws(&lower).or_else(|| google(&lower)).or_else(|| azure(&lower))
}

/// `db.r6g.4xlarge`, `cache.t3.micro`, `m5.large.search`, `kafka.m5.large`.
fn aws(text: &str) -> Option<Rank> {
    let parts: Vec<&str> = text.split('.').collect();
    let (family, size) = parts.iter().zip(parts.iter().skip(1)).find_map(|(family, size)| {
        let generation = family.chars().any(|letter| letter.is_ascii_digit()) && family.len() < 8;
        Some((*family, size_of(size)?))
            .filter(|_| generation && family.starts_with(|letter: char| letter.is_ascii_alphabetic()))
    })?;
    Some(Rank { scheme: "aws", size, burstable: family.starts_with('t') })
}

fn size_of(word: &str) -> Option<f64> {
    Some(match word {
        "nano" => 0.0625,
        "micro" => 0.125,
        "small" => 0.25,
        "medium" => 0.5,
        "large" => 1.0,
        "xlarge" => 2.0,
        "metal" => 64.0,
        _ => 2.0 * word.strip_suffix("xlarge")?.parse::<f64>().ok()?,
    })
}

/// `db-custom-8-32768`, `db-n1-standard-4`, `db-f1-micro`, `e2-highmem-8`, `db-perf-optimized-N-8`.
fn google(text: &str) -> Option<Rank> {
    if let Some(rest) = text.strip_prefix("db-custom-") {
        let size = rest.split('-').next()?.parse().ok()?;
        return Some(Rank { scheme: "google", size, burstable: false });
    }
    if matches!(text, "db-f1-micro" | "db-g1-small" | "f1-micro" | "g1-small") {
        let size = if text.ends_with("micro") { 0.2 } else { 0.5 };
        return Some(Rank { scheme: "google", size, burstable: true });
    }
    let kinds = ["standard", "highmem", "highcpu", "optimized", "ultramem", "megamem"];
    if !kinds.iter().any(|kind| text.contains(kind)) || text.contains('_') {
        return None;
    }
    let size = text.rsplit('-').find_map(|part| part.parse().ok())?;
    Some(Rank { scheme: "google", size, burstable: false })
}

/// `GP_Standard_D4s_v3`, `B_Standard_B1ms`, `Standard_D8s_v5`, `GP_S_Gen5_4`, `S3`, `P2`.
fn azure(text: &str) -> Option<Rank> {
    if let Some(at) = text.find("standard_") {
        let family = &text[at + "standard_".len()..];
        let digits: String = family
            .chars()
            .skip_while(|letter| letter.is_ascii_alphabetic())
            .take_while(char::is_ascii_digit)
            .collect();
        return Some(Rank { scheme: "azure", size: digits.parse().ok()?, burstable: family.starts_with('b') });
    }
    if text.contains("_gen5_") || text.starts_with("hs_") || text.starts_with("gp_") || text.starts_with("bc_")
    {
        let size = text.rsplit('_').next()?.parse().ok()?;
        return Some(Rank { scheme: "azure-vcore", size, burstable: false });
    }
    let (kind, number) = text.split_at_checked(1)?;
    let number: f64 = number.parse().ok()?;
    match kind {
        "s" => Some(Rank { scheme: "azure-dtu", size: number, burstable: false }),
        "p" => Some(Rank { scheme: "azure-dtu", size: 100.0 + number, burstable: false }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_compare_within_a_scheme() {
        for (old, new, expected) in [
            ("db.r6g.4xlarge", "db.t4g.large", true),
            ("db.r6g.4xlarge", "db.r7g.4xlarge", false),
            ("db.m5.large", "db.t3.large", true),
            ("cache.m5.large", "cache.m5.xlarge", false),
            ("m5.large.search", "t3.small.search", true),
            ("db-custom-8-32768", "db-custom-4-16384", true),
            ("db-custom-4-16384", "db-n1-standard-8", false),
            ("db-n1-standard-4", "db-f1-micro", true),
            ("GP_Standard_D8s_v3", "GP_Standard_D2s_v3", true),
            ("GP_Standard_D2s_v3", "B_Standard_B2s", true),
            ("GP_Gen5_8", "GP_Gen5_4", true),
            ("P2", "S3", true),
            ("S3", "P1", false),
            ("db.r6g.large", "db-custom-2-7680", false),
            ("kafka.m5.4xlarge", "kafka.m5.large", true),
        ] {
            assert_eq!(smaller(old, new).is_some(), expected, "{old} {new}");
        }
    }
}
