//! Gives repeated blocks names that hold on both sides.
//!
//! Blocks have no names of their own and their order says nothing, so `ingress` number 2 of the old side may be
//! number 1 of the new one. Elements are matched by their `name`, `id`, `key` or `sid`, then by equal content, then
//! by likeness. What occurs once on either side needs no number at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::flatten::MARK;
use crate::facts::Resource;

/// Elements of one family on both sides that are compared with one another.
const MOST_COMPARED: usize = 4000;
/// Levels of blocks inside blocks.
const DEEPEST: usize = 64;

/// Replaces every number of the flattening on both sides of a resource, or on the one side that there is.
pub(super) fn align(mut old: Option<&mut Resource>, mut new: Option<&mut Resource>) {
    for _ in 0..DEEPEST {
        let before = old.as_deref().map(families).unwrap_or_default();
        let after = new.as_deref().map(families).unwrap_or_default();
        if before.is_empty() && after.is_empty() {
            return;
        }
        let mut prefixes: BTreeSet<&str> = before.keys().map(String::as_str).collect();
        prefixes.extend(after.keys().map(String::as_str));
        let (mut left, mut right) = (Names::new(), Names::new());
        for prefix in prefixes {
            let empty = Family::new();
            let (one, other) = (before.get(prefix).unwrap_or(&empty), after.get(prefix).unwrap_or(&empty));
            let (one, other) = labels(one, other);
            left.insert(prefix.to_owned(), one);
            right.insert(prefix.to_owned(), other);
        }
        if let Some(old) = old.as_deref_mut() {
            rename(old, &left);
        }
        if let Some(new) = new.as_deref_mut() {
            rename(new, &right);
        }
    }
}

/// Elements of a family: number → content, as lines.
type Family = BTreeMap<usize, Element>;
/// Prefix → number → what is written instead of `[MARK number]`.
type Names = HashMap<String, BTreeMap<usize, String>>;

#[derive(Debug, Default)]
struct Element {
    lines: Vec<String>,
    name: Option<String>,
}

/// The outermost numbered families of a resource.
fn families(resource: &Resource) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for attribute in &resource.attributes {
        let Some((prefix, index, rest)) = split(&attribute.path) else { continue };
        let element = families.entry(prefix.to_owned()).or_default().entry(index).or_default();
        let text = attribute.value.as_text();
        let names = matches!(rest, ".name" | ".id" | ".key" | ".sid" | ".Sid");
        if names && element.name.is_none() && !text.is_empty() && text.len() < 80 {
            element.name = Some(text.replace('[', "(").replace(']', ")"));
        }
        element.lines.push(format!("{rest}={:?}", attribute.value));
    }
    for block in &resource.blocks {
        let Some((prefix, index, rest)) = split(block) else { continue };
        let element = families.entry(prefix.to_owned()).or_default().entry(index).or_default();
        element.lines.push(format!("{rest} {{}}"));
    }
    for element in families.values_mut().flat_map(BTreeMap::values_mut) {
        element.lines.sort();
    }
    families
}

/// `a.b[MARK 3].c` is `a.b`, 3, `.c`.
fn split(path: &str) -> Option<(&str, usize, &str)> {
    let open = format!("[{MARK}");
    let at = path.find(&open)?;
    let digits = &path[at + open.len()..];
    let close = digits.find(']')?;
    Some((&path[..at], digits[..close].parse().ok()?, &digits[close + 1..]))
}

