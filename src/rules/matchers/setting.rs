//! Leaves of configuration files, an absent one being the rule's default.

use super::{Captures, Hit, Question, Turn, shorten};
use crate::facts::{Body, Fact, PathPattern, Value};
use crate::rules::condition::{Test, follows, to_value};
use crate::rules::model::{SettingMatcher, Trend};

pub(super) struct Settings {
    paths: Vec<PathPattern>,
    value: Option<Test>,
    default: Option<Value>,
    old: Option<Test>,
    new: Option<Test>,
    trend: Option<Trend>,
}

impl Settings {
    pub(super) fn compile(matcher: &SettingMatcher) -> Result<Self, String> {
        let test = |condition: &Option<_>| condition.as_ref().map(Test::compile).transpose();
        Ok(Self {
            paths: matcher.path.iter().map(|path| PathPattern::new(path)).collect::<Result<_, _>>()?,
            value: test(&matcher.value)?,
            default: matcher.default.as_ref().map(to_value),
            old: test(&matcher.old)?,
            new: test(&matcher.new)?,
            trend: matcher.trend,
        })
    }

    fn concerned<'a>(&self, fact: &'a Fact) -> Option<(&'a str, &'a Value)> {
        let Body::Setting(setting) = &fact.body else { return None };
        self.paths
            .iter()
            .any(|pattern| pattern.matches(&setting.path))
            .then_some((setting.path.as_str(), &setting.value))
    }

    fn hit(&self, fact: &Fact, path: &str, old: Option<&Value>, new: Option<&Value>) -> Hit {
        let text = |value: Option<&Value>| {
            value.map_or_else(|| "absent".to_owned(), |value| shorten(&value.display()))
        };
        let captures = Captures::from([
            ("attribute".to_owned(), path.to_owned()),
            ("name".to_owned(), path.rsplit('.').next().unwrap_or(path).to_owned()),
            ("old".to_owned(), text(old)),
            ("new".to_owned(), text(new)),
        ]);
        Hit { captures, ..Hit::at(fact) }
    }
}

impl Question for Settings {
    fn hits(&self, fact: &Fact) -> Vec<Hit> {
        match self.concerned(fact) {
            Some((path, value)) if self.value.as_ref().is_none_or(|test| test.holds(Some(value))) => {
                vec![self.hit(fact, path, Some(value), Some(value))]
            }
            _ => Vec::new(),
        }
    }

    fn turns(&self, old: Option<&Fact>, new: Option<&Fact>) -> Option<Vec<Turn>> {
        let two_sided = self.old.is_some() || self.new.is_some() || self.trend.is_some();
        if !two_sided && self.default.is_none() {
            return None;
        }
        let before = old.and_then(|fact| self.concerned(fact));
        let after = new.and_then(|fact| self.concerned(fact));
        let Some((path, _)) = after.or(before) else { return Some(Vec::new()) };
        let was = before.map(|(_, value)| value).or(self.default.as_ref());
        let is = after.map(|(_, value)| value).or(self.default.as_ref());
        let holds = if two_sided {
            self.old.as_ref().is_none_or(|test| test.holds(was))
                && self.new.as_ref().is_none_or(|test| test.holds(is))
                && self.trend.is_none_or(|trend| follows(trend, was, is))
                && was.zip(is).is_none_or(|(was, is)| !was.is_same(is))
        } else {
            // With a default, the one-sided test must turn from false to true.
            self.value.as_ref().is_some_and(|test| !test.holds(was) && test.holds(is))
        };
        if !holds {
            return Some(Vec::new());
        }
        Some(vec![Turn {
            old: old.map(|fact| self.hit(fact, path, was, is)),
            new: new.map(|fact| self.hit(fact, path, was, is)),
        }])
    }
}
