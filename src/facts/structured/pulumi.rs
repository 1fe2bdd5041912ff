//! Programs of Pulumi that are written in YAML: the resources of a `Pulumi.yaml`.

use super::flatten::attributes;
use super::node::{Kind, Node};
use crate::facts::{Attribute, Body, Fact, Resource, System, Value};
use crate::source::{Document, Scope};

/// Whether a document is such a program, and not the description of one in another language.
pub(super) fn is_program(name: &str, value: &Node) -> bool {
    let named = matches!(name, "pulumi.yaml" | "pulumi.yml" | "main.yaml" | "main.yml");
    let runtime = || value.text_of("runtime").or_else(|| value.get("runtime")?.text_of("name"));
    named
        && value.get("resources").is_some_and(|resources| {
            let all = resources.entries();
            let typed =
                all.iter().all(|entry| entry.value.text_of("type").is_some_and(|kind| kind.contains(':')));
            !all.is_empty()
                && typed
                && (!name.starts_with("pulumi") || runtime().is_some_and(|one| one == "yaml"))
        })
}

/// The resources of a program, or `None` if the document is none.
pub(super) fn program(document: &Document, name: &str, value: &Node) -> Option<Vec<Fact>> {
    if !is_program(name, value) {
        return None;
    }
    let entries = value.get("resources").map(Node::entries).unwrap_or_default();
    // What is only read belongs to somebody else.
    let made = entries.iter().filter(|entry| entry.value.get("get").is_none());
    let resource = |entry: &super::node::Entry| {
        let kind = class_of(&entry.value.text_of("type")?);
        let name = entry.value.text_of("name").unwrap_or_else(|| entry.key.clone());
        let scope: Scope = Vec::new();
        let (mut leaves, blocks) = match entry.value.get("properties") {
            Some(properties) => attributes(document, properties, &scope),
            None => Default::default(),
        };
        for option in entry.value.get("options").map(Node::entries).unwrap_or_default() {
            leaves.push(Attribute {
                path: format!("opts.{}", option.key),
                value: whole(&option.value),
                locus: document.locus(option.span.clone(), scope.clone()),
                folded: None,
            });
        }
        Some(Fact {
            locus: document.locus(entry.key_span.start..entry.value.span.end.max(entry.key_span.end), scope),
            body: Body::Resource(Resource {
                system: System::Pulumi,
                module: String::new(),
                address: format!("{kind} {name}"),
                kind,
                name,
                attributes: leaves,
                blocks,
            }),
        })
    };
    Some(made.filter_map(resource).collect())
}

/// `aws.rds.Instance` of `aws:rds:Instance` and `aws:rds/instance:Instance`.
fn class_of(token: &str) -> String {
    let mut parts = token.split(':');
    let (package, module, class) = (parts.next(), parts.next(), parts.next());
    match (package, module, class) {
        (Some(package), Some(module), Some(class)) => {
            let first = module.split('/').next().unwrap_or(module);
            let rest = module.strip_prefix(first).unwrap_or_default().trim_start_matches('/');
            // The second half of `rds/instance` is the class again, that of `core/v1` a version.
            let version = if rest.eq_ignore_ascii_case(class) || rest.is_empty() { "" } else { rest };
            let parts = [package, first, version, class];
            parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(".")
        }
        (Some(package), Some(class), None) => format!("{package}.{class}"),
        _ => token.to_owned(),
    }
}

/// An option as one value; lists as a reader writes them on one line.
fn whole(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar(value) => value.clone(),
        Kind::Sequence(items) => {
            let texts: Vec<String> = items
                .iter()
                .map(|item| item.text().or_else(|| item.text_of("name")).unwrap_or_else(|| "…".to_owned()))
                .collect();
            Value::string(format!("[{}]", texts.join(", ")))
        }
        Kind::Mapping(entries) => {
            let texts: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
            Value::string(format!("{{{}}}", texts.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;
    use super::*;

    #[test]
    fn tokens_name_classes_as_programs_do() {
        assert_eq!(class_of("aws:rds:Instance"), "aws.rds.Instance");
        assert_eq!(class_of("aws:rds/instance:Instance"), "aws.rds.Instance");
        assert_eq!(class_of("kubernetes:core/v1:Namespace"), "kubernetes.core.v1.Namespace");
        assert_eq!(class_of("pulumi:providers:aws"), "pulumi.providers.aws");
    }

    #[test]
    fn a_program_tells_properties_and_options() {
        let text = "name: shop\nruntime: yaml\nresources:\n  db:\n    type: aws:rds:Instance\n    properties:\n      engine: postgres\n    options:\n      protect: true\n      ignoreChanges: [engine]\n";
        assert_eq!(
            shown("Pulumi.yaml", text),
            [
                "aws.rds.Instance | aws.rds.Instance db | engine=postgres opts.protect=true opts.ignoreChanges=[engine]",
                "name=shop",
                "runtime=yaml"
            ]
        );
        assert!(shown("Pulumi.yaml", &text.replace("yaml\n", "nodejs\n"))[0].starts_with("name="));
    }
}
