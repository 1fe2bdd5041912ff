//! YAML, JSON, TOML and properties: resources where the document is one, settings otherwise.
//!
//! Every text is first read into one tree of values ([`node::Node`]); what the tree means is decided by one file a
//! system. What no system claims becomes settings, one for each leaf.

mod ansible;
mod cloudformation;
mod compose;
mod flatten;
mod github;
mod gitlab;
pub(super) mod json;
mod kubernetes;
pub(super) mod node;
mod pipeline;
mod properties;
mod pulumi;
mod reshape;
mod setting;
mod settle;
mod system;
pub(super) mod toml;
mod yaml;
mod yaml_scalar;

pub use cloudformation::property_path;
pub use settle::settle;

use std::sync::Arc;

use super::Fact;
use crate::change::Side;
use crate::source::{self, Document, Focus, Language, LineIndex};

pub(super) fn extract(document: &Document, focus: &Focus) -> Vec<Fact> {
    system::extract(document, focus)
}

/// What a file says that is no part of the change; its facts name no file of the change.
pub fn of_neighbour(side: Side, path: &str, text: &str) -> Vec<Fact> {
    let language = Language::of(path, text.as_bytes());
    let text: Arc<str> = text.into();
    let Ok(tree) = source::parse(&text, language) else { return Vec::new() };
    let document = Document {
        side,
        file: usize::MAX,
        path: path.into(),
        language,
        tree,
        embedding: None,
        lines: Arc::new(LineIndex::new(text.clone())),
        text,
    };
    extract(&document, &Focus::everything())
}

#[cfg(test)]
pub(super) mod testing {
    //! Documents for tests.

    use std::sync::Arc;

    use super::node::Node;
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

    pub fn nodes(path: &str, text: &str) -> Vec<Node> {
        let document = document(path, text);
        match document.language {
            Language::Json => super::json::read(&document),
            Language::Toml => super::toml::read(&document),
            _ => super::yaml::read(&document),
        }
    }

    /// Every fact as one line: `kind name` with its attributes, or `path=value`.
    pub fn shown(path: &str, text: &str) -> Vec<String> {
        use crate::facts::Body;
        let facts = super::extract(&document(path, text), &Focus::everything());
        facts
            .iter()
            .map(|fact| match &fact.body {
                Body::Resource(resource) => {
                    let attributes: Vec<String> = resource
                        .attributes
                        .iter()
                        .map(|attribute| format!("{}={}", attribute.path, attribute.value.as_text()))
                        .collect();
                    format!("{} | {} | {}", resource.kind, resource.address, attributes.join(" "))
                }
                Body::Setting(setting) => format!("{}={}", setting.path, setting.value.as_text()),
                _ => String::new(),
            })
            .collect()
    }
}
