//! Who owns a path: the CODEOWNERS file of GitHub, GitLab or Bitbucket, read from the old side.
//!
//! The three differ in more than place: see the table of cases in the tests. "A line matches and names nobody" is not
//! "no line matches".

use super::owner_pattern::{Pattern, Reach};
use crate::change::Tree;

/// GitHub does not load a larger file.
const LARGEST: usize = 3 << 20;

/// Whose rules a CODEOWNERS file follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    GitHub,
    GitLab,
    Bitbucket,
}

/// Where each host looks, the first found first.
const PLACES: [(&str, Option<Dialect>); 5] = [
    (".github/CODEOWNERS", Some(Dialect::GitHub)),
    (".bitbucket/CODEOWNERS", Some(Dialect::Bitbucket)),
    ("CODEOWNERS", None),
    ("docs/CODEOWNERS", None),
    (".gitlab/CODEOWNERS", Some(Dialect::GitLab)),
];

/// A CODEOWNERS file.
#[derive(Clone, Debug)]
pub struct Owners {
    pub path: String,
    pub dialect: Dialect,
    sections: Vec<Section>,
    /// Lines that the host skips, with the reason.
    pub problems: Vec<Problem>,
    /// Further files at places that come later, which the host does not read.
    pub unread: Vec<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// 1-based.
    pub line: u32,
    pub reason: &'static str,
}

#[derive(Clone, Debug)]
struct Section {
    /// Empty for lines above the first heading, and outside GitLab.
    name: String,
    optional: bool,
    approvals: u32,
    default_owners: Vec<String>,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    line: u32,
    text: String,
    pattern: Pattern,
    owners: Vec<String>,
    is_exclusion: bool,
}

/// A line that gives owners to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// 1-based.
    pub line: u32,
    /// As written.
    pub pattern: &'a str,
    pub owners: &'a [String],
    /// GitLab's section, empty elsewhere.
    pub section: &'a str,
    /// How many of the owners must approve; 0 in an optional section.
    pub approvals: u32,
}

