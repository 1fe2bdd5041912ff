//! Words, strings and heredocs of a shell as the text that the program behind them gets.

use super::decoded::Decoded;
use super::escapes::{Style, decode};

/// What becomes of a variable in a text for another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variables {
    /// The text is a script again: a variable reads the same there.
    Stay,
    /// One word that nobody knows.
    Hole,
}

/// A word as its program gets it.
#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    pub decoded: Decoded,
    /// Variables or substitutions stand in it.
    pub expands: bool,
    pub quoted: bool,
}

/// Reads one word; `host` is the offset of its first byte.
pub(super) fn word(source: &str, host: usize, variables: Variables) -> Word {
    let mut word = Word::default();
    let mut reader = Reader { source, host, variables, at: 0, expands: false };
    while let Some(letter) = reader.peek() {
        match letter {
            '\'' => {
                word.quoted = true;
                let inside = reader.at + 1;
                let end = source[inside..].find('\'').map_or(source.len(), |found| inside + found);
                word.decoded.literal(host + inside, &source[inside..end]);
                reader.at = (end + 1).min(source.len());
            }
            '"' => {
                word.quoted = true;
                reader.at += 1;
                reader.until(Some('"'), "\"\\$`", &mut word.decoded);
                reader.at = (reader.at + 1).min(source.len());
            }
            '$' if source[reader.at..].starts_with("$'") => {
                word.quoted = true;
                let inside = reader.at + 2;
                let end = closing_quote(source, inside);
                decode(&source[inside..end], host + inside, Style::Shell, &mut word.decoded);
                reader.at = (end + 1).min(source.len());
            }
            '$' if source[reader.at..].starts_with("$\"") => reader.at += 1,
            '\\' => {
                reader.at += 1;
                let Some(escaped) = reader.peek() else { break };
                let from = reader.at;
                reader.at += escaped.len_utf8();
                if escaped != '\n' {
                    word.decoded.literal(host + from, &source[from..reader.at]);
                }
            }
            '$' | '`' => reader.expansion(&mut word.decoded),
            _ => {
                let from = reader.at;
                let rest = &source[from..];
                let length = rest.find(['\'', '"', '$', '\\', '`']).unwrap_or(rest.len());
                word.decoded.literal(host + from, &rest[..length]);
                reader.at += length;
            }
        }
    }
    word.expands = reader.expands;
    word
}

/// The body of a heredoc. `quoted`: its delimiter was, so that nothing expands; `tabs`: `<<-` takes leading tabs away.
pub(super) fn heredoc(source: &str, host: usize, quoted: bool, tabs: bool, variables: Variables) -> Decoded {
    let mut out = Decoded::default();
    let mut offset = 0;
    let mut whole = Reader { source, host, variables, at: 0, expands: false };
    if !tabs {
        if quoted {
            out.literal(host, source);
        } else {
            whole.until(None, "\\$`", &mut out);
        }
        return out;
    }
    for line in source.split_inclusive('\n') {
        let content = line.trim_start_matches('\t');
        let at = host + offset + (line.len() - content.len());
        offset += line.len();
        if quoted {
            out.literal(at, content);
        } else {
            let mut reader = Reader { source: content, host: at, variables, at: 0, expands: false };
            reader.until(None, "\\$`", &mut out);
        }
    }
    out
}

