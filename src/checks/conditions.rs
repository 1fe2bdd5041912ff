//! Whether a conditional replacement happens: the tables say when in a few words, and the values decide.

use std::cmp::Ordering;

use crate::facts::{Attribute, Resource, Scalar, Value, without_indexes};

/// Both sides of one listed attribute.
pub(super) struct Turned<'a> {
    pub before: &'a Resource,
    pub after: &'a Resource,
    /// Every leaf at or beneath the listed path.
    pub old: &'a [&'a Attribute],
    pub new: &'a [&'a Attribute],
}

impl<'a> Turned<'a> {
    fn one(attributes: &'a [&'a Attribute]) -> Option<&'a Value> {
        attributes.first().map(|attribute| &attribute.value)
    }

    fn is(value: Option<&Value>, word: &str) -> bool {
        value.is_some_and(|value| value.as_text().eq_ignore_ascii_case(word))
    }

    /// An attribute of the new side, wherever its block is numbered.
    fn now(&self, path: &str) -> Option<&'a Value> {
        let found = self.after.attributes.iter().find(|attribute| without_indexes(&attribute.path) == path);
        found.map(|attribute| &attribute.value)
    }

    fn texts(attributes: &[&Attribute]) -> Vec<String> {
        attributes.iter().map(|attribute| attribute.value.as_text()).collect()
    }

    /// Something that was there is there no more.
    fn loses(&self) -> bool {
        let now = Self::texts(self.new);
        Self::texts(self.old).iter().any(|text| !now.contains(text))
    }

    fn set(attributes: &[&Attribute]) -> bool {
        attributes.iter().any(|attribute| match &attribute.value {
            Value::Literal(Scalar::Null) => false,
            Value::Literal(Scalar::String(text)) => !matches!(text.as_str(), "" | "[]" | "{}"),
            _ => true,
        })
    }
}

/// Whether the words of the table hold; `None` where source alone cannot tell.
pub(super) fn holds(words: &str, turned: &Turned<'_>) -> Option<bool> {
    let (old, new) = (Turned::one(turned.old), Turned::one(turned.new));
    let words = words.trim();
    Some(match words {
        "added or removed as a whole" => Turned::set(turned.old) != Turned::set(turned.new),
        "remove" => Turned::set(turned.old) && !Turned::set(turned.new),
        "change or removal once set" | "once set" => Turned::set(turned.old),
        "change to another value (removal does not)" => Turned::set(turned.old) && Turned::set(turned.new),
        _ if words.starts_with("unless it was unset") => Turned::set(turned.old),
        "disable" => disabled(old, new)?,
        "disable, or enable on an old engine" => match disabled(old, new) {
            Some(true) => true,
            _ => return None,
        },
        "immutable is true" => match turned.before.attribute("immutable") {
            Some(attribute) => attribute.value.as_bool()?,
            None => false,
        },
        "user_data_replace_on_change is true" => match turned.now("user_data_replace_on_change") {
            Some(value) => value.as_bool()?,
            None => false,
        },
        "engine is memcached" => Turned::is(turned.now("engine"), "memcached"),
        "engine is not aurora-*" => match turned.now("engine")? {
            Value::Literal(_) => !turned.now("engine")?.as_text().starts_with("aurora"),
            Value::Unknown(_) => return None,
        },
        "engine_version below 7.0.5" => {
            versions(&turned.now("engine_version")?.as_text(), "7.0.5")? == Ordering::Less
        }
        "type is not a hyperdisk" => !turned.now("type")?.as_text().starts_with("hyperdisk"),
        "Autopilot clusters" => match turned.now("enable_autopilot") {
            Some(value) => value.as_bool()?,
            None => false,
        },
        "to dedicated" => Turned::is(new, "dedicated"),
        "to or from Premium" => Turned::is(old, "premium") != Turned::is(new, "premium"),
        "unless Storage to StorageV2" => {
            !(Turned::is(old, "storage") && new.is_none_or(|_| Turned::is(new, "storagev2")))
        }
        "between zone-redundant and not zone-redundant kinds" => zonal(old?)? != zonal(new?)?,
        "out of the Hyperscale tier" => hyperscale(old?)? && !hyperscale(new?)?,
        "new range does not contain the old" => !contains(&new?.as_text(), &old?.as_text())?,
        "new type has another CPU architecture or virtualisation type" => {
            architecture(&old?.as_text())? != architecture(&new?.as_text())?
        }
        "network and subnetwork stay the same" => {
            let same = |path: &str| {
                let of = |resource: &Resource| {
                    let all = resource.attributes.iter();
                    all.filter(|one| without_indexes(&one.path) == path)
                        .map(|one| one.value.as_text())
                        .collect::<Vec<_>>()
                };
                of(turned.before) == of(turned.after)
            };
            same("network_interface.network") && same("network_interface.subnetwork")
        }
        "unless moved to or from metadata.startup-script" => {
            let script = |resource: &Resource| resource.attribute("metadata.startup-script").is_some();
            script(turned.before) == script(turned.after)
        }
        "network load balancer: first group added or last removed" => {
            balancer(turned, &["network"])? && Turned::set(turned.old) != Turned::set(turned.new)
        }
        "network or gateway load balancer losing or changing a mapping"
        | "network or gateway load balancer losing a subnet" => {
            balancer(turned, &["network", "gateway"])? && turned.loses()
        }
        "new mapping added" | "new set added" => turned.new.len() > turned.old.len(),
        "an existing statement is changed or removed (appending is in place)" => turned.loses(),
        "not compatible in place (e.g. column removed, type or mode narrowed)" => columns_lost(turned)?,
        "no in-place upgrade path (e.g. downgrade)" => downgraded(old?, new?)?,
        "always (part of metadata.name)" => true,
        _ if words.starts_with("downgrade") => downgraded(old?, new?)?,
        _ if words.starts_with("decrease") => decreased(words, old?, new?, turned)?,
        _ if words.starts_with("source kind changes") || words.starts_with("target kind changes") => {
            Turned::set(turned.old) != Turned::set(turned.new)
        }
        _ => match words.split_once(" to ") {
            Some((from, to)) if !from.contains(' ') && !to.contains(' ') => {
                Turned::is(old, from) && Turned::is(new, to)
            }
            _ => return None,
        },
    })
}

