//! Reads one simple command: its assignments, words and redirections, or the head of a function.

use super::parser::Parser;
use super::script::{Assignment, Heredoc, RawPart, RawWord, Redirect, RedirectKind, Simple};

impl Parser<'_> {
    /// `name ()` or `function name`; both are consumed.
    pub(super) fn function_name(&mut self) -> Option<String> {
        let keyword = self.is_word("function");
        let start = if keyword { self.at + "function".len() } else { self.at };
        let bytes = self.text.as_bytes();
        let blank = |at: usize| matches!(bytes.get(at), Some(b' ' | b'\t'));
        let mut from = start;
        while keyword && blank(from) {
            from += 1;
        }
        let mut to = from;
        while bytes.get(to).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_-.:+@".contains(byte)) {
            to += 1;
        }
        let mut open = to;
        while blank(open) {
            open += 1;
        }
        let mut close = open + 1;
        while blank(close) {
            close += 1;
        }
        let parentheses = bytes.get(open) == Some(&b'(') && bytes.get(close) == Some(&b')');
        if to == from || !(keyword || parentheses) {
            return None;
        }
        self.at = if parentheses { close + 1 } else { to };
        Some(self.text[from..to].to_owned())
    }

    pub(super) fn simple(&mut self) -> Option<Simple> {
        let start = self.at;
        let mut simple = Simple::default();
        let mut end = start;
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect() {
                simple.redirects.push(redirect);
                end = self.at;
                continue;
            }
            if simple.words.is_empty() && self.starts("[[") && self.is_word("[[") {
                simple.words = self.test_words();
                end = self.at;
                continue;
            }
            let Some(word) = self.word() else { break };
            end = self.at;
            match assignment(&word) {
                Some((name, skip)) if simple.words.is_empty() => {
                    simple.assignments.push(Assignment { name, value: behind(word, skip) });
                }
                _ => simple.words.push(word),
            }
        }
        simple.span = self.base + start..self.base + end;
        let empty = simple.words.is_empty() && simple.assignments.is_empty() && simple.redirects.is_empty();
        (!empty).then_some(simple)
    }

    /// The words of `[[ … ]]`, where `&&`, `||`, `<`, `>`, parentheses and line ends are words or nothing.
    pub(super) fn test_words(&mut self) -> Vec<RawWord> {
        let mut words = Vec::new();
        let limit = self.text.len();
        while self.at < limit {
            self.blanks();
            let Some(byte) = self.peek() else { break };
            let sign = match byte {
                b'\n' => {
                    self.at += 1;
                    continue;
                }
                b';' => break,
                b'&' if self.starts("&&") => 2,
                b'|' if self.starts("||") => 2,
                b'(' | b')' | b'<' | b'>' | b'&' | b'|' => 1,
                _ => 0,
            };
            let word = if sign > 0 {
                let word = self.sign_word(sign);
                self.at += sign;
                Some(word)
            } else {
                self.word()
            };
            let Some(word) = word else {
                self.skip_letter();
                continue;
            };
            let last = word.literal().as_deref() == Some("]]");
            words.push(word);
            if last {
                break;
            }
        }
        words
    }

    pub(super) fn redirect(&mut self) -> Option<Redirect> {
        self.blanks();
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        if bytes.get(at) == Some(&b'&') && bytes.get(at + 1) == Some(&b'>') {
            at += 1;
        }
        let sign = *bytes.get(at)?;
        if !matches!(sign, b'<' | b'>') || bytes.get(at + 1) == Some(&b'(') {
            return None;
        }
        let rest = &bytes[at..];
        let (kind, length) = if rest.starts_with(b"<<<") {
            (RedirectKind::HereString, 3)
        } else if rest.starts_with(b"<<-") {
            (RedirectKind::Heredoc(self.heredocs.len()), 3)
        } else if rest.starts_with(b"<<") {
            (RedirectKind::Heredoc(self.heredocs.len()), 2)
        } else if rest.starts_with(b"<&") || rest.starts_with(b">&") {
            (RedirectKind::Duplicate, 2)
        } else if rest.starts_with(b">>") || rest.starts_with(b">|") {
            (RedirectKind::Write, 2)
        } else if sign == b'>' {
            (RedirectKind::Write, 1)
        } else {
            (RedirectKind::Read, 1 + usize::from(rest.starts_with(b"<>")))
        };
        self.at = at + length;
        self.blanks();
        let target = self.word().unwrap_or_default();
        if let RedirectKind::Heredoc(index) = kind {
            let strip = length == 3;
            self.pending.push((index, target.literal().unwrap_or_default(), strip));
            self.heredocs.push(Heredoc { quoted: target.quoted, ..Heredoc::default() });
        }
        Some(Redirect { kind, target })
    }
}

/// `NAME=`, `NAME+=` or `NAME[i]=` at the start of a word, with its length in bytes.
pub(super) fn assignment(word: &RawWord) -> Option<(String, usize)> {
    let RawPart::Text { text, quoted: false, .. } = word.parts.first()? else { return None };
    let equals = text.find('=')?;
    let name = text[..equals].trim_end_matches('+');
    let name = name.split_once('[').map_or(name, |(name, _)| name);
    let valid = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    valid.then(|| (name.to_owned(), equals + 1))
}

/// A word without its first bytes, which stand in its first part.
pub(super) fn behind(mut word: RawWord, skip: usize) -> RawWord {
    word.span.start += skip;
    if let Some(RawPart::Text { text, at, .. }) = word.parts.first_mut() {
        *text = text.get(skip..).unwrap_or_default().to_owned();
        *at += skip;
        if text.is_empty() {
            word.parts.remove(0);
        }
    }
    word
}
