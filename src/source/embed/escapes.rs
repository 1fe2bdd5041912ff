//! Backslash escapes of string literals, one table for the languages that share it.

use super::decoded::Decoded;

/// How a language reads a backslash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Json,
    /// Double-quoted YAML.
    Yaml,
    Python,
    Rust,
    JavaScript,
    Go,
    Java,
    Hcl,
    /// `$'…'` of a shell.
    Shell,
    /// Every byte as it stands.
    Raw,
}

/// Appends a text with its escapes undone; `host` is the offset of its first byte.
pub(super) fn decode(source: &str, host: usize, style: Style, out: &mut Decoded) {
    if style == Style::Raw {
        out.literal(host, source);
        return;
    }
    let mut at = 0;
    while let Some(found) = source.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        out.literal(host + at, &source[at..escape]);
        let Some(letter) = source[escape + 1..].chars().next() else {
            out.literal(host + escape, "\\");
            return;
        };
        let after = escape + 1 + letter.len_utf8();
        at = one(source, host, style, (escape, letter, after), out);
    }
    out.literal(host + at, source.get(at..).unwrap_or_default());
}

/// Undoes the escape at `escape` and returns the offset after it.
fn one(
    source: &str,
    host: usize,
    style: Style,
    (escape, letter, after): (usize, char, usize),
    out: &mut Decoded,
) -> usize {
    let mut say = |text: &str| out.stand_in(host + escape, text);
    match letter {
        'n' => say("\n"),
        't' => say("\t"),
        'r' => say("\r"),
        'b' | 'f' | 'a' | 'v' => say(" "),
        'e' if matches!(style, Style::Shell | Style::Yaml) => say("\u{1b}"),
        's' if style == Style::Java => say(" "),
        'N' if style == Style::Yaml => say("\u{85}"),
        '_' if style == Style::Yaml => say("\u{a0}"),
        'L' | 'P' if style == Style::Yaml => say("\n"),
        '\n' | '\r' => {
            // A line ending that is not meant; what follows is indentation where the language says so.
            let mut rest = source.get(after..).unwrap_or_default();
            if letter == '\r' {
                rest = rest.strip_prefix('\n').unwrap_or(rest);
            }
            if matches!(style, Style::Rust | Style::Yaml) {
                rest = rest.trim_start();
            }
            return source.len() - rest.len();
        }
        'x' => return code(source, host, escape, after, (1, 2), 16, out),
        'u' if source.get(after..).is_some_and(|rest| rest.starts_with('{')) => {
            let rest = &source[after + 1..];
            let digits = rest.len()
                - rest.trim_start_matches(|letter: char| letter.is_ascii_hexdigit() || letter == '_').len();
            let hex: String = rest[..digits].chars().filter(|letter| *letter != '_').collect();
            let read = u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
            out.stand_in(host + escape, read.encode_utf8(&mut [0; 4]));
            let end = after + 1 + digits;
            return if source[end..].starts_with('}') { end + 1 } else { end };
        }
        'u' => return code(source, host, escape, after, (4, 4), 16, out),
        'U' => return code(source, host, escape, after, (8, 8), 16, out),
        '0'..='7' if !matches!(style, Style::Json | Style::Rust | Style::Hcl) => {
            return code(source, host, escape, escape + 1, (1, 3), 8, out);
        }
        '0' => say("\0"),
        '\\' | '"' | '\'' | '/' | '`' | '$' => out.literal(host + escape + 1, &source[escape + 1..after]),
        // Python and the shell keep a backslash that means nothing.
        _ if matches!(style, Style::Python | Style::Shell) => {
            out.literal(host + escape, &source[escape..after])
        }
        _ => out.literal(host + escape + 1, &source[escape + 1..after]),
    }
    after
}

/// A character by its number, between the fewest and the most digits that the escape takes.
fn code(
    source: &str,
    host: usize,
    escape: usize,
    from: usize,
    (fewest, most): (usize, usize),
    radix: u32,
    out: &mut Decoded,
) -> usize {
    let digits = source[from..].chars().take(most).take_while(|letter| letter.is_digit(radix)).count();
    let end = from + digits;
    if digits < fewest {
        out.literal(host + escape, &source[escape..end]);
        return end;
    }
    let read = u32::from_str_radix(&source[from..end], radix).ok().and_then(char::from_u32);
    out.stand_in(host + escape, read.unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]));
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(source: &str, style: Style) -> String {
        let mut out = Decoded::default();
        decode(source, 0, style, &mut out);
        out.text
    }

    #[test]
    fn escapes_are_undone_as_each_language_does() {
        assert_eq!(decoded(r#"rm \"a\"\n\x41\u0042\u{43}"#, Style::JavaScript), "rm \"a\"\nABC");
        assert_eq!(decoded("a\\\n   b", Style::Rust), "ab");
        assert_eq!(decoded("a\\\n   b", Style::Python), "a   b");
        assert_eq!(decoded(r"\d\101", Style::Python), r"\dA");
        assert_eq!(decoded(r"a\/b", Style::Json), "a/b");
    }

    #[test]
    fn broken_escapes_hurt_nobody() {
        for source in
            ["\\", "\\x", "\\xZ", "\\u12", "\\u{", "\\u{110000}", "\\\r\n", "\\777", "\\é", "\\U0011FFFF"]
        {
            for style in [Style::Json, Style::Yaml, Style::Python, Style::Rust, Style::JavaScript, Style::Shell]
            {
                decoded(source, style);
            }
        }
    }
}