fn disabled(old: Option<&Value>, new: Option<&Value>) -> Option<bool> {
    let was = old.and_then(Value::as_bool)?;
    let is = match new {
        Some(value) => value.as_bool()?,
        None => false,
    };
    Some(was && !is)
}

fn decreased(words: &str, old: &Value, new: &Value, turned: &Turned<'_>) -> Option<bool> {
    let smaller = new.as_number()? < old.as_number()?;
    match words {
        "decrease while disk_autoresize is false" => {
            let resizes = match turned.now("settings.disk_autoresize") {
                Some(value) => value.as_bool()?,
                None => true,
            };
            Some(smaller && !resizes)
        }
        "decrease, or storage class cannot expand" if !smaller => None,
        _ => Some(smaller),
    }
}

/// Tiers from the least to the greatest, where they are words.
const TIERS: [&[&str]; 2] = [&["basic", "standard", "premium"], &["standard", "advanced"]];

fn downgraded(old: &Value, new: &Value) -> Option<bool> {
    let (old, new) = (old.as_text().to_ascii_lowercase(), new.as_text().to_ascii_lowercase());
    if old == "valkey" || new == "valkey" {
        return Some(old == "valkey" && new == "redis");
    }
    let rank = |tiers: &[&str], text: &str| tiers.iter().position(|tier| *tier == text);
    for tiers in TIERS {
        if let (Some(was), Some(is)) = (rank(tiers, &old), rank(tiers, &new)) {
            return Some(is < was);
        }
    }
    Some(versions(&new, &old)? == Ordering::Less)
}

/// Compares the numbers in two versions; what one lacks does not count.
pub(super) fn versions(one: &str, other: &str) -> Option<Ordering> {
    let numbers = |text: &str| -> Vec<u64> {
        let start = text.find(|letter: char| letter.is_ascii_digit()).unwrap_or(text.len());
        text[start..].split(['.', '_', '-']).map_while(|part| part.parse().ok()).collect()
    };
    let (one, other) = (numbers(one), numbers(other));
    if one.is_empty() || other.is_empty() {
        return None;
    }
    let length = one.len().min(other.len());
    Some(one[..length].cmp(&other[..length]))
}

