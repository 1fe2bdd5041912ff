//! SQL and shell in program code: string expressions that are statements, and calls that start a process.

use std::collections::HashSet;

use crate::source::Node;

use super::pieces::Pieces;
use super::purpose::{Purpose, purpose, statement};
use super::words::{self, Argument};
use super::{Finder, Fragment, Language, go, java, javascript, python, rust};
use crate::source::scope_of;

/// Nested `+` and brackets of one string expression.
const DEEPEST: usize = 100;

/// A call that starts a process.
pub(super) struct Process<'t> {
    /// The function as a person calls it: `subprocess.run`.
    pub through: String,
    pub line: Line,
    /// Arguments that are read here, and need not be looked at again.
    pub consumed: Vec<Node<'t>>,
}

/// What a process is started with.
pub(super) enum Line {
    Words(Vec<Argument>),
    /// A text for a shell.
    Script(Pieces),
}

pub(super) fn find(finder: &Finder<'_>) -> Vec<Fragment> {
    let Some(tree) = &finder.host.tree else { return Vec::new() };
    let mut fragments = Vec::new();
    let mut consumed: HashSet<usize> = HashSet::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let looks = node.is_named()
            && finder.touched(&node.byte_range())
            && !node.kind().ends_with("comment")
            && !consumed.contains(&node.id());
        let mut descend = looks;
        if looks {
            if let Some(process) = process(finder, node) {
                consumed.extend(process.consumed.iter().map(Node::id));
                fragments.extend(command_line(finder, node, process));
            } else if let Some(list) = argument_list(finder, node) {
                fragments.push(list);
                descend = false;
            } else if let Some(pieces) = pieces(finder, node, 0) {
                fragments.extend(statement(finder, node, &pieces));
                descend = false;
            }
        }
        if descend && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return fragments;
            }
        }
    }
}

/// A string expression in pieces; `None` for anything else.
pub(super) fn pieces(finder: &Finder<'_>, node: Node<'_>, depth: usize) -> Option<Pieces> {
    if depth > DEEPEST {
        return None;
    }
    match finder.host.language {
        Language::Python => python::pieces(finder, node, depth),
        Language::Rust => rust::pieces(finder, node, depth),
        Language::JavaScript | Language::TypeScript | Language::Tsx => javascript::pieces(finder, node, depth),
        Language::Go => go::pieces(finder, node, depth),
        Language::Java => java::pieces(finder, node, depth),
        _ => None,
    }
}

/// Two expressions joined by `+`; one side at least must be text.
pub(super) fn sum(finder: &Finder<'_>, node: Node<'_>, depth: usize) -> Option<Pieces> {
    let (left, right) = (node.child_by_field_name("left")?, node.child_by_field_name("right")?);
    let (first, second) = (pieces(finder, left, depth + 1), pieces(finder, right, depth + 1));
    if first.is_none() && second.is_none() {
        return None;
    }
    let or_expression = |found: Option<Pieces>, node: Node<'_>| {
        found.unwrap_or_else(|| {
            let mut one = Pieces::default();
            one.expression(node.start_byte(), finder.source(node));
            one
        })
    };
    let mut whole = or_expression(first, left);
    whole.join(or_expression(second, right));
    Some(whole)
}

/// The items of a list of strings joined by a separator.
pub(super) fn joined(finder: &Finder<'_>, separator: &str, list: Node<'_>, depth: usize) -> Option<Pieces> {
    let mut whole = Pieces::default();
    for (index, item) in list.named_children().filter(|item| !item.kind().ends_with("comment")).enumerate() {
        if index > 0 {
            whole.text().stand_in(item.start_byte(), separator);
        }
        match pieces(finder, item, depth + 1) {
            Some(item) => whole.join(item),
            None => whole.expression(item.start_byte(), finder.source(item)),
        }
    }
    whole.has_text().then_some(whole)
}

fn process<'t>(finder: &Finder<'_>, node: Node<'t>) -> Option<Process<'t>> {
    match finder.host.language {
        Language::Python => python::process(finder, node),
        Language::Rust => rust::process(finder, node),
        Language::JavaScript | Language::TypeScript | Language::Tsx => javascript::process(finder, node),
        Language::Go => go::process(finder, node),
        Language::Java => java::process(finder, node),
        _ => None,
    }
}

fn command_line(finder: &Finder<'_>, node: Node<'_>, process: Process<'_>) -> Option<Fragment> {
    let scope = scope_of(finder.host, &node);
    match process.line {
        Line::Words(words) => {
            // A program that nobody knows says nothing.
            words.first().filter(|first| !matches!(first, Argument::Expression(..)))?;
            words::fragment(&words, &process.through, scope)
        }
        Line::Script(pieces) => pieces.has_text().then(|| Fragment {
            language: Language::Bash,
            through: process.through,
            decoded: pieces.as_script(),
            scope,
        }),
    }
}

