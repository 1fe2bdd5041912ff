//! Terraform addresses that the change itself takes care of: `moved`, `removed`, `import`.

use super::Evidence;
use crate::facts::{Body, Resource, System};

/// The addresses of one module folder that the new side takes care of.
pub(super) struct Handled {
    /// From → to, as written.
    moved: Vec<(String, String)>,
    /// Addresses that are released from management.
    released: Vec<String>,
    /// Addresses that a `removed` block speaks of without keeping the object.
    destroyed: Vec<String>,
}

impl Handled {
    pub(super) fn in_module(evidence: &Evidence<'_>, module: &str) -> Self {
        let mut handled = Self { moved: Vec::new(), released: Vec::new(), destroyed: Vec::new() };
        for fact in evidence.new_resources {
            let Body::Resource(resource) = &fact.body else { continue };
            if resource.system != System::Terraform {
                continue;
            }
            let text = |key: &str| {
                resource.attribute(key).map(|attribute| attribute.value.as_text().trim_matches('"').to_owned())
            };
            let Some(from) = text("from") else { continue };
            // A caller speaks of what is inside its modules: `module.db.aws_db_instance.a`.
            let from = if resource.module == module {
                from
            } else {
                match inside_module(&from) {
                    Some(inner) => inner.to_owned(),
                    None => continue,
                }
            };
            match resource.kind.as_str() {
                "moved" => handled.moved.push((from, text("to").unwrap_or_default())),
                "removed" if keeps(resource) => handled.released.push(from),
                "removed" => handled.destroyed.push(from),
                _ => {}
            }
        }
        handled
    }

    /// The address, or one of its instances, was moved.
    pub(super) fn is_moved(&self, address: &str) -> bool {
        self.moved.iter().any(|(from, _)| bare(from) == address)
    }

    /// This very instance was moved, or the whole of it.
    pub(super) fn moves_instance(&self, instance: &str) -> bool {
        self.moved.iter().any(|(from, _)| from == instance || from == bare(instance))
    }

    /// Where a `moved` block carries the address, without the index of an instance.
    pub(super) fn destination(&self, address: &str) -> Option<&str> {
        self.moved.iter().find(|(from, _)| bare(from) == address).map(|(_, to)| bare(to))
    }

    /// The object stays: it was moved or released from management.
    pub(super) fn keeps(&self, address: &str) -> bool {
        self.is_moved(address) || self.released.iter().any(|from| bare(from) == address)
    }

    /// A `removed` block names it and does not say that the object stays.
    pub(super) fn is_destroyed_on_purpose(&self, address: &str) -> bool {
        self.destroyed.iter().any(|from| bare(from) == address)
    }
}

fn keeps(removed: &Resource) -> bool {
    removed.attribute("lifecycle.destroy").is_some_and(|attribute| attribute.value.as_bool() == Some(false))
}

/// `aws_s3_bucket.a` of `module.x.module.y[0].aws_s3_bucket.a`; `None` where it names no resource in a module.
fn inside_module(address: &str) -> Option<&str> {
    let mut rest = address;
    while let Some(after) = rest.strip_prefix("module.") {
        let end = bracketed_dot(after)?;
        rest = &after[end + 1..];
    }
    (rest.len() != address.len()).then_some(rest)
}

/// The first dot outside brackets.
fn bracketed_dot(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    text.char_indices().find_map(|(at, letter)| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '.' if depth == 0 => return Some(at),
            _ => {}
        }
        None
    })
}

/// An address without the index of an instance at its end.
fn bare(address: &str) -> &str {
    let end = match address.strip_suffix(']') {
        Some(_) => address.rfind('[').unwrap_or(address.len()),
        None => address.len(),
    };
    address[..end].trim()
}

/// Kinds of blocks that bring no real object into being.
const NOT_MANAGED: [&str; 14] = [
    "module",
    "provider",
    "variable",
    "output",
    "local",
    "moved",
    "removed",
    "import",
    "check",
    "backend",
    "terraform",
    "tfvars",
    "terragrunt",
    "lock",
];

/// Blocks that bring a real object into being (not variables, outputs, data sources and the like).
pub(super) fn is_managed(resource: &Resource) -> bool {
    resource.system != System::Terraform
        || !(resource.kind.contains('.')
            || resource.kind == "required_provider"
            || NOT_MANAGED.contains(&resource.kind.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        assert_eq!(bare("aws_s3_bucket.a[\"x.y\"]"), "aws_s3_bucket.a");
        assert_eq!(bare("aws_s3_bucket.a"), "aws_s3_bucket.a");
        assert_eq!(inside_module("module.x[\"a.b\"].module.y.aws_s3_bucket.a"), Some("aws_s3_bucket.a"));
        assert_eq!(inside_module("aws_s3_bucket.a"), None);
        assert_eq!(inside_module("module.x"), None);
    }
}
