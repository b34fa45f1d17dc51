//! What nodes tell each other through the table `changes`, some of which goes missing.

use serde_json::json;
use sqlx::{Connection, PgConnection};

use super::{Shared, has_postgres, soon};
use crate::harness::{TestServer, User};

/// Sets a last-read position, which leaves a bulletin.
async fn leave_a_bulletin(user: &User) {
    assert_eq!(user.post("/room/1/read", &json!({ "seq": 0 })).await.status(), 204);
}

#[tokio::test]
async fn a_node_that_misses_a_bulletin_reads_again_who_is_signed_in_and_who_joined_what() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let mut database = PgConnection::connect(&shared.database).await.unwrap();
    let (alice, bob) = (nodes[0].guest("alice").await, nodes[1].guest("bob").await);
    let elsewhere = bob.at(&nodes[0]);
    for (round, loss) in [
        // As after a sweep that went by the clock of the node that wrote it.
        "delete from bulletins where body like '%ended_sessions%'",
        "delete from bulletins where id < (select max(id) from bulletins)",
        "truncate bulletins restart identity",
    ]
    .into_iter()
    .enumerate()
    {
        let second = elsewhere.connect_again().await.at(&nodes[1]);
        assert_eq!(second.get("/rooms").await.status(), 200);
        let name = format!("room-{round}");
        let room = alice.create_room(&name).await;
        alice.say(&name, "before").await;
        leave_a_bulletin(&bob).await;

        nodes[1].signal("STOP").await;
        leave_a_bulletin(&alice).await;
        assert_eq!(second.at(&nodes[0]).post("/disconnect", &json!({})).await.status(), 204);
        elsewhere.join(room).await;
        alice.say(&name, "after").await;
        leave_a_bulletin(&alice).await;
        sqlx::query(loss).execute(&mut database).await.unwrap();
        nodes[1].signal("CONT").await;

        let (second, bob) = (second.on_new_connections(), bob.on_new_connections());
        soon("the session is refused", async || second.get("/rooms").await.status() == 401).await;
        soon("the room is joined", async || bob.unread(&name).await == 1).await;
        let told = async || nodes[1].log().iter().filter(|line| line.contains("has missed changes")).count() > round;
        soon(&format!("the loss is told: {loss}"), told).await;
    }
}
