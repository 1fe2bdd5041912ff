//! A text decoded out of the one that holds it, with the way back for every byte.

use std::ops::Range;

use crate::source::{HOLE, OffsetMap};

/// Characters of an expression that survive in the name of the shell variable standing for it.
const LONGEST_NAME: usize = 48;

/// A decoded text; offsets of its pieces are those of the text it was decoded from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    pub text: String,
    /// As in [`OffsetMap::pieces`].
    pieces: Vec<(usize, usize, bool)>,
    /// Offsets in the decoded text of what was put in, with the source of the expressions.
    pub holes: Vec<(usize, String)>,
}

impl Decoded {
    /// Appends text that stands byte for byte at `host`.
    pub fn literal(&mut self, host: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        let at = self.text.len();
        let goes_on =
            matches!(self.pieces.last(), Some((decoded, start, true)) if host == start + (at - decoded));
        if !goes_on {
            self.pieces.push((at, host, true));
        }
        self.text.push_str(text);
    }

    /// Appends text that stands for something else at `host`: an escape, a fold, an interpolation.
    pub fn stand_in(&mut self, host: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        self.pieces.push((self.text.len(), host, false));
        self.text.push_str(text);
    }

    /// Appends the word for an interpolation that the reader of the text sees as one unknown word.
    pub fn hole(&mut self, host: usize) {
        self.stand_in(host, HOLE);
    }

    /// A hole that remembers the expression it stands for.
    pub fn hole_of(&mut self, host: usize, expression: &str) {
        self.holes.push((self.text.len(), expression.to_owned()));
        self.hole(host);
    }

    /// Appends an interpolation into a command line: a variable named after the expression, so that it reads as
    /// what it is, or a bare hole where a variable would not expand (in single quotes) or no name can be made.
    pub fn shell_hole(&mut self, host: usize, expression: &str) {
        match variable_name(expression) {
            Some(name) if !in_single_quotes(&self.text) => self.stand_in(host, &format!("${{{name}}}")),
            _ => self.hole(host),
        }
    }

    pub fn append(&mut self, other: &Self) {
        self.append_range(other, 0..other.text.len());
    }

    /// Appends a part of another text decoded from the same host.
    pub fn append_range(&mut self, other: &Self, range: Range<usize>) {
        let here = self.text.len();
        let holes = other.holes.iter().filter(|(at, _)| range.contains(at));
        self.holes.extend(holes.map(|(at, text)| (here + (at - range.start), text.clone())));
        for (index, (decoded, host, literal)) in other.pieces.iter().copied().enumerate() {
            let end = other.pieces.get(index + 1).map_or(other.text.len(), |next| next.0);
            let (from, to) = (decoded.max(range.start), end.min(range.end));
            let Some(text) = other.text.get(from..to).filter(|text| !text.is_empty()) else { continue };
            if literal {
                self.literal(host + (from - decoded), text);
            } else {
                self.stand_in(host, text);
            }
        }
    }

    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Where an offset of the decoded text stands in the text it was decoded from.
    pub fn origin(&self, offset: usize) -> usize {
        let next = self.pieces.partition_point(|(decoded, _, _)| *decoded <= offset);
        match next.checked_sub(1).and_then(|index| self.pieces.get(index)) {
            Some((decoded, host, true)) => host + (offset - decoded),
            Some((_, host, false)) => *host,
            None => 0,
        }
    }

    /// The map into the file: through `outer` where the host is itself a fragment.
    pub fn map(&self, outer: Option<&OffsetMap>) -> OffsetMap {
        let Some(outer) = outer else { return OffsetMap { pieces: self.pieces.clone() } };
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for (index, (decoded, host, literal)) in self.pieces.iter().copied().enumerate() {
            if !literal {
                pieces.push((decoded, outer.to_host(host), false));
                continue;
            }
            let end = self.pieces.get(index + 1).map_or(self.text.len(), |next| next.0);
            let (from, to) = (host, host + (end - decoded));
            let first = outer.pieces.partition_point(|piece| piece.0 <= from).saturating_sub(1);
            for piece in outer.pieces.iter().skip(first).take_while(|piece| piece.0 < to) {
                let start = piece.0.max(from);
                let target = if piece.2 { piece.1 + (start - piece.0) } else { piece.1 };
                pieces.push((decoded + (start - from), target, piece.2));
            }
        }
        OffsetMap { pieces }
    }
}

/// A shell variable name that recalls an expression: `var.data_dir` gives `var_data_dir`.
fn variable_name(expression: &str) -> Option<String> {
    let mut name = String::new();
    for letter in expression.chars() {
        if name.len() >= LONGEST_NAME {
            break;
        }
        if letter.is_ascii_alphanumeric() || letter == '_' {
            name.push(letter);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_end_matches('_').trim_start_matches(|letter: char| letter.is_ascii_digit());
    (!name.is_empty()).then(|| name.to_owned())
}

/// Whether the end of a shell text stands inside single quotes.
fn in_single_quotes(text: &str) -> bool {
    let (mut single, mut double, mut escaped) = (false, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if !single => escaped = true,
            b'\'' if !double => single = !single,
            b'"' if !single => double = !double,
            // A quote left open in a comment must not reach past it.
            b'\n' if !double && !single => {}
            _ => {}
        }
    }
    single
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn interpolations_become_named_variables_where_they_would_expand() {
        let mut text = Decoded::default();
        text.literal(0, "rm ");
        text.shell_hole(3, "var.data-dir");
        text.literal(9, " '");
        text.shell_hole(11, "x");
        text.literal(14, "'");
        assert_eq!(text.text, "rm ${var_data_dir} '__hole__'");
        assert_eq!((text.origin(1), text.origin(8), text.origin(text.text.len() - 1)), (1, 3, 14));
    }

    proptest! {
        /// Every byte of a literal piece leads back to an equal byte of the file, through two layers.
        #[test]
        fn literal_bytes_lead_back_through_layers(cuts in proptest::collection::vec((0usize..40, 1usize..8, any::<bool>()), 1..12)) {
            let file: String = (0..64).map(|index| char::from(b'0' + (index % 75) as u8)).collect();
            let build = |host: &str| {
                let mut text = Decoded::default();
                for (start, length, literal) in &cuts {
                    let start = *start % host.len().max(1);
                    let end = (start + length).min(host.len());
                    if *literal { text.literal(start, &host[start..end]) } else { text.stand_in(start, "-") }
                }
                text
            };
            let outer = build(&file);
            let inner = build(&outer.text);
            let map = inner.map(Some(&outer.map(None)));
            for (index, (decoded, host, literal)) in map.pieces.iter().enumerate() {
                let end = map.pieces.get(index + 1).map_or(inner.text.len(), |next| next.0);
                if *literal {
                    prop_assert_eq!(&inner.text[*decoded..end], &file[*host..host + (end - decoded)]);
                }
            }
        }
    }
}
