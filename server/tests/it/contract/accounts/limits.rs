//! Limits: sends and rooms per user, connects and guests per address, wrong passwords per account and network.

use std::time::Instant;

use reqwest::Response;
use serde_json::json;

use crate::harness::{Client, TestServer, assert_problem, at_once, body_for, fifty_at_once, insist, until};

/// Tries to sign in from an address, as a proxy would pass it on.
async fn sign_in_from(server: &TestServer, address: &str, name: &str, password: &str) -> Response {
    let body = json!({ "username": name, "password": password });
    Client::new().post(server.url("/connect")).header("X-Real-IP", address).json(&body).send().await.unwrap()
}

/// Starts a server behind a proxy that passes addresses on, with this limit on wrong passwords.
async fn behind_a_proxy(most: &str) -> TestServer {
    TestServer::start_with(&[
        ("ROCKET_IP_HEADER", "X-Real-IP"),
        ("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", most),
    ])
    .await
}

/// Checks that an answer is 429 and returns the seconds of its `Retry-After`.
pub(super) async fn assert_limited(response: Response) -> u64 {
    assert_eq!(response.status(), 429);
    let seconds = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert_problem(response, 429, "too-many-requests").await;
    seconds
}

#[tokio::test]
async fn sends_are_limited_per_user_across_all_send_calls_and_sessions() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "4")]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let sends = ["/send", "/send-private", "/room/1/messages", "/direct/bob/messages"];
    for path in sends {
        assert_eq!(alice.post(path, &body_for(path)).await.status(), 201);
    }
    let again = alice.connect_again().await;
    for path in sends {
        let seconds = assert_limited(again.post(path, &body_for(path)).await).await;
        assert!((1..=15).contains(&seconds), "one send every 15 seconds, not {seconds}");
    }
    bob.say("general", "bob can still send").await;
    assert_eq!(again.get("/status").await.status(), 200, "alice's other calls work");
    let page = alice.get_json("/room/1/messages").await;
    assert_eq!(page["messages"].as_array().unwrap().len(), 3, "refused messages are not stored");
}

#[tokio::test]
async fn changes_are_limited_per_user_by_weight() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__CHANGES_PER_MINUTE", "60")]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.tell("alice", "there is something to read").await;
    // Twelve at once: a room, and one move in and out of it would be more.
    let begun = Instant::now();
    assert_eq!(alice.create_room("lobby").await, 2);
    assert_eq!(alice.post("/room/2/leave", &json!({})).await.status(), 204);
    let mut taken = 12;
    for (path, weight, body) in [
        ("/room/2/join", 2, json!({})),
        ("/room/2/leave", 2, json!({})),
        ("/rooms", 10, json!({ "name": "another" })),
        ("/room/1/read", 1, json!({ "seq": 0 })),
        ("/direct/bob/read", 1, json!({ "seq": 0 })),
    ] {
        let response = alice.post(path, &body).await;
        if response.status() != 429 {
            // Each second gives one back.
            taken += weight;
            assert!(taken <= 12 + begun.elapsed().as_secs(), "{path}: {taken} in {:?}", begun.elapsed());
            continue;
        }
        let seconds = assert_limited(response).await;
        assert!((1..=10).contains(&seconds), "{path}: {seconds}");
    }
    bob.join(2).await;
    alice.say("general", "alice can still send").await;
}

#[tokio::test]
async fn the_rooms_that_a_user_is_in_are_limited() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__JOINED_ROOMS_PER_USER", "3")]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.tell("alice", "direct conversations do not count").await;
    let rooms = [alice.create_room("a").await, alice.create_room("b").await, bob.create_room("c").await];
    assert_limited(alice.post("/rooms", &json!({ "name": "d" })).await).await;
    let join = async |room: i64| alice.post(&format!("/room/{room}/join"), &json!({})).await;
    assert_limited(join(rooms[2]).await).await;
    assert_eq!(join(rooms[0]).await.status(), 204, "joining again changes nothing");
    assert_eq!(alice.post(&format!("/room/{}/leave", rooms[0]), &json!({})).await.status(), 204);
    assert_eq!(join(rooms[2]).await.status(), 204);
}

