//! The map holds: imports go leftwards only, files stay rooms, and every folder stands in docs/architecture.md.

use std::fs;
use std::path::{Path, PathBuf};

/// Longest file, in lines. A longer one answers more than one question.
const LONGEST: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The stages in the order in which `lib.rs` draws them.
fn stages() -> Vec<String> {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let way = text.lines().find(|line| line.contains(" → ")).expect("lib.rs draws the way of a change");
    way.trim_start_matches("//!").split('→').map(|stage| stage.trim().to_owned()).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn folders() -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort();
    found
}

/// The text above the tests of a file; tests may look anywhere.
fn code(path: &Path) -> String {
    if path.file_name().is_some_and(|name| name == "tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

#[test]
fn every_folder_is_a_stage() {
    let mut stages = stages();
    stages.sort();
    assert_eq!(folders(), stages, "src/ and the way drawn in src/lib.rs differ");
}

#[test]
fn imports_go_leftwards_only() {
    let stages = stages();
    let mut wrong = Vec::new();
    for (rank, stage) in stages.iter().enumerate() {
        for path in sources(&root().join("src").join(stage)) {
            for (number, line) in code(&path).lines().enumerate() {
                let is_comment = line.trim_start().starts_with("//");
                let names: Vec<&str> = match line.split_once("crate::").filter(|_| !is_comment) {
                    Some((_, rest)) if rest.starts_with('{') => words(rest).collect(),
                    Some((_, rest)) => words(rest).take(1).collect(),
                    None => Vec::new(),
                };
                for later in &stages[rank + 1..] {
                    if names.contains(&later.as_str()) {
                        wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "later stages imported:\n{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_knows_its_parser() {
    for stage in stages().iter().filter(|stage| *stage != "cli") {
        for path in sources(&root().join("src").join(stage)) {
            assert!(!code(&path).contains("clap::"), "{} sees clap", path.display());
        }
    }
}

#[test]
fn every_file_says_its_question_and_stays_a_room() {
    let mut wrong = Vec::new();
    for path in sources(&root().join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        if !text.starts_with("//! ") {
            wrong.push(format!("{}: no `//!` sentence in the first line", path.display()));
        }
        if text.lines().count() > LONGEST {
            wrong.push(format!("{}: {} lines", path.display(), text.lines().count()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_names_every_folder_and_every_dependency() {
    let map = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let mut missing: Vec<String> = folders()
        .into_iter()
        .map(|folder| format!("{folder}/"))
        .filter(|folder| !map.contains(folder))
        .collect();
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    for table in ["dependencies", "dev-dependencies"] {
        let packages = manifest[table].as_table().unwrap().keys();
        missing.extend(packages.filter(|name| !map.contains(&format!("`{name}`"))).cloned());
    }
    assert!(missing.is_empty(), "docs/architecture.md does not speak of {missing:?}");
}
