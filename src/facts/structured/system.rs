//! Which system a document speaks to.

use super::node::Node;
use super::{
    ansible, cloudformation, compose, github, gitlab, json, kubernetes, properties, pulumi, setting, toml, yaml,
};
use crate::facts::{Body, Fact, Setting};
use crate::source::{Document, Focus, Language};

/// Files that machines write: what they pin is told by the dependency lens, their leaves are noise.
const LOCKS: [&str; 12] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "composer.lock",
    "pipfile.lock",
    "cargo.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "pnpm-lock.yaml",
    "packages.lock.json",
    "flake.lock",
    "chart.lock",
];

pub(super) fn extract(document: &Document, focus: &Focus) -> Vec<Fact> {
    let name = document.path.rsplit('/').next().unwrap_or(&document.path).to_ascii_lowercase();
    if LOCKS.contains(&name.as_str()) || name.ends_with(".tfstate") {
        return Vec::new();
    }
    let values = match document.language {
        Language::Yaml => yaml::read(document),
        Language::Json => json::read(document),
        Language::Toml => toml::read(document),
        Language::Properties => {
            let lines = properties::read(document).into_iter();
            return lines
                .map(|line| Fact {
                    locus: document.locus(line.span, Vec::new()),
                    body: Body::Setting(Setting {
                        language: document.language,
                        path: line.path,
                        value: line.value,
                    }),
                })
                .collect();
        }
        _ => return Vec::new(),
    };
    let mut facts = Vec::new();
    for value in &values {
        facts.extend(
            claimed(document, &name, value).unwrap_or_else(|| setting::leaves(document, value, "", focus)),
        );
        facts.extend(remainder(document, &name, value, focus));
    }
    facts
}

/// The resources of a document that a system claims.
fn claimed(document: &Document, name: &str, value: &Node) -> Option<Vec<Fact>> {
    let path = &*document.path;
    if github::is_workflow(path) {
        return github::workflow(document, value);
    }
    if matches!(name, "action.yml" | "action.yaml") && value.get("runs").is_some() {
        return Some(github::action(document, value));
    }
    if gitlab::is_pipeline(path) {
        return Some(gitlab::pipeline(document, value));
    }
    kubernetes::objects(document, value)
        .or_else(|| cloudformation::stack(document, value))
        .or_else(|| cloudformation::policy(document, name, value))
        .or_else(|| compose::project(document, name, value))
        .or_else(|| pulumi::program(document, name, value))
        .or_else(|| ansible::playbook(document, value))
}

/// What a claimed document says besides its resources.
fn remainder(document: &Document, name: &str, value: &Node, focus: &Focus) -> Vec<Fact> {
    let claimed: &[&str] = if github::is_workflow(&document.path) || gitlab::is_pipeline(&document.path) {
        return Vec::new();
    } else if cloudformation::is_stack(value) {
        &["Resources"]
    } else if compose::is_project(name, value) {
        &compose::SECTIONS
    } else if pulumi::is_program(name, value) {
        &["resources"]
    } else {
        return Vec::new();
    };
    let rest = value.entries().iter().filter(|entry| !claimed.contains(&entry.key.as_str()));
    rest.flat_map(|entry| setting::entry(document, entry, focus)).collect()
}
