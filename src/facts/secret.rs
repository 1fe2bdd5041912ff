//! What in a line of text is a credential, and how the line is shown without it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use super::Expression;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde::Deserialize;

const TABLE: &str = include_str!("../../rules/data/secrets.json");

/// Bits a character below which a text is no key but a word or a pattern.
const LEAST_ENTROPY: f64 = 3.0;
/// The same for a literal that only its name gives away.
const LEAST_ENTROPY_OF_NAMED: f64 = 3.5;
/// Characters of such a literal.
const SHORTEST_NAMED: usize = 16;
/// Characters at the start of a credential that tell its kind and stay readable.
const READABLE: usize = 4;
/// Characters of a line of an encoded key.
const LONGEST_KEY_LINE: usize = 80;
const SHORTEST_KEY_LINE: usize = 40;

/// How a credential was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// Its issuer made it recognisable.
    Shape,
    /// The first line of a private key.
    PrivateKey {
        /// A passphrase protects it.
        encrypted: bool,
    },
    /// A password in an address.
    Address,
    /// A long random literal under a name such as `client_secret`.
    Named,
}

/// A credential in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Bytes in the line.
    pub range: Range<usize>,
    /// For people: `GitHub token`.
    pub name: String,
    pub how: Recognised,
}

#[derive(Deserialize, Default)]
struct Table {
    shapes: Vec<Shape>,
    placeholders: Vec<String>,
    names: Vec<String>,
    not_names: Vec<String>,
}

#[derive(Deserialize)]
struct Shape {
    name: String,
    literals: Vec<String>,
    pattern: String,
    #[serde(skip)]
    compiled: OnceLock<Expression>,
}

fn table() -> &'static Table {
    static PARSED: OnceLock<Table> = OnceLock::new();
    // A test reads the file, so it parses.
    PARSED.get_or_init(|| serde_json::from_str(TABLE).unwrap_or_default())
}

/// One pass over a text for whatever a credential could begin with.
fn search() -> Option<&'static AhoCorasick> {
    static SEARCH: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    SEARCH
        .get_or_init(|| {
            let table = table();
            let shapes = table.shapes.iter().flat_map(|shape| &shape.literals);
            let names = table
                .names
                .iter()
                .flat_map(|name| [name.clone(), name.replace('_', ""), name.replace('_', "-")]);
            let all: Vec<String> =
                shapes.cloned().chain(names).chain(["PRIVATE KEY".to_owned(), "://".to_owned()]).collect();
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(all)
                .ok()
        })
        .as_ref()
}

/// Whether a line may hold a credential at all.
pub fn may_hold(text: &str) -> bool {
    search().is_some_and(|search| search.is_match(text))
}

/// Every credential of a line. Placeholders, examples and look-ups are none.
pub fn secrets_in(line: &str) -> Vec<Secret> {
    if !may_hold(line) {
        return Vec::new();
    }
    let mut found: Vec<Secret> = Vec::new();
    for shape in &table().shapes {
        if !shape.literals.iter().any(|literal| line.contains(literal.as_str())) {
            continue;
        }
        let expression = shape.compiled.get_or_init(|| Expression::new(&*shape.pattern));
        for hit in expression.find_iter(line).filter(|hit| is_random(hit.as_str(), LEAST_ENTROPY)) {
            found.push(Secret { range: hit.range(), name: shape.name.clone(), how: Recognised::Shape });
        }
    }
    found.extend(private_key(line));
    found.extend(address(line));
    found.extend(named(line));
    found.sort_by_key(|secret| (secret.range.start, std::cmp::Reverse(secret.range.end)));
    let mut end = 0;
    found.retain(|secret| {
        let free = secret.range.start >= end;
        end = end.max(secret.range.end);
        free
    });
    found
}

