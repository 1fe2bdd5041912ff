//! Who must look and who could: owners of files with findings, roles that rules ask for, and people who know the code.

use super::{Grounds, Owners, Ownership, Reviewer, Reviewers, is_bot};
use crate::rules::Finding;

impl Reviewers {
    /// Puts the owners of files with findings before the roles; owners in optional sections are suggestions. An author
    /// does not review their own change.
    pub fn with_owners<'a>(
        mut self,
        owners: &Owners,
        findings: impl Iterator<Item = &'a Finding>,
        authors: &[(String, String)],
    ) -> Self {
        let mut paths: Vec<&str> = Vec::new();
        for finding in findings {
            paths.push(&finding.path);
            paths.extend(finding.old_path.as_deref());
        }
        let (mut required, mut optional) = owners_of(owners, paths, authors);
        optional.retain(|one| !names(&required, &one.who));
        required.append(&mut self.required);
        optional.append(&mut self.suggested);
        Self { required, suggested: optional }
    }

    /// Adds the owners of files without findings, who are asked wherever a host asks all owners.
    pub fn with_owners_of_the_rest(
        mut self,
        owners: &Owners,
        paths: &[&str],
        authors: &[(String, String)],
    ) -> Self {
        let (mut all, mut optional) = owners_of(owners, paths.to_vec(), authors);
        all.append(&mut optional);
        for owner in all {
            if !names(&self.required, &owner.who) && !names(&self.suggested, &owner.who) {
                self.suggested.push(owner);
            }
        }
        self
    }

    /// Lets a team that owns a touched file and is named after a role stand for it: `@acme/dba` for `dba`. Whoever owns
    /// a file stands for the role `owner`.
    pub fn with_roles_of_owners(mut self) -> Self {
        let (owners, others): (Vec<Reviewer>, Vec<Reviewer>) =
            std::mem::take(&mut self.required).into_iter().partition(|one| one.grounds == Grounds::Owner);
        self.required = owners;
        let mut taken = Vec::new();
        for one in others {
            let role =
                one.who.strip_prefix("role ").filter(|_| one.grounds == Grounds::Role).unwrap_or_default();
            let owner = self.required.iter_mut().find(|owner| {
                owner.grounds == Grounds::Owner && (role == "owner" || is_named_after(&owner.who, role))
            });
            match owner {
                Some(owner) if !role.is_empty() => {
                    owner.reason.push_str(&format!(" · {}", one.reason));
                    taken.push(one.who);
                }
                _ => self.required.push(one),
            }
        }
        self.suggested.retain(|one| !taken.contains(&one.who));
        self
    }

    /// Requires the roles that the policy asks for where an assistant helped.
    pub fn with_roles_for_assistants(mut self, roles: &[String]) -> Self {
        const REASON: &str = "an assistant helped ([ai] reviewers)";
        for role in roles {
            let who = if role.contains('@') { role.clone() } else { format!("role {role}") };
            self.suggested.retain(|one| !one.who.eq_ignore_ascii_case(&who));
            match self.required.iter_mut().find(|one| one.who.eq_ignore_ascii_case(&who)) {
                Some(known) => known.reason.push_str(&format!(" · {REASON}")),
                None => self.required.push(Reviewer::of_role(who, REASON.to_owned())),
            }
        }
        self
    }

    /// Adds people who are not named yet.
    pub fn with_people(mut self, people: Vec<Reviewer>) -> Self {
        for one in people {
            if !names(&self.required, &one.who) && !names(&self.suggested, &one.who) {
                self.suggested.push(one);
            }
        }
        self
    }
}

fn names(list: &[Reviewer], who: &str) -> bool {
    list.iter().any(|known| known.who.eq_ignore_ascii_case(who))
}

/// Whether a team's handle holds a role as a word: `@acme/dba-oncall` and `@acme/dbas` stand for `dba`.
fn is_named_after(handle: &str, role: &str) -> bool {
    let team = handle.rsplit('/').next().filter(|_| handle.starts_with('@')).unwrap_or_default();
    let is_role = |word: &str| {
        !word.is_empty() && (word == role || word.strip_suffix('s').is_some_and(|singular| singular == role))
    };
    team.to_ascii_lowercase().split(['-', '_', '.', '@']).any(is_role)
}

/// Owners that must approve, and those that are optional.
fn owners_of(
    owners: &Owners,
    mut paths: Vec<&str>,
    authors: &[(String, String)],
) -> (Vec<Reviewer>, Vec<Reviewer>) {
    paths.sort_unstable();
    paths.dedup();
    let (mut required, mut optional): (Vec<Reviewer>, Vec<Reviewer>) = (Vec::new(), Vec::new());
    for path in paths {
        let Ownership::Owned(claims) = owners.owners_of(path) else { continue };
        for claim in claims {
            let list = if claim.approvals == 0 { &mut optional } else { &mut required };
            for owner in claim.owners {
                if is_author(owner, authors) || names(list, owner) {
                    continue;
                }
                let section = match claim.section {
                    "" => String::new(),
                    section => format!(", section {section}"),
                };
                let reason = format!("owns {} (CODEOWNERS line {}{section})", claim.pattern, claim.line);
                list.push(Reviewer::owner(owner, reason));
            }
        }
    }
    (required, optional)
}

