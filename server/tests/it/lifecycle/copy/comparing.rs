//! Counts and checksums: they differ if anything differs.

use super::{Database, ON_SQLITE, copied, copy, empty_chat, refusal};
use crate::harness::TestServer;

/// Changes to every table that a row count would not reveal.
const CHANGES: [(&str, &str); 13] = [
    ("database_identity", "update database_identity set created_at = created_at + 1"),
    ("users", "update users set password_hash = '' where password_hash is null"),
    ("sessions", "update sessions set expires_at = expires_at + 1"),
    ("conversations", "update conversations set newest_id = newest_id + 1 where id = 1"),
    ("rooms", "update rooms set members = members + 1"),
    ("directs", "update directs set conversation_id = 1"),
    ("memberships", "update memberships set resets = resets + 1"),
    ("memberships", "update memberships set last_read_seq = last_read_seq + 1 where conversation_id = 1"),
    ("messages", "update messages set text = replace(text, 'é', 'e')"),
    ("messages", "update messages set revision = revision + 1 where revision is not null"),
    ("line_changes", "update line_changes set changed_at = changed_at + 1"),
    ("reactions", "update reactions set emoji = '👎'"),
    ("idempotency_keys", "update idempotency_keys set key = 'Once'"),
];

#[tokio::test]
async fn a_single_changed_value_in_any_table_is_found() {
    let Some(target) = Database::create().await else { return };
    let mut server = TestServer::start_with(&ON_SQLITE).await;
    let (alice, bob) = (server.account("alice", "correct horse").await, server.guest("bob").await);
    let once = alice.request(reqwest::Method::POST, "/send").header("Idempotency-Key", "once");
    once.json(&serde_json::json!({ "text": "café" })).send().await.unwrap();
    alice.tell("bob", "psst").await;
    let edit = alice.request(reqwest::Method::PATCH, "/direct/bob/messages/1");
    assert_eq!(edit.json(&serde_json::json!({ "text": "hush" })).send().await.unwrap().status(), 200);
    let react = bob.request(reqwest::Method::PUT, "/room/1/messages/1/reactions/%F0%9F%91%8D");
    assert_eq!(react.send().await.unwrap().status(), 204);
    assert!(server.stop().await.success());
    copied(server.folder(), &target).await;
    for (table, change) in CHANGES {
        target.run(&format!("create table kept as select * from {table}; {change}")).await;
        // A database with another identity is a different one, whose users count as its own.
        let output = copy(server.folder(), &target).await;
        if table == "database_identity" {
            assert!(refusal(&output).contains("it has 2 users of its own"), "{change}");
        } else {
            assert!(refusal(&output).contains("has been used since"), "{change}");
            let compared = String::from_utf8(output.stdout).unwrap();
            let different =
                compared.lines().filter(|line| line.contains("DIFFERENT")).map(|line| line.split(' ').next());
            assert_eq!(different.collect::<Vec<_>>(), [Some(table)], "{change}: {compared}");
        }
        // Restore the rows without triggering foreign keys.
        let back = "set session_replication_role = replica; delete from TABLE;
                    insert into TABLE select * from kept; drop table kept";
        target.run(&back.replace("TABLE", table)).await;
    }
    assert!(copied(server.folder(), &target).await.contains("Both databases hold the same"), "everything is restored");
}

#[tokio::test]
async fn an_empty_chat_can_be_copied_and_a_second_copy_is_a_no_op() {
    let Some(target) = Database::create().await else { return };
    let server = empty_chat().await;
    let (first, again) = (copied(server.folder(), &target).await, copied(server.folder(), &target).await);
    assert_eq!(first, again);
    assert_eq!(first.matches("  same").count(), 20, "{first}");
    assert_eq!((target.count("users").await, target.count("rooms").await), (0, 1));
}
