//! Hits of the syntax patterns that rules bring along. The only module that knows ast-grep.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use ast_grep_config::{DeserializeEnv, RuleCore, SerializableRuleCore};
use ast_grep_core::language::Language as AstLanguage;
use ast_grep_core::matcher::{MatcherExt, Pattern as AstPattern, PatternBuilder, PatternError};
use ast_grep_core::meta_var::MetaVariable;
use ast_grep_core::tree_sitter::{LanguageExt, StrDoc, TSLanguage};
use ast_grep_core::{AstGrep, NodeMatch};

use super::{Body, Fact, Match};
use crate::source::scope_of;
use crate::source::{Document, Focus, Language, Node, Tree};

/// Trees deeper than this are not asked: relational patterns cost the square of the depth.
const DEEPEST_TREE: usize = 500;

/// What makes two hits of one pattern the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// The tokens of the hit, comments and blanks left out.
    Tokens,
    Captures,
    Scope,
}

/// A compiled pattern of one rule.
pub struct Pattern {
    rule: String,
    sameness: Sameness,
    matchers: Vec<(Language, RuleCore)>,
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Pattern({})", self.rule)
    }
}

impl Pattern {
    /// Compiles a pattern for each of its languages.
    pub fn compile(
        rule: &str,
        languages: &[Language],
        pattern: &serde_json::Value,
        constraints: Option<&serde_json::Value>,
        sameness: Sameness,
    ) -> Result<Self, String> {
        let mut body = serde_json::Map::new();
        body.insert("rule".to_owned(), pattern.clone());
        if let Some(constraints) = constraints {
            body.insert("constraints".to_owned(), constraints.clone());
        }
        let core: SerializableRuleCore =
            serde_json::from_value(serde_json::Value::Object(body)).map_err(|error| error.to_string())?;
        let mut matchers = Vec::new();
        for language in languages {
            let grammar = language
                .grammar()
                .ok_or_else(|| format!("there is no syntax tree for `{}`", language.name()))?;
            let environment = DeserializeEnv::new(Grammar { language: *language, grammar });
            let matcher = core.get_matcher(environment).map_err(|error| chain(&error))?;
            matchers.push((*language, matcher));
        }
        Ok(Self { rule: rule.to_owned(), sameness, matchers })
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

/// Every hit of the patterns in one document.
pub(super) fn extract(document: &Document, focus: &Focus, patterns: &[&Pattern]) -> Vec<Fact> {
    let Some(tree) = &document.tree else { return Vec::new() };
    let wanted: Vec<(&Pattern, &RuleCore)> = patterns
        .iter()
        .filter_map(|pattern| {
            let matcher = pattern.matchers.iter().find(|(language, _)| *language == document.language)?;
            Some((*pattern, &matcher.1))
        })
        .collect();
    let Some(grammar) = document.language.grammar().filter(|_| !wanted.is_empty()) else { return Vec::new() };
    if depth(tree) > DEEPEST_TREE {
        return Vec::new();
    }
    let lang = Grammar { language: document.language, grammar };
    let root = AstGrep::doc(StrDoc { src: document.text.to_string(), lang, tree: tree.syntax().clone() });
    let mut facts = Vec::new();
    for node in root.root().dfs() {
        for (pattern, matcher) in &wanted {
            let Some(found) = matcher.match_node(node.clone()) else { continue };
            let place = same(tree, &found.get_node().get_inner_node());
            // A hit whose surroundings changed may be new, so only hits of untouched definitions are left out.
            if document.embedding.is_none() && !focus.touches(&around(place)) {
                continue;
            }
            let locus = document.locus(found.range(), scope_of(document, &place));
            let body = Body::Syntax(fact(pattern, &found, document, place));
            facts.push(Fact { locus, body });
        }
    }
    facts
}

/// A node of the parser in the flat tree.
fn same<'t>(tree: &'t Tree, node: &tree_sitter::Node<'_>) -> Node<'t> {
    let root = tree.root_node();
    let mut place = root.descendant_for_byte_range(node.start_byte(), node.end_byte()).unwrap_or(root);
    while place.kind_id() != node.kind_id() || place.byte_range() != node.byte_range() {
        let Some(parent) = place.parent() else { break };
        place = parent;
    }
    place
}

/// The top-level item around a node.
fn around(mut node: Node<'_>) -> std::ops::Range<usize> {
    while let Some(parent) = node.parent().filter(|parent| parent.parent().is_some()) {
        node = parent;
    }
    node.byte_range()
}

fn fact(
    pattern: &Pattern,
    found: &NodeMatch<'_, StrDoc<Grammar>>,
    document: &Document,
    place: Node<'_>,
) -> Match {
    let mut captures = BTreeMap::new();
    for variable in found.get_env().get_matched_variables() {
        let (name, text) = match variable {
            MetaVariable::Capture(name, _) => {
                let text = found.get_env().get_match(&name).map(|node| node.text().into_owned());
                (name, text)
            }
            MetaVariable::MultiCapture(name) => {
                let nodes = found.get_env().get_multiple_matches(&name);
                let text = nodes.iter().map(|node| node.text().into_owned()).collect::<Vec<_>>().join("");
                (name, Some(text))
            }
            _ => continue,
        };
        if let Some(text) = text {
            captures.insert(name, text);
        }
    }
    let text = found.text().into_owned();
    let hash = match pattern.sameness {
        Sameness::Tokens => tokens(place, &document.text),
        Sameness::Captures => hash(&captures),
        Sameness::Scope => 0,
    };
    Match { rule: pattern.rule.clone(), text, hash, captures }
}

/// A hash over kinds and leaf texts; comments and blanks do not count.
fn tokens(node: Node<'_>, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut cursor = node.walk();
    loop {
        let current = cursor.node();
        if !current.is_extra() {
            current.kind_id().hash(&mut hasher);
            if current.is_leaf() {
                text.get(current.byte_range()).unwrap_or_default().trim().hash(&mut hasher);
            }
            if cursor.goto_first_child() {
                continue;
            }
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return hasher.finish();
            }
        }
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn depth(tree: &Tree) -> usize {
    let mut cursor = tree.walk();
    let (mut depth, mut deepest) = (1usize, 1usize);
    loop {
        if cursor.goto_first_child() {
            depth += 1;
            deepest = deepest.max(depth);
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return deepest;
            }
            depth -= 1;
        }
    }
}

/// A language as ast-grep wants it.
#[derive(Clone)]
struct Grammar {
    language: Language,
    grammar: TSLanguage,
}

impl AstLanguage for Grammar {
    fn pre_process_pattern<'q>(&self, query: &'q str) -> Cow<'q, str> {
        if self.expando_char() == self.meta_var_char() {
            return Cow::Borrowed(query);
        }
        // `$NAME` and `$$$NAME` become identifiers of the language; a `$` before anything else stays.
        let mut text = String::with_capacity(query.len());
        let mut letters = query.chars().peekable();
        let mut dollars = 0;
        while let Some(letter) = letters.next() {
            if letter == '$' {
                dollars += 1;
                if letters.peek().is_some_and(|next| *next == '$') {
                    continue;
                }
                let named = letters.peek().is_some_and(|next| next.is_ascii_uppercase() || *next == '_');
                let sign = if named || dollars == 3 { self.expando_char() } else { '$' };
                text.extend(std::iter::repeat_n(sign, dollars));
                dollars = 0;
            } else {
                text.push(letter);
            }
        }
        Cow::Owned(text)
    }

    fn expando_char(&self) -> char {
        match self.language {
            Language::Rust | Language::Python | Language::Hcl | Language::Go => 'µ',
            Language::Make | Language::Toml => '_',
            _ => '$',
        }
    }

    fn kind_to_id(&self, kind: &str) -> u16 {
        self.grammar.id_for_node_kind(kind, true)
    }

    fn field_to_id(&self, field: &str) -> Option<u16> {
        self.grammar.field_id_for_name(field).map(|id| id.get())
    }

    fn build_pattern(&self, builder: &PatternBuilder) -> Result<AstPattern, PatternError> {
        builder.build(|source| StrDoc::try_new(source, self.clone()))
    }
}

impl LanguageExt for Grammar {
    fn get_ts_language(&self) -> TSLanguage {
        self.grammar.clone()
    }
}
