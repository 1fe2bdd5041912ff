//! Compose projects: services, volumes, networks, secrets, configurations.

use super::flatten::attributes;
use super::node::Node;
use super::reshape::{keyed, paired, with};
use crate::facts::{Body, Fact, Resource, System};
use crate::source::Document;

pub(super) const SECTIONS: [&str; 5] = ["services", "volumes", "networks", "secrets", "configs"];

pub(super) fn is_project(name: &str, value: &Node) -> bool {
    let services = value.get("services").filter(|services| services.is_mapping());
    let named =
        (name.starts_with("docker-compose") || name.starts_with("compose") || name.contains(".compose."))
            && (name.ends_with(".yml") || name.ends_with(".yaml"));
    let by_content = || {
        value.get("kind").is_none()
            && services.is_some_and(|services| {
                let all = services.entries();
                !all.is_empty()
                    && all.iter().all(|service| {
                        service.value.get("image").is_some() || service.value.get("build").is_some()
                    })
            })
    };
    (named && (services.is_some() || value.get("volumes").is_some())) || by_content()
}

/// The parts of a project, or `None` if the document is none.
pub(super) fn project(document: &Document, name: &str, value: &Node) -> Option<Vec<Fact>> {
    if !is_project(name, value) {
        return None;
    }
    let mut facts = Vec::new();
    for section in SECTIONS {
        let kind = section.trim_end_matches('s');
        for entry in value.get(section).map(Node::entries).unwrap_or_default() {
            let body = with(&entry.value, &|key, node| {
                Some(match key {
                    "environment" | "labels" | "sysctls" | "extra_hosts" => paired(node),
                    "depends_on" => keyed(node),
                    _ => node.clone(),
                })
            });
            let (attributes, blocks) = attributes(document, &body, &Vec::new());
            facts.push(Fact {
                locus: document
                    .locus(entry.key_span.start..entry.value.span.end.max(entry.key_span.end), Vec::new()),
                body: Body::Resource(Resource {
                    system: System::Compose,
                    module: document.path.to_string(),
                    kind: kind.to_owned(),
                    name: entry.key.clone(),
                    address: format!("{kind} {}", entry.key),
                    attributes,
                    blocks,
                }),
            });
        }
    }
    Some(facts)
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;

    #[test]
    fn both_forms_of_an_environment_say_the_same() {
        let list = "services:\n  db:\n    image: postgres:15\n    environment:\n      - A=1\n    volumes: ['data:/var/lib/postgresql/data']\nvolumes:\n  data:\n";
        let map = list.replace("\n      - A=1", " {A: 1}");
        assert_eq!(shown("compose.yaml", list), shown("compose.yaml", &map));
        let found = shown("docker-compose.yml", list);
        assert!(found[0].contains("environment.A=1 volumes[data:/var/lib/postgresql/data]="), "{found:?}");
        assert!(found[1].starts_with("volume | volume data |"));
    }
}
