//! Scripts inside commands: `bash -c '…'`, `ssh host …`, `eval …`, heredocs. Which text, and where it stands.

use super::script::{RawPart, RawWord};
use super::variables::Arg;
use crate::source::OffsetMap;

/// A text that a shell reads, and where its bytes stand in the document.
#[derive(Clone, Debug, Default)]
pub(super) struct Fragment {
    pub text: String,
    pub map: OffsetMap,
}

impl Fragment {
    /// A text that stands as it is.
    pub(super) fn whole(text: &str) -> Self {
        Self { text: text.to_owned(), map: OffsetMap { pieces: vec![(0, 0, true)] } }
    }

    fn push(&mut self, text: &str, at: usize, exact: bool) {
        self.map.pieces.push((self.text.len(), at, exact));
        self.text.push_str(text);
    }

    /// The bytes `start..end` of this text as a fragment.
    pub(super) fn slice(&self, start: usize, end: usize) -> Self {
        let mut slice = Self::default();
        self.copy(start, end, &mut slice);
        slice
    }

    /// Appends the bytes `start..end` of this text, each piece with its place in the document.
    fn copy(&self, start: usize, end: usize, into: &mut Self) {
        let mut at = start;
        while at < end {
            let next = self.map.pieces.partition_point(|(decoded, _, _)| *decoded <= at);
            let stop = self.map.pieces.get(next).map_or(end, |(decoded, _, _)| *decoded).min(end);
            let exact =
                next.checked_sub(1).and_then(|index| self.map.pieces.get(index)).is_none_or(|piece| piece.2);
            let Some(text) = self.text.get(at..stop) else { return };
            into.push(text, self.map.to_host(at), exact);
            at = stop;
        }
    }

    /// The script that words hold, joined by blanks. `None` where nothing of it is known.
    pub(super) fn script(&self, args: &[Arg<'_>]) -> Option<Self> {
        let mut script = Self::default();
        let mut known = false;
        for (index, arg) in args.iter().enumerate() {
            if index > 0 {
                let at = self.map.to_host(arg.start);
                script.push(" ", at, false);
            }
            match arg.raw {
                Some(raw) => known |= self.word(raw, arg, &mut script),
                None => {
                    known |= arg.word.as_literal().is_some() || arg.word.resolved().contains(' ');
                    script.push(&arg.word.resolved(), self.map.to_host(arg.start), false);
                }
            }
        }
        known.then_some(script)
    }

    /// Appends one word as the inner shell receives it; expansions that are not known stay as they are written.
    fn word(&self, raw: &RawWord, arg: &Arg<'_>, script: &mut Self) -> bool {
        let whole_variable =
            matches!(raw.parts.as_slice(), [RawPart::Parameter { .. } | RawPart::Substitution { .. }]);
        if whole_variable {
            let value = arg.word.resolved();
            let known = arg.word.as_literal().is_some() || !value.starts_with('$');
            script.push(&value, self.map.to_host(arg.start), false);
            return known;
        }
        for part in &raw.parts {
            match part {
                RawPart::Text { text, at, .. } => {
                    // An escape of `$'…'` is shorter in the script than in the file.
                    if self.text.get(*at..*at + text.len()) == Some(text) {
                        self.copy(*at, *at + text.len(), script);
                    } else {
                        script.push(text, self.map.to_host(*at), false);
                    }
                }
                RawPart::Parameter { span, .. }
                | RawPart::Substitution { span, .. }
                | RawPart::Arithmetic { span }
                | RawPart::Template { span } => self.copy(span.start, span.end, script),
                RawPart::Array(_) => {}
            }
        }
        true
    }
}