#[tokio::test]
async fn concurrent_joins_and_new_rooms_exceed_no_limit() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__JOINED_ROOMS_PER_USER", "3")]).await;
    let mut rooms = Vec::new();
    for n in 0..20 {
        // Each creator is in `general` and may create two.
        let creator = server.guest(&format!("creator-{n}")).await;
        rooms.push(creator.create_room(&format!("room-{n}")).await);
    }
    for (name, creates) in [("joins", false), ("creates", true)] {
        let user = server.guest(name).await;
        let calls = rooms.iter().map(|room| {
            let (user, room) = (user.clone(), *room);
            async move {
                let response = match creates && room % 2 == 0 {
                    true => user.post("/rooms", &json!({ "name": format!("new-{room}") })).await,
                    false => user.post(&format!("/room/{room}/join"), &json!({})).await,
                };
                response.status().as_u16()
            }
        });
        let statuses = at_once(calls).await;
        assert_eq!(statuses.iter().filter(|&&status| status == 429).count(), 18, "{name}: {statuses:?}");
        let listed = user.get_json("/rooms?limit=500").await;
        let joined = listed.as_array().unwrap().iter().filter(|room| room["joined"] == true).count();
        assert_eq!(joined, 3, "{name}, general included");
    }
}

#[tokio::test]
async fn the_send_limit_recovers_over_time() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "120")]).await;
    let alice = server.guest("alice").await;
    let send = async || alice.post("/send", &json!({ "text": "hi" })).await;
    let limited = loop {
        let response = send().await;
        if response.status() != 201 {
            break response;
        }
    };
    assert_eq!(assert_limited(limited).await, 1);
    let begun = Instant::now();
    while send().await.status() != 201 {
        assert!(begun.elapsed() < crate::harness::DEADLINE);
    }
}

#[tokio::test]
async fn connects_are_limited_per_address_for_all_users_together() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__CONNECTS_PER_MINUTE", "3")]).await;
    let alice = server.guest("alice").await;
    assert_eq!(server.connect(&json!({ "username": "alice" })).await.status(), 409, "a refused call counts");
    let bob = server.guest("bob").await;
    for limited in [alice.post("/connect", &json!({})).await, server.connect(&json!({})).await] {
        let seconds = assert_limited(limited).await;
        assert!((1..=20).contains(&seconds), "one connect every 20 seconds, not {seconds}");
    }
    let forwarded = Client::new().post(server.url("/connect")).header("X-Real-IP", "192.0.2.1").json(&json!({}));
    assert_limited(forwarded.header("X-Forwarded-For", "192.0.2.1").send().await.unwrap()).await;
    bob.say("general", "sessions are not affected").await;
    assert_eq!(alice.get_json("/users").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn after_too_many_wrong_passwords_that_account_refuses_even_the_right_one() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "2")]).await;
    let alice = server.account("alice", "alice's password").await;
    server.account("bob", "bob's password").await;
    let sign_in =
        async |name: &str, password: &str| server.connect(&json!({ "username": name, "password": password })).await;
    assert_eq!(sign_in("alice", "wrong password").await.status(), 401);
    assert_eq!(sign_in("alice", "alice's password").await.status(), 200);
    assert_eq!(sign_in("ALICE", "wrong password").await.status(), 401, "a success does not reset the count");
    for password in ["wrong password", "alice's password"] {
        let seconds = assert_limited(sign_in("alice", password).await).await;
        assert!((1700..=1800).contains(&seconds), "half an hour, not {seconds} seconds");
    }
    assert_eq!(sign_in("bob", "bob's password").await.status(), 200);
    assert_eq!(alice.connect_again().await.id, alice.id, "a session needs no password");
}

