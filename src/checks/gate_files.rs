//! `gate-files`: the change weakens what judges it: configuration, rules, the hook or step that runs the gate.
//!
//! The gate reads all of these from the old side, so this very change cannot profit; the next one would.

use super::Evidence;
use crate::change::{Content, FileChange, Side};
use crate::delta::Delta;
use crate::facts::{Body, Fact, Value};
use crate::rules::{Draft, Finding, Kind, OldPlace, PROJECT_FOLDER, Place, Rule, Severity, Subject};

const CONFIGURATION: [&str; 2] = ["foureyes.toml", ".foureyes.toml"];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, file) in evidence.change.files.iter().enumerate() {
        let Some(old) = &file.old else { continue };
        let gone = file.new.as_ref().is_none_or(|new| new.path != old.path);
        if CONFIGURATION.contains(&old.path.as_str()) {
            if gone {
                findings.push(whole_file(rule, index, &old.path, "the configuration of the gate is gone"));
            }
        } else if old.path.starts_with(&format!("{PROJECT_FOLDER}/")) {
            if gone {
                findings.push(whole_file(rule, index, &old.path, "a rule of the project is gone"));
            } else if text(file, Side::Old) != text(file, Side::New) {
                let mut draft = draft(index, file.path(), 1, 1, "a rule of the project is rewritten");
                draft.severity = Some(Severity::High);
                findings.push(draft.finish(rule));
            }
        } else {
            findings.extend(runner(rule, evidence, index, file));
        }
    }
    for delta in evidence.deltas {
        findings.extend(setting(rule, evidence, delta));
    }
    findings
}

/// A key of the configuration that was turned towards leniency.
fn setting(rule: &Rule, evidence: &Evidence<'_>, delta: &Delta) -> Option<Finding> {
    let fact = delta.new_fact().or(delta.old())?;
    if !CONFIGURATION.contains(&&*fact.locus.path) {
        return None;
    }
    let file = evidence.change.files.get(fact.locus.file)?;
    if file.old.is_none() || file.new.is_none() {
        return None;
    }
    let path = path_of(fact)?;
    let value = |fact: Option<&Fact>| fact.and_then(value_of);
    let (old, new) = (value(delta.old()), value(delta.new_fact()));
    let what = if path == "gate.fail_on" {
        let (was, is) = (threshold(old.as_ref()), threshold(new.as_ref()));
        (is > was).then(|| format!("the gate now fails from {is} instead of {was}"))
    } else if path.starts_with("rules.disable") {
        new.as_ref().map(|rule| format!("rule {} is switched off", rule.as_text()))
    } else if path.starts_with("rules.severity") {
        let rank = |value: Option<&Value>| {
            let names = ["low", "medium", "high", "critical"];
            value.and_then(|value| names.iter().position(|name| *name == value.as_text()))
        };
        match (rank(old.as_ref()), rank(new.as_ref())) {
            (Some(was), Some(is)) if is >= was => None,
            (_, Some(_)) => {
                Some(format!("the severity of {} is set lower", path.trim_start_matches("rules.severity.")))
            }
            _ => None,
        }
    } else if path.starts_with("places.production") {
        (new.is_none()).then(|| "a path no longer counts as production".to_owned())
    } else if path.starts_with("places.") {
        new.as_ref().map(|glob| format!("{} counts less from now on", glob.as_text()))
    } else if path.starts_with("waivers") && path.ends_with(".rule") {
        new.as_ref().map(|rule| format!("a waiver for {} is added", rule.as_text()))
    } else {
        None
    }?;
    let (line, old_line) = match (delta.new_fact(), delta.old()) {
        (Some(new), old) => {
            let line = new.locus.start.line;
            (line, old.map_or(line, |old| old.locus.start.line))
        }
        (None, Some(old)) => {
            (evidence.collapsed(old.locus.file, old.locus.start.line).unwrap_or(1), old.locus.start.line)
        }
        (None, None) => return None,
    };
    Some(draft(fact.locus.file, file.path(), line, old_line, &what).finish(rule))
}

