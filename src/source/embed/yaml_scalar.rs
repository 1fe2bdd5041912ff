//! YAML scalars of every style as the text that a reader of the file gets.

use crate::source::Node;

use super::Finder;
use super::decoded::Decoded;
use super::escapes::{Style, decode as unescape};

pub(super) fn decode(finder: &Finder<'_>, node: Node<'_>) -> Decoded {
    let source = finder.source(node);
    let start = node.start_byte();
    let mut out = Decoded::default();
    match node.kind() {
        "block_scalar" => block(source, start, explicit_base(node), &mut out),
        "double_quote_scalar" => {
            let inside = source.strip_prefix('"').unwrap_or(source);
            fold(inside.strip_suffix('"').unwrap_or(inside), start + 1, &mut out, &mut |line, at, out| {
                unescape(line, at, Style::Yaml, out);
            });
        }
        "single_quote_scalar" => {
            let inside = source.strip_prefix('\'').unwrap_or(source);
            fold(inside.strip_suffix('\'').unwrap_or(inside), start + 1, &mut out, &mut |line, at, out| {
                let mut rest = 0;
                while let Some(found) = line[rest..].find("''") {
                    out.literal(at + rest, &line[rest..=rest + found]);
                    rest += found + 2;
                }
                out.literal(at + rest, &line[rest..]);
            });
        }
        _ => fold(source, start, &mut out, &mut |line, at, out| out.literal(at, line)),
    }
    out
}

/// The column from which an indentation indicator counts: that of the mapping or list that holds the scalar.
fn explicit_base(node: Node<'_>) -> usize {
    let mut current = node.parent();
    while let Some(parent) = current {
        if matches!(parent.kind(), "block_mapping" | "block_sequence") {
            return parent.start_position().column;
        }
        current = parent.parent();
    }
    0
}

/// A flow scalar over several lines: a line break is a blank, an empty line a break.
fn fold(source: &str, start: usize, out: &mut Decoded, line_into: &mut dyn FnMut(&str, usize, &mut Decoded)) {
    let mut offset = 0;
    let mut breaks = 0usize;
    for (index, line) in source.split_inclusive('\n').enumerate() {
        let at = offset;
        offset += line.len();
        let last = offset == source.len() && !line.ends_with('\n');
        let body = line.trim_end_matches(['\n', '\r']);
        // Blanks at the ends of the first and the last line belong to a quoted scalar.
        let mut content = if index == 0 { body } else { body.trim_start() };
        let indent = body.len() - content.len();
        if !last {
            content = content.trim_end();
        }
        if index > 0 {
            if content.is_empty() && !last {
                breaks += 1;
                continue;
            }
            let here = start + at + indent;
            // A backslash at the end of a double-quoted line takes the break away.
            if out.text.ends_with('\\') && breaks == 0 {
                out.text.pop();
            } else if breaks > 0 {
                out.stand_in(here, &"\n".repeat(breaks));
            } else {
                out.stand_in(here, " ");
            }
        }
        breaks = 0;
        line_into(content, start + at + indent, out);
    }
}

/// `|` and `>` scalars with their indentation and chomping indicators. The last line always ends: no reader of an
/// embedded language minds.
fn block(source: &str, start: usize, base: usize, out: &mut Decoded) {
    let (header, body) = source.split_once('\n').unwrap_or((source, ""));
    let body_start = start + header.len() + 1;
    let header = header.split('#').next().unwrap_or_default();
    let folded = header.starts_with('>');
    let digit = header.chars().find_map(|letter| letter.to_digit(10)).filter(|digit| *digit > 0);
    let indent = match digit {
        Some(digit) => base + digit as usize,
        None => body
            .lines()
            .find(|line| !line.trim().is_empty())
            .map_or(0, |line| line.len() - line.trim_start_matches(' ').len()),
    };
    let mut offset = 0;
    let mut breaks = 0usize;
    let mut before: Option<bool> = None;
    for line in body.split_inclusive('\n') {
        let at = body_start + offset;
        offset += line.len();
        let content = line.trim_end_matches(['\n', '\r']);
        let own = content.len() - content.trim_start_matches(' ').len();
        let cut = own.min(indent);
        let content = &content[cut..];
        if content.trim().is_empty() {
            breaks += 1;
            continue;
        }
        // Lines that begin with a blank keep their breaks also in a folded scalar.
        let spaced = content.starts_with([' ', '\t']);
        if let Some(spaced_before) = before {
            // A line that keeps its break brought it along.
            let ended = !folded || spaced_before;
            if !ended && !spaced {
                out.stand_in(at + cut, if breaks == 0 { " " } else { "\n" });
                breaks = breaks.saturating_sub(1);
            } else if !ended {
                out.stand_in(at + cut, "\n");
            }
            out.stand_in(at + cut, &"\n".repeat(breaks));
        }
        out.literal(at + cut, content);
        before = Some(spaced);
        breaks = 0;
        let literal_break = &line[cut + content.len()..];
        if !folded || spaced {
            if literal_break == "\n" {
                out.literal(at + cut + content.len(), "\n");
            } else {
                out.stand_in(at + cut + content.len(), "\n");
            }
        }
    }
    if !out.text.ends_with('\n') {
        out.stand_in(start + source.len().saturating_sub(1), "\n");
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline::Value;
    use super::super::testing::{document, finder_of};

    /// The decoded value of the first key, and the (line, column) of a word in it.
    fn value(text: &str, word: &str) -> (String, (u32, u32)) {
        let document = document("a.yaml", text);
        let finder = finder_of(&document);
        let tree = document.tree.as_ref().unwrap();
        let mut node = tree.root_node();
        while !node.kind().ends_with("_mapping") {
            node = node.named_child(0).unwrap();
        }
        let decoded = Value::of(node).entries(&finder)[0].value.text(&finder).unwrap();
        let at = decoded.origin(decoded.text.find(word).unwrap());
        let position = document.lines.position(at);
        (decoded.text, (position.line, position.column))
    }

    #[test]
    fn literal_blocks_keep_lines_and_indentation() {
        assert_eq!(
            value("a: |\n  one\n    two\n\n  three\n", "three"),
            ("one\n  two\n\nthree\n".into(), (5, 3))
        );
        assert_eq!(value("a: |2-\n    one\n  two\n", "one"), ("  one\ntwo\n".into(), (2, 5)));
        assert_eq!(value("a: |-\r\n  one\r\n  two\r\n", "two"), ("one\ntwo\n".into(), (3, 3)));
    }

    #[test]
    fn folded_blocks_join_lines() {
        assert_eq!(value("a: >-\n  one\n  two\n\n  three\n", "two"), ("one two\nthree\n".into(), (3, 3)));
        assert_eq!(value("a: >\n  one\n    two\n  three\n", "three"), ("one\n  two\nthree\n".into(), (4, 3)));
    }

    #[test]
    fn flow_scalars_fold_and_unescape() {
        assert_eq!(value("a: one\n  two\n", "two"), ("one two".into(), (2, 3)));
        assert_eq!(value("a: 'it''s\n  two'\n", "two"), ("it's two".into(), (2, 3)));
        assert_eq!(value("a: \"x\\ty \\\"z\\\"\n  two\"\n", "two"), ("x\ty \"z\" two".into(), (2, 3)));
        assert_eq!(value("a: 'ü x'\n", "x"), ("ü x".into(), (1, 7)));
    }
}
