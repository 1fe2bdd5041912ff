//! `constant-moved`: a number that decides how much, how long or how often moved by a factor.

use super::super::Evidence;
use crate::delta::Delta;
use crate::facts::{Body, Fact, Setting, Value};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject};

/// A factor that deserves a look whichever way it goes, and one that does where the new value is the riskier one.
const FAR: f64 = 10.0;
const RISKY: f64 = 3.0;

/// Words of names for which less is the risk.
const LOWER_IS_RISKY: [&str; 12] = [
    "retention",
    "replicas",
    "quorum",
    "backoff",
    "cooldown",
    "delay",
    "backups",
    "minimum",
    "min",
    "grace",
    "lockout",
    "interval",
];
/// Words of names for which more is the risk.
const HIGHER_IS_RISKY: [&str; 27] = [
    "max",
    "maximum",
    "limit",
    "batch",
    "chunk",
    "concurrency",
    "concurrent",
    "parallel",
    "parallelism",
    "rate",
    "retries",
    "retry",
    "attempts",
    "ttl",
    "expiry",
    "expires",
    "expiration",
    "lifetime",
    "workers",
    "pool",
    "threads",
    "quota",
    "burst",
    "threshold",
    "timeout",
    "window",
    "size",
];
/// Words of names that only change how something looks or where it listens.
const LOOKS: [&str; 26] = [
    "px",
    "width",
    "height",
    "font",
    "animation",
    "color",
    "margin",
    "padding",
    "zoom",
    "frame",
    "fps",
    "port",
    "version",
    "year",
    "line",
    "column",
    "indent",
    "text",
    "label",
    "display",
    "seed",
    "id",
    "epoch",
    "count_expected",
    "spacing",
    "radius",
];

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for delta in evidence.deltas {
        let Delta::Changed { old, new } = delta else { continue };
        let (Body::Setting(before), Body::Setting(after)) = (&old.body, &new.body) else { continue };
        if after.language.is_program() && before.path == after.path {
            findings.extend(judge(rule, (old, before), (new, after)));
        }
    }
    findings
}

/// A number, or the largest one where nothing bounds it any more.
fn number(value: &Value) -> Option<f64> {
    let text = || value.as_text().replace(['"', '\'', ' '], "");
    let endless = |text: &str| {
        [
            "::MAX",
            "Infinity",
            "sys.maxsize",
            "MAX_SAFE_INTEGER",
            "MAX_VALUE",
            "float(inf)",
            "math.inf",
            ".MaxInt",
            ".MaxInt64",
            ".MaxInt32",
        ]
        .iter()
        .any(|end| text.ends_with(end))
    };
    value.as_number().or_else(|| endless(&text()).then_some(f64::MAX))
}

fn judge(rule: &Rule, (old, before): (&Fact, &Setting), (new, after): (&Fact, &Setting)) -> Option<Finding> {
    let (was, is) = (before.value.as_number()?, number(&after.value)?);
    let name = after.path.rsplit('.').next().unwrap_or(&after.path);
    let words: Vec<&str> = name.split('_').collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let (lower, higher) = (has(&LOWER_IS_RISKY), has(&HIGHER_IS_RISKY));
    if has(&LOOKS) || !(lower || higher) || was <= 0.0 || was == is {
        return None;
    }
    let severity = if is <= 0.0 {
        // Zero and less mean "none" for some limits and "no limit" for others.
        Severity::Medium
    } else {
        let factor = if is > was { is / was } else { was / is };
        // `min_…` says the direction even where the rest of the name says the other.
        let risky = if lower { is < was } else { is > was };
        match (risky, factor) {
            (true, factor) if factor >= FAR => Severity::Medium,
            (true, factor) if factor >= RISKY => Severity::Low,
            (false, factor) if factor >= FAR => Severity::Low,
            _ => return None,
        }
    };
    let draft = Draft {
        severity: Some(severity),
        old: Some(OldPlace::at(&old.locus)),
        subject: Some(Subject { home: new.locus.path.to_string(), name: after.path.clone() }),
        content: format!("{} {}", after.path, after.value.as_text()),
        ..Draft::new(Kind::Changed, Place::at(&new.locus))
    };
    Some(
        draft
            .capture("name", name)
            .capture("old", before.value.display())
            .capture("new", after.value.display())
            .finish(rule),
    )
}