/// A line with its credentials made unreadable, of the same number of characters.
pub fn masked(line: &str) -> Cow<'_, str> {
    // The start of a shape says whose it is, and nothing else.
    let mut ranges: Vec<(Range<usize>, usize)> = secrets_in(line)
        .into_iter()
        .filter(|secret| !matches!(secret.how, Recognised::PrivateKey { .. }))
        .map(|secret| (secret.range, if secret.how == Recognised::Shape { READABLE } else { 0 }))
        .collect();
    ranges.extend(encoded(line).map(|range| (range, 0)));
    // Short and simple ones are worth as much to those who find them.
    let quoted = |range: &Range<usize>| line[..range.start].ends_with(['"', '\'', '`']);
    let literal = assignment(line)
        .filter(|(name, value, range)| is_telling(name) && !is_placeholder(value) && quoted(range));
    ranges.extend(literal.map(|(_, _, range)| (range, 0)));
    if ranges.is_empty() {
        return Cow::Borrowed(line);
    }
    ranges.sort_by_key(|(range, _)| range.start);
    let mut shown = String::with_capacity(line.len());
    let mut at = 0;
    for (range, readable) in ranges {
        if range.start < at {
            continue;
        }
        shown.push_str(&line[at..range.start]);
        let secret = &line[range.clone()];
        for (index, character) in secret.chars().enumerate() {
            shown.push(if index < readable { character } else { '*' });
        }
        at = range.end;
    }
    shown.push_str(&line[at..]);
    Cow::Owned(shown)
}

/// Long runs of an encoded key: a line of its own, or what follows the head of a key on its line.
fn encoded(line: &str) -> Option<Range<usize>> {
    let is_code = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if let Some(head) = line.find("PRIVATE KEY-----") {
        let start = head + "PRIVATE KEY-----".len();
        let end = line[start..].find("-----").map_or(line.len(), |at| start + at);
        return (end - start >= SHORTEST_KEY_LINE).then_some(start..end);
    }
    let body = line.trim().trim_matches(['"', '\'', ',', '\\']);
    let long = (SHORTEST_KEY_LINE..=LONGEST_KEY_LINE).contains(&body.len());
    let mixed = body.bytes().any(|byte| byte.is_ascii_digit())
        && body.bytes().any(|byte| byte.is_ascii_uppercase())
        && body.bytes().any(|byte| byte.is_ascii_lowercase());
    let start = line.find(body)?;
    (long && mixed && body.bytes().all(is_code)).then_some(start..start + body.len())
}

fn private_key(line: &str) -> Option<Secret> {
    let head = line.find("-----BEGIN ")?;
    let rest = &line[head + "-----BEGIN ".len()..];
    let kind = &rest[..rest.find("PRIVATE KEY")?];
    let plain = kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
    (plain && kind.len() <= 24).then(|| Secret {
        range: head..line.len(),
        name: "private key".to_owned(),
        how: Recognised::PrivateKey { encrypted: kind.contains("ENCRYPTED") },
    })
}

/// Whether the line after the head of a private key belongs to it, or the head's own line holds it.
pub fn holds_key(head: &str, next: Option<&str>) -> bool {
    let is_body = |text: &str| {
        let text = text.trim().trim_matches(['"', '\'', ',', '\\', '+', ' ']);
        text.trim_end_matches("\\n").len() >= SHORTEST_KEY_LINE - 4
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\\'))
            || text.starts_with("Proc-Type:")
            || text.starts_with("DEK-Info:")
    };
    encoded(head).is_some() || next.is_some_and(is_body)
}

/// `scheme://user:password@host`, where the host is not this machine.
fn address(line: &str) -> Option<Secret> {
    static ADDRESS: Expression = Expression::of(
        r#"\b[a-z][a-z0-9+.-]{1,20}://[^ \t:/@"'`<>{}$%]*:([^ \t@/"'`<>{}$%]{8,})@([A-Za-z0-9.-]+)"#,
    );
    if !line.contains("://") || !line.contains('@') {
        return None;
    }
    let hit = ADDRESS.captures(line)?;
    let (password, host) = (hit.get(1)?, hit.get(2)?.as_str().to_ascii_lowercase());
    let near = !host.contains('.')
        || ["127.", "0.0.0.0", "10.", "192.168."].iter().any(|start| host.starts_with(start))
        || [
            ".local",
            ".localhost",
            ".test",
            ".invalid",
            ".example",
            "example.com",
            "example.org",
            "example.net",
        ]
        .iter()
        .any(|end| host.ends_with(end));
    let random =
        is_random(password.as_str(), 2.5) && !matches!(password.as_str(), "password" | "postgres" | "changeme");
    (!near && random).then(|| Secret {
        range: password.range(),
        name: "password in an address".to_owned(),
        how: Recognised::Address,
    })
}

