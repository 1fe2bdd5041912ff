//! In which way a guard protects less than the one it came from.

use crate::facts::{Connective, Flaw, Form, Formula, Guard, GuardKind, Term};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weakness {
    /// Its condition is constant.
    Neutered,
    /// It neither leaves nor encloses any more.
    Powerless,
    /// What it raises is caught and dropped, or its result is.
    Swallowed,
    /// It stands after what it protected, or in a branch of its own.
    Bypassed,
    /// Nobody reaches it.
    Unreachable,
    /// Its value switches it off.
    Disabled,
    /// The condition holds in the opposite case.
    Reversed,
    /// A condition was dropped, or it takes more to hold back.
    Loosened,
    /// A bound was moved to the permissive side.
    Bound,
    /// A lesser role passes.
    Lowered,
}

impl Weakness {
    /// What became of the guard, after "now".
    pub fn words(self) -> &'static str {
        match self {
            Self::Neutered => "has a constant condition",
            Self::Powerless => "no longer stops anything",
            Self::Swallowed => "fails without effect",
            Self::Bypassed => "no longer stands before it",
            Self::Unreachable => "is never reached",
            Self::Disabled => "is switched off by its value",
            Self::Reversed => "holds in the opposite case",
            Self::Loosened => "lets more cases through",
            Self::Bound => "allows far more",
            Self::Lowered => "lets a lesser role pass",
        }
    }
}

/// Growth of a bound that counts: conditions, and what operations set.
const WIDER: f64 = 2.0;
const MUCH_WIDER: f64 = 5.0;

/// How the new guard is weaker than the old one, the gravest way first.
pub fn weakness(old: &Guard, new: &Guard) -> Option<Weakness> {
    if let Some(flaw) = new.flaw.filter(|_| old.flaw.is_none()) {
        return Some(match flaw {
            Flaw::Constant => Weakness::Neutered,
            Flaw::Swallowed => Weakness::Swallowed,
            Flaw::Powerless => Weakness::Powerless,
            Flaw::Late => Weakness::Bypassed,
            Flaw::Unreachable => Weakness::Unreachable,
            Flaw::Disabled => Weakness::Disabled,
        });
    }
    if let (Some(before), Some(after)) = (&old.condition, &new.condition) {
        // A question that a flag of the caller may answer is still asked.
        let answered = old.kind == GuardKind::Confirmation
            && after.terms.difference(&before.terms).all(|term| is_consent(&term.subject));
        if let Some(weakness) = looser(old.kind, before, after).filter(|_| !answered) {
            return Some(weakness);
        }
    }
    // The same question with another answer to those who fail it.
    let same = old.condition.is_some() && old.condition == new.condition;
    if old.kind == GuardKind::Authorization && new.kind == GuardKind::Authentication && !same {
        return Some(Weakness::Lowered);
    }
    match (old.rank, new.rank) {
        (Some(before), Some(after)) if after < before => return Some(Weakness::Lowered),
        (Some(before), None) if before >= 3 && old.key == new.key && old.form == new.form => {
            return Some(Weakness::Lowered);
        }
        _ => {}
    }
    if old.text.starts_with("await ") && !new.text.starts_with("await ") && old.key == new.key {
        return Some(Weakness::Swallowed);
    }
    if is_left_alone(old, new) {
        return Some(Weakness::Swallowed);
    }
    if old.kind == GuardKind::ErrorHandling && old.form == Form::Around && new.form == Form::Around {
        return match (old.care, new.care) {
            (2 | 3, 0) => Some(Weakness::Swallowed),
            (3, 1) => Some(Weakness::Swallowed),
            _ => None,
        };
    }
    if old.condition.is_none() && new.condition.is_none() {
        let grows = matches!(
            old.kind,
            GuardKind::Timeout | GuardKind::RetryBound | GuardKind::RateLimit | GuardKind::Pagination
        );
        if let (true, Some(before), Some(after)) = (grows, old.bound, new.bound)
            && before > 0.0
            && after >= before * MUCH_WIDER
        {
            return Some(Weakness::Bound);
        }
    }
    None
}

/// A call that was waited for runs on beside what it should have held back.
pub(super) fn is_left_alone(old: &Guard, new: &Guard) -> bool {
    old.form == Form::Call && new.form == Form::Call && old.key == new.key && (old.care, new.care) == (3, 1)
}

fn is_consent(subject: &str) -> bool {
    let plain = subject.to_ascii_lowercase();
    ["yes", "force", "non_interactive", "noninteractive", "auto_approve", "skip_confirm", "confirm"]
        .iter()
        .any(|word| plain.contains(word))
}

/// Two formulas say when an operation is held back; the new one is looser if it holds back less.
fn looser(kind: GuardKind, old: &Formula, new: &Formula) -> Option<Weakness> {
    let lost: Vec<&Term> = old.terms.difference(&new.terms).collect();
    let gained: Vec<&Term> = new.terms.difference(&old.terms).collect();
    if lost.is_empty() && gained.is_empty() {
        let split =
            old.connective == Connective::Any && new.connective == Connective::All && old.terms.len() > 1;
        return split.then_some(Weakness::Loosened);
    }
    for before in &lost {
        for after in &gained {
            if before.is_opposite(after) {
                return Some(Weakness::Reversed);
            }
            if before.subject != after.subject {
                continue;
            }
            if let Some(weakness) = wider(kind, before, after) {
                return Some(weakness);
            }
        }
    }
    let related = |term: &&Term| gained.iter().any(|other| other.subject == term.subject);
    let dropped = lost.iter().filter(|term| !related(term)).count();
    // One more case in which many are needed at once says little where values are checked.
    let many = kind == GuardKind::Validation && old.terms.len() > 1;
    let any = |formula: &Formula| formula.connective == Connective::Any || formula.terms.len() == 1;
    let all = |formula: &Formula| formula.connective == Connective::All || formula.terms.len() == 1;
    if any(old) && any(new) && dropped > 0 && gained.is_empty() {
        return Some(Weakness::Loosened);
    }
    if all(old)
        && all(new)
        && lost.is_empty()
        && !many
        && !gained.is_empty()
        && new.terms.len() > 1
        && new.connective == Connective::All
    {
        return Some(Weakness::Loosened);
    }
    None
}

/// One term with the same subject that holds back less.
fn wider(kind: GuardKind, before: &Term, after: &Term) -> Option<Weakness> {
    match (before.operator.as_str(), after.operator.as_str()) {
        (">", ">") | (">=", ">=" | ">") => {
            let (one, other) = before.bound.zip(after.bound)?;
            if one == other {
                return (before.operator != after.operator).then_some(Weakness::Loosened);
            }
            (other > one && (one <= 0.0 || other >= one * WIDER)).then_some(Weakness::Bound)
        }
        ("<", "<") | ("<=", "<=" | "<") => {
            let (one, other) = before.bound.zip(after.bound)?;
            if one == other {
                return (before.operator != after.operator).then_some(Weakness::Loosened);
            }
            (other < one && (one <= 0.0 || other * WIDER <= one)).then_some(Weakness::Bound)
        }
        // `role not in ("admin",)` holds back; a longer list lets more roles pass.
        ("not in", "not in") if kind == GuardKind::Authorization => {
            let (one, other) = (strings(&before.object), strings(&after.object));
            (one.iter().all(|word| other.contains(word)) && other.len() > one.len())
                .then_some(Weakness::Lowered)
        }
        _ => None,
    }
}

fn strings(text: &str) -> Vec<&str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-')
        .filter(|word| !word.is_empty())
        .collect()
}
