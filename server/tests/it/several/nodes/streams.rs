//! Streams on one node, and events on the others.

use linger_rig::postgres::Cluster;
use linger_rig::proxy::{Fault, Scope};
use serde_json::json;

use super::{Shared, has_postgres, send, soon};
use crate::harness::{EventStream, TestServer, User, texts};

/// Opens a stream and reads its opening id.
async fn open(user: &User, path: &str) -> EventStream {
    let mut stream = EventStream::open(user, path).await;
    stream.opening_id().await;
    stream
}

#[tokio::test]
async fn messages_sent_on_one_node_arrive_on_streams_of_another() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, bob) = (nodes[0].guest("alice").await, nodes[1].guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    let mut all = open(&bob, "/poll").await;
    let mut room = open(&bob, &format!("/room/{lobby}/subscribe")).await;
    let mut directs = open(&bob, "/direct/subscribe").await;
    for n in 0..20 {
        let (public, elsewhere, private) = (
            alice.say("general", &n.to_string()).await,
            alice.say("lobby", &n.to_string()).await,
            alice.tell("bob", &n.to_string()).await,
        );
        assert_eq!(all.messages(2).await, [public, private.clone()]);
        assert_eq!(room.page().await.messages, [elsewhere]);
        assert_eq!(directs.page().await.messages, [private]);
    }
}

#[tokio::test]
async fn a_stream_can_be_resumed_on_another_node_without_a_gap() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, bob) = (nodes[0].guest("alice").await, nodes[1].guest("bob").await);
    let mut stream = open(&bob.at(&nodes[0]), "/poll").await;
    for n in 0..30 {
        let said = alice.at(&nodes[n % 2]).say("general", &n.to_string()).await;
        assert_eq!(stream.page().await.messages, [said]);
        // That node may not know this message yet.
        let last = stream.last_event_id.clone();
        stream = EventStream::resume(&bob.at(&nodes[n / 2 % 2]), "/poll", &last).await;
        assert_eq!(stream.opening_id().await, last);
    }
}

#[tokio::test]
async fn a_sign_out_on_one_node_ends_the_streams_of_the_others() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let alice = nodes[0].guest("alice").await;
    let there = alice.at(&nodes[1]);
    let mut streams = [open(&there, "/poll").await, open(&there, "/direct/subscribe").await];
    assert_eq!(alice.post("/disconnect", &json!({})).await.status(), 204);
    for stream in &mut streams {
        assert_eq!(stream.problem().await["type"], "/problems/unauthorized");
    }
}

#[tokio::test]
async fn a_database_outage_is_a_pause_in_a_stream_and_loses_nothing() {
    if !has_postgres() {
        return;
    }
    let mut cluster = Cluster::start().await.unwrap();
    let shared = Shared::on(cluster.create_database().await.unwrap());
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, bob) = (nodes[0].guest("alice").await, nodes[1].guest("bob").await);
    let mut stream = open(&bob, "/poll").await;
    let mut said = Vec::new();
    for round in 0..2 {
        said.push(alice.say("general", &format!("{round} before")).await.text);
        cluster.kill().await.unwrap();
        assert_eq!(send(&alice, "refused", &round.to_string()).await.status(), 503);
        cluster.start_again().await.unwrap();
        let stored = async || send(&alice, &format!("{round} after"), &format!("after-{round}")).await.status() == 201;
        soon("sends succeed", stored).await;
        said.push(format!("{round} after"));
    }
    let mut came = Vec::new();
    while came.len() < said.len() {
        came.extend(stream.next_page().await.messages.into_iter().map(|message| message.text));
    }
    assert_eq!(came, said, "on one uninterrupted stream");
}

#[tokio::test]
async fn messages_sent_while_a_node_is_cut_off_arrive_on_its_streams_afterwards() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (cut_off, link) = shared.node_over_a_link().await;
    let (alice, bob) = (node.guest("alice").await, cut_off.guest("bob").await);
    let mut stream = open(&bob, "/poll").await;
    alice.say("general", "before").await;
    assert_eq!(texts(&stream.page().await.messages), ["before"]);
    link.fail(Scope::All, Fault::BlackHole);
    let texts: Vec<_> = (0..40).map(|n| format!("{n} meanwhile")).collect();
    for text in &texts {
        alice.say("general", text).await;
    }
    link.heal(&Scope::All);
    let came = stream.messages(40).await;
    assert!(came.iter().map(|message| &message.text).eq(&texts), "each message once, in order");
}
