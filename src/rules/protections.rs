//! Which attribute protects at which value: the table `rules/data/protect.json`.

use std::sync::OnceLock;

use serde::Deserialize;

use super::model::Severity;
use crate::facts::{Resource, Scalar, Value, glob};

const PROTECT: &str = include_str!("../../rules/data/protect.json");

/// One protective attribute, as the table writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    group: String,
    types: Vec<String>,
    #[serde(default)]
    not_types: Vec<String>,
    /// Path without indexes.
    pub attribute: String,
    /// Values that protect; left out where only the direction of a number counts.
    #[serde(default)]
    safe: Option<Safe>,
    /// A number that moves this way protects less, whatever it is.
    #[serde(default)]
    worse: Option<Worse>,
    /// Below (or above, where higher is worse) this a number is dangerous.
    #[serde(default)]
    floor: Option<f64>,
    /// Zero stands for "for ever".
    #[serde(default)]
    zero_is_endless: bool,
    /// What an absent attribute means; for blocks and values without a default nothing.
    #[serde(default)]
    default: Option<serde_json::Value>,
    /// How grave the loss is at most; that of the rule unless given.
    #[serde(default)]
    severity: Option<Severity>,
    /// The row does not speak of resources that set one of these.
    #[serde(default)]
    unless: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Safe {
    Values(Vec<serde_json::Value>),
    /// From the safest to the least safe; any step down is a loss.
    Order {
        order: Vec<String>,
    },
    Presence {
        present: bool,
    },
    Bound {
        #[serde(default)]
        at_least: Option<f64>,
        #[serde(default)]
        above: Option<f64>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Worse {
    Lower,
    Higher,
}

/// That a turn of a value takes protection away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Steps of confidence lost.
    pub doubt: u8,
    /// Instead of the rule's own severity.
    pub severity: Option<Severity>,
}

impl Protection {
    /// What an absent attribute means.
    pub fn default(&self) -> Option<Value> {
        self.default.as_ref().and_then(scalar)
    }

    /// The row speaks of this resource.
    pub fn concerns(&self, resource: &Resource) -> bool {
        !self.unless.iter().any(|path| {
            resource.attributes.iter().any(|attribute| attribute.path == *path)
                || resource.blocks.contains(path)
        })
    }

    /// Whether going from one value to the other loses protection. `None` stands for an absent attribute.
    pub fn loss(&self, old: Option<&Value>, new: Option<&Value>) -> Option<Loss> {
        let default = self.default();
        let (old, new) = (old.or(default.as_ref()), new.or(default.as_ref()));
        let sure = |severity| Some(Loss { doubt: 0, severity });
        if let Some(worse) = self.worse
            && let (Some(was), Some(is)) = (self.number(old), self.number(new))
        {
            let dropped = match worse {
                Worse::Lower => is < was,
                Worse::Higher => is > was,
            };
            return dropped.then(|| Loss { doubt: 0, severity: Some(self.grave(was, is)) });
        }
        let safe = self.safe.as_ref()?;
        if let Safe::Order { order } = safe {
            let rank = |value: Option<&Value>| {
                let text = value?.as_text();
                order.iter().position(|known| known.eq_ignore_ascii_case(&text))
            };
            return match (rank(old), rank(new)) {
                (Some(was), Some(is)) if is > was => sure(self.severity),
                _ => None,
            };
        }
        match (self.is_safe(safe, old), self.is_safe(safe, new)) {
            (Some(true), Some(false)) => sure(self.severity),
            (Some(true), None) => Some(Loss { doubt: 2, severity: self.severity }),
            _ => None,
        }
    }

    /// How grave a number's fall is: to nothing most, below the floor or by half high, else medium.
    fn grave(&self, was: f64, is: f64) -> Severity {
        let most = self.severity.unwrap_or(Severity::Critical);
        let beyond = |floor: f64| if self.worse == Some(Worse::Higher) { is > floor } else { is < floor };
        let (less, more) = if is < was { (is, was) } else { (was, is) };
        if is == 0.0 && !self.zero_is_endless && self.worse == Some(Worse::Lower) {
            most
        } else if self.floor.is_some_and(beyond) || less * 2.0 <= more {
            most.min(Severity::High)
        } else {
            most.min(Severity::Medium)
        }
    }

    fn number(&self, value: Option<&Value>) -> Option<f64> {
        let number = value?.as_number()?;
        Some(if self.zero_is_endless && number == 0.0 { f64::MAX } else { number })
    }

    /// `None` where source alone cannot tell.
    fn is_safe(&self, safe: &Safe, value: Option<&Value>) -> Option<bool> {
        if let Safe::Presence { present } = safe {
            let there =
                value.is_some_and(|value| !matches!(value.as_text().as_str(), "" | "[]" | "{}" | "null"));
            return Some(there == *present);
        }
        let value = match value {
            None => return Some(false),
            Some(Value::Unknown(_)) => return None,
            Some(value) => value,
        };
        Some(match safe {
            Safe::Values(values) => values.iter().filter_map(scalar).any(|safe| {
                safe.is_same(value)
                    || (matches!(safe, Value::Literal(Scalar::String(_)))
                        && safe.as_text().eq_ignore_ascii_case(&value.as_text()))
            }),
            Safe::Bound { at_least, above } => {
                let number = self.number(Some(value))?;
                at_least.is_none_or(|bound| number >= bound) && above.is_none_or(|bound| number > bound)
            }
            Safe::Order { .. } | Safe::Presence { .. } => return None,
        })
    }
}

fn scalar(value: &serde_json::Value) -> Option<Value> {
    Some(Value::Literal(match value {
        serde_json::Value::Bool(value) => Scalar::Bool(*value),
        serde_json::Value::Number(value) => Scalar::Number(value.as_f64()?),
        serde_json::Value::String(value) => Scalar::String(value.clone()),
        _ => return None,
    }))
}

/// The rows for a type, in table order.
pub fn protections(kind: &str, group: Option<&str>) -> Vec<&'static Protection> {
    static TABLE: OnceLock<Vec<Protection>> = OnceLock::new();
    // A test reads the whole table, so it parses.
    let table = TABLE.get_or_init(|| serde_json::from_str(PROTECT).unwrap_or_default());
    table
        .iter()
        .filter(|row| group.is_none_or(|group| row.group == group))
        .filter(|row| row.types.iter().any(|pattern| glob(pattern, kind)))
        .filter(|row| !row.not_types.iter().any(|pattern| glob(pattern, kind)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Protection {
        serde_json::from_str(text).unwrap()
    }

    fn number(value: f64) -> Value {
        Value::Literal(Scalar::Number(value))
    }

    #[test]
    fn the_table_parses() {
        let rows: Vec<Protection> = serde_json::from_str(PROTECT).unwrap();
        assert!(rows.len() > 100);
        for row in &rows {
            assert!(row.safe.is_some() || row.worse.is_some(), "{row:?}");
        }
        assert!(!protections("aws_db_instance", Some("deletion")).is_empty());
    }

    #[test]
    fn absent_values_are_the_default() {
        let row = row(r#"{"group": "g", "types": ["t"], "attribute": "a", "safe": [true], "default": false}"#);
        let on = Value::Literal(Scalar::Bool(true));
        assert_eq!(row.loss(Some(&on), None), Some(Loss { doubt: 0, severity: None }));
        assert_eq!(row.loss(None, Some(&on)), None);
        assert_eq!(row.loss(None, None), None);
        let unknown = Value::Unknown("var.a".into());
        assert_eq!(row.loss(Some(&on), Some(&unknown)), Some(Loss { doubt: 2, severity: None }));
        assert_eq!(row.loss(Some(&unknown), None), None);
    }

    #[test]
    fn falling_numbers_are_graded() {
        let row = row(
            r#"{"group": "g", "types": ["t"], "attribute": "a", "worse": "lower", "floor": 7, "default": 0}"#,
        );
        let severity =
            |was: f64, is: f64| row.loss(Some(&number(was)), Some(&number(is))).and_then(|l| l.severity);
        assert_eq!(severity(30.0, 0.0), Some(Severity::Critical));
        assert_eq!(severity(30.0, 3.0), Some(Severity::High));
        assert_eq!(severity(30.0, 14.0), Some(Severity::High));
        assert_eq!(severity(30.0, 20.0), Some(Severity::Medium));
        assert_eq!(severity(20.0, 30.0), None);
        assert_eq!(row.loss(Some(&number(7.0)), None).and_then(|l| l.severity), Some(Severity::Critical));
    }

    #[test]
    fn zero_can_mean_for_ever() {
        let row = row(
            r#"{"group": "g", "types": ["t"], "attribute": "a", "worse": "lower", "default": 0, "zero_is_endless": true}"#,
        );
        assert!(row.loss(None, Some(&number(30.0))).is_some());
        assert!(row.loss(Some(&number(30.0)), Some(&number(0.0))).is_none());
    }

    #[test]
    fn presence_alone_can_protect() {
        let row = row(r#"{"group": "g", "types": ["t"], "attribute": "a", "safe": {"present": true}}"#);
        assert!(row.loss(Some(&Value::string("x")), None).is_some());
        assert!(row.loss(Some(&Value::Unknown("var.a".into())), None).is_some());
        assert!(row.loss(None, Some(&Value::string("x"))).is_none());
    }

    #[test]
    fn ordered_words_lose_downwards() {
        let row = row(
            r#"{"group": "g", "types": ["t"], "attribute": "a", "safe": {"order": ["GRS", "ZRS", "LRS"]}}"#,
        );
        let text = |value: &str| Value::string(value);
        assert!(row.loss(Some(&text("GRS")), Some(&text("LRS"))).is_some());
        assert!(row.loss(Some(&text("LRS")), Some(&text("GRS"))).is_none());
    }
}
