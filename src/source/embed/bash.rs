//! Languages inside shell scripts: heredocs by their reader, `-c` strings, `ssh host '…'`, `eval`, piped texts.

use crate::source::Node;

use super::clients::{self, Client, SSH_VALUES, client};
use super::decoded::Decoded;
use super::expand::{self, Variables, Word};
use super::sql;
use super::{Finder, Fragment, Language};
use crate::source::{HOLE, scope_of};

/// Words of one command that are looked at.
const MOST_WORDS: usize = 4000;

pub(super) fn find(finder: &Finder<'_>) -> Vec<Fragment> {
    let Some(tree) = &finder.host.tree else { return Vec::new() };
    let mut fragments = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let touched = finder.touched(&node.byte_range());
        if touched {
            match node.kind() {
                "command" => command(finder, node, &mut fragments),
                "redirected_statement" => heredocs(finder, node, &mut fragments),
                "pipeline" => piped(finder, node, &mut fragments),
                "variable_assignment" => assigned(finder, node, &mut fragments),
                _ => {}
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

/// One command: its words as the programs in it get them.
struct Command<'a, 't> {
    finder: &'a Finder<'a>,
    node: Node<'t>,
    words: Vec<(Word, std::ops::Range<usize>)>,
}

impl<'a, 't> Command<'a, 't> {
    fn read(finder: &'a Finder<'a>, node: Node<'t>) -> Self {
        let words = node
            .named_children()
            .filter(|child| {
                !matches!(child.kind(), "variable_assignment" | "comment")
                    && !child.kind().ends_with("redirect")
                    && !child.is_error()
            })
            .take(MOST_WORDS)
            .map(|child| {
                let span = child.byte_range();
                (expand::word(finder.text(span.clone()), span.start, Variables::Stay), span)
            })
            .collect();
        Self { finder, node, words }
    }

    fn text(&self, index: usize) -> Option<&str> {
        self.words.get(index).map(|(word, _)| word.decoded.text.as_str())
    }

    /// Where the program stands that wrappers lead to, with the wrappers' names.
    fn program(&self) -> (usize, String) {
        let first = self.text(0).map(clients::base).unwrap_or_default();
        if !clients::is_wrapper(first) || self.runs_itself(0) {
            return (0, String::new());
        }
        // A wrapper takes flags and operands of its own; what it leads to is known by its name.
        let found = (1..self.words.len()).find(|index| {
            let Some((word, _)) = self.words.get(*index) else { return false };
            let name = word.decoded.text.as_str();
            !word.expands
                && !name.contains(char::is_whitespace)
                && (client(name).is_some() || matches!(clients::base(name), "ssh" | "eval"))
                && !self.is_value_of_wrapper(*index)
        });
        match found {
            Some(index) => (index, format!("{first} … ")),
            None => (0, String::new()),
        }
    }

    /// `su -c '…'` is client and wrapper at once.
    fn runs_itself(&self, index: usize) -> bool {
        let is_su = matches!(self.text(index).map(clients::base), Some("su" | "runuser"));
        is_su
            && self
                .words
                .iter()
                .any(|(word, _)| word.decoded.text.starts_with("-c") || word.decoded.text == "--command")
    }

    /// `docker exec -u mysql db …`, `sudo -u postgres`: a user or a container may be called like a client.
    fn is_value_of_wrapper(&self, index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|index| self.text(index)).unwrap_or_default();
        let takes_value =
            matches!(before, "-u" | "--user" | "-n" | "--namespace" | "--name" | "-g" | "-c" | "--container");
        let is_image_or_pod = matches!(before, "exec" | "-it" | "-i" | "-t" | "-ti") && {
            // A container's name is followed by the program; a program by its own words.
            self.text(index + 1).is_some_and(|next| client(next).is_some())
        };
        takes_value || is_image_or_pod
    }

    fn push(&self, language: Language, through: String, decoded: Decoded, fragments: &mut Vec<Fragment>) {
        fragments.push(Fragment { language, through, decoded, scope: scope_of(self.finder.host, &self.node) });
    }

    /// A word for a program of another language.
    fn reread(&self, index: usize, skip: usize, language: Language) -> Option<Decoded> {
        let (word, span) = self.words.get(index)?;
        let variables = if language == Language::Bash { Variables::Stay } else { Variables::Hole };
        let again = match variables {
            Variables::Stay => word.decoded.clone(),
            Variables::Hole => expand::word(self.finder.text(span.clone()), span.start, variables).decoded,
        };
        let mut rest = Decoded::default();
        rest.append_range(&again, skip..again.text.len());
        // A text that is one variable says nothing.
        (!is_one_variable(rest.text.trim())).then_some(rest)
    }
}

fn is_one_variable(text: &str) -> bool {
    text == HOLE || (text.starts_with('$') && !text.contains(char::is_whitespace))
}

fn command(finder: &Finder<'_>, node: Node<'_>, fragments: &mut Vec<Fragment>) {
    let command = Command::read(finder, node);
    let (at, wrapped) = command.program();
    let Some(program) = command.text(at).map(|program| clients::base(program).to_owned()) else { return };
    match program.as_str() {
        "ssh" => return ssh(&command, at, fragments),
        "eval" => return joined(&command, at + 1, "eval".to_owned(), fragments),
        "trap" | "watch" if at == 0 => {
            let script = (1..command.words.len())
                .find(|index| command.text(*index).is_some_and(|word| word.contains(' ')));
            if let Some(decoded) = script.and_then(|index| command.reread(index, 0, Language::Bash)) {
                command.push(Language::Bash, program, decoded, fragments);
            }
            return;
        }
        _ => {}
    }
    let Some(client) = client(&program) else {
        return named_like_sql(&command, fragments);
    };
    for (index, skip, flag) in texts(&command, at, client) {
        if let Some(decoded) = command.reread(index, skip, client.language)
            && (client.language != Language::Sql || client.stdin || sql::is_statement(&decoded.text))
        {
            let flag = flag.map(|flag| format!(" {flag}")).unwrap_or_default();
            command.push(client.language, format!("{wrapped}{program}{flag}"), decoded, fragments);
        }
    }
    if client.stdin {
        here_strings(&command, client, &program, fragments);
    }
}

/// The words that hold a client's text: index, bytes to skip, and the flag before it.
fn texts(
    command: &Command<'_, '_>,
    at: usize,
    client: &'static Client,
) -> Vec<(usize, usize, Option<&'static str>)> {
    let mut found = Vec::new();
    let is_shell = client.language == Language::Bash;
    let mut operands = Vec::new();
    let mut index = at + 1;
    while let Some(word) = command.text(index) {
        let mut step = 1;
        let joined = client.flags.iter().find_map(|flag| {
            let rest = word.strip_prefix(flag)?;
            if flag.starts_with("--") {
                return rest.strip_prefix('=').map(|_| (*flag, flag.len() + 1));
            }
            (!rest.is_empty() && !is_shell && flag.len() == 2).then_some((*flag, flag.len()))
        });
        if client.flags.contains(&word) || (is_shell && is_cluster_with_c(word)) {
            let flag = client.flags.iter().find(|flag| **flag == word).copied().or(Some("-c"));
            let next = if command.text(index + 1) == Some("--") { index + 2 } else { index + 1 };
            // `bash -c -e '…'`, `bash -o pipefail -c`: the text is the first word that is no flag.
            let text = (next..command.words.len())
                .find(|index| !is_shell || !command.text(*index).is_some_and(|word| word.starts_with('-')));
            if let Some(text) = text {
                found.push((text, 0, flag));
                step = text - index + 1;
            }
            if is_shell {
                return found;
            }
        } else if let Some((flag, skip)) = joined {
            found.push((index, skip, Some(flag)));
        } else if !word.starts_with('-') {
            operands.push(index);
        }
        index += step;
    }
    if let Some(fewest) = client.operand
        && operands.len() >= fewest
    {
        found.extend(operands.iter().skip(fewest - 1).map(|index| (*index, 0, None)));
    }
    found
}

/// `-c`, `-ec`, `-lc`, `-exc`.
fn is_cluster_with_c(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|flags| {
        !flags.starts_with('-') && flags.contains('c') && flags.bytes().all(|flag| flag.is_ascii_alphabetic())
    })
}

fn ssh(command: &Command<'_, '_>, at: usize, fragments: &mut Vec<Fragment>) {
    let mut index = at + 1;
    while let Some(word) = command.text(index) {
        let Some(flags) = word.strip_prefix('-') else { break };
        // The value of the last flag of a cluster follows, unless it is joined to it.
        let takes = flags.find(|flag| SSH_VALUES.contains(flag));
        index += if takes.is_some_and(|at| at + 1 == flags.len()) { 2 } else { 1 };
    }
    let Some(host) = command.text(index).map(str::to_owned) else { return };
    // Separate words are a command of the script itself; one quoted text is a script of the other machine.
    let is_script = command.words[index + 1..]
        .iter()
        .any(|(word, _)| word.quoted && word.decoded.text.contains([' ', ';', '|', '&', '\n']));
    if is_script {
        joined(command, index + 1, format!("ssh {host}"), fragments);
    }
}

/// All words from one on as one script.
fn joined(command: &Command<'_, '_>, from: usize, through: String, fragments: &mut Vec<Fragment>) {
    let mut script = Decoded::default();
    for (word, span) in command.words.iter().skip(from) {
        if !script.text.is_empty() {
            script.stand_in(span.start, " ");
        }
        script.append(&word.decoded);
    }
    let known = command.words.iter().skip(from).any(|(word, _)| {
        let text = word.decoded.text.trim();
        !text.is_empty() && !is_one_variable(text)
    });
    if known {
        command.push(Language::Bash, through, script, fragments);
    }
}

fn here_strings(command: &Command<'_, '_>, client: &Client, program: &str, fragments: &mut Vec<Fragment>) {
    for child in command.node.named_children().filter(|child| child.kind() == "herestring_redirect") {
        let Some(text) = child.named_children().last() else { continue };
        let span = text.byte_range();
        let word = expand::word(command.finder.text(span.clone()), span.start, variables(client.language));
        command.push(client.language, format!("here-string to {program}"), word.decoded, fragments);
    }
}

fn variables(language: Language) -> Variables {
    if language == Language::Bash { Variables::Stay } else { Variables::Hole }
}

/// A command that this program does not know, but that is called like one of a database: `run_sql "DROP …"`.
fn named_like_sql(command: &Command<'_, '_>, fragments: &mut Vec<Fragment>) {
    let Some(name) = command.text(0).map(str::to_ascii_lowercase) else { return };
    if !["sql", "query", "_db", "db_", "migrat"].iter().any(|part| name.contains(part)) {
        return;
    }
    for index in 1..command.words.len() {
        if let Some(decoded) = command.reread(index, 0, Language::Sql)
            && sql::is_statement(&decoded.text)
        {
            command.push(Language::Sql, name.clone(), decoded, fragments);
        }
    }
}

/// `SQL="DELETE …"`: a text kept for later.
fn assigned(finder: &Finder<'_>, node: Node<'_>, fragments: &mut Vec<Fragment>) {
    let name = node.child_by_field_name("name").map(|name| finder.source(name)).unwrap_or_default();
    let Some(value) = node
        .child_by_field_name("value")
        .filter(|value| matches!(value.kind(), "string" | "raw_string" | "concatenation"))
    else {
        return;
    };
    if finder.source(node).contains("+=") {
        return;
    }
    let span = value.byte_range();
    let word = expand::word(finder.text(span.clone()), span.start, Variables::Hole);
    if (sql::is_name(name) && sql::begins(&word.decoded.text)) || sql::is_statement(&word.decoded.text) {
        let mut decoded = word.decoded;
        if sql::grows(&finder.host.text, name) {
            decoded.stand_in(span.end, " ");
            decoded.hole(span.end);
        }
        let scope = scope_of(finder.host, &node);
        fragments.push(Fragment { language: Language::Sql, through: format!("{name}=…"), decoded, scope });
    }
}

/// `echo "DROP …" | psql`.
fn piped(finder: &Finder<'_>, node: Node<'_>, fragments: &mut Vec<Fragment>) {
    let commands: Vec<Node<'_>> = node.named_children().filter(|child| child.kind() == "command").collect();
    for pair in commands.windows(2) {
        let [from, to] = pair else { continue };
        let from = Command::read(finder, *from);
        if !matches!(from.text(0), Some("echo" | "printf")) {
            continue;
        }
        let Some((reader, through)) = reader(finder, *to) else { continue };
        for index in 1..from.words.len() {
            if from.text(index).is_some_and(|word| word.starts_with('-')) {
                continue;
            }
            if let Some(decoded) = from.reread(index, 0, reader)
                && (reader != Language::Sql || sql::begins(&decoded.text))
            {
                from.push(reader, format!("pipe to {through}"), decoded, fragments);
            }
        }
    }
}

/// The language that a command reads from its standard input, and the command's name.
fn reader(finder: &Finder<'_>, node: Node<'_>) -> Option<(Language, String)> {
    let command = Command::read(finder, node);
    let (at, wrapped) = command.program();
    let program = clients::base(command.text(at)?).to_owned();
    if program == "ssh" {
        // A remote shell reads what is sent, unless a command was given: then that command does.
        let rest: Vec<&str> = (at + 1..command.words.len()).filter_map(|index| command.text(index)).collect();
        let given = rest
            .iter()
            .skip(1)
            .filter(|word| !word.starts_with('-'))
            .find_map(|word| client(word.split_whitespace().next()?));
        let plain = rest.iter().filter(|word| !word.starts_with('-')).count() <= 1;
        let language = given.map(|client| client.language).or(plain.then_some(Language::Bash))?;
        return Some((language, "ssh".to_owned()));
    }
    if matches!(program.as_str(), "kubectl" | "oc")
        && command.words.iter().any(|(word, _)| word.decoded.text == "-")
    {
        return Some((Language::Yaml, program));
    }
    let client = client(&program).filter(|client| client.stdin)?;
    if !texts(&command, at, client).is_empty() {
        return None;
    }
    // A shell or an interpreter that is given a file reads that.
    let operand = (at + 1..command.words.len())
        .filter_map(|index| command.text(index))
        .take_while(|word| *word != "-s")
        .any(|word| !word.starts_with('-'));
    if operand
        && client.language != Language::Sql
        && !command.words.iter().any(|(word, _)| word.decoded.text == "-")
    {
        return None;
    }
    Some((client.language, format!("{wrapped}{program}")))
}

fn heredocs(finder: &Finder<'_>, statement: Node<'_>, fragments: &mut Vec<Fragment>) {
    let body = statement.child_by_field_name("body");
    let mut target = None;
    for redirect in statement.named_children() {
        if redirect.kind() == "file_redirect" {
            target = redirect.child_by_field_name("destination").map(|file| finder.source(file)).or(target);
        }
        if redirect.kind() != "heredoc_redirect" {
            continue;
        }
        let (mut start, mut content, mut tabs) = (None, None, false);
        let mut readers: Vec<Node<'_>> = body.and_then(last_command).into_iter().collect();
        for child in redirect.children() {
            match child.kind() {
                "<<-" => tabs = true,
                "heredoc_start" => start = Some(finder.source(child)),
                "heredoc_body" => content = Some(child),
                "pipeline" | "list" | "command" => {
                    let piped: Vec<Node<'_>> = match child.kind() {
                        "command" => vec![child],
                        _ => child.named_children().filter(|child| child.kind() == "command").collect(),
                    };
                    readers.extend(piped);
                }
                "file_redirect" => {
                    target =
                        child.child_by_field_name("destination").map(|file| finder.source(file)).or(target);
                }
                _ => {}
            }
        }
        let (Some(start), Some(content)) = (start, content) else { continue };
        let quoted = start.contains(['\'', '"', '\\']);
        let reads = readers.iter().find_map(|command| reader(finder, *command));
        let (language, through) = match reads {
            Some((language, name)) => (language, format!("heredoc to {name}")),
            None => match target.and_then(written) {
                Some(language) => (language, format!("heredoc to {}", target.unwrap_or_default())),
                None => continue,
            },
        };
        let mut span = content.byte_range();
        // The grammar leaves out the blanks at the start of the first line.
        let before = finder.text(0..span.start);
        span.start -= before.len() - before.trim_end_matches([' ', '\t']).len();
        let decoded = expand::heredoc(finder.text(span.clone()), span.start, quoted, tabs, variables(language));
        let scope = scope_of(finder.host, &statement);
        fragments.push(Fragment { language, through, decoded, scope });
    }
}

