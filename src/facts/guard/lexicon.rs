//! The names by which guards are known, from `rules/data/guards.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::facts::expression::Expressions;
use crate::facts::{Expression, GuardKind};

const DATA: &str = include_str!(concat!(env!("OUT_DIR"), "/guards.json"));

#[derive(Default, Deserialize)]
struct Data {
    kinds: Vec<Row>,
    open: Vec<String>,
    failing: Vec<String>,
    never_return: Vec<String>,
    trivial: Vec<String>,
    ranks: BTreeMap<u8, Vec<String>>,
    destructive: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    kind: GuardKind,
    #[serde(default)]
    marks: Vec<String>,
    #[serde(default)]
    calls: Vec<String>,
    #[serde(default)]
    terms: Vec<String>,
    #[serde(default)]
    exits: Vec<String>,
    #[serde(default)]
    around: Vec<String>,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    links: Vec<String>,
}

/// Expressions in the order of the kinds; the first that fits decides.
struct Index {
    set: Expressions,
    kinds: Vec<GuardKind>,
}

impl Index {
    /// `whole` expressions must cover the text; others may stand anywhere in it.
    fn new(rows: &[Row], whole: bool, of: impl Fn(&Row) -> &[String]) -> Self {
        let mut kinds = Vec::new();
        let mut patterns = Vec::new();
        for row in rows.iter().filter(|row| !of(row).is_empty()) {
            kinds.push(row.kind);
            patterns.push(bounded(of(row), whole));
        }
        Self { set: Expressions::new(patterns), kinds }
    }

    fn kind(&self, text: &str) -> Option<GuardKind> {
        self.set.first_match(text).and_then(|index| self.kinds.get(index)).copied()
    }
}

fn bounded(words: &[String], whole: bool) -> String {
    let words = words.join("|");
    if whole { format!("^(?:{words})$") } else { format!("(?:^|[^a-z0-9])(?:{words})(?:[^a-z0-9]|$)") }
}

fn any_of(words: &[String], whole: bool) -> Expression {
    // A word that does not compile is found by the test below.
    Expression::new(bounded(words, whole))
}

pub struct Lexicon {
    marks: Index,
    calls: Index,
    terms: Index,
    exits: Index,
    around: Index,
    arguments: Index,
    links: Index,
    open: Expression,
    failing: Expression,
    never_return: Expression,
    trivial: std::collections::HashSet<String>,
    ranks: Vec<(u8, Expression)>,
    destructive: Expression,
}

/// The one lexicon of the program.
pub static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::load);

impl Lexicon {
    fn load() -> Self {
        let data: Data = serde_json::from_str(DATA).unwrap_or_default();
        let rows = &data.kinds;
        Self {
            marks: Index::new(rows, false, |row| &row.marks),
            calls: Index::new(rows, true, |row| &row.calls),
            terms: Index::new(rows, false, |row| &row.terms),
            exits: Index::new(rows, false, |row| &row.exits),
            around: Index::new(rows, true, |row| &row.around),
            arguments: Index::new(rows, true, |row| &row.arguments),
            links: Index::new(rows, true, |row| &row.links),
            open: any_of(&data.open, false),
            failing: any_of(&data.failing, false),
            never_return: any_of(&data.never_return, true),
            trivial: data.trivial.into_iter().collect(),
            ranks: data.ranks.iter().rev().map(|(rank, words)| (*rank, any_of(words, false))).collect(),
            destructive: any_of(&data.destructive, true),
        }
    }

    /// A decorator, middleware, base class or the like. What opens is no guard.
    pub fn mark(&self, text: &str) -> Option<GuardKind> {
        let text = snake(text);
        let name = text.split(['(', ' ', '<']).next().unwrap_or_default();
        if self.open.is_match(name) { None } else { self.marks.kind(&text) }
    }

    pub fn opens(&self, text: &str) -> bool {
        self.open.is_match(&snake(text))
    }

    /// A call whose result only matters by what it raises; the path, or its last name.
    pub fn call(&self, path: &str) -> Option<GuardKind> {
        let text = snake(&path.replace("::", "."));
        let last = text.rsplit('.').next().unwrap_or_default();
        let pair = text.rsplitn(3, '.').take(2).collect::<Vec<_>>();
        let pair = pair.into_iter().rev().collect::<Vec<_>>().join(".");
        if self.open.is_match(last) {
            return None;
        }
        self.calls.kind(&pair).or_else(|| self.calls.kind(last)).or_else(|| self.calls.kind(&text))
    }

    pub fn term(&self, text: &str) -> Option<GuardKind> {
        let text = snake(text);
        if text.contains("scope.") {
            return self.terms.kind(&without_view(&text));
        }
        self.terms.kind(&text)
    }

