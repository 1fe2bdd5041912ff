//! Dependencies: new, gone, from elsewhere, less pinned, other content under the same version.

use super::{Captures, Hit, Question, Turn};
use crate::facts::{Body, Dependency, Fact, Group, Origin};
use crate::rules::condition::{Expression, optional};
use crate::rules::model::{DependencyMatcher, DependencyTurn};

pub(super) struct Dependencies {
    matcher: DependencyMatcher,
    name: Option<Expression>,
    not_name: Option<Expression>,
}

impl Dependencies {
    pub(super) fn compile(matcher: &DependencyMatcher) -> Result<Self, String> {
        for group in &matcher.group {
            if group_of(group).is_none() {
                return Err(format!(
                    "`group`: `{group}` is none of runtime, development, build, override, locked"
                ));
            }
        }
        Ok(Self {
            name: optional("name", matcher.name.as_ref())?,
            not_name: optional("not_name", matcher.not_name.as_ref())?,
            matcher: matcher.clone(),
        })
    }

    fn concerns(&self, dependency: &Dependency) -> bool {
        let matcher = &self.matcher;
        (matcher.ecosystem.is_empty() || matcher.ecosystem.iter().any(|name| name == dependency.ecosystem))
            && (matcher.group.is_empty()
                || matcher.group.iter().any(|name| group_of(name) == Some(dependency.group)))
            && self.name.as_ref().is_none_or(|name| name.is_match(&dependency.name))
            && !self.not_name.as_ref().is_some_and(|name| name.is_match(&dependency.name))
            && matcher.from_registry.is_none_or(|wanted| wanted == is_of_registry(dependency))
            && matcher.open.is_none_or(|wanted| wanted == dependency.open)
    }
}

impl Question for Dependencies {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        match &fact.body {
            Body::Dependency(dependency) if self.matcher.turn.is_none() && self.concerns(dependency) => {
                vec![Hit {
                    captures: captures(dependency, None),
                    key: dependency.name.clone(),
                    ..Hit::at(fact)
                }]
            }
            _ => Vec::new(),
        }
    }

    fn turns(&self, old: Option<&Fact>, new: Option<&Fact>) -> Option<Vec<Turn>> {
        let turn = self.matcher.turn?;
        let (Some(old), Some(new)) = (old, new) else { return Some(Vec::new()) };
        let (Body::Dependency(before), Body::Dependency(after)) = (&old.body, &new.body) else {
            return Some(Vec::new());
        };
        if !self.concerns(after) || !turned(turn, before, after) {
            return Some(Vec::new());
        }
        let hit = |fact: &Fact| Hit {
            captures: captures(after, Some(before)),
            key: after.name.clone(),
            ..Hit::at(fact)
        };
        Some(vec![Turn { old: Some(hit(old)), new: Some(hit(new)) }])
    }
}

fn turned(turn: DependencyTurn, before: &Dependency, after: &Dependency) -> bool {
    match turn {
        DependencyTurn::Loosened => {
            let was_pinned = before.exact || matches!(before.origin, Origin::Git { pinned: true, .. });
            let is_pinned = after.exact || matches!(after.origin, Origin::Git { pinned: true, .. });
            (was_pinned && !is_pinned)
                || (!before.open && after.open)
                || (before.group != Group::Locked && before.checksum.is_some() && after.checksum.is_none())
        }
        DependencyTurn::Source => match (&before.origin, &after.origin) {
            (Origin::Registry(old), Origin::Registry(new)) if old == new => false,
            // Writing down where a tool looks anyway, and the same content from there instead of a mirror.
            (Origin::Registry(old), Origin::Registry(Some(new))) if is_default(new) => {
                let same = before.checksum.as_deref().zip(after.checksum.as_deref());
                old.is_some() && !same.is_some_and(|(before, after)| shares(before, after))
            }
            (Origin::Registry(_), Origin::Registry(_)) => true,
            (Origin::Git { url: old, .. }, Origin::Git { url: new, .. }) => address(old) != address(new),
            (Origin::Url(old), Origin::Url(new)) => site(old) != site(new),
            // From a fork back to the registry is the way home.
            (_, Origin::Registry(None)) => false,
            _ => true,
        },
        DependencyTurn::Checksum => {
            before.spec == after.spec
                && matches!((&before.checksum, &after.checksum), (Some(old), Some(new)) if !shares(old, new))
        }
    }
}

/// The registries that npm, Yarn and pip ask where nobody says otherwise.
fn is_default(registry: &str) -> bool {
    ["registry.npmjs.org", "registry.yarnpkg.com", "pypi.org", "files.pythonhosted.org"].contains(&registry)
}

/// More hashes of the same files are no other content.
fn shares(old: &str, new: &str) -> bool {
    old.split_whitespace().any(|hash| new.split_whitespace().any(|other| other == hash))
}

fn is_of_registry(dependency: &Dependency) -> bool {
    matches!(dependency.origin, Origin::Registry(_))
}

/// Host and path of a repository, however it is reached.
fn address(url: &str) -> String {
    let bare = url.trim_start_matches("git+").split(['#', '?']).next().unwrap_or_default();
    let bare = bare.split_once("://").map_or(bare, |(_, rest)| rest);
    // `host/path@ref` ends with what is checked out, `user@host/path` starts with who asks.
    let bare =
        bare.rsplit_once('@').map_or(bare, |(before, _)| if before.contains('/') { before } else { bare });
    let bare =
        bare.split_once('@').map_or(bare, |(before, after)| if before.contains('/') { bare } else { after });
    bare.replacen(':', "/", 1).trim_end_matches('/').trim_end_matches(".git").to_ascii_lowercase()
}

fn site(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest.split('/').next().unwrap_or(rest))
}

fn group_of(name: &str) -> Option<Group> {
    Some(match name {
        "runtime" => Group::Runtime,
        "development" => Group::Development,
        "build" => Group::Build,
        "override" => Group::Override,
        "locked" => Group::Locked,
        _ => return None,
    })
}

fn shown(dependency: &Dependency) -> String {
    match &dependency.origin {
        Origin::Registry(None) if dependency.spec.is_empty() => "any version".to_owned(),
        Origin::Registry(None) => dependency.spec.clone(),
        Origin::Registry(Some(registry)) => format!("{} from {registry}", dependency.spec),
        Origin::Git { url, pinned: true } => format!("{url} at a commit"),
        Origin::Git { url, pinned: false } => url.clone(),
        Origin::Url(url) => url.clone(),
    }
}

fn captures(dependency: &Dependency, before: Option<&Dependency>) -> Captures {
    let now = shown(dependency);
    Captures::from([
        ("name".to_owned(), dependency.name.clone()),
        ("type".to_owned(), dependency.ecosystem.to_owned()),
        ("old".to_owned(), before.map_or_else(|| now.clone(), shown)),
        ("new".to_owned(), now),
    ])
}
