//! A dead `LISTEN` connection: a node that hears no notifications still looks at the database.

use std::time::{Duration, Instant};

use linger_rig::proxy::{Fault, Scope};

use super::{LISTENING, Shared, has_postgres, hold_poll, within};
use crate::harness::{TestServer, User, texts};

/// Returns the number of a node's log lines with this text.
fn count(node: &TestServer, text: &str) -> usize {
    node.log().iter().filter(|line| line.contains(text)).count()
}

const DEAD: &str = "the wire between nodes is dead";
const LISTENS: &str = "listening to the other nodes";

/// Measures the time from sends on one node to polls held on another, and returns the median.
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
async fn messages_arrive_while_the_listening_connection_is_dead_and_it_is_replaced() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (deaf, link) = shared.node_over_a_link().await;
    let (alice, mut bob) = (node.guest("alice").await, deaf.guest("bob").await);
    within(Duration::from_secs(5), "the node listens", async || count(&deaf, LISTENS) == 1).await;
    let notified = median_delay(&alice, &mut bob, 15).await;
    assert!(notified < Duration::from_millis(200), "by notification: {notified:?}");

    link.fail(Scope::Opening(LISTENING.to_owned()), Fault::BlackHole);
    let failed = Instant::now();
    let polled = median_delay(&alice, &mut bob, 7).await;
    assert!(polled < Duration::from_secs(1), "by looking twice a second: {polled:?}");
    within(Duration::from_secs(15).saturating_sub(failed.elapsed()), "the node notices", async || {
        count(&deaf, DEAD) > 0
    })
    .await;
    median_delay(&alice, &mut bob, 3).await;
    assert_eq!(count(&deaf, LISTENS), 1, "it cannot listen again yet");

    link.heal(&Scope::Opening(LISTENING.to_owned()));
    within(Duration::from_secs(8), "the node listens again", async || count(&deaf, LISTENS) == 2).await;
    let notified = median_delay(&alice, &mut bob, 15).await;
    assert!(notified < Duration::from_millis(200), "by notification again: {notified:?}");
    assert_eq!(deaf.log().iter().filter(|line| line.contains("a transaction failed")).count(), 0);
}

#[tokio::test]
async fn a_listening_connection_that_is_cut_is_reopened() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (deaf, link) = shared.node_over_a_link().await;
    let (alice, mut bob) = (node.guest("alice").await, deaf.guest("bob").await);
    for round in 1..=3 {
        within(Duration::from_secs(8), "the node listens", async || count(&deaf, LISTENS) == round).await;
        link.cut(Scope::Opening(LISTENING.to_owned()));
        median_delay(&alice, &mut bob, 2).await;
    }
}