/// What the file says about a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership<'a> {
    /// No line matches.
    Unmatched,
    /// A line matches and names nobody: the path is deliberately left without owners.
    Unowned { line: u32, pattern: &'a str },
    /// One claim, or one of each section.
    Owned(Vec<Claim<'a>>),
}

impl Owners {
    /// The file that counts on a side; a project without one has no owners.
    pub fn of(tree: &dyn Tree) -> Option<Self> {
        let mut found: Option<Self> = None;
        for (path, dialect) in PLACES {
            let Ok(Some(bytes)) = tree.read(path) else { continue };
            if bytes.len() > LARGEST {
                continue;
            }
            match &mut found {
                Some(owners) => owners.unread.push(path),
                None => {
                    let text = String::from_utf8_lossy(&bytes);
                    let dialect = dialect.unwrap_or_else(|| guess(&text, tree));
                    found = Some(Self::parse(path, &text, dialect));
                }
            }
        }
        found
    }

    /// What a reader must know of the file: further files that are not read, lines that are skipped.
    pub fn remarks(&self) -> Vec<String> {
        let unread = self.unread.iter().map(|path| format!("{path} is not read: {} comes first", self.path));
        let skipped = self.problems.iter();
        let skipped = skipped
            .map(|problem| format!("{} line {} is skipped: {}", self.path, problem.line, problem.reason));
        unread.chain(skipped).collect()
    }

    /// Whom a path would be owned by after the change and is not yet, or no longer; a sentence for each path that
    /// differs. The owners before the change are the ones that count for it.
    pub fn differences(old: Option<&Self>, new: Option<&Self>, paths: &[&str]) -> Vec<String> {
        let owners = |file: Option<&Self>, path: &str| -> Vec<String> {
            let Some(Ownership::Owned(claims)) = file.map(|file| file.owners_of(path)) else {
                return Vec::new();
            };
            let mut owners: Vec<String> =
                claims.iter().flat_map(|claim| claim.owners).map(|owner| owner.to_lowercase()).collect();
            owners.sort();
            owners.dedup();
            owners
        };
        let words = |owners: &[String]| if owners.is_empty() { "nobody".to_owned() } else { owners.join(" ") };
        let differs = |path: &&str| {
            let (before, after) = (owners(old, path), owners(new, path));
            (before != after).then(|| {
                format!(
                    "the change gives {path} to {} instead of {}, from the next change on",
                    words(&after),
                    words(&before)
                )
            })
        };
        paths.iter().filter_map(differs).collect()
    }

    pub fn parse(path: &str, text: &str, dialect: Dialect) -> Self {
        let mut owners = Self {
            path: path.to_owned(),
            dialect,
            sections: vec![Section::unnamed()],
            problems: Vec::new(),
            unread: Vec::new(),
        };
        let mut current = 0;
        for (line, text) in (1u32..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if dialect == Dialect::GitLab
                && let Some(heading) = Section::heading(text)
            {
                current = owners.open(heading);
                continue;
            }
            match Entry::parse(line, text, dialect) {
                Ok(entry) => owners.sections[current].entries.push(entry),
                Err(reason) => owners.problems.push(Problem { line, reason }),
            }
        }
        owners
    }

    /// Takes in a section; one of the same name goes on, and stays required once it is.
    fn open(&mut self, heading: Section) -> usize {
        let same =
            |section: &Section| !section.name.is_empty() && section.name.eq_ignore_ascii_case(&heading.name);
        match self.sections.iter().position(same) {
            Some(index) => {
                let section = &mut self.sections[index];
                section.optional &= heading.optional;
                section.approvals = section.approvals.max(heading.approvals);
                if !heading.default_owners.is_empty() {
                    section.default_owners = heading.default_owners;
                }
                index
            }
            None => {
                self.sections.push(heading);
                self.sections.len() - 1
            }
        }
    }

    /// Who owns a path: the last matching line, of each section where there are sections.
    pub fn owners_of(&self, path: &str) -> Ownership<'_> {
        let mut claims = Vec::new();
        let mut unowned = None;
        for section in &self.sections {
            if section.entries.iter().any(|entry| entry.is_exclusion && entry.pattern.matches(path)) {
                continue;
            }
            let Some(entry) = section.entries.iter().rev().find(|entry| entry.pattern.matches(path)) else {
                continue;
            };
            let owners = if entry.owners.is_empty() { &section.default_owners } else { &entry.owners };
            if owners.is_empty() {
                unowned = unowned.or(Some(Ownership::Unowned { line: entry.line, pattern: &entry.text }));
            } else {
                claims.push(Claim {
                    line: entry.line,
                    pattern: &entry.text,
                    owners,
                    section: &section.name,
                    approvals: if section.optional { 0 } else { section.approvals },
                });
            }
        }
        match (claims.is_empty(), unowned) {
            (false, _) => Ownership::Owned(claims),
            (true, Some(unowned)) => unowned,
            (true, None) => Ownership::Unmatched,
        }
    }
}

/// At a place that two hosts read, headings and the pipeline file tell them apart.
fn guess(text: &str, tree: &dyn Tree) -> Dialect {
    let has_heading = text.lines().any(|line| Section::heading(line.trim()).is_some());
    if has_heading || matches!(tree.read(".gitlab-ci.yml"), Ok(Some(_))) {
        Dialect::GitLab
    } else if matches!(tree.read("bitbucket-pipelines.yml"), Ok(Some(_))) {
        Dialect::Bitbucket
    } else {
        Dialect::GitHub
    }
}

