//! The sum: points of findings, combinations, context and floors, every point a row with its factors.

use std::collections::BTreeMap;

use super::assessment::{Level, Row, Score, Scored, State};
use crate::rules::{Confidence, Effect, Severity};

/// Share of a finding's points that the n-th finding of one rule adds; further ones add the last.
const REPEATS: [f64; 4] = [1.0, 0.5, 0.25, 0.1];
/// All findings of one rule together add at most this multiple of the largest of them.
const MOST_REPEATED: f64 = 2.5;
const FIRST_COMBINATION: f64 = 12.0;
const FURTHER_COMBINATION: f64 = 6.0;
const MOST_FROM_COMBINATIONS: f64 = 24.0;
/// Context adds at most this much, so that it never reaches critical alone.
pub const MOST_FROM_CONTEXT: f64 = 25.0;
/// Below this factor of the place a finding is shown on request only.
pub const HIDDEN_BELOW: f64 = 0.3;
/// From this factor of the place on a grave finding sets a floor.
const FLOOR_FROM: f64 = 0.7;

/// The base of a severity, in points.
pub fn base(severity: Severity) -> f64 {
    match severity {
        Severity::Critical => 40.0,
        Severity::High => 18.0,
        Severity::Medium => 7.0,
        Severity::Low => 2.0,
    }
}

/// The share of the base that a confidence leaves.
pub fn share(confidence: Confidence) -> f64 {
    match confidence {
        Confidence::High => 1.0,
        Confidence::Medium => 0.7,
        Confidence::Low => 0.4,
    }
}

/// The rows and what they come to.
pub struct Ledger {
    pub rows: Vec<Row>,
    pub raw: f64,
    pub score: Score,
    pub level: Level,
}

/// Gives every open finding its points, sorts the findings by them, and adds everything up.
/// `context` are the rows of size, history and experience, at most [`MOST_FROM_CONTEXT`] together.
pub fn add_up(findings: &mut [Scored], context: Vec<Row>) -> Ledger {
    for scored in findings.iter_mut() {
        scored.points = match scored.state {
            State::Open => full_points(scored),
            State::Waived(_) => 0.0,
        };
        scored.hidden = scored.place.factor < HIDDEN_BELOW;
    }
    sort(findings);
    let mut seen: BTreeMap<String, (usize, f64, f64)> = BTreeMap::new();
    let mut rows = Vec::new();
    let mut hidden = (0usize, 0.0f64);
    for scored in findings.iter_mut().filter(|scored| scored.state == State::Open) {
        let (count, spent, largest) = seen.entry(scored.finding.rule.clone()).or_default();
        if *count == 0 {
            *largest = scored.points;
        }
        let repeat = REPEATS[(*count).min(REPEATS.len() - 1)];
        let points = (scored.points * repeat).min((*largest * MOST_REPEATED - *spent).max(0.0));
        *count += 1;
        *spent += points;
        scored.points = points;
        if scored.hidden {
            hidden = (hidden.0 + 1, hidden.1 + points);
        } else {
            rows.push(Row { points, label: label(&scored.finding.rule), explanation: factors(scored, repeat) });
        }
    }
    sort(findings);
    rows.sort_by(|one, other| other.points.total_cmp(&one.points));
    if hidden.0 > 0 {
        let things = if hidden.0 == 1 { "1 finding" } else { &format!("{} findings", hidden.0) };
        rows.push(Row {
            points: hidden.1,
            label: "elsewhere".to_owned(),
            explanation: format!("{things} in tests, examples or documentation (--all shows them)"),
        });
    }
    let combinations = combinations(findings);
    for (index, explanation) in combinations.iter().enumerate() {
        let most = MOST_FROM_COMBINATIONS - FIRST_COMBINATION - FURTHER_COMBINATION * (index as f64 - 1.0);
        let points = match index {
            0 => FIRST_COMBINATION,
            _ => FURTHER_COMBINATION.min(most.max(0.0)),
        };
        if points > 0.0 {
            rows.push(Row { points, label: "combination".to_owned(), explanation: explanation.clone() });
        }
    }
    let mut left = MOST_FROM_CONTEXT;
    for mut row in context {
        row.points = row.points.min(left);
        left -= row.points;
        rows.push(row);
    }
    let mut raw: f64 = rows.iter().map(|row| row.points).sum();
    if let Some((floor, reason)) = floor(findings, combinations.len())
        && floor > raw
    {
        rows.push(Row { points: floor - raw, label: "floor".to_owned(), explanation: reason });
        raw = floor;
    }
    let score = Score::new(raw);
    Ledger { rows, raw, score, level: Level::of(score) }
}

fn full_points(scored: &Scored) -> f64 {
    base(scored.finding.severity)
        * share(scored.finding.confidence)
        * scored.place.factor
        * scored.understanding
}

