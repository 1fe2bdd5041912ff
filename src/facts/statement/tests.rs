//! What scripts say: the splitter and the reader on the forms that break others.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::change::Side;
use crate::facts::Where;
use crate::source::{Embedding, Language, LineIndex, OffsetMap};

fn document(text: &str, path: &str, through: Option<&str>) -> Document {
    let text: Arc<str> = text.into();
    Document {
        side: Side::New,
        file: 0,
        path: path.into(),
        language: Language::Sql,
        text: text.clone(),
        tree: None,
        embedding: through.map(|through| Embedding {
            host: Language::Python,
            through: through.to_owned(),
            holes: Vec::new(),
            map: OffsetMap { pieces: vec![(0, 0, true)] },
            depth: 1,
            scope: Vec::new(),
        }),
        lines: Arc::new(LineIndex::new(text)),
    }
}

fn facts_of(document: &Document) -> Vec<Fact> {
    extract(document, &Focus::everything())
}

fn statements(text: &str) -> Vec<Statement> {
    said(&facts_of(&document(text, "a.sql", None)))
}

fn embedded(text: &str, through: &str) -> Vec<Statement> {
    said(&facts_of(&document(text, "a.py", Some(through))))
}

fn said(facts: &[Fact]) -> Vec<Statement> {
    facts
        .iter()
        .filter_map(|fact| match &fact.body {
            Body::Statement(statement) => Some(statement.clone()),
            _ => None,
        })
        .collect()
}

/// Verb, object, names and filter in one line.
fn brief(statement: &Statement) -> String {
    let filter = match &statement.filter {
        Where::NotApplicable => String::new(),
        Where::Absent => " all".to_owned(),
        Where::Conjuncts(conjuncts) => format!(" where {}", conjuncts.join(" & ")),
    };
    let joins = if statement.joins.is_empty() {
        String::new()
    } else {
        format!(" with {}", statement.joins.join(" & "))
    };
    let limit = statement.limit.as_ref().map_or(String::new(), |limit| format!(" limit {limit}"));
    format!("{} {} {}{filter}{joins}{limit}", statement.verb, statement.object, statement.names.join(","))
}

fn one(text: &str) -> String {
    let found: Vec<String> = statements(text).iter().map(brief).collect();
    found.join("; ")
}

