//! How risky changes like this one were: a linear scorecard over size, history and experience, without training.
//!
//! Its constants were fitted on nine public histories (79,939 commits) to two labels, taken back within 30 days and
//! repaired within 14. About 1.5 % of commits are taken back, so a high place means several times the usual rate and
//! never "likely". What the author broke before is left out on purpose: people are not ranked.

use super::history::words;
use super::lexicon::Lexicon;
use super::memory::Recollection;

/// Share of the repair part in the sum.
const FIX_SHARE: f64 = 0.5;
/// Percentiles of the sum.
const PERCENTILES: [(f64, f64); 12] = [
    (-4.0, 0.0),
    (-2.33, 1.0),
    (-1.52, 5.0),
    (-1.10, 10.0),
    (-0.52, 25.0),
    (0.06, 50.0),
    (0.59, 75.0),
    (0.72, 80.0),
    (1.06, 90.0),
    (1.36, 95.0),
    (1.95, 99.0),
    (4.0, 100.0),
];
/// Context points by percentile; at most 25.
const POINTS: [(f64, f64); 7] =
    [(0.0, 0.0), (30.0, 0.3), (75.0, 4.0), (90.0, 12.0), (95.0, 18.0), (99.0, 24.9), (100.0, 25.0)];
/// A feature that adds less is not named.
const WORTH_NAMING: f64 = 0.1;
const MOST_NAMED: usize = 3;

/// A touched file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedFile {
    pub path: String,
    /// Lines.
    pub added: usize,
    pub deleted: usize,
    /// Lines on the old side.
    pub lines: usize,
    pub is_binary: bool,
}

/// How a change compares with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// 0 to 100: the share of changes that are less risky.
    pub percentile: f64,
    /// 0 to 25.
    pub points: f64,
    /// What speaks most for it, in words.
    pub reasons: Vec<&'static str>,
    /// The message counted too.
    pub with_message: bool,
}

impl Standing {
    /// `riskier than 82 % of changes: large, its author is new to these files`.
    pub fn sentence(&self) -> String {
        let mut sentence = format!("riskier than {:.0} % of changes", self.percentile.min(99.0).floor());
        if !self.reasons.is_empty() {
            sentence.push_str(": ");
            sentence.push_str(&self.reasons.join(", "));
        }
        if !self.with_message {
            sentence.push_str(" (message not counted)");
        }
        sentence
    }
}

/// Compares a change. `message` is known only where there is exactly one; without it its features count nothing.
pub fn stand(files: &[TouchedFile], message: Option<&str>, past: &Recollection) -> Standing {
    let lexicon = Lexicon::built_in();
    let size = Size::of(files, &lexicon);
    let ln = |number: f64| (1.0 + number).ln();
    let is_known = |flag: bool| f64::from(u8::from(flag));
    let age = ln(past.file_age);
    let revert_rate = revert_rate(files, past);
    let mut terms: Vec<(f64, &'static str)> = vec![
        (0.144 * (revert_rate + 0.56), "these files are often taken back"),
        (0.161 * (ln(past.file_authors as f64) - 2.23), "many people change these files"),
        (-0.113 * (ln(past.author_recent as f64) - 3.31), "its author works here seldom"),
        (0.050 * (age - 2.06), ""),
        (0.057 * (ln(past.folder_reverts as f64) - 1.25), "changes were taken back in this folder"),
        (0.176 * (past.new_to_files - 0.28), "its author is new to these files"),
        (-0.239 * (is_known(size.only_docs_and_tests) - 0.11), ""),
        (FIX_SHARE * 0.194 * (ln(size.code as f64) - 2.27), "large"),
        (FIX_SHARE * 0.292 * (ln(size.added as f64) - 2.76), "large"),
        (FIX_SHARE * 0.441 * (past.fix_rate + 0.19), "these files are often repaired"),
        (FIX_SHARE * -0.192 * (age - 2.06), "these files changed a short time ago"),
        (FIX_SHARE * -0.165 * (ln(size.largest as f64) - 5.69), ""),
        (FIX_SHARE * 0.438 * (is_known(size.configuration) - 0.26), "it touches configuration"),
    ];
    if let Some(message) = message {
        let subject = words::subject(message);
        let documents = is_known(has_word(subject, &DOCUMENT_WORDS));
        terms.extend([
            (1.387 * (past.like_reverted - 0.08), "it is like a change that was taken back lately"),
            (0.383 * (is_known(has_issue(message)) - 0.48), ""),
            (-0.669 * (documents - 0.08), ""),
            (FIX_SHARE * -0.654 * (documents - 0.08), ""),
            (0.073 * (ln(body_words(message) as f64) - 1.90), ""),
            (0.226 * (ln(subject.split_whitespace().count() as f64) - 1.99), ""),
            (0.249 * (is_known(has_switch(subject)) - 0.15), "it switches something over"),
        ]);
    }
    let sum: f64 = terms.iter().map(|(term, _)| term).sum();
    let percentile = along(&PERCENTILES, sum);
    let mut named: Vec<(&'static str, f64)> = Vec::new();
    for (term, reason) in terms.into_iter().filter(|(_, reason)| !reason.is_empty()) {
        match named.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, together)) => *together += term,
            None => named.push((reason, term)),
        }
    }
    named.retain(|(_, term)| *term >= WORTH_NAMING);
    named.sort_by(|one, other| other.1.total_cmp(&one.1));
    Standing {
        percentile,
        points: (along(&POINTS, percentile) * 10.0).round() / 10.0,
        reasons: named.into_iter().take(MOST_NAMED).map(|(reason, _)| reason).collect(),
        with_message: message.is_some(),
    }
}

