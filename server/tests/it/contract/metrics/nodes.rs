//! Several nodes: each counts its own requests and reports how far it lags behind the database.

use std::time::{Duration, Instant};

use linger_rig::proxy::{Fault, Scope};
use serde_json::json;

use super::scrape;
use crate::harness::{TestServer, database};
use crate::several::nodes::{LISTENING, Shared};

const LAG: &str = "linger_node_lag_seconds";
const SILENCE: &str = "linger_wire_silence_seconds";

async fn value(server: &TestServer, name: &str) -> f64 {
    scrape(server).await.value(name, &[])
}

/// Scrapes until a gauge meets a condition.
async fn until(server: &TestServer, name: &str, condition: impl Fn(f64) -> bool) {
    let begun = Instant::now();
    loop {
        let value = value(server, name).await;
        if condition(value) {
            return;
        }
        assert!(begun.elapsed() < crate::harness::DEADLINE, "{name} {value}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn on_sqlite_nothing_lags() {
    let server = TestServer::start_on_sqlite().await;
    server.guest("alice").await.say("general", "hi").await;
    assert_eq!([value(&server, LAG).await, value(&server, SILENCE).await], [0.0, 0.0]);
}

#[tokio::test]
async fn each_node_counts_its_own_sends_and_deliveries() {
    if !database::is_postgres() {
        println!("skipped: several nodes need PostgreSQL");
        return;
    }
    let shared = Shared::new().await;
    let [one, other] = shared.nodes().await;
    let (alice, bob) = (one.guest("alice").await, other.guest("bob").await);
    alice.say("general", "from the one").await;
    assert_eq!(bob.peek("&wait=20").await.messages.len(), 1);
    let counted = async |node: &TestServer| {
        let families = scrape(node).await;
        ["linger_sends_total", "linger_deliveries_total", "linger_tail_messages"].map(|name| families.value(name, &[]))
    };
    assert_eq!(counted(&one).await, [1.0, 0.0, 1.0]);
    assert_eq!(counted(&other).await, [0.0, 1.0, 1.0]);
}

#[tokio::test]
async fn a_node_cut_off_from_the_database_lags_until_the_link_heals() {
    if !database::is_postgres() {
        println!("skipped: a link to cut needs PostgreSQL");
        return;
    }
    let shared = Shared::new().await;
    let (node, link) = shared.node_over_a_link().await;
    let alice = node.guest("alice").await;
    until(&node, LAG, |lag| lag > 0.0 && lag < 0.4).await;
    until(&node, SILENCE, |silence| silence < 1.0).await;
    link.fail(Scope::All, Fault::BlackHole);
    let refused = alice.post("/send", &json!({ "text": "lost" })).await;
    assert_eq!(refused.status(), 503);
    until(&node, LAG, |lag| lag > 4.0).await;
    until(&node, SILENCE, |silence| silence > 5.0).await;
    until(&node, "linger_commit_failures_total", |failures| failures >= 1.0).await;
    let unavailable = scrape(&node).await.value("linger_rejected_requests_total", &[("problem", "unavailable")]);
    assert_eq!(unavailable, 1.0);
    link.heal(&Scope::All);
    until(&node, LAG, |lag| lag < 0.6).await;
    until(&node, SILENCE, |silence| silence < 1.0).await;
}

#[tokio::test]
async fn a_dead_wire_shows_as_silence_while_the_tail_keeps_up() {
    if !database::is_postgres() {
        println!("skipped: a wire to cut needs PostgreSQL");
        return;
    }
    let shared = Shared::new().await;
    let (node, link) = shared.node_over_a_link().await;
    until(&node, SILENCE, |silence| silence > 0.0 && silence < 1.0).await;
    link.fail(Scope::Opening(LISTENING.to_owned()), Fault::BlackHole);
    until(&node, SILENCE, |silence| silence > 5.0).await;
    // The node looks at the database twice a second.
    until(&node, LAG, |lag| lag < 2.0).await;
    assert!(value(&node, SILENCE).await > 5.0, "the wire is still dead");
}
