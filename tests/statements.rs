//! What empties, overwrites or drops is found in every dialect's way of writing it; prose that reads alike is not.

use std::collections::BTreeMap;
use std::fmt::Write;

use foureyes::change::Change;
use foureyes::rules::RuleSet;
use foureyes::{Knowledge, assess};

/// Rules that fire on a file that is new.
fn found(rules: &RuleSet, path: &str, text: &str) -> Vec<(String, u32)> {
    let old = BTreeMap::from([("README".to_owned(), "x\n".to_owned())]);
    let new = BTreeMap::from([(path.to_owned(), text.to_owned())]);
    let assessment = assess(&Change::in_memory(&old, &new), rules, &Knowledge::default());
    let mut all = Vec::new();
    for scored in &assessment.findings {
        all.push((scored.finding.rule.clone(), scored.finding.line));
        all.extend(scored.finding.also.iter().map(|also| (also.rule.clone(), scored.finding.line)));
    }
    all
}

/// A dialect: how it quotes names, and words that only it has, after which a reader knows where they are.
struct Dialect {
    name: &'static str,
    open: &'static str,
    close: &'static str,
    mark: &'static str,
    end: &'static str,
}

const DIALECTS: [Dialect; 4] = [
    Dialect { name: "PostgreSQL", open: "\"", close: "\"", mark: "SELECT 1::bigint;", end: ";" },
    Dialect { name: "MySQL", open: "`", close: "`", mark: "SHOW ENGINE INNODB STATUS;", end: ";" },
    Dialect { name: "SQL Server", open: "[", close: "]", mark: "SET NOCOUNT ON\nGO", end: "\nGO" },
    Dialect { name: "SQLite", open: "\"", close: "\"", mark: "PRAGMA user_version = 3;", end: ";" },
];

const DELETE: &str = "sql/delete-without-where";
const UPDATE: &str = "sql/update-without-where";
const ALWAYS: &str = "sql/where-always-true";

