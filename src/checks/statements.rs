//! Statements of access policies in one normal form, whatever they were written in: policy documents as data sources,
//! JSON in strings, heredocs and `jsonencode`, and the documents of CloudFormation.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Resource, Value, glob, path_segments};
use crate::source::Locus;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// A value of a statement and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub text: String,
    pub locus: Locus,
}

/// One condition: operator, key and values.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    pub operator: String,
    pub key: String,
    pub values: Vec<Item>,
}

#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub effect: Effect,
    pub actions: Vec<Item>,
    pub not_actions: Vec<Item>,
    pub resources: Vec<Item>,
    pub not_resources: Vec<Item>,
    /// `*`, or `AWS:arn…`, `Service:ec2.amazonaws.com`, `Federated:…`.
    pub principals: Vec<Item>,
    pub not_principals: Vec<Item>,
    pub conditions: Vec<Condition>,
    /// Where it starts.
    pub locus: Locus,
}

/// Every statement of a resource, in source order.
pub(super) fn statements(resource: &Resource) -> Vec<Statement> {
    let document = resource.kind == "data.aws_iam_policy_document";
    let mut order: Vec<String> = Vec::new();
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let word = if document { "statement" } else { "Statement" };
    for attribute in resource.attributes.iter().filter(|attribute| attribute.path.contains(word)) {
        let segments = path_segments(&attribute.path);
        let Some(at) = segments.iter().position(|segment| segment == word) else { continue };
        if document && at != 0 {
            continue;
        }
        let mut start = at + 1;
        while segments.get(start).is_some_and(|segment| segment.starts_with('[')) {
            start += 1;
        }
        let (head, rest) = segments.split_at(start);
        let Some(field) = rest.first() else { continue };
        let key = head.join(".");
        let draft = drafts.entry(key.clone()).or_insert_with(|| {
            order.push(key);
            Draft { locus: Some(attribute.locus.clone()), ..Draft::default() }
        });
        let item = Item { text: text_of(&attribute.value), locus: attribute.locus.clone() };
        draft.take(&field.to_ascii_lowercase(), &rest[1..], item);
    }
    order.iter().filter_map(|key| drafts.remove(key)?.finish()).collect()
}

fn text_of(value: &Value) -> String {
    let text = value.as_text();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).map_or(text.clone(), str::to_owned)
}

#[derive(Default)]
struct Draft {
    effect: Option<String>,
    lists: BTreeMap<&'static str, Vec<Item>>,
    /// Blocks of a policy document, by their number: type or test and variable stand beside the values.
    principals: BTreeMap<String, (String, Vec<Item>)>,
    not_principals: BTreeMap<String, (String, Vec<Item>)>,
    conditions: BTreeMap<String, Condition>,
    locus: Option<Locus>,
}

impl Draft {
    fn take(&mut self, field: &str, rest: &[String], item: Item) {
        let list = match field {
            "effect" => {
                self.effect = Some(item.text);
                return;
            }
            "action" | "actions" => "actions",
            "notaction" | "not_actions" => "not_actions",
            "resource" | "resources" => "resources",
            "notresource" | "not_resources" => "not_resources",
            "principal" => return self.principal(rest, item, false),
            "notprincipal" => return self.principal(rest, item, true),
            "principals" => return block(&mut self.principals, rest, item),
            "not_principals" => return block(&mut self.not_principals, rest, item),
            "condition" => return self.condition(rest, item),
            _ => return,
        };
        self.lists.entry(list).or_default().push(item);
    }

    /// `Principal: "*"`, `Principal.AWS[arn]`.
    fn principal(&mut self, rest: &[String], item: Item, not: bool) {
        let kind = rest.first().filter(|segment| !segment.starts_with('['));
        let text = match kind {
            Some(kind) if item.text != "*" || kind != "AWS" => format!("{kind}:{}", item.text),
            _ => item.text.clone(),
        };
        let list = if not { "not_principals" } else { "principals" };
        self.lists.entry(list).or_default().push(Item { text, ..item });
    }

    /// `Condition.StringEquals["aws:SourceArn"]`, or a `condition` block with test, variable and values.
    fn condition(&mut self, rest: &[String], item: Item) {
        let bare = |segment: &String| {
            segment.trim_start_matches('[').trim_end_matches(']').trim_matches('"').to_owned()
        };
        let names: Vec<&String> = rest.iter().collect();
        let field = names.iter().find(|segment| matches!(segment.as_str(), "test" | "variable" | "values"));
        if let Some(field) = field {
            let number = names
                .first()
                .filter(|segment| segment.starts_with('['))
                .map_or(String::new(), |one| (*one).clone());
            let condition = self.conditions.entry(number).or_default();
            match field.as_str() {
                "test" => condition.operator = item.text,
                "variable" => condition.key = item.text,
                _ => condition.values.push(item),
            }
            return;
        }
        if let [operator, key, ..] = names.as_slice() {
            let (operator, key) = (bare(operator), bare(key));
            let condition = self.conditions.entry(format!("{operator} {key}")).or_default();
            condition.operator = operator;
            condition.key = key;
            condition.values.push(item);
        }
    }

