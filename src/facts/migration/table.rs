//! What is known about migration tools. Read from `rules/data/migrations.yaml`, which documents the keys.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Deserialize;

use super::Operation;
use crate::facts::{Expression, Globs, glob, statement};
use crate::source::HOLE;

/// Packed by the build script.
const PACKED: &str = include_str!(concat!(env!("OUT_DIR"), "/migrations.json"));

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    tools: BTreeMap<String, WrittenTool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTool {
    files: Vec<String>,
    #[serde(default)]
    holds: Option<String>,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    repeated: Vec<String>,
    #[serde(default)]
    appended: bool,
    #[serde(default)]
    operations: Vec<WrittenOperation>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOperation {
    call: Vec<String>,
    sql: String,
    #[serde(default)]
    has: Option<String>,
    #[serde(default)]
    lacks: Option<String>,
    #[serde(default)]
    take: HashMap<String, String>,
}

/// A tool, compiled.
pub(super) struct Tool {
    name: String,
    files: Globs,
    holds: Option<Expression>,
    version: Option<Expression>,
    repeated: Globs,
    appended: bool,
    operations: Vec<Known>,
}

struct Known {
    calls: Vec<String>,
    sql: String,
    has: Option<Expression>,
    lacks: Option<Expression>,
    take: HashMap<String, Expression>,
}

/// A file as a step of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub tool: String,
    /// What orders and names it, where the path says it.
    pub version: Option<String>,
    /// It runs again whenever it changes.
    pub repeated: bool,
    /// The file holds many steps and grows.
    pub appended: bool,
}

/// The step that a file is, by its path and its text.
pub fn step_of(path: &str, text: &str) -> Option<Step> {
    let tool = tools().iter().find(|tool| tool.has_step(path, text))?;
    let version = tool.version.as_ref().and_then(|version| Some(version.captures(path)?.get(1)?.as_str()));
    Some(Step {
        tool: tool.name.clone(),
        version: version.map(str::to_owned),
        repeated: tool.repeated.is_match(path),
        appended: tool.appended,
    })
}

pub(super) fn tool_with_operations(path: &str, text: &str) -> Option<&'static Tool> {
    tools().iter().find(|tool| !tool.operations.is_empty() && tool.has_step(path, text))
}

impl Tool {
    fn has_step(&self, path: &str, text: &str) -> bool {
        (self.files.is_match(path) || self.repeated.is_match(path))
            && self.holds.as_ref().is_none_or(|holds| holds.is_match(text))
    }

    /// The statements that an operation comes to.
    pub(super) fn statements(&self, operation: &Operation) -> Vec<String> {
        let known = self.operations.iter().filter(|known| {
            known.calls.iter().any(|pattern| glob(pattern, &operation.call))
                && known.has.as_ref().is_none_or(|has| has.is_match(&operation.text))
                && !known.lacks.as_ref().is_some_and(|lacks| lacks.is_match(&operation.text))
        });
        known.filter_map(|known| known.say(operation)).collect()
    }
}

impl Known {
    /// The template filled in; `None` where something that it needs is missing.
    fn say(&self, operation: &Operation) -> Option<String> {
        if self.sql == "{0}" {
            return operation.positional.first()?.clone();
        }
        let mut said = String::new();
        let mut rest = self.sql.as_str();
        while let Some(open) = rest.find('{') {
            said.push_str(&rest[..open]);
            let close = rest[open..].find('}')? + open;
            said.push_str(&self.value(&rest[open + 1..close], operation)?);
            rest = &rest[close + 1..];
        }
        said.push_str(rest);
        Some(said)
    }

