//! Makes text of files, names and messages harmless to print: what a terminal would act on, or an eye would miss,
//! is spelled out.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// Columns of a tab.
const TAB: &str = "    ";
/// Marks stacked on one character beyond this many are spelled out, because they reach into other lines.
const MOST_MARKS: usize = 3;

/// The text with every control, bidirectional and invisible character as `<U+202E>`; tabs become blanks.
///
/// Log collectors of some CI systems act on `##[…]` and `##vso[…]` anywhere in a line, so these are broken up.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut marks = 0;
    for character in text.chars() {
        let width = character.width().unwrap_or(0);
        marks = if width == 0 { marks + 1 } else { 0 };
        match character {
            '\t' => shown.push_str(TAB),
            '[' if shown.ends_with("##") || shown.ends_with("##vso") => shown.push_str(" ["),
            _ if is_harmful(character) || marks > MOST_MARKS => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "<U+{:04X}>", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    shown
}

/// JSON in which the same characters are written as escapes; outside of strings JSON has none of them.
pub fn escaped_json(text: String) -> String {
    if text.bytes().all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte)) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' || !is_harmful(character) {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

/// Whether a character acts on the terminal, reorders text, or shows nothing.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(
            u32::from(character),
            0x00AD            // soft hyphen
            | 0x034F          // combining grapheme joiner
            | 0x061C          // Arabic letter mark
            | 0x115F | 0x1160 | 0x3164 | 0xFFA0 // Hangul fillers
            | 0x17B4 | 0x17B5
            | 0x180B..=0x180F
            | 0x200B..=0x200F // zero width, left-to-right and right-to-left marks
            | 0x2028..=0x202E // line and paragraph separators, embeddings and overrides
            | 0x2060..=0x206F // joiners, invisible operators, isolates
            | 0x2800          // blank Braille pattern
            | 0xFE00..=0xFE0F // variation selectors
            | 0xFEFF
            | 0xFFF0..=0xFFFB
            | 0x1BCA0..=0x1BCA3
            | 0x1D173..=0x1D17A
            | 0xE000..=0xF8FF // private use
            | 0xE0000..=0xE0FFF
            | 0xF0000..=0x10FFFF
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_spelled_out() {
        assert_eq!(visible("a\u{1b}[2Jb\r\n"), "a<U+001B>[2Jb<U+000D><U+000A>");
        assert_eq!(visible("x\u{202e}y\u{200b}z\u{e0041}"), "x<U+202E>y<U+200B>z<U+E0041>");
        assert_eq!(visible("\u{9b}31m"), "<U+009B>31m");
    }

    #[test]
    fn json_says_the_same_without_what_a_terminal_would_act_on() {
        let text = serde_json::to_string("a\u{202e}b\u{9b}c\u{e0041}\u{1b}\u{7f}ü").unwrap();
        let shown = escaped_json(text.clone());
        assert!(!shown.chars().any(is_harmful) && shown.contains('ü'), "{shown}");
        let value = |text: &str| serde_json::from_str::<String>(text).unwrap();
        assert_eq!(value(&shown), value(&text));
    }

    #[test]
    fn letters_of_any_script_stay() {
        for text in ["größe", "名前", "שלום", "e\u{301}", "→ − ×"] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn stacked_marks_end() {
        let shown = visible(&format!("e{}", "\u{301}".repeat(9)));
        assert_eq!(shown.matches('\u{301}').count(), 3);
    }

    #[test]
    fn commands_of_log_collectors_are_broken() {
        assert_eq!(visible("x ##[error]y ##vso[task.complete]"), "x ## [error]y ##vso [task.complete]");
    }
}
