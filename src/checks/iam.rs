//! `iam`: what an access policy grants now and did not before, and which refusal or condition is gone.
//!
//! Parameter `what`: `deny` (a Deny is gone or narrower), `principal` (open to everyone), `action` (all actions of a
//! service, or all resources), `subject` (a pipeline's identity widened), `condition` (dropped or weaker), `lockout`
//! (nobody may change it any more).

use std::collections::BTreeSet;

use super::Evidence;
use super::statements::{Condition, Effect, Item, Statement, statements};
use crate::facts::{Body, Fact, Resource, glob};
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, subject_of};
use crate::source::Locus;

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let what = rule.check.as_ref().and_then(|check| check.with.get("what")).map_or("", String::as_str);
    let mut findings = Vec::new();
    for document in documents(evidence) {
        let seen = match what {
            "deny" => document.denies_lost(evidence),
            "principal" => document.opened(),
            "action" => document.widened(),
            "subject" => document.subjects_broadened(),
            "condition" => document.conditions_lost(),
            "lockout" => document.locked_out(),
            _ => Vec::new(),
        };
        findings.extend(seen.into_iter().map(|seen| document.word(rule, evidence, seen)));
    }
    findings
}

/// The statements of one resource on both sides.
struct Document<'a> {
    old: Option<(&'a Fact, Vec<Statement>)>,
    new: Option<(&'a Fact, Vec<Statement>)>,
    resource: &'a Resource,
}

/// What was seen in a document.
struct Seen {
    kind: Kind,
    /// `None` where the rule's own severity holds.
    severity: Option<Severity>,
    new: Option<Locus>,
    old: Option<Locus>,
    before: String,
    after: String,
    note: Option<String>,
    doubt: u8,
}

fn documents<'a>(evidence: &'a Evidence<'_>) -> Vec<Document<'a>> {
    let mut found = Vec::new();
    for delta in evidence.deltas {
        let side = |fact: Option<&'a Fact>| -> Option<(&'a Fact, Vec<Statement>)> {
            let fact = fact?;
            match &fact.body {
                Body::Resource(resource) => Some((fact, statements(resource))),
                _ => None,
            }
        };
        let (old, new) = (side(delta.old()), side(delta.new_fact()));
        let any = [&old, &new].into_iter().flatten().any(|(_, statements)| !statements.is_empty());
        let resource = new.as_ref().or(old.as_ref()).and_then(|(fact, _)| match &fact.body {
            Body::Resource(resource) => Some(resource),
            _ => None,
        });
        if let (true, Some(resource)) = (any, resource) {
            found.push(Document { old, new, resource });
        }
    }
    found
}

/// Services whose every action is worth a second look.
const SERVICES: [&str; 24] = [
    "iam",
    "sts",
    "kms",
    "s3",
    "rds",
    "dynamodb",
    "ec2",
    "organizations",
    "secretsmanager",
    "ssm",
    "lambda",
    "eks",
    "ecs",
    "ecr",
    "route53",
    "cloudformation",
    "cloudtrail",
    "logs",
    "sqs",
    "sns",
    "elasticache",
    "es",
    "backup",
    "redshift",
];
/// Those that lead to all others.
const LEADING: [&str; 4] = ["iam", "organizations", "kms", "sts"];

/// Conditions that keep a statement for everyone from being for everyone.
const RESTRICTING: [&str; 18] = [
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceip",
    "aws:userid",
    "aws:calledvia",
    "kms:calleraccount",
    "kms:viaservice",
    "sts:externalid",
    "s3:dataaccesspointaccount",
    "elasticfilesystem:accessedviamounttarget",
];

