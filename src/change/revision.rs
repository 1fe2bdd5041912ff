//! What a name means: commits, merge bases and parents, with errors that say what to fetch.

use git2::{ErrorCode, ObjectType, Oid, Repository, Sort};

use super::model::{ChangeError, Commit, Revision};
use crate::nearest;

/// Commits of one change that are described.
const MOST_COMMITS: usize = 1000;
/// References looked through for a near name.
const MOST_NAMES: usize = 20_000;
/// Commits to fetch at once when a shallow clone ends too early.
const DEEPEN: u32 = 200;

/// `HEAD` as the old side; on an unborn branch it has neither commit nor tree.
pub(super) struct Head {
    pub revision: Revision,
    pub tree: Option<Oid>,
}

pub(super) fn head(repository: &Repository) -> Result<Head, ChangeError> {
    let label = "HEAD".to_owned();
    let id = match repository.head() {
        Ok(head) => head.peel(ObjectType::Commit).map(|commit| commit.id()),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch) => {
            return Ok(Head { revision: Revision { label, id: None }, tree: None });
        }
        Err(error) => Err(error),
    };
    let id = id.map_err(|error| ChangeError::Repository {
        message: format!("HEAD cannot be read: {}", error.message()),
        hint: Some("git fsck names damaged objects".into()),
    })?;
    let tree = tree(repository, &label, id)?;
    Ok(Head { revision: Revision { label, id: Some(id.to_string()) }, tree: Some(tree) })
}

/// The commit that a name stands for.
pub(super) fn commit(repository: &Repository, name: &str) -> Result<Oid, ChangeError> {
    let unknown = |reason: String, hint: Option<String>| ChangeError::UnknownRevision {
        revision: name.to_owned(),
        reason,
        hint,
    };
    let object = match repository.revparse_single(name) {
        Ok(object) => object,
        Err(error) => {
            let reason = match error.code() {
                ErrorCode::NotFound if name == "HEAD" => "there is no commit yet".to_owned(),
                ErrorCode::NotFound => "no branch, tag or commit has this name here".to_owned(),
                ErrorCode::Ambiguous => "several commits start like this".to_owned(),
                ErrorCode::InvalidSpec => "it is not a name that git understands".to_owned(),
                _ => error.message().to_owned(),
            };
            return Err(unknown(reason, where_else(repository, name)));
        }
    };
    match object.peel(ObjectType::Commit) {
        Ok(commit) => Ok(commit.id()),
        Err(_) => Err(unknown("it is not a commit".to_owned(), None)),
    }
}

/// Near names, or how to fetch the missing one.
fn where_else(repository: &Repository, name: &str) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for reference in repository.references().ok()?.take(MOST_NAMES).flatten() {
        let Ok(full) = reference.name() else { continue };
        let short =
            ["refs/heads/", "refs/tags/", "refs/remotes/"].iter().find_map(|prefix| full.strip_prefix(prefix));
        names.extend(short.map(str::to_owned));
    }
    let elsewhere = names.iter().find(|other| other.rsplit_once('/').is_some_and(|(_, last)| last == name));
    let near = elsewhere
        .map(String::as_str)
        .or_else(|| nearest::name(name, names.iter().map(String::as_str)).filter(|near| *near != name));
    if let Some(near) = near {
        return Some(format!("did you mean `{near}`?"));
    }
    let (remote, branch) = remote_name(repository, name)?;
    Some(format!("git fetch {remote} {branch}"))
}

/// `origin/main` as the remote and the branch there.
fn remote_name<'a>(repository: &Repository, name: &'a str) -> Option<(&'a str, &'a str)> {
    let (remote, branch) = name.split_once('/')?;
    repository.find_remote(remote).ok().map(|_| (remote, branch))
}

pub(super) fn tree(repository: &Repository, name: &str, id: Oid) -> Result<Oid, ChangeError> {
    repository.find_commit(id).map(|commit| commit.tree_id()).map_err(|error| ChangeError::Unreadable {
        path: format!("commit {id:.10} ({name})"),
        reason: error.message().to_owned(),
    })
}

