//! Resources: as a whole, by attribute, by block, or by a table of protective attributes.

use super::{Captures, Hit, Question, Turn};
use crate::facts::{
    Attribute, Body, Fact, PathPattern, Resource, System, Value, element_of, glob, without_inner_indexes,
    without_numbers,
};
use crate::rules::condition::{Expression, Test, follows, optional, to_value};
use crate::rules::model::{AttributeTest, ResourceMatcher};
use crate::rules::{protections, tables};

pub(super) struct Resources {
    matcher: ResourceMatcher,
    name: Option<Expression>,
    attributes: Vec<PathPattern>,
    block: Option<PathPattern>,
    value: Option<Test>,
    default: Option<Value>,
    old: Option<Test>,
    new: Option<Test>,
    has: Vec<(Vec<PathPattern>, Test)>,
    has_not: Vec<(Vec<PathPattern>, Test)>,
}

impl Resources {
    pub(super) fn compile(matcher: &ResourceMatcher) -> Result<Self, String> {
        if let Some(table) = &matcher.table
            && table != "protect"
        {
            return Err(format!("`table`: there is no table `{table}`; known: protect"));
        }
        for system in &matcher.system {
            if tables::system(system).is_none() {
                return Err(format!(
                    "`system`: `{system}` is none of terraform, kubernetes, cloudformation, compose, github, gitlab, ansible"
                ));
            }
        }
        let test = |condition: &Option<_>| condition.as_ref().map(Test::compile).transpose();
        Ok(Self {
            name: optional("name", matcher.name.as_ref())?,
            attributes: patterns(&matcher.attribute)?,
            block: matcher.block.as_deref().map(PathPattern::new).transpose()?,
            value: test(&matcher.value)?,
            default: matcher.default.as_ref().map(to_value),
            old: test(&matcher.old)?,
            new: test(&matcher.new)?,
            has: tests(&matcher.has)?,
            has_not: tests(&matcher.has_not)?,
            matcher: matcher.clone(),
        })
    }

    fn concerns(&self, resource: &Resource) -> bool {
        let matcher = &self.matcher;
        let any = |globs: &[String]| globs.iter().any(|pattern| glob(pattern, &resource.kind));
        (matcher.system.is_empty()
            || matcher.system.iter().any(|name| tables::system(name) == Some(resource.system)))
            && (matcher.kind.is_empty() || any(&matcher.kind))
            && !any(&matcher.not_type)
            && self.name.as_ref().is_none_or(|name| name.is_match(&resource.name))
            && (matcher.class.is_empty()
                || tables::class_of(resource).is_some_and(|class| matcher.class.contains(&class)))
            && self.has.iter().all(|(path, test)| holds_somewhere(resource, path, test))
            && !self.has_not.iter().any(|(path, test)| holds_somewhere(resource, path, test))
    }

    fn is_two_sided(&self) -> bool {
        self.old.is_some() || self.new.is_some() || self.matcher.trend.is_some() || self.matcher.table.is_some()
    }

    /// Turns of the rows of a protection table: from safe to unsafe, an absent attribute being the default.
    fn table_turns(&self, old: &Fact, new: &Fact, before: &Resource, after: &Resource) -> Vec<Turn> {
        let rows = protections(&after.kind, self.matcher.group.as_deref());
        let mut turns = Vec::new();
        for row in rows.into_iter().filter(|row| row.concerns(after)) {
            let Ok(pattern) = PathPattern::new(&row.attribute) else { continue };
            for (path, left, right) in slots(&pattern, before, after) {
                if right.is_none() && holder_is_gone(&path, after) {
                    continue;
                }
                let value = |attribute: Option<&Attribute>| attribute.map(|attribute| attribute.value.clone());
                let Some(loss) = row.loss(value(left).as_ref(), value(right).as_ref()) else { continue };
                let default = row.default();
                let (was, is) = (value_or(left, default.as_ref()), value_or(right, default.as_ref()));
                let captures = captures(after, &path, was, is);
                let mut evidence = Vec::new();
                if left.is_none() || right.is_none() {
                    evidence.extend(
                        default
                            .as_ref()
                            .map(|default| format!("absent {} means {}", row.attribute, default.display())),
                    );
                }
                evidence.extend(folding(left));
                evidence.extend(folding(right));
                let graded = |mut hit: Hit| {
                    hit.severity = loss.severity;
                    hit
                };
                turns.push(Turn {
                    old: Some(graded(hit(old, left, &path, captures.clone(), loss.doubt, Vec::new()))),
                    new: Some(graded(hit(new, right, &path, captures, loss.doubt, evidence))),
                });
            }
        }
        turns
    }

