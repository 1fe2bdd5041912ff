//! The way of a change from bytes to an assessment.

use crate::change::{Change, FileChange, LineMap, Side};
use crate::checks::{self, Evidence};
use crate::context::{
    Assistants, Background, Hand, Origin, Owners, People, PlaceSettings, Places, Provenance, Reviewers,
    TouchedFile, Understanding,
};
use crate::delta::{self, Delta};
use crate::facts::{self, Body, Fact};
use crate::gate::{self, Policy, Verdict};
use crate::plan::Plan;
use crate::risk::{self, Assessment, Coverage, Row, Scored, State, Summary};
use crate::rules::{self, RuleSet, Severity, Surroundings};
use crate::source::{self, FileReading, NotAnalysed, SideReading};

/// Stack of the threads that parse; the grammars of some languages recurse.
const STACK: usize = 64 << 20;

/// Both sides of a change as facts, and what differs between them.
pub struct Compared {
    /// One entry for each file of the change, in its order.
    pub readings: Vec<FileReading>,
    pub maps: Vec<Option<LineMap>>,
    pub deltas: Vec<Delta>,
    /// Every resource and setting of the changed files on each side, also those without a delta.
    pub old_surroundings: Vec<Fact>,
    pub new_surroundings: Vec<Fact>,
    pub not_analysed: Vec<NotAnalysed>,
}

/// What is known besides the change itself.
#[derive(Default)]
pub struct Knowledge {
    pub places: PlaceSettings,
    pub plans: Vec<Plan>,
    pub background: Background,
    pub people: People,
    pub assistants: Assistants,
}

/// A judged change with the texts behind it.
pub struct Judged {
    pub assessment: Assessment,
    pub verdict: Verdict,
    /// One entry for each file of the change.
    pub readings: Vec<FileReading>,
}

/// Judges a change by rules alone.
pub fn assess(change: &Change, rules: &RuleSet, knowledge: &Knowledge) -> Assessment {
    judge(change, rules, knowledge, &Policy::default()).assessment
}

/// Judges a change by rules and by what the project decided.
pub fn judge(change: &Change, rules: &RuleSet, knowledge: &Knowledge, policy: &Policy) -> Judged {
    let compared = compare(change, rules);
    let introduced = introduced_lines(&compared.readings);
    let surroundings = Surroundings { change, maps: &compared.maps, introduced_lines: &introduced };
    let evidence = Evidence {
        change,
        deltas: &compared.deltas,
        old_resources: &compared.old_surroundings,
        new_resources: &compared.new_surroundings,
        maps: &compared.maps,
        readings: &compared.readings,
        not_analysed: &compared.not_analysed,
        plans: &knowledge.plans,
    };
    let answers = rules::apply(rules, &compared.deltas, &surroundings);
    let mut found = answers.findings;
    found.extend(checks::run(rules, &evidence));
    let mut found = checks::overlay(found, &knowledge.plans);
    found.extend(checks::run_afterwards(rules, &evidence, &found));
    let resources = compared.old_surroundings.iter().chain(&compared.new_surroundings);
    let places = Places::learn(change, &knowledge.places, resources);
    let background = &knowledge.background;
    let mut provenance = knowledge.assistants.assume.apply(background.provenance(change));
    let mut experience = background.experience(change);
    knowledge.people.correct(&mut experience, &background.authors);
    let understanding =
        Understanding { provenance: &provenance, experience: &experience, attested: &background.attested };
    let mut findings: Vec<Scored> = risk::merge(found)
        .into_iter()
        .map(|finding| {
            let place = places.of(&finding);
            let understanding = understanding.factor(&finding.path, finding.line, finding.end_line);
            Scored { finding, place, understanding, points: 0.0, state: State::Open, hidden: false }
        })
        .collect();
    let mut remarks = gate::waive(&mut findings, change, &compared.readings, policy);
    let touched = touched_files(change, &compared.readings);
    let history = background.standing(change, &touched).map(|standing| Row {
        points: standing.points,
        label: "history".to_owned(),
        explanation: standing.sentence(),
    });
    let ledger = risk::add_up(&mut findings, history.into_iter().filter(|row| row.points > 0.0).collect());
    let consequences = consequences(&understanding, &findings);
    provenance.consequences = consequences;
    let reviewers = reviewers(change, &findings, &provenance, knowledge);
    let assessment = Assessment {
        summary: summary(change, &compared.readings),
        findings,
        notes: answers.moved,
        ledger: ledger.rows,
        raw: ledger.raw,
        score: ledger.score,
        level: ledger.level,
        reviewers,
        provenance,
        experience,
        coverage: coverage(change, compared.not_analysed),
    };
    remarks.extend(background.remarks.iter().cloned());
    let verdict = gate::decide(&assessment, &change.commits, policy, remarks);
    Judged { assessment, verdict, readings: compared.readings }
}