fn sort(findings: &mut [Scored]) {
    findings.sort_by(|one, other| {
        other
            .points
            .total_cmp(&one.points)
            .then_with(|| other.finding.severity.cmp(&one.finding.severity))
            .then_with(|| one.finding.path.cmp(&other.finding.path))
            .then_with(|| one.finding.line.cmp(&other.finding.line))
            .then_with(|| one.finding.old_line.cmp(&other.finding.old_line))
            .then_with(|| one.finding.rule.cmp(&other.finding.rule))
            .then_with(|| one.finding.fingerprint.cmp(&other.finding.fingerprint))
    });
}

fn label(rule: &str) -> String {
    rule.split_once('/').map_or(rule, |(_, name)| name).to_owned()
}

fn factors(scored: &Scored, repeat: f64) -> String {
    let finding = &scored.finding;
    let severity = format!("{:?}", finding.severity).to_lowercase();
    let confidence = format!("{:?}", finding.confidence).to_lowercase();
    let mut text = format!(
        "{severity} {} × {confidence} {:.1} × {} {}",
        base(finding.severity),
        share(finding.confidence),
        scored.place.name.word(),
        trimmed(scored.place.factor),
    );
    if scored.understanding > 1.0 {
        text.push_str(&format!(" × assistant {}", trimmed(scored.understanding)));
    }
    if repeat < 1.0 {
        text.push_str(&format!(" × repeated {}", trimmed(repeat)));
    }
    text
}

/// At least one decimal, at most two.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.strip_suffix('0').map_or(text.clone(), str::to_owned)
}

/// A guard taken away and what it guarded destroyed or opened; a guard taken away and a test weakened.
fn combinations(findings: &[Scored]) -> Vec<String> {
    let open: Vec<&Scored> =
        findings.iter().filter(|scored| scored.state == State::Open && !scored.hidden).collect();
    let with =
        |effect: Effect| open.iter().copied().filter(move |scored| scored.finding.effect == Some(effect));
    let mut found = Vec::new();
    for guard in with(Effect::Unguards) {
        let struck = open.iter().find(|other| {
            matches!(other.finding.effect, Some(Effect::Destroys | Effect::Exposes))
                && guard.finding.subject.is_some()
                && other.finding.subject == guard.finding.subject
        });
        if let Some(struck) = struck {
            let done = match struck.finding.effect {
                Some(Effect::Exposes) => "opened",
                _ => "destroyed or replaced",
            };
            let name = guard.finding.subject.as_ref().map(|subject| subject.name.as_str()).unwrap_or_default();
            let sentence = if name.is_empty() {
                format!("guard removed and the guarded thing {done}")
            } else {
                format!("guard removed and {name} {done}")
            };
            if !found.contains(&sentence) {
                found.push(sentence);
            }
        }
    }
    if with(Effect::Unguards).next().is_some() && with(Effect::WeakensTest).next().is_some() {
        found.push("guard removed and a test or check weakened".to_owned());
    }
    found
}

