//! Go modules: direct requirements and replacements.

use super::fact;
use crate::facts::{Dependency, Fact, Group, Origin};
use crate::source::Document;

pub(super) fn manifest(document: &Document) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut block: Option<String> = None;
    for number in 1..=document.lines.count() as u32 {
        let (Some(line), Some(range)) = (document.lines.line(number), document.lines.range(number)) else {
            continue;
        };
        let content = line.split("//").next().unwrap_or_default().trim();
        let indirect = line.contains("// indirect");
        if content == ")" {
            block = None;
            continue;
        }
        if let Some(name) = content.strip_suffix('(') {
            block = Some(name.trim().to_owned());
            continue;
        }
        let (verb, rest) = match &block {
            Some(verb) => (verb.as_str(), content),
            None => content.split_once(char::is_whitespace).unwrap_or((content, "")),
        };
        let words: Vec<&str> = rest.split_whitespace().collect();
        let start = range.start + (line.len() - line.trim_start().len());
        let span = start..start + line.trim().len();
        match (verb, words.as_slice()) {
            ("require", [name, version]) if !indirect => {
                facts.push(fact(
                    document,
                    span,
                    dependency(name, version, Origin::Registry(None), Group::Runtime),
                ));
            }
            ("replace", [name, .., "=>", target, version]) => {
                let origin = Origin::Url((*target).to_owned());
                facts.push(fact(document, span, dependency(name, version, origin, Group::Override)));
            }
            _ => {}
        }
    }
    facts
}

fn dependency(name: &str, version: &str, origin: Origin, group: Group) -> Dependency {
    Dependency {
        ecosystem: "go",
        name: name.to_owned(),
        spec: version.to_owned(),
        exact: true,
        open: false,
        origin,
        group,
        checksum: None,
    }
}
