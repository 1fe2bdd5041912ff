//! `foureyes backtest` and `foureyes calibrate`: what the rules would have said of the past.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::output::print;
use crate::backtest::{self, Outcome, Record, Statistics};
use crate::change::{Commit, Repository};
use crate::context::{Memory, Past};
use crate::gate::{Policy, Status};
use crate::rules::RuleSet;

/// Judges every commit of the past with only what was known before it.
///
/// Writes one JSON object a line: commit, date, author_known, score, level, findings, context, ai, seconds. Merges are
/// left out. With `--output jsonl=FILE` a run that was interrupted goes on where it stopped.
#[derive(Debug, Args)]
pub struct BacktestArgs {
    /// Commits to judge: A..B, or everything that leads to a revision [default: HEAD]
    pub range: Option<String>,
    /// Judge at most this many commits, spread evenly over the range
    #[arg(long, value_name = "N")]
    pub sample: Option<usize>,
    /// What to write to standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: BacktestFormat,
    /// Also write the lines or a page to a file; can be given several times
    #[arg(long, value_name = "jsonl=FILE|html=FILE")]
    pub output: Vec<BacktestFile>,
    /// The folder of the repository
    #[arg(short = 'C', value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
}

/// Prints the configuration that the past suggests. Writes nothing.
#[derive(Debug, Args)]
pub struct CalibrateArgs {
    /// Commits to learn from: A..B, or everything that leads to a revision [default: HEAD]
    pub range: Option<String>,
    /// Judge at most this many commits, spread evenly over the range
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub sample: usize,
    /// The folder of the repository
    #[arg(short = 'C', value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BacktestFormat {
    /// One JSON object a line
    #[default]
    Jsonl,
    /// A summary: levels, reverted commits caught, noisiest rules, suggested threshold
    Human,
}

/// `jsonl=FILE` or `html=FILE`, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BacktestFile {
    Lines(PathBuf),
    Page(PathBuf),
}

impl FromStr for BacktestFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("jsonl", path)) if !path.is_empty() => Ok(Self::Lines(path.into())),
            Some(("html", path)) if !path.is_empty() => Ok(Self::Page(path.into())),
            _ => Err("expected jsonl=FILE or html=FILE".to_owned()),
        }
    }
}

pub fn run(args: &BacktestArgs) -> Result<Status, Failure> {
    let mut page = None;
    let mut lines = None;
    for file in &args.output {
        match file {
            BacktestFile::Lines(path) => lines = Some(path),
            BacktestFile::Page(path) => page = Some(path),
        }
    }
    let repository = Repository::discover(&args.folder)?;
    let all = repository.non_merges(args.range.as_deref())?;
    let known = lines.map(read_lines).transpose()?.unwrap_or_default();
    let mut file = lines.map(open_lines).transpose()?;
    let commits = sample(&all, args.sample);
    let show_lines = args.format == BacktestFormat::Jsonl;
    let mut failure = None;
    let replayed =
        judge_all(&repository, args.range.as_deref(), &args.folder, &commits, known, |record, fresh| {
            let line = match serde_json::to_string(record) {
                Ok(line) => format!("{line}\n"),
                Err(error) => {
                    failure =
                        Some(Failure::new(format!("cannot write a record: {error}"), "please report this"));
                    return false;
                }
            };
            let written = match &mut file {
                Some((path, file)) if fresh => file.write_all(line.as_bytes()).map_err(|error| {
                    Failure::new(format!("cannot write {}: {error}", path.display()), "is the disk full?")
                }),
                _ => Ok(()),
            };
            let printed = if show_lines { print(&line) } else { Ok(()) };
            failure = written.and(printed).err();
            failure.is_none()
        })?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let reverted = backtest::reverted(&all);
    let statistics = Statistics::of(&replayed.records, replayed.skipped, &reverted);
    if let Some(path) = page {
        let name = repository_name(&repository);
        let link = repository.commit_pages();
        let html = backtest::page(&name, &replayed.records, &statistics, &reverted, link.as_deref());
        fs::write(path, html).map_err(|error| {
            Failure::new(
                format!("cannot write {}: {error}", path.display()),
                "the folder must exist and be writable",
            )
        })?;
    }
    if args.format == BacktestFormat::Human {
        print(&backtest::summary(&statistics, &replayed.records))?;
    }
    Ok(Status::Pass)
}

pub fn calibrate(args: &CalibrateArgs) -> Result<Status, Failure> {
    let repository = Repository::discover(&args.folder)?;
    let all = repository.non_merges(args.range.as_deref())?;
    let commits = sample(&all, Some(args.sample));
    let replayed =
        judge_all(&repository, args.range.as_deref(), &args.folder, &commits, Vec::new(), |_, _| true)?;
    let statistics = Statistics::of(&replayed.records, replayed.skipped, &backtest::reverted(&all));
    print(&backtest::calibration(&statistics, &replayed.records))?;
    Ok(Status::Pass)
}

