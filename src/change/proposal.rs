//! The commit that is being made: its message as the hook `commit-msg` finds it.

use super::git::Repository;
use super::model::{Change, Commit};
use super::objects::lock;
use super::revision;

/// The line below which git keeps nothing, without the sign of comments in front.
const SCISSORS: &str = "------------------------ >8 ------------------------";

impl Repository {
    /// Adds the commit that is being made to a change that is not committed. It has no id yet, and the time of `HEAD`:
    /// the same change gives the same report at any hour.
    pub fn propose(&self, change: &mut Change, message: &str, author: Option<(String, String)>) {
        let repository = lock(self.shared());
        let config = repository.config().and_then(|mut config| config.snapshot()).ok();
        let sign = config.as_ref().and_then(|config| {
            config.get_str("core.commentString").or_else(|_| config.get_str("core.commentChar")).ok()
        });
        let head = change.old.id.as_deref().and_then(|id| revision::commit(&repository, id).ok());
        let time = head.and_then(|id| revision::describe(&repository, id)).map_or(0, |commit| commit.time);
        let (author_name, author_email) = author.unwrap_or_default();
        let message = kept(message, sign.filter(|sign| *sign != "auto").unwrap_or("#"));
        change.commits.insert(0, Commit { id: String::new(), author_name, author_email, time, message });
    }
}

/// What git will keep of a message file: nothing below the scissors, no comment lines, no empty lines at either end.
/// A line that starts with the sign and a letter (`#123`) is taken for text, because `git commit -m` keeps it.
fn kept(text: &str, sign: &str) -> String {
    let is_comment = |line: &str| {
        line.strip_prefix(sign).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    };
    let is_end = |line: &str| line.strip_prefix(sign).is_some_and(|rest| rest.trim() == SCISSORS);
    let lines = text.lines().take_while(|line| !is_end(line)).filter(|line| !is_comment(line));
    let lines: Vec<&str> = lines.map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_what_lies_below_the_scissors_are_not_kept() {
        let text = "\n#12 Drop the cache\n\nbody  \n# Please enter the message\n#\n#\tmodified: a\n\
                    Signed-off-by: Ada\n# ------------------------ >8 ------------------------\ndiff --git a b\n+x\n";
        assert_eq!(kept(text, "#"), "#12 Drop the cache\n\nbody\nSigned-off-by: Ada");
        assert_eq!(kept("# a heading\n; gone\nx\r\n", ";"), "# a heading\nx");
        assert_eq!(kept("# nothing\n", "#"), "");
    }
}
