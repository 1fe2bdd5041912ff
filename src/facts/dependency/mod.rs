//! Dependencies: what a project takes from elsewhere, under which condition, and what a lock file holds it to.
//!
//! Identity: ecosystem and name, within one file; manifests and lock files are told apart.

mod cargo;
mod go;
mod lock;
mod npm;
mod python;
mod spec;

use super::{Body, Dependency, Fact};
use crate::source::{Document, Focus};

/// Everything that a manifest or lock file says; nothing for any other file.
pub(super) fn extract(document: &Document, focus: &Focus) -> Vec<Fact> {
    if document.embedding.is_some() {
        return Vec::new();
    }
    let name = document.path.rsplit('/').next().unwrap_or(&document.path);
    match name {
        "Cargo.toml" => cargo::manifest(document),
        "package.json" => npm::manifest(document),
        "pyproject.toml" | "Pipfile" => python::manifest(document),
        "go.mod" => go::manifest(document),
        "Cargo.lock" | "poetry.lock" | "uv.lock" | "pdm.lock" => lock::packages(document, focus, name),
        "package-lock.json" | "npm-shrinkwrap.json" => lock::npm(document, focus),
        _ if python::is_requirements(&document.path) => python::requirements(document),
        _ => Vec::new(),
    }
}

fn fact(document: &Document, span: std::ops::Range<usize>, dependency: Dependency) -> Fact {
    Fact { locus: document.locus(span, Vec::new()), body: Body::Dependency(dependency) }
}
