//! `LISTEN` alone dead: a node that hears nothing of the others looks all the same.

use std::time::{Duration, Instant};

use linger_rig::proxy::{Fault, Scope};

use super::{LISTENING, Shared, has_postgres, hold_poll, within};
use crate::harness::{TestServer, User, texts};

/// How often a node's log says this.
fn count(node: &TestServer, what: &str) -> usize {
    node.log().iter().filter(|line| line.contains(what)).count()
}

const DEAD: &str = "the wire between nodes is dead";
const LISTENS: &str = "listening to the other nodes";

/// How long what is sent on one node needs to reach a poll held on another: the middle one of several.
async fn median_delay(alice: &User, bob: &mut User, times: usize) -> Duration {
    let mut delays = Vec::new();
    for n in 0..times {
        let held = hold_poll(bob).await;
        let began = Instant::now();
        alice.say("general", &n.to_string()).await;
        let polled: linger_api::Polled = held.await.unwrap().json().await.unwrap();
        delays.push(began.elapsed());
        assert_eq!(texts(&polled.messages), [n.to_string()]);
        bob.cursor = polled.cursor;
    }
    delays.sort_unstable();
    assert!(delays[times - 1] < Duration::from_secs(5), "{delays:?}");
    delays[times / 2]
}

#[tokio::test]
async fn messages_arrive_while_listening_is_dead_which_is_noticed_and_mended() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (deaf, link) = shared.node_over_a_link().await;
    let (alice, mut bob) = (node.guest("alice").await, deaf.guest("bob").await);
    within(Duration::from_secs(5), "it listens", async || count(&deaf, LISTENS) == 1).await;
    let told = median_delay(&alice, &mut bob, 15).await;
    assert!(told < Duration::from_millis(200), "told by the wire: {told:?}");

    link.fail(Scope::Opening(LISTENING.to_owned()), Fault::BlackHole);
    let failed = Instant::now();
    let looked = median_delay(&alice, &mut bob, 7).await;
    assert!(looked < Duration::from_secs(1), "it looks twice a second: {looked:?}");
    within(Duration::from_secs(15).saturating_sub(failed.elapsed()), "it is noticed", async || count(&deaf, DEAD) > 0)
        .await;
    median_delay(&alice, &mut bob, 3).await;
    assert_eq!(count(&deaf, LISTENS), 1, "there is nothing to hear yet");

    link.heal(&Scope::Opening(LISTENING.to_owned()));
    within(Duration::from_secs(8), "it listens again", async || count(&deaf, LISTENS) == 2).await;
    let told = median_delay(&alice, &mut bob, 15).await;
    assert!(told < Duration::from_millis(200), "told by the wire again: {told:?}");
    assert_eq!(deaf.log().iter().filter(|line| line.contains("a transaction failed")).count(), 0);
}

#[tokio::test]
async fn a_listening_connection_that_is_cut_is_made_again() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (deaf, link) = shared.node_over_a_link().await;
    let (alice, mut bob) = (node.guest("alice").await, deaf.guest("bob").await);
    for round in 1..=3 {
        within(Duration::from_secs(8), "it listens", async || count(&deaf, LISTENS) == round).await;
        link.cut(Scope::Opening(LISTENING.to_owned()));
        median_delay(&alice, &mut bob, 2).await;
    }
}
