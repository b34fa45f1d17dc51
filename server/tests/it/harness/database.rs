//! The database that a test's server uses: SQLite, or PostgreSQL if `LINGER_TEST_DATABASE=postgres`.
//!
//! The databases of a run on PostgreSQL are created in the cluster that `LINGER_TEST_POSTGRES` names.

use std::time::Instant;

use sqlx::{Connection, PgConnection, SqliteConnection};

/// The number of the advisory lock that every node's journal takes on PostgreSQL.
pub(crate) const JOURNAL_LOCK: i64 = 7_813_580_941_200_143_219;

/// Returns whether servers are started on PostgreSQL.
pub(crate) fn is_postgres() -> bool {
    std::env::var("LINGER_TEST_DATABASE").is_ok_and(|database| database == "postgres")
}

/// Returns the URL of the cluster in which databases are created.
pub(crate) fn cluster() -> String {
    std::env::var("LINGER_TEST_POSTGRES").expect("`linger-rig postgres -- COMMAND` sets LINGER_TEST_POSTGRES")
}

/// Creates an empty database and returns its URL. Returns `None` on SQLite, where each server creates its own file.
pub(crate) async fn new_database() -> Option<String> {
    match is_postgres() {
        true => Some(linger_rig::postgres::create_database(&cluster()).await.unwrap()),
        false => None,
    }
}

/// Returns the most queries that a server, started at `started`, makes by itself from `begun` until now.
pub(crate) fn most_own_queries(started: Instant, begun: Instant) -> u64 {
    // On PostgreSQL, nodes are notified once a second of the users who are online, which takes four.
    let presence = if is_postgres() { 4 * (begun.elapsed().as_secs() + 1) } else { 0 };
    // Once a minute, expired rows are deleted, which takes about a dozen.
    presence + 16 * (started.elapsed().as_secs() / 60)
}

/// Runs a statement on a server's database, beside the server.
pub(crate) async fn execute(url: &str, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match url.starts_with("sqlite:") {
        true => drop(sqlx::raw_sql(sql).execute(&mut SqliteConnection::connect(url).await.unwrap()).await.unwrap()),
        false => drop(sqlx::raw_sql(sql).execute(&mut PgConnection::connect(url).await.unwrap()).await.unwrap()),
    }
}

/// Reads a number from a server's database.
pub(crate) async fn count(url: &str, sql: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match url.starts_with("sqlite:") {
        true => sqlx::query_scalar(sql).fetch_one(&mut SqliteConnection::connect(url).await.unwrap()).await.unwrap(),
        false => sqlx::query_scalar(sql).fetch_one(&mut PgConnection::connect(url).await.unwrap()).await.unwrap(),
    }
}
