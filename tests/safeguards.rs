//! The table of safeguards: every kind of guard in every language, and what becomes of it.
//!
//! `tests/safeguards/LANGUAGE.yaml` holds one function (`template`) that destroys something (`operation`) behind a
//! guard, and for each kind of guard its forms. The old side is always the template with the guard. From this
//! table come the new sides:
//!
//! | fate | the new side | verdict |
//! |---|---|---|
//! | deleted | the operation alone | found |
//! | weakened, neutered, swallowed | the form of that name | found |
//! | late | the guard after the operation | found |
//! | dead | the guard in a function that nobody calls | found |
//! | helper | the guard in a function that is called | silent |
//! | mark | a decorator, annotation or attribute | silent |
//! | equivalent | the same in other words | silent |
//! | renamed | the function under another name | silent |
//! | reformatted | other blanks and comments | silent |
//! | elsewhere | the function in another file | silent |
//! | gone | the function left out | silent |
//!
//! A guard whose text holds `{operation}` encloses it; `whole: true` marks one that is the operation itself.

use std::collections::BTreeMap;

use foureyes::change::Change;
use foureyes::rules::{Kind, RuleSet};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    path: String,
    #[serde(default)]
    head: String,
    rest: String,
    #[serde(default)]
    foot: String,
    template: String,
    operation: String,
    helper: String,
    call: String,
    comment: String,
    guards: BTreeMap<String, Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    guard: String,
    deleted: Option<String>,
    weakened: Option<String>,
    neutered: Option<String>,
    swallowed: Option<String>,
    mark: Option<String>,
    equivalent: Option<String>,
    #[serde(default)]
    whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    Found,
    Silent,
}

type Files = BTreeMap<String, String>;

/// Puts a text of several lines into a slot that stands alone on its line; an empty one takes the line away.
fn fill(template: &str, slot: &str, text: &str) -> String {
    let mut filled = String::new();
    for line in template.lines() {
        if line.trim() == slot {
            let indent = &line[..line.len() - line.trim_start().len()];
            for part in text.trim_end().lines() {
                filled.push_str(&format!("{indent}{part}\n"));
            }
        } else {
            filled.push_str(&format!("{line}\n"));
        }
    }
    filled
}

impl Table {
    fn function(&self, marks: &str, body: &str) -> String {
        let body = fill(body, "{operation}", &self.operation);
        fill(&fill(&self.template, "{marks}", marks), "{guard}", &body)
    }

    fn file(&self, functions: &[&str]) -> String {
        format!("{}{}\n{}\n{}", self.head, functions.join("\n"), self.rest, self.foot)
    }

    fn files(&self, functions: &[&str]) -> Files {
        Files::from([(self.path.clone(), self.file(functions))])
    }

    /// The guard with the operation behind or inside it.
    fn guarded(&self, row: &Row, guard: &str) -> String {
        if row.whole || guard.contains("{operation}") {
            guard.to_owned()
        } else {
            format!("{}\n{{operation}}\n", guard.trim_end())
        }
    }

