//! The database is locked: another process holds the write lock of SQLite, as a backup may, or the journals' lock of
//! PostgreSQL.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::harness::{DEADLINE, TestServer, User, assert_problem, at_once, database, texts, until};

/// A connection of another process that keeps the server from writing until it is dropped.
enum Locked {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Locked {
    async fn take(server: &TestServer) -> Self {
        let url = server.database_url();
        if database::is_postgres() {
            let mut other = PgConnection::connect(&url).await.unwrap();
            let lock = sqlx::query("select pg_advisory_lock($1)").bind(database::JOURNAL_LOCK);
            lock.execute(&mut other).await.unwrap();
            return Self::Postgres(other);
        }
        let mut other = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query("begin immediate").execute(&mut other).await.unwrap();
        Self::Sqlite(other)
    }

    async fn release(self) {
        match self {
            Self::Sqlite(other) => other.close().await.unwrap(),
            Self::Postgres(other) => other.close().await.unwrap(),
        }
    }
}

/// Returns what bob's calls could have changed.
async fn state(bob: &User) -> [Value; 4] {
    let mut status = bob.get_json("/status").await;
    let history = bob.get_json("/room/1/messages").await;
    [status["conversations"].take(), bob.get_json("/rooms").await, bob.get_json("/direct").await, history]
}

/// Checks that a call which is refused while the database is locked is not done afterwards, and succeeds then.
async fn assert_not_done(path: &str, body: Value) {
    // What was not done does not count as the third guest either.
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__GUESTS_PER_DAY_PER_ADDRESS", "3")]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.create_room("lobby").await;
    alice.say("general", "one").await;
    bob.post("/room/1/read", &json!({ "seq": 1 })).await;
    let before = state(&bob).await;
    let call = async || match path {
        "/connect" => server.connect(&body).await,
        _ => bob.post(path, &body).await,
    };

    let locked = Locked::take(&server).await;
    assert_problem(call().await, 503, "unavailable").await;
    locked.release().await;
    let begun = Instant::now();
    while bob.get("/health").await.status() != StatusCode::OK {
        assert!(begun.elapsed() < DEADLINE, "the server can write again");
    }
    assert_eq!(state(&bob).await, before, "{path} {body}");
    let again = call().await.status();
    assert!(again == StatusCode::CREATED || again == StatusCode::NO_CONTENT, "{path} {body}: {again}");
}

#[tokio::test]
async fn a_call_that_was_refused_before_it_began_is_not_done() {
    let calls = [
        ("/send", json!({ "text": "hello" })),
        ("/send-private", json!({ "to": "alice", "text": "psst" })),
        ("/connect", json!({ "username": "carol" })),
        ("/rooms", json!({ "name": "attic" })),
        ("/room/2/join", json!({})),
        ("/room/1/read", json!({ "seq": 0 })),
        ("/disconnect", json!({})),
    ];
    at_once(calls.into_iter().map(|(path, body)| assert_not_done(path, body))).await;
}

#[tokio::test]
async fn sends_are_503_while_the_database_is_locked_and_recover_by_themselves() {
    let settings =
        [("DATABASE_URL", "sqlite:var/linger.db"), ("RUST_LOG", "info,sqlx=error,linger_server::logs=debug")];
    let server = TestServer::start_with(&settings).await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let database = format!("sqlite:{}", server.folder().join("var/linger.db").display());
    let mut other = SqliteConnection::connect(&database).await.unwrap();
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();

    let send = async || {
        let request = bob.request(Method::POST, "/send").header("Idempotency-Key", "once");
        request.json(&json!({ "text": "hello" })).send().await.unwrap()
    };
    let refused = send().await;
    assert_eq!(refused.headers()["retry-after"], "1");
    let request_id = refused.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_problem(refused, 503, "unavailable").await;
    let is_cause = |line: &String| line.contains("cause=") && line.contains(&request_id);
    until("the log has the cause under the request id", async || server.log().iter().any(is_cause)).await;
    assert_problem(alice.get("/health").await, 503, "unavailable").await;
    assert_eq!(alice.get("/rooms").await.status(), StatusCode::OK, "reading still works");
    assert!(alice.peek("&wait=0").await.messages.is_empty(), "an uncommitted message is not delivered");

    sqlx::query("rollback").execute(&mut other).await.unwrap();
    let begun = Instant::now();
    while send().await.status() != StatusCode::CREATED {
        assert!(begun.elapsed() < DEADLINE, "sends recover");
    }
    assert_eq!(texts(&alice.poll("").await.messages), ["hello"]);
    assert!(alice.poll("&wait=0").await.messages.is_empty(), "one message per key");

    let alarms: Vec<_> =
        server.log().into_iter().filter(|line| line.contains(" WARN ") || line.contains(" ERROR ")).collect();
    assert!(matches!(&alarms[..], [only] if only.contains("the database is away")), "one line per outage: {alarms:#?}");
    let ends = async || {
        send().await;
        server.log().iter().any(|line| line.contains("the database is back"))
    };
    until("the log has the end of the outage", ends).await;
}

/// Starts a server whose database is locked, and has alice acknowledge a message meanwhile.
async fn locked_with_a_position() -> (TestServer, User, Locked) {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "one").await;
    assert_eq!(alice.unread("general").await, 1);
    let locked = Locked::take(&server).await;
    let seen = alice.peek("&wait=0").await;
    assert_eq!(alice.get(&format!("/poll?wait=0&cursor={}", seen.cursor)).await.status(), 200);
    (server, alice, locked)
}

/// Longer than a request waits for a commit.
const LONG: Duration = Duration::from_millis(3500);

#[tokio::test]
async fn stopping_waits_until_the_positions_can_be_saved() {
    let (mut server, alice, locked) = locked_with_a_position().await;
    server.signal("TERM").await;
    until("the server is stopping", async || server.log().iter().any(|line| line.contains("stopping"))).await;
    tokio::time::sleep(LONG).await;
    locked.release().await;
    assert!(server.ended().await.success());
    server.start_again().await;
    assert_eq!(alice.on_new_connections().unread("general").await, 0);
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever_for_a_locked_database() {
    let (mut server, _, _locked) = locked_with_a_position().await;
    assert_eq!(server.stop().await.code(), Some(1), "the position that alice acknowledged is not on disk");
}

#[tokio::test]
async fn stopping_with_nothing_to_save_does_not_fail_on_a_locked_database() {
    let mut server = TestServer::start().await;
    let locked = Locked::take(&server).await;
    assert!(server.stop().await.success());
    locked.release().await;
}

/// A journal that is only late has not lost its database.
#[tokio::test]
async fn a_lock_that_another_process_holds_for_a_while_is_no_outage() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let locked = Locked::take(&server).await;
    assert_problem(alice.post("/send", &json!({ "text": "hello" })).await, 503, "unavailable").await;
    locked.release().await;
    until("the server can write again", async || alice.get("/health").await.status() == 200).await;
    let count = |text: &str| server.log().iter().filter(|line| line.contains(text)).count();
    let told = match database::is_postgres() {
        true => "another node holds the lock",
        false => "the journal did not confirm the commit",
    };
    until(told, async || count(told) > 0).await;
    assert_eq!(count("the database is away"), 0, "{:#?}", server.log());
}
