//! Constructs of the AWS CDK: `new Bucket(this, "Exports", {…})`, `s3.Bucket(self, "Exports", …)`.

use crate::source::Node;

use super::kinds::of_cdk;
use super::{Declared, Reader};
use crate::facts::code::{is_string, is_type_definition, named_children};
use crate::facts::{Attribute, Scalar, System, Value};
use crate::source::Language;

pub(super) fn construct<'d>(reader: &Reader<'_, 'd>, node: Node<'d>) -> Option<Declared> {
    let code = reader.code;
    let is_python = code.language == Language::Python;
    if !(is_python || node.kind() == "new_expression") {
        return None;
    }
    let arguments = named_children(node.child_by_field_name("arguments")?);
    let mut positional = arguments.iter().filter(|one| one.kind() != "keyword_argument");
    let (holder, id) = (positional.next()?, positional.next()?);
    let is_name = |node: &Node<'_>| {
        matches!(node.kind(), "this" | "self" | "identifier" | "member_expression" | "attribute")
    };
    if !is_name(holder) || !is_string(id.kind()) {
        return None;
    }
    let Value::Literal(Scalar::String(name)) = code.value(*id, reader.around) else { return None };
    let callee = code.callee(node, reader.around);
    let path = &callee.path;
    let kind = of_cdk(path).or_else(|| {
        let class = path.rsplit(['.', '/']).next()?;
        class.starts_with(|one: char| one.is_ascii_uppercase()).then(|| class.to_owned())
    })?;
    let mut attributes = vec![Attribute {
        path: "scope".to_owned(),
        value: Value::string(scope(reader, *holder)),
        locus: reader.document.locus(holder.byte_range(), Vec::new()),
        folded: None,
    }];
    if is_python {
        for argument in arguments.iter().filter(|one| one.kind() != "string") {
            match argument.kind() {
                "keyword_argument" => {
                    let name = argument
                        .child_by_field_name("name")
                        .map(|name| super::kinds::camel(code.text_of(name)));
                    if let (Some(name), Some(value)) = (name, argument.child_by_field_name("value")) {
                        reader.give(&name, value, *argument, 0, &mut attributes);
                    }
                }
                "dictionary_splat" => {
                    if let Some(inner) = argument.named_child(0) {
                        reader.leaves(inner, "", 0, &mut attributes);
                    }
                }
                _ => {}
            }
        }
    } else if let Some(properties) = positional.next() {
        reader.leaves(*properties, "", 0, &mut attributes);
    }
    Some(Declared { system: System::Cdk, kind, name, attributes })
}

/// What a construct hangs in. The path of constructs, and with it the identity in the stack, runs through it.
pub(super) fn scope(reader: &Reader<'_, '_>, holder: Node<'_>) -> &'static str {
    let code = reader.code;
    if !matches!(code.text_of(holder), "this" | "self") {
        return "other";
    }
    let class = reader.around.iter().rev().find(|one| is_type_definition(code.language, one.kind()));
    let Some(class) = class else { return "other" };
    let heritage = class
        .child_by_field_name("superclasses")
        .or_else(|| class.child_by_field_name("superclass"))
        .or_else(|| named_children(*class).into_iter().find(|one| one.kind() == "class_heritage"));
    let Some(heritage) = heritage else { return "other" };
    let text = code.text_of(heritage);
    let last = text.trim_end_matches([')', ' ']).split([',', '{']).next().unwrap_or_default().trim();
    if last.ends_with("Stack") {
        "stack"
    } else if last.ends_with("Construct") {
        "construct"
    } else {
        "other"
    }
}
