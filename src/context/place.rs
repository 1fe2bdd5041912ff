//! Which environment a finding acts on, with the evidence for it.
//!
//! Evidence counts in this order: configuration of the project; the role of the path (tests, documentation,
//! generated code); what the object or its module says (tags, namespace, backend); the path; the kind of file.
//! Within one rank the more production-like place wins. Nothing known is `unknown`, which counts in full.

use std::collections::{BTreeMap, BTreeSet};

use super::lexicon::Lexicon;
use super::tokens::{environment, weight, words};
use super::{Place, PlaceName};
use crate::change::{Change, LARGEST_TEXT, Side};
use crate::facts::{self, Body, Fact, Globs, Resource, System};
use crate::rules::{Finding, PlacePolicy, Subject};
use crate::source::{self, Document, Focus, Language, LineIndex};

impl PlaceName {
    /// The word of the ledger.
    pub fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Unknown => "unknown",
            Self::Migration => "migration",
            Self::Ci => "CI",
            Self::Shared => "shared",
            Self::Staging => "staging",
            Self::Script => "script",
            Self::Development => "development",
            Self::Test => "test",
            Self::Docs => "docs",
            Self::Generated => "generated",
            Self::Subject => "subject",
        }
    }

    /// What multiplies the points of a finding.
    pub fn factor(self) -> f64 {
        match self {
            Self::Production => 1.25,
            Self::Shared => 1.1,
            Self::Unknown | Self::Migration | Self::Ci | Self::Subject => 1.0,
            Self::Script => 0.8,
            Self::Staging => 0.7,
            Self::Development => 0.4,
            Self::Test => 0.2,
            Self::Docs | Self::Generated => 0.1,
        }
    }
}

/// Paths that a project assigns to places.
#[derive(Debug, Default)]
pub struct PlaceSettings {
    globs: Vec<(PlaceName, String, Globs)>,
}

impl PlaceSettings {
    /// Globs by place; the error names the glob.
    pub fn new(places: &BTreeMap<PlaceName, Vec<String>>) -> Result<Self, String> {
        let mut globs = Vec::new();
        for (place, patterns) in places {
            for pattern in patterns {
                globs.push((*place, pattern.clone(), Globs::new(std::slice::from_ref(pattern))?));
            }
        }
        Ok(Self { globs })
    }

    fn find(&self, path: &str) -> Option<Place> {
        self.globs
            .iter()
            .filter(|(_, _, glob)| glob.is_match(path))
            .max_by_key(|(place, ..)| (place.factor() * 100.0) as u32)
            .map(|(place, pattern, _)| place_of(*place, format!("configured: {pattern}")))
    }
}

/// Answers where findings of one change act.
pub struct Places<'a> {
    change: &'a Change,
    settings: &'a PlaceSettings,
    lexicon: Lexicon,
    /// What resources of the change say about their environment.
    subjects: BTreeMap<Subject, (PlaceName, String)>,
    /// What a Terraform module folder says through its backend and providers.
    modules: BTreeMap<String, (PlaceName, String)>,
}

