//! The common tree of values that YAML, JSON and TOML are read into.

use std::ops::Range;
use std::rc::Rc;

use crate::facts::{Scalar, Value};

/// Deeper values are unknown; admission already declines YAML far below.
pub(in crate::facts) const DEEPEST: usize = 160;

/// A value with its place in the document. Cloning is cheap: what an alias repeats is shared.
#[derive(Clone, Debug)]
pub(in crate::facts) struct Node {
    pub kind: Kind,
    /// Bytes of the value; of an aliased value the bytes of its anchor.
    pub span: Range<usize>,
    /// The alias through which it was reached, and the bytes of that alias.
    pub via: Option<(Rc<str>, Range<usize>)>,
}

#[derive(Clone, Debug)]
pub(in crate::facts) enum Kind {
    Mapping(Rc<Vec<Entry>>),
    Sequence(Rc<Vec<Node>>),
    Scalar(Value),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(in crate::facts) struct Entry {
    pub key: String,
    pub key_span: Range<usize>,
    pub value: Node,
    /// Key and value together.
    pub span: Range<usize>,
}

impl Node {
    pub fn new(kind: Kind, span: Range<usize>) -> Self {
        Self { kind, span, via: None }
    }

    pub fn null(at: usize) -> Self {
        Self::new(Kind::Scalar(Value::Literal(Scalar::Null)), at..at)
    }

    pub fn mapping(entries: Vec<Entry>, span: Range<usize>) -> Self {
        Self::new(Kind::Mapping(Rc::new(entries)), span)
    }

    /// The entries of a mapping; nothing for any other value.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a sequence; nothing for any other value.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Sequence(items) => items,
            _ => &[],
        }
    }

    pub fn is_mapping(&self) -> bool {
        matches!(self.kind, Kind::Mapping(_))
    }

    pub fn is_sequence(&self) -> bool {
        matches!(self.kind, Kind::Sequence(_))
    }

    /// The entry of a key; the last one wins where a key stands twice.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().rev().find(|entry| entry.key == key)
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value at the end of a chain of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    pub fn scalar(&self) -> Option<&Value> {
        match &self.kind {
            Kind::Scalar(value) => Some(value),
            _ => None,
        }
    }

    /// The text of a literal scalar that is not null.
    pub fn text(&self) -> Option<String> {
        match self.scalar()? {
            Value::Literal(Scalar::Null) | Value::Unknown(_) => None,
            value => Some(value.as_text()),
        }
    }

    /// The text of the scalar under a key.
    pub fn text_of(&self, key: &str) -> Option<String> {
        self.get(key)?.text()
    }
}