#[test]
fn rows_are_restricted_by_their_conditions() {
    for (text, expected) in [
        ("DELETE FROM t", "DELETE TABLE t all"),
        (
            "delete from only public.t as x where x.a=1 and b = 2;",
            "DELETE TABLE public.t where x.a = 1 & b = 2",
        ),
        (
            "DELETE FROM t WHERE (a = 1 AND (b BETWEEN 1 AND 2))",
            "DELETE TABLE t where a = 1 & b BETWEEN 1 AND 2",
        ),
        ("DELETE FROM t WHERE a = 1 OR b = 2 AND c = 3", "DELETE TABLE t where a = 1 OR b = 2 AND c = 3"),
        ("DELETE FROM a USING b WHERE a.id = b.id", "DELETE TABLE a where a.id = b.id"),
        ("DELETE o FROM orders o JOIN u ON u.id = o.u", "DELETE TABLE orders all with u.id = o.u"),
        ("DELETE o FROM orders o LEFT JOIN u ON u.id = o.u", "DELETE TABLE orders all"),
        ("DELETE t1, t2 FROM t1 INNER JOIN t2 USING (id)", "DELETE TABLE t1,t2 all with (id)"),
        ("DELETE TOP (100) FROM [dbo].[Orders]", "DELETE TABLE dbo.orders all limit 100"),
        ("DELETE Orders WHERE Id = 3", "DELETE TABLE orders where id = 3"),
        ("DELETE FROM t ORDER BY id LIMIT 10", "DELETE TABLE t all limit 10"),
        (
            "DELETE FROM t WHERE id IN (SELECT id FROM u WHERE x)",
            "DELETE TABLE t where id IN (SELECT id FROM u WHERE x)",
        ),
        ("UPDATE t SET a = 1", "UPDATE TABLE t all"),
        ("UPDATE o SET x = 1 FROM orders o WHERE o.id = 2", "UPDATE TABLE orders where o.id = 2"),
        ("UPDATE a JOIN b ON a.id = b.id SET a.x = b.x", "UPDATE TABLE a all with a.id = b.id"),
        ("UPDATE ONLY t SET (a, b) = (1, 2) WHERE c IS NOT NULL", "UPDATE TABLE t where c IS NOT NULL"),
        ("UPDATE OR REPLACE t SET a = 1", "UPDATE TABLE t all"),
        (
            "WITH x AS (SELECT id FROM y WHERE k = 1) DELETE FROM t WHERE id IN (SELECT id FROM x)",
            "DELETE TABLE t where id IN (SELECT id FROM x) with k = 1",
        ),
        (
            "WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO old SELECT * FROM gone",
            "DELETE TABLE t all; INSERT TABLE old",
        ),
        (";WITH x AS (SELECT TOP 10 * FROM t) DELETE FROM x", "DELETE TABLE x all with x"),
        ("TRUNCATE TABLE a, b RESTART IDENTITY CASCADE", "TRUNCATE TABLE a,b"),
        ("truncate only public.a", "TRUNCATE TABLE public.a"),
        ("REPLACE INTO t VALUES (1)", "REPLACE TABLE t"),
        ("SELECT a FROM t WHERE tenant_id = $1 LIMIT 5", "SELECT TABLE t where tenant_id = $1 limit 5"),
        ("EXPLAIN DELETE FROM t", ""),
        ("EXPLAIN ANALYZE DELETE FROM t", "DELETE TABLE t all"),
        ("EXPLAIN (ANALYZE, BUFFERS) DELETE FROM t", "DELETE TABLE t all"),
    ] {
        assert_eq!(one(text), expected, "{text}");
    }
}

#[test]
fn objects_and_actions_are_named() {
    for (text, expected) in [
        ("DROP TABLE IF EXISTS \"Public\".\"Users\" CASCADE", "DROP TABLE public.users"),
        ("DROP TABLE a, b", "DROP TABLE a,b"),
        ("DROP DATABASE shop", "DROP DATABASE shop"),
        ("DROP SCHEMA s", "DROP SCHEMA s"),
        ("DROP MATERIALIZED VIEW v", "DROP MATERIALIZED VIEW v"),
        ("DROP FUNCTION f(int, text)", "DROP FUNCTION f"),
        ("DROP TRIGGER tr ON t", "DROP TRIGGER tr"),
        ("DROP POLICY own ON notes", "DROP POLICY own"),
        ("DROP USER 'app'@'%'", "DROP USER app@%"),
        ("DROP INDEX CONCURRENTLY i", "DROP INDEX i"),
        ("CREATE UNIQUE INDEX ON t (a)", "CREATE INDEX "),
        ("CREATE TABLE t (id int)", "CREATE TABLE t"),
        ("CREATE OR REPLACE VIEW v AS SELECT * FROM t WHERE a = 1", "CREATE VIEW v where a = 1"),
        ("CREATE POLICY p ON t USING (a = b AND c) WITH CHECK (d)", "CREATE POLICY p where a = b & c with d"),
        ("GRANT ALL ON ALL TABLES IN SCHEMA public TO app", "GRANT ALL TABLES all tables in schema public"),
        ("GRANT SELECT ON orders TO app", "GRANT TABLE orders"),
        ("REVOKE ALL ON DATABASE d FROM PUBLIC", "REVOKE DATABASE d"),
        ("GRANT ALL PRIVILEGES ON *.* TO 'app'@'%'", "GRANT TABLE *.*"),
        ("LOCK TABLE t IN ACCESS EXCLUSIVE MODE", "LOCK TABLE t"),
        ("SET FOREIGN_KEY_CHECKS = 0", "SET VARIABLE foreign_key_checks"),
        ("SET LOCAL lock_timeout TO '2s'", "SET VARIABLE lock_timeout"),
        ("PRAGMA foreign_keys=OFF", "PRAGMA VARIABLE foreign_keys"),
        ("START TRANSACTION", "BEGIN TRANSACTION "),
        ("EXEC sp_rename 'a', 'b'", "EXEC PROCEDURE sp_rename"),
        ("RENAME TABLE a TO b", "ALTER TABLE a"),
        ("VACUUM FULL t", "VACUUM  t"),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", "REFRESH MATERIALIZED VIEW v"),
    ] {
        assert_eq!(one(text), expected, "{text}");
    }
}

