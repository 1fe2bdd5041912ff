//! Dockerfiles: what every stage is built on, who it runs as, and what it declares.
//!
//! The last stage is what a build gives unless told otherwise: kind `image`, without a name. The stages before it are of
//! kind `stage`, named by their `AS` or else their number. A stage that goes on from another one has what that one
//! declares. Attributes: `from` (the image, arguments with a default filled in), `continues` (a stage), `user`,
//! `healthcheck`, `entrypoint`, `command`, `workdir`, `volume[PATH]`, `port[NUMBER]`, `argument.NAME`,
//! `environment.NAME`, `remote[URL]` (added without a checksum), `insecure` (a step that runs privileged).

use std::collections::HashMap;
use std::ops::Range;

use super::{Attribute, Body, Fact, Resource, System, Value};
use crate::source::Document;

/// What a stage hands on to one that is built on it.
const INHERITED: [&str; 8] =
    ["user", "healthcheck", "entrypoint", "command", "workdir", "volume[", "port[", "environment."];

#[derive(Default)]
struct Stage {
    name: Option<String>,
    attributes: Vec<Attribute>,
    span: Range<usize>,
}

pub(super) fn extract(document: &Document) -> Vec<Fact> {
    let Some(tree) = document.tree.as_ref().filter(|_| document.embedding.is_none()) else { return Vec::new() };
    let root = tree.root_node();
    let mut reader = Reader { document, arguments: HashMap::new(), stages: Vec::new() };
    for node in root.named_children() {
        if node.kind().ends_with("_instruction") {
            reader.instruction(node.byte_range());
        }
    }
    reader.finish()
}

struct Reader<'d> {
    document: &'d Document,
    /// Arguments before the first stage, with their defaults.
    arguments: HashMap<String, String>,
    stages: Vec<Stage>,
}

impl Reader<'_> {
    fn instruction(&mut self, span: Range<usize>) {
        let text = joined(self.document.text.get(span.clone()).unwrap_or_default());
        let words = words(&text);
        let Some((keyword, rest)) = words.split_first() else { return };
        let keyword = keyword.to_ascii_uppercase();
        if keyword == "FROM" {
            self.from(rest, span);
            return;
        }
        if self.stages.is_empty() {
            for (name, value) in
                rest.iter().filter(|_| keyword == "ARG").filter_map(|word| word.split_once('='))
            {
                self.arguments.insert(name.to_owned(), value.to_owned());
            }
            return;
        }
        let whole = || text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim()).to_owned();
        match keyword.as_str() {
            "USER" => self.set("user", self.filled(&rest.join(" ")), &span),
            "WORKDIR" => self.set("workdir", rest.join(" "), &span),
            "HEALTHCHECK" => self.set("healthcheck", whole(), &span),
            "ENTRYPOINT" => self.set("entrypoint", whole(), &span),
            "CMD" => self.set("command", whole(), &span),
            "VOLUME" => {
                let list: Vec<String> = serde_json::from_str(&whole()).unwrap_or_else(|_| rest.to_vec());
                for path in list {
                    self.set(&format!("volume[{path}]"), path, &span);
                }
            }
            "EXPOSE" => {
                for port in rest {
                    self.set(&format!("port[{port}]"), port.clone(), &span);
                }
            }
            "ARG" => {
                for word in rest {
                    // Without a default it is what the caller gives.
                    let given = format!("${word}");
                    let (name, value) = word.split_once('=').unwrap_or((word, &given));
                    self.set(&format!("argument.{name}"), value.to_owned(), &span);
                }
            }
            "ENV" => match rest {
                // The old form: one name, and the rest of the line.
                [name, value @ ..] if !name.contains('=') => {
                    self.set(&format!("environment.{name}"), value.join(" "), &span);
                }
                pairs => {
                    for (name, value) in pairs.iter().filter_map(|pair| pair.split_once('=')) {
                        self.set(&format!("environment.{name}"), value.to_owned(), &span);
                    }
                }
            },
            "ADD" if !rest.iter().any(|word| word.starts_with("--checksum=")) => {
                let sources =
                    rest.iter().filter(|word| word.starts_with("http://") || word.starts_with("https://"));
                for address in sources.filter(|word| !word.ends_with(".git")) {
                    self.set(&format!("remote[{address}]"), address.clone(), &span);
                }
            }
            "RUN"
                if rest
                    .iter()
                    .take_while(|word| word.starts_with("--"))
                    .any(|word| word == "--security=insecure") =>
            {
                self.set("insecure", "true".to_owned(), &span);
            }
            _ => {}
        }
    }

    fn from(&mut self, rest: &[String], span: Range<usize>) {
        let plain: Vec<&String> = rest.iter().filter(|word| !word.starts_with("--")).collect();
        let Some(image) = plain.first() else { return };
        let image = self.filled(image);
        let parent = self
            .stages
            .iter()
            .position(|stage| stage.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&image)));
        let inherited = parent.map(|at| {
            let all = self.stages[at].attributes.iter();
            all.filter(|one| INHERITED.iter().any(|start| one.path.starts_with(start))).cloned().collect()
        });
        let name = plain.get(1).filter(|word| word.eq_ignore_ascii_case("as")).and(plain.get(2));
        self.stages.push(Stage {
            name: name.map(|name| (*name).clone()),
            attributes: inherited.unwrap_or_default(),
            span: span.clone(),
        });
        self.set(if parent.is_some() { "continues" } else { "from" }, image, &span);
    }

    /// The last instruction of a kind counts.
    fn set(&mut self, path: &str, value: String, span: &Range<usize>) {
        let locus = self.document.locus(span.clone(), Vec::new());
        let Some(stage) = self.stages.last_mut() else { return };
        stage.span.end = span.end;
        stage.attributes.retain(|one| one.path != path);
        let value = Value::string(value);
        stage.attributes.push(Attribute { path: path.to_owned(), value, locus, folded: None });
    }

    /// A text with the arguments that have a default; others stay as they are written.
    fn filled(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let (name, fallback, left) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                Some((inner, left)) => {
                    let (name, fallback) = inner.split_once(":-").map_or((inner, None), |(a, b)| (a, Some(b)));
                    (name, fallback, left)
                }
                None => {
                    let end = after.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
                    let (name, left) = after.split_at(end.unwrap_or(after.len()));
                    (name, None, left)
                }
            };
            let own = self.stages.last().and_then(|stage| {
                let path = format!("argument.{name}");
                stage.attributes.iter().find(|one| one.path == path).map(|one| one.value.as_text())
            });
            let known = own.filter(|text| !text.is_empty()).or_else(|| self.arguments.get(name).cloned());
            match known.as_deref().or(fallback) {
                Some(value) => out.push_str(value),
                None => {
                    out.push('$');
                    out.push_str(&after[..after.len() - left.len()]);
                }
            }
            rest = left;
        }
        out.push_str(rest);
        out
    }

    fn finish(self) -> Vec<Fact> {
        let path = &self.document.path;
        let last = self.stages.len().saturating_sub(1);
        let resource = |(index, stage): (usize, Stage)| {
            let is_image = index == last;
            let name = stage.name.unwrap_or_else(|| index.to_string());
            Fact {
                locus: self.document.locus(stage.span, Vec::new()),
                body: Body::Resource(Resource {
                    system: System::Dockerfile,
                    module: path.to_string(),
                    kind: if is_image { "image" } else { "stage" }.to_owned(),
                    address: if is_image {
                        format!("the image of {path}")
                    } else {
                        format!("stage {name} of {path}")
                    },
                    name: if is_image { String::new() } else { name },
                    attributes: stage.attributes,
                    blocks: Default::default(),
                }),
            }
        };
        self.stages.into_iter().enumerate().map(resource).collect()
    }
}