/// ln of the rate of reverts of the touched paths over the repository's, weighted by lines.
fn revert_rate(files: &[TouchedFile], past: &Recollection) -> f64 {
    let (mut all, mut weighted) = (0.0, 0.0);
    for (path, rate) in &past.revert_rates {
        let lines = files.iter().find(|file| file.path == *path).map_or(0, |file| file.added + file.deleted);
        let weight = (1.0 + lines as f64).ln() + 0.1;
        all += weight;
        weighted += weight * rate;
    }
    if all > 0.0 { (weighted / all).ln() } else { 0.0 }
}

/// A straight line between the points of a table, level outside of it.
fn along(table: &[(f64, f64)], at: f64) -> f64 {
    let Some((first, last)) = table.first().zip(table.last()) else { return 0.0 };
    if at <= first.0 {
        return first.1;
    }
    for pair in table.windows(2) {
        if let [(from, low), (to, high)] = pair
            && at <= *to
        {
            return low + (high - low) * (at - from) / (to - from);
        }
    }
    last.1
}

/// What a change touches, in lines.
#[derive(Debug, Default, PartialEq, Eq)]
struct Size {
    added: usize,
    /// Added outside of tests, documents, lock files and binaries.
    code: usize,
    /// Of the largest touched file before.
    largest: usize,
    configuration: bool,
    only_docs_and_tests: bool,
}

