//! Which jobs of a pipeline deliver something.

use std::sync::OnceLock;

use serde::Deserialize;

use super::node::Node;
use crate::facts::Expression;

#[derive(Deserialize)]
struct Words {
    deploy_names: String,
    deploy_commands: String,
    deploy_actions: String,
    passing_environments: String,
}

struct Lexicon {
    names: Expression,
    commands: Expression,
    actions: Expression,
    passing: Expression,
}

fn lexicon() -> Option<&'static Lexicon> {
    static LEXICON: OnceLock<Option<Lexicon>> = OnceLock::new();
    LEXICON
        .get_or_init(|| {
            // A test reads the file, so it parses.
            let words: Words = serde_json::from_str(include_str!("../../../rules/data/pipeline.json")).ok()?;
            Some(Lexicon {
                names: Expression::new(words.deploy_names),
                commands: Expression::new(words.deploy_commands),
                actions: Expression::new(words.deploy_actions),
                passing: Expression::new(words.passing_environments),
            })
        })
        .as_ref()
}

/// Whether a job delivers, by its key, its environment, and what its steps run or use.
pub(super) fn delivers(key: &str, job: &Node) -> bool {
    let Some(lexicon) = lexicon() else { return false };
    let environment = job.text_of("environment").or_else(|| job.at(&["environment", "name"])?.text());
    let to_lasting = environment.is_some_and(|name| !lexicon.passing.is_match(&name));
    let named = lexicon.names.is_match(key)
        || job.text_of("name").is_some_and(|name| lexicon.names.is_match(&name))
        || job.text_of("stage").is_some_and(|stage| lexicon.names.is_match(&stage));
    let runs = |node: &Node| {
        node.text_of("run").is_some_and(|run| lexicon.commands.is_match(&run))
            || node.text_of("uses").is_some_and(|uses| lexicon.actions.is_match(&uses))
    };
    let lines = |key: &str| -> Vec<String> {
        let script = job.get(key);
        let listed = script.map(Node::items).unwrap_or_default().iter().filter_map(Node::text);
        listed.chain(script.and_then(Node::text)).collect()
    };
    to_lasting
        || named
        || runs(job)
        || job.get("steps").map(Node::items).unwrap_or_default().iter().any(runs)
        || lines("script").iter().any(|line| lexicon.commands.is_match(line))
}

#[cfg(test)]
mod tests {
    use super::super::testing::nodes;
    use super::*;

    #[test]
    fn jobs_deliver_by_name_environment_or_command() {
        for (key, job, expected) in [
            ("deploy-eu", "steps: []", true),
            ("go", "environment: production", true),
            ("go", "environment: preview", false),
            ("go", "steps: [{run: 'terraform apply tfplan'}]", true),
            ("go", "steps: [{uses: pypa/gh-action-pypi-publish@v1}]", true),
            ("go", "script: [helm upgrade x y]", true),
            ("test", "steps: [{run: terraform plan}]", false),
            ("product-tests", "steps: []", false),
        ] {
            assert_eq!(delivers(key, &nodes("a.yaml", job)[0]), expected, "{key} {job}");
        }
    }
}