#[tokio::test]
async fn a_stranger_locks_out_no_other_network_and_known_ones_are_let_through_after_a_restart() {
    let mut server = behind_a_proxy("2").await;
    let password = "alice's password";
    let (home, elsewhere) = ("192.0.2.1", "2001:db8:0:2::1");
    assert_eq!(sign_in_from(&server, home, "alice", password).await.status(), 201);
    for password in ["wrong password", "wrong password"] {
        assert_eq!(sign_in_from(&server, "198.51.100.1", "alice", password).await.status(), 401);
    }
    assert_limited(sign_in_from(&server, "198.51.100.1", "alice", password).await).await;
    for address in [home, elsewhere] {
        assert_eq!(sign_in_from(&server, address, "alice", password).await.status(), 200, "{address}");
    }
    server.restart().await;
    // Guesses from many networks: ten times the limit in all.
    let strangers = (0..20).map(|n| format!("203.0.113.{}", n / 2));
    for stranger in strangers {
        assert_eq!(sign_in_from(&server, &stranger, "alice", "wrong password").await.status(), 401, "{stranger}");
    }
    assert_limited(sign_in_from(&server, "203.0.113.200", "alice", password).await).await;
    for known in [home, "2001:db8:0:2:ffff::9"] {
        assert_eq!(sign_in_from(&server, known, "alice", password).await.status(), 200, "{known}");
    }
    for _ in 0..2 {
        assert_eq!(sign_in_from(&server, home, "alice", "wrong password").await.status(), 401);
    }
    assert_limited(sign_in_from(&server, home, "alice", password).await).await;
    assert_eq!(sign_in_from(&server, elsewhere, "alice", password).await.status(), 200);
}

#[tokio::test]
async fn one_guess_at_each_of_many_accounts_is_limited_per_network() {
    let server = behind_a_proxy("1").await;
    let guess = async |address, n| sign_in_from(&server, address, &format!("user-{n}"), "not the password").await;
    for n in 0..12 {
        server.account(&format!("user-{n}"), "the password").await;
    }
    for n in 0..5 {
        assert_eq!(guess("192.0.2.1", n).await.status(), 401);
    }
    assert_limited(guess("192.0.2.1", 5).await).await;
    assert_eq!(guess("192.0.2.2", 5).await.status(), 401, "another network");
    // The accounts signed in from here: ten times the limit, so that one neighbour does not lock out all.
    for n in 0..10 {
        let sign_in = json!({ "username": format!("user-{n}"), "password": "not the password" });
        assert_eq!(server.connect(&sign_in).await.status(), 401);
    }
    let sign_in = json!({ "username": "user-10", "password": "the password" });
    assert_limited(server.connect(&sign_in).await).await;
}

#[tokio::test]
async fn hundreds_of_guesses_at_once_keep_no_sign_in_waiting_for_long() {
    let server = TestServer::start().await;
    server.account("alice", "alice's password").await;
    // A fast machine may try four hundred before any of them has waited for long. Then more follow.
    for count in [400, 800, 1600] {
        let begun = Instant::now();
        let guesses = at_once((0..count).map(|n| {
            let guess = json!({ "username": "alice", "password": format!("guess number {n}") });
            let request = Client::new().post(server.url("/connect")).json(&guess);
            async move {
                let response = request.send().await.unwrap();
                (response.status().as_u16(), response.headers().contains_key("retry-after"))
            }
        }));
        let guesses = guesses.await;
        let given_up = guesses.iter().filter(|&&answer| answer == (503, true)).count();
        let tried = guesses.iter().filter(|&&answer| answer == (401, false)).count();
        assert_eq!(given_up + tried, count, "{guesses:?}");
        assert!(tried > 0, "of {count}, in {:?}", begun.elapsed());
        if given_up > 0 {
            break;
        }
        assert!(count < 1600, "{tried} were tried and none given up, in {:?}", begun.elapsed());
    }
    assert_eq!(server.connect(&json!({ "username": "alice", "password": "alice's password" })).await.status(), 200);
}

