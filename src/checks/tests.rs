//! `tests`: a test is gone, no longer runs, runs alone, asserts less than before, or is new and asserts nothing.
//!
//! Parameter `what`: `deleted`, `skipped`, `focused`, `weakened`, `unasserted`.

use std::collections::{BTreeMap, BTreeSet};

use super::Evidence;
use crate::change::{Content, Side};
use crate::delta::{Delta, similarity};
use crate::facts::{Assertion, Body, Expression, Fact, Test};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Subject};

/// Bodies that share this part of their words are one test under two names.
const LIKENESS: f64 = 0.6;

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let what = rule.check.as_ref().and_then(|check| check.with.get("what")).map_or("", String::as_str);
    let tests = Tests::of(evidence);
    match what {
        "deleted" => deleted(rule, evidence, &tests),
        "skipped" => skipped(rule, &tests),
        "focused" => focused(rule, &tests),
        "weakened" => weakened(rule, &tests),
        "unasserted" => unasserted(rule, &tests),
        _ => Vec::new(),
    }
}

/// New tests that run something and look at nothing, one finding for each file.
fn unasserted(rule: &Rule, tests: &Tests<'_>) -> Vec<Finding> {
    let mut told: BTreeSet<usize> = BTreeSet::new();
    let mut findings = Vec::new();
    for (new, test) in &tests.introduced {
        let looks = !test.assertions.is_empty() || test.skipped.is_some() || looks_elsewhere(test);
        if looks || !told.insert(new.locus.file) {
            continue;
        }
        let draft = Draft {
            subject: Some(Subject { home: new.locus.path.to_string(), name: test.name.clone() }),
            content: test.name.clone(),
            ..Draft::new(Kind::Introduced, Place::start_of(&new.locus))
        };
        findings.push(draft.capture("name", &test.name).finish(rule));
    }
    findings
}

/// A helper asserts, the run itself is the question, or a branch says that it failed.
fn looks_elsewhere(test: &Test) -> bool {
    const HELPERS: [&str; 22] = [
        "assert", "expect", "verif", "check", "should", "must", "require", "ensure", "raise", "throw", "fail",
        "snapshot", "compare", "match", "valid", "equal", "test", "panic", "error", "run", "prove", "case",
    ];
    const NAMES: [&str; 22] = [
        "smoke", "not", "no_", "without", "never", "compile", "bench", "fuzz", "build", "import", "render",
        "run", "work", "load", "safe", "crash", "panic", "throw", "raise", "error", "ok", "doc",
    ];
    const WORDS: [&str; 14] = [
        "assert",
        "expect",
        "?;",
        "should_panic",
        "t.Error",
        "t.Fatal",
        "panic",
        "raise",
        "throw",
        "done",
        "if ",
        "fixture",
        "match ",
        "unwrap_err",
    ];
    let name = test.name.to_lowercase();
    let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    test.calls.is_empty()
        || test.calls.iter().any(|call| has(&call.to_lowercase(), &HELPERS))
        || has(&name, &NAMES)
        || has(&test.text, &WORDS)
}

/// The tests that differ, renamed ones paired.
struct Tests<'a> {
    removed: Vec<(&'a Fact, &'a Test, Place)>,
    introduced: Vec<(&'a Fact, &'a Test)>,
    changed: Vec<(&'a Fact, &'a Test, &'a Fact, &'a Test)>,
}

