//! Rules: knowledge as data, its loader, and one matcher a kind of fact.

mod finding;
mod model;

pub use finding::{Finding, Kind, Related, Subject};
pub use model::{
    ActionTest, ArgumentTest, AttributeTest, CallMatcher, CheckMatcher, Class, CommandMatcher, Condition,
    Confidence, Effect, Example, Examples, FileMatcher, FileStatus, FilterTest, Identity, Matcher, OperandTest,
    PlacePolicy, QuietExample, ResourceMatcher, Rule, ScalarSpec, SettingMatcher, Severity, StatementMatcher,
    SyntaxMatcher, TextMatcher, Trend, When,
};