    /// Every new side of one row.
    fn fates(&self, row: &Row) -> Vec<(&'static str, Files, Verdict)> {
        let encloses = row.whole || row.guard.contains("{operation}");
        let guarded = self.guarded(row, &row.guard);
        let bare = row.deleted.clone().unwrap_or_else(|| "{operation}".to_owned());
        let old = self.function("", &guarded);
        let mut fates = vec![("deleted", self.files(&[&self.function("", &bare)]), Verdict::Found)];
        for (name, text) in
            [("weakened", &row.weakened), ("neutered", &row.neutered), ("swallowed", &row.swallowed)]
        {
            if let Some(text) = text {
                fates.push((name, self.files(&[&self.function("", &self.guarded(row, text))]), Verdict::Found));
            }
        }
        let only = if encloses { &guarded } else { &row.guard };
        let helper = fill(&fill(&self.helper, "{guard}", only), "{operation}", &self.operation);
        if !row.whole {
            if !encloses && !row.guard.contains("audit") {
                let late = format!("{{operation}}\n{}", row.guard);
                fates.push(("late", self.files(&[&self.function("", &late)]), Verdict::Found));
            }
            fates.push(("dead", self.files(&[&self.function("", &bare), &helper]), Verdict::Found));
            // A helper that only returns cannot hold its caller back.
            let raises = !row.guard.contains("return None")
                && !row.guard.contains("return;")
                && !row.guard.contains("return null")
                && !row.guard.contains("return nil\n")
                && !row.guard.contains("return Ok(())")
                && !row.guard.contains("defer")
                && !row.guard.contains("_held");
            if encloses || raises {
                let body = if encloses {
                    self.call.clone()
                } else {
                    format!("{}\n{{operation}}\n", self.call.trim_end())
                };
                fates.push(("helper", self.files(&[&self.function("", &body), &helper]), Verdict::Silent));
            }
        }
        if let Some(mark) = &row.mark {
            fates.push(("mark", self.files(&[&self.function(mark, &bare)]), Verdict::Silent));
        }
        if let Some(text) = &row.equivalent {
            fates.push(("equivalent", self.files(&[&self.function("", text)]), Verdict::Silent));
        }
        let renamed = ["remove_account", "removeAccount", "RemoveAccount"]
            .iter()
            .fold(old.clone(), |text, name| text.replace(name, &format!("{name}ForGood")));
        fates.push(("renamed", self.files(&[&renamed]), Verdict::Silent));
        let spaced = fill(&guarded, "{operation}", &format!("\n{} now\n{{operation}}\n", self.comment));
        fates.push(("reformatted", self.files(&[&self.function("", &spaced)]), Verdict::Silent));
        fates.push(("gone", self.files(&[]), Verdict::Silent));
        let (folder, name) = ("other/", self.path.as_str());
        fates.push((
            "elsewhere",
            Files::from([
                (name.to_owned(), self.file(&[])),
                (format!("{folder}{name}"), format!("{}{old}{}", self.head, self.foot)),
            ]),
            Verdict::Silent,
        ));
        fates
    }
}

#[test]
fn every_guard_meets_its_verdict() {
    let rules = RuleSet::builtin();
    let only = std::env::var("FOUREYES_SAFEGUARD").unwrap_or_default();
    let mut failures = Vec::new();
    let mut count = 0;
    for language in ["python", "rust", "typescript", "go", "java"] {
        let path = format!("{}/tests/safeguards/{language}.yaml", env!("CARGO_MANIFEST_DIR"));
        let table: Table = serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for (kind, row) in &table.guards {
            let old = table.files(&[&table.function("", &table.guarded(row, &row.guard))]);
            for (fate, new, expected) in table.fates(row) {
                let name = format!("{language} {kind} {fate}");
                if !name.contains(&only) {
                    continue;
                }
                count += 1;
                let assessment =
                    foureyes::assess(&Change::in_memory(&old, &new), &rules, &foureyes::Knowledge::default());
                let found: Vec<String> = assessment
                    .findings
                    .iter()
                    .filter(|scored| {
                        let guard = matches!(scored.finding.kind, Kind::Removed | Kind::Changed);
                        guard || expected == Verdict::Silent
                    })
                    .map(|scored| format!("{}: {}", scored.finding.rule, scored.finding.message))
                    .collect();
                let verdict = if found.is_empty() { Verdict::Silent } else { Verdict::Found };
                if verdict != expected {
                    failures.push(format!("{name}: expected {expected:?}, {found:?}"));
                    if !only.is_empty() {
                        failures.push(format!("--- old\n{:?}\n--- new\n{:?}", old, new));
                    }
                }
            }
        }
    }
    assert!(count > 300 || !only.is_empty(), "{count} cases");
    assert!(failures.is_empty(), "{} of {count} wrong:\n{}", failures.len(), failures.join("\n"));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Relocation {
    name: String,
    verdict: String,
    old: Files,
    new: Files,
}

#[test]
fn every_relocation_meets_its_verdict() {
    let rules = RuleSet::builtin();
    let path = format!("{}/tests/safeguards/relocations.yaml", env!("CARGO_MANIFEST_DIR"));
    let cases: Vec<Relocation> = serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut failures = Vec::new();
    for case in &cases {
        let change = Change::in_memory(&case.old, &case.new);
        let assessment = foureyes::assess(&change, &rules, &foureyes::Knowledge::default());
        let found: Vec<String> = assessment
            .findings
            .iter()
            .map(|scored| format!("{}: {}", scored.finding.rule, scored.finding.message))
            .collect();
        let verdict = if found.is_empty() { "silent" } else { "found" };
        if verdict != case.verdict {
            failures.push(format!("{}: expected {}, {found:?}", case.name, case.verdict));
        }
    }
    assert!(failures.is_empty(), "{} of {} wrong:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
