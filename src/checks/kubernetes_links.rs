//! `kubernetes-links`: an object that others point to is gone or renamed, or a selector finds nothing any more.
//!
//! Parameter `of`: `selector` or `reference`. Beside the files of the change their neighbours in the same folder
//! are read, because a service and what it selects rarely share a file. What found nothing before is not reported.

use std::collections::{BTreeMap, BTreeSet};

use super::Evidence;
use crate::change::Side;
use crate::facts::{self, Attribute, Body, Fact, Resource, System};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Subject, subject_of};

/// Neighbours read in one folder, and bytes of one of them.
const MOST_NEIGHBOURS: usize = 60;
const LARGEST_NEIGHBOUR: usize = 200_000;

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let touched = evidence.changed().any(|(_, _, _, resource)| resource.system == System::Kubernetes)
        || evidence.removed().any(|(_, resource, _)| resource.system == System::Kubernetes);
    if !touched {
        return Vec::new();
    }
    let folders = folders(evidence);
    let old = Cluster::of(evidence, evidence.old_resources, Side::Old, &folders);
    let new = Cluster::of(evidence, evidence.new_resources, Side::New, &folders);
    let of = rule.check.as_ref().and_then(|check| check.with.get("of")).map(String::as_str);
    match of {
        Some("reference") => references(rule, evidence, &new),
        _ => selectors(rule, evidence, &old, &new),
    }
}

/// Folders in which the change touches an object.
fn folders(evidence: &Evidence<'_>) -> BTreeSet<String> {
    let all = evidence.old_resources.iter().chain(evidence.new_resources);
    all.filter(|fact| object(fact).is_some())
        .map(|fact| fact.locus.path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned()))
        .collect()
}

fn object(fact: &Fact) -> Option<&Resource> {
    match &fact.body {
        Body::Resource(resource) if resource.system == System::Kubernetes => Some(resource),
        _ => None,
    }
}

/// Every object that is known on one side.
struct Cluster {
    facts: Vec<Fact>,
}

impl Cluster {
    fn of(evidence: &Evidence<'_>, touched: &[Fact], side: Side, folders: &BTreeSet<String>) -> Self {
        let mut facts: Vec<Fact> = touched.iter().filter(|fact| object(fact).is_some()).cloned().collect();
        let tree = evidence.change.tree(side);
        for folder in folders {
            let names = tree.list(folder).unwrap_or_default();
            let is_yaml = |name: &&String| name.ends_with(".yaml") || name.ends_with(".yml");
            for name in names.iter().filter(is_yaml).take(MOST_NEIGHBOURS) {
                let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                let in_change = evidence
                    .change
                    .files
                    .iter()
                    .any(|file| [&file.old, &file.new].into_iter().flatten().any(|side| side.path == path));
                if in_change {
                    continue;
                }
                let Ok(Some(bytes)) = tree.read(&path) else { continue };
                if bytes.len() > LARGEST_NEIGHBOUR {
                    continue;
                }
                let text = String::from_utf8_lossy(&bytes);
                let neighbours = facts::of_neighbour(side, &path, &text);
                facts.extend(neighbours.into_iter().filter(|fact| object(fact).is_some()));
            }
        }
        Self { facts }
    }

    fn objects(&self) -> impl Iterator<Item = (&Fact, &Resource)> {
        self.facts.iter().filter_map(|fact| Some((fact, object(fact)?)))
    }

    /// Whether a workload in a namespace carries all these labels.
    fn has_target(&self, namespace: &str, wanted: &BTreeMap<String, String>) -> bool {
        self.objects().any(|(_, workload)| {
            is_beside(namespace, namespace_of(workload)) && {
                let labels = pod_labels(workload);
                wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
            }
        })
    }

    fn find(&self, kind: &str, name: &str) -> Option<&Resource> {
        self.objects().map(|(_, resource)| resource).find(|other| other.kind == kind && other.name == name)
    }
}

fn namespace_of(resource: &Resource) -> &str {
    resource.name.split_once('/').map_or("", |(namespace, _)| namespace)
}

/// Overlays and releases fill in namespaces; an empty one can be any.
fn is_beside(one: &str, other: &str) -> bool {
    one == other || one.is_empty() || other.is_empty()
}

/// The entries of a mapping of plain values.
fn entries<'a>(resource: &'a Resource, prefix: &'a str) -> impl Iterator<Item = (String, &'a Attribute)> {
    resource.attributes.iter().filter_map(move |attribute| {
        let rest = attribute.path.strip_prefix(prefix)?;
        let key = rest.strip_prefix('.').or_else(|| rest.strip_prefix("[\"")?.strip_suffix("\"]"))?;
        Some((key.to_owned(), attribute))
    })
}

fn map(resource: &Resource, prefix: &str) -> BTreeMap<String, String> {
    entries(resource, prefix).map(|(key, attribute)| (key, attribute.value.as_text())).collect()
}

fn pod_labels(resource: &Resource) -> BTreeMap<String, String> {
    let path = match resource.kind.as_str() {
        "core/Pod" => "metadata.labels",
        "batch/CronJob" => "spec.jobTemplate.spec.template.metadata.labels",
        _ => "spec.template.metadata.labels",
    };
    map(resource, path)
}

/// Where an object keeps the labels that it looks for.
fn selector_path(resource: &Resource) -> Option<&'static str> {
    Some(match resource.kind.as_str() {
        "core/Service" => "spec.selector",
        "policy/PodDisruptionBudget" => "spec.selector.matchLabels",
        "networking.k8s.io/NetworkPolicy" => "spec.podSelector.matchLabels",
        _ => return None,
    })
}

