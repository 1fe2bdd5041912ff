//! What a word can become when the shell expands it.

use super::tools::Tools;
use crate::facts::{Expansion, Part, Word};
use crate::source::HOLE;

/// Stands for a value that is unknown but never empty.
const SOMETHING: char = '\u{1}';

impl Word {
    /// The word with every value filled in that is known; other expansions as in [`Word::display`].
    pub fn resolved(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Expansion { guard: Expansion::Known(value) | Expansion::Default(value), .. } => {
                    text.push_str(value);
                }
                Part::Expansion { name, .. } => text.push_str(&shown(name)),
            }
        }
        text
    }

    /// The word for people and patterns, expansions as `${NAME}` or `$(…)`.
    pub fn display(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Expansion { name, .. } => text.push_str(&shown(name)),
            }
        }
        text
    }

    /// The path that the word comes to without its detours: `/srv/data` for `/srv//./data` and `/srv/x/../data`.
    pub fn direct_path(&self) -> Option<String> {
        let text = self.resolved();
        let detours = ["//", "/./", "/../"].iter().any(|detour| text.contains(detour)) || text.ends_with("/..");
        if !detours || !text.starts_with(['/', '~']) || text.contains(char::is_whitespace) {
            return None;
        }
        let mut names: Vec<&str> = Vec::new();
        for name in text.split('/').skip(1) {
            match name {
                "" | "." => {}
                ".." => drop(names.pop()),
                name => names.push(name),
            }
        }
        let start = text.split('/').next().unwrap_or_default();
        let end = if text.ends_with('/') && !names.is_empty() { "/" } else { "" };
        Some(format!("{start}/{}{end}", names.join("/")))
    }

    /// What makes two words equal: the text, what is known of its expansions, and how they are guarded.
    pub fn content(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Expansion { name, guard } => {
                    text.push_str(&shown(name));
                    match guard {
                        Expansion::Bare => {}
                        Expansion::Fails => text.push_str(":?"),
                        Expansion::Default(value) | Expansion::Known(value) => {
                            text.push('=');
                            text.push_str(value);
                        }
                    }
                }
            }
        }
        text
    }

    /// Whether the word becomes `/`, a folder at the top of the system, or everything in the current folder when
    /// an expansion in it that nothing guards is empty. A word that is empty as a whole names nothing.
    pub fn collapses(&self) -> bool {
        let mut text = String::new();
        let mut open = false;
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Expansion { name, .. } if name == "HOME" => text.push('~'),
                Part::Expansion { name, guard: Expansion::Bare } if !is_filled(name) => open = true,
                Part::Expansion { guard: Expansion::Known(value) | Expansion::Default(value), .. }
                    if !value.starts_with("$(") && !value.is_empty() =>
                {
                    text.push_str(value);
                }
                Part::Expansion { guard: Expansion::Default(value), .. } if value.is_empty() => open = true,
                Part::Expansion { .. } => text.push(SOMETHING),
            }
        }
        open && !text.is_empty() && is_broad(&text, self.glob)
    }

    /// Whether the word is one expansion that nothing guards, so that the variable alone decides what is meant.
    pub fn is_open(&self) -> bool {
        match self.parts.as_slice() {
            [Part::Expansion { name, guard: Expansion::Bare }] => !is_filled(name),
            _ => false,
        }
    }
}

fn shown(name: &str) -> String {
    if name == HOLE {
        "{…}".to_owned()
    } else if name.starts_with(['$', '{', '<', '`']) {
        name.to_owned()
    } else {
        format!("${{{name}}}")
    }
}

/// Variables that every shell or CI system fills.
fn is_filled(name: &str) -> bool {
    let plain = name.split('[').next().unwrap_or(name);
    Tools::get().fills(plain)
        || ["github.workspace", "runner.temp", "github.run_id", "github.sha", "github.repository"]
            .iter()
            .any(|known| name.contains(known))
}

/// Whether a path names the root, a folder at the top, or all of the current folder.
fn is_broad(path: &str, glob: bool) -> bool {
    let absolute = path.starts_with('/');
    let home = path.starts_with('~');
    let mut components: Vec<&str> =
        path.split('/').filter(|component| !component.is_empty() && *component != ".").collect();
    let everything = |component: &str| {
        glob && !component.is_empty() && component.chars().all(|letter| "*.?{},[]!".contains(letter))
    };
    let mut globbed = false;
    while components.last().is_some_and(|last| everything(last)) {
        components.pop();
        globbed = true;
    }
    match components.as_slice() {
        [] => absolute || globbed,
        ["~"] => home,
        _ if absolute => Tools::get().is_top_folder(&format!("/{}", components.join("/"))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(parts: Vec<Part>, glob: bool) -> Word {
        Word { parts, glob, quoted: true }
    }

    fn open(name: &str) -> Part {
        Part::Expansion { name: name.to_owned(), guard: Expansion::Bare }
    }

    fn text(text: &str) -> Part {
        Part::Literal(text.to_owned())
    }

    #[test]
    fn a_path_collapses_where_an_empty_variable_leaves_a_broad_one() {
        for (parts, glob, expected) in [
            (vec![open("V"), text("/*")], true, true),
            (vec![open("V"), text("/")], false, true),
            (vec![text("/"), open("V")], false, true),
            (vec![open("V"), text("/usr")], false, true),
            (vec![open("A"), text("/"), open("B")], false, true),
            (vec![text("/opt/"), open("V")], false, true),
            (vec![open("HOME"), text("/"), open("V")], false, true),
            (vec![open("V"), text("*")], true, true),
            (vec![open("V"), text("/build")], false, false),
            (vec![open("V")], false, false),
            (vec![text("build/"), open("V")], false, false),
            (vec![text("/tmp/"), open("V")], false, false),
            (vec![text("/opt/app/"), open("V")], false, false),
            (vec![open("GITHUB_WORKSPACE"), text("/*")], true, false),
            (vec![text("/")], false, false),
        ] {
            let word = word(parts, glob);
            assert_eq!(word.collapses(), expected, "{}", word.display());
        }
    }

    #[test]
    fn detours_of_a_path_are_left_out() {
        let direct = |path: &str| Word::literal(path).direct_path();
        assert_eq!(direct("/srv//./data").as_deref(), Some("/srv/data"));
        assert_eq!(direct("/srv/app/../data/").as_deref(), Some("/srv/data/"));
        assert_eq!(direct("~/../..").as_deref(), Some("~/"));
        assert_eq!(direct("/srv/../../..").as_deref(), Some("/"));
        assert_eq!(direct("/srv/data"), None);
        assert_eq!(direct("https://example.com/x"), None);
    }

    #[test]
    fn guarded_expansions_do_not_collapse() {
        for guard in [
            Expansion::Fails,
            Expansion::Default("build".to_owned()),
            Expansion::Known("$(mktemp -d)".to_owned()),
        ] {
            let part = Part::Expansion { name: "V".to_owned(), guard };
            assert!(!word(vec![part, text("/*")], true).collapses());
        }
        let slash = Part::Expansion { name: "V".to_owned(), guard: Expansion::Default(String::new()) };
        assert!(word(vec![slash, text("/*")], true).collapses());
    }
}
