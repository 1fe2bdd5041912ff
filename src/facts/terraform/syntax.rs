//! Reads the tree of an HCL text as blocks, attributes and expressions.

use std::ops::Range;

use crate::source::Node as TreeNode;

use super::expression::{Entry, Expression, Key, Node, Piece, Step};

/// Expressions and blocks deeper than this stay opaque; nobody writes them, and recursion must end.
const DEEPEST: u32 = 120;

/// The content of a file or block, in source order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Body {
    pub attributes: Vec<Assignment>,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Assignment {
    pub name: String,
    pub value: Node,
    /// Byte offsets of name and value together.
    pub span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub kind: String,
    pub labels: Vec<String>,
    pub body: Body,
    pub span: Range<usize>,
}

impl Body {
    pub(super) fn attribute(&self, name: &str) -> Option<&Assignment> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

/// Reads a tree of the HCL grammar.
pub(super) fn read(text: &str, tree: &crate::source::Tree) -> Body {
    let reader = Reader { text };
    let root = tree.root_node();
    let mut whole = Body::default();
    for child in root.named_children().filter(|child| child.kind() == "body") {
        let body = reader.body(child, 0);
        whole.attributes.extend(body.attributes);
        whole.blocks.extend(body.blocks);
    }
    whole
}

/// Reads a text that is one expression.
pub(super) fn read_expression(text: &str) -> Option<Node> {
    let whole = format!("x = {text}\n");
    let tree = crate::source::parse(&whole, crate::source::Language::Hcl).ok()??;
    if tree.root_node().has_error() {
        return None;
    }
    let body = read(&whole, &tree);
    body.attributes.into_iter().next().map(|attribute| attribute.value)
}

struct Reader<'a> {
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn slice(&self, node: TreeNode<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn body(&self, node: TreeNode<'_>, depth: u32) -> Body {
        let mut body = Body::default();
        if depth > DEEPEST {
            return body;
        }
        for child in node.named_children() {
            match child.kind() {
                "attribute" => body.attributes.extend(self.assignment(child, depth)),
                "block" => body.blocks.push(self.block(child, depth)),
                _ => {}
            }
        }
        body
    }

    fn assignment(&self, node: TreeNode<'_>, depth: u32) -> Option<Assignment> {
        let mut name = None;
        let mut value = None;
        for child in node.named_children() {
            match child.kind() {
                "identifier" if name.is_none() => name = Some(self.slice(child).to_owned()),
                "expression" => value = Some(self.expression(child, depth + 1)),
                _ => {}
            }
        }
        Some(Assignment { name: name?, value: value?, span: node.byte_range() })
    }

    fn block(&self, node: TreeNode<'_>, depth: u32) -> Block {
        let mut block =
            Block { kind: String::new(), labels: Vec::new(), body: Body::default(), span: node.byte_range() };
        for child in node.named_children() {
            match child.kind() {
                "identifier" if block.kind.is_empty() => block.kind = self.slice(child).to_owned(),
                "identifier" => block.labels.push(self.slice(child).to_owned()),
                "string_lit" => block.labels.push(unescape(self.slice(child).trim_matches('"'))),
                "body" => block.body = self.body(child, depth + 1),
                _ => {}
            }
        }
        block
    }

    /// Reads an `expression` node or any node that stands for a term.
    fn expression(&self, node: TreeNode<'_>, depth: u32) -> Node {
        if depth > DEEPEST {
            return self.opaque(node);
        }
        let children = children(node);
        let read = match node.kind() {
            "expression" => return self.terms(&children, depth).unwrap_or_else(|| self.opaque(node)),
            "literal_value" | "template_expr" | "collection_value" | "operation" => match children.as_slice() {
                [only] => return self.expression(*only, depth + 1),
                _ => None,
            },
            "numeric_lit" => number(self.slice(node)).map(Expression::Number),
            "bool_lit" => Some(Expression::Bool(self.slice(node) == "true")),
            "null_lit" => Some(Expression::Null),
            "string_lit" | "quoted_template" => Some(self.template(&children, true, depth)),
            "heredoc_template" => Some(self.heredoc(node, &children, depth)),
            "tuple" => {
                let items = children.iter().filter(|child| child.kind() == "expression");
                Some(Expression::List(items.map(|item| self.expression(*item, depth + 1)).collect()))
            }
            "object" => Some(Expression::Object(
                children
                    .iter()
                    .filter(|child| child.kind() == "object_elem")
                    .filter_map(|element| self.entry(*element, depth))
                    .collect(),
            )),
            "variable_expr" => Some(Expression::Reference(self.slice(node).to_owned(), Vec::new())),
            "function_call" => self.call(node, depth),
            "conditional" => {
                let parts: Vec<Node> = children
                    .iter()
                    .filter(|child| child.kind() == "expression")
                    .map(|child| self.expression(*child, depth + 1))
                    .collect();
                <[Node; 3]>::try_from(parts).ok().map(|parts| Expression::Conditional(Box::new(parts)))
            }
            "binary_operation" => self.binary(node, depth),
            "unary_operation" => {
                let operator = self.slice(node).chars().next().map(String::from).unwrap_or_default();
                self.terms(&children, depth).map(|operand| match (&operator[..], &operand.kind) {
                    ("-", Expression::Number(value)) => Expression::Number(-value),
                    _ => Expression::Unary(operator, Box::new(operand)),
                })
            }
            _ => None,
        };
        match read {
            Some(kind) => Node::new(node.byte_range(), kind),
            None => self.opaque(node),
        }
    }

    /// A term with what follows it: `.name`, `[index]`, `[*]`.
    fn terms(&self, nodes: &[TreeNode<'_>], depth: u32) -> Option<Node> {
        let (first, rest) = nodes.split_first()?;
        let head = self.expression(*first, depth + 1);
        if rest.is_empty() {
            return Some(head);
        }
        let span = first.start_byte()..nodes.last()?.end_byte();
        let Expression::Reference(root, mut steps) = head.kind else {
            let text = nodes.iter().map(|node| self.tokens(*node)).collect::<String>();
            return Some(Node::new(span, Expression::Opaque(text)));
        };
        for node in rest {
            self.steps(*node, &mut steps, depth)?;
        }
        Some(Node::new(span, Expression::Reference(root, steps)))
    }

    fn steps(&self, node: TreeNode<'_>, steps: &mut Vec<Step>, depth: u32) -> Option<()> {
        match node.kind() {
            "get_attr" => steps.push(Step::Name(self.slice(node).trim_start_matches('.').trim().to_owned())),
            "index" | "new_index" => {
                let inner = children(node);
                match inner.first() {
                    Some(inner) if inner.kind() == "expression" => {
                        steps.push(Step::Index(Box::new(self.expression(*inner, depth + 1))));
                    }
                    Some(inner) => self.steps(*inner, steps, depth)?,
                    None => return None,
                }
            }
            "legacy_index" => {
                let value = number(self.slice(node).trim_start_matches('.'))?;
                steps.push(Step::Index(Box::new(Node::new(node.byte_range(), Expression::Number(value)))));
            }
            "splat" | "attr_splat" | "full_splat" => {
                if node.kind() != "splat" {
                    steps.push(Step::Splat);
                }
                for child in children(node) {
                    self.steps(child, steps, depth)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn entry(&self, node: TreeNode<'_>, depth: u32) -> Option<Entry> {
        let parts: Vec<TreeNode<'_>> =
            children(node).into_iter().filter(|child| child.kind() == "expression").collect();
        let [key, value] = parts.as_slice() else { return None };
        let key = self.expression(*key, depth + 1);
        let key = match &key.kind {
            Expression::Text(text) => Key::Name(text.clone()),
            Expression::Reference(root, steps) if steps.is_empty() => Key::Name(root.clone()),
            Expression::Number(_) | Expression::Bool(_) => Key::Name(key.source()),
            _ => Key::Computed(key.source()),
        };
        Some(Entry { span: node.byte_range(), key, value: self.expression(*value, depth + 1) })
    }

    fn call(&self, node: TreeNode<'_>, depth: u32) -> Option<Expression> {
        let mut name = None;
        let mut arguments = Vec::new();
        for child in children(node) {
            match child.kind() {
                "identifier" => name = Some(self.slice(child).to_owned()),
                "function_arguments" => {
                    for argument in children(child) {
                        match argument.kind() {
                            "expression" => arguments.push(self.expression(argument, depth + 1)),
                            "ellipsis" => return None,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Some(Expression::Call(name?, arguments))
    }

    fn binary(&self, node: TreeNode<'_>, depth: u32) -> Option<Expression> {
        let all: Vec<TreeNode<'_>> = node.children().filter(|child| child.kind() != "comment").collect();
        let at = all.iter().position(|child| {
            matches!(
                child.kind(),
                "*" | "/" | "%" | "+" | "-" | ">" | ">=" | "<" | "<=" | "==" | "!=" | "&&" | "||"
            )
        })?;
        let operator = all[at].kind().to_owned();
        // Brackets are anonymous children of the operation.
        let left: Vec<TreeNode<'_>> = all[..at].iter().filter(|child| child.is_named()).copied().collect();
        let right: Vec<TreeNode<'_>> = all[at + 1..].iter().filter(|child| child.is_named()).copied().collect();
        let (left, right) = (self.terms(&left, depth)?, self.terms(&right, depth)?);
        Some(Expression::Binary(operator, Box::new([left, right])))
    }

    /// A quoted string or the inside of a heredoc.
    fn template(&self, nodes: &[TreeNode<'_>], escapes: bool, depth: u32) -> Expression {
        let mut pieces: Vec<Piece> = Vec::new();
        for node in nodes {
            match node.kind() {
                "template_literal" => {
                    let raw = self.slice(*node);
                    let text = if escapes { unescape(raw) } else { raw.to_owned() };
                    match pieces.last_mut() {
                        Some(Piece::Text(last)) => last.push_str(&text),
                        _ => pieces.push(Piece::Text(text)),
                    }
                }
                "template_interpolation" => {
                    let inner = children(*node).into_iter().find(|child| child.kind() == "expression");
                    let hole = match inner {
                        Some(inner) => self.expression(inner, depth + 1),
                        None => self.opaque(*node),
                    };
                    match (hole.as_text(), pieces.last_mut()) {
                        (Some(text), Some(Piece::Text(last))) => last.push_str(text),
                        (Some(text), _) => pieces.push(Piece::Text(text.to_owned())),
                        _ => pieces.push(Piece::Hole(hole)),
                    }
                }
                "template_directive" => pieces.push(Piece::Hole(self.opaque(*node))),
                _ => {}
            }
        }
        join(pieces)
    }

    fn heredoc(&self, node: TreeNode<'_>, nodes: &[TreeNode<'_>], depth: u32) -> Expression {
        let mut template = self.template(nodes, false, depth);
        // The line break after the opening word is no content.
        if let Some(first) = match &mut template {
            Expression::Text(text) => Some(text),
            Expression::Template(pieces) => match pieces.first_mut() {
                Some(Piece::Text(text)) => Some(text),
                _ => None,
            },
            _ => None,
        } {
            let rest = first.trim_start_matches([' ', '\t', '\r']).strip_prefix('\n').map(str::to_owned);
            if let Some(rest) = rest {
                *first = rest;
            }
        }
        if self.slice(node).starts_with("<<-") { without_indent(template) } else { template }
    }

    fn opaque(&self, node: TreeNode<'_>) -> Node {
        Node::new(node.byte_range(), Expression::Opaque(self.tokens(node)))
    }

    /// The tokens of a node with single blanks where words would run together.
    fn tokens(&self, node: TreeNode<'_>) -> String {
        let mut out = String::new();
        let mut cursor = node.walk();
        loop {
            let here = cursor.node();
            let verbatim = matches!(here.kind(), "template_literal" | "comment") || here.is_leaf();
            if verbatim {
                if here.kind() != "comment" {
                    push_token(&mut out, self.slice(here));
                }
            } else if cursor.goto_first_child() {
                continue;
            }
            loop {
                if cursor.node() == node {
                    return out;
                }
                if cursor.goto_next_sibling() {
                    break;
                }
                if !cursor.goto_parent() {
                    return out;
                }
            }
        }
    }
}

/// Named children without comments.
fn children<'tree>(node: TreeNode<'tree>) -> Vec<TreeNode<'tree>> {
    node.named_children().filter(|child| child.kind() != "comment").collect()
}

fn push_token(out: &mut String, token: &str) {
    let token = token.trim();
    if token.is_empty() {
        return;
    }
    if matches!(token, ")" | "]" | "}") && out.ends_with(", ") {
        out.truncate(out.len() - 2);
    }
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let touching = out.chars().next_back().is_some_and(word) && token.chars().next().is_some_and(word);
    let spaced = matches!(
        token,
        "?" | "=>" | "=" | "==" | "!=" | "&&" | "||" | "<" | ">" | "<=" | ">=" | "+" | "*" | "/" | "%" | ":"
    );
    if (touching || spaced) && !out.ends_with(' ') {
        out.push(' ');
    }
    out.push_str(token);
    if spaced || token == "," {
        out.push(' ');
    }
}

fn number(text: &str) -> Option<f64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(|value| value as f64),
        None => text.parse().ok(),
    }
}

/// A template of one text is that text; of one hole, what stands in it.
pub(super) fn join(mut pieces: Vec<Piece>) -> Expression {
    match pieces.as_mut_slice() {
        [] => Expression::Text(String::new()),
        [Piece::Text(text)] => Expression::Text(std::mem::take(text)),
        [Piece::Hole(node)] => std::mem::replace(&mut node.kind, Expression::Null),
        _ => Expression::Template(pieces),
    }
}

/// `<<-` takes the smallest indentation of all lines away.
fn without_indent(template: Expression) -> Expression {
    let least = |text: &str, starts_line: bool| -> Option<usize> {
        let mut lines = text.split('\n');
        if !starts_line {
            lines.next();
        }
        lines
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
            .min()
    };
    let strip = |text: &str, starts_line: bool, width: usize| -> String {
        let mut out = String::with_capacity(text.len());
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                out.push('\n');
            }
            let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
            let cut = if index > 0 || starts_line { blanks.min(width) } else { 0 };
            out.push_str(&line[cut..]);
        }
        out
    };
    match template {
        Expression::Text(text) => {
            let width = least(&text, true).unwrap_or(0);
            Expression::Text(strip(&text, true, width))
        }
        Expression::Template(mut pieces) => {
            let width = pieces
                .iter()
                .enumerate()
                .filter_map(|(index, piece)| match piece {
                    Piece::Text(text) => least(text, index == 0),
                    Piece::Hole(_) => None,
                })
                .min()
                .unwrap_or(0);
            for (index, piece) in pieces.iter_mut().enumerate() {
                if let Piece::Text(text) = piece {
                    *text = strip(text, index == 0, width);
                }
            }
            Expression::Template(pieces)
        }
        other => other,
    }
}

/// The escapes of quoted strings; `$${` stands for `${`.
pub(super) fn unescape(text: &str) -> String {
    if !text.contains(['\\', '$', '%']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some(kind @ ('u' | 'U')) => {
                    let width = if kind == 'u' { 4 } else { 8 };
                    let digits: String = letters.by_ref().take(width).collect();
                    let code = u32::from_str_radix(&digits, 16).ok();
                    out.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
                }
                Some(other) => out.push(other),
                None => {}
            },
            '$' | '%' if letters.peek() == Some(&letter) => {
                letters.next();
                if letters.peek() != Some(&'{') {
                    out.push(letter);
                }
                out.push(letter);
            }
            other => out.push(other),
        }
    }
    out
}
