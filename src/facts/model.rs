//! The typed facts. Each lens documents how it fills them; pairing reads only these types.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::{Mode, Status};
use crate::source::{Language, Locus};

/// Something that a document says.
#[derive(Clone, Debug)]
pub struct Fact {
    pub locus: Locus,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub enum Body {
    Resource(Resource),
    Setting(Setting),
    Command(Command),
    Statement(Statement),
    Call(Call),
    Definition(super::Definition),
    Guard(super::Guard),
    Dependency(Dependency),
    Test(Test),
    Syntax(Match),
    Text(Match),
    File(FileFact),
}

/// A value as far as source alone can tell. Absence is expressed by `Option<Value>`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Literal(Scalar),
    /// An expression that source alone cannot fold; the normalised source text.
    Unknown(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
}

/// One leaf of a structured block: `lifecycle.prevent_destroy`, `spec.replicas`, `tags.env`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Dotted path below the resource. List elements are `[name]` where the element names itself
    /// (`name`, `id`, `key`, `sid`, or a scalar), otherwise `[0]`, `[1]`; repeated HCL blocks likewise, while
    /// one that occurs once on either side has no index.
    pub path: String,
    pub value: Value,
    pub locus: Locus,
    /// How the value was found where it does not stand in the source: `local.zone`, `default of var.zone`.
    pub folded: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum System {
    Terraform,
    Kubernetes,
    Cloudformation,
    Compose,
    Github,
    Gitlab,
    Ansible,
    Dockerfile,
    /// Constructs of the AWS CDK.
    Cdk,
    Pulumi,
}

/// A named thing that configuration brings into being.
///
/// Identity: `system`, `module`, `kind`, `name` for Terraform and Kubernetes, wherever they stand. The others repeat
/// from file to file: CloudFormation, Compose, Dockerfiles, CDK and Pulumi are known by `kind` and `name`, GitHub, GitLab and Ansible by `kind`,
/// and file, scope and likeness decide which is which.
#[derive(Clone, Debug)]
pub struct Resource {
    pub system: System,
    /// Where the name is unique. Terraform: the module folder, as the NEW side calls it where the
    /// folder was renamed. Kubernetes: empty. Others: the file.
    pub module: String,
    /// Terraform: `aws_db_instance`; for other blocks `data.aws_ami`, `module`, `provider`, `variable`,
    /// `output`, `local` (its value under `value`), `moved`, `removed`, `import`, `check`, `backend` (its label is
    /// `type`), `required_provider`, `terraform`; for whole files `tfvars`, `terragrunt`; `lock`. Kubernetes: `apps/Deployment`,
    /// `core/Namespace`. CloudFormation: `AWS::RDS::DBInstance`. Compose: `service`, `volume`, `network`.
    /// GitHub: `workflow`, `job`, `step`, `action`. GitLab: `pipeline`, `job`, `template`. Ansible: `play`, `task`. Dockerfile: `image`,
    /// `stage`. CDK: `s3.Bucket`. Pulumi: `aws.s3.Bucket`.
    pub kind: String,
    /// Terraform: the last label; for a provider `aws` or `aws.alias`. Kubernetes: `namespace/name`, or `name` in the default
    /// namespace. Others: the key.
    pub name: String,
    /// What a person calls it: `aws_db_instance.orders`, `Deployment shop/api`, `job deploy`.
    pub address: String,
    /// Leaves in source order, paths unique.
    pub attributes: Vec<Attribute>,
    /// Paths of nested blocks and mappings that exist, also when empty: `lifecycle`, `spec.template`. Terraform:
    /// blocks only; an empty map or list assigned to an argument is a leaf `{}` or `[]`.
    pub blocks: BTreeSet<String>,
}

impl Resource {
    pub fn attribute(&self, path: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.path == path)
    }
}

/// One leaf of a configuration file. Identity: file and `path`.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub language: Language,
    /// As in [`Attribute::path`].
    pub path: String,
    pub value: Value,
}

/// One word of a command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub parts: Vec<Part>,
    /// Holds an unquoted `*`, `?`, `[…]` or brace expansion.
    pub glob: bool,
    pub quoted: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Literal(String),
    /// A variable, command substitution or interpolation; the text names it (`BUILD_DIR`, `$(mktemp -d)`).
    Expansion {
        name: String,
        guard: Expansion,
    },
}

/// What an expansion does when it is empty.
#[derive(Clone, Debug, PartialEq)]
pub enum Expansion {
    /// Nothing: it collapses.
    Bare,
    /// `${V:?}`: the command is not run.
    Fails,
    /// `${V:-word}`.
    Default(String),
    /// Assigned once in the same script from this literal or command substitution.
    Known(String),
}