fn zonal(value: &Value) -> Option<bool> {
    matches!(value, Value::Literal(_)).then(|| value.as_text().to_ascii_uppercase().contains("ZRS"))
}

fn hyperscale(value: &Value) -> Option<bool> {
    matches!(value, Value::Literal(_)).then(|| value.as_text().to_ascii_uppercase().starts_with("HS_"))
}

fn balancer(turned: &Turned<'_>, kinds: &[&str]) -> Option<bool> {
    match turned.now("load_balancer_type") {
        None => Some(false),
        Some(Value::Unknown(_)) => None,
        Some(value) => Some(kinds.contains(&value.as_text().as_str())),
    }
}

/// A column of a table schema that is gone or has another type.
fn columns_lost(turned: &Turned<'_>) -> Option<bool> {
    let facts = |attributes: &[&Attribute]| -> Vec<(String, String)> {
        let wanted = |path: &str| path.ends_with(".name") || path.ends_with(".type");
        let chosen = attributes.iter().filter(|attribute| wanted(&attribute.path));
        chosen.map(|attribute| (attribute.path.clone(), attribute.value.as_text())).collect()
    };
    let (old, new) = (facts(turned.old), facts(turned.new));
    if old.is_empty() || new.is_empty() {
        return None;
    }
    Some(old.iter().any(|column| !new.contains(column)))
}

/// `10.0.0.0/16` contains `10.0.4.0/24`.
pub(super) fn contains(outer: &str, inner: &str) -> Option<bool> {
    let range = |text: &str| -> Option<(u32, u32)> {
        let (address, length) = text.split_once('/')?;
        let address: std::net::Ipv4Addr = address.trim().parse().ok()?;
        let length: u32 = length.trim().parse().ok().filter(|length| *length <= 32)?;
        Some((u32::from(address), length))
    };
    let ((outer, width), (inner, other)) = (range(outer)?, range(inner)?);
    let mask = if width == 0 { 0 } else { u32::MAX << (32 - width) };
    Some(other >= width && outer & mask == inner & mask)
}

/// The processor family of an EC2 instance type: `m6g.large` is Arm, `mac2` is Arm, `t3.small` is x86.
fn architecture(kind: &str) -> Option<&'static str> {
    let family = kind.split('.').next().filter(|family| kind.contains('.') && !family.is_empty())?;
    if family.starts_with("mac") {
        return Some(if family == "mac1" { "x86_64" } else { "arm64" });
    }
    if family == "a1" {
        return Some("arm64");
    }
    // The letters after the generation tell: `g` is Graviton; `g5` is a family of its own.
    let after = family.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let attributes = after.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '-');
    Some(if attributes.starts_with('g') || family.starts_with("g5g") { "arm64" } else { "x86_64" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures_of_instance_types() {
        for (kind, expected) in [
            ("t3.small", Some("x86_64")),
            ("t4g.small", Some("arm64")),
            ("m6gd.large", Some("arm64")),
            ("c7gn.xlarge", Some("arm64")),
            ("g5.xlarge", Some("x86_64")),
            ("g5g.xlarge", Some("arm64")),
            ("im4gn.large", Some("arm64")),
            ("u-6tb1.56xlarge", Some("x86_64")),
            ("a1.medium", Some("arm64")),
            ("nonsense", None),
        ] {
            assert_eq!(architecture(kind), expected, "{kind}");
        }
    }

    #[test]
    fn versions_compare_by_their_common_numbers() {
        assert_eq!(versions("14", "13.9"), Some(Ordering::Greater));
        assert_eq!(versions("REDIS_6_X", "REDIS_7_0"), Some(Ordering::Less));
        assert_eq!(versions("2.8.1", "2.8"), Some(Ordering::Equal));
        assert_eq!(versions("latest", "2.8"), None);
    }

    #[test]
    fn ranges_contain_ranges() {
        assert_eq!(contains("10.0.0.0/16", "10.0.4.0/24"), Some(true));
        assert_eq!(contains("10.0.0.0/24", "10.0.0.0/16"), Some(false));
        assert_eq!(contains("10.1.0.0/16", "10.0.0.0/16"), Some(false));
        assert_eq!(contains("var.a", "10.0.0.0/16"), None);
    }
}
