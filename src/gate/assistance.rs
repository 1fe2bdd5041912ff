//! What a project allows assistants to do: whether their help must be disclosed, signed for, or is not wanted.

use serde::Deserialize;

use crate::change::Commit;
use crate::context::{Origin, Provenance, is_bot};

/// `[ai] policy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssistantPolicy {
    #[default]
    Allow,
    /// An agent that is seen must be declared by the message.
    Disclose,
    /// A person signs for what an assistant wrote.
    SignOff,
    /// No help from assistants.
    Forbid,
}

/// Trailers with which a person stands up for a commit, in lower case.
const SIGNATURES: [&str; 4] = ["signed-off-by", "reviewed-by", "approved-by", "acked-by"];

impl AssistantPolicy {
    /// How a change breaks the policy and what to do next, in one sentence. Without commits and without a message
    /// only what is forbidden can be told. What is merely assumed breaks nothing.
    pub fn broken(self, provenance: &Provenance, commits: &[Commit]) -> Option<String> {
        if provenance.status != Origin::DeclaredAi || provenance.is_assumed {
            return None;
        }
        match self {
            Self::Allow => None,
            Self::Forbid => Some(
                "an assistant helped, and the project takes no such help ([ai] policy = \"forbid\"): \
                 write the change yourself, or ask who keeps foureyes.toml"
                    .to_owned(),
            ),
            Self::Disclose => {
                let silent = provenance.is_running && !commits.is_empty() && !provenance.is_disclosed;
                silent.then(|| {
                    "an agent runs this check, and no message declares it ([ai] policy = \"disclose\"): \
                     add a trailer such as `Assisted-by: NAME` to the message"
                        .to_owned()
                })
            }
            Self::SignOff => {
                let helped = |index: usize| provenance.is_running || provenance.declared_in.contains(&index);
                let open =
                    commits.iter().enumerate().find(|(index, commit)| helped(*index) && !is_signed(commit));
                open.map(|(_, commit)| {
                    let id: String = commit.id.chars().take(10).collect();
                    let which = if id.is_empty() { "the message".to_owned() } else { format!("commit {id}") };
                    format!(
                        "an assistant helped, and no person signs for {which} ([ai] policy = \"sign-off\"): \
                         read the change, then commit with `git commit --signoff`"
                    )
                })
            }
        }
    }
}

/// Whether a person, and no program, stands up for a commit in a trailer.
fn is_signed(commit: &Commit) -> bool {
    commit.message.lines().any(|line| {
        let Some((key, value)) = line.split_once(':') else { return false };
        let Some((name, rest)) = value.split_once('<') else { return false };
        let email = rest.split('>').next().unwrap_or_default().trim();
        SIGNATURES.iter().any(|known| key.eq_ignore_ascii_case(known))
            && email.contains('@')
            && !is_bot(name.trim(), email)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::context::{AssumeAi, Signals};

    const CLAUDE: &str = "Drop the cache\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n";

    fn commit(message: &str) -> Commit {
        Commit {
            id: "0123456789abcdef".to_owned(),
            author_name: "Ada".to_owned(),
            author_email: "ada@example.com".to_owned(),
            time: 0,
            message: message.to_owned(),
        }
    }

    fn judged(policy: AssistantPolicy, messages: &[&str], running: bool) -> Option<String> {
        let commits: Vec<Commit> = messages.iter().map(|message| commit(message)).collect();
        let environment = match running {
            true => BTreeMap::from([("CLAUDECODE".to_owned(), "1".to_owned())]),
            false => BTreeMap::new(),
        };
        let provenance = Provenance::of(&commits, &Signals { environment, ..Signals::default() });
        policy.broken(&provenance, &commits)
    }

    #[test]
    fn help_is_allowed_unless_the_project_says_otherwise() {
        assert_eq!(judged(AssistantPolicy::default(), &[CLAUDE], true), None);
    }

    #[test]
    fn forbidden_help_breaks_the_policy_wherever_it_is_declared() {
        let forbid = AssistantPolicy::Forbid;
        assert!(judged(forbid, &["x", CLAUDE], false).is_some());
        assert!(judged(forbid, &[], true).is_some());
        assert_eq!(judged(forbid, &["x\n\nSigned-off-by: Claude Martin <claude@example.com>"], false), None);
        let assumed = AssumeAi::Always.apply(Provenance::default());
        assert_eq!(forbid.broken(&assumed, &[]), None, "nobody declared it");
    }

    #[test]
    fn an_agent_that_is_seen_must_be_disclosed_where_there_is_a_message() {
        let disclose = AssistantPolicy::Disclose;
        assert!(judged(disclose, &["Drop the cache"], true).is_some());
        assert_eq!(judged(disclose, &[CLAUDE], true), None);
        assert_eq!(judged(disclose, &[], true), None, "before there is a message");
        assert_eq!(judged(disclose, &["Drop the cache"], false), None);
    }

    #[test]
    fn a_person_signs_for_each_commit_with_help() {
        let sign_off = AssistantPolicy::SignOff;
        let signed = format!("{CLAUDE}Signed-off-by: Ada <ada@example.com>\n");
        let reviewed = format!("{CLAUDE}Reviewed-by: Bob <bob@example.com>\n");
        let by_itself = format!("{CLAUDE}Signed-off-by: Claude <noreply@anthropic.com>\n");
        let quoted = format!("{CLAUDE}    Signed-off-by: Ada <ada@example.com>\n");
        assert_eq!(judged(sign_off, &[&signed, "by hand", &reviewed], false), None);
        for open in [CLAUDE, &by_itself, &quoted] {
            let reason = judged(sign_off, &[&signed, open], false).unwrap();
            assert!(reason.contains("commit 0123456789 "), "{reason}");
        }
        assert!(judged(sign_off, &["Drop the cache"], true).is_some());
        assert_eq!(judged(sign_off, &[], true), None, "before there is a message");
    }
}
