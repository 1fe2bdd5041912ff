//! Command lines of workloads and tasks: Kubernetes containers, Compose services, Ansible tasks.

use super::ci::mask;
use super::decoded::Decoded;
use super::outline::{Entry, Value};
use super::words::{self, Argument};
use super::{Finder, Fragment, Language, Scope};

/// Modules of Ansible that run a command; the name may carry its collection.
const ANSIBLE: [&str; 4] = ["shell", "command", "raw", "win_shell"];
/// Nesting of mappings and lists.
const DEEPEST: usize = 160;

/// Collects the command lines of any other YAML or JSON document.
pub(super) fn find(finder: &Finder<'_>, value: Value<'_>, fragments: &mut Vec<Fragment>) {
    let mut search = Search { finder, fragments };
    let scope = search.name(value).into_iter().collect();
    search.value(value, "", &scope, 0);
}

/// A command as one text or as a list of words.
pub(super) fn command_line(
    finder: &Finder<'_>,
    value: Value<'_>,
    through: &str,
    scope: Scope,
    fragments: &mut Vec<Fragment>,
) {
    match value {
        Value::Scalar(_) => fragments.extend(value.text(finder).map(|decoded| Fragment {
            language: Language::Bash,
            through: through.to_owned(),
            decoded: mask(&decoded, "{{", "}}"),
            scope,
        })),
        Value::Sequence(_) => {
            let words = arguments(finder, value);
            fragments.extend(words::fragment(&words, through, scope));
        }
        Value::Mapping(_) | Value::Other => {}
    }
}

fn arguments(finder: &Finder<'_>, list: Value<'_>) -> Vec<Argument> {
    list.items()
        .into_iter()
        .filter_map(|item| item.text(finder))
        .map(|word| Argument::templated(&word, "{{", "}}"))
        .collect()
}

struct Search<'a, 'b> {
    finder: &'a Finder<'a>,
    fragments: &'b mut Vec<Fragment>,
}

