//! A user who keeps one node busy does not hold up others, on any node.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use linger_rig::proxy::{Fault, Scope};
use serde_json::json;

use super::{Shared, has_postgres};

/// Connections of the busy user.
const CONNECTIONS: usize = 150;

/// Sends of the other user meanwhile.
const SENDS: usize = 30;

/// Each way between the busy node and the database. A room takes five round trips, and the transaction holds the lock
/// that every node waits for.
const DELAY: Fault = Fault::Delay { least: Duration::from_millis(4), most: Duration::from_millis(5) };

#[tokio::test]
async fn sends_get_through_beside_a_user_who_makes_hundreds_of_rooms() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (busy, link) = shared.node_over_a_link().await;
    let (alice, greedy) = (node.guest("alice").await, busy.guest("greedy").await);
    let bob = busy.guest("bob").await;
    link.fail(Scope::All, DELAY);
    let is_over = Arc::new(AtomicBool::new(false));
    let makers: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let (greedy, is_over) = (greedy.on_new_connections(), Arc::clone(&is_over));
            tokio::spawn(async move {
                let mut made = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let name = format!("room-{number}-{made}");
                    // Too many at once are answered 503.
                    made += usize::from(greedy.post("/rooms", &json!({ "name": name })).await.status() == 201);
                }
                made
            })
        })
        .collect();
    for number in 0..SENDS {
        for user in [&alice, &bob] {
            user.say("general", &number.to_string()).await;
        }
    }
    bob.create_room("bobs-room").await;
    is_over.store(true, Ordering::Relaxed);
    let mut made = 0;
    for maker in makers {
        made += maker.await.unwrap();
    }
    assert!(made > 0, "rooms were made all the time");
}
