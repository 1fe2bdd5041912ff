//! GitLab pipelines: the pipeline itself and its jobs, `extends` within the file resolved. A job that deploys or
//! publishes says so with `job.delivers`.

use super::flatten::attributes;
use super::node::{Entry, Kind, Node};
use super::pipeline::delivers;
use super::reshape::{layered, listed, named, with};
use crate::facts::{Body, Fact, Resource, Scalar, System, Value};
use crate::source::{Document, Scope};

/// Top keys that are no jobs.
const GLOBAL: [&str; 14] = [
    "stages",
    "workflow",
    "default",
    "variables",
    "include",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
    "spec",
    "pages:deploy",
    "types",
    "artifacts",
];

/// Jobs that extend jobs that extend jobs.
const LONGEST_CHAIN: usize = 11;

pub(super) fn is_pipeline(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    is_yaml
        && (name.contains(".gitlab-ci.")
            || path.starts_with(".gitlab/ci/")
            || path.contains("/.gitlab/ci/")
            || path.starts_with(".gitlab-ci/"))
}

pub(super) fn pipeline(document: &Document, value: &Node) -> Vec<Fact> {
    let global = with(value, &|key, node| GLOBAL.contains(&key).then(|| node.clone()));
    let file = document.path.rsplit('/').next().unwrap_or(&document.path);
    let mut facts = vec![fact(document, "pipeline", file, &global, value.span.clone(), &Scope::new())];
    for entry in value.entries() {
        if GLOBAL.contains(&entry.key.as_str()) || !entry.value.is_mapping() {
            continue;
        }
        facts.push(job(document, value, entry));
    }
    facts
}

fn job(document: &Document, value: &Node, entry: &Entry) -> Fact {
    let body = with(&extended(value, &entry.value), &|key, node| {
        Some(match key {
            "script" | "before_script" | "after_script" | "needs" | "tags" | "extends" => listed(node),
            "environment" | "image" => named(node),
            _ => node.clone(),
        })
    });
    let body = if delivers(&entry.key, &body) {
        layered(&body, &Node::mapping(vec![delivery(entry)], entry.span.clone()), 0)
    } else {
        body
    };
    let kind = if entry.key.starts_with('.') { "template" } else { "job" };
    let span = entry.key_span.start..entry.value.span.end.max(entry.key_span.end);
    fact(document, kind, &entry.key, &body, span, &vec![entry.key.clone()])
}

/// `job.delivers`, at the key of the job.
fn delivery(job: &Entry) -> Entry {
    let span = job.key_span.clone();
    let entry = |key: &str, value: Node| Entry {
        key: key.to_owned(),
        value,
        key_span: span.clone(),
        span: span.clone(),
    };
    let yes = Node::new(Kind::Scalar(Value::Literal(Scalar::Bool(true))), span.clone());
    entry("job", Node::mapping(vec![entry("delivers", yes)], span.clone()))
}

/// A job with what the jobs it extends say, the nearest first.
fn extended(value: &Node, job: &Node) -> Node {
    let mut whole = with(job, &|key, node| (key != "extends").then(|| node.clone()));
    let mut pending: Vec<String> = bases(job);
    let mut seen: Vec<String> = Vec::new();
    while let Some(name) = pending.pop() {
        if seen.len() >= LONGEST_CHAIN || seen.contains(&name) {
            continue;
        }
        if let Some(base) = value.get(&name) {
            whole = layered(&whole, &with(base, &|key, node| (key != "extends").then(|| node.clone())), 0);
            pending.extend(bases(base));
        }
        seen.push(name);
    }
    // What the file itself does not define stays visible.
    let known = |name: &Node| name.text().is_some_and(|name| value.get(&name).is_some());
    match job.get("extends").map(listed) {
        Some(extends) if !extends.items().iter().all(known) => {
            layered(&whole, &with(job, &|key, node| (key == "extends").then(|| listed(node))), 0)
        }
        _ => whole,
    }
}

/// The jobs that a job extends, the one that counts most at the end.
fn bases(job: &Node) -> Vec<String> {
    job.get("extends")
        .map(|extends| listed(extends).items().iter().filter_map(Node::text).collect())
        .unwrap_or_default()
}

fn fact(
    document: &Document,
    kind: &str,
    name: &str,
    body: &Node,
    span: std::ops::Range<usize>,
    scope: &Scope,
) -> Fact {
    let (attributes, blocks) = attributes(document, body, scope);
    Fact {
        locus: document.locus(span, scope.clone()),
        body: Body::Resource(Resource {
            system: System::Gitlab,
            module: document.path.to_string(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            address: format!("{kind} {name}"),
            attributes,
            blocks,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;

    #[test]
    fn extends_says_the_same_as_a_copy() {
        let copy = "stages: [a]\ndeploy:\n  when: manual\n  script: make deploy\n";
        let extends =
            "stages: [a]\n.base:\n  when: manual\ndeploy:\n  extends: .base\n  script: [make deploy]\n";
        let (copy, extends) = (shown(".gitlab-ci.yml", copy), shown(".gitlab-ci.yml", extends));
        assert_eq!(copy[1], "job | job deploy | when=manual script[make deploy]=make deploy job.delivers=true");
        assert_eq!(
            extends[2],
            "job | job deploy | script[make deploy]=make deploy when=manual job.delivers=true"
        );
    }

    #[test]
    fn circles_of_extends_end() {
        assert_eq!(shown(".gitlab-ci.yml", "a:\n  extends: b\nb:\n  extends: a\n").len(), 3);
    }
}
