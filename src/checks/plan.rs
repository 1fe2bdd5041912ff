//! `plan`: what a plan says will be destroyed, lowered or left out.
//!
//! Parameter `what`: `stateful-deleted`, `stateful-replaced`, `deleted`, `replaced`, `renamed`, `unrequested`, `mass`,
//! `empty-state`, `lowered`, `forgotten`, `incomplete`, `failed-check`. A predicted deletion that a plan confirms is one
//! finding, that of the prediction; see [`overlay`].

use std::collections::BTreeMap;

use super::Evidence;
use crate::facts::{Body, Fact, Resource, System};
use crate::plan::{Plan, Planned, PlannedAction, Tool};
use crate::rules::{Class, Confidence, Draft, Effect, Finding, Kind, Place, Rule, Severity, Subject, tables};

/// From so many destroyed objects on a plan is a mass deletion.
const MASS: usize = 10;
/// Share of the existing objects, for plans that destroy at least [`FEW`].
const MASS_SHARE: f64 = 0.2;
const FEW: usize = 4;
/// Creations from which an empty state is suspicious.
const MANY_CREATED: usize = 10;
/// Arguments that two objects must share to be one under two addresses.
const LIKENESS: f64 = 0.8;

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let what = rule.check.as_ref().and_then(|check| check.with.get("what")).map_or("", String::as_str);
    evidence
        .plans
        .iter()
        .flat_map(|plan| match what {
            "mass" => mass(rule, plan),
            "empty-state" => empty_state(rule, evidence, plan),
            "incomplete" => incomplete(rule, plan),
            "failed-check" => plan
                .failed_checks
                .iter()
                .map(|check| draft(plan, check).capture("name", check).finish(rule))
                .collect(),
            _ => objects(rule, evidence, plan, what),
        })
        .collect()
}

/// One finding for each block: the instances of `count` and `for_each` count together.
fn objects(rule: &Rule, evidence: &Evidence<'_>, plan: &Plan, what: &str) -> Vec<Finding> {
    let mut blocks: BTreeMap<(&str, &str), Vec<&Planned>> = BTreeMap::new();
    for object in plan.objects.iter().filter(|object| kind_of(plan, object) == what) {
        blocks.entry((&object.module, &object.source_name)).or_default().push(object);
    }
    let lowered = plan.objects.iter().filter(|object| what == "lowered" && !object.lowered.is_empty());
    for object in lowered {
        blocks.entry((&object.module, &object.source_name)).or_default().push(object);
    }
    blocks.into_values().map(|objects| finding(rule, evidence, plan, &objects)).collect()
}

/// Which of the rules speaks of an object.
fn kind_of(plan: &Plan, object: &Planned) -> &'static str {
    let class = class_of(plan, object);
    let stateful = matches!(class, Some(Class::Data | Class::Identity | Class::Container));
    match object.action {
        PlannedAction::Forget => "forgotten",
        PlannedAction::Delete if stateful && !object.deposed => "stateful-deleted",
        PlannedAction::Delete if heir(plan, object).is_some() => "renamed",
        PlannedAction::Delete => "deleted",
        PlannedAction::Replace { .. } | PlannedAction::MayReplace if stateful => "stateful-replaced",
        PlannedAction::Replace { .. } if object.unrequested => "unrequested",
        PlannedAction::Replace { .. } | PlannedAction::MayReplace => "replaced",
        _ => "",
    }
}

/// The created object of the same type that is most like a deleted one.
fn heir<'a>(plan: &'a Plan, gone: &Planned) -> Option<&'a Planned> {
    plan.objects
        .iter()
        .filter(|object| object.action == PlannedAction::Create && object.kind == gone.kind)
        .find(|object| {
            let total = object.likeness.len() + gone.likeness.len();
            let common = object.likeness.iter().filter(|one| gone.likeness.contains(one)).count();
            // Arguments that are known after the apply only are missing on the created side.
            total > 0 && common as f64 / object.likeness.len().max(1) as f64 >= LIKENESS
        })
}

