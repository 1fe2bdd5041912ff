//! Argument lists as the command line that a person would type: `["rm", "-rf", path]` as `rm -rf "${path}"`.

use super::decoded::Decoded;
use super::{Fragment, Language, Scope};

/// One argument: its text, with interpolations as shell variables, or an expression of the host.
#[derive(Debug)]
pub(super) enum Argument {
    /// Holds no variable of a shell: every byte is meant.
    Literal(Decoded),
    /// Text and expressions; a `None` piece of text is an expression at an offset of the host.
    Mixed(Vec<Piece>),
    /// One expression of the host: its offset and its text.
    Expression(usize, String),
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(Decoded),
    Expression(usize, String),
}

impl Argument {
    /// A word in which a templating language may have left expressions.
    pub fn templated(word: &Decoded, open: &str, close: &str) -> Self {
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(found) = word.text[at..].find(open) {
            let start = at + found;
            let inside = start + open.len();
            let Some(length) = word.text[inside..].find(close) else { break };
            pieces.push(Piece::Text(part(word, at..start)));
            let expression = word.text[inside..inside + length].trim().to_owned();
            pieces.push(Piece::Expression(word.origin(start), expression));
            at = inside + length + close.len();
        }
        if pieces.is_empty() {
            return Self::Literal(word.clone());
        }
        pieces.push(Piece::Text(part(word, at..word.text.len())));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.text.is_empty()));
        Self::Mixed(pieces)
    }

    pub fn as_literal(&self) -> Option<&Decoded> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Mixed(_) | Self::Expression(..) => None,
        }
    }

    fn write(&self, line: &mut Decoded) {
        match self {
            Self::Literal(text) if is_plain(&text.text) => line.append(text),
            Self::Literal(text) => {
                let at = text.origin(0);
                line.stand_in(at, "'");
                escape(text, line, |byte| (byte == '\'').then_some("'\\''"));
                line.stand_in(text.origin(text.text.len().saturating_sub(1)), "'");
            }
            Self::Mixed(pieces) => {
                let at = pieces.first().map_or(0, Piece::origin);
                line.stand_in(at, "\"");
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => escape(text, line, in_double_quotes),
                        Piece::Expression(at, text) => line.shell_hole(*at, text),
                    }
                }
                line.stand_in(pieces.last().map_or(at, Piece::origin), "\"");
            }
            Self::Expression(at, text) => {
                line.stand_in(*at, "\"");
                line.shell_hole(*at, text);
                line.stand_in(*at, "\"");
            }
        }
    }
}

impl Piece {
    fn origin(&self) -> usize {
        match self {
            Self::Text(text) => text.origin(0),
            Self::Expression(at, _) => *at,
        }
    }
}

fn part(word: &Decoded, range: std::ops::Range<usize>) -> Decoded {
    let mut text = Decoded::default();
    text.append_range(word, range);
    text
}

/// A word list as a fragment. `[sh, -c, script]` is the script itself.
pub(super) fn fragment(words: &[Argument], through: &str, scope: Scope) -> Option<Fragment> {
    if let Some((shell, script)) = script_of(words) {
        let through = format!("{shell} -c");
        return Some(Fragment { language: Language::Bash, through, decoded: script, scope });
    }
    words.first()?;
    let mut decoded = Decoded::default();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            let end = decoded.text.len().saturating_sub(1);
            let at = decoded.origin(end);
            decoded.stand_in(at, " ");
        }
        word.write(&mut decoded);
    }
    Some(Fragment { language: Language::Bash, through: through.to_owned(), decoded, scope })
}

/// The script of `[sh, -c, script]`, with the name of the shell.
fn script_of(words: &[Argument]) -> Option<(String, Decoded)> {
    let program = words.first()?.as_literal()?;
    let shell = program.text.rsplit(['/', '\\']).next()?;
    if !super::clients::is_shell(shell) {
        return None;
    }
    let mut rest = words.iter().skip(1);
    let runs = rest.by_ref().take_while(|word| word.as_literal().is_some()).any(|word| {
        word.as_literal().is_some_and(|word| {
            word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('c')
        })
    });
    if !runs {
        return None;
    }
    let script = match rest.next()? {
        Argument::Literal(text) => text.clone(),
        Argument::Mixed(pieces) => {
            let mut script = Decoded::default();
            for piece in pieces {
                match piece {
                    Piece::Text(text) => script.append(text),
                    Piece::Expression(at, text) => script.shell_hole(*at, text),
                }
            }
            script
        }
        Argument::Expression(..) => return None,
    };
    Some((shell.to_owned(), script))
}

/// Whether a shell takes every byte of a word for itself.
fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./:=,@%+^".contains(&byte) || byte >= 0x80)
}

fn in_double_quotes(letter: char) -> Option<&'static str> {
    match letter {
        '"' => Some("\\\""),
        '\\' => Some("\\\\"),
        '$' => Some("\\$"),
        '`' => Some("\\`"),
        _ => None,
    }
}

/// Appends a text with some of its characters written differently.
fn escape(text: &Decoded, line: &mut Decoded, written: impl Fn(char) -> Option<&'static str>) {
    let mut start = 0;
    for (at, letter) in text.text.char_indices() {
        if let Some(written) = written(letter) {
            line.append_range(text, start..at);
            line.stand_in(text.origin(at), written);
            start = at + letter.len_utf8();
        }
    }
    line.append_range(text, start..text.text.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(at: usize, text: &str) -> Argument {
        let mut decoded = Decoded::default();
        decoded.literal(at, text);
        Argument::Literal(decoded)
    }

    #[test]
    fn words_are_quoted_so_that_a_shell_reads_them_as_they_are() {
        let words = [
            literal(1, "rm"),
            literal(7, "-rf"),
            literal(14, "a b"),
            literal(20, "it's"),
            Argument::Expression(30, "self.path".into()),
            Argument::Mixed(vec![
                Piece::Expression(40, "root".into()),
                Piece::Text(match literal(45, "/$x") {
                    Argument::Literal(text) => text,
                    _ => Decoded::default(),
                }),
            ]),
        ];
        let fragment = fragment(&words, "subprocess.run", Scope::new()).unwrap();
        assert_eq!(fragment.decoded.text, r#"rm -rf 'a b' 'it'\''s' "${self_path}" "${root}/\$x""#);
        assert_eq!(fragment.decoded.origin(8), 14, "the quoted word stands where it was written");
    }

    #[test]
    fn a_shell_with_a_script_is_the_script() {
        let words = [literal(0, "/bin/bash"), literal(9, "-ec"), literal(20, "rm -rf /x && true")];
        let fragment = fragment(&words, "command", Scope::new()).unwrap();
        assert_eq!(
            (fragment.through.as_str(), fragment.decoded.text.as_str()),
            ("bash -c", "rm -rf /x && true")
        );
        assert_eq!(fragment.decoded.origin(3), 23);
    }
}
