//! Joining, leaving and creating on one node, for polls that are held on another.

use super::{A_SECOND, Shared, has_postgres, hold_poll, within};
use crate::harness::{Client, TestServer, User, at_once, texts};

/// Three nodes' worth of company: alice on the first node, bob on the second, who is known on the first, too.
async fn company(nodes: &[TestServer; 2]) -> (User, User) {
    (nodes[0].guest("alice").await, nodes[1].guest("bob").await)
}

async fn heard(held: tokio::task::JoinHandle<reqwest::Response>, user: &mut User) -> Vec<String> {
    let polled: linger_api::Polled = held.await.unwrap().json().await.unwrap();
    user.cursor = polled.cursor;
    texts(&polled.messages).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn joining_and_leaving_on_one_node_counts_for_polls_held_on_another() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, mut bob) = company(&nodes).await;
    let lobby = alice.create_room("lobby").await;
    alice.say("lobby", "before").await;

    let held = hold_poll(&bob).await;
    bob.at(&nodes[0]).join(lobby).await;
    alice.say("lobby", "while joined").await;
    assert_eq!(heard(held, &mut bob).await, ["while joined"]);

    let held = hold_poll(&bob).await;
    bob.at(&nodes[0]).post(&format!("/room/{lobby}/leave"), &serde_json::json!({})).await;
    alice.say("lobby", "after leaving").await;
    alice.say("general", "for everybody").await;
    assert_eq!(heard(held, &mut bob).await, ["for everybody"]);
    let room = bob.get_json(&format!("/room/{lobby}")).await;
    assert_eq!((&room["joined"], &room["members"]), (&false.into(), &1.into()));
}

#[tokio::test]
async fn a_room_created_on_one_node_is_there_on_the_others_at_once() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, mut bob) = company(&nodes).await;
    let held = hold_poll(&bob).await;
    for n in 0..5 {
        let name = format!("room-{n}");
        bob.at(&nodes[0]).create_room(&name).await;
        assert_eq!(alice.at(&nodes[1]).say(&name, "hello").await.seq, 1);
    }
    assert_eq!(heard(held, &mut bob).await, ["hello"], "who created it has joined it");
    within(A_SECOND, "all are joined", async || {
        let rooms = bob.get_json("/rooms").await;
        rooms.as_array().unwrap().iter().filter(|room| room["joined"] == true).count() == 6
    })
    .await;
}

#[tokio::test]
async fn a_name_goes_to_one_of_many_who_want_it_on_all_nodes() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, _) = company(&nodes).await;
    for n in 0..5 {
        let name = format!("name-{n}");
        let rooms = (0..10).map(|n| {
            let (there, name) = (alice.at(&nodes[n % 2]), name.clone());
            async move { there.post("/rooms", &serde_json::json!({ "name": name })).await.status().as_u16() }
        });
        let users = (0..10).map(|n| {
            let (url, name) = (nodes[n % 2].url("/connect"), name.clone());
            let body = serde_json::json!({ "username": name });
            async move { Client::new().post(url).json(&body).send().await.unwrap().status().as_u16() }
        });
        for mut statuses in [at_once(rooms).await, at_once(users).await] {
            statuses.sort_unstable();
            assert_eq!(statuses, [[201].as_slice(), &[409; 9]].concat());
        }
    }
}

#[tokio::test]
async fn who_left_and_joined_again_while_a_node_was_paused_begins_there_at_the_newest_message() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, bob) = company(&nodes).await;
    let lobby = alice.create_room("lobby").await;
    bob.join(lobby).await;
    alice.say("lobby", "one").await;
    alice.say("lobby", "two").await;
    // A position that was set, not only moved up.
    assert_eq!(bob.post(&format!("/room/{lobby}/read"), &serde_json::json!({ "seq": 1 })).await.status(), 204);
    let elsewhere = bob.at(&nodes[0]);
    within(A_SECOND, "the other node has heard", async || elsewhere.unread("lobby").await == 1).await;

    nodes[1].signal("STOP").await;
    let leave = elsewhere.post(&format!("/room/{lobby}/leave"), &serde_json::json!({})).await;
    assert_eq!(leave.status(), 204);
    alice.say("lobby", "while away").await;
    elsewhere.join(lobby).await;
    nodes[1].signal("CONT").await;

    let bob = bob.on_new_connections();
    alice.say("lobby", "after").await;
    within(A_SECOND, "it has heard", async || bob.unread("lobby").await == 1).await;
    for node in &nodes {
        let polled = bob.at(node).get_json("/poll?wait=20").await;
        assert_eq!(polled["messages"].as_array().unwrap().len(), 1, "what came in between is history: {polled}");
        assert_eq!(polled["messages"][0]["text"], "after");
    }
}
