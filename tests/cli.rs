//! What a person sees: the program in real repositories, as snapshots.
//!
//! The rules are those of the projects below, so that the snapshots stand whatever is built in.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Says what it is about in each of its three kinds of finding.
const RULES: [(&str, &str); 5] = [
    (
        "purge.yaml",
        "id: own/purge\ntitle: A purge is started\nseverity: critical\nconfidence: high\nwhen: [introduced]\n\
         reviewers: [dba]\neffect: destroys\ntext: { pattern: '^\\s*purge (\\S+)' }\n\
         message: The tables are emptied\nwhy: Nothing brings the rows back.\n\
         instead: Archive them first, and purge what was archived.\n\
         examples:\n  fires:\n    - { old: {}, new: { a: 'purge orders' } }\n\
         \x20 quiet:\n    - { because: it only speaks of it, old: {}, new: { a: 'no purge' } }\n",
    ),
    (
        "guard.yaml",
        "id: own/guard\ntitle: The guard is gone\nseverity: high\nconfidence: medium\nwhen: [removed]\n\
         reviewers: [sre]\neffect: unguards\ntext: { pattern: 'require_dry_run' }\n\
         message: Nothing asks for a dry run any more\nwhy: It was the last question before the purge.\n\
         instead: Keep it.\n",
    ),
    (
        "retention.yaml",
        "id: own/retention\ntitle: Kept for a shorter time\nseverity: high\nconfidence: high\nwhen: [changed]\n\
         setting: { path: ['backup.keep_days'], trend: decreased }\n\
         message: \"Backups are kept {new} days instead of {old}\"\nwhy: Older ones are deleted at once.\n\
         instead: Lower it after a restore was tried.\n",
    ),
    (
        "job.yaml",
        "id: own/job\ntitle: A job is deleted\nseverity: medium\nconfidence: high\nwhen: [removed]\n\
         files: ['**/*.job']\nfile: { status: [deleted] }\nmessage: \"{path} is deleted\"\n\
         why: Nothing else starts this work.\ninstead: Say where it is done now.\n",
    ),
    (
        "wide.yaml",
        "id: own/wide\ntitle: Wide\nseverity: low\nconfidence: low\nwhen: [introduced]\n\
         text: { pattern: 'WIDE' }\nmessage: \"{text}\"\nwhy: 幅。\ninstead: 幅。\n",
    ),
];

struct Project(TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.git(&["init", "-q", "-b", "main"]);
        for (name, rule) in RULES {
            project.write(&format!(".foureyes/rules/{name}"), rule);
        }
        files.iter().for_each(|(path, text)| project.write(path, text));
        project.commit();
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.0.path().join(path)).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        quiet(&mut command, self.0.path());
        let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
        let out = command.args(who).args(arguments).output().unwrap();
        assert!(out.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "step"]);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_foureyes"));
        quiet(&mut command, self.0.path());
        command.args(arguments).envs(environment.iter().copied()).output().unwrap()
    }

    /// Exit code, standard output and standard error as one text.
    fn see(&self, arguments: &[&str]) -> String {
        shown(&self.run(arguments))
    }
}

/// Neither the surrounding repository nor the settings of this machine.
fn quiet(command: &mut Command, folder: &Path) {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GIT_")) {
        command.env_remove(name);
    }
    for name in ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CLICOLOR"] {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("HOME", folder);
}

fn shown(out: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let version = concat!("foureyes ", env!("CARGO_PKG_VERSION"));
    let mut shown = text(&out.stdout).replace(version, "foureyes VERSION");
    let errors = text(&out.stderr);
    if !errors.is_empty() {
        shown.push_str("--- standard error\n");
        shown.push_str(&errors);
    }
    shown.push_str(&format!("--- exit code {}\n", out.status.code().unwrap()));
    shown
}

const JOB: &str = "job nightly\n  when 02:00\n  require_dry_run\n  vacuum orders\n";

#[test]
fn a_change_that_must_not_pass() {
    let project = Project::new(&[("ops/prod/nightly.job", JOB)]);
    project.write("ops/prod/nightly.job", "job nightly\n  when 03:00\n  purge orders\n");
    insta::assert_snapshot!(project.see(&["check"]));
}

