//! Whether a condition always holds.

use super::phrase::{Phrase, unquoted};
use super::token::{Kind, tokenize};

/// Depth to which `NOT` and parentheses are followed.
const DEEPEST: u8 = 8;

/// Whether a condition in normal form always holds: `1 = 1`, `TRUE`, `id = id`, `NOT FALSE`, `x = 2 OR 1 = 1`,
/// `EXISTS (SELECT 1)`, and the two that serve to get past a safe-update mode: `id > 0`, `name LIKE '%'`.
pub fn is_tautology(conjunct: &str) -> bool {
    let tokens = tokenize(conjunct, None).list;
    holds(Phrase { text: conjunct, tokens: &tokens }, 0) == Some(true)
}

/// The constant value of a condition, if it has one.
fn holds(condition: Phrase<'_>, depth: u8) -> Option<bool> {
    if depth > DEEPEST || condition.len() == 0 {
        return None;
    }
    if condition.kind(0) == Some(Kind::Open) && condition.after_group(0) == condition.len() {
        return holds(condition.group(0), depth + 1);
    }
    let branches = parts(condition, "OR");
    if branches.len() > 1 {
        let values: Vec<Option<bool>> = branches.into_iter().map(|branch| holds(branch, depth + 1)).collect();
        return if values.contains(&Some(true)) {
            Some(true)
        } else {
            values.iter().all(|value| *value == Some(false)).then_some(false)
        };
    }
    if !condition.is(2, "BETWEEN") && condition.find(0, &["BETWEEN"]).is_none() {
        let branches = parts(condition, "AND");
        if branches.len() > 1 {
            let values: Vec<Option<bool>> =
                branches.into_iter().map(|branch| holds(branch, depth + 1)).collect();
            return if values.contains(&Some(false)) {
                Some(false)
            } else {
                values.iter().all(|value| *value == Some(true)).then_some(true)
            };
        }
    }
    if condition.is(0, "NOT") {
        return holds(condition.from(1), depth + 1).map(|value| !value);
    }
    if condition.is(0, "EXISTS") {
        let query = condition.group(1);
        let constant = query.is(0, "SELECT") && query.find(0, &["FROM"]).is_none();
        return (constant && condition.after_group(1) == condition.len()).then_some(true);
    }
    if condition.len() == 1 {
        return constant(condition);
    }
    comparison(condition)
}

fn parts<'a>(condition: Phrase<'a>, word: &str) -> Vec<Phrase<'a>> {
    let mut found = Vec::new();
    let mut start = 0;
    for at in 0..condition.len() {
        if condition.is_top(at) && condition.is(at, word) {
            found.push(condition.part(start, at));
            start = at + 1;
        }
    }
    found.push(condition.from(start));
    found
}

fn constant(value: Phrase<'_>) -> Option<bool> {
    if value.is(0, "TRUE") {
        return Some(true);
    }
    if value.is(0, "FALSE") {
        return Some(false);
    }
    match value.kind(0)? {
        Kind::Number => value.source(0).parse::<f64>().ok().map(|number| number != 0.0),
        Kind::Text => match unquoted(value.source(0)).to_ascii_lowercase().as_str() {
            "t" | "true" | "1" => Some(true),
            _ => None,
        },
        _ => None,
    }
}

fn comparison(condition: Phrase<'_>) -> Option<bool> {
    let at = (0..condition.len()).find(|at| {
        condition.is_top(*at)
            && (matches!(condition.source(*at), "=" | "==" | "<>" | "!=" | "<" | ">" | "<=" | ">=" | "<=>")
                || condition.is_any(*at, &["LIKE", "ILIKE", "IS"]))
    })?;
    let (left, right) = (condition.part(0, at), condition.from(at + 1));
    if left.len() == 0 || right.len() == 0 {
        return None;
    }
    let operator = condition.source(at);
    if condition.is_any(at, &["LIKE", "ILIKE"]) {
        let all = right.len() == 1 && right.kind(0) == Some(Kind::Text) && unquoted(right.source(0)) == "%";
        return all.then_some(true);
    }
    if condition.is(at, "IS") {
        let given = constant(left).is_some();
        return (given && right.is(0, "NOT") && right.is(1, "NULL")).then_some(true);
    }
    let literal = |side: Phrase<'_>| {
        (side.len() == 1 && matches!(side.kind(0), Some(Kind::Number | Kind::Text)))
            .then(|| side.source(0).to_owned())
    };
    if let (Some(left), Some(right)) = (literal(left), literal(right)) {
        if let (Ok(left), Ok(right)) = (left.parse::<f64>(), right.parse::<f64>()) {
            return Some(match operator {
                "=" | "==" | "<=>" => left == right,
                "<>" | "!=" => left != right,
                "<" => left < right,
                ">" => left > right,
                "<=" => left <= right,
                _ => left >= right,
            });
        }
        let same = unquoted(&left) == unquoted(&right);
        return match operator {
            "=" | "==" | "<=>" => Some(same),
            "<>" | "!=" => Some(!same),
            _ => None,
        };
    }
    if matches!(operator, "=" | "==" | "<=>" | ">=" | "<=")
        && is_column(left)
        && left.normal() == right.normal()
    {
        return Some(true);
    }
    // Keys count from one.
    let key = is_column(left) && left.word(left.len() - 1).eq_ignore_ascii_case("id");
    let number = literal(right).and_then(|right| right.parse::<f64>().ok())?;
    let every = match operator {
        ">" => number <= 0.0,
        ">=" => number <= 1.0,
        "<>" | "!=" => number == 0.0,
        _ => false,
    };
    (key && every).then_some(true)
}

/// A column with or without its table.
fn is_column(side: Phrase<'_>) -> bool {
    side.kind(side.len().saturating_sub(1)).is_some_and(|kind| matches!(kind, Kind::Word | Kind::Name))
        && side.tokens.iter().all(|token| matches!(token.kind, Kind::Word | Kind::Name | Kind::Dot))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_that_always_hold() {
        for condition in [
            "1=1",
            "1 = 1",
            "TRUE",
            "true",
            "1",
            "id = id",
            "t.id = t.id",
            "'a' = 'a'",
            "NOT false",
            "NOT (1 = 0)",
            "(1 = 1)",
            "1 <> 2",
            "1 < 2",
            "status = 'draft' OR 1 = 1",
            "EXISTS (SELECT 1)",
            "id > 0",
            "users.id >= 1",
            "name LIKE '%'",
            "1 IS NOT NULL",
        ] {
            assert!(is_tautology(condition), "{condition}");
        }
    }

    #[test]
    fn conditions_that_restrict() {
        for condition in [
            "",
            "id = 1",
            "1 = 0",
            "id = other_id",
            "a.id = b.id",
            "deleted_at IS NOT NULL",
            "EXISTS (SELECT 1 FROM x)",
            "id > 100",
            "amount > 0",
            "name LIKE 'a%'",
            "NOT true",
            "f(x) = f(x)",
            "1 = 1 AND id = 2",
            "__hole__",
            "1 = __hole__",
            "id BETWEEN 1 AND 2",
            "'a' = 'b'",
        ] {
            assert!(!is_tautology(condition), "{condition}");
        }
    }
}
