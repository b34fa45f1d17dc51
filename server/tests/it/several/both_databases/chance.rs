//! A few hundred random requests in a row, good and bad.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::both::connect;
use super::{Both, Request};

const USERS: [&str; 4] = ["alice", "bob", "a-c", "a_b"];

fn user() -> impl Strategy<Value = &'static str> {
    select(&USERS)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[a-zé🐙 \"'\\\\{}]{1,20}", 1 => any::<String>(), 1 => Just("x".repeat(4096))]
}

fn room() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 1..5_i64, 1 => any::<i64>()]
}

fn seq() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 0..30_i64, 1 => any::<i64>()]
}

fn request() -> impl Strategy<Value = Request> {
    let query = || {
        let before_or_after = prop_oneof![
            Just(String::new()),
            seq().prop_map(|seq| format!("&before={seq}")),
            seq().prop_map(|seq| format!("&after={seq}"))
        ];
        (before_or_after, 0..8_i64).prop_map(|(position, limit)| format!("?limit={limit}{position}"))
    };
    let cursor = select(&["", "&cursor={cursor}", "&cursor={cursor}", "&cursor={cursor}", "&cursor=x"]);
    let sent = |client: &str, call: &str, text: String, key: Option<u8>| {
        let request = Request::new(client, call).body(json!({ "text": text }));
        key.into_iter().fold(request, |request, key| request.header("Idempotency-Key", &key.to_string()))
    };
    let key = || proptest::option::weighted(0.3, 0..6_u8);
    prop_oneof![
        6 => (user(), room(), text(), key())
            .prop_map(move |(client, room, text, key)| sent(client, &format!("POST /room/{room}/messages"), text, key)),
        5 => (user(), user(), text(), key())
            .prop_map(move |(client, to, text, key)| sent(client, &format!("POST /direct/{to}/messages"), text, key)),
        8 => (user(), cursor, 0..6_i64, any::<bool>()).prop_map(|(client, cursor, limit, mark)| {
            Request::new(client, &format!("GET /poll?wait=0&limit={limit}&mark_read={mark}{cursor}"))
        }),
        2 => (user(), room(), select(&["join", "leave"]))
        .prop_map(|(client, room, action)| Request::new(client, &format!("POST /room/{room}/{action}"))),
        2 => (user(), room(), seq())
            .prop_map(|(client, room, seq)| Request::new(client, &format!("POST /room/{room}/read")).body(json!({ "seq": seq }))),
        1 => (user(), user(), seq())
            .prop_map(|(client, with, seq)| Request::new(client, &format!("POST /direct/{with}/read")).body(json!({ "seq": seq }))),
        2 => (user(), room(), query())
            .prop_map(|(client, room, query)| Request::new(client, &format!("GET /room/{room}/messages{query}"))),
        1 => (user(), user(), query())
            .prop_map(|(client, with, query)| Request::new(client, &format!("GET /direct/{with}/messages{query}"))),
        1 => (user(), "[a-z_0-9-]{1,3}")
            .prop_map(|(client, name)| Request::new(client, "POST /rooms").body(json!({ "name": name }))),
        3 => (user(), select(&["/rooms", "/direct", "/status", "/status?latest=2", "/users", "/users?online=true"]))
            .prop_map(|(client, path)| Request::new(client, &format!("GET {path}"))),
        1 => user().prop_map(|client| Request::new(client, "POST /connect")),
    ]
}

#[test]
fn both_databases_give_the_same_answers_to_random_requests() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(both) = runtime.block_on(Both::start()) else { return };
    drop(both);
    let config = Config { cases: 3, failure_persistence: None, max_shrink_iters: 40, ..Config::default() };
    let outcome = TestRunner::new(config).run(&prop::collection::vec(request(), 250..300), |requests| {
        runtime.block_on(async {
            let mut both = Both::start().await.expect("it started before");
            for user in USERS {
                both.send(&connect(user, None)).await;
            }
            for request in &requests {
                both.send(request).await;
            }
        });
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
