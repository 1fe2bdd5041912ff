//! What a script assigns to its variables, and words with those values filled in.

use std::collections::{HashMap, HashSet};

use super::braces;
use super::script::{Join, List, Node, Operation, RawPart, RawWord, Simple};
use super::tools::Tools;
use crate::facts::{Expansion, Part, Word};
use crate::source::HOLE;

/// Values that one variable may have, words that one word may become, and hops from variable to variable.
const MOST_VALUES: usize = 16;
const MOST_WORDS: usize = 64;
const MOST_HOPS: u8 = 3;

/// Bytes by which a substitution is known.
const LONGEST_NAME: usize = 400;

/// A word as the command receives it, with the word that it came from where that is still the same.
#[derive(Clone, Debug)]
pub(super) struct Arg<'s> {
    pub word: Word,
    pub raw: Option<&'s RawWord>,
    /// Bytes in the text that was parsed.
    pub start: usize,
}

#[derive(Debug)]
enum Assigned<'s> {
    /// `V=word`.
    Value(&'s RawWord),
    /// `V=(a b)`, or the words of a `for` loop.
    Words(&'s [RawWord]),
    /// `V+=word`, `read V`, `getopts`, `printf -v`.
    Unknown,
}

/// Every assignment of a script, wherever it stands.
#[derive(Debug, Default)]
pub(super) struct Variables<'s> {
    text: &'s str,
    assigned: HashMap<&'s str, Vec<Assigned<'s>>>,
    /// Variables that `read` fills from a person.
    asked: HashSet<&'s str>,
    /// Of the script around this one.
    outer: Option<&'s Variables<'s>>,
}

/// What a variable stands for.
enum Meaning {
    Guarded(Expansion),
    /// Its value is a word with expansions of its own.
    Parts(Vec<Part>, bool),
    /// An array, a list of loop values, or one of several literals.
    Words(Vec<Word>),
}

impl<'s> Variables<'s> {
    pub(super) fn new(text: &'s str, list: &'s List, outer: Option<&'s Variables<'s>>) -> Self {
        let mut variables = Self { text, outer, ..Self::default() };
        variables.read_list(list);
        variables
    }

    /// Whether a person was asked for this value.
    pub(super) fn is_asked(&self, name: &str) -> bool {
        self.asked.contains(name) || self.outer.is_some_and(|outer| outer.is_asked(name))
    }