impl Document<'_> {
    fn before(&self) -> &[Statement] {
        self.old.as_ref().map_or(&[], |(_, statements)| statements)
    }

    fn now(&self) -> &[Statement] {
        self.new.as_ref().map_or(&[], |(_, statements)| statements)
    }

    fn denies_lost(&self, evidence: &Evidence<'_>) -> Vec<Seen> {
        let denies: Vec<&Statement> = self.before().iter().filter(|one| one.effect == Effect::Deny).collect();
        if denies.is_empty() {
            return Vec::new();
        }
        // A refusal may have moved to another document that the change writes.
        let elsewhere: Vec<Statement> = evidence
            .introduced()
            .map(|(_, resource)| resource)
            .chain(evidence.changed().map(|(.., after)| after))
            .filter(|resource| resource.address != self.resource.address)
            .flat_map(statements)
            .collect();
        let now: Vec<&Statement> = self.now().iter().chain(&elsewhere).collect();
        denies
            .into_iter()
            .filter(|deny| !deny.is_covered_by(&now))
            .map(|deny| {
                let survivor = self.now().iter().find(|one| {
                    one.effect == Effect::Deny
                        && one
                            .actions
                            .iter()
                            .any(|action| deny.actions.iter().any(|old| old.text == action.text))
                });
                Seen {
                    kind: if survivor.is_some() { Kind::Changed } else { Kind::Removed },
                    severity: None,
                    new: survivor.map(|one| one.locus.clone()),
                    old: Some(deny.locus.clone()),
                    before: deny.summary(),
                    after: survivor.map_or("absent".to_owned(), Statement::summary),
                    note: survivor.map(|_| "a narrower Deny is left".to_owned()),
                    doubt: 0,
                }
            })
            .collect()
    }

    fn opened(&self) -> Vec<Seen> {
        let open = |statement: &&Statement| is_for_everyone(statement);
        let was: Vec<&Statement> = self.before().iter().filter(open).collect();
        self.now()
            .iter()
            .filter(open)
            .filter(|statement| !statement.is_covered_by(&was))
            .map(|statement| {
                let star = statement.principals.iter().find(|principal| principal.text == "*");
                let reads =
                    statement.actions.iter().all(|action| action.text.eq_ignore_ascii_case("s3:GetObject"));
                let website = reads && speaks_of_a_website(self.resource);
                let lost = self.before().iter().find(|old| old.is_like(statement)).and_then(|old| {
                    old.conditions.iter().find(|condition| statement.condition(&condition.key).is_none())
                });
                let note = lost.map(|condition| format!("its condition is gone: {}", describe(condition)));
                Seen {
                    kind: Kind::Introduced,
                    severity: website.then_some(Severity::Medium),
                    new: star.map(|star| star.locus.clone()),
                    old: lost.and_then(|condition| condition.values.first()).map(|value| value.locus.clone()),
                    before: "named principals".to_owned(),
                    after: statement.summary(),
                    note: note.or_else(|| website.then(|| "the name speaks of a public site".to_owned())),
                    doubt: 0,
                }
            })
            .collect()
    }

    fn widened(&self) -> Vec<Seen> {
        let was: Vec<&Statement> = self.before().iter().collect();
        let mut seen: Vec<Seen> = Vec::new();
        for statement in self.now().iter().filter(|one| one.effect == Effect::Allow) {
            if is_root_of_own_key(statement) || statement.is_covered_by(&was) {
                continue;
            }
            let everything = statement.resources.is_empty()
                || statement.resources.iter().any(|resource| resource.text == "*");
            let granted = |action: &str| {
                let one = Statement { actions: vec![item(action, &statement.locus)], ..statement.clone() };
                one.is_covered_by(&was)
            };
            let mut worst: Option<(Severity, &Item)> = None;
            for action in &statement.actions {
                let Some(level) = level_of(&action.text, everything) else { continue };
                if !granted(&action.text) && worst.is_none_or(|(known, _)| level > known) {
                    worst = Some((level, action));
                }
            }
            if let (None, Some(first)) = (&worst, statement.not_actions.first()) {
                worst = Some((if everything { Severity::Critical } else { Severity::High }, first));
            }
            if worst.is_none() && everything && !statement.resources.is_empty() {
                worst = self.resources_widened(statement);
            }
            let Some((level, action)) = worst else { continue };
            let restricted = !statement.conditions.is_empty();
            seen.push(Seen {
                kind: Kind::Introduced,
                severity: Some(if restricted { lower(level) } else { level }),
                new: Some(action.locus.clone()),
                old: None,
                before: self.before().first().map_or("absent".to_owned(), Statement::summary),
                after: statement.summary(),
                note: restricted.then(|| "under a condition".to_owned()),
                doubt: 0,
            });
        }
        seen
    }

    /// An action that writes was bound to named resources and no longer is.
    fn resources_widened<'b>(&self, statement: &'b Statement) -> Option<(Severity, &'b Item)> {
        let writes = |action: &Item| {
            let verb = action.text.split(':').nth(1).unwrap_or_default();
            ![
                "Describe", "List", "Get", "BatchGet", "Head", "Lookup", "Search", "Query", "Scan", "Select",
                "View",
            ]
            .iter()
            .any(|read| verb.starts_with(read))
        };
        let bound = |action: &Item| {
            self.before().iter().any(|old| {
                old.effect == Effect::Allow
                    && old.actions.iter().any(|one| one.text == action.text)
                    && !old.resources.is_empty()
                    && !old.resources.iter().any(|resource| resource.text == "*")
            })
        };
        if !statement.actions.iter().any(|action| writes(action) && bound(action)) {
            return None;
        }
        let star = statement.resources.iter().find(|resource| resource.text == "*")?;
        Some((Severity::High, star))
    }

    fn subjects_broadened(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        for old in self.before() {
            let of = |statement: &Statement| -> BTreeSet<String> {
                statement.principals.iter().map(|one| one.text.clone()).collect()
            };
            let Some(new) = self
                .now()
                .iter()
                .find(|new| new.effect == Effect::Allow && !new.principals.is_empty() && of(new) == of(old))
            else {
                continue;
            };
            for condition in old.conditions.iter().filter(|one| is_subject(&one.key)) {
                let place = new.principals.first().map(|one| one.locus.clone());
                let Some(now) = new.condition(&condition.key) else {
                    seen.push(subject(condition, None, place));
                    continue;
                };
                let broader = now.values.iter().find(|value| {
                    let known = condition.values.iter().any(|old| old.text == value.text);
                    let matches = condition.values.iter().any(|old| wild(&value.text, &old.text));
                    !known && value.text.contains(['*', '?']) && matches
                });
                if let Some(broader) = broader {
                    seen.push(subject(condition, Some(broader), None));
                }
            }
        }
        seen
    }

    fn conditions_lost(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        for new in self.now().iter().filter(|one| one.effect == Effect::Allow) {
            if self.before().iter().any(|old| old.is_like(new) && same_conditions(old, new)) {
                continue;
            }
            let Some(old) = self.before().iter().find(|old| old.is_like(new)) else { continue };
            // That it is open to everyone now is a finding of its own, which names the condition.
            if is_for_everyone(new) && !is_for_everyone(old) {
                continue;
            }
            for condition in old.conditions.iter().filter(|one| !is_subject(&one.key)) {
                let after = match new.condition(&condition.key) {
                    None => "absent".to_owned(),
                    Some(now) if is_weaker(condition, now) => describe(now),
                    Some(_) => continue,
                };
                seen.push(Seen {
                    kind: if after == "absent" { Kind::Removed } else { Kind::Changed },
                    severity: None,
                    new: new
                        .condition(&condition.key)
                        .and_then(|now| now.values.first())
                        .map(|value| value.locus.clone()),
                    old: condition.values.first().map(|value| value.locus.clone()),
                    before: describe(condition),
                    after,
                    note: Some(format!("for {}", new.summary())),
                    doubt: 0,
                });
            }
        }
        seen
    }

    fn locked_out(&self) -> Vec<Seen> {
        let mut seen = Vec::new();
        let root = |statement: &&Statement| {
            statement.effect == Effect::Allow
                && statement.actions.iter().any(|action| matches!(action.text.as_str(), "kms:*" | "*"))
                && statement.principals.iter().any(|principal| principal.text.ends_with(":root"))
        };
        let is_key = self.resource.kind.contains("kms");
        if is_key && self.new.is_some() && !self.now().iter().any(|one| root(&one)) && !self.now().is_empty() {
            for old in self.before().iter().filter(root).take(1) {
                let principal = old.principals.iter().find(|principal| principal.text.ends_with(":root"));
                seen.push(Seen {
                    kind: Kind::Removed,
                    severity: None,
                    new: None,
                    old: principal.map(|one| one.locus.clone()),
                    before: "the account may administer the key".to_owned(),
                    after: "absent".to_owned(),
                    note: None,
                    doubt: 0,
                });
            }
        }
        let shuts_out = |statement: &&Statement| {
            statement.effect == Effect::Deny
                && statement.principals.iter().any(|principal| principal.text == "*")
                && statement.not_principals.is_empty()
                && statement.conditions.is_empty()
                && statement.actions.iter().any(|action| matches!(action.text.as_str(), "*" | "s3:*" | "kms:*"))
        };
        let was: Vec<&Statement> = self.before().iter().filter(shuts_out).collect();
        if self.old.is_some() {
            for statement in self.now().iter().filter(shuts_out).filter(|one| !one.is_covered_by(&was)) {
                seen.push(Seen {
                    kind: Kind::Introduced,
                    severity: None,
                    new: Some(statement.locus.clone()),
                    old: None,
                    before: "absent".to_owned(),
                    after: format!("Deny {} for everyone", statement.summary()),
                    note: None,
                    doubt: 0,
                });
            }
        }
        seen
    }

    fn word(&self, rule: &Rule, evidence: &Evidence<'_>, seen: Seen) -> Finding {
        let survivor = self.new.as_ref().map(|(fact, _)| &fact.locus);
        let place = match (&seen.new, survivor, &seen.old) {
            (Some(new), ..) => Place::at(new),
            (None, Some(survivor), Some(old)) if survivor.file == old.file => {
                let line = evidence.collapsed(old.file, old.start.line).unwrap_or(survivor.start.line);
                let line = line.clamp(survivor.start.line, survivor.end.line);
                Place::line(survivor.file, &survivor.path, line)
            }
            (None, Some(survivor), _) => Place::start_of(survivor),
            (None, None, Some(old)) => match evidence.collapsed(old.file, old.start.line) {
                Some(line) => Place::line(old.file, &old.path, line),
                None => Place::nowhere(old.file, &old.path),
            },
            (None, None, None) => Place::nowhere(0, ""),
        };
        let fact = self.new.as_ref().or(self.old.as_ref()).map(|(fact, _)| *fact);
        let old = seen.old.as_ref().map(OldPlace::at).or_else(|| {
            // What is new in a resource that was there is shown beside where the resource stood.
            let (fact, _) = self.old.as_ref().filter(|_| seen.kind == Kind::Changed)?;
            Some(OldPlace::at(&fact.locus))
        });
        let draft = Draft {
            old,
            subject: fact.map(subject_of),
            severity: seen.severity.map(|severity| severity.min(rule.severity)),
            doubt: seen.doubt,
            evidence: seen.note.into_iter().collect(),
            content: format!("{} {}", seen.before, seen.after),
            ..Draft::new(seen.kind, place)
        };
        draft
            .capture("address", &self.resource.address)
            .capture("name", &self.resource.name)
            .capture("type", &self.resource.kind)
            .capture("old", seen.before)
            .capture("new", seen.after)
            .finish(rule)
    }
}

