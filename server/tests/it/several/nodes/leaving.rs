//! A user who is deleted on one node is gone from the memory of the others.

use serde_json::json;

use super::{Shared, has_postgres, soon};
use crate::contract::accounts::leaving::{delete, everything, talk};
use crate::harness::{TestServer, assert_problem};

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
