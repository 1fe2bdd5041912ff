//! `token-permissions`: the token of a job may do more than before, wherever the permissions are written.

use std::collections::BTreeMap;

use super::Evidence;
use crate::facts::{Resource, System};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};
use crate::source::Locus;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    None,
    Read,
    Write,
}

/// What a token may do.
enum Token {
    /// Nothing is said; the setting of the repository decides.
    Unsaid,
    /// The same for every scope.
    All(Level),
    /// By scope; others are none.
    Scopes(BTreeMap<String, Level>),
}

impl Token {
    fn of(job: &Resource) -> Self {
        let level = |text: &str| match text {
            "write" | "write-all" => Level::Write,
            "read" | "read-all" => Level::Read,
            _ => Level::None,
        };
        if let Some(all) = job.attribute("token") {
            return match all.value.as_text().as_str() {
                "default" => Self::Unsaid,
                text => Self::All(level(text)),
            };
        }
        let scopes = job.attributes.iter().filter_map(|attribute| {
            Some((attribute.path.strip_prefix("token.")?.to_owned(), level(&attribute.value.as_text())))
        });
        Self::Scopes(scopes.collect())
    }

    fn level(&self, scope: &str) -> Level {
        match self {
            Self::Unsaid => Level::Write,
            Self::All(level) => *level,
            Self::Scopes(scopes) => scopes.get(scope).copied().unwrap_or(Level::None),
        }
    }
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    // Permissions of the whole workflow are one edit for all of its jobs.
    let mut told: Vec<Told<'_>> = Vec::new();
    for (old, before, new, after) in evidence.changed() {
        if after.system != System::Github || after.kind != "job" {
            continue;
        }
        let (was, is) = (Token::of(before), Token::of(after));
        let (gained, severity, path) = match (&was, &is) {
            // What the repository grants by default is not known.
            (Token::Unsaid, Token::All(Level::Write)) => {
                ("everything".to_owned(), Severity::Medium, "token".to_owned())
            }
            (Token::Unsaid, _) => continue,
            (Token::All(Level::Write), Token::Unsaid) => continue,
            (_, Token::Unsaid) => {
                ("whatever the repository grants by default".to_owned(), Severity::Medium, "token".to_owned())
            }
            (Token::All(Level::Write), Token::All(_)) | (_, Token::All(Level::None | Level::Read)) => continue,
            (_, Token::All(Level::Write)) => {
                ("write access to everything".to_owned(), rule.severity, "token".to_owned())
            }
            (_, Token::Scopes(scopes)) => {
                let wider: Vec<&String> = scopes
                    .iter()
                    .filter(|(scope, level)| **level == Level::Write && was.level(scope) < Level::Write)
                    .map(|(scope, _)| scope)
                    .collect();
                let is_grave = |scope: &&&String| {
                    matches!(scope.as_str(), "contents" | "actions" | "packages" | "id-token" | "deployments")
                };
                let grave = wider.iter().find(is_grave);
                let Some(shown) = grave.or(wider.first()) else { continue };
                let names: Vec<String> = wider.iter().map(|scope| format!("{scope}: write")).collect();
                let severity =
                    if grave.is_some() { rule.severity } else { rule.severity.min(Severity::Medium) };
                (names.join(", "), severity, format!("token.{shown}"))
            }
        };
        let locus = after.attribute(&path).map_or(&new.locus, |attribute| &attribute.locus);
        let old_locus = before
            .attribute(&path)
            .or_else(|| before.attributes.iter().find(|attribute| attribute.path.starts_with("token")))
            .map_or(&old.locus, |attribute| &attribute.locus);
        let same = |told: &Told<'_>| {
            (told.locus.file, told.locus.start.line, &told.gained) == (locus.file, locus.start.line, &gained)
        };
        let environment = |job: &Resource| job.attributes.iter().any(|one| one.path.starts_with("environment"));
        let delivers = environment(before) || environment(after);
        let known = told.iter().position(same);
        let more = known.map_or(0, |at| told[at].more + 1);
        // The job that reaches an environment speaks for the others.
        if let Some(known) = known {
            if !delivers || told[known].delivers {
                told[known].more = more;
                continue;
            }
            told.remove(known);
        }
        let draft = Draft {
            old: Some(OldPlace::at(old_locus)),
            subject: Some(subject_of(new)),
            severity: Some(severity),
            content: gained.clone(),
            ..Draft::new(Kind::Changed, Place::start_of(locus))
        };
        let draft = draft.capture("name", &after.name).capture("new", &gained);
        told.push(Told { draft, locus, gained, address: &after.address, more, delivers });
    }
    let word = |told: Told<'_>| {
        let address = match told.more {
            0 => told.address.to_owned(),
            1 => format!("{} and one more job", told.address),
            more => format!("{} and {more} more jobs", told.address),
        };
        told.draft.capture("address", address).finish(rule)
    };
    told.into_iter().map(word).collect()
}

/// A finding that may speak of several jobs.
struct Told<'a> {
    draft: Draft,
    locus: &'a Locus,
    gained: String,
    address: &'a str,
    more: usize,
    delivers: bool,
}
