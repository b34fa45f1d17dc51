//! Requests that are made up at random, a few hundred in a row, good ones and bad ones.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::both::connect;
use super::{Ask, Both};

const USERS: [&str; 4] = ["alice", "bob", "a-c", "a_b"];

fn who() -> impl Strategy<Value = &'static str> {
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

fn ask() -> impl Strategy<Value = Ask> {
    let query = || {
        let before_or_after = prop_oneof![
            Just(String::new()),
            seq().prop_map(|seq| format!("&before={seq}")),
            seq().prop_map(|seq| format!("&after={seq}"))
        ];
        (before_or_after, 0..8_i64).prop_map(|(place, limit)| format!("?limit={limit}{place}"))
    };
    let cursor = select(&["", "&cursor={cursor}", "&cursor={cursor}", "&cursor={cursor}", "&cursor=x"]);
    let sent = |who: &str, call: &str, text: String, key: Option<u8>| {
        let ask = Ask::new(who, call).body(json!({ "text": text }));
        key.into_iter().fold(ask, |ask, key| ask.header("Idempotency-Key", &key.to_string()))
    };
    let key = || proptest::option::weighted(0.3, 0..6_u8);
    prop_oneof![
        6 => (who(), room(), text(), key())
            .prop_map(move |(who, room, text, key)| sent(who, &format!("POST /room/{room}/messages"), text, key)),
        5 => (who(), who(), text(), key())
            .prop_map(move |(who, to, text, key)| sent(who, &format!("POST /direct/{to}/messages"), text, key)),
        8 => (who(), cursor, 0..6_i64, any::<bool>()).prop_map(|(who, cursor, limit, mark)| {
            Ask::new(who, &format!("GET /poll?wait=0&limit={limit}&mark_read={mark}{cursor}"))
        }),
        2 => (who(), room(), select(&["join", "leave"]))
            .prop_map(|(who, room, what)| Ask::new(who, &format!("POST /room/{room}/{what}"))),
        2 => (who(), room(), seq())
            .prop_map(|(who, room, seq)| Ask::new(who, &format!("POST /room/{room}/read")).body(json!({ "seq": seq }))),
        1 => (who(), who(), seq())
            .prop_map(|(who, with, seq)| Ask::new(who, &format!("POST /direct/{with}/read")).body(json!({ "seq": seq }))),
        2 => (who(), room(), query())
            .prop_map(|(who, room, query)| Ask::new(who, &format!("GET /room/{room}/messages{query}"))),
        1 => (who(), who(), query())
            .prop_map(|(who, with, query)| Ask::new(who, &format!("GET /direct/{with}/messages{query}"))),
        1 => (who(), "[a-z_0-9-]{1,3}")
            .prop_map(|(who, name)| Ask::new(who, "POST /rooms").body(json!({ "name": name }))),
        3 => (who(), select(&["/rooms", "/direct", "/status", "/status?latest=2", "/users", "/users?online=true"]))
            .prop_map(|(who, path)| Ask::new(who, &format!("GET {path}"))),
        1 => who().prop_map(|who| Ask::new(who, "POST /connect")),
    ]
}

#[test]
fn whatever_is_asked_both_databases_answer_alike() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(both) = runtime.block_on(Both::start()) else { return };
    drop(both);
    let config = Config { cases: 3, failure_persistence: None, max_shrink_iters: 40, ..Config::default() };
    let outcome = TestRunner::new(config).run(&prop::collection::vec(ask(), 250..300), |asks| {
        runtime.block_on(async {
            let mut both = Both::start().await.expect("it did before");
            for user in USERS {
                both.ask(&connect(user, None)).await;
            }
            for ask in &asks {
                both.ask(ask).await;
            }
        });
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
