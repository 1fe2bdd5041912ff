//! Real repositories, made with git, seen as changes.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use foureyes::change::{
    Change, ChangeError, Content, Environment, FileChange, FileSide, Mode, Repository, Side, Status,
};
use tempfile::TempDir;

struct Sandbox {
    folder: TempDir,
    root: PathBuf,
}

impl Sandbox {
    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("work");
        fs::create_dir(&root).unwrap();
        let sandbox = Self { folder, root };
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox
    }

    /// One commit with these files.
    fn with(files: &[(&str, &str)]) -> Self {
        let sandbox = Self::empty();
        files.iter().for_each(|(path, text)| sandbox.write(path, text));
        sandbox.commit("first");
        sandbox
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.root, arguments)
    }

    fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        let (text, done) = self.run(folder, arguments);
        assert!(done, "git {arguments:?}: {text}");
        text
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> (String, bool) {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GIT_")) {
            command.env_remove(name);
        }
        let output = command
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("HOME", self.folder.path())
            .envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.com")])
            .envs([("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.com")])
            .env("GIT_EDITOR", "true")
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (String::from_utf8_lossy(&text).into_owned(), output.status.success())
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    fn repository(&self) -> Repository {
        self.repository_in(&self.root, &Environment::default())
    }

    fn repository_in(&self, folder: &Path, environment: &Environment) -> Repository {
        Repository::discover_in(folder, environment).unwrap()
    }
}

fn text(side: &Option<FileSide>) -> &str {
    match side.as_ref().map(|side| &side.content) {
        Some(Content::Bytes(bytes)) => std::str::from_utf8(bytes).unwrap(),
        other => panic!("no bytes: {other:?}"),
    }
}

fn only(change: &Change) -> &FileChange {
    assert_eq!(change.files.len(), 1, "{:?}", statuses(change));
    &change.files[0]
}

fn statuses(change: &Change) -> Vec<(Status, &str)> {
    change.files.iter().map(|file| (file.status, file.path())).collect()
}

fn failure(result: Result<Change, ChangeError>) -> (String, String) {
    let Err(error) = result else { panic!("no error") };
    (error.to_string(), error.hint().unwrap_or_default())
}

#[test]
fn a_partly_staged_file_is_judged_by_the_index() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    sandbox.write("a", "two\n");
    sandbox.git(&["add", "a"]);
    sandbox.write("a", "three\n");
    let staged = sandbox.repository().staged().unwrap();
    assert_eq!((text(&only(&staged).old), text(&only(&staged).new)), ("one\n", "two\n"));
    assert_eq!(staged.new_tree.read("a").unwrap().unwrap(), b"two\n");
    let work = sandbox.repository().work_tree().unwrap();
    assert_eq!((text(&only(&work).old), text(&only(&work).new)), ("one\n", "three\n"));
    assert_eq!(work.new_tree.read("a").unwrap().unwrap(), b"three\n");
}

#[test]
fn a_staged_deletion_counts_though_the_file_is_back_on_disk() {
    let sandbox = Sandbox::with(&[("a", "one\n"), ("b", "two\n")]);
    sandbox.git(&["rm", "-q", "--cached", "a"]);
    let staged = sandbox.repository().staged().unwrap();
    assert_eq!(statuses(&staged), [(Status::Deleted, "a")]);
    assert!(staged.new_tree.read("a").unwrap().is_none());
    assert_eq!(staged.new_tree.list("").unwrap(), ["b"]);
    let work = sandbox.repository().work_tree().unwrap();
    assert!(work.files.is_empty(), "the disk is as HEAD: {:?}", statuses(&work));
}

