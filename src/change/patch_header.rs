//! What the lines above the hunks of a patch say about a file: its names, modes and fate.

use super::model::{Mode, Status};

/// The header of one file, as far as it was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    /// From `---` and `+++`, else from `diff --git`; `None` is `/dev/null`.
    pub old: Option<String>,
    pub new: Option<String>,
    pub old_mode: Option<u32>,
    pub new_mode: Option<u32>,
    /// Said by `new file`, `deleted file`, `rename` or `copy`.
    pub fate: Option<Status>,
    pub binary: bool,
    /// Bytes of the old and new content of a binary patch.
    pub sizes: (u64, u64),
    /// The two names of `diff --git` as they stand there.
    pair: Option<(String, String)>,
}

impl Header {
    /// From the rest of a line after `diff --git `.
    pub fn of_git(rest: &str) -> Self {
        let pair = split_pair(rest);
        let mut header = Self { pair: pair.clone(), ..Self::default() };
        if let Some((old, new)) = pair {
            header.set_names(Some(old), Some(new));
        }
        header
    }

    /// From the rests of `--- ` and `+++ `.
    pub fn set_sides(&mut self, old: &str, new: &str) {
        let (old, new) = (side_name(old), side_name(new));
        if old.is_none() && self.fate.is_none() {
            self.fate = Some(Status::Added);
        }
        if new.is_none() && self.fate.is_none() {
            self.fate = Some(Status::Deleted);
        }
        // Renames say their names without prefixes, and are believed first.
        if !matches!(self.fate, Some(Status::Renamed | Status::Copied)) {
            self.set_names(old, new);
        }
    }

    /// Takes in an extended header line; `false` if it is none.
    pub fn extend(&mut self, line: &str) -> bool {
        let mode = |text: &str| u32::from_str_radix(text.trim(), 8).ok();
        if let Some(rest) = line.strip_prefix("old mode ") {
            self.old_mode = mode(rest);
        } else if let Some(rest) = line.strip_prefix("new mode ") {
            self.new_mode = mode(rest);
        } else if let Some(rest) = line.strip_prefix("new file mode ") {
            self.new_mode = mode(rest);
            self.fate = Some(Status::Added);
        } else if let Some(rest) = line.strip_prefix("deleted file mode ") {
            self.old_mode = mode(rest);
            self.fate = Some(Status::Deleted);
        } else if let Some(rest) = line.strip_prefix("rename from ") {
            self.old = Some(unquote(rest));
            self.fate = Some(Status::Renamed);
        } else if let Some(rest) = line.strip_prefix("copy from ") {
            self.old = Some(unquote(rest));
            self.fate = Some(Status::Copied);
        } else if let Some(rest) = line.strip_prefix("rename to ").or_else(|| line.strip_prefix("copy to ")) {
            self.new = Some(unquote(rest));
        } else if let Some(rest) = line.strip_prefix("index ") {
            if let Some((_, rest)) = rest.split_once(' ') {
                self.old_mode = self.old_mode.or(mode(rest));
                self.new_mode = self.new_mode.or(mode(rest));
            }
        } else if line.starts_with("Binary files ") && line.ends_with(" differ") || line == "GIT binary patch" {
            self.binary = true;
        } else {
            return line.starts_with("similarity index ") || line.starts_with("dissimilarity index ");
        }
        true
    }

    pub fn mode(&self, mode: Option<u32>) -> Mode {
        match mode.unwrap_or(0o100_644) & 0o170_111 {
            kind if kind & 0o170_000 == 0o120_000 => Mode::Symlink,
            kind if kind & 0o170_000 == 0o160_000 => Mode::Submodule,
            kind if kind & 0o111 != 0 => Mode::Executable,
            _ => Mode::Regular,
        }
    }

    /// Without the prefixes that diff programs put before the two sides.
    fn set_names(&mut self, old: Option<String>, new: Option<String>) {
        (self.old, self.new) = match (old, new) {
            (Some(old), Some(new)) => {
                let (old, new) = strip_both(&old, &new);
                (Some(old), Some(new))
            }
            (Some(old), None) => (Some(self.strip_one(&old)), None),
            (None, Some(new)) => (None, Some(self.strip_one(&new))),
            (None, None) => (None, None),
        };
    }

