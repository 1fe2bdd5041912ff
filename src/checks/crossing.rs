//! `crossing`: the configuration of one environment now names an object of another.

use super::Evidence;
use crate::facts::{Attribute, Resource, System, Value, without_indexes};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, subject_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Environment {
    Production,
    Other,
}

/// Arguments that name an object.
const IDENTITIES: [&str; 33] = [
    "id",
    "arn",
    "name",
    "key",
    "bucket",
    "prefix",
    "host",
    "endpoint",
    "url",
    "database_url",
    "connection_string",
    "database",
    "cluster",
    "cluster_name",
    "cluster_identifier",
    "db_instance_identifier",
    "account_id",
    "role_arn",
    "vpc_id",
    "subnet_id",
    "subnet_ids",
    "security_group_id",
    "project",
    "project_id",
    "subscription_id",
    "resource_group_name",
    "secret_id",
    "secret_name",
    "topic",
    "queue_url",
    "workspace",
    "identifier",
    "zone_id",
];

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for delta in evidence.deltas {
        let Some(new) = delta.new_fact() else { continue };
        let crate::facts::Body::Resource(after) = &new.body else { continue };
        let skipped =
            matches!(after.kind.as_str(), "variable" | "output" | "moved" | "removed" | "import" | "check");
        if after.system != System::Terraform || skipped {
            continue;
        }
        let Some(home) = of_path(&new.locus.path) else { continue };
        let before: Option<&Resource> = delta.old().and_then(|old| match &old.body {
            crate::facts::Body::Resource(resource) => Some(resource),
            _ => None,
        });
        // A whole list of environments speaks of all of them.
        let mentioned: Vec<Environment> =
            after.attributes.iter().filter_map(|one| of_value(&one.value)).collect();
        if home == Environment::Production && mentioned.contains(&Environment::Production)
            || home == Environment::Other
                && mentioned.iter().filter(|one| **one == home).count() > 0
                && before.is_none()
        {
            continue;
        }
        let crossing = after.attributes.iter().find(|one| {
            names_an_object(one)
                && of_value(&one.value).is_some_and(|there| there != home)
                && !before.is_some_and(|before| {
                    before.attributes.iter().any(|old| of_value(&old.value).is_some_and(|there| there != home))
                })
        });
        let Some(crossing) = crossing else { continue };
        let old = before.and_then(|before| before.attribute(&crossing.path));
        let draft = Draft {
            old: old
                .or(None)
                .map(|one| OldPlace::at(&one.locus))
                .or_else(|| delta.old().map(|old| OldPlace::at(&old.locus))),
            subject: Some(subject_of(new)),
            content: crossing.value.as_text(),
            ..Draft::new(Kind::Introduced, Place::at(&crossing.locus))
        };
        let word = |one: Environment| {
            if one == Environment::Production { "production" } else { "another environment" }
        };
        findings.push(
            draft
                .capture("address", &after.address)
                .capture("attribute", &crossing.path)
                .capture("old", old.map_or("absent".to_owned(), |one| one.value.display()))
                .capture("new", crossing.value.display())
                .capture(
                    "name",
                    word(if home == Environment::Production {
                        Environment::Other
                    } else {
                        Environment::Production
                    }),
                )
                .finish(rule),
        );
    }
    findings
}

fn names_an_object(attribute: &Attribute) -> bool {
    let plain = without_indexes(&attribute.path);
    let last = plain.rsplit('.').next().unwrap_or_default();
    let aside = ["tags", "labels", "description", "image", "annotations"];
    IDENTITIES.contains(&last) && !plain.split('.').any(|part| aside.contains(&part))
}

/// The environment that a word names.
fn of_word(word: &str) -> Option<Environment> {
    match word {
        "prod" | "prd" | "production" | "live" => Some(Environment::Production),
        "dev" | "develop" | "development" | "test" | "testing" | "staging" | "stage" | "stg" | "uat" | "qa"
        | "sandbox" | "preview" | "preprod" | "nonprod" => Some(Environment::Other),
        _ => None,
    }
}

/// Words of a text, with `non-prod` and `pre-prod` as one.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let parts: Vec<&str> =
        lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let mut words = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        let negated = matches!(parts[at], "non" | "pre" | "not")
            && parts.get(at + 1).is_some_and(|next| next.starts_with("prod"));
        if negated {
            words.push("nonprod".to_owned());
            at += 2;
        } else {
            words.push(parts[at].to_owned());
            at += 1;
        }
    }
    words
}

/// The environment that a path speaks of, if it speaks of exactly one and of no shared scope.
fn of_path(path: &str) -> Option<Environment> {
    let words = words(path);
    if words
        .iter()
        .any(|word| matches!(word.as_str(), "shared" | "common" | "global" | "modules" | "module" | "examples"))
    {
        return None;
    }
    only(&words)
}

fn of_value(value: &Value) -> Option<Environment> {
    let Value::Literal(_) = value else { return None };
    let text = value.as_text();
    // Sentences and addresses of registries are no objects of an environment.
    if text.contains(' ') || text.len() > 200 {
        return None;
    }
    only(&words(&text))
}

fn only(words: &[String]) -> Option<Environment> {
    let mut found: Vec<Environment> = words.iter().filter_map(|word| of_word(word)).collect();
    found.dedup();
    match found.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_whole_words() {
        assert_eq!(of_path("envs/staging/main.tf"), Some(Environment::Other));
        assert_eq!(of_path("live/prod/db.tf"), Some(Environment::Production));
        assert_eq!(of_path("modules/prod/db.tf"), None);
        assert_eq!(of_path("products/latest/main.tf"), None);
        assert_eq!(of_value(&Value::string("acme-non-prod-state")), Some(Environment::Other));
        assert_eq!(of_value(&Value::string("prod-to-dev")), None);
    }
}
