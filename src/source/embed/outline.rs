//! YAML and JSON as mappings, lists and scalars, without reading what nobody asks for.

use crate::source::Node;

use super::Finder;
use super::decoded::Decoded;
use super::{json, yaml_scalar};
use crate::source::Language;

/// A value of a YAML or JSON document.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'t> {
    Mapping(Node<'t>),
    Sequence(Node<'t>),
    Scalar(Node<'t>),
    /// An alias, an error, or nothing: what it stands for is judged where it stands.
    Other,
}

/// One key of a mapping with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry<'t> {
    pub key: String,
    pub value: Value<'t>,
    /// Key and value.
    pub node: Node<'t>,
}

impl<'t> Value<'t> {
    /// What a node of the grammar means.
    pub fn of(node: Node<'t>) -> Self {
        match node.kind() {
            "block_node" | "flow_node" => node
                .named_children()
                .map(Self::of)
                .find(|value| !matches!(value, Self::Other))
                .unwrap_or(Self::Other),
            "block_mapping" | "flow_mapping" | "object" => Self::Mapping(node),
            "block_sequence" | "flow_sequence" | "array" => Self::Sequence(node),
            "plain_scalar"
            | "double_quote_scalar"
            | "single_quote_scalar"
            | "block_scalar"
            | "string"
            | "number"
            | "true"
            | "false" => Self::Scalar(node),
            _ => Self::Other,
        }
    }

    /// The entries of a mapping; nothing for other values.
    pub fn entries(self, finder: &Finder<'_>) -> Vec<Entry<'t>> {
        let Self::Mapping(node) = self else { return Vec::new() };
        node.named_children()
            .filter(|child| matches!(child.kind(), "block_mapping_pair" | "flow_pair" | "pair"))
            .map(|pair| Entry {
                key: pair
                    .child_by_field_name("key")
                    .and_then(|key| Self::of(key).text(finder))
                    .map(|key| key.text)
                    .unwrap_or_default(),
                value: pair.child_by_field_name("value").map_or(Self::Other, Self::of),
                node: pair,
            })
            .collect()
    }

    /// The items of a list; nothing for other values.
    pub fn items(self) -> Vec<Self> {
        let Self::Sequence(node) = self else { return Vec::new() };
        node.named_children()
            .filter(|child| child.kind() != "comment")
            .map(|child| match child.kind() {
                "block_sequence_item" => {
                    child.named_children().map(Self::of).find(|value| !matches!(value, Self::Other))
                }
                _ => Some(Self::of(child)),
            })
            .map(|value| value.unwrap_or(Self::Other))
            .collect()
    }

    /// The value of a key of a mapping.
    pub fn get(self, finder: &Finder<'_>, key: &str) -> Option<Self> {
        self.entries(finder).into_iter().find(|entry| entry.key == key).map(|entry| entry.value)
    }

    /// The decoded text of a scalar.
    pub fn text(self, finder: &Finder<'_>) -> Option<Decoded> {
        let Self::Scalar(node) = self else { return None };
        Some(match finder.host.language {
            Language::Json => json::string(finder, node),
            _ => yaml_scalar::decode(finder, node),
        })
    }

    /// The bytes of the value in the host.
    pub fn span(self) -> Option<std::ops::Range<usize>> {
        match self {
            Self::Mapping(node) | Self::Sequence(node) | Self::Scalar(node) => Some(node.byte_range()),
            Self::Other => None,
        }
    }
}
