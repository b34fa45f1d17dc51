//! Privacy: other users can neither read a direct conversation nor learn that it exists.

use reqwest::{Method, Response};
use serde_json::json;

use crate::harness::{TestServer, User, body_for};

/// Returns the status and body of an answer.
async fn whole(response: Response) -> (u16, String) {
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Returns the answers to every call that might reveal something about other users.
async fn view_of(user: &User) -> Vec<(String, (u16, String))> {
    let paths = [
        "/direct",
        "/direct/alice/messages",
        "/direct/bob/messages",
        "/direct/alice/messages?before=9&limit=1",
        "/direct/nobody/messages",
        "/status",
        "/status?latest=100",
        "/status?direct=alice&latest=100",
        "/status?direct=bob&latest=100",
        "/users",
        "/users?online=true",
        "/rooms",
        "/room/1",
        "/room/1/messages",
        "/room/2",
        "/room/2/messages",
        "/room/3/messages",
    ];
    let mut view = Vec::new();
    for path in paths {
        view.push((path.to_owned(), whole(user.get(path).await).await));
    }
    let posts = [
        ("/room/2/join", json!({})),
        ("/room/2/read", json!({ "seq": 1 })),
        ("/room/2/messages", json!({ "text": "hi" })),
        ("/direct/alice/read", json!({ "seq": 1 })),
        ("/direct/nobody/read", json!({ "seq": 1 })),
        ("/send", json!({ "text": "hi", "room": "alice" })),
    ];
    for (path, body) in posts {
        view.push((path.to_owned(), whole(user.post(path, &body).await).await));
    }
    view
}

#[tokio::test]
async fn another_user_sees_the_same_bytes_before_and_after_a_direct_conversation() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut carol = server.guest("carol").await;
    let before = view_of(&carol).await;
    for n in 0..3 {
        alice.tell("bob", &format!("between us {n}")).await;
        bob.tell("alice", &format!("of course {n}")).await;
    }
    assert_eq!(view_of(&carol).await, before);
    assert!(carol.poll("&wait=0").await.messages.is_empty());
    let again = carol.connect_again().await.connected;
    assert_eq!((&again.messages, &again.direct), (&vec![], &vec![]));
    assert_eq!(server.guest("dave").await.get_json("/direct").await, json!([]), "nor does a later user see any");
    assert_eq!(carol.create_room("next").await, 2, "direct conversations leave no gaps in room ids");
    assert_eq!(alice.get_json("/direct/bob/messages").await["messages"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn forbidden_and_missing_conversations_get_the_same_404_byte_for_byte() {
    let server = TestServer::start().await;
    let (alice, carol) = (server.guest("alice").await, server.guest("carol").await);
    server.guest("bob").await;
    alice.tell("bob", "between us").await;
    let calls = [
        (Method::GET, "/room/2"),
        (Method::GET, "/room/2/messages"),
        (Method::POST, "/room/2/messages"),
        (Method::POST, "/room/2/join"),
        (Method::POST, "/room/2/read"),
        (Method::GET, "/room/999"),
        (Method::GET, "/direct/nobody/messages"),
        (Method::POST, "/direct/nobody/messages"),
        (Method::POST, "/direct/nobody/read"),
        (Method::GET, "/status?room=nowhere"),
        (Method::GET, "/status?direct=nobody"),
        (Method::GET, "/no/such/path"),
    ];
    let mut answers = Vec::new();
    for (method, path) in calls {
        let request = carol.request(method.clone(), path).json(&body_for(path));
        let response = request.send().await.unwrap();
        let mut headers = response.headers().clone();
        for variable in ["x-request-id", "date"] {
            headers.remove(variable).unwrap();
        }
        answers.push((format!("{headers:?}"), whole(response).await));
        assert_eq!(answers[0].1.0, 404, "{method} {path}");
        assert_eq!(answers.last(), answers.first(), "{method} {path}");
    }
}
