//! GitHub workflows and composite actions, also as Gitea and Forgejo run them.
//!
//! A job is known by its key, a step by its id, else its name, else what it uses, else its first line; both may be
//! renamed or moved. Jobs and steps carry the triggers of their workflow as `workflow.on[…]`.

use std::ops::Range;

use super::flatten::attributes;
use super::node::{Entry, Node};
use super::reshape::{keyed, listed, named, with};
use crate::facts::{Attribute, Body, Fact, Resource, Scalar, System, Value};
use crate::source::{Document, Scope};

pub(super) fn is_workflow(path: &str) -> bool {
    [".github/workflows/", ".gitea/workflows/", ".forgejo/workflows/"]
        .iter()
        .any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}")))
}

/// Workflow, jobs and steps, or `None` if the document has no jobs.
pub(super) fn workflow(document: &Document, value: &Node) -> Option<Vec<Fact>> {
    let jobs = value.get("jobs")?;
    let file = document.path.rsplit('/').next().unwrap_or(&document.path);
    let name = value.text_of("name").unwrap_or_else(|| file.to_owned());
    let top = with(value, &|key, node| match key {
        "jobs" => None,
        "on" | "true" => Some(keyed(node)),
        _ => Some(node.clone()),
    });
    let triggers = triggers(document, &top);
    let mut facts = vec![fact(
        document,
        "workflow",
        &name,
        format!("workflow {file}"),
        &top,
        value.span.clone(),
        &Scope::new(),
    )];
    for job in jobs.entries() {
        facts.extend(job_facts(document, job, &triggers));
    }
    Some(facts)
}

/// A composite action and its steps.
pub(super) fn action(document: &Document, value: &Node) -> Vec<Fact> {
    let name = value.text_of("name").unwrap_or_else(|| document.path.to_string());
    let top = with(value, &|key, node| match key {
        "runs" => Some(with(node, &|key, node| (key != "steps").then(|| node.clone()))),
        _ => Some(node.clone()),
    });
    let mut facts = vec![fact(
        document,
        "action",
        &name,
        format!("action {name}"),
        &top,
        value.span.clone(),
        &Scope::new(),
    )];
    facts.extend(steps(document, "runs", value.at(&["runs", "steps"]), &[]));
    facts
}

fn job_facts(document: &Document, job: &Entry, triggers: &[Attribute]) -> Vec<Fact> {
    let body = with(&job.value, &|key, node| match key {
        "steps" => None,
        "needs" | "runs-on" => Some(listed(node)),
        "environment" => Some(named(node)),
        _ => Some(node.clone()),
    });
    let span = job.key_span.start..job.value.span.end.max(job.key_span.end);
    let scope = vec![job.key.clone()];
    let mut whole = fact(document, "job", &job.key, format!("job {}", job.key), &body, span, &scope);
    inherit(&mut whole, triggers);
    let mut facts = vec![whole];
    facts.extend(steps(document, &job.key, job.value.get("steps"), triggers));
    facts
}

fn steps(document: &Document, job: &str, list: Option<&Node>, triggers: &[Attribute]) -> Vec<Fact> {
    let items = list.map(Node::items).unwrap_or_default();
    items
        .iter()
        .map(|step| {
            let name = step_name(step);
            let scope = vec![job.to_owned(), name.clone()];
            let address = format!("step \"{name}\" of job {job}");
            let mut whole = fact(document, "step", &name, address, step, step.span.clone(), &scope);
            inherit(&mut whole, triggers);
            whole
        })
        .collect()
}

fn step_name(step: &Node) -> String {
    let given = ["id", "name", "uses"].iter().find_map(|key| step.text_of(key));
    given
        .or_else(|| step.text_of("run").and_then(|run| run.lines().next().map(str::to_owned)))
        .map_or_else(|| "step".to_owned(), |name| name.chars().take(60).collect())
}

/// The names of the events that start the workflow.
fn triggers(document: &Document, top: &Node) -> Vec<Attribute> {
    let events = top.get("on").or_else(|| top.get("true")).map(Node::entries).unwrap_or_default();
    events
        .iter()
        .map(|event| Attribute {
            path: format!("workflow.on[{}]", event.key),
            value: Value::Literal(Scalar::Bool(true)),
            locus: document.locus(event.key_span.clone(), Scope::new()),
            folded: Some(format!("the workflow runs on {}", event.key)),
        })
        .collect()
}

fn inherit(fact: &mut Fact, triggers: &[Attribute]) {
    if let Body::Resource(resource) = &mut fact.body {
        resource.attributes.extend(triggers.iter().cloned());
    }
}

fn fact(
    document: &Document,
    kind: &str,
    name: &str,
    address: String,
    body: &Node,
    span: Range<usize>,
    scope: &Scope,
) -> Fact {
    let (attributes, blocks) = attributes(document, body, scope);
    Fact {
        locus: document.locus(span, scope.clone()),
        body: Body::Resource(Resource {
            system: System::Github,
            module: document.path.to_string(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            address,
            attributes,
            blocks,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;

    #[test]
    fn workflows_are_jobs_and_steps() {
        let text = "name: CI\non: [push, pull_request]\njobs:\n  test:\n    needs: lint\n    environment: prod\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - name: Unit\n        run: make test\n";
        let found = shown(".github/workflows/ci.yml", text);
        assert_eq!(
            found,
            [
                "workflow | workflow ci.yml | name=CI on.push=null on.pull_request=null",
                "job | job test | needs[lint]=lint environment.name=prod runs-on[ubuntu-latest]=ubuntu-latest workflow.on[push]=true workflow.on[pull_request]=true",
                "step | step \"actions/checkout@v4\" of job test | uses=actions/checkout@v4 workflow.on[push]=true workflow.on[pull_request]=true",
                "step | step \"Unit\" of job test | name=Unit run=make test workflow.on[push]=true workflow.on[pull_request]=true",
            ]
        );
        let long = text.replace("on: [push, pull_request]", "on:\n  push:\n  pull_request:\n");
        assert_eq!(shown(".github/workflows/ci.yml", &long), found);
    }
}
