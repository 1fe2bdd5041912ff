//! `dns-records`: a name stops to resolve, or leads elsewhere while caches keep the old answer.

use super::Evidence;
use super::addresses::Handled;
use crate::facts::{Attribute, Resource, System, without_indexes};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};

/// Seconds from which a wrong answer stays for long.
const LONG_LIVED: f64 = 3600.0;

/// Arguments (without indexes) that hold the answer.
const ANSWERS: [&str; 11] = [
    "records",
    "value",
    "content",
    "rrdatas",
    "alias.name",
    "record",
    "data",
    "target",
    "target_resource_id",
    "ResourceRecords",
    "AliasTarget.DNSName",
];

/// A record set.
struct Record<'a> {
    name: String,
    kind: String,
    answers: Vec<&'a Attribute>,
    /// Seconds, where written.
    lifetime: Option<f64>,
}

impl<'a> Record<'a> {
    fn of(resource: &'a Resource) -> Option<Self> {
        if resource.system == System::Cloudformation {
            return Self::of_template(resource);
        }
        if resource.system != System::Terraform || resource.kind.starts_with("data.") {
            return None;
        }
        let azure =
            resource.kind.strip_prefix("azurerm_dns_").or(resource.kind.strip_prefix("azurerm_private_dns_"));
        let azure = azure.and_then(|rest| rest.strip_suffix("_record"));
        let known = [
            "aws_route53_record",
            "cloudflare_record",
            "cloudflare_dns_record",
            "google_dns_record_set",
            "digitalocean_record",
            "hetznerdns_record",
            "linode_domain_record",
            "dnsimple_zone_record",
            "ns1_record",
        ];
        if azure.is_none() && !known.contains(&resource.kind.as_str()) {
            return None;
        }
        let text = |name: &str| resource.attribute(name).map(|one| one.value.as_text());
        Some(Self {
            name: text("name").or_else(|| text("domain"))?.to_ascii_lowercase(),
            kind: azure.map(str::to_owned).or_else(|| text("type"))?.to_ascii_uppercase(),
            answers: resource
                .attributes
                .iter()
                .filter(|one| ANSWERS.contains(&&*without_indexes(&one.path)))
                .collect(),
            lifetime: resource.attribute("ttl").and_then(|ttl| ttl.value.as_number()),
        })
    }

    fn of_template(resource: &'a Resource) -> Option<Self> {
        if resource.kind != "AWS::Route53::RecordSet" {
            return None;
        }
        let text = |name: &str| resource.attribute(name).map(|one| one.value.as_text());
        Some(Self {
            name: text("Name")?.trim_end_matches('.').to_ascii_lowercase(),
            kind: text("Type")?.to_ascii_uppercase(),
            answers: resource
                .attributes
                .iter()
                .filter(|one| ANSWERS.contains(&&*without_indexes(&one.path)))
                .collect(),
            lifetime: resource.attribute("TTL").and_then(|ttl| ttl.value.as_number()),
        })
    }

    /// Records that only prove something to a machine.
    fn is_proof(&self) -> bool {
        let proof = |text: &str| {
            ["_acme-challenge", "verification", "_domainconnect", "validation"]
                .iter()
                .any(|word| text.contains(word))
        };
        proof(&self.name) || self.answers.iter().any(|one| proof(&one.value.as_text().to_ascii_lowercase()))
    }

    fn level(&self) -> Severity {
        let apex = matches!(self.name.as_str(), "" | "@")
            || self.name.trim_end_matches('.').matches('.').count() == 1 && !self.name.starts_with('_');
        match self.kind.as_str() {
            "NS" | "SOA" | "DS" | "MX" => Severity::Critical,
            "A" | "AAAA" | "CNAME" | "ALIAS" if apex || self.name.starts_with('*') => Severity::Critical,
            "A" | "AAAA" | "CNAME" | "ALIAS" | "SRV" | "CAA" => Severity::High,
            "TXT" if self.answers.iter().any(|one| is_mail_policy(&one.value.as_text())) => Severity::High,
            _ => Severity::Medium,
        }
    }
}

fn is_mail_policy(text: &str) -> bool {
    ["v=spf1", "v=DKIM1", "v=DMARC1"].iter().any(|word| text.contains(word))
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, gone, place) in evidence.removed() {
        let Some(record) = Record::of(gone) else { continue };
        let again = evidence
            .introduced()
            .map(|(_, resource)| resource)
            .chain(evidence.changed().map(|(.., after)| after))
            .filter_map(Record::of)
            .any(|other| other.name == record.name && other.kind == record.kind);
        if again || record.is_proof() || Handled::in_module(evidence, &gone.module).keeps(&gone.address) {
            continue;
        }
        let was: Vec<String> = record.answers.iter().map(|one| one.value.as_text()).take(3).collect();
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(subject_of(old)),
            severity: Some(record.level().min(rule.severity)),
            ..Draft::new(Kind::Removed, place)
        };
        findings.push(word(draft, gone, &record, &was.join(", "), "absent").finish(rule));
    }
    for (old, before, new, after) in evidence.changed() {
        let (Some(was), Some(is)) = (Record::of(before), Record::of(after)) else { continue };
        let texts = |record: &Record<'_>| -> Vec<String> {
            record
                .answers
                .iter()
                .map(|one| one.value.as_text())
                .filter(|text| text != "[]" && !text.is_empty())
                .collect()
        };
        let (olds, news) = (texts(&was), texts(&is));
        let lost = olds.iter().any(|text| !news.contains(text));
        if !lost || is.is_proof() {
            continue;
        }
        let level = if news.is_empty() || matches!(is.kind.as_str(), "NS" | "DS") {
            Severity::Critical
        } else if was.lifetime.is_some_and(|seconds| seconds > LONG_LIVED) {
            Severity::Medium
        } else {
            continue;
        };
        let first = was.answers.iter().find(|one| !news.contains(&one.value.as_text()));
        let at = is.answers.iter().find(|one| !olds.contains(&one.value.as_text())).or(is.answers.first());
        let place = match (at, first) {
            (Some(at), _) => Place::at(&at.locus),
            (None, Some(first)) => {
                let line = evidence.collapsed(first.locus.file, first.locus.start.line);
                let line = line.unwrap_or(new.locus.start.line);
                Place::line(
                    new.locus.file,
                    &new.locus.path,
                    line.clamp(new.locus.start.line, new.locus.end.line),
                )
            }
            (None, None) => Place::start_of(&new.locus),
        };
        let draft = Draft {
            old: Some(OldPlace::at(first.map_or(&old.locus, |one| &one.locus))),
            subject: Some(subject_of(new)),
            severity: Some(level.min(rule.severity)),
            content: is.kind.clone(),
            ..Draft::new(Kind::Changed, place)
        };
        let now = if news.is_empty() { "nothing".to_owned() } else { news.join(", ") };
        findings.push(word(draft, after, &is, &olds.join(", "), &now).finish(rule));
    }
    findings
}

fn word(draft: Draft, resource: &Resource, record: &Record<'_>, old: &str, new: &str) -> Draft {
    draft
        .capture("address", &resource.address)
        .capture("name", &record.name)
        .capture("type", &record.kind)
        .capture("old", old)
        .capture("new", new)
}
