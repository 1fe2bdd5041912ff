//! The score from which the gate fails, as people write it: a number or a level.

use std::fmt;
use std::str::FromStr;

use crate::risk::{Level, Score};

/// 1 to 100 points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold(Score);

impl Threshold {
    pub fn score(self) -> Score {
        self.0
    }

    /// `low` means: as soon as there is a point at all.
    pub fn of_level(level: Level) -> Self {
        Self(Score::new(f64::from(level.threshold().points().max(1))))
    }
}

impl Default for Threshold {
    fn default() -> Self {
        Self::of_level(Level::Critical)
    }
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let level = match text.to_ascii_lowercase().as_str() {
            "low" => Some(Level::Low),
            "medium" => Some(Level::Medium),
            "high" => Some(Level::High),
            "critical" => Some(Level::Critical),
            _ => None,
        };
        match (level, text.parse::<u8>()) {
            (Some(level), _) => Ok(Self::of_level(level)),
            (None, Ok(points @ 1..=100)) => Ok(Self(Score::new(f64::from(points)))),
            _ => Err(format!("`{text}` is neither a score from 1 to 100 nor low, medium, high or critical")),
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.points())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_scores_are_thresholds() {
        let points = |text: &str| text.parse::<Threshold>().map(|threshold| threshold.score().points());
        assert_eq!(points("critical"), Ok(70));
        assert_eq!(points("HIGH"), Ok(40));
        assert_eq!(points("low"), Ok(1));
        assert_eq!(points("55"), Ok(55));
        for wrong in ["0", "101", "-1", "severe", "", "7.5"] {
            assert!(points(wrong).is_err(), "{wrong}");
        }
    }
}
