//! What a test asserts, and how strongly.
//!
//! Strength: 5 exact equality, exact exception with message, snapshot · 4 approximate or ordered · 3 contains, pattern,
//! inequality, any exception of a type · 2 type, length, presence · 1 truth, "was called" · 0 always holds.

use std::collections::BTreeSet;

use crate::source::Node;

use super::super::Assertion;
use crate::source::{Document, Language};

/// The assertions of a test body in source order; those that can never run are left out.
pub(super) fn of(document: &Document, body: Node<'_>) -> Vec<Assertion> {
    let mut found = Vec::new();
    walk(body, |node| {
        if is_dead(document, node) {
            return false;
        }
        match assertion(document, node) {
            Some(assertion) => {
                found.push(assertion);
                false
            }
            None => true,
        }
    });
    found
}

/// The last names of everything that a test calls.
pub(super) fn calls(document: &Document, body: Node<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    walk(body, |node| {
        let callee = match node.kind() {
            "call" | "call_expression" => node.child_by_field_name("function"),
            "method_invocation" => node.child_by_field_name("name"),
            "object_creation_expression" => node.child_by_field_name("type"),
            "macro_invocation" => {
                // Arguments of macros are tokens: a name before a parenthesis is a call.
                let text = text(document, node);
                for (at, _) in text.match_indices('(') {
                    let name: String = text[..at]
                        .chars()
                        .rev()
                        .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                        .collect::<Vec<_>>()
                        .into_iter()
                        .rev()
                        .collect();
                    if !name.is_empty() {
                        names.insert(name);
                    }
                }
                None
            }
            _ => None,
        };
        if let Some(callee) = callee {
            let last = text(document, callee).rsplit(['.', ':']).next().unwrap_or_default();
            // Assertions of the framework are no calls of the test's own.
            if !last.is_empty()
                && named(last).is_none()
                && last.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
            {
                names.insert(last.to_owned());
            }
        }
        true
    });
    names
}

