//! Gauges: held requests, sessions, users, the tail and the process.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinHandle;

use super::scrape;
use crate::harness::{DEADLINE, EventStream, TestServer, User};

/// Sends a poll that is held, in a task of its own.
pub(crate) fn hold(user: &User) -> JoinHandle<reqwest::Response> {
    let request = user.request(Method::GET, &format!("/poll?wait=50&cursor={}", user.cursor));
    tokio::spawn(async move { request.send().await.unwrap() })
}

/// Scrapes until the gauges have these values: held polls, held streams, waiters.
pub(crate) async fn until_held(server: &TestServer, expected: [f64; 3]) {
    let begun = Instant::now();
    loop {
        let families = scrape(server).await;
        let held = |kind| families.value("linger_held_requests", &[("kind", kind)]);
        let held = [held("poll"), held("stream"), families.value("linger_waiters", &[])];
        if held == expected {
            return;
        }
        assert!(begun.elapsed() < DEADLINE, "{held:?}, not {expected:?}");
    }
}

#[tokio::test]
async fn held_requests_are_counted_while_they_are_held() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    until_held(&server, [0.0, 0.0, 0.0]).await;
    let polls = [hold(&alice), hold(&bob)];
    until_held(&server, [2.0, 0.0, 2.0]).await;
    let mut stream = EventStream::open(&carol, "/poll").await;
    stream.opening_id().await;
    until_held(&server, [2.0, 1.0, 3.0]).await;
    let other = hold(&bob.connect_again().await);
    until_held(&server, [3.0, 1.0, 4.0]).await;
    carol.say("general", "wakes all of them").await;
    for poll in polls.into_iter().chain([other]) {
        assert_eq!(poll.await.unwrap().status(), 200);
    }
    stream.page().await;
    until_held(&server, [0.0, 1.0, 1.0]).await;
    carol.post("/disconnect", &json!({})).await;
    until_held(&server, [0.0, 0.0, 0.0]).await;
}

#[tokio::test]
async fn sessions_and_users_in_memory_are_counted() {
    let mut server = TestServer::start().await;
    let counts = async |server: &TestServer| {
        let families = scrape(server).await;
        ["linger_sessions", "linger_users", "linger_users_online"].map(|name| families.value(name, &[]))
    };
    assert_eq!(counts(&server).await, [0.0, 0.0, 0.0]);
    let alice = server.guest("alice").await;
    let again = alice.connect_again().await;
    server.guest("bob").await;
    assert_eq!(counts(&server).await, [3.0, 2.0, 2.0]);
    again.post("/disconnect", &json!({})).await;
    assert_eq!(counts(&server).await, [2.0, 2.0, 2.0]);
    server.restart().await;
    assert_eq!(counts(&server).await, [0.0, 0.0, 0.0]);
    alice.get("/rooms").await;
    assert_eq!(counts(&server).await, [1.0, 1.0, 1.0]);
}

#[tokio::test]
async fn the_tail_is_measured_and_refilled_after_a_restart() {
    let mut server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", "1")]).await;
    let tail = async |server: &TestServer| {
        let families = scrape(server).await;
        assert_eq!(families.value("linger_tail_capacity_bytes", &[]), 1024.0 * 1024.0);
        ["linger_tail_messages", "linger_tail_bytes"].map(|name| families.value(name, &[]))
    };
    let alice = server.guest("alice").await;
    assert_eq!(tail(&server).await, [0.0, 0.0]);
    for _ in 0..3 {
        alice.say("general", &"x".repeat(4000)).await;
    }
    let [messages, bytes] = tail(&server).await;
    assert_eq!(messages, 3.0);
    assert!((12_000.0..13_500.0).contains(&bytes), "{bytes}");
    server.restart().await;
    assert_eq!(tail(&server).await, [messages, bytes]);
}

#[tokio::test]
async fn the_process_has_the_standard_metrics() {
    let server = TestServer::start().await;
    let before = scrape(&server).await;
    let sockets: Vec<_> =
        std::iter::repeat_with(|| std::net::TcpStream::connect(("127.0.0.1", server.port())).unwrap())
            .take(20)
            .collect();
    let begun = Instant::now();
    let open = loop {
        let open = scrape(&server).await.value("process_open_fds", &[]);
        if open >= before.value("process_open_fds", &[]) + 20.0 {
            break open;
        }
        assert!(begun.elapsed() < DEADLINE, "{open}");
    };
    drop(sockets);
    assert!(before.find("process_max_fds", &[]).is_none_or(|most| most > open));
    assert!((1e6..1e9).contains(&before.value("process_resident_memory_bytes", &[])));
    let cpu = before.value("process_cpu_seconds_total", &[]);
    assert!(cpu > 0.0 && scrape(&server).await.value("process_cpu_seconds_total", &[]) > cpu);
    assert_eq!(before.value("linger_build_info", &[("version", linger_server::VERSION)]), 1.0);
}
