//! Scripts of CI services: which keys of which file hold them, and in which shell.

use super::decoded::Decoded;
use super::outline::{Entry, Value};
use super::{Finder, Fragment, Language, Scope, workloads};

/// A service that runs what stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    /// GitHub and what reads its workflows: Gitea, Forgejo.
    Github,
    Gitlab,
    Azure,
    Circle,
    /// Lists of commands under `commands`, `command`, `script`, `install` and their kin.
    Plain,
    Taskfile,
    PreCommit,
}

/// Keys that hold a command or a list of commands wherever they stand in a file of a service.
const PLAIN_KEYS: [&str; 14] = [
    "script",
    "before_script",
    "after_script",
    "commands",
    "command",
    "before_install",
    "install",
    "before_deploy",
    "after_deploy",
    "after_success",
    "after_failure",
    "build_script",
    "test_script",
    "deploy_script",
];

const GITLAB_KEYS: [&str; 3] = ["script", "before_script", "after_script"];

fn service(path: &str) -> Option<Service> {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let within = |folder: &str| lower.starts_with(folder) || lower.contains(&format!("/{folder}"));
    let stem = name.trim_end_matches(".yaml").trim_end_matches(".yml");
    Some(match stem {
        _ if within(".github/") || within(".gitea/") || within(".forgejo/") => Service::Github,
        "action" => Service::Github,
        _ if stem.ends_with("gitlab-ci") || within(".gitlab/") || within(".gitlab-ci/") => Service::Gitlab,
        _ if within(".circleci/") => Service::Circle,
        _ if stem.starts_with("azure-pipelines") || within(".azure-pipelines/") || within(".azuredevops/") => {
            Service::Azure
        }
        "taskfile" | "taskfile.dist" => Service::Taskfile,
        ".pre-commit-config" | ".pre-commit-hooks" => Service::PreCommit,
        ".travis"
        | ".drone"
        | ".cirrus"
        | "appveyor"
        | ".appveyor"
        | "bitbucket-pipelines"
        | "buildspec"
        | "cloudbuild"
        | ".woodpecker" => Service::Plain,
        _ if stem.starts_with("buildspec") || stem.starts_with("cloudbuild") => Service::Plain,
        _ if within(".buildkite/") || within(".woodpecker/") || within(".semaphore/") || within(".drone/") => {
            Service::Plain
        }
        _ => return None,
    })
}

/// Collects the scripts of a CI file; `false` where the file is none.
pub(super) fn find(finder: &Finder<'_>, value: Value<'_>, fragments: &mut Vec<Fragment>) -> bool {
    let by_content = || looks_like_gitlab(finder, value).then_some(Service::Gitlab);
    let Some(service) = service(&finder.host.path).or_else(by_content) else { return false };
    let mut search = Search { finder, service, fragments };
    search.value(value, &Place { scope: Scope::new(), shell: None, key: String::new() }, 0);
    true
}

/// Pipelines are included from files of any name: a job has a script and what only a job of GitLab has.
fn looks_like_gitlab(finder: &Finder<'_>, value: Value<'_>) -> bool {
    value.entries(finder).iter().any(|job| {
        let keys: Vec<String> = job.value.entries(finder).into_iter().map(|entry| entry.key).collect();
        let has = |name: &str| keys.iter().any(|key| key == name);
        has("script") && ["stage", "rules", "only", "extends", "artifacts", "needs"].into_iter().any(has)
    })
}

struct Search<'a, 'b> {
    finder: &'a Finder<'a>,
    service: Service,
    fragments: &'b mut Vec<Fragment>,
}

/// Where in the file the search stands.
struct Place {
    scope: Scope,
    /// The shell that `defaults.run` or the machine gives.
    shell: Option<String>,
    /// The key that holds the value at hand.
    key: String,
}

/// Nesting of mappings and lists; the parser admits no more than this of YAML.
const DEEPEST: usize = 160;

impl Search<'_, '_> {
    fn value(&mut self, value: Value<'_>, place: &Place, depth: usize) {
        if depth > DEEPEST || !value.span().is_some_and(|span| self.finder.touched(&span)) {
            return;
        }
        match value {
            Value::Mapping(_) => self.mapping(value, place, depth),
            Value::Sequence(_) => {
                for item in value.items() {
                    self.value(item, place, depth + 1);
                }
            }
            Value::Scalar(_) | Value::Other => {}
        }
    }

