//! What says nothing in Terraform must say nothing here: blocks in another order, a file split into one a block, other
//! blanks, a folder under another name. Tried with the texts of every example of every rule.

use std::collections::BTreeMap;

use foureyes::change::Change;
use foureyes::rules::{RuleSet, builtin_examples};
use foureyes::{Knowledge, assess};

type Files = BTreeMap<String, String>;

/// Sides of examples that are Terraform alone.
fn sides() -> Vec<(String, Files)> {
    let mut found = Vec::new();
    for (id, examples) in builtin_examples() {
        let pairs = examples
            .fires
            .iter()
            .map(|example| (&example.old, &example.new))
            .chain(examples.quiet.iter().map(|example| (&example.old, &example.new)));
        for (old, new) in pairs {
            for files in [old, new] {
                if !files.is_empty() && files.keys().all(|path| path.ends_with(".tf")) {
                    found.push((id.clone(), files.clone()));
                }
            }
        }
    }
    assert!(found.len() > 500, "{} texts", found.len());
    found
}

/// The top-level blocks of a text, comments in front of a block included.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    let mut depth = 0i32;
    let mut heredoc = false;
    for line in text.lines() {
        let last = blocks.last_mut().unwrap();
        last.push_str(line);
        last.push('\n');
        if heredoc {
            heredoc = line.trim() != "EOF";
            continue;
        }
        heredoc = line.contains("<<EOF") || line.contains("<<-EOF");
        let code = line.split('#').next().unwrap_or_default();
        depth += code.matches(['{', '[', '(']).count() as i32 - code.matches(['}', ']', ')']).count() as i32;
        if depth == 0 && !heredoc && !code.trim().is_empty() {
            blocks.push(String::new());
        }
    }
    blocks.retain(|block| !block.trim().is_empty());
    blocks
}

fn silent(what: &str, change: impl Fn(&Files) -> Option<Files>) {
    let rules = RuleSet::builtin();
    let mut loud = Vec::new();
    let mut tried = 0;
    for (id, old) in sides() {
        let Some(new) = change(&old) else { continue };
        if new == old {
            continue;
        }
        tried += 1;
        let assessment = assess(&Change::in_memory(&old, &new), &rules, &Knowledge::default());
        for scored in assessment.findings {
            loud.push(format!("{id}: {} {}", scored.finding.rule, scored.finding.message));
        }
    }
    assert!(tried > 100, "{what}: {tried} tried");
    loud.sort();
    loud.dedup();
    assert!(loud.is_empty(), "{what}: {} findings\n{}", loud.len(), loud.join("\n"));
}

#[test]
fn the_order_of_blocks_says_nothing() {
    silent("reversed", |files| {
        Some(
            files.iter().map(|(path, text)| (path.clone(), blocks(text).into_iter().rev().collect())).collect(),
        )
    });
}

#[test]
fn a_file_a_block_says_nothing() {
    silent("split", |files| {
        let mut split = Files::new();
        for (path, text) in files {
            for (index, block) in blocks(text).into_iter().enumerate() {
                split.insert(path.replace(".tf", &format!("_{index}.tf")), block);
            }
        }
        Some(split)
    });
}

#[test]
fn blanks_and_comments_say_nothing() {
    silent("respaced", |files| {
        files
            .iter()
            .map(|(path, text)| {
                let heredoc = text.contains("<<");
                let line = |line: &str| match line.split_once(" = ") {
                    Some((name, value)) if !line.contains('{') => {
                        format!("{} =    {} # as before\n", name.trim_end(), value)
                    }
                    _ => format!("{line}\n\n"),
                };
                (!heredoc).then(|| (path.clone(), text.lines().map(line).collect::<String>()))
            })
            .collect()
    });
}

#[test]
fn the_name_of_the_folder_says_nothing() {
    silent("renamed folder", |files| {
        // Calls of local modules would lead elsewhere.
        let calls = files.values().any(|text| text.contains("\"./") || text.contains("\"../"));
        let flat = files.keys().all(|path| !path.contains('/'));
        let fresh = |path: &String| format!("stacks/orders/{path}");
        (flat && !calls).then(|| files.iter().map(|(path, text)| (fresh(path), text.clone())).collect())
    });
}
