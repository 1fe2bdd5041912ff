//! Which guards are the same, which can stand for one another, and what one must protect to do so.

use std::collections::BTreeSet;

use super::weakness::is_left_alone;
use crate::facts::{Form, Guard, GuardKind, is_destructive};

/// The same guard in the same words; what it protects is another question.
pub(super) fn is_same(old: &Guard, new: &Guard) -> bool {
    old.kind == new.kind
        && new.flaw.is_none()
        && match (&old.condition, &new.condition) {
            (Some(before), Some(after)) => before == after,
            _ => {
                old.form == new.form
                    && old.text == new.text
                    && old.bound == new.bound
                    && !is_left_alone(old, new)
            }
        }
}

/// What such a guard asks depends on the code around it, and goes with that; who may do a thing does not.
pub(super) fn belongs_to_its_code(kind: GuardKind) -> bool {
    matches!(
        kind,
        GuardKind::Validation
            | GuardKind::Assertion
            | GuardKind::ErrorHandling
            | GuardKind::RetryBound
            | GuardKind::Pagination
    )
}

/// Whether a guard protects what must be protected: everything grave, or something.
pub(super) fn covers(guard: &Guard, target: &BTreeSet<String>) -> bool {
    let whole = guard.protects.contains("")
        && matches!(guard.form, Form::Mark | Form::Parameter | Form::Registration | Form::Route);
    // A record is a record wherever it stands.
    let anywhere = matches!(guard.kind, GuardKind::Audit | GuardKind::SoftDelete);
    if whole || anywhere || target.is_empty() {
        return true;
    }
    if target.contains("") {
        // A block that is locked holds what it locks, be it only plain variables.
        let locks = guard.kind == GuardKind::Lock && guard.form == Form::Around;
        return locks || !guard.protects.is_empty();
    }
    let grave = target.iter().any(|name| is_destructive(name));
    if grave {
        target.iter().all(|name| guard.protects.contains(name))
    } else {
        target.iter().any(|name| guard.protects.contains(name))
    }
}

/// Whether one kind of guard can stand for another, and how far apart they are.
pub(super) fn kinship(old: &Guard, new: &Guard) -> Option<u8> {
    use GuardKind::{
        Assertion, Authentication, Authorization, Environment, ErrorHandling, Idempotency, Signature,
        Validation,
    };
    if old.kind == new.kind {
        // A timeout or a page size belongs to its call.
        let bound_to_call = old.form == Form::Argument && new.form == Form::Argument;
        if bound_to_call && old.protects.is_disjoint(&new.protects) {
            return None;
        }
        return Some(u8::from(old.form != new.form));
    }
    match (old.kind, new.kind) {
        (Authentication, Authorization) => Some(2),
        (Authorization, Authentication) => Some(3),
        // A check of one's own, by name.
        (Authorization | Authentication | Environment | Idempotency | Signature, Validation)
            if matches!(new.form, Form::Call | Form::Mark) =>
        {
            Some(4)
        }
        (Validation, Assertion) | (Assertion, Validation) => Some(3),
        // A check by name turns out to be what it says, or the other way round.
        (Validation, Authorization | Authentication | Environment | Idempotency | Signature)
            if old.form == Form::Call || new.form == Form::Call =>
        {
            Some(4)
        }
        (ErrorHandling, Validation) if old.form != Form::Around => Some(4),
        _ => None,
    }
}

pub(super) fn replaces(old: &Guard, new: &Guard) -> bool {
    kinship(old, new).is_some()
        && !(old.kind == GuardKind::Authorization && new.kind == GuardKind::Authentication)
}

/// Two conditions that speak of a common thing.
pub(super) fn shares_subject(old: &Guard, new: &Guard) -> bool {
    let words = |text: &str| -> BTreeSet<String> {
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .filter(|word| word.len() > 1)
            .map(str::to_owned)
            .collect()
    };
    old.form == new.form && !words(&old.text).is_disjoint(&words(&new.text))
}