#[test]
fn alter_table_is_read_clause_by_clause() {
    let actions = |text: &str| -> Vec<String> {
        statements(text)
            .iter()
            .flat_map(|statement| &statement.actions)
            .map(|action| format!("{} {}", action.verb, action.name).trim().to_owned())
            .collect()
    };
    for (text, expected) in [
        (
            "ALTER TABLE t DROP COLUMN IF EXISTS a, DROP CONSTRAINT c",
            vec!["DROP COLUMN a", "DROP CONSTRAINT c"],
        ),
        ("ALTER TABLE t DROP a", vec!["DROP COLUMN a"]),
        (
            "ALTER TABLE t DROP PRIMARY KEY, DROP FOREIGN KEY fk",
            vec!["DROP PRIMARY KEY primary key", "DROP CONSTRAINT fk"],
        ),
        ("ALTER TABLE t DROP COLUMN a, b", vec!["DROP COLUMN a", "DROP COLUMN b"]),
        ("ALTER TABLE t DROP (a, b)", vec!["DROP COLUMN a"]),
        ("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int NOT NULL", vec!["ADD COLUMN a"]),
        ("ALTER TABLE t ADD a int", vec!["ADD COLUMN a"]),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES b (c) NOT VALID", vec!["ADD CONSTRAINT foreign key"]),
        ("ALTER TABLE t ALTER COLUMN a TYPE int USING a::int", vec!["ALTER COLUMN a"]),
        (
            "ALTER TABLE t MODIFY COLUMN a VARCHAR(10), CHANGE b c INT",
            vec!["MODIFY COLUMN a", "RENAME COLUMN b"],
        ),
        ("ALTER TABLE t RENAME COLUMN a TO b", vec!["RENAME COLUMN a"]),
        ("ALTER TABLE t RENAME TO u", vec!["RENAME u"]),
        ("ALTER TABLE t DISABLE ROW LEVEL SECURITY", vec!["DISABLE ROW LEVEL SECURITY"]),
        ("ALTER TABLE t DISABLE TRIGGER ALL", vec!["DISABLE TRIGGER all"]),
        ("ALTER TABLE t NOCHECK CONSTRAINT ALL", vec!["DISABLE CONSTRAINT all"]),
        ("ALTER TYPE mood RENAME VALUE 'a' TO 'b'", vec!["RENAME VALUE a"]),
        ("ALTER ROLE app SUPERUSER", vec!["SUPERUSER"]),
        ("MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE", vec!["DELETE"]),
    ] {
        assert_eq!(actions(text), expected, "{text}");
    }
}

