//! Which change is meant: the options that several commands share.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::past::{author, background};
use crate::change::{Change, Repository};
use crate::context::Background;

/// Where the change comes from.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// What the next commit would change: the index against HEAD [default: the work tree against HEAD]
    #[arg(long, group = "source")]
    pub staged: bool,
    /// What HEAD (or --head) adds to a branch, from their merge base
    #[arg(long, value_name = "REV", group = "source")]
    pub base: Option<String>,
    /// The end of the change that --base begins
    #[arg(long, value_name = "REV", requires = "base", default_value = "HEAD")]
    pub head: String,
    /// One commit against its first parent
    #[arg(long, value_name = "REV", group = "source")]
    pub commit: Option<String>,
    /// Two commits, compared directly; A...B starts from their merge base
    #[arg(long, value_name = "A..B", group = "source")]
    pub range: Option<String>,
    /// A unified diff; - reads standard input
    #[arg(long, value_name = "FILE", group = "source")]
    pub patch: Option<PathBuf>,
    /// The message of the commit that is being made, as the hook commit-msg gets it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base", "commit", "range", "patch"])]
    pub message_file: Option<PathBuf>,
    /// Where the repository is
    #[arg(short = 'C', value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
}

impl SelectionArgs {
    /// The change with what is known of its past; a patch has none.
    pub fn take(&self, with_history: bool) -> Result<(Change, Background), Failure> {
        if let Some(file) = &self.patch {
            return Ok((patch(file)?, Background::default()));
        }
        let repository = Repository::discover(&self.folder)?;
        let mut change = self.find(&repository)?;
        if let Some(file) = &self.message_file {
            repository.propose(&mut change, &message(file)?, author(&repository));
        }
        let background = background(&repository, &change, with_history);
        Ok((change, background))
    }

    fn find(&self, repository: &Repository) -> Result<Change, Failure> {
        let change = match (&self.base, &self.commit, &self.range) {
            (Some(base), ..) => repository.since(base, &self.head),
            (_, Some(commit), _) => repository.commit(commit),
            (.., Some(range)) => match Ends::of(range)? {
                Ends { old, new, from_merge_base: true } => repository.since(old, new),
                Ends { old, new, from_merge_base: false } => repository.range(old, new),
            },
            _ if self.staged => repository.staged(),
            _ => repository.work_tree(),
        };
        Ok(change?)
    }
}

fn message(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read(file).map_err(|error| {
        Failure::new(
            format!("cannot read {}: {error}", file.display()),
            "--message-file names the file that git hands to the hook commit-msg: --message-file \"$1\"",
        )
    })?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn patch(file: &Path) -> Result<Change, Failure> {
    let (name, bytes) = match file == Path::new("-") {
        true => {
            let mut bytes = Vec::new();
            ("standard input".to_owned(), io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
        }
        false => (file.display().to_string(), std::fs::read(file)),
    };
    let bytes = bytes.map_err(|error| {
        Failure::new(format!("cannot read {name}: {error}"), "--patch names a file that holds a unified diff")
    })?;
    let mut change = Change::from_patch(&name, &bytes)?;
    change.new.label = name;
    Ok(change)
}

/// A range as git writes it.
#[derive(Debug, PartialEq, Eq)]
struct Ends<'a> {
    old: &'a str,
    new: &'a str,
    from_merge_base: bool,
}

impl<'a> Ends<'a> {
    /// `A..B`, or `A...B` from the merge base; a missing end is `HEAD`.
    fn of(text: &'a str) -> Result<Self, Failure> {
        let end = |name: &'a str| if name.is_empty() { "HEAD" } else { name };
        let (dots, from_merge_base) = if text.contains("...") { ("...", true) } else { ("..", false) };
        match text.split_once(dots) {
            Some((old, new)) if text != dots && !new.contains("..") => {
                Ok(Self { old: end(old), new: end(new), from_merge_base })
            }
            _ => Err(Failure::new(
                format!("`{text}` is not a range"),
                "write two revisions with two dots between them: --range main..HEAD",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_as_git_reads_them() {
        let ends = |text| Ends::of(text).map(|ends| (ends.old, ends.new, ends.from_merge_base)).ok();
        assert_eq!(ends("a..b"), Some(("a", "b", false)));
        assert_eq!(ends("a.."), Some(("a", "HEAD", false)));
        assert_eq!(ends("..b"), Some(("HEAD", "b", false)));
        assert_eq!(ends("a...b"), Some(("a", "b", true)));
        for wrong in ["a", "..", "...", "", "a..b..c"] {
            assert_eq!(ends(wrong), None, "{wrong}");
        }
    }
}
