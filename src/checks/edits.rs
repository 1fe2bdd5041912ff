//! Which listed attributes of a resource were edited, and how sure source alone can be of it.
//!
//! A listed path speaks of every block of its name, so the values of all of them are compared as a set: order and
//! numbering of blocks say nothing.

use super::conditions::{self, Turned};
use crate::facts::{Attribute, Resource, Scalar, System, Value, property_path, without_indexes};
use crate::rules::tables::Replacement;

/// A listed attribute that changed.
pub(super) struct Edit<'a> {
    /// As the resource writes it: with indexes.
    pub path: String,
    pub old: Option<&'a Attribute>,
    pub new: Option<&'a Attribute>,
    /// Steps of confidence lost.
    pub doubt: u8,
    /// The table says that it depends, not on what.
    pub vague: bool,
    pub note: Option<String>,
}

/// What else decides about single comparisons.
pub(super) struct Comparison<'a> {
    pub table: &'a Replacement,
    /// Attributes that force replacement in older versions of the provider count too.
    pub older: bool,
    /// Whether two names stand for one object: it was renamed in this change.
    pub renamed: &'a dyn Fn(&str, &str) -> bool,
}

impl Comparison<'_> {
    /// Every edit that forces replacement, in the order of the table.
    pub(super) fn edits<'a>(&self, before: &'a Resource, after: &'a Resource) -> Vec<Edit<'a>> {
        let table = self.table;
        let mut edits: Vec<Edit<'a>> = Vec::new();
        let always = table.replace.iter().chain(table.older.iter().filter(|_| self.older));
        for listed in always {
            self.add(&mut edits, listed, before, after, Certainty::Always);
        }
        for listed in &table.disputed {
            self.add(&mut edits, listed, before, after, Certainty::Disputed);
        }
        for listed in &table.conditional {
            let words = table.when.get(listed).map(String::as_str);
            self.add(&mut edits, listed, before, after, Certainty::When(words));
        }
        if table.no_update && edits.is_empty() {
            self.any_change(&mut edits, before, after);
        }
        let ignored = Ignored::of(after);
        edits.retain(|edit| !ignored.covers(&edit.path));
        edits
    }

    fn add<'a>(
        &self,
        edits: &mut Vec<Edit<'a>>,
        listed: &str,
        before: &'a Resource,
        after: &'a Resource,
        certainty: Certainty<'_>,
    ) {
        let stem = listed.strip_suffix(".*").unwrap_or(listed);
        let property = match before.system {
            System::Cloudformation => property_path(stem),
            _ => stem.into(),
        };
        let stem = &*property;
        // A path that names a Terraform block speaks of the block, not of what is in it.
        let block = before.system == System::Terraform && !listed.ends_with(".*");
        let block = block && (is_block(before, stem) || is_block(after, stem));
        let of = |resource: &'a Resource| -> Vec<&'a Attribute> {
            let covered = |attribute: &&Attribute| {
                // A null is no line at all.
                attribute.value != Value::Literal(Scalar::Null)
                    && covers(stem, &without_indexes(&attribute.path))
            };
            resource.attributes.iter().filter(covered).collect()
        };
        let (old, new) = (of(before), of(after));
        let found =
            if block { block_edit(stem, before, after, &old, &new) } else { self.value_edit(stem, &old, &new) };
        let Some(mut edit) = found else { return };
        // A chart that learns an option writes it only for those who set it.
        let optional = |one: &Attribute| matches!(one.value, Value::Unknown(_));
        if before.system == System::Kubernetes && edit.old.is_none() && edit.new.is_some_and(optional) {
            return;
        }
        if edits.iter().any(|known| known.path == edit.path) {
            return;
        }
        match certainty {
            Certainty::Always => {}
            Certainty::Disputed => {
                edit.doubt += 2;
                edit.note = Some("the service's own sources disagree about replacement".to_owned());
            }
            Certainty::When(words) => {
                let turned = Turned { before, after, old: &old, new: &new };
                match words.and_then(|words| conditions::holds(words, &turned)) {
                    Some(false) => return,
                    Some(true) => edit.note = words.map(|words| format!("forces replacement: {words}")),
                    None => {
                        edit.doubt += if words.is_some() { 1 } else { 2 };
                        edit.vague = words.is_none();
                        let words = words.unwrap_or("depending on the values");
                        edit.note = Some(format!("forces replacement only: {words}"));
                    }
                }
            }
        }
        edits.push(edit);
    }

    /// A type without an update: any edit replaces it.
    fn any_change<'a>(&self, edits: &mut Vec<Edit<'a>>, before: &'a Resource, after: &'a Resource) {
        for attribute in after.attributes.iter().chain(&before.attributes) {
            let path = &attribute.path;
            let (old, new) = (before.attribute(path), after.attribute(path));
            let both = |one: &Attribute, other: &Attribute| one.value.is_same(&other.value);
            if old.zip(new).is_some_and(|(old, new)| both(old, new))
                || edits.iter().any(|edit| edit.path == *path)
            {
                continue;
            }
            let note = Some("the type has no update".to_owned());
            edits.push(Edit { path: path.clone(), old, new, doubt: 1, vague: false, note });
        }
    }

    fn value_edit<'a>(&self, stem: &str, old: &[&'a Attribute], new: &[&'a Attribute]) -> Option<Edit<'a>> {
        let same = |one: &Attribute, other: &Attribute| {
            without_indexes(&one.path) == without_indexes(&other.path) && one.value.is_same(&other.value)
        };
        let gone = unmatched(old, new, &same);
        let come = unmatched(new, old, &same);
        if gone.is_empty() && come.is_empty() {
            return None;
        }
        // The pair that a reader would call the edit: the same path, else the first of each side.
        let pair = come
            .iter()
            .find_map(|new| gone.iter().find(|old| old.path == new.path).map(|old| (*old, *new)))
            .or_else(|| gone.first().zip(come.first()).map(|(old, new)| (*old, *new)));
        let (one, other) = match pair {
            Some((old, new)) => (Some(old), Some(new)),
            None => (gone.first().copied(), come.first().copied()),
        };
        let path = other.or(one).map(|attribute| attribute.path.clone())?;
        let doubt = match (old.is_empty(), new.is_empty()) {
            (false, true) => self.line_removed(stem, &gone)?,
            (true, false) => self.line_added(stem, &come)?,
            _ => self.differs(&gone, &come, old, new)?,
        };
        Some(Edit { path, old: one, new: other, doubt, vague: false, note: None })
    }

    /// Nothing of it is left: the provider keeps what it has computed, or goes back to the default.
    fn line_removed(&self, stem: &str, gone: &[&Attribute]) -> Option<u8> {
        let counts = gone.iter().filter(|one| !self.is_computed(stem, &one.path) && !self.is_default(one));
        counts.map(|one| if matches!(one.value, Value::Literal(_)) { 0 } else { 2 }).min()
    }

    /// The line may only write down what the object already has, if the provider computes it.
    fn line_added(&self, stem: &str, come: &[&Attribute]) -> Option<u8> {
        let counts = come.iter().filter(|one| !self.is_default(one));
        counts
            .map(|one| {
                let literal = matches!(one.value, Value::Literal(_));
                match (literal, self.is_computed(stem, &one.path)) {
                    (true, false) => 0,
                    (true, true) => 1,
                    (false, _) => 2,
                }
            })
            .min()
    }

    fn differs(
        &self,
        gone: &[&Attribute],
        come: &[&Attribute],
        old: &[&Attribute],
        new: &[&Attribute],
    ) -> Option<u8> {
        let literal = |all: &[&Attribute]| all.iter().all(|one| matches!(one.value, Value::Literal(_)));
        if literal(old) && literal(new) {
            // `null`, `false`, `""` and 0 on both sides are one.
            let unset = |all: &[&Attribute]| all.iter().all(|one| self.is_default(one));
            return (!(unset(gone) && unset(come))).then_some(0);
        }
        match (gone, come) {
            ([one], [other]) => self.expressions_differ(&one.value, &other.value),
            ([], [more]) if literal(&[more]) => Some(1),
            ([less], []) if literal(&[less]) => Some(1),
            _ if literal(gone) && literal(come) => Some(1),
            _ => Some(2),
        }
    }

    fn expressions_differ(&self, old: &Value, new: &Value) -> Option<u8> {
        match (old, new) {
            (Value::Literal(_), Value::Literal(_)) => Some(0),
            (Value::Unknown(old), Value::Unknown(new)) => match (pieces(old), pieces(new)) {
                // The same holes with other text around them.
                (Some((holes, texts)), Some((others, words))) if holes == others => {
                    (texts != words).then_some(0)
                }
                _ => {
                    let (old, new) = (object_of(old)?, object_of(new)?);
                    (old != new && !(self.renamed)(&old, &new)).then_some(1)
                }
            },
            (Value::Literal(one), Value::Unknown(source)) | (Value::Unknown(source), Value::Literal(one)) => {
                let text = Value::Literal(one.clone()).as_text();
                Some(if pieces(source).is_some_and(|(_, texts)| !fits(&text, &texts)) { 0 } else { 2 })
            }
        }
    }

    fn is_computed(&self, stem: &str, path: &str) -> bool {
        let plain = without_indexes(path);
        self.table.computed.iter().any(|listed| {
            let listed = listed.strip_suffix(".*").unwrap_or(listed);
            listed == stem || listed == plain
        })
    }

    /// The value of an absent line.
    fn is_default(&self, attribute: &Attribute) -> bool {
        // What falls back to null says nothing to those who give no value.
        if matches!(&attribute.value, Value::Unknown(source) if falls_back_to_null(source)) {
            return true;
        }
        match self.table.default.get(&without_indexes(&attribute.path)) {
            Some(serde_json::Value::String(text)) => attribute.value.as_text() == *text,
            Some(other) => {
                let written = other.to_string();
                attribute.value.as_text() == written
            }
            None => match &attribute.value {
                Value::Literal(Scalar::Null | Scalar::Bool(false)) => true,
                Value::Literal(Scalar::String(text)) => matches!(text.as_str(), "" | "[]" | "{}"),
                Value::Literal(Scalar::Number(number)) => *number == 0.0,
                Value::Literal(Scalar::Bool(true)) | Value::Unknown(_) => false,
            },
        }
    }
}