    fn finish(mut self) -> Option<Statement> {
        let effect = match self.effect.as_deref() {
            Some("Deny") => Effect::Deny,
            Some("Allow") | None => Effect::Allow,
            // An effect that is an expression says nothing.
            Some(_) => return None,
        };
        let mut list = |name: &str| self.lists.remove(name).unwrap_or_default();
        let (actions, not_actions) = (list("actions"), list("not_actions"));
        let (resources, not_resources) = (list("resources"), list("not_resources"));
        let (mut principals, mut not_principals) = (list("principals"), list("not_principals"));
        for (blocks, target) in [(self.principals, &mut principals), (self.not_principals, &mut not_principals)]
        {
            for (kind, items) in blocks.into_values() {
                let name = |item: &Item| match (kind.as_str(), item.text.as_str()) {
                    ("*" | "AWS", "*") => "*".to_owned(),
                    (kind, text) => format!("{kind}:{text}"),
                };
                target.extend(items.iter().map(|item| Item { text: name(item), locus: item.locus.clone() }));
            }
        }
        if actions.is_empty() && not_actions.is_empty() {
            return None;
        }
        Some(Statement {
            effect,
            actions,
            not_actions,
            resources,
            not_resources,
            principals,
            not_principals,
            conditions: self.conditions.into_values().collect(),
            locus: self.locus?,
        })
    }
}

fn block(blocks: &mut BTreeMap<String, (String, Vec<Item>)>, rest: &[String], item: Item) {
    let number = rest.first().filter(|segment| segment.starts_with('[')).cloned().unwrap_or_default();
    let entry = blocks.entry(number).or_default();
    match rest.iter().find(|segment| matches!(segment.as_str(), "type" | "identifiers")).map(String::as_str) {
        Some("type") => entry.0 = item.text,
        Some(_) => entry.1.push(item),
        None => {}
    }
}

fn texts(items: &[Item]) -> BTreeSet<String> {
    items.iter().map(|item| item.text.clone()).collect()
}

/// A pattern of actions, in any case, covers another.
pub(super) fn action_covers(pattern: &str, action: &str) -> bool {
    glob(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
}

impl Statement {
    /// Speaks of this action and resource, for at least these principals and under at most these conditions.
    fn covers(&self, action: Option<&str>, resource: Option<&str>, other: &Self) -> bool {
        let acts = match action {
            Some(action) => {
                self.actions.iter().any(|pattern| action_covers(&pattern.text, action))
                    || (!self.not_actions.is_empty()
                        && !self.not_actions.iter().any(|pattern| action_covers(&pattern.text, action)))
            }
            // Everything but some actions: the exceptions must be no more.
            None => {
                self.actions.iter().any(|pattern| pattern.text == "*")
                    || (!self.not_actions.is_empty()
                        && texts(&self.not_actions).is_subset(&texts(&other.not_actions)))
            }
        };
        let reaches = match resource {
            Some(resource) => {
                (self.resources.is_empty() && self.not_resources.is_empty())
                    || self.resources.iter().any(|pattern| glob(&pattern.text, resource))
                    || (!self.not_resources.is_empty()
                        && !self.not_resources.iter().any(|pattern| glob(&pattern.text, resource)))
            }
            None => {
                self.resources.iter().any(|pattern| pattern.text == "*")
                    || texts(&self.resources) == texts(&other.resources)
                        && texts(&self.not_resources).is_subset(&texts(&other.not_resources))
            }
        };
        let binds = self.principals.is_empty() && self.not_principals.is_empty()
            || self.principals.iter().any(|principal| principal.text == "*")
            || (!other.principals.is_empty() && texts(&other.principals).is_subset(&texts(&self.principals)))
            || (!self.not_principals.is_empty()
                && texts(&self.not_principals).is_subset(&texts(&other.not_principals)));
        acts && reaches && binds && self.is_no_narrower(other)
    }

    /// Every condition here also stands there with no fewer values allowed.
    fn is_no_narrower(&self, other: &Self) -> bool {
        self.conditions.iter().all(|mine| {
            other.conditions.iter().any(|theirs| {
                mine.key.eq_ignore_ascii_case(&theirs.key)
                    && mine.operator.eq_ignore_ascii_case(&theirs.operator)
                    && texts(&theirs.values).is_subset(&texts(&mine.values))
            })
        })
    }

    /// Whether statements of the same effect together say at least what this one says.
    pub(super) fn is_covered_by(&self, others: &[&Self]) -> bool {
        let same: Vec<&&Self> = others.iter().filter(|other| other.effect == self.effect).collect();
        let options = |items: &[Item]| -> Vec<Option<String>> {
            if items.is_empty() {
                vec![None]
            } else {
                items.iter().map(|item| Some(item.text.clone())).collect()
            }
        };
        options(&self.actions).iter().all(|action| {
            options(&self.resources).iter().all(|resource| {
                same.iter().any(|other| other.covers(action.as_deref(), resource.as_deref(), self))
            })
        })
    }

    pub(super) fn condition(&self, key: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.key.eq_ignore_ascii_case(key))
    }

    /// What tells it from its neighbours when a part of it changes.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.effect == other.effect
            && texts(&self.actions) == texts(&other.actions)
            && texts(&self.not_actions) == texts(&other.not_actions)
            && texts(&self.resources) == texts(&other.resources)
            && texts(&self.principals) == texts(&other.principals)
    }

    /// For messages: its actions, shortened.
    pub(super) fn summary(&self) -> String {
        let (not, list) =
            if self.actions.is_empty() { ("all but ", &self.not_actions) } else { ("", &self.actions) };
        let mut names: Vec<&str> = list.iter().map(|item| item.text.as_str()).collect();
        let more = names.len().saturating_sub(3);
        names.truncate(3);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{not}{}{rest}", names.join(", "))
    }
}
