//! A page of styled text: the one way by which anything reaches a terminal.
//!
//! Every piece of text passes [`visible`] when it is made, and styles are put on only when the page is rendered.

use colored::Colorize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::visible::visible;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Strong,
    Dim,
    Critical,
    High,
    Medium,
    Low,
    Good,
    Removed,
    Added,
    /// The part of a removed or added line that matters.
    RemovedMark,
    AddedMark,
    Mark,
}

/// A run of harmless text in one style.
#[derive(Clone, Debug)]
pub struct Span {
    text: String,
    style: Style,
}

impl Span {
    pub fn new(text: &str, style: Style) -> Self {
        Self { text: visible(text), style }
    }

    pub fn plain(text: &str) -> Self {
        Self::new(text, Style::Plain)
    }

    pub fn width(&self) -> usize {
        self.text.width()
    }
}

/// Lines of spans.
#[derive(Debug, Default)]
pub struct Page {
    lines: Vec<Vec<Span>>,
}

impl Page {
    pub fn line(&mut self, spans: Vec<Span>) {
        self.lines.push(spans);
    }

    pub fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(Vec::new());
        }
    }

    /// The text of the page; every line ends with a line feed.
    pub fn render(&self, colour: bool) -> String {
        if colour {
            colored::control::set_override(true);
        }
        let mut text = String::new();
        for line in &self.lines {
            let plain: String = line.iter().map(|span| span.text.as_str()).collect();
            let end = plain.trim_end().len();
            // A log collector would take a line that starts so for a command.
            let command = plain.trim_start().starts_with("::");
            let mut at = 0;
            for span in line {
                let keep = end.saturating_sub(at).min(span.text.len());
                at += span.text.len();
                let mut shown = span.text[..keep].to_owned();
                if command {
                    shown = shown.replace("::", ": :");
                }
                if colour && !shown.is_empty() {
                    text.push_str(&dress(&shown, span.style));
                } else {
                    text.push_str(&shown);
                }
            }
            text.push('\n');
        }
        text
    }
}

fn dress(text: &str, style: Style) -> String {
    let dressed = match style {
        Style::Plain => return text.to_owned(),
        Style::Strong => text.bold(),
        Style::Dim => text.dimmed(),
        Style::Critical => text.red().bold(),
        Style::High => text.red(),
        Style::Medium => text.yellow(),
        Style::Low => text.cyan(),
        Style::Good => text.green().bold(),
        Style::Removed => text.red(),
        Style::Added => text.green(),
        Style::RemovedMark => text.red().bold().underline(),
        Style::AddedMark => text.green().bold().underline(),
        Style::Mark => text.bold().underline(),
    };
    dressed.to_string()
}

/// Breaks text into lines of at most `width` columns, at blanks where there are any.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let text = visible(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word = word;
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        while word.width() > width {
            let (head, tail) = split(word, width);
            lines.push(head.to_owned());
            word = tail;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The longest start of at most `width` columns (at least one character), and the rest.
fn split(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.width().unwrap_or(0);
        if used > width && at > 0 {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// The text, or its end behind an ellipsis.
pub fn keep_end(text: &str, width: usize) -> String {
    let text = visible(text);
    if text.width() <= width {
        return text;
    }
    let mut used = 1;
    let mut start = text.len();
    for (at, character) in text.char_indices().rev() {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        start = at;
    }
    format!("…{}", &text[start..])
}

/// The text, or its beginning before an ellipsis.
pub fn keep_start(text: &str, width: usize) -> String {
    let text = visible(text);
    if text.width() <= width {
        return text;
    }
    let (start, _) = split(&text, width.saturating_sub(1));
    format!("{start}…")
}

/// Cuts spans to `width` columns; an ellipsis stands for what is missing at either end. A marked span that would
/// fall off the right edge is brought into view.
pub fn fit(spans: Vec<Span>, width: usize) -> Vec<Span> {
    let total: usize = spans.iter().map(Span::width).sum();
    if total <= width {
        return spans;
    }
    let is_mark = |span: &Span| matches!(span.style, Style::RemovedMark | Style::AddedMark | Style::Mark);
    let before: usize = spans.iter().take_while(|span| !is_mark(span)).map(Span::width).sum();
    let marked: usize = spans.iter().find(|span| is_mark(span)).map_or(0, Span::width);
    let skip = if before < total && before + marked.min(width / 2) + 1 > width {
        before.saturating_sub(width / 4)
    } else {
        0
    };
    let room = width.saturating_sub(1 + usize::from(skip > 0));
    let mut shown = Vec::new();
    if skip > 0 {
        shown.push(Span::new("…", Style::Dim));
    }
    let (mut at, mut used) = (0, 0);
    let mut cut = false;
    for span in spans {
        let mut text = String::new();
        for character in span.text.chars() {
            let columns = character.width().unwrap_or(0);
            at += columns;
            if at <= skip {
                continue;
            }
            if used + columns > room {
                cut = true;
                break;
            }
            used += columns;
            text.push(character);
        }
        if !text.is_empty() {
            shown.push(Span { text, style: span.style });
        }
        if cut {
            shown.push(Span::new("…", Style::Dim));
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_two_columns() {
        assert_eq!(wrap("名前名前名前 x", 8), ["名前名前", "名前 x"]);
        assert_eq!(keep_end("目录/文件.tf", 8), "…文件.tf");
    }

    #[test]
    fn a_long_path_keeps_its_end() {
        assert_eq!(keep_end("infra/prod/eu-west-1/db.tf", 13), "…west-1/db.tf");
    }

    #[test]
    fn a_mark_at_the_end_of_a_long_line_is_in_view() {
        let spans =
            vec![Span::plain(&"x".repeat(300)), Span::new("danger", Style::AddedMark), Span::plain("y")];
        let shown: String = fit(spans, 40).iter().map(|span| span.text.clone()).collect();
        assert!(shown.starts_with('…') && shown.contains("danger"), "{shown}");
        assert!(shown.width() <= 40);
    }

    #[test]
    fn no_line_starts_like_a_command_of_a_log_collector() {
        let mut page = Page::default();
        page.line(vec![Span::plain("   "), Span::plain("::add-mask::x")]);
        assert_eq!(page.render(false), "   : :add-mask: :x\n");
    }
}
