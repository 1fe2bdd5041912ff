//! Who must look and who could: owners of files with findings, roles that rules ask for, and people who know the code.

use super::{Owners, Ownership, Reviewer, Reviewers, is_bot};
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
        paths.sort_unstable();
        paths.dedup();
        let (mut required, mut optional): (Vec<Reviewer>, Vec<Reviewer>) = (Vec::new(), Vec::new());
        for path in paths {
            let Ownership::Owned(claims) = owners.owners_of(path) else { continue };
            for claim in claims {
                let list = if claim.approvals == 0 { &mut optional } else { &mut required };
                for owner in claim.owners {
                    let is_author = authors.iter().any(|(_, email)| email.eq_ignore_ascii_case(owner));
                    if is_author || list.iter().any(|known| known.who.eq_ignore_ascii_case(owner)) {
                        continue;
                    }
                    let section = match claim.section {
                        "" => String::new(),
                        section => format!(", section {section}"),
                    };
                    let reason = format!("owns {} (CODEOWNERS line {}{section})", claim.pattern, claim.line);
                    list.push(Reviewer { who: owner.clone(), reason });
                }
            }
        }
        optional.retain(|one| !required.iter().any(|known| known.who.eq_ignore_ascii_case(&one.who)));
        required.append(&mut self.required);
        optional.append(&mut self.suggested);
        Self { required, suggested: optional }
    }

    /// Adds people who are not named yet.
    pub fn with_people(mut self, people: Vec<Reviewer>) -> Self {
        let named: Vec<String> =
            self.required.iter().chain(&self.suggested).map(|reviewer| reviewer.who.to_lowercase()).collect();
        self.suggested.extend(people.into_iter().filter(|one| !named.contains(&one.who.to_lowercase())));
        self
    }
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
}