impl<'a> Tests<'a> {
    fn of(evidence: &'a Evidence<'_>) -> Self {
        let mut tests = Self { removed: Vec::new(), introduced: Vec::new(), changed: Vec::new() };
        let test = |fact: &'a Fact| match &fact.body {
            Body::Test(test) => Some(test),
            _ => None,
        };
        for delta in evidence.deltas {
            match delta {
                Delta::Removed { old, anchor, .. } => {
                    let Some(gone) = test(old) else { continue };
                    let place = match anchor {
                        Some(anchor) => Place::line(old.locus.file, &anchor.path, anchor.position.line),
                        None => Place::nowhere(old.locus.file, &old.locus.path),
                    };
                    tests.removed.push((old, gone, place));
                }
                Delta::Introduced { new } => tests.introduced.extend(test(new).map(|test| (new, test))),
                Delta::Changed { old, new } => {
                    if let (Some(before), Some(after)) = (test(old), test(new)) {
                        tests.changed.push((old, before, new, after));
                    }
                }
                Delta::Moved { .. } => {}
            }
        }
        tests.pair_renamed();
        tests
    }

    fn pair_renamed(&mut self) {
        let mut left = Vec::new();
        for (old, gone, place) in std::mem::take(&mut self.removed) {
            let best = self
                .introduced
                .iter()
                .enumerate()
                .map(|(at, (_, test))| ((similarity(&gone.text, &test.text) * 1000.0) as u32, at))
                .filter(|(likeness, _)| f64::from(*likeness) >= LIKENESS * 1000.0)
                .max_by_key(|(likeness, at)| (*likeness, std::cmp::Reverse(*at)));
            match best {
                Some((_, at)) => {
                    let (new, test) = self.introduced.remove(at);
                    self.changed.push((old, gone, new, test));
                }
                None => left.push((old, gone, place)),
            }
        }
        self.removed = left;
    }

    /// Assertions that stand in a test now and did not before, for those that only moved to another test.
    fn gained(&self) -> BTreeSet<&str> {
        let introduced = self.introduced.iter().flat_map(|(_, test)| &test.assertions);
        let changed = self.changed.iter().flat_map(|(_, before, _, after)| {
            after.assertions.iter().filter(|assertion| !before.assertions.contains(assertion))
        });
        introduced.chain(changed).map(|assertion| assertion.text.as_str()).collect()
    }
}

/// One finding for each file: a reader asks about the file's tests as a whole.
fn deleted(rule: &Rule, evidence: &Evidence<'_>, tests: &Tests<'_>) -> Vec<Finding> {
    if tests.removed.is_empty() {
        return Vec::new();
    }
    let gone_definitions = gone_definitions(evidence);
    let mut subjects = gone_definitions.clone();
    for (_, test, _) in &tests.removed {
        subjects.remove(test.name.rsplit(['.', ':', ' ']).next().unwrap_or(&test.name));
    }
    let gained = tests.gained();
    let mut files: BTreeMap<usize, Vec<(&Fact, &Test, &Place)>> = BTreeMap::new();
    for (old, test, place) in &tests.removed {
        let subject_gone = test.calls.iter().any(|call| gone_definitions.contains(call));
        let moved = !test.assertions.is_empty()
            && test.assertions.iter().all(|assertion| gained.contains(assertion.text.as_str()));
        let subject_gone =
            subject_gone || is_named_after(&test.name, &subjects) || is_file_of_gone(evidence, old.locus.file);
        if !subject_gone && !moved && !became_parameters(evidence, old.locus.file) {
            files.entry(old.locus.file).or_default().push((old, test, place));
        }
    }
    files
        .into_values()
        .filter_map(|gone| {
            let (old, test, place) = gone.first()?;
            let name = match gone.as_slice() {
                [_] => test.name.clone(),
                several => {
                    let names: Vec<&str> =
                        several.iter().take(3).map(|(_, test, _)| test.name.as_str()).collect();
                    let more = if several.len() > 3 { ", …" } else { "" };
                    format!("{} tests ({}{more})", several.len(), names.join(", "))
                }
            };
            let mut draft = draft(Kind::Removed, (*place).clone(), old, test);
            draft.old = Some(OldPlace::at(&old.locus));
            Some(draft.capture("name", name).finish(rule))
        })
        .collect()
}

/// Names that production code of the change defined before and no longer does.
fn gone_definitions(evidence: &Evidence<'_>) -> BTreeSet<String> {
    let mut names = [BTreeSet::new(), BTreeSet::new()];
    // The expression is a constant, so it compiles.
    static EXPRESSION: Expression = Expression::of(
        r"(?m)^\s*(?:pub(?:\([a-z]+\))?\s+|export\s+|default\s+|async\s+|public\s+|private\s+|protected\s+|static\s+|final\s+|abstract\s+|unsafe\s+|const\s+)*(?:def|fn|func(?:\s*\([^)]*\))?|function\*?|class|struct|enum|trait|interface|type|const|let|var|void|int|long|boolean|String|[A-Z]\w*(?:<[^>]*>)?)\s+([A-Za-z_]\w*)",
    );
    for file in &evidence.change.files {
        for (side, names) in [Side::Old, Side::New].into_iter().zip(&mut names) {
            let Some(Content::Bytes(bytes)) = file.side(side).map(|side| &side.content) else { continue };
            let text = String::from_utf8_lossy(bytes);
            names.extend(EXPRESSION.captures_iter(&text).map(|found| found[1].to_owned()));
        }
    }
    let [old, new] = names;
    old.difference(&new).cloned().collect()
}

