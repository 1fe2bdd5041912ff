//! Servers of the Model Context Protocol: programs and addresses that an agent is given tools by.

use std::collections::BTreeMap;

use super::super::Evidence;
use super::settings::files;
use crate::facts::path_segments;
use crate::rules::{Draft, Finding, Kind, OldPlace, Place, Rule, Severity, Subject};
use crate::source::Locus;

/// Keys under which servers are listed.
const LISTS: [&str; 5] = ["mcpServers", "servers", "mcp_servers", "mcp", "context_servers"];
/// Programs that fetch a package and run it.
const FETCHING: [&str; 9] = ["npx", "bunx", "pnpx", "uvx", "pipx", "pnpm", "yarn", "npm", "bun"];
/// Words between such a program and its package.
const BETWEEN: [&str; 6] = ["dlx", "run", "exec", "x", "tool", "--"];
const SHELLS: [&str; 8] = ["sh", "bash", "zsh", "cmd", "cmd.exe", "powershell", "pwsh", "dash"];

#[derive(Clone, Debug, Default)]
struct Server<'a> {
    command: String,
    arguments: Vec<String>,
    url: String,
    locus: Option<&'a Locus>,
}

/// Where a server's tools come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Package { name: String, pinned: bool },
    Address { host: String, open: bool, local: bool },
    Shell(String),
    Program(String),
}

pub(super) fn check(rule: &Rule, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let all = files(evidence);
    let known: Vec<(String, Server<'_>)> = all.iter().flat_map(|both| servers(&both.old)).collect();
    for both in &all {
        let old: BTreeMap<String, Server<'_>> = servers(&both.old).into_iter().collect();
        for (name, server) in servers(&both.new) {
            let before = old.get(&name).or_else(|| {
                known
                    .iter()
                    .find(|(other, before)| *other == name || before.source() == server.source())
                    .map(|(_, server)| server)
            });
            let Some((severity, what)) = turn(before, &server) else { continue };
            let Some(locus) = server.locus else { continue };
            let kind = if before.is_some() { Kind::Changed } else { Kind::Introduced };
            let draft = Draft {
                severity: Some(severity),
                old: before.and_then(|before| before.locus).map(OldPlace::at),
                subject: Some(Subject { home: both.path.to_owned(), name: format!("server {name}") }),
                content: format!("{name} {} {:?} {}", server.command, server.arguments, server.url),
                ..Draft::new(kind, Place::at(locus))
            };
            findings.push(draft.capture("name", &name).capture("text", what).finish(rule));
        }
    }
    findings
}

/// What is risky about a server that is new, or about what became of it.
fn turn(before: Option<&Server<'_>>, server: &Server<'_>) -> Option<(Severity, String)> {
    let source = server.source();
    let Some(before) = before else {
        return Some(match &source {
            Source::Shell(text) => (Severity::Critical, format!("a shell that runs `{text}`")),
            Source::Address { host, open: true, local: false } => {
                (Severity::Critical, format!("{host}, and the way there is not encrypted"))
            }
            Source::Address { host, local: true, .. } => (Severity::Low, host.clone()),
            Source::Address { host, .. } => (Severity::High, host.clone()),
            Source::Package { name, pinned: false } => {
                (Severity::High, format!("whatever version of `{name}` is the newest when it starts"))
            }
            Source::Package { name, .. } => (Severity::Medium, format!("the package `{name}`")),
            Source::Program(text) => (Severity::Medium, format!("`{text}`")),
        });
    };
    let was = before.source();
    match (&was, &source) {
        _ if was == source => {
            let gone = before.arguments.iter().find(|argument| {
                let lower = argument.to_ascii_lowercase();
                (lower.contains("read-only") || lower.contains("readonly"))
                    && !server.arguments.contains(argument)
            })?;
            Some((Severity::High, format!("the same without `{gone}`")))
        }
        (_, Source::Shell(text)) => Some((Severity::Critical, format!("a shell that runs `{text}`"))),
        (Source::Package { name: old, pinned }, Source::Package { name, pinned: now }) if old == name => {
            (*pinned && !now)
                .then(|| (Severity::High, format!("whatever version of `{name}` is the newest when it starts")))
        }
        (_, Source::Address { host, open: true, local: false }) => {
            Some((Severity::Critical, format!("{host}, and the way there is not encrypted")))
        }
        (_, Source::Address { local: true, .. }) => None,
        (_, Source::Address { host, .. }) => Some((Severity::High, host.clone())),
        (_, Source::Package { name, .. }) => Some((Severity::High, format!("the package `{name}`"))),
        (_, Source::Program(text)) => Some((Severity::Medium, format!("`{text}`"))),
    }
}

impl Server<'_> {
    fn source(&self) -> Source {
        if !self.url.is_empty() {
            let (scheme, rest) = self.url.split_once("://").unwrap_or(("https", &self.url));
            let host = rest.split(['/', '?']).next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or(host).to_owned();
            let bare = host.split(':').next().unwrap_or(&host);
            let local = matches!(bare, "localhost" | "127.0.0.1" | "0.0.0.0" | "[" | "host.docker.internal")
                || bare.ends_with(".local")
                || bare.starts_with("${");
            return Source::Address { open: matches!(scheme, "http" | "ws"), local, host };
        }
        let program = self.command.rsplit(['/', '\\']).next().unwrap_or_default();
        let mut words = self.arguments.iter();
        if SHELLS.contains(&program) {
            let text = self.arguments.join(" ");
            let runs =
                self.arguments.iter().any(|word| matches!(word.as_str(), "-c" | "/c" | "/C" | "-Command"));
            // On Windows a package is fetched through cmd.
            if let Some(at) = self.arguments.iter().position(|word| FETCHING.contains(&word.as_str())) {
                return package(self.arguments[at..].iter());
            }
            return if runs {
                Source::Shell(shorten(&text))
            } else {
                Source::Program(shorten(&format!("{program} {text}")))
            };
        }
        if FETCHING.contains(&program) {
            return package(words);
        }
        if matches!(program, "docker" | "podman") {
            let image = words.rfind(|word| {
                !word.starts_with('-') && (word.contains('/') || word.contains(':')) && !word.contains('=')
            });
            if let Some(image) = image {
                let pinned = image.contains("@sha256:")
                    || image.rsplit_once(':').is_some_and(|(_, tag)| tag != "latest" && !tag.contains('/'));
                let name = image.split(['@']).next().unwrap_or(image);
                let name =
                    name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(name, |(name, _)| name);
                return Source::Package { name: name.to_owned(), pinned };
            }
        }
        Source::Program(shorten(format!("{} {}", self.command, self.arguments.join(" ")).trim()))
    }
}

