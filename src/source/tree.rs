//! A syntax tree laid out flat: where a lens walks a tree, it reads a list.
//!
//! The parser's own nodes cost a search from the root for a parent and an allocation for a walk, and a dozen readers
//! walk each tree. Here every node is an entry in one list, in the order of the text, so that the first child is the
//! next entry and a subtree is a range.

use std::ops::Range;
use std::sync::OnceLock;

use tree_sitter::Point;

use super::Language;

/// The tree of one text.
#[derive(Debug)]
pub struct Tree {
    /// What the parser starts from when the text changes, and what patterns are matched on.
    syntax: tree_sitter::Tree,
    names: &'static Names,
    entries: Vec<Entry>,
}

/// What a number of the grammar is called.
#[derive(Debug, Default)]
struct Names {
    kinds: Vec<String>,
    fields: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    end: u32,
    /// Its own index for the root.
    parent: u32,
    /// The first entry that is not below this one.
    next: u32,
    row: u32,
    column: u32,
    kind: u16,
    field: u16,
    marks: u8,
}

const NAMED: u8 = 1;
const EXTRA: u8 = 2;
const ERROR: u8 = 4;
const MISSING: u8 = 8;
const HAS_ERROR: u8 = 16;

impl Tree {
    /// Lays a tree out, or says `None` where it is deeper than `deepest` levels.
    pub(super) fn new(syntax: tree_sitter::Tree, language: Language, deepest: usize) -> Option<Self> {
        let mut entries: Vec<Entry> = Vec::with_capacity(syntax.root_node().descendant_count());
        let mut cursor = syntax.walk();
        let (mut parent, mut depth) = (0, 0);
        loop {
            let at = entries.len() as u32;
            entries.push(Entry::of(&cursor, parent, at + 1));
            if cursor.goto_first_child() {
                depth += 1;
                if depth > deepest {
                    return None;
                }
                parent = at;
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    drop(cursor);
                    return Some(Self { syntax, names: Names::of(language), entries });
                }
                depth -= 1;
                let next = entries.len() as u32;
                let whole = &mut entries[parent as usize];
                whole.next = next;
                parent = whole.parent;
            }
        }
    }

    pub fn root_node(&self) -> Node<'_> {
        Node { tree: self, at: 0 }
    }

    pub fn walk(&self) -> Cursor<'_> {
        self.root_node().walk()
    }

    /// The tree as the parser made it.
    pub fn syntax(&self) -> &tree_sitter::Tree {
        &self.syntax
    }
}

impl Entry {
    fn of(cursor: &tree_sitter::TreeCursor<'_>, parent: u32, next: u32) -> Self {
        let node = cursor.node();
        let position = node.start_position();
        let mark = |holds: bool, mark: u8| if holds { mark } else { 0 };
        Self {
            start: node.start_byte() as u32,
            end: node.end_byte() as u32,
            parent,
            next,
            row: position.row as u32,
            column: position.column as u32,
            kind: node.kind_id(),
            field: cursor.field_id().map_or(0, std::num::NonZero::get),
            marks: mark(node.is_named(), NAMED)
                | mark(node.is_extra(), EXTRA)
                | mark(node.is_error(), ERROR)
                | mark(node.is_missing(), MISSING)
                | mark(node.has_error(), HAS_ERROR),
        }
    }
}

impl Names {
    fn of(language: Language) -> &'static Self {
        static KNOWN: [OnceLock<Names>; Language::COUNT] = [const { OnceLock::new() }; Language::COUNT];
        KNOWN[language as usize].get_or_init(|| {
            let Some(grammar) = language.grammar() else { return Self::default() };
            let kinds = 0..grammar.node_kind_count() as u16;
            let fields = 0..=grammar.field_count() as u16;
            Self {
                kinds: kinds.map(|id| grammar.node_kind_for_id(id).unwrap_or_default().to_owned()).collect(),
                fields: fields.map(|id| grammar.field_name_for_id(id).unwrap_or_default().to_owned()).collect(),
            }
        })
    }
}

/// A node of a tree.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    at: u32,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at && std::ptr::eq(self.tree, other.tree)
    }
}

impl Eq for Node<'_> {}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {:?}", self.kind(), self.byte_range())
    }
}

