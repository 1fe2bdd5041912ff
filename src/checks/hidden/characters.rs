//! Which characters of a line hide something, judged beside their neighbours: a joiner in an emoji is none, one in the
//! middle of a name is.

use std::fmt::Write as _;

use super::setting::{Reader, Setting};
use super::{Sighting, What};
use crate::rules::Severity;

/// From this many in a row on, characters that nobody sees carry data.
const CARRYING: usize = 4;
/// Tags in the flag of a region: at most six letters and the end.
const LONGEST_FLAG: usize = 7;

/// A character that hides something, with its index in the line.
#[derive(Clone, Copy)]
struct Hit {
    at: usize,
    character: char,
    severity: Severity,
}

/// What a line hides, or nothing.
pub(super) fn judge(what: What, line: &str, setting: Setting) -> Option<Sighting> {
    let characters: Vec<char> = line.chars().collect();
    let hits = match what {
        What::Direction => direction(&characters, setting),
        What::Invisible => invisible(&characters, setting),
        What::Control => control(&characters, setting),
        What::Homoglyph => return None,
    };
    let (first, last) = (hits.first()?, hits.last()?);
    let worst = hits.iter().map(|hit| hit.severity).max()?;
    let severity = if setting.about_characters { worst.min(Severity::Medium) } else { worst };
    let content: String = hits.iter().map(|hit| hit.character).collect();
    Some(Sighting {
        line: 0,
        columns: (first.at as u32 + 1, last.at as u32 + 1),
        name: name(&content),
        content,
        severity,
        text: line.trim().to_owned(),
    })
}

/// Characters that reorder what stands around them.
fn direction(characters: &[char], setting: Setting) -> Vec<Hit> {
    let right_to_left = characters.iter().any(|character| is_right_to_left(*character));
    let balanced = is_balanced(characters);
    let mut hits = Vec::new();
    for (at, &character) in characters.iter().enumerate() {
        let severity = match character {
            '\u{202d}' | '\u{202e}' => Severity::Critical,
            '\u{202a}'..='\u{202c}' | '\u{2066}'..='\u{2069}' => match setting.reader {
                Reader::Translation if balanced => continue,
                Reader::People if balanced && right_to_left => continue,
                Reader::Translation | Reader::People => Severity::High,
                Reader::Machine | Reader::Agent => Severity::Critical,
            },
            // Marks move nothing but what has no direction of its own.
            '\u{200e}' | '\u{200f}' | '\u{61c}' => match setting.reader {
                _ if right_to_left => continue,
                Reader::Translation => continue,
                Reader::People => Severity::Low,
                Reader::Machine | Reader::Agent => Severity::High,
            },
            _ => continue,
        };
        hits.push(Hit { at, character, severity });
    }
    hits
}

fn is_right_to_left(character: char) -> bool {
    matches!(u32::from(character), 0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefc | 0x10800..=0x10fff | 0x1e800..=0x1efff)
        && character != '\u{61c}'
}

