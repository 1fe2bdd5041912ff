//! Languages in Terraform: commands of provisioners, scripts of machines, policies and other JSON in heredocs.

use crate::source::Node;

use super::decoded::Decoded;
use super::escapes::{Style, decode};
use super::pieces::Pieces;
use super::words;
use super::{Finder, Fragment, Language, clients};
use crate::source::scope_of;

/// Attributes that hold a script for a machine that starts.
const SCRIPTS: [&str; 10] = [
    "user_data",
    "user_data_base64",
    "custom_data",
    "startup_script",
    "startup-script",
    "metadata_startup_script",
    "shutdown-script",
    "init_script",
    "script",
    "user_data_replace",
];

pub(super) fn find(finder: &Finder<'_>) -> Vec<Fragment> {
    let Some(tree) = &finder.host.tree else { return Vec::new() };
    let mut fragments = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if finder.touched(&node.byte_range()) {
            if matches!(node.kind(), "attribute" | "object_elem")
                && let Some((name, value)) = named_value(finder, node)
                && let Some(fragment) = fragment(finder, node, name, value)
            {
                fragments.push(fragment);
            }
            if cursor.goto_first_child() {
                continue;
            }
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return fragments;
            }
        }
    }
}

/// `name = value` of a body, `name = value` or `"name": value` of a map.
fn named_value<'a, 't>(finder: &Finder<'a>, node: Node<'t>) -> Option<(&'a str, Node<'t>)> {
    if node.kind() == "object_elem" {
        let key = finder.source(node.child_by_field_name("key")?);
        return Some((key.trim_matches('"'), node.child_by_field_name("val")?));
    }
    let mut children = node.named_children().filter(|child| child.kind() != "comment");
    Some((finder.source(children.next()?), children.last()?))
}

fn fragment(finder: &Finder<'_>, node: Node<'_>, name: &str, value: Node<'_>) -> Option<Fragment> {
    let scope = || scope_of(finder.host, &node);
    let provisioner = provisioner(finder, node);
    match (name, provisioner) {
        ("command", Some("local-exec")) => {
            let language = interpreter(finder, node)?;
            let decoded = template(finder, value)?.as_script();
            return Some(Fragment { language, through: "local-exec".to_owned(), decoded, scope: scope() });
        }
        ("inline", Some("remote-exec")) => {
            let mut decoded = Decoded::default();
            for line in items(value) {
                if !decoded.text.is_empty() {
                    decoded.stand_in(line.start_byte(), "\n");
                }
                if let Some(line) = template(finder, line) {
                    decoded.append(&line.as_script());
                }
            }
            return Some(Fragment {
                language: Language::Bash,
                through: "remote-exec".to_owned(),
                decoded,
                scope: scope(),
            });
        }
        ("program", None) => {
            let words: Vec<_> = items(value)
                .into_iter()
                .filter_map(|item| Some(template(finder, item)?.into_argument()))
                .collect();
            return words::fragment(&words, "program", scope());
        }
        _ => {}
    }
    // What a function is given, `base64encode(<<-EOT …)`, is what the machine gets.
    let text = template(finder, value)?;
    let plain = text.with_holes().text;
    let start = plain.trim_start();
    let is_heredoc = plain.contains('\n');
    let language = match clients::shebang(start) {
        Some(Language::Plain) => return None,
        Some(language) => language,
        None if start.starts_with("#cloud-config") => Language::Yaml,
        None if is_heredoc && SCRIPTS.contains(&name) => Language::Bash,
        None if is_heredoc && start.starts_with(['{', '[']) => Language::Json,
        None => return None,
    };
    let decoded = match language {
        Language::Json => json(&text),
        Language::Bash => text.as_script(),
        _ => text.with_holes(),
    };
    Some(Fragment { language, through: name.to_owned(), decoded, scope: scope() })
}

/// The kind of the provisioner that holds an attribute.
fn provisioner<'a>(finder: &Finder<'a>, node: Node<'_>) -> Option<&'a str> {
    let block = block_of(node)?;
    let mut children = block.named_children();
    if finder.source(children.next()?) != "provisioner" {
        return None;
    }
    children.next().map(|label| finder.source(label).trim_matches('"'))
}

