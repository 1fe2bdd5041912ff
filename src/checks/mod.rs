//! The algorithmic rules: what no declarative matcher can express. A rule names its check by `check: {name: …}`.

mod addresses;
mod agents;
mod alerts;
mod authoritative;
mod backend;
mod broken;
mod capacity;
mod codeowners;
mod conditions;
mod constructs;
mod count_switch;
mod crossing;
mod database_jump;
mod deletions;
mod dns_records;
mod edits;
mod enum_values;
mod expiry;
mod gate_files;
mod helm_releases;
mod helmfile;
mod hidden;
mod iam;
mod ingress;
mod instances;
mod instructions;
mod intent;
mod kubernetes_links;
mod kustomize_entries;
mod leftovers;
mod lock_step;
mod lookalike;
mod made;
mod migrations;
mod module_source;
mod modules;
mod moves;
mod net_loss;
mod overlooked;
mod pipeline_needs;
mod plan;
mod provider;
mod removed;
mod renamed;
mod replacement;
mod rewritten;
mod secrets;
mod sizes;
mod statements;
mod switches;
mod tests;
mod token_permissions;
mod transaction_removed;
mod undeclared;
mod undeclared_python;
mod unit_moved;
mod unjudged;
mod unknown_type;
mod versions;
mod volume;
mod weaker;
mod written_sql;

use crate::change::{Change, LineMap};
use crate::delta::Delta;
use crate::facts::{Body, Fact, Resource};
use crate::plan::Plan;
use crate::rules::{Finding, Place, Rule, RuleSet};
use crate::source::{FileReading, NotAnalysed};

/// Everything a check may look at.
pub struct Evidence<'a> {
    pub change: &'a Change,
    pub deltas: &'a [Delta],
    /// Every resource and setting of the changed files on each side, also those without a delta.
    pub old_resources: &'a [Fact],
    pub new_resources: &'a [Fact],
    /// One entry for each file of the change.
    pub maps: &'a [Option<LineMap>],
    /// One entry for each file of the change.
    pub readings: &'a [FileReading],
    /// Sorted by path.
    pub not_analysed: &'a [NotAnalysed],
    pub plans: &'a [Plan],
}

pub use plan::overlay;

