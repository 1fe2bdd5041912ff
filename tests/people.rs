//! What real histories say: owners, reviewers, experience, provenance, and the past kept between runs.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use foureyes::change::{Environment, Repository};
use foureyes::context::{Background, Familiarity, Origin, Past, Walk};
use foureyes::gate::Policy;
use foureyes::rules::RuleSet;
use foureyes::{Knowledge, judge};
use tempfile::TempDir;

const DAY: i64 = 86_400;
const NOW: i64 = 1_760_000_000;

struct History {
    folder: TempDir,
    root: PathBuf,
}

impl History {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("work");
        fs::create_dir(&root).unwrap();
        let history = Self { folder, root };
        history.git(&["init", "-q", "-b", "main"], "ada", 0);
        history
    }

    fn git(&self, arguments: &[&str], author: &str, days: i64) {
        let date = format!("{} +0000", NOW - days * DAY);
        let email = format!("{author}@example.com");
        let done = Command::new("git")
            .args(arguments)
            .current_dir(&self.root)
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .envs([("GIT_AUTHOR_NAME", author), ("GIT_COMMITTER_NAME", author)])
            .envs([("GIT_AUTHOR_EMAIL", &email), ("GIT_COMMITTER_EMAIL", &email)])
            .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
            .status()
            .unwrap();
        assert!(done.success(), "git {arguments:?}");
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// A commit some days ago that writes one file.
    fn commit(&self, days: i64, author: &str, message: &str, path: &str) {
        self.write(path, &format!("{days} {author}\n"));
        self.git(&["add", "-A"], author, days);
        self.git(&["commit", "-q", "-m", message], author, days);
    }

    /// One commit a day until yesterday, all in one go; what was written before joins the first that follows.
    fn commits(&self, count: i64, author: &str, message: &str, path: &str) {
        let mut stream = String::new();
        for day in (1..=count).rev() {
            let who = format!("{author} <{author}@example.com> {} +0000", NOW - day * DAY);
            let text = format!("{day}\n");
            stream.push_str(&format!(
                "commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {}\n{message}\nM 100644 inline {path}\ndata {}\n\
                 {text}\n",
                message.len(),
                text.len()
            ));
        }
        let file = self.folder.path().join("stream");
        fs::write(&file, stream).unwrap();
        let import = Command::new("git")
            .args(["fast-import", "--quiet", "--force"])
            .current_dir(&self.root)
            .stdin(fs::File::open(file).unwrap())
            .status();
        assert!(import.unwrap().success());
        self.git(&["checkout", "-q", "-f", "main", "--", path], author, 1);
    }

    fn repository(&self) -> Repository {
        Repository::discover_in(&self.root, &Environment::default()).unwrap()
    }

    fn background(&self, cache: Option<&Path>) -> Background {
        let repository = self.repository();
        let change = repository.staged().unwrap();
        let walk = Walk { cache: cache.map(Path::to_owned), progress: None };
        Background::of(&repository, &change, [], Some(&walk))
    }
}

const APPLICATION: &str = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: payments
spec:
  project: shop
  syncPolicy:
    automated:
      prune: false
";

/// Sixty commits under infra/prod by bob, reviewed by eve, and automatic deletion switched on by ada.
fn guarded() -> History {
    let history = History::new();
    history.write(".github/CODEOWNERS", "* @acme/all\n/infra/prod/ @acme/dba\n");
    history.git(&["config", "user.email", "ada@example.com"], "ada", 0);
    history.git(&["config", "user.name", "Ada"], "ada", 0);
    history.commits(60, "bob", "x\n\nReviewed-by: eve <eve@example.com>", "infra/prod/notes.txt");
    history.write("infra/prod/app.yaml", APPLICATION);
    history.git(&["add", "-A"], "bob", 1);
    history.git(&["commit", "-q", "-m", "db"], "bob", 1);
    history.write("infra/prod/app.yaml", &APPLICATION.replace("false", "true"));
    // The change must not pick its own reviewers.
    history.write(".github/CODEOWNERS", "* @ada\n");
    history.git(&["add", "-A"], "ada", 0);
    history
}

#[test]
fn owners_come_from_the_old_side_and_people_from_the_past() {
    let history = guarded();
    let change = history.repository().staged().unwrap();
    let knowledge = Knowledge { background: history.background(None), ..Knowledge::default() };
    let judged = judge(&change, &RuleSet::builtin(), &knowledge, &Policy::default());
    let reviewers = &judged.assessment.reviewers;
    let named = |who: &str| reviewers.required.iter().find(|one| one.who == who).map(|one| one.reason.as_str());
    assert_eq!(named("@acme/dba"), Some("owns /infra/prod/ (CODEOWNERS line 2)"), "{reviewers:?}");
    assert!(named("@ada").is_none());
    let suggested: Vec<&str> = reviewers.suggested.iter().map(|one| one.who.as_str()).collect();
    assert!(suggested.contains(&"eve@example.com") && suggested.contains(&"bob@example.com"), "{reviewers:?}");
    assert!(!suggested.contains(&"ada@example.com"));
    let row = judged.assessment.ledger.iter().find(|row| row.label == "history");
    assert!(row.is_some_and(|row| row.explanation.contains("riskier than") && row.points <= 25.0));
}

