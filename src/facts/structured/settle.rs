//! What can be said of Kubernetes objects only with the whole change at hand: which folders that they name were
//! renamed, and which files are patches of objects that stand elsewhere.

use std::collections::{BTreeSet, HashMap};

use super::of_neighbour;
use crate::change::{Change, Side, Status};
use crate::facts::{Body, Fact, Resource, System, Value};

/// Kinds that name a folder of the repository.
const DELIVERIES: [&str; 3] =
    ["argoproj.io/Application", "argoproj.io/ApplicationSet", "kustomize.toolkit.fluxcd.io/Kustomization"];

/// A kustomization is looked for in the folder of a patch and this many above it.
const FURTHEST: usize = 3;

/// Tells the old side the new names of folders, and leaves out patches that went: they were no objects.
pub fn settle(old: &mut Vec<Fact>, new: &[Fact], change: &Change) {
    let mut kept: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for fact in new {
        if let Some(one) = object(fact) {
            kept.insert((&fact.locus.path, &one.kind, &one.name));
        }
    }
    let mut patches: HashMap<String, bool> = HashMap::new();
    old.retain(|fact| {
        let Some(one) = object(fact) else { return true };
        if kept.contains(&(&*fact.locus.path, &*one.kind, &*one.name)) {
            return true;
        }
        let path = fact.locus.path.to_string();
        !*patches.entry(path).or_insert_with_key(|path| is_patch(change, path))
    });
    let computed = computed_names(old, new);
    for (index, name) in computed {
        if let Some(Body::Resource(one)) = old.get_mut(index).map(|fact| &mut fact.body) {
            one.address = one.address.replacen(&one.name, &name, 1);
            one.name = name;
        }
    }
    for fact in old.iter_mut() {
        if let Body::Resource(one) = &mut fact.body
            && DELIVERIES.contains(&one.kind.as_str())
        {
            rename_folders(one, change);
        }
    }
}

/// Indexes of old facts, and new objects.
type Sides<'a> = (Vec<usize>, Vec<&'a Resource>);

/// Objects of a chart whose name turned from a literal into an expression, or back: the same kind in the same file,
/// once on each side. Indexes of old facts with the name of the new side.
fn computed_names(old: &[Fact], new: &[Fact]) -> Vec<(usize, String)> {
    let mut groups: HashMap<(usize, &str), Sides<'_>> = HashMap::new();
    for (index, fact) in old.iter().enumerate() {
        if let Some(one) = object(fact) {
            groups.entry((fact.locus.file, &one.kind)).or_default().0.push(index);
        }
    }
    for fact in new {
        if let Some(one) = object(fact)
            && let Some(group) = groups.get_mut(&(fact.locus.file, one.kind.as_str()))
        {
            group.1.push(one);
        }
    }
    let is_computed = |one: &Resource| one.name.starts_with('(');
    let turned = |(before, after): Sides<'_>| {
        let ([index], [after]) = (&before[..], &after[..]) else { return None };
        let before = old.get(*index).and_then(object)?;
        (is_computed(before) != is_computed(after)).then(|| (*index, after.name.clone()))
    };
    groups.into_values().filter_map(turned).collect()
}

fn object(fact: &Fact) -> Option<&Resource> {
    match &fact.body {
        Body::Resource(one) if one.system == System::Kubernetes => Some(one),
        _ => None,
    }
}

fn rename_folders(one: &mut Resource, change: &Change) {
    for attribute in &mut one.attributes {
        if attribute.path != "spec.path" && !attribute.path.ends_with(".path") {
            continue;
        }
        let Value::Literal(_) = attribute.value else { continue };
        let text = attribute.value.as_text();
        let bare = text.trim_start_matches("./");
        let end = bare.trim_end_matches(['*', '/']).len();
        let (folder, rest) = bare.split_at(end);
        if let Some(now) = renamed(change, folder) {
            let start = if text.starts_with("./") { "./" } else { "" };
            attribute.value = Value::string(format!("{start}{now}{rest}"));
        }
    }
}

/// The new name of a folder all of whose files went to one other folder.
fn renamed(change: &Change, folder: &str) -> Option<String> {
    if folder.is_empty() || change.new_tree.list(folder).is_ok_and(|files| !files.is_empty()) {
        return None;
    }
    let mut found: Option<&str> = None;
    for file in &change.files {
        let Some(rest) = file.old.as_ref().and_then(|old| old.path.strip_prefix(folder)) else { continue };
        if !rest.starts_with('/') {
            continue;
        }
        let new = file.new.as_ref().filter(|_| file.status == Status::Renamed)?;
        let now = new.path.strip_suffix(rest)?;
        if found.is_some_and(|other| other != now) {
            return None;
        }
        found = Some(now);
    }
    found.map(str::to_owned)
}

/// A kustomization of the old side lists the file among its patches.
fn is_patch(change: &Change, path: &str) -> bool {
    let mut folder = path;
    for _ in 0..FURTHEST {
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        for name in ["kustomization.yaml", "kustomization.yml", "Kustomization"] {
            let at = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            let Ok(Some(bytes)) = change.old_tree.read(&at) else { continue };
            let relative = path[folder.len()..].trim_start_matches('/');
            if lists_patch(&at, &String::from_utf8_lossy(&bytes), relative) {
                return true;
            }
        }
        if folder.is_empty() {
            return false;
        }
    }
    false
}

fn lists_patch(kustomization: &str, text: &str, relative: &str) -> bool {
    of_neighbour(Side::Old, kustomization, text).iter().any(|fact| match &fact.body {
        Body::Setting(setting) => {
            setting.path.starts_with("patches") && setting.value.as_text().trim_start_matches("./") == relative
        }
        // With a name a kustomization reads as an object.
        Body::Resource(one) => one.attributes.iter().any(|attribute| {
            attribute.path.starts_with("patches")
                && attribute.value.as_text().trim_start_matches("./") == relative
        }),
        _ => false,
    })
}
