//! Every built-in rule: its own examples, and what must hold of any rule. `FOUREYES_RULES=terraform/,shell/rm`
//! restricts a run to the rules whose ids start so.

use std::collections::BTreeMap;

use foureyes::examples::{failures, sightings};
use foureyes::rules::{Examples, Kind, RuleSet, builtin_examples};
use foureyes::source::Language;

type Files = BTreeMap<String, String>;

fn chosen() -> Vec<(String, Examples)> {
    let wanted = std::env::var("FOUREYES_RULES").unwrap_or_default();
    let wanted: Vec<&str> = wanted.split(',').map(str::trim).filter(|start| !start.is_empty()).collect();
    builtin_examples()
        .into_iter()
        .filter(|(id, _)| wanted.is_empty() || wanted.iter().any(|start| id.starts_with(start)))
        .collect()
}

fn report(failures: &[String]) {
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// Runs a test of each rule on all cores.
fn over_rules(test: impl Fn(&RuleSet, &str, &Examples) -> Vec<String> + Sync) -> Vec<String> {
    let rules = RuleSet::builtin();
    let chosen = chosen();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut failures: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut failures = Vec::new();
                    while let Some((id, examples)) =
                        chosen.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                    {
                        failures.extend(test(&rules, id, examples));
                    }
                    failures
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    failures.sort();
    failures
}

fn mapped(files: &Files, change: impl Fn(&str, &str) -> String) -> Files {
    files.iter().map(|(path, text)| (path.clone(), change(path, text))).collect()
}

#[test]
fn every_rule_compiles() {
    let rules = RuleSet::builtin();
    let broken: Vec<String> = rules
        .iter()
        .filter_map(|entry| entry.check().err().map(|reason| format!("{}: {reason}", entry.rule.id)))
        .collect();
    report(&broken);
}

#[test]
fn every_example_holds() {
    report(&over_rules(failures));
}

#[test]
fn an_identical_pair_fires_nothing() {
    report(&over_rules(|rules, id, examples| {
        let mut failures = Vec::new();
        for example in &examples.fires {
            for files in [&example.old, &example.new] {
                // A blank line at the end makes it a change that says nothing.
                let again = mapped(files, |_, text| format!("{text}\n"));
                for sighting in sightings(rules, id, files, &again) {
                    failures.push(format!("{id}: fires on an identical pair: {sighting:?}"));
                }
            }
        }
        failures
    }));
}

#[test]
fn the_reverse_change_does_not_fire_in_the_wrong_direction() {
    report(&over_rules(|rules, id, examples| {
        let mut failures = Vec::new();
        for (index, example) in examples.fires.iter().enumerate() {
            for sighting in sightings(rules, id, &example.new, &example.old) {
                if sighting.kind != Kind::Changed {
                    failures.push(format!("{id}: example {} fires in reverse: {sighting:?}", index + 1));
                }
            }
        }
        failures
    }));
}

#[test]
fn line_endings_make_no_difference() {
    let crlf = |_: &str, text: &str| text.replace('\n', "\r\n");
    report(&over_rules(|rules, id, examples| {
        let mut failures = Vec::new();
        for (index, example) in examples.fires.iter().enumerate() {
            let (old, new) = (mapped(&example.old, crlf), mapped(&example.new, crlf));
            let plain = sightings(rules, id, &example.old, &example.new);
            let windows = sightings(rules, id, &old, &new);
            let places = |all: &[foureyes::examples::Sighting]| -> Vec<(String, u32, Option<u32>)> {
                all.iter().map(|one| (one.path.clone(), one.line, one.old_line)).collect()
            };
            if places(&plain) != places(&windows) {
                failures.push(format!(
                    "{id}: example {} differs with CRLF: {:?} {:?}",
                    index + 1,
                    places(&plain),
                    places(&windows)
                ));
            }
            for sighting in sightings(rules, id, &example.old, &mapped(&example.old, crlf)) {
                failures.push(format!("{id}: a change of line endings fires: {sighting:?}"));
            }
        }
        failures
    }));
}

#[test]
fn indentation_makes_no_difference_where_the_language_allows() {
    report(&over_rules(|rules, id, examples| {
        let mut failures = Vec::new();
        for (index, example) in examples.fires.iter().enumerate() {
            let (old, new) = (mapped(&example.old, reindented), mapped(&example.new, reindented));
            if old == example.old && new == example.new {
                continue;
            }
            if sightings(rules, id, &old, &new).is_empty() {
                failures.push(format!("{id}: example {} is silent when indented", index + 1));
            }
            for files in [&example.old, &example.new] {
                for sighting in sightings(rules, id, files, &mapped(files, reindented)) {
                    failures.push(format!("{id}: indenting fires: {sighting:?}"));
                }
            }
        }
        failures
    }));
}

/// Two blanks before every line, in languages where that says nothing. Texts with strings over several lines
/// or heredocs stay as they are.
fn reindented(path: &str, text: &str) -> String {
    let free = matches!(
        Language::of(path, text.as_bytes()),
        Language::Rust
            | Language::Hcl
            | Language::Sql
            | Language::Bash
            | Language::Json
            | Language::JavaScript
            | Language::TypeScript
            | Language::Tsx
            | Language::Go
            | Language::Java
    );
    let sensitive =
        ["<<", "\"\"\"", "`", "r#\"", "$$", "<<<<<<<", "#!/"].iter().any(|mark| text.contains(mark));
    if !free || sensitive {
        return text.to_owned();
    }
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}