impl<'a> Places<'a> {
    /// Learns from the resources of both sides.
    pub fn learn<'f>(
        change: &'a Change,
        settings: &'a PlaceSettings,
        resources: impl Iterator<Item = &'f Fact>,
    ) -> Self {
        let mut places = Self {
            change,
            settings,
            lexicon: Lexicon::built_in(),
            subjects: BTreeMap::new(),
            modules: BTreeMap::new(),
        };
        let mut folders = BTreeSet::new();
        for fact in resources {
            let Body::Resource(resource) = &fact.body else { continue };
            if resource.system == System::Terraform {
                folders.insert(resource.module.clone());
            }
            places.note_resource(resource, fact);
        }
        for folder in folders {
            places.look_into_module(&folder);
        }
        places
    }

    fn note_resource(&mut self, resource: &Resource, fact: &Fact) {
        let keys = &self.lexicon.content_keys;
        let mut found: Option<(PlaceName, String)> = None;
        for attribute in &resource.attributes {
            let path = attribute.path.to_ascii_lowercase();
            let (parent, last) = path.rsplit_once('.').unwrap_or(("", &path));
            let tagged = ["tags", "labels", "metadata.labels", "default_tags.tags"].contains(&parent)
                && keys.tags.iter().any(|key| key == last);
            if !(tagged || keys.whole.contains(&path)) {
                continue;
            }
            let text = attribute.value.as_text();
            if let Some((place, _)) = environment(&text, &self.lexicon)
                && found.as_ref().is_none_or(|(known, _)| weight(place) > weight(*known))
            {
                found = Some((place, format!("{path} {text}")));
            }
        }
        if resource.system == System::Kubernetes
            && found.is_none()
            && let Some((namespace, _)) = resource.name.split_once('/')
            && let Some((place, _)) = environment(namespace, &self.lexicon)
        {
            found = Some((place, format!("namespace {namespace}")));
        }
        if let Some(found) = found {
            self.subjects.insert(crate::rules::subject_of(fact), found);
        }
        self.note_module(resource);
    }

    fn note_module(&mut self, resource: &Resource) {
        let keys = &self.lexicon.content_keys;
        let wanted = match resource.kind.as_str() {
            "backend" => &keys.backend,
            "provider" => &keys.provider,
            _ => return,
        };
        for attribute in resource.attributes.iter().filter(|attribute| wanted.contains(&attribute.path)) {
            let text = attribute.value.as_text();
            let Some((place, _)) = environment(&text, &self.lexicon) else { continue };
            let known = self.modules.get(&resource.module);
            if known.is_none_or(|(known, _)| weight(place) > weight(*known)) {
                let evidence = format!("{} {} {text}", resource.kind, attribute.path);
                self.modules.insert(resource.module.clone(), (place, evidence));
            }
        }
    }

    /// Backends and providers usually stand in a file that the change does not touch.
    fn look_into_module(&mut self, folder: &str) {
        const MOST_FILES: usize = 40;
        let tree = self.change.tree(Side::New);
        let names = tree.list(folder).unwrap_or_default();
        for name in
            names.iter().filter(|name| name.ends_with(".tf") || name.ends_with(".tofu")).take(MOST_FILES)
        {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let Ok(Some(bytes)) = tree.read(&path) else { continue };
            let speaks = |word: &str| memchr::memmem::find(&bytes, word.as_bytes()).is_some();
            if bytes.len() > LARGEST_TEXT || !(speaks("backend") || speaks("provider")) {
                continue;
            }
            let text: std::sync::Arc<str> = String::from_utf8_lossy(&bytes).into();
            let Ok(tree) = source::parse(&text, Language::Hcl) else { continue };
            let lines = std::sync::Arc::new(LineIndex::new(text.clone()));
            let document = Document {
                side: Side::New,
                file: 0,
                path: path.as_str().into(),
                language: Language::Hcl,
                text,
                tree,
                embedding: None,
                lines,
            };
            for fact in facts::extract(&document, &Focus::everything(), &facts::Patterns::default()) {
                if let Body::Resource(resource) = &fact.body {
                    self.note_module(resource);
                }
            }
        }
    }

    /// Where a finding acts.
    pub fn of(&self, finding: &Finding) -> Place {
        if finding.place_policy == PlacePolicy::Subject {
            return place_of(PlaceName::Subject, "counts the same everywhere".to_owned());
        }
        let path = finding.path.as_str();
        self.settings
            .find(path)
            .or_else(|| self.by_role(finding))
            .or_else(|| self.by_content(finding))
            .or_else(|| self.by_path(path))
            .or_else(|| self.by_kind(path))
            .unwrap_or(Place { name: PlaceName::Unknown, factor: 1.0, evidence: Vec::new() })
    }

    /// Tests, documentation and generated code.
    fn by_role(&self, finding: &Finding) -> Option<Place> {
        let (folders, name) = split(&finding.path);
        for (role, place) in
            [("generated", PlaceName::Generated), ("test", PlaceName::Test), ("docs", PlaceName::Docs)]
        {
            if let Some(folder) = folders.iter().find(|folder| self.lexicon.is_folder(role, folder)) {
                return Some(place_of(place, format!("path {folder}/")));
            }
            if self.lexicon.is_file(role, name) {
                return Some(place_of(place, format!("file name {name}")));
            }
        }
        let rust_tests = name.ends_with(".rs")
            && finding
                .subject
                .as_ref()
                .is_some_and(|subject| subject.name.split('.').any(|scope| matches!(scope, "tests" | "test")));
        if rust_tests {
            return Some(place_of(PlaceName::Test, "module tests".to_owned()));
        }
        self.is_marked_generated(&finding.path)
            .then(|| place_of(PlaceName::Generated, "header says generated".to_owned()))
    }

    /// A header counts only if it stood there before the change.
    fn is_marked_generated(&self, path: &str) -> bool {
        let Some(file) = self.change.files.iter().find(|file| file.path() == path) else { return false };
        let Some(crate::change::Content::Bytes(bytes)) = file.old.as_ref().map(|side| &side.content) else {
            return false;
        };
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
        start.lines().take(6).any(|line| {
            line.contains("@generated") || (line.contains("Code generated") && line.contains("DO NOT EDIT"))
        })
    }

    fn by_content(&self, finding: &Finding) -> Option<Place> {
        let subject = finding.subject.as_ref();
        if let Some((place, evidence)) = subject.and_then(|subject| self.subjects.get(subject)) {
            return Some(place_of(*place, evidence.clone()));
        }
        let mut best: Option<(PlaceName, String)> = None;
        for hint in &finding.hints {
            if let Some((place, _)) = environment(hint, &self.lexicon)
                && best.as_ref().is_none_or(|(known, _)| weight(place) > weight(*known))
            {
                best = Some((place, hint.clone()));
            }
        }
        if let Some((place, hint)) = best {
            return Some(place_of(place, format!("argument {hint}")));
        }
        let (place, evidence) = self.modules.get(&subject?.home)?;
        Some(place_of(*place, evidence.clone()))
    }

    fn by_path(&self, path: &str) -> Option<Place> {
        let (folders, name) = split(path);
        let code = is_code(path);
        let counts = |place: PlaceName, word: &str| {
            if !code {
                return true;
            }
            // In program code `local` or `preview` is a feature unless the path is about configuration.
            let configures = words(path).iter().any(|word| self.lexicon.configuration_tokens.contains(word));
            self.lexicon.code_tokens.iter().any(|known| known == word)
                || (configures && place != PlaceName::Shared)
        };
        let mut best: Option<(PlaceName, String)> = None;
        for folder in &folders {
            if let Some((place, word)) = environment(folder, &self.lexicon)
                && counts(place, &word)
                && best.as_ref().is_none_or(|(known, _)| weight(place) > weight(*known))
            {
                best = Some((place, format!("path {folder}/")));
            }
        }
        let by_name = environment(name, &self.lexicon)
            .filter(|(place, word)| *place != PlaceName::Test && counts(*place, word))
            .map(|(place, _)| (place, format!("file name {name}")));
        let (place, evidence) = best.or(by_name)?;
        Some(place_of(place, evidence))
    }

    fn by_kind(&self, path: &str) -> Option<Place> {
        let (folders, name) = split(path);
        let first = folders.first().copied().unwrap_or_default();
        if self.lexicon.ci_folders.iter().any(|folder| folder == first) || self.lexicon.is_file("ci", name) {
            return Some(place_of(PlaceName::Ci, format!("path {path}")));
        }
        let within = |role: &str| folders.iter().find(|folder| self.lexicon.is_folder(role, folder));
        if let Some(folder) = within("migration") {
            return Some(place_of(PlaceName::Migration, format!("path {folder}/")));
        }
        if self.lexicon.is_file("script", name) {
            return Some(place_of(PlaceName::Script, format!("file name {name}")));
        }
        if !is_code(path)
            && let Some(folder) = within("module")
        {
            return Some(place_of(PlaceName::Shared, format!("path {folder}/")));
        }
        within("script").map(|folder| place_of(PlaceName::Script, format!("path {folder}/")))
    }
}

fn place_of(name: PlaceName, evidence: String) -> Place {
    Place { name, factor: name.factor(), evidence: vec![evidence] }
}

fn split(path: &str) -> (Vec<&str>, &str) {
    let mut parts: Vec<&str> = path.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    (parts, name)
}

fn is_code(path: &str) -> bool {
    matches!(
        Language::of(path, b""),
        Language::Rust
            | Language::Python
            | Language::JavaScript
            | Language::TypeScript
            | Language::Tsx
            | Language::Go
            | Language::Java
            | Language::Plain
    )
}
