//! What can be said only with both sides and the unchanged files at hand: values behind names, folders that were
//! renamed, files that do not parse, and names of repeated blocks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::align::align;
use super::blocks::{folder, mentions};
use super::definitions::{Folders, is_terraform, resources_of};
use super::flatten::{Flattener, Leaves, without_marks};
use super::fold::{Scope, Used};
use super::syntax::read_expression;
use crate::change::{Change, Content, Side, Status};
use crate::facts::{Attribute, Body, Fact, Resource, System, Value};
use crate::source::{FileReading, Language, NotAnalysed};

/// Leaves that folding may add to one side, so that a large local used everywhere stays bounded.
const MOST_FOLDED: usize = 50_000;

/// Both sides' facts, ready to be paired. Facts of other lenses are left alone.
pub fn settle(
    old: &mut Vec<Fact>,
    new: &mut Vec<Fact>,
    change: &Change,
    readings: &[FileReading],
) -> Vec<NotAnalysed> {
    let concerned = |facts: &[Fact]| facts.iter().any(|fact| resource(fact).is_some());
    if !concerned(old) && !concerned(new) {
        return Vec::new();
    }
    let mut folders = Folders::new(change, readings);
    let broken = leave_broken_out(old, new, change, readings);
    let renamed = renamed_folders(change, &folders);
    for fact in old.iter_mut() {
        if let Body::Resource(resource) = &mut fact.body
            && resource.system == System::Terraform
            && let Some(now) = renamed.get(&resource.module)
        {
            resource.module.clone_from(now);
        }
    }
    let mut modules: BTreeSet<String> = BTreeSet::new();
    modules.extend(old.iter().chain(new.iter()).filter_map(resource).map(|one| one.module.clone()));
    let overlays = folders.overlays();
    modules.extend(overlays.iter().map(|(home, _)| home.clone()));
    let was: HashMap<&str, &str> = renamed.iter().map(|(was, is)| (is.as_str(), was.as_str())).collect();
    for module in &modules {
        bring_in_addresses(old, new, &mut folders, module);
        let before = was.get(module.as_str()).copied().unwrap_or(module);
        let mut overlay: Vec<Option<&str>> =
            overlays.iter().filter(|(home, _)| home == module).map(|(_, path)| Some(path.as_str())).collect();
        if overlay.is_empty() {
            overlay.push(None);
        }
        for overlay in overlay {
            Module { folders: &mut folders, now: module, before, overlay }.settle(old, new);
        }
    }
    name_blocks(old, new);
    broken
}

fn resource(fact: &Fact) -> Option<&Resource> {
    match &fact.body {
        Body::Resource(resource) if resource.system == System::Terraform => Some(resource),
        _ => None,
    }
}

fn resource_mut(fact: &mut Fact) -> Option<&mut Resource> {
    match &mut fact.body {
        Body::Resource(resource) if resource.system == System::Terraform => Some(resource),
        _ => None,
    }
}

/// What a resource says, without its place.
fn content(resource: &Resource) -> Vec<String> {
    let mut lines: Vec<String> =
        resource.attributes.iter().map(|one| format!("{}={:?}", one.path, one.value)).collect();
    lines.extend(resource.blocks.iter().cloned());
    lines.sort();
    lines
}

type Identity = (String, String, String);

fn identity(resource: &Resource) -> Identity {
    (resource.module.clone(), resource.kind.clone(), resource.name.clone())
}

/// A file that does not parse on one side is compared on neither; otherwise everything in it would be "removed".
fn leave_broken_out(
    old: &mut Vec<Fact>,
    new: &mut Vec<Fact>,
    change: &Change,
    readings: &[FileReading],
) -> Vec<NotAnalysed> {
    let mut found = Vec::new();
    let mut files: BTreeSet<usize> = BTreeSet::new();
    let mut texts: Vec<(String, String)> = Vec::new();
    for reading in readings {
        let Some(file) = change.files.get(reading.index) else { continue };
        for side in [Side::Old, Side::New] {
            let Some(path) = file.judged(side).map(|side| side.path.as_str()) else { continue };
            let hcl = path.ends_with(".hcl") && Language::of(path, b"") == Language::Hcl;
            if !is_terraform(path) && !hcl {
                continue;
            }
            let document = reading.host(side);
            let tree = document.and_then(|document| document.tree.as_ref());
            let broken = match tree {
                Some(tree) => tree.root_node().has_error().then(|| error_line(tree.root_node())),
                // The reason was already given when the text was declined.
                None => Some(None),
            };
            let Some(line) = broken else { continue };
            files.insert(reading.index);
            if let Some(line) = line {
                found.push(NotAnalysed {
                    path: path.to_owned(),
                    reason: format!("syntax error on line {line}; its blocks were not compared"),
                });
            }
            let text = match (document, file.judged(side).map(|side| &side.content)) {
                (Some(document), _) => document.text.to_string(),
                (None, Some(Content::Bytes(bytes))) => String::from_utf8_lossy(bytes).into_owned(),
                _ => String::new(),
            };
            texts.push((folder(path).to_owned(), text));
        }
    }
    if files.is_empty() {
        return found;
    }
    // A block that was moved into such a file is not gone.
    let stands_in_broken = |fact: &Fact| {
        resource(fact).is_some_and(|one| {
            let head = format!("\"{}\" \"{}\"", one.kind, one.name);
            texts.iter().any(|(home, text)| *home == one.module && text.contains(&head))
        })
    };
    let stays =
        |fact: &Fact| resource(fact).is_none() || !(files.contains(&fact.locus.file) || stands_in_broken(fact));
    old.retain(stays);
    new.retain(stays);
    found.dedup();
    found
}