    /// Variables each of whose words is one value of this one: `d` of `for d in $DIRS` stands for `DIRS`.
    pub(super) fn sources(&self, name: &str) -> impl Iterator<Item = &'s str> {
        let words = self.assigned.get(name).into_iter().flatten().flat_map(|value| match value {
            Assigned::Words(words) => *words,
            Assigned::Value(_) | Assigned::Unknown => &[],
        });
        words.filter_map(RawWord::variable)
    }

    /// The commands whose output is all that a variable ever holds.
    pub(super) fn substitution(&self, name: &str) -> Option<&'s List> {
        let [Assigned::Value(raw)] = self.assigned.get(name)?.as_slice() else { return None };
        match raw.parts.as_slice() {
            [RawPart::Substitution { list, .. }] => Some(list),
            _ => None,
        }
    }

    fn note(&mut self, name: &'s str, value: Assigned<'s>) {
        let entry = self.assigned.entry(name).or_default();
        // Past the limit the variable is unknown anyway.
        if entry.len() <= MOST_VALUES {
            entry.push(value);
        }
    }

    fn read_list(&mut self, list: &'s List) {
        for node in list {
            self.read_node(node);
        }
    }

    fn read_node(&mut self, node: &'s Node) {
        match node {
            Node::Simple(simple) => self.read_simple(simple),
            Node::Pipeline { parts, .. } => parts.iter().for_each(|part| self.read_node(part)),
            Node::AndOr { first, rest } => {
                self.read_node(first);
                rest.iter().for_each(|(_, node): &(Join, Node)| self.read_node(node));
            }
            Node::Group(list) | Node::Subshell(list) => self.read_list(list),
            Node::If { arms, otherwise } => {
                for (condition, body) in arms {
                    self.read_list(condition);
                    self.read_list(body);
                }
                otherwise.iter().for_each(|list| self.read_list(list));
            }
            Node::Loop { condition, body, .. } => {
                self.read_list(condition);
                self.read_list(body);
            }
            Node::For { variable, words, body, select } => {
                if *select {
                    self.asked.insert(variable);
                    self.asked.insert("REPLY");
                }
                let value = if words.is_empty() { Assigned::Unknown } else { Assigned::Words(words) };
                self.note(variable, value);
                self.read_list(body);
            }
            Node::Case { arms, .. } => arms.iter().for_each(|arm| self.read_list(&arm.body)),
            Node::Function { body, .. } => self.read_node(body),
            Node::Arithmetic(_) => {}
        }
    }

    fn read_simple(&mut self, simple: &'s Simple) {
        for assignment in &simple.assignments {
            // `X=1 command` is for that command alone.
            if simple.words.is_empty() {
                self.assign(&assignment.name, &assignment.value, self.appends(&assignment.value));
            }
        }
        let Some(program) = simple.words.first().and_then(RawWord::literal) else { return };
        match program.as_str() {
            "export" | "local" | "readonly" | "declare" | "typeset" => {
                for word in &simple.words[1..] {
                    self.read_declaration(word);
                }
            }
            "read" => self.read_input(simple),
            "mapfile" | "readarray" | "getopts" => {
                for word in &simple.words[1..] {
                    if let [RawPart::Text { text, .. }] = word.parts.as_slice() {
                        self.note(text, Assigned::Unknown);
                    }
                }
            }
            ":" => {
                for word in &simple.words[1..] {
                    self.read_default(word);
                }
            }
            _ => {}
        }
    }

    fn appends(&self, value: &RawWord) -> bool {
        let before = value.span.start.checked_sub(2).and_then(|at| self.text.get(at..value.span.start));
        before == Some("+=")
    }

    fn assign(&mut self, name: &'s str, value: &'s RawWord, appended: bool) {
        let value = match value.parts.as_slice() {
            _ if appended => Assigned::Unknown,
            [RawPart::Array(words)] => Assigned::Words(words),
            _ => Assigned::Value(value),
        };
        self.note(name, value);
    }

    /// `local V=word`: the value is the rest of the word, which stays in one piece.
    fn read_declaration(&mut self, word: &'s RawWord) {
        let Some(RawPart::Text { text, quoted: false, .. }) = word.parts.first() else { return };
        let Some((name, rest)) = text.split_once('=') else { return };
        if name.ends_with('+') || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            return;
        }
        match (rest.is_empty(), word.parts.get(1)) {
            (true, Some(RawPart::Array(words))) => self.note(name, Assigned::Words(words)),
            _ => self.note(name, Assigned::Value(word)),
        }
    }

    fn read_input(&mut self, simple: &'s Simple) {
        let mut prompted = false;
        let mut takes_value = false;
        for word in &simple.words[1..] {
            let text = match word.parts.as_slice() {
                [RawPart::Text { text, .. }] => text.as_str(),
                _ => "",
            };
            if std::mem::take(&mut takes_value) {
                continue;
            }
            if let Some(letters) = text.strip_prefix('-') {
                prompted |= letters.contains('p');
                takes_value = letters.ends_with(['p', 'n', 'N', 't', 'u', 'd', 'a', 'i']);
                continue;
            }
            if !text.is_empty() {
                self.asked.insert(text);
                self.note(text, Assigned::Unknown);
            }
        }
        if prompted {
            self.asked.insert("REPLY");
        }
    }

    /// `: "${V:=word}"`.
    fn read_default(&mut self, word: &'s RawWord) {
        if let [RawPart::Parameter { name, operation: Operation::Default(value), span, .. }] =
            word.parts.as_slice()
            && self.text.get(span.clone()).is_some_and(|text| text.contains('='))
        {
            self.note(name, Assigned::Value(value));
        }
    }

    fn meaning(&self, name: &str, hops: u8) -> Meaning {
        let bare = Meaning::Guarded(Expansion::Bare);
        let plain = name.split('[').next().unwrap_or(name);
        let Some(values) = self.assigned.get(plain) else {
            return self.outer.map_or(bare, |outer| outer.meaning(name, hops));
        };
        if hops >= MOST_HOPS || values.len() > MOST_VALUES {
            return bare;
        }
        match values.as_slice() {
            [Assigned::Value(raw)] => self.meaning_of_value(raw, hops),
            [Assigned::Words(words)] => {
                let words: Vec<Word> = words
                    .iter()
                    .take(MOST_VALUES)
                    .flat_map(|raw| self.words(raw, hops + 1))
                    .map(|arg| arg.word)
                    .collect();
                if words.is_empty() { bare } else { Meaning::Words(words) }
            }
            many => self.meaning_of_many(many, hops),
        }
    }

    /// The value of an assignment; for `local V=word` what stands behind the sign.
    fn value(&self, raw: &RawWord, hops: u8) -> Option<(Vec<Part>, bool)> {
        let args = self.words_without_braces(raw, hops + 1);
        let mut parts: Vec<Part> = Vec::new();
        let mut glob = false;
        for (index, arg) in args.into_iter().enumerate() {
            if index > 0 {
                parts.push(Part::Literal(" ".to_owned()));
            }
            glob |= arg.word.glob;
            parts.extend(arg.word.parts);
        }
        let declared = super::line::assignment(raw).map(|(_, skip)| skip);
        // Only a declaration keeps the name in its word; a plain value may hold a sign of its own.
        let before = raw.span.start.checked_sub(1).and_then(|at| self.text.as_bytes().get(at));
        if let Some(skip) = declared.filter(|_| before != Some(&b'='))
            && let Some(Part::Literal(text)) = parts.first_mut()
        {
            *text = text.get(skip..)?.to_owned();
            if text.is_empty() {
                parts.remove(0);
            }
        }
        Some((parts, glob))
    }

    fn meaning_of_value(&self, raw: &RawWord, hops: u8) -> Meaning {
        let Some((parts, glob)) = self.value(raw, hops) else { return Meaning::Guarded(Expansion::Bare) };
        match parts.as_slice() {
            [] => Meaning::Guarded(Expansion::Bare),
            [Part::Literal(text)] => Meaning::Guarded(known(text)),
            [Part::Expansion { name, guard: Expansion::Known(_) }] if name.starts_with("$(") => {
                Meaning::Guarded(Expansion::Known(name.clone()))
            }
            [Part::Expansion { guard, .. }] => Meaning::Guarded(guard.clone()),
            _ => Meaning::Parts(parts, glob),
        }
    }

    /// Several assignments: one of their literals, a default, or nothing that can be said.
    fn meaning_of_many(&self, values: &[Assigned<'_>], hops: u8) -> Meaning {
        let mut literals: Vec<String> = Vec::new();
        let (mut certain, mut open) = (None, false);
        for value in values {
            match value {
                Assigned::Value(raw) => match self.meaning_of_value(raw, hops) {
                    Meaning::Guarded(Expansion::Known(text)) if text.starts_with("$(") => certain = Some(text),
                    Meaning::Guarded(Expansion::Known(text)) => {
                        if !literals.contains(&text) {
                            literals.push(text);
                        }
                    }
                    // `V=` before the real value.
                    Meaning::Guarded(Expansion::Bare) if raw.parts.is_empty() => {}
                    _ => open = true,
                },
                Assigned::Words(_) | Assigned::Unknown => open = true,
            }
        }
        match (open, certain, literals.as_slice()) {
            (false, Some(text), []) => Meaning::Guarded(Expansion::Known(text)),
            (false, None, [one]) => Meaning::Guarded(Expansion::Known(one.clone())),
            (false, None, [_, ..]) => Meaning::Words(literals.iter().map(|text| Word::literal(text)).collect()),
            _ => Meaning::Guarded(Expansion::Bare),
        }
    }

    /// Every word that a word becomes.
    pub(super) fn args(&self, raw: &'s RawWord) -> Vec<Arg<'s>> {
        let mut args = self.words(raw, 0);
        if let [arg] = args.as_mut_slice() {
            arg.raw = Some(raw);
        }
        args
    }

    fn words(&self, raw: &RawWord, hops: u8) -> Vec<Arg<'s>> {
        match braces::expand(raw) {
            None => self.words_without_braces(raw, hops),
            Some(words) => words
                .iter()
                .flat_map(|word| self.words_without_braces(word, hops))
                .take(MOST_WORDS)
                .map(|mut arg| {
                    arg.word.glob = true;
                    arg
                })
                .collect(),
        }
    }

    fn words_without_braces(&self, raw: &RawWord, hops: u8) -> Vec<Arg<'s>> {
        // `rm${IFS}-rf${IFS}x` are three words.
        let divides = |part: &RawPart| matches!(part, RawPart::Parameter { name, operation: Operation::Plain, quoted: false, .. } if name == "IFS");
        let words = raw.parts.split(divides).flat_map(|parts| self.words_of(parts, raw.quoted, hops));
        let words = words.take(MOST_WORDS);
        words.map(|word| Arg { word, raw: None, start: raw.span.start }).collect()
    }

    fn words_of(&self, parts: &[RawPart], quoted: bool, hops: u8) -> Vec<Word> {
        let mut words = vec![Word { parts: Vec::new(), glob: false, quoted }];
        for part in parts {
            match part {
                RawPart::Text { text, quoted, .. } => {
                    let glob = !quoted && text.contains(['*', '?', '[']);
                    for word in &mut words {
                        push_text(&mut word.parts, text);
                        word.glob |= glob;
                    }
                }
                RawPart::Parameter { name, operation, quoted, .. } => {
                    self.fill(&mut words, name, operation, *quoted, hops);
                }
                RawPart::Substitution { list, span, quoted } => {
                    let text = fold(self.text.get(span.clone()).unwrap_or("$(…)"), LONGEST_NAME);
                    let guard = if prints(list) { Expansion::Known(text.clone()) } else { Expansion::Bare };
                    let _ = quoted;
                    words.iter_mut().for_each(|word| {
                        word.parts.push(Part::Expansion { name: text.clone(), guard: guard.clone() });
                    });
                }
                RawPart::Arithmetic { span } => {
                    let text = fold(self.text.get(span.clone()).unwrap_or("$((…))"), LONGEST_NAME);
                    words.iter_mut().for_each(|word| {
                        let guard = Expansion::Known(text.clone());
                        word.parts.push(Part::Expansion { name: text.clone(), guard });
                    });
                }
                RawPart::Template { span } => {
                    let text = fold(self.text.get(span.clone()).unwrap_or("{{…}}"), LONGEST_NAME);
                    words.iter_mut().for_each(|word| {
                        word.parts.push(Part::Expansion { name: text.clone(), guard: Expansion::Bare });
                    });
                }
                RawPart::Array(elements) => {
                    let all: Vec<Word> = elements
                        .iter()
                        .take(MOST_VALUES)
                        .filter(|_| hops < MOST_HOPS)
                        .flat_map(|raw| self.words(raw, hops + 1))
                        .map(|arg| arg.word)
                        .collect();
                    append(&mut words, all);
                }
            }
        }
        words.truncate(MOST_WORDS);
        words
    }

    /// Appends a parameter to every word; an array or an unquoted value with blanks adds words.
    fn fill(&self, words: &mut Vec<Word>, name: &str, operation: &Operation, quoted: bool, hops: u8) {
        let expansion = |guard: Expansion| Part::Expansion { name: name.to_owned(), guard };
        let meaning = match operation {
            Operation::Fails => Meaning::Guarded(Expansion::Fails),
            Operation::Length => Meaning::Guarded(Expansion::Known("0".to_owned())),
            Operation::Transform => match self.meaning(name, hops) {
                Meaning::Guarded(Expansion::Known(text)) if text.starts_with("$(") => {
                    Meaning::Guarded(Expansion::Known(text))
                }
                _ => Meaning::Guarded(Expansion::Bare),
            },
            Operation::Plain => self.meaning(name, hops),
            Operation::Default(default) => match self.meaning(name, hops) {
                Meaning::Guarded(Expansion::Bare | Expansion::Fails) => {
                    let text: Vec<String> = self
                        .words_without_braces(default, hops + 1)
                        .iter()
                        .map(|arg| arg.word.resolved())
                        .collect();
                    Meaning::Guarded(Expansion::Default(text.join(" ")))
                }
                other => other,
            },
        };
        match meaning {
            Meaning::Guarded(Expansion::Known(text))
                if !quoted && !text.starts_with("$(") && text.contains(char::is_whitespace) =>
            {
                append(words, text.split_whitespace().map(Word::literal).collect());
            }
            Meaning::Guarded(guard) => {
                if let (Expansion::Known(text), false) = (&guard, quoted) {
                    let glob = text.contains('*');
                    words.iter_mut().for_each(|word| word.glob |= glob);
                }
                words.iter_mut().for_each(|word| word.parts.push(expansion(guard.clone())));
            }
            Meaning::Parts(parts, glob) => {
                for word in words.iter_mut() {
                    word.parts.extend(parts.iter().cloned());
                    word.glob |= glob;
                }
            }
            Meaning::Words(values) if name.contains("[@]") || name.contains("[*]") => append(words, values),
            Meaning::Words(values) => {
                let before = std::mem::take(words);
                for word in before {
                    for value in values.iter().take(MOST_VALUES) {
                        if words.len() < MOST_WORDS {
                            let mut word = word.clone();
                            word.parts.extend(value.parts.iter().cloned());
                            word.glob |= value.glob;
                            words.push(word);
                        }
                    }
                }
            }
        }
    }
}