impl<'t> Node<'t> {
    fn entry(&self) -> &'t Entry {
        &self.tree.entries[self.at as usize]
    }

    fn is(&self, mark: u8) -> bool {
        self.entry().marks & mark != 0
    }

    fn other(&self, at: u32) -> Self {
        Self { tree: self.tree, at }
    }

    /// What tells it from every other node of its tree.
    pub fn id(&self) -> usize {
        self.at as usize
    }

    pub fn kind(&self) -> &'static str {
        self.tree.names.kinds.get(usize::from(self.entry().kind)).map_or("ERROR", String::as_str)
    }

    pub fn kind_id(&self) -> u16 {
        self.entry().kind
    }

    pub fn start_byte(&self) -> usize {
        self.entry().start as usize
    }

    pub fn end_byte(&self) -> usize {
        self.entry().end as usize
    }

    pub fn byte_range(&self) -> Range<usize> {
        self.start_byte()..self.end_byte()
    }

    /// Line and column in bytes, both from 0.
    pub fn start_position(&self) -> Point {
        Point { row: self.entry().row as usize, column: self.entry().column as usize }
    }

    pub fn is_named(&self) -> bool {
        self.is(NAMED)
    }

    /// What may stand anywhere, such as a comment.
    pub fn is_extra(&self) -> bool {
        self.is(EXTRA)
    }

    pub fn is_error(&self) -> bool {
        self.is(ERROR)
    }

    /// What the parser put in to go on.
    pub fn is_missing(&self) -> bool {
        self.is(MISSING)
    }

    /// Whether there is an error in it or below.
    pub fn has_error(&self) -> bool {
        self.is(HAS_ERROR)
    }

    pub fn is_leaf(&self) -> bool {
        self.entry().next == self.at + 1
    }

    pub fn parent(&self) -> Option<Self> {
        (self.at != 0).then(|| self.other(self.entry().parent))
    }

    pub fn children(&self) -> Children<'t> {
        Children { tree: self.tree, at: self.at + 1, end: self.entry().next }
    }

    pub fn named_children(&self) -> impl Iterator<Item = Self> + use<'t> {
        self.children().filter(Self::is_named)
    }

    pub fn child(&self, index: usize) -> Option<Self> {
        self.children().nth(index)
    }

    pub fn named_child(&self, index: usize) -> Option<Self> {
        self.named_children().nth(index)
    }

    pub fn named_child_count(&self) -> usize {
        self.named_children().count()
    }

    /// The first child that stands in a field of the grammar.
    pub fn child_by_field_name(&self, name: &str) -> Option<Self> {
        self.children().find(|child| child.field_name() == Some(name))
    }

    /// The field of its parent in which it stands.
    pub fn field_name(&self) -> Option<&'static str> {
        match self.entry().field {
            0 => None,
            field => self.tree.names.fields.get(usize::from(field)).map(String::as_str),
        }
    }

    pub fn next_sibling(&self) -> Option<Self> {
        let parent = self.parent()?;
        let next = self.entry().next;
        (next < parent.entry().next).then(|| self.other(next))
    }

    pub fn next_named_sibling(&self) -> Option<Self> {
        std::iter::successors(self.next_sibling(), Self::next_sibling).find(Self::is_named)
    }

    pub fn prev_sibling(&self) -> Option<Self> {
        let parent = self.parent()?;
        // The entry before is the last one below the sibling before, or the parent.
        let mut before = self.other(self.at - 1);
        while before != parent {
            let above = before.parent()?;
            if above == parent {
                return Some(before);
            }
            before = above;
        }
        None
    }

    /// The smallest node around a range of bytes.
    pub fn descendant_for_byte_range(&self, start: usize, end: usize) -> Option<Self> {
        if start > end {
            return None;
        }
        let mut node = *self;
        let holds =
            |child: &Self| child.start_byte() <= start && child.end_byte() >= end && child.end_byte() > start;
        while let Some(child) = node.children().find(holds) {
            node = child;
        }
        Some(node)
    }

    /// This node and everything below, in the order of the text.
    pub fn walk(&self) -> Cursor<'t> {
        Cursor { root: self.at, node: *self }
    }
}

/// The children of a node.
#[derive(Clone)]
pub struct Children<'t> {
    tree: &'t Tree,
    at: u32,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let node = Node { tree: self.tree, at: self.at };
        self.at = node.entry().next;
        Some(node)
    }
}

/// A place in a tree that moves, never out of the node where it began.
#[derive(Clone)]
pub struct Cursor<'t> {
    root: u32,
    node: Node<'t>,
}

