//! Text to tokens: what is a word, a quoted text, a comment, a placeholder, and where a script's lines end it.
//!
//! Linear in the text. Rows of `INSERT … VALUES` and data of `COPY … FROM stdin` give no tokens.

use crate::facts::Dialect;
use crate::source::HOLE;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a bare name; also `#tmp`.
    Word,
    /// A quoted name.
    Name,
    /// A quoted text, its prefix included.
    Text,
    /// A dollar-quoted text.
    Dollar,
    Number,
    /// A placeholder that the driver fills: `?`, `$1`, `:id`, `@id`, `%s`.
    Bind,
    /// A placeholder that becomes text before the database sees it: `{table}`, `${table}`, `{{ table }}`.
    Hole,
    Open,
    Close,
    Comma,
    Dot,
    Semicolon,
    /// What ends a statement without being a semicolon: `GO`, `/`, a custom delimiter, a client command.
    Terminator,
    Operator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    /// Parentheses open around it, within its statement.
    pub depth: u16,
    /// First on its line.
    pub first: bool,
    pub start: u32,
    pub end: u32,
}

/// A comment that says which way a migration goes from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub list: Vec<Token>,
    /// Offsets of comments with a direction.
    pub marks: Vec<(u32, Direction)>,
    /// A quotation was never closed.
    pub broken: bool,
}

/// Comments that begin the way back, in the tools that keep both ways in one file; lower case.
const DOWN_MARKS: [&str; 6] =
    ["+goose down", "+migrate down", "migrate:down", "rambler down", "@down", "//@undo"];
const UP_MARKS: [&str; 5] = ["+goose up", "+migrate up", "migrate:up", "rambler up", "@up"];

/// Client commands of SQL*Plus that reach to the end of the line and may hold stray quotes.
const LINE_COMMANDS: [&str; 6] = ["PROMPT", "REM", "REMARK", "SPOOL", "WHENEVER", "HOST"];

/// Bytes within which a bracket or brace must close to be one token.
pub(super) const NEAR: usize = 512;

pub(super) fn tokenize(text: &str, dialect: Option<Dialect>) -> Tokens {
    let escapes = dialect == Some(Dialect::MySql);
    let tokens = Lexer::new(text, dialect, escapes).run();
    if !tokens.broken || !text.contains("\\'") {
        return tokens;
    }
    // A quote that never closes beside `\'` means that the guess about backslashes was wrong.
    let again = Lexer::new(text, dialect, !escapes).run();
    if again.broken { tokens } else { again }
}

pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) dialect: Option<Dialect>,
    /// A backslash escapes inside quotes.
    pub(super) escapes: bool,
    pub(super) at: usize,
    pub(super) depth: u16,
    pub(super) tokens: Tokens,
    /// Index of the first token of the statement at hand.
    pub(super) head: usize,
    pub(super) delimiter: Option<&'a str>,
    /// Inside the rows of `INSERT … VALUES`.
    pub(super) in_rows: bool,
    /// Inside `/*! … */`.
    pub(super) in_executed: bool,
    pub(super) flat_comments: bool,
    pub(super) lost: u8,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, dialect: Option<Dialect>, escapes: bool) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            dialect,
            escapes,
            at: 0,
            depth: 0,
            tokens: Tokens::default(),
            head: 0,
            delimiter: None,
            in_rows: false,
            in_executed: false,
            flat_comments: matches!(dialect, Some(Dialect::MySql | Dialect::Oracle | Dialect::Sqlite)),
            lost: 0,
        }
    }

    fn run(mut self) -> Tokens {
        while let Some(byte) = self.byte(0) {
            if let Some(delimiter) = self.delimiter
                && self.bytes[self.at..].starts_with(delimiter.as_bytes())
            {
                self.take(Kind::Terminator, delimiter.len());
                continue;
            }
            self.step(byte);
        }
        self.tokens
    }

    fn step(&mut self, byte: u8) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | 0x0c | 0x0b => self.at += 1,
            b'-' if self.byte(1) == Some(b'-') => self.line_comment(),
            b'#' => self.hash(),
            b'/' if self.byte(1) == Some(b'*') => self.block_comment(),
            b'*' if self.in_executed && self.byte(1) == Some(b'/') => {
                self.in_executed = false;
                self.at += 2;
            }
            b'/' if self.is_first() && self.rest_of_line().trim() == "/" => self.take(Kind::Terminator, 1),
            b'\\' => self.client_command(),
            b'.' if self.is_first() && self.is_letter(1) && self.tokens.list.len() == self.head => {
                self.skip_line();
            }
            b'\'' => self.quoted(Kind::Text, self.at, b'\'', self.escapes),
            b'"' if self.dialect == Some(Dialect::MySql) => {
                self.quoted(Kind::Text, self.at, b'"', self.escapes)
            }
            b'"' => self.quoted(Kind::Name, self.at, b'"', false),
            b'`' => self.quoted(Kind::Name, self.at, b'`', false),
            b'[' => self.bracket(),
            b'$' => self.dollar(),
            b'{' => self.brace(),
            b':' => self.colon(),
            b'@' => self.variable(),
            b'?' => self.take(Kind::Bind, 1),
            b'%' => self.percent(),
            b'(' => self.take(Kind::Open, 1),
            b')' => self.take(Kind::Close, 1),
            b',' => self.take(Kind::Comma, 1),
            b';' => self.semicolon(),
            b'.' if !self.byte(1).is_some_and(|next| next.is_ascii_digit()) || self.follows_name() => {
                self.take(Kind::Dot, 1);
            }
            b'0'..=b'9' | b'.' => self.number(),
            _ if is_word(byte) => self.word(),
            _ => self.operator(),
        }
    }

    pub(super) fn byte(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    pub(super) fn is_letter(&self, ahead: usize) -> bool {
        self.byte(ahead).is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
    }

    /// Only blanks stand before it on its line.
    fn is_first(&self) -> bool {
        self.starts_line(self.at)
    }

    fn starts_line(&self, offset: usize) -> bool {
        self.bytes[..offset]
            .iter()
            .rev()
            .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))
            .is_none_or(|byte| *byte == b'\n')
    }

    fn follows_name(&self) -> bool {
        self.tokens.list.last().is_some_and(|last| {
            last.end as usize == self.at
                && matches!(last.kind, Kind::Word | Kind::Name | Kind::Hole | Kind::Close)
        })
    }

    pub(super) fn rest_of_line(&self) -> &'a str {
        let end = memchr::memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |end| self.at + end);
        self.text.get(self.at..end).unwrap_or("")
    }

    /// What stands near on the same line: the searches for a closing mark look no further.
    pub(super) fn near(&self) -> &'a str {
        let line = &self.bytes[self.at..(self.at + NEAR).min(self.bytes.len())];
        let mut end = self.at + memchr::memchr(b'\n', line).unwrap_or(line.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.get(self.at..end).unwrap_or("")
    }

    fn skip_line(&mut self) {
        self.at =
            memchr::memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |end| self.at + end + 1);
    }

    pub(super) fn take(&mut self, kind: Kind, length: usize) {
        let start = self.at;
        self.at = (self.at + length).min(self.bytes.len());
        self.push(kind, start);
    }

    /// Adds the token from `start` to the present place.
    pub(super) fn push(&mut self, kind: Kind, start: usize) {
        match kind {
            Kind::Semicolon | Kind::Terminator => {
                self.depth = 0;
                self.in_rows = false;
            }
            Kind::Close => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        let depth = self.depth;
        if kind == Kind::Open {
            self.depth = self.depth.saturating_add(1);
        }
        if self.in_rows {
            if depth > 0 || matches!(kind, Kind::Open | Kind::Close | Kind::Comma) {
                return;
            }
            self.in_rows = false;
        }
        let first = self.starts_line(start);
        self.tokens.list.push(Token { kind, depth, first, start: start as u32, end: self.at as u32 });
        if matches!(kind, Kind::Semicolon | Kind::Terminator) {
            self.head = self.tokens.list.len();
        }
    }

    fn line_comment(&mut self) {
        let comment = self.rest_of_line();
        self.mark(comment);
        self.skip_line();
    }

    fn mark(&mut self, comment: &str) {
        if comment.len() > 120 || !comment.contains(['+', ':', '@', ' ']) {
            return;
        }
        let said = comment.trim_start_matches(['-', '#', '/', '*', ' ', '\t']).to_ascii_lowercase();
        let says = |marks: &[&str]| marks.iter().any(|mark| said.starts_with(mark));
        if says(&DOWN_MARKS) {
            self.tokens.marks.push((self.at as u32, Direction::Down));
        } else if says(&UP_MARKS) {
            self.tokens.marks.push((self.at as u32, Direction::Up));
        }
    }

    /// `#`: a comment in MySQL, a temporary table in SQL Server, `#{x}` in Ruby, an operator in Postgres.
    fn hash(&mut self) {
        let start = self.at;
        if self.byte(1) == Some(b'{') {
            return self.enclosed(start, 2, "}", Kind::Hole);
        }
        let mysql = self.dialect == Some(Dialect::MySql);
        if mysql || (self.is_first() && !self.is_letter(1) && self.byte(1) != Some(b'#')) {
            return self.line_comment();
        }
        if self.is_letter(1) || (self.byte(1) == Some(b'#') && self.is_letter(2)) {
            self.at += 2;
            self.rest_of_word();
            return self.push(Kind::Word, start);
        }
        self.operator();
    }

    /// `\copy`, `\connect`, `\g`: a command to psql, to the end of the line.
    fn client_command(&mut self) {
        let start = self.at;
        if self.is_letter(1) || matches!(self.byte(1), Some(b'.' | b'!' | b'?')) {
            let line = self.rest_of_line().len();
            self.at += line;
            self.push(Kind::Terminator, start);
        } else {
            self.operator();
        }
    }

    /// `::`, `:=`, `:name`, `:'name'`, and a line that begins with a command to sqlcmd (`:setvar`).
    fn colon(&mut self) {
        let start = self.at;
        match self.byte(1) {
            Some(b':' | b'=') => self.take(Kind::Operator, 2),
            _ if self.is_letter(1) && self.is_first() && self.tokens.list.len() == self.head => {
                self.skip_line()
            }
            Some(b'\'' | b'"') => {
                let quote = self.bytes[start + 1];
                self.at += 1;
                self.quoted(Kind::Bind, start, quote, false);
            }
            Some(next) if next.is_ascii_alphanumeric() || next == b'_' => {
                self.at += 2;
                self.rest_of_word();
                self.push(Kind::Bind, start);
            }
            _ => self.operator(),
        }
    }

    fn variable(&mut self) {
        let start = self.at;
        if self.is_first() && self.byte(1) == Some(b'@') && self.byte(2) == Some(b' ') {
            return self.skip_line();
        }
        while self.byte(0) == Some(b'@') {
            self.at += 1;
        }
        if self.byte(0).is_some_and(|byte| is_word(byte) || byte == b'.') {
            self.rest_of_word();
            self.push(Kind::Bind, start);
        } else {
            self.push(Kind::Operator, start);
        }
    }

    /// `%s`, `%(name)s` of a driver, `%I` of `format()`; otherwise the modulo.
    fn percent(&mut self) {
        let start = self.at;
        if self.byte(1) == Some(b'(')
            && let Some(close) = self.near().find(')')
            && matches!(self.byte(close + 1), Some(b's' | b'd' | b'f'))
        {
            return self.take(Kind::Bind, close + 2);
        }
        let mut ahead = 1;
        while self.byte(ahead).is_some_and(|byte| byte.is_ascii_digit()) {
            ahead += 1;
        }
        if ahead > 1 && self.byte(ahead) == Some(b'$') {
            ahead += 1;
        }
        let letter = self.byte(ahead);
        let ends = !self.byte(ahead + 1).is_some_and(|byte| byte.is_ascii_alphanumeric());
        match letter {
            Some(b's' | b'd' | b'v' | b'q' | b'w' | b'f') if ends => self.take(Kind::Bind, ahead + 1),
            Some(b'I' | b'L') if ends => self.take(Kind::Hole, ahead + 1),
            _ => {
                self.at = start;
                self.operator();
            }
        }
    }

    fn number(&mut self) {
        let start = self.at;
        while let Some(byte) = self.byte(0) {
            let exponent = matches!(byte, b'+' | b'-') && matches!(self.bytes[self.at - 1], b'e' | b'E');
            if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || (exponent && self.at > start + 1)
            {
                self.at += 1;
            } else {
                break;
            }
        }
        self.push(Kind::Number, start);
    }

    pub(super) fn rest_of_word(&mut self) {
        while self.byte(0).is_some_and(|byte| is_word(byte) || byte == b'#') {
            self.at += 1;
        }
    }

    fn word(&mut self) {
        let start = self.at;
        self.rest_of_word();
        let text = self.text;
        let word = text.get(start..self.at).unwrap_or("");
        if self.byte(0) == Some(b'\'') {
            match word.to_ascii_uppercase().as_str() {
                "E" => return self.quoted(Kind::Text, start, b'\'', true),
                "N" | "B" | "X" | "U" | "R" => return self.quoted(Kind::Text, start, b'\'', self.escapes),
                "Q" | "NQ" => return self.alternative_quote(start),
                _ => {}
            }
        }
        let heads = self.tokens.list.len() == self.head;
        if self.starts_line(start) {
            if word.eq_ignore_ascii_case("go") && is_batch_end(self.rest_of_line()) {
                return self.push(Kind::Terminator, start);
            }
            if heads && word.eq_ignore_ascii_case("delimiter") {
                let delimiter = self.rest_of_line().trim();
                self.delimiter = Some(delimiter).filter(|text| !text.is_empty() && *text != ";");
                return self.skip_line();
            }
            if heads && LINE_COMMANDS.iter().any(|command| word.eq_ignore_ascii_case(command)) {
                return self.skip_line();
            }
        }
        let kind = if word == HOLE { Kind::Hole } else { Kind::Word };
        self.push(kind, start);
        if word.eq_ignore_ascii_case("values") && self.depth == 0 && self.head_is(&["INSERT", "REPLACE"]) {
            self.in_rows = true;
        }
    }

    fn head_is(&self, words: &[&str]) -> bool {
        self.tokens.list.get(self.head).is_some_and(|head| {
            let head = self.text.get(head.start as usize..head.end as usize).unwrap_or("");
            words.iter().any(|word| head.eq_ignore_ascii_case(word))
        })
    }

    fn semicolon(&mut self) {
        let copies = self.head_is(&["COPY"]) && {
            self.tokens.list[self.head..].iter().any(|token| {
                let word = self.text.get(token.start as usize..token.end as usize).unwrap_or("");
                word.eq_ignore_ascii_case("stdin")
            })
        };
        self.take(Kind::Semicolon, 1);
        if !copies {
            return;
        }
        self.skip_line();
        // The data end with a line of `\.`; without one they reach to the end.
        let mut at = self.at;
        while at < self.bytes.len() {
            let end = memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |end| at + end + 1);
            if self.bytes[at..end].trim_ascii() == b"\\." {
                self.at = end;
                return;
            }
            at = end;
        }
        if self.bytes[self.at..].trim_ascii().is_empty() || self.text[self.at..].contains('\t') {
            self.at = self.bytes.len();
        }
    }

    pub(super) fn operator(&mut self) {
        const JOINED: [&[u8]; 12] =
            [b"<=", b">=", b"<>", b"!=", b"||", b"->>", b"->", b"#>>", b"#>", b"@>", b"<@", b"&&"];
        let rest = &self.bytes[self.at..];
        let length = JOINED.iter().find(|joined| rest.starts_with(joined)).map_or(1, |joined| joined.len());
        let start = self.at;
        self.at += length;
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        self.push(Kind::Operator, start);
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// What may follow `GO` on its line: nothing, a count, a comment.
fn is_batch_end(rest: &str) -> bool {
    let rest = rest.trim().trim_end_matches(';');
    rest.is_empty() || rest.starts_with("--") || rest.bytes().all(|byte| byte.is_ascii_digit())
}
