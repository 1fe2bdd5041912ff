//! What a project decided: threshold, rules, places, waivers. Read from the old side, so that a change cannot
//! lower the bar for itself.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{AssistantPolicy, Day, Threshold};
use crate::change::{Change, ChangeError, Side};
use crate::context::{Assistants, AssumeAi, People, PlaceName, PlaceSettings};
use crate::facts::Globs;
use crate::nearest;
use crate::rules::{RuleSet, Severity};

/// Where a project keeps its decisions; one of the two.
pub const CONFIGURATION: [&str; 2] = ["foureyes.toml", ".foureyes.toml"];

/// The decisions in force for one change.
#[derive(Debug)]
pub struct Policy {
    pub threshold: Threshold,
    pub waivers: Vec<ConfiguredWaiver>,
    /// Waivers of earlier days do not count.
    pub today: Day,
    /// What the reader must know about where the policy came from; a sentence each.
    pub remarks: Vec<String>,
    places: BTreeMap<PlaceName, Vec<String>>,
    pub people: People,
    pub assistants: Assistants,
    /// Holds where an assistant helped, if it is lower than `threshold`.
    pub threshold_with_assistants: Option<Threshold>,
    pub assistant_policy: AssistantPolicy,
    disable: Vec<String>,
    severity: BTreeMap<String, Severity>,
    /// What errors call the file.
    source: String,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            threshold: Threshold::default(),
            waivers: Vec::new(),
            today: Day::today(),
            remarks: Vec::new(),
            places: BTreeMap::new(),
            people: People::default(),
            assistants: Assistants::default(),
            threshold_with_assistants: None,
            assistant_policy: AssistantPolicy::default(),
            disable: Vec::new(),
            severity: BTreeMap::new(),
            source: String::new(),
        }
    }
}