    pub fn exit(&self, text: &str) -> Option<GuardKind> {
        self.exits.kind(&snake(text))
    }

    pub fn around(&self, path: &str) -> Option<GuardKind> {
        let text = snake(&path.replace("::", "."));
        let last = text.rsplit('.').next().unwrap_or_default();
        let pair = text.rsplitn(3, '.').take(2).collect::<Vec<_>>();
        let pair = pair.into_iter().rev().collect::<Vec<_>>().join(".");
        self.around.kind(&pair).or_else(|| self.around.kind(last)).or_else(|| self.around.kind(&text))
    }

    pub fn argument(&self, name: &str) -> Option<GuardKind> {
        self.arguments.kind(&snake(name))
    }

    pub fn link(&self, method: &str) -> Option<GuardKind> {
        self.links.kind(&snake(method))
    }

    pub fn fails(&self, text: &str) -> bool {
        self.failing.is_match(&snake(text))
    }

    pub fn never_returns(&self, path: &str) -> bool {
        let text = snake(path.trim_end_matches('!'));
        let last = text.rsplit(['.', ':']).next().unwrap_or_default();
        self.never_return.is_match(&text) || self.never_return.is_match(last)
    }

    pub fn is_trivial(&self, method: &str) -> bool {
        self.trivial.contains(method) || self.trivial.contains(&snake(method))
    }

    /// The highest role that a text names.
    pub fn rank(&self, text: &str) -> Option<u8> {
        let text = snake(text);
        self.ranks.iter().find(|(_, words)| words.is_match(&text)).map(|(rank, _)| *rank)
    }

    pub fn is_destructive(&self, method: &str) -> bool {
        self.destructive.is_match(&snake(method))
    }
}

/// A text without `scope.` where it is the state of a view, as AngularJS calls it (`$scope.title`); what somebody may
/// do is searched or divided (`scope.includes(…)`).
fn without_view(text: &str) -> String {
    const SEARCHES: [&str; 8] =
        ["split", "include", "contain", "has", "index_of", "some", "every", "starts_with"];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("scope.") {
        let after = &rest[at + "scope.".len()..];
        let searched = SEARCHES.iter().any(|word| after.starts_with(word) && !rest[..at].ends_with('$'));
        plain.push_str(&rest[..at]);
        plain.push_str(if searched { "scope." } else { "." });
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// `requireAuth` reads `require_auth`, `JWTGuard` reads `jwt_guard`; everything in lower case.
pub fn snake(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 8);
    let letters: Vec<char> = text.chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        if letter.is_uppercase() {
            let before = index.checked_sub(1).and_then(|at| letters.get(at)).copied().unwrap_or(' ');
            let after = letters.get(index + 1).copied().unwrap_or(' ');
            let starts_word = before.is_lowercase()
                || before.is_ascii_digit()
                || (before.is_uppercase() && after.is_lowercase());
            if starts_word {
                plain.push('_');
            }
            plain.extend(letter.to_lowercase());
        } else {
            plain.push(*letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles() {
        let data: Data = serde_json::from_str(DATA).unwrap();
        for row in &data.kinds {
            for list in
                [&row.marks, &row.calls, &row.terms, &row.exits, &row.around, &row.arguments, &row.links]
            {
                for word in list {
                    assert!(Expression::checked(word).is_ok(), "{word}");
                }
            }
        }
        assert!(LEXICON.fails("raise ValueError(x)"));
    }

    #[test]
    fn names_are_known_in_every_style() {
        for (text, expected) in [
            ("login_required", Some(GuardKind::Authentication)),
            ("requireAuth", Some(GuardKind::Authentication)),
            ("UseGuards(JwtAuthGuard)", Some(GuardKind::Authentication)),
            ("PreAuthorize(\"hasRole('ADMIN')\")", Some(GuardKind::Authorization)),
            ("permission_required(\"users.delete\")", Some(GuardKind::Authorization)),
            ("limiter.limit(\"5/minute\")", Some(GuardKind::RateLimit)),
            ("Transactional", Some(GuardKind::Transaction)),
            ("AllowAny", None),
            ("Public()", None),
            ("csrf_exempt", None),
            ("app.route(\"/x\")", None),
            ("property", None),
        ] {
            assert_eq!(LEXICON.mark(text), expected, "{text}");
        }
        assert_eq!(LEXICON.call("require_owner"), Some(GuardKind::Authorization));
        assert_eq!(LEXICON.call("mu.Lock"), Some(GuardKind::Lock));
        assert_eq!(LEXICON.call("check_positive"), Some(GuardKind::Validation));
        assert_eq!(LEXICON.call("repo.delete"), None);
        assert_eq!(LEXICON.rank("hasRole('ADMIN')"), Some(4));
    }
}
