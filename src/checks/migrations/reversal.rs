//! `irreversible-migration`: a new step has no usable way back, where its tool or its neighbours have one.

use super::super::Evidence;
use super::text::said;
use super::{file_name, folder, text};
use crate::change::{Side, Status};
use crate::facts::{Expression, divided, step_of};
use crate::rules::{Draft, Finding, Kind, Place, Rule};

pub(in super::super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, file) in evidence.change.files.iter().enumerate() {
        let added = matches!(file.status, Status::Added | Status::Copied);
        let (true, Some(new), Some(after)) = (added, &file.new, text(file.new.as_ref())) else { continue };
        let Some(step) = step_of(&new.path, after).filter(|step| !step.repeated && !step.appended) else {
            continue;
        };
        let found = match new.path.rsplit('.').next().unwrap_or_default() {
            "py" if step.tool == "django" => django(after),
            "py" => functions(after, "def upgrade(", "def downgrade("),
            "rb" => rails(after),
            "sql" => sql(evidence, &new.path, after),
            "js" | "ts" | "mjs" | "cjs" => javascript(after),
            "cs" => csharp(after),
            "rs" => rust(after),
            _ => None,
        };
        let Some((line, reason)) = found else { continue };
        let draft = Draft::new(Kind::Introduced, Place::line(index, &new.path, line));
        findings.push(draft.capture("name", file_name(&new.path)).capture("reason", reason).finish(rule));
    }
    findings
}

type Found = Option<(u32, String)>;

/// Python functions by indentation: the second one does nothing although the first does something.
fn functions(text: &str, there: &str, back: &str) -> Found {
    let body = |start: &str| -> Option<(u32, Vec<String>)> {
        let lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|line| line.starts_with(start))?;
        let body = lines[at + 1..]
            .iter()
            .take_while(|line| line.trim().is_empty() || line.starts_with([' ', '\t']))
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        Some((at as u32 + 1, without_docstring(body)))
    };
    let (_, does) = body(there)?;
    let (line, undoes) = body(back)?;
    let nothing = |body: &[String]| body.iter().all(|line| matches!(line.as_str(), "pass" | "..." | "return"));
    if nothing(&does) {
        return None;
    }
    if nothing(&undoes) {
        return Some((line, "its way back does nothing".to_owned()));
    }
    undoes
        .first()
        .is_some_and(|first| first.starts_with("raise"))
        .then(|| (line, "its way back refuses".to_owned()))
}

fn without_docstring(mut body: Vec<String>) -> Vec<String> {
    let quoted = |line: &String, mark: &str| line.starts_with(mark);
    for mark in ["\"\"\"", "'''"] {
        if body.first().is_some_and(|line| quoted(line, mark)) {
            let closes = body[0].len() > 3 && body[0].ends_with(mark) && body[0].len() >= 6;
            let end = if closes {
                0
            } else {
                body.iter().skip(1).position(|line| line.ends_with(mark)).map_or(0, |at| at + 1)
            };
            body.drain(..=end);
        }
    }
    body
}

/// Django: `RunPython` and `RunSQL` with the way there alone.
fn django(text: &str) -> Found {
    static CALL: Expression = Expression::of(r"migrations\.(RunPython|RunSQL)\(");
    for found in CALL.captures_iter(text) {
        let whole = found.get(0)?;
        let arguments = balanced(&text[whole.end()..])?;
        let one = divided(arguments.trim_end().trim_end_matches(',')).len() == 1;
        let named = arguments.contains("reverse_code") || arguments.contains("reverse_sql");
        if one && !named {
            let line = text[..whole.start()].matches('\n').count() as u32 + 1;
            return Some((line, format!("{} has no way back", found.get(1)?.as_str())));
        }
    }
    None
}

/// Rails: `change` holds what Rails cannot turn round, or `down` refuses or is empty.
fn rails(text: &str) -> Found {
    let lines: Vec<&str> = text.lines().collect();
    let mut method = "";
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim();
        let number = at as u32 + 1;
        if let Some(name) = code.strip_prefix("def ") {
            method = name.trim_start_matches("self.").split(['(', ' ']).next().unwrap_or_default();
            let next = lines[at + 1..]
                .iter()
                .map(|line| line.trim())
                .find(|line| !line.is_empty() && !line.starts_with('#'));
            let has_up = lines
                .iter()
                .any(|line| line.trim().starts_with("def up") || line.trim().starts_with("def self.up"));
            if method == "down" && has_up && next == Some("end") {
                return Some((number, "its way back does nothing".to_owned()));
            }
            continue;
        }
        if method == "down" && code.starts_with("raise ActiveRecord::IrreversibleMigration") {
            return Some((number, "its way back refuses".to_owned()));
        }
        if method != "change"
            || lines.iter().any(|line| line.contains("reversible do") || line.contains("revert "))
        {
            continue;
        }
        let words: Vec<&str> = code.split([' ', '(', ',']).filter(|word| !word.is_empty()).collect();
        let irreversible = match words.first().copied().unwrap_or_default() {
            "execute" | "change_column" | "remove_columns" => true,
            "remove_column" => !code.contains("type") && code.matches(',').count() < 2 && !code.ends_with(','),
            "drop_table" => !code.contains(" do") && !code.contains('{'),
            "change_column_default" => !code.contains("from:"),
            "remove_index" => !code.contains("column:") && code.matches(',').count() < 1,
            _ => false,
        };
        if irreversible {
            return Some((
                number,
                format!("Rails cannot turn `{}` round", words.first().copied().unwrap_or_default()),
            ));
        }
    }
    None
}

