//! Quotations: comments, texts, quoted names, dollar quotes, and placeholders in braces.

use super::token::{Kind, Lexer, NEAR, is_word};
use crate::facts::Dialect;

/// Failed searches for the end of a dollar quote after which `$` is an operator.
const LOST_QUOTES: u8 = 8;

impl Lexer<'_> {
    pub(super) fn block_comment(&mut self) {
        if matches!(self.byte(2), Some(b'!')) || (self.byte(2) == Some(b'M') && self.byte(3) == Some(b'!')) {
            self.in_executed = true;
            self.at += 3;
            while self.byte(0).is_some_and(|byte| byte.is_ascii_digit() || byte == b'!') {
                self.at += 1;
            }
            return;
        }
        let start = self.at;
        let mut depth = 0usize;
        let mut at = start;
        while let Some(slash) = memchr::memchr(b'/', &self.bytes[at..]) {
            let slash = at + slash;
            if slash > start + 2 && self.bytes[slash - 1] == b'*' && slash > at {
                depth = depth.saturating_sub(1);
                if depth == 0 || self.flat_comments {
                    self.at = slash + 1;
                    return;
                }
            } else if self.bytes.get(slash + 1) == Some(&b'*') {
                depth += 1;
                at = slash + 2;
                continue;
            }
            at = slash + 1;
        }
        if !self.flat_comments {
            // It never closes when comments nest, so they do not.
            self.flat_comments = true;
            return self.block_comment();
        }
        self.tokens.broken = true;
        self.at = self.bytes.len();
    }

    /// A quotation from the present quote on; `start` is where its prefix began. A quote is doubled inside.
    pub(super) fn quoted(&mut self, kind: Kind, start: usize, quote: u8, escapes: bool) {
        let mut at = self.at + 1;
        loop {
            let next = if escapes {
                memchr::memchr2(quote, b'\\', self.bytes.get(at..).unwrap_or(&[]))
            } else {
                memchr::memchr(quote, self.bytes.get(at..).unwrap_or(&[]))
            };
            let Some(next) = next else {
                // Unclosed: it ends with its line, so that what follows is still read.
                self.tokens.broken = true;
                self.at += self.rest_of_line().len().max(1);
                break;
            };
            at += next + 1;
            if self.bytes[at - 1] == b'\\' || self.bytes.get(at) == Some(&quote) {
                at += 1;
            } else {
                self.at = at;
                break;
            }
        }
        self.at = self.at.min(self.bytes.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        self.push(kind, start);
    }

    /// `[name]`, or the subscript of an array.
    pub(super) fn bracket(&mut self) {
        let start = self.at;
        let adjacent = start > 0 && {
            let before = self.bytes[start - 1];
            is_word(before) || matches!(before, b')' | b']' | b'"' | b'\'')
        };
        let inner = self.near();
        let close = inner.find(']');
        let named = close.is_some_and(|close| {
            close > 1
                && inner.as_bytes()[1..close].first().is_some_and(|byte| is_word(*byte) || *byte == b'%')
                && !inner[1..close].contains(['\'', ',', '('])
        });
        match close {
            Some(close) if named && !adjacent => self.take(Kind::Name, close + 1),
            _ => self.operator(),
        }
    }

    /// `$1`, `$name`, `${name}`, `$$ … $$`, `$tag$ … $tag$`.
    pub(super) fn dollar(&mut self) {
        let start = self.at;
        if self.byte(1) == Some(b'{') {
            return self.enclosed(start, 2, "}", Kind::Hole);
        }
        if self.byte(1).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 2;
            self.rest_of_word();
            return self.push(Kind::Bind, start);
        }
        let mut end = start + 1;
        while self.bytes.get(end).is_some_and(|byte| is_word(*byte) && *byte != b'$') {
            end += 1;
        }
        let opens = self.bytes.get(end) == Some(&b'$') && self.dialect != Some(Dialect::MySql);
        if opens && self.lost < LOST_QUOTES {
            let tag = &self.bytes[start..end + 1];
            if let Some(close) = memchr::memmem::find(&self.bytes[end + 1..], tag) {
                self.at = end + 1 + close + tag.len();
                return self.push(Kind::Dollar, start);
            }
            self.lost += 1;
        }
        if end > start + 1 && self.bytes.get(end) != Some(&b'$') {
            self.at = end;
            return self.push(Kind::Hole, start);
        }
        self.operator();
    }

    /// `{{ name }}`, `{% block %}`, `{name}`, `{}`.
    pub(super) fn brace(&mut self) {
        let start = self.at;
        match self.byte(1) {
            Some(b'{') => self.enclosed(start, 2, "}}", Kind::Hole),
            Some(b'%') => self.skip_enclosed("%}"),
            Some(b'#') => self.skip_enclosed("#}"),
            _ => {
                let line = self.near();
                let close =
                    line.find('}').filter(|close| !line[1..*close].contains([' ', ';', '\'', '"', ',']));
                match close {
                    Some(close) => self.take(Kind::Hole, close + 1),
                    None => self.operator(),
                }
            }
        }
    }

    pub(super) fn skip_enclosed(&mut self, close: &str) {
        let within = &self.bytes[self.at..(self.at + 4 * NEAR).min(self.bytes.len())];
        match memchr::memmem::find(within, close.as_bytes()) {
            Some(length) => self.at += length + close.len(),
            None => self.operator(),
        }
    }

    /// From `start` to the closing mark on the same line; an operator if there is none.
    pub(super) fn enclosed(&mut self, start: usize, opening: usize, close: &str, kind: Kind) {
        let line = self.near();
        match line.get(opening..).and_then(|inner| inner.find(close)) {
            Some(length) => {
                self.at = start + opening + length + close.len();
                self.push(kind, start);
            }
            None => self.operator(),
        }
    }

    /// Oracle's `q'[ … ]'`.
    pub(super) fn alternative_quote(&mut self, start: usize) {
        let close = match self.byte(1) {
            Some(b'[') => b']',
            Some(b'(') => b')',
            Some(b'{') => b'}',
            Some(b'<') => b'>',
            Some(other) if other.is_ascii_punctuation() => other,
            _ => return self.quoted(Kind::Text, start, b'\'', false),
        };
        match memchr::memmem::find(&self.bytes[self.at + 2..], &[close, b'\'']) {
            Some(length) => {
                self.at += 2 + length + 2;
                self.push(Kind::Text, start);
            }
            None => self.quoted(Kind::Text, start, b'\'', false),
        }
    }
}