#[test]
fn scripts_are_split_where_their_clients_split_them() {
    for (text, expected) in [
        (
            "-- DELETE FROM a;\n/* DELETE FROM /* b */ ; */ DELETE FROM c WHERE x = '; DELETE FROM d' ;",
            "DELETE TABLE c where x = '; DELETE FROM d'",
        ),
        ("INSERT INTO a VALUES (';'), ('it''s'); DELETE FROM b", "INSERT TABLE a; DELETE TABLE b all"),
        ("INSERT INTO `a` VALUES ('it\\'s; x'); DELETE FROM b", "INSERT TABLE a; DELETE TABLE b all"),
        ("/*!40101 SET NAMES utf8 */; DELETE FROM b", "SET VARIABLE names; DELETE TABLE b all"),
        (
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN DELETE FROM a; IF x THEN TRUNCATE b; END IF; END //\nDELIMITER ;\nDELETE FROM c;",
            "CREATE PROCEDURE p; DELETE TABLE a all; TRUNCATE TABLE b; DELETE TABLE c all",
        ),
        (
            "CREATE FUNCTION f() RETURNS void AS $$ BEGIN DELETE FROM a; END; $$ LANGUAGE plpgsql; DELETE FROM b;",
            "CREATE FUNCTION f; DELETE TABLE a all; DELETE TABLE b all",
        ),
        (
            "DO $do$ DECLARE r record; BEGIN FOR r IN SELECT * FROM a LOOP EXECUTE 'DROP TABLE ' || r.n; END LOOP; END $do$;",
            "DO  ; SELECT TABLE a all; EXEC PROCEDURE ; DROP TABLE __hole__",
        ),
        ("CREATE FUNCTION f() RETURNS int AS $$ DELETE FROM a $$ LANGUAGE plpython3u", "CREATE FUNCTION f"),
        ("COPY a (x) FROM stdin;\n1\tDELETE FROM q;\n\\.\nDELETE FROM b;", "COPY  a; DELETE TABLE b all"),
        (
            "\\connect shop\nDELETE FROM b;\n\\copy a from 'x;y'\nDROP TABLE c;",
            "DELETE TABLE b all; DROP TABLE c",
        ),
        ("DELETE FROM a\r\nGO\r\nDELETE FROM b\r\nGO 5\r\n", "DELETE TABLE a all; DELETE TABLE b all"),
        (
            "SET NOCOUNT ON\nDELETE FROM dbo.a\nUPDATE dbo.b SET x = 1\nWHERE y = 2\nDROP TABLE dbo.c",
            "SET VARIABLE nocount; DELETE TABLE dbo.a all; UPDATE TABLE dbo.b where y = 2; DROP TABLE dbo.c",
        ),
        ("IF OBJECT_ID('dbo.a') IS NOT NULL DROP TABLE dbo.a", "DROP TABLE dbo.a"),
        (
            "IF EXISTS (SELECT 1 FROM a) BEGIN DELETE FROM a; DELETE FROM b END\nDELETE FROM c",
            "DELETE TABLE a all; DELETE TABLE b all; DELETE TABLE c all",
        ),
        (
            "CREATE TRIGGER tr AFTER INSERT ON a BEGIN DELETE FROM b; END;\nDELETE FROM c;",
            "CREATE TRIGGER tr; DELETE TABLE b all; DELETE TABLE c all",
        ),
        (
            "CREATE TRIGGER tr AFTER INSERT ON a FOR EACH ROW DELETE FROM b; DELETE FROM c",
            "CREATE TRIGGER tr; DELETE TABLE b all; DELETE TABLE c all",
        ),
        (
            "CREATE OR REPLACE PROCEDURE p IS n NUMBER; BEGIN DELETE FROM a; END p;\n/\nDELETE FROM b;",
            "CREATE PROCEDURE p; DELETE TABLE a all; DELETE TABLE b all",
        ),
        (
            "BEGIN EXECUTE IMMEDIATE 'DROP TABLE a'; EXCEPTION WHEN OTHERS THEN NULL; END;\n/",
            "EXEC PROCEDURE ; DROP TABLE a",
        ),
        ("EXEC('DELETE FROM a WHERE x = ''y''')", "EXEC PROCEDURE ; DELETE TABLE a where x = 'y'"),
        (
            "CREATE PROCEDURE p AS BEGIN TRY DELETE FROM dbo.a; END TRY BEGIN CATCH ROLLBACK; END CATCH\nGO\nDELETE FROM b",
            "CREATE PROCEDURE p; DELETE TABLE dbo.a all; ROLLBACK TRANSACTION ; DELETE TABLE b all",
        ),
        (
            "UPDATE a SET x = CASE WHEN y THEN 1 ELSE 2 END WHERE z; DELETE FROM b",
            "UPDATE TABLE a where z; DELETE TABLE b all",
        ),
        ("SELECT q'[it's; x]' FROM dual; DELETE FROM b", "SELECT TABLE dual all; DELETE TABLE b all"),
        ("SELECT E'a\\'; DELETE FROM q;'; DELETE FROM b", "SELECT TABLE  all; DELETE TABLE b all"),
        (
            "DELETE FROM {{ ref('a') }} WHERE x; {% if y %} DROP TABLE {table}; {% endif %}",
            "DELETE TABLE __hole__ where x; DROP TABLE __hole__",
        ),
        (
            "DELETE FROM t WHERE a = %s AND b = %(b)s AND c = ? AND d = :d AND e = $1 AND f = @f AND g = {g}",
            "DELETE TABLE t where a = %s & b = %(b)s & c = ? & d = :d & e = $1 & f = @f & g = __hole__",
        ),
        ("DELETE FROM t {where}", "DELETE TABLE t where __hole__"),
    ] {
        assert_eq!(one(text), expected, "{text}");
    }
}