fn known(text: &str) -> Expansion {
    if text.is_empty() { Expansion::Bare } else { Expansion::Known(text.to_owned()) }
}

/// Joins the first word to what stands there and adds the others.
fn append(words: &mut Vec<Word>, mut values: Vec<Word>) {
    if values.is_empty() || words.len() + values.len() > MOST_WORDS {
        return;
    }
    let first = values.remove(0);
    if let Some(last) = words.last_mut() {
        last.parts.extend(first.parts);
        last.glob |= first.glob;
    }
    words.append(&mut values);
}

/// Adds text, holes of the embedding language taken for expansions.
fn push_text(parts: &mut Vec<Part>, text: &str) {
    for (index, piece) in text.split(HOLE).enumerate() {
        if index > 0 {
            parts.push(Part::Expansion { name: HOLE.to_owned(), guard: Expansion::Bare });
        }
        if piece.is_empty() {
            continue;
        }
        match parts.last_mut() {
            Some(Part::Literal(before)) => before.push_str(piece),
            _ => parts.push(Part::Literal(piece.to_owned())),
        }
    }
}

/// Whether a command substitution always prints something.
fn prints(list: &List) -> bool {
    fn program(node: &Node) -> Option<String> {
        match node {
            Node::Simple(simple) => simple.words.first()?.literal(),
            Node::Pipeline { parts, .. } => program(parts.last()?),
            Node::AndOr { rest, .. } => program(&rest.last()?.1),
            Node::Group(list) | Node::Subshell(list) => program(list.last()?),
            _ => None,
        }
    }
    let Some(program) = list.last().and_then(program) else { return false };
    Tools::get().always_prints(program.rsplit('/').next().unwrap_or(&program))
}

/// Text on one line with single blanks, cut after `most` bytes: constructs nest, and each one holds those inside it.
pub(super) fn fold(text: &str, most: usize) -> String {
    cut(text, most).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most the first `most` bytes of a text, whole letters only.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
