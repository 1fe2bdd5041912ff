//! Patterns of paths, as `.gitignore` writes them: `**/*.sql`, `infra/{prod,live}/**`.
//!
//! Hundreds of rules name files and a change touches few, so most patterns are turned down by the end of the path alone
//! and never compiled.

use globset::GlobBuilder;

use super::Expression;

#[derive(Debug)]
pub struct Globs(Vec<Glob>);

#[derive(Debug)]
struct Glob {
    /// What every path that fits ends with.
    tail: String,
    expression: Expression,
}

impl Globs {
    /// # Errors
    /// The pattern that is none, and why.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, String> {
        let compile = |pattern: &S| {
            let pattern = pattern.as_ref();
            let glob = GlobBuilder::new(pattern)
                .literal_separator(true)
                .build()
                .map_err(|error| format!("`{pattern}`: {}", error.kind()))?;
            let special = |letter: char| matches!(letter, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '/');
            let tail = pattern.rsplit(special).next().unwrap_or_default().to_owned();
            Ok(Glob { tail, expression: Expression::new(glob.regex()) })
        };
        patterns.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    pub fn is_match(&self, path: &str) -> bool {
        self.0.iter().any(|glob| path.ends_with(&glob.tail) && glob.expression.is_match(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert_eq!(Globs::new(&[pattern]).unwrap().is_match(path), expected, "{pattern} {path}");
        }
        assert_eq!(Globs::new(&["a[", "b"]).unwrap_err(), "`a[`: unclosed character class; missing ']'");
    }
}