/// The line of the first error, 1-based.
fn error_line(root: crate::source::Node<'_>) -> Option<u32> {
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            return Some(node.start_position().row as u32 + 1);
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Some(1);
            }
        }
    }
}

/// Old folder → new folder, where every configuration file of the old one went to the same new one.
fn renamed_folders(change: &Change, folders: &Folders<'_>) -> HashMap<String, String> {
    let mut targets: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for file in &change.files {
        let (Some(old), Some(new)) = (&file.old, &file.new) else { continue };
        if file.status != Status::Renamed || !is_terraform(&old.path) {
            continue;
        }
        let (was, is) = (folder(&old.path), folder(&new.path));
        if was != is {
            targets.entry(was).or_default().insert(is);
        }
    }
    let mut renamed: HashMap<String, String> = HashMap::new();
    for (was, is) in targets {
        let [only] = is.iter().copied().collect::<Vec<_>>()[..] else { continue };
        let emptied = folders.files(Side::New, was).is_empty();
        let fresh = folders.files(Side::Old, only).is_empty();
        if emptied && fresh && !renamed.values().any(|taken| taken == only) {
            renamed.insert(was.to_owned(), only.to_owned());
        }
    }
    renamed
}

/// Where a resource is gone, `moved`, `removed` and `import` blocks of unchanged files count too.
fn bring_in_addresses(old: &mut Vec<Fact>, new: &mut Vec<Fact>, folders: &mut Folders<'_>, module: &str) {
    let names = |facts: &[Fact]| -> BTreeSet<Identity> {
        facts.iter().filter_map(resource).filter(|one| one.module == module).map(identity).collect()
    };
    let kept = names(new);
    let Some(place) = old
        .iter()
        .find(|fact| resource(fact).is_some_and(|one| one.module == module && !kept.contains(&identity(one))))
        .map(|fact| fact.locus.clone())
    else {
        return;
    };
    for (path, sibling) in folders.unchanged_with(Side::New, module, &["moved", "removed", "import"]) {
        for fact in resources_of(&path, &sibling, &place) {
            if resource(&fact).is_some_and(|one| matches!(one.kind.as_str(), "moved" | "removed" | "import")) {
                old.push(fact.clone());
                new.push(fact);
            }
        }
    }
}

/// One module folder on both sides.
struct Module<'a, 'b> {
    folders: &'a mut Folders<'b>,
    now: &'a str,
    before: &'a str,
    overlay: Option<&'a str>,
}