/// The least score that the gravest findings allow, with the reason.
fn floor(findings: &[Scored], combinations: usize) -> Option<(f64, String)> {
    let grave: Vec<&Scored> = findings
        .iter()
        .filter(|scored| scored.state == State::Open && scored.place.factor >= FLOOR_FROM)
        .collect();
    let has = |severity: Severity, confidence: Confidence| {
        grave
            .iter()
            .any(|scored| scored.finding.severity == severity && scored.finding.confidence == confidence)
    };
    let critical = grave
        .iter()
        .filter(|scored| {
            scored.finding.severity == Severity::Critical && scored.finding.confidence >= Confidence::Medium
        })
        .count();
    let disarmed = grave.iter().any(|scored| {
        scored.finding.effect == Some(Effect::DisarmsGate) && scored.finding.severity >= Severity::High
    });
    let floors = [
        (combinations >= 2, 85.0, "two combinations"),
        (critical >= 3, 85.0, "three critical findings"),
        (disarmed, 70.0, "the gate itself is weakened"),
        (has(Severity::Critical, Confidence::High), 70.0, "a critical finding of high confidence"),
        (has(Severity::Critical, Confidence::Medium), 55.0, "a critical finding of medium confidence"),
        (has(Severity::High, Confidence::High), 40.0, "a high finding of high confidence"),
    ];
    floors
        .into_iter()
        .find(|(holds, ..)| *holds)
        .map(|(_, points, reason)| (points, format!("at least {points} for {reason}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Place, PlaceName};
    use crate::rules::{Finding, Kind, PlacePolicy, Subject};

    fn finding(rule: &str, severity: Severity, effect: Option<Effect>, subject: &str) -> Finding {
        Finding {
            rule: rule.to_owned(),
            title: String::new(),
            kind: Kind::Changed,
            severity,
            confidence: Confidence::High,
            effect,
            place_policy: PlacePolicy::Scales,
            same_cause: Vec::new(),
            message: String::new(),
            why: String::new(),
            instead: String::new(),
            references: Vec::new(),
            reviewers: Vec::new(),
            subject: Some(Subject { home: "infra".to_owned(), name: subject.to_owned() }),
            file: 0,
            path: "infra/main.tf".to_owned(),
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 1,
            old_path: None,
            old_line: None,
            old_end_line: None,
            evidence: Vec::new(),
            hints: Vec::new(),
            also: Vec::new(),
            fingerprint: format!("{rule}{subject}"),
        }
    }

    fn scored(finding: Finding, name: PlaceName) -> Scored {
        let place = Place { name, factor: name.factor(), evidence: Vec::new() };
        Scored { finding, place, understanding: 1.0, points: 0.0, state: State::Open, hidden: false }
    }

    #[test]
    fn the_example_of_the_design_adds_up() {
        let mut findings = vec![
            scored(
                finding("terraform/replaced", Severity::Critical, Some(Effect::Destroys), "db"),
                PlaceName::Production,
            ),
            scored(
                finding("terraform/guard", Severity::Critical, Some(Effect::Unguards), "db"),
                PlaceName::Production,
            ),
            scored(finding("shell/auto-approve", Severity::Medium, None, "job"), PlaceName::Ci),
        ];
        let context = vec![Row { points: 6.3, label: "history".to_owned(), explanation: String::new() }];
        let ledger = add_up(&mut findings, context);
        assert!((ledger.raw - 125.3).abs() < 1e-9, "{}", ledger.raw);
        assert_eq!((ledger.score.points(), ledger.level), (100, Level::Critical));
        assert!(ledger.rows.iter().any(|row| row.label == "combination" && row.points == 12.0));
    }

    #[test]
    fn what_is_not_understood_counts_more_and_says_so() {
        let one = scored(finding("shell/x", Severity::Medium, None, "a"), PlaceName::Unknown);
        let ledger = add_up(&mut [Scored { understanding: 1.25, ..one }], Vec::new());
        assert!((ledger.raw - 8.75).abs() < 1e-9, "{}", ledger.raw);
        assert_eq!(ledger.rows[0].explanation, "medium 7 × high 1.0 × unknown 1.0 × assistant 1.25");
    }

    #[test]
    fn one_rule_repeated_adds_at_most_two_and_a_half_times() {
        let mut findings: Vec<Scored> = (0..30)
            .map(|at| scored(finding("shell/x", Severity::Medium, None, &at.to_string()), PlaceName::Unknown))
            .collect();
        let ledger = add_up(&mut findings, Vec::new());
        assert!((ledger.raw - 17.5).abs() < 1e-9, "{}", ledger.raw);
    }

    #[test]
    fn grave_findings_set_a_floor_where_the_place_is_grave() {
        let critical = || finding("sql/drop", Severity::Critical, None, "t");
        let mut here = vec![scored(critical(), PlaceName::Unknown)];
        assert_eq!(add_up(&mut here, Vec::new()).score.points(), 70);
        let mut staging = vec![scored(critical(), PlaceName::Staging)];
        assert_eq!(add_up(&mut staging, Vec::new()).score.points(), 70);
        let mut development = vec![scored(critical(), PlaceName::Development)];
        assert_eq!(add_up(&mut development, Vec::new()).score.points(), 16);
        let mut doubtful =
            vec![scored(Finding { confidence: Confidence::Low, ..critical() }, PlaceName::Unknown)];
        assert_eq!(add_up(&mut doubtful, Vec::new()).score.points(), 16);
    }

    #[test]
    fn context_alone_never_passes_its_cap() {
        let row = |points| Row { points, label: "history".to_owned(), explanation: String::new() };
        let ledger = add_up(&mut [], vec![row(20.0), row(20.0)]);
        assert_eq!((ledger.score.points(), ledger.level), (25, Level::Medium));
    }

    #[test]
    fn what_is_waived_counts_nothing_and_what_is_hidden_counts_in_one_row() {
        let waiver = crate::risk::Waiver {
            rule: "sql/drop".to_owned(),
            reason: "moved to the archive".to_owned(),
            until: "2099-01-01".to_owned(),
            source: "foureyes.toml".to_owned(),
        };
        let mut findings = vec![
            Scored {
                state: State::Waived(waiver),
                ..scored(finding("sql/drop", Severity::Critical, None, "t"), PlaceName::Production)
            },
            scored(finding("sql/other", Severity::Critical, None, "t"), PlaceName::Test),
        ];
        let ledger = add_up(&mut findings, Vec::new());
        assert_eq!(ledger.score.points(), 8);
        assert_eq!(ledger.rows.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(), ["elsewhere"]);
    }
}