/// The newest common ancestor of two commits.
pub(super) fn merge_base(
    repository: &Repository,
    (base, from): (&str, Oid),
    (head, to): (&str, Oid),
) -> Result<Oid, ChangeError> {
    let error = match repository.merge_base(from, to) {
        Ok(id) => return Ok(id),
        Err(error) => error,
    };
    if error.code() != ErrorCode::NotFound {
        return Err(ChangeError::Repository {
            message: format!("cannot compare with {base}: {}", error.message()),
            hint: Some("git fsck names damaged objects".into()),
        });
    }
    Err(if repository.is_shallow() {
        ChangeError::Repository {
            message: format!(
                "cannot compare with {base}: this clone is shallow and the common ancestor of {base} and {head} is \
                 not in it"
            ),
            hint: Some(deepen(repository, base)),
        }
    } else {
        ChangeError::Repository {
            message: format!("cannot compare with {base}: {base} and {head} have no common ancestor"),
            hint: Some(format!("compare the two directly: --range {base}..{head}")),
        }
    })
}

fn deepen(repository: &Repository, name: &str) -> String {
    let what = remote_name(repository, name).map(|(remote, branch)| format!(" {remote} {branch}"));
    format!("git fetch --deepen={DEEPEN}{}   (GitHub Actions: fetch-depth: 0)", what.unwrap_or_default())
}

/// The first parent, or `None` for the first commit of a history. Where a shallow clone hides the parent it is an
/// error: the whole tree would seem added.
pub(super) fn first_parent(repository: &Repository, name: &str, id: Oid) -> Result<Option<Oid>, ChangeError> {
    let unreadable = |error: git2::Error| ChangeError::Unreadable {
        path: format!("commit {id:.10} ({name})"),
        reason: error.message().to_owned(),
    };
    let commit = repository.find_commit(id).map_err(unreadable)?;
    if let Ok(parent) = commit.parent_id(0) {
        return Ok(Some(parent));
    }
    let odb = repository.odb().map_err(unreadable)?;
    let raw = odb.read(id).map_err(unreadable)?;
    let hidden = raw
        .data()
        .split(|byte| *byte == b'\n')
        .take_while(|line| !line.is_empty())
        .any(|line| line.starts_with(b"parent "));
    if !hidden {
        return Ok(None);
    }
    Err(ChangeError::Repository {
        message: format!("cannot judge {name}: this clone is shallow and ends before the parent of {name}"),
        hint: Some(deepen(repository, name)),
    })
}

/// The commits from `base` (left out) to `head`, newest first, at most 1,000.
pub(super) fn commits(repository: &Repository, head: Oid, base: Option<Oid>) -> Vec<Commit> {
    let walk = || -> Result<git2::Revwalk<'_>, git2::Error> {
        let mut walk = repository.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
        walk.push(head)?;
        if let Some(base) = base {
            walk.hide(base)?;
        }
        Ok(walk)
    };
    let Ok(walk) = walk() else { return Vec::new() };
    walk.map_while(Result::ok).take(MOST_COMMITS).filter_map(|id| describe(repository, id)).collect()
}

/// All commits but merges that `head` has and `base` has not, oldest first.
pub(super) fn non_merges(
    repository: &Repository,
    head: Oid,
    base: Option<Oid>,
) -> Result<Vec<Commit>, git2::Error> {
    let mut walk = repository.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME | Sort::REVERSE)?;
    walk.push(head)?;
    if let Some(base) = base {
        walk.hide(base)?;
    }
    let single = |id: &Oid| repository.find_commit(*id).is_ok_and(|commit| commit.parent_count() <= 1);
    Ok(walk.map_while(Result::ok).filter(single).filter_map(|id| describe(repository, id)).collect())
}

pub(super) fn describe(repository: &Repository, id: Oid) -> Option<Commit> {
    let commit = repository.find_commit(id).ok()?;
    let author = commit.author();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Commit {
        id: id.to_string(),
        author_name: text(author.name_bytes()),
        author_email: text(author.email_bytes()),
        time: author.when().seconds(),
        message: text(commit.message_bytes()),
    })
}