impl Size {
    fn of(files: &[TouchedFile], lexicon: &Lexicon) -> Self {
        let mut size = Self { only_docs_and_tests: !files.is_empty(), ..Self::default() };
        for file in files {
            let (folders, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
            let is = |role: &str| {
                lexicon.is_file(role, name) || folders.split('/').any(|folder| lexicon.is_folder(role, folder))
            };
            let aside = file.is_binary || is("test") || is("docs");
            size.added += file.added;
            if !aside && !is("generated") {
                size.code += file.added;
            }
            size.largest = size.largest.max(file.lines);
            size.configuration |= is_configuration(name);
            size.only_docs_and_tests &= aside;
        }
        size
    }
}

fn is_configuration(name: &str) -> bool {
    const ENDINGS: [&str; 17] = [
        "yaml",
        "yml",
        "toml",
        "ini",
        "cfg",
        "conf",
        "config",
        "properties",
        "env",
        "tf",
        "tfvars",
        "hcl",
        "json",
        "erb",
        "pp",
        "j2",
        "xml",
    ];
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.contains(&ending) || name.starts_with("Dockerfile") || name.starts_with("Jenkinsfile")
}

const DOCUMENT_WORDS: [&str; 10] =
    ["doc", "comment", "typo", "readme", "changelog", "spelling", "lint", "format", "whitespace", "nit"];
const SWITCH_WORDS: [&str; 10] =
    ["enable", "switch", "default", "migrate", "rollout", "use", "move", "replace", "convert", "activate"];

/// The word itself, or with an ending of its own.
fn has_word(subject: &str, list: &[&str]) -> bool {
    let with_ending = |word: &str, known: &str| {
        word.strip_prefix(known)
            .is_some_and(|rest| matches!(rest, "" | "s" | "d" | "ed" | "es" | "ing" | "ting"))
    };
    words::words(subject).iter().any(|word| list.iter().any(|known| with_ending(word, known)))
}

fn has_switch(subject: &str) -> bool {
    has_word(subject, &SWITCH_WORDS) || subject.to_lowercase().contains("turn on")
}

/// `#123`, `ABC-123`, `T1234`, `Bug:` or `b/123`.
fn has_issue(message: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    message.split(|letter: char| letter.is_whitespace() || "()[],.;".contains(letter)).any(|word| {
        let word = word.trim_end_matches(':');
        word == "Bug"
            || word.strip_prefix('#').is_some_and(digits)
            || word.strip_prefix("b/").is_some_and(digits)
            || word.strip_prefix('T').is_some_and(|rest| rest.len() >= 4 && digits(rest))
            || word.split_once('-').is_some_and(|(key, number)| {
                key.len() >= 2 && key.bytes().all(|byte| byte.is_ascii_uppercase()) && digits(number)
            })
    })
}

/// Words of the body without trailers and quoted lines.
fn body_words(message: &str) -> usize {
    let is_trailer =
        |line: &str| line.split_once(": ").is_some_and(|(key, _)| key.contains('-') && !key.contains(' '));
    let lines = words::body(message).lines().filter(|line| !line.starts_with('>') && !is_trailer(line));
    lines.map(|line| line.split_whitespace().count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> Recollection {
        Recollection {
            revert_rates: vec![("src/a.rs".to_owned(), 0.57)],
            fix_rate: -0.19,
            file_authors: 8,
            author_recent: 26,
            file_age: 7.0,
            folder_reverts: 2,
            new_to_files: 0.28,
            like_reverted: 0.08,
        }
    }

    fn file(path: &str, added: usize) -> TouchedFile {
        TouchedFile { path: path.to_owned(), added, deleted: 0, lines: 300, is_binary: false }
    }

    #[test]
    fn a_usual_change_stands_in_the_middle() {
        let standing = stand(&[file("src/a.rs", 12)], None, &usual());
        assert!((35.0..65.0).contains(&standing.percentile), "{standing:?}");
        assert!(standing.points < 4.0);
    }

    #[test]
    fn a_large_change_of_files_often_taken_back_stands_high() {
        let past = Recollection {
            revert_rates: vec![("deploy/a.yaml".to_owned(), 7.4)],
            new_to_files: 1.0,
            fix_rate: 1.5,
            author_recent: 0,
            ..usual()
        };
        let standing = stand(&[file("deploy/a.yaml", 900)], None, &past);
        assert!(
            standing.percentile > 95.0 && standing.points > 18.0 && standing.points <= 25.0,
            "{standing:?}"
        );
        assert_eq!(standing.reasons[0], "large");
        assert_eq!(standing.reasons.len(), 3);
    }

    #[test]
    fn points_rise_with_the_sum_and_end_at_their_cap() {
        let mut last = -1.0;
        for step in -50..60 {
            let points = along(&POINTS, along(&PERCENTILES, f64::from(step) / 10.0));
            assert!(points >= last && points <= 25.0);
            last = points;
        }
        assert_eq!(last, 25.0);
    }

    #[test]
    fn documents_alone_stand_low() {
        let standing = stand(&[file("docs/a.md", 12)], Some("Fix typo in docs"), &usual());
        assert!(standing.percentile < 25.0, "{standing:?}");
    }

    #[test]
    fn the_words_of_messages_are_told() {
        assert!(
            has_issue("x (#12)") && has_issue("ABC-12: x") && has_issue("x\n\nBug: 7") && has_issue("T1234")
        );
        assert!(!has_issue("utf-8 and v1-2") && !has_issue("T12"));
        assert!(has_switch("Enable the cache") && has_switch("Turn on x") && !has_switch("Add user"));
        assert!(has_word("Fix typos", &DOCUMENT_WORDS) && !has_word("Add doctor", &DOCUMENT_WORDS));
        assert_eq!(body_words("x\n\none two\n> three\nSigned-off-by: me\n"), 2);
    }

    #[test]
    fn lines_of_tests_and_lock_files_are_no_code() {
        let size = Size::of(
            &[file("tests/a.rs", 5), file("Cargo.lock", 7), file("src/b.rs", 3)],
            &Lexicon::built_in(),
        );
        assert_eq!((size.added, size.code, size.only_docs_and_tests), (15, 3, false));
    }
}
