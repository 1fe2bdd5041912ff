//! Where statements begin and end; the bodies of procedures are entered.

use std::ops::Range;

use super::phrase::Phrase;
use super::token::{Kind, Token};
use crate::facts::Dialect;

/// One statement as a range of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub tokens: Range<usize>,
    /// The procedures around it, outermost first.
    pub scope: Vec<String>,
    /// Inside a block of procedural code, where `BEGIN` starts no transaction.
    pub in_body: bool,
}

/// What a block of procedural code ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    /// `BEGIN … END`.
    Plain,
    /// A `CASE … END CASE` statement.
    Case,
    /// The body of a named procedure, in `BEGIN … END`.
    Routine(String),
    /// The body of a named procedure from `AS` on: to the end of its block, or of the batch.
    Open(String),
    /// The one statement of a trigger or event.
    Single(String),
}

/// Blocks deeper than this are read as if they were flat.
const DEEPEST: usize = 64;

/// Verbs that begin a statement wherever they stand first.
const VERBS: [&str; 27] = [
    "ALTER",
    "BEGIN",
    "BREAK",
    "COMMIT",
    "CREATE",
    "DECLARE",
    "DELETE",
    "DROP",
    "EXEC",
    "EXECUTE",
    "GRANT",
    "IF",
    "INSERT",
    "MERGE",
    "PRINT",
    "RAISERROR",
    "RETURN",
    "REVOKE",
    "ROLLBACK",
    "SELECT",
    "SET",
    "THROW",
    "TRUNCATE",
    "UPDATE",
    "USE",
    "WHILE",
    "WITH",
];

/// What follows `BEGIN` where it starts a transaction.
const TRANSACTION_WORDS: [&str; 12] = [
    "TRAN",
    "TRANSACTION",
    "WORK",
    "ISOLATION",
    "READ",
    "DEFERRABLE",
    "NOT",
    "IMMEDIATE",
    "DEFERRED",
    "EXCLUSIVE",
    "CONCURRENT",
    "DISTRIBUTED",
];

/// Statements that hold others after these words.
const LEADS: [&str; 10] =
    ["IF", "ELSIF", "ELSEIF", "WHILE", "FOR", "FOREACH", "WHEN", "CASE", "EXCEPTION", "UNTIL"];

/// Splits a script. `in_body` says that the script is itself the body of a procedure.
pub(super) fn split(text: &str, tokens: &[Token], dialect: Option<Dialect>, in_body: bool) -> Vec<Piece> {
    let mut splitter = Splitter {
        all: Phrase { text, tokens },
        dialect,
        in_body,
        blocks: Vec::new(),
        start: None,
        cases: 0,
        head: (usize::MAX, String::new()),
        pieces: Vec::new(),
    };
    splitter.run();
    splitter.pieces
}

struct Splitter<'a> {
    all: Phrase<'a>,
    dialect: Option<Dialect>,
    in_body: bool,
    blocks: Vec<Block>,
    start: Option<usize>,
    /// Open `CASE` expressions of the statement at hand.
    cases: usize,
    /// Place and upper-case text of the word that began the statement at hand.
    head: (usize, String),
    pieces: Vec<Piece>,
}