/// Reads both sides and pairs what they say.
pub fn compare(change: &Change, rules: &RuleSet) -> Compared {
    let mut read = read_all(&change.files, rules);
    let mut not_analysed: Vec<NotAnalysed> = change
        .skipped
        .iter()
        .map(|skipped| NotAnalysed { path: skipped.path.clone(), reason: skipped.reason.clone() })
        .collect();
    let (mut old, mut new, mut readings) = (Vec::new(), Vec::new(), Vec::new());
    for file in &mut read {
        old.append(&mut file.old);
        new.append(&mut file.new);
        not_analysed.append(&mut file.reading.not_analysed);
    }
    readings.extend(read.into_iter().map(|file| file.reading));
    not_analysed.extend(facts::settle(&mut old, &mut new, change, &readings));
    facts::mark_new_tables(&old, &mut new);
    let keep = |facts: &[Fact]| -> Vec<Fact> {
        facts.iter().filter(|fact| matches!(fact.body, Body::Resource(_) | Body::Setting(_))).cloned().collect()
    };
    let (old_surroundings, new_surroundings) = (keep(&old), keep(&new));
    let maps: Vec<Option<LineMap>> = readings.iter().map(|reading: &FileReading| reading.map.clone()).collect();
    let mut deltas = delta::pair(old, new, &maps);
    deltas.retain(|delta| !is_hearsay(delta, &readings));
    let host = |file: usize| readings.get(file).and_then(|reading| reading.host(Side::Old)).cloned();
    delta::locate(&mut deltas, change, &maps, &host);
    not_analysed.sort();
    Compared { readings, maps, deltas, old_surroundings, new_surroundings, not_analysed }
}

/// Something that seems to come or go in a file of data whose other side was read only in part.
fn is_hearsay(delta: &Delta, readings: &[FileReading]) -> bool {
    let (fact, other) = match delta {
        Delta::Introduced { new } => (new, Side::Old),
        Delta::Removed { old, .. } => (old, Side::New),
        Delta::Changed { .. } | Delta::Moved { .. } => return false,
    };
    matches!(fact.body, Body::Resource(_) | Body::Setting(_) | Body::Dependency(_))
        && readings.get(fact.locus.file).is_some_and(|reading| reading.is_partial(other))
}

struct FileFacts {
    reading: FileReading,
    old: Vec<Fact>,
    new: Vec<Fact>,
}

/// Reads the files on as many threads as there is work for.
fn read_all(changes: &[FileChange], rules: &RuleSet) -> Vec<FileFacts> {
    let count = changes.len();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count.div_ceil(4)).max(1);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push(read_file(index, &changes[index], rules));
        }
    };
    let mut files: Vec<FileFacts> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .filter_map(|_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok())
            .collect();
        if workers.is_empty() {
            return work();
        }
        // A worker that panicked takes its files with it; the panic goes on.
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    files.sort_by_key(|file| file.reading.index);
    files
}

fn read_file(index: usize, file: &FileChange, rules: &RuleSet) -> FileFacts {
    let reading = source::read(index, file);
    let paths: Vec<&str> =
        [&file.old, &file.new].into_iter().flatten().map(|side| side.path.as_str()).collect();
    let patterns = rules.patterns(&paths, &read_for_literals(&reading));
    // What one side says is worth nothing beside a side that could not be parsed: all of it would seem to come or go.
    let broken = reading.is_one_sided();
    let say = |side: Side| -> Vec<Fact> {
        let Some(side) = reading.side(side) else { return Vec::new() };
        if broken {
            let host = side.documents.iter().take(1).cloned();
            let host = host.map(|document| source::Document { tree: None, ..document });
            return host.flat_map(|document| facts::extract(&document, &side.focus, &patterns)).collect();
        }
        side.documents.iter().flat_map(|document| facts::extract(document, &side.focus, &patterns)).collect()
    };
    let (mut old, mut new) = (say(Side::Old), say(Side::New));
    if let Some(fact) = facts::file_fact(index, file) {
        match fact.locus.side {
            Side::Old => old.push(fact),
            Side::New => new.push(fact),
        }
    }
    FileFacts { reading, old, new }
}

/// Texts that hold every line of either side.
fn read_for_literals(reading: &FileReading) -> Vec<&str> {
    match (&reading.old, &reading.map, &reading.new) {
        (Some(old), Some(map), Some(new)) => {
            let gone = (1..=map.old_lines()).filter(|line| map.is_touched_old(*line));
            gone.filter_map(|line| old.lines.line(line)).chain([&*new.text]).collect()
        }
        (old, _, new) => [old, new].into_iter().flatten().map(|side| &*side.text).collect(),
    }
}

/// What follows for the findings where an assistant helped.
fn consequences(understanding: &Understanding<'_>, findings: &[Scored]) -> Vec<String> {
    let open = || findings.iter().filter(|scored| scored.state == State::Open && !scored.hidden);
    let mut sentences = Vec::new();
    if open().any(|scored| scored.understanding > 1.0) {
        let raised = open().filter(|scored| scored.understanding > 1.0);
        sentences.push(understanding.reason(raised.map(|scored| scored.finding.path.as_str())));
    }
    let hands: Vec<Hand> = open()
        .map(|scored| &scored.finding)
        .filter(|finding| finding.line > 0)
        .filter_map(|finding| understanding.attested.hand(&finding.path, finding.line, finding.end_line))
        .collect();
    if !hands.is_empty() {
        let ai = hands.iter().filter(|hand| **hand == Hand::Ai).count();
        sentences.push(format!("{ai} of {} risky places are attested to an assistant", hands.len()));
    }
    sentences
}