fn block_of(node: Node<'_>) -> Option<Node<'_>> {
    let body = node.parent().filter(|body| body.kind() == "body")?;
    body.parent().filter(|block| block.kind() == "block")
}

/// The language of a `local-exec`: the shell, unless `interpreter` says otherwise; `None` where it is unknown here.
fn interpreter(finder: &Finder<'_>, node: Node<'_>) -> Option<Language> {
    let body = node.parent()?;
    let given = body
        .named_children()
        .filter(|child| child.kind() == "attribute")
        .filter_map(|attribute| named_value(finder, attribute))
        .find(|(name, _)| *name == "interpreter");
    let Some((_, list)) = given else { return Some(Language::Bash) };
    let first = items(list).into_iter().next().and_then(|first| template(finder, first))?;
    let program = first.with_holes().text;
    clients::client(&program).map(|client| client.language)
}

/// The items of a list expression.
fn items(value: Node<'_>) -> Vec<Node<'_>> {
    let mut node = value;
    for _ in 0..4 {
        if node.kind() == "tuple" {
            return node.named_children().filter(|child| child.kind() == "expression").collect();
        }
        let Some(inner) = node.named_child(0) else { break };
        node = inner;
    }
    Vec::new()
}

/// The text of an expression that is a string or a heredoc, also as the argument of a function that only encodes it.
fn template(finder: &Finder<'_>, expression: Node<'_>) -> Option<Pieces> {
    let mut node = expression;
    for _ in 0..8 {
        match node.kind() {
            "string_lit" | "quoted_template" => return Some(quoted(finder, node)),
            "heredoc_template" => return Some(heredoc(finder, node)),
            "function_call" => {
                let name = node.named_child(0).map(|name| finder.source(name))?;
                if !matches!(name, "base64encode" | "base64gzip" | "trimspace" | "chomp" | "file" | "indent")
                    || name == "file"
                {
                    return None;
                }
                node =
                    node.named_children().find(|child| child.kind() == "function_arguments")?.named_child(0)?;
            }
            "expression" | "literal_value" | "template_expr" => node = node.named_child(0)?,
            _ => return None,
        }
    }
    None
}

fn quoted(finder: &Finder<'_>, node: Node<'_>) -> Pieces {
    let source = finder.source(node);
    let inside = source.strip_prefix('"').unwrap_or(source);
    let mut whole = Pieces::default();
    text(inside.strip_suffix('"').unwrap_or(inside), node.start_byte() + 1, Style::Hcl, &mut whole);
    whole
}

/// The lines between the first and the last of a heredoc; `<<-` takes the common indentation away.
fn heredoc(finder: &Finder<'_>, node: Node<'_>) -> Pieces {
    let source = finder.source(node);
    let mut whole = Pieces::default();
    let Some(first) = source.find('\n').map(|at| at + 1) else { return whole };
    let end = source.trim_end().rfind('\n').map_or(source.len(), |at| at + 1).max(first);
    let body = &source[first..end];
    let margin = if source.starts_with("<<-") {
        body.lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
            .min()
            .unwrap_or_default()
    } else {
        0
    };
    let mut offset = node.start_byte() + first;
    for line in body.split_inclusive('\n') {
        let cut = margin.min(line.len() - line.trim_start_matches([' ', '\t']).len());
        text(&line[cut..], offset + cut, Style::Raw, &mut whole);
        offset += line.len();
    }
    whole
}

/// Appends template text: `${…}` is an expression, `%{…}` nothing, `$${` and `%%{` are meant.
fn text(source: &str, host: usize, style: Style, out: &mut Pieces) {
    let mut at = 0;
    let mut from = 0;
    while let Some(found) = source.get(from..).and_then(|rest| rest.find(['$', '%'])) {
        let sign = from + found;
        let rest = &source[sign..];
        if rest.starts_with("$${") || rest.starts_with("%%{") {
            out.source(&source[at..=sign], host + at, style);
            at = sign + 2;
            from = at;
        } else if rest.starts_with("${") || rest.starts_with("%{") {
            decode(&source[at..sign], host + at, style, out.text());
            let length = closing(rest);
            let inside = rest.get(2..length.saturating_sub(1)).unwrap_or_default();
            if rest.starts_with('$') {
                out.expression(host + sign, inside.trim_matches([' ', '~']));
            }
            at = sign + length;
            from = at;
        } else {
            from = sign + 1;
        }
    }
    out.source(source.get(at..).unwrap_or_default(), host + at, style);
}

/// The length of `${…}` with the braces and quotes inside it.
fn closing(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// JSON in which an expression outside a string is a string of its own.
fn json(pieces: &Pieces) -> Decoded {
    let holes = pieces.with_holes();
    let mut out = Decoded::default();
    let (mut quoted, mut escaped, mut at) = (false, false, 0);
    let hole = crate::source::HOLE;
    for (index, letter) in holes.text.char_indices() {
        if letter == '_' && !quoted && index >= at && holes.text[index..].starts_with(hole) {
            out.append_range(&holes, at..index);
            out.stand_in(holes.origin(index), &format!("\"{hole}\""));
            at = index + hole.len();
        }
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
    }
    out.append_range(&holes, at..holes.text.len());
    out
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;

    #[test]
    fn provisioners_scripts_and_policies() {
        let text = concat!(
            "resource \"null_resource\" \"x\" {\n",
            "  provisioner \"local-exec\" {\n    command = \"rm -rf ${var.dir}/x \\\"a\\\" $${Y}\"\n  }\n",
            "  provisioner \"local-exec\" {\n    interpreter = [\"PowerShell\"]\n    command = \"Remove-Item x\"\n  }\n",
            "  provisioner \"remote-exec\" {\n    inline = [\"a\", \"b ${x}\"]\n  }\n",
            "  policy = <<EOF\n{\"a\": \"${var.x}\", \"b\": ${jsonencode({a = \"}\"})}}\nEOF\n",
            "  user_data = base64encode(<<-EOT\n    #!/bin/bash\n      rm -rf /x\n    %{ if x }a%{ endif }\n  EOT\n  )\n",
            "  metadata = {\n    startup-script = <<-EOT\n      rm q\n    EOT\n  }\n",
            "  description = \"rm -rf /\"\n}\n",
            "data \"external\" \"x\" {\n  program = [\"sh\", \"-c\", \"rm y\"]\n}\n",
        );
        assert_eq!(
            shown("a.tf", text),
            [
                "bash | local-exec | 3:16 | rm -rf ${var_dir}/x \"a\" ${Y}",
                "bash | remote-exec | 10:16 | a\nb ${x}",
                "json | policy | 13:1 | {\"a\": \"__hole__\", \"b\": \"__hole__\"}\n",
                "bash | user_data | 16:5 | #!/bin/bash\n  rm -rf /x\na\n",
                "bash | startup-script | 23:7 | rm q\n",
                "bash | sh -c | 29:27 | rm y",
            ]
        );
    }
}
