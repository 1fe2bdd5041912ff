//! Words of paths and names, and what they say about an environment.

use super::PlaceName;
use super::lexicon::Lexicon;

/// The words of a name: divided at `/ - _ . :` and blanks, and where the case changes; lower case.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut previous = ' ';
    for letter in name.chars() {
        let divides = !letter.is_alphanumeric();
        let turns = letter.is_uppercase() && previous.is_lowercase();
        if (divides || turns) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if !divides {
            word.extend(letter.to_lowercase());
        }
        previous = letter;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The most production-like environment that the words of a name speak of, with the word.
pub(super) fn environment(name: &str, lexicon: &Lexicon) -> Option<(PlaceName, String)> {
    let words = words(&without_devices(name));
    let mut best: Option<(PlaceName, String)> = None;
    for (index, word) in words.iter().enumerate() {
        // `prod2`, `dev01`: the number counts instances, not environments.
        let stem = word.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let Some(mut place) = lexicon.environment(word).or_else(|| lexicon.environment(stem)) else { continue };
        if place == PlaceName::Production {
            let before = index.checked_sub(1).and_then(|at| words.get(at));
            let after = words.get(index + 1);
            let negated = before.is_some_and(|word| lexicon.negations.contains(word))
                || after.is_some_and(|word| lexicon.likenesses.contains(word));
            if negated {
                place = PlaceName::Staging;
            }
        }
        if best.as_ref().is_none_or(|(known, _)| weight(place) > weight(*known)) {
            best = Some((place, word.clone()));
        }
    }
    best
}

/// `/dev/null` and `/dev/sdb` are devices; `envs/dev/` is an environment.
fn without_devices(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(at) = rest.find("/dev/") {
        let absolute =
            !rest[..at].ends_with(|letter: char| letter.is_alphanumeric() || "-_.}*".contains(letter));
        plain.push_str(&rest[..at]);
        plain.push_str(if absolute { "/" } else { "/dev/" });
        rest = &rest[at + "/dev/".len()..];
    }
    plain.push_str(rest);
    plain
}

/// How production-like a place is: what counts where two pieces of evidence of one rank disagree.
pub(super) fn weight(place: PlaceName) -> u8 {
    match place {
        PlaceName::Production => 5,
        PlaceName::Shared => 4,
        PlaceName::Staging => 3,
        PlaceName::Development => 2,
        PlaceName::Test => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_decide_and_negations_turn_them() {
        let lexicon = Lexicon::built_in();
        for (name, expected) in [
            ("envs/prod/db.tf", Some(PlaceName::Production)),
            ("envs/nonprod/db.tf", Some(PlaceName::Staging)),
            ("envs/non-prod/db.tf", Some(PlaceName::Staging)),
            ("pre-prod", Some(PlaceName::Staging)),
            ("prod-like", Some(PlaceName::Staging)),
            ("eu-prod2", Some(PlaceName::Production)),
            ("ordersProd", Some(PlaceName::Production)),
            ("product/reproduce/devops", None),
            ("latest/contest/livekit", None),
            ("stacks/dev/prod", Some(PlaceName::Production)),
            ("sandbox", Some(PlaceName::Development)),
            ("UserKnownHostsFile=/dev/null", None),
            ("envs/dev/null.tf", Some(PlaceName::Development)),
        ] {
            assert_eq!(environment(name, &lexicon).map(|(place, _)| place), expected, "{name}");
        }
    }
}