    fn mapping(&mut self, value: Value<'_>, place: &Place, depth: usize) {
        let entries = value.entries(self.finder);
        let text = |key: &str| {
            let found = entries.iter().find(|entry| entry.key == key)?;
            found.value.text(self.finder).map(|text| text.text)
        };
        let mut scope = place.scope.clone();
        if let Some(name) = self.name(&place.key, &entries, &text) {
            scope.push(name);
        }
        let shell = self.shell(&entries, &text).or_else(|| place.shell.clone());
        for entry in &entries {
            if !self.finder.touched(&entry.node.byte_range()) {
                continue;
            }
            let holds_jobs =
                matches!(place.key.as_str(), "jobs" | "tasks") || self.is_gitlab_job(&place.key, entry);
            let here = if holds_jobs {
                scope.iter().cloned().chain([entry.key.clone()]).collect()
            } else {
                scope.clone()
            };
            if self.is_script(entry, &entries) {
                self.script(entry, &here, shell.as_deref());
            } else {
                let below = Place { scope: here, shell: shell.clone(), key: entry.key.clone() };
                self.value(entry.value, &below, depth + 1);
            }
        }
    }

    fn is_gitlab_job(&self, key: &str, entry: &Entry<'_>) -> bool {
        self.service == Service::Gitlab && key.is_empty() && matches!(entry.value, Value::Mapping(_))
    }

    /// The name that a step gives itself; jobs are named by their keys.
    fn name(&self, key: &str, entries: &[Entry<'_>], text: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let is_step = matches!(key, "steps" | "pipeline" | "hooks" | "step")
            || entries.iter().any(|entry| matches!(entry.key.as_str(), "command" | "commands"));
        if !is_step {
            return None;
        }
        ["name", "displayName", "label", "id", "key"].into_iter().find_map(text)
    }

    /// The shell that a mapping sets for itself and what it holds.
    fn shell(&self, entries: &[Entry<'_>], text: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        if let Some(own) = text("shell") {
            return Some(own);
        }
        let default = entries
            .iter()
            .find(|entry| entry.key == "defaults")
            .and_then(|defaults| defaults.value.get(self.finder, "run"))
            .and_then(|run| run.get(self.finder, "shell"))
            .and_then(|shell| shell.text(self.finder))
            .map(|shell| shell.text);
        let windows = || text("runs-on").is_some_and(|machine| machine.starts_with("windows"));
        default.or_else(|| windows().then(|| "pwsh".to_owned()))
    }

    fn is_script(&self, entry: &Entry<'_>, siblings: &[Entry<'_>]) -> bool {
        let key = entry.key.as_str();
        let scalar = matches!(entry.value, Value::Scalar(_));
        let has = |name: &str| siblings.iter().any(|entry| entry.key == name);
        match self.service {
            Service::Github => key == "run" && scalar,
            Service::Gitlab => GITLAB_KEYS.contains(&key),
            Service::Azure => scalar && matches!(key, "script" | "bash" | "inlineScript"),
            Service::Circle => scalar && matches!(key, "run" | "command"),
            Service::Plain => PLAIN_KEYS.contains(&key) && !matches!(entry.value, Value::Mapping(_)),
            Service::Taskfile => {
                matches!(key, "cmds" | "cmd" | "sh" | "status") && !matches!(entry.value, Value::Mapping(_))
            }
            Service::PreCommit => key == "entry" && has("id"),
        }
    }

    fn script(&mut self, entry: &Entry<'_>, scope: &Scope, shell: Option<&str>) {
        if shell.is_some_and(|shell| !super::clients::is_shell_line(shell)) {
            return;
        }
        if self.service == Service::PreCommit {
            workloads::command_line(self.finder, entry.value, "entry", scope.clone(), self.fragments);
            return;
        }
        let mut decoded = Decoded::default();
        for line in lines(entry.value, self.finder) {
            if !decoded.text.is_empty() && !decoded.text.ends_with('\n') {
                decoded.stand_in(line.origin(0), "\n");
            }
            decoded.append(&line);
        }
        let decoded = match self.service {
            Service::Github => mask(&decoded, "${{", "}}"),
            Service::Gitlab => mask(&decoded, "$[[", "]]"),
            Service::Azure => mask(&mask(&decoded, "${{", "}}"), "$(", ")"),
            Service::Circle => mask(&decoded, "<<", ">>"),
            Service::Taskfile => mask(&decoded, "{{", "}}"),
            Service::Plain | Service::PreCommit => decoded,
        };
        self.fragments.push(Fragment {
            language: Language::Bash,
            through: entry.key.clone(),
            decoded,
            scope: scope.clone(),
        });
    }
}

/// The commands of a script: one scalar, or a list of scalars, lists and `cmd:` mappings.
fn lines(value: Value<'_>, finder: &Finder<'_>) -> Vec<Decoded> {
    match value {
        Value::Scalar(_) => value.text(finder).into_iter().collect(),
        Value::Sequence(_) => value
            .items()
            .into_iter()
            .flat_map(|item| match item {
                Value::Scalar(_) => item.text(finder).into_iter().collect(),
                Value::Sequence(_) => item.items().into_iter().filter_map(|item| item.text(finder)).collect(),
                Value::Mapping(_) => {
                    let command = item.get(finder, "cmd").or_else(|| item.get(finder, "command"));
                    command.and_then(|command| command.text(finder)).into_iter().collect()
                }
                Value::Other => Vec::new(),
            })
            .collect(),
        Value::Mapping(_) | Value::Other => Vec::new(),
    }
}