/// The language of a file that a script writes to run it later.
fn written(path: &str) -> Option<Language> {
    let path = path.trim_matches(['"', '\'']);
    let (_, ending) = path.rsplit_once('.')?;
    Some(match ending {
        "sh" | "bash" => Language::Bash,
        "sql" => Language::Sql,
        _ => return None,
    })
}

/// The command that a redirection after a statement belongs to.
fn last_command(node: Node<'_>) -> Option<Node<'_>> {
    let mut node = node;
    for _ in 0..64 {
        if node.kind() == "command" {
            return Some(node);
        }
        let last = node.named_child_count().checked_sub(1)?;
        node = node.named_child(last)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::testing::shown;

    #[test]
    fn strings_for_shells_and_clients_are_entered() {
        let text = "bash -ec \"rm -rf \\\"$X\\\"\"\nsudo -u postgres psql -c 'DROP TABLE x'\nssh -p 22 host 'rm -rf /; ls'\n\
                    kubectl exec db-0 -- sh -c 'rm x'\nmysql db -e\"DELETE FROM $T\"\nsqlite3 a.db 'delete from y'\n\
                    eval \"rm $Z\"\nxargs -n1 sh -c 'rm $0'\nsu - app -c 'rm q'\n";
        assert_eq!(
            shown("a.sh", text),
            [
                "bash | bash -c | 1:11 | rm -rf \"$X\"",
                "sql | sudo … psql -c | 2:27 | DROP TABLE x",
                "bash | ssh host | 3:17 | rm -rf /; ls",
                "bash | kubectl … sh -c | 4:29 | rm x",
                "sql | mysql -e | 5:13 | DELETE FROM __hole__",
                "sql | sqlite3 | 6:15 | delete from y",
                "bash | eval | 7:7 | rm $Z",
                "bash | xargs … sh -c | 8:18 | rm $0",
                "bash | su -c | 9:14 | rm q",
            ]
        );
    }

    #[test]
    fn heredocs_go_to_their_readers() {
        let text = "f() {\n  psql -U x <<SQL\nDELETE FROM $T;\nSQL\n}\ncat <<-'EOF' | sudo mysql db\n\tDROP TABLE x;\n\tEOF\n\
                    psql <<< \"DROP TABLE y\"\necho 'DROP TABLE z' | psql\ncat > /tmp/run.sh <<EOF\nrm -rf /srv\nEOF\n\
                    ssh host bash -s <<EOF\nrm b\nEOF\ncat <<EOF\nDROP TABLE no\nEOF\n";
        assert_eq!(
            shown("a.sh", text),
            [
                "sql | heredoc to psql | 3:1 | DELETE FROM __hole__;\n",
                "sql | heredoc to sudo … mysql | 7:2 | DROP TABLE x;\n",
                "sql | here-string to psql | 9:11 | DROP TABLE y",
                "sql | pipe to psql | 10:7 | DROP TABLE z",
                "bash | heredoc to /tmp/run.sh | 12:1 | rm -rf /srv\n",
                "bash | heredoc to ssh | 15:1 | rm b\n",
            ]
        );
    }

    #[test]
    fn texts_that_nobody_runs_stay_texts() {
        let text = "echo 'rm -rf /'\ngit commit -m 'DROP TABLE x'\nbash deploy.sh\nbash -c \"$CMD\"\ngrep -c 'DROP TABLE x' a\n\
                    ssh host uptime\npsql -f a.sql\npython manage.py migrate\n";
        assert!(shown("a.sh", text).is_empty());
    }
}