#[test]
fn the_author_is_new_where_somebody_else_worked() {
    let history = guarded();
    let change = history.repository().staged().unwrap();
    let experience = history.background(None).experience(&change);
    let prod = experience.iter().find(|one| one.part == "infra/prod").unwrap();
    assert_eq!((prod.familiarity, prod.own), (Familiarity::New, 0));
}

#[test]
fn a_kept_past_is_extended_and_equals_a_fresh_one() {
    let history = guarded();
    let cache = tempfile::tempdir().unwrap();
    let before = history.background(Some(cache.path())).past.unwrap();
    assert_eq!(before.records.len(), 61);
    history.commit(0, "ada", "more", "infra/prod/notes.txt");
    history.write("z", "z");
    history.git(&["add", "z"], "ada", 0);
    let extended = history.background(Some(cache.path())).past.unwrap();
    let fresh = history.background(None).past.unwrap();
    let told = |past: &Past| -> Vec<String> {
        let record = |record: &foureyes::context::Record| {
            let paths: Vec<&str> =
                record.paths.iter().map(|path| past.paths[*path as usize].as_str()).collect();
            format!("{} {} {paths:?}", record.id, past.people[record.author as usize].email)
        };
        past.records.iter().map(record).collect()
    };
    assert_eq!(told(&extended), told(&fresh));
    let warm = history.background(Some(cache.path())).past.unwrap();
    assert_eq!(warm, extended);
}

#[test]
fn a_damaged_past_is_read_again() {
    let history = guarded();
    let cache = tempfile::tempdir().unwrap();
    let first = history.background(Some(cache.path())).past;
    let folder = fs::read_dir(cache.path().join("history")).unwrap().next().unwrap().unwrap().path();
    for file in fs::read_dir(folder).unwrap() {
        fs::write(file.unwrap().path(), "damaged").unwrap();
    }
    assert_eq!(history.background(Some(cache.path())).past, first);
}

#[test]
fn the_mailmap_joins_people() {
    let history = History::new();
    history.write(".mailmap", "Bob <bob@example.com> <robert@example.com>\n");
    history.commit(3, "bob", "x", "a");
    history.commit(2, "robert", "x", "a");
    history.write("a", "new\n");
    history.git(&["add", "-A"], "ada", 0);
    let past = history.background(None).past.unwrap();
    assert_eq!(past.people.len(), 1);
}

#[test]
fn a_commit_declares_its_assistant() {
    let history = History::new();
    history.commit(3, "bob", "x", "a");
    history.commit(2, "bob", "y\n\nCo-Authored-By: Claude <noreply@anthropic.com>", "a");
    let repository = history.repository();
    let change = repository.commit("HEAD").unwrap();
    let environment = [("CLAUDECODE".to_owned(), "1".to_owned())];
    let background = Background::of(&repository, &change, environment.clone(), None);
    assert_eq!(background.provenance(&change).evidence, ["Claude Code (trailer Co-Authored-By)"]);
    let first = repository.commit("HEAD^").unwrap();
    let background = Background::of(&repository, &first, environment.clone(), None);
    assert_eq!(background.provenance(&first).status, Origin::Unknown);
    let open = repository.staged().unwrap();
    let background = Background::of(&repository, &open, environment, None);
    assert_eq!(background.provenance(&open).status, Origin::DeclaredAi);
}

#[test]
fn a_shallow_clone_says_that_it_knows_in_part() {
    let history = guarded();
    let shallow = history.folder.path().join("shallow");
    let url = format!("file://{}", history.root.display());
    history.git(&["clone", "-q", "--depth=5", &url, shallow.to_str().unwrap()], "ada", 0);
    let repository = Repository::discover_in(&shallow, &Environment::default()).unwrap();
    let change = repository.commit("HEAD").unwrap();
    let background = Background::of(&repository, &change, [], Some(&Walk::default()));
    assert!(background.remarks.iter().any(|remark| remark.contains("shallow")));
    assert!(background.standing(&change, &[]).is_none());
}