fn class_of(plan: &Plan, object: &Planned) -> Option<Class> {
    let system = match plan.tool {
        Tool::Terraform => System::Terraform,
        Tool::Cloudformation => System::Cloudformation,
        Tool::Pulumi => return pulumi_class(&object.kind),
    };
    tables::class_of(&Resource {
        system,
        module: String::new(),
        kind: object.kind.clone(),
        name: String::new(),
        address: String::new(),
        attributes: Vec::new(),
        blocks: Default::default(),
    })
}

/// `aws:rds/instance:Instance` is `aws_rds_instance` or, as the provider calls it, `aws_db_instance`; without a
/// mapping of all names the words decide.
fn pulumi_class(kind: &str) -> Option<Class> {
    let lower = kind.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&[
        "database",
        ":rds/",
        "bucket",
        "dynamodb/table",
        "volume",
        "disk",
        "filesystem",
        "sql/",
        "storage/account",
    ]) {
        Some(Class::Data)
    } else if has(&["kms/", "secret", "dns/", "route53/zone", "certificate"]) {
        Some(Class::Identity)
    } else {
        None
    }
}

fn finding(rule: &Rule, evidence: &Evidence<'_>, plan: &Plan, objects: &[&Planned]) -> Finding {
    // The caller groups, so there is at least one; the empty group words an empty finding.
    let Some(first) = objects.first() else { return draft(plan, "").finish(rule) };
    let name = match objects {
        [only] => only.address.clone(),
        several => format!("{} ({} instances)", block_address(first), several.len()),
    };
    let mut draft = draft(plan, &first.address);
    if let Some(fact) = source_of(evidence, first) {
        draft.place = Place::start_of(&fact.locus);
        draft.subject = Some(crate::rules::subject_of(fact));
    }
    draft.evidence.extend(first.reason.clone());
    if !first.paths.is_empty() {
        draft.evidence.push(format!("forced by {}", first.paths.join(", ")));
    }
    if let PlannedAction::Replace { delete_first } = first.action {
        draft.evidence.push(if delete_first { "deleted first".to_owned() } else { "created first".to_owned() });
    }
    if first.action == PlannedAction::MayReplace || first.deposed {
        draft.doubt = 1;
    }
    draft.severity = severity(rule, plan, first);
    let heir = heir(plan, first).filter(|_| first.action == PlannedAction::Delete);
    let heir = heir.map(|heir| heir.address.clone()).unwrap_or_default();
    if !heir.is_empty() {
        draft.evidence.push(format!("{heir} is created with the same arguments: a moved block is missing"));
    }
    draft
        .capture("address", name)
        .capture("type", &first.kind)
        .capture("attribute", first.lowered.join(", "))
        .capture("new", heir)
        .finish(rule)
}

/// Serving objects that are gone before their successors exist weigh more, mere configuration less.
fn severity(rule: &Rule, plan: &Plan, object: &Planned) -> Option<Severity> {
    let first = matches!(object.action, PlannedAction::Delete | PlannedAction::Replace { delete_first: true });
    match class_of(plan, object) {
        Some(Class::Config) => Some(rule.severity.min(Severity::Medium)),
        Some(Class::Compute) if first => Some(rule.severity.max(Severity::High)),
        _ if object.deposed => Some(rule.severity.min(Severity::Medium)),
        _ => None,
    }
}

fn block_address(object: &Planned) -> String {
    if object.module.is_empty() {
        object.source_name.clone()
    } else {
        format!("{}.{}", object.module, object.source_name)
    }
}

/// The resource of the change that a planned object comes from.
fn source_of<'a>(evidence: &'a Evidence<'_>, object: &Planned) -> Option<&'a Fact> {
    evidence.new_resources.iter().find(|fact| match &fact.body {
        Body::Resource(resource) => is_source(resource, object),
        _ => false,
    })
}

