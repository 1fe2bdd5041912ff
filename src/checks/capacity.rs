//! `capacity`: what serves is cut by half or more, or to a single copy. Zero is another rule's matter.

use super::Evidence;
use super::addresses::is_managed;
use super::sizes;
use crate::facts::{Resource, System, without_indexes};
use crate::rules::{Class, Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of, tables};

/// Arguments (without indexes) that say how many there are.
const COUNTS: [&str; 32] = [
    "min_size",
    "desired_capacity",
    "desired_count",
    "max_size",
    "scaling_config.min_size",
    "scaling_config.desired_size",
    "scaling_config.max_size",
    "min_capacity",
    "target_size",
    "node_count",
    "autoscaling.min_node_count",
    "autoscaling_policy.min_replicas",
    "scaling.min_instance_count",
    "template.scaling.min_instance_count",
    "instances",
    "worker_count",
    "template.min_replicas",
    "min_count",
    "spec.replicas",
    "deploy.replicas",
    "spec.min_replicas",
    "default_node_pool.node_count",
    "spec.minReplicas",
    "spec.maxReplicas",
    "spec.minReplicaCount",
    "spec.maxReplicaCount",
    "MinSize",
    "DesiredCapacity",
    "DesiredCount",
    "MaxSize",
    "MinCapacity",
    "ScalingConfig.MinSize",
];

/// Kinds outside Terraform that say how many serve.
const KINDS: [&str; 10] = [
    "apps/Deployment",
    "argoproj.io/Rollout",
    "autoscaling/HorizontalPodAutoscaler",
    "keda.sh/ScaledObject",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::ECS::Service",
    "AWS::EKS::Nodegroup",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "service",
    "cluster.x-k8s.io/MachineDeployment",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, before, new, after) in evidence.changed() {
        let stores = matches!(tables::class_of(after), Some(Class::Data));
        if !speaks_of(after) || stores || grows(before, after) {
            continue;
        }
        // One copy of a workload that is left is told by a rule of its own.
        let least = if after.system == System::Kubernetes { 1.0 } else { 0.0 };
        let turned = after.attributes.iter().find_map(|now| {
            let was = before.attribute(&now.path)?;
            let (old, count) = (was.value.as_number()?, now.value.as_number()?);
            let cut = count > least && count < old && (count * 2.0 <= old || count == 1.0);
            (COUNTS.contains(&&*without_indexes(&now.path)) && cut).then_some((was, now, count))
        });
        let Some((was, now, count)) = turned else { continue };
        let most = if now.path.contains("max") { Severity::Medium } else { rule.severity };
        let draft = Draft {
            old: Some(OldPlace::at(&was.locus)),
            subject: Some(subject_of(new)),
            severity: Some(most.min(rule.severity)),
            evidence: [
                Some(if count == 1.0 { "a single one is left" } else { "half or less" }.to_owned()),
                now.folded.clone(),
            ]
            .into_iter()
            .flatten()
            .collect(),
            content: now.path.clone(),
            ..Draft::new(Kind::Changed, Place::at(&now.locus))
        };
        findings.push(
            draft
                .capture("address", &after.address)
                .capture("name", &after.name)
                .capture("attribute", &now.path)
                .capture("old", was.value.display())
                .capture("new", now.value.display())
                .finish(rule),
        );
    }
    findings
}

fn speaks_of(resource: &Resource) -> bool {
    match resource.system {
        System::Terraform => is_managed(resource),
        System::Kubernetes | System::Cloudformation | System::Compose => {
            KINDS.contains(&resource.kind.as_str())
        }
        _ => false,
    }
}

/// Fewer but larger ones are the same capacity.
fn grows(before: &Resource, after: &Resource) -> bool {
    after.attributes.iter().any(|now| {
        let plain = without_indexes(&now.path);
        let last = plain.rsplit('.').next().unwrap_or_default();
        let Some(was) = before.attribute(&now.path) else { return false };
        match last {
            "cpu" | "memory" | "vcpu" => {
                matches!((was.value.as_number(), now.value.as_number()), (Some(old), Some(new)) if new > old)
            }
            "instance_type" | "machine_type" | "vm_size" | "sku" | "sku_name" | "size" => {
                sizes::is_larger(&was.value.as_text(), &now.value.as_text())
            }
            _ => false,
        }
    })
}