struct Replayed {
    records: Vec<Record>,
    skipped: usize,
}

/// Judges what is not known yet; `sink` sees every record, and whether it is a fresh one.
fn judge_all(
    repository: &Repository,
    range: Option<&str>,
    folder: &std::path::Path,
    commits: &[Commit],
    known: Vec<Record>,
    mut sink: impl FnMut(&Record, bool) -> bool,
) -> Result<Replayed, Failure> {
    let wanted: BTreeSet<&str> = commits.iter().map(|commit| commit.id.as_str()).collect();
    let mut replayed = Replayed { records: Vec::new(), skipped: 0 };
    for record in known.into_iter().filter(|record| wanted.contains(record.commit.as_str())) {
        if !sink(&record, false) {
            return Ok(replayed);
        }
        replayed.records.push(record);
    }
    let done: BTreeSet<String> = replayed.records.iter().map(|record| record.commit.clone()).collect();
    let open: Vec<Commit> = commits.iter().filter(|commit| !done.contains(&commit.id)).cloned().collect();
    let policy = Policy::default();
    let rules = RuleSet::builtin();
    // What each commit could know is gathered in one walk; only names are read.
    let tip = range.and_then(|range| range.rsplit("..").next()).filter(|tip| !tip.is_empty()).unwrap_or("HEAD");
    let recollections = Memory::replay(&Past::whole(repository, tip)?);
    let mut progress = Progress::new(open.len());
    backtest::replay(folder, &open, &rules, &policy, &recollections, |outcome| {
        progress.step();
        match outcome {
            Outcome::Judged(record) => {
                let go_on = sink(&record, true);
                replayed.records.push(*record);
                go_on
            }
            Outcome::Skipped { .. } => {
                replayed.skipped += 1;
                true
            }
        }
    })?;
    progress.end();
    Ok(replayed)
}

/// Every n-th commit, so that the whole range is covered.
fn sample(commits: &[Commit], most: Option<usize>) -> Vec<Commit> {
    match most {
        Some(most) if most < commits.len() => {
            (0..most).filter_map(|at| commits.get(at * commits.len() / most)).cloned().collect()
        }
        _ => commits.to_vec(),
    }
}

/// The records of an earlier run; a last line that was cut off is judged again.
fn read_lines(path: &PathBuf) -> Result<Vec<Record>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Failure::new(format!("cannot read {}: {error}", path.display()), "name another file"));
        }
    };
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    let records: Result<Vec<Record>, _> = complete.lines().map(serde_json::from_str).collect();
    let records = records.map_err(|error| {
        Failure::new(
            format!("{} is not the output of a backtest: {error}", path.display()),
            "name a new file, or remove this one to start anew",
        )
    })?;
    if complete.len() + 1 < text.len() {
        let kept = if complete.is_empty() { String::new() } else { format!("{complete}\n") };
        fs::write(path, kept).map_err(|error| {
            Failure::new(format!("cannot write {}: {error}", path.display()), "name another file")
        })?;
    }
    Ok(records)
}

fn open_lines(path: &PathBuf) -> Result<(PathBuf, fs::File), Failure> {
    fs::OpenOptions::new().create(true).append(true).open(path).map(|file| (path.clone(), file)).map_err(
        |error| {
            Failure::new(
                format!("cannot write {}: {error}", path.display()),
                "the folder must exist and be writable",
            )
        },
    )
}

fn repository_name(repository: &Repository) -> String {
    let folder = repository.root().unwrap_or(repository.common_dir());
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder.file_name().map_or_else(|| "repository".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A line on standard error that tells how far the run is; none where nobody looks.
struct Progress {
    total: usize,
    done: usize,
    begun: Instant,
    shown: Option<Instant>,
}

impl Progress {
    /// Milliseconds between two states of the line.
    const PAUSE: u128 = 100;

    fn new(total: usize) -> Self {
        let shown = io::stderr().is_terminal().then(Instant::now);
        Self { total, done: 0, begun: Instant::now(), shown }
    }

    fn step(&mut self) {
        self.done += 1;
        let Some(shown) = &mut self.shown else { return };
        if shown.elapsed().as_millis() < Self::PAUSE && self.done < self.total {
            return;
        }
        *shown = Instant::now();
        let seconds = self.begun.elapsed().as_secs_f64();
        let left = seconds / self.done as f64 * (self.total - self.done) as f64;
        let filled = 30 * self.done / self.total.max(1);
        let _ = write!(
            io::stderr(),
            "\r[{}{}] {} of {} commits, {left:.0} s left \u{1b}[K",
            "=".repeat(filled),
            " ".repeat(30 - filled),
            self.done,
            self.total
        );
    }

    fn end(&self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}
