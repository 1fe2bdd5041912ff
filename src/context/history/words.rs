//! What the message of a past commit says: that it takes another back, that it repairs, who looked at it.

/// The commit that another takes back, as far as the message names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Full or abbreviated id.
    pub id: Option<String>,
    pub subject: Option<String>,
}

pub fn subject(message: &str) -> &str {
    message.lines().next().unwrap_or_default().trim()
}

/// The message below the subject.
pub fn body(message: &str) -> &str {
    message.split_once('\n').map_or("", |(_, body)| body)
}

/// `Revert …`, `scope: back out …`, or "reverts commit" anywhere.
pub fn revert(message: &str) -> Option<Taken> {
    let low = message.to_lowercase();
    let head = without_scope(subject(&low));
    let starts = ["revert", "back out", "backout", "backed out"].iter().any(|word| head.starts_with(word));
    let said = low.contains("reverts commit");
    if !starts && !said {
        return None;
    }
    let after = low.find("reverts commit").map(|at| &low[at + "reverts commit".len()..]);
    let id = after.and_then(|rest| {
        let word = rest.split_whitespace().next()?.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
        (word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| word.to_owned())
    });
    let quoted = subject(message).split_once('"').and_then(|(_, rest)| rest.rsplit_once('"'));
    Some(Taken { id, subject: quoted.map(|(quoted, _)| quoted.to_owned()) })
}

/// Without `[tag]` and `scope:` in front.
fn without_scope(subject: &str) -> &str {
    let rest = match subject.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest.trim_start(),
        None => subject,
    };
    match rest.split_once(": ") {
        Some((scope, after)) if !scope.contains(' ') || scope.starts_with('(') => after.trim_start(),
        _ => rest,
    }
}

/// Words that mark a repair; the grave ones count in the body too.
pub fn is_fix(message: &str) -> bool {
    const GRAVE: [&str; 4] = ["hotfix", "outage", "incident", "regression"];
    let subject = words(subject(message));
    let says = |word: &String| {
        matches!(word.as_str(), "fix" | "fixes" | "fixed" | "fixing" | "bugfix")
            || GRAVE.contains(&word.as_str())
    };
    subject.iter().any(says) || words(body(message)).iter().any(|word| GRAVE.contains(&word.as_str()))
}

/// Lower-case words of letters and digits that start with a letter.
pub fn words(text: &str) -> Vec<String> {
    let low = text.to_lowercase();
    low.split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| word.starts_with(|letter: char| letter.is_ascii_alphabetic()))
        .map(str::to_owned)
        .collect()
}

/// The words by which two subjects are compared, sorted.
pub fn telling(subject: &str) -> Vec<String> {
    let mut words = words(subject);
    words.retain(|word| {
        word.len() >= 3 && !matches!(word.as_str(), "the" | "and" | "for" | "from" | "with" | "revert")
    });
    words.sort_unstable();
    words.dedup();
    words
}

/// Share of words that two sorted lists have in common, 0 to 1.
pub fn likeness(one: &[String], other: &[String]) -> f64 {
    let common = one.iter().filter(|word| other.binary_search(word).is_ok()).count();
    let all = one.len() + other.len() - common;
    if all == 0 { 0.0 } else { common as f64 / all as f64 }
}

/// Names and addresses of those who reviewed, from trailers at the left margin.
pub fn reviewers(message: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in message.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let key = key.to_ascii_lowercase().replace(' ', "-");
        if !matches!(key.as_str(), "reviewed-by" | "approved-by") {
            continue;
        }
        for person in value.split([',', ';']) {
            let (name, email) = match person.split_once('<') {
                Some((name, rest)) => (name.trim(), rest.split('>').next().unwrap_or_default().trim()),
                None if person.contains('@') => (person.trim().trim_start_matches('@'), ""),
                None => (person.trim(), ""),
            };
            if !name.is_empty() || !email.is_empty() {
                found.push((name.to_owned(), email.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reverts_are_told_with_what_they_take_back() {
        let taken = revert("Revert \"Add cache\"\n\nThis reverts commit 0123456789abcdef.\n").unwrap();
        assert_eq!(taken.id.as_deref(), Some("0123456789abcdef"));
        assert_eq!(taken.subject.as_deref(), Some("Add cache"));
        for message in
            ["[ci] revert the cache", "net/http: revert x", "Back out x", "x\n\nReverts commit abcdef1"]
        {
            assert!(revert(message).is_some(), "{message}");
        }
        for message in ["Do not revert x", "Add revert button", "Handle reverted orders"] {
            assert!(revert(message).is_none(), "{message}");
        }
    }

    #[test]
    fn repairs_are_told() {
        assert!(is_fix("Fix the build") && is_fix("x\n\nafter the outage") && is_fix("core: bugfix"));
        assert!(!is_fix("Add prefix") && !is_fix("x\n\nfixes nothing else"));
    }

    #[test]
    fn reviewers_stand_in_trailers() {
        let people =
            reviewers("x\n\nReviewed-by: Ada <ada@example.com>\nReviewed By: bob, eve\n  Approved-by: no\n");
        let names: Vec<&str> = people.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Ada", "bob", "eve"]);
    }

    #[test]
    fn subjects_are_compared_by_their_telling_words() {
        let one = telling("Add the cache for users");
        assert_eq!(one, ["add", "cache", "users"]);
        assert!((likeness(&one, &telling("add cache")) - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(likeness(&[], &[]), 0.0);
    }
}
