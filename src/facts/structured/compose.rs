//! Compose projects: services, volumes, networks, secrets, configurations.

use std::rc::Rc;

use super::flatten::attributes;
use super::node::{Entry, Kind, Node};
use super::reshape::{keyed, paired, with};
use super::yaml_scalar::plain;
use crate::facts::{Body, Fact, Resource, System, Value};
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
                    "volumes" if kind == "service" => by_target(node, &mount),
                    "ports" => by_target(node, &port),
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

/// Mounts and ports under the name of their target, the short form in the words of the long one.
fn by_target(node: &Node, parts: &dyn Fn(&str) -> Vec<(&'static str, String)>) -> Node {
    let items = node.items().iter().map(|item| {
        let span = item.span.clone();
        let entry = |key: &str, value: Value, span: &std::ops::Range<usize>| Entry {
            key: key.to_owned(),
            key_span: span.clone(),
            value: Node::new(Kind::Scalar(value), span.clone()),
            span: span.clone(),
        };
        let mut entries: Vec<Entry> = match item.text() {
            Some(text) => {
                parts(&text).into_iter().map(|(key, value)| entry(key, plain(&value), &span)).collect()
            }
            None => item.entries().to_vec(),
        };
        if let Some(target) =
            entries.iter().find(|entry| entry.key == "target").and_then(|one| one.value.scalar())
        {
            // A port alone would read as the number of a nameless element.
            let text = target.as_text();
            let name =
                if text.bytes().all(|byte| byte.is_ascii_digit()) { format!("port {text}") } else { text };
            entries.push(entry("name", Value::string(name), &span));
        }
        Node { kind: Kind::Mapping(Rc::new(entries)), ..item.clone() }
    });
    Node { kind: Kind::Sequence(Rc::new(items.collect())), ..node.clone() }
}

/// `source:target:options`; a path alone is an anonymous volume.
fn mount(text: &str) -> Vec<(&'static str, String)> {
    let mut parts: Vec<&str> = text.split(':').collect();
    let mut found = Vec::new();
    let is_option = |part: &str| {
        part.split(',').all(|word| {
            matches!(word, "ro" | "rw" | "z" | "Z" | "cached" | "delegated" | "consistent" | "nocopy")
        })
    };
    if parts.len() > 1 && parts.last().is_some_and(|part| is_option(part)) {
        let options = parts.pop().unwrap_or_default();
        if options.split(',').any(|word| word == "ro") {
            found.push(("read_only", "true".to_owned()));
        }
    }
    let Some(target) = parts.pop() else { return found };
    let source = parts.join(":");
    if !source.is_empty() {
        let is_path = source.starts_with(['.', '/', '~', '$']);
        found.push(("type", if is_path { "bind" } else { "volume" }.to_owned()));
        found.push(("source", source));
    } else {
        found.push(("type", "volume".to_owned()));
    }
    found.push(("target", target.to_owned()));
    found
}

/// `host_ip:published:target/protocol`.
fn port(text: &str) -> Vec<(&'static str, String)> {
    let (text, protocol) = text.split_once('/').map_or((text, None), |(text, protocol)| (text, Some(protocol)));
    let (rest, target) = text.rsplit_once(':').map_or(("", text), |(rest, target)| (rest, target));
    let (host, published) = rest.rsplit_once(':').map_or((None, rest), |(host, port)| (Some(host), port));
    let mut found = Vec::new();
    if let Some(host) = host.filter(|host| !host.is_empty()) {
        found.push(("host_ip", host.trim_matches(['[', ']']).to_owned()));
    }
    if !published.is_empty() {
        found.push(("published", published.to_owned()));
    }
    found.push(("target", target.to_owned()));
    if let Some(protocol) = protocol.filter(|protocol| *protocol != "tcp") {
        found.push(("protocol", protocol.to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;
    use super::*;

    #[test]
    fn both_forms_of_an_environment_say_the_same() {
        let list = "services:\n  db:\n    image: postgres:15\n    environment:\n      - A=1\n    volumes: ['data:/var/lib/postgresql/data']\nvolumes:\n  data:\n";
        let map = list.replace("\n      - A=1", " {A: 1}");
        assert_eq!(shown("compose.yaml", list), shown("compose.yaml", &map));
        let found = shown("docker-compose.yml", list);
        assert!(found[0].contains("environment.A=1 volumes[/var/lib/postgresql/data].type=volume volumes[/var/lib/postgresql/data].source=data"), "{found:?}");
        assert!(found[1].starts_with("volume | volume data |"));
    }

    #[test]
    fn short_forms_are_taken_apart() {
        assert_eq!(mount("/x"), [("type", "volume".to_owned()), ("target", "/x".to_owned())]);
        assert_eq!(
            mount("./a:/b:ro,z"),
            [
                ("read_only", "true".to_owned()),
                ("type", "bind".to_owned()),
                ("source", "./a".to_owned()),
                ("target", "/b".to_owned())
            ]
        );
        assert_eq!(
            port("127.0.0.1:5432:5432"),
            [
                ("host_ip", "127.0.0.1".to_owned()),
                ("published", "5432".to_owned()),
                ("target", "5432".to_owned())
            ]
        );
        assert_eq!(port("80/udp"), [("target", "80".to_owned()), ("protocol", "udp".to_owned())]);
    }
}
