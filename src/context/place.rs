//! Which environment a finding acts on, with the evidence for it.

use super::{Place, PlaceName};
use crate::rules::{Finding, PlacePolicy};

impl PlaceName {
    /// The word of the ledger.
    pub fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Unknown => "unknown",
            Self::Migration => "migration",
            Self::Ci => "CI",
            Self::Shared => "shared",
            Self::Staging => "staging",
            Self::Script => "script",
            Self::Development => "development",
            Self::Test => "test",
            Self::Docs => "docs",
            Self::Generated => "generated",
            Self::Subject => "subject",
        }
    }

    pub fn factor(self) -> f64 {
        match self {
            Self::Production => 1.25,
            Self::Shared => 1.1,
            Self::Unknown | Self::Migration | Self::Ci | Self::Subject => 1.0,
            Self::Script => 0.8,
            Self::Staging => 0.7,
            Self::Development => 0.4,
            Self::Test => 0.2,
            Self::Docs | Self::Generated => 0.1,
        }
    }
}

/// Where a finding stands.
pub fn place_of(finding: &Finding) -> Place {
    let name = match finding.place_policy {
        PlacePolicy::Subject => PlaceName::Subject,
        PlacePolicy::Scales => PlaceName::Unknown,
    };
    Place { name, factor: name.factor(), evidence: Vec::new() }
}
