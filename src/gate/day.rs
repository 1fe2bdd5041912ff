//! The day until which a waiver holds.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::calendar;

/// A day of the Gregorian calendar, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970-01-01.
    number: i64,
    /// `YYYY-MM-DD`, or empty for today.
    written: String,
}

impl Day {
    pub fn today() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self { number: i64::try_from(seconds / 86_400).unwrap_or(i64::MAX), written: String::new() }
    }

    pub fn is_before(&self, other: &Self) -> bool {
        self.number < other.number
    }
}

impl FromStr for Day {
    type Err = String;

    /// `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a day of the form 2027-01-31");
        let fields: Vec<&str> = text.split('-').collect();
        let [year, month, day] = fields.as_slice() else { return Err(wrong()) };
        let digits = |field: &str, count: usize| {
            (field.len() == count && field.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| field.parse::<i64>().ok())
                .flatten()
        };
        let number = digits(year, 4)
            .zip(digits(month, 2))
            .zip(digits(day, 2))
            .and_then(|((year, month), day)| calendar::days(year, month, day))
            .ok_or_else(wrong)?;
        Ok(Self { number, written: text.to_owned() })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_days() {
        let day = |text: &str| text.parse::<Day>();
        assert!(day("2026-11-24").unwrap().is_before(&day("2027-01-31").unwrap()));
        assert!(!day("2027-01-31").unwrap().is_before(&day("2027-01-31").unwrap()));
        for wrong in
            ["2027-02-29", "2027-1-31", "31.01.2027", "2027-13-01", "", "2027-01-31T00:00", "+027-01-31"]
        {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }
}
