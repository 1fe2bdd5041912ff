//! The rule format: what a file under `rules/` or `.foureyes/rules/` may say.
//!
//! This file is also compiled into the build script, which checks and packs the built-in rules; it therefore
//! depends on serde alone.
//!
//! # How `when` reads
//!
//! A matcher is a question about one side ("is this a recursive rm on a variable?"). A rule fires when the answer
//! turns. If `when` names `removed` and not `introduced`, the matcher describes a safeguard: the rule fires when
//! the old side matches and the new one does not. Otherwise it describes a hazard: the rule fires when the new
//! side matches and the old one does not.
//! - `introduced`: also fires for facts without an old counterpart (a new resource, a new command).
//! - `removed`: also fires for facts without a new counterpart, if what held them survives
//!   (for resources as a whole and files: always; an attribute goes with its resource).
//! - `changed`: fires for facts with both sides. Where `changed` is not named, a turn between two sides is
//!   reported as `introduced` (hazard) or `removed` (safeguard).
//!
//! Keys that speak of both sides (`old`, `new`, `trend`, `gains`, `loses`, `loses_…`, `switches`) always need both sides,
//! except that `gains` also holds for a command that is new as a whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

// The path is named because the build script includes this file from elsewhere.
#[path = "command_model.rs"]
pub(crate) mod command_model;

pub use command_model::CommandMatcher;
#[path = "example_model.rs"]
mod example_model;
#[allow(unused_imports)]
pub use example_model::{Example, Examples, QuietExample};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    Introduced,
    Removed,
    Changed,
}

/// What a finding of this rule does to the system; drives the combinations of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Deletes or recreates something.
    Destroys,
    /// Takes a safeguard away.
    Unguards,
    /// Opens access.
    Exposes,
    /// Weakens a test or a check of the pipeline.
    WeakensTest,
    /// Weakens the gate itself.
    DisarmsGate,
}

/// Whether the place of a finding scales its points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlacePolicy {
    #[default]
    Scales,
    /// The place is the subject (tests, agent files, hidden Unicode, secrets): always 1.0.
    Subject,
}

/// A rule, as written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `pack/name`, both in kebab case; the file is `rules/pack/name.yaml`.
    pub id: String,
    /// What happened, in five to eight words.
    pub title: String,
    pub severity: Severity,
    pub confidence: Confidence,
    pub when: Vec<When>,
    /// Roles that should look: `dba`, `sre`, `security`, `senior`, `owner` …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviewers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    #[serde(default)]
    pub place: PlacePolicy,
    /// Documents of these languages only: `python`, `bash`, `hcl`, `yaml` …; for an embedded text its own language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Files that match one of these globs only (`**/*.tf`, `.github/workflows/*`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Never files that match one of these globs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_files: Vec<String>,
    /// Words one of which must occur (in any case) in a file on either side for the rule to be tried at all.
    /// Required for `syntax`; derived for the other matchers where that is possible.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub literals: Vec<String>,
    /// Regular expressions: if a line that the change introduces anywhere matches one, a removal counts as moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relocated: Vec<String>,
    /// Globs of rule ids: what they say about the same line, on either side, has the same cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_cause: Vec<String>,

    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<SettingMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard: Option<GuardMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependency: Option<DependencyMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syntax: Option<SyntaxMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileMatcher>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckMatcher>,

    /// What will happen to which thing, with `{placeholders}` (see `docs/configuration.md`).
    pub message: String,
    /// One or two sentences.
    pub why: String,
    /// The safer way.
    pub instead: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// Left out of the packed form; read from a file of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub examples: Option<Examples>,
}

