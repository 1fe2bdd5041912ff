//! What a module folder defines on one side: locals, defaults of variables, and values files that are loaded
//! by themselves.

use std::collections::HashMap;
use std::sync::Arc;

use super::blocks::{Flavour, folder};
use super::expression::Node;
use super::fold::{Definition, Scope};
use super::syntax::Body;
use super::{json, syntax};
use crate::change::{Change, Side};
use crate::source::{Document, FileReading, Language, parse};

/// Files of one folder that are looked into.
const MOST_FILES: usize = 200;
/// Bytes of an unchanged file that is looked into.
const LARGEST_SIBLING: usize = 256 * 1024;
/// Bytes of all unchanged files together.
const LARGEST_TOTAL: usize = 4 << 20;

/// An unchanged file, read once for both sides.
#[derive(Debug)]
pub(super) struct Sibling {
    pub text: Arc<str>,
    body: std::sync::OnceLock<Option<Body>>,
    path: String,
}

impl Sibling {
    /// `None` where it cannot be parsed.
    pub(super) fn body(&self) -> Option<&Body> {
        self.body.get_or_init(|| parse_text(&self.path, &self.text)).as_ref()
    }
}

/// Reads a text of Terraform by its path.
pub(super) fn parse_text(path: &str, text: &str) -> Option<Body> {
    let language = if path.ends_with(".json") { Language::Json } else { Language::Hcl };
    let tree = parse(text, language).ok()??;
    read_tree(path, text, &tree)
}

/// `None` for JSON that is no configuration, and where the text holds an error.
pub(super) fn read_tree(path: &str, text: &str, tree: &crate::source::Tree) -> Option<Body> {
    if tree.root_node().has_error() {
        return None;
    }
    if path.ends_with(".tfvars.json") {
        json::read_values(text, tree)
    } else if path.ends_with(".json") {
        json::read(text, tree)
    } else {
        Some(syntax::read(text, tree))
    }
}

/// Whether Terraform or Terragrunt reads a file of this name.
pub(super) fn is_terraform(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    [".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json"].iter().any(|end| name.ends_with(end))
}

fn is_configuration(path: &str) -> bool {
    [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|end| path.ends_with(end))
}

/// Reads unchanged files beside the changed ones, within bounds.
pub(super) struct Folders<'a> {
    change: &'a Change,
    readings: &'a [FileReading],
    /// Changed files by path, on either side.
    changed: [HashMap<&'a str, usize>; 2],
    siblings: HashMap<(Side, String), Option<Arc<Sibling>>>,
    left: usize,
}

impl<'a> Folders<'a> {
    pub(super) fn new(change: &'a Change, readings: &'a [FileReading]) -> Self {
        let paths = |side: Side| {
            let files = change.files.iter().enumerate();
            files.filter_map(|(index, file)| Some((file.judged(side)?.path.as_str(), index))).collect()
        };
        Self {
            change,
            readings,
            changed: [paths(Side::Old), paths(Side::New)],
            siblings: HashMap::new(),
            left: LARGEST_TOTAL,
        }
    }

    /// The index of a file of the change.
    pub(super) fn changed(&self, side: Side, path: &str) -> Option<usize> {
        self.changed[usize::from(side == Side::New)].get(path).copied()
    }

