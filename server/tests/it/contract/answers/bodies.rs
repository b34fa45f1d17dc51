//! Bodies: a JSON object of at most 64 KiB with the JSON content type.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{TestServer, User, assert_problem};

/// Returns the calls that read a body, each with a valid one.
fn bodies() -> [(&'static str, Value); 9] {
    [
        ("/connect", json!({})),
        ("/send", json!({ "text": "hi" })),
        ("/send-private", json!({ "text": "hi", "to": "bob" })),
        ("/rooms", json!({ "name": "lobby" })),
        ("/room/1/messages", json!({ "text": "hi" })),
        ("/room/1/read", json!({ "seq": 0 })),
        ("/direct/bob/messages", json!({ "text": "hi" })),
        ("/direct/bob/read", json!({ "seq": 0 })),
        ("/send", json!({ "text": "hi", "room": "general" })),
    ]
}

async fn post(user: &User, path: &str, content_type: Option<&str>, body: impl Into<reqwest::Body>) -> Response {
    let request = user.request(Method::POST, path).body(body);
    let request = content_type.into_iter().fold(request, |request, kind| request.header("Content-Type", kind));
    request.send().await.unwrap()
}

async fn alice_and_bob(server: &TestServer) -> User {
    server.guest("bob").await;
    server.guest("alice").await
}

#[tokio::test]
async fn a_body_over_64_kib_is_413_and_one_of_64_kib_is_not() {
    let server = TestServer::start().await;
    let alice = alice_and_bob(&server).await;
    for (path, body) in bodies() {
        let padded = |bytes: usize| format!("{body}{}", " ".repeat(bytes - body.to_string().len()));
        let response = post(&alice, path, Some("application/json"), padded(64 * 1024)).await;
        assert!(response.status().is_success(), "{path}: {}", response.status());
        for bytes in [64 * 1024 + 1, 100_000] {
            let response = post(&alice, path, Some("application/json"), padded(bytes)).await;
            assert_problem(response, 413, "too-large").await;
        }
    }
    assert_eq!(alice.get_json("/room/1/messages").await["messages"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_body_without_the_json_content_type_is_415() {
    let server = TestServer::start().await;
    let alice = alice_and_bob(&server).await;
    let other = ["text/plain", "application/x-www-form-urlencoded", "text/json", "application/jsonp", "json", ""];
    for (path, body) in bodies() {
        for kind in other.map(Some).into_iter().chain([None]) {
            let response =
                post(&alice, path, kind, if path == "/connect" { "{}".into() } else { body.to_string() }).await;
            assert_eq!(response.status(), 415, "{path} as {kind:?}");
            assert_problem(response, 415, "not-json").await;
        }
        let response = post(&alice, path, Some("Application/JSON; charset=utf-8"), body.to_string()).await;
        assert!(response.status().is_success(), "{path}: {}", response.status());
    }
}

#[tokio::test]
async fn a_form_cannot_change_the_method() {
    let server = TestServer::start().await;
    let alice = alice_and_bob(&server).await;
    for form in ["_method=get", "_method=GET", "&&_method=get", "_method=put&text=hi", "_method=delete"] {
        let response = post(&alice, "/room/1/messages", Some("application/x-www-form-urlencoded"), form).await;
        assert_problem(response, 415, "not-json").await;
    }
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_400_and_is_not_quoted() {
    let server = TestServer::start().await;
    let alice = alice_and_bob(&server).await;
    let deep = format!("{{\"text\":{}", "[".repeat(8000));
    let bad = [
        "{",
        "{\"text\":\"hi\"",
        "{\"text\":\"hi\"}}",
        "hi",
        "\"hi\"",
        "7",
        "null",
        "[]",
        "[\"hi\"]",
        "{text:1}",
        "{'a':1}",
        "{\"text\":\"hi\",}",
        "{\"name\":\"\\ud800\",\"username\":\"\\ud800\"}",
        "{\"text\":NaN}",
        &deep,
    ];
    for (path, _) in bodies() {
        for body in bad {
            let response = post(&alice, path, Some("application/json"), body.to_owned()).await;
            assert_eq!(response.status(), 400, "{path} {body:.20}");
            assert_problem(response, 400, "bad-input").await;
        }
        let not_utf8 = b"{\"text\":\"\xff\",\"name\":\"\xff\",\"username\":\"\xff\"}".to_vec();
        assert_problem(post(&alice, path, Some("application/json"), not_utf8).await, 400, "bad-input").await;
        if path != "/connect" {
            assert_problem(post(&alice, path, Some("application/json"), "").await, 400, "bad-input").await;
        }
    }
    for body in ["{\"password\":\"secret\",", "{\"password\":\"secret\" \"x\"}", "{\"latest\":\"secret\"}"] {
        let problem = post(&alice, "/connect", Some("application/json"), body).await;
        let problem = assert_problem(problem, 400, "bad-input").await;
        assert!(!problem.to_string().contains("secret"), "{problem}");
    }
}
