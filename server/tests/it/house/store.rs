//! SQLite and PostgreSQL have the same migrations and tables, and tests call every store method on both.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::harness::{TestServer, database};

/// The tables through which nodes communicate. SQLite allows only one process.
const POSTGRES_ONLY: [&str; 3] = ["bulletins", "nodes", "presence"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn files(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap());
    entries.filter(|entry| entry.path().is_file()).map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    assert!(!files("migrations/sqlite").is_empty());
    assert_eq!(files("migrations/sqlite"), files("migrations/postgres"));
}

/// A column: its table, its name, and whether it may be null.
type Column = (String, String, bool);

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    if !database::is_postgres() {
        println!("skipped: comparing two databases needs PostgreSQL (`linger-rig postgres`)");
        return;
    }
    let (one, other) = (TestServer::start_on_sqlite().await, TestServer::start().await);
    let mut sqlite = SqliteConnection::connect(&one.database_url()).await.unwrap();
    let mut postgres = PgConnection::connect(&other.database_url()).await.unwrap();
    let on_sqlite: Vec<Column> = sqlx::query_as(
        "select t.name, c.name, c.\"notnull\" = 0 and c.pk = 0 from sqlite_schema t, pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like 'sqlite!_%' escape '!'",
    )
    .fetch_all(&mut sqlite)
    .await
    .unwrap();
    let on_postgres: Vec<Column> = sqlx::query_as(
        "select table_name::text, column_name::text, is_nullable = 'YES' from information_schema.columns
         where table_schema = 'public'",
    )
    .fetch_all(&mut postgres)
    .await
    .unwrap();
    let named = |columns: &[Column], table: &str| columns.iter().any(|(other, ..)| other == table);
    for table in POSTGRES_ONLY {
        assert!(named(&on_postgres, table) && !named(&on_sqlite, table), "{table}");
    }
    // sqlx creates the table of migrations itself, in its own way.
    let is_shared = |(table, ..): &Column| table != "_sqlx_migrations" && !POSTGRES_ONLY.contains(&table.as_str());
    let shared = |columns: Vec<Column>| columns.into_iter().filter(is_shared).collect::<BTreeSet<_>>();
    let (on_sqlite, on_postgres) = (shared(on_sqlite), shared(on_postgres));
    assert!(on_sqlite.len() > 20, "{on_sqlite:?}");
    assert_eq!(on_sqlite, on_postgres);
}

/// Returns the public async methods in a source, as called on a value named after its type in lower case.
fn calls(source: &str) -> Vec<String> {
    let mut receiver = String::new();
    let mut calls = Vec::new();
    for line in source.lines() {
        if let Some(of) = line.strip_prefix("impl ") {
            receiver = of.trim_end_matches(" {").to_lowercase();
        }
        if let Some((_, method)) = line.split_once("pub(crate) async fn ") {
            let name = method.split(['(', '<']).next().unwrap();
            calls.push(format!("{receiver}.{name}("));
        }
    }
    calls
}

#[test]
fn every_method_of_the_store_is_tested_on_both_databases() {
    let read = |folder: &str| -> Vec<(String, String)> {
        let text = |file: String| (file.clone(), fs::read_to_string(root().join(folder).join(file)).unwrap());
        files(folder).into_iter().map(text).collect()
    };
    let tests = read("server/src/store/tests");
    for (file, text) in &tests {
        assert!(file == "mod.rs" || text.contains("\non_both! {"), "{file} must run on both databases");
        assert!(file == "mod.rs" || !text.contains("#[tokio::test]"), "{file} must have no test for only one database");
    }
    let tests: String = tests.into_iter().map(|(_, text)| text).collect();
    let mut methods = 0;
    for (file, source) in read("server/src/store") {
        for call in calls(&source) {
            assert!(tests.contains(&call), "{file}: no test calls {call}…) on both databases");
            methods += 1;
        }
    }
    assert!(methods > 40, "only {methods} methods were found");
}
