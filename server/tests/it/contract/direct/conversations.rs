//! Direct conversations: each call works as its counterpart for rooms.

use linger_api::{Direct, Message};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{TestServer, User, assert_problem, body_for, texts};

async fn directs(user: &User) -> Vec<Direct> {
    serde_json::from_value(user.get_json("/direct").await).unwrap()
}

async fn read(user: &User, with: &str, seq: i64) -> u16 {
    user.post(&format!("/direct/{with}/read"), &json!({ "seq": seq })).await.status().as_u16()
}

#[tokio::test]
async fn the_list_has_each_conversation_with_messages_as_seen_by_either_user() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    assert_eq!(alice.get_json("/direct").await, json!([]));
    carol.tell("alice", "1").await;
    bob.tell("alice", "1").await;
    alice.tell("carol", "2").await;
    bob.tell("alice", "2").await;
    assert_eq!(
        alice.get_json("/direct").await,
        json!([
            { "with": "bob", "newest": 2, "last_read": 0, "unread": 2 },
            { "with": "carol", "newest": 2, "last_read": 0, "unread": 2 },
        ]),
        "listing does not mark anything as read"
    );
    let bobs = json!([{ "with": "alice", "newest": 2, "last_read": 2, "unread": 0 }]);
    assert_eq!(bob.get_json("/direct").await, bobs);
    let carols = json!([{ "with": "alice", "newest": 2, "last_read": 1, "unread": 1 }]);
    assert_eq!(carol.get_json("/direct").await, carols);
}

#[tokio::test]
async fn the_list_is_ordered_by_name_and_paged() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    for name in ["dora", "bob", "emil", "carol"] {
        server.guest(name).await.tell("alice", "hi").await;
    }
    let names = async |query: &str| -> Vec<String> {
        let page: Vec<Direct> = serde_json::from_value(alice.get_json(&format!("/direct{query}")).await).unwrap();
        page.into_iter().map(|direct| direct.with).collect()
    };
    assert_eq!(names("").await, ["bob", "carol", "dora", "emil"]);
    assert_eq!(names("?limit=2").await, ["bob", "carol"]);
    assert_eq!(names("?limit=2&after=Carol").await, ["dora", "emil"]);
    for bad in ["?limit=0", "?after=-", "?limit=x"] {
        assert_problem(alice.get(&format!("/direct{bad}")).await, 400, "bad-input").await;
    }
}

#[tokio::test]
async fn a_message_posted_to_a_user_is_201_and_in_the_history_of_both() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let response = alice.post("/direct/Bob/messages", &json!({ "text": "psst" })).await;
    assert_eq!(response.status(), 201);
    let message: Value = response.json().await.unwrap();
    let sent_at = &message["sent_at"];
    let expected = json!({ "id": 1, "seq": 1, "from": "alice", "to": "bob", "text": "psst", "sent_at": sent_at });
    assert_eq!(message, expected);
    let page = json!({ "messages": [message], "more": false });
    assert_eq!(alice.get_json("/direct/bob/messages").await, page);
    assert_eq!(bob.get_json("/direct/ALICE/messages").await, page);

    let response = bob.post("/direct/alice/messages", &json!({ "text": "yes?" })).await;
    let answer: Message = response.json().await.unwrap();
    assert_eq!((answer.seq, answer.from.as_str(), answer.to.as_deref()), (2, "bob", Some("alice")));
    assert_eq!(texts(&alice.connect_again().await.connected.messages), ["yes?"]);
}

#[tokio::test]
async fn every_direct_call_is_404_for_an_unknown_user_and_400_for_the_caller_or_a_bad_name() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    for (method, call) in [(Method::GET, "messages"), (Method::POST, "messages"), (Method::POST, "read")] {
        let names = [
            ("nobody", 404, "not-found"),
            ("alice", 400, "bad-input"),
            ("ALICE", 400, "bad-input"),
            ("a%20b", 400, "bad-input"),
            ("%FF", 400, "bad-input"),
            ("-", 400, "bad-input"),
        ];
        for (name, status, kind) in names {
            let request = alice.request(method.clone(), &format!("/direct/{name}/{call}"));
            let response = request.json(&body_for(call)).send().await.unwrap();
            assert_eq!(response.status(), status, "{method} /direct/{name}/{call}");
            assert_problem(response, status, kind).await;
        }
    }
}

#[tokio::test]
async fn a_read_position_moves_forward_and_back_and_survives_a_restart() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    assert_eq!(read(&bob, "alice", 5).await, 204, "a no-op while there are no messages");
    assert_eq!(directs(&bob).await, []);
    for n in 1..=5 {
        alice.tell("bob", &n.to_string()).await;
    }
    assert_eq!(bob.unread("@alice").await, 5);
    for (seq, unread) in [(3, 2), (5, 0), (1, 4), (0, 5), (99, 0), (4, 1)] {
        assert_eq!(read(&bob, "alice", seq).await, 204);
        let listed = &directs(&bob).await[0];
        assert_eq!((listed.unread, listed.last_read, listed.newest), (unread, 5 - unread, 5), "read up to {seq}");
        assert_eq!(bob.unread("@alice").await, unread);
    }
    assert_eq!(alice.unread("@bob").await, 0, "each user has their own position");
    server.restart().await;
    assert_eq!(bob.unread("@alice").await, 1);
    assert_eq!(texts(&bob.connect_again().await.connected.messages), ["5"]);
    for bad in [json!(-1), json!("1"), json!(null)] {
        let response = bob.post("/direct/alice/read", &json!({ "seq": bad })).await;
        assert_problem(response, 400, "bad-input").await;
    }
}
