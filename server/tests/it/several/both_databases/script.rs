//! Every call of the contract, with good and bad input, in an order that gives meaningful answers.

use serde_json::json;

use super::both::connect;
use super::{Both, Request};
use crate::house::coverage::{CALLS, FOR_SCRAPERS};

const PASSWORD: Option<&str> = Some("correct horse");

/// Names whose order by bytes differs from their order by a language's rules.
const NAMES: [&str; 6] = ["ab", "a-c", "a_b", "b", "a1", "0z"];

fn get(client: &str, path: &str) -> Request {
    Request::new(client, &format!("GET {path}"))
}

fn post(client: &str, path: &str) -> Request {
    Request::new(client, &format!("POST {path}"))
}

fn accounts() -> Vec<Request> {
    let mut requests = vec![
        get("-", "/server"),
        get("-", "/health"),
        get("-", "/metrics"),
        get("-", "/"),
        get("-", "/page/0/style.css"),
        get("-", "/page/0/main.js"),
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
        post("bob", "/me/token"),
        post("bob", "/me/away"),
    ];
    requests.extend(NAMES.map(|name| connect(name, None)));
    requests
}

/// What an administrator, alice, may do.
fn codes() -> Vec<Request> {
    vec![
        post("alice", "/invites").body(json!({ "uses": 3, "rooms": ["general"] })),
        post("alice", "/invites").body(json!({ "uses": 0 })),
        post("alice", "/invites").body(json!({ "rooms": ["nowhere"] })),
        post("bob", "/invites"),
        get("alice", "/invites"),
        get("bob", "/invites"),
        Request::new("bob", "DELETE /invites/1"),
        Request::new("alice", "DELETE /invites/1"),
        Request::new("alice", "DELETE /invites/1"),
        get("alice", "/invites"),
        post("bob", "/me/code"),
        post("bob", "/users/alice/code"),
        post("alice", "/users/bob/code"),
        post("alice", "/users/nobody/code"),
        post("-", "/connect").body(json!({ "code": "no code" })),
    ]
}

/// Calls about the own account: dora changes hers, and emil deletes his.
fn own() -> Vec<Request> {
    let call = |client: &str, call: &str| Request::new(client, call);
    vec![
        connect("dora", PASSWORD),
        get("dora", "/me"),
        call("dora", "PATCH /me").body(json!({ "display_name": "Dora" })),
        call("dora", "PATCH /me").body(json!({ "display_name": "\u{1b}" })),
        call("dora", "PUT /me/password").body(json!({ "old": "wrong horse", "new": "another horse" })),
        call("dora", "PUT /me/password").body(json!({ "old": PASSWORD, "new": "another horse" })),
        post("dora", "/connect"),
        get("dora", "/me/sessions"),
        call("dora", "DELETE /me/sessions/{session of dora}"),
        call("dora", "DELETE /me/sessions/{session of dora}"),
        call("dora", "DELETE /me/sessions"),
        get("dora", "/me"),
        connect("emil", PASSWORD),
        call("emil", "DELETE /me").body(json!({ "password": "wrong horse" })),
        call("emil", "DELETE /me").body(json!({ "password": PASSWORD, "messages": "erase" })),
        get("emil", "/me"),
        connect("emil", PASSWORD),
    ]
}

/// Administration: users are added, promoted, disabled and deleted.
fn administration() -> Vec<Request> {
    let call = |client: &str, call: &str| Request::new(client, call);
    vec![
        post("alice", "/users").body(json!({ "name": "fred" })),
        post("alice", "/users").body(json!({ "name": "gina", "password": PASSWORD })),
        post("alice", "/users").body(json!({ "name": "gina" })),
        post("bob", "/users").body(json!({ "name": "hans" })),
        connect("gina", PASSWORD),
        get("bob", "/users/gina"),
        get("bob", "/users/nobody"),
        call("alice", "PATCH /users/gina").body(json!({ "role": "admin" })),
        call("gina", "PATCH /users/alice").body(json!({ "role": "member" })),
        call("gina", "PATCH /users/gina").body(json!({ "role": "member" })),
        call("gina", "PATCH /users/alice").body(json!({ "role": "admin" })),
        call("alice", "PATCH /users/fred").body(json!({ "disabled": true })),
        get("bob", "/users/fred"),
        call("bob", "DELETE /users/fred"),
        call("gina", "DELETE /users/fred?messages=keep"),
        call("gina", "DELETE /users/fred"),
    ]
}