/// One argument of a process call, or several where it is a list.
pub(super) fn arguments(finder: &Finder<'_>, node: Node<'_>) -> Vec<Argument> {
    if is_list(node) {
        return node
            .named_children()
            .filter(|item| !item.kind().ends_with("comment"))
            .map(|item| argument(finder, item))
            .collect();
    }
    vec![argument(finder, node)]
}

pub(super) fn argument(finder: &Finder<'_>, node: Node<'_>) -> Argument {
    match pieces(finder, node, 0) {
        Some(pieces) => pieces.into_argument(),
        None => {
            let text = finder.source(node).trim_start_matches(['*', '&', '.']);
            Argument::Expression(node.start_byte(), text.to_owned())
        }
    }
}

pub(super) fn is_list(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "list" | "tuple" | "array" | "array_expression" | "literal_value" | "array_initializer"
    )
}

/// A list called as a command line: `cmd = ["rm", "-rf", path]`, started elsewhere.
fn argument_list(finder: &Finder<'_>, node: Node<'_>) -> Option<Fragment> {
    if !is_list(node) {
        return None;
    }
    let Purpose::Named(name) = purpose(finder, node) else { return None };
    let lower = name.to_ascii_lowercase();
    let is_command = ["cmd", "command", "argv", "cmdline", "cmd_args"]
        .iter()
        .any(|part| lower == *part || lower.ends_with(&format!("_{part}")));
    if !is_command {
        return None;
    }
    let words = arguments(finder, node);
    let program = words.first()?.as_literal()?;
    let looks_like_program = !program.text.is_empty()
        && !program.text.starts_with('-')
        && program.text.chars().all(|letter| letter.is_alphanumeric() || "-_./".contains(letter));
    if words.len() < 2 || !looks_like_program {
        return None;
    }
    words::fragment(&words, &name, scope_of(finder.host, &node))
}