/// What the elements of both sides are called.
fn labels(old: &Family, new: &Family) -> (BTreeMap<usize, String>, BTreeMap<usize, String>) {
    if old.len() <= 1 && new.len() <= 1 {
        let bare = |family: &Family| family.keys().map(|index| (*index, String::new())).collect();
        return (bare(old), bare(new));
    }
    let pairs = pairs(old, new);
    let mut order: Vec<(Option<usize>, Option<usize>)> = Vec::new();
    for index in new.keys() {
        let partner = pairs.iter().find(|(_, other)| other == index).map(|(one, _)| *one);
        order.push((partner, Some(*index)));
    }
    for index in old.keys().filter(|index| !pairs.iter().any(|(one, _)| one == *index)) {
        order.push((Some(*index), None));
    }
    let name_of = |pair: &(Option<usize>, Option<usize>)| -> Option<&str> {
        let name = |family: &'_ Family, index: Option<usize>| {
            family.get(&index?).and_then(|element| element.name.clone())
        };
        let (one, other) = (name(old, pair.0), name(new, pair.1));
        match (pair, one == other) {
            ((Some(_), Some(_)), false) => None,
            ((_, Some(index)), _) => new.get(index).and_then(|element| element.name.as_deref()),
            ((Some(index), None), _) => old.get(index).and_then(|element| element.name.as_deref()),
            ((None, None), _) => None,
        }
    };
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in order.iter().filter_map(&name_of) {
        *counts.entry(name).or_default() += 1;
    }
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    for (number, pair) in order.iter().enumerate() {
        let label = match name_of(pair).filter(|name| counts.get(name) == Some(&1)) {
            Some(name) => format!("[{name}]"),
            None => format!("[{number}]"),
        };
        if let Some(index) = pair.0 {
            left.insert(index, label.clone());
        }
        if let Some(index) = pair.1 {
            right.insert(index, label);
        }
    }
    (left, right)
}

/// Which old element is which new one.
fn pairs(old: &Family, new: &Family) -> Vec<(usize, usize)> {
    let mut left: Vec<(&usize, &Element)> = old.iter().collect();
    let mut right: Vec<(&usize, &Element)> = new.iter().collect();
    let mut pairs = Vec::new();
    let mut take = |same: &dyn Fn(&Element, &Element) -> bool,
                    left: &mut Vec<(&usize, &Element)>,
                    right: &mut Vec<(&usize, &Element)>| {
        left.retain(|(index, element)| match right.iter().position(|(_, other)| same(element, other)) {
            Some(at) => {
                let (other, _) = right.remove(at);
                pairs.push((**index, *other));
                false
            }
            None => true,
        });
    };
    take(&|one, other| one.lines == other.lines, &mut left, &mut right);
    take(&|one, other| one.name.is_some() && one.name == other.name, &mut left, &mut right);
    if left.len() * right.len() > MOST_COMPARED {
        pairs.extend(left.iter().zip(&right).map(|((one, _), (other, _))| (**one, **other)));
        return pairs;
    }
    let mut candidates: Vec<(i64, usize, usize)> = Vec::new();
    for (one, element) in &left {
        for (other, candidate) in &right {
            let common = element.lines.iter().filter(|line| candidate.lines.contains(line)).count();
            let total = element.lines.len() + candidate.lines.len();
            let likeness = if total == 0 { 1.0 } else { 2.0 * common as f64 / total as f64 };
            candidates.push((-(likeness * 1000.0) as i64, **one, **other));
        }
    }
    candidates.sort_unstable();
    let (mut used_left, mut used_right) = (BTreeSet::new(), BTreeSet::new());
    for (_, one, other) in candidates {
        if !used_left.contains(&one) && !used_right.contains(&other) {
            used_left.insert(one);
            used_right.insert(other);
            pairs.push((one, other));
        }
    }
    pairs
}

