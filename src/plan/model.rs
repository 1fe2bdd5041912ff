//! A plan as values.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Terraform,
    Cloudformation,
    Pulumi,
}

/// What will be done to one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannedAction {
    Nothing,
    Create,
    Update,
    Delete,
    /// Deleted and created, in this order or the other.
    Replace {
        delete_first: bool,
    },
    /// Replaced if a value that is not known yet turns out to differ.
    MayReplace,
    /// The object stays and is no longer managed.
    Forget,
    Import,
}

impl PlannedAction {
    pub fn destroys(self) -> bool {
        matches!(self, Self::Delete | Self::Replace { .. } | Self::MayReplace)
    }
}

/// One object of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// As the tool writes it: `module.net.aws_vpc.main["a"]`, a logical id, a URN.
    pub address: String,
    pub previous_address: Option<String>,
    /// Type of the object: `aws_vpc`, `AWS::RDS::DBInstance`, `aws:rds/instance:Instance`.
    pub kind: String,
    /// The address without module and index, as source calls it: `aws_vpc.main`, the logical id.
    pub source_name: String,
    /// Module address, empty for the root.
    pub module: String,
    pub action: PlannedAction,
    /// In words: `tainted`, `no longer in the configuration`.
    pub reason: Option<String>,
    /// The reason does not stand in the change: taint, an explicit request, a trigger.
    pub unrequested: bool,
    /// Attributes that force the replacement.
    pub paths: Vec<String>,
    /// Protective attributes that go from a safe to an unsafe value.
    pub lowered: Vec<String>,
    /// A leftover of an earlier replacement.
    pub deposed: bool,
    /// The scalar arguments, hashed by name and value: tells a rename from a new object.
    pub likeness: Vec<u64>,
}

/// A plan that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What the user called the file.
    pub name: String,
    pub tool: Tool,
    /// Seconds since the epoch, where the plan says when it was made.
    pub made: Option<i64>,
    /// Why the plan does not show everything: `errored`, `made with -target`.
    pub gaps: Vec<String>,
    pub objects: Vec<Planned>,
    /// Objects that existed before.
    pub existing: usize,
    /// Conditions of the configuration that do not hold.
    pub failed_checks: Vec<String>,
}

impl Plan {
    /// Whether silence of this plan about an object means something.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }

    /// An error if the plan was made before the newest commit that it is to speak for (seconds since the epoch).
    pub fn check_age(&self, newest_commit: i64) -> Result<(), PlanError> {
        match self.made {
            Some(made) if made < newest_commit => Err(PlanError {
                name: self.name.clone(),
                reason: "it was made before the newest commit of the change".to_owned(),
                hint: "make a new plan from the commit that will be applied".to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

/// Why a plan cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the plan {name}: {reason}")]
pub struct PlanError {
    pub name: String,
    pub reason: String,
    /// The next step.
    pub hint: String,
}