/// Replaces the expressions of a templating language by variables named after them.
pub(super) fn mask(text: &Decoded, open: &str, close: &str) -> Decoded {
    if !text.text.contains(open) {
        return text.clone();
    }
    let mut masked = Decoded::default();
    let mut at = 0;
    while let Some(found) = text.text[at..].find(open) {
        let start = at + found;
        let inside = start + open.len();
        // An expression stays on its line; what never closes is text.
        let line = text.text[inside..].lines().next().unwrap_or_default();
        let Some(length) = line.find(close) else {
            masked.append_range(text, at..inside);
            at = inside;
            continue;
        };
        masked.append_range(text, at..start);
        let expression = text.text[inside..inside + length].trim();
        // `$(pwd)` and `<<EOF` are of the shell; an expression of a service is one name.
        let named = !matches!((open, close), ("$(", ")") | ("<<", ">>"))
            || expression.chars().all(|letter| letter.is_alphanumeric() || "._- ".contains(letter))
                && expression.contains('.');
        let end = inside + length + close.len();
        if named {
            masked.shell_hole(text.origin(start), expression);
        } else {
            masked.append_range(text, start..end);
        }
        at = end;
    }
    masked.append_range(text, at..text.text.len());
    masked
}

#[cfg(test)]
mod tests {
    use super::super::testing::{scopes, shown};

    #[test]
    fn github_steps_run_in_their_shell() {
        let text = "jobs:\n  deploy:\n    steps:\n      - name: Wipe\n        run: |\n          set -e\n          rm -rf ${{ inputs.dir }}/x '${{ y }}'\n\
                    \x20     - run: Remove-Item x\n        shell: pwsh\n      - {run: \"ls \\\"a\\\"\", shell: 'bash -e {0}'}\n\
                    \x20 win:\n    runs-on: windows-latest\n    steps:\n      - run: dir\n";
        assert_eq!(
            shown(".github/workflows/a.yml", text),
            [
                "bash | run | 6:11 | set -e\nrm -rf ${inputs_dir}/x '__hole__'\n",
                "bash | run | 10:16 | ls \"a\"",
            ]
        );
        assert_eq!(scopes(".github/workflows/a.yml", text)[0].lines().next(), Some("deploy > Wipe | set -e"));
    }

    #[test]
    fn lists_of_commands_are_one_script() {
        let text = "deploy:\n  stage: x\n  before_script:\n    - cd x\n  script:\n    - rm -rf y\n    - |\n      a\n      b\n    - \"c\"\n";
        let expected = ["bash | before_script | 4:7 | cd x", "bash | script | 6:7 | rm -rf y\na\nb\nc"];
        assert_eq!(shown(".gitlab-ci.yml", text), expected);
        assert_eq!(shown("ci/jobs.yml", text), expected);
        assert_eq!(scopes(".gitlab-ci.yml", text)[0], "deploy | cd x");
    }

    #[test]
    fn other_services_name_their_scripts() {
        let azure = "jobs:\n- job: a\n  steps:\n  - script: rm -rf $(Build.Dir)/x\n    displayName: Clean\n  - pwsh: x\n  - bash: |\n      ls $(pwd)\n";
        assert_eq!(
            shown("azure-pipelines.yml", azure),
            ["bash | script | 4:13 | rm -rf ${Build_Dir}/x", "bash | bash | 8:7 | ls $(pwd)\n"]
        );
        let circle = "jobs:\n  a:\n    steps:\n      - run: ls\n      - run:\n          name: b\n          command: |\n            rm << parameters.x >>\n";
        assert_eq!(
            shown(".circleci/config.yml", circle),
            ["bash | run | 4:14 | ls", "bash | command | 8:13 | rm ${parameters_x}\n"]
        );
        let bitbucket = "pipelines:\n  default:\n    - step:\n        name: a\n        script:\n          - rm x\n          - pipe: y\n";
        assert_eq!(shown("bitbucket-pipelines.yml", bitbucket), ["bash | script | 6:13 | rm x"]);
        let buildkite = "steps:\n  - label: a\n    commands:\n      - rm x\n      - rm y\n  - command: rm z\n";
        assert_eq!(
            shown(".buildkite/pipeline.yml", buildkite),
            ["bash | commands | 4:9 | rm x\nrm y", "bash | command | 6:14 | rm z"]
        );
        let task = "tasks:\n  clean:\n    cmds:\n      - rm -rf {{.DIR}}\n      - cmd: ls\n      - task: x\n";
        assert_eq!(shown("Taskfile.yml", task), ["bash | cmds | 4:9 | rm -rf ${DIR}\nls"]);
        let hooks = "repos:\n- repo: local\n  hooks:\n  - id: a\n    entry: bash -c 'rm x'\n";
        assert_eq!(
            shown(".pre-commit-config.yaml", hooks),
            ["bash | entry | 5:12 | bash -c 'rm x'", "bash | bash -c | 5:21 | rm x"]
        );
    }
}
