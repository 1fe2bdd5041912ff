//! `alerts-loosened`: an alert that stays and fires later, at a worse value, or to fewer people.

use super::rule::{Alert, Leaf, alerts};
use crate::checks::Evidence;
use crate::facts::{Resource, System, Value, without_indexes};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject, subject_of};

/// A bound that moves by this factor is another alert.
const FAR: f64 = 2.0;
/// A wait that grows by this factor.
const MUCH_LONGER: f64 = 4.0;
/// Labels that wake somebody.
const LOUD: [&str; 8] = ["critical", "page", "pager", "emergency", "disaster", "p1", "sev1", "high"];
/// Labels that wake nobody.
const CALM: [&str; 10] =
    ["warning", "warn", "info", "informational", "notice", "none", "low", "p4", "p5", "debug"];

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let (old, new) = (alerts(evidence.old_resources), alerts(evidence.new_resources));
    let named = |alerts: &[Alert], name: &str| alerts.iter().filter(|alert| alert.name == name).count();
    let mut findings = Vec::new();
    for was in &old {
        // Two of one name are stages of one alarm, and which became which is a guess.
        if named(&old, &was.name) > 1 || named(&new, &was.name) > 1 {
            continue;
        }
        let Some(is) = new.iter().find(|alert| alert.name == was.name) else { continue };
        findings.extend(turn(was, is).map(|turn| finding(rule, is, &turn)));
    }
    findings.extend(evidence.changed().filter_map(|(_, before, new, after)| {
        let (was, is) = moved_bound(before, after)?;
        let draft = Draft {
            old: Some(OldPlace::at(&was.locus)),
            subject: Some(subject_of(new)),
            content: is.path.clone(),
            ..Draft::new(Kind::Changed, Place::at(&is.locus))
        };
        Some(
            draft
                .capture("name", &after.address)
                .capture("attribute", &is.path)
                .capture("old", was.value.display())
                .capture("new", is.value.display())
                .finish(rule),
        )
    }));
    findings
}

struct Turn<'a> {
    what: &'static str,
    old: &'a Leaf,
    new: &'a Leaf,
    severity: Option<Severity>,
}

fn turn<'a>(was: &'a Alert, is: &'a Alert) -> Option<Turn<'a>> {
    let both = |old: &'a Option<Leaf>, new: &'a Option<Leaf>| Some((old.as_ref()?, new.as_ref()?));
    if let Some((old, new)) = both(&was.severity, &is.severity) {
        let among = |words: &[&str], leaf: &Leaf| words.iter().any(|word| leaf.text.eq_ignore_ascii_case(word));
        if among(&LOUD, old) && among(&CALM, new) {
            return Some(Turn { what: "severity", old, new, severity: Some(Severity::High) });
        }
    }
    if let Some((old, new)) = both(&was.expression, &is.expression)
        && is_looser(&old.text, &new.text)
    {
        return Some(Turn { what: "expr", old, new, severity: None });
    }
    if let Some((old, new)) = both(&was.patience, &is.patience)
        && let (Some(before), Some(now)) = (seconds(&old.text), seconds(&new.text))
        && now >= before * MUCH_LONGER
        && before > 0.0
    {
        return Some(Turn { what: "for", old, new, severity: None });
    }
    None
}

fn finding(rule: &Rule, is: &Alert, turn: &Turn<'_>) -> Finding {
    let draft = Draft {
        old: Some(OldPlace::at(&turn.old.locus)),
        subject: Some(Subject { home: is.locus.path.to_string(), name: is.name.clone() }),
        severity: turn.severity.map(|severity| severity.max(rule.severity)),
        content: turn.what.to_owned(),
        ..Draft::new(Kind::Changed, Place::at(&turn.new.locus))
    };
    draft
        .capture("name", format!("alert {}", is.name))
        .capture("attribute", turn.what)
        .capture("old", &turn.old.text)
        .capture("new", &turn.new.text)
        .finish(rule)
}

/// `5m`, `1h30m`, `90s` in seconds.
fn seconds(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let mut digits = String::new();
    let mut letters = text.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_digit() || letter == '.' {
            digits.push(letter);
            continue;
        }
        let is_milli = letter == 'm' && letters.peek() == Some(&'s');
        let unit = match letter {
            'm' if is_milli => 0.001,
            's' => 1.0,
            'm' => 60.0,
            'h' => 3600.0,
            'd' => 86_400.0,
            'w' => 604_800.0,
            'y' => 31_536_000.0,
            _ => return None,
        };
        if is_milli {
            letters.next();
        }
        total += digits.parse::<f64>().ok()? * unit;
        digits.clear();
    }
    if digits.is_empty() { Some(total) } else { digits.parse().ok() }
}

