//! Turns the top-level blocks of a file into resources.

use std::ops::Range;

use super::expression::{Expression, Node};
use super::flatten::{Flattener, Leaves};
use super::syntax::{Assignment, Block, Body};
use crate::facts::{Attribute, Body as FactBody, Fact, Resource, System, Value};
use crate::source::{Document, Locus};

/// Says where a byte range of the text stands.
pub(super) type Locate<'a> = &'a dyn Fn(Range<usize>) -> Locus;

/// What kind of file it is, as far as its blocks mean something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// `.tf`, `.tofu` and their JSON forms.
    Configuration,
    /// `.tfvars`, `.tfbackend`.
    Values,
    /// `terragrunt.hcl` and what it includes.
    Terragrunt,
    /// `.terraform.lock.hcl`.
    Lock,
}

impl Flavour {
    /// `None` for HCL of other tools.
    pub(super) fn of(path: &str, body: &Body) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        if ends(&[".tf", ".tofu", ".tf.json", ".tofu.json"]) {
            Some(Self::Configuration)
        } else if ends(&[".tfvars", ".tfvars.json", ".tfbackend"]) {
            Some(Self::Values)
        } else if name == ".terraform.lock.hcl" {
            Some(Self::Lock)
        } else if name.starts_with("terragrunt") && name.ends_with(".hcl") || speaks_terragrunt(body, name) {
            Some(Self::Terragrunt)
        } else {
            None
        }
    }
}

/// `root.hcl`, `env.hcl` and the like: what only Terragrunt writes.
fn speaks_terragrunt(body: &Body, name: &str) -> bool {
    name.ends_with(".hcl")
        && !name.ends_with(".pkr.hcl")
        && !name.ends_with(".tftest.hcl")
        && (body.attribute("inputs").is_some()
            || body.blocks.iter().any(|block| {
                matches!(block.kind.as_str(), "remote_state" | "generate" | "dependency" | "include")
            }))
}

/// The folder of a path; empty for the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Every resource of a file.
pub(super) fn resources(path: &str, text: &str, body: &Body, flavour: Flavour, at: Locate<'_>) -> Vec<Fact> {
    let flattener = Flattener { text, objects_are_blocks: path.ends_with(".json") };
    let maker = Maker { path, text, flattener, at };
    match flavour {
        Flavour::Configuration => {
            let mut facts = Vec::new();
            for block in &body.blocks {
                maker.block(block, &mut facts);
            }
            facts
        }
        Flavour::Values => {
            let name = path.rsplit('/').next().unwrap_or(path);
            vec![maker.resource("tfvars", name, name, body, &(0..text.len()))]
        }
        Flavour::Terragrunt => {
            let name = path.rsplit('/').next().unwrap_or(path);
            vec![maker.resource("terragrunt", name, name, body, &(0..text.len()))]
        }
        Flavour::Lock => body
            .blocks
            .iter()
            .filter(|block| block.kind == "provider")
            .filter_map(|block| {
                let name = block.labels.first()?;
                Some(maker.resource("lock", name, &format!("lock of {name}"), &block.body, &block.span))
            })
            .collect(),
    }
}

struct Maker<'a> {
    path: &'a str,
    text: &'a str,
    flattener: Flattener<'a>,
    at: Locate<'a>,
}