impl Search<'_, '_> {
    /// `Deployment shop/api` of a Kubernetes object.
    fn name(&self, value: Value<'_>) -> Option<String> {
        let text = |value: Value<'_>, key: &str| {
            value.get(self.finder, key).and_then(|value| value.text(self.finder)).map(|text| text.text)
        };
        let kind = text(value, "kind")?;
        text(value, "apiVersion")?;
        let name = value.get(self.finder, "metadata").and_then(|metadata| text(metadata, "name"))?;
        Some(format!("{kind} {name}"))
    }

    fn value(&mut self, value: Value<'_>, key: &str, scope: &Scope, depth: usize) {
        if depth > DEEPEST || !value.span().is_some_and(|span| self.finder.touched(&span)) {
            return;
        }
        if let Value::Sequence(_) = value {
            for item in value.items() {
                self.value(item, key, scope, depth + 1);
            }
            return;
        }
        let entries = value.entries(self.finder);
        let has = |name: &str| entries.iter().any(|entry| entry.key == name);
        let named = entries
            .iter()
            .find(|entry| entry.key == "name")
            .and_then(|entry| entry.value.text(self.finder))
            .map(|name| name.text);
        let in_containers =
            matches!(key, "containers" | "initContainers" | "ephemeralContainers" | "steps" | "container");
        let in_services = matches!(key, "services");
        let scope: Scope = scope
            .iter()
            .cloned()
            .chain(
                named.filter(|_| in_containers || entries.iter().any(|entry| is_ansible(entry, has("name")))),
            )
            .collect();
        if matches!(
            key,
            "exec" | "containers" | "initContainers" | "ephemeralContainers" | "container" | "steps"
        ) {
            self.container(&entries, &scope);
        }
        for entry in &entries {
            if !self.finder.touched(&entry.node.byte_range()) {
                continue;
            }
            match entry.key.as_str() {
                "cmd" | "argv" if is_module(key) => {
                    command_line(self.finder, entry.value, key, scope.clone(), self.fragments);
                }
                _ if is_ansible(entry, has("name")) && matches!(entry.value, Value::Scalar(_)) => {
                    command_line(self.finder, entry.value, &entry.key, scope.clone(), self.fragments);
                }
                // Tekton, GitLab components and others: a script is a script when it says so or has lines.
                "script" | "source" | "before_script" | "after_script" | "runcmd" => {
                    self.script(entry, &scope);
                }
                "test" if key == "healthcheck" => self.health(entry, &scope),
                _ => {
                    let mut below = scope.clone();
                    if in_services {
                        below.push(entry.key.clone());
                        self.compose(entry, &below);
                    }
                    self.value(entry.value, &entry.key, &below, depth + 1);
                }
            }
        }
    }

    /// `command` and `args` of a container are one argument list.
    fn container(&mut self, entries: &[Entry<'_>], scope: &Scope) {
        let part = |name: &str| entries.iter().find(|entry| entry.key == name);
        let parts: Vec<&Entry<'_>> = ["command", "args"].into_iter().filter_map(part).collect();
        if !parts.iter().any(|entry| self.finder.touched(&entry.node.byte_range())) {
            return;
        }
        // Arguments alone go to a program that only the image knows.
        if part("command").is_none() && part("entrypoint").is_none() {
            return;
        }
        let words: Vec<Argument> = parts.iter().flat_map(|entry| arguments(self.finder, entry.value)).collect();
        self.fragments.extend(words::fragment(&words, "command", scope.clone()));
    }

    fn compose(&mut self, service: &Entry<'_>, scope: &Scope) {
        for entry in service.value.entries(self.finder) {
            if matches!(entry.key.as_str(), "command" | "entrypoint")
                && self.finder.touched(&entry.node.byte_range())
            {
                let before = self.fragments.len();
                command_line(self.finder, entry.value, &entry.key, scope.clone(), self.fragments);
                for fragment in self.fragments.iter_mut().skip(before) {
                    fragment.decoded = single_dollars(&fragment.decoded);
                }
            }
        }
    }

    /// `["CMD", …]`, `["CMD-SHELL", script]` or a script.
    fn health(&mut self, entry: &Entry<'_>, scope: &Scope) {
        let words = arguments(self.finder, entry.value);
        let first = words.first().and_then(Argument::as_literal).map(|word| word.text.clone());
        match first.as_deref() {
            Some("CMD") => self.fragments.extend(words::fragment(&words[1..], "healthcheck", scope.clone())),
            Some("CMD-SHELL") => {
                self.fragments.extend(words.get(1).and_then(Argument::as_literal).map(|script| Fragment {
                    language: Language::Bash,
                    through: "healthcheck".to_owned(),
                    decoded: script.clone(),
                    scope: scope.clone(),
                }))
            }
            Some(_) => {}
            None => command_line(self.finder, entry.value, "healthcheck", scope.clone(), self.fragments),
        }
    }

    fn script(&mut self, entry: &Entry<'_>, scope: &Scope) {
        let Some(decoded) = entry.value.text(self.finder) else {
            let lines: Vec<_> =
                entry.value.items().into_iter().filter_map(|item| item.text(self.finder)).collect();
            let mut decoded = Decoded::default();
            for line in lines {
                if !decoded.text.is_empty() {
                    decoded.stand_in(line.origin(0), "\n");
                }
                decoded.append(&line);
            }
            self.push_script(entry, decoded, scope);
            return;
        };
        let says_so = super::clients::shebang(&decoded.text);
        let runs = match says_so {
            Some(language) => language == Language::Bash,
            None => entry.key != "source" && decoded.text.trim_end().contains([' ', '\n']),
        };
        if runs {
            self.push_script(entry, decoded, scope);
        }
    }

    fn push_script(&mut self, entry: &Entry<'_>, decoded: Decoded, scope: &Scope) {
        self.fragments.push(Fragment {
            language: Language::Bash,
            through: entry.key.clone(),
            decoded: mask(&mask(&decoded, "{{", "}}"), "$(", ")"),
            scope: scope.clone(),
        });
    }
}

