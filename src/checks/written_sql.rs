//! `sql-from-text`: a value is written into the text of a statement where a parameter stood or could stand.

use std::collections::HashMap;

use super::Evidence;
use crate::facts::Expression;
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Subject};
use crate::source::{Document, HOLE, Language, Locus, SideReading};

struct Patterns {
    /// Statements that take values.
    verb: Expression,
    /// What stands before a value.
    compared: Expression,
    listed: Expression,
    /// What a driver fills.
    bound: Expression,
    /// Expressions that cannot say anything but what is meant.
    harmless: Expression,
    /// Calls that only show a text.
    shown: Expression,
}

static PATTERNS: Patterns = Patterns {
    verb: Expression::of(r"(?i)^\s*(?:with|select|insert|update|delete|replace|merge|from)\b"),
    compared: Expression::of(
        r#"(?i)([\w."`\[\]]+)\s*(<>|!=|<=|>=|=|<|>|\b(?:not\s+)?i?like|\b(?:not\s+)?in\s*\(|\bbetween)\s*(?:\(\s*)?(?:\w+\(\s*)?$"#,
    ),
    listed: Expression::of(r"(?i)\bvalues\s*\((?:[^;]*,)?\s*$"),
    bound: Expression::of(r"\?|\$\d+|%s|%\(\w+\)s|[:@][A-Za-z_]\w*"),
    harmless: Expression::of(
        r#"(?x)
                    ^(?:[\w.:]*[.:])?[A-Z][A-Z0-9_]*$            # a constant
                    |^\d|^["']
                    |(?i:\b(?:int|float|bool|number|parse_?int|parse_?float|strconv\.\w+|integer\.parse\w*|uuid\w*|len|date)\s*\()
                    |(?i:quot|escap|literal|ident|sanit|mogrify|placeholder|\bmarks?\b|\bparams?\b|bind|\?|\bsql\b|join\(|repeat\()
                    |\.(?:length|len\(\)|size\(\)|toISOString\(\)|isoformat\(\))$
                    |(?i:^(?:self\.|this\.|cls\.)?_?(?:table|column|col|field|schema|alias|prefix|order|where|clause|cond|filter)\w*$)
                    "#,
    ),
    shown: Expression::of(
        r#"(?i)\b(?:log\w*|f?print\w*|info|debug|trace|warn\w*|error\w*|exception|fail\w*|panic|assert\w*|expect|echo|describe|it|test|title|help|description)\s*!?[(=:]\s*[a-z&]*["'`]*$"#,
    ),
};

/// A place of a statement that takes a value.
struct Slot {
    /// What stands before it, in lower case: `id =`, `values (`.
    context: String,
    /// What is written there; `None` for a parameter.
    expression: Option<String>,
    locus: Locus,
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut before: Vec<Slot> = Vec::new();
    for reading in evidence.readings {
        before.extend(reading.old.as_ref().map(slots).unwrap_or_default().into_iter().flatten());
    }
    let mut written: HashMap<String, usize> = HashMap::new();
    for slot in before.iter().filter(|slot| slot.expression.is_some()) {
        *written.entry(slot.context.clone()).or_default() += 1;
    }
    let mut findings = Vec::new();
    for (index, reading) in evidence.readings.iter().enumerate() {
        let (Some(file), Some(new)) = (evidence.change.files.get(index), &reading.new) else { continue };
        let all = slots(new);
        let still_bound = |context: &str| {
            all.iter().flatten().filter(|slot| slot.expression.is_none() && slot.context == context).count()
        };
        for statement in &all {
            let mut first = None;
            for slot in statement.iter().filter(|slot| slot.expression.is_some()) {
                // What stood on the old side anywhere in the change is not asked about.
                match written.get_mut(&slot.context).filter(|count| **count > 0) {
                    Some(count) => *count -= 1,
                    None => first = first.or(Some(slot)),
                }
            }
            let Some(slot) = first else { continue };
            let parameters: Vec<&Slot> = before
                .iter()
                .filter(|old| {
                    old.expression.is_none() && old.locus.file == index && old.context == slot.context
                })
                .collect();
            let was_bound = parameters.first().filter(|_| parameters.len() > still_bound(&slot.context));
            let expression = slot.expression.clone().unwrap_or_default();
            let shown: String = expression.chars().take(60).collect();
            let draft = Draft {
                old: was_bound.map(|old| OldPlace::at(&old.locus)),
                subject: Some(Subject { home: file.path().to_owned(), name: slot.locus.scope.join(".") }),
                doubt: u8::from(was_bound.is_none()),
                evidence: was_bound
                    .map(|_| "it was handed over as a parameter before".to_owned())
                    .into_iter()
                    .collect(),
                content: slot.context.clone(),
                ..Draft::new(
                    if was_bound.is_some() { Kind::Changed } else { Kind::Introduced },
                    Place::line(index, file.path(), slot.locus.start.line),
                )
            };
            let name = if shown.is_empty() { "a value".to_owned() } else { format!("`{shown}`") };
            findings.push(draft.capture("name", name).capture("text", &slot.context).finish(rule));
        }
    }
    findings
}

/// The slots of each statement in the program code of one side.
fn slots(side: &SideReading) -> Vec<Vec<Slot>> {
    let Some(host) = side.documents.first().filter(|host| host.language.is_program()) else {
        return Vec::new();
    };
    let statements = side.documents.iter().filter(|one| one.language == Language::Sql);
    let patterns = &PATTERNS;
    statements.filter_map(|statement| slots_of(statement, host, patterns)).collect()
}

fn slots_of(statement: &Document, host: &Document, patterns: &Patterns) -> Option<Vec<Slot>> {
    let embedding = statement.embedding.as_ref()?;
    let text: &str = &statement.text;
    if !patterns.verb.is_match(text) || is_handed_on(host, embedding.map.to_host(0), patterns) {
        return None;
    }
    let mut found = Vec::new();
    for (at, expression) in &embedding.holes {
        let (Some(prefix), Some(rest)) = (text.get(..*at), text.get(*at..)) else { continue };
        let rest = rest.strip_prefix(HOLE).unwrap_or(rest);
        let Some((context, quoted)) = context(prefix, patterns) else { continue };
        // A name goes on after it.
        let goes_on =
            rest.starts_with(|next: char| next == '.' || next == '_' || next == '(' || next.is_alphanumeric());
        if goes_on && !quoted || is_harmless(expression, host, patterns) {
            continue;
        }
        let locus = statement.locus(*at..*at + 1, Vec::new());
        found.push(Slot { context, expression: Some(expression.clone()), locus });
    }
    for parameter in patterns.bound.find_iter(text) {
        let Some((context, false)) = text.get(..parameter.start()).and_then(|prefix| context(prefix, patterns))
        else {
            continue;
        };
        let locus = statement.locus(parameter.start()..parameter.end(), Vec::new());
        found.push(Slot { context, expression: None, locus });
    }
    Some(found)
}

/// What stands before a value, and whether it stands in quotes.
fn context(prefix: &str, patterns: &Patterns) -> Option<(String, bool)> {
    let open = |quote: char| prefix.matches(quote).count() % 2 == 1;
    let quote = ['\'', '"'].into_iter().find(|quote| open(*quote));
    let prefix = quote.and_then(|quote| prefix.rfind(quote)).and_then(|at| prefix.get(..at)).unwrap_or(prefix);
    let context = match patterns.compared.captures(prefix) {
        Some(found) => {
            let operator: Vec<&str> = found.get(2)?.as_str().split_whitespace().collect();
            format!("{} {}", found.get(1)?.as_str(), operator.join(" ")).to_lowercase()
        }
        None => patterns.listed.is_match(prefix).then(|| "values (".to_owned())?,
    };
    Some((context, quote.is_some()))
}

/// Tagged templates (`` sql`…` ``) make parameters of what is put in; what is only shown runs nowhere.
fn is_handed_on(host: &Document, start: usize, patterns: &Patterns) -> bool {
    let mut from = start.saturating_sub(80);
    while !host.text.is_char_boundary(from) {
        from += 1;
    }
    let Some(before) = host.text.get(from..start) else { return false };
    let script = matches!(host.language, Language::JavaScript | Language::TypeScript | Language::Tsx);
    let tagged = script
        && before.strip_suffix('`').is_some_and(|tag| {
            tag.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '_' | '$' | ')' | '>'))
                && !tag.ends_with("raw")
                && !tag.ends_with("return")
        });
    tagged || patterns.shown.is_match(before)
}

/// Constants, numbers and what was made safe.
fn is_harmless(expression: &str, host: &Document, patterns: &Patterns) -> bool {
    let expression = expression.trim();
    if patterns.harmless.is_match(expression) {
        return true;
    }
    let plain =
        !expression.is_empty() && expression.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    plain && is_number(expression, &host.text)
}

/// Whether a variable is declared as a number or an identifier of fixed form.
fn is_number(name: &str, text: &str) -> bool {
    const TYPES: &str = r"(?:[iu](?:8|16|32|64|128|size)|u?int(?:8|16|32|64)?|float(?:32|64)?|f32|f64|long|Long|Integer|short|double|bool|boolean|number|bigint|[uU][uU][iI][dD](?:::Uuid|\.UUID)?)";
    let pattern =
        format!(r"\b{name}\??\s*:\s*&?{TYPES}\b|\b{name}(?:,\s*\w+)*\s+{TYPES}\b|\b{TYPES}\s+{name}\b");
    Expression::new(pattern).is_match(text)
}
