//! Context as values.

use serde::{Deserialize, Serialize};

/// The environment or role that a finding acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceName {
    Production,
    Unknown,
    Migration,
    Ci,
    Shared,
    Staging,
    Script,
    Development,
    Test,
    Docs,
    Generated,
    /// The place is the subject (tests, agent files, hidden Unicode, secrets) and does not scale.
    Subject,
}

/// A classified place with what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Place {
    pub name: PlaceName,
    /// 0.1 to 1.25; multiplies the points of a finding.
    pub factor: f64,
    /// In the reader's words: `path envs/prod`, `backend key prod/core.tfstate`.
    pub evidence: Vec<String>,
}

/// Somebody who must or could look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reviewer {
    /// `@acme/dba`, `role sre`, `alice@example.com`.
    pub who: String,
    /// `owns infra/prod/ (CODEOWNERS line 12)`, `14 of the last 20 changes under infra/prod`.
    pub reason: String,
    pub grounds: Grounds,
    /// What the past shows of a person.
    pub figures: Option<Figures>,
}

/// Why somebody is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grounds {
    /// CODEOWNERS.
    Owner,
    /// A rule or the policy asks for the role; `who` is the role, or who stands for it.
    Role,
    /// Commits and reviews.
    Past,
}

/// What somebody did among the last changes of the touched part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Changes of the last `of` under `under` that they reviewed, and wrote.
    pub reviewed: usize,
    pub wrote: usize,
    /// At most 20.
    pub of: usize,
    /// A folder, empty for the whole repository.
    pub under: String,
    /// Changes of these authors that they reviewed.
    pub of_author: usize,
    /// Days between their last commit or review and this change.
    pub days: i64,
}

impl Reviewer {
    pub fn owner(who: &str, reason: String) -> Self {
        Self { who: who.to_owned(), reason, grounds: Grounds::Owner, figures: None }
    }

    /// A role, or somebody who stands for it.
    pub fn of_role(who: String, reason: String) -> Self {
        Self { who, reason, grounds: Grounds::Role, figures: None }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reviewers {
    pub required: Vec<Reviewer>,
    pub suggested: Vec<Reviewer>,
}

/// Whether the change says that an assistant helped to write it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Provenance {
    pub status: Origin,
    pub evidence: Vec<String>,
    /// What follows from it for this change, a sentence each.
    pub consequences: Vec<String>,
    /// Commits of the change that declare an assistant, by their place in it.
    #[serde(skip)]
    pub declared_in: Vec<usize>,
    /// A message, a note or a trace declares it.
    #[serde(skip)]
    pub is_disclosed: bool,
    /// An agent runs the check of what is not committed.
    #[serde(skip)]
    pub is_running: bool,
    /// Nothing is declared; the project assumes it.
    #[serde(skip)]
    pub is_assumed: bool,
}

/// What is declared. Nothing declared means nothing known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    DeclaredAi,
    DeclaredHuman,
    #[default]
    Unknown,
}

impl Origin {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::DeclaredAi => "declared-ai",
            Self::DeclaredHuman => "declared-human",
            Self::Unknown => "unknown",
        }
    }
}