#[test]
fn the_work_tree_takes_in_untracked_files_that_are_not_ignored() {
    let sandbox = Sandbox::with(&[(".gitignore", "target/\n*.log\n"), ("src/a", "one\n"), ("b", "x\n")]);
    sandbox.write("target/deep/x", "x\n");
    sandbox.write("src/y.log", "x\n");
    sandbox.write("src/new/z", "x\n");
    fs::remove_file(sandbox.root.join("b")).unwrap();
    let change = sandbox.repository().work_tree().unwrap();
    assert_eq!(statuses(&change), [(Status::Renamed, "src/new/z")]);
    assert_eq!(change.old.label, "HEAD");
    assert_eq!(change.old_tree.list("src").unwrap(), ["a"]);
}

#[test]
fn an_untouched_work_tree_is_an_empty_change() {
    let sandbox = Sandbox::with(&[("a", "one\n"), ("d/b", "two\n")]);
    let now = std::time::SystemTime::now();
    fs::File::options().write(true).open(sandbox.root.join("a")).unwrap().set_modified(now).unwrap();
    let repository = sandbox.repository();
    assert!(repository.work_tree().unwrap().files.is_empty());
    assert!(repository.staged().unwrap().files.is_empty());
    assert!(repository.range("HEAD", "HEAD").unwrap().files.is_empty());
}

#[test]
fn an_edit_of_the_same_size_right_after_staging_is_seen() {
    for _ in 0..5 {
        let sandbox = Sandbox::with(&[("a", "one\n")]);
        sandbox.write("a", "two\n");
        let change = sandbox.repository().work_tree().unwrap();
        assert_eq!(text(&only(&change).new), "two\n");
    }
}

#[test]
fn renames_and_copies_are_found() {
    let long: String = (0..40).map(|line| format!("line {line}\n")).collect();
    let sandbox = Sandbox::with(&[("a", &long), ("b", "other\n")]);
    sandbox.git(&["mv", "a", "c"]);
    sandbox.write("c", &format!("{long}more\n"));
    sandbox.write("d", &long);
    sandbox.git(&["add", "-A"]);
    let change = sandbox.repository().staged().unwrap();
    let mut found: Vec<_> = change
        .files
        .iter()
        .map(|file| (file.status, file.old.as_ref().unwrap().path.as_str(), file.path()))
        .collect();
    found.sort();
    assert_eq!(found, [(Status::Renamed, "a", "d"), (Status::Copied, "a", "c")]);
}

#[test]
fn modes_links_and_types_are_told_apart() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = Sandbox::with(&[("run", "x\n"), ("file", "y\n")]);
    symlink("/etc/passwd", sandbox.root.join("link")).unwrap();
    sandbox.commit("link");
    fs::set_permissions(sandbox.root.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(sandbox.root.join("file")).unwrap();
    symlink("run", sandbox.root.join("file")).unwrap();
    fs::remove_file(sandbox.root.join("link")).unwrap();
    symlink("/etc/shadow", sandbox.root.join("link")).unwrap();
    let work = sandbox.repository().work_tree().unwrap();
    sandbox.git(&["add", "-A"]);
    let staged = sandbox.repository().staged().unwrap();
    for change in [work, staged] {
        let expected = [(Status::TypeChanged, "file"), (Status::Modified, "link"), (Status::Modified, "run")];
        assert_eq!(statuses(&change), expected);
        assert_eq!(text(&change.files[1].new), "/etc/shadow");
        assert_eq!(change.files[0].new.as_ref().unwrap().mode, Mode::Symlink);
        let run = &change.files[2];
        assert_eq!(run.old.as_ref().unwrap().mode, Mode::Regular);
        assert_eq!(run.new.as_ref().unwrap().mode, Mode::Executable);
        assert_eq!(text(&run.old), text(&run.new));
        assert_eq!(change.new_tree.read("link").unwrap().unwrap(), b"/etc/shadow");
    }
}

