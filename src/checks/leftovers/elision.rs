//! `elision`: a comment that stands for code which a model left out.
//!
//! Some phrases say it alone ("rest of the code unchanged"); weaker ones ("your code here", a lone ellipsis) count only
//! where code went.

use std::sync::OnceLock;

use super::super::Evidence;
use super::remark::comment;
use super::touched;
use crate::facts::Expression;
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject};
use crate::source::FileReading;

/// What a line of comments begins with.
const OPENERS: [char; 9] = ['#', '/', '*', '-', '<', '{', ';', '.', '('];
/// Lines that went, from which a weak phrase counts.
const FEW: usize = 3;
/// Lines that went, from which the loss is certain.
const MANY: usize = 5;
/// Longer comments explain something.
const LONGEST: usize = 160;

/// Prose shows such phrases in its examples.
const PROSE: [&str; 8] = [".md", ".mdx", ".markdown", ".rst", ".adoc", ".txt", ".ipynb", ".html"];

const THING: &str = r"(?:code|codes|file|function|functions|implementation|implementations|method|methods|class|classes|component|components|logic|module|script|body|imports?|handlers?|routes?|fields?|props|properties|tests?|cases|config|configuration|settings|content|contents|section|statements?|helpers?|definitions?|endpoints?|variables?|state|styles?|queries|resources?|steps|jobs|services|entries)";
const STAYS: &str = r"(?:(?:is|are|was|were|all)? ?(?:remains?|stays?|goes|continues?|kept|left|here|below|above|unchanged|untouched|unmodified|intact|identical|omitted|elided|truncated|the same|same|not shown|as (?:it )?(?:is|was|before)|as-is|for brevity|for clarity|exactly|and) ?)+";

struct Phrases {
    strong: Expression,
    dotted: Expression,
    weak: Expression,
}

fn phrases() -> Option<&'static Phrases> {
    static PHRASES: OnceLock<Option<Phrases>> = OnceLock::new();
    PHRASES
        .get_or_init(|| {
            let owner = r"(?:the |your |this |my |our |all |any )?(?:other |rest of the )?";
            let strong = format!(
                r"^(?:keep |and |with |then )?(?:the )?(?:(?:rest|remainder) of {owner}(?:existing |original |previous |remaining )?(?:[A-Za-z0-9_]+ )?{THING} {STAYS}|(?:all |the )?(?:other |remaining |existing |previous |original |old )+(?:[A-Za-z0-9_]+ )?{THING} {STAYS}|{THING} (?:omitted|elided|truncated|unchanged|removed)(?: here)?(?: for (?:brevity|clarity|simplicity))|unchanged {THING}(?: {STAYS})?|(?:existing|previous|original) (?:code|implementation|logic) (?:here|goes here|remains.*)|no changes? (?:below|beyond) this (?:line|point))$"
            );
            let dotted = format!(
                r"^(?:keep |and |with |then |plus )?(?:the )?(?:(?:(?:rest|remainder)(?: of {owner}(?:existing |original |previous |remaining )?(?:[A-Za-z0-9_]+ )?{THING})?|{owner}(?:other |remaining |existing |previous |original |unchanged |similar |more )+(?:[A-Za-z0-9_]+ )?{THING}|same(?: as (?:above|before|earlier|original))?|unchanged|as before|{THING} (?:omitted|elided|unchanged)|existing|everything else)(?: {STAYS})?)$"
            );
            let weak = r"^(?:(?:add |insert |put |place |write )?(?:your|the|actual|real|other|more|remaining) (?:[A-Za-z0-9_]+ )?(?:code|logic|implementation)(?: goes)? here|same as (?:above|before)|(?:the )?rest (?:is |remains |stays )?(?:unchanged|the same|omitted)|everything else (?:is |remains |stays )?(?:unchanged|the same)|(?:implementation|code|logic) (?:goes )?here|unchanged|as before|omitted(?: for brevity)?|)$";
            Some(Phrases {
                strong: Expression::new(&strong),
                dotted: Expression::new(&dotted),
                weak: Expression::new(weak),
            })
        })
        .as_ref()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    Strong,
    Weak,
}

pub(in crate::checks) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let Some(file) = evidence.change.files.get(index) else { continue };
        let path = file.path();
        if PROSE.iter().any(|ending| path.to_ascii_lowercase().ends_with(ending)) {
            continue;
        }
        for (line, text) in touched::new_lines(evidence, index) {
            if !text.trim_start().starts_with(OPENERS) || !may_elide(text) {
                continue;
            }
            let Some(remark) = reading.new.as_ref().and_then(|side| comment(side, line)) else {
                continue;
            };
            let Some(strength) = strength(remark) else { continue };
            if touched::taken(evidence).contains_key(text.trim()) {
                continue;
            }
            findings.extend(judge(rule, evidence, (index, reading), (line, text), strength));
        }
    }
    findings
}

