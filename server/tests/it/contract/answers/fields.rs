//! Wrong fields and parameters: `errors` names each, and a misspelt field says nothing aloud.

use reqwest::{Method, redirect};
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, User, assert_problem, body_for};
use crate::house::coverage::CALLS;

async fn wrong_field(user: &User, method: Method, path: &str, body: Option<Value>) -> (String, String) {
    let request = user.request(method.clone(), path);
    let request = body.iter().fold(request, |request, body| request.json(body));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 400, "{method} {path} {body:?}");
    let problem = assert_problem(response, 400, "bad-input").await;
    let [error] = &problem["errors"].as_array().unwrap_or_else(|| panic!("{method} {path} {body:?}: {problem}"))[..]
    else {
        panic!("{problem}");
    };
    assert_eq!(error["detail"], problem["detail"]);
    (error["field"].as_str().unwrap().to_owned(), error["detail"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_every_call_with_a_body_and_the_nearest_is_named() {
    let server = TestServer::start().await;
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    for (path, slip, meant) in [
        ("/send", "roomid", "room_id"),
        ("/send", "rooom", "room"),
        ("/send-private", "recipientId", "recipient_id"),
        ("/room/1/messages", "txt", "text"),
        ("/direct/bob/messages", "Text", "text"),
        ("/rooms", "nmae", "name"),
        ("/room/1/read", "onlyForward", "only_forward"),
        ("/direct/bob/read", "seqs", "seq"),
        ("/connect", "user", "username"),
        ("/connect", "passwort", "password"),
    ] {
        let mut body = body_for(path);
        body[slip] = json!(1);
        let (field, detail) = wrong_field(&alice, Method::POST, path, Some(body.clone())).await;
        assert_eq!(field, slip, "{path}");
        assert!(detail.contains(&format!("did you mean {meant}?")), "{path}: {detail}");
        let mut body = body_for(path);
        body["xyzzy"] = Value::Null;
        let (field, detail) = wrong_field(&alice, Method::POST, path, Some(body)).await;
        assert!(field == "xyzzy" && detail.contains("the fields are "), "{path}: {detail}");
    }
    assert!(alice.history("/room/1/messages").await.is_empty(), "nothing was said");
    assert_eq!(alice.get_json("/users").await.as_array().unwrap().len(), 2, "no guest was made");
}

#[tokio::test]
async fn every_wrong_field_and_parameter_is_named() {
    let server = TestServer::start().await;
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    for (path, body, named) in [
        ("/send", json!({ "text": 7 }), "text"),
        ("/send", json!({}), "text"),
        ("/send", json!({ "text": "\u{200b}" }), "text"),
        ("/send", json!({ "text": "hi", "room": "a b" }), "room"),
        ("/send", json!({ "text": "hi", "room_id": "1" }), "room_id"),
        ("/send", json!({ "text": "hi", "room_id": null }), "room_id"),
        ("/send", json!({ "text": "hi", "room": "general", "room_id": 2 }), "room_id"),
        ("/send-private", json!({ "text": "hi" }), "to"),
        ("/send-private", json!({ "text": "hi", "to": "a b" }), "to"),
        ("/send-private", json!({ "text": "hi", "recipient_id": 1.5 }), "recipient_id"),
        ("/send-private", json!({ "text": "hi", "to": "Alice" }), "to"),
        ("/send-private", json!({ "text": "hi", "recipient_id": alice.id }), "recipient_id"),
        ("/direct/alice/messages", json!({ "text": "hi" }), "name"),
        ("/direct/a.b/messages", json!({ "text": "hi" }), "name"),
        ("/room/x/messages", json!({ "text": "hi" }), "id"),
        ("/rooms", json!({ "name": "-" }), "name"),
        ("/room/1/read", json!({ "seq": -1 }), "seq"),
        ("/room/1/read", json!({ "seq": 1, "only_forward": 1 }), "only_forward"),
        ("/connect", json!({ "username": "a b" }), "username"),
        ("/connect", json!({ "username": "carol", "password": "short" }), "password"),
        ("/connect", json!({ "username": "carol", "create": null }), "create"),
        ("/connect", json!({ "latest": 101 }), "latest"),
    ] {
        assert_eq!(wrong_field(&alice, Method::POST, path, Some(body)).await.0, named, "{path}");
    }
    // The user's own name is no field here, so these are asked without a token.
    for password in ["password1", "dave-2026", "Dave1234"] {
        let body = json!({ "username": "dave", "password": password });
        let problem = assert_problem(server.connect(&body).await, 400, "bad-input").await;
        assert_eq!(problem["errors"][0]["field"], "password", "{password}");
    }
    let too_many_names = format!("/users?names={}", vec!["alice"; 501].join(","));
    for (target, named) in [
        ("/poll?wait=x", "wait"),
        ("/poll?wait=-1", "wait"),
        ("/poll?wait=0&wait=0", "wait"),
        ("/poll?cursor=x", "cursor"),
        ("/poll?mark_read=no", "mark_read"),
        ("/room/1/subscribe?limit=0", "limit"),
        ("/room/1/messages?before=x", "before"),
        ("/room/1/messages?before=-1", "before"),
        ("/room/1/messages?before=1&after=1", "after"),
        ("/direct/bob/messages?after=-1", "after"),
        ("/rooms?after=x", "after"),
        ("/users?online=1", "online"),
        ("/users?names=alice,b%20", "names"),
        (&too_many_names, "names"),
        ("/direct?after=a%20b", "after"),
        ("/room/x", "id"),
        ("/direct/alice/messages", "name"),
        ("/status?latest=101", "latest"),
        ("/status?room=a%20b", "room"),
        ("/status?direct=", "direct"),
        ("/status?direct=alice", "direct"),
    ] {
        assert_eq!(wrong_field(&alice, Method::GET, target, None).await.0, named, "{target}");
    }
    let missing = alice.get("/room/99").await;
    assert_eq!(assert_problem(missing, 404, "not-found").await.get("errors"), None, "no field is wrong");
    alice.get_json("/poll?wait=0&_=1763719200&utm_source=x").await;
}

#[tokio::test]
async fn a_byte_order_mark_before_a_body_is_skipped() {
    let server = TestServer::start().await;
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    for call in CALLS.iter().filter_map(|call| call.strip_prefix("POST ")) {
        let path = call.replace("<id>", "1").replace("<name>", "bob");
        if !body_for(&path).as_object().unwrap().is_empty() || path == "/connect" {
            let body = format!("\u{feff}{}", body_for(&path));
            let request = alice.request(Method::POST, &path).header("Content-Type", "application/json").body(body);
            assert!(request.send().await.unwrap().status().is_success(), "{path}");
        }
    }
    assert_eq!(alice.history("/room/1/messages").await.len(), 2);
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_description() {
    let server = TestServer::start().await;
    let plain = Client::of(reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap());
    let page = plain.get(server.url("/docs")).send().await.unwrap().text().await.unwrap();
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/http.md")).unwrap();
    let kinds: Vec<_> =
        document.split('`').filter(|word| word.starts_with("/problems/") && !word.contains('…')).collect();
    assert!(kinds.len() > 15, "{kinds:?}");
    for kind in kinds {
        let response = plain.get(server.url(kind)).send().await.unwrap();
        assert_eq!(response.status(), 303, "{kind}");
        let location = response.headers()["location"].to_str().unwrap();
        let anchor = location.strip_prefix("../docs#").unwrap();
        let paragraph = page.split(&format!("id=\"{anchor}\"")).nth(1).unwrap().split("</dd>").next().unwrap();
        assert!(paragraph.contains(&format!("<code>{kind}</code>")), "{kind}: {paragraph}");
    }
    let unknown = plain.get(server.url("/problems/nothing")).send().await.unwrap();
    assert_problem(unknown, 404, "not-found").await;
}
