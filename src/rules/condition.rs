//! Tests of one value: what a rule's `value`, `old` and `new` ask.

use std::cell::Cell;

use super::model::{Condition, ScalarSpec, Trend};
pub(super) use crate::facts::Expression;
use crate::facts::{Scalar, Value};

/// A [`Condition`] whose expressions are compiled.
#[derive(Debug)]
pub(super) struct Test {
    condition: Condition,
    matches: Option<Expression>,
    not_matches: Option<Expression>,
}

thread_local! {
    /// Whether expressions are compiled as soon as they are read, to find the errors of a rule.
    static EAGER: Cell<bool> = const { Cell::new(false) };
}

/// Runs `build` with every expression compiled at once, so that errors surface.
pub(super) fn eagerly<T>(build: impl FnOnce() -> T) -> T {
    let before = EAGER.replace(true);
    let result = build();
    EAGER.set(before);
    result
}

/// A regular expression of a rule; under [`eagerly`] errors name the key.
pub(super) fn expression(key: &str, pattern: &str) -> Result<Expression, String> {
    if EAGER.get() {
        Expression::checked(pattern)
            .map_err(|reason| format!("`{key}`: `{pattern}` is not a regular expression: {reason}"))
    } else {
        Ok(Expression::new(pattern))
    }
}

pub(super) fn optional(key: &str, pattern: Option<&String>) -> Result<Option<Expression>, String> {
    pattern.map(|pattern| expression(key, pattern)).transpose()
}

impl Test {
    pub(super) fn compile(condition: &Condition) -> Result<Self, String> {
        Ok(Self {
            condition: condition.clone(),
            matches: optional("matches", condition.matches.as_ref())?,
            not_matches: optional("not_matches", condition.not_matches.as_ref())?,
        })
    }

    /// Whether a value, `None` for an absent one, passes every key.
    pub(super) fn holds(&self, value: Option<&Value>) -> bool {
        let condition = &self.condition;
        let Some(value) = value else { return condition.absent == Some(true) };
        if condition.absent == Some(true) {
            return false;
        }
        let unknown = matches!(value, Value::Unknown(_));
        if condition.unknown.is_some_and(|wanted| wanted != unknown) {
            return false;
        }
        let text = value.as_text();
        if self.matches.as_ref().is_some_and(|expression| !expression.is_match(&text))
            || self.not_matches.as_ref().is_some_and(|expression| expression.is_match(&text))
        {
            return false;
        }
        let compares = condition.equals.is_some()
            || condition.not.is_some()
            || condition.above.is_some()
            || condition.below.is_some();
        if unknown && compares {
            return false;
        }
        let is = |spec: &ScalarSpec| equals(value, spec);
        condition.equals.as_ref().is_none_or(|any| any.iter().any(is))
            && condition.not.as_ref().is_none_or(|none| !none.iter().any(is))
            && condition.above.is_none_or(|bound| value.as_number().is_some_and(|number| number > bound))
            && condition.below.is_none_or(|bound| value.as_number().is_some_and(|number| number < bound))
    }
}

/// Equality as a reader of configuration means it: any case, `true` for `"true"`, `5` for `"5"`.
pub(super) fn equals(value: &Value, spec: &ScalarSpec) -> bool {
    match spec {
        ScalarSpec::Bool(wanted) => value.as_bool() == Some(*wanted),
        ScalarSpec::Number(wanted) => value.as_number() == Some(*wanted),
        ScalarSpec::String(wanted) => match value {
            Value::Literal(_) => value.as_text().eq_ignore_ascii_case(wanted),
            Value::Unknown(_) => false,
        },
    }
}

pub(super) fn to_value(spec: &ScalarSpec) -> Value {
    Value::Literal(match spec {
        ScalarSpec::Bool(value) => Scalar::Bool(*value),
        ScalarSpec::Number(value) => Scalar::Number(*value),
        ScalarSpec::String(value) => Scalar::String(value.clone()),
    })
}

/// Whether a number went the given way. Values without a number have no trend.
pub(super) fn follows(trend: Trend, old: Option<&Value>, new: Option<&Value>) -> bool {
    match (old.and_then(Value::as_number), new.and_then(Value::as_number)) {
        (Some(old), Some(new)) => match trend {
            Trend::Increased => new > old,
            Trend::Decreased => new < old,
        },
        _ => false,
    }
}
