//! Constructs of the AWS CDK in Java: `Bucket.Builder.create(this, "Exports").versioned(true).build()`, and
//! `new Bucket(this, "Exports", BucketProps.builder().versioned(true).build())`.

use super::cdk::scope;
use super::kinds::{camel, of_cdk};
use super::{Declared, Reader};
use crate::facts::code::named_children;
use crate::facts::{Attribute, Scalar, System, Value};
use crate::source::Node;

/// Links of one chain of builder calls.
const LONGEST: usize = 200;

pub(super) fn construct<'d>(reader: &Reader<'_, 'd>, node: Node<'d>) -> Option<Declared> {
    let code = reader.code;
    let (class, arguments, properties) = match node.kind() {
        "method_invocation" => {
            let links = chain(reader, node)?;
            let create = links.first().filter(|link| code.text_of(link.name) == "create")?;
            let callee = code.callee(create.node, reader.around);
            (callee.path.strip_suffix(".Builder.create")?.to_owned(), create.arguments, links[1..].to_vec())
        }
        "object_creation_expression" => {
            let arguments = node.child_by_field_name("arguments")?;
            let properties = named_children(arguments)
                .get(2)
                .and_then(|builder| chain(reader, *builder))
                .map(|links| links[1..].to_vec());
            (code.callee(node, reader.around).path.clone(), arguments, properties.unwrap_or_default())
        }
        _ => return None,
    };
    let given = named_children(arguments);
    let (holder, id) = (given.first()?, given.get(1)?);
    let Value::Literal(Scalar::String(name)) = code.value(*id, reader.around) else { return None };
    if !matches!(holder.kind(), "this" | "identifier" | "field_access") || id.kind() != "string_literal" {
        return None;
    }
    let mut attributes = vec![Attribute {
        path: "scope".to_owned(),
        value: Value::string(scope(reader, *holder)),
        locus: reader.document.locus(holder.byte_range(), Vec::new()),
        folded: None,
    }];
    for link in properties {
        let path = camel(code.text_of(link.name));
        let Some(value) = named_children(link.arguments).first().copied().filter(|_| path != "build") else {
            continue;
        };
        // The line of the property, not of the whole chain before it.
        let span = link.name.byte_range().start..link.arguments.byte_range().end;
        attributes.retain(|one| one.path != path);
        match chain(reader, value).filter(|links| code.text_of(links[0].name) == "builder") {
            Some(inner) => attributes.extend(inner[1..].iter().filter_map(|inner| {
                let value = named_children(inner.arguments).first().copied()?;
                Some(Attribute {
                    path: format!("{path}.{}", camel(code.text_of(inner.name))),
                    value: reader.value(value),
                    locus: reader
                        .document
                        .locus(inner.name.byte_range().start..inner.arguments.byte_range().end, Vec::new()),
                    folded: None,
                })
            })),
            None => attributes.push(Attribute {
                path,
                value: reader.value(value),
                locus: reader.document.locus(span, Vec::new()),
                folded: None,
            }),
        }
    }
    let kind = of_cdk(&class).or_else(|| {
        let own = class.rsplit('.').next()?;
        (node.kind() == "object_creation_expression" && own.starts_with(|one: char| one.is_ascii_uppercase()))
            .then(|| own.to_owned())
    })?;
    Some(Declared { system: System::Cdk, kind, name, attributes })
}

/// One call of a chain.
#[derive(Clone, Copy)]
struct Link<'d> {
    node: Node<'d>,
    name: Node<'d>,
    arguments: Node<'d>,
}

/// The calls of `X.create(…).a(…).build()`, first to last; `None` unless it ends in `build()`.
fn chain<'d>(reader: &Reader<'_, 'd>, node: Node<'d>) -> Option<Vec<Link<'d>>> {
    let is_end = node.kind() == "method_invocation"
        && node.child_by_field_name("name").is_some_and(|name| reader.code.text_of(name) == "build");
    if !is_end {
        return None;
    }
    let mut links = Vec::new();
    let mut at = Some(node);
    while let Some(call) = at.filter(|call| call.kind() == "method_invocation") {
        let link = Link {
            node: call,
            name: call.child_by_field_name("name")?,
            arguments: call.child_by_field_name("arguments")?,
        };
        links.push(link);
        if links.len() > LONGEST {
            return None;
        }
        at = call.child_by_field_name("object");
    }
    links.reverse();
    Some(links)
}
