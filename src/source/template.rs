//! YAML that a template engine fills in first: what would break the grammar is blanked out, offset by offset.

use std::sync::Arc;

use crate::source::HOLE;

/// Bytes of one expression; what is longer is none.
const LONGEST: usize = 4096;

/// Words at the start of an expression that leave nothing in its place.
const CONTROL: [&str; 18] = [
    "if", "else", "end", "range", "with", "define", "block", "template", "for", "endfor", "endif", "elif",
    "set", "macro", "endmacro", "break", "continue", "import",
];

/// The text with expressions of Go templates and Jinja made harmless: lines that hold nothing else are blank, and an
/// expression that begins a value is one word of the same length. Expressions inside other text stay. `None` where
/// there is nothing to do.
pub(super) fn blanked(text: &str) -> Option<Arc<str>> {
    let has = |mark: &str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
    if !has("{{") && !has("{%") {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut changed = false;
    let mut at = 0;
    while let Some((start, end)) = expression(text, at) {
        at = end;
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let before = &text[line_start..start];
        let rest_of_line = text[end..].split('\n').next().unwrap_or_default();
        if before.ends_with('$') || in_quotes(before) {
            continue;
        }
        let inside = text[start + 2..end.saturating_sub(2).max(start + 2)]
            .trim_matches(['-', '+', ' ', '\t', '\n', '~']);
        let first = inside.split([' ', '\t', '\n', '(']).next().unwrap_or_default();
        let is_control = text[start..].starts_with("{%")
            || text[start..].starts_with("{#")
            || inside.starts_with("/*")
            || CONTROL.contains(&first)
            || inside.starts_with('$') && inside.contains(":=");
        let alone = is_blank(&bytes[line_start..start]) && rest_of_line.trim().is_empty();
        let filler = if is_control || alone {
            None
        } else if begins_value(&bytes[line_start..start]) {
            Some(b'_')
        } else {
            continue;
        };
        changed = true;
        for byte in &mut bytes[start..end] {
            if *byte != b'\n' && *byte != b'\r' {
                *byte = filler.unwrap_or(b' ');
            }
        }
        if filler.is_some() && end - start >= HOLE.len() {
            bytes[start..start + HOLE.len()].copy_from_slice(HOLE.as_bytes());
        }
    }
    // Whole expressions were overwritten with ASCII, so the text is still UTF-8.
    changed.then(|| String::from_utf8(bytes).ok().map(Arc::from)).flatten()
}

/// The next `{{ … }}`, `{% … %}` or `{# … #}` from an offset on.
fn expression(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let start = at + text.get(at..)?.find('{')?;
        let close = match text.as_bytes().get(start + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => {
                at = start + 1;
                continue;
            }
        };
        match within(&text[start + 2..]).find(close) {
            Some(found) => return Some((start, start + 2 + found + close.len())),
            None => at = start + 2,
        }
    }
}

/// The part of a text in which an expression must end.
fn within(text: &str) -> &str {
    let end = (0..=LONGEST.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// Whether nothing but a key, a dash or an opening bracket stands before a place of a line.
fn begins_value(before: &[u8]) -> bool {
    let trimmed = before.trim_ascii_end();
    match trimmed.last() {
        None => true,
        Some(b':') => before.len() > trimmed.len(),
        Some(b'-') => before.len() > trimmed.len() && is_blank(&trimmed[..trimmed.len() - 1]),
        Some(b'[' | b',' | b'(') => true,
        // Right behind another expression that was replaced.
        Some(b'_') => {
            trimmed.len() == before.len() && trimmed.windows(HOLE.len()).any(|part| part == HOLE.as_bytes())
        }
        // `{{ a }}:{{ b }}`
        Some(_) => trimmed.windows(HOLE.len()).any(|part| part == HOLE.as_bytes()),
    }
}

/// Whether the end of a line's beginning stands inside quotes.
fn in_quotes(before: &str) -> bool {
    let (mut single, mut double) = (false, false);
    for (at, letter) in before.char_indices() {
        match letter {
            '"' if !single => double = !double,
            // An apostrophe inside a word is none of YAML's.
            '\'' if !double
                && (single || before[..at].ends_with([' ', '\t', '[', ',', '{', ':', '-', '=', '('])) =>
            {
                single = !single
            }
            _ => {}
        }
    }
    single || double
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Language, parse};

    #[test]
    fn helm_templates_keep_their_structure_and_offsets() {
        let text = "apiVersion: v1\nmetadata:\n  name: {{ include \"x\" . }}-api\n  {{- with .Values.labels }}\n  labels:\n    {{- toYaml . | nindent 4 }}\n  {{- end }}\nspec:\n  replicas: {{ .Values.replicas }}\n  image: \"{{ .Values.repo }}:{{ .Values.tag }}\"\n  args: [{{ .a.b.c.d }}, '{{ x }}', a{{ b }}]\n  {{ $k }}: {{ $v | quote }}\n";
        let blank = blanked(text).unwrap();
        assert_eq!(blank.len(), text.len());
        assert!(!parse(&blank, Language::Yaml).unwrap().unwrap().root_node().has_error(), "{blank}");
        let line = |number: usize| blank.lines().nth(number - 1).unwrap().to_owned();
        assert_eq!(line(3), "  name: __hole_____________-api");
        assert_eq!(line(4).trim(), "");
        assert_eq!(line(6).trim(), "");
        assert_eq!(line(9), "  replicas: __hole________________");
        assert_eq!(line(10), "  image: \"{{ .Values.repo }}:{{ .Values.tag }}\"");
        assert_eq!(line(11), "  args: [__hole________, '{{ x }}', a_______]");
    }

    #[test]
    fn workflows_and_plain_text_stay() {
        assert!(blanked("run: echo ${{ inputs.x }}\nif: ${{ y }}\n").is_none());
        assert!(blanked("a: \"{{ b }}\"\nc: it's {{ d }}\n").is_none());
        assert!(blanked("a: b\n").is_none());
    }

    #[test]
    fn jinja_statements_and_comments_leave_nothing() {
        let text = "{# note #}\nl:\n{% for x in y %}\n- a: {{ x }}\n{% endfor %}\nb: {{/* c\n d */}}\n";
        let blank = blanked(text).unwrap();
        assert_eq!(blank.len(), text.len());
        assert!(!parse(&blank, Language::Yaml).unwrap().unwrap().root_node().has_error());
    }
}
