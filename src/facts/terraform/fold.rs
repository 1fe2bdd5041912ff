//! What an expression is worth when the names in it are known.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::{Entry, Expression, Key, Node, Piece, Step};
use super::syntax::join;
use crate::source::Locus;

/// References are followed this far: a local that names a variable that has a default is two steps.
const FURTHEST: u32 = 6;

/// Where a name gets its value.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub value: Node,
    /// For the report: `local.zone`, `default of var.zone`, `terraform.tfvars`.
    pub note: String,
    /// Where it stands, if the file belongs to the change.
    pub locus: Option<Locus>,
}

/// What a module folder defines, by `var.NAME` and `local.NAME`.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub definitions: BTreeMap<String, Definition>,
}

/// What folding used.
#[derive(Clone, Debug, Default)]
pub(super) struct Used {
    pub notes: BTreeSet<String>,
}

impl Scope {
    /// The expression with every known name replaced and every known operation carried out.
    pub(super) fn fold(&self, node: &Node, used: &mut Used) -> Node {
        self.at(node, used, 0)
    }

    fn at(&self, node: &Node, used: &mut Used, depth: u32) -> Node {
        if depth > FURTHEST * 20 {
            return node.clone();
        }
        let deeper = depth + 1;
        let each = |nodes: &[Node], used: &mut Used| -> Vec<Node> {
            nodes.iter().map(|node| self.at(node, used, deeper)).collect()
        };
        let kind = match &node.kind {
            Expression::Reference(root, steps) => return self.reference(node, root, steps, used, depth),
            Expression::Template(pieces) => {
                let mut out: Vec<Piece> = Vec::new();
                for piece in pieces {
                    let piece = match piece {
                        Piece::Text(text) => Piece::Text(text.clone()),
                        Piece::Hole(hole) => {
                            let folded = self.at(hole, used, deeper);
                            match &folded.kind {
                                Expression::Text(text) => Piece::Text(text.clone()),
                                Expression::Number(_) | Expression::Bool(_) => Piece::Text(folded.source()),
                                _ => Piece::Hole(folded),
                            }
                        }
                    };
                    match (out.last_mut(), piece) {
                        (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
                        (_, piece) => out.push(piece),
                    }
                }
                join(out)
            }
            Expression::List(items) => Expression::List(each(items, used)),
            Expression::Object(entries) => Expression::Object(
                entries
                    .iter()
                    .map(|entry| Entry {
                        span: entry.span.clone(),
                        key: entry.key.clone(),
                        value: self.at(&entry.value, used, deeper),
                    })
                    .collect(),
            ),
            Expression::Conditional(parts) => {
                let condition = self.at(&parts[0], used, deeper);
                let taken = match &condition.kind {
                    Expression::Bool(value) => Some(*value),
                    _ => {
                        let taken = production_branch(&condition);
                        if taken.is_some() {
                            used.notes.insert(format!("as production: {}", condition.source()));
                        }
                        taken
                    }
                };
                match taken {
                    Some(true) => return self.at(&parts[1], used, deeper),
                    Some(false) => return self.at(&parts[2], used, deeper),
                    None => Expression::Conditional(Box::new([
                        condition,
                        self.at(&parts[1], used, deeper),
                        self.at(&parts[2], used, deeper),
                    ])),
                }
            }
            Expression::Binary(operator, sides) => {
                let (left, right) = (self.at(&sides[0], used, deeper), self.at(&sides[1], used, deeper));
                let folded = binary(operator, &left, &right);
                folded.unwrap_or_else(|| Expression::Binary(operator.clone(), Box::new([left, right])))
            }
            Expression::Unary(operator, operand) => {
                let operand = self.at(operand, used, deeper);
                match (operator.as_str(), &operand.kind) {
                    ("!", Expression::Bool(value)) => Expression::Bool(!value),
                    ("-", Expression::Number(value)) => Expression::Number(-value),
                    _ => Expression::Unary(operator.clone(), Box::new(operand)),
                }
            }
            Expression::Call(name, arguments) => {
                let arguments = each(arguments, used);
                call(name, &arguments).unwrap_or_else(|| Expression::Call(name.clone(), arguments))
            }
            other => other.clone(),
        };
        Node::new(node.span.clone(), kind)
    }

    fn reference(&self, node: &Node, root: &str, steps: &[Step], used: &mut Used, depth: u32) -> Node {
        let Some((Step::Name(name), rest)) = steps.split_first() else { return node.clone() };
        if !matches!(root, "var" | "local") || depth > FURTHEST {
            return node.clone();
        }
        let Some(definition) = self.definitions.get(&format!("{root}.{name}")) else { return node.clone() };
        let mut inner = Used::default();
        let value = self.at(&definition.value, &mut inner, depth + 1);
        let Some(value) = walk(value, rest, self, used, depth) else { return node.clone() };
        // A name that leads to another name that is unknown says no more than itself.
        if !(is_known(&value) || matches!(value.kind, Expression::Template(_))) && root == "var" {
            return node.clone();
        }
        used.notes.insert(definition.note.clone());
        used.notes.extend(inner.notes);
        Node::new(node.span.clone(), value.kind)
    }
}

/// Takes `.name` and `[index]` of a known object or list.
fn walk(value: Node, steps: &[Step], scope: &Scope, used: &mut Used, depth: u32) -> Option<Node> {
    let mut value = value;
    for step in steps {
        let index = match step {
            Step::Name(name) => Expression::Text(name.clone()),
            Step::Index(index) => scope.at(index, used, depth + 1).kind,
            Step::Splat => return None,
        };
        value = match (value.kind, index) {
            (Expression::Object(entries), Expression::Text(name)) => {
                entries.into_iter().find(|entry| entry.key == Key::Name(name.clone()))?.value
            }
            (Expression::List(mut items), Expression::Number(at)) if at >= 0.0 && at.fract() == 0.0 => {
                let at = at as usize;
                if at < items.len() { items.swap_remove(at) } else { return None }
            }
            _ => return None,
        };
    }
    Some(value)
}

/// No name is left in it.
pub(super) fn is_known(node: &Node) -> bool {
    match &node.kind {
        Expression::List(items) => items.iter().all(is_known),
        Expression::Object(entries) => {
            entries.iter().all(|entry| matches!(entry.key, Key::Name(_)) && is_known(&entry.value))
        }
        _ => node.is_literal(),
    }
}

/// The branch that production takes: `var.env == "prod"`, `terraform.workspace != "production"`.
fn production_branch(condition: &Node) -> Option<bool> {
    let Expression::Binary(operator, sides) = &condition.kind else { return None };
    let named = sides
        .iter()
        .filter_map(Node::as_text)
        .any(|text| matches!(text.to_ascii_lowercase().as_str(), "prod" | "prd" | "production" | "live"));
    let open = sides.iter().any(|side| matches!(side.kind, Expression::Reference(..)));
    match (named && open, operator.as_str()) {
        (true, "==") => Some(true),
        (true, "!=") => Some(false),
        _ => None,
    }
}

fn binary(operator: &str, left: &Node, right: &Node) -> Option<Expression> {
    use Expression::{Bool, Number, Text};
    Some(match (operator, &left.kind, &right.kind) {
        ("&&", Bool(false), _) | ("&&", _, Bool(false)) => Bool(false),
        ("&&", Bool(true), other) | ("&&", other, Bool(true)) => other.clone(),
        ("||", Bool(true), _) | ("||", _, Bool(true)) => Bool(true),
        ("||", Bool(false), other) | ("||", other, Bool(false)) => other.clone(),
        ("==", one, other) if left.is_literal() && right.is_literal() => Bool(one == other),
        ("!=", one, other) if left.is_literal() && right.is_literal() => Bool(one != other),
        (_, Number(one), Number(other)) => match operator {
            "+" => Number(one + other),
            "-" => Number(one - other),
            "*" => Number(one * other),
            "/" if *other != 0.0 => Number(one / other),
            "%" if *other != 0.0 => Number(one % other),
            "<" => Bool(one < other),
            "<=" => Bool(one <= other),
            ">" => Bool(one > other),
            ">=" => Bool(one >= other),
            _ => return None,
        },
        ("+", Text(_), Text(_)) => return None,
        _ => return None,
    })
}

/// The functions whose result source alone can tell.
fn call(name: &str, arguments: &[Node]) -> Option<Expression> {
    use Expression::{Bool, List, Null, Number, Object, Text};
    let known = || arguments.iter().all(is_known);
    Some(match (name, arguments) {
        ("toset" | "tolist" | "tomap", [only]) if matches!(only.kind, List(_) | Object(_)) => only.kind.clone(),
        ("tostring", [only]) => match &only.kind {
            Text(text) => Text(text.clone()),
            Number(_) | Bool(_) => Text(only.source()),
            _ => return None,
        },
        ("tobool", [only]) => match &only.kind {
            Bool(value) => Bool(*value),
            Text(text) => Bool(text.parse().ok()?),
            _ => return None,
        },
        ("tonumber", [only]) => match &only.kind {
            Number(value) => Number(*value),
            Text(text) => Number(text.parse().ok()?),
            _ => return None,
        },
        ("length", [only]) => match &only.kind {
            List(items) => Number(items.len() as f64),
            Object(entries) => Number(entries.len() as f64),
            Text(text) => Number(text.chars().count() as f64),
            _ => return None,
        },
        ("lower", [only]) => Text(only.as_text()?.to_lowercase()),
        ("upper", [only]) => Text(only.as_text()?.to_uppercase()),
        ("merge", [_, ..]) => {
            let mut merged: Vec<Entry> = Vec::new();
            for argument in arguments {
                let Object(entries) = &argument.kind else { return None };
                for entry in entries {
                    merged.retain(|known| known.key != entry.key);
                    merged.push(entry.clone());
                }
            }
            Object(merged)
        }
        ("concat", [_, ..]) => {
            let mut items = Vec::new();
            for argument in arguments {
                let List(more) = &argument.kind else { return None };
                items.extend(more.iter().cloned());
            }
            List(items)
        }
        ("distinct", [only]) if known() => match &only.kind {
            List(items) => {
                let mut distinct: Vec<Node> = Vec::new();
                for item in items {
                    if !distinct.iter().any(|known| known.kind == item.kind) {
                        distinct.push(item.clone());
                    }
                }
                List(distinct)
            }
            _ => return None,
        },
        ("keys", [only]) if known() => match &only.kind {
            Object(entries) => {
                let mut keys: Vec<&Entry> = entries.iter().collect();
                keys.sort_by_key(|entry| match &entry.key {
                    Key::Name(name) | Key::Computed(name) => name.clone(),
                });
                let text = |entry: &Entry| match &entry.key {
                    Key::Name(name) | Key::Computed(name) => name.clone(),
                };
                List(keys.into_iter().map(|entry| Node::new(entry.span.clone(), Text(text(entry)))).collect())
            }
            _ => return None,
        },
        ("contains", [list, item]) if known() => match &list.kind {
            List(items) => Bool(items.iter().any(|other| other.kind == item.kind)),
            _ => return None,
        },
        ("lookup", [map, key, ..]) => match &map.kind {
            Object(entries) => {
                let key = key.as_text()?;
                let found = entries.iter().find(|entry| entry.key == Key::Name(key.to_owned()));
                match found {
                    Some(entry) => entry.value.kind.clone(),
                    None if is_known(map) => arguments.get(2)?.kind.clone(),
                    None => return None,
                }
            }
            _ => return None,
        },
        ("coalesce", [first, ..]) if first.is_literal() && !matches!(first.kind, Null) => {
            if first.as_text() == Some("") { return None } else { first.kind.clone() }
        }
        ("try", [first, ..]) if is_known(first) => first.kind.clone(),
        ("join", [separator, list]) if known() => match &list.kind {
            List(items) => {
                let texts: Option<Vec<&str>> = items.iter().map(Node::as_text).collect();
                Text(texts?.join(separator.as_text()?))
            }
            _ => return None,
        },
        ("format", [template, values @ ..]) if known() => {
            let mut out = String::new();
            let mut values = values.iter();
            let mut rest = template.as_text()?;
            while let Some(at) = rest.find('%') {
                out.push_str(&rest[..at]);
                match rest[at + 1..].chars().next()? {
                    's' | 'd' => {
                        let value = values.next()?;
                        out.push_str(&value.as_text().map_or_else(|| value.source(), str::to_owned));
                    }
                    '%' => out.push('%'),
                    _ => return None,
                }
                rest = &rest[at + 2..];
            }
            out.push_str(rest);
            Text(out)
        }
        _ => return None,
    })
}