/// SQL: no file for the way back beside it, or nothing in it, although other steps have one.
fn sql(evidence: &Evidence<'_>, path: &str, after: &str) -> Found {
    let name = file_name(path);
    let own = folder(path);
    let lower = after.to_ascii_lowercase();
    for (there, back) in
        [("+goose up", "+goose down"), ("migrate:up", "migrate:down"), ("+migrate up", "+migrate down")]
    {
        if let Some(start) = lower.find(there) {
            let rest = lower[start..].find(back).map(|at| &after[start + at..]);
            let empty =
                rest.is_none_or(|rest| is_empty_sql(rest.split_once('\n').map_or("", |(_, rest)| rest)));
            return empty.then(|| (1, "its way back is empty".to_owned()));
        }
    }
    let back = if let Some(stem) = name.strip_suffix(".up.sql") {
        format!("{stem}.down.sql")
    } else if name == "up.sql" {
        "down.sql".to_owned()
    } else {
        return None;
    };
    let other = if own.is_empty() { back.clone() } else { format!("{own}/{back}") };
    match evidence.change.tree(Side::New).read(&other).ok()? {
        Some(bytes) => is_empty_sql(&String::from_utf8_lossy(&bytes)).then(|| (1, format!("{back} is empty"))),
        None => {
            let names = evidence.change.tree(Side::New).list(own).ok()?;
            let usual = names.iter().any(|name| name.ends_with(".down.sql"));
            usual.then(|| (1, format!("there is no {back}")))
        }
    }
}

fn is_empty_sql(text: &str) -> bool {
    said("down.sql", text).iter().all(|word| matches!(word.as_str(), ";" | "begin" | "commit" | "select" | "1"))
}

/// Knex, Sequelize, TypeORM: `down` without a body.
fn javascript(text: &str) -> Found {
    static DOWN: Expression = Expression::of(
        r"(?:\bdown\s*(?:=|:)?\s*(?:async\s*)?(?:function\s*\w*)?\s*\([^)]*\)\s*(?::\s*Promise<[^>]*>)?\s*(?:=>)?|function\s+down\s*\([^)]*\)[^{]*)\s*\{([^{}]*)\}",
    );
    let found = DOWN.captures(text)?;
    let body = said("down.js", found.get(1)?.as_str());
    let nothing = body
        .iter()
        .all(|word| matches!(word.as_str(), ";" | "return" | "null" | "Promise" | "." | "resolve" | "(" | ")"));
    let throws = body.first().is_some_and(|first| first == "throw");
    let line = text[..found.get(0)?.start()].matches('\n').count() as u32 + 1;
    if nothing {
        Some((line, "its way back does nothing".to_owned()))
    } else {
        throws.then(|| (line, "its way back refuses".to_owned()))
    }
}

fn csharp(text: &str) -> Found {
    static DOWN: Expression = Expression::of(r"void\s+Down\s*\([^)]*\)\s*\{([^{}]*)\}");
    let found = DOWN.captures(text)?;
    let empty = said("down.cs", found.get(1)?.as_str()).is_empty();
    static UP: Expression = Expression::of(r"void\s+Up\s*\([^)]*\)\s*\{\s*\}");
    let line = text[..found.get(0)?.start()].matches('\n').count() as u32 + 1;
    (empty && !UP.is_match(text)).then(|| (line, "its way back does nothing".to_owned()))
}

/// SeaORM: `down` that only says that all is well, or that it cannot.
fn rust(text: &str) -> Found {
    static DOWN: Expression = Expression::of(r"async\s+fn\s+down\s*\([^)]*\)[^{]*\{([^{}]*)\}");
    let found = DOWN.captures(text)?;
    let body: String = said("down.rs", found.get(1)?.as_str()).concat();
    let line = text[..found.get(0)?.start()].matches('\n').count() as u32 + 1;
    let refuses = body.starts_with("Err(") || body.starts_with("todo!") || body.starts_with("unimplemented!");
    match body.as_str() {
        "Ok(())" => Some((line, "its way back does nothing".to_owned())),
        _ => refuses.then(|| (line, "its way back refuses".to_owned())),
    }
}

/// Up to the parenthesis that closes the one before.
fn balanced(text: &str) -> Option<&str> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => return Some(&text[..at]),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}