impl Maker<'_> {
    fn block(&self, block: &Block, facts: &mut Vec<Fact>) {
        let label = |index: usize| block.labels.get(index).map(String::as_str);
        let mut push = |kind: &str, name: &str, address: &str| {
            facts.push(self.resource(kind, name, address, &block.body, &block.span));
        };
        match (block.kind.as_str(), label(0), label(1)) {
            ("resource", Some(kind), Some(name)) => push(kind, name, &format!("{kind}.{name}")),
            (outer @ ("data" | "ephemeral"), Some(kind), Some(name)) => {
                let kind = format!("{outer}.{kind}");
                push(&kind, name, &format!("{kind}.{name}"));
            }
            ("provider", Some(kind), None) => {
                let alias = block.body.attribute("alias").and_then(|alias| alias.value.as_text());
                let name = alias.map_or_else(|| kind.to_owned(), |alias| format!("{kind}.{alias}"));
                push("provider", &name, &format!("provider {name}"));
            }
            ("module", Some(name), None) => push("module", name, &format!("module.{name}")),
            ("variable", Some(name), None) => push("variable", name, &format!("var.{name}")),
            ("output", Some(name), None) => push("output", name, &format!("output.{name}")),
            ("check", Some(name), None) => push("check", name, &format!("check.{name}")),
            ("locals", None, None) => {
                for local in &block.body.attributes {
                    facts.push(self.local(local));
                }
            }
            ("moved" | "removed" | "import", None, None) => {
                let key = if block.kind == "import" { "to" } else { "from" };
                let of = block.body.attribute(key).map(|of| of.value.source()).unwrap_or_default();
                push(&block.kind, &of, &format!("{} {of}", block.kind));
            }
            ("terraform", None, None) => self.terraform(block, facts),
            _ => {}
        }
    }

    fn local(&self, local: &Assignment) -> Fact {
        let mut leaves = Leaves::default();
        self.flattener.value(&local.value, "value", &local.span, &mut leaves);
        self.fact("local", &local.name, &format!("local.{}", local.name), leaves, &local.span)
    }

    /// The settings block, its backend and its required providers are facts of their own.
    fn terraform(&self, block: &Block, facts: &mut Vec<Fact>) {
        let mut rest = Body { attributes: block.body.attributes.clone(), blocks: Vec::new() };
        for inner in &block.body.blocks {
            match inner.kind.as_str() {
                "backend" | "cloud" => {
                    let mut body = inner.body.clone();
                    let kind = inner.labels.first().map_or("cloud", String::as_str);
                    let value = Node::new(inner.span.clone(), Expression::Text(kind.to_owned()));
                    // The place of the type is the head of the block.
                    let head = inner.span.start..head_end(self.text, &inner.span);
                    body.attributes.insert(0, Assignment { name: "type".to_owned(), value, span: head });
                    facts.push(self.resource("backend", "", "the state backend", &body, &inner.span));
                }
                "required_providers" => {
                    for provider in &inner.body.attributes {
                        let mut leaves = Leaves::default();
                        match &provider.value.kind {
                            Expression::Object(_) => {
                                self.flattener.value(&provider.value, "", &provider.span, &mut leaves);
                                leaves.blocks.remove("");
                            }
                            // Before 0.13 the version stood alone.
                            _ => self.flattener.value(&provider.value, "version", &provider.span, &mut leaves),
                        }
                        let address = format!("required provider {}", provider.name);
                        facts.push(self.fact(
                            "required_provider",
                            &provider.name,
                            &address,
                            leaves,
                            &provider.span,
                        ));
                    }
                }
                _ => rest.blocks.push(inner.clone()),
            }
        }
        if !rest.attributes.is_empty() || !rest.blocks.is_empty() {
            facts.push(self.resource("terraform", "", "terraform", &rest, &block.span));
        }
    }

    fn resource(&self, kind: &str, name: &str, address: &str, body: &Body, span: &Range<usize>) -> Fact {
        let mut leaves = Leaves::default();
        self.flattener.body(body, "", &mut leaves);
        self.fact(kind, name, address, leaves, span)
    }

    fn fact(&self, kind: &str, name: &str, address: &str, leaves: Leaves, span: &Range<usize>) -> Fact {
        let locus = |span: &Range<usize>| {
            let mut locus = (self.at)(span.clone());
            locus.scope = vec![address.to_owned()];
            locus
        };
        let attributes = leaves
            .leaves
            .into_iter()
            .map(|leaf| Attribute {
                locus: locus(&leaf.span),
                path: leaf.path,
                value: leaf.value,
                folded: None,
            })
            .collect();
        Fact {
            locus: locus(span),
            body: FactBody::Resource(Resource {
                system: System::Terraform,
                module: folder(self.path).to_owned(),
                kind: kind.to_owned(),
                name: name.to_owned(),
                address: address.to_owned(),
                attributes,
                blocks: leaves.blocks,
            }),
        }
    }
}

/// Where the head of a block ends: its first line.
fn head_end(text: &str, span: &Range<usize>) -> usize {
    let block = text.get(span.clone()).unwrap_or_default();
    span.start + block.find('\n').unwrap_or(block.len()).max(1)
}

/// The values of an unknown leaf mention a name.
pub(super) fn mentions(value: &Value, name: &str) -> bool {
    let Value::Unknown(text) = value else { return false };
    text.match_indices(name).any(|(at, _)| {
        let word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
        !text[..at].chars().next_back().is_some_and(|letter| word(letter) || letter == '.')
            && !text[at + name.len()..].chars().next().is_some_and(word)
    })
}

/// Where the bytes of a document stand.
pub(super) fn locate(document: &Document) -> impl Fn(Range<usize>) -> Locus + '_ {
    |span| document.locus(span, Vec::new())
}