#[test]
fn the_same_change_in_a_narrow_terminal() {
    let project = Project::new(&[("ops/prod/nightly.job", JOB)]);
    project.write("ops/prod/nightly.job", "job nightly\n  when 03:00\n  purge orders\n");
    insta::assert_snapshot!(shown(&project.run_with(&["check"], &[("COLUMNS", "60")])));
}

#[test]
fn a_change_that_is_fine() {
    let project = Project::new(&[("ops/prod/nightly.job", JOB)]);
    project.write("ops/prod/nightly.job", &JOB.replace("02:00", "03:00"));
    insta::assert_snapshot!(project.see(&["check"]));
}

#[test]
fn a_change_that_could_not_be_judged_in_full() {
    let project = Project::new(&[]);
    project.write("bundle.js", &format!("var a = \"{}\";\n", "x".repeat(60_000)));
    project.write("dump.sql", &"insert into t values (1);\n".repeat(60_000));
    project.write("deep.yaml", &format!("a: {}{}\n", "[".repeat(200), "]".repeat(200)));
    insta::assert_snapshot!(project.see(&["check"]));
}

#[test]
fn many_findings_are_grouped_by_rule() {
    let project = Project::new(&[]);
    for number in 1..=9 {
        project.write(&format!("ops/{number}.job"), &format!("purge table_{number}\n"));
    }
    project.write("ops/wide.job", "WIDE 1\n");
    insta::assert_snapshot!(project.see(&["check"]));
    let all = project.see(&["check", "--all"]);
    assert_eq!(all.matches(" The tables are emptied").count(), 9);
}

#[test]
fn nothing_in_a_file_acts_on_the_terminal() {
    let project = Project::new(&[]);
    project.write(
        "名前/\u{202e}txt.exe",
        "WIDE \u{1b}[2J\u{1b}]0;owned\u{7} \u{202e}x ##[error]y\r 名前が長い文字列をここに書いて幅を確かめる長い文字列\n",
    );
    project.write("::add-mask::x", "WIDE\n::add-mask::y WIDE\n");
    let out = project.run(&["check", "--format", "github", "--color", "never"]);
    let bytes = out.stdout.clone();
    assert!(!bytes.contains(&0x1b) && !bytes.contains(&7), "raw control characters");
    insta::assert_snapshot!(shown(&out));
}

#[test]
fn colours_mark_what_changed() {
    let project = Project::new(&[("backup.toml", "[backup]\nkeep_days = 30 # see the contract\n")]);
    project.write("backup.toml", "[backup]\nkeep_days = 3 # see the contract\n");
    let coloured = shown(&project.run_with(&["check"], &[("FORCE_COLOR", "1")]));
    insta::assert_snapshot!(coloured.replace('\u{1b}', "ESC"));
    for (arguments, variable) in
        [(vec!["check", "--color", "never"], "FORCE_COLOR"), (vec!["check"], "NO_COLOR")]
    {
        let plain = project.run_with(&arguments, &[(variable, "1")]);
        assert!(!plain.stdout.contains(&0x1b), "{arguments:?} {variable}");
    }
}

#[test]
fn the_index_is_judged_not_the_disk() {
    let project = Project::new(&[("ops/prod/nightly.job", JOB)]);
    project.write("ops/prod/nightly.job", "job nightly\n");
    project.git(&["add", "-A"]);
    project.write("ops/prod/nightly.job", JOB);
    let staged = project.run(&["check", "--staged", "--fail-on", "low"]);
    assert_eq!(staged.status.code(), Some(1), "{}", shown(&staged));
    assert_eq!(project.run(&["check", "--fail-on", "low"]).status.code(), Some(0));
    project.git(&["rm", "-q", "-f", "--cached", "ops/prod/nightly.job"]);
    insta::assert_snapshot!(project.see(&["check", "--staged"]));
}

#[test]
fn a_patch_needs_no_repository() {
    let outside = tempfile::tempdir().unwrap();
    let patch = outside.path().join("x.patch");
    fs::write(&patch, "--- /dev/null\n+++ b/evil.sh\n@@ -0,0 +1,2 @@\n+# foureyes: allow a/b\n+echo\n")
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_foureyes"));
    quiet(&mut command, outside.path());
    let out = command.args(["check", "--patch", "x.patch"]).output().unwrap();
    insta::assert_snapshot!(shown(&out));
}