impl Section {
    fn unnamed() -> Self {
        Self {
            name: String::new(),
            optional: false,
            approvals: 1,
            default_owners: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// `[Name]`, `^[Name]`, `[Name][2]`, each with default owners behind it.
    fn heading(text: &str) -> Option<Self> {
        let optional = text.starts_with('^');
        let (name, mut rest) = text.strip_prefix('^').unwrap_or(text).strip_prefix('[')?.split_once(']')?;
        let mut approvals = 1;
        if let Some((number, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'))
            && let Ok(number) = number.trim().parse()
        {
            (approvals, rest) = (number, after);
        }
        if name.trim().is_empty() || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
            return None;
        }
        Some(Self {
            name: name.trim().to_owned(),
            optional,
            approvals,
            default_owners: rest.split_whitespace().filter(|word| is_owner(word)).map(str::to_owned).collect(),
            entries: Vec::new(),
        })
    }
}

impl Entry {
    fn parse(line: u32, text: &str, dialect: Dialect) -> Result<Self, &'static str> {
        let (written, rest) = first_word(text);
        let is_exclusion = dialect == Dialect::GitLab && written.starts_with('!');
        let pattern = written.strip_prefix('!').filter(|_| is_exclusion).unwrap_or(written);
        if dialect != Dialect::GitLab {
            if pattern.starts_with('!') {
                return Err("exceptions with ! are not supported");
            }
            if pattern.contains('[') {
                return Err("character ranges are not supported");
            }
            if pattern.starts_with("\\#") {
                return Err("a name that starts with # cannot be written");
            }
        }
        let mut owners = Vec::new();
        for word in rest.split_whitespace() {
            match dialect {
                // Text in the line is text, and whoever it names is an owner.
                Dialect::GitLab if is_owner(word) => owners.push(word.to_owned()),
                Dialect::GitLab => {}
                _ if word.starts_with('#') => break,
                _ if is_owner(word) => owners.push(word.to_owned()),
                // How reviewers are picked from a group.
                Dialect::Bitbucket if word == "all" || word.ends_with(')') => {}
                _ => return Err("an owner is @name, @group/name or an address"),
            }
        }
        let reach = match dialect {
            Dialect::GitLab => Reach::AnyDepth,
            Dialect::GitHub | Dialect::Bitbucket => Reach::LikeIgnore,
        };
        Ok(Self { line, text: written.to_owned(), pattern: Pattern::new(pattern, reach), owners, is_exclusion })
    }
}

/// The word up to the first blank that is not escaped, and the rest.
fn first_word(text: &str) -> (&str, &str) {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '\\' => escaped = !escaped,
            ' ' | '\t' if !escaped => return (&text[..at], &text[at..]),
            _ => escaped = false,
        }
    }
    (text, "")
}

