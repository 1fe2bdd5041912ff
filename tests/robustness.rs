//! Hostile and odd inputs: nothing aborts, nothing hangs, and what was not analysed is said. And the pruning of a
//! reading to what the change touches loses nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foureyes::change::{
    Change, ChangeKind, Content, FileChange, FileSide, LineMap, MemoryTree, Mode, Revision, Side, Status,
};
use foureyes::delta::{self, Delta};
use foureyes::facts::{self, Fact, Patterns};
use foureyes::rules::RuleSet;
use foureyes::{Knowledge, assess, source};
use proptest::prelude::*;

/// Time for one change, whatever stands in it. Without optimisation the same work takes ten times as long.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 5 });

fn side(path: &str, bytes: &[u8]) -> FileSide {
    FileSide { path: path.to_owned(), mode: Mode::Regular, content: Content::Bytes(Arc::from(bytes)) }
}

fn file(path: &str, old: Option<&[u8]>, new: Option<&[u8]>) -> FileChange {
    let status = match (old, new) {
        (None, _) => Status::Added,
        (_, None) => Status::Deleted,
        _ => Status::Modified,
    };
    FileChange { status, old: old.map(|bytes| side(path, bytes)), new: new.map(|bytes| side(path, bytes)) }
}

fn change(files: Vec<FileChange>) -> Change {
    let revision = |label: &str| Revision { label: label.to_owned(), id: None };
    let tree = |side: Side| {
        let entries = files.iter().filter_map(|file| {
            let side = file.side(side)?;
            match &side.content {
                Content::Bytes(bytes) => Some((side.path.clone(), bytes.clone())),
                _ => None,
            }
        });
        Box::new(MemoryTree(entries.collect::<BTreeMap<_, _>>()))
    };
    Change {
        kind: ChangeKind::Memory,
        old: revision("old"),
        new: revision("new"),
        old_tree: tree(Side::Old),
        new_tree: tree(Side::New),
        files,
        commits: Vec::new(),
        skipped: Vec::new(),
    }
}

/// Judges a text that is added, deleted, and turned from and into a harmless one; gives the reasons of what was not
/// analysed.
fn judge(path: &str, bytes: &[u8]) -> Vec<String> {
    static RULES: std::sync::OnceLock<RuleSet> = std::sync::OnceLock::new();
    let rules = RULES.get_or_init(RuleSet::builtin);
    let mut reasons = Vec::new();
    let calm: &[u8] = b"a\n";
    let pairs =
        [(None, Some(bytes)), (Some(bytes), None), (Some(calm), Some(bytes)), (Some(bytes), Some(calm))];
    for (old, new) in pairs {
        let begun = Instant::now();
        let assessment = assess(&change(vec![file(path, old, new)]), rules, &Knowledge::default());
        assert!(begun.elapsed() < LIMIT, "{path}: {:?}", begun.elapsed());
        reasons.extend(assessment.coverage.not_analysed.into_iter().map(|entry| entry.reason));
    }
    reasons.sort();
    reasons.dedup();
    reasons
}

fn declined(path: &str, text: &str, reason: &str) {
    let reasons = judge(path, text.as_bytes());
    assert!(reasons.iter().any(|given| given.contains(reason)), "{path}: {reason} is not in {reasons:?}");
}

#[test]
fn huge_files_are_declined_by_their_size() {
    let statement = "INSERT INTO a VALUES (1, 'x');\n";
    declined("dump.sql", &statement.repeat((3 << 20) / statement.len()), "limit 1.0 MB");
    declined("data.json", &format!("[{}1]", "1,\n".repeat(700_000)), "limit 1.0 MB");
    declined("app.js", &"f(1);\n".repeat(400_000), "limit 1.0 MB");
}

#[test]
fn a_dump_below_the_limit_is_judged_in_time() {
    let statement = "INSERT INTO a VALUES (1, 'x; DROP TABLE b');\n";
    judge("dump.sql", statement.repeat((1 << 18) / statement.len() - 1).as_bytes());
    judge("one.sql", format!("INSERT INTO a VALUES {}(1);", "(1,2),\n".repeat(40_000)).as_bytes());
    judge("words.sql", "DELETE FROM a WHERE b ".repeat(10_000).as_bytes());
    judge("quotes.sql", "'".repeat(300_000).as_bytes());
    judge("dollars.sql", "$a$ ".repeat(60_000).as_bytes());
    judge("comments.sql", "/* ".repeat(100_000).as_bytes());
}