/// A waiver in the configuration.
#[derive(Debug)]
pub struct ConfiguredWaiver {
    /// A rule's id, or a pattern such as `terraform/*`.
    pub rule: String,
    pub path: Option<Globs>,
    pub until: Day,
    pub reason: String,
    /// `foureyes.toml`.
    pub source: String,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct PolicyError {
    /// The file, with the line where it is known: `foureyes.toml:3`.
    pub place: String,
    pub reason: String,
    pub hint: Option<String>,
}

/// The configuration as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    gate: GateTable,
    #[serde(default)]
    rules: RulesTable,
    #[serde(default)]
    places: BTreeMap<PlaceName, Vec<String>>,
    #[serde(default)]
    people: People,
    #[serde(default)]
    ai: AiTable,
    #[serde(default)]
    waivers: Vec<WaiverTable>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct GateTable {
    fail_on: Option<FailOn>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a score from 1 to 100, or low, medium, high or critical")]
enum FailOn {
    Points(i64),
    Level(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AiTable {
    #[serde(default)]
    assume_ai: AssumeAi,
    #[serde(default)]
    policy: AssistantPolicy,
    fail_on: Option<FailOn>,
    #[serde(default)]
    reviewers: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesTable {
    #[serde(default)]
    disable: Vec<String>,
    #[serde(default)]
    severity: BTreeMap<String, Severity>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverTable {
    rule: String,
    path: Option<String>,
    until: Until,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a day such as 2027-01-31")]
enum Until {
    Written(String),
    Date(toml::value::Datetime),
}

impl Policy {
    /// The policy of the old side; of the new side where the old one has none. A configuration that the change
    /// writes must be usable too, or it would stand in the way of every later change.
    pub fn of_change(change: &Change) -> Result<Self, PolicyError> {
        let new = match find(change, Side::New)? {
            Some((path, _)) if !touches(change, path) => None,
            Some((path, text)) => Some((path, Self::parse(path, &text)?)),
            None => None,
        };
        let old = match find(change, Side::Old)? {
            Some((path, text)) => Self::parse(path, &text).map(Some),
            None => Ok(None),
        };
        match (old, new) {
            (Ok(Some(policy)), _) => Ok(policy),
            (Ok(None), None) => Ok(Self::default()),
            (Ok(None), Some((path, mut policy))) => {
                policy.remarks.push(format!("{path} is new and was read from the change itself"));
                Ok(policy)
            }
            // Otherwise nothing could ever repair it.
            (Err(error), Some((path, mut policy))) => {
                policy
                    .remarks
                    .push(format!("{path} was read from the change itself: the old one is broken ({error})"));
                Ok(policy)
            }
            (Err(error), None) => {
                Err(PolicyError { reason: format!("{} (on the old side)", error.reason), ..error })
            }
        }
    }

    /// Reads a configuration. `name` is what errors and waivers call it.
    pub fn parse(name: &str, text: &str) -> Result<Self, PolicyError> {
        let fail = |reason: String, hint: Option<String>| PolicyError { place: name.to_owned(), reason, hint };
        let written: Written = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| {
                1 + text.as_bytes()[..span.start.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
            });
            let reason = error.message().lines().next().unwrap_or_default().to_owned();
            PolicyError {
                place: line.map_or_else(|| name.to_owned(), |line| format!("{name}:{line}")),
                hint: Some(nearest::expected(&reason).unwrap_or_else(|| KEYS_HINT.to_owned())),
                reason,
            }
        })?;
        let threshold = |key: &str, fail_on: Option<FailOn>| {
            let written = match fail_on {
                None => return Ok(None),
                Some(FailOn::Points(points)) => points.to_string(),
                Some(FailOn::Level(level)) => level,
            };
            written.parse().map(Some).map_err(|reason| fail(format!("`{key}.fail_on`: {reason}"), None))
        };
        let with_assistants = threshold("ai", written.ai.fail_on)?;
        let threshold = threshold("gate", written.gate.fail_on)?.unwrap_or_default();
        if written.places.contains_key(&PlaceName::Subject) {
            return Err(fail("`places.subject`: a rule decides that, no path does".to_owned(), None));
        }
        PlaceSettings::new(&written.places)
            .map_err(|reason| fail(format!("`places`: {reason}"), Some(GLOB_HINT.to_owned())))?;
        let waivers = written
            .waivers
            .into_iter()
            .enumerate()
            .map(|(index, waiver)| {
                waiver.read(name).map_err(|reason| {
                    fail(format!("waiver {}: {reason}", index + 1), Some(WAIVER_HINT.to_owned()))
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            threshold,
            waivers,
            places: written.places,
            people: written.people,
            assistants: Assistants { assume: written.ai.assume_ai, reviewers: written.ai.reviewers },
            threshold_with_assistants: with_assistants,
            assistant_policy: written.ai.policy,
            disable: written.rules.disable,
            severity: written.rules.severity,
            source: name.to_owned(),
            ..Self::default()
        })
    }

    /// Whether a configuration was read.
    pub fn is_configured(&self) -> bool {
        !self.source.is_empty()
    }

    /// The paths that the project assigns to places.
    pub fn places(&self) -> PlaceSettings {
        // The globs were compiled once when the configuration was read.
        PlaceSettings::new(&self.places).unwrap_or_default()
    }

    /// Leaves out the rules that the project switched off and gives others its severity. A name that no rule has
    /// is an error.
    pub fn configure(&self, rules: &mut RuleSet) -> Result<(), PolicyError> {
        let named = self.disable.iter().map(|name| ("rules.disable", name));
        let named = named.chain(self.severity.keys().map(|name| ("rules.severity", name)));
        let waived = self.waivers.iter().map(|waiver| ("waivers.rule", &waiver.rule));
        for (key, name) in named.chain(waived) {
            if !rules.iter().any(|entry| speaks_of(name, &entry.rule.id)) {
                let near = nearest::name(name, rules.iter().map(|entry| entry.rule.id.as_str()));
                return Err(PolicyError {
                    place: self.source.clone(),
                    reason: format!("`{key}`: there is no rule `{name}`"),
                    hint: Some(match near {
                        Some(near) => format!("did you mean `{near}`? `foureyes rules` lists all"),
                        None => "`foureyes rules` lists all".to_owned(),
                    }),
                });
            }
        }
        rules.configure(&|id| self.disable.iter().any(|name| speaks_of(name, id)), &|id| {
            self.severity.iter().find(|(name, _)| speaks_of(name, id)).map(|(_, severity)| *severity)
        });
        Ok(())
    }
}

const KEYS_HINT: &str = "docs/configuration.md lists every key";
const GLOB_HINT: &str = "`*` stays inside a folder, `**` crosses folders: `envs/live/**`";
const WAIVER_HINT: &str =
    "a waiver needs `rule`, `until` (a day) and `reason`; `path` is a glob and can be left out";

impl WaiverTable {
    fn read(self, source: &str) -> Result<ConfiguredWaiver, String> {
        if self.reason.trim().is_empty() {
            return Err("`reason` is empty".to_owned());
        }
        let until = match self.until {
            Until::Written(day) => day,
            Until::Date(day) => day.to_string(),
        };
        let path = self.path.map(|glob| Globs::new(&[glob])).transpose();
        let path = path.map_err(|reason| format!("`path`: {reason}"))?;
        Ok(ConfiguredWaiver {
            rule: self.rule,
            path,
            until: until.parse().map_err(|reason| format!("`until`: {reason}"))?,
            reason: self.reason.trim().to_owned(),
            source: source.to_owned(),
        })
    }
}

/// Whether a name in the configuration means a rule: its id, or the beginning of it before a final `*`.
pub(super) fn speaks_of(name: &str, id: &str) -> bool {
    name.strip_suffix('*').map_or(name == id, |start| id.starts_with(start))
}

/// Whether a file of this path on the new side is part of the change.
fn touches(change: &Change, path: &str) -> bool {
    change.files.iter().any(|file| file.new.as_ref().is_some_and(|side| side.path == path))
}

/// The configuration of one side with its path.
fn find(change: &Change, side: Side) -> Result<Option<(&'static str, String)>, PolicyError> {
    let mut found = None;
    for path in CONFIGURATION {
        let fail = |reason: String, hint: &str| PolicyError {
            place: path.to_owned(),
            reason,
            hint: Some(hint.to_owned()),
        };
        let bytes = change.tree(side).read(path).map_err(|error: ChangeError| {
            fail(error.to_string(), "the policy must be readable before anything is judged")
        })?;
        let Some(bytes) = bytes else { continue };
        let text = String::from_utf8(bytes).map_err(|_| fail("not UTF-8".to_owned(), "save it as UTF-8"))?;
        if found.replace((path, text)).is_some() {
            return Err(fail(format!("there is also {}", CONFIGURATION[0]), "keep one of the two"));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> PolicyError {
        Policy::parse("foureyes.toml", text).unwrap_err()
    }

    fn files(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn every_key_is_read() {
        let policy = Policy::parse(
            "foureyes.toml",
            "[gate]\nfail_on = \"high\"\n[rules]\ndisable = [\"a/*\"]\n[rules.severity]\n\"b/c\" = \"low\"\n\
             [places]\nproduction = [\"live/**\"]\n[ai]\nassume_ai = \"always\"\npolicy = \"sign-off\"\nfail_on = 30\nreviewers = [\"senior\"]\n\
             [people.roles]\nsre = [\"@acme/sre\"]\n[people.experience]\n\"ada@example.com\" = \"owner\"\n\
             [[waivers]]\nrule = \"b/c\"\npath = \"old/**\"\nuntil = 2027-01-31\nreason = \"leaves in January\"\n\
             [[waivers]]\nrule = \"b/d\"\nuntil = \"2027-01-31\"\nreason = \"x\"\n",
        )
        .unwrap();
        assert_eq!(policy.threshold.score().points(), 40);
        assert_eq!(policy.waivers.len(), 2);
        assert_eq!((policy.assistants.assume, policy.people.roles.len()), (AssumeAi::Always, 1));
        assert_eq!(policy.assistants.reviewers, ["senior"]);
        assert_eq!(policy.assistant_policy, AssistantPolicy::SignOff);
        assert_eq!(policy.threshold_with_assistants.map(|points| points.score().points()), Some(30));
        assert_eq!(policy.waivers[0].until, "2027-01-31".parse().unwrap());
        assert_eq!(Policy::parse("x", "gate.fail_on = 55").unwrap().threshold.score().points(), 55);
    }

    #[test]
    fn a_wrong_key_names_line_and_nearest_key() {
        let unknown = error("[gate]\nfail_at = 3\n");
        assert_eq!(unknown.place, "foureyes.toml:2");
        assert_eq!(unknown.hint.as_deref(), Some("did you mean `fail_on`?"));
        assert_eq!(error("[places]\nprod = []\n").hint.as_deref(), Some("did you mean `production`?"));
    }

    #[test]
    fn what_cannot_hold_is_an_error() {
        assert_eq!(error("[gate\n").place, "foureyes.toml:1");
        for wrong in [
            "gate.fail_on = 0",
            "gate.fail_on = true",
            "ai.fail_on = 0",
            "ai.policy = \"sometimes\"",
            "gate.fail_on = \"grave\"",
            "places.production = [\"a{\"]",
            "places.subject = [\"a\"]",
            "[[waivers]]\nrule = \"a/b\"\nuntil = 2027-01-31\nreason = \" \"",
            "[[waivers]]\nrule = \"a/b\"\nuntil = 2027-01-31",
            "[[waivers]]\nrule = \"a/b\"\nreason = \"x\"",
            "[[waivers]]\nrule = \"a/b\"\nuntil = \"soon\"\nreason = \"x\"",
        ] {
            error(wrong);
        }
    }

    #[test]
    fn the_old_side_decides() {
        let strict = ("foureyes.toml", "gate.fail_on = 10");
        let lax = ("foureyes.toml", "gate.fail_on = 100");
        let points = |old: &[(&str, &str)], new: &[(&str, &str)]| {
            let policy = Policy::of_change(&Change::in_memory(&files(old), &files(new))).unwrap();
            (policy.threshold.score().points(), policy.remarks.len())
        };
        assert_eq!(points(&[strict], &[lax]), (10, 0));
        assert_eq!(points(&[strict], &[]), (10, 0));
        assert_eq!(points(&[], &[lax]), (100, 1));
        assert_eq!(points(&[], &[]), (70, 0));
        let broken = ("foureyes.toml", "gate.fail_on = 1000");
        assert_eq!(points(&[broken], &[lax]), (100, 1));
        for (old, new) in [(strict, broken), (broken, broken)] {
            assert!(Policy::of_change(&Change::in_memory(&files(&[old]), &files(&[new]))).is_err());
        }
        let both = files(&[strict, (".foureyes.toml", "")]);
        assert!(Policy::of_change(&Change::in_memory(&both, &both)).is_err());
    }
}
