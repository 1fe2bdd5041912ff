//! Checks the built-in rules and packs them, so that the program parses no YAML at start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

#[allow(dead_code, clippy::all)]
#[path = "src/rules/model.rs"]
mod model;
#[allow(dead_code)]
#[path = "src/rules/validate.rs"]
mod validate;

use model::{CommandMatcher, Examples, Rule};

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src/rules/model.rs");
    println!("cargo::rerun-if-changed=src/rules/command_model.rs");
    println!("cargo::rerun-if-changed=src/rules/example_model.rs");
    println!("cargo::rerun-if-changed=src/rules/validate.rs");
    if let Err(errors) = pack() {
        for error in errors {
            println!("cargo::error={error}");
        }
        process::exit(1);
    }
}

fn pack() -> Result<(), Vec<String>> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut examples: BTreeMap<String, Examples> = BTreeMap::new();
    let mut errors = Vec::new();
    for path in rule_files(Path::new("rules")).map_err(|error| vec![format!("rules: {error}")])? {
        match read(&path) {
            Ok(mut rule) => {
                examples.insert(rule.id.clone(), rule.examples.take().unwrap_or_default());
                rules.push(rule);
            }
            Err(error) => errors.push(format!("{}: {error}", path.display())),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    rules.sort_by(|one, other| one.id.cmp(&other.id));
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| vec!["OUT_DIR is not set".to_owned()])?);
    let commands: serde_json::Value = table(Path::new("rules/data/commands.yaml"))?;
    write(&out.join("commands.json"), &commands)?;
    let dangers: BTreeMap<String, Vec<CommandMatcher>> = table(Path::new("rules/data/dangers.yaml"))?;
    write(&out.join("dangers.json"), &dangers)?;
    let guards: serde_json::Value = table(Path::new("rules/data/guards.yaml"))?;
    write(&out.join("guards.json"), &guards)?;
    let migrations: serde_json::Value = table(Path::new("rules/data/migrations.yaml"))?;
    write(&out.join("migrations.json"), &migrations)?;
    write(&out.join("rules.json"), &rules)?;
    write(&out.join("examples.json"), &examples)
}

/// A fact table that people write as YAML.
fn table<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Vec<String>> {
    let named = |error: String| vec![format!("{}: {error}", path.display())];
    let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    serde_saphyr::from_str(&text).map_err(|error| named(error.to_string()))
}

fn write(path: &Path, value: &impl serde::Serialize) -> Result<(), Vec<String>> {
    let text = serde_json::to_string(value).map_err(|error| vec![error.to_string()])?;
    fs::write(path, text).map_err(|error| vec![format!("{}: {error}", path.display())])
}

/// Every `rules/PACK/NAME.yaml`, sorted.
fn rule_files(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for pack in fs::read_dir(root)? {
        let pack = pack?.path();
        if !pack.is_dir() || pack.file_name().is_some_and(|name| name == "data") {
            continue;
        }
        for file in fs::read_dir(pack)? {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "yaml") {
                files.push(file);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<Rule, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let rule: Rule = serde_saphyr::from_str(&text).map_err(|error| error.to_string())?;
    validate::rule(&rule)?;
    let expected = format!("rules/{}.yaml", rule.id);
    if path != Path::new(&expected) {
        return Err(format!("id `{}` belongs in {expected}", rule.id));
    }
    let examples = rule.examples.as_ref().ok_or("a built-in rule needs examples")?;
    if examples.fires.is_empty() || examples.quiet.len() < 2 {
        return Err("a built-in rule needs at least one `fires` and two `quiet` examples".into());
    }
    Ok(rule)
}
