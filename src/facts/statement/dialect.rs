//! Which dialect a script is written in, as far as its words give it away.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::facts::Dialect;

/// Bytes of a script that are searched; a dump says what it is at its start.
const SEARCHED: usize = 128 << 10;

/// Words of one dialect that the others do not know.
const HINTS: [(Dialect, &[&str]); 5] = [
    (
        Dialect::Postgres,
        &[
            "$$",
            "::",
            "concurrently",
            "gen_random_uuid",
            "ilike",
            "jsonb",
            "language plpgsql",
            "lock_timeout",
            "no force row",
            "not valid",
            "on conflict",
            "pg_",
            "returning",
            "row level security",
            "bigserial",
            "serial primary key",
            "set local ",
            "set not null",
            "timestamptz",
            "using gin",
            "using btree",
        ],
    ),
    (
        Dialect::MySql,
        &[
            "/*!",
            "`",
            "algorithm=",
            "algorithm =",
            "auto_increment",
            "change column",
            "delimiter ",
            "engine=",
            "engine =",
            "foreign_key_checks",
            "lock tables",
            "modify column",
            "on duplicate key",
            "sql_safe_updates",
            "unsigned",
            "utf8mb4",
        ],
    ),
    (
        Dialect::SqlServer,
        &[
            "@@trancount",
            "[dbo]",
            "\ngo\n",
            "\ngo\r\n",
            "begin tran\n",
            "begin try",
            "datetime2",
            "dbo.",
            "declare @",
            "exec sp_",
            "from #",
            "getdate()",
            "identity(1",
            "into #",
            "nocheck constraint",
            "nolock",
            "nvarchar",
            "object_id(",
            "set nocount",
            "sp_rename",
            "sysobjects",
            "table #",
            "uniqueidentifier",
        ],
    ),
    (
        Dialect::Oracle,
        &[
            "%rowtype",
            "%type",
            "cascade constraints",
            "dbms_",
            "execute immediate",
            "from dual",
            "nologging",
            "number(",
            "q'[",
            "q'{",
            "rownum",
            "sysdate",
            "systimestamp",
            "varchar2",
        ],
    ),
    (
        Dialect::Sqlite,
        &[
            "autoincrement",
            "datetime('now')",
            "insert or ",
            "pragma ",
            "sqlite_",
            "strftime(",
            "update or ",
            "without rowid",
        ],
    ),
];

/// Names of programs, drivers and folders that settle the dialect where the words do not.
const SURROUNDINGS: [(&str, Dialect); 12] = [
    ("mysql", Dialect::MySql),
    ("mariadb", Dialect::MySql),
    ("postgres", Dialect::Postgres),
    ("pgsql", Dialect::Postgres),
    ("psql", Dialect::Postgres),
    ("psycopg", Dialect::Postgres),
    ("supabase", Dialect::Postgres),
    ("sqlite", Dialect::Sqlite),
    ("mssql", Dialect::SqlServer),
    ("sqlserver", Dialect::SqlServer),
    ("sqlcmd", Dialect::SqlServer),
    ("oracle", Dialect::Oracle),
];

/// The dialect, or `None` where nothing or as much speaks for another one. `path` is the file's, `through` what
/// holds an embedded script.
pub(super) fn guess(text: &str, path: &str, through: &str) -> Option<Dialect> {
    for place in [through, path] {
        let place = place.to_ascii_lowercase();
        if let Some((_, dialect)) = SURROUNDINGS.iter().find(|(word, _)| place.contains(word)) {
            return Some(*dialect);
        }
    }
    let (search, owners) = search()?;
    let start = text.as_bytes().get(..SEARCHED).unwrap_or(text.as_bytes());
    let mut seen = vec![false; owners.len()];
    let mut scores = [0usize; HINTS.len()];
    for hit in search.find_overlapping_iter(start) {
        let hint = hit.pattern().as_usize();
        if !std::mem::replace(&mut seen[hint], true) {
            scores[owners[hint]] += 1;
        }
    }
    let best = *scores.iter().max()?;
    let mut leaders = scores.iter().enumerate().filter(|(_, score)| **score == best);
    let (leader, _) = leaders.next()?;
    (best > 0 && leaders.next().is_none()).then(|| HINTS[leader].0)
}

/// The automaton over all hints, and for each hint its row in the table.
fn search() -> Option<&'static (AhoCorasick, Vec<usize>)> {
    static SEARCH: OnceLock<Option<(AhoCorasick, Vec<usize>)>> = OnceLock::new();
    SEARCH
        .get_or_init(|| {
            let hints: Vec<(usize, &str)> = HINTS
                .iter()
                .enumerate()
                .flat_map(|(row, (_, words))| words.iter().map(move |word| (row, *word)))
                .collect();
            let search = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                // Quickly built: it is searched once or twice.
                .kind(Some(AhoCorasickKind::NoncontiguousNFA))
                .build(hints.iter().map(|(_, word)| word))
                .ok()?;
            Some((search, hints.into_iter().map(|(row, _)| row).collect()))
        })
        .as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_one_dialect_give_it_away() {
        for (text, expected) in [
            ("CREATE TABLE `a` (id int) ENGINE=InnoDB", Some(Dialect::MySql)),
            ("ALTER TABLE a ALTER b SET NOT NULL", Some(Dialect::Postgres)),
            ("DELETE FROM [dbo].[a]\nGO\n", Some(Dialect::SqlServer)),
            ("DELETE FROM a WHERE ROWNUM < 10", Some(Dialect::Oracle)),
            ("PRAGMA foreign_keys=OFF", Some(Dialect::Sqlite)),
            ("DELETE FROM a", None),
        ] {
            assert_eq!(guess(text, "a.sql", ""), expected, "{text}");
        }
    }

    #[test]
    fn the_surroundings_count_before_the_words() {
        assert_eq!(guess("CREATE INDEX i ON a (b)", "db/mysql/1.sql", ""), Some(Dialect::MySql));
        assert_eq!(guess("CREATE INDEX i ON a (b)", "deploy.sh", "psql -c"), Some(Dialect::Postgres));
    }
}