#[tokio::test]
async fn guests_are_limited_per_day_and_address_and_accounts_are_not() {
    let server = TestServer::start_with(&[
        ("ROCKET_IP_HEADER", "X-Real-IP"),
        ("ROCKET_CHAT__LIMITS__GUESTS_PER_DAY_PER_ADDRESS", "2"),
    ])
    .await;
    let connect = async |address, body| {
        Client::new().post(server.url("/connect")).header("X-Real-IP", address).json(&body).send().await.unwrap()
    };
    for body in [json!({}), json!({ "username": "bob" })] {
        assert_eq!(connect("192.0.2.1", body).await.status(), 201);
    }
    for body in [json!({}), json!({ "username": "carol" })] {
        let seconds = assert_limited(connect("192.0.2.1", body).await).await;
        assert!((43_000..=43_200).contains(&seconds), "one guest every 12 hours, not {seconds} seconds");
    }
    assert_eq!(connect("192.0.2.2", json!({})).await.status(), 201, "another address");
    let account = json!({ "username": "carol", "password": "carol's password" });
    assert_eq!(connect("192.0.2.1", account).await.status(), 201);
}

#[tokio::test]
async fn a_user_may_create_a_limited_number_of_rooms() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__ROOMS_PER_USER", "2")]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.create_room("one").await;
    assert_eq!(alice.post("/rooms", &json!({ "name": "one" })).await.status(), 409, "a taken name does not count");
    alice.create_room("two").await;
    for user in [&alice, &alice.connect_again().await] {
        assert_limited(user.post("/rooms", &json!({ "name": "three" })).await).await;
    }
    bob.create_room("three").await;
    alice.say("one", "the rooms still work").await;
}

#[tokio::test]
async fn a_failed_sign_in_is_logged_with_account_and_address() {
    let server = behind_a_proxy("1").await;
    server.account("alice", "alice's password").await;
    for name in ["alice", "bob\nforged"] {
        let _ = sign_in_from(&server, "2001:db8::7", name, "wrong password").await;
        let _ = sign_in_from(&server, "2001:db8::7", name, "wrong password").await;
    }
    let is_refusal = |line: &String| line.contains("linger::audit") && line.contains(" WARN ");
    let lines = || server.log().into_iter().filter(is_refusal).collect::<Vec<_>>();
    until("both are logged", async || lines().len() >= 2).await;
    let lines = lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, what) in lines.iter().zip(["a sign-in failed", "a sign-in was refused: too many wrong passwords"]) {
        assert!(line.contains(&format!("{what} user=alice address=2001:db8::7 network=2001:db8::")), "{line}");
        assert!(!line.contains("wrong password "), "{line}");
    }
}

#[tokio::test]
async fn concurrent_guesses_count_like_sequential_ones() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "3")]).await;
    server.account("alice", "alice's password").await;
    let guesses = at_once((0..8).map(|n| {
        let guess = json!({ "username": "alice", "password": format!("guess number {n}") });
        let request = Client::new().post(server.url("/connect")).json(&guess);
        // One that is told to wait does not count.
        async move { insist(request).await.status().as_u16() }
    }));
    let guesses = guesses.await;
    assert_eq!(guesses.iter().filter(|&&status| status == 401).count(), 3, "{guesses:?}");
    assert_eq!(guesses.iter().filter(|&&status| status == 429).count(), 5, "{guesses:?}");
}

#[tokio::test]
async fn a_limit_of_0_means_no_limit() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    for _ in 0..130 {
        assert_eq!(server.connect(&json!({ "username": "alice" })).await.status(), 409);
    }
    let sent = fifty_at_once((0..610).map(|_| {
        let alice = alice.clone();
        async move { alice.say("general", "hi").await }
    }));
    assert_eq!(sent.await.len(), 610);
}