fn path_of(fact: &Fact) -> Option<&str> {
    match &fact.body {
        Body::Setting(setting) => Some(&setting.path),
        _ => None,
    }
}

fn value_of(fact: &Fact) -> Option<Value> {
    match &fact.body {
        Body::Setting(setting) => Some(setting.value.clone()),
        _ => None,
    }
}

/// A threshold as points; an absent one is the default, `critical`.
fn threshold(value: Option<&Value>) -> u32 {
    let Some(value) = value else { return 70 };
    match value.as_text().as_str() {
        "low" => 1,
        "medium" => 15,
        "high" => 40,
        "critical" => 70,
        text => text.parse().unwrap_or(101),
    }
}

/// A hook or pipeline file in which the gate ran and no longer runs, or no longer counts.
fn runner(rule: &Rule, evidence: &Evidence<'_>, index: usize, file: &FileChange) -> Option<Finding> {
    let path = &file.old.as_ref()?.path;
    if !is_runner(path) {
        return None;
    }
    let (old, new) = (text(file, Side::Old), text(file, Side::New));
    let runs = |text: &str| text.lines().filter(|line| runs_gate(line)).count();
    let line = old.lines().position(runs_gate)? as u32 + 1;
    if runs(&new) < runs(&old) && !moved_elsewhere(evidence, index) {
        let gone_line = old
            .lines()
            .enumerate()
            .filter(|(_, line)| runs_gate(line))
            .find(|(_, line)| !new.lines().any(|new| new.trim() == line.trim()))
            .map_or(line, |(at, _)| at as u32 + 1);
        let at = evidence.collapsed(index, gone_line).unwrap_or(0);
        return Some(draft(index, file.path(), at, gone_line, "the gate no longer runs here").finish(rule));
    }
    let lenient = |line: &&str| {
        runs_gate(line) && (line.contains("--exit-zero") || line.contains("|| true") || line.contains("|| :"))
    };
    let was = old.lines().filter(lenient).count();
    let (at, _) = new.lines().enumerate().filter(|(_, line)| lenient(line)).nth(was)?;
    Some(draft(index, file.path(), at as u32 + 1, line, "the verdict of the gate is ignored").finish(rule))
}

fn is_runner(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with(".github/")
        || path.starts_with(".husky/")
        || path.starts_with(".githooks/")
        || path.starts_with(".circleci/")
        || path.starts_with(".buildkite/")
        || matches!(
            name,
            ".pre-commit-config.yaml"
                | ".gitlab-ci.yml"
                | "lefthook.yml"
                | ".lefthook.yml"
                | "Jenkinsfile"
                | "azure-pipelines.yml"
                | "bitbucket-pipelines.yml"
        )
}

fn runs_gate(line: &str) -> bool {
    let trimmed = line.trim_start();
    !trimmed.starts_with('#') && !trimmed.starts_with("//") && line.contains("foureyes")
}

/// Another file of the change runs the gate now and did not before.
fn moved_elsewhere(evidence: &Evidence<'_>, index: usize) -> bool {
    evidence.change.files.iter().enumerate().filter(|(other, _)| *other != index).any(|(_, file)| {
        let runs = |side| text(file, side).lines().filter(|line| runs_gate(line)).count();
        is_runner(file.path()) && runs(Side::New) > runs(Side::Old)
    })
}

fn whole_file(rule: &Rule, index: usize, path: &str, what: &str) -> Finding {
    draft(index, path, 0, 1, what).finish(rule)
}

fn draft(index: usize, path: &str, line: u32, old_line: u32, what: &str) -> Draft {
    let place = if line == 0 { Place::nowhere(index, path) } else { Place::line(index, path, line) };
    Draft {
        old: Some(OldPlace { path: path.to_owned(), line: old_line, end_line: old_line }),
        subject: Some(Subject { home: path.to_owned(), name: "gate".to_owned() }),
        content: what.to_owned(),
        ..Draft::new(Kind::Changed, place)
    }
    .capture("name", what)
}

fn text(file: &FileChange, side: Side) -> String {
    match file.side(side).map(|side| &side.content) {
        Some(Content::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}
