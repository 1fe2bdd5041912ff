//! Files as a whole.

use super::{Hit, Question};
use crate::change::{Mode, Status};
use crate::facts::{Body, Fact, FileFact};
use crate::rules::model::{FileMatcher, FileStatus};

pub(super) struct Files {
    matcher: FileMatcher,
}

impl Files {
    pub(super) fn new(matcher: FileMatcher) -> Self {
        Self { matcher }
    }
}

impl Question for Files {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        let Body::File(file) = &fact.body else { return Vec::new() };
        let status = self.matcher.status.iter().any(|wanted| is(*wanted, file));
        let kind = self.matcher.binary.is_none_or(|wanted| wanted == file.binary);
        if status && kind { vec![Hit::at(fact)] } else { Vec::new() }
    }
}

fn is(wanted: FileStatus, file: &FileFact) -> bool {
    let gained = |mode| file.new_mode == Some(mode) && file.old_mode != Some(mode);
    match wanted {
        FileStatus::Added => matches!(file.status, Status::Added | Status::Copied),
        FileStatus::Deleted => file.status == Status::Deleted,
        FileStatus::Modified => matches!(file.status, Status::Modified | Status::TypeChanged),
        FileStatus::Renamed => file.status == Status::Renamed,
        FileStatus::Executable => gained(Mode::Executable),
        FileStatus::Symlink => gained(Mode::Symlink),
        FileStatus::Submodule => file.new_mode == Some(Mode::Submodule),
    }
}
