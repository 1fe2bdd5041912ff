//! Whether a path falls under a line of CODEOWNERS.

/// What a pattern without a slash at its start reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// As in an ignore file: one with a slash inside counts from the root, any other from any folder. A match of a
    /// folder takes in what is below it, unless the last part is `*`.
    LikeIgnore,
    /// GitLab: from any folder, and a folder is meant only with a slash at the end.
    AnyDepth,
}

#[derive(Clone, Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    /// The parts may end at a folder above the file.
    takes_in_below: bool,
    /// They must.
    is_folder: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// `**`: any number of folders, also none.
    Any,
    Glob(Vec<Letter>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letter {
    /// `*`
    Some,
    /// `?`
    One,
    Is(char),
}

impl Pattern {
    pub fn new(text: &str, reach: Reach) -> Self {
        let anchored = text.starts_with('/');
        let is_folder = text.ends_with('/');
        let inner = text.strip_prefix('/').unwrap_or(text);
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let mut parts: Vec<Part> = inner.split('/').map(Part::of).collect();
        let from_root = anchored || (reach == Reach::LikeIgnore && inner.contains('/'));
        if !from_root {
            parts.insert(0, Part::Any);
        }
        parts.dedup_by(|one, other| *one == Part::Any && *other == Part::Any);
        let last_is_star = parts.last() == Some(&Part::Glob(vec![Letter::Some]));
        let takes_in_below = match reach {
            Reach::LikeIgnore => is_folder || !last_is_star,
            Reach::AnyDepth => is_folder,
        };
        Self { parts, takes_in_below, is_folder }
    }

    /// `path` has `/` between its parts and none at its start.
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        // Which numbers of names the parts so far can stand for.
        let mut reached = vec![false; names.len() + 1];
        reached[0] = true;
        for (index, part) in self.parts.iter().enumerate() {
            let mut next = vec![false; names.len() + 1];
            match part {
                Part::Any => {
                    // At the end it stands for at least one name.
                    let is_end = index > 0 && index + 1 == self.parts.len();
                    let mut any = false;
                    for (place, reached) in reached.iter().enumerate() {
                        next[place] = any || (*reached && !is_end);
                        any |= reached;
                    }
                }
                Part::Glob(letters) => {
                    for (place, name) in names.iter().enumerate().filter(|(place, _)| reached[*place]) {
                        next[place + 1] |= fits(letters, name);
                    }
                }
            }
            reached = next;
        }
        let whole = reached[names.len()] && !self.is_folder;
        whole || (self.takes_in_below && reached[..names.len()].iter().skip(1).any(|reached| *reached))
    }
}

impl Part {
    fn of(text: &str) -> Self {
        if text == "**" {
            return Self::Any;
        }
        let mut letters = Vec::new();
        let mut rest = text.chars();
        while let Some(letter) = rest.next() {
            match letter {
                '*' if letters.last() == Some(&Letter::Some) => {}
                '*' => letters.push(Letter::Some),
                '?' => letters.push(Letter::One),
                '\\' => letters.push(Letter::Is(rest.next().unwrap_or('\\'))),
                letter => letters.push(Letter::Is(letter)),
            }
        }
        Self::Glob(letters)
    }
}

/// Whether a glob without slashes fits a whole name. Goes back to the last `*` only, so it cannot explode.
fn fits(letters: &[Letter], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < name.len() {
        match letters.get(at) {
            Some(Letter::Some) => {
                star = Some((at, place));
                at += 1;
            }
            Some(Letter::One) => (at, place) = (at + 1, place + 1),
            Some(Letter::Is(letter)) if *letter == name[place] => (at, place) = (at + 1, place + 1),
            _ => match star {
                Some((back, from)) => {
                    star = Some((back, from + 1));
                    (at, place) = (back + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    letters[at..].iter().all(|letter| *letter == Letter::Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stay_within_a_name() {
        let star = |glob: &str, name: &str| match Part::of(glob) {
            Part::Glob(letters) => fits(&letters, name),
            Part::Any => true,
        };
        assert!(star("a*c*e", "abcde") && star("*", "") && star("a?c", "abc") && star("*.tf", "main.tf"));
        assert!(!star("a*c", "abd") && !star("a", "ab") && !star("", "a"));
        assert!(!star(&"*a".repeat(40), &"a".repeat(39)));
    }

    #[test]
    fn two_stars_at_the_end_need_something_below() {
        let pattern = Pattern::new("/foo/**", Reach::LikeIgnore);
        let nested = Pattern::new("**/foo/**", Reach::LikeIgnore);
        assert!(nested.matches("foo/a/foo") && !nested.matches("a/foo"));
        assert!(pattern.matches("foo/a/b") && pattern.matches("foo/a") && !pattern.matches("foo"));
    }
}