/// Members of a private room: its owner, a member, and a user outside.
fn members() -> Vec<Request> {
    let call = |client: &str, call: &str| Request::new(client, call);
    let den = "/room/{id of #den}";
    let mut requests = vec![
        post("alice", "/rooms").body(json!({ "name": "den", "private": true, "members": ["bob"], "topic": "ours" })),
        post("alice", "/rooms").body(json!({ "private": true, "members": ["nobody"] })),
    ];
    for client in ["alice", "bob", "ab"] {
        requests.extend([
            get(client, den),
            get(client, &format!("{den}/members")),
            call(client, &format!("PATCH {den}")).body(json!({ "title": "The den", "posting": "owners" })),
            post(client, &format!("{den}/messages")).body(json!({ "text": client })),
            call(client, &format!("PUT {den}/members/a1")).body(json!({ "role": "reader" })),
            call(client, &format!("DELETE {den}/members/a1")),
            call(client, &format!("DELETE {den}/members/nobody")),
        ]);
    }
    requests.extend([
        call("alice", &format!("PUT {den}/members/alice")).body(json!({ "role": "member" })),
        call("alice", &format!("PUT {den}/members/bob")).body(json!({ "role": "banned" })),
        get("bob", den),
        get("alice", &format!("{den}/members")),
        call("alice", &format!("PATCH {den}")).body(json!({ "archived": true, "title": null })),
        post("alice", &format!("{den}/messages")).body(json!({ "text": "too late" })),
        get("alice", "/rooms?archived=true"),
        get("bob", "/rooms?archived=true"),
        get("alice", "/rooms?name=den"),
    ]);
    requests
}

