//! The comment of a line, in any language.

use crate::source::SideReading;

/// What opens a comment, the longest first.
const OPENERS: [&str; 13] = ["<!--", "{/*", "{{/*", "///", "//!", "//", "/**", "/*", "--", "##", "#", "*", ";"];
const CLOSERS: [&str; 4] = ["*/}", "-->", "*/", "--}}"];
/// Levels up from the leaf of a tree at which a comment is looked for.
const LEVELS: usize = 3;

/// The text of the comment that is all there is on a 1-based line, without what opens and closes it.
pub(super) fn comment(side: &SideReading, line: u32) -> Option<&str> {
    let text = side.lines.line(line)?;
    let trimmed = text.trim_start();
    let host = side.documents.first();
    let tree = host.and_then(|host| host.tree.as_ref()).filter(|tree| !tree.root_node().has_error());
    // In a block of comments a line may begin with anything; only a tree tells.
    let opens = OPENERS.iter().any(|opener| trimmed.starts_with(opener));
    let Some(tree) = tree else { return opens.then(|| bare(text)) };
    if !opens && !may_continue(trimmed) {
        return None;
    }
    let offset = side.lines.range(line)?.start + (text.len() - trimmed.len());
    let mut node = tree.root_node().descendant_for_byte_range(offset, offset + 1);
    for _ in 0..LEVELS {
        match node {
            Some(inner) if inner.kind().contains("comment") => return Some(bare(text)),
            Some(inner) => node = inner.parent(),
            None => return None,
        }
    }
    None
}

/// Words or dots, as in the middle of a block of comments; most code has a bracket or an operator.
fn may_continue(text: &str) -> bool {
    text.starts_with(['.', '(', '[', '\u{2026}']) || !text.contains(['=', '(', '{', ';', '"'])
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
