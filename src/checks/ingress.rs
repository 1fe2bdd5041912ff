//! `ingress`: an inbound rule lets the whole world reach a port that it could not reach before.
//!
//! Sources and ports are compared as sets over every rule of the change, so that rules may move between resources,
//! split and merge.

use std::ops::RangeInclusive;

use super::Evidence;
use crate::facts::{Attribute, Body, Fact, Resource, System, Value, without_indexes};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};

/// Ports behind which data, shells and control planes stand.
const GRAVE: [u16; 33] = [
    21, 22, 23, 111, 135, 139, 389, 445, 636, 1433, 1521, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5601,
    5672, 5900, 5985, 6379, 6443, 8086, 9042, 9092, 9200, 10250, 11211, 15672, 27017,
];
/// Ports that are open to the world by trade.
const PUBLIC: [u16; 2] = [80, 443];

/// An opening to the world.
#[derive(Clone, Debug)]
struct Opening<'a> {
    /// Ports, both ends included; `None` where they are not known.
    ports: Option<RangeInclusive<u16>>,
    protocol: String,
    source: &'a Attribute,
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let before: Vec<&Resource> =
        evidence.deltas.iter().filter_map(|delta| delta.old().and_then(resource_of)).collect();
    let was: Vec<Opening<'_>> = before.iter().flat_map(|resource| openings(resource)).collect();
    let mut findings = Vec::new();
    for delta in evidence.deltas {
        let Some(new) = delta.new_fact() else { continue };
        let Body::Resource(resource) = &new.body else { continue };
        let fresh = openings(resource).into_iter().filter(|opening| !was.iter().any(|old| old.covers(opening)));
        let worst =
            fresh.filter_map(|opening| Some((level(&opening)?, opening))).max_by_key(|(level, _)| *level);
        let Some((level, opening)) = worst else { continue };
        let old = delta.old().map(|old| {
            let beside = match &old.body {
                Body::Resource(resource) => resource
                    .attribute(&opening.source.path)
                    .or_else(|| {
                        let plain = without_indexes(&opening.source.path);
                        resource.attributes.iter().find(|one| without_indexes(&one.path) == plain)
                    })
                    .map(|attribute| &attribute.locus),
                _ => None,
            };
            OldPlace::at(beside.unwrap_or(&old.locus))
        });
        let ports = opening.describe();
        let draft = Draft {
            old,
            subject: Some(subject_of(new)),
            severity: Some(level.min(rule.severity)),
            doubt: if opening.ports.is_none() { 2 } else { 0 },
            evidence: opening.source.folded.clone().into_iter().collect(),
            content: ports.clone(),
            ..Draft::new(Kind::Introduced, Place::at(&opening.source.locus))
        };
        findings.push(
            draft
                .capture("address", &resource.address)
                .capture("name", &resource.name)
                .capture("type", &resource.kind)
                .capture("attribute", &opening.source.path)
                .capture("new", opening.source.value.as_text())
                .capture("ports", ports)
                .finish(rule),
        );
    }
    findings
}

fn resource_of(fact: &Fact) -> Option<&Resource> {
    match &fact.body {
        Body::Resource(resource) => Some(resource),
        _ => None,
    }
}

impl Opening<'_> {
    fn covers(&self, other: &Self) -> bool {
        let protocol = self.protocol == "all" || self.protocol == other.protocol;
        protocol
            && match (&self.ports, &other.ports) {
                (Some(mine), Some(theirs)) => mine.start() <= theirs.start() && mine.end() >= theirs.end(),
                (None, None) => self.source.value.is_same(&other.source.value),
                _ => false,
            }
    }

    fn describe(&self) -> String {
        match &self.ports {
            None => "ports that source alone cannot tell".to_owned(),
            Some(ports) if *ports == (0..=u16::MAX) => "all ports".to_owned(),
            Some(ports) if ports.start() == ports.end() => format!("port {}", ports.start()),
            Some(ports) => format!("ports {} to {}", ports.start(), ports.end()),
        }
    }
}

/// How grave an opening is; `None` for what is public by trade.
fn level(opening: &Opening<'_>) -> Option<Severity> {
    if opening.protocol.starts_with("icmp") || opening.protocol == "1" || opening.protocol == "58" {
        return None;
    }
    let Some(ports) = &opening.ports else { return Some(Severity::Medium) };
    if GRAVE.iter().any(|port| ports.contains(port)) {
        return Some(Severity::Critical);
    }
    let single = ports.start() == ports.end();
    (!(single && PUBLIC.contains(ports.start()))).then_some(Severity::Medium)
}