impl Word {
    pub fn literal(text: &str) -> Self {
        Self { parts: vec![Part::Literal(text.to_owned())], glob: false, quoted: false }
    }

    /// The text when nothing in the word expands.
    pub fn as_literal(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Some(text.as_str()),
                Part::Expansion { .. } => None,
            })
            .collect()
    }
}

/// A flag in its normal form: joined short flags split (`-rf` gives `-r` and `-f`), `--flag=value` split.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// With its dashes as typed: `-r`, `--force`, `-auto-approve`.
    pub name: String,
    pub value: Option<Word>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusHandling {
    #[default]
    /// A failure is seen by whoever runs the script, as far as the script's options let it.
    Plain,
    /// `|| true`, `|| :`, `; true` at the end, `set +e` in force, `continue-on-error`.
    Ignored,
    /// `|| exit`, `|| return`, `&&`, `if`.
    Handled,
}

/// Something that must hold before a command runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Guarding {
    /// `set -e` is in force.
    ErrorExit,
    /// `set -u` is in force.
    NoUnset,
    /// `[ -n "$V" ]`, `: "${V:?}"`, `test -d "$V"` that leaves or encloses; the variable.
    Checked(String),
    /// `read -p`, `select`, a comparison with the answer.
    Confirmed,
    /// Any other condition around it or before it that leaves; the condition's text.
    Condition(String),
    /// `cd DIR || exit` or `cd DIR &&` came before; the folder.
    ChangedFolder(String),
    /// `cd DIR` came before, and the script goes on if it fails.
    UnsureFolder(String),
}

/// One command with its arguments, after wrappers are taken off.
///
/// Identity: scope, `program` and `subcommands`; content: flags as a set and operands in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Command {
    /// Base name: `rm`, `terraform`, `kubectl`.
    pub program: String,
    /// Outermost first: `sudo`, `env`, `xargs`, `ssh`, `docker exec`, `bash -c`.
    pub wrappers: Vec<String>,
    /// The host that `ssh` or a remote wrapper names.
    pub remote: Option<String>,
    /// Leading words of a tool family: `["compose", "down"]`, `["destroy"]`; empty for plain programs.
    pub subcommands: Vec<String>,
    pub flags: Vec<Flag>,
    pub operands: Vec<Word>,
    /// `NAME=value` before the command.
    pub environment: Vec<(String, Word)>,
    /// Programs whose output reaches it, nearest first, also by `<( … )` and `"$( … )"` where it runs them.
    pub piped_from: Vec<String>,
    /// Programs that its output reaches, nearest first.
    pub piped_to: Vec<String>,
    /// Files that `>`, `>>` and `>|` write.
    pub writes: Vec<Word>,
    pub status: StatusHandling,
    pub guards: BTreeSet<Guarding>,
    /// The command as a person would type it, blanks folded.
    pub text: String,
}

impl Command {
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }
}

/// How a statement restricts the rows it works on.
#[derive(Clone, Debug, PartialEq)]
pub enum Where {
    /// The verb takes none (`DROP TABLE`).
    NotApplicable,
    Absent,
    /// Conjuncts at depth 0, normalised: keywords upper case, blanks folded, one entry a conjunct.
    Conjuncts(Vec<String>),
}

/// A clause of `ALTER TABLE` and its kin.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// `DROP COLUMN`, `ADD COLUMN`, `ALTER COLUMN`, `DROP CONSTRAINT`, `RENAME`, `DISABLE ROW LEVEL SECURITY` …
    pub verb: String,
    /// The column or constraint, normalised as in [`Statement::name`].
    pub name: String,
    /// The whole clause, normalised.
    pub text: String,
    pub locus: Locus,
}

/// A family of databases with a language of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    Postgres,
    MySql,
    SqlServer,
    Oracle,
    Sqlite,
}