/// `TestInclude` is the test of `Include`; a longer name may add what is expected: `test_send_mail_retries`.
fn is_named_after(test: &str, gone: &BTreeSet<String>) -> bool {
    let words = |name: &str| -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut last = ' ';
        for letter in name.chars() {
            let starts = letter.is_uppercase() && !last.is_uppercase() || !last.is_alphanumeric();
            last = letter;
            if !letter.is_alphanumeric() {
                continue;
            }
            match words.last_mut().filter(|_| !starts) {
                Some(word) => word.extend(letter.to_lowercase()),
                None => words.push(letter.to_lowercase().collect()),
            }
        }
        words
    };
    let own = words(test);
    let own = own.strip_prefix(["test".to_owned()].as_slice()).unwrap_or(&own);
    !own.is_empty()
        && gone
            .iter()
            .map(|name| words(name))
            .filter(|name| name.first().is_none_or(|word| word != "test"))
            .any(|name| {
                !name.is_empty() && (own == name.as_slice() || name.len() > 1 && own.starts_with(&name))
            })
}

/// The file went together with the one that it tests: `deadline_test.go` with `deadline.go`.
fn is_file_of_gone(evidence: &Evidence<'_>, file: usize) -> bool {
    let stem = |path: &str| -> Option<String> {
        let name = path.rsplit('/').next()?;
        let stem = name.split('.').next()?.to_ascii_lowercase();
        let bare = stem.trim_start_matches("test_").trim_end_matches("_test").trim_end_matches("_spec");
        let bare = if bare.len() > 4 { bare.trim_end_matches("test") } else { bare };
        Some(bare.trim_end_matches(['-', '_']).to_owned()).filter(|bare| !bare.is_empty())
    };
    let files = &evidence.change.files;
    let Some(tested) = files.get(file).filter(|file| file.new.is_none()) else { return false };
    let Some(wanted) = stem(tested.path()) else { return false };
    files.iter().enumerate().any(|(index, other)| {
        index != file
            && other.new.is_none()
            && stem(other.path()).as_deref() == Some(wanted.as_str())
            && !other.path().to_ascii_lowercase().rsplit('/').next().is_some_and(|name| name.contains("test"))
    })
}

/// The file now runs one test over a table where it had several.
fn became_parameters(evidence: &Evidence<'_>, file: usize) -> bool {
    const MARKS: [&str; 8] = [
        "parametrize",
        "#[case",
        ".each(",
        ".each`",
        "@ParameterizedTest",
        "[]struct",
        "test_case(",
        "subTest(",
    ];
    let count = |side: Side| {
        let content =
            evidence.change.files.get(file).and_then(|file| file.side(side)).map(|side| &side.content);
        match content {
            Some(Content::Bytes(bytes)) => {
                let text = String::from_utf8_lossy(bytes);
                MARKS.iter().map(|mark| text.matches(mark).count()).sum::<usize>()
            }
            _ => 0,
        }
    };
    count(Side::New) > count(Side::Old)
}

/// Old and new fact, the new test, and its marker.
type Silenced<'a> = (&'a Fact, &'a Fact, &'a Test, &'a str);

/// One finding for each marker: a marker on a class or suite silences all of its tests.
fn skipped(rule: &Rule, tests: &Tests<'_>) -> Vec<Finding> {
    let mut markers: BTreeMap<(usize, String), Vec<Silenced<'_>>> = BTreeMap::new();
    for (old, before, new, after) in &tests.changed {
        let (None, Some(skip)) = (&before.skipped, &after.skipped) else { continue };
        let group = if skip.inherited { skip.marker.clone() } else { after.name.clone() };
        markers.entry((new.locus.file, group)).or_default().push((old, new, after, &skip.marker));
    }
    markers
        .into_values()
        .filter_map(|silenced| {
            let (old, new, test, marker) = silenced.first()?;
            let name = match silenced.len() {
                1 => test.name.clone(),
                count => format!("{count} tests"),
            };
            let mut draft = draft(Kind::Introduced, Place::start_of(&new.locus), new, test);
            draft.old = Some(OldPlace::at(&old.locus));
            Some(draft.capture("name", name).capture("new", *marker).finish(rule))
        })
        .collect()
}

