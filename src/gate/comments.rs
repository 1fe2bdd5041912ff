//! Waivers in comments: `foureyes: allow RULE-ID until 2027-01-31 because …`.

use super::Day;

/// What introduces a waiver.
const MARK: &str = "foureyes:";

/// A waiver as it stands in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub rule: String,
    /// `None` where day or reason is missing or wrong; such a waiver does not count.
    pub terms: Option<(Day, String)>,
}

/// The waiver of a line, if it holds one.
pub fn read(line: &str) -> Option<Comment> {
    let at = line.find(MARK)?;
    if !opens_comment(line[..at].trim_end()) {
        return None;
    }
    let rest = line[at + MARK.len()..].trim_start().strip_prefix("allow")?;
    if !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let mut words = rest.split_whitespace();
    let rule = words.next()?.trim_end_matches([',', ';']).to_owned();
    let is_name = rule.contains('/')
        && rule.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_/*".contains(letter));
    if !is_name {
        return None;
    }
    Some(Comment { rule, terms: terms(words) })
}

/// Whether a text ends in what opens a comment, at its beginning or behind a blank.
fn opens_comment(before: &str) -> bool {
    ["#", "//", "///", "--", "/*", "*", "<!--", ";", "%", "{#", "{{/*", "REM"].iter().any(|opener| {
        before.strip_suffix(opener).is_some_and(|text| text.is_empty() || text.ends_with(char::is_whitespace))
    })
}

fn terms<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<(Day, String)> {
    if words.next()? != "until" {
        return None;
    }
    let day: Day = words.next()?.trim_end_matches([',', ';', ':']).parse().ok()?;
    if words.next()?.trim_end_matches(':') != "because" {
        return None;
    }
    let reason = words.collect::<Vec<_>>().join(" ");
    let reason = ["*/", "-->", "#}", "%>", "*)"]
        .iter()
        .fold(reason.as_str(), |text, end| text.strip_suffix(end).unwrap_or(text).trim_end());
    (!reason.is_empty()).then(|| (day, reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_names_rule_day_and_reason() {
        let waiver =
            read("  # foureyes: allow shell/rm-variable until 2027-01-31 because the job ends then").unwrap();
        assert_eq!(waiver.rule, "shell/rm-variable");
        let (day, reason) = waiver.terms.unwrap();
        assert_eq!((day.to_string().as_str(), reason.as_str()), ("2027-01-31", "the job ends then"));
        let closed = read("/* foureyes: allow a/b until 2027-01-31 because: reasons */").unwrap();
        assert_eq!(closed.terms.unwrap().1, "reasons");
    }

    #[test]
    fn without_day_or_reason_it_does_not_count() {
        for line in [
            "# foureyes: allow a/b",
            "# foureyes: allow a/b until 2027-01-31",
            "# foureyes: allow a/b until 2027-01-31 because",
            "# foureyes: allow a/b until tomorrow because x",
            "# foureyes: allow a/b because x",
        ] {
            assert_eq!(read(line).unwrap().terms, None, "{line}");
        }
        for line in [
            "# foureyes: ignore a/b",
            "# foureyes: allowed a/b",
            "# allow a/b",
            "# foureyes: allow",
            "# foureyes: allow RULE until 2027-01-31 because x",
            "say(\"# foureyes: allow a/b until 2027-01-31 because x\")",
            "foureyes: allow a/b until 2027-01-31 because x",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