fn is_source(resource: &Resource, object: &Planned) -> bool {
    resource.address == object.source_name
        || (resource.name == object.source_name && resource.system == System::Cloudformation)
}

fn mass(rule: &Rule, plan: &Plan) -> Vec<Finding> {
    let destroyed = plan.objects.iter().filter(|object| object.action.destroys() && !object.deposed).count();
    let share = destroyed as f64 / plan.existing.max(1) as f64;
    if destroyed < MASS && !(destroyed >= FEW && plan.existing > 0 && share >= MASS_SHARE) {
        return Vec::new();
    }
    let of = if plan.existing > 0 { format!(" of {}", plan.existing) } else { String::new() };
    vec![draft(plan, "mass").capture("name", format!("{destroyed}{of}")).finish(rule)]
}

/// Everything is created although the change did not bring the configuration along.
fn empty_state(rule: &Rule, evidence: &Evidence<'_>, plan: &Plan) -> Vec<Finding> {
    let created: Vec<&Planned> =
        plan.objects.iter().filter(|object| object.action == PlannedAction::Create).collect();
    let brought = created
        .iter()
        .filter(|object| evidence.introduced().any(|(_, resource)| is_source(resource, object)))
        .count();
    if plan.existing > 0 || created.len() < MANY_CREATED || brought * 2 >= created.len() {
        return Vec::new();
    }
    vec![draft(plan, "empty state").capture("name", created.len().to_string()).finish(rule)]
}

fn incomplete(rule: &Rule, plan: &Plan) -> Vec<Finding> {
    if plan.is_complete() {
        return Vec::new();
    }
    vec![draft(plan, "incomplete").capture("name", plan.gaps.join("; ")).finish(rule)]
}

fn draft(plan: &Plan, content: &str) -> Draft {
    Draft {
        subject: Some(Subject { home: plan.name.clone(), name: content.to_owned() }),
        evidence: vec![format!("plan {}", plan.name)],
        hints: vec![content.to_owned()],
        content: content.to_owned(),
        ..Draft::new(Kind::Changed, Place::nowhere(usize::MAX, &plan.name))
    }
    .capture("plan", &plan.name)
}

/// Lets plans confirm or refute what source alone predicts, by address: a confirmed prediction is certain and takes
/// the plan's own finding in; a prediction against which a complete plan speaks keeps little weight.
pub fn overlay(findings: Vec<Finding>, plans: &[Plan]) -> Vec<Finding> {
    let (from_plans, mut predicted): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(|finding| finding.rule.starts_with("plan/"));
    let mut kept = Vec::new();
    for finding in &mut predicted {
        let Some(name) = finding.subject.as_ref().map(|subject| subject.name.clone()) else { continue };
        if finding.effect != Some(Effect::Destroys) {
            continue;
        }
        for plan in plans {
            let objects: Vec<&Planned> = plan
                .objects
                .iter()
                .filter(|object| object.source_name == name || object.previous_address.as_ref() == Some(&name))
                .collect();
            if objects.is_empty() {
                continue;
            }
            if objects.iter().any(|object| object.action.destroys()) {
                finding.confidence = Confidence::High;
                finding.evidence.push(format!("confirmed by plan {}", plan.name));
            } else if plan.is_complete() {
                finding.confidence = Confidence::Low;
                finding.evidence.push(format!("plan {} does not delete it", plan.name));
            }
        }
    }
    for finding in from_plans {
        let confirmed = predicted.iter().any(|one| {
            one.subject.is_some()
                && one.subject == finding.subject
                && finding.effect == Some(Effect::Destroys)
                && one.evidence.iter().any(|note| note.starts_with("confirmed by plan"))
        });
        if !confirmed {
            kept.push(finding);
        }
    }
    predicted.extend(kept);
    predicted
}