fn rooms() -> Vec<Request> {
    let mut requests: Vec<_> = ["lobby", "Zoo", "a_b", "a-b", "lobby", "-x", ""]
        .map(|name| post("alice", "/rooms").body(json!({ "name": name })))
        .into();
    for id in ["1", "2", "5", "6", "0", "-1", "x", "9223372036854775807", "9223372036854775808"] {
        requests.extend([
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
    requests.extend(
        ["", "?limit=2", "?after=2&limit=2", "?after=99", "?limit=0", "?limit=x", "?after=-5"]
            .map(|query| get("bob", &format!("/rooms{query}"))),
    );
    requests
}

fn messages() -> Vec<Request> {
    let long = "é".repeat(2048);
    let longer = format!("{long}x");
    let mut requests = Vec::new();
    for text in
        ["plain", " kept ", "tab\tand\nline", "\"quoted\\\"", "emoji 🐙 ü ﬁ", "'; drop table x; --", "{}", "[null]"]
            .into_iter()
            .chain(["", " \n", "a\u{0}b", "\u{1b}[1m", "\u{7f}", "\u{85}", &long, &longer])
    {
        requests.push(post("alice", "/send").body(json!({ "text": text })));
        requests.push(post("alice", "/send-private").body(json!({ "text": text, "to": "bob" })));
        requests.push(post("alice", "/send").header("Idempotency-Key", "one").body(json!({ "text": text })));
    }
    for query in
        ["", "?limit=3", "?before=5", "?after=5&limit=2", "?before=2&after=1", "?before=0", "?after=99", "?limit=501"]
    {
        requests.push(get("bob", &format!("/room/1/messages{query}")));
        requests.push(get("bob", &format!("/direct/alice/messages{query}")));
    }
    requests.push(post("alice", "/send").body(json!({ "text": "to no room", "room": "nowhere" })));
    requests.push(post("alice", "/send").header("Idempotency-Key", "a b").body(json!({ "text": "x" })));
    requests
}

fn direct() -> Vec<Request> {
    let mut requests = vec![
        get("bob", "/direct"),
        post("bob", "/send-private").body(json!({ "text": "by id", "recipient_id": "{id of ab}" })),
        post("bob", "/send-private").body(json!({ "text": "by both", "recipient_id": "{id of ab}", "to": "ab" })),
        post("bob", "/send-private").body(json!({ "text": "by none" })),
        post("bob", "/send-private").body(json!({ "text": "to nobody", "recipient_id": 4096 })),
        post("bob", "/send-private").body(json!({ "text": "to myself", "to": "bob" })),
    ];
    for name in NAMES {
        requests.push(post(name, "/direct/alice/messages").body(json!({ "text": format!("from {name}") })));
        requests.push(post(name, "/direct/bob/messages").body(json!({ "text": format!("from {name}") })));
    }
    for name in ["ab", "b", "nobody", "alice", "!"] {
        requests.extend([
            get("alice", &format!("/direct/{name}/messages")),
            post("alice", &format!("/direct/{name}/messages")).body(json!({ "text": "hello" })),
            post("alice", &format!("/direct/{name}/read")).body(json!({ "seq": 1 })),
            post("alice", &format!("/direct/{name}/read")).body(json!({ "seq": -1 })),
            get("alice", &format!("/status?direct={name}&latest=2")),
        ]);
    }
    requests.extend(
        ["", "?limit=2", "?after=a_b", "?after=a-c&limit=1", "?after=!", "?limit=-1"]
            .map(|query| get("alice", &format!("/direct{query}"))),
    );
    requests.push(get("alice", "/direct/subscribe?wait=0"));
    requests
}

fn changes() -> Vec<Request> {
    let mut requests = Vec::new();
    for (author, reader, to_reader, to_author) in
        [("alice", "bob", "/room/1", "/room/1"), ("alice", "bob", "/direct/bob", "/direct/alice")]
    {
        requests.push(post(author, &format!("{to_reader}/messages")).body(json!({ "text": "a reply", "reply_to": 1 })));
        requests.push(post(author, &format!("{to_reader}/messages")).body(json!({ "text": "x", "reply_to": 9999 })));
        for seq in ["1", "2", "3", "0", "9999", "x"] {
            let (own, seen) = (format!("{to_reader}/messages/{seq}"), format!("{to_author}/messages/{seq}"));
            requests.extend([
                get(reader, &seen),
                Request::new(author, &format!("PATCH {own}")).body(json!({ "text": format!("edited {seq} 🐙 \"ü\"") })),
                Request::new(author, &format!("PATCH {own}")).header("If-Match", "\"1\"").body(json!({ "text": "x" })),
                Request::new(reader, &format!("PATCH {seen}")).body(json!({ "text": "not mine" })),
                Request::new(reader, &format!("PUT {seen}/reactions/👍")),
                Request::new(author, &format!("PUT {own}/reactions/👍")),
                Request::new(reader, &format!("PUT {seen}/reactions/❤")),
                Request::new(reader, &format!("PUT {seen}/reactions/x")),
                Request::new(reader, &format!("DELETE {seen}/reactions/👍")),
                get(author, &format!("{own}/reactions")),
                get(reader, &seen),
                get(reader, "/poll?wait=0&changes=true&mark_read=false&limit=5&cursor={cursor}"),
            ]);
        }
        requests.extend([
            Request::new(reader, &format!("DELETE {to_author}/messages/2")),
            Request::new(author, &format!("DELETE {to_reader}/messages/2")),
            Request::new(author, &format!("DELETE {to_reader}/messages/2")),
            Request::new(author, &format!("PATCH {to_reader}/messages/2")).body(json!({ "text": "back" })),
            get(reader, &format!("{to_author}/messages/2")),
            get(reader, "/poll?wait=0&changes=true&mark_read=false&limit=500&cursor={cursor}"),
        ]);
    }
    requests
}

fn reading() -> Vec<Request> {
    let mut requests = Vec::new();
    for client in ["alice", "bob", "ab"] {
        requests.extend([
            get(client, "/status"),
            get(client, "/status?room=general&latest=3"),
            get(client, "/poll?wait=0&limit=3&mark_read=false"),
            get(client, "/poll?wait=0&limit=3"),
            get(client, "/poll?wait=0&limit=4&cursor={cursor}"),
            get(client, "/status"),
            post(client, "/room/1/read").body(json!({ "seq": 2 })),
            get(client, "/poll?wait=0&limit=5"),
            post(client, "/room/1/read").body(json!({ "seq": 999 })),
            get(client, "/poll?wait=0&limit=500"),
            get(client, "/poll?wait=0&limit=500&cursor={cursor}"),
            get(client, "/poll?cursor={cursor}").header("Prefer", "wait=0"),
            get(client, "/poll?wait=0").header("If-None-Match", "\"{cursor}\""),
            get(client, "/poll?wait=1&cursor={cursor}"),
            get(client, "/poll?cursor=garbage"),
            get(client, "/poll?wait=x"),
            get(client, "/poll?limit=0"),
            get(client, "/rooms"),
            get(client, "/direct"),
            get(client, "/users"),
            get(client, "/users?online=true&limit=2"),
            get(client, "/users?after={id of bob}"),
            get(client, "/status?room=nowhere"),
            get(client, "/status?room=general&direct=bob"),
            get(client, "/nowhere"),
            Request::new(client, "PUT /send"),
            post(client, "/disconnect"),
            get(client, "/poll?wait=0"),
            post(client, "/disconnect"),
        ]);
    }
    requests.push(connect("alice", PASSWORD));
    requests.push(get("alice", "/status"));
    requests
}

/// Returns whether a request matches this call of the contract.
fn is_call(request: &Request, call: &str) -> bool {
    let path = request.call.split('?').next().unwrap();
    let (actual, expected): (Vec<_>, Vec<_>) = (path.split('/').collect(), call.split('/').collect());
    actual.len() == expected.len()
        && actual.iter().zip(expected).all(|(actual, expected)| *actual == expected || expected.starts_with('<'))
}

#[tokio::test]
async fn both_databases_give_the_same_answers_to_every_call() {
    let Some(mut both) = Both::start().await else { return };
    let script =
        [accounts(), codes(), own(), administration(), rooms(), members(), messages(), direct(), changes(), reading()]
            .concat();
    let mut succeeded = Vec::new();
    let mut statuses = Vec::new();
    for request in &script {
        if request.call == "POST /invites" {
            both.appoint("alice").await;
        }
        // Requests after a client's sign-out get 401 from both servers.
        let status = both.send(request).await;
        statuses.push(status);
        if status < 300 {
            succeeded.push(request);
        }
    }
    // The address of a file of the page has a hash in it, and a problem leads to its description.
    let others = [FOR_SCRAPERS, "GET /page/<hash>/<file>", "GET /problems/<kind>"];
    for call in CALLS.iter().filter(|call| !others.contains(call)) {
        assert!(succeeded.iter().any(|request| is_call(request, call)), "{call} never succeeded");
    }
    for status in [200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 412, 422] {
        assert!(statuses.contains(&status), "no answer had the status {status}");
    }
}
