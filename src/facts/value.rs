//! What a value is worth when it is compared: numbers with units, booleans in words, equality of configuration.

use super::{Scalar, Value};

impl Value {
    pub fn string(text: impl Into<String>) -> Self {
        Self::Literal(Scalar::String(text.into()))
    }

    /// The value as text: a string without quotes, `null`, or the source text of an expression.
    pub fn as_text(&self) -> String {
        match self {
            Self::Literal(Scalar::Null) => "null".to_owned(),
            Self::Literal(Scalar::Bool(value)) => value.to_string(),
            Self::Literal(Scalar::Number(value)) => value.to_string(),
            Self::Literal(Scalar::String(text)) | Self::Unknown(text) => text.clone(),
        }
    }

    /// The value for a report: strings in quotes, expressions as written.
    pub fn display(&self) -> String {
        match self {
            Self::Literal(Scalar::String(text)) => format!("\"{text}\""),
            _ => self.as_text(),
        }
    }

    /// `true`, `"true"`, `yes`, `on`, `enabled` and their opposites; numbers are not booleans.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Literal(Scalar::Bool(value)) => Some(*value),
            Self::Literal(Scalar::String(text)) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "enabled" => Some(true),
                "false" | "no" | "off" | "disabled" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A number, also in a string and with a unit. Durations become seconds, sizes bytes, CPU shares cores,
    /// percentages their number; an unknown unit is no number.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Literal(Scalar::Number(value)) => Some(*value),
            Self::Literal(Scalar::String(text)) => with_unit(text.trim()),
            _ => None,
        }
    }

    /// Equality as a reader of configuration means it: `true` is `"true"`, `5` is `"5"`, and an expression equals
    /// the same expression.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown(one), Self::Unknown(other)) => one == other,
            (Self::Literal(one), Self::Literal(other)) if one == other => true,
            (Self::Literal(Scalar::Null), _) | (_, Self::Literal(Scalar::Null)) => false,
            (Self::Literal(_), Self::Literal(_)) => self.as_text() == other.as_text(),
            _ => false,
        }
    }
}

/// `30d`, `512Mi`, `1h30m`, `500m`, `80%`, `1_000`.
fn with_unit(text: &str) -> Option<f64> {
    let plain = text.replace('_', "");
    if let Ok(number) = plain.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    if plain.is_empty() {
        return None;
    }
    let mut total = 0.0;
    let mut rest = plain.as_str();
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(rest.len());
        total += number * factor(rest[..letters].trim())?;
        rest = &rest[letters..];
    }
    Some(total)
}

fn factor(unit: &str) -> Option<f64> {
    Some(match unit {
        "%" => 1.0,
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        // Kubernetes writes thousandths of a core as `500m`; minutes are longer words or part of `1h30m`.
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 604_800.0,
        "y" | "year" | "years" => 31_536_000.0,
        "B" => 1.0,
        "k" | "K" | "KB" | "kB" => 1e3,
        "M" | "MB" => 1e6,
        "G" | "GB" => 1e9,
        "T" | "TB" => 1e12,
        "Ki" | "KiB" => 1024.0,
        "Mi" | "MiB" => 1_048_576.0,
        "Gi" | "GiB" => 1_073_741_824.0,
        "Ti" | "TiB" => 1_099_511_627_776.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_fold_to_seconds_and_bytes() {
        for (text, expected) in [
            ("30d", Some(2_592_000.0)),
            ("1h30m", Some(5400.0)),
            ("512Mi", Some(536_870_912.0)),
            ("80%", Some(80.0)),
            ("1_000", Some(1000.0)),
            ("v2", None),
            ("eu-west-1", None),
            ("", None),
        ] {
            assert_eq!(Value::string(text).as_number(), expected.filter(|_| !text.is_empty()), "{text}");
        }
    }

    #[test]
    fn equality_ignores_quoting_but_not_null() {
        let number = Value::Literal(Scalar::Number(5.0));
        assert!(number.is_same(&Value::string("5")));
        assert!(!Value::Literal(Scalar::Null).is_same(&Value::string("null")));
        assert!(!Value::Unknown("x".into()).is_same(&Value::string("x")));
    }
}
