//! Refusals in quick succession.

use std::time::{Duration, Instant};

use super::limits::assert_limited;
use crate::harness::{TestServer, body_for};

#[tokio::test]
async fn refusals_in_quick_succession_are_held_back() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "1")]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "the only one").await;
    let begun = Instant::now();
    for _ in 0..60 {
        assert_limited(alice.post("/send", &body_for("/send")).await).await;
    }
    // Twenty at once, twenty a second, and half a second for each of the others.
    assert!(begun.elapsed() >= Duration::from_millis(1500), "{:?}", begun.elapsed());
    bob.say("general", "bob is not refused").await;
    assert_limited(bob.post("/send", &body_for("/send")).await).await;
    assert_eq!(alice.get("/status").await.status(), 200, "alice's other calls work");
}
