//! Private rooms, roles and rules: decided on one node, and in force on all.

use std::time::{Duration, Instant};

use linger_api::Polled;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Shared, has_postgres, hold, soon};
use crate::harness::{EventStream, TestServer, User, assert_problem, at_once, texts};

/// How long a removal may take to reach another node. By itself, a held request would last 50 seconds
/// or longer.
const AT_ONCE: Duration = Duration::from_secs(40);

/// Connects alice to the first node and bob to the second.
async fn alice_and_bob(nodes: &[TestServer; 2]) -> (User, User) {
    (nodes[0].guest("alice").await, nodes[1].guest("bob").await)
}

#[tokio::test]
async fn a_removal_on_one_node_ends_what_is_held_on_another() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, bob) = alice_and_bob(&nodes).await;
    for way in ["removed", "banned", "made private"] {
        let name = way.replace(' ', "-");
        let is_private = way != "made private";
        let room = alice.create_room_with(&json!({ "name": name, "private": is_private })).await;
        if is_private {
            assert_eq!(alice.set_member(room, "bob", "member").await.status(), 204);
        }
        alice.say(&name, "before").await;
        let mut here = bob.connect_again().await;
        soon("bob is a member there", async || here.get(&format!("/room/{room}")).await.status() == 200).await;
        while here.poll("&wait=0&changes=true").await.more {}
        let subscription = hold(&bob, &format!("/room/{room}/subscribe?wait=50")).await;
        let mut stream = EventStream::open(&bob, &format!("/room/{room}/subscribe")).await;
        stream.opening_id().await;
        let poll = hold(&here, &format!("/poll?wait=50&changes=true&cursor={}", here.cursor)).await;

        let begun = Instant::now();
        let response = match way {
            "removed" => alice.remove_member(room, "bob").await,
            "banned" => alice.set_member(room, "bob", "banned").await,
            _ => alice.change_room(room, &json!({ "private": true })).await,
        };
        assert!(response.status().is_success(), "{way}");
        assert_problem(subscription.await.unwrap(), 404, "not-found").await;
        assert_eq!(stream.problem().await["type"], "/problems/not-found", "{way}");
        assert!(begun.elapsed() < AT_ONCE, "{way}: {:?}", begun.elapsed());
        alice.say(&name, "after").await;
        alice.say("general", way).await;
        let mut polled: Polled = poll.await.unwrap().json().await.unwrap();
        let mut told = polled.conversations.clone().unwrap();
        while polled.messages.is_empty() {
            here.cursor.clone_from(&polled.cursor);
            polled = here.poll("&wait=50&changes=true").await;
            told.extend(polled.conversations.clone().unwrap());
        }
        assert_eq!(texts(&polled.messages), [way]);
        if is_private {
            let told = serde_json::to_value(told).unwrap();
            assert_eq!(told, json!([{ "room_id": room, "joined": false }]), "{way}");
        }
        for path in ["messages", "messages/1", "members", "subscribe?wait=0"] {
            assert_problem(bob.get(&format!("/room/{room}/{path}")).await, 404, "not-found").await;
        }
    }
}

#[tokio::test]
async fn a_rule_made_on_one_node_binds_the_next_send_on_another() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, bob) = alice_and_bob(&nodes).await;
    let lobby = alice.create_room("lobby").await;
    bob.join(lobby).await;
    bob.say("lobby", "mine").await;
    let status = async || bob.post("/send", &json!({ "text": "hi", "room": "lobby" })).await.status().as_u16();
    let edit = async |text: &str| {
        let request = bob.request(Method::PATCH, &format!("/room/{lobby}/messages/1"));
        request.json(&json!({ "text": text })).send().await.unwrap().status().as_u16()
    };
    for n in 0..5 {
        for (body, expected) in [
            (json!({ "posting": "owners" }), 403),
            (json!({ "posting": "members" }), 201),
            (json!({ "archived": true }), 403),
            (json!({ "archived": false }), 201),
        ] {
            assert_eq!(alice.change_room(lobby, &body).await.status(), 200);
            assert_eq!(status().await, expected, "{body}");
            assert_eq!(edit(&format!("{n} {body}")).await, if expected == 403 { 403 } else { 200 }, "{body}");
        }
        for (role, expected) in [("reader", 403), ("member", 201), ("banned", 403), ("member", 201)] {
            assert_eq!(alice.set_member(lobby, "bob", role).await.status(), 204);
            assert_eq!(status().await, expected, "{role}");
        }
    }
}

#[tokio::test]
async fn a_private_room_created_on_one_node_is_there_for_its_members_on_another_at_once() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, bob) = alice_and_bob(&nodes).await;
    let carol = nodes[1].guest("carol").await;
    for n in 0..5 {
        let name = format!("room-{n}");
        let room = alice.create_room_with(&json!({ "name": name, "private": true, "members": ["bob"] })).await;
        assert_eq!(bob.get(&format!("/room/{room}/messages")).await.status(), 200);
        assert_eq!(alice.at(&nodes[1]).say(&name, "hello").await.seq, 1);
        let listed = bob.get_json("/rooms").await;
        assert!(listed.as_array().unwrap().iter().any(|listed| listed["id"] == room), "{listed}");
        assert_problem(carol.get(&format!("/room/{room}")).await, 404, "not-found").await;
        let listed: Value = carol.get_json(&format!("/rooms?name={name}")).await;
        assert_eq!(listed, json!([]));
    }
}

