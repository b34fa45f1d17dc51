//! A cursor from one node, used on another that does not know its messages yet.

use linger_rig::proxy::{Fault, Scope};

use super::{LISTENING, Shared, has_postgres};
use crate::harness::{assert_problem, texts};

#[tokio::test]
async fn a_cursor_is_valid_on_every_node_at_once() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (other, link) = shared.node_over_a_link().await;
    // Without notifications the node looks at the database twice a second, so it rarely knows the newest message.
    link.fail(Scope::Opening(LISTENING.to_owned()), Fault::BlackHole);
    let mut alice = node.guest("alice").await;
    for n in 0..25 {
        alice.say("general", &format!("{n} on the first")).await;
        alice.poll("").await;
        let mut there = alice.at(&other);
        let ahead = there.peek("&wait=0").await;
        assert!(ahead.messages.is_empty(), "nothing is delivered twice");
        assert_eq!(ahead.cursor, alice.cursor);
        there.say("general", &format!("{n} on the second")).await;
        assert_eq!(texts(&there.poll("&wait=20").await.messages), [format!("{n} on the second")]);
        // The new cursor is valid on the first node too.
        assert!(there.at(&node).peek("&wait=0").await.messages.is_empty());
        alice.cursor = there.cursor;
    }
}

#[tokio::test]
async fn a_cursor_ahead_of_a_node_that_has_lost_the_database_is_503_and_not_410() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (other, link) = shared.node_over_a_link().await;
    let mut alice = node.guest("alice").await;
    assert_eq!(alice.at(&other).get("/rooms").await.status(), 200);
    link.fail(Scope::All, Fault::BlackHole);
    alice.say("general", "hello").await;
    let before = alice.clone();
    alice.poll("").await;
    let refused = alice.at(&other).get(&format!("/poll?wait=0&cursor={}", alice.cursor)).await;
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_problem(refused, 503, "unavailable").await;
    link.heal(&Scope::All);
    assert_eq!(texts(&before.at(&other).peek("&wait=20").await.messages), ["hello"]);
    assert!(alice.at(&other).peek("&wait=0").await.messages.is_empty());
}
