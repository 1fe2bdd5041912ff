//! How much more findings count where an assistant helped and the author does not know the code.
//!
//! Help from an assistant raises nothing by itself. But whoever did not write a dangerous line, and does not know the
//! code around it, is less likely to see what it does: that gap multiplies what was found.

use super::attested::{Attested, Hand};
use super::experience::{Experience, Familiarity, part};
use super::{Origin, Provenance};

/// Where an assistant helped somebody who knows the code, or of whom nothing is known.
const HELPED: f64 = 1.1;
/// Where it helped somebody who is new to the code or seldom there.
const HELPED_AND_NEW: f64 = 1.25;

/// What is known of authors and assistants, asked for one finding at a time.
pub struct Understanding<'a> {
    pub provenance: &'a Provenance,
    pub experience: &'a [Experience],
    pub attested: &'a Attested,
}

impl Understanding<'_> {
    /// The factor for a finding on lines of the new side (0 where nothing is left): 1.0, 1.1 or 1.25.
    pub fn factor(&self, path: &str, first: u32, last: u32) -> f64 {
        let is_human = first > 0 && self.attested.hand(path, first, last) == Some(Hand::Human);
        match self.known(path) {
            _ if self.provenance.status != Origin::DeclaredAi || is_human => 1.0,
            Some(one) if one.familiarity <= Familiarity::Occasional => HELPED_AND_NEW,
            _ => HELPED,
        }
    }

    /// Why, in words, for the highest factor of some paths.
    pub fn reason<'p>(&self, mut paths: impl Iterator<Item = &'p str>) -> String {
        let new =
            paths.find_map(|path| self.known(path).filter(|one| one.familiarity <= Familiarity::Occasional));
        match new {
            Some(one) => format!("findings × {HELPED_AND_NEW}: an assistant helped, author {}", one.sentence()),
            None => format!("findings × {HELPED}: an assistant helped"),
        }
    }

    fn known(&self, path: &str) -> Option<&Experience> {
        let part = part(path);
        self.experience.iter().find(|one| one.part == part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_count_more_where_an_assistant_helped_somebody_new() {
        let experience: Vec<Experience> = [
            ("infra/prod", Familiarity::New),
            ("src/a", Familiarity::Owner),
            ("src/b", Familiarity::Occasional),
        ]
        .map(|(part, familiarity)| Experience {
            part: part.to_owned(),
            familiarity,
            own: 0,
            all: 9,
            days: None,
            is_configured: false,
        })
        .to_vec();
        let note = "infra/prod/db.tf\n  h_0123456789abcd 1-4\n---\n{}".to_owned();
        let attested = Attested::of(&[(String::new(), note)], |_, _| true);
        let factor = |status: Origin, path: &str, line: u32| {
            let provenance = Provenance { status, ..Provenance::default() };
            let understanding =
                Understanding { provenance: &provenance, experience: &experience, attested: &attested };
            understanding.factor(path, line, line)
        };
        let ai = |path: &str, line: u32| factor(Origin::DeclaredAi, path, line);
        assert_eq!(ai("infra/prod/db.tf", 9), HELPED_AND_NEW);
        assert_eq!(ai("infra/prod/db.tf", 3), 1.0, "the note says that a person wrote it");
        assert_eq!(ai("infra/prod/db.tf", 0), HELPED_AND_NEW, "what was removed has no line");
        assert_eq!(ai("src/a/x.rs", 1), HELPED);
        assert_eq!(ai("src/b/x.rs", 1), HELPED_AND_NEW);
        assert_eq!(ai("elsewhere/x", 1), HELPED);
        for status in [Origin::Unknown, Origin::DeclaredHuman] {
            assert_eq!(factor(status, "infra/prod/db.tf", 9), 1.0);
        }
    }
}
