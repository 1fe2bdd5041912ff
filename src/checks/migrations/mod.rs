//! Checks on the steps of migration tools as files: edited, deleted, out of order, not atomic, without a way
//! back or with one that destroys.

mod applied;
mod atomic;
mod down;
mod order;
mod reversal;
mod text;

pub(super) use applied::check as applied;
pub(super) use atomic::check as atomic;
pub(super) use down::check as down;
pub(super) use order::check as order;
pub(super) use reversal::check as reversal;

use crate::change::{Content, FileSide};

/// The text of a side, if it is one.
fn text(side: Option<&FileSide>) -> Option<&str> {
    match &side?.content {
        Content::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}