    fn strip_one(&self, name: &str) -> String {
        match &self.pair {
            Some((old, new)) => {
                let (old_stripped, new_stripped) = strip_both(old, new);
                if name == new { new_stripped } else { old_stripped }
            }
            None => name.strip_prefix("a/").or_else(|| name.strip_prefix("b/")).unwrap_or(name).to_owned(),
        }
    }
}

/// `a/x` and `b/x` are x; so are `i/x` and `w/x`, `before/x` and `after/x`. `x` and `x` stay.
fn strip_both(old: &str, new: &str) -> (String, String) {
    let cut = |name: &str| name.split_once('/').map(|(first, rest)| (first.to_owned(), rest.to_owned()));
    match (cut(old), cut(new)) {
        (Some((old_first, old_rest)), Some((new_first, new_rest)))
            if old_first != new_first
                && (old_rest == new_rest || (old_first.len() == 1 && new_first.len() == 1)) =>
        {
            (old_rest, new_rest)
        }
        _ => (old.to_owned(), new.to_owned()),
    }
}

/// The name after `---` or `+++`; `None` for the side that does not exist.
fn side_name(rest: &str) -> Option<String> {
    let name = if rest.starts_with('"') {
        unquote(rest)
    } else {
        // Programs put the time behind a tab.
        rest.split('\t').next().unwrap_or(rest).trim_end().to_owned()
    };
    (name != "/dev/null").then_some(name)
}

/// The two names of `diff --git`; a name with blanks is found by both halves being equal after their prefix.
fn split_pair(rest: &str) -> Option<(String, String)> {
    if rest.starts_with('"') {
        let end = quoted_end(rest)?;
        return Some((unquote(&rest[..end]), unquote(rest[end..].trim_start())));
    }
    if let Some(at) = rest.find(" \"") {
        return Some((rest[..at].to_owned(), unquote(&rest[at + 1..])));
    }
    let halves = rest.match_indices(' ').map(|(at, _)| (&rest[..at], &rest[at + 1..]));
    let tail = |name: &str| name.split_once('/').map_or(name.to_owned(), |(_, tail)| tail.to_owned());
    let same = halves.clone().find(|(old, new)| old == new || tail(old) == tail(new));
    let (old, new) = same.or_else(|| halves.clone().next())?;
    Some((old.to_owned(), new.to_owned()))
}

/// The byte after the closing quote.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return Some(at + 1),
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

/// A name as git quotes it: in double quotes with escapes of C where it has to be.
fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.trim_end().strip_suffix('"')) else {
        return text.trim_end_matches(['\r', '\n']).to_owned();
    };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b'a') => bytes.push(7),
            Some(b'b') => bytes.push(8),
            Some(b'v') => bytes.push(11),
            Some(b'f') => bytes.push(12),
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    if let Some(next) = rest.next_if(|next| (b'0'..=b'7').contains(next)) {
                        value = value * 8 + u32::from(next - b'0');
                    }
                }
                bytes.push(value as u8);
            }
            Some(other) => bytes.push(other),
            None => bytes.push(b'\\'),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> (String, String) {
        let header = Header::of_git(line);
        (header.old.unwrap(), header.new.unwrap())
    }

    #[test]
    fn prefixes_are_taken_away_only_where_they_are_prefixes() {
        assert_eq!(names("a/x/y b/x/y"), ("x/y".into(), "x/y".into()));
        assert_eq!(names("i/x w/x"), ("x".into(), "x".into()));
        assert_eq!(names("a/x a/x"), ("a/x".into(), "a/x".into()));
        assert_eq!(names("a/one two b/one two"), ("one two".into(), "one two".into()));
        assert_eq!(names("\"a/caf\\303\\251\" \"b/caf\\303\\251\""), ("café".into(), "café".into()));
    }

    #[test]
    fn a_name_on_one_side_follows_the_pair() {
        let mut header = Header::of_git("a/x a/x");
        header.set_sides("/dev/null", "a/x");
        assert_eq!((header.old, header.new.as_deref()), (None, Some("a/x")));
        let mut plain = Header::default();
        plain.set_sides("before/src/x\t2026-01-01", "after/src/x\t2026-01-02");
        assert_eq!(plain.old.as_deref(), Some("src/x"));
    }
}