impl Splitter<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.all.len() {
            at = self.step(at).max(at + 1);
        }
        self.flush(self.all.len());
    }

    /// Looks at one token and returns where to go on.
    fn step(&mut self, at: usize) -> usize {
        match self.all.kind(at) {
            Some(Kind::Semicolon) => {
                self.flush(at);
                if matches!(self.blocks.last(), Some(Block::Single(_))) {
                    self.blocks.pop();
                }
                at + 1
            }
            Some(Kind::Terminator) => {
                self.flush(at);
                self.blocks.clear();
                at + 1
            }
            _ => match self.start {
                None => self.begin(at),
                Some(start) => self.go_on(start, at),
            },
        }
    }

    /// Ends the statement at hand before a token.
    fn flush(&mut self, end: usize) {
        if let Some(start) = self.start.take().filter(|start| *start < end) {
            self.pieces.push(Piece { tokens: start..end, scope: self.scope(), in_body: self.is_in_body() });
        }
        self.cases = 0;
    }

    fn scope(&self) -> Vec<String> {
        self.blocks
            .iter()
            .filter_map(|block| match block {
                Block::Routine(name) | Block::Open(name) | Block::Single(name) => Some(name.clone()),
                Block::Plain | Block::Case => None,
            })
            .collect()
    }

    fn is_in_body(&self) -> bool {
        self.in_body || !self.blocks.is_empty()
    }

    fn enter(&mut self, block: Block) {
        if self.blocks.len() < DEEPEST {
            self.blocks.push(block);
        }
        self.start = None;
        self.cases = 0;
    }

    /// A token where a statement may begin.
    fn begin(&mut self, at: usize) -> usize {
        let all = self.all;
        if all.kind(at) != Some(Kind::Word) {
            // A query in parentheses is a statement; anything else (labels, stray marks) is passed over.
            if all.kind(at) == Some(Kind::Open) || all.kind(at) == Some(Kind::Hole) {
                self.start = Some(at);
            }
            return at + 1;
        }
        if all.is(at, "END") {
            return self.end(at);
        }
        if all.is(at, "BEGIN") {
            if self.begins_transaction(at) {
                self.start = Some(at);
                return at + 1;
            }
            self.enter(Block::Plain);
            let extra = all.is_any(at + 1, &["TRY", "CATCH", "ATOMIC"]);
            return at + 1 + usize::from(extra);
        }
        let skipped = all.is_any(at, &["ELSE", "THEN", "LOOP", "REPEAT", "AS", "IS"])
            || (all.is(at, "DO") && self.is_in_body());
        if skipped {
            return at + 1;
        }
        if all.is(at, "EXCEPTION") && all.is(at + 1, "WHEN") {
            return at + 1;
        }
        if self.is_in_body() && all.is(at, "RETURN") && all.is(at + 1, "QUERY") {
            return at + 2;
        }
        if all.is(at, "CASE") && self.is_in_body() {
            self.blocks.push(Block::Case);
            self.start = Some(at);
            return at + 1;
        }
        // A label: `name:` before a block or loop.
        if all.source(at + 1) == ":" && all.is_any(at + 2, &["BEGIN", "LOOP", "WHILE", "REPEAT", "FOR"]) {
            return at + 2;
        }
        self.start = Some(at);
        at + 1
    }

    /// `END` where a statement could begin.
    fn end(&mut self, at: usize) -> usize {
        let all = self.all;
        if all.is_any(at + 1, &["IF", "LOOP", "WHILE", "REPEAT", "FOR"]) {
            return self.skip_statement(at + 2);
        }
        if all.is(at + 1, "CASE") {
            if self.blocks.last() == Some(&Block::Case) {
                self.blocks.pop();
            }
            return self.skip_statement(at + 2);
        }
        if self.blocks.is_empty() {
            // In Postgres `END` is a `COMMIT`.
            self.start = Some(at);
            return at + 1;
        }
        self.blocks.pop();
        if matches!(self.blocks.last(), Some(Block::Open(_))) && self.dialect != Some(Dialect::SqlServer) {
            self.blocks.pop();
        }
        if all.is_any(at + 1, &["TRY", "CATCH"]) {
            return at + 2;
        }
        // A label after it.
        let labelled = all.kind(at + 1) == Some(Kind::Word)
            && all.tokens.get(at + 1).is_some_and(|token| !token.first)
            && matches!(all.kind(at + 2), Some(Kind::Semicolon) | None);
        at + 1 + usize::from(labelled)
    }

    fn skip_statement(&self, from: usize) -> usize {
        (from..self.all.len())
            .find(|at| {
                matches!(self.all.kind(*at), Some(Kind::Semicolon | Kind::Terminator))
                    || self.all.tokens[*at].first
                    || self.all.is_any(*at, &["END", "ELSE"])
            })
            .unwrap_or(self.all.len())
    }

    fn begins_transaction(&self, at: usize) -> bool {
        let all = self.all;
        if all.is_any(at + 1, &["TRAN", "TRANSACTION"]) {
            return true;
        }
        if self.is_in_body() {
            return false;
        }
        match all.kind(at + 1) {
            None | Some(Kind::Semicolon | Kind::Terminator) => true,
            Some(Kind::Word) => {
                all.is_any(at + 1, &TRANSACTION_WORDS) && !(all.is(at + 1, "NOT") && all.is(at + 2, "ATOMIC"))
            }
            _ => false,
        }
    }

    /// A token inside a statement.
    fn go_on(&mut self, start: usize, at: usize) -> usize {
        let all = self.all;
        if all.kind(at) != Some(Kind::Word) {
            return at + 1;
        }
        let word = all.word(at);
        // The short words of this function are rare among all words; the length keeps them from being compared.
        if word.len() > 9 {
            return at + 1;
        }
        let top = all.tokens[at].depth == 0;
        let is = |wanted: &str| word.eq_ignore_ascii_case(wanted);
        if is("CASE") {
            self.cases += 1;
            return at + 1;
        }
        if is("END") && self.cases > 0 {
            self.cases -= 1;
            return at + 1;
        }
        if !top || self.cases > 0 {
            return at + 1;
        }
        if self.head.0 != start {
            self.head = (start, all.word(start).to_ascii_uppercase());
        }
        let head = std::mem::take(&mut self.head.1);
        let next = self.go_on_word(start, &head, at);
        self.head.1 = head;
        next
    }

    /// A word outside parentheses inside a statement that begins with `head`.
    fn go_on_word(&mut self, start: usize, head: &str, at: usize) -> usize {
        let all = self.all;
        let is = |wanted: &str| all.is(at, wanted);
        if is("END") && self.is_in_body() && head != "CREATE" {
            self.flush(at);
            return self.begin(at);
        }
        if LEADS.contains(&head) {
            return self.go_on_lead(start, head, at);
        }
        if let Some(next) = self.enter_routine(start, head, at) {
            return next;
        }
        if is("BEGIN") && (head == "DECLARE" || head == "IF") && self.is_in_body() {
            self.enter(Block::Plain);
            return at + 1;
        }
        if self.splits_here(start, head, at) {
            self.flush(at);
            return self.begin(at);
        }
        at + 1
    }

    /// Inside `IF … THEN`, `WHILE … LOOP`, `FOR … IN query LOOP` and their like.
    fn go_on_lead(&mut self, start: usize, head: &str, at: usize) -> usize {
        let all = self.all;
        let loops = matches!(head, "WHILE" | "FOR" | "FOREACH");
        let opens = if loops { all.is_any(at, &["LOOP", "DO"]) } else { all.is(at, "THEN") };
        if opens {
            if head == "FOR"
                && let Some(within) = (start..at).find(|at| all.is(*at, "IN"))
                && all.is_any(within + 1, &["SELECT", "WITH", "DELETE", "UPDATE", "INSERT", "EXECUTE"])
            {
                self.start = Some(within + 1);
                self.flush(at);
            }
            self.start = None;
            return at + 1;
        }
        // T-SQL has no `THEN`: the condition ends where a statement begins.
        let verb = matches!(head, "IF" | "WHILE")
            && all.is_any(at, &VERBS)
            && !all.is_any(at, &["IF", "WITH"])
            && all.kind(at + 1) != Some(Kind::Open)
            && at > start + 1;
        if verb {
            self.start = None;
            return self.begin(at);
        }
        at + 1
    }

    /// Whether the body of a procedure begins here; where to go on if so.
    fn enter_routine(&mut self, start: usize, head: &str, at: usize) -> Option<usize> {
        let all = self.all;
        if !matches!(head, "CREATE" | "ALTER" | "REPLACE" | "PROCEDURE" | "FUNCTION") {
            return None;
        }
        let opens = all.is_any(at, &["BEGIN", "AS", "IS", "ROW", "DO"]);
        if !opens {
            return None;
        }
        let (kind, name) = self.routine(start, at)?;
        if all.is(at, "BEGIN") {
            self.flush(at);
            self.enter(Block::Routine(name));
            return Some(at + 1 + usize::from(all.is(at + 1, "ATOMIC")));
        }
        let procedural =
            matches!(kind.as_str(), "PROCEDURE" | "PROC" | "FUNCTION" | "TRIGGER" | "PACKAGE" | "BODY");
        if all.is_any(at, &["AS", "IS"]) && procedural {
            let quoted = matches!(all.kind(at + 1), Some(Kind::Dollar | Kind::Text | Kind::Name));
            let clause =
                all.is_any(at + 1, &["ENUM", "TABLE", "CALLER", "OWNER", "SELF"]) || all.is(at - 1, "EXECUTE");
            if quoted || clause {
                return None;
            }
            self.flush(at);
            self.enter(Block::Open(name));
            return Some(at + 1);
        }
        let single = (all.is(at, "ROW") && kind == "TRIGGER" && all.is(at - 1, "EACH"))
            || (all.is(at, "DO") && kind == "EVENT");
        if single && all.is_any(at + 1, &VERBS) && !all.is_any(at + 1, &["EXECUTE", "BEGIN", "DECLARE"]) {
            self.flush(at + 1);
            self.enter(Block::Single(name));
            return Some(at + 1);
        }
        None
    }

    /// Kind and name of the procedure that the statement from `start` on creates.
    fn routine(&self, start: usize, end: usize) -> Option<(String, String)> {
        let kinds = ["FUNCTION", "PROCEDURE", "PROC", "TRIGGER", "EVENT", "PACKAGE"];
        let mut at = (start..end.min(start + 16)).find(|at| self.all.is_any(*at, &kinds))?;
        let kind = self.all.word(at).to_ascii_uppercase();
        at += 1 + usize::from(self.all.is(at + 1, "BODY"));
        if self.all.reads(at, &["IF", "NOT", "EXISTS"]) {
            at += 3;
        }
        let (name, _) = self.all.name(at)?;
        Some((kind, name))
    }

    /// Whether a statement begins here although no semicolon ended the last one. Only T-SQL writes so, and
    /// clients for a few short statements.
    fn splits_here(&self, start: usize, head: &str, at: usize) -> bool {
        let all = self.all;
        if !all.tokens[at].first || !all.is_any(at, &VERBS) {
            return false;
        }
        let short = matches!(head, "SET" | "USE" | "PRINT" | "EXEC" | "RETURN" | "DECLARE");
        if !(self.dialect == Some(Dialect::SqlServer) || short && self.dialect != Some(Dialect::Postgres)) {
            return false;
        }
        let switch = head == "SET" && all.is(at - 1, "ON");
        let continues = !switch
            && all.is_any(
                at - 1,
                &[
                    "AS",
                    "ON",
                    "FOR",
                    "AFTER",
                    "OF",
                    "OR",
                    "AND",
                    "THEN",
                    "UNION",
                    "ALL",
                    "EXCEPT",
                    "INTERSECT",
                    "BY",
                ],
            )
            || matches!(all.kind(at - 1), Some(Kind::Operator | Kind::Comma | Kind::Open | Kind::Dot));
        if continues
            || matches!(head, "MERGE" | "WITH" | "GRANT" | "REVOKE" | "DENY") && !is_definition(all, at)
        {
            return false;
        }
        let seen = |word: &str| (start..at).any(|at| all.tokens[at].depth == 0 && all.is(at, word));
        match all.word(at).to_ascii_uppercase().as_str() {
            "WITH" => all.kind(at + 1) != Some(Kind::Open) && head != "CREATE",
            "SELECT" => match head {
                "INSERT" => seen("VALUES") || seen("SELECT"),
                "CREATE" => false,
                _ => true,
            },
            "SET" => !(head == "UPDATE" && !seen("SET") || head == "ALTER"),
            "EXEC" | "EXECUTE" => match head {
                "INSERT" => seen("VALUES") || seen("SELECT"),
                _ => head != "CREATE",
            },
            "DROP" | "ALTER" if head == "ALTER" => is_definition(all, at),
            "INSERT" | "UPDATE" | "DELETE" => head != "CREATE" || seen("AS"),
            _ => true,
        }
    }
}

/// `DROP`, `ALTER` or `CREATE` of an object of its own, not an action on the one at hand.
fn is_definition(all: Phrase<'_>, at: usize) -> bool {
    let objects = ["TABLE", "VIEW", "PROCEDURE", "PROC", "FUNCTION", "INDEX", "TRIGGER", "DATABASE", "SCHEMA"];
    all.is_any(at, &["DROP", "ALTER", "CREATE", "TRUNCATE", "EXEC", "PRINT", "COMMIT", "ROLLBACK"])
        && (all.is_any(at + 1, &objects) || all.is_any(at, &["EXEC", "PRINT", "COMMIT", "ROLLBACK"]))
}
