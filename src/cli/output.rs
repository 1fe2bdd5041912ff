//! Where a report goes: standard output in one format, files in others.

use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;

use super::failure::Failure;
use crate::report::{self, Display, Report};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal
    #[default]
    Human,
    /// For programs; docs/report.schema.json describes it
    Json,
    /// Annotations for GitHub Actions, then the human report
    Github,
}

/// `FORMAT=FILE`, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    pub format: Format,
    pub path: PathBuf,
}

impl FromStr for OutputFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) =
            text.split_once('=').ok_or("expected FORMAT=FILE, for example json=report.json")?;
        if path.is_empty() {
            return Err("the file name is missing".to_owned());
        }
        Ok(Self { format: Format::from_str(format, true)?, path: path.into() })
    }
}

/// How one run reports.
#[derive(Clone, Debug)]
pub struct Output {
    pub format: Format,
    pub display: Display,
    pub files: Vec<OutputFile>,
}

impl Output {
    /// Writes the files, then standard output.
    pub fn write(&self, report: &Report<'_>) -> Result<(), Failure> {
        for file in &self.files {
            let display = Display { all: self.display.all, ..Display::plain() };
            std::fs::write(&file.path, render(file.format, report, &display)).map_err(|error| {
                let path = file.path.display();
                Failure::new(format!("cannot write {path}: {error}"), "the folder must exist and be writable")
            })?;
        }
        print(&render(self.format, report, &self.display))
    }
}

fn render(format: Format, report: &Report<'_>, display: &Display) -> String {
    match format {
        Format::Human => report::human(report, display),
        Format::Json => report::json(report),
        Format::Github => report::github(report) + &report::human(report, display),
    }
}

/// Prints to standard output. A reader that went away is no error.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints to standard error, where nothing more can be done about a failure.
pub fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_names_a_format_and_a_file() {
        let parsed: OutputFile = "json=a=b.json".parse().unwrap();
        assert_eq!(parsed, OutputFile { format: Format::Json, path: "a=b.json".into() });
        for wrong in ["json", "json=", "yaml=x"] {
            assert!(wrong.parse::<OutputFile>().is_err(), "{wrong}");
        }
    }
}
