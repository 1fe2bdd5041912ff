//! Where the past of a repository is kept between runs, and how a person sees it being read.

use std::cell::Cell;
use std::env;
use std::io::{IsTerminal, Write, stderr};
use std::path::PathBuf;

use crate::change::{Change, Repository};
use crate::context::{Background, Walk};

/// Commits from which on progress is worth a line.
const MANY: usize = 500;

/// What the repository knows besides the change.
pub fn background(repository: &Repository, change: &Change, with_history: bool) -> Background {
    let (is_terminal, has_shown) = (stderr().is_terminal(), Cell::new(false));
    let progress = |count: usize| {
        if is_terminal && count >= MANY {
            // A terminal that went away is no reason to stop.
            let _ = write!(stderr(), "\rreading the history: {count} commits ");
            has_shown.set(true);
        }
    };
    let walk = Walk { cache: cache_folder(), progress: Some(&progress) };
    let environment =
        env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let background = Background::of(repository, change, environment, with_history.then_some(&walk));
    if has_shown.get() {
        let _ = write!(stderr(), "\r\u{1b}[K");
    }
    background
}

/// Who makes the next commit: as git tells its hooks (`git commit --author`), else as configured.
pub fn author(repository: &Repository) -> Option<(String, String)> {
    let given = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let told = given("GIT_AUTHOR_NAME").zip(given("GIT_AUTHOR_EMAIL"));
    told.or_else(|| repository.user())
}

/// `foureyes` in the user's cache folder.
fn cache_folder() -> Option<PathBuf> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let base = named("XDG_CACHE_HOME")
        .or_else(|| named("LOCALAPPDATA"))
        .or_else(|| named("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("foureyes"))
}