#[test]
fn nothing_behind_a_link_is_read() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::with(&[("d/a", "one\n"), ("e", "two\n")]);
    let outside = sandbox.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("a"), "secret\n").unwrap();
    fs::remove_dir_all(sandbox.root.join("d")).unwrap();
    symlink(&outside, sandbox.root.join("d")).unwrap();
    let change = sandbox.repository().work_tree().unwrap();
    assert_eq!(statuses(&change), [(Status::Added, "d"), (Status::Deleted, "d/a")]);
    assert!(change.new_tree.read("d/a").unwrap().is_none());
    assert!(change.new_tree.read("../outside/a").unwrap().is_none());
    assert!(change.new_tree.list("d").unwrap().is_empty());
}

#[test]
fn a_pipe_in_the_work_tree_does_not_hang() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    fs::remove_file(sandbox.root.join("a")).unwrap();
    let made = Command::new("mkfifo").arg(sandbox.root.join("a")).status();
    if made.is_ok_and(|status| status.success()) {
        let change = sandbox.repository().work_tree().unwrap();
        assert_eq!(statuses(&change), [(Status::Deleted, "a")]);
    }
}

#[test]
fn an_unborn_branch_has_an_empty_old_side() {
    let sandbox = Sandbox::empty();
    sandbox.write("a", "one\n");
    sandbox.git(&["add", "a"]);
    let repository = sandbox.repository();
    for change in [repository.staged().unwrap(), repository.work_tree().unwrap()] {
        assert_eq!(statuses(&change), [(Status::Added, "a")]);
        assert_eq!(change.old.id, None);
        assert!(change.old_tree.read("a").unwrap().is_none());
    }
    let (message, _) = failure(repository.commit("HEAD"));
    assert_eq!(message, "unknown revision `HEAD`: there is no commit yet");
}

#[test]
fn a_branch_is_compared_from_its_merge_base() {
    let sandbox = Sandbox::with(&[("a", "one\n"), ("b", "one\n")]);
    sandbox.git(&["checkout", "-q", "-b", "topic"]);
    sandbox.write("a", "two\n");
    sandbox.commit("change a\n\nbecause");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.write("b", "two\n");
    sandbox.commit("change b");
    sandbox.git(&["checkout", "-q", "--detach", "topic"]);
    let change = sandbox.repository().since("main", "HEAD").unwrap();
    assert_eq!(statuses(&change), [(Status::Modified, "a")]);
    assert_eq!(change.commits.len(), 1);
    assert_eq!(change.commits[0].author_email, "ada@example.com");
    assert_eq!(change.commits[0].message, "change a\n\nbecause\n");
    let direct = sandbox.repository().range("main", "topic").unwrap();
    assert_eq!(statuses(&direct), [(Status::Modified, "a"), (Status::Modified, "b")]);
}

#[test]
fn a_commit_is_compared_with_its_first_parent() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    let first = sandbox.repository().commit("HEAD").unwrap();
    assert_eq!(statuses(&first), [(Status::Added, "a")]);
    sandbox.git(&["checkout", "-q", "-b", "topic"]);
    sandbox.write("b", "two\n");
    sandbox.commit("topic");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.write("c", "three\n");
    sandbox.commit("main");
    sandbox.git(&["merge", "-q", "--no-edit", "topic"]);
    let merge = sandbox.repository().commit("HEAD").unwrap();
    assert_eq!(statuses(&merge), [(Status::Added, "b")]);
}

#[test]
fn a_conflict_in_the_index_is_listed_and_the_rest_judged() {
    let sandbox = Sandbox::with(&[("a", "one\n"), ("b", "one\n")]);
    sandbox.git(&["checkout", "-q", "-b", "topic"]);
    sandbox.write("a", "two\n");
    sandbox.write("b", "two\n");
    sandbox.commit("topic");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.write("a", "three\n");
    sandbox.commit("main");
    let (_, merged) = sandbox.run(&sandbox.root, &["merge", "-q", "--no-edit", "topic"]);
    assert!(!merged);
    let staged = sandbox.repository().staged().unwrap();
    assert_eq!(statuses(&staged), [(Status::Modified, "a"), (Status::Modified, "b")]);
    let a = staged.files[0].new.as_ref().unwrap();
    assert!(matches!(&a.content, Content::Unreadable { reason } if reason.contains("conflict")));
    let work = sandbox.repository().work_tree().unwrap();
    assert!(text(&work.files[0].new).contains("<<<<<<<"));
    let (_, done) = sandbox.run(&sandbox.root, &["rebase", "topic"]);
    assert!(!done);
}

