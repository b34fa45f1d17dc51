//! HEAD: what GET would answer now, without a body and without any effect.

use std::time::Instant;

use reqwest::Method;

use crate::harness::{DEADLINE, EventStream, TestServer};
use crate::house::coverage::CALLS;

#[tokio::test]
async fn head_of_a_poll_reads_nothing_and_answers_at_once() {
    let server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    for n in 1..=10 {
        bob.say("general", &n.to_string()).await;
    }
    let newest = alice.peek("&wait=0&mark_read=false").await.cursor;
    let begun = Instant::now();
    for path in [
        format!("/poll?cursor={newest}&wait=50"),
        format!("/poll?cursor={newest}&mark_read=true"),
        format!("/room/1/subscribe?cursor={newest}&wait=50"),
        "/direct/subscribe?wait=50".to_owned(),
        "/poll".to_owned(),
    ] {
        for accept in ["*/*", "text/event-stream"] {
            let request = alice.request(Method::HEAD, &path).header("Accept", accept).header("Prefer", "wait=50");
            let response = request.send().await.unwrap();
            assert!(response.status().is_success(), "{path}");
            let kind = response.headers()["content-type"].to_str().unwrap();
            assert_eq!(kind, if accept == "*/*" { "application/json" } else { accept }, "{path}");
            assert_eq!(response.headers().contains_key("etag"), accept == "*/*", "{path}");
            assert_eq!(response.text().await.unwrap(), "", "{path}");
        }
    }
    let request = alice.request(Method::HEAD, "/poll?wait=50").header("If-None-Match", format!("\"{newest}\""));
    assert_eq!(request.send().await.unwrap().status(), 304);
    assert!(begun.elapsed() < DEADLINE, "none was held");
    assert_eq!(alice.unread("general").await, 10);
    assert_eq!(alice.poll("&wait=0").await.messages.len(), 10);
}

#[tokio::test]
async fn head_of_every_call_is_answered_like_get() {
    let server = TestServer::start().await;
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    for call in CALLS.iter().filter_map(|call| call.strip_prefix("GET ")) {
        let path = call.replace("<id>", "1").replace("<name>", "bob").replace("<kind>", "nothing");
        let path = path.replace("<hash>", "0").replace("<file>", "reload.js");
        let get = alice.get(&format!("{path}?wait=0")).await;
        let head = alice.request(Method::HEAD, &format!("{path}?wait=0")).send().await.unwrap();
        assert_eq!(head.status(), get.status(), "{path}");
        for name in ["content-type", "etag", "link", "www-authenticate"] {
            assert_eq!(head.headers().get(name), get.headers().get(name), "{path}: {name}");
        }
        assert_eq!(head.text().await.unwrap(), "", "{path}");
    }
}

#[tokio::test]
async fn head_takes_no_slot_from_held_requests() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__POLLS_PER_SESSION", "1")]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut stream = EventStream::open(&alice, "/poll").await;
    stream.opening_id().await;
    for accept in ["*/*", "text/event-stream"] {
        let request = alice.request(Method::HEAD, "/poll").header("Accept", accept);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    bob.say("general", "still here").await;
    assert_eq!(stream.page().await.messages[0].text, "still here");
}