fn is_world(value: &Value) -> bool {
    let Value::Literal(_) = value else { return false };
    let text = value.as_text();
    match text.as_str() {
        "*" | "0.0.0.0/0" | "::/0" => true,
        _ if text.eq_ignore_ascii_case("internet") || text.eq_ignore_ascii_case("any") => true,
        // Half of the world, and other blocks nobody owns.
        _ => text.split_once('/').is_some_and(|(address, length)| {
            let private = address.starts_with("10.") || address.starts_with("127.");
            !private && !address.contains(':') && length.parse::<u8>().is_ok_and(|length| length <= 8)
        }),
    }
}

/// The openings to the world of one resource.
fn openings(resource: &Resource) -> Vec<Opening<'_>> {
    let Some(shape) = shape_of(resource) else { return Vec::new() };
    let mut found = Vec::new();
    for source in resource.attributes.iter().filter(|attribute| is_world(&attribute.value)) {
        let plain = without_indexes(&source.path);
        let Some(field) = plain.rsplit('.').next().filter(|field| shape.sources.contains(field)) else {
            continue;
        };
        let egress = resource.kind == "AWS::EC2::SecurityGroup" && !plain.contains("SecurityGroupIngress");
        if !plain.starts_with(shape.prefix) || egress {
            continue;
        }
        // The rule that the source belongs to: everything before its own name.
        let home = rule_home(&source.path, field);
        let sibling = |names: &[&str]| -> Vec<&Value> {
            resource
                .attributes
                .iter()
                .filter(|one| {
                    let rest = one.path.strip_prefix(home.as_str());
                    rest.is_some_and(|rest| names.contains(&&*without_indexes(rest.trim_start_matches('.'))))
                })
                .map(|one| &one.value)
                .collect()
        };
        let is = |names: &[&str], word: &str| {
            sibling(names).first().is_some_and(|value| value.as_text().eq_ignore_ascii_case(word))
        };
        if is(&["direction"], "Outbound")
            || is(&["direction"], "EGRESS")
            || is(&["direction"], "out")
            || is(&["type"], "egress")
            || is(&["access"], "Deny")
            || is(&["disabled"], "true")
        {
            continue;
        }
        if shape.allow_blocks {
            found.extend(google(resource, source));
            continue;
        }
        let protocol = sibling(&["protocol", "ip_protocol", "IpProtocol"]).first().map_or_else(
            || "tcp".to_owned(),
            |value| match value.as_text().to_ascii_lowercase().as_str() {
                "-1" | "all" | "*" | "any" => "all".to_owned(),
                other => other.to_owned(),
            },
        );
        for ports in ports_of(&protocol, &sibling) {
            found.push(Opening { ports, protocol: protocol.clone(), source });
        }
    }
    found
}

/// How rules are written in a type of resource.
struct Shape {
    /// Path of the rule blocks; empty where the resource is one rule.
    prefix: &'static str,
    sources: &'static [&'static str],
    /// `allow` blocks beside one list of sources.
    allow_blocks: bool,
}

