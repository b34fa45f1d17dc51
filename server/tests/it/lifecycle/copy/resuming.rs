//! An interrupted copy: it can be resumed, and a partial copy can be neither served nor copied into from elsewhere.

use std::process::Stdio;

use sqlx::Row;
use tokio::process::Command;

use super::{Database, SOURCE, copied, copy, empty_chat, many_messages, refusal, source_rows};
use crate::harness::{TestServer, assert_refused, lingerd, until};

/// A copy that is blocked within the second batch of messages.
struct Blocked {
    server: TestServer,
    target: Database,
    copy: tokio::process::Child,
    /// The connection whose lock blocks the copy.
    blocker: sqlx::PgConnection,
}

impl Blocked {
    async fn begin() -> Option<Self> {
        let target = Database::create().await?;
        let server = many_messages().await;
        target.make_tables().await;
        let block = "create function hold() returns trigger language plpgsql as
                    $$ begin perform pg_advisory_xact_lock(1); return new; end $$;
                    create trigger hold before insert on messages
                    for each row when (new.id = 1500) execute function hold();";
        target.run(block).await;
        let mut blocker = target.connect().await;
        sqlx::query("select pg_advisory_lock(1)").execute(&mut blocker).await.unwrap();
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
        until("the second batch is blocked", async || !target.rows::<(i32,)>(waits).await.is_empty()).await;
        Some(Self { server, target, copy, blocker })
    }

    /// Kills the copy with SIGKILL, then releases the lock.
    async fn kill(mut self) -> (TestServer, Database) {
        self.copy.kill().await.unwrap();
        assert_eq!(self.target.count("messages").await, 1000, "a batch is committed as a whole or not at all");
        let unlocked = sqlx::query("select pg_advisory_unlock(1)").fetch_one(&mut self.blocker).await.unwrap();
        assert!(unlocked.get::<bool, _>(0));
        (self.server, self.target)
    }
}

#[tokio::test]
async fn a_killed_copy_resumes_where_it_stopped() {
    let Some(blocked) = Blocked::begin().await else { return };
    let (server, target) = blocked.kill().await;
    let output = copy(server.folder(), &target).await;
    let progress = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{progress}");
    // The database may still commit the batch that was in transit when the client died.
    let already = ["messages: 1000 rows are already there", "messages: 1700 rows are already there"];
    assert!(already.iter().any(|line| progress.contains(line)), "{progress}");
    type Message = (i64, i64, i64, i64, String, i64);
    let all = "select id, conversation_id, seq, sender_id, text, sent_at from messages order by id";
    let (here, there) = (target.rows::<Message>(all).await, source_rows::<Message>(server.folder(), all).await);
    assert_eq!(here.len(), 1700);
    assert_eq!(here, there);
}

#[tokio::test]
async fn a_target_changed_in_the_meantime_is_detected_and_its_tables_named() {
    let Some(blocked) = Blocked::begin().await else { return };
    let (server, target) = blocked.kill().await;
    target.run("update messages set text = text || '!' where id = 7; delete from memberships where user_id = 3").await;
    for _ in 0..2 {
        let output = copy(server.folder(), &target).await;
        assert!(refusal(&output).contains("not the same in the target as in the source: memberships, messages;"));
        let table = String::from_utf8(output.stdout).unwrap();
        let different: Vec<_> = table.lines().filter(|line| line.contains("DIFFERENT")).collect();
        assert!(different.len() == 2 && table.matches("  same").count() == 18, "{table}");
        let counts: Vec<_> = different[0].split_whitespace().take(3).collect();
        assert_eq!(counts, ["memberships", "34", "33"], "{table}");
    }
    // Once the target is repaired, the copy succeeds.
    target.run("delete from messages; delete from memberships").await;
    assert!(copied(server.folder(), &target).await.contains("Both databases hold the same"));
}

#[tokio::test]
async fn a_partial_copy_cannot_be_served_or_be_the_target_of_another_source() {
    let Some(blocked) = Blocked::begin().await else { return };
    let other = empty_chat().await;
    let output = copy(other.folder(), &blocked.target).await;
    assert!(refusal(&output).contains("another copy into the target is running"));
    let output = copy(blocked.server.folder(), &blocked.target).await;
    assert!(refusal(&output).contains("another process uses var/linger.db"));

    let (server, target) = blocked.kill().await;
    let output = copy(other.folder(), &target).await;
    assert!(refusal(&output).contains("another database is being copied into the target"));
    let serve = lingerd(server.folder(), &["--port", "0", "--database-url", &target.url], &[]).await;
    assert_refused(&serve, "run lingerd copy again");
}