#[test]
fn minified_and_generated_texts_are_declined() {
    declined("web/dist/bundle.js", &"a=1;".repeat(100_000), "generated");
    declined("a.json", &format!("{{\"a\": \"{}\"}}", "x".repeat(60_000)), "generated");
}

#[test]
fn deep_nesting_is_declined() {
    for (path, unit) in [
        ("a.js", "{a:\n"),
        ("a.ts", "{a:\n"),
        ("a.tsx", "<a b={\n"),
        ("a.py", "(\n"),
        ("a.rs", "{\n"),
        ("a.go", "(\n"),
        ("a.java", "{\n"),
        ("a.json", "[\n"),
        ("a.toml", "a = [\n"),
        ("a.tf", "a {\n"),
        ("a.yaml", "[\n"),
    ] {
        declined(path, &unit.repeat(20_000), "nesting");
    }
    declined("a.ts", &"a<\n".repeat(20_000), "nesting");
    for (path, text) in [
        ("b.js", "let x = ".to_owned() + &"[/*]*/\n".repeat(20_000)),
        ("plus.js", "a+\n".repeat(30_000)),
        ("not.py", "x = ".to_owned() + &"not ".repeat(10_000)),
        ("dots.py", "a".to_owned() + &".b()".repeat(10_000)),
        ("else.js", "if (a) b(); else ".repeat(2_000)),
        ("sum.py", "x = ".to_owned() + &"'DELETE FROM a ' + \\\n".repeat(20_000) + "y"),
        ("sum.rs", "fn f() { x ".to_owned() + &"+ 1\n".repeat(30_000)),
        ("chain.rs", "fn f() { Command::new(\"rm\")\n".to_owned() + &".arg(\"x\")\n".repeat(20_000)),
        ("calls.go", "package a\nvar x = ".to_owned() + &"f(".repeat(400)),
        ("subst.sh", "echo ".to_owned() + &"$(".repeat(5_000)),
        ("ticks.sh", "`".repeat(5_001)),
        ("if.sh", "if ".repeat(5_000)),
        ("braces.sh", "echo ".to_owned() + &"{a,b}".repeat(5_000)),
        ("nested_braces.sh", "rm ".to_owned() + &"{a,".repeat(400) + &"}".repeat(400)),
        ("and.sh", "a &&\n".repeat(5_000)),
        ("pipes.sh", "a | ".repeat(10_000)),
        ("paren.sql", "SELECT ".to_owned() + &"(\n".repeat(30_000)),
        ("begin.sql", "BEGIN\n".repeat(20_000)),
        ("case.sql", "SELECT ".to_owned() + &"CASE WHEN a THEN\n".repeat(10_000)),
        ("Makefile", "a:\n\techo ".to_owned() + &"$(".repeat(5_000)),
        ("b.tf", "a = \"".to_owned() + &"${".repeat(5_000)),
        ("c.tf", "a = ".to_owned() + &"b ? c : ".repeat(5_000)),
    ] {
        judge(path, text.as_bytes());
    }
}

