//! A pairing of facts.

use crate::facts::Fact;
use crate::source::Position;

/// What became of a fact between the old and the new side. Equal facts give no delta.
#[derive(Clone, Debug)]
pub enum Delta {
    Introduced {
        new: Fact,
    },
    Removed {
        old: Fact,
        /// Where a reader of the new side should look: the surviving scope, or where the lines collapsed.
        anchor: Option<Anchor>,
        /// The definition, block or document that held it is still there.
        holder_survives: bool,
    },
    Changed {
        old: Fact,
        new: Fact,
    },
    /// The same content at another place; reported as information only.
    Moved {
        old: Fact,
        new: Fact,
    },
}

/// A place on the new side that stands for something that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    pub path: String,
    pub position: Position,
}

impl Delta {
    pub fn old(&self) -> Option<&Fact> {
        match self {
            Self::Introduced { .. } => None,
            Self::Removed { old, .. } | Self::Changed { old, .. } | Self::Moved { old, .. } => Some(old),
        }
    }

    pub fn new_fact(&self) -> Option<&Fact> {
        match self {
            Self::Removed { .. } => None,
            Self::Introduced { new } | Self::Changed { new, .. } | Self::Moved { new, .. } => Some(new),
        }
    }
}
