//! GitHub workflows and composite actions, also as Gitea and Forgejo run them.
//!
//! A job is known by its key, a step by its id, else its name, else what it uses, else its first line; both may be
//! renamed or moved. All of them carry the events that start their workflow as `workflow.on[…]`. A job says with
//! `job.delivers` that it deploys or publishes, with `token…` what its token may do: `token.contents` and so on, or
//! `token` as a whole (`read-all`, `write-all`, `none`, or `default` where nothing is said). A workflow says with
//! `workflow.delivers` and `workflow.runs-code` what its jobs do.

use std::ops::Range;

use super::flatten::attributes;
use super::node::{Entry, Node};
use super::pipeline::delivers;
use super::reshape::{keyed, listed, named, with};
use crate::facts::{Attribute, Body, Fact, Resource, Scalar, System, Value};
use crate::source::{Document, Locus, Scope};

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
    let mut whole =
        fact(document, "workflow", &name, format!("workflow {file}"), &top, value.span.clone(), &Scope::new());
    inherit(&mut whole, &triggers);
    let at = || document.locus(value.span.clone(), Scope::new());
    if jobs.entries().iter().any(|job| delivers(&job.key, &job.value)) {
        inherit(&mut whole, &[said("workflow.delivers", Scalar::Bool(true), at())]);
    }
    if jobs.entries().iter().any(|job| runs_code(&job.value)) {
        inherit(&mut whole, &[said("workflow.runs-code", Scalar::Bool(true), at())]);
    }
    let mut facts = vec![whole];
    for job in jobs.entries() {
        facts.extend(job_facts(document, job, value.get("permissions"), &triggers));
    }
    Some(facts)
}

/// A step runs a script, or something is checked out that may be run.
fn runs_code(job: &Node) -> bool {
    let steps = job.get("steps").map(Node::items).unwrap_or_default();
    steps.iter().any(|step| {
        step.get("run").is_some()
            || step.text_of("uses").is_some_and(|uses| uses.starts_with("actions/checkout"))
    })
}

/// What was worked out from elsewhere in the file.
fn said(path: &str, value: Scalar, locus: Locus) -> Attribute {
    Attribute { path: path.to_owned(), value: Value::Literal(value), locus, folded: None }
}

/// What the token of a job may do: as the job says, else as the workflow does.
fn token(document: &Document, job: &Entry, workflow: Option<&Node>, scope: &Scope) -> Vec<Attribute> {
    let text = |text: &str| Scalar::String(text.to_owned());
    let Some(node) = job.value.get("permissions").or(workflow) else {
        return vec![said("token", text("default"), document.locus(job.key_span.clone(), scope.clone()))];
    };
    let locus = |span: &Range<usize>| document.locus(span.clone(), scope.clone());
    match node.text() {
        Some(all) => vec![said("token", text(&all), locus(&node.span))],
        None if node.entries().is_empty() => vec![said("token", text("none"), locus(&node.span))],
        None => node
            .entries()
            .iter()
            .map(|entry| {
                let level = entry.value.text().unwrap_or_default();
                said(&format!("token.{}", entry.key), Scalar::String(level), locus(&entry.span))
            })
            .collect(),
    }
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

fn job_facts(
    document: &Document,
    job: &Entry,
    permissions: Option<&Node>,
    triggers: &[Attribute],
) -> Vec<Fact> {
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
    inherit(&mut whole, &token(document, job, permissions, &scope));
    if delivers(&job.key, &job.value) {
        let locus = document.locus(job.key_span.clone(), scope.clone());
        inherit(&mut whole, &[said("job.delivers", Scalar::Bool(true), locus)]);
    }
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
            value: Value::string(event.key.clone()),
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
                "workflow | workflow ci.yml | name=CI on.push=null on.pull_request=null workflow.on[push]=push workflow.on[pull_request]=pull_request workflow.delivers=true workflow.runs-code=true",
                "job | job test | needs[lint]=lint environment.name=prod runs-on[ubuntu-latest]=ubuntu-latest workflow.on[push]=push workflow.on[pull_request]=pull_request token=default job.delivers=true",
                "step | step \"actions/checkout@v4\" of job test | uses=actions/checkout@v4 workflow.on[push]=push workflow.on[pull_request]=pull_request",
                "step | step \"Unit\" of job test | name=Unit run=make test workflow.on[push]=push workflow.on[pull_request]=pull_request",
            ]
        );
        let long = text.replace("on: [push, pull_request]", "on:\n  push:\n  pull_request:\n");
        assert_eq!(shown(".github/workflows/ci.yml", &long), found);
    }
}