#[test]
fn yaml_that_breaks_its_scanner_is_declined() {
    declined("dashes.yaml", &"- ".repeat(300), "nesting");
    declined("maps.yaml", &(0..400).map(|level| " ".repeat(level) + "a:\n").collect::<String>(), "nesting");
    let steps: String =
        (0..4).map(|step| format!("{}{}-\n", " ".repeat(200 * step), "- ".repeat(99))).collect();
    declined("steps.yaml", &steps, "nesting");
    declined(
        "lists.yaml",
        &(0..130).map(|level| " ".repeat(2 * level) + "- a:\n").collect::<String>(),
        "nesting",
    );
    declined("long.yaml", &"a: 1\n".repeat(40_000), "lines");
    for (path, text) in [
        ("anchors.yaml", "&a ".repeat(5_000)),
        ("docs.yaml", "---\n".repeat(20_000)),
        ("tabs.yaml", "\t- ".repeat(300)),
        (
            "aliases.yaml",
            (1..60).fold("a0: &a0 x\n".to_owned(), |text, level| {
                format!("{text}a{level}: &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1)
            }),
        ),
        (
            "merge.yaml",
            (1..60).fold("a0: &a0 {x: 1}\n".to_owned(), |text, level| {
                format!("{text}a{level}: &a{level} {{<<: [*a{0}, *a{0}], k{level}: *a{0}}}\n", level - 1)
            }),
        ),
        ("openers.yaml", "a: {{ b\n{% c\n".repeat(5_000)),
        ("helm.yaml", "{{- if a }}\nb: {{ c }}\n{{- end }}\n".repeat(5_000)),
    ] {
        judge(path, text.as_bytes());
    }
}

#[test]
fn heredocs_and_quotes_that_never_end_hurt_nobody() {
    let markers = |count: usize| (0..count).map(|index| format!(" <<E{index}")).collect::<String>();
    for (path, text) in [
        ("many.sh", format!("cat{}\n", markers(2_000))),
        ("long.sh", format!("cat <<{0}\nx\n{0}\n", "A".repeat(5_000))),
        ("open.sh", "cat <<\"X\nfoo\n".to_owned()),
        ("psql.sh", "psql <<EOF\nDELETE FROM a\n".repeat(2_000)),
        ("Dockerfile", format!("FROM a\nRUN cat{}\n", markers(500))),
        ("a.tf", format!("a = <<{0}\nx\n", "A".repeat(5_000))),
        ("a.py", "\"\"\"".repeat(5_001)),
        ("b.py", "f\"{".repeat(3_000)),
        ("a.rs", format!("r{}\"x", "#".repeat(40_000))),
        ("a.js", "`${".repeat(5_000)),
        ("quotes.sh", "echo \"'".repeat(5_000)),
    ] {
        judge(path, text.as_bytes());
    }
}

#[test]
fn nested_languages_stop_at_their_depth() {
    let mut script = "rm -rf /".to_owned();
    for _ in 0..8 {
        script = format!("bash -c '{}'", script.replace('\'', "'\\''"));
    }
    judge("a.sh", script.as_bytes());
    judge("b.sh", "bash -c \"bash -c 'psql -c \\\"DROP TABLE a\\\"'\"\n".repeat(500).as_bytes());
    judge(
        "many.py",
        "run(['psql', '-c', 'DELETE FROM a'])\nx.execute('DELETE FROM b')\n".repeat(1_000).as_bytes(),
    );
}

#[test]
fn a_side_that_cannot_be_read_makes_nothing_new_or_gone() {
    let rules = RuleSet::builtin();
    let risky = "DROP TABLE a;\nDELETE FROM b;\n".repeat(5);
    let huge = "-- x\n".repeat(300_000);
    let workflow = "jobs:\n  a:\n    steps:\n      - run: rm -rf /\n";
    let broken = "jobs:\n  a:\n    steps:\n      - run: rm -rf /\non: [\n  b:\n - c: {\n";
    for (path, old, new) in [
        ("a.sql", huge.as_str(), risky.as_str()),
        ("a.sql", risky.as_str(), huge.as_str()),
        (".github/workflows/a.yml", workflow, broken),
        (".github/workflows/a.yml", broken, workflow),
    ] {
        let one = change(vec![file(path, Some(old.as_bytes()), Some(new.as_bytes()))]);
        let assessment = assess(&one, &rules, &Knowledge::default());
        // That it cannot be read is all that is said.
        let found: Vec<&str> = assessment
            .findings
            .iter()
            .map(|found| found.finding.rule.as_str())
            .filter(|rule| !["change/not-judged", "change/syntax-broken"].contains(rule))
            .collect();
        assert!(found.is_empty(), "{path}: {found:?}");
        assert!(!assessment.coverage.not_analysed.is_empty(), "{path}");
    }
}

#[test]
fn encodings_and_odd_bytes() {
    let wide = |text: &str, big: bool| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let text = "DELETE FROM orders;\n";
    for big in [false, true] {
        assert!(judge("a.sql", &wide(text, big)).is_empty(), "UTF-16 is read");
    }
    assert_eq!(judge("a.sql", &[0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00]), ["damaged UTF-16"]);
    judge("odd.sql", &[0xff, 0xfe, 0x41]);
    assert!(judge("bom.py", b"\xef\xbb\xbfimport os\n").is_empty());
    assert!(judge("latin.py", b"x = '\xe9'\nos.system('rm -rf \xe9')\n").is_empty());
    assert!(judge("nul.bin", b"a\0b").is_empty());
    assert!(!judge("nul.py", b"x = 1\0\n").iter().any(|reason| reason.contains("binary")));
    judge("late_nul.sh", &[b"echo a\n".repeat(2_000), b"rm \0 -rf /\n".to_vec()].concat());
    judge("crlf.yml", b"jobs:\r\n  a:\r\n    steps:\r\n      - run: |\r\n          rm -rf /\r\n");
    judge("cr.sh", b"rm -rf /\rrm -rf /\r");
    judge("empty.py", b"");
    judge("newline.tf", b"\n");
    judge("blank.sql", &b" ".repeat(40_000));
    judge("marks.md", "\u{202e}\u{200b}\u{2066}".repeat(10_000).as_bytes());
    judge("combining.py", ("a".to_owned() + &"\u{301}".repeat(20_000)).as_bytes());
}

#[test]
fn random_bytes_and_soups_are_survived() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let paths = [
        "a.rs",
        "a.py",
        "a.tf",
        "a.sql",
        "a.sh",
        "a.yaml",
        "a.json",
        "a.toml",
        "Dockerfile",
        "Makefile",
        "a.js",
        "a.ts",
        "a.tsx",
        "a.go",
        "a.java",
        ".env",
        "a.txt",
        ".github/workflows/a.yml",
        "package.json",
    ];
    let tokens = [
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        "`",
        "\\",
        "\n",
        "\n",
        " ",
        " ",
        "  ",
        "$",
        "${",
        "$(",
        "<<E",
        "E\n",
        "<<-",
        "#",
        "//",
        "/*",
        "*/",
        "--",
        "- ",
        ": ",
        "a",
        "b",
        "rm -rf /",
        "DELETE FROM x",
        "run:",
        "f\"",
        "r#\"",
        "|",
        ">",
        "&",
        ";",
        "=",
        "é",
        "\u{202e}",
        "\t",
        "\r\n",
        "if",
        "def",
        "fn",
        "RUN",
        "@",
        "!",
        "%",
        "{{",
        "}}",
        ",",
        "0",
    ];
    for path in paths {
        let bytes: Vec<u8> = (0..60_000).map(|_| (next() >> 32) as u8).collect();
        judge(path, &bytes);
        let printable: Vec<u8> =
            bytes.iter().map(|byte| if byte % 40 == 0 { b'\n' } else { 32 + byte % 95 }).collect();
        judge(path, &printable);
        for length in [30, 300, 3_000] {
            let soup: String = (0..length).map(|_| tokens[(next() >> 33) as usize % tokens.len()]).collect();
            judge(path, soup.as_bytes());
        }
    }
}

