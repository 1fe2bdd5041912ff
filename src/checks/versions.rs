//! Which version of a provider a module uses, as far as its lock file or constraint says.

use super::Evidence;
use crate::change::Side;
use crate::facts::{Body, Resource, System};

/// A provider's major version and where it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pinned {
    pub major: u32,
    /// `aws 5.45.0 (lock file)`, `aws ~> 5.0 (constraint)`.
    pub note: String,
}

/// Folders above a module in which a lock file still counts for it.
const LEVELS: usize = 4;
/// Bytes of a file that is looked into.
const LARGEST: usize = 256 * 1024;

/// The newest version that a module can run with, or `None` where nothing limits it.
pub(super) fn pinned(evidence: &Evidence<'_>, module: &str, provider: &str) -> Option<Pinned> {
    lock_file(evidence, module, provider).or_else(|| constraint(evidence, module, provider))
}

fn lock_file(evidence: &Evidence<'_>, module: &str, provider: &str) -> Option<Pinned> {
    let mut folder = module;
    for _ in 0..LEVELS {
        let path = join(folder, ".terraform.lock.hcl");
        if let Some(text) = read(evidence, &path)
            && let Some(version) = locked(&text, provider)
        {
            let major = version.split('.').next()?.parse().ok()?;
            return Some(Pinned { major, note: format!("{provider} {version} (lock file)") });
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    None
}

fn read(evidence: &Evidence<'_>, path: &str) -> Option<String> {
    let bytes = evidence.change.tree(Side::New).read(path).ok().flatten()?;
    (bytes.len() <= LARGEST).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The version in `provider "registry.terraform.io/hashicorp/aws" { version = "5.45.0" }`.
fn locked(text: &str, provider: &str) -> Option<String> {
    let start = text.find(&format!("/{provider}\" {{"))?;
    let line = text[start..].lines().find(|line| line.trim_start().starts_with("version"))?;
    line.split('"').nth(1).map(str::to_owned)
}

/// From `required_providers`, in a changed file or in an unchanged one of the module.
fn constraint(evidence: &Evidence<'_>, module: &str, provider: &str) -> Option<Pinned> {
    let of = |resource: &Resource| {
        let wanted = resource.kind == "required_provider" && resource.name == provider;
        (resource.system == System::Terraform && resource.module == module && wanted)
            .then(|| resource.attribute("version").map(|version| version.value.as_text()))
            .flatten()
    };
    let here = evidence.new_resources.iter().find_map(|fact| match &fact.body {
        Body::Resource(resource) => of(resource),
        _ => None,
    });
    let text = here.or_else(|| {
        let names = evidence.change.tree(Side::New).list(module).ok()?;
        let mut files = names.iter().filter(|name| name.ends_with(".tf") || name.ends_with(".tofu"));
        files.find_map(|name| required(&read(evidence, &join(module, name))?, provider))
    })?;
    let major = newest_major(&text)?;
    Some(Pinned { major, note: format!("{provider} {text} (constraint)") })
}

/// The version constraint of a provider in the text of a configuration.
fn required(text: &str, provider: &str) -> Option<String> {
    let block = &text[text.find("required_providers")?..];
    let entry = block.lines().position(|line| {
        let rest = line.trim_start().strip_prefix(provider);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    })?;
    let lines = block.lines().skip(entry).take(6);
    let line = lines.take_while(|line| line.trim() != "}").find(|line| line.contains("version"))?;
    let after = &line[line.find("version")?..];
    after.split('"').nth(1).map(str::to_owned)
}

/// The newest major version that a constraint admits: `~> 5.0` is 5, `>= 4, < 6.0` is 5; `>= 5` has none.
fn newest_major(constraint: &str) -> Option<u32> {
    constraint.split(',').filter_map(|part| newest_of(part.trim())).min()
}

fn newest_of(part: &str) -> Option<u32> {
    let digits = part.find(|letter: char| letter.is_ascii_digit())?;
    let (operator, version) = (part[..digits].trim().trim_end_matches('v').trim(), &part[digits..]);
    let mut numbers = version.split(['.', '-']).map(|number| number.trim().parse::<u32>().unwrap_or(0));
    let major = numbers.next()?;
    let minor = numbers.next();
    match operator {
        "" | "=" | "<=" => Some(major),
        // `~> 5` admits every later major version, `~> 5.1` does not.
        "~>" => minor.map(|_| major),
        "<" => Some(if minor.unwrap_or(0) == 0 && numbers.all(|number| number == 0) {
            major.saturating_sub(1)
        } else {
            major
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_give_the_newest_major_version() {
        for (constraint, expected) in [
            ("~> 5.0", Some(5)),
            (">= 4.0, < 6.0", Some(5)),
            ("= 3.76.1", Some(3)),
            ("5.31", Some(5)),
            ("< 5.1", Some(5)),
            (">= 5.0", None),
            ("!= 5.1", None),
            ("", None),
        ] {
            assert_eq!(newest_major(constraint), expected, "{constraint}");
        }
    }

    #[test]
    fn texts_of_lock_files_and_settings_are_read() {
        let lock = "provider \"registry.terraform.io/hashicorp/aws\" {\n  version     = \"5.45.0\"\n}\n";
        assert_eq!(locked(lock, "aws").as_deref(), Some("5.45.0"));
        assert_eq!(locked(lock, "google"), None);
        let settings = "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n      version = \"~> 5.1\"\n    }\n  }\n}\n";
        assert_eq!(required(settings, "aws").as_deref(), Some("~> 5.1"));
    }
}
