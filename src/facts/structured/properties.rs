//! Lines of keys and values: `.env`, `.properties`, ini files, and the block style of web servers.

use std::ops::Range;

use crate::facts::Value;
use crate::source::Document;

/// One key with its value and the bytes of both.
pub(super) struct Line {
    pub path: String,
    pub value: Value,
    pub span: Range<usize>,
}

/// Blocks in blocks beyond this keep the path they had.
const DEEPEST: usize = 64;

pub(super) fn read(document: &Document) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut section = String::new();
    let mut blocks: Vec<String> = Vec::new();
    let text = &*document.text;
    let mut start = 0;
    while start < text.len() {
        let end = logical_end(text, start);
        let source = &text[start..end];
        let content = source.trim();
        let offset = start + (source.len() - source.trim_start().len());
        start = end;
        if content.is_empty() || content.starts_with(['#', ';', '!']) || content.starts_with("//") {
            continue;
        }
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = name.trim().trim_matches('"').to_owned();
            continue;
        }
        for (content, offset) in statements(content, offset) {
            if let Some(head) = content.strip_suffix('{') {
                if blocks.len() < DEEPEST {
                    blocks.push(head.split_whitespace().collect::<Vec<_>>().join(" "));
                }
                continue;
            }
            if content == "}" {
                blocks.pop();
                continue;
            }
            let Some((key, value)) = pair(content) else { continue };
            let mut path = String::new();
            for part in blocks.iter().map(String::as_str).chain([section.as_str(), key]) {
                if !path.is_empty() && !part.is_empty() {
                    path.push('.');
                }
                path.push_str(part);
            }
            lines.push(Line { path, value, span: offset..offset + content.len() });
        }
    }
    lines
}

/// The statements of a line with their places: several in the style of web servers (`location / { deny all; }`), where
/// braces stand among semicolons, else the line as it is.
fn statements(content: &str, offset: usize) -> Vec<(&str, usize)> {
    let braces = content.bytes().filter(|byte| matches!(byte, b'{' | b'}')).count();
    let is_block = content.contains(';') || content.ends_with('}') && content.contains('{');
    let head = content.split(['{', ';']).next().unwrap_or_default();
    let is_pair = head.split_whitespace().nth(1).is_some_and(|word| word.starts_with('='))
        && !matches!(head.split_whitespace().next(), Some("location" | "if"))
        || head.split_whitespace().next().is_some_and(|word| word.contains(['=', ':', '"', '\'']));
    if braces == 0 || !is_block || is_pair {
        return vec![(content, offset)];
    }
    let mut found = Vec::new();
    let (mut start, mut quote) = (0, None);
    let mut depth_of_variable = false;
    for (at, letter) in content.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            // `${host}` is a name.
            (None, '{') if content[..at].ends_with('$') => depth_of_variable = true,
            (None, '}') if depth_of_variable => depth_of_variable = false,
            (None, '{' | ';') => {
                push_trimmed(&mut found, content, start..at + 1, offset);
                start = at + 1;
            }
            (None, '}') => {
                push_trimmed(&mut found, content, start..at, offset);
                push_trimmed(&mut found, content, at..at + 1, offset);
                start = at + 1;
            }
            (None, '#') if content[..at].ends_with([' ', ';', '{', '}']) => {
                push_trimmed(&mut found, content, start..at, offset);
                return found;
            }
            (None, _) => {}
        }
    }
    push_trimmed(&mut found, content, start..content.len(), offset);
    found
}

fn push_trimmed<'a>(found: &mut Vec<(&'a str, usize)>, content: &'a str, range: Range<usize>, offset: usize) {
    let piece = &content[range.clone()];
    let trimmed = piece.trim();
    if !trimmed.is_empty() && trimmed != ";" {
        found.push((trimmed, offset + range.start + piece.len() - piece.trim_start().len()));
    }
}

/// The end of a line and of the lines that continue it after a backslash.
fn logical_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    loop {
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length + 1);
        let line = text[at..end].trim_end_matches(['\n', '\r']);
        let slashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
        if slashes % 2 == 0 || end == bytes.len() {
            return end;
        }
        at = end;
    }
}

/// Key and value around the first `=`, else `: `, else the first blank.
fn pair(content: &str) -> Option<(&str, Value)> {
    let content = content.strip_prefix("export ").unwrap_or(content);
    let (key, value) = match content.find(['=', ':', ' ', '\t']) {
        None => (content, ""),
        Some(at) => {
            let (key, rest) = content.split_at(at);
            let rest = rest.trim_start();
            (key, rest.strip_prefix(['=', ':']).unwrap_or(rest))
        }
    };
    let key = key.trim().trim_end_matches(';');
    (!key.is_empty()).then(|| (key, Value::string(unquoted(value))))
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote)
            && let Some((inner, _)) = rest.split_once(quote)
        {
            return inner.to_owned();
        }
    }
    let bare = value.find(" #").or_else(|| value.find("\t#")).map_or(value, |at| &value[..at]);
    let bare = bare.trim_end().trim_end_matches(';');
    if bare.contains("\\\n") || bare.contains("\\\r") {
        let parts: Vec<&str> = bare.lines().map(|line| line.trim().trim_end_matches('\\')).collect();
        return parts.concat();
    }
    bare.to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::testing::document;
    use super::*;

    fn shown(path: &str, text: &str) -> Vec<String> {
        read(&document(path, text))
            .iter()
            .map(|line| format!("{}={}", line.path, line.value.as_text()))
            .collect()
    }

    #[test]
    fn each_style_gives_keys_and_values() {
        assert_eq!(shown(".env", "# c\nexport A=\"x y\" # z\nB=1 # why\nC=\n"), ["A=x y", "B=1", "C="]);
        assert_eq!(shown("a.properties", "a.b: c\nd = e\\\n  f\n"), ["a.b=c", "d=ef"]);
        assert_eq!(shown("a.ini", "[db]\nhost = x ; no comment\n[]\ny=2\n"), ["db.host=x ; no comment", "y=2"]);
        assert_eq!(
            shown(
                "nginx.conf",
                "http {\n  server {\n    deny all;\n    location / { \n  allow 10.0.0.0/8;\n}\n  }\n}\nuser www;\r\n"
            ),
            ["http.server.deny=all", "http.server.location /.allow=10.0.0.0/8", "user=www"]
        );
        assert_eq!(
            shown(
                "nginx.conf",
                "server { listen 443; location = /admin { allow 10.0.0.0/8; deny all; } # closed }\n root ${dir}/a;\n}\nuser www;\n"
            ),
            [
                "server.listen=443",
                "server.location = /admin.allow=10.0.0.0/8",
                "server.location = /admin.deny=all",
                "server.root=${dir}/a",
                "user=www"
            ]
        );
        assert_eq!(
            shown("a.ini", "map = {\"x\": 1}\nformat={level};{text}\n"),
            ["map={\"x\": 1}", "format={level};{text}"]
        );
        assert_eq!(shown("redis.conf", "appendonly yes\nsave 900 1\n"), ["appendonly=yes", "save=900 1"]);
    }
}
