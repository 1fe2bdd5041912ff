//! The value of a YAML scalar, whatever its style.

use crate::facts::{Scalar, Value};

/// A scalar without quotes: null, a boolean, a number that prints as it was written, else a string.
pub(super) fn plain(source: &str) -> Value {
    let text = fold_lines(source);
    Value::Literal(match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ => number(&text).map_or(Scalar::String(text), Scalar::Number),
    })
}

/// `1.10` and `0755` are versions and modes as often as numbers; only what survives the round trip is a number.
pub(super) fn number(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    (number.is_finite() && number.to_string() == text).then_some(number)
}

pub(super) fn single_quoted(source: &str) -> String {
    fold_lines(inside(source, '\'')).replace("''", "'")
}

pub(super) fn double_quoted(source: &str) -> String {
    let folded = fold_lines(inside(source, '"'));
    let mut text = String::with_capacity(folded.len());
    let mut letters = folded.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        let Some(escape) = letters.next() else { break };
        let mut code = |digits: usize| {
            let hex: String = letters.by_ref().take(digits).collect();
            u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
        };
        text.push(match escape {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'e' => '\u{1b}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'x' => code(2),
            'u' => code(4),
            'U' => code(8),
            other => other,
        });
    }
    text
}

fn inside(source: &str, quote: char) -> &str {
    let source = source.strip_prefix(quote).unwrap_or(source);
    source.strip_suffix(quote).unwrap_or(source)
}

/// A line break inside a flow scalar is a blank, an empty line a break.
fn fold_lines(source: &str) -> String {
    let source = source.trim_matches(['\r', '\n']);
    if !source.contains('\n') {
        return source.to_owned();
    }
    let mut text = String::new();
    let mut breaks = 0;
    for (index, line) in source.lines().enumerate() {
        let line = if index == 0 { line.trim_end() } else { line.trim() };
        if index > 0 && line.is_empty() {
            breaks += 1;
            continue;
        }
        if index > 0 {
            if breaks > 0 { text.extend(std::iter::repeat_n('\n', breaks)) } else { text.push(' ') }
        }
        breaks = 0;
        text.push_str(line);
    }
    text
}

/// `|` and `>` scalars with their indentation and chomping indicators.
pub(super) fn block(source: &str) -> String {
    let (header, body) = source.split_once('\n').unwrap_or((source, ""));
    let header = header.split('#').next().unwrap_or_default().trim();
    let folded = header.starts_with('>');
    let keep = header.contains('+');
    let strip = header.contains('-');
    let lines: Vec<&str> = body.lines().map(|line| line.trim_end_matches('\r')).collect();
    let indent = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or_default();
    let mut text = String::with_capacity(body.len());
    let mut previous: Option<&str> = None;
    for line in lines {
        let line = line.get(indent.min(line.len())..).unwrap_or_default();
        if let Some(before) = previous {
            let joins = folded
                && !before.is_empty()
                && !line.is_empty()
                && !before.starts_with([' ', '\t'])
                && !line.starts_with([' ', '\t']);
            text.push(if joins { ' ' } else { '\n' });
        }
        text.push_str(line);
        previous = Some(line);
    }
    if keep {
        return text + "\n";
    }
    let end = text.trim_end_matches(['\n', ' ']).len();
    text.truncate(end);
    if !strip && !text.is_empty() {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_the_type_they_show() {
        for (source, expected) in [
            ("true", Scalar::Bool(true)),
            ("5", Scalar::Number(5.0)),
            ("0.5", Scalar::Number(0.5)),
            ("1.10", Scalar::String("1.10".into())),
            ("0755", Scalar::String("0755".into())),
            ("~", Scalar::Null),
            ("yes", Scalar::String("yes".into())),
            (".nan", Scalar::String(".nan".into())),
            ("one\n   two", Scalar::String("one two".into())),
        ] {
            assert_eq!(plain(source), Value::Literal(expected), "{source}");
        }
    }

    #[test]
    fn quotes_and_blocks_decode() {
        assert_eq!(double_quoted(r#""a\tb\u00e9\x41""#), "a\tbéA");
        assert_eq!(single_quoted("'it''s'"), "it's");
        assert_eq!(block("|\r\n    a\r\n      b\r\n"), "a\n  b\n");
        assert_eq!(block(">-\n  one\n  two\n"), "one two");
        assert_eq!(block("|+\n  a\n\n"), "a\n\n");
        assert_eq!(double_quoted("\""), "");
    }
}