/// Owners of files with findings, roles that rules ask for, and people who know the code.
fn reviewers(
    change: &Change,
    findings: &[Scored],
    provenance: &Provenance,
    knowledge: &Knowledge,
) -> Reviewers {
    let (people, background) = (&knowledge.people, &knowledge.background);
    let open = findings.iter().filter(|scored| scored.state == State::Open && !scored.hidden);
    let open = open.map(|scored| &scored.finding);
    let mut reviewers = Reviewers::of_roles(open.clone());
    let is_worth_a_look = open.clone().any(|finding| finding.severity >= Severity::Medium);
    if provenance.status == Origin::DeclaredAi && is_worth_a_look {
        reviewers = reviewers.with_roles_for_assistants(&knowledge.assistants.reviewers);
    }
    if let Some(owners) = Owners::of(change.tree(Side::Old)) {
        reviewers = reviewers.with_owners(&owners, open, &background.authors);
    }
    reviewers = reviewers.with_roles_of_owners();
    reviewers.required = people.resolve(reviewers.required);
    reviewers.suggested = people.resolve(reviewers.suggested);
    people.join(reviewers.with_people(background.suggested(change)), &background.authors)
}

/// What a change touches, in lines.
fn touched_files(change: &Change, readings: &[FileReading]) -> Vec<TouchedFile> {
    let count = |side: &Option<SideReading>| side.as_ref().map_or(0, |side| side.lines.count());
    let file = |(file, reading): (&FileChange, &FileReading)| {
        let (lines, new) = (count(&reading.old), count(&reading.new));
        let map = reading.map.as_ref();
        TouchedFile {
            path: file.judged(Side::Old).map_or(file.path(), |side| &side.path).to_owned(),
            added: map.map_or(new, LineMap::added),
            deleted: map.map_or(lines, LineMap::deleted),
            lines,
            is_binary: reading.old.is_none() && reading.new.is_none(),
        }
    };
    change.files.iter().zip(readings).map(file).collect()
}

fn introduced_lines(readings: &[FileReading]) -> Vec<String> {
    let mut lines = Vec::new();
    for reading in readings {
        let Some(new) = &reading.new else { continue };
        let all = 1..=new.lines.count() as u32;
        let wanted = all.filter(|line| reading.map.as_ref().is_none_or(|map| map.is_touched_new(*line)));
        lines.extend(wanted.filter_map(|line| new.lines.line(line)).map(str::to_owned));
    }
    lines
}

fn summary(change: &Change, readings: &[FileReading]) -> Summary {
    let count = |side: &Option<SideReading>| side.as_ref().map_or(0, |side| side.lines.count());
    let (mut added, mut deleted) = (0, 0);
    for reading in readings {
        match &reading.map {
            Some(map) => {
                added += map.added();
                deleted += map.deleted();
            }
            None => {
                added += count(&reading.new);
                deleted += count(&reading.old);
            }
        }
    }
    Summary { files: change.files.len(), added, deleted }
}

fn coverage(change: &Change, not_analysed: Vec<NotAnalysed>) -> Coverage {
    let mut paths: Vec<&str> = not_analysed.iter().map(|entry| entry.path.as_str()).collect();
    paths.dedup();
    let is_file = |path: &str| change.files.iter().any(|file| file.path() == path);
    let missed = paths.iter().filter(|path| is_file(path)).count();
    let files = change.files.len() + change.skipped.iter().filter(|skipped| !is_file(&skipped.path)).count();
    Coverage { files, analysed: change.files.len() - missed, not_analysed }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rules::Confidence;

    fn confidence(old: &str, new: &str) -> Confidence {
        let side = |text: &str| BTreeMap::from([("a.py".to_owned(), text.to_owned())]);
        let change = Change::in_memory(&side(old), &side(new));
        let assessment = assess(&change, &RuleSet::builtin(), &Knowledge::default());
        let found = assessment.findings.iter().find(|one| one.finding.rule == "code/input-check-removed");
        found.map(|one| one.finding.confidence).expect("the check is gone on both")
    }

    #[test]
    fn what_a_function_lost_that_was_written_anew_is_a_guess() {
        let old = "def save(order):\n    if order.total < 0:\n        raise ValueError(order)\n    row = encode(order)\n    store.put(row)\n";
        let shorter = "def save(order):\n    row = encode(order)\n    store.put(row)\n";
        let anew = "def save(order):\n    with pool.connection() as link:\n        for part in split(link, limit):\n            table = choose(part.region)\n            store.put(table, part.body, link)\n            count(part.region, table)\n";
        assert_eq!(confidence(old, shorter), Confidence::Medium);
        assert_eq!(confidence(old, anew), Confidence::Low);
    }
}