impl<'t> Cursor<'t> {
    pub fn node(&self) -> Node<'t> {
        self.node
    }

    pub fn goto_first_child(&mut self) -> bool {
        let inner = !self.node.is_leaf();
        self.node.at += u32::from(inner);
        inner
    }

    pub fn goto_next_sibling(&mut self) -> bool {
        let next = self.node.next_sibling().filter(|_| self.node.at != self.root);
        self.node = next.unwrap_or(self.node);
        next.is_some()
    }

    pub fn goto_parent(&mut self) -> bool {
        let parent = self.node.parent().filter(|_| self.node.at != self.root);
        self.node = parent.unwrap_or(self.node);
        parent.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::parse;

    const TEXTS: [(Language, &str); 9] = [
        (
            Language::Python,
            "# é\n@a.b(1)\nclass A(B):\n    def f(self, x=1, *y):\n        if x > 1 and not y:\n            return f\"{x}\"\n",
        ),
        (Language::Python, "def f(:\n    return ]\n\nx = = 1\n"),
        (
            Language::Rust,
            "#[test]\nfn f<T: A>(x: &T) -> Result<()> {\n    // é\n    x.y()?.z(|a| a + 1);\n    Ok(())\n}\n",
        ),
        (
            Language::TypeScript,
            "export default class A<T> extends B {\n  @c() private d?: e = async (x) => { await f(`é ${x}`, y!); };\n}\n",
        ),
        (
            Language::Go,
            "package a\n\nfunc (s *S) f(x, y int) (int, error) {\n\tfor i := range x {\n\t\tgo g(i)\n\t}\n\treturn 1, nil\n",
        ),
        (
            Language::Java,
            "@A class B { @C(d = 1) void e(F f) throws G { if (h) { i.j(k -> l); } else throw m; } }",
        ),
        (Language::Yaml, "a: &x\n  - b: 'é'\n    c: |\n      d\n---\ne: *x\n? f\n: [g, {h: i}]\n"),
        (Language::Bash, "if [ -n \"$A\" ]; then rm -rf \"${B:-c}\" | d; fi\ncat <<E >f\né $g\nE\n"),
        (Language::Hcl, "a \"b\" {\n  c = d ? [\"${e.f[0]}é\"] : {}\n}\n"),
    ];

    /// Whatever a reader may ask, the flat tree says what the parser's tree says.
    #[test]
    fn the_flat_tree_is_the_tree() {
        for (language, text) in TEXTS {
            let tree = parse(text, language).unwrap().unwrap();
            let (flat, theirs) = (tree.root_node(), tree.syntax().root_node());
            compare(language, flat, theirs);
            for start in 0..text.len() {
                for end in start + 1..=text.len() {
                    let theirs = theirs.descendant_for_byte_range(start, end).unwrap();
                    let flat = flat.descendant_for_byte_range(start, end).unwrap();
                    assert_eq!(
                        (flat.kind(), flat.byte_range()),
                        (theirs.kind(), theirs.byte_range()),
                        "{text}"
                    );
                }
            }
        }
    }

    fn compare(language: Language, flat: Node<'_>, theirs: tree_sitter::Node<'_>) {
        type Told = (String, Range<usize>);
        fn flat_told(node: Option<Node<'_>>) -> Option<Told> {
            node.map(|node| (node.kind().to_owned(), node.byte_range()))
        }
        fn told(node: Option<tree_sitter::Node<'_>>) -> Option<Told> {
            node.map(|node| (node.kind().to_owned(), node.byte_range()))
        }
        assert_eq!(flat_told(Some(flat)), told(Some(theirs)));
        assert_eq!(flat.kind_id(), theirs.kind_id());
        assert_eq!(flat.start_position(), theirs.start_position());
        let marks = [
            flat.is_named(),
            flat.is_extra(),
            flat.is_error(),
            flat.is_missing(),
            flat.has_error(),
            flat.is_leaf(),
        ];
        let expected = [
            theirs.is_named(),
            theirs.is_extra(),
            theirs.is_error(),
            theirs.is_missing(),
            theirs.has_error(),
            theirs.child_count() == 0,
        ];
        assert_eq!(marks, expected, "{flat:?}");
        assert_eq!(flat_told(flat.parent()), told(theirs.parent()));
        assert_eq!(flat.named_child_count(), theirs.named_child_count());
        assert_eq!(flat_told(flat.named_child(1)), told(theirs.named_child(1)));
        assert_eq!(flat_told(flat.child(1)), told(theirs.child(1)));
        let grammar = language.grammar().unwrap();
        for field in (1..=grammar.field_count() as u16).filter_map(|id| grammar.field_name_for_id(id)) {
            let expected = told(theirs.child_by_field_name(field));
            assert_eq!(flat_told(flat.child_by_field_name(field)), expected, "{field} of {flat:?}");
        }
        let mut cursor = theirs.walk();
        let mut steps = flat.walk();
        let mut before = None;
        assert_eq!(flat.children().count(), theirs.child_count() as usize);
        for (child, their_child) in flat.children().zip(theirs.children(&mut cursor)) {
            assert!(if steps.node() == flat { steps.goto_first_child() } else { steps.goto_next_sibling() });
            assert_eq!(steps.node(), child);
            // The parser's tree finds siblings by bytes, and so not beside what has none.
            assert_eq!(child.prev_sibling(), before);
            assert!(before.is_none_or(|before: Node<'_>| before.next_sibling() == Some(child)));
            before = Some(child);
            compare(language, child, their_child);
        }
        assert!(!steps.goto_next_sibling());
        assert!(steps.goto_parent() != flat.is_leaf() && !steps.goto_parent());
    }
}