fn focused(rule: &Rule, tests: &Tests<'_>) -> Vec<Finding> {
    let changed = tests
        .changed
        .iter()
        .filter(|(_, before, _, after)| after.focused && !before.focused)
        .map(|(_, _, new, after)| (*new, *after));
    let introduced = tests.introduced.iter().filter(|(_, test)| test.focused).copied();
    let mut files: BTreeMap<usize, (&Fact, &Test)> = BTreeMap::new();
    for (new, test) in changed.chain(introduced) {
        files.entry(new.locus.file).or_insert((new, test));
    }
    files
        .into_values()
        .map(|(new, test)| {
            draft(Kind::Introduced, Place::start_of(&new.locus), new, test)
                .capture("name", &test.name)
                .finish(rule)
        })
        .collect()
}

fn weakened(rule: &Rule, tests: &Tests<'_>) -> Vec<Finding> {
    let gained = tests.gained();
    let mut findings = Vec::new();
    for (old, before, new, after) in &tests.changed {
        if after.skipped.is_some() || before.skipped.is_some() || gained_a_check(before, after) {
            continue;
        }
        let Some(loss) = loss(&before.assertions, &after.assertions, &gained) else { continue };
        let mut draft = draft(Kind::Changed, Place::start_of(&new.locus), new, after);
        draft.old = Some(OldPlace::at(&old.locus));
        draft.evidence.push(format!(
            "{} assertions before, {} now",
            before.assertions.len(),
            after.assertions.len()
        ));
        findings.push(
            draft.capture("name", &after.name).capture("old", loss.0).capture("new", loss.1).finish(rule),
        );
    }
    findings
}

/// The test now calls a helper that can hold its assertions.
fn gained_a_check(before: &Test, after: &Test) -> bool {
    after.calls.difference(&before.calls).any(|call| {
        let lower = call.to_ascii_lowercase();
        ["assert", "check", "verify", "expect", "ensure", "should", "require", "compare", "validate"]
            .iter()
            .any(|word| lower.starts_with(word))
    })
}

/// What was asserted and what is asserted instead, if that is less.
fn loss(old: &[Assertion], new: &[Assertion], gained: &BTreeSet<&str>) -> Option<(String, String)> {
    let mut rest: Vec<&Assertion> = new.iter().collect();
    let mut open = Vec::new();
    for assertion in old {
        match rest.iter().position(|other| other.text == assertion.text) {
            Some(at) => {
                rest.remove(at);
            }
            None => open.push(assertion),
        }
    }
    let mut gone = Vec::new();
    for assertion in open {
        match rest.iter().position(|other| other.subject == assertion.subject && other.strength > 0) {
            Some(at) => {
                let now = rest.remove(at);
                if now.strength < assertion.strength {
                    return Some((assertion.text.clone(), now.text.clone()));
                }
            }
            None => gone.push(assertion),
        }
    }
    // What is left may be the same assertions, reworded: strongest against strongest.
    gone.sort_by_key(|assertion| std::cmp::Reverse(assertion.strength));
    rest.sort_by_key(|assertion| std::cmp::Reverse(assertion.strength));
    let mut rest = rest.into_iter();
    for assertion in gone {
        if assertion.strength == 0 || gained.contains(assertion.text.as_str()) && !new.contains(assertion) {
            continue;
        }
        match rest.next() {
            Some(now) if now.strength >= assertion.strength => {}
            Some(now) => return Some((assertion.text.clone(), now.text.clone())),
            None => return Some((assertion.text.clone(), "nothing".to_owned())),
        }
    }
    None
}

fn draft(kind: Kind, place: Place, fact: &Fact, test: &Test) -> Draft {
    Draft {
        subject: Some(Subject { home: fact.locus.path.to_string(), name: format!("test {}", test.name) }),
        content: test.name.clone(),
        ..Draft::new(kind, place)
    }
}