#[tokio::test]
async fn a_node_that_was_paused_and_missed_its_bulletins_shows_nothing_of_a_lost_room() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, bob) = alice_and_bob(&nodes).await;
    let board = alice.create_room_with(&json!({ "name": "board", "private": true, "members": ["bob"] })).await;
    let lobby = alice.create_room("lobby").await;
    assert_eq!(bob.get(&format!("/room/{board}")).await.status(), 200);
    assert_eq!(bob.get(&format!("/room/{lobby}")).await.status(), 200);
    nodes[1].signal("STOP").await;
    assert_eq!(alice.remove_member(board, "bob").await.status(), 204);
    assert_eq!(alice.change_room(lobby, &json!({ "private": true })).await.status(), 200);
    crate::harness::database::execute(&shared.database, "delete from bulletins").await;
    alice.say("board", "after").await;
    nodes[1].signal("CONT").await;
    let bob = bob.on_new_connections();
    alice.say("general", "hello").await;
    soon("the node has followed", async || {
        !bob.history("/room/1/messages").await.is_empty() && bob.get(&format!("/room/{board}")).await.status() == 404
    })
    .await;
    for room in [board, lobby] {
        assert_problem(bob.get(&format!("/room/{room}/messages")).await, 404, "not-found").await;
    }
    soon("the message is shown", async || {
        let polled = bob.get(&format!("/poll?wait=0&changes=true&cursor={}", bob.cursor)).await.text().await.unwrap();
        assert!(!polled.contains("after") && !polled.contains("board"), "{polled}");
        polled.contains("hello")
    })
    .await;
}

/// A node that goes on after a pause may answer before it follows.
#[tokio::test]
async fn a_request_to_a_paused_node_shows_nothing_of_a_room_lost_meanwhile() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, bob) = alice_and_bob(&nodes).await;
    for round in 0..5 {
        let name = format!("board-{round}");
        let board = alice.create_room_with(&json!({ "name": name, "private": true, "members": ["bob"] })).await;
        let lobby = alice.create_room(&format!("lobby-{round}")).await;
        for room in [board, lobby] {
            assert_eq!(bob.get(&format!("/room/{room}/messages")).await.status(), 200);
        }
        nodes[1].signal("STOP").await;
        assert_eq!(alice.remove_member(board, "bob").await.status(), 204);
        assert_eq!(alice.change_room(lobby, &json!({ "private": true })).await.status(), 200);
        for room in [&name, &format!("lobby-{round}")] {
            alice.say(room, "after").await;
        }
        let mut paths = vec![format!("/status?room={name}&latest=5"), format!("/room/{board}/members")];
        for room in [board, lobby] {
            let parts = ["", "/messages", "/messages/1", "/messages/1/reactions"];
            paths.extend(parts.map(|part| format!("/room/{room}{part}")));
        }
        paths.push("/status?latest=5".to_owned());
        let ask = |path: String| {
            let bob = bob.on_new_connections();
            tokio::spawn(async move { bob.get(&path).await })
        };
        let asked: Vec<_> = paths.into_iter().map(ask).collect();
        // Meanwhile they are sent.
        alice.say("general", "hello").await;
        nodes[1].signal("CONT").await;
        let mut answers = Vec::new();
        for answer in asked {
            answers.push(answer.await.unwrap());
        }
        let status = answers.pop().unwrap().text().await.unwrap();
        assert!(!status.contains("after"), "{status}");
        for answer in answers {
            assert_problem(answer, 404, "not-found").await;
        }
    }
}

#[tokio::test]
async fn of_two_owners_demoted_on_two_nodes_one_stays() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes().await;
    let (alice, bob) = alice_and_bob(&nodes).await;
    let lobby = alice.create_room("lobby").await;
    for _ in 0..5 {
        assert_eq!(alice.set_member(lobby, "bob", "owner").await.status(), 204);
        let demotions = [(alice.clone(), "bob"), (bob.clone(), "alice")]
            .map(|(user, name)| async move { user.set_member(lobby, name, "member").await.status().as_u16() });
        at_once(demotions).await;
        let listed = alice.get_json(&format!("/room/{lobby}/members")).await;
        let owners: Vec<_> = listed.as_array().unwrap().iter().filter(|member| member["role"] == "owner").collect();
        assert_eq!(owners.len(), 1, "{listed}");
        let owner = if owners[0]["name"] == "alice" { &alice } else { &bob };
        assert_eq!(owner.set_member(lobby, "alice", "owner").await.status(), 204);
    }
}
