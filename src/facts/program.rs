//! What program code says about itself: definitions, and the guards that stand before its operations.

use std::collections::BTreeSet;

use crate::source::Language;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DefinitionKind {
    /// A file of program code; its own statements.
    Module,
    /// Class, trait, implementation block.
    Type,
    Function,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: String,
    /// The declared type, normalised.
    pub kind: Option<String>,
    pub default: Option<super::Value>,
}

/// A definition. Identity: its qualified name, then signature, then likeness, across all files of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    pub language: Language,
    pub kind: DefinitionKind,
    pub name: String,
    pub public: bool,
    pub parameters: Vec<Parameter>,
    /// Decorators, annotations and attributes, normalised.
    pub marks: Vec<String>,
    /// Last names of everything that its own statements call.
    pub calls: BTreeSet<String>,
    /// What a guard in it can protect: calls that do something, and writes to fields.
    pub operations: BTreeSet<String>,
    /// Every call that other statements come after or stand in, in order of the source.
    pub checks: Vec<Check>,
    /// Go: last names of the calls whose error may be lost; empty in languages that raise.
    pub careless: BTreeSet<String>,
    /// Hashes of the tokens, sorted; for likeness.
    pub tokens: Vec<u32>,
}

/// A call that everything after it depends on: if it raises, they do not run.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Last name of the callee.
    pub name: String,
    /// Operations that come after it.
    pub before: BTreeSet<String>,
}

/// What a guard guards against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardKind {
    Authentication,
    Authorization,
    Csrf,
    Signature,
    Validation,
    Confirmation,
    DryRun,
    Environment,
    Transaction,
    Timeout,
    RetryBound,
    Lock,
    RateLimit,
    Assertion,
    ErrorHandling,
    FeatureFlag,
    Audit,
    SoftDelete,
    Pagination,
    Idempotency,
}

/// How a guard stands to what it protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// Decorator, annotation, attribute, base class, class attribute.
    Mark,
    /// Parameter that only a checked caller can fill.
    Parameter,
    /// A condition that leaves, or that encloses.
    Condition,
    /// `with`, `synchronized`, a closure handed to a guard, `try`.
    Around,
    /// A call that raises.
    Call,
    /// An argument or a link of a chain.
    Argument,
    /// Middleware of one route.
    Route,
    /// Middleware of everything that is registered after it.
    Registration,
}

/// Why something that looks like a guard does not protect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flaw {
    /// The condition is constant.
    Constant,
    /// What it raises is caught and dropped.
    Swallowed,
    /// It neither leaves nor encloses.
    Powerless,
    /// Nothing that it could protect comes after it.
    Late,
    /// Nobody can reach it.
    Unreachable,
    /// Its value switches it off: no timeout, no limit.
    Disabled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Connective {
    All,
    Any,
}

/// One part of a condition, in the case in which it holds the operation back.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub subject: String,
    /// A comparison, or `holds` and `fails` for a plain value.
    pub operator: String,
    pub object: String,
    /// The number on the right, seconds for durations.
    pub bound: Option<f64>,
}

impl Eq for Term {}

impl Ord for Term {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (&self.subject, &self.operator, &self.object).cmp(&(&other.subject, &other.operator, &other.object))
    }
}

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// When a condition holds the operation back.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    pub connective: Connective,
    pub terms: BTreeSet<Term>,
    /// It always or never holds.
    pub constant: Option<bool>,
}

/// A safeguard in program code.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    pub language: Language,
    pub kind: GuardKind,
    pub form: Form,
    /// What makes two guards the same one: a name, or the subjects of a condition.
    pub key: String,
    /// As written, normalised.
    pub text: String,
    pub condition: Option<Formula>,
    /// The bound it sets: seconds, times, items.
    pub bound: Option<f64>,
    /// The least role that passes, from 0 for anybody; `None` where it names none.
    pub rank: Option<u8>,
    pub flaw: Option<Flaw>,
    /// Operations that it protects; the empty name stands for the end of the definition.
    pub protects: BTreeSet<String>,
    /// The definition around it was written anew: what became of it is a guess. Set when both sides are compared.
    pub rewritten: bool,
    /// How it deals with a failure, for error handling: 0 drops it, 1 notes it, 2 does something, 3 passes it on.
    pub care: u8,
}
