//! Cursors as strings: which are valid, and the HTTP headers that carry them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{TestServer, assert_problem};

#[tokio::test]
async fn a_malformed_cursor_is_400_and_one_of_another_database_410() {
    let (here, there) = (TestServer::start().await, TestServer::start().await);
    let (alice, stranger) = (here.guest("alice").await, there.guest("alice").await);
    for garbage in ["x", "AAAA", "%00", &"A".repeat(500), &alice.cursor[1..], &format!("{}A", alice.cursor)] {
        assert_problem(alice.get(&format!("/poll?wait=0&cursor={garbage}")).await, 400, "bad-input").await;
    }
    let path = format!("/poll?wait=0&cursor={}", stranger.cursor);
    assert_problem(alice.get(&path).await, 410, "cursor-reset").await;
}

#[tokio::test]
async fn a_cursor_from_before_a_restore_is_410_even_after_its_id_is_reused() {
    let mut server = TestServer::start_on_sqlite().await;
    let mut alice = server.guest("alice").await;
    alice.say("general", "kept").await;
    assert!(server.stop().await.success());
    let database = server.folder().join("var/linger.db");
    let backup = std::fs::read(&database).unwrap();
    server.start_again().await;
    alice.say("general", "lost").await;
    alice.poll("").await;
    assert!(server.stop().await.success());
    for name in ["linger.db-wal", "linger.db-shm"] {
        let _ = std::fs::remove_file(database.with_file_name(name));
    }
    std::fs::write(&database, backup).unwrap();
    server.start_again().await;
    let path = format!("/poll?wait=0&cursor={}", alice.cursor);
    assert_problem(alice.get(&path).await, 410, "cursor-reset").await;
    alice.say("general", "another with the same id").await;
    assert_problem(alice.get(&path).await, 410, "cursor-reset").await;
    let again = alice.connect_again().await;
    again.get_json(&format!("/poll?wait=0&cursor={}", again.cursor)).await;
}

#[tokio::test]
async fn a_forged_cursor_is_410() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    alice.say("general", "one").await;
    let cursor = alice.peek("&wait=0").await.cursor;
    let mut bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
    // The event id follows the layout, the epoch and the fingerprint. Anyone can compute the checksum at the end.
    assert_eq!(bytes[7], 1);
    bytes[7] = 0;
    let body = bytes.len() - 4;
    let checksum = crc32fast::hash(&bytes[..body]);
    bytes[body..].copy_from_slice(&checksum.to_le_bytes());
    let forged = URL_SAFE_NO_PAD.encode(bytes);
    assert_problem(alice.get(&format!("/poll?wait=0&cursor={forged}")).await, 410, "cursor-reset").await;
}

#[tokio::test]
async fn etag_and_if_none_match_carry_the_cursor() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let poll = async |tag: &str| {
        let request = alice.request(reqwest::Method::GET, "/poll?wait=0").header("If-None-Match", tag);
        let response = request.send().await.unwrap();
        let tag = response.headers()["etag"].to_str().unwrap().to_owned();
        (response.status(), tag, response.text().await.unwrap())
    };
    let (status, first, body) = poll("\"\"").await;
    assert_eq!(
        (status, body.as_str()),
        (StatusCode::NOT_MODIFIED, ""),
        "an empty tag, as in the first request of a curl loop"
    );
    bob.say("general", "one").await;
    let (status, second, body) = poll(&first).await;
    assert_eq!(status, StatusCode::OK);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["messages"][0]["text"], "one");
    assert_eq!(second, format!("\"{}\"", body["cursor"].as_str().unwrap()));
    let (status, third, _) = poll(&second).await;
    assert_eq!((status, &third), (StatusCode::NOT_MODIFIED, &second));
    assert_eq!(alice.unread("general").await, 0, "polling with the tag acknowledges it");
    assert_eq!(poll(&format!("W/{second}")).await.0, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn prefer_wait_is_applied_and_confirmed() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let poll = async |path: &str, preference: &str| {
        let request = alice.request(reqwest::Method::GET, path).header("Prefer", preference);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.headers().get("preference-applied").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(poll("/poll", "respond-async, wait=0").await.as_deref(), Some("wait=0"));
    assert_eq!(poll("/poll", "wait=1").await.as_deref(), Some("wait=1"));
    assert_eq!(poll("/poll?wait=0", "wait=50").await, None, "the parameter takes precedence");
}

#[tokio::test]
async fn a_wait_or_limit_above_the_maximum_is_capped_and_a_bad_one_is_400() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__POLL_WAIT_MAX", "1")]).await;
    let alice = server.guest("alice").await;
    assert!(alice.peek("&wait=1000000").await.messages.is_empty());
    assert!(alice.peek("&wait=0&limit=501").await.messages.is_empty());
    for bad in ["wait=-1", "wait=1.5", "wait=x", "limit=0", "limit=-1", "limit=x", "mark_read=maybe", "wait=0&wait=0"] {
        assert_problem(alice.get(&format!("/poll?{bad}")).await, 400, "bad-input").await;
    }
}

#[tokio::test]
async fn a_tag_that_a_proxy_changed_a_list_and_a_star_are_understood() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "one").await;
    let read = alice.peek("&wait=0").await.cursor;
    let poll = async |tag: &str, path: &str| {
        let request = alice.request(reqwest::Method::GET, path).header("If-None-Match", tag);
        request.send().await.unwrap().status()
    };
    for path in ["/poll?wait=0", "/room/1/subscribe?wait=0"] {
        for known in [
            format!("\"{read}-gzip\""),
            format!("W/\"{read}-gzip\""),
            format!("\"{read}\"-gzip"),
            format!("\"{read};br\""),
            format!("\"{}\", \"{read}\"", alice.cursor),
            format!("\"other\", W/\"{read}\""),
            format!("W/\"{read}--gzip\",\"{}-gzip\"", alice.cursor),
            "*".to_owned(),
        ] {
            assert_eq!(poll(&known, path).await, StatusCode::NOT_MODIFIED, "{path} {known}");
        }
    }
    assert_eq!(poll("\"other\"", "/poll?wait=0").await, StatusCode::BAD_REQUEST);
    assert_eq!(alice.unread("general").await, 0, "each of them acknowledged");
    bob.say("general", "two").await;
    assert_eq!(poll(&format!("\"{read}-gzip\""), "/poll?wait=0").await, StatusCode::OK);
    assert_eq!(poll("*", "/poll?wait=0").await, StatusCode::OK, "what is unread");
    let path = format!("/poll?wait=0&cursor={read}");
    assert_eq!(poll("something else", &path).await, StatusCode::OK, "the parameter takes precedence");
}