/// Every embedding and isolate is closed on the line that opens it.
fn is_balanced(characters: &[char]) -> bool {
    let mut open = Vec::new();
    for character in characters {
        match character {
            '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' => open.push('\u{202c}'),
            '\u{2066}'..='\u{2068}' => open.push('\u{2069}'),
            '\u{202c}' | '\u{2069}' if open.pop() != Some(*character) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

/// Characters that show nothing.
fn invisible(characters: &[char], setting: Setting) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let run = characters[at..].iter().take_while(|character| is_invisible(**character)).count();
        if run == 0 {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).map(|before| characters[before]);
        let after = characters.get(at + run).copied();
        let all = &characters[at..at + run];
        let carries = run >= CARRYING || all.iter().any(|character| is_tag(*character));
        let is_needed = is_flag(before, all) || run < CARRYING && is_legitimate(before, all, after);
        if !is_needed {
            hits.extend(all.iter().enumerate().map(|(step, &character)| Hit {
                at: at + step,
                character,
                severity: if carries { Severity::Critical } else { weight(character, setting) },
            }));
        }
        at += run;
    }
    hits.retain(|hit| hit.severity == Severity::Critical || !is_custom(hit.character, setting));
    hits
}

fn is_invisible(character: char) -> bool {
    is_tag(character)
        || is_selector(character)
        || matches!(
            u32::from(character),
            0x00ad
                | 0x034f
                | 0x115f
                | 0x1160
                | 0x17b4
                | 0x17b5
                | 0x180b..=0x180f
                | 0x200b..=0x200d
                | 0x2028
                | 0x2029
                | 0x2060..=0x2065
                | 0x206a..=0x206f
                | 0x3164
                | 0xfeff
                | 0xffa0
                | 0xfff9..=0xfffb
                | 0x1d173..=0x1d17a
        )
}

fn is_tag(character: char) -> bool {
    ('\u{e0000}'..='\u{e007f}').contains(&character)
}

fn is_selector(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// The flag of England, Scotland or Wales.
fn is_flag(before: Option<char>, run: &[char]) -> bool {
    let tags = match run {
        ['\u{fe0f}', tags @ ..] => tags,
        tags => tags,
    };
    before == Some('\u{1f3f4}')
        && tags.len() <= LONGEST_FLAG
        && tags.last() == Some(&'\u{e007f}')
        && tags.iter().all(|tag| is_tag(*tag))
}

/// What scripts and emoji need to be written.
fn is_legitimate(before: Option<char>, run: &[char], after: Option<char>) -> bool {
    let joined = |character: Option<char>| character.is_some_and(is_joined);
    match run {
        ['\u{200d}' | '\u{200c}'] if joined(before) || joined(after) => true,
        ['\u{200d}'] | ['\u{fe0f}' | '\u{fe0e}', '\u{200d}'] => {
            before.is_some_and(is_pictograph) && after.is_some_and(is_pictograph)
        }
        ['\u{fe00}'..='\u{fe0f}'] => before.is_some_and(|base| {
            !base.is_ascii() && !base.is_ascii_control() || matches!(base, '0'..='9' | '#' | '*')
        }),
        ['\u{e0100}'..='\u{e01ef}'] => before.is_some_and(is_ideograph),
        ['\u{180b}'..='\u{180f}'] => before.is_some_and(|base| ('\u{1800}'..='\u{18af}').contains(&base)),
        ['\u{115f}' | '\u{1160}'] => [before, after]
            .into_iter()
            .flatten()
            .any(|letter| matches!(letter, '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}' | '\u{d7b0}'..='\u{d7ff}')),
        ['\u{200b}' | '\u{2060}'] => [before, after].into_iter().flatten().any(is_written_without_blanks),
        _ => false,
    }
}

/// Letters of scripts in which joiners decide how a word is written.
fn is_joined(character: char) -> bool {
    matches!(
        u32::from(character),
        0x0620..=0x08ff
            | 0x0900..=0x0dff
            | 0x0f00..=0x109f
            | 0x1780..=0x17b3
            | 0x17b6..=0x180a
            | 0x1810..=0x18af
            | 0xa800..=0xabff
            | 0xfb50..=0xfdff
            | 0xfe70..=0xfefc
            | 0x11000..=0x11fff
    )
}

fn is_written_without_blanks(character: char) -> bool {
    matches!(u32::from(character), 0x0e00..=0x0fff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x1950..=0x1aaf | 0x3000..=0x30ff)
        || is_ideograph(character)
}

fn is_ideograph(character: char) -> bool {
    matches!(u32::from(character), 0x3400..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

fn is_pictograph(character: char) -> bool {
    matches!(
        u32::from(character),
        0xa9 | 0xae | 0x203c..=0x27bf | 0x2900..=0x2bff | 0x3030 | 0x303d | 0x3297 | 0x3299 | 0xfe0f | 0x1f000..=0x1faff
    )
}

/// What a soft hyphen or a line separator does in prose is what it is for.
fn is_custom(character: char, setting: Setting) -> bool {
    setting.is_prose() && matches!(character, '\u{ad}' | '\u{2028}' | '\u{2029}')
}

fn weight(character: char, setting: Setting) -> Severity {
    match (setting.reader, character) {
        (Reader::People | Reader::Translation, _) => Severity::Low,
        (Reader::Machine, '\u{ad}' | '\u{feff}' | '\u{2028}' | '\u{2029}') => Severity::Medium,
        (Reader::Machine | Reader::Agent, _) => Severity::High,
    }
}

/// Characters that a terminal acts on.
fn control(characters: &[char], setting: Setting) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (at, &character) in characters.iter().enumerate() {
        let rest = &characters[at + 1..];
        let severity = match character {
            '\u{1b}' if is_colour(rest) => Severity::Medium,
            '\u{1b}' => Severity::High,
            // Overwrites on the screen what stands before it.
            '\r' if rest.first().is_some_and(|next| *next != '\r') => Severity::High,
            '\u{8}' => Severity::High,
            '\u{90}' | '\u{9b}' | '\u{9d}' | '\u{9f}' if !setting.is_prose() => Severity::High,
            '\u{0}'..='\u{7}' | '\u{b}' | '\u{e}'..='\u{1a}' | '\u{1c}'..='\u{1f}' | '\u{7f}' => {
                Severity::Medium
            }
            _ => continue,
        };
        let severity = match setting.reader {
            // Broken quotation marks of old encodings, leftovers of copying.
            Reader::People | Reader::Translation if severity == Severity::Medium => Severity::Low,
            _ => severity,
        };
        let severity = if setting.recorded { severity.min(Severity::Low) } else { severity };
        hits.push(Hit { at, character, severity });
    }
    hits
}

/// A sequence that sets colours, but does not conceal.
fn is_colour(rest: &[char]) -> bool {
    let Some(('[', rest)) = rest.split_first() else { return false };
    let length = rest.iter().take_while(|character| character.is_ascii_digit() || **character == ';').count();
    let parameters: String = rest[..length].iter().collect();
    rest.get(length) == Some(&'m')
        && !parameters.split(';').any(|parameter| parameter.trim_start_matches('0') == "8")
        || parameters.contains("38;") && rest.get(length) == Some(&'m')
}

/// What the characters are, in words: `U+202E right-to-left override, U+2066 …`; tags are read out.
fn name(content: &str) -> String {
    let mut names: Vec<String> = Vec::new();
    for character in content.chars() {
        let name = format!("U+{:04X} {}", u32::from(character), called(character)).trim_end().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let count = content.chars().count();
    let mut text = if names.len() > 3 {
        format!("{}, {} and {} others", names[0], names[1], names.len() - 2)
    } else {
        names.join(", ")
    };
    if count > names.len() {
        // Writing to a string cannot fail.
        let _ = write!(text, " ({count} characters)");
    }
    let tags: String = content
        .chars()
        .filter(|character| is_tag(*character))
        .filter_map(|tag| char::from_u32(u32::from(tag).checked_sub(0xe0000)?))
        .filter(|letter| (' '..='~').contains(letter))
        .take(80)
        .collect();
    if !tags.is_empty() {
        let _ = write!(text, ", which read \"{tags}\"");
    }
    text
}

fn called(character: char) -> &'static str {
    match character {
        '\u{0}' => "NUL",
        '\u{8}' => "backspace",
        '\r' => "carriage return",
        '\u{1b}' => "escape",
        '\u{7f}' => "delete",
        '\u{ad}' => "soft hyphen",
        '\u{61c}' => "Arabic letter mark",
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => "Hangul filler",
        '\u{180e}' => "Mongolian vowel separator",
        '\u{200b}' => "zero width space",
        '\u{200c}' => "zero width non-joiner",
        '\u{200d}' => "zero width joiner",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{2028}' => "line separator",
        '\u{2029}' => "paragraph separator",
        '\u{202a}' => "left-to-right embedding",
        '\u{202b}' => "right-to-left embedding",
        '\u{202c}' => "end of embedding",
        '\u{202d}' => "left-to-right override",
        '\u{202e}' => "right-to-left override",
        '\u{2060}' => "word joiner",
        '\u{2061}'..='\u{2064}' => "invisible operator",
        '\u{2066}' => "left-to-right isolate",
        '\u{2067}' => "right-to-left isolate",
        '\u{2068}' => "first strong isolate",
        '\u{2069}' => "end of isolate",
        '\u{feff}' => "byte order mark",
        _ if is_selector(character) => "variation selector",
        _ if is_tag(character) => "tag",
        _ if character.is_control() => "control character",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(what: What, path: &str, line: &str) -> Option<Severity> {
        judge(what, line, Setting::of(path)).map(|sighting| sighting.severity)
    }

    #[test]
    fn overrides_are_grave_everywhere_and_isolates_where_no_translation_needs_them() {
        let worst = Some(Severity::Critical);
        assert_eq!(severity(What::Direction, "a.rs", "if admin \u{202e}x"), worst);
        assert_eq!(severity(What::Direction, "he.po", "\u{202e}x"), worst);
        assert_eq!(severity(What::Direction, "a.py", "\u{2066}x\u{2069}"), worst);
        assert_eq!(severity(What::Direction, "he.po", "msgstr \"\u{2068}{name}\u{2069}\""), None);
        assert_eq!(severity(What::Direction, "README.md", "\u{5d0} \u{2066}C++\u{2069}"), None);
        assert_eq!(severity(What::Direction, "fa.json", "\u{627}\u{200f}!"), None);
        assert_eq!(severity(What::Direction, "a.conf", "\u{200e}a9 09"), Some(Severity::High));
    }

    #[test]
    fn emoji_and_scripts_are_written_with_joiners_and_selectors() {
        for line in [
            "\u{1f469}\u{200d}\u{1f4bb}",
            "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
            "\u{1f468}\u{1f3fd}\u{200d}\u{1f527} \u{26a0}\u{fe0f} 1\u{fe0f}\u{20e3}",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{915}\u{94d}\u{200d}\u{937}",
            "\u{845b}\u{e0100}",
            "\u{e2a}\u{e27}\u{200b}\u{e31}",
        ] {
            assert_eq!(severity(What::Invisible, "a.rs", line), None, "{line:?}");
        }
    }

    #[test]
    fn what_nobody_sees_counts_by_number_and_reader() {
        assert_eq!(severity(What::Invisible, "a.rs", "let a\u{200b}b = 1;"), Some(Severity::High));
        assert_eq!(severity(What::Invisible, "README.md", "a\u{200b}b"), Some(Severity::Low));
        assert_eq!(severity(What::Invisible, "CLAUDE.md", "a\u{200b}b"), Some(Severity::High));
        let hidden = "x\u{200b}\u{200c}\u{200d}\u{2060}";
        assert_eq!(severity(What::Invisible, "README.md", hidden), Some(Severity::Critical));
        let selectors = "\u{1f600}\u{fe01}\u{fe05}\u{e0101}\u{e0120}";
        assert_eq!(severity(What::Invisible, "a.js", selectors), Some(Severity::Critical));
        assert_eq!(severity(What::Invisible, "README.md", "co\u{ad}op"), None);
    }

    #[test]
    fn tags_are_read_out() {
        let found = judge(What::Invisible, "a\u{e0068}\u{e0069}", Setting::of("a.txt")).unwrap();
        assert!(found.name.ends_with("which read \"hi\""), "{}", found.name);
    }

    #[test]
    fn colours_are_no_concealment() {
        assert_eq!(severity(What::Control, "a.sh", "echo '\u{1b}[1;31mx\u{1b}[0m'"), Some(Severity::Medium));
        assert_eq!(severity(What::Control, "a.sh", "\u{1b}[38;5;8mx"), Some(Severity::Medium));
        assert_eq!(severity(What::Control, "a.sh", "\u{1b}[8mx"), Some(Severity::High));
        assert_eq!(severity(What::Control, "a.sh", "\u{1b}]0;x\u{7}"), Some(Severity::High));
        assert_eq!(severity(What::Control, "a.py", "rm -rf /\rls"), Some(Severity::High));
        assert_eq!(severity(What::Control, "x.snap", "\u{1b}[2J"), Some(Severity::Low));
    }
}
