//! What a person or a program reads: one format a file.
//!
//! This stage knows nothing of git, syntax or rules files; it shows what the earlier stages found.

mod github;
mod human;
mod json;
mod page;
mod reference;
mod reviewers;
mod snippet;
mod visible;

use crate::change::Change;
use crate::gate::Verdict;
use crate::risk::Assessment;
use crate::source::FileReading;

pub use github::github;
pub use human::human;
pub use json::{SCHEMA_VERSION, error as json_error, json};
pub use page::{Page, Span, Style, wrap};
pub use reference::{explanation, rules_json, rules_list, rules_markdown};
pub use reviewers::{Asked, reviewers, reviewers_json};
pub use visible::visible;

/// Everything that a format may show.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    pub change: &'a Change,
    pub assessment: &'a Assessment,
    pub verdict: &'a Verdict,
    /// One entry for each file of the change.
    pub readings: &'a [FileReading],
}

/// How the human report looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Display {
    /// Columns, 60 to 120.
    pub width: usize,
    pub colour: bool,
    /// Also what usually stays folded: every finding, every row, what only moved.
    pub all: bool,
}

impl Display {
    /// For files and pipes.
    pub fn plain() -> Self {
        Self { width: 80, colour: false, all: false }
    }
}

/// A number of things: `1 file`, `12,405 files`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// Digits in groups of three.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