/// `client_secret = "q8Zt3v9LrX2mWc7Kp4Hs6Dn1"`.
fn named(line: &str) -> Option<Secret> {
    // Cheap, and most lines end here.
    if line.bytes().filter(u8::is_ascii_digit).count() < 3 {
        return None;
    }
    let (name, value, range) = assignment(line)?;
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+/=.~!@#$%^&*".contains(&byte));
    let random = value.len() >= SHORTEST_NAMED
        && digits >= 3
        && letters >= 6
        && plain
        && !is_made_of_words(value)
        && is_random(value, LEAST_ENTROPY_OF_NAMED);
    (is_telling(name) && random).then(|| Secret {
        range,
        name: format!("literal for `{name}`"),
        how: Recognised::Named,
    })
}

/// Name and literal of `name = "literal"`, `name: literal`, `"name": "literal"`, with the bytes of the literal.
pub fn assignment(line: &str) -> Option<(&str, &str, Range<usize>)> {
    static ASSIGNMENT: Expression = Expression::of(
        r#"(?i)["'`]?\b([a-z_][A-Za-z0-9_.-]{2,60})["'`]?\]?[ \t]*(?::[ \t]*(?:&'static[ \t]+)?[A-Za-z0-9_&]+[ \t]*=|:=|=>|=|:)[ \t]*(?:[rbuf]{0,2}["'`]([^"'` \t]{1,200})["'`]|([^ \t"'`,;{}()<>$]{16,200})[ \t]*$)"#,
    );
    if !line.contains(['=', ':']) {
        return None;
    }
    let plain = line.to_ascii_lowercase().replace(['_', '-'], "");
    if !table().names.iter().any(|name| plain.contains(name.replace('_', "").as_str())) {
        return None;
    }
    let hit = ASSIGNMENT.captures(line)?;
    let value = hit.get(2).or(hit.get(3))?;
    Some((hit.get(1)?.as_str(), value.as_str(), value.range()))
}

/// A name under which a credential is kept.
pub fn is_telling(name: &str) -> bool {
    let mut plain = String::new();
    for (index, letter) in name.char_indices() {
        // `clientSecret` is `client_secret`.
        if letter.is_ascii_uppercase()
            && index > 0
            && name[..index].ends_with(|before: char| before.is_ascii_lowercase())
        {
            plain.push('_');
        }
        plain.push(if matches!(letter, '-' | '.') { '_' } else { letter.to_ascii_lowercase() });
    }
    let table = table();
    table.names.iter().any(|word| plain.contains(word.as_str()))
        && !table.not_names.iter().any(|word| plain.contains(word.as_str()))
}

/// Random enough, and nobody's placeholder.
fn is_random(value: &str, least: f64) -> bool {
    let lower = value.to_ascii_lowercase();
    let repeats = value.as_bytes().windows(5).any(|window| window.iter().all(|byte| *byte == window[0]));
    !repeats && !is_placeholder(&lower) && entropy(value) >= least
}

/// A text that only stands where a credential will be.
pub fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    value.contains(['<', '>', '{', '}', '$', ' '])
        || value.contains("..")
        || table().placeholders.iter().any(|word| lower.contains(word.as_str()))
}

