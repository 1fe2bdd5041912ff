//! Ansible plays and tasks.
//!
//! A task is known by its name within its play or file and may move; the module's name is the last word of its
//! qualified one, so `ansible.builtin.file` is `file`. Arguments in one line are the same as a mapping.

use std::rc::Rc;

use super::flatten::attributes;
use super::node::{Entry, Kind, Node};
use super::reshape::listed;
use super::yaml::compact;
use super::yaml_scalar::plain;
use crate::facts::{Body, Fact, Resource, System, Value};
use crate::source::{Document, Scope};

const LISTS: [&str; 4] = ["tasks", "pre_tasks", "post_tasks", "handlers"];
const BLOCKS: [&str; 3] = ["block", "rescue", "always"];

/// Blocks in blocks.
const DEEPEST: usize = 8;

/// Keys of a task that name no module.
const KEYWORDS: [&str; 46] = [
    "name",
    "when",
    "become",
    "become_user",
    "become_method",
    "become_flags",
    "register",
    "tags",
    "loop",
    "loop_control",
    "with_items",
    "with_dict",
    "with_fileglob",
    "notify",
    "listen",
    "vars",
    "args",
    "environment",
    "ignore_errors",
    "ignore_unreachable",
    "failed_when",
    "changed_when",
    "check_mode",
    "diff",
    "delegate_to",
    "delegate_facts",
    "run_once",
    "no_log",
    "retries",
    "delay",
    "until",
    "async",
    "poll",
    "throttle",
    "any_errors_fatal",
    "max_fail_percentage",
    "connection",
    "remote_user",
    "port",
    "collections",
    "module_defaults",
    "timeout",
    "block",
    "rescue",
    "always",
    "debugger",
];

/// Plays and tasks, or `None` if the document is neither a playbook nor a list of tasks.
pub(super) fn playbook(document: &Document, value: &Node) -> Option<Vec<Fact>> {
    let items = value.items();
    let is_play = |item: &Node| {
        item.get("hosts").is_some()
            || item.get("import_playbook").is_some()
            || item.get("ansible.builtin.import_playbook").is_some()
    };
    if items.is_empty() || !items.iter().all(Node::is_mapping) {
        return None;
    }
    let mut facts = Vec::new();
    if items.iter().all(is_play) {
        for (index, play) in items.iter().enumerate() {
            let hosts = || play.get("hosts").map(|hosts| compact(&listed(hosts), 0).replace(['[', ']'], ""));
            let name = play.text_of("name").or_else(hosts).unwrap_or_else(|| "play".to_owned());
            let entries = play.entries().iter().filter(|entry| !LISTS.contains(&entry.key.as_str()));
            let entries = entries.map(|entry| match entry.key.as_str() {
                "hosts" => Entry { value: listed(&entry.value), ..entry.clone() },
                _ => entry.clone(),
            });
            let body = Node::mapping(entries.collect(), play.span.clone());
            let number = format!("play {}", index + 1);
            facts.push(fact(document, "play", &name, &body, vec![number.clone()]));
            for list in LISTS {
                tasks(document, play.get(list), std::slice::from_ref(&number), &[], 0, &mut facts);
            }
        }
        return Some(facts);
    }
    let folder = ["tasks/", "handlers/"]
        .iter()
        .any(|folder| document.path.starts_with(folder) || document.path.contains(&format!("/{folder}")));
    if !folder
        || !items.iter().all(|item| module(item).is_some() || BLOCKS.iter().any(|key| item.get(key).is_some()))
    {
        return None;
    }
    tasks(document, Some(value), &[], &[], 0, &mut facts);
    Some(facts)
}

fn module(task: &Node) -> Option<&Entry> {
    task.entries().iter().find(|entry| {
        let key = entry.key.as_str();
        !KEYWORDS.contains(&key) && !key.starts_with("with_") && !key.is_empty()
    })
}