impl Module<'_, '_> {
    fn settle(&mut self, old: &mut Vec<Fact>, new: &mut Vec<Fact>) {
        let now = self.now;
        let own = |facts: &[Fact]| -> BTreeMap<Identity, usize> {
            let facts = facts.iter().enumerate();
            facts
                .filter_map(|(index, fact)| Some((resource(fact).filter(|one| one.module == now)?, index)))
                .map(|(one, index)| (identity(one), index))
                .collect()
        };
        let (mut left, mut right) = (own(old), own(new));
        let differs = |id: &Identity| match (left.get(id), right.get(id)) {
            (Some(one), Some(other)) => match (resource(&old[*one]), resource(&new[*other])) {
                (Some(one), Some(other)) => content(one) != content(other),
                _ => false,
            },
            _ => true,
        };
        let all: BTreeSet<Identity> = left.keys().chain(right.keys()).cloned().collect();
        let different: BTreeSet<Identity> = all.iter().filter(|id| differs(id)).cloned().collect();
        let defines = |id: &Identity| matches!(id.1.as_str(), "variable" | "local" | "tfvars");
        let uses_names = |fact: &Fact| {
            resource(fact).is_some_and(|one| {
                one.attributes.iter().any(|attribute| {
                    matches!(&attribute.value, Value::Unknown(text) if text.contains("var.") || text.contains("local."))
                })
            })
        };
        let needed = self.overlay.is_some()
            || different.iter().any(|id| {
                defines(id)
                    || left.get(id).is_some_and(|index| uses_names(&old[*index]))
                    || right.get(id).is_some_and(|index| uses_names(&new[*index]))
            });
        if !needed {
            return;
        }
        let scope_old = self.folders.scope(Side::Old, self.before, self.overlay);
        let scope_new = self.folders.scope(Side::New, self.now, self.overlay);
        let turned = turned(&scope_old, &scope_new);
        let touched = |fact: &Fact| {
            resource(fact).is_some_and(|one| {
                one.attributes
                    .iter()
                    .any(|attribute| turned.iter().any(|name| mentions(&attribute.value, name)))
            })
        };
        if !turned.is_empty() {
            self.pull_in(old, new, &scope_old, &scope_new, &turned);
            (left, right) = (own(old), own(new));
        }
        let mut budget = MOST_FOLDED;
        for id in left.keys().chain(right.keys()).cloned().collect::<BTreeSet<_>>() {
            if defines(&id) || matches!(id.1.as_str(), "output" | "moved" | "removed") {
                continue;
            }
            let (one, other) = (left.get(&id).copied(), right.get(&id).copied());
            let affected = different.contains(&id)
                || one.is_some_and(|index| touched(&old[index]))
                || other.is_some_and(|index| touched(&new[index]));
            if !affected {
                continue;
            }
            let raw: Option<Resource> = one.and_then(|index| resource(&old[index]).cloned());
            let raw_new: Option<Resource> = other.and_then(|index| resource(&new[index]).cloned());
            if let Some(one) = one.and_then(|index| resource_mut(&mut old[index])) {
                fold(one, &scope_old, &mut budget);
            }
            if let Some(other) = other.and_then(|index| resource_mut(&mut new[index])) {
                fold(other, &scope_new, &mut budget);
            }
            if let (Some(raw), Some(raw_new), Some(one), Some(other)) = (raw, raw_new, one, other) {
                point_at_definitions(&raw, &raw_new, &mut old[one], &mut new[other], &scope_old, &scope_new);
            }
        }
    }

    /// Resources of unchanged files whose values turn because a name that they use did.
    fn pull_in(
        &mut self,
        old: &mut Vec<Fact>,
        new: &mut Vec<Fact>,
        scope_old: &Scope,
        scope_new: &Scope,
        turned: &[String],
    ) {
        let words: Vec<&str> = turned.iter().map(String::as_str).collect();
        for (path, sibling) in self.folders.unchanged_with(Side::New, self.now, &words) {
            let place = |scope: &Scope| {
                turned.iter().find_map(|name| scope.definitions.get(name).and_then(|one| one.locus.clone()))
            };
            let (Some(old_place), Some(new_place)) = (place(scope_old), place(scope_new)) else { continue };
            let existing: BTreeSet<Identity> = new.iter().filter_map(resource).map(identity).collect();
            for fact in resources_of(&path, &sibling, &new_place) {
                let Some(one) = resource(&fact) else { continue };
                let mentioned = turned
                    .iter()
                    .find(|name| one.attributes.iter().any(|attribute| mentions(&attribute.value, name)));
                let defines = matches!(one.kind.as_str(), "variable" | "local" | "output");
                let Some(name) = mentioned.filter(|_| !defines && !existing.contains(&identity(one))) else {
                    continue;
                };
                let at = |scope: &Scope, other: &crate::source::Locus| {
                    scope
                        .definitions
                        .get(name)
                        .and_then(|one| one.locus.clone())
                        .unwrap_or_else(|| other.clone())
                };
                let stand = |at: crate::source::Locus| {
                    let mut fact = fact.clone();
                    fact.locus = crate::source::Locus { scope: fact.locus.scope.clone(), ..at.clone() };
                    if let Some(one) = resource_mut(&mut fact) {
                        one.module = self.now.to_owned();
                        for attribute in &mut one.attributes {
                            attribute.locus = at.clone();
                        }
                    }
                    fact
                };
                old.push(stand(at(scope_old, &old_place)));
                new.push(stand(at(scope_new, &new_place)));
            }
        }
    }
}