/// Parts that are words or numbers alone: `my-service-account-2024`.
fn is_made_of_words(value: &str) -> bool {
    let parts: Vec<&str> =
        value.split(['-', '_', '.', '/', '=', '+', ':', '@']).filter(|part| !part.is_empty()).collect();
    let is_word = |part: &&str| {
        let letters = part.bytes().all(|byte| byte.is_ascii_lowercase())
            || part.bytes().all(|byte| byte.is_ascii_uppercase());
        letters && part.len() <= 14 || part.bytes().all(|byte| byte.is_ascii_digit()) && part.len() <= 8
    };
    parts.len() > 1 && parts.iter().filter(|part| is_word(part)).count() * 3 >= parts.len() * 2
}

/// Bits a character (Shannon).
fn entropy(value: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = value.len().max(1) as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that no scanner takes this file for a leak.
    fn key(start: &str, rest: &str) -> String {
        format!("{start}{rest}")
    }

    #[test]
    fn every_shape_compiles_and_names_its_literal() {
        assert!(table().shapes.len() > 20);
        for shape in &table().shapes {
            assert!(Expression::checked(&shape.pattern).is_ok(), "{}", shape.name);
        }
    }

    #[test]
    fn known_shapes_are_found_and_masked() {
        let token = key("ghp_", "q8Zt3v9LrX2mWc7Kp4Hs6Dn1b5Yj0FgAeRtU");
        let line = format!("TOKEN = \"{token}\"  # x");
        let found = secrets_in(&line);
        assert_eq!((found.len(), found[0].name.as_str()), (1, "GitHub token"));
        let shown = masked(&line);
        assert!(
            !shown.contains(&token[4..]) && shown.contains("ghp_*") && shown.len() == line.len(),
            "{shown}"
        );
    }

    #[test]
    fn placeholders_and_look_ups_are_none() {
        for line in [
            "key = \"AKIAIOSFODNN7EXAMPLE\"",
            "API_KEY = \"your-api-key-here\"",
            "API_KEY = os.environ[\"API_KEY\"]",
            "token: ${{ secrets.GITHUB_TOKEN }}",
            "password = \"correct horse battery staple\"",
            "client_secret = \"<client-secret>\"",
            "secret_name = \"projects/1234/secrets/abc9f8e7d6\"",
            "token = settings.get(\"tokens.v1.primary\")",
            "password_hash = \"$2b$12$q8Zt3v9LrX2mWc7Kp4Hs6Dn1\"",
            "postgres://postgres:postgres@localhost:5432/app",
            "url = \"https://user:${PASSWORD}@db.acme.io/x\"",
            "sha256 = \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
            "api_key: my-service-account-2024",
        ] {
            assert_eq!(secrets_in(line), [], "{line}");
        }
    }

    #[test]
    fn names_and_addresses_give_away_what_has_no_shape() {
        let value = key("q8Zt3v9L", "rX2mWc7Kp4Hs6Dn1");
        for line in [
            format!("API_KEY = \"{value}\""),
            format!("  \"clientSecret\": \"{value}\","),
            format!("db_password: {value}"),
            format!("const TOKEN: &str = \"{value}\";"),
            format!("postgres://app:{value}@db.acme.io/orders"),
        ] {
            assert_eq!(secrets_in(&line).len(), 1, "{line}");
            assert!(!masked(&line).contains(&value), "{line}");
        }
    }

    #[test]
    fn simple_passwords_are_masked_and_look_ups_are_not() {
        assert_eq!(masked("DB_PASSWORD = \"hunter2\""), "DB_PASSWORD = \"*******\"");
        let line = "DB_PASSWORD = os.getenv(\"DB_PASSWORD\")";
        assert_eq!(masked(line), line);
    }

    #[test]
    fn a_private_key_needs_its_body() {
        let head = key("-----BEGIN RSA ", "PRIVATE KEY-----");
        assert_eq!(secrets_in(&head)[0].how, Recognised::PrivateKey { encrypted: false });
        let body = "MIIEowIBAAKCAQEAq8Zt3v9LrX2mWc7Kp4Hs6Dn1b5Yj0FgAeRtUq8Zt3v9LrX2m";
        assert!(holds_key(&head, Some(body)) && !holds_key(&head, Some("    return text")));
        assert!(!masked(body).contains("Kp4Hs6Dn1"));
    }
}