/// Visits nodes in source order; children only where the visitor says so.
fn walk<'tree>(root: Node<'tree>, mut visit: impl FnMut(Node<'tree>) -> bool) {
    let mut cursor = root.walk();
    loop {
        if visit(cursor.node()) && cursor.goto_first_child() {
            continue;
        }
        loop {
            if cursor.node().id() == root.id() {
                return;
            }
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

fn text<'a>(document: &'a Document, node: Node<'_>) -> &'a str {
    document.text.get(node.byte_range()).unwrap_or_default()
}

/// `if False:` and its kin.
fn is_dead(document: &Document, node: Node<'_>) -> bool {
    matches!(node.kind(), "if_statement" | "if_expression")
        && node.child_by_field_name("condition").is_some_and(|condition| {
            matches!(text(document, condition).trim_matches(['(', ')', ' ']), "False" | "false" | "0")
        })
}

fn assertion(document: &Document, node: Node<'_>) -> Option<Assertion> {
    let whole = fold(text(document, node));
    let (subject, strength) = match (document.language, node.kind()) {
        (Language::Python, "assert_statement") => {
            let condition = node.named_child(0).map(|child| fold(text(document, child)))?;
            condition_strength(&condition)
        }
        (Language::Python, "call") => python_call(document, node)?,
        (Language::Rust, "macro_invocation") => rust_macro(document, node)?,
        (Language::JavaScript | Language::TypeScript | Language::Tsx, "call_expression") => {
            javascript(document, node)?
        }
        (Language::Go, "call_expression") => named_call(document, node, "function")?,
        (Language::Go, "if_statement") => go_if(document, node)?,
        (Language::Java, "method_invocation") => java(document, node)?,
        _ => return None,
    };
    Some(Assertion { subject, strength, text: whole })
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Subject and strength of a boolean expression.
fn condition_strength(condition: &str) -> (String, u8) {
    let condition = condition.trim();
    let lower = condition.to_ascii_lowercase();
    if matches!(lower.as_str(), "true" | "1" | "!false" | "not false") {
        return (condition.to_owned(), 0);
    }
    for (operator, strength) in [
        (" is not None", 2),
        (" !== undefined", 2),
        (" != null", 2),
        (" != nil", 2),
        (" === ", 5),
        (" == ", 5),
        (" is ", 5),
        (" not in ", 3),
        (" in ", 3),
        (" !== ", 3),
        (" != ", 3),
        (" >= ", 4),
        (" <= ", 4),
        (" > ", 4),
        (" < ", 4),
    ] {
        let Some((left, right)) = condition.split_once(operator) else { continue };
        let (left, right) = (left.trim(), right.trim());
        let strength = match () {
            () if strength == 5 && left == right => 0,
            () if right.contains("approx(") => 4,
            () if strength == 5 && (left.starts_with("len(") || left.ends_with(".length")) => 4,
            () if strength == 5 && left.starts_with("type(") => 2,
            () => strength,
        };
        return (left.to_owned(), strength);
    }
    let strength =
        if ["isinstance(", "hasattr(", ".is_some()", ".is_ok()", ".is_none()", ".is_err()", ".is_empty()"]
            .iter()
            .any(|part| condition.contains(part))
        {
            2
        } else if [
            "matches!(",
            ".contains(",
            ".starts_with(",
            ".ends_with(",
            ".startswith(",
            ".endswith(",
            ".includes(",
            "re.match(",
            "re.search(",
        ]
        .iter()
        .any(|part| condition.contains(part))
        {
            3
        } else {
            1
        };
    (condition.trim_start_matches("not ").trim_start_matches('!').to_owned(), strength)
}

fn python_call(document: &Document, node: Node<'_>) -> Option<(String, u8)> {
    let callee = node.child_by_field_name("function")?;
    let name = text(document, callee).rsplit('.').next().unwrap_or_default();
    let arguments =
        node.child_by_field_name("arguments").map(|list| fold(text(document, list))).unwrap_or_default();
    if name == "raises" || name == "assertRaises" || name == "assertRaisesRegex" || name == "warns" {
        let broad = arguments.contains("(Exception") || arguments.contains("BaseException");
        let exact = name.ends_with("Regex") || arguments.contains("match");
        return Some((
            "raises".to_owned(),
            if exact {
                5
            } else if broad {
                1
            } else {
                3
            },
        ));
    }
    named(name).map(|strength| (first_argument(document, node), weighed(&arguments, strength)))
}

/// Strength of an assertion function by its name, in any language.
fn named(name: &str) -> Option<u8> {
    let lower = name.to_ascii_lowercase();
    let strength = match lower.trim_start_matches("debug_") {
        "assertequal"
        | "assertequals"
        | "assert_equal"
        | "assertlistequal"
        | "assertdictequal"
        | "assertsetequal"
        | "assertcountequal"
        | "assertmultilineequal"
        | "assertis"
        | "assert_array_equal"
        | "assert_frame_equal"
        | "equal"
        | "strictequal"
        | "deepequal"
        | "deepstrictequal"
        | "equalvalues"
        | "jsoneq"
        | "exactly"
        | "same"
        | "assert_called_once_with"
        | "assert_called_with"
        | "assertarrayequals"
        | "assertsame"
        | "equalerror"
        | "isequalto"
        | "containsexactly"
        | "assertiterableequals"
        | "elementsmatch" => 5,
        "assertalmostequal"
        | "assert_allclose"
        | "assert_almost_equal"
        | "assertgreater"
        | "assertgreaterequal"
        | "assertless"
        | "assertlessequal"
        | "indelta"
        | "inepsilon"
        | "greater"
        | "less"
        | "greaterorequal"
        | "lessorequal"
        | "iscloseto"
        | "isgreaterthan"
        | "islessthan"
        | "len"
        | "hassize" => 4,
        "assertin" | "assertnotin" | "assertregex" | "assertcontains" | "contains" | "notcontains"
        | "match" | "regexp" | "assertnotequal" | "assertnotequals" | "notequal" | "errorcontains"
        | "erroris" | "erroras" | "assertthrows" | "throws" | "rejects" | "isnotequalto" | "subset"
        | "assertraises" | "panics" => 3,
        "assertisinstance" | "assertisnone" | "assertisnotnone" | "assertnotnull" | "assertnull" | "nil"
        | "notnil" | "noerror" | "error" | "empty" | "notempty" | "isnotnull" | "isnull" | "isinstanceof"
        | "istype" | "assert_called_once" | "isempty" | "isnotempty" | "implements" => 2,
        "asserttrue" | "assertfalse" | "true" | "false" | "ok" | "assert_called" | "istrue" | "isfalse"
        | "zero" | "notzero" | "assert_not_called" | "assertdoesnotthrow" | "doesnotthrow" => 1,
        _ => return None,
    };
    Some(strength)
}

/// The strength of an assertion that compares these arguments. One about a literal truth holds always, and what equals
/// `null` or `true` is said as well by the assertion made for it.
fn weighed(arguments: &str, strength: u8) -> u8 {
    let inner = arguments.trim().trim_start_matches('(').trim_end_matches(')').trim();
    let parts: Vec<&str> = inner.split(',').map(str::trim).collect();
    let always = matches!(inner, "True" | "true" | "1")
        || parts.len() >= 2 && parts[0] == parts[1] && !parts[0].is_empty();
    let any = |literals: &[&str]| parts.len() >= 2 && parts.iter().take(2).any(|part| literals.contains(part));
    match () {
        () if always => 0,
        () if any(&["true", "false", "True", "False"]) => strength.min(1),
        () if any(&["nil", "null", "None", "\"\"", "''"]) => strength.min(2),
        () => strength,
    }
}

fn first_argument(document: &Document, node: Node<'_>) -> String {
    node.child_by_field_name("arguments")
        .and_then(|list| list.named_child(0))
        .map(|first| fold(text(document, first)))
        .unwrap_or_default()
}

fn rust_macro(document: &Document, node: Node<'_>) -> Option<(String, u8)> {
    let name = node.child_by_field_name("macro").map(|name| text(document, name))?;
    let name = name.rsplit("::").next().unwrap_or_default();
    let whole = text(document, node);
    let inner =
        whole.find(['(', '[', '{']).map_or("", |at| whole.get(at + 1..whole.len() - 1).unwrap_or_default());
    let inner = fold(inner);
    let parts = top_level(&inner);
    let first = parts.first().copied().unwrap_or_default().trim().to_owned();
    match name {
        "assert_eq" | "debug_assert_eq" => {
            let same = parts.len() >= 2 && parts[0].trim() == parts[1].trim();
            Some((first, if same { 0 } else { 5 }))
        }
        "assert_ne" | "debug_assert_ne" => Some((first, 3)),
        "assert" | "debug_assert" => Some(condition_strength(&first)),
        "assert_matches" | "assert_matches2" => Some((first, 3)),
        _ if name.starts_with("assert_") && name.ends_with("snapshot") => Some((first, 5)),
        _ => None,
    }
}

/// Divides at commas that stand in no bracket or string.
fn top_level(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut quoted, mut escaped) = (0i32, 0, false, false);
    let mut parts = Vec::new();
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `expect(x).not.toBe(y)`, `assert.equal(x, y)`, `expect(x).to.equal(y)`.
fn javascript(document: &Document, node: Node<'_>) -> Option<(String, u8)> {
    let function = node.child_by_field_name("function")?;
    let callee = fold(text(document, function));
    let name = callee.rsplit('.').next().unwrap_or_default();
    let arguments =
        node.child_by_field_name("arguments").map(|list| fold(text(document, list))).unwrap_or_default();
    if let Some(rest) = callee.strip_prefix("expect(") {
        let subject = rest.split(").").next().unwrap_or_default().to_owned();
        let strength = match name {
            "toBe"
            | "toEqual"
            | "toStrictEqual"
            | "toMatchSnapshot"
            | "toMatchInlineSnapshot"
            | "toHaveBeenCalledWith"
            | "toHaveBeenLastCalledWith"
            | "toHaveBeenCalledExactlyOnceWith"
            | "equal"
            | "eql"
            | "equals"
            | "toHaveText"
            | "toBeNull"
            | "toBeUndefined"
            | "toHaveReturnedWith" => 5,
            "toBeCloseTo"
            | "toBeGreaterThan"
            | "toBeGreaterThanOrEqual"
            | "toBeLessThan"
            | "toBeLessThanOrEqual"
            | "toHaveBeenCalledTimes"
            | "toHaveLength"
            | "toHaveCount"
            | "above"
            | "below" => 4,
            "toContain" | "toContainEqual" | "toMatch" | "toMatchObject" | "toHaveProperty"
            | "toContainText" | "include" | "match" | "throw" => 3,
            "toThrow" | "toThrowError" if arguments.len() > 2 => 5,
            "toThrow" | "toThrowError" => 3,
            "toBeDefined" | "toBeInstanceOf" | "toBeTypeOf" | "toBeVisible" | "toBeInTheDocument"
            | "instanceOf" | "a" | "an" => 2,
            "toBeTruthy" | "toBeFalsy" | "toHaveBeenCalled" | "toBeCalled" | "toBeNaN" => 1,
            _ => return None,
        };
        let always = matches!(subject.as_str(), "true" | "1")
            || arguments.trim_matches(['(', ')']) == subject && !subject.is_empty();
        return Some((subject, if always { 0 } else { strength }));
    }
    let first = first_argument(document, node);
    match callee.as_str() {
        "assert" | "assert.ok" | "assert.isTrue" => Some(condition_strength(&first)),
        _ if callee.starts_with("assert.") => {
            named(name).map(|strength| (first, weighed(&arguments, strength)))
        }
        _ => None,
    }
}

/// `assert.Equal(t, …)`, `require.NoError(t, …)`.
fn named_call(document: &Document, node: Node<'_>, field: &str) -> Option<(String, u8)> {
    let callee = node.child_by_field_name(field).map(|callee| text(document, callee))?;
    let (package, name) = callee.rsplit_once('.')?;
    if !matches!(package, "assert" | "require" | "is" | "qt" | "c") {
        return None;
    }
    let strength = named(name.trim_end_matches('f'))?;
    let arguments: Vec<String> = node
        .child_by_field_name("arguments")
        .map(|list| list.named_children().collect::<Vec<_>>())
        .unwrap_or_default()
        .iter()
        .map(|argument| fold(text(document, *argument)))
        .filter(|argument| argument != "t")
        .collect();
    // The expected value comes first, so the last compared one is the subject.
    let subject = arguments.get(1).or(arguments.first()).cloned().unwrap_or_default();
    Some((subject, weighed(&arguments.join(","), strength)))
}

/// `if got != want { t.Errorf(…) }`.
fn go_if(document: &Document, node: Node<'_>) -> Option<(String, u8)> {
    let body = node.child_by_field_name("consequence").map(|body| text(document, body))?;
    if ![".Error(", ".Errorf(", ".Fatal(", ".Fatalf(", ".Fail(", ".FailNow("]
        .iter()
        .any(|call| body.contains(call))
    {
        return None;
    }
    let condition = node.child_by_field_name("condition").map(|condition| fold(text(document, condition)))?;
    let left = |operator: &str| condition.split(operator).next().unwrap_or_default().trim().to_owned();
    Some(if condition == "false" {
        (condition, 0)
    } else if condition.contains("!= nil") {
        (left("!= nil"), 2)
    } else if condition.contains("== nil") {
        (left("== nil"), 2)
    } else if condition.contains(" != ") {
        (left(" != "), 5)
    } else if condition.contains("DeepEqual(") || condition.contains(".Equal(") || condition.contains("Diff(") {
        (condition, 5)
    } else if condition.contains(" < ") || condition.contains(" > ") || condition.contains("= ") {
        (condition, 4)
    } else if condition.contains("Contains(") || condition.contains("HasPrefix(") {
        (condition, 3)
    } else {
        (condition, 1)
    })
}

fn java(document: &Document, node: Node<'_>) -> Option<(String, u8)> {
    let name = node.child_by_field_name("name").map(|name| text(document, name))?;
    let arguments =
        node.child_by_field_name("arguments").map(|list| fold(text(document, list))).unwrap_or_default();
    let whole = fold(text(document, node));
    if let Some(rest) =
        whole.strip_prefix("assertThat(").or_else(|| whole.strip_prefix("Assertions.assertThat("))
    {
        let subject = rest.split(").").next().unwrap_or_default().to_owned();
        // `hasSize(0)` and `isEmpty()` say the same.
        let empty = arguments == "(0)";
        return named(name).map(|strength| (subject, if empty { strength.min(2) } else { strength }));
    }
    if name == "verify" {
        let weak = arguments.contains("atLeast(0)");
        return Some((first_argument(document, node), if weak { 0 } else { 3 }));
    }
    if !name.starts_with("assert") {
        return None;
    }
    let strength = weighed(&arguments, named(name)?);
    let list = node.child_by_field_name("arguments")?;
    // JUnit writes the expected value first.
    let subject = list.named_child(1).or_else(|| list.named_child(0)).map(|node| fold(text(document, node)));
    Some((subject.unwrap_or_default(), strength))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_have_their_strength() {
        for (condition, subject, strength) in [
            ("x == 5", "x", 5),
            ("x == x", "x", 0),
            ("True", "True", 0),
            ("x is not None", "x", 2),
            ("len(x) == 3", "len(x)", 4),
            ("a in b", "a", 3),
            ("ready", "ready", 1),
            ("isinstance(x, int)", "isinstance(x, int)", 2),
        ] {
            assert_eq!(condition_strength(condition), (subject.to_owned(), strength), "{condition}");
        }
    }

    #[test]
    fn what_equals_nothing_is_as_strong_as_the_assertion_for_it() {
        for (arguments, strength) in
            [("(a, b)", 5), ("(a, a)", 0), ("(\"\", b)", 2), ("(null, b)", 2), ("(b, True)", 1), ("(true)", 0)]
        {
            assert_eq!(weighed(arguments, 5), strength, "{arguments}");
        }
    }

    #[test]
    fn commas_in_brackets_divide_nothing() {
        assert_eq!(top_level("f(a, b), \"x, y\", 3"), ["f(a, b)", " \"x, y\"", " 3"]);
    }
}
