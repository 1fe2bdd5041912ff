//! Patterns of paths, as `.gitignore` writes them: `**/*.sql`, `infra/{prod,live}/**`.
//!
//! Hundreds of rules name files and a change touches few, so nothing is compiled: most patterns are turned down by the
//! end of the path alone, and the others are read letter by letter.

#[derive(Debug)]
pub struct Globs(Vec<Glob>);

#[derive(Debug)]
struct Glob {
    pattern: String,
    /// Bytes at the end of the pattern that stand for themselves.
    tail: usize,
}

impl Globs {
    /// # Errors
    /// The pattern that is none, and why.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, String> {
        patterns.iter().map(|pattern| Glob::new(pattern.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    pub fn is_match(&self, path: &str) -> bool {
        self.0.iter().any(|glob| glob.is_match(path))
    }
}

impl Glob {
    fn new(pattern: &str) -> Result<Self, String> {
        fast_glob::validate(pattern).map_err(|reason| format!("`{pattern}`: {reason}"))?;
        let special = |letter: char| matches!(letter, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '/' | '!');
        let tail = pattern.rsplit(special).next().map_or(0, str::len);
        // A first `!` turns a pattern round for the matcher; in a path it is a letter.
        let pattern = match pattern.strip_prefix('!') {
            Some(rest) => format!("\\!{rest}"),
            None => pattern.to_owned(),
        };
        Ok(Self { pattern, tail })
    }

    fn is_match(&self, path: &str) -> bool {
        let tail = &self.pattern.as_bytes()[self.pattern.len() - self.tail..];
        if !path.as_bytes().ends_with(tail) {
            return false;
        }
        // The matcher takes `?` for one byte. No letter of an ASCII pattern is one beyond, whichever that is.
        if self.pattern.is_ascii() && !path.is_ascii() {
            let path = path.replace(|letter: char| !letter.is_ascii(), "\u{1}");
            return fast_glob::glob_match(&self.pattern, path);
        }
        fast_glob::glob_match(&self.pattern, path)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use globset::GlobBuilder;
    use proptest::prelude::*;

    use super::*;

    /// As another reader of the same patterns understands them.
    fn other_opinion(pattern: &str) -> globset::GlobMatcher {
        GlobBuilder::new(pattern).literal_separator(true).build().unwrap().compile_matcher()
    }

    #[test]
    fn globs_of_the_rules_mean_the_same_to_another_reader() {
        let set = crate::rules::RuleSet::builtin();
        let globs: BTreeSet<&String> =
            set.iter().flat_map(|entry| entry.rule.files.iter().chain(&entry.rule.not_files)).collect();
        assert!(globs.len() > 200);
        let paths = globs.iter().flat_map(|glob| {
            let plain = |glob: &str| glob.replace("**/", "a/b/").replace("**", "c/d.e").replace('*', "x");
            [
                plain(glob),
                plain(&glob.replacen("**/", "", 1)),
                glob.replace(['*', '{', '}'], ""),
                format!("q/{}", plain(glob)),
            ]
        });
        let mut paths: BTreeSet<String> = paths.collect();
        for word in ["tf", "yml", "yaml", "Dockerfile", "prod", "test", "migrations", "package.json", "values"]
        {
            paths.extend([
                word.to_owned(),
                format!("a/{word}/b.{word}"),
                format!("{word}/x.{word}"),
                format!(".{word}"),
            ]);
        }
        for glob in globs {
            let (globs, other) = (Globs::new(&[glob]).unwrap(), other_opinion(glob));
            for path in &paths {
                assert_eq!(globs.is_match(path), other.is_match(path), "{glob} {path}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_glob_means_the_same_to_another_reader(
            pattern in r"(\*\*/)?([ab.]|\*|\?|\[ab\]|\{a,b\.\*\}|/){1,6}(/\*\*)?",
            path in "[abc./]{0,8}",
        ) {
            // Slashes side by side are in no path of git; three stars are in no pattern of a person.
            prop_assume!(!path.contains("//") && !pattern.contains("//") && !pattern.contains("**/**"));
            prop_assume!(!path.starts_with('/') && !path.ends_with('/') && !pattern.ends_with('/'));
            prop_assume!(!pattern.replace("**/", "").replace("/**", "").contains("**"));
            prop_assert_eq!(Globs::new(&[&pattern]).unwrap().is_match(&path), other_opinion(&pattern).is_match(&path));
        }
    }

    #[test]
    fn paths_fit_as_in_gitignore() {
        for (pattern, path, expected) in [
            ("**/*.sql", "db/x.sql", true),
            ("**/*.sql", "x.sql", true),
            ("*.sql", "db/x.sql", false),
            ("**/CODEOWNERS", "CODEOWNERS", true),
            ("**/CODEOWNERS", "docs/MYCODEOWNERS", false),
            ("infra/{prod,live}/**", "infra/live/a/b.tf", true),
            ("infra/{prod,live}/**", "infra/dev/a.tf", false),
            ("**/*.{yml,yaml}", ".github/a.yml", true),
            ("**/[ab].tf", "x/b.tf", true),
            ("**/[ab].tf", "x/c.tf", false),
            ("größe/*.tf", "größe/x.tf", true),
            ("a?c/*", "aéc/x", true),
            ("a?c", "a/c", false),
            ("!a/*.tf", "!a/x.tf", true),
            ("!a/*.tf", "b/x.tf", false),
            ("**/[!a]*.tf", "x/bc.tf", true),
            ("**/[!a]*.tf", "x/ab.tf", false),
            ("**/a/**", "a/b", true),
            ("**/a/**", "x/a/b/c", true),
            ("**/a/**", "x/ab/c", false),
            ("**/{a,b/**}/c", "x/b/d/e/c", true),
            ("**/*{-,_}test.py", "x/a-test.py", true),
        ] {
            assert_eq!(Globs::new(&[pattern]).unwrap().is_match(path), expected, "{pattern} {path}");
        }
        for (pattern, reason) in [("a[", "character class"), ("a/{b,c", "brace"), ("a\\", "backslash")] {
            let error = Globs::new(&["b", pattern]).unwrap_err();
            assert!(error.starts_with(&format!("`{pattern}`: ")) && error.contains(reason), "{error}");
        }
    }
}