#[test]
fn the_command_names_reviewers_with_figures() {
    let history = guarded();
    let run = |arguments: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_foureyes"))
            .args(["reviewers", "--staged"])
            .args(arguments)
            .current_dir(&history.root)
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE")
            .env_remove("COLUMNS")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("XDG_CACHE_HOME", history.folder.path().join("cache"))
            .output()
            .unwrap();
        assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let told: serde_json::Value = serde_json::from_str(&run(&["--format", "json"])).unwrap();
    let find = |list: &str, who: &str| {
        told[list].as_array().unwrap().iter().find(|one| one["who"] == who).cloned().unwrap_or_default()
    };
    assert_eq!(find("required", "@acme/dba")["grounds"], "owner");
    let eve = find("suggested", "eve@example.com");
    assert_eq!((&eve["figures"]["reviewed"], &eve["figures"]["of"]), (&19.into(), &20.into()), "{eve}");
    assert_eq!(eve["figures"]["under"], "infra/prod");
    assert_eq!(find("required", "@acme/all")["reason"], "owns * (CODEOWNERS line 1)");
    assert!(find("suggested", "ada@example.com").is_null(), "the author does not review");
    assert_eq!(told["authors"][0]["email"], "ada@example.com");
    let page = run(&["--color", "never"]);
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    assert!(page.contains("reviewed 19 of the last 20 changes"), "{page}");
}

#[test]
fn the_message_of_the_commit_that_is_made_counts() {
    let history = guarded();
    fs::write(
        history.root.join(".git/COMMIT_EDITMSG"),
        "Tidy up\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n# Please enter the commit message\n\
         # ------------------------ >8 ------------------------\nCo-authored-by: Cursor <cursoragent@cursor.com>\n",
    )
    .unwrap();
    let run = |arguments: &[&str]| -> serde_json::Value {
        let out = Command::new(env!("CARGO_BIN_EXE_foureyes"))
            .args(["check", "--staged", "--format", "json"])
            .args(arguments)
            .current_dir(&history.root)
            .env_clear()
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "Eve")
            .env("GIT_AUTHOR_EMAIL", "eve@example.com")
            .output()
            .unwrap();
        serde_json::from_slice(&out.stdout).unwrap()
    };
    let history_row = |report: &serde_json::Value| {
        let rows = report["ledger"].as_array().unwrap().iter();
        rows.filter(|row| row["label"] == "history")
            .map(|row| row["explanation"].to_string())
            .collect::<String>()
    };
    let (without, with) = (run(&[]), run(&["--message-file", ".git/COMMIT_EDITMSG"]));
    assert!(history_row(&without).contains("(message not counted)"), "{without}");
    assert_eq!(without["provenance"]["status"], "unknown");
    assert!(!history_row(&with).contains("not counted"), "{with}");
    assert_eq!(with["provenance"]["status"], "declared-ai");
    assert_eq!(with["provenance"]["evidence"], serde_json::json!(["Claude Code (trailer Co-Authored-By)"]));
    // Eve commits, so she is not asked to look.
    assert!(!with["reviewers"].to_string().contains("eve@example.com"), "{with}");
}

#[test]
fn a_policy_for_assistants_fails_the_gate_with_a_reason() {
    let history = guarded();
    let policy = |name: &str| {
        fs::write(history.root.join("foureyes.toml"), format!("gate.fail_on = 100\nai.policy = \"{name}\"\n"))
            .unwrap();
        history.git(&["add", "foureyes.toml"], "ada", 0);
        history.git(&["commit", "-q", "--allow-empty", "-m", "Policy", "--", "foureyes.toml"], "ada", 0);
    };
    let run = |message: Option<&str>, agent: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_foureyes"));
        command.args(["check", "--staged", "--color", "never"]).current_dir(&history.root).env_clear();
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("COLUMNS", "400");
        if agent {
            command.env("CLAUDECODE", "1");
        }
        if let Some(message) = message {
            fs::write(history.root.join(".git/COMMIT_EDITMSG"), message).unwrap();
            command.args(["--message-file", ".git/COMMIT_EDITMSG"]);
        }
        let out = command.output().unwrap();
        let page = String::from_utf8(out.stdout).unwrap();
        (out.status.code(), page.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let declared = "Tidy up\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n";
    let signed = format!("{declared}Signed-off-by: Ada <ada@example.com>\n");
    for (name, message, agent, reason) in [
        ("allow", Some("Tidy up"), true, None),
        ("disclose", Some("Tidy up"), true, Some("add a trailer such as `Assisted-by: NAME`")),
        ("disclose", Some(declared), true, None),
        ("disclose", None, true, None),
        ("sign-off", Some(declared), false, Some("commit with `git commit --signoff`")),
        ("sign-off", Some(&*signed), false, None),
        ("forbid", Some(declared), false, Some("write the change yourself")),
        ("forbid", None, true, Some("write the change yourself")),
        ("forbid", Some("Tidy up"), false, None),
    ] {
        policy(name);
        let (code, page) = run(message, agent);
        assert_eq!(code, Some(i32::from(reason.is_some())), "{name} {message:?}\n{page}");
        assert!(reason.is_none_or(|reason| page.contains(reason)), "{name} {message:?}\n{page}");
        assert_eq!(page.contains("the policy for assistants is broken"), reason.is_some(), "{page}");
    }
}
