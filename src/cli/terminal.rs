//! What the terminal can show: colours and columns.

use std::io::IsTerminal;

use clap::ValueEnum;

use crate::report::Display;

const NARROWEST: usize = 60;
const WIDEST: usize = 120;
/// Where there is no terminal to ask.
const USUAL: usize = 80;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

/// How to show a report on standard output.
pub fn display(color: ColorChoice, all: bool) -> Display {
    let stdout = std::io::stdout();
    let terminal = stdout.is_terminal();
    let width = match terminal {
        true => terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0)),
        false => std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()),
    };
    let width = width.unwrap_or(USUAL).clamp(NARROWEST, WIDEST);
    Display { width, colour: colour(color, terminal, &|name| std::env::var(name).ok()), all }
}

/// How to show an error.
pub fn display_on_stderr(color: ColorChoice) -> Display {
    let stderr = std::io::stderr();
    let width = terminal_size::terminal_size_of(&stderr).map_or(USUAL, |(width, _)| usize::from(width.0));
    let colour = colour(color, stderr.is_terminal(), &|name| std::env::var(name).ok());
    Display { width: width.clamp(NARROWEST, WIDEST), colour, all: false }
}

/// `--color` wins, then NO_COLOR, then CLICOLOR_FORCE and FORCE_COLOR, then CLICOLOR=0, then the terminal.
/// See <https://no-color.org> and <https://bixense.com/clicolors>.
pub fn colour(choice: ColorChoice, terminal: bool, variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let forced = |name: &str| set(name).is_some_and(|value| value != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR").is_some() => false,
        ColorChoice::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
        ColorChoice::Auto if set("CLICOLOR").is_some_and(|value| value == "0") => false,
        ColorChoice::Auto => terminal && set("TERM").is_none_or(|value| value != "dumb"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_then_no_color_then_force_then_the_terminal() {
        let with = |pairs: &[(&str, &str)], choice, terminal| {
            let pairs: Vec<(String, String)> =
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            colour(choice, terminal, &|name| {
                pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
            })
        };
        use ColorChoice::*;
        assert!(with(&[], Auto, true));
        assert!(!with(&[], Auto, false));
        assert!(!with(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], Auto, true));
        assert!(with(&[("NO_COLOR", "")], Auto, true));
        assert!(with(&[("NO_COLOR", "1")], Always, false));
        assert!(with(&[("CLICOLOR_FORCE", "1")], Auto, false));
        assert!(!with(&[("FORCE_COLOR", "0")], Auto, false));
        assert!(!with(&[("CLICOLOR", "0")], Auto, true));
        assert!(!with(&[("TERM", "dumb")], Auto, true));
        assert!(!with(&[], Never, true));
    }
}
