//! `lingerd copy`: a chat moves from SQLite to PostgreSQL without a difference for its users.
//!
//! These tests need a PostgreSQL cluster in which they may create databases. `LINGER_TEST_POSTGRES` is its URL; without
//! it they skip.

mod comparing;
mod going_on;
mod refusing;
mod resuming;

use std::path::Path;
use std::process::Output;

use sqlx::migrate::Migrator;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::harness::{TestServer, User, at_once, http, lingerd};

/// Puts a chat on SQLite, whichever database the suite runs on.
const ON_SQLITE: [(&str, &str); 1] = [("DATABASE_URL", SOURCE)];

const SOURCE: &str = "sqlite:var/linger.db";

/// A PostgreSQL database for one test.
struct Database {
    url: String,
}

impl Database {
    /// Creates an empty database. Returns `None` without a cluster.
    async fn create() -> Option<Self> {
        let Ok(cluster) = std::env::var("LINGER_TEST_POSTGRES") else {
            println!("skipped: LINGER_TEST_POSTGRES names no PostgreSQL cluster");
            return None;
        };
        Some(Self { url: linger_rig::postgres::create_database(&cluster).await.unwrap() })
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    /// Runs statements.
    async fn run(&self, sql: &str) {
        let mut connection = self.connect().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }

    /// Creates the tables, as a first start of a server does.
    async fn make_tables(&self) {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/postgres"));
        Migrator::new(folder).await.unwrap().run(&mut self.connect().await).await.unwrap();
    }

    async fn rows<T: Send + Unpin + for<'r> sqlx::FromRow<'r, PgRow>>(&self, sql: &str) -> Vec<T> {
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut self.connect().await).await.unwrap()
    }

    async fn count(&self, table: &str) -> i64 {
        self.rows::<(i64,)>(&format!("select count(*) from {table}")).await[0].0
    }
}

/// Runs `lingerd copy` on the SQLite database in this folder and returns its output, whatever the exit status.
async fn copy(folder: &Path, to: &Database) -> Output {
    lingerd(folder, &["copy", "--from", SOURCE, "--to", &to.url], &[]).await
}

/// Copies the database and returns standard output. Panics unless that succeeds.
async fn copied(folder: &Path, to: &Database) -> String {
    let output = copy(folder, to).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the error from the last line on standard error. The lines before it are progress.
fn refusal(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    let last = error.lines().last().and_then(|line| line.strip_prefix("lingerd: "));
    last.expect("a reason").to_owned()
}

/// Returns a query's rows from the SQLite database in this folder. No server may be using it.
async fn source_rows<T: Send + Unpin + for<'r> sqlx::FromRow<'r, SqliteRow>>(folder: &Path, sql: &str) -> Vec<T> {
    let mut source = open_source(folder).await;
    sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut source).await.unwrap()
}

async fn open_source(folder: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite:{}", folder.join("var/linger.db").display())).await.unwrap()
}

/// Creates a chat without users and stops its server.
async fn empty_chat() -> TestServer {
    let mut server = TestServer::start_with(&ON_SQLITE).await;
    // A server that is stopped before its first answer may not stop cleanly yet.
    let health = http::get(&server.url("/health")).await.unwrap();
    assert_eq!(health.status(), 200);
    assert!(server.stop().await.success());
    server
}

/// Creates a chat with more messages in `general` than one batch holds, and kills its server: the newest messages are
/// still in the write-ahead log.
async fn many_messages() -> TestServer {
    let mut server = TestServer::start_with(&ON_SQLITE).await;
    let users = at_once((0..34).map(|n| {
        let url = server.url("");
        async move { User::connect_at(&url, &serde_json::json!({ "username": format!("user-{n}") })).await }
    }));
    at_once(users.await.into_iter().map(|user| async move {
        for n in 0..50 {
            user.say("general", &format!("{n} from {}", user.name)).await;
        }
    }))
    .await;
    server.kill().await;
    server
}