/// The first argument that names a package.
fn package<'w>(mut words: impl Iterator<Item = &'w String>) -> Source {
    while let Some(word) = words.next() {
        if matches!(word.as_str(), "--from" | "-p" | "--package" | "--with") {
            if let Some(name) = words.next() {
                return named(name);
            }
            break;
        }
        if !word.starts_with('-') && !BETWEEN.contains(&word.as_str()) && !FETCHING.contains(&word.as_str()) {
            return named(word);
        }
    }
    Source::Package { name: String::new(), pinned: true }
}

fn named(word: &str) -> Source {
    if let Some((name, version)) = word.split_once("==") {
        return Source::Package { name: name.to_owned(), pinned: !version.is_empty() };
    }
    match word.rsplit_once('@').filter(|(name, _)| !name.is_empty()) {
        Some((name, version)) => {
            let pinned = version.starts_with(|first: char| first.is_ascii_digit()) && version.contains('.');
            Source::Package { name: name.to_owned(), pinned }
        }
        // A file of the project is what it is.
        None => Source::Package { name: word.to_owned(), pinned: word.starts_with(['.', '/']) },
    }
}

fn servers<'a>(leaves: &[super::settings::Leaf<'a>]) -> Vec<(String, Server<'a>)> {
    let mut found: BTreeMap<String, Server<'a>> = BTreeMap::new();
    for leaf in leaves {
        let segments: Vec<String> = path_segments(leaf.path);
        let Some(at) = segments.iter().take(3).position(|segment| LISTS.contains(&segment.as_str())) else {
            continue;
        };
        let (Some(name), Some(key)) = (segments.get(at + 1), segments.get(at + 2)) else { continue };
        let server = found.entry(name.trim_matches(['[', ']', '"']).to_owned()).or_default();
        match key.as_str() {
            "command" if segments.len() == at + 3 => server.command = leaf.value.clone(),
            // Some hosts take the command with its arguments as one list.
            "command" if server.command.is_empty() => server.command = leaf.value.clone(),
            "command" | "args" => server.arguments.push(leaf.value.clone()),
            "url" | "serverUrl" | "httpUrl" => server.url = leaf.value.clone(),
            _ => continue,
        }
        if matches!(key.as_str(), "command" | "url" | "serverUrl" | "httpUrl") && server.locus.is_none() {
            server.locus = Some(leaf.locus);
        }
    }
    found.into_iter().filter(|(_, server)| server.locus.is_some()).collect()
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
