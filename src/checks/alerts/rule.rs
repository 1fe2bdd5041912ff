//! What the rules of a monitoring system say: every alert of the changed files on one side.

use crate::facts::{Attribute, Body, Fact, Value};
use crate::source::Locus;

/// One alert. Files of Prometheus, Mimir, Thanos and Loki hold them as settings, a `PrometheusRule` as attributes.
pub(super) struct Alert {
    pub name: String,
    /// Blanks folded.
    pub expression: Option<Leaf>,
    /// How long it has to hold.
    pub patience: Option<Leaf>,
    pub severity: Option<Leaf>,
    /// Where its name stands.
    pub locus: Locus,
    /// What tells two rules of one name apart: file, object and path.
    place: String,
}

/// A value with the place where it stands.
pub(super) struct Leaf {
    pub text: String,
    pub locus: Locus,
}

const CUSTOM_RESOURCE: &str = "monitoring.coreos.com/PrometheusRule";

/// The alerts that facts tell of, in source order. A rule counts as one when it has a name and an expression.
pub(super) fn alerts(facts: &[Fact]) -> Vec<Alert> {
    let mut found: Vec<Alert> = Vec::new();
    for fact in facts {
        match &fact.body {
            Body::Setting(setting) => {
                take(&mut found, &fact.locus.path, &setting.path, &setting.value, &fact.locus);
            }
            Body::Resource(resource) if resource.kind == CUSTOM_RESOURCE => {
                let home = format!("{} {}", fact.locus.path, resource.address);
                for Attribute { path, value, locus, .. } in &resource.attributes {
                    take(&mut found, &home, path, value, locus);
                }
            }
            _ => {}
        }
    }
    found.retain(|alert| !alert.name.is_empty() && alert.expression.is_some());
    found
}

fn take(found: &mut Vec<Alert>, home: &str, path: &str, value: &Value, locus: &Locus) {
    // `groups[backup].rules[TooOld].expr`, also below a key of a chart's values.
    let Some((rule, leaf)) = path.rsplit_once("].") else { return };
    let (rule, leaf) = match rule.rfind(".rules[") {
        Some(_) => (rule, leaf),
        None => return,
    };
    if !rule.starts_with("groups[") && !rule.contains(".groups[") {
        return;
    }
    let place = format!("{home} {rule}");
    let leaf_of = || Leaf { text: folded(&value.as_text()), locus: locus.clone() };
    let known = ["alert", "expr", "for", "labels.severity", "labels.priority"];
    if !known.contains(&leaf) {
        return;
    }
    let index = match found.iter().rposition(|alert| alert.place == place) {
        Some(index) => index,
        None => {
            found.push(Alert {
                name: String::new(),
                expression: None,
                patience: None,
                severity: None,
                locus: locus.clone(),
                place,
            });
            found.len() - 1
        }
    };
    let alert = &mut found[index];
    match leaf {
        "alert" => {
            alert.name = value.as_text();
            alert.locus = locus.clone();
        }
        "expr" => alert.expression = Some(leaf_of()),
        "for" => alert.patience = Some(leaf_of()),
        _ => alert.severity = Some(leaf_of()),
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether two expressions are one, whatever their blanks.
pub(super) fn is_same_expression(one: &Alert, other: &Alert) -> bool {
    let plain = |alert: &Alert| -> Option<String> {
        Some(alert.expression.as_ref()?.text.chars().filter(|letter| !letter.is_whitespace()).collect())
    };
    plain(one).is_some_and(|text| plain(other) == Some(text))
}
