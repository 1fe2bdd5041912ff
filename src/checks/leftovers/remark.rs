//! The comment of a line, in any language.

use crate::source::SideReading;

/// What opens a comment, the longest first.
const OPENERS: [&str; 13] = ["<!--", "{/*", "{{/*", "///", "//!", "//", "/**", "/*", "--", "##", "#", "*", ";"];
const CLOSERS: [&str; 4] = ["*/}", "-->", "*/", "--}}"];
/// Levels up from the leaf of a tree at which a comment is looked for.
const LEVELS: usize = 3;

/// The text of the comment on a 1-based line, without what opens and closes it; with `whole` only if nothing else
/// stands on the line.
pub(super) fn comment(side: &SideReading, line: u32, whole: bool) -> Option<&str> {
    let text = side.lines.line(line)?;
    let start = side.lines.range(line)?.start;
    let indent = text.len() - text.trim_start().len();
    let host = side.documents.first();
    let tree = host.and_then(|host| host.tree.as_ref()).filter(|tree| !tree.root_node().has_error());
    match tree {
        Some(tree) => {
            let is_comment = |offset: usize| {
                let mut node = tree.root_node().descendant_for_byte_range(offset, offset + 1);
                for _ in 0..LEVELS {
                    match node {
                        Some(inner) if inner.kind().contains("comment") => return true,
                        Some(inner) => node = inner.parent(),
                        None => return false,
                    }
                }
                false
            };
            if is_comment(start + indent) {
                return Some(bare(text));
            }
            let mut openers = text.match_indices(['#', '/', '-', '<']).map(|(at, _)| at);
            let at = openers.find(|at| is_comment(start + at)).filter(|_| !whole)?;
            Some(bare(&text[at..]))
        }
        None => {
            let trimmed = text.trim_start();
            let opens = OPENERS.iter().any(|opener| trimmed.starts_with(opener));
            if opens {
                return Some(bare(text));
            }
            let at = [" // ", " # ", "\t// ", " -- ", "<!-- "]
                .iter()
                .filter_map(|opener| text.find(opener))
                .min()?;
            (!whole).then(|| bare(&text[at..]))
        }
    }
}

fn bare(text: &str) -> &str {
    let mut text = text.trim();
    if let Some(opener) = OPENERS.iter().find(|opener| text.starts_with(**opener)) {
        text = text[opener.len()..].trim_start();
    }
    if let Some(closer) = CLOSERS.iter().find(|closer| text.ends_with(**closer)) {
        text = text[..text.len() - closer.len()].trim_end();
    }
    text
}
