//! Whether a change says that an assistant helped to write it.
//!
//! Every signal is voluntary, so its absence says nothing: three values, never a guess. People are told from
//! assistants by address or exact login, never by first name.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::attested::{Hand, Note};
use super::{Origin, Provenance};
use crate::change::Commit;

const BUILT_IN: &str = include_str!("../../rules/data/provenance.json");

/// The environment of the process that asks, and what notes say of commits.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// Variables by name; empty where the environment says nothing about the change.
    pub environment: BTreeMap<String, String>,
    /// Notes of `refs/notes/ai`: commit id and text.
    pub notes: Vec<(String, String)>,
    /// Files of the change in which an agent wrote, by agent.
    pub traced: BTreeMap<String, usize>,
}

#[derive(Debug, Default, Deserialize)]
struct Table {
    identities: Vec<Identity>,
    author_name_endings: Vec<NameEnding>,
    /// Trailers whose value is a name and an address.
    identity_trailers: Vec<String>,
    /// Trailers whose value starts with the name of an agent.
    agent_trailers: Vec<String>,
    plain_trailers: Vec<PlainTrailer>,
    lines: Vec<Line>,
    agents: Vec<String>,
    environment: Vec<Variables>,
    named_in: Vec<String>,
    known_in: Vec<String>,
    /// Parts of the names of programs that commit, and how such names end.
    bots: Vec<String>,
    bot_endings: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Identity {
    agent: String,
    emails: Vec<String>,
    suffixes: Vec<String>,
    logins: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct NameEnding {
    agent: String,
    ending: String,
}

#[derive(Debug, Deserialize)]
struct PlainTrailer {
    key: String,
    /// What the value starts with; anything if absent.
    value: Option<String>,
    agent: String,
}

#[derive(Debug, Deserialize)]
struct Line {
    agent: String,
    text: String,
}

#[derive(Debug, Deserialize)]
struct Variables {
    agent: String,
    /// `NAME`, or `NAME=VALUE` where only that value counts.
    variables: Vec<String>,
}

/// An agent with what gave it away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sign {
    agent: String,
    place: String,
}

impl Provenance {
    /// What commits, notes and environment declare.
    pub fn of(commits: &[Commit], signals: &Signals) -> Self {
        // A test reads the table, so it parses.
        let table: Table = serde_json::from_str(BUILT_IN).unwrap_or_default();
        let mut counts: BTreeMap<Sign, usize> = BTreeMap::new();
        let mut declared_in = Vec::new();
        for (index, commit) in commits.iter().enumerate() {
            let mut signs = table.signs_of(commit);
            signs.sort();
            signs.dedup();
            if !signs.is_empty() {
                declared_in.push(index);
            }
            signs.into_iter().for_each(|sign| *counts.entry(sign).or_default() += 1);
        }
        let mut evidence: Vec<String> = counts
            .into_iter()
            .map(|(sign, count)| {
                let share = if commits.len() > 1 {
                    format!(" in {count} of {} commits", commits.len())
                } else {
                    String::new()
                };
                format!("{} ({}){share}", sign.agent, sign.place)
            })
            .collect();
        let notes: Vec<Note> = signals.notes.iter().filter_map(|(_, text)| Note::parse(text)).collect();
        let sum = |hand: Hand| notes.iter().map(|note| note.lines(hand)).sum::<usize>();
        let (ai, human) = (sum(Hand::Ai), sum(Hand::Human));
        if ai > 0 {
            let mut agents: Vec<&str> =
                notes.iter().flat_map(|note| note.agents.iter().map(String::as_str)).collect();
            agents.sort_unstable();
            agents.dedup();
            let agents = if agents.is_empty() { "an assistant".to_owned() } else { agents.join(", ") };
            evidence.push(format!("{agents} ({ai} lines in the git-ai note, {human} by people)"));
        }
        for (agent, files) in &signals.traced {
            let files = if *files == 1 { "1 file".to_owned() } else { format!("{files} files") };
            evidence.push(format!("{agent} ({files} in Agent Trace)"));
        }
        let is_disclosed = !evidence.is_empty();
        let running = table.sign_of_environment(&signals.environment);
        let is_running = running.is_some();
        if let Some(sign) = running {
            evidence.push(format!("{} ({}: it runs this check)", sign.agent, sign.place));
        }
        let status = match (evidence.is_empty(), human > 0) {
            (false, _) => Origin::DeclaredAi,
            (true, true) => Origin::DeclaredHuman,
            (true, false) => Origin::Unknown,
        };
        if status == Origin::DeclaredHuman {
            evidence.push(format!("{human} lines by people in the git-ai note"));
        }
        Self { status, evidence, declared_in, is_disclosed, is_running, ..Self::default() }
    }
}

/// Whether an author is a program, by the marks that hosts and bots use. Assistants are programs.
pub fn is_bot(name: &str, email: &str) -> bool {
    let table: Table = serde_json::from_str(BUILT_IN).unwrap_or_default();
    let (name, email) = (name.to_ascii_lowercase(), email.to_ascii_lowercase());
    let login = email.split('@').next().unwrap_or_default();
    let is_marked = |word: &str| table.bot_endings.iter().any(|ending| word.ends_with(ending)) || word == "bot";
    table.identity(&name, &email).is_some()
        || is_marked(&name)
        || is_marked(login)
        || table.bots.iter().any(|bot| name.contains(bot) || login.contains(bot))
}

impl Table {
    fn identity(&self, name: &str, email: &str) -> Option<&str> {
        let (name, email) = (name.trim().to_ascii_lowercase(), email.trim().to_ascii_lowercase());
        self.identities
            .iter()
            .find(|identity| {
                identity.emails.contains(&email)
                    || identity.suffixes.iter().any(|suffix| email.ends_with(suffix))
                    || identity.logins.contains(&name)
            })
            .map(|identity| identity.agent.as_str())
    }

