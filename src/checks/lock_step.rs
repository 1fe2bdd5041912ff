//! `lock-step`: a manifest asks for something that the lock file beside it does not know.

use super::Evidence;
use crate::change::{Side, Tree};
use crate::delta::Delta;
use crate::facts::{Body, Dependency, Group, Origin};
use crate::rules::{Draft, Finding, Kind, Place, Rule, Subject};

/// Lock files by ecosystem.
const LOCKS: [(&str, &[&str]); 4] = [
    ("npm", &["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"]),
    ("cargo", &["Cargo.lock"]),
    ("pypi", &["poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock"]),
    ("go", &["go.sum"]),
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for delta in evidence.deltas {
        let Delta::Introduced { new } = delta else { continue };
        let Body::Dependency(dependency) = &new.body else { continue };
        let is_new_manifest = evidence.change.files.get(new.locus.file).is_some_and(|file| file.old.is_none());
        let wanted = dependency.group != Group::Locked && dependency.group != Group::Override;
        // A requirements file is its own lock; a path or a repository may be locked under another name.
        let manifest = !new.locus.path.ends_with(".txt");
        if !wanted || is_new_manifest || !manifest || !matches!(dependency.origin, Origin::Registry(_)) {
            continue;
        }
        let Some((lock, text)) = lock_of(evidence, &new.locus.path, dependency) else { continue };
        if knows(&text, dependency) {
            continue;
        }
        let draft = Draft {
            subject: Some(Subject { home: new.locus.path.to_string(), name: dependency.name.clone() }),
            content: dependency.name.clone(),
            ..Draft::new(Kind::Introduced, Place::at(&new.locus))
        };
        findings.push(draft.capture("name", &dependency.name).capture("new", lock).finish(rule));
    }
    findings
}

/// The lock file that holds for a manifest: in its folder or in one above.
fn lock_of(evidence: &Evidence<'_>, manifest: &str, dependency: &Dependency) -> Option<(String, String)> {
    let (_, names) = LOCKS.iter().find(|(ecosystem, _)| *ecosystem == dependency.ecosystem)?;
    let tree = evidence.change.tree(Side::New);
    let own = manifest.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut folder = own;
    loop {
        for name in *names {
            let path = if folder.is_empty() { (*name).to_owned() } else { format!("{folder}/{name}") };
            if let Ok(Some(bytes)) = tree.read(&path) {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                // One further up holds for the members of its workspace alone.
                let below = own.strip_prefix(folder).unwrap_or(own).trim_start_matches('/');
                let member = folder == own || is_member(&text, below, tree, manifest);
                return member.then_some((path, text));
            }
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// Whether a lock file speaks of the project in a folder below it: by its path, or by the name that its manifest gives it.
fn is_member(lock: &str, below: &str, tree: &dyn Tree, manifest: &str) -> bool {
    let by_path =
        [format!("\"{below}\""), format!("'{below}'"), format!("\n  {below}:"), format!("workspace:{below}")];
    if by_path.iter().any(|place| lock.contains(place.as_str())) {
        return true;
    }
    let text = tree.read(manifest).ok().flatten().unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let name = text.lines().find_map(|line| line.trim().strip_prefix("name")?.trim_start().strip_prefix('='));
    name.is_some_and(|name| lock.contains(&format!("name = {}", name.trim())))
}

/// The name stands in the lock file, in any of the ways in which the ecosystem writes it.
fn knows(lock: &str, dependency: &Dependency) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '.'], "-");
    match dependency.ecosystem {
        "pypi" | "cargo" => plain(lock).contains(&plain(&dependency.name)),
        _ => lock.contains(&dependency.name),
    }
}
