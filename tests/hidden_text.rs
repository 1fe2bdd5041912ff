//! Nothing that a change hides reaches the reader raw, whatever the format and wherever it stands.

use std::collections::BTreeMap;

use foureyes::change::Change;
use foureyes::gate::Policy;
use foureyes::report::{Display, Report, github, human, json};
use foureyes::rules::RuleSet;
use foureyes::{Knowledge, judge};

const HIDDEN: [char; 16] = [
    '\u{202e}',
    '\u{2066}',
    '\u{200b}',
    '\u{2060}',
    '\u{e0041}',
    '\u{fe01}',
    '\u{1b}',
    '\u{8}',
    '\u{9b}',
    '\u{ad}',
    '\u{3164}',
    '\u{7f}',
    '\u{200e}',
    '\u{feff}',
    '\u{2028}',
    '\u{e0101}',
];

fn change() -> Change {
    let text: String =
        HIDDEN.iter().map(|hidden| format!("let a{hidden}b = 1; // {hidden}{hidden}\n")).collect();
    let files = |text: &str| -> BTreeMap<String, String> {
        [
            "a.rs",
            "AGENTS.md",
            "Cargo.lock",
            "data.json",
            "x.unknown",
            "name\u{202e}\u{1b}[2J.md",
            "tag\u{e0041}.py",
        ]
        .into_iter()
        .map(|path| (path.to_owned(), text.to_owned()))
        .collect()
    };
    Change::in_memory(&BTreeMap::from([("a.rs".to_owned(), "let a = 1;\n".to_owned())]), &files(&text))
}

#[test]
fn hidden_characters_are_found_in_any_kind_of_file_and_printed_spelled_out() {
    let change = change();
    let policy = Policy::default();
    let judged = judge(&change, &RuleSet::builtin(), &Knowledge::default(), &policy);
    let report = Report {
        change: &change,
        assessment: &judged.assessment,
        verdict: &judged.verdict,
        readings: &judged.readings,
    };
    let found = |rule: &str, path: &str| {
        judged
            .assessment
            .findings
            .iter()
            .any(|scored| scored.finding.rule == rule && scored.finding.path == path)
    };
    for path in ["a.rs", "AGENTS.md", "Cargo.lock", "data.json", "x.unknown"] {
        for rule in ["unicode/bidi-control", "unicode/invisible-character", "unicode/control-character"] {
            assert!(found(rule, path), "{rule} {path}");
        }
    }
    assert!(
        judged
            .assessment
            .findings
            .iter()
            .any(|scored| { scored.finding.rule == "unicode/bidi-control" && scored.finding.line == 0 })
    );
    let display = Display { all: true, ..Display::plain() };
    for (format, text) in
        [("human", human(&report, &display)), ("json", json(&report)), ("github", github(&report))]
    {
        for hidden in HIDDEN {
            assert!(!text.contains(hidden), "{format} prints U+{:04X}", u32::from(hidden));
        }
        assert!(!text.contains('\r'), "{format}");
    }
}
