//! What the pages say is true: their examples run, and they name what there is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use foureyes::gate::Policy;
use foureyes::rules::{self, RuleSet};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The first fenced block of a language.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("```{language}\n")).expect("the page has such a block");
    rest.split("```").next().unwrap_or_default()
}

#[test]
fn the_configuration_example_holds() {
    let page = read("docs/configuration.md");
    let policy = Policy::parse("foureyes.toml", block(&page, "toml")).unwrap();
    policy.configure(&mut RuleSet::builtin()).unwrap();
    assert_eq!(policy.waivers.len(), 1);
}

#[test]
fn the_rule_example_holds() {
    let page = read("docs/configuration.md");
    let rule = rules::parse("example.yaml", block(&page, "yaml")).unwrap();
    let examples = rule.examples.clone().unwrap();
    let mut set = RuleSet::builtin();
    set.extend(vec![("example.yaml".to_owned(), rule.clone())]).unwrap();
    assert_eq!(foureyes::examples::failures(&set, &rule.id, &examples), Vec::<String>::new());
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut pages: Vec<String> = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned).to_vec();
    for entry in fs::read_dir(path("docs")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        pages.extend(name.ends_with(".md").then(|| format!("docs/{name}")));
    }
    for page in pages {
        let folder = path(&page).parent().unwrap().to_owned();
        for part in read(&page).split("](").skip(1) {
            let target = part.split([')', '#']).next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") && !folder.join(target).exists() {
                wrong.push(format!("{page}: {target}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Compares a page with what it should be, or writes it when `FOUREYES_UPDATE` is set.
fn hold(name: &str, wanted: &str) {
    if std::env::var_os("FOUREYES_UPDATE").is_some() {
        fs::write(path(name), wanted).unwrap();
        return;
    }
    assert!(read(name) == wanted, "{name} is out of date: FOUREYES_UPDATE=1 cargo test --test documentation");
}

fn foureyes(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foureyes"));
    for name in ["COLUMNS", "CLICOLOR_FORCE", "FORCE_COLOR"] {
        command.env_remove(name);
    }
    String::from_utf8(command.args(arguments).output().unwrap().stdout).unwrap()
}

#[test]
fn the_reference_lists_the_rules() {
    hold("docs/rules.md", &foureyes(&["rules", "--format", "markdown"]));
}

#[test]
fn the_report_in_the_readme_is_real() {
    let page = read("README.md");
    let wanted = page.replace(block(&page, "text"), &foureyes(&["demo", "fixtures/tenant-condition-dropped"]));
    hold("README.md", &wanted);
}

#[test]
fn every_key_of_a_rule_is_documented() {
    let page = read("docs/configuration.md");
    let model =
        ["model", "command_model", "example_model"].map(|file| read(&format!("src/rules/{file}.rs"))).concat();
    let keys = model
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':'))
        .map(|(name, _)| name)
        .filter(|name| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'));
    let missing: Vec<&str> = keys.filter(|key| !page.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "docs/configuration.md does not speak of {missing:?}");
}