/// A path without its blanks.
pub(super) fn path_of(path: &str) -> String {
    path.chars().filter(|letter| !letter.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{scopes, shown};

    #[test]
    fn sql_in_python() {
        let text = concat!(
            "def purge(db, t):\n",
            "    \"\"\"DELETE FROM docs\"\"\"\n",
            "    db.execute(\n        \"DELETE FROM a \"\n        f\"WHERE id = {t.id}\")\n",
            "    sql = \"DELETE FROM b\"\n    sql += \" WHERE x\"\n",
            "    op.execute(text('''\n      DROP TABLE c'''))\n",
            "    q = \"UPDATE %s SET x = 1\" % t\n",
            "    z = 'DELETE FROM {} '.format(t) + cond\n",
            "    print(\"DELETE FROM no\")\n    raise ValueError('DROP TABLE no')\n    x = 'Delete from the list'\n",
        );
        assert_eq!(
            shown("a.py", text),
            [
                "sql | execute | 4:10 | DELETE FROM a WHERE id = __hole__",
                "sql | string | 6:12 | DELETE FROM b __hole__",
                "sql | text | 8:24 | \n      DROP TABLE c",
                "sql | string | 10:10 | UPDATE __hole__ SET x = 1",
                "sql | string | 11:10 | DELETE FROM __hole__ __hole__",
            ]
        );
        assert_eq!(scopes("a.py", text)[0], "purge | DELETE FROM a WHERE id = __hole__");
    }

    #[test]
    fn shell_in_python() {
        let text = concat!(
            "import subprocess as sp\nfrom subprocess import run\n",
            "sp.run(['rm', '-rf', self.path, f'{root}/x y'], check=True)\n",
            "run(\"psql -c 'DROP TABLE x'\", shell=True)\n",
            "os.system(f\"rm -rf {d}\")\n",
            "cmd = [\"terraform\", \"destroy\", \"-auto-approve\"]\n",
            "subprocess.check_call([\"bash\", \"-c\", \"rm -rf %s\" % d])\n",
            "subprocess.run(cmd)\nrun([\"psql\", \"-c\", \"DELETE FROM y\"])\n",
        );
        assert_eq!(
            shown("a.py", text),
            [
                "bash | sp.run | 3:10 | rm -rf \"${self_path}\" \"${root}/x y\"",
                "bash | run | 4:6 | psql -c 'DROP TABLE x'",
                "bash | os.system | 5:13 | rm -rf ${d}",
                "bash | cmd | 6:9 | terraform destroy -auto-approve",
                "bash | bash -c | 7:39 | rm -rf ${d}",
                "bash | run | 9:7 | psql -c 'DELETE FROM y'",
                "sql | psql -c | 4:15 | DROP TABLE x",
                "sql | psql -c | 9:21 | DELETE FROM y",
            ]
        );
    }

    #[test]
    fn sql_and_shell_in_rust() {
        let text = concat!(
            "async fn purge(p: &Path) -> Result<()> {\n",
            "    sqlx::query!(r#\"DELETE FROM \"a\"\"#).execute(db).await?;\n",
            "    sqlx::query_as::<_, T>(&format!(\"DELETE FROM {} WHERE {x}\", table)).fetch(db);\n",
            "    let q = concat!(\"UPDATE b \", \"SET x = 1\");\n",
            "    println!(\"DELETE FROM no\");\n",
            "    Command::new(\"rm\").arg(\"-rf\").args([\"a b\", \"c\"]).arg(&p.dir).status()?;\n",
            "    let mut tf = Command::new(\"terraform\");\n    tf.arg(\"destroy\");\n    tf.args([\"-auto-approve\"]).status()?;\n",
            "    cmd!(sh, \"rm -rf {p}\").run()?;\n",
            "    duct::cmd!(\"rm\", \"-rf\", p).run()?;\n}\n",
        );
        assert_eq!(
            shown("a.rs", text),
            [
                "sql | query | 2:21 | DELETE FROM \"a\"",
                "sql | query_as | 3:38 | DELETE FROM __hole__ WHERE __hole__",
                "sql | string | 4:22 | UPDATE b SET x = 1",
                "bash | Command::new | 6:19 | rm -rf 'a b' c \"${p_dir}\"",
                "bash | Command::new | 7:32 | terraform destroy -auto-approve",
                "bash | cmd! | 10:15 | rm -rf ${p}",
                "bash | cmd! | 11:17 | rm -rf \"${p}\"",
            ]
        );
    }

    #[test]
    fn sql_and_shell_in_javascript() {
        let text = concat!(
            "import { execSync, spawn } from 'child_process';\n",
            "const q = sql`DELETE FROM ${t.name} WHERE a`;\n",
            "await prisma.$executeRawUnsafe('DROP TABLE ' + name);\n",
            "db.query(\"UPDATE a SET x = 1\", (err) => { execSync(`rm -rf ${dir}/x`) });\n",
            "spawn('rm', ['-rf', path.join(a, 'b')]);\n",
            "await $`rm -rf ${x}`;\n/x/.exec('rm -rf y');\nconsole.log('DROP TABLE no');\n",
        );
        assert_eq!(
            shown("a.ts", text),
            [
                "sql | sql | 2:15 | DELETE FROM __hole__ WHERE a",
                "sql | $executeRawUnsafe | 3:33 | DROP TABLE __hole__",
                "sql | query | 4:11 | UPDATE a SET x = 1",
                "bash | execSync | 4:53 | rm -rf ${dir}/x",
                "bash | spawn | 5:8 | rm -rf \"${path_join_a_b}\"",
                "bash | $ | 6:9 | rm -rf \"${x}\"",
            ]
        );
    }

    #[test]
    fn sql_and_shell_in_go() {
        let text = concat!(
            "package a\nfunc purge() {\n",
            "\tdb.Exec(`DELETE\nFROM x`)\n",
            "\tq := fmt.Sprintf(\"DELETE FROM %s\", table)\n",
            "\tdb.Exec(\"DELETE FROM y \" + where)\n",
            "\texec.Command(\"rm\", \"-rf\", dir).Run()\n",
            "\texec.CommandContext(ctx, \"sh\", \"-c\", \"rm -rf \"+dir)\n",
            "\texec.Command(\"git\", args...)\n",
            "\tlog.Printf(\"DROP TABLE no\")\n}\n",
        );
        assert_eq!(
            shown("a.go", text),
            [
                "sql | Exec | 3:11 | DELETE\nFROM x",
                "sql | string | 5:20 | DELETE FROM __hole__",
                "sql | Exec | 6:11 | DELETE FROM y __hole__",
                "bash | exec.Command | 7:16 | rm -rf \"${dir}\"",
                "bash | sh -c | 8:40 | rm -rf ${dir}",
                "bash | exec.Command | 9:16 | git \"${args}\"",
            ]
        );
    }

    #[test]
    fn sql_and_shell_in_java() {
        let text = concat!(
            "class A { void f() {\n",
            "  String q = \"\"\"\n    DELETE\n      FROM x\n    \"\"\";\n",
            "  st.executeUpdate(\"DELETE FROM y WHERE id = \" + id);\n",
            "  st.execute(String.format(\"DROP TABLE %s\", t));\n",
            "  new ProcessBuilder(\"rm\", \"-rf\", dir).start();\n",
            "  Runtime.getRuntime().exec(new String[]{\"sh\", \"-c\", \"rm x\"});\n",
            "  Runtime.getRuntime().exec(\"rm y\");\n",
            "  log.info(\"DROP TABLE no\");\n} @Query(\"delete from Z z\") void g(); }\n",
        );
        assert_eq!(
            shown("A.java", text),
            [
                "sql | string | 3:5 | DELETE\n  FROM x\n",
                "sql | executeUpdate | 6:21 | DELETE FROM y WHERE id = __hole__",
                "sql | execute | 7:29 | DROP TABLE __hole__",
                "bash | ProcessBuilder | 8:23 | rm -rf \"${dir}\"",
                "bash | sh -c | 9:55 | rm x",
                "bash | Runtime.exec | 10:30 | rm y",
                "sql | Query | 12:11 | delete from Z z",
            ]
        );
    }
}
