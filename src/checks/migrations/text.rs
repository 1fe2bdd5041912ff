//! What a step says without its comments and blanks.

use crate::source::Language;

/// The words of a text, comments left out; quotes are kept as they are. Good enough to tell a change of what runs
/// from one of how it is written.
pub(super) fn said(path: &str, text: &str) -> Vec<String> {
    let marks = Marks::of(path);
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut rest = text;
    let mut quote: Option<char> = None;
    while let Some(letter) = rest.chars().next() {
        if quote.is_none() {
            if let Some(close) =
                marks.block.iter().find(|(open, _)| rest.starts_with(open)).map(|(_, close)| close)
            {
                rest = rest.find(close).map_or("", |end| &rest[end + close.len()..]);
                flush(&mut word, &mut words);
                continue;
            }
            if marks.line.iter().any(|mark| rest.starts_with(mark)) {
                rest = rest.find('\n').map_or("", |end| &rest[end..]);
                continue;
            }
        }
        rest = &rest[letter.len_utf8()..];
        match quote {
            Some(open) => {
                word.push(letter);
                if letter == open {
                    quote = None;
                }
            }
            None if letter.is_whitespace() => flush(&mut word, &mut words),
            None if letter.is_alphanumeric() || letter == '_' => word.push(letter),
            None => {
                if matches!(letter, '\'' | '"') {
                    quote = Some(letter);
                    word.push(letter);
                } else {
                    flush(&mut word, &mut words);
                    words.push(letter.to_string());
                }
            }
        }
    }
    flush(&mut word, &mut words);
    if Language::of(path, b"") == Language::Sql {
        // Bare words of SQL mean the same in any case, and the last semicolon nothing.
        for word in words.iter_mut().filter(|word| !word.contains(['\'', '"'])) {
            word.make_ascii_lowercase();
        }
        while words.last().is_some_and(|last| last == ";") {
            words.pop();
        }
    }
    words
}

fn flush(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// How comments look in a language.
struct Marks {
    line: &'static [&'static str],
    block: &'static [(&'static str, &'static str)],
}

impl Marks {
    fn of(path: &str) -> Self {
        let ending = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "sql" => Self { line: &["--"], block: &[("/*", "*/")] },
            "py" | "rb" | "exs" | "ex" | "yml" | "yaml" => Self { line: &["#"], block: &[] },
            "xml" => Self { line: &[], block: &[("<!--", "-->")] },
            "json" => Self { line: &[], block: &[] },
            "php" => Self { line: &["//", "#"], block: &[("/*", "*/")] },
            _ => Self { line: &["//"], block: &[("/*", "*/")] },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blanks_say_nothing() {
        let one = said("1.sql", "CREATE TABLE a (b int);\n");
        assert_eq!(one, said("1.sql", "-- new\ncreate table a\n(\n  b int /* x */\n);\n;"));
        assert_ne!(one, said("1.sql", "CREATE TABLE a (b bigint);"));
        assert_ne!(said("1.sql", "SELECT 'A'"), said("1.sql", "SELECT 'a'"));
        assert_eq!(said("1.py", "op.f('a')  # why\n"), said("1.py", "op.f( 'a' )"));
    }
}
