//! Every call of the contract, with good input and with bad, in an order in which the answers say something.

use serde_json::json;

use super::both::connect;
use super::{Ask, Both};
use crate::house::coverage::{CALLS, FOR_SCRAPERS};

const PASSWORD: Option<&str> = Some("correct horse");

/// Names that sort differently by their bytes and by a language's rules.
const NAMES: [&str; 6] = ["ab", "a-c", "a_b", "b", "a1", "0z"];

fn get(who: &str, path: &str) -> Ask {
    Ask::new(who, &format!("GET {path}"))
}

fn post(who: &str, path: &str) -> Ask {
    Ask::new(who, &format!("POST {path}"))
}

fn accounts() -> Vec<Ask> {
    let mut asks = vec![
        get("-", "/health"),
        get("-", "/metrics"),
        get("-", "/"),
        get("-", "/app.js"),
        get("-", "/style.css"),
        get("-", "/openapi.json"),
        get("-", "/docs"),
        get("-", "/docs.css"),
        get("-", "/rooms"),
        connect("alice", PASSWORD),
        connect("alice", None),
        connect("Alice", Some("wrong horse")),
        connect("bob", None),
        connect("bob", PASSWORD),
        connect("carol", Some("short")),
        connect("c!", None),
        post("-", "/connect").body(json!({ "username": 1 })),
        post("-", "/connect").body(json!({ "latest": 101 })),
        post("bob", "/connect"),
        post("bob", "/connect").body(json!({ "latest": 0 })),
    ];
    asks.extend(NAMES.map(|name| connect(name, None)));
    asks
}

fn rooms() -> Vec<Ask> {
    let mut asks: Vec<_> = ["lobby", "Zoo", "a_b", "a-b", "lobby", "-x", ""]
        .map(|name| post("alice", "/rooms").body(json!({ "name": name })))
        .into();
    for id in ["1", "2", "5", "6", "0", "-1", "x", "9223372036854775807", "9223372036854775808"] {
        asks.extend([
            get("bob", &format!("/room/{id}")),
            post("bob", &format!("/room/{id}/join")),
            post("bob", &format!("/room/{id}/join")),
            post("bob", &format!("/room/{id}/messages")).body(json!({ "text": format!("in {id}") })),
            post("bob", &format!("/room/{id}/read")).body(json!({ "seq": 1 })),
            get("ab", &format!("/room/{id}/subscribe?wait=0")),
            get("ab", &format!("/room/{id}/messages")),
            post("ab", &format!("/room/{id}/leave")),
            post("ab", &format!("/room/{id}/read")).body(json!({ "seq": 0 })),
        ]);
    }
    asks.extend(
        ["", "?limit=2", "?after=2&limit=2", "?after=99", "?limit=0", "?limit=x", "?after=-5"]
            .map(|query| get("bob", &format!("/rooms{query}"))),
    );
    asks
}

fn messages() -> Vec<Ask> {
    let long = "é".repeat(2048);
    let longer = format!("{long}x");
    let mut asks = Vec::new();
    for text in
        ["plain", " kept ", "tab\tand\nline", "\"quoted\\\"", "emoji 🐙 ü ﬁ", "'; drop table x; --", "{}", "[null]"]
            .into_iter()
            .chain(["", " \n", "a\u{0}b", "\u{1b}[1m", "\u{7f}", "\u{85}", &long, &longer])
    {
        asks.push(post("alice", "/send").body(json!({ "text": text })));
        asks.push(post("alice", "/send-private").body(json!({ "text": text, "to": "bob" })));
        asks.push(post("alice", "/send").header("Idempotency-Key", "one").body(json!({ "text": text })));
    }
    for query in
        ["", "?limit=3", "?before=5", "?after=5&limit=2", "?before=2&after=1", "?before=0", "?after=99", "?limit=501"]
    {
        asks.push(get("bob", &format!("/room/1/messages{query}")));
        asks.push(get("bob", &format!("/direct/alice/messages{query}")));
    }
    asks.push(post("alice", "/send").body(json!({ "text": "where?", "room": "nowhere" })));
    asks.push(post("alice", "/send").header("Idempotency-Key", "a b").body(json!({ "text": "x" })));
    asks
}