fn tasks(
    document: &Document,
    list: Option<&Node>,
    scope: &[String],
    conditions: &[Node],
    depth: usize,
    facts: &mut Vec<Fact>,
) {
    if depth > DEEPEST {
        return;
    }
    for task in list.map(Node::items).unwrap_or_default() {
        let mut held: Vec<Node> = conditions.to_vec();
        held.extend(task.get("when").map(listed).iter().flat_map(|when| when.items().to_vec()));
        let inner: Vec<&Node> = BLOCKS.iter().filter_map(|key| task.get(key)).collect();
        if !inner.is_empty() {
            for list in inner {
                tasks(document, Some(list), scope, &held, depth + 1, facts);
            }
            continue;
        }
        let Some(module) = module(task) else { continue };
        let short = module.key.rsplit('.').next().unwrap_or(&module.key).to_owned();
        let name = task.text_of("name").unwrap_or_else(|| short.clone());
        let entries = task.entries().iter().map(|entry| {
            if std::ptr::eq(entry, module) {
                Entry { key: short.clone(), value: arguments(&entry.value), ..entry.clone() }
            } else {
                entry.clone()
            }
        });
        let mut entries: Vec<Entry> = entries.filter(|entry| entry.key != "when").collect();
        if !held.is_empty() {
            let span = task.entry("when").map_or(task.span.start..task.span.start, |entry| entry.span.clone());
            let value = Node::new(Kind::Sequence(Rc::new(held)), span.clone());
            entries.push(Entry { key: "when".to_owned(), key_span: span.clone(), value, span });
        }
        let body = Node::mapping(entries, task.span.clone());
        let mut scope = scope.to_vec();
        scope.push(name.clone());
        facts.push(fact(document, "task", &name, &body, scope));
    }
}

/// `path=/x state=absent` as a mapping; a free command stays a text.
fn arguments(value: &Node) -> Node {
    let Some(text) = value.text() else { return value.clone() };
    let all = words(&text);
    let words: Vec<(&str, &str)> = all.iter().filter_map(|word| word.split_once('=')).collect();
    let is_key = |key: &str| {
        !key.is_empty() && key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    if words.is_empty() || words.len() != all.len() || !words.iter().all(|(key, _)| is_key(key)) {
        return value.clone();
    }
    let span = value.span.clone();
    let entries = words.into_iter().map(|(key, word)| Entry {
        key: key.to_owned(),
        key_span: span.clone(),
        value: Node::new(Kind::Scalar(plain(word.trim_matches(['"', '\'']))), span.clone()),
        span: span.clone(),
    });
    Node::mapping(entries.collect(), span.clone())
}

/// Words of an argument line; quotes and `{{ … }}` hold their blanks together.
fn words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut quote, mut depth) = (None, None, 0usize);
    for (at, letter) in text.char_indices() {
        let rest = &text[at..];
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if rest.starts_with("{{") => depth += 1,
            None if rest.starts_with("}}") => depth = depth.saturating_sub(1),
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None => {}
        }
        if letter.is_whitespace() && quote.is_none() && depth == 0 {
            found.extend(start.take().map(|start: usize| &text[start..at]));
        } else {
            start.get_or_insert(at);
        }
    }
    found.extend(start.map(|start| &text[start..]));
    found
}

/// Jinja expressions with one blank on each inner side, however they are written.
fn spaced(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 4);
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(end) = rest[open..].find("}}").map(|end| open + end) else { break };
        plain.push_str(&rest[..open]);
        plain.push_str(&format!("{{{{ {} }}}}", rest[open + 2..end].trim()));
        rest = &rest[end + 2..];
    }
    plain.push_str(rest);
    plain
}

fn fact(document: &Document, kind: &str, name: &str, body: &Node, scope: Scope) -> Fact {
    let (mut attributes, blocks) = attributes(document, body, &scope);
    for attribute in &mut attributes {
        let Value::Literal(crate::facts::Scalar::String(text)) = &attribute.value else { continue };
        if !text.contains("{{") {
            continue;
        }
        let text = spaced(text);
        // A Jinja expression can stand for anything.
        let whole = text.trim().starts_with("{{") && text.trim().ends_with("}}");
        attribute.value =
            if whole { Value::Unknown(text) } else { Value::Literal(crate::facts::Scalar::String(text)) };
    }
    Fact {
        locus: document.locus(body.span.clone(), scope),
        body: Body::Resource(Resource {
            system: System::Ansible,
            module: document.path.to_string(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            address: format!("{kind} \"{name}\""),
            attributes,
            blocks,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;

    #[test]
    fn qualified_names_and_short_arguments_say_the_same() {
        let long = "- hosts: db\n  tasks:\n    - name: Clean\n      ansible.builtin.file:\n        path: /srv/data\n        state: absent\n";
        let short = "- hosts: [db]\n  tasks:\n    - block:\n        - name: Clean\n          file: path=/srv/data state=absent\n";
        assert_eq!(shown("site.yml", long), shown("site.yml", short));
        assert_eq!(
            shown("site.yml", long),
            [
                "play | play \"db\" | hosts[db]=db",
                "task | task \"Clean\" | name=Clean file.path=/srv/data file.state=absent"
            ]
        );
    }

    #[test]
    fn other_lists_are_settings() {
        assert_eq!(shown("a.yml", "- name: x\n  y: 1\n"), ["[x].name=x", "[x].y=1"]);
    }
}