    /// Turns of two-sided conditions over every attribute path that matches on either side.
    fn condition_turns(&self, old: &Fact, new: &Fact, before: &Resource, after: &Resource) -> Vec<Turn> {
        let mut turns = Vec::new();
        for pattern in &self.attributes {
            for (path, left, right) in slots(pattern, before, after) {
                if right.is_none() && holder_is_gone(&path, after) {
                    continue;
                }
                let (was, is) = (value_or(left, self.default.as_ref()), value_or(right, self.default.as_ref()));
                let differs = match (was, is) {
                    (Some(was), Some(is)) => !was.is_same(is),
                    (None, None) => false,
                    _ => true,
                };
                let follows = self.matcher.trend.is_none_or(|trend| follows(trend, was, is));
                if differs
                    && follows
                    && self.old.as_ref().is_none_or(|test| test.holds(was))
                    && self.new.as_ref().is_none_or(|test| test.holds(is))
                {
                    let captures = captures(after, &path, was, is);
                    let evidence = folding(left).into_iter().chain(folding(right)).collect();
                    turns.push(Turn {
                        old: Some(hit(old, left, &path, captures.clone(), 0, Vec::new())),
                        new: Some(hit(new, right, &path, captures, 0, evidence)),
                    });
                }
            }
        }
        turns
    }
}

impl Question for Resources {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        let Body::Resource(resource) = &fact.body else { return Vec::new() };
        if self.is_two_sided() || !self.concerns(resource) {
            return Vec::new();
        }
        if let Some(block) = &self.block {
            let found = resource.blocks.iter().filter(|path| fits(block, resource, path));
            return found
                .map(|path| {
                    let first = resource.attributes.iter().find(|attribute| is_beneath(&attribute.path, path));
                    hit(fact, first, path, captures(resource, path, None, None), 0, Vec::new())
                })
                .collect();
        }
        if self.attributes.is_empty() {
            return vec![hit(fact, None, "", captures(resource, "", None, None), 0, Vec::new())];
        }
        let mut hits = Vec::new();
        for pattern in &self.attributes {
            let mut found = false;
            for attribute in
                resource.attributes.iter().filter(|attribute| fits(pattern, resource, &attribute.path))
            {
                found = true;
                if self.value.as_ref().is_none_or(|test| test.holds(Some(&attribute.value))) {
                    let value = Some(&attribute.value);
                    let captures = captures(resource, &attribute.path, value, value);
                    let evidence = folding(Some(attribute)).into_iter().collect();
                    hits.push(hit(fact, Some(attribute), &attribute.path, captures, 0, evidence));
                }
            }
            if !found && self.value.as_ref().is_some_and(|test| test.holds(self.default.as_ref())) {
                let value = self.default.as_ref();
                hits.push(hit(
                    fact,
                    None,
                    pattern.text(),
                    captures(resource, pattern.text(), value, value),
                    0,
                    Vec::new(),
                ));
            }
        }
        hits
    }

    fn turns(&self, old: Option<&Fact>, new: Option<&Fact>) -> Option<Vec<Turn>> {
        if !self.is_two_sided() {
            return None;
        }
        let (Some(old), Some(new)) = (old, new) else { return Some(Vec::new()) };
        let (Body::Resource(before), Body::Resource(after)) = (&old.body, &new.body) else {
            return Some(Vec::new());
        };
        if !self.concerns(after) {
            return Some(Vec::new());
        }
        Some(match self.matcher.table {
            Some(_) => self.table_turns(old, new, before, after),
            None => self.condition_turns(old, new, before, after),
        })
    }
}

