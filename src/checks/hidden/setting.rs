//! What kind of text a file holds, which decides what is legitimate in it.

use super::super::instructions::is_instruction;

/// The readers of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// A compiler, an interpreter, a tool.
    Machine,
    /// A coding agent that takes it as orders.
    Agent,
    /// People.
    People,
    /// People, in many languages.
    Translation,
}

/// What is known of a text besides its characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub reader: Reader,
    /// A test about such characters.
    pub about_characters: bool,
    /// Terminal output that was recorded.
    pub recorded: bool,
}

const PROSE: [&str; 17] = [
    "md", "markdown", "mdx", "rst", "txt", "adoc", "asciidoc", "html", "htm", "xhtml", "tex", "org", "csv",
    "tsv", "srt", "vtt", "ipynb",
];
const TRANSLATED: [&str; 10] =
    ["po", "pot", "arb", "strings", "stringsdict", "xlf", "xliff", "resx", "ftl", "xcstrings"];
const TRANSLATIONS: [&str; 10] =
    ["locale", "locales", "i18n", "l10n", "lang", "langs", "languages", "translations", "translation", "intl"];
const RECORDED: [&str; 9] = ["snap", "golden", "ansi", "ans", "out", "log", "cast", "expected", "typescript"];
const ABOUT: [&str; 16] = [
    "unicode",
    "bidi",
    "trojan",
    "homoglyph",
    "homoglyphs",
    "confusable",
    "confusables",
    "invisible",
    "utf8",
    "utf",
    "encoding",
    "charset",
    "emoji",
    "whitespace",
    "ansi",
    "terminal",
];
const TESTS: [&str; 8] = ["test", "tests", "testdata", "fixture", "fixtures", "spec", "specs", "snapshots"];

impl Setting {
    pub(super) fn of(path: &str) -> Self {
        let lower = path.to_ascii_lowercase();
        let name = lower.rsplit('/').next().unwrap_or(&lower);
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let mut folders = lower.split('/').rev().skip(1);
        let translated = TRANSLATED.contains(&ending)
            || folders.any(|folder| TRANSLATIONS.contains(&folder) || folder.starts_with("values-"));
        let is_named =
            ["readme", "license", "licence", "copying", "authors", "contributors", "changelog", "changes"]
                .contains(&name);
        let reader = if is_instruction(path) {
            Reader::Agent
        } else if translated {
            Reader::Translation
        } else if PROSE.contains(&ending) || is_named {
            Reader::People
        } else {
            Reader::Machine
        };
        let tokens = || lower.split(|letter: char| !letter.is_ascii_alphanumeric());
        let tested = tokens().any(|token| TESTS.contains(&token));
        Self {
            reader,
            about_characters: tested && tokens().any(|token| ABOUT.contains(&token)),
            recorded: RECORDED.contains(&ending) || tested && name.contains("snap"),
        }
    }

    pub(super) fn name_of_file() -> Self {
        Self { reader: Reader::Machine, about_characters: false, recorded: false }
    }

    /// Read by people alone.
    pub(super) fn is_prose(self) -> bool {
        matches!(self.reader, Reader::People | Reader::Translation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_who_reads_a_file() {
        for (path, reader) in [
            ("src/a.rs", Reader::Machine),
            ("Cargo.lock", Reader::Machine),
            ("README.md", Reader::People),
            ("CLAUDE.md", Reader::Agent),
            ("app/locales/fa.json", Reader::Translation),
            ("po/he.po", Reader::Translation),
            ("res/values-ar/strings.xml", Reader::Translation),
        ] {
            assert_eq!(Setting::of(path).reader, reader, "{path}");
        }
        assert!(Setting::of("tests/unicode/bidi.rs").about_characters);
        assert!(!Setting::of("src/unicode.rs").about_characters);
    }
}