enum Certainty<'a> {
    Always,
    Disputed,
    /// The table's words, where it has any.
    When(Option<&'a str>),
}

/// A block that was added or taken away.
fn block_edit<'a>(
    stem: &str,
    before: &'a Resource,
    after: &'a Resource,
    old: &[&'a Attribute],
    new: &[&'a Attribute],
) -> Option<Edit<'a>> {
    let count = |resource: &Resource| {
        let all: Vec<&String> = resource.blocks.iter().filter(|block| without_indexes(block) == stem).collect();
        // The family of numbered blocks is listed beside its members.
        let family = all.iter().any(|block| !block.ends_with(']')) && all.len() > 1;
        all.len() - usize::from(family)
    };
    let (was, is) = (count(before), count(after));
    if was == is {
        return None;
    }
    let only = |all: &[&'a Attribute], others: &[&'a Attribute]| -> Option<&'a Attribute> {
        let fresh = all.iter().find(|one| !others.iter().any(|other| other.path == one.path));
        fresh.or(all.first()).copied()
    };
    let (old, new) = if is > was { (None, only(new, old)) } else { (only(old, new), None) };
    // A dynamic block says nothing about how many there are.
    let dynamic = before.attributes.iter().chain(&after.attributes).any(|attribute| {
        attribute.path.strip_prefix("dynamic.").is_some_and(|rest| rest.split('.').next() == Some(stem))
    });
    let note = Some(format!("{stem}: {was} blocks before, {is} now"));
    Some(Edit { path: stem.to_owned(), old, new, doubt: if dynamic { 2 } else { 0 }, vague: false, note })
}