/// Compose and Make write `$$` for a dollar sign that is meant for the shell.
pub(super) fn single_dollars(text: &Decoded) -> Decoded {
    let mut out = Decoded::default();
    let mut at = 0;
    while let Some(found) = text.text[at..].find("$$") {
        out.append_range(text, at..at + found + 1);
        at += found + 2;
    }
    out.append_range(text, at..text.text.len());
    out
}

/// Whether a key names a module of Ansible that runs a command, in a task.
fn is_ansible(entry: &Entry<'_>, in_named: bool) -> bool {
    // Without a name a task is hard to tell from any other mapping, unless the module is fully qualified.
    is_module(&entry.key) && (in_named || entry.key.contains('.') || entry.key == "shell" || entry.key == "raw")
}

fn is_module(key: &str) -> bool {
    let module =
        key.strip_prefix("ansible.builtin.").or_else(|| key.strip_prefix("ansible.legacy.")).unwrap_or(key);
    ANSIBLE.contains(&module)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{scopes, shown};

    #[test]
    fn containers_have_one_argument_list() {
        let text = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: clean}\nspec:\n  containers:\n    - name: a\n      command: [sh, -c]\n      args: [\"rm -rf /data\"]\n\
                    \x20   - name: b\n      command:\n        - rm\n        - -rf\n        - a b\n      args: []\n    - name: c\n      args: [x]\n\
                    \x20     livenessProbe:\n        exec:\n          command: [cat, /x]\n";
        assert_eq!(
            shown("job.yaml", text),
            [
                "bash | sh -c | 8:15 | rm -rf /data",
                "bash | command | 11:11 | rm -rf 'a b'",
                "bash | command | 19:21 | cat /x",
            ]
        );
        assert_eq!(scopes("job.yaml", text)[1], "CronJob clean > b | rm -rf 'a b'");
    }

    #[test]
    fn compose_services_and_health_checks() {
        let text = "services:\n  db:\n    command: sh -c 'rm $$X'\n    entrypoint: [\"a\", \"b\"]\n    healthcheck:\n      test: [CMD-SHELL, \"pg_isready || exit 1\"]\n";
        assert_eq!(
            shown("compose.yaml", text),
            [
                "bash | command | 3:14 | sh -c 'rm $X'",
                "bash | entrypoint | 4:19 | a b",
                "bash | healthcheck | 6:26 | pg_isready || exit 1",
                "bash | sh -c | 3:21 | rm $X",
            ]
        );
    }

    #[test]
    fn ansible_tasks_run_commands() {
        let text = "- hosts: all\n  tasks:\n    - name: Wipe\n      ansible.builtin.shell: |\n        rm -rf {{ dir }}\n    - name: b\n      command:\n        argv: [rm, \"{{ x }}/y\"]\n\
                    \x20   - name: c\n      command:\n        cmd: rm z\n    - shell: ls\n";
        assert_eq!(
            shown("site.yml", text),
            [
                "bash | ansible.builtin.shell | 5:9 | rm -rf ${dir}\n",
                "bash | command | 8:16 | rm \"${x}/y\"",
                "bash | command | 11:14 | rm z",
                "bash | shell | 12:14 | ls",
            ]
        );
        assert_eq!(scopes("site.yml", text)[0], "Wipe | rm -rf ${dir}");
    }

    #[test]
    fn scripts_of_json_files() {
        let text = "{\"scripts\": {\"clean\": \"rm -rf \\\"dist\\\"\", \"x\": \"a && b\"}}";
        assert_eq!(
            shown("package.json", text),
            ["bash | script clean | 1:24 | rm -rf \"dist\"", "bash | script x | 1:48 | a && b"]
        );
    }
}
