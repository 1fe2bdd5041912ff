//! Reads one shell word: quotes, escapes, parameters and substitutions.
//!
//! POSIX.1-2024, Shell Command Language, chapters 2.2 (quoting) and 2.6 (expansions).

use super::parser::Parser;
use super::script::{Operation, RawPart, RawWord};

/// A word while it is being read.
#[derive(Default)]
struct Building {
    parts: Vec<RawPart>,
    quoted: bool,
}

impl Building {
    /// Adds text that stands byte for byte at `at`, joined to the text before it where that is adjacent.
    fn text(&mut self, addition: &str, start: usize, quoted: bool) {
        if addition.is_empty() {
            return;
        }
        if let Some(RawPart::Text { text, at, quoted: same }) = self.parts.last_mut()
            && *same == quoted
            && *at + text.len() == start
        {
            text.push_str(addition);
            return;
        }
        self.parts.push(RawPart::Text { text: addition.to_owned(), at: start, quoted });
    }
}

impl Parser<'_> {
    /// The word that starts here, or `None` at a sign or the end.
    pub(super) fn word(&mut self) -> Option<RawWord> {
        let start = self.at;
        let mut building = Building::default();
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')' => break,
                b'\r' if self.peek_at(1).is_none_or(|next| next == b'\n') => break,
                b'<' | b'>' if self.peek_at(1) == Some(b'(') && self.at == start => {
                    self.at += 2;
                    self.substitution(&mut building, start, true);
                }
                b'<' | b'>' => break,
                b'(' => {
                    if !self.opens_group(&mut building) {
                        break;
                    }
                }
                b'\'' => self.single_quoted(&mut building),
                b'"' => self.double_quoted(&mut building),
                _ => self.unquoted(&mut building),
            }
        }
        if self.at == start {
            return None;
        }
        Some(RawWord {
            span: self.base + start..self.base + self.at,
            parts: building.parts,
            quoted: building.quoted,
        })
    }

    /// A sign of `[[ … ]]` as a word; nothing is consumed.
    pub(super) fn sign_word(&self, length: usize) -> RawWord {
        let text = self.text.get(self.at..self.at + length).unwrap_or_default().to_owned();
        let at = self.base + self.at;
        RawWord { span: at..at + length, parts: vec![RawPart::Text { text, at, quoted: false }], quoted: false }
    }

    /// An array after `name=`, or an extended glob after one of `?*+@!`; otherwise nothing is consumed.
    fn opens_group(&mut self, building: &mut Building) -> bool {
        let before = match building.parts.last() {
            Some(RawPart::Text { text, quoted: false, .. }) => text.as_str(),
            _ => return false,
        };
        let start = self.at;
        if building.parts.len() == 1 && before.ends_with('=') {
            if !self.deeper() {
                self.depth -= 1;
                return false;
            }
            self.at += 1;
            let mut words = Vec::new();
            loop {
                while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
                    self.at += 1;
                }
                match self.peek() {
                    None => break,
                    Some(b')') => {
                        self.at += 1;
                        break;
                    }
                    Some(b'#') => {
                        let length = memchr::memchr(b'\n', self.rest().as_bytes());
                        self.at = length.map_or(self.text.len(), |length| self.at + length);
                    }
                    Some(_) => match self.word() {
                        Some(word) => words.push(word),
                        None => self.skip_letter(),
                    },
                }
            }
            self.depth -= 1;
            building.parts.push(RawPart::Array(words));
            return true;
        }
        if before.ends_with(['?', '*', '+', '@', '!'])
            && let Some(end) = self.balanced(1, ")")
        {
            self.at = end + 1;
            building.text(&self.text[start..self.at], self.base + start, false);
            return true;
        }
        false
    }

    /// One piece outside quotes.
    fn unquoted(&mut self, building: &mut Building) {
        match self.peek() {
            Some(b'\\') => {
                building.quoted = true;
                self.escaped(building, false);
            }
            Some(b'$') => self.dollar(building, false),
            Some(b'`') => self.backticks(building, false),
            Some(b'{') if self.starts("{{") && self.template(building, 0) => {}
            _ => {
                let start = self.at;
                self.skip_letter();
                while let Some(byte) = self.peek() {
                    let plain = byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_-./,=:+%@~^".contains(&byte);
                    if !plain {
                        break;
                    }
                    self.at += 1;
                }
                building.text(&self.text[start..self.at], self.base + start, false);
            }
        }
    }

    /// `\x`: the letter; a line end vanishes. Inside double quotes only some letters are escaped.
    fn escaped(&mut self, building: &mut Building, in_quotes: bool) {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            None => building.text("\\", self.base + start, true),
            Some(b'\n') => self.at += 1,
            Some(b'\r') if self.peek_at(1) == Some(b'\n') => self.at += 2,
            Some(byte) if in_quotes && !b"$`\"\\".contains(&byte) => {
                building.text("\\", self.base + start, true);
            }
            Some(_) => {
                let letter = self.at;
                self.skip_letter();
                building.text(&self.text[letter..self.at], self.base + letter, true);
            }
        }
    }

    fn single_quoted(&mut self, building: &mut Building) {
        building.quoted = true;
        let start = self.at + 1;
        let length = memchr::memchr(b'\'', self.text.as_bytes().get(start..).unwrap_or_default());
        let end = length.map_or(self.text.len(), |length| start + length);
        building.text(self.text.get(start..end).unwrap_or_default(), self.base + start, true);
        self.at = (end + 1).min(self.text.len());
    }

    /// `$'…'` with its escapes.
    fn ansi_quoted(&mut self, building: &mut Building) {
        building.quoted = true;
        self.at += 2;
        let mut start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'\'' => break,
                b'\\' => {
                    building.text(&self.text[start..self.at], self.base + start, true);
                    let escape = self.at;
                    self.at += 1;
                    let decoded = self.ansi_escape();
                    let mut letters = [0; 4];
                    building.text(decoded.encode_utf8(&mut letters), self.base + escape, true);
                    start = self.at;
                }
                _ => self.skip_letter(),
            }
        }
        building.text(&self.text[start..self.at], self.base + start, true);
        self.at = (self.at + 1).min(self.text.len());
    }

    fn ansi_escape(&mut self) -> char {
        let Some(letter) = self.rest().chars().next() else { return '\\' };
        let digits = |parser: &mut Self, skip: usize, radix: u32, most: usize| {
            parser.at += skip;
            let text: String =
                parser.rest().chars().take(most).take_while(|digit| digit.is_digit(radix)).collect();
            parser.at += text.len();
            u32::from_str_radix(&text, radix).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
        };
        match letter {
            'x' => digits(self, 1, 16, 2),
            'u' => digits(self, 1, 16, 4),
            'U' => digits(self, 1, 16, 8),
            '0'..='7' => digits(self, 0, 8, 3),
            _ => {
                self.at += letter.len_utf8();
                match letter {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'e' | 'E' => '\u{1b}',
                    other => other,
                }
            }
        }
    }

    fn double_quoted(&mut self, building: &mut Building) {
        building.quoted = true;
        self.at += 1;
        let mut start = self.at;
        while let Some(byte) = self.peek() {
            if !matches!(byte, b'"' | b'\\' | b'$' | b'`' | b'{') {
                self.at += 1;
                continue;
            }
            let before = self.at;
            if byte == b'{' && !self.starts("{{") {
                self.at += 1;
                continue;
            }
            building.text(self.text.get(start..before).unwrap_or_default(), self.base + start, true);
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => self.escaped(building, true),
                b'$' => self.dollar(building, true),
                b'{' => {
                    if !self.template(building, 0) {
                        building.text("{", self.base + before, true);
                        self.at += 1;
                    }
                }
                _ => self.backticks(building, true),
            }
            start = self.at;
        }
        building.text(self.text.get(start..self.at).unwrap_or_default(), self.base + start, true);
    }

    /// The expansions in the rest of the text, as in a heredoc.
    pub(super) fn expansions(&mut self) -> RawWord {
        let mut building = Building::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'$' => self.dollar(&mut building, true),
                b'`' => self.backticks(&mut building, true),
                b'\\' => {
                    self.at += 1;
                    self.skip_letter();
                }
                _ => {
                    self.at +=
                        memchr::memchr3(b'$', b'`', b'\\', self.rest().as_bytes()).unwrap_or(self.rest().len())
                }
            }
        }
        building.parts.retain(|part| !matches!(part, RawPart::Text { .. }));
        RawWord { parts: building.parts, ..RawWord::default() }
    }

    fn backticks(&mut self, building: &mut Building, quoted: bool) {
        let start = self.at;
        self.at += 1;
        let from = self.at;
        let mut inner = String::new();
        let mut copied = from;
        while let Some(byte) = self.peek() {
            match byte {
                b'`' => break,
                b'\\' if self.peek_at(1).is_some_and(|next| b"`\\$".contains(&next)) => {
                    inner.push_str(&self.text[copied..self.at]);
                    copied = self.at + 1;
                    self.at += 2;
                }
                _ => self.skip_letter(),
            }
        }
        inner.push_str(self.text.get(copied..self.at).unwrap_or_default());
        self.at = (self.at + 1).min(self.text.len());
        let list = if self.deeper() {
            let heredocs = std::mem::take(&mut self.heredocs);
            let script = super::parser::parse_at(&inner, self.base + from, self.depth, heredocs);
            self.heredocs = script.heredocs;
            script.list
        } else {
            Vec::new()
        };
        self.depth -= 1;
        building.parts.push(RawPart::Substitution {
            list,
            span: self.base + start..self.base + self.at,
            quoted,
        });
    }

    fn substitution(&mut self, building: &mut Building, start: usize, quoted: bool) {
        let list = self.substituted();
        building.parts.push(RawPart::Substitution {
            list,
            span: self.base + start..self.base + self.at,
            quoted,
        });
    }

    /// What another tool fills in: `${{ … }}` or `{{ … }}` on one line. `prefix` bytes stand before the braces.
    fn template(&mut self, building: &mut Building, prefix: usize) -> bool {
        if self.at < self.untemplated {
            return false;
        }
        let rest = self.rest();
        let line = &rest[..memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len())];
        let Some(length) = line.get(prefix + 2..).and_then(|inner| inner.find("}}")) else {
            self.untemplated = self.at + line.len();
            return false;
        };
        let start = self.at;
        self.at += prefix + 2 + length + 2;
        // Nested braces: `{{ {} }}}`.
        while self.peek() == Some(b'}') {
            self.at += 1;
        }
        building.parts.push(RawPart::Template { span: self.base + start..self.base + self.at });
        true
    }

    fn dollar(&mut self, building: &mut Building, quoted: bool) {
        let start = self.at;
        match self.peek_at(1) {
            Some(b'(') if self.peek_at(2) == Some(b'(') => {
                if let Some(end) = self.balanced(3, "))") {
                    self.at = end + 2;
                    building.parts.push(RawPart::Arithmetic { span: self.base + start..self.base + self.at });
                } else {
                    self.at += 2;
                    self.substitution(building, start, quoted);
                }
            }
            Some(b'(') => {
                self.at += 2;
                self.substitution(building, start, quoted);
            }
            Some(b'{') => {
                if self.peek_at(2) == Some(b'{') && self.template(building, 1) {
                    return;
                }
                self.braced_parameter(building, quoted);
            }
            Some(b'\'') if !quoted => self.ansi_quoted(building),
            Some(b'"') if !quoted => {
                self.at += 1;
                self.double_quoted(building);
            }
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let mut end = self.at + 1;
                let bytes = self.text.as_bytes();
                while bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
                    end += 1;
                }
                self.at = end;
                let name = self.text[start + 1..end].to_owned();
                self.parameter(building, name, Operation::Plain, start, quoted);
            }
            Some(byte) if byte.is_ascii_digit() || b"@*#?$!-".contains(&byte) => {
                self.at += 2;
                let name = char::from(byte).to_string();
                self.parameter(building, name, Operation::Plain, start, quoted);
            }
            _ => {
                self.at += 1;
                building.text("$", self.base + start, quoted);
            }
        }
    }

    fn parameter(
        &self,
        building: &mut Building,
        name: String,
        operation: Operation,
        start: usize,
        quoted: bool,
    ) {
        let span = self.base + start..self.base + self.at;
        building.parts.push(RawPart::Parameter { name, operation, span, quoted });
    }

    /// `${ … }` in all its forms.
    fn braced_parameter(&mut self, building: &mut Building, quoted: bool) {
        let start = self.at;
        self.at += 2;
        let length = self.peek() == Some(b'#') && self.peek_at(1) != Some(b'}');
        let indirect = self.peek() == Some(b'!');
        if length || indirect {
            self.at += 1;
        }
        let from = self.at;
        while let Some(byte) = self.peek() {
            let special = self.at == from && b"@*#?$!-".contains(&byte);
            if !(byte.is_ascii_alphanumeric() || byte == b'_' || special) {
                break;
            }
            self.at += 1;
            if special {
                break;
            }
        }
        let mut name = self.text[from..self.at].to_owned();
        if self.peek() == Some(b'[') {
            let end = memchr::memchr2(b']', b'\n', self.rest().as_bytes());
            let subscript = self.at;
            self.at = end.map_or(self.text.len(), |end| (self.at + end + 1).min(self.text.len()));
            name.push_str(self.text.get(subscript..self.at).unwrap_or_default());
        }
        let colon = self.peek() == Some(b':');
        let sign = if colon { self.peek_at(1) } else { self.peek() };
        let signed = matches!(sign, Some(b'-' | b'=' | b'?' | b'+'));
        if signed {
            self.at += usize::from(colon) + 1;
        }
        let word = if self.deeper() { self.until_brace(quoted) } else { RawWord::default() };
        self.depth -= 1;
        let operation = match sign {
            _ if length => Operation::Length,
            Some(b'?') => Operation::Fails,
            Some(b'-' | b'=') => Operation::Default(Box::new(word)),
            None | Some(b'}') if !indirect => Operation::Plain,
            _ => Operation::Transform,
        };
        self.parameter(building, name, operation, start, quoted);
    }

    /// Everything up to the `}` that closes the parameter, which is consumed.
    fn until_brace(&mut self, quoted: bool) -> RawWord {
        let start = self.at;
        let mut building = Building::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'}' => break,
                b'\'' if !quoted => self.single_quoted(&mut building),
                b'"' => self.double_quoted(&mut building),
                _ => self.unquoted(&mut building),
            }
        }
        let end = self.at;
        self.at = (self.at + 1).min(self.text.len());
        RawWord {
            span: self.base + start..self.base + end,
            parts: building.parts,
            quoted: quoted || building.quoted,
        }
    }
}
