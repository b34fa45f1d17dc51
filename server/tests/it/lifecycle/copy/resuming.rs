//! Killed in the middle: what is there stays, what is not is brought, and nobody serves a part.

use std::process::Stdio;

use sqlx::Row;
use tokio::process::Command;

use super::{Database, SOURCE, copied, copy, empty_chat, many_messages, refusal, source_rows};
use crate::harness::{TestServer, assert_refused, lingerd, until};

/// A copy that is held up in the middle of the second batch of messages.
struct HeldUp {
    server: TestServer,
    target: Database,
    copy: tokio::process::Child,
    /// Whoever has this connection holds it up.
    holder: sqlx::PgConnection,
}

impl HeldUp {
    async fn begin() -> Option<Self> {
        let target = Database::create().await?;
        let server = many_messages().await;
        target.make_tables().await;
        let hold = "create function hold() returns trigger language plpgsql as
                    $$ begin perform pg_advisory_xact_lock(1); return new; end $$;
                    create trigger hold before insert on messages
                    for each row when (new.id = 1500) execute function hold();";
        target.run(hold).await;
        let mut holder = target.connect().await;
        sqlx::query("select pg_advisory_lock(1)").execute(&mut holder).await.unwrap();
        let copy = Command::new(env!("CARGO_BIN_EXE_lingerd"))
            .current_dir(server.folder())
            .env_clear()
            .args(["copy", "--from", SOURCE, "--to", &target.url])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let waits = "select 1 from pg_locks where locktype = 'advisory' and objid = 1 and not granted
                     and database = (select oid from pg_database where datname = current_database())";
        until("the second batch is held up", async || !target.rows::<(i32,)>(waits).await.is_empty()).await;
        Some(Self { server, target, copy, holder })
    }

    /// SIGKILL; then what holds it up goes.
    async fn kill(mut self) -> (TestServer, Database) {
        self.copy.kill().await.unwrap();
        assert_eq!(self.target.count("messages").await, 1000, "a batch is there as a whole or not at all");
        let unlocked = sqlx::query("select pg_advisory_unlock(1)").fetch_one(&mut self.holder).await.unwrap();
        assert!(unlocked.get::<bool, _>(0));
        (self.server, self.target)
    }
}

#[tokio::test]
async fn a_copy_that_was_killed_goes_on_where_it_was_and_ends_right() {
    let Some(held_up) = HeldUp::begin().await else { return };
    let (server, target) = held_up.kill().await;
    let output = copy(server.folder(), &target).await;
    let progress = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{progress}");
    // The database may still commit the batch that was on its way when its client died.
    let already = ["messages: 1000 rows are there already", "messages: 1700 rows are there already"];
    assert!(already.iter().any(|line| progress.contains(line)), "{progress}");
    type Message = (i64, i64, i64, i64, String, i64);
    let all = "select id, conversation_id, seq, sender_id, text, sent_at from messages order by id";
    let (here, there) = (target.rows::<Message>(all).await, source_rows::<Message>(server.folder(), all).await);
    assert_eq!(here.len(), 1700);
    assert_eq!(here, there);
}

#[tokio::test]
async fn what_was_changed_in_the_target_meanwhile_is_found_and_named() {
    let Some(held_up) = HeldUp::begin().await else { return };
    let (server, target) = held_up.kill().await;
    target.run("update messages set text = text || '!' where id = 7; delete from memberships where user_id = 3").await;
    for _ in 0..2 {
        let output = copy(server.folder(), &target).await;
        assert!(refusal(&output).contains("not the same in the target as in the source: memberships, messages;"));
        let table = String::from_utf8(output.stdout).unwrap();
        let different: Vec<_> = table.lines().filter(|line| line.contains("DIFFERENT")).collect();
        assert!(different.len() == 2 && table.matches("  same").count() == 7, "{table}");
        let counts: Vec<_> = different[0].split_whitespace().take(3).collect();
        assert_eq!(counts, ["memberships", "34", "33"], "{table}");
    }
    // Whoever puts it right gets on.
    target.run("delete from messages; delete from memberships").await;
    assert!(copied(server.folder(), &target).await.contains("Both hold the same"));
}

#[tokio::test]
async fn nobody_serves_a_part_and_nobody_else_copies_into_it() {
    let Some(held_up) = HeldUp::begin().await else { return };
    let other = empty_chat().await;
    let output = copy(other.folder(), &held_up.target).await;
    assert!(refusal(&output).contains("another copy into the target is running"));
    let output = copy(held_up.server.folder(), &held_up.target).await;
    assert!(refusal(&output).contains("another process uses var/linger.db"));

    let (server, target) = held_up.kill().await;
    let output = copy(other.folder(), &target).await;
    assert!(refusal(&output).contains("another database is being copied into the target"));
    let serve = lingerd(server.folder(), &["--port", "0", "--database-url", &target.url], &[]).await;
    assert_refused(&serve, "run lingerd copy again");
}