    fn signs_of(&self, commit: &Commit) -> Vec<Sign> {
        let sign = |agent: &str, place: String| Sign { agent: agent.to_owned(), place };
        let mut signs = Vec::new();
        if let Some(agent) = self.identity(&commit.author_name, &commit.author_email) {
            signs.push(sign(agent, "author".to_owned()));
        }
        let named = commit.author_name.to_ascii_lowercase();
        for NameEnding { agent, ending } in &self.author_name_endings {
            if named.ends_with(ending) {
                signs.push(sign(agent, "author".to_owned()));
            }
        }
        for line in commit.message.lines() {
            let low = line.trim().to_lowercase();
            if let Some(found) = self.lines.iter().find(|known| low.contains(&known.text)) {
                signs.push(sign(&found.agent, format!("line \u{201c}{}\u{201d}", brief(line))));
            }
            if line.starts_with([' ', '\t']) {
                continue;
            }
            let Some((key, value)) = low.split_once(':') else { continue };
            let written = line.split(':').next().unwrap_or_default();
            if let Some(agent) = self.agent_of_trailer(key.trim(), value.trim()) {
                signs.push(sign(&agent, format!("trailer {written}")));
            }
        }
        signs
    }

    /// Both in lower case.
    fn agent_of_trailer(&self, key: &str, value: &str) -> Option<String> {
        let holds = |list: &[String]| list.iter().any(|known| known == key);
        if let Some((name, rest)) = value.split_once('<')
            && let Some((email, _)) = rest.split_once('>')
        {
            // A name with an address is a person unless the address is an agent's.
            return holds(&self.identity_trailers).then(|| self.identity(name, email).map(str::to_owned))?;
        }
        if holds(&self.agent_trailers) {
            let name = value.split([':', '/', '(']).next().unwrap_or_default().trim();
            if self.agents.iter().any(|agent| agent == name) {
                return Some(capital(name));
            }
        }
        let plain = self.plain_trailers.iter().find(|trailer| {
            trailer.key == key
                && !value.is_empty()
                && trailer.value.as_ref().is_none_or(|start| value.starts_with(start))
        });
        plain.map(|trailer| trailer.agent.clone())
    }