fn shape_of(resource: &Resource) -> Option<Shape> {
    let rules =
        |prefix: &'static str, sources: &'static [&'static str]| Shape { prefix, sources, allow_blocks: false };
    Some(match (resource.system, resource.kind.as_str()) {
        (System::Terraform, "aws_security_group" | "aws_default_security_group") => {
            rules("ingress", &["cidr_blocks", "ipv6_cidr_blocks"])
        }
        (System::Terraform, "aws_security_group_rule") => rules("", &["cidr_blocks", "ipv6_cidr_blocks"]),
        (System::Terraform, "aws_vpc_security_group_ingress_rule") => rules("", &["cidr_ipv4", "cidr_ipv6"]),
        (System::Terraform, "google_compute_firewall") => {
            Shape { prefix: "", sources: &["source_ranges"], allow_blocks: true }
        }
        (System::Terraform, "azurerm_network_security_group") => {
            rules("security_rule", &["source_address_prefix", "source_address_prefixes"])
        }
        (System::Terraform, "azurerm_network_security_rule") => {
            rules("", &["source_address_prefix", "source_address_prefixes"])
        }
        (System::Terraform, "digitalocean_firewall") => rules("inbound_rule", &["source_addresses"]),
        (System::Terraform, "hcloud_firewall") => rules("rule", &["source_ips"]),
        (System::Terraform, "openstack_networking_secgroup_rule_v2") => rules("", &["remote_ip_prefix"]),
        (System::Terraform, "alicloud_security_group_rule") => rules("", &["cidr_ip", "ipv6_cidr_ip"]),
        (System::Cloudformation, "AWS::EC2::SecurityGroup") => rules("", &["CidrIp", "CidrIpv6"]),
        (System::Cloudformation, "AWS::EC2::SecurityGroupIngress") => rules("", &["CidrIp", "CidrIpv6"]),
        _ => return None,
    })
}

/// `ingress[0]` of `ingress[0].cidr_blocks[0.0.0.0/0]`.
fn rule_home(path: &str, field: &str) -> String {
    match path.rfind(field) {
        Some(at) => path[..at].trim_end_matches('.').to_owned(),
        None => String::new(),
    }
}

/// The port ranges of a rule.
fn ports_of<'a>(
    protocol: &str,
    sibling: &impl Fn(&[&str]) -> Vec<&'a Value>,
) -> Vec<Option<RangeInclusive<u16>>> {
    if protocol == "all" {
        return vec![Some(0..=u16::MAX)];
    }
    let ranges = sibling(&["destination_port_range", "destination_port_ranges", "port_range", "port", "ports"]);
    if !ranges.is_empty() {
        return ranges.into_iter().map(|value| range(&value.as_text())).collect();
    }
    let number = |names: &[&str]| sibling(names).first().map(|value| value.as_number());
    match (
        number(&["from_port", "FromPort", "port_range_min"]),
        number(&["to_port", "ToPort", "port_range_max"]),
    ) {
        (Some(Some(from)), Some(Some(to))) if from >= 0.0 && to >= from && to <= 65_535.0 => {
            // AWS writes 0 to 0 for every port of every protocol.
            vec![Some(from as u16..=to as u16)]
        }
        (Some(Some(-1.0)), _) => vec![Some(0..=u16::MAX)],
        (Some(Some(from)), None) if (0.0..=65_535.0).contains(&from) => vec![Some(from as u16..=from as u16)],
        _ => vec![None],
    }
}

/// `22`, `8000-8100`, `1/65535`, `*`.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let text = text.trim();
    if matches!(text, "*" | "any" | "all") || text.eq_ignore_ascii_case("all") {
        return Some(0..=u16::MAX);
    }
    match text.split_once(['-', '/']) {
        Some((from, to)) => Some(from.trim().parse().ok()?..=to.trim().parse().ok()?),
        None => {
            let port: u16 = text.parse().ok()?;
            Some(port..=port)
        }
    }
}

/// `allow { protocol ports }` of a Google firewall; without ports all of them.
fn google<'a>(resource: &'a Resource, source: &'a Attribute) -> Vec<Opening<'a>> {
    let mut found = Vec::new();
    for protocol in resource.attributes.iter().filter(|one| without_indexes(&one.path) == "allow.protocol") {
        let home = protocol.path.trim_end_matches(".protocol");
        let name = match protocol.value.as_text().to_ascii_lowercase().as_str() {
            "all" => "all".to_owned(),
            other => other.to_owned(),
        };
        let ports: Vec<&Attribute> = resource
            .attributes
            .iter()
            .filter(|one| one.path.strip_prefix(home).is_some_and(|rest| rest.starts_with(".ports")))
            .collect();
        if ports.is_empty() {
            found.push(Opening { ports: Some(0..=u16::MAX), protocol: name, source });
            continue;
        }
        for port in ports {
            let ports = match &port.value {
                Value::Literal(_) => range(&port.value.as_text()),
                Value::Unknown(_) => None,
            };
            found.push(Opening { ports, protocol: name.clone(), source });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_ranges_are_read() {
        assert_eq!(range("22"), Some(22..=22));
        assert_eq!(range("8000-8100"), Some(8000..=8100));
        assert_eq!(range("*"), Some(0..=65_535));
        assert_eq!(range("http"), None);
    }

    #[test]
    fn the_world_has_many_names() {
        for (text, expected) in [
            ("0.0.0.0/0", true),
            ("::/0", true),
            ("Internet", true),
            ("0.0.0.0/1", true),
            ("10.0.0.0/8", false),
            ("198.51.100.0/24", false),
            ("VirtualNetwork", false),
        ] {
            assert_eq!(is_world(&Value::string(text)), expected, "{text}");
        }
        assert!(!is_world(&Value::Unknown("var.cidr".into())));
    }
}