fn item(text: &str, locus: &Locus) -> Item {
    Item { text: text.to_owned(), locus: locus.clone() }
}

/// The name of the resource or of its bucket says that everyone may read it.
fn speaks_of_a_website(resource: &Resource) -> bool {
    let words = ["www", "public", "static", "website", "site", "assets", "cdn"];
    let texts = [Some(resource.name.clone()), resource.attribute("bucket").map(|one| one.value.as_text())];
    texts.into_iter().flatten().any(|text| {
        let text = text.to_ascii_lowercase();
        text.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| words.contains(&word))
    })
}

fn is_for_everyone(statement: &Statement) -> bool {
    statement.effect == Effect::Allow
        && statement.principals.iter().any(|principal| principal.text == "*")
        && !statement.conditions.iter().any(|condition| {
            let key = condition.key.to_ascii_lowercase();
            let open =
                condition.values.iter().any(|value| matches!(value.text.as_str(), "*" | "0.0.0.0/0" | "::/0"));
            !open
                && (RESTRICTING.contains(&key.as_str())
                    || is_subject(&key)
                    || key.starts_with("aws:principaltag"))
        })
}

/// A key's own policy lets the account administer it; that is how every key starts.
fn is_root_of_own_key(statement: &Statement) -> bool {
    !statement.principals.is_empty()
        && statement.principals.iter().all(|principal| principal.text.ends_with(":root"))
        && statement.actions.iter().all(|action| action.text.starts_with("kms:"))
}