    fn sign_of_environment(&self, environment: &BTreeMap<String, String>) -> Option<Sign> {
        let value = |name: &str| {
            let value = environment.get(name)?.trim();
            let off = value.is_empty()
                || ["0", "false", "no", "off"].iter().any(|off| value.eq_ignore_ascii_case(off));
            (!off).then_some(value)
        };
        for Variables { agent, variables } in &self.environment {
            for variable in variables {
                let holds = match variable.split_once('=') {
                    Some((name, wanted)) => value(name) == Some(wanted),
                    None => value(variable).is_some(),
                };
                if holds {
                    return Some(Sign { agent: agent.clone(), place: format!("environment {variable}") });
                }
            }
        }
        let bare = |value: &str| value.split('@').next().unwrap_or_default().to_ascii_lowercase();
        let named = self.named_in.iter().find_map(|name| Some((name, bare(value(name)?))));
        let known = || {
            let found = self.known_in.iter().find_map(|name| Some((name, bare(value(name)?))));
            found.filter(|(_, value)| self.agents.contains(value))
        };
        named
            .or_else(known)
            .map(|(name, agent)| Sign { agent: capital(&agent), place: format!("environment {name}") })
    }
}

pub(super) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn brief(line: &str) -> String {
    let line = line.trim();
    if line.chars().count() <= 40 { line.to_owned() } else { line.chars().take(39).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(author: (&str, &str), message: &str) -> Commit {
        Commit {
            id: String::new(),
            author_name: author.0.to_owned(),
            author_email: author.1.to_owned(),
            time: 0,
            message: message.to_owned(),
        }
    }

    fn of_message(message: &str) -> Provenance {
        Provenance::of(&[commit(("Ada", "ada@example.com"), message)], &Signals::default())
    }

    fn of_variables(variables: &[(&str, &str)]) -> Provenance {
        let environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Provenance::of(&[], &Signals { environment, ..Signals::default() })
    }

    #[test]
    fn the_table_parses() {
        assert!(!serde_json::from_str::<Table>(BUILT_IN).unwrap().identities.is_empty());
    }

    #[test]
    fn trailers_and_lines_declare() {
        let cases = [
            (
                "x\n\nCo-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>\n",
                "Claude Code (trailer Co-Authored-By)",
            ),
            ("x\n\nco-authored-by: Claude <NOREPLY@anthropic.com>\n", "Claude Code (trailer co-authored-by)"),
            (
                "x\n\nCo-authored-by: Copilot <223556219+Copilot@users.noreply.github.com>\n",
                "GitHub Copilot (trailer Co-authored-by)",
            ),
            ("x\n\nCo-authored-by: Cursor <cursoragent@cursor.com>\n", "Cursor (trailer Co-authored-by)"),
            ("x\n\nCo-authored-by: aider (gpt-5) <aider@aider.chat>\n", "Aider (trailer Co-authored-by)"),
            ("x\n\nAssisted-by: Claude:claude-3-opus coccinelle\n", "Claude (trailer Assisted-by)"),
            ("x\n\nAssisted-by: Claude Code / model\n", "Claude code (trailer Assisted-by)"),
            ("x\n\nAssisted-by: Copilot (GPT-5)\n", "Copilot (trailer Assisted-by)"),
            ("x\n\nAI-assisted: true\n", "an assistant (trailer AI-assisted)"),
            ("x\n\nClaude-Session: https://claude.ai/code/session_1\n", "Claude Code (trailer Claude-Session)"),
            ("x\n\nDevin Session: https://app.devin.ai/sessions/1\n", "Devin (trailer Devin Session)"),
        ];
        for (message, expected) in cases {
            let provenance = of_message(message);
            assert_eq!(
                (provenance.status, &*provenance.evidence),
                (Origin::DeclaredAi, &[expected.to_owned()][..])
            );
        }
        let line = of_message("x\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)\n");
        assert_eq!(line.status, Origin::DeclaredAi);
    }

    fn table() -> Table {
        serde_json::from_str(BUILT_IN).unwrap()
    }

    #[test]
    fn every_identity_declares_as_author_and_as_co_author() {
        for identity in table().identities {
            let addresses = identity.suffixes.iter().map(|suffix| format!("12345{suffix}"));
            for address in identity.emails.iter().cloned().chain(addresses) {
                let author = Provenance::of(&[commit(("Somebody", &address), "x")], &Signals::default());
                assert_eq!(author.evidence, [format!("{} (author)", identity.agent)], "{address}");
                let trailer =
                    of_message(&format!("x\n\nCo-authored-by: Somebody <{}>\n", address.to_uppercase()));
                assert_eq!(trailer.status, Origin::DeclaredAi, "{address}");
                // The same words at another host or with something around them are a person's.
                for other in
                    [format!("{address}.example.com"), format!("x{}", address.trim_start_matches("12345"))]
                {
                    if identity.suffixes.iter().any(|suffix| other.ends_with(suffix)) {
                        continue;
                    }
                    let trailer = of_message(&format!("x\n\nCo-authored-by: Somebody <{other}>\n"));
                    assert_eq!(trailer.status, Origin::Unknown, "{other}");
                }
            }
            for login in &identity.logins {
                let of = |name: &str| {
                    Provenance::of(&[commit((name, "a@example.com"), "x")], &Signals::default()).status
                };
                assert_eq!(of(login), Origin::DeclaredAi, "{login}");
                assert_eq!(of(login.trim_end_matches("[bot]").split('-').next().unwrap()), Origin::Unknown);
            }
        }
    }

    #[test]
    fn every_trailer_and_line_declares_at_its_place_only() {
        for trailer in table().plain_trailers {
            let value = trailer.value.unwrap_or_else(|| "somebody's model".to_owned());
            let status = |message: String| of_message(&message).status;
            assert_eq!(
                status(format!("x\n\n{}: {value}\n", trailer.key)),
                Origin::DeclaredAi,
                "{}",
                trailer.key
            );
            assert_eq!(status(format!("x\n\n{}:\n", trailer.key)), Origin::Unknown, "{}", trailer.key);
            assert_eq!(status(format!("x\n\n  {}: {value}\n", trailer.key)), Origin::Unknown, "quoted");
            assert_eq!(status(format!("x\n\nNo-{}: {value}\n", trailer.key)), Origin::Unknown);
        }
        for agent in table().agents {
            assert_eq!(of_message(&format!("x\n\nAssisted-by: {agent}\n")).status, Origin::DeclaredAi);
            assert_eq!(of_message(&format!("x\n\nAssisted-by: {agent}ine\n")).status, Origin::Unknown);
            assert_eq!(of_message(&format!("x\n\nReviewed-by: {agent}\n")).status, Origin::Unknown);
            let person = format!("x\n\nAssisted-by: {agent} <{}@example.com>\n", agent.replace(' ', "."));
            assert_eq!(of_message(&person).status, Origin::Unknown, "{person}");
        }
        for line in table().lines {
            assert_eq!(of_message(&format!("x\n\n{}\n", line.text)).status, Origin::DeclaredAi);
        }
    }

    #[test]
    fn every_variable_declares_unless_it_is_off() {
        for row in table().environment {
            for variable in row.variables {
                let (name, value) = variable.split_once('=').unwrap_or((&variable, "some-id"));
                let told = of_variables(&[(name, value)]);
                assert!(told.evidence.concat().starts_with(&row.agent), "{variable}: {told:?}");
                for off in ["", " ", "0", "false", "No", "OFF"] {
                    assert_eq!(of_variables(&[(name, off)]).status, Origin::Unknown, "{name}={off}");
                }
                let other = format!("MY_{name}");
                assert_eq!(of_variables(&[(&other, value)]).status, Origin::Unknown, "{other}");
            }
        }
    }

    #[test]
    fn every_bot_is_told_from_a_person_of_a_like_name() {
        for name in table().bots {
            assert!(is_bot(&name, "x@example.com") && is_bot("x", &format!("{name}@example.com")), "{name}");
        }
        for ending in table().bot_endings {
            assert!(is_bot(&format!("deploy{ending}"), "x@example.com"), "{ending}");
        }
        for person in ["Abbot", "Ada Talbot", "Botho", "Claude", "Devin", "Jules", "Renove", "Jenkin"] {
            assert!(
                !is_bot(person, &format!("{}@example.com", person.to_lowercase().replace(' ', "."))),
                "{person}"
            );
        }
    }

    #[test]
    fn people_and_generators_do_not() {
        for message in [
            "x\n\nCo-authored-by: Claude Martin <claude.martin@example.com>\n",
            "x\n\nAssisted-by: Claude Martin <claude@example.com>\n",
            "x\n\nAssisted-by: Claudette\n",
            "x\n\nGenerated-by: protoc\n",
            "x\n\nAI-assisted: false\n",
            "x\n\nReviewed-by: Claude <noreply@anthropic.com>\n",
            "Explain Co-authored-by trailers\n\n  Co-authored-by: Cursor <cursoragent@cursor.com>\n",
            "Add support for cursor pagination\n",
        ] {
            assert_eq!(of_message(message).status, Origin::Unknown, "{message}");
        }
    }

    #[test]
    fn authors_are_told_by_address_or_login() {
        let of = |name, email| Provenance::of(&[commit((name, email), "x")], &Signals::default()).status;
        assert_eq!(
            of("copilot-swe-agent[bot]", "1+copilot-swe-agent[bot]@users.noreply.github.com"),
            Origin::DeclaredAi
        );
        assert_eq!(of("Ada (aider)", "ada@example.com"), Origin::DeclaredAi);
        assert_eq!(of("Claude", "claude@example.com"), Origin::Unknown);
        assert_eq!(of("Devin Townsend", "devin@example.com"), Origin::Unknown);
    }

    #[test]
    fn the_environment_declares_an_agent_that_runs() {
        let evidence = |variables: &[(&str, &str)]| of_variables(variables).evidence.concat();
        assert!(evidence(&[("CLAUDECODE", "1")]).starts_with("Claude Code (environment CLAUDECODE"));
        assert!(evidence(&[("CLAUDECODE", "1"), ("AMP_CURRENT_THREAD_ID", "T")]).starts_with("Amp"));
        assert!(evidence(&[("GEMINI_CLI", "1"), ("QWEN_CODE", "1")]).starts_with("Qwen"));
        assert!(evidence(&[("AI_AGENT", "goose@1.2")]).starts_with("Goose"));
        assert!(evidence(&[("AGENT", "codex")]).starts_with("Codex"));
        for quiet in [
            ("CURSOR_TRACE_ID", "x"),
            ("REPL_ID", "x"),
            ("COPILOT_MODEL", "x"),
            ("CLAUDECODE", "0"),
            ("AI_AGENT", "false"),
            ("AGENT", "ssh-agent"),
            ("CURSOR_EXTENSION_HOST_ROLE", "user"),
        ] {
            assert_eq!(of_variables(&[quiet]).status, Origin::Unknown, "{quiet:?}");
        }
    }

    #[test]
    fn notes_count_lines() {
        let note = "src/a.rs\n  s_0123456789abcd::t_0123456789abcd 1-4,9\n  h_0123456789abcd 5-8\n\"b c\"\n  h_0123456789abcd 1\n\
                    \n---\n{\"sessions\":{\"s_0123456789abcd\":{\"agent_id\":{\"tool\":\"cursor\",\"id\":\"1\",\"model\":\"m\"}}}}";
        let of = |text: &str| {
            let notes = vec![(String::new(), text.to_owned())];
            Provenance::of(&[], &Signals { notes, ..Signals::default() })
        };
        let provenance = of(note);
        assert_eq!(provenance.status, Origin::DeclaredAi);
        assert_eq!(provenance.evidence, ["Cursor (5 lines in the git-ai note, 5 by people)"]);
        assert_eq!(of("a\n  h_0123456789abcd 1-3\n---\n{}").status, Origin::DeclaredHuman);
        assert_eq!(of("nonsense").status, Origin::Unknown);
    }

    #[test]
    fn bots_are_told_from_people() {
        assert!(is_bot("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"));
        assert!(is_bot("Claude", "noreply@anthropic.com") && is_bot("release-bot", "x@example.com"));
        assert!(!is_bot("Abbot", "abbot@example.com") && !is_bot("Claude Martin", "claude@example.com"));
    }
}