/// One SQL statement.
///
/// Identity: scope, `verb`, `object` and `name`; content: `text`.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Upper case: `DELETE`, `UPDATE`, `DROP`, `TRUNCATE`, `ALTER`, `CREATE`, `GRANT`, `REVOKE`, `MERGE`, `SET`, `BEGIN` …
    pub verb: String,
    /// `TABLE`, `DATABASE`, `SCHEMA`, `INDEX`, `VIEW`, `POLICY`, `ROLE` …; `TABLE` for DML.
    pub object: String,
    /// First target without quotes, lower case, schema kept: `public.orders`. Holes are `__hole__`.
    pub name: String,
    /// Every target, for `TRUNCATE a, b` and `DROP TABLE a, b`.
    pub names: Vec<String>,
    /// The table that an index, trigger, rule or policy stands on, written as `name`.
    pub on: Option<String>,
    /// For a policy its `USING`, for a view the `WHERE` of its query.
    pub filter: Where,
    /// What else restricts the rows: conditions of joins, derived tables and common table expressions; for a policy
    /// its `WITH CHECK`. Outer joins do not restrict a `DELETE` or `UPDATE`.
    pub joins: Vec<String>,
    pub limit: Option<String>,
    pub cascade: bool,
    /// Keywords and clauses that matter: `IF EXISTS`, `CONCURRENTLY`, `NOT VALID`, `ONLY`, `TEMPORARY` …
    pub options: BTreeSet<String>,
    pub actions: Vec<Action>,
    /// Inside an explicit transaction.
    pub in_transaction: bool,
    /// The target was created by the same script, or is temporary.
    pub own_table: bool,
    /// Part of the way back: a down migration, its section of a file, a function called `downgrade`.
    pub down: bool,
    /// As far as the script gives it away.
    pub dialect: Option<Dialect>,
    /// Text that source alone cannot know stands in it; placeholders that the driver fills do not count.
    pub holes: bool,
    /// The tokenizer understood every part; otherwise findings lose one step of confidence.
    pub complete: bool,
    /// Normalised: comments out, blanks folded, keywords upper case outside quotes.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Keyword, option key (`{ verify: false }` gives `verify`), or `None` for a positional one.
    pub name: Option<String>,
    pub value: Value,
}

/// A call, builder chains flattened.
///
/// Identity: scope and `callee`; content: the arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub language: Language,
    /// Resolved through imports: `shutil.rmtree`, `std::fs::remove_dir_all`, `requests.get`.
    /// A receiver that cannot be resolved keeps its text: `session.delete`.
    pub callee: String,
    pub arguments: Vec<Argument>,
    /// Builder calls before it, oldest first: `["Client::builder", "danger_accept_invalid_certs(true)"]`.
    pub chain: Vec<String>,
    /// No further call is built upon it: `delete(x)` is complete, that of `delete(x).where(y)` is not.
    pub ends_chain: bool,
    /// 0 outside loops.
    pub loop_depth: u8,
    /// The call's normalised source text.
    pub text: String,
}

impl Call {
    /// The number of arguments as written; the keys of an option object are no arguments of their own.
    pub fn count(&self) -> usize {
        let options = matches!(self.language, Language::JavaScript | Language::TypeScript | Language::Tsx);
        self.arguments.iter().filter(|argument| !options || argument.name.is_none()).count()
    }
}

/// Why a test does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// `pytest.mark.skip(reason="slow")`, `ignore`, `it.skip`.
    pub marker: String,
    /// The marker stands on the class, suite or file.
    pub inherited: bool,
}

/// One assertion of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// What is asserted about: the left side of a comparison.
    pub subject: String,
    /// 5 for exact equality down to 0 for what always holds.
    pub strength: u8,
    pub text: String,
}

/// A test. Identity: its name; content: state and assertions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    pub name: String,
    pub skipped: Option<Skip>,
    /// Runs alone, so that others do not.
    pub focused: bool,
    pub assertions: Vec<Assertion>,
    /// Last names of everything that it calls.
    pub calls: BTreeSet<String>,
    /// The body with blanks folded.
    pub text: String,
}

/// Where a dependency is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Runtime,
    Development,
    Build,
    /// Takes the place of what others ask for: `[patch]`, `overrides`, `resolutions`, `replace`.
    Override,
    /// An entry of a lock file.
    Locked,
}

/// Where a dependency comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A registry; its name or host where it is not the usual one, and in lock files.
    Registry(Option<String>),
    Git {
        url: String,
        /// A commit is named.
        pinned: bool,
    },
    Url(String),
}

/// Something that the project takes from elsewhere; members of the same repository are none.
///
/// Identity: ecosystem and name, apart for manifests and lock files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// `cargo`, `npm`, `pypi`, `go`.
    pub ecosystem: &'static str,
    /// As the ecosystem compares names.
    pub name: String,
    /// The condition on the version as written; in a lock file the version.
    pub spec: String,
    /// Only one version satisfies the condition.
    pub exact: bool,
    /// Any version satisfies it.
    pub open: bool,
    pub origin: Origin,
    pub group: Group,
    /// Hashes of the content, where given.
    pub checksum: Option<String>,
}

/// A hit of a rule's own pattern. Identity: rule and scope; content: `hash`, or the captures where the
/// rule says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    pub rule: String,
    pub text: String,
    /// Formatting-proof: comments and blanks do not count.
    pub hash: u64,
    pub captures: BTreeMap<String, String>,
}

/// What happened to a file as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct FileFact {
    pub status: Status,
    pub old_mode: Option<Mode>,
    pub new_mode: Option<Mode>,
    pub binary: bool,
    /// Bytes on the new side, or of what was deleted.
    pub bytes: u64,
}
