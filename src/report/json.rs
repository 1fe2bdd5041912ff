//! The report for programs. Its form is `docs/report.schema.json`; the same change gives the same bytes.

use serde::Serialize;

use super::Report;
use super::visible::escaped_json;
use crate::change::{Change, ChangeKind, Revision};
use crate::context::{Experience, Place, Provenance, Reviewers};
use crate::gate::Verdict;
use crate::risk::{Assessment, Coverage, Level, Row, Score, Scored, State};
use crate::rules::{Confidence, Kind, Related, Severity};

/// Grows when a reader of the former version could misread the new one.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    tool: Tool,
    change: ChangeSummary<'a>,
    score: Score,
    level: Level,
    verdict: &'a Verdict,
    findings: Vec<FindingEntry<'a>>,
    ledger: Vec<Row>,
    reviewers: &'a Reviewers,
    provenance: &'a Provenance,
    experience: &'a [Experience],
    coverage: &'a Coverage,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
pub(super) struct ChangeSummary<'a> {
    kind: &'static str,
    old: &'a str,
    new: &'a str,
    files: usize,
    added: usize,
    deleted: usize,
}

#[derive(Serialize)]
struct FindingEntry<'a> {
    rule: &'a str,
    kind: Kind,
    severity: Severity,
    confidence: Confidence,
    points: f64,
    path: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    old_path: Option<&'a str>,
    old_line: Option<u32>,
    message: &'a str,
    why: &'a str,
    instead: &'a str,
    place: &'a Place,
    understanding: f64,
    evidence: Vec<String>,
    also: &'a [Related],
    reviewers: &'a [String],
    fingerprint: &'a str,
    state: &'static str,
}

/// The report as indented JSON with a final line feed.
pub fn json(report: &Report<'_>) -> String {
    let assessment = report.assessment;
    let document = Document {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "foureyes", version: env!("CARGO_PKG_VERSION") },
        change: summary(report.change, assessment),
        score: assessment.score,
        level: assessment.level,
        verdict: report.verdict,
        findings: assessment.findings.iter().map(entry).collect(),
        ledger: assessment
            .ledger
            .iter()
            .map(|row| Row { points: rounded(row.points), ..row.clone() })
            .collect(),
        reviewers: &assessment.reviewers,
        provenance: &assessment.provenance,
        experience: &assessment.experience,
        coverage: &assessment.coverage,
    };
    pretty(&document)
}

/// What a machine format says where nothing could be judged.
pub fn error(message: &str, hint: Option<&str>) -> String {
    let mut error = serde_json::Map::new();
    error.insert("message".to_owned(), message.into());
    error.insert("hint".to_owned(), hint.into());
    pretty(&serde_json::json!({ "schema_version": SCHEMA_VERSION, "error": error }))
}

/// What was compared, as every document of the program names it.
pub(super) fn summary<'a>(change: &'a Change, assessment: &Assessment) -> ChangeSummary<'a> {
    ChangeSummary {
        kind: kind(change.kind),
        old: name(&change.old),
        new: name(&change.new),
        files: assessment.summary.files,
        added: assessment.summary.added,
        deleted: assessment.summary.deleted,
    }
}

pub(super) fn pretty(value: &impl Serialize) -> String {
    // Strings, numbers and lists of them always serialise.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    escaped_json(text)
}

fn entry(scored: &Scored) -> FindingEntry<'_> {
    let finding = &scored.finding;
    let mut evidence = finding.evidence.clone();
    let state = match &scored.state {
        State::Open => "open",
        State::Waived(waiver) => {
            evidence.push(format!("waived until {}: {} ({})", waiver.until, waiver.reason, waiver.source));
            "waived"
        }
    };
    FindingEntry {
        rule: &finding.rule,
        kind: finding.kind,
        severity: finding.severity,
        confidence: finding.confidence,
        points: rounded(scored.points),
        path: &finding.path,
        line: finding.line,
        column: finding.column,
        end_line: finding.end_line,
        end_column: finding.end_column,
        old_path: finding.old_path.as_deref(),
        old_line: finding.old_line,
        message: &finding.message,
        why: &finding.why,
        instead: &finding.instead,
        place: &scored.place,
        understanding: scored.understanding,
        evidence,
        also: &finding.also,
        reviewers: &finding.reviewers,
        fingerprint: &finding.fingerprint,
        state,
    }
}

fn kind(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::WorkTree => "work-tree",
        ChangeKind::Staged => "staged",
        ChangeKind::Range => "range",
        ChangeKind::Commit => "commit",
        ChangeKind::Patch => "patch",
        ChangeKind::Memory => "memory",
    }
}

/// The commit where there is one, else the name.
fn name(revision: &Revision) -> &str {
    revision.id.as_deref().unwrap_or(&revision.label)
}

/// One decimal is what the sum is read with; two keep the sum of the rows true.
fn rounded(points: f64) -> f64 {
    (points * 100.0).round() / 100.0
}