fn is_owner(word: &str) -> bool {
    match word.strip_prefix('@') {
        Some(name) => !name.trim_start_matches('@').is_empty(),
        None => word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The owners of a path with blanks between, `nobody` for a line without owners, `-` for no line.
    fn owners(text: &str, path: &str, dialect: Dialect) -> String {
        match Owners::parse("CODEOWNERS", text, dialect).owners_of(path) {
            Ownership::Unmatched => "-".to_owned(),
            Ownership::Unowned { .. } => "nobody".to_owned(),
            Ownership::Owned(claims) => {
                let owners: Vec<&str> =
                    claims.iter().flat_map(|claim| claim.owners.iter().map(String::as_str)).collect();
                owners.join(" ")
            }
        }
    }

    #[test]
    fn github() {
        let cases = [
            ("*.rs @b\n* @a", "x/y.rs", "@a"),
            ("* @a\n*.rs @b @c", "x/y.rs", "@b @c"),
            ("/docs/ @d", "docs/a/b.md", "@d"),
            ("/docs/ @d", "x/docs/a.md", "-"),
            ("docs/ @d", "x/docs/a.md", "@d"),
            ("docs/* @d", "docs/a.md", "@d"),
            ("docs/* @d", "docs/sub/a.md", "-"),
            ("/apps/ @x\n/apps/github", "apps/github/a", "nobody"),
            ("**/logs @l", "a/b/logs/x", "@l"),
            ("/a/**/z @l", "a/z", "@l"),
            ("/a/**/z @l", "a/b/c/z", "@l"),
            ("a/b @l", "x/a/b", "-"),
            ("a/b @l", "a/b/c", "@l"),
            ("path\\ with\\ space/ @s", "path with space/f", "@s"),
            ("*.rs @b # @not", "a.rs", "@b"),
            ("*.rs @b\n!a.rs @c", "a.rs", "@b"),
            ("[ab].rs @c", "a.rs", "-"),
            ("\\#file @h", "#file", "-"),
            ("*.RS @b", "a.rs", "-"),
            ("/* @root", "x/y", "-"),
            ("/* @root", "y", "@root"),
            ("/foo/** @f", "foo/bar/baz", "@f"),
            ("foo @f", "foobar", "-"),
            ("*.md docs@example.com", "a.md", "docs@example.com"),
            ("*.md\t@a\t@b/c\r", "a.md", "@a @b/c"),
            ("\u{feff}* @a", "x", "@a"),
            ("* @a\n*.md word", "a.md", "@a"),
            ("* @a\n*", "x", "nobody"),
            ("a?c @q", "abc", "@q"),
            ("/build/logs/ @l", "build/logs", "-"),
            ("", "x", "-"),
            ("café/ @é", "café/x", "@é"),
            ("docs/sub @d", "docs/sub/a/b", "@d"),
            ("*.md @a @a/b c@example.com", "x/y.md", "@a @a/b c@example.com"),
            ("* @a", "with\nnewline", "@a"),
            ("* @a\r\n*.md @b\r\n", "x.md", "@b"),
            ("*.md @b\n* @a\n/x/", "x/y.md", "nobody"),
            ("/a/* @one", "a/b/c", "-"),
            ("/a/*/c @one", "a/b/c", "@one"),
            ("**/b/**/d @two", "a/b/c/d", "@two"),
            ("*.rs @b #@not\n", "a.rs", "@b"),
            ("# * @a", "x", "-"),
            ("   * @a", "x", "@a"),
            ("vendor/lib @sub", "vendor/lib", "@sub"),
        ];
        for (text, path, expected) in cases {
            assert_eq!(owners(text, path, Dialect::GitHub), expected, "{text:?} {path}");
        }
    }

    #[test]
    fn gitlab() {
        let cases = [
            ("internal/README.md @a", "x/internal/README.md", "@a"),
            ("/internal/ @a", "internal/x/y", "@a"),
            ("/internal/* @a", "internal/x/y", "-"),
            ("/internal @a", "internal/x", "-"),
            ("* @all", "a/b", "@all"),
            ("[A]\n* @a\n[B]\n*.rb @b", "x.rb", "@a @b"),
            ("* @first\n[A]\n*.rb @a", "x.rb", "@first @a"),
            ("[A] @default\n*.rb", "x.rb", "@default"),
            ("[A] @default\n*.rb @own", "x.rb", "@own"),
            ("[A]\n*.rb", "x.rb", "nobody"),
            ("[A]\n*.rb @a\n[a]\n*.rb @b", "x.rb", "@b"),
            ("* @a\n!x.rb\nx.rb @b", "x.rb", "-"),
            ("[A]\n* @a\n!x.rb\n[B]\n* @b", "x.rb", "@b"),
            ("*.rb @a # and @b", "x.rb", "@a @b"),
            ("\\#file @h", "#file", "@h"),
            ("*.rb @@maintainer @group/sub", "x.rb", "@@maintainer @group/sub"),
            ("[Broken\n*.rb @a", "x.rb", "@a"),
            ("with\\ blank/ @s", "with blank/x", "@s"),
            ("docs/ @d", "a/docs/b/c.md", "@d"),
            ("docs/* @d", "a/docs/b.md", "@d"),
            ("docs/* @d", "a/docs/b/c.md", "-"),
            ("/docs/**/*.md @d", "docs/a/b.md", "@d"),
            ("[A] @a @b\n*.rb\n*.py @c", "x.py", "@c"),
            ("^[A] @a\n*.rb", "x.rb", "@a"),
            ("[A B][2] @a\n*.rb", "x.rb", "@a"),
            ("* @a\n[A]\n!*.rb\n*.rb @b", "x.rb", "@a"),
            ("*.rb @a\n*.rb", "x.rb", "nobody"),
            ("*.RB @a", "x.rb", "-"),
        ];
        for (text, path, expected) in cases {
            assert_eq!(owners(text, path, Dialect::GitLab), expected, "{text:?} {path}");
        }
    }

    #[test]
    fn sections_say_how_many_must_approve() {
        let approvals = |text: &str| match Owners::parse("CODEOWNERS", text, Dialect::GitLab).owners_of("x.rb")
        {
            Ownership::Owned(claims) => claims[0].approvals,
            other => panic!("{other:?}"),
        };
        assert_eq!(approvals("[A][3] @x\n*.rb"), 3);
        assert_eq!(approvals("[A]\n*.rb @a"), 1);
        assert_eq!(approvals("^[A]\n*.rb @a"), 0);
        assert_eq!(approvals("^[A]\n*.rb @a\n[A][2]\n*.py @b"), 2);
    }

    #[test]
    fn bitbucket() {
        let cases = [
            ("* random(2) @teams/core\nsrc/ a@example.com @bob", "x", "@teams/core"),
            ("* random(2) @teams/core\nsrc/ a@example.com @bob", "a/src/x", "a@example.com @bob"),
            ("* least_busy(1) @teams/core", "x", "@teams/core"),
            ("* all @teams/core", "x", "@teams/core"),
            ("*.py @bob # not @eve", "x.py", "@bob"),
            ("* @bob\n!x @eve", "x", "@bob"),
            ("* @bob\n[xy] @eve", "x", "@bob"),
            ("* @bob\nx", "x", "nobody"),
            ("[A]\n* @bob", "x", "@bob"),
            ("/src/*.py @bob", "src/a/b.py", "-"),
        ];
        for (text, path, expected) in cases {
            assert_eq!(owners(text, path, Dialect::Bitbucket), expected, "{text:?} {path}");
        }
    }

    #[test]
    fn skipped_lines_are_said() {
        let owners = Owners::parse("CODEOWNERS", "* @a\n!x @b\n", Dialect::GitHub);
        assert_eq!(owners.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn the_first_place_counts() {
        use crate::change::MemoryTree;
        let tree = |files: &[(&str, &str)]| {
            MemoryTree(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().into())).collect())
        };
        let found = Owners::of(&tree(&[("CODEOWNERS", "* @a"), (".github/CODEOWNERS", "* @b")])).unwrap();
        assert_eq!((found.path.as_str(), found.dialect), (".github/CODEOWNERS", Dialect::GitHub));
        let found = Owners::of(&tree(&[("CODEOWNERS", "[A]\n* @a")])).unwrap();
        assert_eq!(found.dialect, Dialect::GitLab);
        assert!(Owners::of(&tree(&[])).is_none());
        let both = Owners::of(&tree(&[("CODEOWNERS", "!x @a"), ("docs/CODEOWNERS", "* @b")])).unwrap();
        assert_eq!(
            both.remarks(),
            [
                "docs/CODEOWNERS is not read: CODEOWNERS comes first",
                "CODEOWNERS line 1 is skipped: exceptions with ! are not supported"
            ]
        );
        let large = format!("* @a\n{}", "# filler\n".repeat(LARGEST / 8));
        let found = Owners::of(&tree(&[(".github/CODEOWNERS", &large), ("CODEOWNERS", "* @b")])).unwrap();
        assert_eq!(found.path, "CODEOWNERS", "a file that is too large is not loaded");
    }

    #[test]
    fn what_the_change_makes_of_owners_is_said() {
        let parse = |text: &str| Owners::parse("CODEOWNERS", text, Dialect::GitHub);
        let (old, new) = (parse("* @all\n/infra/ @ops"), parse("* @all\n/infra/ @ada"));
        assert_eq!(
            Owners::differences(Some(&old), Some(&new), &["infra/a", "src/b"]),
            ["the change gives infra/a to @ada instead of @ops, from the next change on"]
        );
        assert_eq!(Owners::differences(Some(&old), Some(&old), &["infra/a"]), Vec::<String>::new());
        assert_eq!(
            Owners::differences(None, Some(&new), &["x"]),
            ["the change gives x to @all instead of nobody, from the next change on"]
        );
    }
}
