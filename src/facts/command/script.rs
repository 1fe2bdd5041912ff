//! A shell script as a tree: what the parser builds and the flow walks.

use std::ops::Range;

pub(super) type List = Vec<Node>;

#[derive(Debug)]
pub(super) enum Node {
    Simple(Simple),
    Pipeline {
        negated: bool,
        parts: Vec<Node>,
    },
    AndOr {
        first: Box<Node>,
        rest: Vec<(Join, Node)>,
    },
    Group(List),
    Subshell(List),
    If {
        arms: Vec<(List, List)>,
        otherwise: Option<List>,
    },
    /// `while` and `until`.
    Loop {
        until: bool,
        condition: List,
        body: List,
    },
    /// `for` and `select`.
    For {
        variable: String,
        words: Vec<RawWord>,
        body: List,
        select: bool,
    },
    Case {
        subject: RawWord,
        arms: Vec<Arm>,
    },
    Function {
        name: String,
        body: Box<Node>,
    },
    /// `(( … ))`; the text.
    Arithmetic(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    And,
    Or,
}

#[derive(Debug)]
pub(super) struct Arm {
    pub patterns: Vec<RawWord>,
    pub body: List,
}

/// A command with its words as written. `[[ … ]]` is one too, its operators being words.
#[derive(Debug, Default)]
pub(super) struct Simple {
    /// Bytes in the text that was parsed, heredoc bodies left out.
    pub span: Range<usize>,
    pub assignments: Vec<Assignment>,
    pub words: Vec<RawWord>,
    pub redirects: Vec<Redirect>,
}

#[derive(Debug)]
pub(super) struct Assignment {
    pub name: String,
    pub value: RawWord,
}

#[derive(Debug)]
pub(super) struct Redirect {
    pub kind: RedirectKind,
    pub target: RawWord,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RedirectKind {
    /// `>`, `>>`, `>|`, `&>`.
    Write,
    Read,
    /// `<<<`.
    HereString,
    /// `<<`: index into the heredocs of the script.
    Heredoc(usize),
    /// `2>&1`, `<&3`.
    Duplicate,
}

/// The body of a heredoc as a byte range, and the substitutions in it, which run unless its delimiter is quoted.
#[derive(Debug, Default)]
pub(super) struct Heredoc {
    pub body: Range<usize>,
    pub quoted: bool,
    pub substitutions: RawWord,
}

#[derive(Debug, Default)]
pub(super) struct RawWord {
    pub span: Range<usize>,
    pub parts: Vec<RawPart>,
    pub quoted: bool,
}

#[derive(Debug)]
pub(super) enum RawPart {
    /// Copied byte for byte from `at`, except for the escapes of `$'…'`.
    Text {
        text: String,
        at: usize,
        quoted: bool,
    },
    Parameter {
        name: String,
        operation: Operation,
        span: Range<usize>,
        quoted: bool,
    },
    /// `$( … )`, backticks and `<( … )`.
    Substitution {
        list: List,
        span: Range<usize>,
        quoted: bool,
    },
    /// `$(( … ))`.
    Arithmetic {
        span: Range<usize>,
    },
    /// `${{ … }}`, `{{ … }}`: filled in by another tool before the shell sees it.
    Template {
        span: Range<usize>,
    },
    /// `( … )` after `name=`.
    Array(Vec<RawWord>),
}

#[derive(Debug)]
pub(super) enum Operation {
    Plain,
    /// `${V:?}`.
    Fails,
    /// `${V:-word}` and `${V:=word}`.
    Default(Box<RawWord>),
    /// Anything that keeps what it names or part of it.
    Transform,
    /// `${#V}`: never empty.
    Length,
}

/// A parsed text.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub list: List,
    pub heredocs: Vec<Heredoc>,
}

impl RawWord {
    /// The text when nothing in the word expands.
    pub(super) fn literal(&self) -> Option<String> {
        let mut whole = String::new();
        for part in &self.parts {
            match part {
                RawPart::Text { text, .. } => whole.push_str(text),
                _ => return None,
            }
        }
        Some(whole)
    }

    /// The variable that the word consists of.
    pub(super) fn variable(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [RawPart::Parameter { name, operation, .. }] if !matches!(operation, Operation::Length) => {
                Some(name)
            }
            _ => None,
        }
    }

    /// Every parameter with `:?` in it.
    pub(super) fn asserted(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            RawPart::Parameter { name, operation: Operation::Fails, .. } => Some(name.as_str()),
            _ => None,
        })
    }
}
