//! Which change a person means: work tree, index, one commit, or a range, taken from a repository.
//!
//! Nothing is written, locked or run: no filter, hook, text conversion or file system monitor.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once};

use git2::{ErrorClass, ErrorCode, Oid, RepositoryOpenFlags};

use super::disk::{self, Meaning, Untracked};
use super::index::Index;
use super::model::{Change, ChangeError, ChangeKind, Commit, FileChange, Revision, Status, Tree};
use super::objects::{CommitTree, DiskTree, IndexTree, Loader, Shared, lock};
use super::pairs::{Item, KIND, Pairs, Walk};
use super::renames;
use super::revision;

/// The variables by which git tells a hook where it is.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub git_dir: Option<PathBuf>,
    pub work_tree: Option<PathBuf>,
    pub index_file: Option<PathBuf>,
    /// A server's `pre-receive` keeps new objects apart.
    pub object_folders: Vec<PathBuf>,
}

impl Environment {
    /// As the process was started.
    pub fn of_process() -> Self {
        let path = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let alternates = env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
        Self {
            git_dir: path("GIT_DIR"),
            work_tree: path("GIT_WORK_TREE"),
            index_file: path("GIT_INDEX_FILE"),
            object_folders: path("GIT_OBJECT_DIRECTORY")
                .into_iter()
                .chain(env::split_paths(&alternates).filter(|folder| !folder.as_os_str().is_empty()))
                .collect(),
        }
    }
}

/// A repository that is only read.
pub struct Repository {
    shared: Shared,
    /// The root of the work tree; a bare repository has none.
    root: Option<PathBuf>,
    /// The folder of this work tree's `HEAD` and index.
    git_dir: PathBuf,
    /// The folder that linked work trees share.
    common_dir: PathBuf,
    index_file: PathBuf,
    index_is_named: bool,
}

impl Repository {
    /// The repository around a folder, or the one that the environment names.
    pub fn discover(start: &Path) -> Result<Self, ChangeError> {
        Self::discover_in(start, &Environment::of_process())
    }

    /// As [`Repository::discover`] with a given environment; its relative paths count from `start`.
    pub fn discover_in(start: &Path, environment: &Environment) -> Result<Self, ChangeError> {
        allow_partial_clones();
        let opened = match &environment.git_dir {
            Some(folder) => {
                let none: [&Path; 0] = [];
                let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
                git2::Repository::open_ext(start.join(folder), flags, none)
                    .or_else(|_| git2::Repository::open(start.join(folder)))
            }
            None => git2::Repository::discover(start),
        };
        let repository = opened.map_err(|error| not_opened(start, environment, &error))?;
        let root = match (&environment.work_tree, &environment.git_dir) {
            (Some(root), _) => Some(start.join(root)),
            // With GIT_DIR alone the folder git runs in is the root, unless the configuration names one.
            (None, Some(_)) if !repository.is_bare() => {
                let named = repository.config().and_then(|config| config.get_path("core.worktree")).is_ok();
                let linked = repository.is_worktree();
                if named || linked { repository.workdir().map(Path::to_owned) } else { Some(start.to_owned()) }
            }
            _ => repository.workdir().map(Path::to_owned),
        };
        if let Some(root) = &root
            && repository.workdir() != Some(root)
        {
            // In memory alone: the second argument would write a link.
            repository.set_workdir(root, false).map_err(|error| other(&error))?;
        }
        if !environment.object_folders.is_empty() {
            let odb = repository.odb().map_err(|error| other(&error))?;
            for folder in &environment.object_folders {
                odb.add_disk_alternate(&start.join(folder).to_string_lossy()).map_err(|error| other(&error))?;
            }
        }
        let git_dir = repository.path().to_owned();
        let index_file = match &environment.index_file {
            // A relative name counts from the root of the work tree, where git runs its hooks.
            Some(file) => {
                let from_root = root.as_deref().unwrap_or(start).join(file);
                if from_root.exists() { from_root } else { start.join(file) }
            }
            None => git_dir.join("index"),
        };
        Ok(Self {
            root,
            common_dir: repository.commondir().to_owned(),
            git_dir,
            index_file,
            index_is_named: environment.index_file.is_some(),
            shared: Arc::new(Mutex::new(repository)),
        })
    }

