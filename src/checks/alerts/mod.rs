//! Alerts of Prometheus and its kin: which rules fire, how easily, and whether anybody hears them.

mod gone;
mod loosened;
mod receivers;
mod rule;

pub(super) use gone::check as gone;
pub(super) use loosened::check as loosened;
pub(super) use receivers::check as receivers;
