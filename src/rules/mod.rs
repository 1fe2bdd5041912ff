//! Rules: knowledge as data, its loader, and one matcher a kind of fact.

mod apply;
mod behind;
mod condition;
mod draft;
mod finding;
mod loader;
mod matchers;
mod model;
mod prefilter;
mod protections;
mod set;
pub mod tables;
mod validate;

pub use apply::{Answers, Surroundings, apply, subject_of};
pub use draft::{Draft, OldPlace, Place};
pub use finding::{Finding, Kind, Related, Subject};
pub use loader::{RuleError, builtin_examples, files_in, parse};
pub use model::{
    ActionTest, ArgumentTest, AttributeTest, CallMatcher, CheckMatcher, Class, CommandMatcher, Condition,
    Confidence, Effect, Example, Examples, FileMatcher, FileStatus, FilterTest, Identity, Matcher, PlacePolicy,
    QuietExample, ResourceMatcher, Rule, ScalarSpec, SettingMatcher, Severity, StatementMatcher, SyntaxMatcher,
    TextMatcher, Trend, When,
};
pub use protections::{Loss, Protection, protections};
pub use set::{Entry, PROJECT_FOLDER, RuleSet};