fn rename(resource: &mut Resource, names: &Names) {
    let renamed = |path: &str| -> Option<String> {
        let (prefix, index, rest) = split(path)?;
        let label = names.get(prefix)?.get(&index)?;
        Some(format!("{prefix}{label}{rest}"))
    };
    for attribute in &mut resource.attributes {
        if let Some(path) = renamed(&attribute.path) {
            attribute.path = path;
        }
    }
    let blocks = std::mem::take(&mut resource.blocks);
    for block in blocks {
        match renamed(&block) {
            Some(path) => {
                // The family itself exists too.
                if let Some((prefix, ..)) = split(&block) {
                    resource.blocks.insert(prefix.to_owned());
                }
                resource.blocks.insert(path);
            }
            None => {
                resource.blocks.insert(block);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Side;
    use crate::facts::{Attribute, System, Value};
    use crate::source::{Locus, Position};

    fn resource(paths: &[(&str, &str)]) -> Resource {
        let start = Position { line: 1, column: 1 };
        let locus = Locus {
            side: Side::Old,
            file: 0,
            path: "main.tf".into(),
            span: 0..1,
            start,
            end: start,
            scope: Vec::new(),
        };
        Resource {
            system: System::Terraform,
            module: String::new(),
            kind: "aws_security_group".into(),
            name: "a".into(),
            address: "aws_security_group.a".into(),
            attributes: paths
                .iter()
                .map(|(path, value)| Attribute {
                    path: (*path).to_owned(),
                    value: Value::string(*value),
                    locus: locus.clone(),
                    folded: None,
                })
                .collect(),
            blocks: BTreeSet::new(),
        }
    }

    fn paths(resource: &Resource) -> Vec<&str> {
        resource.attributes.iter().map(|attribute| attribute.path.as_str()).collect()
    }

    #[test]
    fn a_single_block_has_no_number() {
        let mut old = resource(&[("ttl[\u{1}0].enabled", "true")]);
        let mut new = resource(&[("ttl[\u{1}0].enabled", "false")]);
        align(Some(&mut old), Some(&mut new));
        assert_eq!((paths(&old), paths(&new)), (vec!["ttl.enabled"], vec!["ttl.enabled"]));
    }

    #[test]
    fn reordered_blocks_keep_their_numbers() {
        let mut old = resource(&[("ingress[\u{1}0].port", "22"), ("ingress[\u{1}1].port", "80")]);
        let mut new = resource(&[("ingress[\u{1}0].port", "80"), ("ingress[\u{1}1].port", "22")]);
        align(Some(&mut old), Some(&mut new));
        let of = |resource: &Resource, port: &str| {
            let found = resource.attributes.iter().find(|attribute| attribute.value == Value::string(port));
            found.unwrap().path.clone()
        };
        assert_eq!(of(&old, "22"), of(&new, "22"));
        assert_eq!(of(&old, "80"), of(&new, "80"));
    }

    #[test]
    fn an_added_named_block_renames_nothing_that_was_there() {
        let mut old = resource(&[("rule[\u{1}0].id", "logs"), ("rule[\u{1}0].days", "30")]);
        let mut new = resource(&[
            ("rule[\u{1}0].id", "tmp"),
            ("rule[\u{1}0].days", "1"),
            ("rule[\u{1}1].id", "logs"),
            ("rule[\u{1}1].days", "30"),
        ]);
        align(Some(&mut old), Some(&mut new));
        assert_eq!(paths(&old), ["rule[logs].id", "rule[logs].days"]);
        assert_eq!(paths(&new), ["rule[tmp].id", "rule[tmp].days", "rule[logs].id", "rule[logs].days"]);
    }

    #[test]
    fn blocks_inside_blocks_follow_their_parents() {
        let mut old = resource(&[("a[\u{1}0].b[\u{1}0].x", "1"), ("a[\u{1}1].b[\u{1}0].x", "2")]);
        let mut new = resource(&[("a[\u{1}0].b[\u{1}0].x", "2"), ("a[\u{1}1].b[\u{1}0].x", "1")]);
        align(Some(&mut old), Some(&mut new));
        let mut before: Vec<String> =
            old.attributes.iter().map(|one| format!("{}={}", one.path, one.value.as_text())).collect();
        let mut after: Vec<String> =
            new.attributes.iter().map(|one| format!("{}={}", one.path, one.value.as_text())).collect();
        before.sort();
        after.sort();
        assert_eq!(before, after);
        assert!(before[0].starts_with("a[0].b.x") || before[0].starts_with("a[1].b.x"));
    }
}
