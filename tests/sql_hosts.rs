//! SQL wherever it stands: what a rule finds in a file of SQL it finds in every host, at the right line of the host.

use std::collections::BTreeMap;

use foureyes::examples::{Sighting, sightings};
use foureyes::rules::{Kind, RuleSet, builtin_examples};

type Files = BTreeMap<String, String>;

/// A host: its file name, the text around a script, and how many lines of the host stand before the script.
struct Host {
    name: &'static str,
    file: &'static str,
    /// `None` where this script cannot stand in this host.
    wrap: fn(&str) -> Option<String>,
    before: u32,
}

/// What only a client of the database understands.
fn is_for_a_client(script: &str) -> bool {
    script.lines().any(|line| {
        let line = line.trim();
        line.starts_with('\\')
            || line.eq_ignore_ascii_case("go")
            || line.to_ascii_uppercase().starts_with("DELIMITER")
    })
}

fn statements(script: &str) -> Option<&str> {
    (!is_for_a_client(script)).then_some(script)
}

const HOSTS: &[Host] = &[
    Host {
        name: "Python, triple quotes",
        file: "app/clean.py",
        wrap: |script| {
            let script = statements(script)?.replace('\\', "\\\\");
            Some(format!("def clean(cursor):\n    cursor.execute(\"\"\"\n{script}\"\"\")\n"))
        },
        before: 2,
    },
    Host {
        name: "Python, f-string",
        file: "app/clean.py",
        wrap: |script| {
            let script = statements(script)?.replace('\\', "\\\\").replace('{', "{{").replace('}', "}}");
            Some(format!("def clean(cursor):\n    cursor.execute(f\"\"\"\n{script}\"\"\")\n"))
        },
        before: 2,
    },
    Host {
        name: "Rust, raw string",
        file: "src/clean.rs",
        wrap: |script| {
            let script = statements(script)?;
            Some(format!(
                "async fn clean(pool: &PgPool) -> Result<()> {{\n    sqlx::raw_sql(r##\"\n{script}\"##).execute(pool).await?;\n    Ok(())\n}}\n"
            ))
        },
        before: 2,
    },
    Host {
        name: "Rust, query!",
        file: "src/clean.rs",
        wrap: |script| {
            let script = statements(script)?;
            Some(format!(
                "async fn clean(pool: &PgPool) -> Result<()> {{\n    sqlx::query!(r##\"\n{script}\"##).execute(pool).await?;\n    Ok(())\n}}\n"
            ))
        },
        before: 2,
    },
    Host {
        name: "JavaScript, template",
        file: "src/clean.js",
        wrap: |script| {
            let script = statements(script)?.replace('\\', "\\\\").replace('`', "\\`").replace("${", "\\${");
            Some(format!("async function clean(client) {{\n  await client.query(`\n{script}`);\n}}\n"))
        },
        before: 2,
    },
    Host {
        name: "Go, raw string",
        file: "store/clean.go",
        wrap: |script| {
            let script = statements(script).filter(|script| !script.contains('`'))?;
            Some(format!(
                "package store\n\nfunc clean(db *sql.DB) error {{\n\t_, err := db.Exec(`\n{script}`)\n\treturn err\n}}\n"
            ))
        },
        before: 4,
    },
    Host {
        name: "Java, text block",
        file: "src/Clean.java",
        wrap: |script| {
            let script = statements(script)?.replace('\\', "\\\\");
            Some(format!(
                "class Clean {{\n  void clean(Statement statement) {{\n    statement.execute(\"\"\"\n{script}\"\"\");\n  }}\n}}\n"
            ))
        },
        before: 3,
    },
    Host {
        name: "shell, heredoc",
        file: "bin/clean.sh",
        wrap: |script| Some(format!("uptime\npsql app <<'DONE'\n{script}DONE\n")),
        before: 2,
    },
    Host {
        name: "shell, psql -c",
        file: "bin/clean.sh",
        wrap: |script| {
            let script = statements(script)?.trim_end();
            let quoted =
                script.replace('\\', "\\\\").replace('"', "\\\"").replace('`', "\\`").replace('$', "\\$");
            Some(format!("uptime\npsql app -c \"{quoted}\"\n"))
        },
        before: 1,
    },
    Host {
        name: "workflow, psql -c",
        file: ".github/workflows/clean.yml",
        wrap: |script| {
            let line = statements(script)?.trim_end();
            let line = Some(line).filter(|line| !line.contains(['\'', '\n']))?;
            Some(format!(
                "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          psql app -c '{line}'\n"
            ))
        },
        before: 6,
    },
];

fn wrapped(host: &Host, files: &Files) -> Option<Files> {
    files.values().map(|text| Some((host.file.to_owned(), (host.wrap)(text)?))).collect()
}

fn lines(all: &[Sighting], before: u32) -> Vec<u32> {
    let mut lines: Vec<u32> = all.iter().map(|sighting| sighting.line + before).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn what_is_found_in_a_file_of_sql_is_found_in_every_host() {
    let rules = RuleSet::builtin();
    let mut failures = Vec::new();
    let mut tried = BTreeMap::new();
    for (id, examples) in builtin_examples() {
        if !id.starts_with("sql/") {
            continue;
        }
        for (index, example) in examples.fires.iter().enumerate() {
            let scripts = || example.old.iter().chain(&example.new);
            if example.new.len() != 1 || scripts().any(|(path, _)| path != "db/change.sql") {
                continue;
            }
            let plain = sightings(&rules, &id, &example.old, &example.new);
            for host in HOSTS {
                let (Some(old), Some(new)) = (wrapped(host, &example.old), wrapped(host, &example.new)) else {
                    continue;
                };
                *tried.entry(host.name).or_insert(0) += 1;
                let found = sightings(&rules, &id, &old, &new);
                let (expected, actual) = (lines(&plain, host.before), lines(&found, 0));
                // What is gone is shown where its lines were; around it the host has lines of its own.
                let gone = plain.iter().any(|sighting| sighting.kind == Kind::Removed);
                if found.is_empty() || !gone && actual != expected {
                    let (number, name) = (index + 1, host.name);
                    failures.push(format!(
                        "{id} example {number} in {name}: lines {actual:?}, expected {expected:?}"
                    ));
                }
            }
        }
    }
    for host in HOSTS {
        let count = tried.get(host.name).copied().unwrap_or(0);
        assert!(count >= 50, "{} was hardly tried: {tried:?}", host.name);
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