    pub(super) fn document(&self, side: Side, file: usize) -> Option<&'a Document> {
        self.readings.iter().find(|reading| reading.index == file)?.host(side)
    }

    /// Paths of the files of a folder that Terraform reads.
    pub(super) fn files(&self, side: Side, folder: &str) -> Vec<String> {
        let names = self.change.tree(side).list(folder).unwrap_or_default();
        let full = |name: String| if folder.is_empty() { name } else { format!("{folder}/{name}") };
        let mut files: Vec<String> =
            names.into_iter().filter(|name| is_terraform(name)).take(MOST_FILES).map(full).collect();
        // A tree that knows less than the change (a patch) still has the files of the change.
        let known = &self.changed[usize::from(side == Side::New)];
        for path in known.keys() {
            if super::blocks::folder(path) == folder
                && is_terraform(path)
                && !files.iter().any(|one| one == path)
            {
                files.push((*path).to_owned());
            }
        }
        files.sort();
        files
    }

    /// An unchanged file.
    pub(super) fn sibling(&mut self, side: Side, path: &str) -> Option<Arc<Sibling>> {
        // Unchanged files are the same on both sides, unless a folder was renamed around them.
        for known in [Side::Old, Side::New] {
            if let Some(found) = self.siblings.get(&(known, path.to_owned())) {
                return found.clone();
            }
        }
        let read = self.change.tree(side).read(path).ok().flatten();
        let text = read.filter(|bytes| bytes.len() <= LARGEST_SIBLING.min(self.left)).map(|bytes| {
            self.left -= bytes.len();
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let sibling = text.map(|text| {
            Arc::new(Sibling { text: text.into(), body: std::sync::OnceLock::new(), path: path.to_owned() })
        });
        self.siblings.insert((side, path.to_owned()), sibling.clone());
        sibling
    }

    /// Everything a folder defines. `overlay` is a values file that is loaded only by name.
    pub(super) fn scope(&mut self, side: Side, folder: &str, overlay: Option<&str>) -> Scope {
        let mut scope = Scope::default();
        let files = self.files(side, folder);
        for path in files.iter().filter(|path| is_configuration(path)) {
            self.with_body(side, path, &["variable", "locals"], |body, at| configuration(&mut scope, body, at));
        }
        let mut values: Vec<&String> = files.iter().filter(|path| is_loaded(path)).collect();
        // `terraform.tfvars` first, then the others in their order.
        values.sort_by_key(|path| (!path.contains("terraform.tfvars"), *path));
        for path in values {
            let note = name(path).to_owned();
            self.with_body(side, path, &[], |body, at| assign(&mut scope, body, &note, at));
        }
        match overlay {
            Some(path) => {
                let note = name(path).to_owned();
                self.with_body(side, path, &[], |body, at| assign(&mut scope, body, &note, at));
            }
            None => self.doubt(side, &files, &mut scope),
        }
        scope
    }

    /// A variable that some other values file sets to something else has no one value.
    fn doubt(&mut self, side: Side, files: &[String], scope: &mut Scope) {
        for path in files.iter().filter(|path| path.contains(".tfvars") && !is_loaded(path)) {
            let mut other = Vec::new();
            self.with_body(side, path, &[], |body, _| {
                other.extend(body.attributes.iter().map(|one| (one.name.clone(), one.value.source())));
            });
            for (name, source) in other {
                let key = format!("var.{name}");
                if scope.definitions.get(&key).is_some_and(|known| known.value.source() != source) {
                    scope.definitions.remove(&key);
                }
            }
        }
    }

    /// Hands the body of a file on, with a way to turn its spans into loci if it belongs to the change.
    fn with_body(
        &mut self,
        side: Side,
        path: &str,
        words: &[&str],
        mut take: impl FnMut(&Body, Option<&Document>),
    ) {
        let worth = |text: &str| words.is_empty() || words.iter().any(|word| text.contains(word));
        if let Some(file) = self.changed(side, path) {
            let Some(document) = self.document(side, file) else { return };
            let Some(tree) = document.tree.as_ref().filter(|_| worth(&document.text)) else { return };
            if let Some(body) = read_tree(path, &document.text, tree) {
                take(&body, Some(document));
            }
        } else if let Some(sibling) = self.sibling(side, path).filter(|sibling| worth(&sibling.text))
            && let Some(body) = sibling.body()
        {
            take(body, None);
        }
    }

    /// Values files that are loaded only by name and belong to the change, with the folder whose variables they
    /// set: their own, or the nearest one above that holds configuration.
    pub(super) fn overlays(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut paths: Vec<&str> = self.changed[1].keys().copied().collect();
        paths.sort_unstable();
        for path in paths {
            if !path.contains(".tfvars") || self.changed(Side::Old, path).is_none() {
                continue;
            }
            let mut home = folder(path);
            for _ in 0..4 {
                if self.files(Side::New, home).iter().any(|file| is_configuration(file)) {
                    let own = home == folder(path);
                    if !(own && is_loaded(path)) {
                        found.push((home.to_owned(), path.to_owned()));
                    }
                    break;
                }
                if home.is_empty() {
                    break;
                }
                home = folder(home);
            }
        }
        // Production first: the first file that touches a resource speaks for it.
        found.sort_by_key(|(_, path)| (!path.contains("prod") && !path.contains("live"), path.clone()));
        found
    }

    /// The `moved`, `removed` and `import` blocks, and every other fact, of the unchanged files of a folder that
    /// contain one of the words.
    pub(super) fn unchanged_with(
        &mut self,
        side: Side,
        folder: &str,
        words: &[&str],
    ) -> Vec<(String, Arc<Sibling>)> {
        let mut found = Vec::new();
        for path in self.files(side, folder) {
            if self.changed(side, &path).is_some() || !is_configuration(&path) {
                continue;
            }
            if let Some(sibling) = self.sibling(side, &path)
                && words.iter().any(|word| sibling.text.contains(word))
            {
                found.push((path, sibling));
            }
        }
        found
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Terraform loads it without being told.
fn is_loaded(path: &str) -> bool {
    let name = name(path);
    matches!(name, "terraform.tfvars" | "terraform.tfvars.json")
        || name.ends_with(".auto.tfvars")
        || name.ends_with(".auto.tfvars.json")
}

fn definition(value: &Node, note: String, span: &std::ops::Range<usize>, at: Option<&Document>) -> Definition {
    let locus = at.map(|document| document.locus(span.clone(), Vec::new()));
    Definition { value: value.clone(), note, locus }
}

fn configuration(scope: &mut Scope, body: &Body, at: Option<&Document>) {
    for block in &body.blocks {
        match block.kind.as_str() {
            "variable" => {
                let (Some(name), Some(default)) = (block.labels.first(), block.body.attribute("default"))
                else {
                    continue;
                };
                let note = format!("default of var.{name}");
                let found = definition(&default.value, note, &default.span, at);
                scope.definitions.insert(format!("var.{name}"), found);
            }
            "locals" => {
                for local in &block.body.attributes {
                    let key = format!("local.{}", local.name);
                    let found = definition(&local.value, key.clone(), &local.span, at);
                    scope.definitions.insert(key, found);
                }
            }
            _ => {}
        }
    }
}

fn assign(scope: &mut Scope, body: &Body, note: &str, at: Option<&Document>) {
    for value in &body.attributes {
        let found = definition(&value.value, format!("{note}: {}", value.name), &value.span, at);
        scope.definitions.insert(format!("var.{}", value.name), found);
    }
}

/// The resources of an unchanged file, all standing at one place.
pub(super) fn resources_of(
    path: &str,
    sibling: &Sibling,
    at: &crate::source::Locus,
) -> Vec<crate::facts::Fact> {
    let Some(body) = sibling.body() else { return Vec::new() };
    let Some(flavour) = Flavour::of(path, body) else { return Vec::new() };
    super::blocks::resources(path, &sibling.text, body, flavour, &|_| at.clone())
}