#[test]
fn the_scope_is_the_procedure() {
    let facts = facts_of(&document(
        "CREATE FUNCTION purge() RETURNS void AS $$\nBEGIN\n  DELETE FROM a;\nEND;\n$$ LANGUAGE plpgsql;",
        "a.sql",
        None,
    ));
    let fact = facts.last().unwrap();
    assert_eq!(fact.locus.scope, ["purge"]);
    assert_eq!(fact.locus.start.line, 3);
}

#[test]
fn earlier_statements_put_later_ones_in_context() {
    let text = "BEGIN; DELETE FROM a; COMMIT; DELETE FROM b; CREATE TEMP TABLE c (i int); DELETE FROM c; \
                CREATE TABLE IF NOT EXISTS d (i int); DELETE FROM d; CREATE INDEX i ON d (i); DROP TABLE #e;";
    let found: Vec<(String, bool, bool)> = statements(text)
        .into_iter()
        .filter(|statement| !matches!(statement.verb.as_str(), "BEGIN" | "COMMIT"))
        .map(|statement| (brief(&statement), statement.in_transaction, statement.own_table))
        .collect();
    let expected = [
        ("DELETE TABLE a all", true, false),
        ("DELETE TABLE b all", false, false),
        ("CREATE TABLE c", false, true),
        ("DELETE TABLE c all", false, true),
        ("CREATE TABLE d", false, false),
        ("DELETE TABLE d all", false, false),
        ("CREATE INDEX i", false, true),
        ("DROP TABLE #e", false, true),
    ];
    assert_eq!(found, expected.map(|(text, transaction, own)| (text.to_owned(), transaction, own)));
}

#[test]
fn ways_back_are_known_by_name_and_by_mark() {
    let goose = "-- +goose Up\nCREATE TABLE a (i int);\n-- +goose Down\nDROP TABLE a;\n";
    assert_eq!(statements(goose).iter().map(|one| one.down).collect::<Vec<_>>(), [false, true]);
    for (path, down) in [
        ("migrations/1_a.down.sql", true),
        ("migrations/2024/down.sql", true),
        ("db/U1__a.sql", true),
        ("migrations/1_a.up.sql", false),
        ("db/V1__a.sql", false),
        ("db/users__a.sql", false),
    ] {
        assert_eq!(said(&facts_of(&document("DROP TABLE a", path, None)))[0].down, down, "{path}");
    }
}

#[test]
fn sqlite_alters_a_table_by_copying_it() {
    let text = "CREATE TABLE new_a (i int); INSERT INTO new_a SELECT i FROM a; DROP TABLE a; \
                ALTER TABLE new_a RENAME TO a;";
    assert!(statements(text).iter().filter(|one| one.verb != "CREATE").all(|one| one.own_table));
}