/// Cheap: a word that every phrase has one of.
fn may_elide(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    [
        "rest",
        "remain",
        "existing",
        "unchanged",
        "same",
        "omit",
        "elided",
        "truncated",
        "previous",
        "original",
        "other",
        "...",
        "\u{2026}",
        " here",
        "before",
        "untouched",
        "brevity",
        "everything",
        "no change",
        "more ",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

fn strength(remark: &str) -> Option<Strength> {
    if remark.len() > LONGEST {
        return None;
    }
    let dotted = remark.contains("...") || remark.contains('\u{2026}');
    let lower = remark.to_lowercase();
    let words: String = lower
        .split(|letter: char| !letter.is_alphanumeric() && !"_'-/&".contains(letter))
        .map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let phrases = phrases()?;
    if phrases.strong.is_match(&words) || dotted && phrases.dotted.is_match(&words) {
        Some(Strength::Strong)
    } else if phrases.weak.is_match(&words) && (dotted || !words.is_empty()) {
        Some(Strength::Weak)
    } else {
        None
    }
}

fn judge(
    rule: &Rule,
    evidence: &Evidence<'_>,
    (index, reading): (usize, &FileReading),
    (line, text): (u32, &str),
    strength: Strength,
) -> Option<Finding> {
    let brought = touched::brought(evidence);
    let gone: Vec<(u32, &str)> = touched::gone_at(reading, line)
        .into_iter()
        .filter(|(_, text)| !brought.contains(text.trim()) && !is_remark(text))
        .collect();
    let severity = match (strength, gone.len()) {
        (_, MANY..) => Severity::Critical,
        (Strength::Strong, _) => Severity::High,
        (Strength::Weak, FEW..) => Severity::High,
        (Strength::Weak, _) => return None,
    };
    // A lone ellipsis is also how people shorten an example.
    let severity = if strength == Strength::Weak { severity.min(Severity::High) } else { severity };
    let path = evidence.change.files.get(index)?.path();
    let mut draft = Draft {
        severity: Some(severity),
        subject: Some(Subject { home: path.to_owned(), name: text.trim().to_owned() }),
        content: text.trim().to_owned(),
        ..Draft::new(Kind::Introduced, Place::line(index, path, line))
    };
    let mut what = "the code that it stands for is not there".to_owned();
    if let (Some((first, _)), Some((last, _))) = (gone.first(), gone.last()) {
        let old_path = evidence.change.files.get(index)?.old.as_ref().map_or(path, |old| old.path.as_str());
        draft.old = Some(OldPlace { path: old_path.to_owned(), line: *first, end_line: *last });
        what = match gone.len() {
            1 => "a line of code went in its place".to_owned(),
            count => format!("{count} lines of code went in its place"),
        };
    }
    let quoted: String = text.trim().chars().take(80).collect();
    Some(draft.capture("text", quoted).capture("name", what).finish(rule))
}

fn is_remark(text: &str) -> bool {
    let text = text.trim_start();
    ["#", "//", "/*", "* ", "--"].iter().any(|opener| text.starts_with(opener))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_that_stand_for_code() {
        for remark in [
            "... rest of the code unchanged ...",
            "... existing code ...",
            "rest of the function remains the same",
            "Rest of your implementation here",
            "\u{2026} other methods unchanged \u{2026}",
            "(existing imports remain unchanged)",
            "... keep the rest of the file as is",
            "remaining methods stay the same",
            "... (rest of the class) ...",
            "code omitted for brevity",
            "[... other routes ...]",
            "unchanged code",
            "... same as before ...",
            "existing code here",
        ] {
            assert_eq!(strength(remark), Some(Strength::Strong), "{remark}");
        }
        for remark in ["...", "your code here", "rest unchanged", "Add your implementation here"] {
            assert_eq!(strength(remark), Some(Strength::Weak), "{remark}");
        }
    }

    #[test]
    fn sentences_that_explain() {
        for remark in [
            "unchanged since v2: call order matters",
            "the rest of the code is in storage.py",
            "read the rest of the file",
            "rest of the line",
            "other fields are optional",
            "the remaining entries are sorted by date",
            "existing configuration wins over defaults",
            "same as above, but for writes to the replica",
            "keep the original order",
            "omitted when empty",
            "the original implementation was quadratic",
            "other methods are generated",
        ] {
            assert_eq!(strength(remark), None, "{remark}");
        }
    }
}