/// Whether an owner is one of the authors: by address, or by the login in the address that a host gives them
/// (`12345+login@users.noreply.github.com`, `login@users.noreply.gitlab.com`).
fn is_author(owner: &str, authors: &[(String, String)]) -> bool {
    authors.iter().any(|(_, email)| {
        let login = email.split_once("@users.noreply.").map(|(login, _)| login);
        let login = login.map(|login| login.split_once('+').map_or(login, |(_, login)| login));
        email.eq_ignore_ascii_case(owner)
            || owner
                .strip_prefix('@')
                .zip(login)
                .is_some_and(|(owner, login)| owner.eq_ignore_ascii_case(login))
    })
}

/// Everybody who wrote a change. Where an assistant committed, the person who asked for it stands among the
/// co-authors, and must not approve their own request.
pub fn authors_of(commits: &[crate::change::Commit], user: Option<(String, String)>) -> Vec<(String, String)> {
    let mut authors: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, email: &str| {
        let author = (name.trim().to_owned(), email.trim().to_owned());
        if !is_bot(&author.0, &author.1) && !authors.contains(&author) {
            authors.push(author);
        }
    };
    if commits.is_empty()
        && let Some((name, email)) = &user
    {
        add(name, email);
    }
    for commit in commits {
        add(&commit.author_name, &commit.author_email);
        for line in commit.message.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            if key.eq_ignore_ascii_case("co-authored-by")
                && let Some((name, rest)) = value.split_once('<')
            {
                add(name, rest.split('>').next().unwrap_or_default());
            }
        }
    }
    authors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Commit;

    #[test]
    fn the_person_behind_an_assistant_is_an_author() {
        let commit = Commit {
            id: String::new(),
            author_name: "copilot-swe-agent[bot]".into(),
            author_email: "1+copilot-swe-agent[bot]@users.noreply.github.com".into(),
            time: 0,
            message:
                "x\n\nCo-authored-by: Ada <ada@example.com>\nCo-Authored-By: Claude <noreply@anthropic.com>\n"
                    .into(),
        };
        assert_eq!(authors_of(&[commit], None), [("Ada".to_owned(), "ada@example.com".to_owned())]);
    }

    #[test]
    fn the_user_writes_what_is_not_committed() {
        let user = Some(("Ada".to_owned(), "ada@example.com".to_owned()));
        assert_eq!(authors_of(&[], user).len(), 1);
    }

    fn who(reviewers: &Reviewers) -> Vec<String> {
        let all = reviewers.required.iter().chain(&reviewers.suggested);
        all.map(|one| format!("{}: {}", one.who, one.reason)).collect()
    }

    #[test]
    fn a_team_named_after_a_role_stands_for_it() {
        let role = |name: &str| Reviewer::of_role(format!("role {name}"), format!("rule x/{name}"));
        let reviewers = Reviewers {
            required: vec![
                Reviewer::owner("@acme/dba-oncall", "owns db/ (CODEOWNERS line 1)".to_owned()),
                role("dba"),
                role("sre"),
                role("owner"),
            ],
            suggested: vec![role("security")],
        };
        assert_eq!(
            who(&reviewers.with_roles_of_owners()),
            [
                "@acme/dba-oncall: owns db/ (CODEOWNERS line 1) · rule x/dba · rule x/owner",
                "role sre: rule x/sre",
                "role security: rule x/security"
            ]
        );
        assert!(is_named_after("@acme/SREs", "sre") && is_named_after("@dba", "dba"));
        assert!(!is_named_after("@acme/dbadmins", "dba") && !is_named_after("dba@example.com", "dba"));
    }

    #[test]
    fn authors_are_known_by_address_and_by_the_login_in_it() {
        let ada = [("Ada".to_owned(), "12+Ada@users.noreply.github.com".to_owned())];
        assert!(is_author("@ada", &ada) && !is_author("@ad", &ada) && !is_author("@acme/ada", &ada));
        assert!(is_author("ada@example.com", &[("Ada".to_owned(), "Ada@example.com".to_owned())]));
    }

    #[test]
    fn owners_of_the_rest_are_suggested() {
        let owners = Owners::parse("CODEOWNERS", "* @all\n/infra/ @ops\n", super::super::Dialect::GitHub);
        let required = vec![Reviewer::owner("@ops", "owns /infra/".to_owned())];
        let reviewers = Reviewers { required, suggested: Vec::new() };
        let all = reviewers.with_owners_of_the_rest(&owners, &["infra/a", "b"], &[]);
        assert_eq!(who(&all), ["@ops: owns /infra/", "@all: owns * (CODEOWNERS line 1)"]);
    }
}
