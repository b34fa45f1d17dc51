//! The database away: sends are refused in time, what is held stays held, and everything heals by itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use linger_rig::postgres::Cluster;
use linger_rig::proxy::{Fault, Scope};

use super::{Shared, has_postgres, hold_poll, send, within};
use crate::harness::{User, assert_problem, at_once, texts};

/// How soon a send is refused, with what a busy machine adds.
const REFUSED: Duration = Duration::from_millis(3200);

/// How soon everything goes on after the database's return.
pub(super) const HEALED: Duration = Duration::from_secs(5);

/// Sends, which must be refused in time and in the right way, and so is the health.
async fn assert_away(user: User, round: usize) {
    let key = format!("away-{}-{round}", user.name);
    for n in 0..3 {
        let began = Instant::now();
        let refused = send(&user, "while away", &key).await;
        assert!(began.elapsed() < REFUSED, "send {n}: {:?}", began.elapsed());
        assert_eq!(refused.headers()["retry-after"], "1");
        assert_problem(refused, 503, "unavailable").await;
        assert_problem(user.get("/health").await, 503, "unavailable").await;
    }
}

/// Repeats the send until it is stored.
async fn assert_heals(user: User, round: usize) {
    let key = format!("away-{}-{round}", user.name);
    within(HEALED, "sends go on", async || send(&user, "while away", &key).await.status() == 201).await;
    within(HEALED, "health is good", async || user.get("/health").await.status() == 200).await;
}

#[tokio::test]
async fn postgres_killed_and_started_again_is_a_pause_on_every_node() {
    if !has_postgres() {
        return;
    }
    let mut cluster = Cluster::start().await.unwrap();
    let shared = Shared::on(cluster.create_database().await.unwrap());
    let mut nodes: [_; 2] = shared.nodes().await;
    let senders = [nodes[0].guest("alice").await, nodes[1].guest("bob").await];
    let mut waiting = [nodes[0].guest("carol").await, nodes[1].guest("dave").await];
    for round in 1..=2 {
        let mut held = Vec::new();
        for user in &waiting {
            held.push(hold_poll(user).await);
        }
        cluster.kill().await.unwrap();
        at_once(senders.clone().map(|user| assert_away(user, round))).await;
        assert!(held.iter().all(|held| !held.is_finished()), "what is held stays held");
        cluster.start_again().await.unwrap();
        let [alice, bob] = senders.clone();
        tokio::join!(assert_heals(alice, round), assert_heals(bob, round));
        for (held, user) in held.into_iter().zip(&mut waiting) {
            let polled: linger_api::Polled = held.await.unwrap().json().await.unwrap();
            assert!(!polled.messages.is_empty());
            user.cursor = polled.cursor;
            while !user.poll("&wait=1").await.messages.is_empty() {}
        }
    }
    assert_eq!(waiting[0].history("/room/1/messages").await.len(), 4, "one message for each key");
    for node in &mut nodes {
        assert!(node.stop().await.success(), "the same process all the time");
    }
}

#[tokio::test]
async fn a_link_that_swallows_everything_is_noticed_in_time_and_heals() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (cut_off, link) = shared.node_over_a_link().await;
    let (alice, bob) = (node.guest("alice").await, cut_off.guest("bob").await);
    let held = hold_poll(&bob).await;
    link.fail(Scope::All, Fault::BlackHole);
    assert_away(bob.clone(), 0).await;
    alice.say("general", "meanwhile").await;
    assert!(!held.is_finished());
    link.heal(&Scope::All);
    let healed = Instant::now();
    let polled: linger_api::Polled = held.await.unwrap().json().await.unwrap();
    assert!(healed.elapsed() < HEALED, "{:?}", healed.elapsed());
    assert!(texts(&polled.messages).contains(&"meanwhile"));
    assert_heals(bob, 0).await;
    let stored = alice.history("/room/1/messages").await;
    let stored = texts(&stored);
    assert_eq!(stored.iter().filter(|text| **text == "while away").count(), 1, "one message for the key: {stored:?}");
}

#[tokio::test]
async fn a_node_whose_connections_are_cut_goes_on() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let (node, link) = shared.node_over_a_link().await;
    let mut alice = node.guest("alice").await;
    let mut unnoticed = 0;
    for n in 0..5 {
        link.cut(Scope::All);
        let key = n.to_string();
        let tries = AtomicUsize::new(0);
        within(HEALED, "sends go on", async || {
            tries.fetch_add(1, Ordering::Relaxed);
            send(&alice, &key, &key).await.status() == 201
        })
        .await;
        unnoticed += usize::from(tries.into_inner() == 1);
        assert_eq!(texts(&alice.poll("&wait=20").await.messages), [key.as_str()]);
    }
    assert!(unnoticed >= 3, "a transaction that could not begin begins once more: {unnoticed} of 5");
}