/// How grave it is to allow an action; `None` for one that is no wildcard.
fn level_of(action: &str, everything: bool) -> Option<Severity> {
    if action == "*" || action == "*:*" {
        return Some(Severity::Critical);
    }
    let (service, verb) = action.split_once(':')?;
    let service = service.to_ascii_lowercase();
    if verb != "*" || !SERVICES.contains(&service.as_str()) {
        return None;
    }
    Some(match (LEADING.contains(&service.as_str()), everything) {
        (true, true) => Severity::Critical,
        (true, false) | (false, true) => Severity::High,
        (false, false) => Severity::Medium,
    })
}

fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium | Severity::Low => Severity::Low,
    }
}

/// The subject or audience of a token: `token.actions.githubusercontent.com:sub`.
fn is_subject(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    (key.ends_with(":sub") || key.ends_with(":aud")) && key.contains('.')
}

fn subject(condition: &Condition, broader: Option<&Item>, place: Option<Locus>) -> Seen {
    Seen {
        kind: if broader.is_some() { Kind::Changed } else { Kind::Removed },
        severity: None,
        new: broader.map(|value| value.locus.clone()).or(place),
        old: condition.values.first().map(|value| value.locus.clone()),
        before: condition.values.iter().map(|value| value.text.as_str()).collect::<Vec<_>>().join(", "),
        after: broader.map_or("absent".to_owned(), |value| value.text.clone()),
        note: Some(condition.key.clone()),
        doubt: 0,
    }
}

/// `*` in both is the same letter; `?` is any.
fn wild(pattern: &str, text: &str) -> bool {
    glob(&pattern.replace('?', "*"), text)
}

fn describe(condition: &Condition) -> String {
    let values: Vec<&str> = condition.values.iter().map(|value| value.text.as_str()).take(3).collect();
    format!("{} {} {}", condition.operator, condition.key, values.join(", "))
}

fn same_conditions(old: &Statement, new: &Statement) -> bool {
    old.conditions.len() == new.conditions.len()
        && old.conditions.iter().all(|condition| {
            new.condition(&condition.key).is_some_and(|now| describe(now) == describe(condition))
        })
}

/// The operator asks for less, or a value admits everything.
fn is_weaker(old: &Condition, new: &Condition) -> bool {
    let (was, is) = (old.operator.to_ascii_lowercase(), new.operator.to_ascii_lowercase());
    let if_exists = is.ends_with("ifexists") && !was.ends_with("ifexists");
    let everything = |condition: &Condition| {
        condition.values.iter().any(|value| matches!(value.text.as_str(), "*" | "0.0.0.0/0" | "::/0"))
    };
    if_exists || (everything(new) && !everything(old))
}