#[test]
fn sentences_are_not_statements() {
    for text in [
        "Delete from the list",
        "delete from the list of users",
        "update set of rules",
        "Update the set of rules",
        "Drop table tennis from the schedule",
        "drop database connections when idle",
        "Select a file from the list",
        "select your country from the list below",
        "Truncate text",
        "truncate output",
        "Grant access to users",
        "grant admin to user",
        "Create a table",
        "create table of contents",
        "create view for users",
        "Begin",
        "begin here",
        "Insert into the slot",
        "Set the name",
        "Use this",
        "Alter ego",
        "alter table manners",
        "Call me",
        "DELETE",
        "delete from",
        "commit your work",
        "merge into main",
        "Delete from",
        "lock table reservations",
        "with love delete from me",
    ] {
        let found = embedded(text, "string");
        assert!(found.is_empty(), "{text}: {:?}", found.iter().map(brief).collect::<Vec<_>>());
    }
    for text in [
        "DELETE FROM users",
        "delete from users where id = 1",
        "UPDATE users SET a = 1",
        "DROP TABLE users",
        "drop table if exists users",
        "TRUNCATE TABLE users",
        "ALTER TABLE users DROP COLUMN a",
        "DELETE FROM __hole__",
        "GRANT ALL ON users TO app",
    ] {
        assert_eq!(embedded(text, "string").len(), 1, "{text}");
    }
    for text in ["TRUNCATE users", "delete from users", "exec purge", "begin"] {
        assert_eq!(embedded(text, "execute").len(), 1, "{text}");
    }
}

#[test]
fn a_large_dump_is_cheap() {
    let mut text = String::from("-- MySQL dump\n");
    while text.len() < 1 << 20 {
        text.push_str("INSERT INTO `orders` VALUES (1,'it\\'s; a (text','x'),(2,NULL,'y'),(3,'z','w');\n");
    }
    let started = std::time::Instant::now();
    let found = statements(&text);
    // The bound is that of a build without optimisation on a busy machine.
    assert!(started.elapsed() < std::time::Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(found.iter().all(|one| one.verb == "INSERT" && one.complete));
}

proptest! {
    #[test]
    fn no_text_can_panic(text in "(?s)(DELETE |FROM |\\$\\$|'|\"|\\(|\\)|;|/\\*|\\*/|--|\n|BEGIN|END|CASE|#|\\[|\\{|\\{\\{|:|@|%|ä|WHERE|AS|CREATE FUNCTION f\\(\\)|EXECUTE|WITH x|DELIMITER|COPY a FROM stdin|\\\\|GO\n|.){0,60}") {
        statements(&text);
        embedded(&text, "string");
    }

    #[test]
    fn comments_blanks_and_line_ends_change_nothing(
        pick in 0usize..5,
        at in prop::collection::vec(0usize..40, 0..6),
        filler in prop::sample::select(vec!["  ", "\n", "\r\n", " /* x; y */ ", " -- z; 'q\n", "\t"]),
    ) {
        let scripts = [
            "DELETE FROM a WHERE b = 'c d' AND e IN ( 1 , 2 ) ; DROP TABLE IF EXISTS f CASCADE ;",
            "CREATE FUNCTION f ( ) RETURNS void AS $$ BEGIN DELETE FROM a ; END ; $$ LANGUAGE plpgsql ; TRUNCATE b ;",
            "ALTER TABLE a ADD COLUMN b int NOT NULL DEFAULT 0 , DROP COLUMN c ; UPDATE a SET d = 1 WHERE e < 3 ;",
            "WITH x AS ( SELECT 1 FROM y WHERE z ) DELETE FROM a USING x WHERE a . id = x . id ; GRANT ALL ON a TO b ;",
            "MERGE INTO a USING b ON a . i = b . i WHEN MATCHED THEN DELETE ; CREATE UNIQUE INDEX i ON a ( b ) ;",
        ];
        let script = scripts[pick];
        let quoted = |word: usize| pick == 1 && (8..16).contains(&word) || pick == 0 && (6..9).contains(&word);
        let mut changed = String::new();
        for (index, word) in script.split(' ').enumerate() {
            if index > 0 {
                let here = at.contains(&index) && !quoted(index);
                changed.push_str(if here { filler } else { " " });
            }
            changed.push_str(word);
        }
        let briefs = |text: &str| -> Vec<String> {
            statements(text).iter().map(|one| format!("{} {:?} {}", brief(one), one.options, one.text)).collect()
        };
        prop_assert_eq!(briefs(script), briefs(&changed));
    }
}
