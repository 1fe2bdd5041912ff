//! Agent Trace 0.1.0: which files an assistant wrote in while the change was made.
//!
//! A record names the commit that was checked out when it was written; its ranges of lines age with the next edit, so
//! only the files count. Where records are kept is left open by the format; `.agent-trace/*.jsonl` is read.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Where records are kept.
pub const TRACES: &str = ".agent-trace";
/// Bytes of one file of records that are read.
const LARGEST: usize = 8 << 20;

/// A file in which an assistant wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trace {
    pub path: String,
    pub agent: String,
    /// The commit that was checked out.
    pub revision: String,
}

#[derive(Debug, Deserialize)]
struct Written {
    #[serde(default)]
    files: Vec<WrittenFile>,
    vcs: Option<Vcs>,
    tool: Option<Tool>,
}

#[derive(Debug, Deserialize)]
struct Vcs {
    #[serde(default)]
    revision: String,
}

#[derive(Debug, Deserialize)]
struct Tool {
    #[serde(default)]
    name: String,
}

#[derive(Debug, Deserialize)]
struct WrittenFile {
    path: String,
    #[serde(default)]
    conversations: Vec<Conversation>,
}

#[derive(Debug, Deserialize)]
struct Conversation {
    contributor: Option<Contributor>,
    #[serde(default)]
    ranges: Vec<Range>,
}

#[derive(Debug, Deserialize)]
struct Range {
    contributor: Option<Contributor>,
}

#[derive(Debug, Deserialize)]
struct Contributor {
    #[serde(default, rename = "type")]
    kind: String,
}

impl Contributor {
    fn is_ai(&self) -> bool {
        matches!(self.kind.as_str(), "ai" | "mixed")
    }
}

impl Trace {
    /// Every file that the records of a file ascribe to an assistant; lines that are no records say nothing.
    pub fn read(text: &[u8]) -> Vec<Self> {
        let text = String::from_utf8_lossy(&text[..text.len().min(LARGEST)]);
        let mut found = Vec::new();
        for record in text.lines().filter_map(|line| serde_json::from_str::<Written>(line).ok()) {
            let revision = record.vcs.map(|vcs| vcs.revision).unwrap_or_default();
            let agent = record.tool.map(|tool| tool.name).filter(|name| !name.trim().is_empty());
            let agent =
                agent.map_or_else(|| "an assistant".to_owned(), |name| super::provenance::capital(&name));
            for file in record.files {
                let of_file = file.conversations.iter().filter_map(|one| one.contributor.as_ref());
                let of_ranges = file.conversations.iter().flat_map(|one| &one.ranges);
                let of_ranges = of_ranges.filter_map(|range| range.contributor.as_ref());
                if of_file.chain(of_ranges).any(Contributor::is_ai) {
                    let path = file.path.trim_start_matches("./").to_owned();
                    found.push(Self { path, agent: agent.clone(), revision: revision.clone() });
                }
            }
        }
        found
    }

    /// In how many of the touched files each agent wrote since the change began; `begun` are the commits that were
    /// checked out meanwhile.
    pub(super) fn count(traces: &[Self], touched: &[&str], begun: &[&str]) -> BTreeMap<String, usize> {
        let mut pairs: Vec<(&str, &str)> = traces
            .iter()
            .filter(|trace| touched.contains(&trace.path.as_str()))
            .filter(|trace| trace.revision.len() >= 7)
            .filter(|trace| begun.iter().any(|commit| commit.starts_with(&trace.revision)))
            .map(|trace| (trace.agent.as_str(), trace.path.as_str()))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut counts = BTreeMap::new();
        pairs.into_iter().for_each(|(agent, _)| *counts.entry(agent.to_owned()).or_default() += 1);
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(path: &str, kind: &str, revision: &str) -> String {
        format!(
            "{{\"version\":\"0.1.0\",\"vcs\":{{\"type\":\"git\",\"revision\":\"{revision}\"}},\"tool\":{{\"name\":\"cursor\"}},\
             \"files\":[{{\"path\":\"{path}\",\"conversations\":[{{\"contributor\":{{\"type\":\"{kind}\"}},\
             \"ranges\":[{{\"start_line\":1,\"end_line\":9}}]}}]}}]}}\n"
        )
    }

    #[test]
    fn files_count_that_an_assistant_wrote_in_since_the_change_began() {
        let base = "0123456789abcdef";
        let text = [
            record("a.rs", "ai", base),
            record("a.rs", "mixed", base),
            record("b.rs", "human", base),
            record("c.rs", "ai", "ffffffffff"),
            record("d.rs", "ai", ""),
            "no record\n".to_owned(),
            "{\"files\":[{\"path\":\"e.rs\",\"conversations\":[{\"ranges\":[{\"contributor\":{\"type\":\"ai\"}}]}]}]}\n"
                .to_owned(),
        ]
        .concat();
        let traces = Trace::read(text.as_bytes());
        assert_eq!(traces.len(), 5);
        let count = |touched: &[&str]| Trace::count(&traces, touched, &[base]);
        assert_eq!(
            count(&["a.rs", "b.rs", "c.rs", "d.rs", "e.rs"]),
            BTreeMap::from([("Cursor".to_owned(), 1)])
        );
        assert_eq!(count(&["b.rs"]), BTreeMap::new());
    }
}
