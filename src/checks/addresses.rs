//! Terraform addresses that the change itself takes care of: `moved`, `removed` that keeps, `import`.

use super::Evidence;
use crate::facts::{Body, Resource, System};

/// The addresses of one module folder that the new side takes care of.
pub(super) struct Handled {
    moved_from: Vec<String>,
    released: Vec<String>,
}

impl Handled {
    pub(super) fn in_module(evidence: &Evidence<'_>, module: &str) -> Self {
        let mut handled = Self { moved_from: Vec::new(), released: Vec::new() };
        for fact in evidence.new_resources {
            let Body::Resource(resource) = &fact.body else { continue };
            if resource.system != System::Terraform || resource.module != module {
                continue;
            }
            let from = resource.attribute("from").map(|attribute| bare(&attribute.value.as_text()));
            match (resource.kind.as_str(), from) {
                ("moved", Some(from)) => handled.moved_from.push(from),
                ("removed", Some(from)) if keeps(resource) => handled.released.push(from),
                _ => {}
            }
        }
        handled
    }

    /// The address, or the module call around it, was moved.
    pub(super) fn is_moved(&self, address: &str) -> bool {
        self.moved_from.iter().any(|from| from == address)
    }

    /// The object stays: it was moved or released from management.
    pub(super) fn keeps(&self, address: &str) -> bool {
        self.is_moved(address) || self.released.iter().any(|from| from == address)
    }
}

fn keeps(removed: &Resource) -> bool {
    removed.attribute("lifecycle.destroy").is_some_and(|attribute| attribute.value.as_bool() == Some(false))
}

/// An address without the index of an instance.
fn bare(address: &str) -> String {
    address.split('[').next().unwrap_or(address).trim().trim_matches('"').to_owned()
}

/// Blocks that bring a real object into being (not variables, outputs, data sources and the like).
pub(super) fn is_managed(resource: &Resource) -> bool {
    resource.system != System::Terraform
        || (resource.kind.contains('_')
            && !resource.kind.starts_with("data.")
            && resource.kind != "required_provider")
}
