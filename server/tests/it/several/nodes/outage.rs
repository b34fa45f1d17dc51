//! Database outages: sends are refused in time, held requests stay held, and nodes recover by themselves.

use linger_rig::postgres::Cluster;
use linger_rig::proxy::{Fault, Scope};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Shared, has_postgres, hold_poll, send, soon};
use crate::harness::{User, assert_problem, at_once, texts, until};

/// Checks that sends are refused with 503 instead of waiting, and that health is 503 too.
async fn assert_unavailable(user: User, round: usize) {
    let key = format!("away-{}-{round}", user.name);
    for _ in 0..3 {
        let refused = send(&user, "while away", &key).await;
        assert_eq!(refused.headers()["retry-after"], "1");
        assert_problem(refused, 503, "unavailable").await;
        assert_problem(user.get("/health").await, 503, "unavailable").await;
    }
}

/// Repeats the send until it is stored, which must be soon.
async fn assert_recovers(user: User, round: usize) {
    let key = format!("away-{}-{round}", user.name);
    soon("sends succeed", async || send(&user, "while away", &key).await.status() == 201).await;
    soon("health is ok", async || user.get("/health").await.status() == 200).await;
}

#[tokio::test]
async fn a_restart_of_postgres_is_only_a_pause_on_every_node() {
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
        at_once(senders.clone().map(|user| assert_unavailable(user, round))).await;
        assert!(held.iter().all(|held| !held.is_finished()), "held requests stay held");
        cluster.start_again().await.unwrap();
        let [alice, bob] = senders.clone();
        tokio::join!(assert_recovers(alice, round), assert_recovers(bob, round));
        for (held, user) in held.into_iter().zip(&mut waiting) {
            let polled: linger_api::Polled = held.await.unwrap().json().await.unwrap();
            assert!(!polled.messages.is_empty());
            user.cursor = polled.cursor;
            while !user.poll("&wait=1").await.messages.is_empty() {}
        }
    }
    assert_eq!(waiting[0].history("/room/1/messages").await.len(), 4, "one message per key");
    for node in &nodes {
        let log = node.log();
        let alarms: Vec<_> = log.iter().filter(|line| line.contains(" WARN ") || line.contains(" ERROR ")).collect();
        assert!(alarms.len() <= 4, "two outages have one line each, or two if they seemed to end: {alarms:#?}");
        assert!(alarms.iter().all(|line| line.contains("the database is away")), "{alarms:#?}");
        until("the end is told", async || node.log().iter().any(|line| line.contains("the database is back"))).await;
    }
    for node in &mut nodes {
        assert!(node.stop().await.success(), "the node kept running");
    }
}

#[tokio::test]
async fn a_black_holed_link_is_noticed_in_time_and_recovers() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (cut_off, link) = shared.node_over_a_link().await;
    let (alice, bob) = (node.guest("alice").await, cut_off.guest("bob").await);
    let held = hold_poll(&bob).await;
    link.fail(Scope::All, Fault::BlackHole);
    assert_unavailable(bob.clone(), 0).await;
    alice.say("general", "meanwhile").await;
    assert!(!held.is_finished());
    link.heal(&Scope::All);
    let polled: linger_api::Polled = held.await.unwrap().json().await.unwrap();
    assert!(texts(&polled.messages).contains(&"meanwhile"));
    assert_recovers(bob, 0).await;
    let stored = alice.history("/room/1/messages").await;
    let stored = texts(&stored);
    assert_eq!(stored.iter().filter(|text| **text == "while away").count(), 1, "one message for the key: {stored:?}");
}

#[tokio::test]
async fn a_node_whose_connections_are_cut_keeps_working() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let (node, link) = shared.node_over_a_link().await;
    let mut alice = node.guest("alice").await;
    let (mut unnoticed, mut cuts) = (0, 0);
    // Which cuts go unnoticed is chance, so there may be more than five.
    while cuts < 5 || unnoticed == 0 && cuts < 20 {
        link.cut(Scope::All);
        let key = cuts.to_string();
        cuts += 1;
        let tries = AtomicUsize::new(0);
        soon("sends succeed", async || {
            tries.fetch_add(1, Ordering::Relaxed);
            send(&alice, &key, &key).await.status() == 201
        })
        .await;
        unnoticed += usize::from(tries.into_inner() == 1);
        assert_eq!(texts(&alice.poll("&wait=20").await.messages), [key.as_str()]);
    }
    assert!(unnoticed >= 1, "a transaction that cannot begin is retried: {unnoticed} of {cuts}");
}