fn is_block(resource: &Resource, stem: &str) -> bool {
    resource.blocks.iter().any(|block| without_indexes(block) == stem)
}

/// A path stands at a listed path or beneath it.
pub(super) fn covers(listed: &str, path: &str) -> bool {
    path.strip_prefix(listed).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What has no equal on the other side, as multisets.
fn unmatched<'a>(
    all: &[&'a Attribute],
    others: &[&'a Attribute],
    same: &dyn Fn(&Attribute, &Attribute) -> bool,
) -> Vec<&'a Attribute> {
    let mut free: Vec<&Attribute> = others.to_vec();
    all.iter()
        .filter(|one| match free.iter().position(|other| same(one, other)) {
            Some(at) => {
                free.swap_remove(at);
                false
            }
            None => true,
        })
        .copied()
        .collect()
}

/// What the configuration tells Terraform to overlook.
struct Ignored(Vec<String>);

impl Ignored {
    fn of(resource: &Resource) -> Self {
        let listed = resource.attributes.iter().filter(|one| one.path.starts_with("lifecycle.ignore_changes"));
        Self(listed.map(|one| without_indexes(&one.value.as_text())).collect())
    }

    fn covers(&self, path: &str) -> bool {
        let plain = without_indexes(path);
        self.0.iter().any(|listed| listed == "all" || covers(listed, &plain))
    }
}

/// Holes and fixed texts of a template in its normal form: `"${var.env}-db"`.
fn pieces(source: &str) -> Option<(Vec<String>, Vec<String>)> {
    let inner = source.strip_prefix('"')?.strip_suffix('"')?;
    let (mut holes, mut texts) = (Vec::new(), vec![String::new()]);
    let mut rest = inner;
    while let Some(at) = rest.find("${") {
        if let Some(last) = texts.last_mut() {
            last.push_str(&rest[..at]);
        }
        let mut depth = 0usize;
        let end = rest[at..].char_indices().find_map(|(index, letter)| {
            match letter {
                '{' => depth += 1,
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + index);
                    }
                }
                _ => {}
            }
            None
        })?;
        holes.push(rest[at + 2..end].to_owned());
        texts.push(String::new());
        rest = &rest[end + 1..];
    }
    if let Some(last) = texts.last_mut() {
        last.push_str(rest);
    }
    Some((holes, texts))
}