/// The expressions differ in one bound alone, and it moved far to where the alert fires later.
fn is_looser(old: &str, new: &str) -> bool {
    let (one, other) = (tokens(old), tokens(new));
    if one.len() != other.len() {
        return false;
    }
    let differing: Vec<usize> = (0..one.len()).filter(|at| one[*at] != other[*at]).collect();
    let [at] = differing[..] else { return false };
    let comparison = at.checked_sub(1).map(|before| one[before].as_str()).unwrap_or_default();
    match (one[at].parse::<f64>(), other[at].parse::<f64>()) {
        (Ok(was), Ok(is)) => is_far(comparison, was, is),
        _ => false,
    }
}

fn is_far(comparison: &str, was: f64, is: f64) -> bool {
    match comparison {
        ">" | ">=" => is > was && (was <= 0.0 || is >= was * FAR),
        "<" | "<=" => is < was && (is <= 0.0 || is * FAR <= was),
        _ => false,
    }
}

/// Numbers, words and signs; blanks divide and say nothing.
fn tokens(text: &str) -> Vec<String> {
    let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':' | '.');
    let is_sign = |letter: char| matches!(letter, '<' | '>' | '=' | '!' | '~');
    let mut found: Vec<String> = Vec::new();
    let mut last = ' ';
    for letter in text.chars() {
        let joins = (is_word(letter) && is_word(last)) || (is_sign(letter) && is_sign(last));
        match found.last_mut() {
            Some(token) if joins => token.push(letter),
            _ if letter.is_whitespace() => {}
            _ => found.push(letter.to_string()),
        }
        last = letter;
    }
    found
}

type Bound<'a> = (&'a crate::facts::Attribute, &'a crate::facts::Attribute);

/// Alarms of a cloud: where the bound stands, and what says to which side of it the alarm fires.
const ALARMS: [(&str, &str, &str); 5] = [
    ("aws_cloudwatch_metric_alarm", "threshold", "comparison_operator"),
    ("AWS::CloudWatch::Alarm", "Threshold", "ComparisonOperator"),
    (
        "google_monitoring_alert_policy",
        "conditions.condition_threshold.threshold_value",
        "conditions.condition_threshold.comparison",
    ),
    ("azurerm_monitor_metric_alert", "criteria.threshold", "criteria.operator"),
    ("azurerm_monitor_scheduled_query_rules_alert_v2", "criteria.threshold", "criteria.operator"),
];

fn moved_bound<'a>(before: &'a Resource, after: &'a Resource) -> Option<Bound<'a>> {
    if !matches!(after.system, System::Terraform | System::Cloudformation) {
        return None;
    }
    let (_, bound, side) = ALARMS.iter().find(|(kind, ..)| *kind == after.kind)?;
    after.attributes.iter().filter(|now| without_indexes(&now.path) == *bound).find_map(|is| {
        let was = before.attribute(&is.path)?;
        let side = is.path.replace(last(bound), last(side));
        let (one, other) = (before.attribute(&side)?, after.attribute(&side)?);
        let number = |value: &Value| value.as_number();
        let sign = match one.value.as_text().to_ascii_lowercase() {
            text if text.contains("greater") || text == "comparison_gt" || text == "comparison_ge" => ">",
            text if text.contains("less") || text == "comparison_lt" || text == "comparison_le" => "<",
            _ => return None,
        };
        (one.value.is_same(&other.value) && is_far(sign, number(&was.value)?, number(&is.value)?))
            .then_some((was, is))
    })
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read_with_their_units() {
        assert_eq!(seconds("1h30m"), Some(5400.0));
        assert_eq!(seconds("90s"), Some(90.0));
        assert_eq!(seconds("500ms"), Some(0.5));
        assert_eq!(seconds("0"), Some(0.0));
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds("5x"), None);
    }

    #[test]
    fn one_bound_that_moves_far_counts() {
        assert!(is_looser("rate(errors[5m]) > 0.01", "rate(errors[5m]) > 0.2"));
        assert!(is_looser("free_bytes < 1000", "free_bytes<10"));
        assert!(is_looser("up == 0 and age > 60", "up == 0 and age > 600"));
        assert!(!is_looser("rate(errors[5m]) > 0.2", "rate(errors[5m]) > 0.01"));
        assert!(!is_looser("rate(errors[5m]) > 0.01", "rate(errors[5m]) > 0.015"));
        assert!(!is_looser("rate(errors[5m]) > 0.01", "rate(errors[10m]) > 0.2"));
        assert!(!is_looser("up == 0", "up == 1"));
    }
}
