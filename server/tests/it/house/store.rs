//! The two databases agree: the same migrations, the same tables, and every method of the store is called by
//! tests that run on both.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::harness::{TestServer, database};

/// What nodes tell each other: SQLite has one process.
const POSTGRES_ALONE: [&str; 3] = ["changes", "nodes", "presence"];

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
    for table in POSTGRES_ALONE {
        assert!(named(&on_postgres, table) && !named(&on_sqlite, table), "{table}");
    }
    // How far the migrations have come is sqlx's own.
    let is_shared = |(table, ..): &Column| table != "_sqlx_migrations" && !POSTGRES_ALONE.contains(&table.as_str());
    let shared = |columns: Vec<Column>| columns.into_iter().filter(is_shared).collect::<BTreeSet<_>>();
    let (on_sqlite, on_postgres) = (shared(on_sqlite), shared(on_postgres));
    assert!(on_sqlite.len() > 20, "{on_sqlite:?}");
    assert_eq!(on_sqlite, on_postgres);
}

/// The methods of a source, as they are called on a value with the type's name in lower case.
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
        assert!(file == "mod.rs" || text.contains("\non_both! {"), "{file} runs on both");
        assert!(file == "mod.rs" || !text.contains("#[tokio::test]"), "{file} has no test for one alone");
    }
    let tests: String = tests.into_iter().map(|(_, text)| text).collect();
    let mut methods = 0;
    for (file, source) in read("server/src/store") {
        for call in calls(&source) {
            assert!(tests.contains(&call), "{file}: nothing calls {call}…) on both databases");
            methods += 1;
        }
    }
    assert!(methods > 40, "{methods} were found");
}