fn selectors(rule: &Rule, evidence: &Evidence<'_>, old: &Cluster, new: &Cluster) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (fact, resource) in new.objects() {
        let Some(path) = selector_path(resource) else { continue };
        let wanted = map(resource, path);
        let namespace = namespace_of(resource);
        let Some(before) = old.find(&resource.kind, &resource.name) else { continue };
        let wanted_before = map(before, path);
        if wanted.is_empty()
            || wanted_before.is_empty()
            || new.has_target(namespace, &wanted)
            || !old.has_target(namespace, &wanted_before)
        {
            continue;
        }
        let shown = wanted.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",");
        // The selector itself changed, or else the labels of what it found.
        let selector = entries(resource, path).map(|(_, attribute)| attribute).next();
        let own = selector.filter(|_| wanted != wanted_before && fact.locus.file < evidence.change.files.len());
        let (place, old_place) = match own {
            Some(attribute) => {
                let was = entries(before, path).map(|(_, attribute)| OldPlace::at(&attribute.locus)).next();
                (Place::at(&attribute.locus), was)
            }
            None => match cause(evidence, &wanted_before) {
                Some(cause) => cause,
                None => continue,
            },
        };
        let draft = Draft {
            old: old_place,
            subject: Some(subject_of(fact)),
            content: shown.clone(),
            ..Draft::new(Kind::Changed, place)
        };
        findings.push(
            draft
                .capture("address", &resource.address)
                .capture("name", &resource.name)
                .capture("new", shown)
                .finish(rule),
        );
    }
    findings
}

/// The workload of the change that a selector found before, with its old place.
fn cause(evidence: &Evidence<'_>, wanted: &BTreeMap<String, String>) -> Option<(Place, Option<OldPlace>)> {
    let found = |resource: &Resource| {
        let labels = pod_labels(resource);
        wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
    };
    for (old, before, new, after) in evidence.changed() {
        if before.system == System::Kubernetes && found(before) {
            let path = "spec.template.metadata.labels";
            let label = entries(after, path).map(|(_, attribute)| Place::at(&attribute.locus)).next();
            let was = entries(before, path).map(|(_, attribute)| OldPlace::at(&attribute.locus)).next();
            let place = label.unwrap_or_else(|| Place::start_of(&new.locus));
            return Some((place, Some(was.unwrap_or_else(|| OldPlace::at(&old.locus)))));
        }
    }
    evidence
        .removed()
        .find(|(_, before, _)| before.system == System::Kubernetes && found(before))
        .map(|(old, _, place)| (place, Some(OldPlace::at(&old.locus))))
}

/// Ends of paths that hold the name of another object, with the kind of it.
const REFERENCES: [(&str, &str); 12] = [
    ("configMapRef.name", "core/ConfigMap"),
    ("configMapKeyRef.name", "core/ConfigMap"),
    (".configMap.name", "core/ConfigMap"),
    ("secretRef.name", "core/Secret"),
    ("secretKeyRef.name", "core/Secret"),
    (".secret.secretName", "core/Secret"),
    (".tls[*].secretName", "core/Secret"),
    ("serviceAccountName", "core/ServiceAccount"),
    ("persistentVolumeClaim.claimName", "core/PersistentVolumeClaim"),
    ("backend.service.name", "core/Service"),
    ("backend.serviceName", "core/Service"),
    ("scaleTargetRef.name", ""),
];

fn references(rule: &Rule, evidence: &Evidence<'_>, new: &Cluster) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, gone, place) in evidence.removed() {
        if gone.system != System::Kubernetes {
            continue;
        }
        let name = gone.name.rsplit('/').next().unwrap_or(&gone.name);
        let namespace = namespace_of(gone);
        // Another object of this kind and name, in a namespace that an overlay fills in.
        let stands = new.objects().any(|(_, other)| {
            other.kind == gone.kind
                && other.name.rsplit('/').next() == Some(name)
                && is_beside(namespace, namespace_of(other))
        });
        if stands {
            continue;
        }
        let user = new.objects().find_map(|(_, user)| {
            let attribute = user.attributes.iter().find(|attribute| {
                attribute.value.as_text() == name && refers_to(user, &attribute.path, gone)
            })?;
            is_beside(namespace, namespace_of(user)).then_some((user, attribute))
        });
        let Some((user, attribute)) = user else { continue };
        let draft = Draft {
            old: Some(OldPlace::at(&old.locus)),
            subject: Some(Subject { home: String::new(), name: gone.address.clone() }),
            evidence: vec![format!(
                "{} names it at {}:{}",
                user.address, attribute.locus.path, attribute.locus.start.line
            )],
            content: user.address.clone(),
            ..Draft::new(Kind::Removed, place)
        };
        findings.push(
            draft
                .capture("address", &gone.address)
                .capture("name", name)
                .capture("new", &user.address)
                .capture("attribute", &attribute.path)
                .finish(rule),
        );
    }
    findings
}

fn refers_to(user: &Resource, path: &str, gone: &Resource) -> bool {
    REFERENCES.iter().any(|(end, kind)| {
        let ends = match end.split_once("[*]") {
            Some((list, rest)) => path.ends_with(rest) && path.contains(&format!("{list}[")),
            None => path.ends_with(end),
        };
        let is_kind = if kind.is_empty() {
            let target = path.strip_suffix("name").map(|stem| format!("{stem}kind"));
            let kind = target.and_then(|target| user.attribute(&target)).map(|kind| kind.value.as_text());
            gone.kind.rsplit('/').next() == kind.as_deref()
        } else {
            gone.kind == *kind
        };
        ends && is_kind
    })
}
