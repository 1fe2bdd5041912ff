//! What makes two facts the same fact, and what makes them equal.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::facts::{Attribute, Body, Fact, Group, Resource, System, Word, without_numbers};

/// Pairing looks at the identity first; equal contents under one identity are no delta.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub identity: String,
    pub content: String,
}

/// How far a fact may travel and still be the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The identity is unique in the repository; files and lines do not matter.
    Global,
    /// The identity repeats; files, scopes and lines decide.
    Local,
}

pub(super) fn reach(fact: &Fact) -> Reach {
    match &fact.body {
        Body::Resource(resource) => match resource.system {
            System::Terraform | System::Kubernetes => Reach::Global,
            System::Cloudformation
            | System::Compose
            | System::Github
            | System::Gitlab
            | System::Ansible
            | System::Dockerfile
            | System::Cdk
            | System::Pulumi => Reach::Local,
        },
        Body::File(_) => Reach::Global,
        _ => Reach::Local,
    }
}

pub(super) fn key(fact: &Fact) -> Key {
    match &fact.body {
        Body::Resource(resource) => Key { identity: address(resource), content: body(resource) },
        Body::Setting(setting) => {
            // The number of an element without a name shifts when another one comes or goes.
            let path = without_numbers(&setting.path).unwrap_or_else(|| setting.path.clone());
            Key { identity: format!("setting {path}"), content: format!("{:?}", setting.value) }
        }
        Body::Command(command) => {
            let mut flags: Vec<String> = command
                .flags
                .iter()
                .map(|flag| match &flag.value {
                    Some(value) => format!("{}={}", flag.name, value.content()),
                    None => flag.name.clone(),
                })
                .collect();
            flags.sort();
            let mut content = format!(
                "{:?} {:?} {flags:?} {:?} {:?} {:?} {:?} {:?}",
                command.wrappers,
                command.remote,
                command.piped_from,
                command.piped_to,
                command.writes.iter().map(Word::content).collect::<Vec<_>>(),
                command.status,
                command.guards
            );
            for operand in &command.operands {
                let _ = write!(content, " {:?}", operand.content());
            }
            for (name, value) in &command.environment {
                let _ = write!(content, " {name}={}", value.content());
            }
            Key { identity: format!("command {} {}", command.program, command.subcommands.join(" ")), content }
        }
        Body::Statement(statement) => Key {
            identity: format!("statement {} {} {}", statement.verb, statement.object, statement.name),
            content: format!("{} {} {}", statement.in_transaction, statement.own_table, statement.text),
        },
        // These are paired by what they protect and resemble, before keys are asked for.
        Body::Definition(definition) => Key {
            identity: format!("definition {}", definition.name),
            content: format!("{:?}", definition.parameters),
        },
        Body::Guard(guard) => {
            Key { identity: format!("guard {:?} {}", guard.kind, guard.key), content: guard.text.clone() }
        }
        Body::Call(call) => Key {
            // The method alone: `filter(…).delete()` and `all().delete()` are one call with another receiver.
            identity: format!("call {}", call.callee.rsplit(['.', ':']).next().unwrap_or_default()),
            content: format!(
                "{} {:?} {:?} {} {}",
                call.callee,
                call.chain,
                call.arguments,
                call.loop_depth > 0,
                call.ends_chain
            ),
        },
        Body::Test(test) => Key {
            identity: format!("test {}", test.name),
            content: format!("{:?} {} {:?} {}", test.skipped, test.focused, test.assertions, test.text),
        },
        Body::Dependency(dependency) => {
            let locked = if dependency.group == Group::Locked { "locked " } else { "" };
            Key {
                identity: format!("dependency {locked}{} {}", dependency.ecosystem, dependency.name),
                content: format!("{dependency:?}"),
            }
        }
        Body::Syntax(found) | Body::Text(found) => {
            Key { identity: format!("match {}", found.rule), content: format!("{:016x}", found.hash) }
        }
        Body::File(_) => Key { identity: format!("file {}", fact.locus.file), content: String::new() },
    }
}

/// The part of a resource's name that does not change when it travels.
fn address(resource: &Resource) -> String {
    let Resource { system, module, kind, name, .. } = resource;
    match system {
        System::Terraform | System::Kubernetes => format!("resource {system:?} {module} {kind} {name}"),
        System::Cloudformation | System::Compose | System::Dockerfile | System::Cdk | System::Pulumi => {
            format!("resource {system:?} {kind} {name}")
        }
        // Jobs, steps and tasks are renamed like functions: scope and likeness tell them apart.
        System::Github | System::Gitlab | System::Ansible => format!("resource {system:?} {kind}"),
    }
}

fn body(resource: &Resource) -> String {
    let mut lines: Vec<String> = resource.attributes.iter().map(attribute_line).collect();
    lines.extend(resource.blocks.iter().map(|block| format!("{block} {{}}")));
    lines.sort();
    lines.join("\n")
}

fn attribute_line(attribute: &Attribute) -> String {
    format!("{}={:?}", attribute.path, attribute.value)
}

/// The text by which two facts of one identity are compared when their contents differ.
pub(super) fn text(fact: &Fact) -> String {
    match &fact.body {
        Body::Command(command) => command.text.clone(),
        Body::Statement(statement) => statement.text.clone(),
        Body::Call(call) => call.text.clone(),
        Body::Guard(guard) => guard.text.clone(),
        Body::Definition(definition) => definition.name.clone(),
        Body::Test(test) => test.text.clone(),
        Body::Syntax(found) | Body::Text(found) => found.text.clone(),
        Body::Setting(setting) => format!("{:?}", setting.value),
        Body::Dependency(dependency) => dependency.spec.clone(),
        Body::Resource(resource) => body(resource),
        Body::File(_) => String::new(),
    }
}

/// Share of words that two texts have in common, 0 to 1 (Dice coefficient over multisets).
pub fn similarity(one: &str, other: &str) -> f64 {
    Words::of(one).share(&Words::of(other))
}

/// What two sorted multisets have in common, 0 to 1 (Dice coefficient); two empty ones are alike.
pub(super) fn dice<T: Ord>(one: &[T], other: &[T]) -> f64 {
    let total = one.len() + other.len();
    if total == 0 {
        return 1.0;
    }
    let (mut left, mut right, mut common) = (0, 0, 0u32);
    while left < one.len() && right < other.len() {
        match one[left].cmp(&other[right]) {
            std::cmp::Ordering::Equal => {
                common += 1;
                left += 1;
                right += 1;
            }
            std::cmp::Ordering::Less => left += 1,
            std::cmp::Ordering::Greater => right += 1,
        }
    }
    2.0 * f64::from(common) / total as f64
}

/// The words of a text as a sorted multiset of hashes, for many comparisons of one text.
#[derive(Debug, Default)]
pub(super) struct Words(Vec<u64>);

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let mut words: Vec<u64> = text
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .filter(|word| !word.is_empty())
            .map(|word| {
                let mut hasher = DefaultHasher::new();
                word.hash(&mut hasher);
                hasher.finish()
            })
            .collect();
        words.sort_unstable();
        Self(words)
    }

    /// The Dice coefficient, 0 to 1.
    pub(super) fn share(&self, other: &Self) -> f64 {
        dice(&self.0, &other.0)
    }
}
