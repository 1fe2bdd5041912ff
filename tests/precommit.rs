//! The hook under the real `pre-commit`. Needs `pre-commit` on PATH; `FOUREYES_TEST_PRECOMMIT=1` switches it on.
#![allow(clippy::print_stdout, reason = "a test that does not run says so")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const RULE: &str = "id: own/purge\ntitle: A purge is started\nseverity: critical\nconfidence: high\n\
                    when: [introduced]\ntext: { pattern: '^purge ' }\nmessage: The tables are emptied\n\
                    why: Nothing brings the rows back.\ninstead: Archive them first.\n";

struct Sandbox {
    folder: TempDir,
    /// The repository that offers the hook.
    hooks: PathBuf,
    /// The repository that uses it.
    project: PathBuf,
}

impl Sandbox {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (hooks, project) = (folder.path().join("hooks"), folder.path().join("project"));
        let sandbox = Self { hooks, project, folder };
        for repository in [&sandbox.hooks, &sandbox.project] {
            fs::create_dir(repository).unwrap();
            sandbox.done(repository, "git", &["init", "-q", "-b", "main"]);
        }
        let offered = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
        fs::copy(offered, sandbox.hooks.join(".pre-commit-hooks.yaml")).unwrap();
        sandbox.done(&sandbox.hooks, "git", &["add", "-A"]);
        sandbox.done(&sandbox.hooks, "git", &["commit", "-q", "-m", "hooks"]);
        let revision = sandbox.done(&sandbox.hooks, "git", &["rev-parse", "HEAD"]);
        sandbox.write(".foureyes/rules/purge.yaml", RULE);
        sandbox.write("nightly.job", "vacuum orders\n");
        sandbox.write(
            ".pre-commit-config.yaml",
            &format!(
                "repos:\n  - repo: {}\n    rev: {}\n    hooks:\n      - id: foureyes-system\n",
                sandbox.hooks.display(),
                revision.trim()
            ),
        );
        sandbox.done(&sandbox.project, "git", &["add", "-A"]);
        sandbox.done(&sandbox.project, "git", &["commit", "-q", "-m", "first"]);
        sandbox.done(&sandbox.project, "pre-commit", &["install"]);
        sandbox
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.project.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, folder: &Path, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GIT_")) {
            command.env_remove(name);
        }
        let binary = Path::new(env!("CARGO_BIN_EXE_foureyes")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .args(arguments)
            .current_dir(folder)
            .env("PATH", format!("{}:{path}", binary.display()))
            .env("PRE_COMMIT_HOME", self.folder.path().join("cache"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.com")])
            .envs([("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.com")])
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    fn done(&self, folder: &Path, program: &str, arguments: &[&str]) -> String {
        let out = self.run(folder, program, arguments);
        assert!(out.status.success(), "{program} {arguments:?}: {}", said(&out));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    fn commit(&self, arguments: &[&str]) -> Output {
        self.run(&self.project, "git", &[&["commit", "-m", "step"], arguments].concat())
    }
}

fn said(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

#[test]
fn the_hook_judges_what_is_committed() {
    if std::env::var_os("FOUREYES_TEST_PRECOMMIT").is_none() {
        println!("skipped: FOUREYES_TEST_PRECOMMIT is not set (.ci/run installs pre-commit and sets it)");
        return;
    }
    let sandbox = Sandbox::new();

    // What is staged counts, not what lies on disk beside it.
    sandbox.write("other.job", "vacuum customers\n");
    sandbox.done(&sandbox.project, "git", &["add", "other.job"]);
    sandbox.write("nightly.job", "purge orders\n");
    let harmless = sandbox.commit(&[]);
    assert!(harmless.status.success(), "{}", said(&harmless));

    // `git commit -a` and `git commit PATH` hand over an index of their own.
    for arguments in [&["-a"][..], &["nightly.job"]] {
        let risky = sandbox.commit(arguments);
        assert!(!risky.status.success(), "{arguments:?} passed: {}", said(&risky));
        assert!(said(&risky).contains("The tables are emptied"), "{arguments:?}: {}", said(&risky));
    }

    sandbox.write("nightly.job", "vacuum orders nightly\n");
    let fixed = sandbox.commit(&["-a"]);
    assert!(fixed.status.success(), "{}", said(&fixed));

    // With the message the same commit is judged once more, by what it says of itself.
    let configured = fs::read_to_string(sandbox.project.join(".pre-commit-config.yaml")).unwrap();
    sandbox.write(
        ".pre-commit-config.yaml",
        &configured.replace("id: foureyes-system", "id: foureyes-commit-msg-system\n        verbose: true"),
    );
    sandbox.done(&sandbox.project, "pre-commit", &["install", "--hook-type", "commit-msg"]);
    let told = sandbox.commit(&["-a", "-m", "Co-Authored-By: Claude <noreply@anthropic.com>"]);
    assert!(said(&told).contains("Claude Code (trailer Co-Authored-By)"), "{}", said(&told));
}
