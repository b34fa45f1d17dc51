//! Sessions: what `/connect` answers to new and returning users, and what `/disconnect` ends.

use rocket::futures::future::BoxFuture;
use serde_json::{Value, json};

use super::tokens::claims_of;
use super::{connected, in_one_transaction, user_names};
use crate::harness::{Client, TestServer, assert_problem, body_for, fifty_at_once, texts};
use crate::house::coverage::{ANONYMOUS, CALLS, with_message};

#[tokio::test]
async fn connecting_returns_the_user_a_token_a_cursor_and_the_conversations() {
    let server = TestServer::start().await;
    let bob = server.guest("bob").await;
    let hello = bob.say("general", "hello").await;
    let response = server.connect(&json!({ "username": "alice" })).await;
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["content-type"], "application/json");
    let mut answer: Value = response.json().await.unwrap();
    let token = answer["token"].take();
    assert!(token.as_str().is_some_and(|token| !token.is_empty()));
    assert!(answer["cursor"].take().as_str().is_some_and(|cursor| !cursor.is_empty()));
    let expires_at = answer["expires_at"].take();
    assert_eq!(
        answer,
        json!({
            "token": null,
            "expires_at": null,
            "user": { "id": bob.id + 1, "name": "alice", "guest": true },
            "returning": false,
            "messages": [hello],
            "more": false,
            "cursor": null,
            "rooms": [{ "id": 1, "name": "general", "unread": 0 }],
            "direct": [],
        })
    );

    let claims = claims_of(token.as_str().unwrap());
    let expires_at: jiff::Timestamp = expires_at.as_str().unwrap().parse().unwrap();
    assert_eq!(json!(expires_at.as_second()), claims["exp"], "the token's own end");

    bob.tell("alice", "psst").await;
    let again = Client::new().post(server.url("/connect")).bearer_auth(token.as_str().unwrap());
    let response = again.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["user"], json!({ "id": bob.id + 1, "name": "alice", "guest": true }));
    assert_eq!(answer["returning"], true);
    assert_eq!(answer["direct"], json!([{ "with": "bob", "unread": 1 }]));
    assert_ne!(answer["token"], token, "a session of its own");
}

#[tokio::test]
async fn a_new_user_gets_the_latest_messages_of_general_already_read() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LATEST_MESSAGES", "3")]).await;
    let bob = server.guest("bob").await;
    let elsewhere = bob.create_room("elsewhere").await;
    for n in 1..=7 {
        bob.say("general", &n.to_string()).await;
        bob.say("elsewhere", "of no interest").await;
    }
    let cases =
        [(json!({}), 3), (json!({ "latest": 0 }), 0), (json!({ "latest": 5 }), 5), (json!({ "latest": 100 }), 7)];
    for (body, expected) in cases {
        let (status, new) = connected(server.connect(&body).await).await;
        assert_eq!((status, new.more, new.rooms[0].unread), (201, false, 0), "{body}");
        let latest: Vec<_> = (8 - expected..=7).map(|n| n.to_string()).collect();
        assert_eq!(texts(&new.messages), latest, "{body}");
        assert!(new.rooms.iter().all(|room| room.id != elsewhere));
    }
    let users = user_names(&bob).await.len();
    for bad in [json!(-1), json!(101), json!("5"), json!(1.5)] {
        assert_problem(server.connect(&json!({ "latest": bad })).await, 400, "bad-input").await;
    }
    assert_eq!(user_names(&bob).await.len(), users);
}