#[test]
fn many_touched_files_are_judged_in_time() {
    let rules = RuleSet::builtin();
    let files = (0..400)
        .map(|index| {
            let old = format!("def f{index}(x):\n    return os.path.join(x, 'a')\n");
            let new = format!("def f{index}(x):\n    os.system(f'rm -rf {{x}}')\n    return x\n");
            file(&format!("src/m{index}.py"), Some(old.as_bytes()), Some(new.as_bytes()))
        })
        .collect();
    let begun = Instant::now();
    assess(&change(files), &rules, &Knowledge::default());
    assert!(begun.elapsed() < LIMIT * 2, "{:?}", begun.elapsed());
}

/// Texts in which facts of every lens stand.
const CORPUS: [(&str, &str); 9] = [
    (
        "a.py",
        "import subprocess\n\n@app.route('/x')\n@login_required\ndef f(db, d):\n    db.execute(\n        'DELETE FROM a '\n        'WHERE b = 1')\n    subprocess.run(['rm', '-rf', d])\n\n\ndef g():\n    requests.get(u, verify=False,\n                 timeout=5)\n    assert f(1) == 2\n",
    ),
    (
        "a.sh",
        "set -e\nif [ -n \"$A\" ]; then\n  rm -rf \"$A\"/*\nfi\npsql <<EOF\nDELETE FROM a\n  WHERE b;\nEOF\nssh host '\n  terraform destroy\n'\nf() {\n  kubectl delete ns x\n}\n",
    ),
    (
        "a.tf",
        "resource \"aws_db_instance\" \"x\" {\n  engine = \"postgres\"\n  deletion_protection = true\n  tags = {\n    a = \"b\"\n  }\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n\nresource \"aws_s3_bucket\" \"y\" {\n  force_destroy = false\n}\n",
    ),
    (
        ".github/workflows/a.yml",
        "on: push\njobs:\n  a:\n    steps:\n      - name: x\n        run: |\n          set -e\n          rm -rf x\n          terraform apply\n      - name: y\n        run: >-\n          kubectl delete\n          ns z\n  b:\n    needs: a\n    steps:\n      - run: make\n",
    ),
    (
        "a.sql",
        "BEGIN;\nDELETE FROM a\n  WHERE b = 1;\nDROP TABLE IF EXISTS c\n  CASCADE;\nCOMMIT;\nUPDATE d SET e = 1 WHERE f;\n",
    ),
    (
        "k.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n        - name: b\n          command: [rm, -rf, x]\n          image: c\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: d\n",
    ),
    (
        "Dockerfile",
        "FROM a AS b\nRUN x && \\\n    rm -rf y && \\\n    z\nUSER c\nCMD [\"rm\", \"-rf\", \"q\"]\n",
    ),
    (
        "a.rs",
        "use std::process::Command;\n\nfn f(d: &str) -> Result<()> {\n    sqlx::query(\"DELETE FROM a \\\n        WHERE b\").execute(db);\n    Command::new(\"rm\")\n        .arg(\"-rf\")\n        .arg(d)\n        .status()?;\n    Ok(())\n}\n\n#[test]\nfn t() {\n    assert_eq!(f(\"x\"), 1);\n}\n",
    ),
    (
        "a.ts",
        "import { execSync } from 'child_process';\n\nexport function f(d: string) {\n  execSync(`rm -rf ${d}`);\n  db.query(\n    'DELETE FROM a ' +\n    'WHERE b');\n}\n\nclass C {\n  m() {\n    return fetch(u, { agent: x });\n  }\n}\n",
    ),
];

