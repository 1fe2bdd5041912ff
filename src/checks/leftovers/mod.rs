//! What a hurried hand or a model leaves behind: placeholders for code that is gone, stubs, conflict markers, talk,
//! safeguards in comments.

mod chat;
mod commented;
mod conflicts;
mod elision;
mod remark;
mod stub;
mod touched;

pub(super) use chat::check as chat;
pub(super) use commented::check as commented;
pub(super) use conflicts::check as conflicts;
pub(super) use elision::check as elision;
pub(super) use stub::check as stub;