#[tokio::test]
async fn a_returning_user_gets_unread_messages_in_order_and_counts_per_conversation() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    let lobby = bob.create_room("lobby").await;
    bob.create_room("not-alices").await;
    alice.join(lobby).await;

    bob.say("general", "1").await;
    bob.tell("alice", "2").await;
    bob.say("lobby", "3").await;
    bob.say("not-alices", "never").await;
    bob.tell("carol", "never").await;
    carol.tell("alice", "4").await;
    bob.tell("alice", "5").await;

    let back = alice.connect_again().await.connected;
    assert_eq!(texts(&back.messages), ["1", "2", "3", "4", "5"]);
    assert!(back.returning && !back.more);
    let rooms: Vec<_> = back.rooms.iter().map(|room| (room.name.as_str(), room.unread)).collect();
    assert_eq!(rooms, [("general", 1), ("lobby", 1)]);
    let direct: Vec<_> = back.direct.iter().map(|direct| (direct.with.as_str(), direct.unread)).collect();
    assert_eq!(direct, [("bob", 2), ("carol", 1)]);
    let again = alice.connect_again().await.connected;
    assert_eq!(again.messages, back.messages, "answering acknowledges nothing");
}

#[tokio::test]
async fn a_returning_user_with_more_than_one_page_unread_gets_the_rest_by_polling() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    fifty_at_once((0..520).map(|n| {
        let bob = bob.clone();
        async move { bob.say("general", &n.to_string()).await }
    }))
    .await;
    let mut back = alice.connect_again().await;
    assert_eq!((back.connected.messages.len(), back.connected.more), (500, true));
    assert_eq!(back.connected.rooms[0].unread, 520);
    let rest = back.poll("&wait=0").await;
    assert_eq!((rest.messages.len(), rest.more), (20, false));
    let ids: Vec<_> = back.connected.messages.iter().chain(&rest.messages).map(|message| message.id).collect();
    assert_eq!(ids, Vec::from_iter(1..=520), "each once, in order");
}

#[tokio::test]
async fn signing_out_ends_only_that_session_for_every_call() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let other = alice.connect_again().await;
    let response = alice.post("/disconnect", &json!({})).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (204, ""));
    for call in CALLS.iter().filter(|call| !ANONYMOUS.contains(call)) {
        let (method, path) = call.split_once(' ').unwrap();
        let path = with_message(path).replace("<id>", "1").replace("<name>", "bob");
        let request = alice.request(method.parse().unwrap(), &path).json(&body_for(&path));
        assert_problem(request.send().await.unwrap(), 401, "unauthorized").await;
    }
    other.say("general", "still here").await;
    assert_eq!(user_names(&other).await, ["alice"], "the old token created no user");
}

#[tokio::test]
async fn sessions_and_sign_outs_survive_a_restart_and_a_crash() {
    let mut server = TestServer::start().await;
    let guest = server.guest("guest").await;
    let alice = server.account("alice", "alice's password").await;
    let gone = alice.connect_again().await;
    assert_eq!(gone.post("/disconnect", &json!({})).await.status(), 204);

    for crash in [false, true] {
        if crash {
            server.kill().await;
            server.start_again().await;
        } else {
            server.restart().await;
        }
        guest.say("general", "the guest is back").await;
        alice.say("general", "so is alice").await;
        assert_eq!(alice.connect_again().await.id, alice.id);
        assert_problem(gone.get("/status").await, 401, "unauthorized").await;
        assert_problem(gone.post("/connect", &json!({})).await, 401, "unauthorized").await;
    }
}

/// One transaction both looks up the returning user's conversations and creates one of them.
#[tokio::test]
async fn a_user_who_returns_during_the_first_message_of_a_direct_conversation_receives_it() {
    let mut server = TestServer::start_on_sqlite().await;
    for reader_first in [true, false] {
        let [reader, sender] = ["reader", "sender"].map(|role| format!("{role}-{reader_first}"));
        let (mut reader, sender) = (server.guest(&reader).await, server.guest(&sender).await);
        server.restart().await;
        sender.get_json("/status").await;
        let (returning, to) = (reader.clone(), reader.name.clone());
        let returns = async move { returning.peek("&wait=0").await.cursor };
        let sends = async move { sender.tell(&to, "hello").await.text };
        let mut requests: [BoxFuture<'static, String>; 2] = [Box::pin(returns), Box::pin(sends)];
        if !reader_first {
            requests.reverse();
        }
        in_one_transaction(&server, requests).await;
        assert_eq!(texts(&reader.poll("&wait=0").await.messages), ["hello"]);
    }
}