#[test]
fn a_stopped_rebase_is_judged_like_any_index() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    sandbox.git(&["checkout", "-q", "-b", "topic"]);
    sandbox.write("a", "two\n");
    sandbox.write("c", "new\n");
    sandbox.commit("topic");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.write("a", "three\n");
    sandbox.commit("main");
    let (_, done) = sandbox.run(&sandbox.root, &["rebase", "main", "topic"]);
    assert!(!done);
    let staged = sandbox.repository().staged().unwrap();
    assert_eq!(statuses(&staged), [(Status::Modified, "a"), (Status::Added, "c")]);
}

#[test]
fn linked_work_trees_have_an_index_of_their_own() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    let linked = sandbox.root.parent().unwrap().join("linked");
    sandbox.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "other"]);
    fs::write(linked.join("a"), "two\n").unwrap();
    sandbox.git_in(&linked, &["add", "a"]);
    fs::create_dir(linked.join("sub")).unwrap();
    let from_below = sandbox.repository_in(&linked.join("sub"), &Environment::default());
    let git_dir = PathBuf::from(sandbox.git_in(&linked, &["rev-parse", "--absolute-git-dir"]).trim());
    let hook = Environment { git_dir: Some(git_dir), ..Environment::default() };
    for repository in [from_below, sandbox.repository_in(&linked, &hook)] {
        assert_eq!(repository.root().unwrap().canonicalize().unwrap(), linked);
        assert_eq!(text(&only(&repository.staged().unwrap()).new), "two\n");
        assert_eq!(text(&only(&repository.work_tree().unwrap()).new), "two\n");
    }
    assert!(sandbox.repository().staged().unwrap().files.is_empty());
}

#[test]
fn the_environment_of_a_hook_is_honoured() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    let other = sandbox.folder.path().join("other-index");
    fs::copy(sandbox.root.join(".git/index"), &other).unwrap();
    sandbox.write("a", "two\n");
    sandbox.git(&["add", "a"]);
    let named = Environment { index_file: Some(other), ..Environment::default() };
    assert!(sandbox.repository_in(&sandbox.root, &named).staged().unwrap().files.is_empty());
    let relative = Environment { index_file: Some(".git/index".into()), ..Environment::default() };
    fs::create_dir(sandbox.root.join("sub")).unwrap();
    let change = sandbox.repository_in(&sandbox.root.join("sub"), &relative).staged().unwrap();
    assert_eq!(text(&only(&change).new), "two\n");
    let elsewhere = tempfile::tempdir().unwrap();
    let apart = Environment {
        git_dir: Some(sandbox.root.join(".git")),
        work_tree: Some(sandbox.root.clone()),
        ..Environment::default()
    };
    let change = sandbox.repository_in(elsewhere.path(), &apart).work_tree().unwrap();
    assert_eq!(text(&only(&change).new), "two\n");
}

#[test]
fn a_bare_repository_answers_for_commits_alone() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    sandbox.write("a", "two\n");
    sandbox.commit("second");
    let bare = sandbox.root.parent().unwrap().join("bare.git");
    sandbox.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let repository = sandbox.repository_in(&bare, &Environment::default());
    assert_eq!(text(&only(&repository.range("HEAD^", "HEAD").unwrap()).new), "two\n");
    let (message, hint) = failure(repository.staged());
    assert!(message.contains("bare") && hint.contains("--range"), "{message} {hint}");
    assert!(repository.work_tree().is_err());
}

