//! Accounts: made by the first sign-in, entered by the next, and closed to everybody else.

use std::time::{Duration, Instant};

use reqwest::Response;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, assert_problem, at_once};

async fn sign_in(server: &TestServer, name: &str, password: &str) -> Response {
    server.connect(&json!({ "username": name, "password": password })).await
}

async fn signed_in(response: Response) -> (u16, Value, bool) {
    let status = response.status().as_u16();
    let answer: Value = response.json().await.unwrap();
    (status, answer["user"].clone(), answer["returning"].as_bool().unwrap())
}

#[tokio::test]
async fn the_first_sign_in_makes_the_account_and_the_next_ones_enter_it() {
    let server = TestServer::start().await;
    let (status, user, returning) = signed_in(sign_in(&server, "Alice", "correct horse").await).await;
    assert_eq!((status, returning), (201, false));
    assert_eq!(user, json!({ "id": user["id"], "name": "alice", "guest": false }));
    assert_eq!(signed_in(sign_in(&server, "aLICE", "correct horse").await).await, (200, user.clone(), true));
    for wrong in ["Correct horse", "correct horse ", "correct hors"] {
        assert_problem(sign_in(&server, "alice", wrong).await, 401, "wrong-credentials").await;
    }
    assert_eq!(signed_in(sign_in(&server, "alice", "correct horse").await).await, (200, user, true));
}

#[tokio::test]
async fn a_wrong_password_and_a_guests_name_are_refused_alike_in_words_and_in_time() {
    let server = TestServer::start().await;
    server.account("alice", "alice's password").await;
    server.guest("guest").await;
    let (mut words, mut times) = ([vec![], vec![]], [vec![], vec![]]);
    for _ in 0..3 {
        for (at, name) in ["alice", "guest"].into_iter().enumerate() {
            let begun = Instant::now();
            let response = sign_in(&server, name, "not the password").await;
            times[at].push(begun.elapsed());
            assert_eq!(response.status(), 401);
            assert_eq!(response.headers()["www-authenticate"], "Bearer");
            let mut headers = response.headers().clone();
            headers.remove("x-request-id");
            headers.remove("date");
            words[at].push((format!("{headers:?}"), response.bytes().await.unwrap()));
        }
    }
    assert_eq!(words[0], words[1]);
    assert!(words[0].iter().all(|answer| *answer == words[0][0]));
    let [alice, guest] = times.map(|mut times: Vec<Duration>| {
        times.sort();
        times[1]
    });
    // Without hashing, one would be answered tens of times faster than the other.
    assert!(alice < guest * 3 && guest < alice * 3, "{alice:?} and {guest:?}");
}

#[tokio::test]
async fn a_password_is_8_to_128_characters_whatever_their_bytes() {
    let server = TestServer::start().await;
    for bad in ["", "7 chars", &"é".repeat(7), &"é".repeat(129)] {
        assert_problem(sign_in(&server, "alice", bad).await, 400, "bad-input").await;
    }
    assert_eq!(sign_in(&server, "alice", &"é".repeat(8)).await.status(), 201, "the refused made no account");
    assert_eq!(sign_in(&server, "bob", &"🐎".repeat(128)).await.status(), 201);
    assert_eq!(sign_in(&server, "bob", &"🐎".repeat(128)).await.status(), 200);
}

#[tokio::test]
async fn a_password_without_a_name_is_400() {
    let server = TestServer::start().await;
    let response = server.connect(&json!({ "password": "whose is this?" })).await;
    assert_problem(response, 400, "bad-input").await;
}

#[tokio::test]
async fn of_two_first_sign_ins_at_once_one_makes_the_account_and_the_other_is_a_sign_in() {
    let server = TestServer::start().await;
    let both = async |name: &'static str, passwords: [&'static str; 2]| {
        let url = server.url("/connect");
        let statuses = at_once(passwords.map(|password| {
            let request = Client::new().post(&url).json(&json!({ "username": name, "password": password }));
            async move { request.send().await.unwrap().status().as_u16() }
        }));
        let mut statuses = statuses.await;
        statuses.sort_unstable();
        statuses
    };
    assert_eq!(both("alice", ["alice's password", "alice's password"]).await, [200, 201]);
    assert_eq!(both("bob", ["bob's password", "not bob's password"]).await, [201, 401]);
}

#[tokio::test]
async fn passwords_and_tokens_are_not_kept() {
    let mut server = TestServer::start_on_sqlite().await;
    let alice = server.account("alice", "recognisable password").await;
    assert!(server.stop().await.success());
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(server.folder().join("var")).unwrap() {
        kept.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let holds = |what: &str| kept.windows(what.len()).any(|bytes| bytes == what.as_bytes());
    assert!(holds("alice") && holds("$argon2id$"), "this is where accounts are");
    assert!(!holds("recognisable password"));
    assert!(!holds(alice.token.rsplit('.').next().unwrap()), "nor the token's signature");
}
