//! Statements on rows: which table they work on, and what restricts them.

use super::phrase::Phrase;
use super::read::{Placing, Reading, blank, is_reserved};
use super::token::Kind;
use crate::facts::{Action, Statement, Where};
use crate::source::HOLE;

/// Words that begin a clause outside parentheses.
const CLAUSES: [&str; 24] = [
    "FROM",
    "USING",
    "WHERE",
    "SET",
    "JOIN",
    "ON",
    "ORDER",
    "GROUP",
    "HAVING",
    "WINDOW",
    "QUALIFY",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "RETURNING",
    "OUTPUT",
    "OPTION",
    "FOR",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "MINUS",
    "WHEN",
    "VALUES",
];

/// A join of these kinds keeps rows without a match.
const OUTER: [&str; 3] = ["LEFT", "RIGHT", "FULL"];

/// Depth to which parentheses around conditions are opened.
const DEEPEST_CONDITION: u8 = 8;

struct Clause<'a> {
    word: &'static str,
    body: Phrase<'a>,
    /// For a join: one side keeps its rows anyway.
    outer: bool,
}

/// What stands before the first clause, and the clauses.
fn clauses(phrase: Phrase<'_>, from: usize) -> (Phrase<'_>, Vec<Clause<'_>>) {
    let mut starts: Vec<(usize, &'static str)> = Vec::new();
    for at in from..phrase.len() {
        if !phrase.is_top(at) || phrase.kind(at) != Some(Kind::Word) {
            continue;
        }
        let Some(word) = CLAUSES.iter().find(|clause| phrase.is(at, clause)) else { continue };
        let distinct = *word == "FROM" && at > 0 && phrase.is(at - 1, "DISTINCT") && at > from + 1;
        if !distinct {
            starts.push((at, word));
        }
    }
    let preamble = phrase.part(from, starts.first().map_or(phrase.len(), |(at, _)| *at));
    let clauses = starts
        .iter()
        .enumerate()
        .map(|(index, (at, word))| {
            let end = starts.get(index + 1).map_or(phrase.len(), |(next, _)| *next);
            let before = at.saturating_sub(2);
            let outer = *word == "JOIN" && (before..*at).any(|at| phrase.is_any(at, &OUTER));
            Clause { word, body: phrase.part(at + 1, end), outer }
        })
        .collect();
    (preamble, clauses)
}

/// A table of a FROM list: its name, alias, and whether anything stands behind them that is not understood.
struct Table {
    name: String,
    alias: Option<String>,
    clean: bool,
    /// The alias stands there without `AS`.
    bare_alias: bool,
}

/// Words that may follow a table.
const TABLE_WORDS: [&str; 18] = [
    "INNER",
    "LEFT",
    "RIGHT",
    "FULL",
    "CROSS",
    "NATURAL",
    "OUTER",
    "STRAIGHT_JOIN",
    "WITH",
    "PARTITION",
    "TABLESAMPLE",
    "USE",
    "FORCE",
    "IGNORE",
    "INDEXED",
    "NOT",
    "FINAL",
    "LATERAL",
];

fn table(part: Phrase<'_>) -> Option<Table> {
    let mut at = 0;
    while part.is_any(at, &["ONLY", "LATERAL", "TABLE"]) {
        at += 1;
    }
    if is_reserved(part.word(at)) {
        return None;
    }
    let (name, mut next) = part.name(at)?;
    if part.source(next) == "*" {
        next += 1;
    }
    let explicit = part.is(next, "AS");
    next += usize::from(explicit);
    let mut alias = None;
    let mut bare_alias = false;
    let names = matches!(part.kind(next), Some(Kind::Word | Kind::Name));
    if names && !part.is_any(next, &TABLE_WORDS) {
        alias = part.name(next).map(|(alias, _)| alias);
        bare_alias = !explicit;
        next += 1;
    }
    let clean = next >= part.len()
        || part.is_any(next, &TABLE_WORDS)
        || matches!(part.kind(next), Some(Kind::Open | Kind::Hole | Kind::Bind));
    Some(Table { name, alias, clean, bare_alias })
}

/// What a data-changing statement works on and what restricts it.
#[derive(Default)]
struct Reach {
    tables: Vec<Table>,
    joins: Vec<String>,
    filter: Option<Where>,
    limit: Option<String>,
    hole: bool,
}

impl Reach {
    fn of(clauses: &[Clause<'_>], keeps_outer: bool) -> Self {
        let mut reach = Self::default();
        let mut outer = false;
        for clause in clauses {
            match clause.word {
                "FROM" | "USING" | "JOIN" => {
                    outer = clause.outer;
                    if clause.word == "USING"
                        && clause.body.kind(0) == Some(Kind::Open)
                        && !reach.tables.is_empty()
                    {
                        reach.joins.push(clause.body.normal());
                        continue;
                    }
                    for part in clause.body.list() {
                        if part.kind(0) == Some(Kind::Open) {
                            reach.joins.push(part.normal());
                        }
                        reach.tables.extend(table(part));
                        reach.hole |= (0..part.len()).any(|at| at > 0 && part.kind(at) == Some(Kind::Hole));
                    }
                }
                "ON" if !outer || keeps_outer => reach.joins.extend(conjuncts(clause.body)),
                "WHERE" if reach.filter.is_none() => {
                    let mut found = conjuncts(clause.body);
                    // `"… WHERE "`: the rest is put on at run time.
                    if found.is_empty() {
                        found.push(HOLE.to_owned());
                    }
                    reach.filter = Some(Where::Conjuncts(found));
                }
                "LIMIT" | "FETCH" if reach.limit.is_none() => {
                    let number = (0..clause.body.len()).find(|at| {
                        matches!(clause.body.kind(*at), Some(Kind::Number | Kind::Bind | Kind::Hole))
                    });
                    reach.limit = number.map(|at| clause.body.source(at).to_owned());
                }
                "UNION" | "INTERSECT" | "EXCEPT" | "MINUS" => break,
                _ => {}
            }
            let last = clause.body.len().checked_sub(1).and_then(|last| clause.body.kind(last));
            if clause.word == "SET" && last == Some(Kind::Hole) {
                let (before, end) = (clause.body.len().saturating_sub(2), clause.body.len() - 1);
                let value = matches!(clause.body.kind(before), Some(Kind::Operator | Kind::Comma)) || end == 0;
                reach.hole |= !value;
            }
        }
        reach
    }

    /// The table behind an alias.
    fn resolve(&self, name: &str) -> String {
        let behind = self.tables.iter().find(|table| table.alias.as_deref() == Some(name));
        behind.map_or_else(|| name.to_owned(), |table| table.name.clone())
    }

    /// `None` means that nothing restricts the rows.
    fn filter(&mut self) -> Where {
        match self.filter.take() {
            Some(filter) => filter,
            None if self.hole => Where::Conjuncts(vec![HOLE.to_owned()]),
            None => Where::Absent,
        }
    }
}

/// The conditions that must all hold, each in normal form.
pub(super) fn conjuncts(condition: Phrase<'_>) -> Vec<String> {
    let mut found = Vec::new();
    split_condition(condition, 0, &mut found);
    found
}

fn split_condition(condition: Phrase<'_>, depth: u8, found: &mut Vec<String>) {
    let mut condition = condition;
    while condition.kind(0) == Some(Kind::Open) && condition.after_group(0) == condition.len() {
        let inner = condition.group(0);
        if inner.is_any(0, &["SELECT", "WITH"]) {
            break;
        }
        condition = inner;
    }
    if condition.len() == 0 {
        return;
    }
    if depth >= DEEPEST_CONDITION || condition.find(0, &["OR", "XOR"]).is_some() {
        found.push(condition.normal());
        return;
    }
    let mut parts = Vec::new();
    let (mut start, mut between) = (0, false);
    for at in 0..condition.len() {
        if !condition.is_top(at) {
            continue;
        }
        if condition.is(at, "BETWEEN") {
            between = true;
        } else if condition.is(at, "AND") && !std::mem::take(&mut between) {
            parts.push(condition.part(start, at));
            start = at + 1;
        }
    }
    if parts.is_empty() {
        found.push(condition.normal());
        return;
    }
    parts.push(condition.from(start));
    for part in parts {
        split_condition(part, depth + 1, found);
    }
}

/// `TOP (n)` of SQL Server: the number and the place after it.
fn top(phrase: Phrase<'_>, at: usize) -> (Option<String>, usize) {
    if !phrase.is(at, "TOP") {
        return (None, at);
    }
    let (number, mut next) = match phrase.kind(at + 1) {
        Some(Kind::Open) => (phrase.group(at + 1).normal(), phrase.after_group(at + 1)),
        Some(Kind::Number | Kind::Bind) => (phrase.source(at + 1).to_owned(), at + 2),
        _ => return (None, at),
    };
    next += usize::from(phrase.is(next, "PERCENT"));
    (Some(number), next)
}

pub(super) fn delete(phrase: Phrase<'_>) -> Option<Reading> {
    let mut at = 1;
    while phrase.is_any(at, &["LOW_PRIORITY", "QUICK", "IGNORE"]) {
        at += 1;
    }
    let (limit, at) = top(phrase, at);
    let (preamble, clauses) = clauses(phrase, at);
    let mut reach = Reach::of(&clauses, false);
    let mut statement = blank("DELETE", phrase);
    let mut prose = false;
    if preamble.len() == 0 {
        if clauses.first()?.word != "FROM" {
            return None;
        }
        let target = reach.tables.first()?;
        statement.complete = target.clean;
        prose = target.bare_alias && clauses.len() == 1;
        statement.name = reach.resolve(&target.name);
        // `DELETE FROM o FROM orders o` names the alias first.
        statement.names = vec![statement.name.clone()];
    } else {
        for part in preamble.list() {
            let target = table(part)?;
            statement.complete &= target.clean && target.alias.is_none();
            prose |= target.alias.is_some();
            statement.names.push(reach.resolve(&target.name));
        }
        prose |= clauses.is_empty();
        statement.name = statement.names.first()?.clone();
    }
    statement.object = "TABLE".to_owned();
    statement.limit = limit.or_else(|| reach.limit.take());
    statement.joins = std::mem::take(&mut reach.joins);
    statement.filter = reach.filter();
    Some(Reading { statement, prose })
}

pub(super) fn update(phrase: Phrase<'_>, place: Placing<'_>) -> Option<Reading> {
    let mut at = 1;
    if phrase.is(at, "STATISTICS") {
        let mut statement = blank("UPDATE", phrase);
        statement.object = "STATISTICS".to_owned();
        return Some(Reading { statement, prose: false });
    }
    if phrase.is(at, "OR") {
        at += 2;
    }
    while phrase.is_any(at, &["LOW_PRIORITY", "IGNORE"]) {
        at += 1;
    }
    let (limit, at) = top(phrase, at);
    if phrase.is(at, "SET") && phrase.kind(at) == Some(Kind::Word) {
        return None;
    }
    let (preamble, clauses) = clauses(phrase, at);
    let set = clauses.iter().find(|clause| clause.word == "SET")?;
    let assigns = (0..set.body.len()).any(|at| matches!(set.body.source(at), "=" | "+=" | ":="))
        || (0..set.body.len()).any(|at| set.body.kind(at) == Some(Kind::Hole));
    if !assigns {
        return None;
    }
    let mut reach = Reach::of(&clauses, false);
    let mut statement = blank("UPDATE", phrase);
    let targets = preamble.list();
    for part in &targets {
        let Some(target) = table(*part) else { continue };
        statement.complete &= target.clean;
        reach.tables.insert(0, target);
    }
    let target = targets.first().and_then(|part| table(*part))?;
    statement.name = reach.resolve(&target.name);
    statement.names = vec![statement.name.clone()];
    statement.object = "TABLE".to_owned();
    statement.limit = limit.or_else(|| reach.limit.take());
    statement.joins = std::mem::take(&mut reach.joins);
    statement.filter = reach.filter();
    statement.actions = assignments(set.body, place);
    Some(Reading { statement, prose: false })
}

/// The columns that SET names, each with its assignment.
fn assignments(set: Phrase<'_>, place: Placing<'_>) -> Vec<Action> {
    let mut actions = Vec::new();
    for part in set.list() {
        let group = part.kind(0) == Some(Kind::Open);
        let columns = if group { part.group(0).list() } else { vec![part] };
        for column in columns {
            let Some((name, _)) = column.name(0) else { continue };
            // `alias.column` names the column.
            let name = name.rsplit('.').next().unwrap_or(&name).to_owned();
            actions.push(Action { verb: "SET".to_owned(), name, text: part.normal(), locus: place(part) });
        }
    }
    actions
}

pub(super) fn insert(phrase: Phrase<'_>) -> Option<Reading> {
    let mut at = 1;
    let mut options: Vec<&str> = Vec::new();
    loop {
        if phrase.is(at, "OR") {
            options.push(if phrase.is(at + 1, "REPLACE") { "OR REPLACE" } else { "OR" });
            at += 2;
        } else if phrase
            .is_any(at, &["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO", "TABLE", "ALL"])
        {
            at += 1;
        } else if phrase.is(at, "OVERWRITE") {
            options.push("OVERWRITE");
            at += 1;
        } else {
            break;
        }
    }
    let (_, at) = top(phrase, at);
    let (name, next) = phrase.name(at)?;
    let mut statement = blank(if phrase.is(0, "REPLACE") { "REPLACE" } else { "INSERT" }, phrase);
    statement.object = "TABLE".to_owned();
    statement.names = vec![name.clone()];
    statement.name = name;
    statement.options.extend(options.into_iter().map(str::to_owned));
    let body = ["VALUES", "SELECT", "WITH", "DEFAULT", "SET", "EXEC", "EXECUTE", "TABLE", "OVERRIDING"];
    let goes_on = phrase.is_any(next, &body)
        || phrase.kind(next) == Some(Kind::Open)
        || phrase.find(next, &body).is_some()
        || (next..phrase.len()).any(|at| phrase.kind(at) == Some(Kind::Hole));
    if let Some(query) = phrase.find(next, &["SELECT"]) {
        let (_, clauses) = clauses(phrase.from(query), 1);
        let reach = Reach::of(&clauses, true);
        statement.joins = reach.joins;
        if let Some(Where::Conjuncts(conjuncts)) = reach.filter {
            statement.joins.extend(conjuncts);
        }
        statement.options.insert("SELECT".to_owned());
    }
    Some(Reading { statement, prose: !goes_on })
}

pub(super) fn select(phrase: Phrase<'_>) -> Option<Reading> {
    let at = 1 + usize::from(phrase.is_any(1, &["DISTINCT", "ALL"]));
    let (limit, at) = top(phrase, at);
    let (columns, clauses) = clauses(phrase, at);
    let mut reach = Reach::of(&clauses, true);
    let mut statement = blank("SELECT", phrase);
    statement.object = "TABLE".to_owned();
    let target = reach.tables.first();
    let prose = target.is_none_or(|table| !table.clean || (table.bare_alias && clauses.len() == 1));
    statement.name = target.map(|table| table.name.clone()).unwrap_or_default();
    if statement.name.is_empty() && columns.kind(1) == Some(Kind::Open) {
        statement.name = columns.name(0).map(|(name, _)| name).unwrap_or_default();
        statement.object = "FUNCTION".to_owned();
    }
    statement.names = vec![statement.name.clone()];
    statement.limit = limit.or_else(|| reach.limit.take());
    statement.joins = std::mem::take(&mut reach.joins);
    statement.filter = reach.filter();
    Some(Reading { statement, prose })
}

/// The restrictions of a query inside another statement, for a view or a common table expression.
pub(super) fn restrictions(query: Phrase<'_>) -> (Option<Where>, Vec<String>) {
    let (_, clauses) = clauses(query, 1);
    let reach = Reach::of(&clauses, true);
    (reach.filter, reach.joins)
}

pub(super) fn merge(phrase: Phrase<'_>, place: Placing<'_>) -> Option<Reading> {
    let mut at = 1;
    let (_, next) = top(phrase, at);
    at = next + usize::from(phrase.is(next, "INTO"));
    let (name, _) = phrase.name(at)?;
    let (_, clauses) = clauses(phrase, at);
    clauses.iter().find(|clause| clause.word == "USING")?;
    let mut statement = blank("MERGE", phrase);
    statement.object = "TABLE".to_owned();
    statement.names = vec![name.clone()];
    statement.name = name;
    statement.joins = clauses
        .iter()
        .find(|clause| clause.word == "ON")
        .map(|clause| conjuncts(clause.body))
        .unwrap_or_default();
    // A clause reaches from WHEN over its SET and VALUES to the next WHEN.
    let starts: Vec<usize> =
        (at..phrase.len()).filter(|at| phrase.is_top(*at) && phrase.is(*at, "WHEN")).collect();
    for (index, start) in starts.iter().enumerate() {
        let clause = phrase.part(*start, starts.get(index + 1).copied().unwrap_or(phrase.len()));
        let Some(then) = clause.find(0, &["THEN"]) else { continue };
        statement.actions.push(Action {
            verb: clause.word(then + 1).to_ascii_uppercase(),
            name: String::new(),
            text: clause.normal(),
            locus: place(clause),
        });
    }
    Some(Reading { statement, prose: false })
}

pub(super) fn truncate(phrase: Phrase<'_>) -> Option<Reading> {
    let mut statement: Statement = blank("TRUNCATE", phrase);
    let explicit = phrase.is(1, "TABLE");
    let at = 1 + usize::from(explicit);
    let end =
        phrase.find(at, &["RESTART", "CONTINUE", "CASCADE", "RESTRICT", "WITH", "REUSE", "DROP", "IMMEDIATE"]);
    for part in phrase.part(at, end.unwrap_or(phrase.len())).list() {
        let start = usize::from(part.is(0, "ONLY")) + if part.reads(0, &["IF", "EXISTS"]) { 2 } else { 0 };
        let (name, next) = part.name(start)?;
        statement.complete &= next >= part.len() || part.source(next) == "*";
        statement.names.push(name);
    }
    statement.object = "TABLE".to_owned();
    statement.name = statement.names.first()?.clone();
    Some(Reading { prose: !explicit, statement })
}