/// Whether a path leads into a block.
fn is_beneath(path: &str, block: &str) -> bool {
    path.strip_prefix(block).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// What vanished with its container, list entry or block did not lose anything.
fn holder_is_gone(path: &str, after: &Resource) -> bool {
    // Repeated blocks of Terraform have numbers alone, and stay in their order.
    let block = || path.rfind("].").map(|end| &path[..=end]).filter(|_| after.system == System::Terraform);
    element_of(path).or_else(block).is_some_and(|holder| !after.blocks.contains(holder))
}

/// Numbers and names of Terraform blocks may be left out of a pattern: `rule.expiration.days` speaks of every rule.
fn fits(pattern: &PathPattern, resource: &Resource, path: &str) -> bool {
    pattern.matches(path)
        || (resource.system == System::Terraform
            && path.contains("].")
            && pattern.matches(&without_inner_indexes(path)))
}

fn patterns(paths: &[String]) -> Result<Vec<PathPattern>, String> {
    paths.iter().map(|path| PathPattern::new(path)).collect()
}

fn tests(tests: &[AttributeTest]) -> Result<Vec<(Vec<PathPattern>, Test)>, String> {
    let paths = |test: &AttributeTest| -> Result<Vec<PathPattern>, String> {
        test.attribute.split('|').map(|path| PathPattern::new(path.trim())).collect()
    };
    tests.iter().map(|test| Ok((paths(test)?, Test::compile(&test.value)?))).collect()
}

fn holds_somewhere(resource: &Resource, paths: &[PathPattern], test: &Test) -> bool {
    let is_meant = |attribute: &&Attribute| paths.iter().any(|path| fits(path, resource, &attribute.path));
    let mut found = resource.attributes.iter().filter(is_meant).peekable();
    if found.peek().is_none() {
        return test.holds(None);
    }
    found.any(|attribute| test.holds(Some(&attribute.value)))
}

type Slot<'a> = (String, Option<&'a Attribute>, Option<&'a Attribute>);

/// Attributes that match on either side, old beside new. Elements without a name are told apart by what they say:
/// their numbers shift.
fn slots<'a>(pattern: &PathPattern, before: &'a Resource, after: &'a Resource) -> Vec<Slot<'a>> {
    let mut slots: Vec<Slot<'a>> = Vec::new();
    let mut done: Vec<String> = Vec::new();
    for path in paths(pattern, before, after) {
        let Some(general) = without_numbers(&path) else {
            let (old, new) = (before.attribute(&path), after.attribute(&path));
            slots.push((path, old, new));
            continue;
        };
        if done.contains(&general) {
            continue;
        }
        let alike = |resource: &'a Resource| -> Vec<&'a Attribute> {
            resource
                .attributes
                .iter()
                .filter(|attribute| without_numbers(&attribute.path).as_ref() == Some(&general))
                .collect()
        };
        let (mut old, mut new) = (alike(before), alike(after));
        for by_path in [true, false] {
            old.retain(|old| {
                let same =
                    |new: &&Attribute| new.value.is_same(&old.value) && (!by_path || new.path == old.path);
                match new.iter().position(same) {
                    Some(at) => {
                        new.remove(at);
                        false
                    }
                    None => true,
                }
            });
        }
        for old in &old {
            let at = new.iter().position(|new| new.path == old.path).or((!new.is_empty()).then_some(0));
            match at.map(|at| new.remove(at)) {
                Some(new) => slots.push((new.path.clone(), Some(old), Some(new))),
                None => slots.push((old.path.clone(), Some(old), None)),
            }
        }
        slots.extend(new.into_iter().map(|new| (new.path.clone(), None, Some(new))));
        done.push(general);
    }
    slots
}

/// Attribute paths that match on either side, in the order of the new side.
fn paths(pattern: &PathPattern, before: &Resource, after: &Resource) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for attribute in after.attributes.iter().chain(&before.attributes) {
        if fits(pattern, after, &attribute.path) && !paths.contains(&attribute.path) {
            paths.push(attribute.path.clone());
        }
    }
    paths
}

fn value_or<'a>(attribute: Option<&'a Attribute>, default: Option<&'a Value>) -> Option<&'a Value> {
    attribute.map(|attribute| &attribute.value).or(default)
}

fn folding(attribute: Option<&Attribute>) -> Option<String> {
    attribute.and_then(|attribute| attribute.folded.clone())
}

fn captures(resource: &Resource, attribute: &str, old: Option<&Value>, new: Option<&Value>) -> Captures {
    let text = |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), Value::display);
    Captures::from([
        ("address".to_owned(), resource.address.clone()),
        ("name".to_owned(), resource.name.clone()),
        ("type".to_owned(), resource.kind.clone()),
        ("attribute".to_owned(), attribute.to_owned()),
        ("old".to_owned(), text(old)),
        ("new".to_owned(), text(new)),
    ])
}

fn hit(
    fact: &Fact,
    attribute: Option<&Attribute>,
    key: &str,
    captures: Captures,
    doubt: u8,
    evidence: Vec<String>,
) -> Hit {
    Hit {
        key: key.to_owned(),
        locus: attribute.map_or_else(|| fact.locus.clone(), |attribute| attribute.locus.clone()),
        exact: attribute.is_some() || key.is_empty(),
        captures,
        doubt,
        evidence,
        severity: None,
    }
}