/// A statement with `‹name›` for quoted names, the rule that finds it, and the dialects that have it
/// (P, M, S for SQL Server, L for SQLite).
const BROAD: &[(&str, &str, &str)] = &[
    ("DELETE FROM ‹orders›", DELETE, "PMSL"),
    ("delete from ‹orders›", DELETE, "PMSL"),
    ("DELETE FROM ‹shop›.‹orders›", DELETE, "PMSL"),
    ("DELETE ‹orders›", DELETE, "S"),
    ("DELETE FROM ONLY ‹orders›", DELETE, "P"),
    ("DELETE IGNORE FROM ‹orders›", DELETE, "M"),
    ("DELETE FROM ‹orders› RETURNING *", DELETE, "PL"),
    ("DELETE FROM ‹orders› OUTPUT DELETED.*", DELETE, "S"),
    ("DELETE\nFROM\n‹orders›", DELETE, "PMSL"),
    ("DELETE /* WHERE id = 1 */ FROM ‹orders› -- WHERE id = 1\n", DELETE, "PMSL"),
    ("UPDATE ‹users› SET ‹admin› = 1", UPDATE, "PMSL"),
    ("update ‹users› set ‹admin› = 1, ‹note› = 'where'", UPDATE, "PMSL"),
    ("UPDATE ‹users› AS u SET ‹admin› = 1", UPDATE, "PL"),
    ("UPDATE u SET u.‹admin› = 1 FROM ‹users› u", UPDATE, "S"),
    ("UPDATE ONLY ‹users› SET ‹admin› = true", UPDATE, "P"),
    ("UPDATE OR IGNORE ‹users› SET ‹admin› = 1", UPDATE, "L"),
    ("DELETE FROM ‹orders› WHERE 1=1", ALWAYS, "PMSL"),
    ("DELETE FROM ‹orders› WHERE 1 = 1", ALWAYS, "PMSL"),
    ("DELETE FROM ‹orders› WHERE (1=1)", ALWAYS, "PMSL"),
    ("DELETE FROM ‹orders› WHERE true", ALWAYS, "PML"),
    ("DELETE FROM ‹orders› WHERE NOT false", ALWAYS, "PML"),
    ("DELETE FROM ‹orders› WHERE 1", ALWAYS, "ML"),
    ("DELETE FROM ‹orders› WHERE ‹id› = ‹id›", ALWAYS, "PMSL"),
    ("DELETE FROM ‹orders› WHERE id = id", ALWAYS, "PMSL"),
    ("DELETE FROM ‹orders› WHERE 'a' = 'a'", ALWAYS, "PMSL"),
    ("DELETE FROM ‹orders› WHERE 2 > 1", ALWAYS, "PMSL"),
    ("DELETE FROM ‹orders› WHERE 1 <> 0", ALWAYS, "PMSL"),
    ("DELETE FROM ‹orders› WHERE ‹id› = 7 OR 1=1", ALWAYS, "PMSL"),
    ("DELETE FROM ‹orders› WHERE 1=1 AND true", ALWAYS, "PML"),
    ("DELETE FROM ‹orders› WHERE ‹name› LIKE '%' OR true", ALWAYS, "PML"),
    ("UPDATE ‹users› SET ‹admin› = 1 WHERE 1=1", ALWAYS, "PMSL"),
    ("UPDATE ‹users› SET ‹admin› = 1 WHERE true", ALWAYS, "PML"),
    ("UPDATE ‹users› SET ‹admin› = 1 WHERE ‹id› = ‹id›", ALWAYS, "PMSL"),
    ("TRUNCATE TABLE ‹orders›", "sql/truncate", "PMS"),
    ("TRUNCATE ‹orders›", "sql/truncate", "PM"),
    ("truncate table ‹shop›.‹orders›", "sql/truncate", "PMS"),
    ("TRUNCATE ‹a›, ‹b› RESTART IDENTITY", "sql/truncate", "P"),
    ("TRUNCATE ‹orders› CASCADE", "sql/truncate-cascade", "P"),
    ("DROP TABLE ‹orders›", "sql/drop-table", "PMSL"),
    ("DROP TABLE IF EXISTS ‹orders›", "sql/drop-table", "PMSL"),
    ("drop table ‹shop›.‹orders›", "sql/drop-table", "PMSL"),
    ("DROP TABLE ‹a›, ‹b›", "sql/drop-table", "PMS"),
    ("DROP TABLE ‹orders› CASCADE", "sql/drop-cascade", "P"),
    ("DROP DATABASE ‹shop›", "sql/drop-database", "PMS"),
    ("DROP DATABASE IF EXISTS ‹shop›", "sql/drop-database", "PMS"),
    ("DROP SCHEMA ‹shop›", "sql/drop-database", "PMS"),
    ("DROP SCHEMA ‹shop› CASCADE", "sql/drop-database", "P"),
    ("DROP VIEW ‹v›", "sql/drop-object", "PMSL"),
    ("DROP MATERIALIZED VIEW ‹v›", "sql/drop-object", "P"),
    ("DROP FUNCTION ‹f›", "sql/drop-object", "PMS"),
    ("DROP PROCEDURE ‹f›", "sql/drop-object", "PMS"),
    ("DROP SEQUENCE ‹s›", "sql/drop-object", "PS"),
    ("DROP TYPE ‹t›", "sql/drop-object", "PS"),
    ("DROP EXTENSION ‹hstore›", "sql/drop-object", "P"),
    ("DROP EVENT ‹nightly›", "sql/drop-object", "M"),
    ("DROP INDEX ‹i›", "sql/drop-index", "PL"),
    ("DROP INDEX ‹i› ON ‹orders›", "sql/drop-index", "MS"),
    ("DROP TRIGGER ‹t› ON ‹orders›", "sql/trigger-dropped", "P"),
    ("DROP TRIGGER ‹t›", "sql/trigger-dropped", "MSL"),
    ("DROP POLICY ‹own_rows› ON ‹orders›", "sql/policy-dropped", "P"),
    ("DROP ROLE ‹app›", "sql/role-dropped", "PMS"),
    ("DROP USER ‹app›", "sql/role-dropped", "PMS"),
    ("DROP LOGIN ‹app›", "sql/role-dropped", "S"),
    ("DROP PUBLICATION ‹all_tables›", "sql/replication-dropped", "P"),
    ("ALTER TABLE ‹orders› DROP COLUMN ‹total›", "sql/drop-column", "PMSL"),
    ("ALTER TABLE ‹orders› DROP ‹total›", "sql/drop-column", "PM"),
    ("ALTER TABLE ‹orders› DROP CONSTRAINT ‹orders_user_fk›", "sql/constraint-dropped", "PMS"),
    ("ALTER TABLE ‹orders› DROP FOREIGN KEY ‹orders_user_fk›", "sql/constraint-dropped", "M"),
    ("ALTER TABLE ‹orders› DROP PARTITION ‹p2020›", "sql/partition-dropped", "M"),
];