    /// The root of the work tree; a bare repository has none.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The folder that holds `HEAD` and the index of this work tree.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The folder of objects and references, shared by linked work trees.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// `HEAD` against everything on disk: staged, unstaged, and untracked files that are not ignored.
    pub fn work_tree(&self) -> Result<Change, ChangeError> {
        let root = self.root.as_deref().ok_or_else(|| self.no_work_tree())?;
        let repository = lock(&self.shared);
        let head = revision::head(&repository)?;
        let index = self.index()?;
        let (mut pairs, mut skipped) = Walk::index(&repository, head.tree, &index);
        let meaning = meaning(&repository);
        for (path, new) in disk::differences(root, &index, meaning) {
            let entry = index.at(&path).first().and_then(super::pairs::item);
            let pair = pairs.entry(path).or_insert((entry, None));
            pair.1 = new;
        }
        let untracked = Untracked::find(root, &repository, &index, meaning);
        let tree = head.tree.and_then(|id| repository.find_tree(id).ok());
        for (path, new) in untracked.found {
            let known = || {
                let entry = tree.as_ref()?.get_path(&disk::join(Path::new(""), &path)).ok()?;
                (entry.kind() == Some(git2::ObjectType::Blob))
                    .then(|| Item::object(entry.filemode_raw() as u32, entry.id()))
            };
            let old = pairs.get(&path).map_or_else(known, |pair| pair.0);
            pairs.insert(path, (old, Some(new)));
        }
        skipped.extend(untracked.skipped);
        pairs.retain(|_, pair| match pair {
            (Some(old), Some(new)) => !old.is_same(new),
            (None, None) => false,
            _ => true,
        });
        let files = self.files(&repository, pairs);
        drop(tree);
        drop(repository);
        Ok(Change {
            kind: ChangeKind::WorkTree,
            old: head.revision,
            new: Revision { label: "work tree".to_owned(), id: None },
            files,
            commits: Vec::new(),
            skipped,
            old_tree: self.tree(head.tree),
            new_tree: Box::new(DiskTree { root: root.to_owned() }),
        })
    }

    /// `HEAD` against the index: what the next commit would change, whatever is on disk.
    pub fn staged(&self) -> Result<Change, ChangeError> {
        if self.root.is_none() && !self.index_is_named {
            return Err(self.no_work_tree());
        }
        let repository = lock(&self.shared);
        let head = revision::head(&repository)?;
        let index = self.index()?;
        let (pairs, skipped) = Walk::index(&repository, head.tree, &index);
        let files = self.files(&repository, pairs);
        drop(repository);
        Ok(Change {
            kind: ChangeKind::Staged,
            old: head.revision,
            new: Revision { label: "index".to_owned(), id: None },
            files,
            commits: Vec::new(),
            skipped,
            old_tree: self.tree(head.tree),
            new_tree: Box::new(IndexTree { shared: self.shared.clone(), index: Arc::new(index) }),
        })
    }

    /// What `head` adds to `base`: from their merge base to `head`.
    pub fn since(&self, base: &str, head: &str) -> Result<Change, ChangeError> {
        let repository = lock(&self.shared);
        let from = revision::commit(&repository, base)?;
        let to = revision::commit(&repository, head)?;
        let fork = revision::merge_base(&repository, (base, from), (head, to))?;
        let commits = revision::commits(&repository, to, Some(fork));
        drop(repository);
        self.between(ChangeKind::Range, (base, Some(fork)), (head, to), commits)
    }

    /// Two commits, compared directly.
    pub fn range(&self, old: &str, new: &str) -> Result<Change, ChangeError> {
        let repository = lock(&self.shared);
        let from = revision::commit(&repository, old)?;
        let to = revision::commit(&repository, new)?;
        let commits = revision::commits(&repository, to, Some(from));
        drop(repository);
        self.between(ChangeKind::Range, (old, Some(from)), (new, to), commits)
    }

    /// One commit against its first parent; the first commit against nothing.
    pub fn commit(&self, name: &str) -> Result<Change, ChangeError> {
        let repository = lock(&self.shared);
        let to = revision::commit(&repository, name)?;
        let parent = revision::first_parent(&repository, name, to)?;
        let own: Vec<Commit> = revision::describe(&repository, to).into_iter().collect();
        drop(repository);
        let label = parent.map_or_else(|| "nothing".to_owned(), |_| format!("{name}^"));
        self.between(ChangeKind::Commit, (&label, parent), (name, to), own)
    }

    /// All commits but merges of a range `A..B`, or that lead to a revision (default `HEAD`), oldest first.
    pub fn non_merges(&self, range: Option<&str>) -> Result<Vec<Commit>, ChangeError> {
        let repository = lock(&self.shared);
        let (base, head) = match range.map(|range| range.split_once("..").ok_or(range)) {
            None => (None, "HEAD"),
            Some(Err(head)) => (None, head),
            Some(Ok((base, head))) => (Some(base), if head.is_empty() { "HEAD" } else { head }),
        };
        let to = revision::commit(&repository, head)?;
        let from = base.map(|base| revision::commit(&repository, base)).transpose()?;
        revision::non_merges(&repository, to, from).map_err(|error| other(&error))
    }

