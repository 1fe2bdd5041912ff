//! The rules that are known where the program was started: the built-in ones and those of the project around it.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::change::Repository;
use crate::rules::{self, Examples, PROJECT_FOLDER, Rule, RuleSet, builtin_examples};

pub struct Known {
    pub rules: RuleSet,
    /// As the files of the project stand on disk.
    own: Vec<(String, Rule)>,
}

impl Known {
    pub fn here() -> Result<Self, Failure> {
        let own = read(&files()?)?;
        let mut rules = RuleSet::builtin();
        rules.extend(own.clone())?;
        Ok(Self { rules, own })
    }

    pub fn examples(&self, id: &str) -> Examples {
        let own = self.own.iter().find(|(_, rule)| rule.id == id);
        match own {
            Some((_, rule)) => rule.examples.clone().unwrap_or_default(),
            None => builtin_examples().remove(id).unwrap_or_default(),
        }
    }
}

/// The rule files of the project around the current folder; outside of a repository those of the folder.
pub fn files() -> Result<Vec<PathBuf>, Failure> {
    let root =
        Repository::discover(Path::new(".")).ok().and_then(|repository| repository.root().map(Path::to_owned));
    let folder = root.unwrap_or_default().join(PROJECT_FOLDER);
    rules::files_in(&folder).map_err(|error| {
        Failure::new(format!("cannot read {}: {error}", folder.display()), "it must be a folder of YAML files")
    })
}

/// Reads rule files, each with its name.
pub fn read(files: &[PathBuf]) -> Result<Vec<(String, Rule)>, Failure> {
    files
        .iter()
        .map(|path| {
            let here = std::env::current_dir().unwrap_or_default();
            let name = path.strip_prefix(here).unwrap_or(path).display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| {
                Failure::new(format!("cannot read {name}: {error}"), "rules are UTF-8 YAML files")
            })?;
            let rule = rules::parse(&name, &text)?;
            Ok((name, rule))
        })
        .collect()
}