#[test]
fn a_shallow_clone_says_what_to_fetch() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    for count in 0..3 {
        sandbox.git(&["checkout", "-q", "main"]);
        sandbox.write("a", &format!("{count}\n"));
        sandbox.commit("main");
    }
    sandbox.git(&["checkout", "-q", "-b", "topic", "main~2"]);
    sandbox.write("b", "x\n");
    sandbox.commit("topic");
    let shallow = sandbox.root.parent().unwrap().join("shallow");
    let url = format!("file://{}", sandbox.root.display());
    sandbox.git(&[
        "clone",
        "-q",
        "--depth=1",
        "--no-single-branch",
        "-b",
        "topic",
        &url,
        shallow.to_str().unwrap(),
    ]);
    let repository = sandbox.repository_in(&shallow, &Environment::default());
    let (message, hint) = failure(repository.since("origin/main", "HEAD"));
    assert_eq!(
        message,
        "cannot compare with origin/main: this clone is shallow and the common ancestor of origin/main and HEAD is \
         not in it"
    );
    assert_eq!(hint, "git fetch --deepen=200 origin main   (GitHub Actions: fetch-depth: 0)");
    let (message, hint) = failure(repository.commit("HEAD"));
    assert!(message.contains("ends before the parent") && hint.contains("--deepen"), "{message} {hint}");
    assert_eq!(statuses(&repository.range("origin/main", "HEAD").unwrap()).len(), 2);
}

#[test]
fn unrelated_histories_are_an_error_and_not_an_empty_change() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    sandbox.git(&["checkout", "-q", "--orphan", "island"]);
    sandbox.commit("island");
    let (message, hint) = failure(sandbox.repository().since("main", "HEAD"));
    assert!(message.contains("no common ancestor") && hint.contains("--range main..HEAD"));
}

#[test]
fn an_unknown_revision_names_its_neighbours() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    let (message, hint) = failure(sandbox.repository().since("mian", "HEAD"));
    assert!(message.contains("`mian`"), "{message}");
    assert_eq!(hint, "did you mean `main`?");
    sandbox.git(&["update-ref", "refs/remotes/origin/develop", "HEAD"]);
    let (_, hint) = failure(sandbox.repository().since("develop", "HEAD"));
    assert_eq!(hint, "did you mean `origin/develop`?");
}

#[test]
fn a_folder_without_repository_is_an_error_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let Err(error) = Repository::discover_in(folder.path(), &Environment::default()) else { panic!() };
    assert!(error.to_string().contains("not in a git repository"), "{error}");
    assert!(error.hint().unwrap().contains("--patch"));
}

#[test]
fn a_damaged_object_is_listed_and_the_rest_judged() {
    let sandbox = Sandbox::with(&[("a", "one\n"), ("b", "one two\n")]);
    let blob = sandbox.git(&["rev-parse", "HEAD:a"]).trim().to_owned();
    sandbox.write("a", "two\n");
    sandbox.write("b", "three\n");
    sandbox.git(&["add", "-A"]);
    let object = sandbox.root.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    fs::remove_file(&object).unwrap();
    fs::write(&object, "damaged").unwrap();
    let change = sandbox.repository().staged().unwrap();
    assert_eq!(statuses(&change), [(Status::Modified, "a"), (Status::Modified, "b")]);
    let old = change.files[0].old.as_ref().unwrap();
    assert!(matches!(&old.content, Content::Unreadable { .. }), "{old:?}");
    assert_eq!(text(&change.files[1].old), "one two\n");
    assert!(change.old_tree.read("a").is_err());
}