fn direct() -> Vec<Ask> {
    let mut asks = vec![
        get("bob", "/direct"),
        post("bob", "/send-private").body(json!({ "text": "by id", "recipient_id": "{id of ab}" })),
        post("bob", "/send-private").body(json!({ "text": "by both", "recipient_id": "{id of ab}", "to": "ab" })),
        post("bob", "/send-private").body(json!({ "text": "by none" })),
        post("bob", "/send-private").body(json!({ "text": "to nobody", "recipient_id": 4096 })),
        post("bob", "/send-private").body(json!({ "text": "to myself", "to": "bob" })),
    ];
    for name in NAMES {
        asks.push(post(name, "/direct/alice/messages").body(json!({ "text": format!("from {name}") })));
        asks.push(post(name, "/direct/bob/messages").body(json!({ "text": format!("from {name}") })));
    }
    for name in ["ab", "b", "nobody", "alice", "!"] {
        asks.extend([
            get("alice", &format!("/direct/{name}/messages")),
            post("alice", &format!("/direct/{name}/messages")).body(json!({ "text": "hello" })),
            post("alice", &format!("/direct/{name}/read")).body(json!({ "seq": 1 })),
            post("alice", &format!("/direct/{name}/read")).body(json!({ "seq": -1 })),
            get("alice", &format!("/status?direct={name}&latest=2")),
        ]);
    }
    asks.extend(
        ["", "?limit=2", "?after=a_b", "?after=a-c&limit=1", "?after=!", "?limit=-1"]
            .map(|query| get("alice", &format!("/direct{query}"))),
    );
    asks.push(get("alice", "/direct/subscribe?wait=0"));
    asks
}

fn reading() -> Vec<Ask> {
    let mut asks = Vec::new();
    for who in ["alice", "bob", "ab"] {
        asks.extend([
            get(who, "/status"),
            get(who, "/status?room=general&latest=3"),
            get(who, "/poll?wait=0&limit=3&mark_read=false"),
            get(who, "/poll?wait=0&limit=3"),
            get(who, "/poll?wait=0&limit=4&cursor={cursor}"),
            get(who, "/status"),
            post(who, "/room/1/read").body(json!({ "seq": 2 })),
            get(who, "/poll?wait=0&limit=5"),
            post(who, "/room/1/read").body(json!({ "seq": 999 })),
            get(who, "/poll?wait=0&limit=500"),
            get(who, "/poll?wait=0&limit=500&cursor={cursor}"),
            get(who, "/poll?cursor={cursor}").header("Prefer", "wait=0"),
            get(who, "/poll?wait=0").header("If-None-Match", "\"{cursor}\""),
            get(who, "/poll?wait=1&cursor={cursor}"),
            get(who, "/poll?cursor=garbage"),
            get(who, "/poll?wait=x"),
            get(who, "/poll?limit=0"),
            get(who, "/rooms"),
            get(who, "/direct"),
            get(who, "/users"),
            get(who, "/users?online=true&limit=2"),
            get(who, "/users?after={id of bob}"),
            get(who, "/status?room=nowhere"),
            get(who, "/status?room=general&direct=bob"),
            get(who, "/nowhere"),
            Ask::new(who, "PUT /send"),
            post(who, "/disconnect"),
            get(who, "/poll?wait=0"),
            post(who, "/disconnect"),
        ]);
    }
    asks.push(connect("alice", PASSWORD));
    asks.push(get("alice", "/status"));
    asks
}

/// Whether a request is this call of the contract.
fn is_call(ask: &Ask, call: &str) -> bool {
    let path = ask.call.split('?').next().unwrap();
    let (asked, wanted): (Vec<_>, Vec<_>) = (path.split('/').collect(), call.split('/').collect());
    asked.len() == wanted.len()
        && asked.iter().zip(wanted).all(|(asked, wanted)| *asked == wanted || wanted.starts_with('<'))
}

#[tokio::test]
async fn every_call_is_answered_alike_on_both_databases() {
    let Some(mut both) = Both::start().await else { return };
    let script = [accounts(), rooms(), messages(), direct(), reading()].concat();
    let mut good = Vec::new();
    let mut statuses = Vec::new();
    for ask in &script {
        // Who has been signed out says so for the second and third time: 401, alike.
        let status = both.ask(ask).await;
        statuses.push(status);
        if status < 300 {
            good.push(ask);
        }
    }
    for call in CALLS.iter().filter(|call| **call != FOR_SCRAPERS) {
        assert!(good.iter().any(|ask| is_call(ask, call)), "{call} was never answered well");
    }
    for status in [200, 201, 204, 304, 400, 401, 404, 405, 409, 422] {
        assert!(statuses.contains(&status), "nothing was answered {status}");
    }
}
