//! Reads a shell script into a tree. Tolerant: what it does not understand becomes words or is skipped, and every
//! byte is read once.
//!
//! Grammar: POSIX.1-2024, Shell Command Language, chapter 2.10, with what bash adds.

use super::script::{Arm, Heredoc, Join, List, Node, RawWord, Script};

/// Constructs inside constructs; scripts of people stay below 20.
const DEEPEST: usize = 80;

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    /// Added to every offset: where this text begins in the text that holds it.
    pub(super) base: usize,
    pub(super) depth: usize,
    /// Reserved words that end a list somewhere around this place.
    pub(super) expected: Vec<&'static [&'static str]>,
    pub(super) heredocs: Vec<Heredoc>,
    /// Heredocs announced on this line: index, delimiter, tabs stripped.
    pub(super) pending: Vec<(usize, String, bool)>,
    /// No `}}` before this offset.
    pub(super) untemplated: usize,
    pub(super) unbalanced: bool,
}

/// Parses a whole text.
pub(super) fn parse(text: &str) -> Script {
    parse_at(text, 0, 0, Vec::new())
}

/// Parses a text that begins at `base` of the one that holds it, `depth` constructs deep; heredocs are numbered
/// after those at hand.
pub(super) fn parse_at(text: &str, base: usize, depth: usize, heredocs: Vec<Heredoc>) -> Script {
    let mut parser = Parser::new(text, base, depth, heredocs);
    let mut list = parser.list();
    // A closing word that closes nothing does not end the script.
    while parser.at < text.len() {
        let before = parser.at;
        list.append(&mut parser.list());
        if parser.at == before {
            parser.skip_letter();
        }
    }
    Script { list, heredocs: parser.heredocs }
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, base: usize, depth: usize, heredocs: Vec<Heredoc>) -> Self {
        Self {
            text,
            at: 0,
            base,
            depth,
            expected: Vec::new(),
            heredocs,
            pending: Vec::new(),
            untemplated: 0,
            unbalanced: false,
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn starts(&self, with: &str) -> bool {
        self.text.as_bytes()[self.at.min(self.text.len())..].starts_with(with.as_bytes())
    }

    pub(super) fn skip_letter(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    /// Goes one construct deeper; past the limit the rest of the text is given up.
    pub(super) fn deeper(&mut self) -> bool {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.at = self.text.len();
        }
        self.depth <= DEEPEST
    }

    /// Blanks, line continuations and comments; not line ends.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.at += 2,
                Some(b'\\') if self.peek_at(1) == Some(b'\r') && self.peek_at(2) == Some(b'\n') => self.at += 3,
                Some(b'#') => {
                    self.at = memchr::memchr(b'\n', self.rest().as_bytes())
                        .map_or(self.text.len(), |length| self.at + length);
                }
                _ => return,
            }
        }
    }

    /// Blanks, comments and line ends; a line end brings the bodies of the heredocs announced before it.
    pub(super) fn lines(&mut self) {
        loop {
            self.blanks();
            if self.peek() != Some(b'\n') {
                return;
            }
            self.line_end();
        }
    }

    pub(super) fn line_end(&mut self) {
        self.at += 1;
        for (index, delimiter, strip) in std::mem::take(&mut self.pending) {
            let start = self.at;
            let mut end = self.text.len();
            while self.at < self.text.len() {
                let length = memchr::memchr(b'\n', self.rest().as_bytes());
                let line = &self.rest()[..length.unwrap_or(self.text.len() - self.at)];
                let shown = line.trim_end_matches('\r');
                let shown = if strip { shown.trim_start_matches('\t') } else { shown };
                let begun = self.at;
                self.at = length.map_or(self.text.len(), |length| self.at + length + 1);
                // Inside a command substitution people end it on the delimiter's line.
                if shown == delimiter || shown.strip_suffix(')') == Some(&delimiter) && self.depth > 0 {
                    end = begun;
                    if shown != delimiter {
                        self.at = begun + line.rfind(')').unwrap_or(line.len());
                    }
                    break;
                }
            }
            let quoted = self.heredocs.get(index).is_none_or(|heredoc| heredoc.quoted);
            let substitutions = if quoted { RawWord::default() } else { self.heredoc_word(start, end) };
            if let Some(heredoc) = self.heredocs.get_mut(index) {
                heredoc.body = self.base + start..self.base + end;
                heredoc.substitutions = substitutions;
            }
        }
    }

    /// The expansions in a heredoc.
    pub(super) fn heredoc_word(&mut self, start: usize, end: usize) -> RawWord {
        let body = self.text.get(start..end).unwrap_or_default();
        if memchr::memchr2(b'$', b'`', body.as_bytes()).is_none() || !self.deeper() {
            return RawWord::default();
        }
        let mut parser = Parser::new(body, self.base + start, self.depth, std::mem::take(&mut self.heredocs));
        let word = parser.expansions();
        self.heredocs = parser.heredocs;
        self.depth -= 1;
        word
    }

    /// Whether a reserved word stands here, as a whole word.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.starts(word)
            && self.peek_at(word.len()).is_none_or(|next| {
                matches!(next, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
            })
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        if is {
            self.at += word.len();
        }
        is
    }

    /// A word or sign that ends a list stands here.
    pub(super) fn closing(&self) -> Option<&'static str> {
        let all: &[&'static str] = &["then", "elif", "else", "fi", "do", "done", "esac", "}"];
        match self.peek()? {
            b')' => Some(")"),
            b';' if self.peek_at(1) == Some(b';') || self.peek_at(1) == Some(b'&') => Some(";;"),
            _ => all.iter().find(|word| self.is_word(word)).copied(),
        }
    }

    /// Commands until a closing word that something around here waits for.
    pub(super) fn list(&mut self) -> List {
        let mut list = Vec::new();
        loop {
            self.lines();
            let before = self.at;
            if self.at >= self.text.len() {
                return list;
            }
            if let Some(closing) = self.closing() {
                if self.expected.iter().any(|words| words.contains(&closing)) {
                    return list;
                }
                self.at += closing.len().max(1);
                continue;
            }
            match self.peek() {
                Some(b';' | b'&' | b'|') => self.at += 1,
                _ => list.extend(self.and_or()),
            }
            if self.at == before {
                self.skip_letter();
            }
        }
    }

    pub(super) fn list_until(&mut self, words: &'static [&'static str]) -> List {
        if !self.deeper() {
            self.depth -= 1;
            return Vec::new();
        }
        self.expected.push(words);
        let list = self.list();
        self.expected.pop();
        self.depth -= 1;
        list
    }

    pub(super) fn and_or(&mut self) -> Option<Node> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let join = if self.starts("&&") {
                Join::And
            } else if self.starts("||") {
                Join::Or
            } else {
                break;
            };
            self.at += 2;
            self.lines();
            match self.pipeline() {
                Some(node) => rest.push((join, node)),
                None => break,
            }
        }
        Some(if rest.is_empty() { first } else { Node::AndOr { first: Box::new(first), rest } })
    }

    pub(super) fn pipeline(&mut self) -> Option<Node> {
        let mut negated = false;
        loop {
            self.blanks();
            if self.take_word("!") {
                negated = !negated;
            } else if self.take_word("time") || self.take_word("coproc") {
                self.blanks();
                self.take_word("-p");
            } else {
                break;
            }
        }
        let mut parts = vec![self.command()?];
        loop {
            self.blanks();
            if self.peek() != Some(b'|') || self.peek_at(1) == Some(b'|') {
                break;
            }
            self.at += 1 + usize::from(self.peek_at(1) == Some(b'&'));
            self.lines();
            match self.command() {
                Some(node) => parts.push(node),
                None => break,
            }
        }
        if parts.len() == 1 && !negated {
            return parts.pop();
        }
        Some(Node::Pipeline { negated, parts })
    }

    pub(super) fn command(&mut self) -> Option<Node> {
        self.blanks();
        if self.at >= self.text.len() || self.closing().is_some() {
            return None;
        }
        let compound = self.compound();
        if let Some(node) = compound {
            // Redirections of a compound command say nothing about its commands.
            while self.redirect().is_some() {}
            return Some(node);
        }
        if self.starts("((")
            && let Some(end) = self.balanced(2, "))")
        {
            let text = self.text.get(self.at + 2..end).unwrap_or_default().to_owned();
            self.at = end + 2;
            return Some(Node::Arithmetic(text));
        }
        if self.peek() == Some(b'(') {
            self.at += 1;
            let list = self.list_until(&[")"]);
            self.take_sign(")");
            while self.redirect().is_some() {}
            return Some(Node::Subshell(list));
        }
        if let Some(name) = self.function_name() {
            self.lines();
            if !self.deeper() {
                self.depth -= 1;
                return None;
            }
            let body = self.command();
            self.depth -= 1;
            return Some(Node::Function { name, body: Box::new(body?) });
        }
        self.simple().map(Node::Simple)
    }

    pub(super) fn take_sign(&mut self, sign: &str) {
        self.lines();
        if self.starts(sign) {
            self.at += sign.len();
        }
    }

    pub(super) fn compound(&mut self) -> Option<Node> {
        if self.take_word("if") {
            return Some(self.if_clause());
        }
        if self.take_word("while") {
            return Some(self.loop_clause(false));
        }
        if self.take_word("until") {
            return Some(self.loop_clause(true));
        }
        if self.take_word("for") {
            return Some(self.for_clause(false));
        }
        if self.take_word("select") {
            return Some(self.for_clause(true));
        }
        if self.take_word("case") {
            return Some(self.case_clause());
        }
        if self.take_word("{") {
            let list = self.list_until(&["}"]);
            self.take_word("}");
            return Some(Node::Group(list));
        }
        None
    }

    pub(super) fn if_clause(&mut self) -> Node {
        let mut arms = Vec::new();
        let mut otherwise = None;
        loop {
            let condition = self.list_until(&["then", "fi", "elif", "else"]);
            self.take_word("then");
            let body = self.list_until(&["elif", "else", "fi"]);
            arms.push((condition, body));
            if self.take_word("elif") {
                continue;
            }
            if self.take_word("else") {
                otherwise = Some(self.list_until(&["fi"]));
            }
            self.take_word("fi");
            return Node::If { arms, otherwise };
        }
    }

    pub(super) fn loop_clause(&mut self, until: bool) -> Node {
        let condition = self.list_until(&["do", "done"]);
        let body = self.do_group();
        Node::Loop { until, condition, body }
    }

    pub(super) fn do_group(&mut self) -> List {
        self.lines();
        if self.peek() == Some(b';') {
            self.at += 1;
            self.lines();
        }
        if self.take_word("{") {
            let body = self.list_until(&["}"]);
            self.take_word("}");
            return body;
        }
        if !self.take_word("do") {
            return Vec::new();
        }
        let body = self.list_until(&["done"]);
        self.take_word("done");
        body
    }

    pub(super) fn for_clause(&mut self, select: bool) -> Node {
        self.blanks();
        let mut words = Vec::new();
        if self.starts("((") {
            if let Some(end) = self.balanced(2, "))") {
                self.at = end + 2;
            }
            let body = self.do_group();
            return Node::For { variable: String::new(), words, body, select };
        }
        let variable = self.word().and_then(|word| word.literal()).unwrap_or_default();
        self.lines();
        if self.take_word("in") {
            loop {
                self.blanks();
                match self.word() {
                    Some(word) => words.push(word),
                    None => break,
                }
            }
        }
        let body = self.do_group();
        Node::For { variable, words, body, select }
    }

    pub(super) fn case_clause(&mut self) -> Node {
        self.blanks();
        let subject = self.word().unwrap_or_default();
        self.lines();
        self.take_word("in");
        let mut arms = Vec::new();
        loop {
            self.lines();
            if self.at >= self.text.len() || self.take_word("esac") {
                break;
            }
            let before = self.at;
            if self.peek() == Some(b'(') {
                self.at += 1;
            }
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                match self.word() {
                    Some(word) => patterns.push(word),
                    None if self.peek() == Some(b'|') => self.at += 1,
                    None => break,
                }
            }
            if self.peek() != Some(b')') {
                // Not an arm: give up on this clause and read on.
                if self.at == before {
                    self.skip_letter();
                }
                break;
            }
            self.at += 1;
            let body = self.list_until(&[";;", "esac"]);
            arms.push(Arm { patterns, body });
            self.blanks();
            while matches!(self.peek(), Some(b';' | b'&')) {
                self.at += 1;
            }
        }
        Node::Case { subject, arms }
    }

    /// A list inside a word: `$( … )`. The opening sign is consumed already.
    pub(super) fn substituted(&mut self) -> List {
        let pending = std::mem::take(&mut self.pending);
        let list = self.list_until(&[")"]);
        self.take_sign(")");
        self.pending = pending;
        list
    }

    /// Where the brackets that open here close: the offset of `close`. `open` bytes are skipped first.
    pub(super) fn balanced(&mut self, open: usize, close: &str) -> Option<usize> {
        if self.unbalanced {
            return None;
        }
        let mut depth = 0usize;
        let bytes = self.text.as_bytes();
        let mut at = self.at + open;
        while at < bytes.len() {
            if depth == 0 && bytes[at..].starts_with(close.as_bytes()) {
                return Some(at);
            }
            match bytes[at] {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                // `$((a) | b)` is a substitution.
                b')' => return None,
                b'\\' => at += 1,
                _ => {}
            }
            at += 1;
        }
        self.unbalanced = true;
        None
    }
}
