//! Patterns over attribute paths and names.

/// A pattern over dotted paths: `*` stands for one segment, `[*]` for any list element, `**` for any depth
/// (also none).
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    segments: Vec<String>,
}

impl PathPattern {
    pub fn new(text: &str) -> Result<Self, String> {
        let segments: Vec<String> =
            segments(text).as_slice().iter().map(|&segment| segment.to_owned()).collect();
        if segments.is_empty() || segments.iter().any(String::is_empty) {
            return Err(format!("`{text}` is not a path: segments are divided by single dots"));
        }
        Ok(Self { text: text.to_owned(), segments })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn matches(&self, path: &str) -> bool {
        // Most paths end otherwise, which is cheaply seen.
        let last = self.segments.last().map_or("", String::as_str);
        if !last.contains('*') && !path.ends_with(last) {
            return false;
        }
        matches(&self.segments, segments(path).as_slice())
    }
}

/// `a.b[0].c["x.y"]` is `a`, `b`, `[0]`, `c`, `["x.y"]`. Slices of the path, in a list that holds usual paths without
/// allocating.
fn segments(path: &str) -> Segments<'_> {
    let mut found = Segments::default();
    let bytes = path.as_bytes();
    let mut start = 0;
    let mut depth = 0u32;
    let mut after_index = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'[' => {
                if depth == 0 && !(start == at && (found.is_empty() || after_index)) {
                    found.push(&path[start..at]);
                    start = at;
                }
                depth += 1;
            }
            b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    found.push(&path[start..=at]);
                    start = at + 1;
                    after_index = true;
                }
            }
            b'.' if depth == 0 => {
                if !(start == at && after_index) {
                    found.push(&path[start..at]);
                }
                start = at + 1;
                after_index = false;
            }
            _ if depth == 0 => after_index = false,
            _ => {}
        }
    }
    if !(start == bytes.len() && after_index) {
        found.push(&path[start..]);
    }
    found
}

/// `rule[logs].days[x]` is `rule.days[x]`: the name of the last element stays.
pub fn without_inner_indexes(path: &str) -> String {
    let end = match path.strip_suffix(']') {
        Some(_) => path.rfind('[').unwrap_or(path.len()),
        None => path.len(),
    };
    let mut plain = without_indexes(&path[..end]);
    plain.push_str(&path[end..]);
    plain
}

/// The segments of a path: `a.b[0].c` is `a`, `b`, `[0]`, `c`.
pub fn path_segments(path: &str) -> Vec<String> {
    segments(path).as_slice().iter().map(|&segment| segment.to_owned()).collect()
}

/// `a[0].b["x"].c` is `a.b.c`.
pub fn without_indexes(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut depth = 0u32;
    for letter in path.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    plain
}

/// Segments kept in place up to a usual depth.
#[derive(Default)]
struct Segments<'a> {
    first: [&'a str; 16],
    count: usize,
    rest: Vec<&'a str>,
}

impl<'a> Segments<'a> {
    fn push(&mut self, segment: &'a str) {
        if self.rest.is_empty() && self.count < self.first.len() {
            self.first[self.count] = segment;
            self.count += 1;
            return;
        }
        if self.rest.is_empty() {
            self.rest.extend(self.first);
        }
        self.rest.push(segment);
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn as_slice(&self) -> &[&'a str] {
        if self.rest.is_empty() { &self.first[..self.count] } else { &self.rest }
    }
}

fn matches(pattern: &[String], path: &[&str]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        Some((first, rest)) if first == "**" => (0..=path.len()).any(|skip| matches(rest, &path[skip..])),
        Some((first, rest)) => match path.split_first() {
            Some((segment, others)) => segment_matches(first, segment) && matches(rest, others),
            None => false,
        },
    }
}

fn segment_matches(pattern: &str, segment: &str) -> bool {
    match pattern {
        "*" => !segment.starts_with('['),
        "[*]" => segment.starts_with('['),
        _ => glob(pattern, segment),
    }
}