    fn value(&self, placeholder: &str, operation: &Operation) -> Option<String> {
        placeholder.split('|').find_map(|name| {
            if name == "?" {
                return Some(HOLE.to_owned());
            }
            if let Some(from) = name.strip_suffix("..") {
                let all = operation.positional.get(from.parse::<usize>().ok()?..)?;
                let names: Vec<String> = all.iter().map(|value| identifier(value.as_deref())).collect();
                return (!names.is_empty()).then(|| names.join(", "));
            }
            if let Ok(position) = name.parse::<usize>() {
                return operation.positional.get(position).map(|value| identifier(value.as_deref()));
            }
            if let Some(take) = self.take.get(name) {
                return Some(identifier(Some(take.captures(&operation.text)?.get(1)?.as_str())));
            }
            operation.named.get(name).map(|value| identifier(value.as_deref()))
        })
    }
}

/// A name as SQL writes it; a hole for what is none.
fn identifier(value: Option<&str>) -> String {
    let plain = |text: &str| {
        !text.is_empty()
            && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '(' | ')'))
    };
    match value {
        Some(text) if statement::is_reserved(text) => format!("\"{text}\""),
        Some(text) if plain(text) => text.to_owned(),
        _ => HOLE.to_owned(),
    }
}

fn tools() -> &'static [Tool] {
    static TOOLS: OnceLock<Vec<Tool>> = OnceLock::new();
    TOOLS.get_or_init(|| {
        // The build script wrote the table and a test reads it in full.
        let written: Written = serde_json::from_str(PACKED).unwrap_or(Written { tools: BTreeMap::new() });
        written.tools.into_iter().filter_map(|(name, tool)| compile(name, tool)).collect()
    })
}

fn compile(name: String, tool: WrittenTool) -> Option<Tool> {
    let operations = tool
        .operations
        .into_iter()
        .map(|operation| {
            let take =
                operation.take.into_iter().map(|(name, pattern)| (name, Expression::new(pattern))).collect();
            Known {
                calls: operation.call,
                sql: operation.sql,
                has: operation.has.map(Expression::new),
                lacks: operation.lacks.map(Expression::new),
                take,
            }
        })
        .collect();
    Some(Tool {
        name,
        files: Globs::new(&tool.files).ok()?,
        holds: tool.holds.map(Expression::new),
        version: tool.version.map(Expression::new),
        repeated: Globs::new(&tool.repeated).ok()?,
        appended: tool.appended,
        operations,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_table_compiles() {
        let written: Written = serde_json::from_str(PACKED).unwrap();
        for (name, tool) in written.tools {
            let count = tool.operations.len();
            let patterns: Vec<String> =
                tool.operations.iter().flat_map(|one| one.take.values().cloned()).collect();
            let compiled = compile(name.clone(), tool);
            assert_eq!(compiled.map(|tool| tool.operations.len()), Some(count), "{name}");
            for pattern in patterns {
                assert!(Expression::checked(&pattern).is_ok(), "{name}: {pattern}");
            }
        }
    }

    #[test]
    fn steps_are_known_by_their_paths() {
        for (path, text, tool, version) in [
            ("db/V1.2__users.sql", "", Some("flyway"), Some("1.2")),
            ("shop/migrations/0003_plan.py", "", Some("django"), Some("0003")),
            ("alembic/versions/ab12_plan.py", "down_revision = 'x'", Some("alembic"), Some("ab12")),
            ("db/migrate/20240101000000_plan.rb", "", Some("rails"), Some("20240101000000")),
            ("prisma/migrations/20240101_x/migration.sql", "", Some("prisma"), Some("20240101")),
            ("migrations/2024_x/up.sql", "", Some("diesel"), Some("2024")),
            ("supabase/migrations/2024_x.sql", "", Some("sqlx"), Some("2024")),
            (
                "src/m20240101_000001_x.rs",
                "impl MigrationTrait for M {}",
                Some("sea-orm"),
                Some("m20240101_000001"),
            ),
            ("src/users.sql", "", None, None),
            ("app/migrations/__init__.py", "", None, None),
        ] {
            let step = step_of(path, text);
            assert_eq!(step.as_ref().map(|step| step.tool.as_str()), tool, "{path}");
            assert_eq!(step.and_then(|step| step.version).as_deref(), version, "{path}");
        }
    }
}
