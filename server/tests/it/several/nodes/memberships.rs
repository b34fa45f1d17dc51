//! Joining, leaving and creating rooms on one node, and polls held on another.

use sqlx::{Connection, PgConnection};

use super::{Shared, has_postgres, hold_poll, soon};
use crate::harness::{Client, TestServer, User, at_once, database, texts};

/// Connects alice to the first node and bob to the second.
async fn alice_and_bob(nodes: &[TestServer; 2]) -> (User, User) {
    (nodes[0].guest("alice").await, nodes[1].guest("bob").await)
}

async fn received(held: tokio::task::JoinHandle<reqwest::Response>, user: &mut User) -> Vec<String> {
    let polled: linger_api::Polled = held.await.unwrap().json().await.unwrap();
    user.cursor = polled.cursor;
    texts(&polled.messages).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn joining_and_leaving_on_one_node_affects_polls_held_on_another() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, mut bob) = alice_and_bob(&nodes).await;
    let lobby = alice.create_room("lobby").await;
    alice.say("lobby", "before").await;

    let held = hold_poll(&bob).await;
    bob.at(&nodes[0]).join(lobby).await;
    alice.say("lobby", "while joined").await;
    assert_eq!(received(held, &mut bob).await, ["while joined"]);

    let held = hold_poll(&bob).await;
    bob.at(&nodes[0]).post(&format!("/room/{lobby}/leave"), &serde_json::json!({})).await;
    alice.say("lobby", "after leaving").await;
    alice.say("general", "for everybody").await;
    assert_eq!(received(held, &mut bob).await, ["for everybody"]);
    let room = bob.get_json(&format!("/room/{lobby}")).await;
    assert_eq!((&room["joined"], &room["members"]), (&false.into(), &1.into()));
}

#[tokio::test]
async fn a_room_created_on_one_node_exists_on_the_others_at_once() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, mut bob) = alice_and_bob(&nodes).await;
    let held = hold_poll(&bob).await;
    for n in 0..5 {
        let name = format!("room-{n}");
        bob.at(&nodes[0]).create_room(&name).await;
        assert_eq!(alice.at(&nodes[1]).say(&name, "hello").await.seq, 1);
    }
    assert_eq!(received(held, &mut bob).await, ["hello"], "the creator has joined");
    soon("all rooms are joined", async || {
        let rooms = bob.get_json("/rooms").await;
        rooms.as_array().unwrap().iter().filter(|room| room["joined"] == true).count() == 6
    })
    .await;
}

#[tokio::test]
async fn of_concurrent_requests_for_a_name_on_all_nodes_one_gets_it() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, _) = alice_and_bob(&nodes).await;
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
async fn a_user_who_rejoins_while_a_node_is_paused_starts_there_at_the_newest_message() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, bob) = alice_and_bob(&nodes).await;
    let lobby = alice.create_room("lobby").await;
    bob.join(lobby).await;
    alice.say("lobby", "one").await;
    alice.say("lobby", "two").await;
    // Set the position explicitly, instead of by polling.
    assert_eq!(bob.post(&format!("/room/{lobby}/read"), &serde_json::json!({ "seq": 1 })).await.status(), 204);
    let elsewhere = bob.at(&nodes[0]);
    soon("the other node knows the position", async || elsewhere.unread("lobby").await == 1).await;

    nodes[1].signal("STOP").await;
    let leave = elsewhere.post(&format!("/room/{lobby}/leave"), &serde_json::json!({})).await;
    assert_eq!(leave.status(), 204);
    alice.say("lobby", "while away").await;
    elsewhere.join(lobby).await;
    nodes[1].signal("CONT").await;

    let bob = bob.on_new_connections();
    alice.say("lobby", "after").await;
    soon("the resumed node knows the membership", async || bob.unread("lobby").await == 1).await;
    for node in &nodes {
        let polled = bob.at(node).get_json("/poll?wait=20").await;
        assert_eq!(polled["messages"].as_array().unwrap().len(), 1, "messages sent in between are history: {polled}");
        assert_eq!(polled["messages"][0]["text"], "after");
    }
}