#[test]
fn a_damaged_folder_is_listed_and_the_rest_judged() {
    let sandbox = Sandbox::with(&[("d/a", "one\n"), ("b", "one\n")]);
    let tree = sandbox.git(&["rev-parse", "HEAD:d"]).trim().to_owned();
    sandbox.write("d/a", "two\n");
    sandbox.write("b", "two\n");
    sandbox.git(&["add", "-A"]);
    fs::remove_file(sandbox.root.join(".git/objects").join(&tree[..2]).join(&tree[2..])).unwrap();
    let change = sandbox.repository().staged().unwrap();
    assert_eq!(statuses(&change), [(Status::Modified, "b")]);
    assert_eq!(change.skipped[0].path, "d/");
}

#[test]
fn submodules_are_the_commits_they_point_to() {
    let library = Sandbox::with(&[("lib", "one\n")]);
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    sandbox.git(&["submodule", "--quiet", "add", library.root.to_str().unwrap(), "vendor/lib"]);
    sandbox.commit("submodule");
    library.write("lib", "two\n");
    let second = library.commit("second");
    assert!(sandbox.repository().work_tree().unwrap().files.is_empty());
    let inside = sandbox.root.join("vendor/lib");
    sandbox.git_in(&inside, &["fetch", "-q"]);
    sandbox.git_in(&inside, &["checkout", "-q", &second]);
    let work = sandbox.repository().work_tree().unwrap();
    sandbox.git(&["add", "-A"]);
    let staged = sandbox.repository().staged().unwrap();
    for change in [work, staged] {
        let file = only(&change);
        assert_eq!(file.path(), "vendor/lib");
        assert_eq!(file.new.as_ref().unwrap().content, Content::Submodule(second.clone()));
        assert_eq!(file.side(Side::Old).unwrap().mode, Mode::Submodule);
    }
}

#[test]
fn a_sparse_checkout_misses_nothing_and_deletes_nothing() {
    for sparse_index in ["--no-sparse-index", "--sparse-index"] {
        let sandbox = Sandbox::with(&[("in/a", "one\n"), ("out/deep/b", "one\n"), ("out/c", "one\n")]);
        sandbox.git(&["sparse-checkout", "set", "--cone", sparse_index, "in"]);
        assert!(!sandbox.root.join("out").exists());
        let repository = sandbox.repository();
        assert!(repository.work_tree().unwrap().files.is_empty());
        assert!(repository.staged().unwrap().files.is_empty());
        sandbox.write("in/a", "two\n");
        sandbox.git(&["add", "in/a"]);
        assert_eq!(statuses(&sandbox.repository().staged().unwrap()), [(Status::Modified, "in/a")]);
        assert_eq!(statuses(&sandbox.repository().work_tree().unwrap()), [(Status::Modified, "in/a")]);
    }
}

#[test]
fn every_form_of_index_gives_the_answer_of_git() {
    let files: Vec<(String, String)> = (0..60)
        .map(|number| (format!("d{}/e{}/f{number}", number % 7, number % 3), format!("{number}\n")))
        .collect();
    let forms: [&[&[&str]]; 4] = [
        &[],
        &[&["update-index", "--index-version", "4"]],
        &[&["update-index", "--split-index"]],
        &[&["update-index", "--index-version", "3"]],
    ];
    for form in forms {
        let sandbox = Sandbox::empty();
        files.iter().for_each(|(path, text)| sandbox.write(path, text));
        sandbox.commit("first");
        form.iter().for_each(|arguments| {
            sandbox.git(arguments);
        });
        sandbox.write("d1/e1/f1", "changed\n");
        sandbox.write("d1.x", "added\n");
        sandbox.write("d2/new/file", "added too\n");
        sandbox.git(&["rm", "-q", "d3/e0/f3"]);
        sandbox.git(&["add", "-A"]);
        sandbox.write("announced", "x\n");
        sandbox.git(&["add", "--intent-to-add", "announced"]);
        let change = sandbox.repository().staged().unwrap();
        assert_eq!(
            letters(&change),
            sandbox.git(&["diff", "--cached", "--name-status", "--no-renames"]),
            "{form:?}"
        );
        sandbox.git(&["commit", "-q", "-m", "second", "--", "d1", "d2"]);
        sandbox.write("d4/e1/f4", "again\n");
        sandbox.git(&["add", "d4"]);
        let change = sandbox.repository().staged().unwrap();
        assert_eq!(
            letters(&change),
            sandbox.git(&["diff", "--cached", "--name-status", "--no-renames"]),
            "{form:?}"
        );
    }
}