/// Names with another value on the new side.
fn turned(old: &Scope, new: &Scope) -> Vec<String> {
    let value = |scope: &Scope, name: &str| {
        scope.definitions.get(name).map(|one| scope.fold(&one.value, &mut Used::default()).source())
    };
    old.definitions
        .keys()
        .filter(|name| new.definitions.contains_key(*name) && value(old, name) != value(new, name))
        .cloned()
        .collect()
}

/// Replaces what names stand for.
fn fold(resource: &mut Resource, scope: &Scope, budget: &mut usize) {
    let attributes = std::mem::take(&mut resource.attributes);
    for attribute in attributes {
        let source = match &attribute.value {
            Value::Unknown(text) if *budget > 0 => text.clone(),
            _ => {
                resource.attributes.push(attribute);
                continue;
            }
        };
        let Some(node) = read_expression(&source) else {
            resource.attributes.push(attribute);
            continue;
        };
        let mut used = Used::default();
        let folded = scope.fold(&node, &mut used);
        if folded.source() == node.source() {
            resource.attributes.push(attribute);
            continue;
        }
        let mut leaves = Leaves::default();
        Flattener { text: "", objects_are_blocks: false }.value(
            &folded,
            &attribute.path,
            &node.span,
            &mut leaves,
        );
        *budget = budget.saturating_sub(leaves.leaves.len());
        let note = used.notes.into_iter().collect::<Vec<_>>().join(", ");
        let note = (!note.is_empty()).then(|| format!("{} from {note}", without_marks(&attribute.path)));
        resource.blocks.extend(leaves.blocks);
        resource.attributes.extend(leaves.leaves.into_iter().map(|leaf| Attribute {
            path: leaf.path,
            value: leaf.value,
            locus: attribute.locus.clone(),
            folded: note.clone(),
        }));
    }
}

/// Where the text of an attribute is the same on both sides and its value is not, the reader should look at the
/// definition that turned.
fn point_at_definitions(
    raw_old: &Resource,
    raw_new: &Resource,
    old: &mut Fact,
    new: &mut Fact,
    scope_old: &Scope,
    scope_new: &Scope,
) {
    let (Some(before), Some(after)) = (resource(old), resource(new)) else { return };
    let mut places = Vec::new();
    let gone = before.attributes.iter().filter(|one| after.attribute(&one.path).is_none());
    for attribute in after.attributes.iter().chain(gone) {
        let value = |one: &Resource| one.attribute(&attribute.path).map(|one| one.value.clone());
        if value(before) == value(after) {
            continue;
        }
        // The raw leaf that this one came from: itself, or the whole of which it is a part.
        let origin = |raw: &Resource| -> Option<String> {
            raw.attributes
                .iter()
                .filter(|one| attribute.path.starts_with(&one.path))
                .max_by_key(|one| one.path.len())
                .map(|one| one.value.as_text())
        };
        let (Some(text), Some(other)) = (origin(raw_new), origin(raw_old)) else { continue };
        if text != other {
            continue;
        }
        let value = Value::Unknown(text);
        let name = scope_new.definitions.keys().find(|name| {
            mentions(&value, name)
                && scope_old.definitions.get(*name).map(|one| one.value.source())
                    != scope_new.definitions.get(*name).map(|one| one.value.source())
        });
        let place = |scope: &Scope| name.and_then(|name| scope.definitions.get(name)?.locus.clone());
        if let (Some(old), Some(new)) = (place(scope_old), place(scope_new)) {
            places.push((attribute.path.clone(), old, new));
        }
    }
    for (path, old_place, new_place) in places {
        let set = |fact: &mut Fact, place: crate::source::Locus| {
            let found =
                resource_mut(fact).and_then(|one| one.attributes.iter_mut().find(|one| one.path == path));
            if let Some(attribute) = found {
                attribute.locus = place;
            }
        };
        set(old, old_place);
        set(new, new_place);
    }
}

/// Names repeated blocks on both sides of every resource.
fn name_blocks(old: &mut [Fact], new: &mut [Fact]) {
    let mut partners: HashMap<Identity, usize> = HashMap::new();
    for (index, fact) in new.iter().enumerate() {
        if let Some(one) = resource(fact) {
            partners.entry(identity(one)).or_insert(index);
        }
    }
    for fact in old.iter_mut() {
        let Some(one) = resource_mut(fact) else { continue };
        let partner = partners.remove(&identity(one)).and_then(|index| resource_mut(&mut new[index]));
        align(Some(one), partner);
    }
    for fact in new.iter_mut() {
        align(None, resource_mut(fact));
    }
}