/// The one matcher of a rule.
#[derive(Clone, Copy, Debug)]
pub enum Matcher<'rule> {
    Resource(&'rule ResourceMatcher),
    Setting(&'rule SettingMatcher),
    Command(&'rule CommandMatcher),
    Statement(&'rule StatementMatcher),
    Call(&'rule CallMatcher),
    Guard(&'rule GuardMatcher),
    Dependency(&'rule DependencyMatcher),
    Syntax(&'rule SyntaxMatcher),
    Text(&'rule TextMatcher),
    File(&'rule FileMatcher),
    Check(&'rule CheckMatcher),
}

impl Rule {
    /// The matcher, or `None` unless there is exactly one.
    pub fn matcher(&self) -> Option<Matcher<'_>> {
        let all = [
            self.resource.as_ref().map(Matcher::Resource),
            self.setting.as_ref().map(Matcher::Setting),
            self.command.as_ref().map(Matcher::Command),
            self.statement.as_ref().map(Matcher::Statement),
            self.call.as_ref().map(Matcher::Call),
            self.guard.as_ref().map(Matcher::Guard),
            self.dependency.as_ref().map(Matcher::Dependency),
            self.syntax.as_ref().map(Matcher::Syntax),
            self.text.as_ref().map(Matcher::Text),
            self.file.as_ref().map(Matcher::File),
            self.check.as_ref().map(Matcher::Check),
        ];
        let mut present = all.into_iter().flatten();
        present.next().filter(|_| present.next().is_none())
    }

    /// The matcher describes something that protects.
    pub fn is_safeguard(&self) -> bool {
        self.when.contains(&When::Removed) && !self.when.contains(&When::Introduced)
    }
}

/// A value as YAML writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ScalarSpec {
    Bool(bool),
    Number(f64),
    String(String),
}

/// A test of one value. All keys that are given must hold. An unknown value (an expression that source alone
/// cannot fold) satisfies `unknown: true` only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// One of these. Strings compare in any case; `true` also equals the string `"true"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Vec<ScalarSpec>>,
    /// None of these, and present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not: Option<Vec<ScalarSpec>>,
    /// A regular expression found in the value as text (also in the source text of an unknown value).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_matches: Option<String>,
    /// Numbers, also with a unit (`30d`, `512Mi`): strictly above, strictly below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// Whether the value is missing (after the default is filled in).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    Increased,
    Decreased,
}

/// What a resource holds, from `rules/data/stateful.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    Data,
    Identity,
    Container,
    Compute,
    Config,
}

/// A test of a further attribute of the same resource, on the side that the rule speaks of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeTest {
    /// As in [`ResourceMatcher::attribute`]; one match is enough. Alternatives with `|`: `run | uses`.
    pub attribute: String,
    pub value: Condition,
}

/// Resources and their attributes. Without `attribute`, `block` and `table` the resource as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceMatcher {
    /// `terraform`, `kubernetes`, `cloudformation`, `compose`, `github`, `gitlab`, `ansible`, `dockerfile`, `cdk`, `pulumi`;
    /// all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system: Vec<String>,
    /// Globs over `facts::Resource::kind`: `aws_db_instance`, `google_*`, `apps/*`, `job`.
    #[serde(default, rename = "type", skip_serializing_if = "Vec::is_empty")]
    pub kind: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_type: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class: Vec<Class>,
    /// Regular expression over the resource's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A table under `rules/data/` that says which attribute is safe at which value: `protect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Only rows of the table with this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Paths, any of them; `*` stands for one segment, `[*]` for any list element, `**` for any depth.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attribute: Vec<String>,
    /// A nested block or mapping that exists: `lifecycle`, `spec.podDisruptionBudget`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// What the attribute is (one side). Without it: present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Condition>,
    /// What an absent attribute means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<ScalarSpec>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trend: Option<Trend>,
    /// All of these must hold too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub has: Vec<AttributeTest>,
    /// None of these may hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub has_not: Vec<AttributeTest>,
}

/// Leaves of configuration files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingMatcher {
    /// Paths as in [`ResourceMatcher::attribute`], any of them.
    pub path: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<ScalarSpec>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trend: Option<Trend>,
}

/// How a statement restricts its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterTest {
    Absent,
    /// Every conjunct is always true: `1=1`, `true`, `id = id`.
    Tautology,
    /// Nothing but text that source alone cannot know.
    Unknown,
    Present,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionTest {
    /// Any of these: `DROP COLUMN`.
    pub verb: Vec<String>,
    /// Regular expression over the column, constraint or variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Regular expressions over the clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_text: Option<String>,
}

/// SQL statements. Statements on tables that the same script or change creates never match unless `own_table` is
/// set, those of a down migration never unless `down` is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementMatcher {
    pub verb: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub object: Vec<String>,
    /// Regular expression over the name of one target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_name: Option<String>,
    /// `postgres`, `mysql`, `sqlserver`, `oracle`, `sqlite`. A script that does not give its dialect away matches
    /// with one step less of confidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialect: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<FilterTest>,
    /// `LIMIT`, `TOP`, `FETCH FIRST`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cascade: Option<bool>,
    /// Options all of which must be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_options: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionTest>,
    /// Regular expressions over the normalised statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_transaction: Option<bool>,
    #[serde(default)]
    pub own_table: bool,
    #[serde(default)]
    pub down: bool,
    /// Both sides: a condition that matches this expression was dropped and moved nowhere else in the statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loses_conjunct: Option<String>,
    /// Both sides: one of these options was there, and none of them is now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loses_options: Vec<String>,
    /// Both sides: the limit is gone, or at least this many times as high.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raises_limit: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArgumentTest {
    /// Keyword or option key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Position from 0 among the positional arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    pub value: Condition,
}

/// Calls in Python, Rust, JavaScript, TypeScript, Go and Java.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallMatcher {
    /// Globs over the resolved callee, any of them: `shutil.rmtree`, `*.deleteMany`, `std::fs::remove_dir_all`.
    /// All calls when empty, which only alternatives of `any` may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub callee: Vec<String>,
    /// Documents of these languages only; for alternatives of `any`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// All of these must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<ArgumentTest>,
    /// None of these may hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_arguments: Vec<ArgumentTest>,
    /// The number of arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Regular expression that one entry of the builder chain matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_chain: Option<String>,
    /// Regular expression that every entry of the builder chain matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_chain: Option<String>,
    /// Regular expressions over the call's normalised source text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_loop: Option<bool>,
    /// Whether no further call is built upon it: `delete(x)`, not that of `delete(x).where(y)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_chain: Option<bool>,
    /// Besides the keys above one of these must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<CallMatcher>,
    /// Both sides: this regular expression matched the last link of the chain (the method with its arguments) or one
    /// before it, and matches none now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loses_text: Option<String>,
}

/// Safeguards in program code that are gone (`removed`) or protect less (`changed`), never ones that only moved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardMatcher {
    /// Kinds of `rules/data/guards.yaml`.
    pub kind: Vec<String>,
    /// `mark`, `parameter`, `condition`, `around`, `call`, `argument`, `route`, `registration`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub form: Vec<String>,
    /// Ways to protect less, as in `delta::Weakness`; a removal matches only when this is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weakness: Vec<String>,
    /// Whether it protected an operation that destroys, pays or deploys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive: Option<bool>,
}

