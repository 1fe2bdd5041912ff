//! Infrastructure that program code declares: constructs of the AWS CDK, resources of Pulumi.
//!
//! Identity: kind and the id that the code gives, wherever the call stands; the names of variables, classes and
//! files say nothing. Kinds are `s3.Bucket` for the CDK and `aws.s3.Bucket` for Pulumi, in every language; a class
//! of the project's own keeps its name. Attributes have the names of the TypeScript libraries, `opts.` before the
//! options of Pulumi. Members of enumerations are their last name, durations days. `spread` stands where properties
//! come from somewhere that the file does not show. `scope` says what a construct hangs in: `stack`, `construct` or
//! `other`.

mod cdk;
mod cdk_java;
mod kinds;
mod properties;
mod pulumi;

use crate::source::Node;
use memchr::memmem;

use super::code::{Code, is_call, is_function, is_type_definition};
use super::{Attribute, Body, Fact, Resource, System};
use crate::source::{Document, Language};

/// A thing that one call declares.
struct Declared {
    system: System,
    kind: String,
    name: String,
    attributes: Vec<Attribute>,
}

pub(super) fn extract<'d>(document: &'d Document, code: &Code<'d>) -> Vec<Fact> {
    let speaks = |word: &str| memmem::find(document.text.as_bytes(), word.as_bytes()).is_some();
    let (cdk, pulumi) = (speaks("aws-cdk") || speaks("aws_cdk") || speaks("amazon.awscdk"), speaks("pulumi"));
    let language = document.language;
    let known = matches!(
        language,
        Language::JavaScript
            | Language::TypeScript
            | Language::Tsx
            | Language::Python
            | Language::Go
            | Language::Java
    );
    if document.embedding.is_some() || !known || !(cdk || pulumi) {
        return Vec::new();
    }
    let mut around: Vec<Node<'d>> = Vec::new();
    let mut facts = Vec::new();
    let mut cursor = code.root.walk();
    let mut opened: Vec<bool> = Vec::new();
    loop {
        let node = cursor.node();
        let definition = is_function(language, node.kind()) || is_type_definition(language, node.kind());
        if definition {
            around.push(node);
        }
        if is_call(language, node.kind()) {
            let reader = Reader { document, code, around: &around };
            let found = match language {
                Language::Java => cdk.then(|| cdk_java::construct(&reader, node)).flatten(),
                _ => cdk.then(|| cdk::construct(&reader, node)).flatten(),
            };
            let found = found.or_else(|| pulumi.then(|| pulumi::resource(&reader, node)).flatten());
            facts.extend(found.map(|declared| reader.fact(node, declared)));
        }
        if cursor.goto_first_child() {
            opened.push(definition);
            continue;
        }
        if definition {
            around.pop();
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return facts;
            }
            if opened.pop() == Some(true) {
                around.pop();
            }
        }
    }
}

/// A call's surroundings.
struct Reader<'a, 'd> {
    document: &'d Document,
    code: &'a Code<'d>,
    /// Functions and classes around the call, outermost first.
    around: &'a [Node<'d>],
}

impl<'d> Reader<'_, 'd> {
    fn fact(&self, node: Node<'d>, declared: Declared) -> Fact {
        Fact {
            locus: self.document.locus(node.byte_range(), Vec::new()),
            body: Body::Resource(Resource {
                system: declared.system,
                module: String::new(),
                address: format!("{} {}", declared.kind, declared.name),
                kind: declared.kind,
                name: declared.name,
                attributes: declared.attributes,
                blocks: Default::default(),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
