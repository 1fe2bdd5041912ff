//! What a tool says it will do: plans of Terraform and OpenTofu, change sets of CloudFormation, previews of Pulumi.
//!
//! A plan is evidence beside the change. No value of a plan is kept, since its marks for secrets are incomplete:
//! only addresses, types, actions, attribute paths, and whether a protective attribute goes from safe to unsafe.

mod cloudformation;
mod model;
mod pulumi;
mod read;
mod terraform;

pub use model::{Plan, PlanError, Planned, PlannedAction, Tool};
pub use read::read;
