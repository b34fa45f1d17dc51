//! A user who is deleted on one node is gone from the memory of the others.

use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use super::{Shared, has_postgres, soon};
use crate::contract::accounts::leaving::{delete, everything, talk};
use crate::harness::{TestServer, assert_problem, database, until};

#[tokio::test]
async fn a_deletion_on_one_node_renames_or_erases_in_the_memory_of_the_others() {
    if !has_postgres() {
        return;
    }
    for fate in ["keep", "erase"] {
        let shared = Shared::new().await;
        let nodes: [TestServer; 2] = shared.nodes().await;
        let (alice, bob, lobby) = talk(&nodes[0]).await;
        let there = bob.at(&nodes[1]);
        everything(&there, lobby, "alice").await;
        let leave = json!({ "password": "alice's password", "messages": fate });
        assert_eq!(delete(&alice, "/me", &leave).await.status(), 204);
        let name = format!("deleted-{}", alice.id);
        soon("the other node follows", async || there.get(&format!("/direct/{name}/messages")).await.status() == 200)
            .await;
        let read = everything(&there, lobby, &name).await;
        let names = read.replace("alice's", "");
        assert!(!names.contains("alice") && names.contains(&format!("\"from\":\"{name}\"")), "{names}");
        assert_eq!(read.contains("secret"), fate == "keep", "{read}");
        assert_problem(alice.at(&nodes[1]).get("/me").await, 401, "unauthorized").await;
    }
}

/// Returns how many nodes wait for the lock of the journals.
async fn journals_waiting(database: &str) -> i64 {
    let sql = "select count(*) from pg_locks l join pg_database d on d.oid = l.database
               where l.locktype = 'advisory' and not l.granted and d.datname = current_database()";
    let mut other = PgConnection::connect(database).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut other).await.unwrap()
}

#[tokio::test]
async fn what_a_user_does_on_one_node_while_being_erased_on_another_leaves_nothing() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let bob = nodes[0].guest("bob").await;
    bob.say("general", "hello").await;
    for round in 1..=3 {
        let alice = nodes[0].guest(&format!("alice-{round}")).await;
        alice.tell("bob", "hello").await;
        let there = alice.at(&nodes[1]);
        there.get_json("/me").await;
        let mut locked = PgConnection::connect(&shared.database).await.unwrap();
        sqlx::query("select pg_advisory_lock($1)").bind(database::JOURNAL_LOCK).execute(&mut locked).await.unwrap();
        let leaves = tokio::spawn(async move { delete(&alice, "/me", &json!({ "messages": "erase" })).await.status() });
        // PostgreSQL gives the lock to the node that has waited longer.
        until("the deletion waits", async || journals_waiting(&shared.database).await >= 1).await;
        let calls = [
            (Method::POST, "/send", json!({ "text": "last words" })),
            (Method::POST, "/send-private", json!({ "to": "bob", "text": "last words" })),
            (Method::PUT, "/room/1/messages/1/reactions/%F0%9F%91%8D", json!({})),
        ];
        let calls = calls.map(|(method, path, body)| {
            let there = there.clone();
            tokio::spawn(async move { there.request(method, path).json(&body).send().await.unwrap().status() })
        });
        until("the other node waits, too", async || journals_waiting(&shared.database).await >= 2).await;
        locked.close().await.unwrap();

        let left = leaves.await.unwrap();
        for call in calls {
            call.await.unwrap();
        }
        // A busy machine may be too late.
        let left =
            if left == 204 { left } else { delete(&there, "/me", &json!({ "messages": "erase" })).await.status() };
        assert!(left == 204 || left == 401, "{left}");
        let name = format!("deleted-{}", there.id);
        for node in &nodes {
            let bob = bob.at(node);
            let path = format!("/direct/{name}/messages");
            soon("the node follows", async || bob.get(&path).await.status() == 200).await;
            let read = [bob.get_json(&path).await, bob.get_json("/room/1/messages").await].map(|page| page.to_string());
            assert!(!read.join("\n").contains("last words"), "round {round}: {read:?}");
            assert!(!read[1].contains("reactions"), "round {round}: {}", read[1]);
        }
    }
}