#[test]
fn broad_statements_are_found_in_every_dialect() {
    let rules = RuleSet::builtin();
    let mut failures = String::new();
    for (dialect, letter) in DIALECTS.iter().zip("PMSL".chars()) {
        for (statement, rule, dialects) in BROAD.iter().filter(|(_, _, dialects)| dialects.contains(letter)) {
            let statement = statement.replace('‹', dialect.open).replace('›', dialect.close);
            let text = format!("{}\n\n{statement}{}\n", dialect.mark, dialect.end);
            let line = dialect.mark.lines().count() as u32 + 2;
            let all = found(&rules, "db/change.sql", &text);
            if !all.iter().any(|(id, at)| id == rule && *at == line) {
                let _ = writeln!(
                    failures,
                    "{}: {statement:?} ({dialects}): {rule} at {line}, found {all:?}",
                    dialect.name
                );
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

const RESTRICTED: &[&str] = &[
    "DELETE FROM ‹orders› WHERE ‹id› = 7",
    "DELETE FROM ‹orders› WHERE 1=1 AND ‹id› = 7",
    "DELETE FROM ‹orders› WHERE ‹a›.‹id› = ‹b›.‹id›",
    "DELETE FROM ‹orders› WHERE ‹id› IN (SELECT ‹id› FROM ‹gone›)",
    "DELETE FROM ‹orders› WHERE NOT ‹kept›",
    "DELETE FROM ‹orders› WHERE (‹id› = 7 OR ‹id› = 8)",
    "UPDATE ‹users› SET ‹admin› = 1 WHERE ‹id› = 7",
    "UPDATE ‹users› SET ‹admin› = 1 WHERE ‹id› = 7 AND 1=1",
    "SELECT * FROM ‹orders› WHERE 1=1",
    "SELECT 'DELETE FROM orders; DROP TABLE orders'",
    "-- DROP TABLE ‹orders›\nSELECT 1",
    "/* TRUNCATE ‹orders› */ SELECT 1",
    "COMMENT ON TABLE ‹orders› IS 'never DROP TABLE orders; or DELETE FROM orders'",
];

#[test]
fn restricted_statements_are_not() {
    let rules = RuleSet::builtin();
    let mut failures = String::new();
    for dialect in &DIALECTS {
        for statement in RESTRICTED {
            let statement = statement.replace('‹', dialect.open).replace('›', dialect.close);
            let text = format!("{}\n\n{statement}{}\n", dialect.mark, dialect.end);
            let all = found(&rules, "db/change.sql", &text);
            if !all.is_empty() {
                let _ = writeln!(failures, "{}: {statement:?}: {all:?}", dialect.name);
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

const PROSE: &[&str] = &[
    "Delete from the list",
    "delete from the list",
    "Delete from cart",
    "Delete from orders",
    "DELETE FROM the queue is not supported",
    "update set of rules",
    "Update set of rules",
    "update the settings = values",
    "Update users",
    "drop table reservations for two people",
    "Drop table",
    "drop database connection",
    "drop index cards",
    "truncate text",
    "Truncate the table",
    "create table for two",
    "alter table height",
    "grant access to admin",
    "select an item from the list",
    "Cannot DROP TABLE orders",
    "please run DELETE FROM orders",
    "delete",
    "UPDATE",
];

#[test]
fn prose_in_strings_is_not_taken_for_statements() {
    let rules = RuleSet::builtin();
    let mut failures = String::new();
    for prose in PROSE {
        let hosts = [
            (
                "app/say.py",
                format!(
                    "def say(menu, log):\n    title = \"{prose}\"\n    menu.add(\"{prose}\")\n    log.info(\"{prose}\")\n    return {{\"label\": \"{prose}\"}}\n"
                ),
            ),
            (
                "src/say.rs",
                format!(
                    "fn say(menu: &mut Menu) {{\n    let title = \"{prose}\";\n    menu.add(\"{prose}\");\n    println!(\"{prose}\");\n}}\n"
                ),
            ),
            (
                "src/say.js",
                format!("const title = '{prose}';\nmenu.add('{prose}');\nconsole.log(`{prose}`);\n"),
            ),
            (
                "say/say.go",
                format!(
                    "package say\n\nfunc say(menu *Menu) {{\n\ttitle := \"{prose}\"\n\tmenu.Add(title, `{prose}`)\n\tlog.Printf(\"{prose}\")\n}}\n"
                ),
            ),
            (
                "src/Say.java",
                format!(
                    "class Say {{\n  void say(Menu menu) {{\n    String title = \"{prose}\";\n    menu.add(\"{prose}\");\n    log.info(\"{prose}\");\n  }}\n}}\n"
                ),
            ),
            (
                "bin/say.sh",
                format!(
                    "title=\"{prose}\"\necho \"{prose}\"\nmenu_add \"{prose}\"\n# {prose}\ngrep '{prose}' log.txt\n"
                ),
            ),
            ("labels.yaml", format!("delete: \"{prose}\"\ntitle: {prose}\n")),
        ];
        for (path, text) in hosts {
            let all = found(&rules, path, &text);
            if all.iter().any(|(id, _)| id.starts_with("sql/")) {
                let _ = writeln!(failures, "{path}: {prose:?}: {all:?}");
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