struct Reader<'a> {
    source: &'a str,
    host: usize,
    variables: Variables,
    at: usize,
    expands: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    /// Reads up to an unescaped closing quote, or to the end; a backslash takes the meaning of `escapes` away.
    fn until(&mut self, close: Option<char>, escapes: &str, out: &mut Decoded) {
        while let Some(letter) = self.peek() {
            if Some(letter) == close {
                return;
            }
            match letter {
                '\\' => {
                    let next = self.source[self.at + 1..].chars().next();
                    match next {
                        Some('\n') => self.at += 2,
                        Some(next) if escapes.contains(next) => {
                            let from = self.at + 1;
                            out.literal(self.host + from, &self.source[from..from + 1]);
                            self.at += 2;
                        }
                        _ => {
                            out.literal(self.host + self.at, "\\");
                            self.at += 1;
                        }
                    }
                }
                '$' | '`' => self.expansion(out),
                _ => {
                    let from = self.at;
                    let rest = &self.source[from..];
                    let end = |letter: char| matches!(letter, '\\' | '$' | '`') || Some(letter) == close;
                    let length = rest.find(end).unwrap_or(rest.len()).max(letter.len_utf8());
                    out.literal(self.host + from, &rest[..length]);
                    self.at += length;
                }
            }
        }
    }

    /// A variable or a substitution at the current place, or a lone dollar sign.
    fn expansion(&mut self, out: &mut Decoded) {
        let from = self.at;
        let rest = &self.source[from..];
        let (length, is_variable) = if rest.starts_with("$(") {
            (balanced(rest, 1, '(', ')'), false)
        } else if let Some(inside) = rest.strip_prefix('`') {
            (inside.find('`').map_or(rest.len(), |found| found + 2), false)
        } else if rest.starts_with("${") {
            (balanced(rest, 1, '{', '}'), true)
        } else {
            let name = rest[1..].len()
                - rest[1..]
                    .trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_')
                    .len();
            let special = rest[1..].starts_with(['@', '*', '#', '?', '!', '$', '-']);
            match (name, special) {
                (0, false) => {
                    out.literal(self.host + from, "$");
                    self.at += 1;
                    return;
                }
                (0, true) => (2, false),
                (name, _) => (1 + name, true),
            }
        };
        self.expands = true;
        self.at = from + length;
        if is_variable && self.variables == Variables::Stay {
            out.literal(self.host + from, &rest[..length]);
        } else {
            out.hole(self.host + from);
        }
    }
}

/// The length up to the bracket that closes the one at `open`, quotes respected; all of the text if none does.
fn balanced(text: &str, open: usize, opens: char, closes: char) -> usize {
    let (mut depth, mut quote, mut escaped) = (0usize, None, false);
    for (at, letter) in text.char_indices().skip_while(|(at, _)| *at < open) {
        if escaped {
            escaped = false;
            continue;
        }
        match letter {
            '\\' => escaped = true,
            '\'' | '"' if quote == Some(letter) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(letter),
            _ if quote == Some('\'') => {}
            _ if letter == opens => depth += 1,
            _ if letter == closes => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + letter.len_utf8();
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Where a `$'…'` string ends.
fn closing_quote(source: &str, from: usize) -> usize {
    let mut escaped = false;
    for (at, letter) in source[from..].char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return from + at,
            _ => {}
        }
    }
    source.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_their_quotes_and_keep_their_variables() {
        let read = word(r#""rm -rf \"$X\" \$Y"'/tail'$'\n'a\ b"#, 0, Variables::Stay);
        assert_eq!(read.decoded.text, "rm -rf \"$X\" $Y/tail\na b");
        assert!(read.expands && read.quoted);
        let read = word(r#""DELETE FROM ${T:-x} WHERE id = $(id "$(x)") $""#, 0, Variables::Hole);
        assert_eq!(read.decoded.text, "DELETE FROM __hole__ WHERE id = __hole__ $");
    }

    #[test]
    fn heredocs_expand_unless_their_delimiter_is_quoted() {
        assert_eq!(heredoc("\tx $A\n\t\\$B\n", 0, false, true, Variables::Stay).text, "x $A\n$B\n");
        assert_eq!(heredoc("x $A\n", 0, true, false, Variables::Hole).text, "x $A\n");
        assert_eq!(heredoc("x $A '\n", 0, false, false, Variables::Hole).text, "x __hole__ '\n");
    }

    #[test]
    fn torn_words_hurt_nobody() {
        for source in ["\"", "'", "$'", "$(", "${", "`", "\\", "\"\\", "$\"", "é\\é", "\"\\é", "$é", "${é"]
        {
            word(source, 0, Variables::Stay);
            heredoc(source, 0, false, true, Variables::Hole);
        }
    }
}