/// As `git diff --name-status --no-renames` prints it.
fn letters(change: &Change) -> String {
    let mut lines: Vec<String> = Vec::new();
    for file in &change.files {
        let old = file.old.as_ref().map(|side| side.path.as_str());
        match file.status {
            Status::Added | Status::Copied => lines.push(format!("A\t{}\n", file.path())),
            Status::Deleted => lines.push(format!("D\t{}\n", file.path())),
            Status::Modified => lines.push(format!("M\t{}\n", file.path())),
            Status::TypeChanged => lines.push(format!("T\t{}\n", file.path())),
            Status::Renamed => {
                lines.push(format!("D\t{}\n", old.unwrap_or_default()));
                lines.push(format!("A\t{}\n", file.path()));
            }
        }
    }
    lines.sort_by(|one, other| one[2..].cmp(&other[2..]));
    lines.concat()
}

#[test]
fn huge_and_binary_files_are_not_loaded() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    sandbox.write("text", &"0123456789\n".repeat(150_000));
    sandbox.write("image", &"\0".repeat(2_000_000));
    let work = sandbox.repository().work_tree().unwrap();
    sandbox.git(&["add", "-A"]);
    let staged = sandbox.repository().staged().unwrap();
    for change in [work, staged] {
        assert_eq!(change.files[0].new.as_ref().unwrap().content, Content::Binary { bytes: 2_000_000 });
        assert_eq!(change.files[1].new.as_ref().unwrap().content, Content::TooLarge { bytes: 1_650_000 });
    }
}

#[test]
fn nothing_is_written_and_nothing_runs() {
    let sandbox = Sandbox::with(&[("a.x", "one\n"), (".gitattributes", "*.x filter=evil diff=evil\n")]);
    let mark = sandbox.folder.path().join("ran");
    let evil = format!("touch {}", mark.display());
    for key in
        ["filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv", "core.fsmonitor", "diff.external"]
    {
        sandbox.git(&["config", key, &evil]);
    }
    sandbox.write("a.x", "two\n");
    fs::write(sandbox.root.join(".git/index.lock"), "").unwrap();
    let before = fs::read(sandbox.root.join(".git/index")).unwrap();
    let repository = sandbox.repository();
    assert_eq!(text(&only(&repository.work_tree().unwrap()).new), "two\n");
    repository.staged().unwrap();
    assert!(!mark.exists());
    assert_eq!(fs::read(sandbox.root.join(".git/index")).unwrap(), before);
}

#[test]
fn files_checked_out_with_other_line_ends_are_no_change() {
    let sandbox = Sandbox::with(&[("a", "one\ntwo\n")]);
    sandbox.write("a", "one\r\ntwo\r\n");
    assert!(sandbox.repository().work_tree().unwrap().files.is_empty());
}

#[test]
fn a_damaged_index_is_an_error_with_a_hint() {
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    let index = sandbox.root.join(".git/index");
    let bytes = fs::read(&index).unwrap();
    fs::write(&index, &bytes[..bytes.len() / 2]).unwrap();
    let (message, hint) = failure(sandbox.repository().staged());
    assert!(message.contains("cannot read the index") && !hint.is_empty(), "{message}");
}

#[test]
fn names_that_are_not_utf8_are_replaced() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::with(&[("a", "one\n")]);
    fs::write(sandbox.root.join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "x\n").unwrap();
    let change = sandbox.repository().work_tree().unwrap();
    assert_eq!(statuses(&change), [(Status::Added, "caf\u{fffd}")]);
    assert_eq!(text(&change.files[0].new), "x\n");
}
