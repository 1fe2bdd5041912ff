//! Shell wherever it stands: what a shell rule finds in a script it finds in every host, at the right line of the
//! host; and what a rule advises passes the rules.

use std::collections::BTreeMap;

use foureyes::change::Change;
use foureyes::examples::{Sighting, sightings};
use foureyes::rules::{RuleSet, Severity, builtin_examples};

type Files = BTreeMap<String, String>;

/// A host: its file name, the text around a script, and on which line of the host a line of the script stands.
struct Host {
    name: &'static str,
    file: &'static str,
    /// `None` where this script cannot stand in this host.
    wrap: fn(&str) -> Option<String>,
    line: fn(u32) -> u32,
}

fn one_line(script: &str) -> Option<&str> {
    let line = script.trim_end_matches('\n');
    (!line.contains('\n')).then_some(line)
}

fn indented(script: &str, by: &str) -> String {
    script.lines().map(|line| format!("{by}{line}\n")).collect()
}

/// Only words: no quotes, variables, pipes, globs or lists.
fn words(script: &str) -> Option<Vec<&str>> {
    let line = one_line(script)?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " ./:=@_-,".contains(letter);
    line.chars().all(plain).then(|| line.split(' ').collect())
}

const HOSTS: &[Host] = &[
    Host {
        name: "workflow, literal block",
        file: ".github/workflows/x.yml",
        wrap: |script| {
            Some(format!(
                "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n{}",
                indented(script, "          ")
            ))
        },
        line: |line| line + 6,
    },
    Host {
        name: "workflow, folded block",
        file: ".github/workflows/x.yml",
        wrap: |script| {
            let line = one_line(script)?;
            Some(format!(
                "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: >-\n          {line}\n"
            ))
        },
        line: |line| line + 6,
    },
    Host {
        name: "GitLab pipeline",
        file: ".gitlab-ci.yml",
        wrap: |script| Some(format!("build:\n  script:\n    - |\n{}", indented(script, "      "))),
        line: |line| line + 3,
    },
    Host {
        name: "Dockerfile",
        file: "Dockerfile",
        wrap: |script| Some(format!("FROM debian:12\nRUN {}\n", one_line(script)?)),
        line: |line| line + 1,
    },
    Host {
        name: "Makefile",
        file: "Makefile",
        wrap: |script| Some(format!("all:\n\t{}\n", one_line(script)?.replace('$', "$$"))),
        line: |line| line + 1,
    },
    Host {
        name: "package.json",
        file: "package.json",
        wrap: |script| {
            let text = one_line(script)?.replace('\\', "\\\\").replace('"', "\\\"");
            Some(format!("{{\n  \"name\": \"x\",\n  \"scripts\": {{\n    \"do\": \"{text}\"\n  }}\n}}\n"))
        },
        line: |line| line + 3,
    },
    Host {
        name: "subprocess, list",
        file: "x.py",
        wrap: |script| {
            let words: Vec<String> = words(script)?.iter().map(|word| format!("\"{word}\"")).collect();
            Some(format!("import subprocess\nsubprocess.run([{}])\n", words.join(", ")))
        },
        line: |line| line + 1,
    },
    Host {
        name: "subprocess, string",
        file: "x.py",
        wrap: |script| {
            let text = one_line(script)?.replace('\\', "\\\\").replace('"', "\\\"");
            Some(format!("import subprocess\nsubprocess.run(\"{text}\", shell=True)\n"))
        },
        line: |line| line + 1,
    },
    Host {
        name: "ssh, string",
        file: "x.sh",
        wrap: |script| {
            let line = one_line(script).filter(|line| !line.contains('\''))?;
            Some(format!("uptime\nssh host '{line}'\n"))
        },
        line: |line| line + 1,
    },
    Host {
        name: "bash -c",
        file: "x.sh",
        wrap: |script| {
            let script = Some(script).filter(|script| !script.contains(['\'', '!']))?;
            Some(format!("uptime\nsudo bash -c '{}'\n", script.trim_end()))
        },
        line: |line| line + 1,
    },
    Host {
        name: "heredoc",
        file: "x.sh",
        wrap: |script| {
            let script = Some(script).filter(|script| !script.contains("EOF"))?;
            Some(format!("uptime\nssh host bash <<'DONE'\n{}DONE\n", indented(script, "")))
        },
        line: |line| line + 2,
    },
];

/// Rules about how the shell itself is started, or about a file as such: a host changes what they speak of.
const ABOUT_THE_SHELL: &[&str] = &["shell/cd-unchecked", "shell/strict-mode-removed"];

fn wrapped(host: &Host, files: &Files) -> Option<Files> {
    files.values().map(|text| Some((host.file.to_owned(), (host.wrap)(text)?))).collect()
}

#[test]
fn what_is_found_in_a_script_is_found_in_every_host() {
    let rules = RuleSet::builtin();
    let mut failures = Vec::new();
    let mut tried = BTreeMap::new();
    for (id, examples) in builtin_examples() {
        if !id.starts_with("shell/") || ABOUT_THE_SHELL.contains(&id.as_str()) {
            continue;
        }
        for (index, example) in examples.fires.iter().enumerate() {
            let scripts = || example.old.iter().chain(&example.new);
            let settings = rules.get(&id).is_some_and(|entry| entry.rule.setting.is_some());
            let special = scripts().any(|(path, text)| !path.ends_with(".sh") || text.starts_with("#!"));
            if example.old.len() != 1 || example.new.len() != 1 || special || settings {
                continue;
            }
            let plain = sightings(&rules, &id, &example.old, &example.new);
            for host in HOSTS {
                let (Some(old), Some(new)) = (wrapped(host, &example.old), wrapped(host, &example.new)) else {
                    continue;
                };
                *tried.entry(host.name).or_insert(0) += 1;
                let found = sightings(&rules, &id, &old, &new);
                let lines = |all: &[Sighting], map: fn(u32) -> u32| -> Vec<u32> {
                    let mut lines: Vec<u32> = all.iter().map(|sighting| map(sighting.line)).collect();
                    lines.sort_unstable();
                    lines
                };
                let expected = lines(&plain, host.line);
                // What is gone is shown where its lines were; around it the host has lines of its own.
                let gone = plain.iter().any(|sighting| sighting.kind == foureyes::rules::Kind::Removed);
                if found.is_empty() || !gone && lines(&found, |line| line) != expected {
                    failures.push(format!(
                        "{id} example {} in {}: lines {:?}, expected {expected:?}",
                        index + 1,
                        host.name,
                        lines(&found, |line| line)
                    ));
                }
            }
        }
    }
    for host in HOSTS {
        assert!(
            tried.get(host.name).is_some_and(|count| *count >= 5),
            "{} was hardly tried: {tried:?}",
            host.name
        );
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn what_a_rule_advises_passes_the_rules() {
    let rules = RuleSet::builtin();
    let mut failures = Vec::new();
    for entry in
        rules.iter().filter(|entry| entry.rule.id.starts_with("shell/") || entry.rule.command.is_some())
    {
        for advice in entry.rule.instead.split('`').skip(1).step_by(2) {
            let old = Files::from([("x.sh".to_owned(), "uptime\n".to_owned())]);
            let new = Files::from([("x.sh".to_owned(), format!("uptime\n{advice}\n"))]);
            let assessment =
                foureyes::assess(&Change::in_memory(&old, &new), &rules, &foureyes::Knowledge::default());
            for scored in &assessment.findings {
                if scored.finding.severity >= Severity::High {
                    failures.push(format!("{}: `{advice}` gives {}", entry.rule.id, scored.finding.rule));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