    /// Where the host of the remote shows commits, up to their id; known for hosts with GitHub's scheme.
    pub fn commit_pages(&self) -> Option<String> {
        let repository = lock(&self.shared);
        let remote = repository.find_remote("origin").ok()?;
        let address = remote.url().ok()?.trim_end_matches('/').trim_end_matches(".git").to_owned();
        let path = address
            .strip_prefix("https://github.com/")
            .or_else(|| address.strip_prefix("git@github.com:"))
            .or_else(|| address.strip_prefix("ssh://git@github.com/"))?;
        Some(format!("https://github.com/{path}/commit/"))
    }

    fn between(
        &self,
        kind: ChangeKind,
        (old_label, old): (&str, Option<Oid>),
        (new_label, new): (&str, Oid),
        commits: Vec<Commit>,
    ) -> Result<Change, ChangeError> {
        let repository = lock(&self.shared);
        let old_tree = old.map(|id| revision::tree(&repository, old_label, id)).transpose()?;
        let new_tree = revision::tree(&repository, new_label, new)?;
        let (pairs, skipped) = Walk::trees(&repository, old_tree, Some(new_tree));
        let files = self.files(&repository, pairs);
        drop(repository);
        Ok(Change {
            kind,
            old: Revision { label: old_label.to_owned(), id: old.map(|id| id.to_string()) },
            new: Revision { label: new_label.to_owned(), id: Some(new.to_string()) },
            files,
            commits,
            skipped,
            old_tree: self.tree(old_tree),
            new_tree: self.tree(Some(new_tree)),
        })
    }

    fn tree(&self, id: Option<Oid>) -> Box<dyn Tree> {
        Box::new(CommitTree { shared: self.shared.clone(), id })
    }

    fn index(&self) -> Result<Index, ChangeError> {
        Index::read(&self.index_file, &self.git_dir)
    }

    fn files(&self, repository: &git2::Repository, pairs: Pairs) -> Vec<FileChange> {
        let mut loader = Loader::new(repository, self.root.as_deref());
        let files = pairs.into_iter().map(|(path, (old, new))| {
            let status = match (&old, &new) {
                (Some(old), Some(new)) if old.mode & KIND != new.mode & KIND => Status::TypeChanged,
                (Some(_), Some(_)) => Status::Modified,
                (None, _) => Status::Added,
                (_, None) => Status::Deleted,
            };
            let mut load = |item: Option<Item>| item.map(|item| loader.load(&path, item));
            FileChange { status, old: load(old), new: load(new) }
        });
        renames::find(files.collect())
    }

    fn no_work_tree(&self) -> ChangeError {
        ChangeError::Repository {
            message: format!(
                "{} is a bare repository: it has no work tree and no index",
                self.git_dir.display()
            ),
            hint: Some("compare commits instead: --base REV --head REV, --range A..B or --commit REV".into()),
        }
    }
}

fn meaning(repository: &git2::Repository) -> Meaning {
    let config = repository.config().and_then(|mut config| config.snapshot());
    let read = |name: &str, default: bool| {
        config.as_ref().ok().and_then(|config| config.get_bool(name).ok()).unwrap_or(default)
    };
    Meaning {
        executable: read("core.filemode", cfg!(unix)),
        symlinks: read("core.symlinks", cfg!(unix)),
        ignore_case: read("core.ignorecase", false),
    }
}

/// Tells libgit2 that a partial clone is readable: what is missing in it is met as a missing object.
fn allow_partial_clones() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the setting is global and not synchronised; `Once` makes this the only writer, and every
        // repository of this program is opened after it.
        #[allow(unsafe_code)]
        let set = unsafe { git2::opts::set_extensions(&["partialclone"]) };
        // Without it partial clones are refused with libgit2's own words, which is still an answer.
        drop(set);
    });
}

fn other(error: &git2::Error) -> ChangeError {
    ChangeError::Repository { message: error.message().to_owned(), hint: None }
}

fn not_opened(start: &Path, environment: &Environment, error: &git2::Error) -> ChangeError {
    let place = environment.git_dir.as_ref().map_or_else(|| start.to_owned(), |folder| start.join(folder));
    let place = place.display();
    let (message, hint) = match (error.code(), error.class()) {
        (ErrorCode::NotFound, ErrorClass::Repository | ErrorClass::Os) => (
            format!("{place} is not in a git repository"),
            "run it inside a repository, or judge a diff without one: --patch FILE".to_owned(),
        ),
        (ErrorCode::Owner, _) => (
            format!("the repository at {place} belongs to another user, and git would not trust it either"),
            format!("git config --global --add safe.directory {place}"),
        ),
        _ if error.message().contains("extension") || error.message().contains("object format") => (
            format!("the repository at {place} uses a format that cannot be read: {}", error.message()),
            "judge a diff instead: git diff --cached | foureyes check --patch -".to_owned(),
        ),
        _ => (
            format!("cannot open the repository at {place}: {}", error.message()),
            "git status says more".to_owned(),
        ),
    };
    ChangeError::Repository { message, hint: Some(hint) }
}
