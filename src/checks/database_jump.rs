//! `database-jump`: the image of a database server changes its major version under data that stays.
//!
//! Parameter `what`: `chart` for charts of data stores instead of images.

use super::Evidence;
use crate::delta::Delta;
use crate::facts::{Attribute, Body, Fact, System, Value};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, subject_of};

/// Images (last part of the name) whose data format follows the version, and how many numbers make a major one.
const SERVERS: [(&str, usize); 16] = [
    ("postgres", 1),
    ("postgresql", 1),
    ("postgis", 1),
    ("timescaledb", 1),
    ("pgvector", 1),
    ("mysql", 2),
    ("mysql-server", 2),
    ("mariadb", 2),
    ("mongo", 1),
    ("mongodb", 1),
    ("elasticsearch", 1),
    ("opensearch", 1),
    ("neo4j", 1),
    ("cassandra", 1),
    ("influxdb", 1),
    ("etcd", 2),
];

/// Charts whose objects hold data, besides those of the servers.
const CHARTS: [&str; 16] = [
    "redis",
    "valkey",
    "kafka",
    "rabbitmq",
    "minio",
    "clickhouse",
    "zookeeper",
    "vault",
    "consul",
    "postgresql-ha",
    "redis-cluster",
    "mariadb-galera",
    "mongodb-sharded",
    "mysql-operator",
    "nats",
    "loki",
];

/// Where an object names its chart and the version of it.
const RELEASES: [(&str, &str); 4] = [
    ("spec.chart.spec.chart", "spec.chart.spec.version"),
    ("spec.source.chart", "spec.source.targetRevision"),
    ("spec.chart", "spec.version"),
    ("chart", "version"),
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    if rule.check.as_ref().is_some_and(|check| check.with.get("what").is_some_and(|what| what == "chart")) {
        return charts(rule, evidence);
    }
    let mut findings = Vec::new();
    for (_, before, new, after) in evidence.changed() {
        if !matches!(after.system, System::Kubernetes | System::Compose) {
            continue;
        }
        let images = after.attributes.iter().filter(|one| one.path == "image" || one.path.ends_with("].image"));
        for is in images {
            let Some(was) = before.attribute(&is.path) else { continue };
            let Some(back) = jump(was, is) else { continue };
            let draft = Draft {
                old: Some(OldPlace::at(&was.locus)),
                subject: Some(subject_of(new)),
                evidence: if back { vec!["the version goes back".to_owned()] } else { Vec::new() },
                content: is.path.clone(),
                ..Draft::new(Kind::Changed, Place::at(&is.locus))
            };
            findings.push(
                draft
                    .capture("address", &after.address)
                    .capture("name", &after.name)
                    .capture("attribute", &is.path)
                    .capture("old", was.value.display())
                    .capture("new", is.value.display())
                    .finish(rule),
            );
        }
    }
    findings
}

fn charts(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for delta in evidence.deltas {
        let Delta::Changed { old, new } = delta else { continue };
        let found = match (&old.body, &new.body) {
            (Body::Setting(before), Body::Setting(after)) => {
                dependency(new, &after.path).filter(|chart| holds_data(chart)).map(|chart| {
                    (
                        format!("chart {chart}"),
                        "version".to_owned(),
                        &old.locus,
                        &before.value,
                        &new.locus,
                        &after.value,
                    )
                })
            }
            (Body::Resource(before), Body::Resource(after))
                if matches!(after.system, System::Kubernetes) || after.kind == "helm_release" =>
            {
                RELEASES.iter().find_map(|(chart, version)| {
                    let name = after.attribute(chart)?.value.as_text();
                    let (was, is) = (before.attribute(version)?, after.attribute(version)?);
                    let same = before.attribute(chart)?.value.as_text() == name;
                    (same && holds_data(&name)).then(|| {
                        let path = (*version).to_owned();
                        (after.address.clone(), path, &was.locus, &was.value, &is.locus, &is.value)
                    })
                })
            }
            _ => None,
        };
        let Some((address, attribute, before, was, after, is)) = found else { continue };
        if !rises(was, is) {
            continue;
        }
        let draft = Draft {
            old: Some(OldPlace::at(before)),
            subject: Some(subject_of(new)),
            content: attribute.clone(),
            ..Draft::new(Kind::Changed, Place::at(after))
        };
        findings.push(
            draft
                .capture("address", &address)
                .capture("name", &address)
                .capture("attribute", &attribute)
                .capture("old", was.display())
                .capture("new", is.display())
                .finish(rule),
        );
    }
    findings
}

/// The chart whose version a setting of a `Chart.yaml` names.
fn dependency<'a>(fact: &Fact, path: &'a str) -> Option<&'a str> {
    let file = fact.locus.path.rsplit('/').next().unwrap_or_default();
    matches!(file, "Chart.yaml" | "requirements.yaml")
        .then(|| path.strip_prefix("dependencies[")?.strip_suffix("].version"))
        .flatten()
}

fn holds_data(chart: &str) -> bool {
    let name = chart.rsplit('/').next().unwrap_or(chart);
    CHARTS.contains(&name) || SERVERS.iter().any(|(server, _)| *server == name)
}

/// Whether another major version is asked for.
fn rises(was: &Value, is: &Value) -> bool {
    let first = |value: &Value| {
        let text = value.as_text();
        let digits: String = text
            .trim_start_matches(|letter: char| !letter.is_ascii_digit())
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse::<u32>().ok()
    };
    first(was).zip(first(is)).is_some_and(|(was, is)| was != is)
}

/// Whether the same server gets another major version; true where it goes back.
fn jump(was: &Attribute, is: &Attribute) -> Option<bool> {
    let (old, new) = (was.value.as_text(), is.value.as_text());
    let ((one, before), (other, after)) = (image(&old)?, image(&new)?);
    let (_, numbers) = SERVERS.iter().find(|(name, _)| *name == one)?;
    let (before, after) = (major(before, *numbers)?, major(after, *numbers)?);
    (one == other && before != after).then(|| after < before)
}

/// Last part of the name, and the tag.
fn image(text: &str) -> Option<(&str, &str)> {
    let text = text.split('@').next().unwrap_or(text);
    let last = text.rsplit('/').next().unwrap_or(text);
    let (name, tag) = last.split_once(':')?;
    Some((name, tag))
}

/// The first numbers of a tag; for a second one that is not given nothing is known.
fn major(tag: &str, numbers: usize) -> Option<Vec<u32>> {
    let plain = tag.trim_start_matches('v').split(['-', '_', '+']).next().unwrap_or(tag);
    let plain = plain.trim_start_matches("pg");
    let found: Vec<u32> = plain.split('.').map_while(|part| part.parse().ok()).take(numbers).collect();
    (found.len() == numbers).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn majors_are_read_as_each_server_counts_them() {
        assert_eq!(image("docker.io/library/postgres:15.6@sha256:0"), Some(("postgres", "15.6")));
        assert_eq!(major("15.6-alpine", 1), Some(vec![15]));
        assert_eq!(major("8.4.1", 2), Some(vec![8, 4]));
        assert_eq!(major("8", 2), None);
        assert_eq!(major("latest", 1), None);
        assert_eq!(image("localhost:5000/x"), None);
    }
}
