//! Languages inside languages: shell in YAML, SQL in strings, policies in heredocs.
//!
//! A host finds its [`Fragment`]s, each already decoded (quotes, escapes, folds and continuations undone,
//! interpolations turned into holes). [`unfold`] parses them apart and maps them back into the file, then looks for
//! fragments inside the fragments. Lenses need not look into `sh -c '…'`, `ssh host '…'` or a heredoc themselves.

mod bash;
mod ci;
mod clients;
mod code;
mod decoded;
mod dockerfile;
mod escapes;
mod expand;
mod go;
mod hcl;
mod java;
mod javascript;
mod json;
mod make;
mod outline;
mod pieces;
mod purpose;
mod python;
mod rust;
mod sql;
mod words;
mod workloads;
mod yaml;
mod yaml_scalar;

use std::ops::Range;
use std::time::{Duration, Instant};

use self::decoded::Decoded;
use super::parse::parse;
use super::{Document, Embedding, Focus, Language, Scope};

/// Fragments inside fragments: 3 is `ssh` in a workflow step, and `psql -c` in its command line.
const DEEPEST: u8 = 3;
/// Time for the fragments of one side of one file.
const BUDGET: Duration = Duration::from_secs(1);

/// A text in another language, found in a document.
#[derive(Debug)]
struct Fragment {
    language: Language,
    /// What holds it, in the reader's words.
    through: String,
    decoded: Decoded,
    scope: Scope,
}

/// What came of looking for fragments on one side of a file.
#[derive(Debug)]
pub struct Unfolded {
    pub declined: Vec<String>,
    /// Time was left for all of them. Otherwise one side may hold what was not reached on the other.
    pub is_whole: bool,
}

/// Appends the documents embedded in those at hand, down to depth 3.
pub fn unfold(documents: &mut Vec<Document>, focus: &Focus) -> Unfolded {
    let begun = Instant::now();
    let mut declined = Vec::new();
    let mut next = 0;
    while let Some(host) = documents.get(next) {
        next += 1;
        let depth = host.embedding.as_ref().map_or(0, |embedding| embedding.depth);
        if depth >= DEEPEST {
            continue;
        }
        let finder = Finder { host, focus };
        let mut found = Vec::new();
        for fragment in finder.fragments() {
            if begun.elapsed() > BUDGET {
                declined.push(format!("embedded languages: stopped after {} ms", BUDGET.as_millis()));
                return Unfolded { declined, is_whole: false };
            }
            let (document, reason) = document(host, fragment, depth + 1);
            found.push(document);
            declined.extend(reason);
        }
        documents.append(&mut found);
    }
    Unfolded { declined, is_whole: true }
}

/// The document of a fragment, and why it has no tree where it should have one: a command line is read without.
fn document(host: &Document, fragment: Fragment, depth: u8) -> (Document, Option<String>) {
    let Fragment { language, through, decoded, scope } = fragment;
    let line = host.locus(decoded.origin(0)..decoded.origin(0), Vec::new()).start.line;
    let (tree, reason) = match parse(&decoded.text, language) {
        Ok(tree) => (tree, None),
        Err(reason) => (None, Some(format!("{} in {through}, line {line}: {reason}", language.name()))),
    };
    let outer = host.embedding.as_ref();
    let mut around = outer.map(|embedding| embedding.scope.clone()).unwrap_or_default();
    around.extend(scope);
    let map = decoded.map(outer.map(|embedding| &embedding.map));
    let document = Document {
        side: host.side,
        file: host.file,
        path: host.path.clone(),
        language,
        text: decoded.text.into(),
        tree,
        embedding: Some(Embedding {
            host: host.language,
            through,
            map,
            holes: decoded.holes,
            depth,
            scope: around,
        }),
        lines: host.lines.clone(),
    };
    (document, reason)
}

/// Looks for fragments in one document.
struct Finder<'a> {
    host: &'a Document,
    focus: &'a Focus,
}

impl<'a> Finder<'a> {
    fn fragments(&self) -> Vec<Fragment> {
        let mut found = match self.host.language {
            Language::Yaml => yaml::find(self),
            Language::Json => json::find(self),
            Language::Dockerfile => dockerfile::find(self),
            Language::Make => make::find(self),
            Language::Bash => bash::find(self),
            Language::Hcl => hcl::find(self),
            Language::Python
            | Language::Rust
            | Language::JavaScript
            | Language::TypeScript
            | Language::Tsx
            | Language::Go
            | Language::Java => code::find(self),
            Language::Sql | Language::Toml | Language::Properties | Language::Plain => Vec::new(),
        };
        found.retain(|fragment| !fragment.decoded.is_blank());
        found
    }

    /// Whether the change touches a part of the host. What it does not touch is equal on both sides; a fragment
    /// of a fragment always counts, as its host does.
    fn touched(&self, span: &Range<usize>) -> bool {
        self.host.embedding.is_some() || self.focus.touches(span)
    }

    fn text(&self, span: Range<usize>) -> &'a str {
        self.host.text.get(span).unwrap_or_default()
    }

    fn source(&self, node: crate::source::Node<'_>) -> &'a str {
        self.text(node.byte_range())
    }
}

#[cfg(test)]
mod testing {
    //! Documents for the tests of the hosts.

    use std::sync::Arc;

    use super::{Finder, unfold};
    use crate::change::Side;
    use crate::source::{Document, Focus, Language, LineIndex, parse};

    pub fn document(path: &str, text: &str) -> Document {
        let language = Language::of(path, text.as_bytes());
        let text: Arc<str> = text.into();
        Document {
            side: Side::New,
            file: 0,
            path: path.into(),
            language,
            tree: parse(&text, language).unwrap(),
            lines: Arc::new(LineIndex::new(text.clone())),
            text,
            embedding: None,
        }
    }

    pub fn finder_of(document: &Document) -> Finder<'_> {
        static EVERYTHING: std::sync::OnceLock<Focus> = std::sync::OnceLock::new();
        Finder { host: document, focus: EVERYTHING.get_or_init(Focus::everything) }
    }

    /// Every fragment, also of fragments, and checks that each literal piece is what the file says.
    pub fn unfolded(path: &str, text: &str) -> Vec<Document> {
        let mut documents = vec![document(path, text)];
        let unfolded = unfold(&mut documents, &Focus::everything());
        assert!(unfolded.declined.is_empty(), "{unfolded:?}");
        documents.remove(0);
        for document in &documents {
            let pieces = &document.embedding.as_ref().unwrap().map.pieces;
            for (index, (decoded, host, literal)) in pieces.iter().enumerate() {
                let end = pieces.get(index + 1).map_or(document.text.len(), |next| next.0);
                if *literal {
                    assert_eq!(document.text[*decoded..end], text[*host..host + (end - decoded)]);
                }
            }
        }
        documents
    }

    /// Language, holder, line and column of the first byte, and text of every fragment.
    pub fn shown(path: &str, text: &str) -> Vec<String> {
        unfolded(path, text)
            .iter()
            .map(|document| {
                let embedding = document.embedding.as_ref().unwrap();
                let start = document.locus(0..1, Vec::new()).start;
                let (language, through) = (document.language.name(), &embedding.through);
                format!("{language} | {through} | {}:{} | {}", start.line, start.column, document.text)
            })
            .collect()
    }

    /// As [`shown`], with the scope instead of the place.
    pub fn scopes(path: &str, text: &str) -> Vec<String> {
        unfolded(path, text)
            .iter()
            .map(|document| {
                let scope = &document.embedding.as_ref().unwrap().scope;
                format!("{} | {}", scope.join(" > "), document.text.trim_end())
            })
            .collect()
    }
}