#[test]
fn waivers_count_from_the_old_side_only() {
    let waiver = "# foureyes: allow own/purge until 9999-12-31 because the table is a cache\n";
    let expired = "# foureyes: allow own/purge until 2020-01-31 because the table is a cache\n";
    let project = Project::new(&[("a.job", waiver), ("b.job", expired), ("c.job", "x\n")]);
    project.write("a.job", &format!("{waiver}purge cache\n"));
    project.write("b.job", &format!("{expired}purge cache\n"));
    project.write("c.job", &format!("x\n{waiver}purge cache\n"));
    insta::assert_snapshot!(project.see(&["check"]));
}

#[test]
fn the_policy_is_that_of_the_old_side() {
    let strict = "[gate]\nfail_on = 30\n\n[places]\nstaging = [\"ops/**\"]\n";
    let project = Project::new(&[("foureyes.toml", strict), ("ops/nightly.job", JOB)]);
    project.write("foureyes.toml", "[gate]\nfail_on = 100\n\n[rules]\ndisable = [\"own/purge\"]\n");
    project.write("ops/nightly.job", "purge orders\n");
    let out = project.see(&["check", "--format", "json"]);
    assert!(out.contains("\"threshold\": 30") && out.contains("configured: ops/**"), "{out}");
    assert!(out.ends_with("exit code 1\n"));
    // From the next change on it counts.
    project.commit();
    project.write("ops/nightly.job", "purge customers\n");
    assert_eq!(project.run(&["check"]).status.code(), Some(0));
}

#[test]
fn what_cannot_be_judged_is_an_error_with_a_hint() {
    let project = Project::new(&[("a", "x\n")]);
    let broken = Project::new(&[("foureyes.toml", "[gate]\nfail_at = 40\n")]);
    let unknown = Project::new(&[("foureyes.toml", "[rules]\ndisable = [\"own/purg\"]\n")]);
    let rule = Project::new(&[]);
    rule.write(".foureyes/rules/new.yaml", "id: own/new\ntitel: x\n");
    let broken_rule = Project::new(&[(".foureyes/rules/new.yaml", "id: x")]);
    assert_eq!(broken_rule.run(&["check"]).status.code(), Some(2));
    broken_rule.remove(".foureyes/rules/new.yaml");
    assert!(broken_rule.see(&["check"]).contains("own rules were read from the change itself"));
    let repaired = Project::new(&[(".foureyes/rules/new.yaml", "id: own/new\ntitel: x\n")]);
    repaired.write(".foureyes/rules/new.yaml", &RULES[0].1.replace("own/purge", "own/new"));
    assert!(repaired.see(&["check"]).contains("own rules were read from the change itself"));
    let outside = tempfile::tempdir().unwrap();
    let outside = outside.path().display().to_string();
    let seen = [
        project.see(&["check", "--base", "nowhere"]),
        project.see(&["check", "--range", "main"]),
        project.see(&["check", "--config", "missing.toml"]),
        project.see(&["check", "-C", &outside]).replace(&outside, "OUTSIDE"),
        project.see(&["explain", "own/purg"]),
        project.see(&["demo", "nothing-like-it"]),
        broken.see(&["check"]),
        unknown.see(&["check"]),
        rule.see(&["check"]),
    ];
    insta::assert_snapshot!(seen.join("\n"));
}

#[test]
fn rules_of_a_project_are_shown_and_tested() {
    let project = Project::new(&[]);
    for name in ["guard", "job", "retention", "wide"] {
        project.remove(&format!(".foureyes/rules/{name}.yaml"));
    }
    let shown = project.see(&["explain", "own/purge"]);
    let tested = project.see(&["rules", "test"]);
    project.write(".foureyes/rules/purge.yaml", &RULES[0].1.replace("'purge orders'", "'keep orders'"));
    let failed = project.see(&["rules", "test"]);
    insta::assert_snapshot!([shown, tested, failed].join("\n"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "\"$0\" demo --all | head -n 1; exit \"${PIPESTATUS:-0}\"",
        env!("CARGO_BIN_EXE_foureyes"),
    ]);
    let out = command.output().unwrap();
    assert!(out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
}