type Check = fn(&Rule, &Evidence<'_>) -> Vec<Finding>;

/// Every check by the name that rules use.
const CHECKS: &[(&str, Check)] = &[
    ("agent-orders", agents::orders),
    ("agent-settings", agents::settings),
    ("alert-receivers", alerts::receivers),
    ("alerts-gone", alerts::gone),
    ("alerts-loosened", alerts::loosened),
    ("applied-migrations", migrations::applied),
    ("authoritative", authoritative::check),
    ("capacity", capacity::check),
    ("chat-text", leftovers::chat),
    ("codeowners", codeowners::check),
    ("commented-out", leftovers::commented),
    ("construct-replacement", constructs::check),
    ("conflict-markers", leftovers::conflicts),
    ("constant-moved", weaker::constants),
    ("crossing", crossing::check),
    ("crypto-weakened", weaker::crypto),
    ("database-jump", database_jump::check),
    ("dns-records", dns_records::check),
    ("down-destroys", migrations::down),
    ("downsized", sizes::check),
    ("elision", leftovers::elision),
    ("enum-values", enum_values::check),
    ("expiry", expiry::check),
    ("fail-open", weaker::fail_open),
    ("for-each-switch", count_switch::check),
    ("forces-replacement", replacement::check),
    ("gate-files", gate_files::check),
    ("hidden-text", hidden::check),
    ("helmfile-releases", helmfile::check),
    ("helm-releases", helm_releases::check),
    ("iam", iam::check),
    ("ingress", ingress::check),
    ("instances", instances::check),
    ("irreversible-migration", migrations::reversal),
    ("kubernetes-links", kubernetes_links::check),
    ("kustomize-entries", kustomize_entries::check),
    ("migration-order", migrations::order),
    ("lock-step", lock_step::check),
    ("lookalike-dependency", lookalike::check),
    ("mass-deletion", deletions::check),
    ("module-source", module_source::check),
    ("pipeline-needs", pipeline_needs::check),
    ("moved-removed", moves::check),
    ("non-atomic-migration", migrations::atomic),
    ("not-judged", unjudged::check),
    ("overlooked-attributes", overlooked::check),
    ("plan", plan::check),
    ("provider-target", provider::check),
    ("removed-modules", modules::check),
    ("removed-resources", removed::check),
    ("renamed-resources", renamed::check),
    ("rewritten", rewritten::check),
    ("safeguard-switch", switches::check),
    ("secrets", secrets::check),
    ("sql-from-text", written_sql::check),
    ("state-backend", backend::check),
    ("stub", leftovers::stub),
    ("syntax-broken", broken::check),
    ("terragrunt-unit-moved", unit_moved::check),
    ("tests", tests::check),
    ("too-large", volume::check),
    ("transaction-removed", transaction_removed::check),
    ("undeclared-import", undeclared::check),
    ("undeclared-python-import", undeclared_python::check),
    ("unknown-type", unknown_type::check),
    ("token-permissions", token_permissions::check),
];

type Afterthought = fn(&Rule, &Evidence<'_>, &[Finding]) -> Vec<Finding>;

/// The checks that look at what all others found.
const AFTERWARDS: &[(&str, Afterthought)] = &[("intent", intent::check), ("net-loss", net_loss::check)];

/// Whether a rule may name this check.
pub fn exists(name: &str) -> bool {
    AFTERWARDS.iter().any(|(known, _)| *known == name) || CHECKS.iter().any(|(known, _)| *known == name)
}

/// Runs the checks that the rules name.
pub fn run(rules: &RuleSet, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in rules.iter() {
        let Some(wanted) = &entry.rule.check else { continue };
        let Some((_, check)) = CHECKS.iter().find(|(name, _)| *name == wanted.name) else { continue };
        let found = check(&entry.rule, evidence);
        findings.extend(found.into_iter().filter(|finding| entry.admits_path(&finding.path)));
    }
    findings
}

/// Runs the checks that look at what all others found.
pub fn run_afterwards(rules: &RuleSet, evidence: &Evidence<'_>, findings: &[Finding]) -> Vec<Finding> {
    let mut more = Vec::new();
    for entry in rules.iter() {
        let Some(wanted) = &entry.rule.check else { continue };
        let Some((_, check)) = AFTERWARDS.iter().find(|(name, _)| *name == wanted.name) else { continue };
        more.extend(check(&entry.rule, evidence, findings));
    }
    more
}

impl Evidence<'_> {
    /// Removed resources with the place on the new side that stands for them.
    fn removed(&self) -> impl Iterator<Item = (&Fact, &Resource, Place)> {
        self.deltas.iter().filter_map(|delta| match delta {
            Delta::Removed { old, anchor, .. } => {
                let Body::Resource(resource) = &old.body else { return None };
                let place = match anchor {
                    Some(anchor) => Place::line(old.locus.file, &anchor.path, anchor.position.line),
                    None => Place::nowhere(old.locus.file, &old.locus.path),
                };
                Some((old, resource, place))
            }
            _ => None,
        })
    }

    fn introduced(&self) -> impl Iterator<Item = (&Fact, &Resource)> {
        self.deltas.iter().filter_map(|delta| match delta {
            Delta::Introduced { new } => match &new.body {
                Body::Resource(resource) => Some((new, resource)),
                _ => None,
            },
            _ => None,
        })
    }

    fn changed(&self) -> impl Iterator<Item = (&Fact, &Resource, &Fact, &Resource)> {
        self.deltas.iter().filter_map(|delta| match delta {
            Delta::Changed { old, new } => match (&old.body, &new.body) {
                (Body::Resource(before), Body::Resource(after)) => Some((old, before, new, after)),
                _ => None,
            },
            _ => None,
        })
    }

    /// Where an old line of a file would stand on the new side.
    fn collapsed(&self, file: usize, old_line: u32) -> Option<u32> {
        self.maps.get(file)?.as_ref().map(|map| map.collapse(old_line))
    }
}
