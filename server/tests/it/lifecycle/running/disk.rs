//! The disk is full, or what is stored on it is damaged.

use std::fs;
use std::os::unix::fs::FileExt;
use std::time::Instant;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::harness::{DEADLINE, TestServer, assert_problem, database, until};

/// Runs statements in the server's database.
async fn run(server: &TestServer, sql: &str) {
    if database::is_postgres() {
        let mut other = PgConnection::connect(&server.database_url()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut other).await.unwrap();
        other.close().await.unwrap();
    } else {
        let mut other = SqliteConnection::connect(&server.database_url()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut other).await.unwrap();
        other.close().await.unwrap();
    }
}

/// Limits the size of the server's files. A write beyond it fails like one to a full disk.
fn limit_files(server: &TestServer, bytes: Option<u64>) {
    let pid = Pid::from_raw(server.pid().cast_signed());
    prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

/// Leaves no room for larger writes. On PostgreSQL, a trigger on one table stands for the disk.
async fn fill(server: &TestServer, table: &str) {
    if database::is_postgres() {
        let sql = format!(
            "create function full_disk() returns trigger language plpgsql
             as $$ begin raise 'No space left on device' using errcode = 'disk_full'; end $$;
             create trigger full_disk before insert or update on {table} execute function full_disk()"
        );
        return run(server, &sql).await;
    }
    let log = fs::metadata(server.folder().join("var/linger.db-wal")).unwrap().len();
    // The server may empty its log at any time, which makes room for many small writes.
    limit_files(server, Some(if table == "messages" { log + 10_000 } else { 0 }));
}

async fn make_room(server: &TestServer) {
    match database::is_postgres() {
        true => run(server, "drop function full_disk cascade").await,
        false => limit_files(server, None),
    }
}

#[tokio::test]
async fn on_a_full_disk_sends_and_health_are_503_until_there_is_room() {
    let server = TestServer::start().await;
    let mut alice = server.guest("alice").await;
    let mut sent = 0;
    for round in 1..=2 {
        fill(&server, "messages").await;
        let text = "x".repeat(3000);
        let refused = loop {
            let answer = alice.post("/send", &json!({ "text": text })).await;
            if answer.status() != 201 {
                break answer;
            }
            sent += 1;
            assert!(sent < 100, "the disk is full");
        };
        assert_problem(refused, 503, "unavailable").await;
        // Checking writes, too, and its few bytes may still find room.
        for _ in 0..3 {
            assert_problem(alice.get("/health").await, 503, "unavailable").await;
        }
        assert_eq!(alice.get("/rooms").await.status(), 200, "reading still works");

        make_room(&server).await;
        alice.say("general", "hello").await;
        sent += 1;
        assert_eq!(alice.get("/health").await.status(), 200);
        let count = |text: &str| server.log().iter().filter(|line| line.contains(text)).count();
        let is_told = async || {
            alice.get("/health").await;
            (count("the database is away"), count("the database is back")) == (round, round)
        };
        until("the log has one line for each end of the outage", is_told).await;
    }
    let mut seqs = Vec::new();
    while seqs.len() < sent {
        seqs.extend(alice.poll("&wait=20").await.messages.iter().map(|message| message.seq));
    }
    assert!(seqs.into_iter().eq(1..=sent as i64), "what was acknowledged is there, and nothing else");
}

#[tokio::test]
async fn on_an_idle_server_health_finds_out_itself_whether_the_disk_is_full() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    fill(&server, "database_identity").await;
    let begun = Instant::now();
    while alice.get("/health").await.status() == 200 {
        assert!(begun.elapsed() < DEADLINE, "a check writes, if nothing else does");
    }
    make_room(&server).await;
    assert_eq!(alice.get("/health").await.status(), 200);
}

/// Stores many messages, enough to leave the tail, and damages one of the oldest.
async fn store_and_damage(server: &TestServer) {
    if database::is_postgres() {
        return run(
            server,
            "insert into messages (id, conversation_id, seq, sender_id, text, sent_at)
             select n, 1, n, 1, 'message ' || n || repeat('x', 1000), 1 from generate_series(1, 3000) n;
             update conversations set newest_seq = 3000, newest_id = 3000 where id = 1;
             alter table messages rename to stored_messages;
             create function read_text(seq bigint, text text) returns text language plpgsql
             immutable as $$ begin
                 if seq = 100 then raise 'invalid page in block 7' using errcode = 'data_corrupted'; end if;
                 return text;
             end $$;
             create view messages as select id, conversation_id, seq, sender_id, read_text(seq, text) as text, sent_at,
                 reply_to, revision, edited_at, deleted_at, deleted_by, reactions
             from stored_messages",
        )
        .await;
    }
    run(
        server,
        "insert into messages (id, conversation_id, seq, sender_id, text, sent_at)
         with recursive n (n) as (select 1 union all select n + 1 from n where n < 3000)
         select n, 1, n, 1, 'message ' || n || printf('%.1000c', 'x'), 1 from n;
         update conversations set newest_seq = 3000, newest_id = 3000 where id = 1",
    )
    .await;
    let path = server.folder().join("var/linger.db");
    let content = fs::read(&path).unwrap();
    let text = b"message 100x";
    let at = content.windows(text.len()).position(|bytes| bytes == text).expect("the message is in the file");
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&[0xff; 4096], at as u64 / 4096 * 4096).unwrap();
}

#[tokio::test]
async fn damage_outside_memory_makes_health_503_once_a_reader_has_met_it() {
    let mut server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", "1")]).await;
    let alice = server.guest("alice").await;
    assert!(server.stop().await.success());
    store_and_damage(&server).await;
    server.start_again().await;
    let alice = alice.on_new_connections();
    assert_eq!(alice.get("/health").await.status(), 200, "nothing has read that message yet");
    assert!(alice.history("/room/1/messages").await.len() > 100, "newer ones can be read");

    let refused = alice.get("/room/1/messages?after=50&limit=100").await;
    assert_problem(refused, 503, "unavailable").await;
    assert_problem(alice.get("/health").await, 503, "unavailable").await;
    assert_problem(alice.get("/poll?wait=0").await, 503, "unavailable").await;
    assert_eq!(alice.get("/room/1/messages?limit=20").await.status(), 200, "other messages can be read");
    let count = |text: &str| server.log().iter().filter(|line| line.contains(text)).count();
    until("the damage is told", async || count("/health answers 503 from now on") > 0).await;
    assert_eq!(count("/health answers 503 from now on"), 1);
    assert_eq!(count("the database is away"), 0, "damage does not pass");
}

#[tokio::test]
async fn damage_that_a_write_meets_is_told_as_such() {
    if !database::is_postgres() {
        return;
    }
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    run(
        &server,
        "create function damaged() returns trigger language plpgsql
         as $$ begin raise 'invalid page in block 7' using errcode = 'data_corrupted'; end $$;
         create trigger damaged before insert on messages execute function damaged()",
    )
    .await;
    for _ in 0..2 {
        assert_problem(alice.post("/send", &json!({ "text": "hello" })).await, 503, "unavailable").await;
    }
    assert_problem(alice.get("/health").await, 503, "unavailable").await;
    let count = |text: &str| server.log().iter().filter(|line| line.contains(text)).count();
    until("the damage is told", async || count("/health answers 503 from now on") > 0).await;
    assert_eq!((count("/health answers 503 from now on"), count("the database is away")), (1, 0));
}
