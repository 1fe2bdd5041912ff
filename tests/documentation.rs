//! What the pages say is true: their examples run, and they name what there is.

use std::fs;
use std::path::{Path, PathBuf};

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