/// What a delta says, without its place.
fn said(delta: &Delta) -> Option<String> {
    let fact = |fact: &Fact| format!("{:?}", fact.body).chars().take(400).collect::<String>();
    let place = |fact: &Fact| format!("{}:{}", fact.locus.start.line, fact.locus.end.line);
    match delta {
        Delta::Introduced { new } => Some(format!("introduced {} {}", place(new), fact(new))),
        Delta::Removed { old, .. } => Some(format!("removed {} {}", place(old), fact(old))),
        Delta::Changed { old, new } => {
            let (before, after) = (fact(old), fact(new));
            (before != after).then(|| format!("changed {} {} {before} {after}", place(old), place(new)))
        }
        _ => None,
    }
}

fn facts_of(reading: &source::FileReading, side: Side) -> Vec<Fact> {
    let patterns = Patterns::default();
    let Some(side) = reading.side(side) else { return Vec::new() };
    side.documents.iter().flat_map(|document| facts::extract(document, &side.focus, &patterns)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    /// Reading only what the change touches gives the same differences as reading everything.
    #[test]
    fn what_the_focus_leaves_out_is_equal(
        which in 0usize..CORPUS.len(),
        edits in proptest::collection::vec((0usize..40, 0usize..40, 0u8..4), 1..3),
    ) {
        let (path, old) = CORPUS[which];
        let mut lines: Vec<&str> = old.split_inclusive('\n').collect();
        for (at, other, kind) in edits {
            let at = at % lines.len().max(1);
            // The Python grammar takes a line that is indented wrongly for the end of its function, without an error.
            let other = if path.ends_with(".py") { at } else { other % lines.len().max(1) };
            match kind {
                0 => { lines.remove(at); }
                1 => lines.insert(at, lines[other]),
                2 => lines.swap(at, other),
                _ => lines.insert(at, "\n"),
            }
            if lines.is_empty() {
                lines.push("\n");
            }
        }
        let new = lines.concat();
        let whole_old = source::read(0, &file(path, Some(old.as_bytes()), None));
        let whole_new = source::read(0, &file(path, None, Some(new.as_bytes())));
        let both = source::read(0, &file(path, Some(old.as_bytes()), Some(new.as_bytes())));
        let maps = [Some(LineMap::new(old, &new))];
        let differences = |old: Vec<Fact>, new: Vec<Fact>| {
            let mut found: Vec<String> = delta::pair(old, new, &maps).iter().filter_map(said).collect();
            found.sort();
            found
        };
        // A text that the grammar cannot read is not compared at all.
        let torn = [&whole_old, &whole_new, &both].into_iter().any(|reading| !reading.not_analysed.is_empty());
        prop_assume!(!torn);
        let everything = differences(facts_of(&whole_old, Side::Old), facts_of(&whole_new, Side::New));
        let touched = differences(facts_of(&both, Side::Old), facts_of(&both, Side::New));
        prop_assert_eq!(everything, touched, "{} -> {}", old, new);
    }
}
