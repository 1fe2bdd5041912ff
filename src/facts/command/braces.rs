//! Brace expansion: `/{bin,etc}` is two words.

use super::script::{RawPart, RawWord};

/// Words that one brace expansion may give.
const MOST: usize = 64;

/// First of the letters that stand for the parts of a word that are no unquoted text.
const PLACEHOLDER: u32 = 0xF_0000;

/// The words that a word becomes, or `None` where it has no brace expansion.
pub(super) fn expand(raw: &RawWord) -> Option<Vec<RawWord>> {
    let unquoted =
        |part: &RawPart| matches!(part, RawPart::Text { text, quoted: false, .. } if text.contains('{'));
    if !raw.parts.iter().any(unquoted) {
        return None;
    }
    let mut pattern = String::new();
    for (index, part) in raw.parts.iter().enumerate() {
        match part {
            RawPart::Text { text, quoted: false, .. } => pattern.push_str(text),
            _ => pattern.push(u32::try_from(index).ok().and_then(|index| char::from_u32(PLACEHOLDER + index))?),
        }
    }
    let texts = alternatives(&pattern, 0)?;
    Some(texts.iter().map(|text| rebuild(raw, text)).collect())
}

/// `None` where the text holds no brace expansion, or too many.
fn alternatives(text: &str, depth: u8) -> Option<Vec<String>> {
    if depth > 4 {
        return None;
    }
    let (start, end, choices) = group(text)?;
    let mut found = Vec::new();
    for choice in choices {
        let whole = format!("{}{choice}{}", &text[..start], &text[end..]);
        match alternatives(&whole, depth + 1) {
            Some(more) => found.extend(more),
            None => found.push(whole),
        }
        if found.len() > MOST {
            return None;
        }
    }
    Some(found)
}

/// The first `{a,b}` or `{1..3}`: its start, the offset past its end, and its choices.
fn group(text: &str) -> Option<(usize, usize, Vec<String>)> {
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => open.push((at, Vec::new())),
            ',' => {
                if let Some((_, commas)) = open.last_mut() {
                    commas.push(at);
                }
            }
            '}' => {
                let Some((start, commas)) = open.pop() else { continue };
                let inner = &text[start + 1..at];
                if !commas.is_empty() {
                    let mut choices = Vec::new();
                    let mut from = start + 1;
                    for comma in commas.iter().chain(std::iter::once(&at)) {
                        choices.push(text[from..*comma].to_owned());
                        from = comma + 1;
                    }
                    return Some((start, at + 1, choices));
                }
                if let Some(choices) = range(inner) {
                    return Some((start, at + 1, choices));
                }
            }
            _ => {}
        }
    }
    None
}

/// The two ends of `1..9`: what lies between matters to no rule.
fn range(inner: &str) -> Option<Vec<String>> {
    let (first, last) = inner.split_once("..")?;
    let plain = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric());
    (plain(first) && plain(last)).then(|| vec![first.to_owned(), last.to_owned()])
}

fn rebuild(raw: &RawWord, text: &str) -> RawWord {
    let mut parts: Vec<RawPart> = Vec::new();
    for letter in text.chars() {
        let index = (letter as u32).checked_sub(PLACEHOLDER).and_then(|index| usize::try_from(index).ok());
        if let Some(part) = index.and_then(|index| raw.parts.get(index)) {
            parts.push(copy(part));
            continue;
        }
        match parts.last_mut() {
            Some(RawPart::Text { text, quoted: false, .. }) => text.push(letter),
            _ => parts.push(RawPart::Text { text: letter.to_string(), at: raw.span.start, quoted: false }),
        }
    }
    RawWord { span: raw.span.clone(), parts, quoted: raw.quoted }
}

/// A part without the trees in it, which are read where they stand.
fn copy(part: &RawPart) -> RawPart {
    use super::script::Operation;
    match part {
        RawPart::Text { text, at, quoted } => RawPart::Text { text: text.clone(), at: *at, quoted: *quoted },
        RawPart::Parameter { name, operation, span, quoted } => RawPart::Parameter {
            name: name.clone(),
            operation: match operation {
                Operation::Plain => Operation::Plain,
                Operation::Fails => Operation::Fails,
                Operation::Length => Operation::Length,
                Operation::Transform => Operation::Transform,
                Operation::Default(word) => Operation::Default(Box::new(RawWord {
                    span: word.span.clone(),
                    parts: word.parts.iter().map(copy).collect(),
                    quoted: word.quoted,
                })),
            },
            span: span.clone(),
            quoted: *quoted,
        },
        RawPart::Substitution { span, quoted, .. } => {
            RawPart::Substitution { list: Vec::new(), span: span.clone(), quoted: *quoted }
        }
        RawPart::Arithmetic { span } => RawPart::Arithmetic { span: span.clone() },
        RawPart::Template { span } => RawPart::Template { span: span.clone() },
        RawPart::Array(_) => RawPart::Array(Vec::new()),
    }
}
