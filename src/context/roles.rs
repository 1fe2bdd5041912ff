//! Which roles the rules ask for.

use super::{Reviewer, Reviewers};
use crate::rules::{Finding, Severity};

impl Reviewers {
    /// The roles that findings name: required from `high` on, else suggested, each with the rules that ask for it.
    pub fn of_roles<'a>(findings: impl Iterator<Item = &'a Finding> + Clone) -> Self {
        let asked = |grave: bool| {
            let mut roles: Vec<(&str, Vec<&str>)> = Vec::new();
            for finding in findings.clone().filter(|finding| (finding.severity >= Severity::High) == grave) {
                for role in &finding.reviewers {
                    match roles.iter_mut().find(|(known, _)| known == role) {
                        Some((_, rules)) if rules.contains(&finding.rule.as_str()) => {}
                        Some((_, rules)) => rules.push(&finding.rule),
                        None => roles.push((role, vec![&finding.rule])),
                    }
                }
            }
            roles
        };
        let required = asked(true);
        let mut suggested = asked(false);
        suggested.retain(|(role, _)| !required.iter().any(|(known, _)| known == role));
        let people = |roles: Vec<(&str, Vec<&str>)>| {
            roles
                .into_iter()
                .map(|(role, rules)| Reviewer::of_role(format!("role {role}"), reason(&rules)))
                .collect()
        };
        Self { required: people(required), suggested: people(suggested) }
    }
}

fn reason(rules: &[&str]) -> String {
    match rules {
        [] => String::new(),
        [one] => format!("rule {one}"),
        [one, other] => format!("rules {one}, {other}"),
        [one, rest @ ..] => format!("rule {one} and {} more", rest.len()),
    }
}
