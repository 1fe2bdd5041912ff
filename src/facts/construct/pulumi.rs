//! Resources of Pulumi: `new aws.s3.Bucket("exports", args, options)`, keyword arguments, `s3.NewBucket(ctx, …)`.

use crate::source::Node;

use super::kinds::{camel, of_pulumi};
use super::{Declared, Reader};
use crate::facts::code::{is_call, is_string, named_children};
use crate::facts::{Attribute, Scalar, System, Value};
use crate::source::Language;

pub(super) fn resource<'d>(reader: &Reader<'_, 'd>, node: Node<'d>) -> Option<Declared> {
    let code = reader.code;
    let kind = of_pulumi(&code.callee(node, reader.around).path)?;
    let arguments = named_children(node.child_by_field_name("arguments")?);
    let mut positional = arguments.iter().filter(|one| one.kind() != "keyword_argument");
    if code.language == Language::Go {
        // The context.
        positional.next()?;
    }
    let id = positional.next().filter(|id| is_string(id.kind()))?;
    let name = match code.value(*id, reader.around) {
        Value::Literal(Scalar::String(name)) => name,
        // `${environment}-orders` is told by how it is written.
        _ => code.text_of(*id).trim_matches(['"', '\'', '`']).to_owned(),
    };
    let mut attributes = Vec::new();
    match code.language {
        Language::Python => {
            for argument in arguments.iter().filter(|one| one.kind() == "keyword_argument") {
                let name = argument.child_by_field_name("name").map(|name| camel(code.text_of(name)));
                match (name, argument.child_by_field_name("value")) {
                    (Some(name), Some(value)) if name == "opts" => {
                        reader.leaves(value, "opts.", 0, &mut attributes);
                    }
                    (Some(name), Some(value)) => reader.give(&name, value, *argument, 0, &mut attributes),
                    _ => {}
                }
            }
        }
        Language::Go => {
            if let Some(properties) = positional.next() {
                reader.leaves(*properties, "", 0, &mut attributes);
            }
            for option in positional {
                go_option(reader, *option, &mut attributes);
            }
        }
        _ => {
            if node.kind() != "new_expression" {
                return None;
            }
            for prefix in ["", "opts."] {
                if let Some(properties) = positional.next() {
                    reader.leaves(*properties, prefix, 0, &mut attributes);
                }
            }
        }
    }
    Some(Declared { system: System::Pulumi, kind, name, attributes })
}

/// `pulumi.Protect(true)`, `pulumi.Aliases(…)`.
fn go_option<'d>(reader: &Reader<'_, 'd>, option: Node<'d>, found: &mut Vec<Attribute>) {
    let code = reader.code;
    let known = is_call(Language::Go, option.kind()).then(|| code.callee(option, reader.around));
    let list = option.child_by_field_name("arguments");
    match (known, list) {
        (Some(callee), Some(list)) if callee.path.ends_with(&format!("/go/pulumi.{}", callee.method)) => {
            let path = format!("opts.{}", camel(&callee.method));
            let value = match named_children(list)[..] {
                [only] if only.kind() != "composite_literal" => reader.value(only),
                _ => Value::string(code.expanded(list, reader.around)),
            };
            let locus = reader.document.locus(option.byte_range(), Vec::new());
            found.push(Attribute { path, value, locus, folded: None });
        }
        _ => reader.leaves(option, "opts.", 0, found),
    }
}
