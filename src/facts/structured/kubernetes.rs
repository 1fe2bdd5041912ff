//! Kubernetes objects, those of operators and of delivery tools included.
//!
//! Identity: group, kind, namespace and name; the version of the API is no part of it. The namespace `default` is
//! the empty one.

use super::flatten::attributes;
use super::node::Node;
use crate::facts::{Body, Fact, Resource, System};
use crate::source::Document;

/// The objects of one document, or `None` if it holds none.
pub(super) fn objects(document: &Document, value: &Node) -> Option<Vec<Fact>> {
    let kind = value.text_of("kind")?;
    if kind.ends_with("List") && value.get("items").is_some_and(Node::is_sequence) {
        let items = value.get("items").map(Node::items).unwrap_or_default();
        return Some(items.iter().filter_map(|item| object(document, item)).collect());
    }
    Some(vec![object(document, value)?])
}

fn object(document: &Document, value: &Node) -> Option<Fact> {
    let kind = value.text_of("kind").filter(|kind| is_kind(kind))?;
    let metadata = value.get("metadata").filter(|metadata| metadata.is_mapping())?;
    let version = value.text_of("apiVersion");
    let is_template = document.path.contains("templates/");
    if version.is_none() && !is_template {
        return None;
    }
    let group = group(version.as_deref(), &kind);
    let given = |key: &str| metadata.text_of(key).filter(|text| !text.is_empty());
    let name = match given("name").or_else(|| given("generateName")) {
        Some(name) => name,
        // A template computes the name: the file tells the objects of a chart apart.
        _ if metadata.get("name").is_some() => {
            let mut parts: Vec<&str> = document.path.rsplitn(4, '/').take(3).collect();
            parts.reverse();
            format!("({})", parts.join("/"))
        }
        _ => return None,
    };
    let namespace = given("namespace").filter(|namespace| namespace != "default");
    let full = namespace.map_or(name.clone(), |namespace| format!("{namespace}/{name}"));
    let (attributes, blocks) = attributes(document, value, &Vec::new());
    Some(Fact {
        locus: document.locus(value.span.clone(), Vec::new()),
        body: Body::Resource(Resource {
            system: System::Kubernetes,
            module: String::new(),
            address: format!("{kind} {full}"),
            kind: format!("{group}/{kind}"),
            name: full,
            attributes,
            blocks,
        }),
    })
}

fn is_kind(kind: &str) -> bool {
    kind.starts_with(|letter: char| letter.is_ascii_uppercase())
        && kind.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// The group of an API version; kinds that left the old `extensions` group count as where they are now.
fn group<'a>(version: Option<&'a str>, kind: &str) -> &'a str {
    match version.map(|version| version.split_once('/')) {
        Some(Some((group, _))) if group != "extensions" => group,
        Some(None) => "core",
        _ => match kind {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => "apps",
            "Ingress" | "IngressClass" | "NetworkPolicy" => "networking.k8s.io",
            "Job" | "CronJob" => "batch",
            "HorizontalPodAutoscaler" => "autoscaling",
            "PodDisruptionBudget" | "PodSecurityPolicy" => "policy",
            "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" => "rbac.authorization.k8s.io",
            "CustomResourceDefinition" => "apiextensions.k8s.io",
            "StorageClass" => "storage.k8s.io",
            "PriorityClass" => "scheduling.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => "admissionregistration.k8s.io",
            _ => "core",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;

    #[test]
    fn objects_are_told_by_group_kind_namespace_and_name() {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, namespace: shop}\n---\napiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Namespace\n    metadata: {name: x, namespace: default}\n";
        let found = shown("a.yaml", text);
        assert!(found[0].starts_with("apps/Deployment | Deployment shop/api |"), "{found:?}");
        assert!(found[1].starts_with("core/Namespace | Namespace x |"), "{found:?}");
    }

    #[test]
    fn files_that_only_look_alike_are_settings() {
        assert_eq!(shown("skaffold.yaml", "apiVersion: skaffold/v4\nkind: Config\n")[1], "kind=Config");
        assert_eq!(shown("a.yaml", "kind: deployment\nmetadata: {name: x}\n")[0], "kind=deployment");
    }

    #[test]
    fn names_computed_by_templates_are_the_file() {
        let found = shown("chart/templates/db.yaml", "kind: StatefulSet\nmetadata:\n  name:\nspec: {}\n");
        assert!(found[0].starts_with("apps/StatefulSet | StatefulSet (chart/templates/db.yaml)"), "{found:?}");
    }
}
