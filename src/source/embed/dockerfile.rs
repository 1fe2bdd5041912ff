//! Shell in Dockerfiles: `RUN`, `CMD`, `ENTRYPOINT`, `HEALTHCHECK`, in shell form, exec form and as heredocs.

use crate::source::Node;

use super::decoded::Decoded;
use super::words::{self, Argument};
use super::{Finder, Fragment, Language, Scope, escapes};

pub(super) fn find(finder: &Finder<'_>) -> Vec<Fragment> {
    let Some(tree) = &finder.host.tree else { return Vec::new() };
    let root = tree.root_node();
    let mut fragments = Vec::new();
    let mut scope = Scope::new();
    let mut is_known_shell = true;
    for node in root.named_children() {
        match node.kind() {
            "from_instruction" => {
                scope = node
                    .child_by_field_name("as")
                    .map(|name| finder.source(name).to_owned())
                    .into_iter()
                    .collect();
                is_known_shell = true;
            }
            "shell_instruction" => {
                let first = words_of(finder, node).into_iter().next();
                is_known_shell = first
                    .as_ref()
                    .and_then(Argument::as_literal)
                    .is_none_or(|shell| super::clients::is_shell(&shell.text));
            }
            _ if is_known_shell => instruction(finder, node, &scope, &mut fragments),
            _ => {}
        }
    }
    fragments
}

fn instruction(finder: &Finder<'_>, node: Node<'_>, scope: &Scope, fragments: &mut Vec<Fragment>) {
    let through = match node.kind() {
        "run_instruction" => "RUN",
        "cmd_instruction" => "CMD",
        "entrypoint_instruction" => "ENTRYPOINT",
        "healthcheck_instruction" | "onbuild_instruction" => {
            for inner in node.named_children() {
                instruction(finder, inner, scope, fragments);
            }
            return;
        }
        _ => return,
    };
    if !finder.touched(&node.byte_range()) {
        return;
    }
    let (mut command, mut heredoc) = (None, None);
    for child in node.named_children() {
        match child.kind() {
            "json_string_array" => {
                let words = words_of(finder, node);
                fragments.extend(words::fragment(&words, through, scope.clone()));
                return;
            }
            "shell_command" => command = Some(child),
            "heredoc_block" => heredoc = heredoc.or(Some(child)),
            _ => {}
        }
    }
    let Some(command) = command else { return };
    let mut decoded = Decoded::default();
    let line = finder.source(command).trim_end();
    match heredoc {
        // The heredoc is the script.
        Some(block) if line.trim_start().starts_with("<<") && line.split_whitespace().count() == 1 => {
            let content = finder.source(block);
            let start = content.len() - content.trim_start_matches(['\r', '\n']).len();
            let end = content.trim_end().rfind('\n').map_or(content.len(), |at| at + 1).max(start);
            decoded.literal(block.start_byte() + start, &content[start..end]);
        }
        // The heredoc goes to a command of the line.
        Some(block) => {
            shell_form(line, command.start_byte(), &mut decoded);
            decoded.stand_in(command.end_byte(), "\n");
            let content = finder.source(block);
            let start = content.len() - content.trim_start_matches(['\r', '\n']).len();
            decoded.literal(block.start_byte() + start, &content[start..]);
        }
        None => shell_form(line, command.start_byte(), &mut decoded),
    }
    fragments.push(Fragment {
        language: Language::Bash,
        through: through.to_owned(),
        decoded,
        scope: scope.clone(),
    });
}

/// A command over several lines; comment lines and empty ones between them are no part of it.
fn shell_form(source: &str, host: usize, out: &mut Decoded) {
    let mut offset = 0;
    for line in source.split_inclusive('\n') {
        let at = host + offset;
        offset += line.len();
        let content = line.trim_end_matches(['\n', '\r']);
        let trimmed = content.trim();
        if at > host && (trimmed.is_empty() || trimmed.starts_with('#')) {
            continue;
        }
        match content.trim_end().strip_suffix('\\') {
            Some(content) => {
                out.literal(at, content);
                out.stand_in(at + content.len(), "\\\n");
            }
            None => {
                out.literal(at, content);
                if line.len() > content.len() {
                    out.stand_in(at + content.len(), "\n");
                }
            }
        }
    }
}

/// The words of the exec form.
fn words_of(finder: &Finder<'_>, instruction: Node<'_>) -> Vec<Argument> {
    let Some(array) = instruction.named_children().find(|child| child.kind() == "json_string_array") else {
        return Vec::new();
    };
    array
        .named_children()
        .filter(|child| child.kind() == "json_string")
        .map(|child| {
            let source = finder.source(child);
            let inside = source.strip_prefix('"').unwrap_or(source);
            let inside = inside.strip_suffix('"').unwrap_or(inside);
            let mut word = Decoded::default();
            escapes::decode(inside, child.start_byte() + 1, escapes::Style::Json, &mut word);
            Argument::Literal(word)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;

    #[test]
    fn every_form_is_a_command_line() {
        let text = "FROM a AS build\nRUN apt-get update && \\\n    # a comment\n    rm -rf /var/lib \\\n\n    && echo\n\
                    RUN [\"rm\", \"-rf\", \"/srv data\"]\nRUN <<EOF\nrm -rf /srv\nEOF\nRUN bash <<EOF\nrm x\nEOF\n\
                    HEALTHCHECK --interval=5s CMD curl x || exit 1\nENTRYPOINT [\"sh\", \"-c\", \"rm -rf /data\"]\nCMD rm -rf /tmp\n\
                    SHELL [\"powershell\", \"-c\"]\nRUN Remove-Item x\n";
        assert_eq!(
            shown("Dockerfile", text),
            [
                "bash | RUN | 2:5 | apt-get update && \\\n    rm -rf /var/lib \\\n    && echo",
                "bash | RUN | 7:7 | rm -rf '/srv data'",
                "bash | RUN | 9:1 | rm -rf /srv\n",
                "bash | RUN | 11:5 | bash <<EOF\nrm x\nEOF",
                "bash | CMD | 14:31 | curl x || exit 1",
                "bash | sh -c | 15:26 | rm -rf /data",
                "bash | CMD | 16:5 | rm -rf /tmp",
                "bash | heredoc to bash | 12:1 | rm x\n",
            ]
        );
    }

    #[test]
    fn windows_line_endings_change_nothing() {
        let text = "FROM a\nRUN a && \\\n    # b\n    rm -rf /c\n";
        let lines = |text: &str| shown("Dockerfile", text);
        assert_eq!(lines(text), lines(&text.replace('\n', "\r\n")));
    }
}