/// The innermost list element with a name that holds a path, `containers[app]` of `containers[app].image`; `None`
/// where there is none, or where the path is an element itself.
pub fn element_of(path: &str) -> Option<&str> {
    let end = path.rmatch_indices("].").find(|(at, _)| !path[..*at].ends_with('"'))?.0;
    let element = &path[..=end];
    let name = element.rsplit_once('[').map_or("", |(_, name)| name.trim_end_matches(']'));
    (!name.bytes().all(|byte| byte.is_ascii_digit())).then_some(element)
}

/// A path in which the numbers of nameless list elements do not count: `rules[#].verbs[get]`; `None` without one.
pub fn without_numbers(path: &str) -> Option<String> {
    let mut general = String::with_capacity(path.len());
    let mut found = false;
    let mut rest = path;
    while let Some(open) = rest.find('[') {
        let inner = &rest[open + 1..];
        let Some(close) = inner.find(']') else { break };
        let is_number = close > 0 && inner[..close].bytes().all(|byte| byte.is_ascii_digit());
        general.push_str(&rest[..=open]);
        general.push_str(if is_number { "#" } else { &inner[..close] });
        general.push(']');
        found |= is_number;
        rest = &inner[close + 1..];
    }
    general.push_str(rest);
    found.then_some(general)
}

/// `*` stands for any run of characters, also none; everything else for itself.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.as_bytes(), text.as_bytes());
    // Asked ten thousand times for a file: most names begin or end otherwise.
    let differs = |letter: Option<&u8>, other: Option<&u8>| letter != other && letter != Some(&b'*');
    if differs(pattern.first(), text.first()) || differs(pattern.last(), text.last()) {
        return false;
    }
    let Some(star) = memchr::memchr(b'*', pattern) else { return pattern == text };
    if !text.starts_with(&pattern[..star]) {
        return false;
    }
    (pattern, text) = (&pattern[star + 1..], &text[star..]);
    while let Some(star) = memchr::memchr(b'*', pattern) {
        let Some(at) = memchr::memmem::find(text, &pattern[..star]) else { return false };
        (pattern, text) = (&pattern[star + 1..], &text[at + star..]);
    }
    text.ends_with(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_by_segment() {
        for (pattern, path, expected) in [
            ("spec.replicas", "spec.replicas", true),
            ("spec.*", "spec.replicas", true),
            ("spec.*", "spec.template.spec", false),
            ("spec.**", "spec.template.spec", true),
            ("**.privileged", "spec.containers[app].securityContext.privileged", true),
            ("containers[*].image", "containers[app].image", true),
            ("containers.*.image", "containers[app].image", false),
            ("**", "a", true),
            ("tags[\"a.b\"]", "tags[\"a.b\"]", true),
            ("on.push.branches[*]", "on.push.branches[main]", true),
        ] {
            assert_eq!(PathPattern::new(pattern).unwrap().matches(path), expected, "{pattern} {path}");
        }
        assert!(PathPattern::new("a..b").is_err());
    }

    #[test]
    fn elements_and_numbers_are_seen() {
        assert_eq!(element_of("a.containers[app].env[X].value"), Some("a.containers[app].env[X]"));
        assert_eq!(element_of("finalizers[x.y/z]"), None);
        assert_eq!(element_of("include[0].template"), None);
        assert_eq!(element_of("a[\"b.c\"].d"), None);
        assert_eq!(without_numbers("rules[10].verbs[get]").as_deref(), Some("rules[#].verbs[get]"));
        assert_eq!(without_numbers("rules[web].verbs[get]"), None);
    }

    #[test]
    fn indexes_are_left_out() {
        assert_eq!(without_indexes("disk[0].kms[\"a.b\"].key"), "disk.kms.key");
    }

    #[test]
    fn globs_match_runs() {
        assert!(glob("aws_*", "aws_db_instance") && glob("*.deleteMany", "prisma.user.deleteMany"));
        assert!(glob("*", "") && glob("a*b*c", "a-b-b-c") && !glob("a*b", "a-b-c"));
        assert!(glob("", "") && !glob("", "a") && !glob("a", "") && !glob("ab*ba", "aba") && glob("**a", "xa"));
        assert!(!glob("a*b*b", "ab") && glob("é*", "éa") && !glob("é", "è"));
    }
}