/// What may change about a dependency that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DependencyTurn {
    /// One version was allowed and now several are, or the hashes are gone.
    Loosened,
    /// It comes from another registry, repository or host; back to the usual registry is no turn.
    Source,
    /// The same version has another checksum.
    Checksum,
}

/// Dependencies in manifests and lock files. In a manifest that is new as a whole nothing counts as introduced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DependencyMatcher {
    /// `cargo`, `npm`, `pypi`, `go`; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ecosystem: Vec<String>,
    /// `runtime`, `development`, `build`, `override`, `locked`; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<String>,
    /// Regular expressions over the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_name: Option<String>,
    /// `false`: from a repository or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_registry: Option<bool>,
    /// `true`: any version satisfies the condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// Both sides: what changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<DependencyTurn>,
}

/// What makes two matches the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Identity {
    /// The matched tokens.
    #[default]
    Content,
    /// The captures alone.
    Captures,
    /// The scope alone: the second match in one scope is the same one.
    Scope,
}

/// An ast-grep rule; needs `languages` and `literals`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyntaxMatcher {
    pub rule: serde_json::Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraints: Option<serde_json::Value>,
    #[serde(default)]
    pub identity: Identity,
}

/// A regular expression over the lines of a file of any kind; multi-line expressions are not possible.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextMatcher {
    pub pattern: String,
    /// A line that also matches this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not: Option<String>,
    #[serde(default)]
    pub identity: Identity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileStatus {
    Added,
    Deleted,
    Modified,
    Renamed,
    /// The executable bit was set.
    Executable,
    /// It became a symbolic link.
    Symlink,
    /// A submodule was added or moved.
    Submodule,
}

/// Files as a whole; which ones, say `files` and `not_files`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileMatcher {
    pub status: Vec<FileStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary: Option<bool>,
}

/// An algorithm of `src/checks/`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckMatcher {
    pub name: String,
    /// Parameters that the check documents.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub with: BTreeMap<String, String>,
}
