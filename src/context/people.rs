//! What a project says of its people, which goes before what the history shows.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::experience::{Experience, Familiarity};
use super::{Origin, Provenance, Reviewer, Reviewers};

/// The tables `[people]` and `[ai]` of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// Who stands for a role that rules ask for: `sre = ["@acme/sre"]`.
    pub roles: BTreeMap<String, Vec<String>>,
    /// How well somebody knows this code, by address: `"ada@example.com" = "owner"`.
    pub experience: BTreeMap<String, Familiarity>,
    /// Who stands behind a handle: `"@ada" = "ada@example.com"`.
    pub handles: BTreeMap<String, String>,
}

/// The table `[ai]`: what holds where an assistant helped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assistants {
    pub assume: AssumeAi,
    /// Roles or people that must look as soon as there is a finding of medium severity.
    pub reviewers: Vec<String>,
}

/// When a change counts as written with an assistant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AssumeAi {
    /// Also where nothing is declared.
    Always,
    #[default]
    Declared,
    /// What is declared is not read.
    Never,
}

impl People {
    /// Puts people and teams in the place of roles.
    pub fn resolve(&self, reviewers: Vec<Reviewer>) -> Vec<Reviewer> {
        let mut resolved: Vec<Reviewer> = Vec::new();
        for reviewer in reviewers {
            let people = reviewer.who.strip_prefix("role ").and_then(|role| self.roles.get(role));
            let Some(people) = people.filter(|people| !people.is_empty()) else {
                resolved.push(reviewer);
                continue;
            };
            for who in people {
                if !resolved.iter().any(|known| known.who.eq_ignore_ascii_case(who)) {
                    let reason = format!("{}: {}", reviewer.who, reviewer.reason);
                    resolved.push(Reviewer::of_role(who.clone(), reason));
                }
            }
        }
        resolved
    }

    /// Leaves out whoever is an author behind a handle, and the second name of somebody who is named by handle.
    pub fn join(&self, reviewers: Reviewers, authors: &[(String, String)]) -> Reviewers {
        let address = |who: &str| {
            let known = self.handles.iter().find(|(handle, _)| handle.eq_ignore_ascii_case(who));
            known.map_or(who, |(_, address)| address.as_str()).to_lowercase()
        };
        let mut seen: Vec<String> = authors.iter().map(|(_, email)| email.to_lowercase()).collect();
        let mut keep = |list: Vec<Reviewer>| -> Vec<Reviewer> {
            list.into_iter()
                .filter(|one| {
                    let address = address(&one.who);
                    let is_new = !seen.contains(&address);
                    seen.push(address);
                    is_new
                })
                .collect()
        };
        Reviewers { required: keep(reviewers.required), suggested: keep(reviewers.suggested) }
    }

    /// Lets what the project says of the authors stand over the history.
    pub fn correct(&self, experience: &mut [Experience], authors: &[(String, String)]) {
        let said = authors.iter().filter_map(|(_, email)| {
            self.experience.iter().find(|(known, _)| known.eq_ignore_ascii_case(email)).map(|(_, said)| *said)
        });
        if let Some(best) = said.max() {
            for one in experience {
                one.familiarity = best;
                one.is_configured = true;
            }
        }
    }
}

impl AssumeAi {
    pub fn apply(self, provenance: Provenance) -> Provenance {
        match (self, provenance.status) {
            (Self::Never, _) => Provenance::default(),
            (Self::Always, Origin::Unknown) => Provenance {
                status: Origin::DeclaredAi,
                evidence: vec!["nothing is declared (assume_ai = \"always\")".to_owned()],
                is_assumed: true,
                ..Provenance::default()
            },
            _ => provenance,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reviewer(who: &str) -> Reviewer {
        Reviewer::of_role(who.to_owned(), "rule a/b".to_owned())
    }

    #[test]
    fn roles_become_people_once() {
        let roles = BTreeMap::from([("sre".to_owned(), vec!["@acme/sre".to_owned()])]);
        let people = People { roles, ..People::default() };
        let resolved = people.resolve(vec![reviewer("@acme/SRE"), reviewer("role sre"), reviewer("role dba")]);
        let who: Vec<&str> = resolved.iter().map(|one| one.who.as_str()).collect();
        assert_eq!(who, ["@acme/SRE", "role dba"]);
        let alone = people.resolve(vec![reviewer("role sre")]);
        assert_eq!((alone[0].who.as_str(), alone[0].reason.as_str()), ("@acme/sre", "role sre: rule a/b"));
    }

    #[test]
    fn a_handle_and_an_address_are_one_person() {
        let handles = BTreeMap::from([
            ("@Ada".to_owned(), "ada@example.com".to_owned()),
            ("@bob".to_owned(), "Bob@example.com".to_owned()),
        ]);
        let people = People { handles, ..People::default() };
        let named = Reviewers {
            required: vec![reviewer("@ada"), reviewer("@bob"), reviewer("@eve")],
            suggested: vec![reviewer("bob@example.com"), reviewer("carol@example.com")],
        };
        let joined = people.join(named, &[("Ada".to_owned(), "ada@example.com".to_owned())]);
        let who: Vec<&str> = joined.required.iter().chain(&joined.suggested).map(|one| &*one.who).collect();
        assert_eq!(who, ["@bob", "@eve", "carol@example.com"]);
    }

    #[test]
    fn what_is_assumed_shows() {
        let of = |assume: AssumeAi| assume.apply(Provenance::default()).status;
        assert_eq!((of(AssumeAi::Always), of(AssumeAi::Declared)), (Origin::DeclaredAi, Origin::Unknown));
        let declared = Provenance { status: Origin::DeclaredAi, ..Provenance::default() };
        assert_eq!(AssumeAi::Never.apply(declared).status, Origin::Unknown);
    }
}