#[tokio::test]
async fn a_position_set_back_right_after_joining_on_one_node_is_unread_on_another() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, mut bob) = alice_and_bob(&nodes).await;
    let elsewhere = bob.at(&nodes[0]);
    for (name, is_paused) in [("lobby", false), ("attic", true), ("cellar", false), ("garden", true)] {
        let room = alice.create_room(name).await;
        for n in 1..=10 {
            alice.say(name, &n.to_string()).await;
        }
        // Everything up to here is read, and the room's messages lie before it.
        alice.say("general", name).await;
        while bob.poll("&wait=1").await.messages.iter().all(|message| message.text != name) {}
        bob.poll("&wait=0").await;

        if is_paused {
            nodes[1].signal("STOP").await;
        }
        elsewhere.join(room).await;
        let read = elsewhere.post(&format!("/room/{room}/read"), &serde_json::json!({ "seq": 3 })).await;
        assert_eq!(read.status(), 204);
        if is_paused {
            nodes[1].signal("CONT").await;
        }
        let bob = bob.on_new_connections();
        soon("the other node knows the position", async || bob.unread(name).await == 7).await;
        let unread = |messages: &serde_json::Value| -> Vec<i64> {
            messages.as_array().unwrap().iter().map(|message| message["seq"].as_i64().unwrap()).collect()
        };
        let polled = bob.get_json("/poll?wait=0").await;
        assert_eq!(unread(&polled["messages"]), [4, 5, 6, 7, 8, 9, 10], "{name}: {polled}");
        let connected = bob.connect_again().await.connected;
        assert_eq!(texts(&connected.messages), ["4", "5", "6", "7", "8", "9", "10"], "{name}");
        bob.post(&format!("/room/{room}/read"), &serde_json::json!({ "seq": 10 })).await;
    }
}

#[tokio::test]
async fn an_unsaved_position_does_not_come_back_after_the_user_has_rejoined_elsewhere() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, mut bob) = alice_and_bob(&nodes).await;
    let lobby = alice.create_room("lobby").await;
    let elsewhere = bob.at(&nodes[0]);
    for round in 1..=3 {
        bob.join(lobby).await;
        for n in 1..=5 {
            alice.say("lobby", &n.to_string()).await;
        }
        // The position counts as set explicitly. Polling then moves it, which cannot be written yet.
        assert_eq!(bob.post(&format!("/room/{lobby}/read"), &serde_json::json!({ "seq": 1 })).await.status(), 204);
        while bob.poll("&wait=1").await.messages.iter().all(|message| message.text != "5") {}
        let mut database = PgConnection::connect(&shared.database).await.unwrap();
        let lock = sqlx::query("select pg_advisory_lock($1)").bind(database::JOURNAL_LOCK);
        lock.execute(&mut database).await.unwrap();
        bob.poll("&wait=0").await;
        nodes[1].signal("STOP").await;
        database.close().await.unwrap();

        // The paused node may have the lock now, until PostgreSQL takes it away.
        let leave = format!("/room/{lobby}/leave");
        soon("bob has left", async || elsewhere.post(&leave, &serde_json::json!({})).await.status() == 204).await;
        for n in 1..=10 {
            alice.say("lobby", &format!("while away {n}")).await;
        }
        elsewhere.join(lobby).await;
        nodes[1].signal("CONT").await;

        // A position that the resumed node writes afterwards is known to the other one.
        bob = bob.on_new_connections();
        alice.say("general", "hello").await;
        while bob.poll("&wait=1").await.messages.iter().all(|message| message.text != "hello") {}
        bob.poll("&wait=0").await;
        soon("the node has written", async || elsewhere.unread("general").await == 0).await;
        for node in &nodes {
            let there = bob.at(node);
            assert_eq!(there.unread("lobby").await, 0, "round {round}: joining begins at the newest message");
            assert_eq!(there.get_json("/poll?wait=0").await["messages"].as_array().unwrap().len(), 0, "round {round}");
        }
        bob.post(&format!("/room/{lobby}/leave"), &serde_json::json!({})).await;
    }
}

#[tokio::test]
async fn concurrent_joins_on_all_nodes_exceed_no_limit() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes_with(&[("ROCKET_CHAT__LIMITS__JOINED_ROOMS_PER_USER", "3")]).await;
    let (_, bob) = alice_and_bob(&nodes).await;
    let mut rooms = Vec::new();
    for n in 0..20 {
        rooms.push(nodes[0].guest(&format!("creator-{n}")).await.create_room(&format!("room-{n}")).await);
    }
    let joins = rooms.iter().enumerate().map(|(n, room)| {
        let (there, path) = (bob.at(&nodes[n % 2]), format!("/room/{room}/join"));
        async move { there.post(&path, &serde_json::json!({})).await.status().as_u16() }
    });
    let mut statuses = at_once(joins).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [[204; 2].as_slice(), &[429; 18]].concat());
}