/// An instruction on one line: continuations joined, comments and empty lines between them left out.
fn joined(source: &str) -> String {
    let mut out = String::new();
    for (index, line) in source.lines().enumerate() {
        let trimmed = line.trim();
        if index > 0 && (trimmed.is_empty() || trimmed.starts_with('#')) {
            continue;
        }
        out.push_str(trimmed.strip_suffix(['\\', '`']).unwrap_or(trimmed).trim_end());
        out.push(' ');
    }
    out.truncate(out.trim_end().len());
    out
}

/// Words as blanks divide them, quotes taken off.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut open) = (Vec::new(), String::new(), None, false);
    for letter in text.chars() {
        match (quote, letter) {
            (Some(mark), _) if letter == mark => quote = None,
            (None, '"' | '\'') => (quote, open) = (Some(letter), true),
            (None, _) if letter.is_whitespace() => {
                if open {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            _ => {
                word.push(letter);
                open = true;
            }
        }
    }
    if open {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::change::Side;
    use crate::source::{Language, LineIndex, parse};

    fn shown(text: &str) -> Vec<String> {
        let text: Arc<str> = text.into();
        let document = Document {
            side: Side::New,
            file: 0,
            path: "Dockerfile".into(),
            language: Language::Dockerfile,
            tree: parse(&text, Language::Dockerfile).unwrap(),
            embedding: None,
            lines: Arc::new(LineIndex::new(text.clone())),
            text,
        };
        let show = |fact: Fact| match fact.body {
            Body::Resource(one) => {
                let all = one.attributes.iter().map(|one| format!("{}={}", one.path, one.value.as_text()));
                format!("{} {}| {}", one.kind, one.name, all.collect::<Vec<_>>().join(" "))
            }
            _ => String::new(),
        };
        extract(&document).into_iter().map(show).collect()
    }

    #[test]
    fn stages_hand_on_what_they_declare() {
        let text = "ARG BASE=python:3.12\nFROM ${BASE}-slim AS base\nUSER app\nVOLUME [\"/data\", \"/spool\"]\n\
                    FROM base\nENV A=b \\\n  # why\n  C=\"d e\"\nENV OLD form here\nARG TOKEN\nADD https://a.example/x.tgz /x\n\
                    HEALTHCHECK --interval=5s CMD curl x\n";
        assert_eq!(
            shown(text),
            [
                "stage base| from=python:3.12-slim user=app volume[/data]=/data volume[/spool]=/spool",
                "image | user=app volume[/data]=/data volume[/spool]=/spool continues=base environment.A=b \
                 environment.C=d e environment.OLD=form here argument.TOKEN=$TOKEN remote[https://a.example/x.tgz]=https://a.example/x.tgz \
                 healthcheck=--interval=5s CMD curl x"
            ]
        );
    }

    #[test]
    fn unknown_arguments_stay_as_written_and_the_last_user_counts() {
        assert_eq!(
            shown("ARG V\nFROM node:$V\nUSER root\nRUN a\nUSER ${UID}:x\n"),
            ["image | from=node:$V user=${UID}:x"]
        );
        assert!(shown("# nothing\n").is_empty());
    }
}