/// Whether a text can be what a template gives.
fn fits(text: &str, texts: &[String]) -> bool {
    let (Some(first), Some(last)) = (texts.first(), texts.last()) else { return false };
    text.len() >= first.len() + last.len() && text.starts_with(first.as_str()) && text.ends_with(last.as_str())
}

/// `lookup(each.value, "zone", null)`, `try(var.zone, null)`.
fn falls_back_to_null(source: &str) -> bool {
    let inner = ["lookup(", "try("].iter().find_map(|start| source.strip_prefix(start));
    inner
        .and_then(|inner| inner.strip_suffix(')'))
        .and_then(|inner| inner.rsplit_once(','))
        .is_some_and(|(_, last)| last.trim() == "null")
}

/// The object that a plain reference names: `aws_subnet.a` of `aws_subnet.a[0].id`, `var.zone`; `None` for anything
/// but a plain reference.
fn object_of(source: &str) -> Option<String> {
    let plain = without_indexes(source);
    let simple = plain.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'));
    let parts: Vec<&str> = plain.split('.').collect();
    let length = match *parts.first()? {
        "data" => 3,
        "each" | "count" | "self" | "path" | "terraform" => return None,
        _ => 2,
    };
    (simple && parts.len() >= length).then(|| match parts[0] {
        // An output of a module stands for an object of its own.
        "module" => parts.join("."),
        _ => parts[..length].join("."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_taken_apart() {
        let (holes, texts) = pieces("\"${var.env}-db-${var.n}\"").unwrap();
        assert_eq!(holes, ["var.env", "var.n"]);
        assert_eq!(texts, ["", "-db-", ""]);
        assert!(fits("prod-db", &["".into(), "-db".into()]));
        assert!(!fits("orders", &["".into(), "-orders".into()]));
        assert_eq!(pieces("var.env"), None);
    }

    #[test]
    fn references_name_objects() {
        assert_eq!(object_of("aws_subnet.a[0].id").as_deref(), Some("aws_subnet.a"));
        assert_eq!(object_of("var.zone").as_deref(), Some("var.zone"));
        assert_eq!(object_of("data.aws_vpc.main.id").as_deref(), Some("data.aws_vpc.main"));
        assert_eq!(object_of("join(\"-\", var.a)"), None);
        assert_eq!(object_of("each.value.zone"), None);
    }

    #[test]
    fn fallbacks_to_null_are_no_value() {
        assert!(falls_back_to_null("lookup(each.value, \"zone\", null)"));
        assert!(falls_back_to_null("try(var.a.zone, null)"));
        assert!(!falls_back_to_null("lookup(each.value, \"zone\", \"a\")"));
        assert!(!falls_back_to_null("var.zone"));
    }

    #[test]
    fn listed_paths_cover_what_is_beneath_them() {
        assert!(covers("disk", "disk.size") && covers("disk", "disk") && !covers("disk", "disk_size"));
    }
}
