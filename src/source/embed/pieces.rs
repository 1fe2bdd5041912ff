//! A string expression of program code in pieces: text, and what is put into it.

use super::decoded::Decoded;
use super::escapes::{Style, decode};
use super::words::{Argument, Piece};

/// Text and expressions in the order in which they are joined.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces(Vec<Piece>);

/// How a template names the places that are filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placeholders {
    /// `{}`, `{name}`, `{name:>3}`; `{{` is a brace.
    Braces,
    /// `%s`, `%-3d`, `%(name)s`; `%%` is a percent sign.
    Percent,
}

impl Pieces {
    /// Appends source text with its escapes undone.
    pub fn source(&mut self, source: &str, host: usize, style: Style) {
        decode(source, host, style, self.text());
    }

    /// The text piece that ends it, to append to.
    pub fn text(&mut self) -> &mut Decoded {
        if !matches!(self.0.last(), Some(Piece::Text(_))) {
            self.0.push(Piece::Text(Decoded::default()));
        }
        match self.0.last_mut() {
            Some(Piece::Text(text)) => text,
            // The line above has put a text there.
            _ => unreachable!("a text piece was just pushed"),
        }
    }

    pub fn expression(&mut self, at: usize, text: &str) {
        self.0.push(Piece::Expression(at, text.to_owned()));
    }

    pub fn join(&mut self, other: Self) {
        for piece in other.0 {
            match piece {
                Piece::Text(text) => self.text().append(&text),
                expression => self.0.push(expression),
            }
        }
    }

    /// Whether any text stands in it.
    pub fn has_text(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Text(text) if !text.text.is_empty()))
    }

    /// The text for a reader that takes each expression for one unknown word.
    pub fn with_holes(&self) -> Decoded {
        let mut out = Decoded::default();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.append(text),
                Piece::Expression(at, text) => out.hole_of(*at, text),
            }
        }
        out
    }

    /// The text for a shell, expressions as variables.
    pub fn as_script(&self) -> Decoded {
        let mut out = Decoded::default();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.append(text),
                Piece::Expression(at, text) => out.shell_hole(*at, text),
            }
        }
        out
    }

    /// One argument of a command line.
    pub fn into_argument(self) -> Argument {
        match self.0.as_slice() {
            [Piece::Text(text)] => Argument::Literal(text.clone()),
            [Piece::Expression(at, text)] => Argument::Expression(*at, text.clone()),
            _ => Argument::Mixed(self.0),
        }
    }

    /// Puts expressions where a template has places for them; `arguments` name those without a name.
    pub fn filled(self, kind: Placeholders, arguments: &[String]) -> Self {
        let mut filled = Self::default();
        let mut next = arguments.iter();
        for piece in self.0 {
            let text = match piece {
                Piece::Text(text) => text,
                expression => {
                    filled.0.push(expression);
                    continue;
                }
            };
            let mut at = 0;
            while let Some((start, end, name)) = placeholder(&text.text, at, kind) {
                filled.text().append_range(&text, at..start);
                match name {
                    // `{{` and `%%` stand for one of them.
                    Name::Doubled => filled.text().append_range(&text, start..start + 1),
                    Name::Given(name) => filled.expression(text.origin(start), &name),
                    Name::Next => {
                        let name = next.next().map_or("", String::as_str);
                        filled.expression(text.origin(start), name);
                    }
                }
                at = end;
            }
            filled.text().append_range(&text, at..text.text.len());
        }
        filled.0.retain(|piece| !matches!(piece, Piece::Text(text) if text.text.is_empty()));
        filled
    }
}

enum Name {
    Doubled,
    Given(String),
    Next,
}

/// The next placeholder from an offset on: start, end, and what it names.
fn placeholder(text: &str, from: usize, kind: Placeholders) -> Option<(usize, usize, Name)> {
    let signs: &[char] = if kind == Placeholders::Braces { &['{', '}'] } else { &['%'] };
    let mut from = from;
    loop {
        let start = from + text.get(from..)?.find(signs)?;
        let rest = &text[start + 1..];
        if rest.starts_with(&text[start..=start]) {
            return Some((start, start + 2, Name::Doubled));
        }
        let found = match kind {
            Placeholders::Braces => braces(rest),
            Placeholders::Percent => percent(rest),
        };
        match found.filter(|_| text[start..].starts_with(signs[0])) {
            Some((length, name)) => {
                let name = if name.is_empty() { Name::Next } else { Name::Given(name) };
                return Some((start, start + 1 + length, name));
            }
            None => from = start + 1,
        }
    }
}

/// The rest of `{name!r:>3}` after its brace.
fn braces(rest: &str) -> Option<(usize, String)> {
    let end = rest.find('}')?;
    let inside = &rest[..end];
    // A brace of JSON or of a shell is no placeholder.
    let name = inside.split([':', '!']).next().unwrap_or_default();
    let fits = name.chars().all(|letter| letter.is_alphanumeric() || "_.[]".contains(letter));
    let position = name.chars().all(|letter| letter.is_ascii_digit());
    fits.then(|| (end + 1, if position { String::new() } else { name.to_owned() }))
}

/// The rest of `%(name)-3.2ld` after its percent sign.
fn percent(rest: &str) -> Option<(usize, String)> {
    let (skip, name) = match rest.strip_prefix('(') {
        Some(inside) => {
            let end = inside.find(')')?;
            (end + 2, inside[..end].to_owned())
        }
        None => (0, String::new()),
    };
    let tail = &rest[skip..];
    let flags = tail.len()
        - tail
            .trim_start_matches(|letter: char| letter.is_ascii_digit() || "+-#.*$[]lh ".contains(letter))
            .len();
    let verb = tail[flags..].chars().next().filter(|verb| "diouxXeEfFgGcrsavTtqpbUnx".contains(*verb))?;
    // A blank flag is prose: `100 % sure`.
    (!tail[..flags].contains(' ')).then(|| (skip + flags + verb.len_utf8(), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, kind: Placeholders, arguments: &[&str]) -> String {
        let mut pieces = Pieces::default();
        pieces.source(text, 0, Style::Raw);
        let arguments: Vec<String> = arguments.iter().map(|name| (*name).to_owned()).collect();
        pieces.filled(kind, &arguments).as_script().text
    }

    #[test]
    fn templates_are_filled_with_the_names_of_their_arguments() {
        assert_eq!(
            filled("rm {} {x!r:>3} {{y}} {0}", Placeholders::Braces, &["a.b", "c"]),
            "rm ${a_b} ${x} {y} ${c}"
        );
        assert_eq!(
            filled("rm %s %(x)-3d 100%% 5 % of", Placeholders::Percent, &["a"]),
            "rm ${a} ${x} 100% 5 % of"
        );
        assert_eq!(filled("{ \"a\": 1 } }", Placeholders::Braces, &[]), "{ \"a\": 1 } }");
    }
}
