//! What the commits before a change touched, by name alone: no blob is read and no line compared.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use git2::{ObjectType, Oid, Sort, Tree};

use super::git::Repository;
use super::model::{ChangeError, Commit};
use super::objects::{lock, text};
use super::revision;

/// Paths of one commit that are named; more say nothing more.
const MOST_PATHS: usize = 300;
const DEEPEST: usize = 400;

/// A commit of the past with the paths that differ from its first parent. Its author is named as `.mailmap` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    pub commit: Commit,
    /// Sorted, at most 300.
    pub paths: Vec<String>,
}

impl Repository {
    /// Visits the commits that lead to `head`, newest first, without merges; those that lead to `known` are left out.
    /// What cannot be read (a partial clone) is left out too.
    pub fn log(
        &self,
        head: &str,
        known: Option<&str>,
        visit: &mut dyn FnMut(Logged) -> ControlFlow<()>,
    ) -> Result<(), ChangeError> {
        let repository = lock(self.shared());
        let failed = |error: git2::Error| ChangeError::Repository {
            message: format!("cannot read the history: {}", error.message()),
            hint: Some("--no-history judges without it".into()),
        };
        let from = revision::commit(&repository, head)?;
        let mut walk = repository.revwalk().map_err(failed)?;
        walk.set_sorting(Sort::TIME).map_err(failed)?;
        walk.push(from).map_err(failed)?;
        if let Some(known) = known {
            walk.hide(revision::commit(&repository, known)?).map_err(failed)?;
        }
        let mailmap = repository.mailmap().ok();
        for id in walk.map_while(Result::ok) {
            let Ok(commit) = repository.find_commit(id) else { continue };
            if commit.parent_count() > 1 {
                continue;
            }
            let parent = match commit.parent_id(0) {
                Ok(parent) => match repository.find_commit(parent) {
                    Ok(parent) => Some(parent.tree_id()),
                    Err(_) => continue,
                },
                // Where a shallow clone ends everything would seem new.
                Err(_) if repository.is_shallow() => continue,
                Err(_) => None,
            };
            let mut names = Names { repository: &repository, found: Vec::new() };
            names.compare(&mut Vec::new(), parent, Some(commit.tree_id()), 0);
            let author = commit.author();
            let mapped = mailmap.as_ref().and_then(|mailmap| mailmap.resolve_signature(&author).ok());
            let author = mapped.unwrap_or_else(|| author.to_owned());
            let logged = Logged {
                commit: Commit {
                    id: id.to_string(),
                    author_name: text(author.name_bytes()),
                    author_email: text(author.email_bytes()),
                    time: commit.time().seconds(),
                    message: text(commit.message_bytes()),
                },
                paths: names.found,
            };
            if visit(logged).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Whether commits before a certain one are missing.
    pub fn is_shallow(&self) -> bool {
        lock(self.shared()).is_shallow()
    }

    /// Whether one commit leads to another, or is it.
    pub fn leads_to(&self, ancestor: &str, head: &str) -> bool {
        let repository = lock(self.shared());
        let (Ok(ancestor), Ok(head)) = (Oid::from_str(ancestor), Oid::from_str(head)) else { return false };
        ancestor == head || repository.graph_descendant_of(head, ancestor).unwrap_or(false)
    }

    /// Who would author a commit made here: name and address, from the configuration.
    pub fn user(&self) -> Option<(String, String)> {
        let repository = lock(self.shared());
        let config = repository.config().and_then(|mut config| config.snapshot()).ok()?;
        let email = config.get_str("user.email").ok()?.to_owned();
        let name = config.get_str("user.name").unwrap_or_default().to_owned();
        let mapped =
            git2::Signature::now(&name, &email).and_then(|user| repository.mailmap()?.resolve_signature(&user));
        Some(mapped.map_or((name, email), |user| (text(user.name_bytes()), text(user.email_bytes()))))
    }

    /// Whether a path holds the same blob at two commits.
    pub fn is_same_file(&self, path: &str, one: &str, other: &str) -> bool {
        let repository = lock(self.shared());
        let blob = |commit: &str| {
            let tree = repository.find_commit(Oid::from_str(commit).ok()?).ok()?.tree().ok()?;
            Some(tree.get_path(std::path::Path::new(path)).ok()?.id())
        };
        one == other || blob(one).is_some_and(|id| blob(other) == Some(id))
    }

    /// The notes of a reference (`refs/notes/ai`) on commits of the change, by commit id.
    pub fn notes(&self, reference: &str, commits: &[Commit]) -> Vec<(String, String)> {
        let repository = lock(self.shared());
        if repository.find_reference(reference).is_err() {
            return Vec::new();
        }
        let note = |commit: &Commit| {
            let note = repository.find_note(Some(reference), Oid::from_str(&commit.id).ok()?).ok()?;
            Some((commit.id.clone(), String::from_utf8_lossy(note.message_bytes()).into_owned()))
        };
        commits.iter().filter_map(note).collect()
    }
}

struct Names<'a> {
    repository: &'a git2::Repository,
    found: Vec<String>,
}

impl Names<'_> {
    fn compare(&mut self, prefix: &mut Vec<u8>, old: Option<Oid>, new: Option<Oid>, depth: usize) {
        if old == new || depth > DEEPEST || self.found.len() >= MOST_PATHS {
            return;
        }
        let repository = self.repository;
        let find = |id: Option<Oid>| id.map(|id| repository.find_tree(id)).transpose();
        let (Ok(old), Ok(new)) = (find(old), find(new)) else { return };
        let count = |tree: &Option<Tree<'_>>| tree.as_ref().map_or(0, Tree::len);
        let (old_count, new_count) = (count(&old), count(&new));
        let (mut left, mut right) = (0, 0);
        while left < old_count || right < new_count {
            let one = old.as_ref().and_then(|tree| tree.get(left));
            let other = new.as_ref().and_then(|tree| tree.get(right));
            let (one, other) = match (one, other) {
                (Some(one), Some(other)) => match order(&one, &other) {
                    Ordering::Less => (Some(one), None),
                    Ordering::Greater => (None, Some(other)),
                    Ordering::Equal => (Some(one), Some(other)),
                },
                sides => sides,
            };
            left += usize::from(one.is_some());
            right += usize::from(other.is_some());
            let Some(named) = one.as_ref().or(other.as_ref()) else { return };
            let id = |entry: &Option<git2::TreeEntry<'_>>| entry.as_ref().map(git2::TreeEntry::id);
            if id(&one) == id(&other) {
                continue;
            }
            let length = prefix.len();
            prefix.extend_from_slice(named.name_bytes());
            if named.kind() == Some(ObjectType::Tree) {
                prefix.push(b'/');
                self.compare(prefix, id(&one), id(&other), depth + 1);
            } else if self.found.len() < MOST_PATHS {
                self.found.push(text(prefix));
            }
            prefix.truncate(length);
        }
    }
}

/// As git sorts a tree: a folder as if its name ended in a slash.
fn order(one: &git2::TreeEntry<'_>, other: &git2::TreeEntry<'_>) -> Ordering {
    let key = |entry: &git2::TreeEntry<'_>| entry.kind() == Some(ObjectType::Tree);
    let end = |folder: bool| if folder { Some(&b'/') } else { None };
    let (left, right) = (one.name_bytes(), other.name_bytes());
    left.iter().chain(end(key(one))).cmp(right.iter().chain(end(key(other))))
}
