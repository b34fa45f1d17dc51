//! A dead `LISTEN` connection: a node that hears no notifications still looks at the database.

use linger_rig::proxy::{Fault, Scope};

use super::{LISTENING, Shared, has_postgres, hold_poll, soon};
use crate::harness::{TestServer, User, texts};

/// Returns the number of a node's log lines with this text.
fn count(node: &TestServer, text: &str) -> usize {
    node.log().iter().filter(|line| line.contains(text)).count()
}

const DEAD: &str = "the wire between nodes is dead";
const LISTENS: &str = "listening to the other nodes";

/// Sends messages on one node and receives each on another, by a poll that is held there.
async fn exchange(alice: &User, bob: &mut User, times: usize) {
    for n in 0..times {
        let held = hold_poll(bob).await;
        alice.say("general", &n.to_string()).await;
        let polled: linger_api::Polled = held.await.unwrap().json().await.unwrap();
        assert_eq!(texts(&polled.messages), [n.to_string()]);
        bob.cursor = polled.cursor;
    }
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
    soon("the node listens", async || count(&deaf, LISTENS) == 1).await;
    exchange(&alice, &mut bob, 5).await;

    link.fail(Scope::Opening(LISTENING.to_owned()), Fault::BlackHole);
    exchange(&alice, &mut bob, 7).await;
    soon("the node notices", async || count(&deaf, DEAD) > 0).await;
    exchange(&alice, &mut bob, 3).await;
    assert_eq!(count(&deaf, LISTENS), 1, "it cannot listen again yet");

    link.heal(&Scope::Opening(LISTENING.to_owned()));
    soon("the node listens again", async || count(&deaf, LISTENS) == 2).await;
    exchange(&alice, &mut bob, 5).await;
    assert_eq!(deaf.log().iter().filter(|line| line.contains("the database is away")).count(), 0);
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
        soon("the node listens", async || count(&deaf, LISTENS) == round).await;
        link.cut(Scope::Opening(LISTENING.to_owned()));
        exchange(&alice, &mut bob, 2).await;
    }
}
