//! Programs that take a text in another language: shells, database clients, interpreters, and what wraps them.

use crate::source::Language;

/// A program that runs a text given to it.
#[derive(Debug)]
pub(super) struct Client {
    pub names: &'static [&'static str],
    pub language: Language,
    /// Flags whose value is the text; a short one also with the text joined to it.
    pub flags: &'static [&'static str],
    /// The text is an operand: the last of at least so many.
    pub operand: Option<usize>,
    /// Reads the text from standard input when it is given none.
    pub stdin: bool,
}

const CLIENTS: [Client; 14] = [
    Client {
        names: &["psql", "pgcli", "usql", "cockroach", "ysqlsh", "vsql"],
        language: Language::Sql,
        flags: &["-c", "--command", "-e", "--execute"],
        operand: None,
        stdin: true,
    },
    Client {
        names: &["mysql", "mariadb", "mysqlsh", "mycli", "tidb"],
        language: Language::Sql,
        flags: &["-e", "--execute"],
        operand: None,
        stdin: true,
    },
    Client {
        names: &["sqlite3", "sqlite", "litecli"],
        language: Language::Sql,
        flags: &["-cmd"],
        operand: Some(2),
        stdin: true,
    },
    Client { names: &["duckdb"], language: Language::Sql, flags: &["-c", "-s"], operand: Some(2), stdin: true },
    Client {
        names: &["clickhouse-client", "clickhouse"],
        language: Language::Sql,
        flags: &["-q", "--query"],
        operand: None,
        stdin: true,
    },
    Client {
        names: &["sqlcmd", "isql", "osql", "snowsql", "tsql"],
        language: Language::Sql,
        flags: &["-Q", "-q", "--query"],
        operand: None,
        stdin: true,
    },
    Client {
        names: &["cqlsh"],
        language: Language::Sql,
        flags: &["-e", "--execute"],
        operand: None,
        stdin: true,
    },
    Client { names: &["sqlplus", "sqlcl"], language: Language::Sql, flags: &[], operand: None, stdin: true },
    Client { names: &["bq"], language: Language::Sql, flags: &[], operand: Some(2), stdin: false },
    Client {
        names: &["gcloud", "aws", "heroku", "wrangler"],
        language: Language::Sql,
        flags: &["--sql", "--query-string", "--command", "-c"],
        operand: None,
        stdin: false,
    },
    Client {
        names: &["python", "python3", "python2", "uv"],
        language: Language::Python,
        flags: &["-c"],
        operand: None,
        stdin: true,
    },
    Client {
        names: &["node", "nodejs"],
        language: Language::JavaScript,
        flags: &["-e", "--eval", "-p"],
        operand: None,
        stdin: true,
    },
    Client {
        names: &["sh", "bash", "dash", "zsh", "ksh", "ash", "rbash"],
        language: Language::Bash,
        flags: &["-c"],
        operand: None,
        stdin: true,
    },
    Client {
        names: &["su", "runuser"],
        language: Language::Bash,
        flags: &["-c", "--command"],
        operand: None,
        stdin: false,
    },
];

/// Programs that run another one given in their own words.
const WRAPPERS: [&str; 38] = [
    "sudo",
    "doas",
    "env",
    "nohup",
    "time",
    "timeout",
    "nice",
    "ionice",
    "exec",
    "command",
    "builtin",
    "xargs",
    "parallel",
    "docker",
    "podman",
    "nerdctl",
    "docker-compose",
    "kubectl",
    "oc",
    "k3s",
    "su",
    "runuser",
    "gosu",
    "su-exec",
    "setsid",
    "chroot",
    "nsenter",
    "flock",
    "watch",
    "find",
    "strace",
    "stdbuf",
    "unbuffer",
    "systemd-run",
    "direnv",
    "poetry",
    "pipenv",
    "busybox",
];

/// Flags of `ssh` that take a value.
pub(super) const SSH_VALUES: &str = "BbcDEeFIiJLlmOoPpQRSWw";

pub(super) fn client(program: &str) -> Option<&'static Client> {
    let name = base(program);
    let plain = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    CLIENTS.iter().find(|client| {
        client.names.contains(&name) || (client.language == Language::Python && plain == "python")
    })
}

pub(super) fn is_wrapper(program: &str) -> bool {
    WRAPPERS.contains(&base(program))
}

pub(super) fn is_shell(program: &str) -> bool {
    client(program).is_some_and(|client| client.language == Language::Bash && client.stdin)
}

/// Whether the `shell:` of a CI step is one whose language is known here: `bash`, `sh -e {0}`.
pub(super) fn is_shell_line(line: &str) -> bool {
    line.split_whitespace().next().is_none_or(is_shell)
}

/// The last part of a path of a program.
pub(super) fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// The language that a `#!` line names: `None` without such a line, `Plain` for those unknown here.
pub(super) fn shebang(text: &str) -> Option<Language> {
    let line = text.trim_start().lines().next()?.strip_prefix("#!")?;
    let mut words = line.split_whitespace().map(base);
    let program = words.by_ref().find(|word| *word != "env" && !word.starts_with('-'))?;
    Some(client(program).map_or(Language::Plain, |client| client.language))
}
