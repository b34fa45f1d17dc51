//! Who may post, edit, react and delete in a room: `posting`, roles and the archive.

use reqwest::Method;
use serde_json::json;

use super::make_admin;
use crate::harness::{TestServer, User, assert_problem};

/// Every way to post, and to edit and react to message `seq`, as (method, path, body).
fn ways(lobby: i64, seq: i64) -> [(Method, String, serde_json::Value); 6] {
    [
        (Method::POST, "/send".into(), json!({ "text": "hi", "room": "lobby" })),
        (Method::POST, "/send".into(), json!({ "text": "hi", "room_id": lobby })),
        (Method::POST, format!("/room/{lobby}/messages"), json!({ "text": "hi" })),
        (Method::POST, format!("/room/{lobby}/messages"), json!({ "text": "hi", "reply_to": 1 })),
        (Method::PATCH, format!("/room/{lobby}/messages/{seq}"), json!({ "text": "edited" })),
        (Method::PUT, format!("/room/{lobby}/messages/{seq}/reactions/%F0%9F%91%8D"), json!({})),
    ]
}

#[tokio::test]
async fn posting_and_roles_decide_who_posts_in_every_way() {
    let server = TestServer::start().await;
    let owner = server.guest("owner").await;
    let lobby = owner.create_room("lobby").await;
    let [outside, member, reader, banned, admin] = ["outside", "member", "reader", "banned", "admin"];
    let mut users = vec![owner.clone()];
    for name in [outside, member, reader, banned, admin] {
        users.push(server.guest(name).await);
    }
    make_admin(&server, &users[5]).await;
    // Everyone's own message, from when everyone could post.
    let mut own = Vec::new();
    for user in &users {
        own.push(user.say("lobby", "mine").await.seq);
        if [member, reader, banned].contains(&user.name.as_str()) {
            assert_eq!(owner.set_member(lobby, &user.name, &user.name).await.status(), 204);
        }
    }
    for (posting, posters) in [
        ("everyone", &["owner", outside, member, admin][..]),
        ("members", &["owner", member, admin]),
        ("owners", &["owner", admin]),
        ("archived", &[]),
        ("everyone", &["owner", outside, member, admin]),
    ] {
        let change = match posting {
            "archived" => json!({ "archived": true }),
            posting => json!({ "posting": posting, "archived": false }),
        };
        assert_eq!(owner.change_room(lobby, &change).await.status(), 200);
        for (user, &seq) in users.iter().zip(&own) {
            for (method, path, body) in ways(lobby, seq) {
                let what = format!("{posting}: {} {method} {path}", user.name);
                let response = user.request(method, &path).json(&body).send().await.unwrap();
                if posters.contains(&user.name.as_str()) {
                    assert!(response.status().is_success(), "{what}: {}", response.status());
                } else {
                    assert_eq!(response.status(), 403, "{what}");
                    assert_problem(response, 403, "read-only").await;
                }
            }
            assert_eq!(user.get(&format!("/room/{lobby}/messages")).await.status(), 200, "{}", user.name);
        }
    }
}

#[tokio::test]
async fn what_was_said_may_be_taken_back_where_it_cannot_be_said() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    let seq = bob.say("lobby", "hi").await.seq;
    let message = format!("/room/{lobby}/messages/{seq}");
    let reaction = format!("{message}/reactions/%F0%9F%91%8D");
    assert_eq!(bob.request(Method::PUT, &reaction).send().await.unwrap().status(), 204);
    assert_eq!(alice.change_room(lobby, &json!({ "archived": true })).await.status(), 200);
    for path in [reaction, message] {
        assert_eq!(bob.request(Method::DELETE, &path).send().await.unwrap().status(), 204, "{path}");
    }
}

#[tokio::test]
async fn owners_and_admins_delete_messages_of_others_and_no_one_else_does() {
    let server = TestServer::start().await;
    let (alice, bob, carol, dave) = (
        server.guest("alice").await,
        server.guest("bob").await,
        server.guest("carol").await,
        server.guest("dave").await,
    );
    make_admin(&server, &dave).await;
    let lobby = alice.create_room("lobby").await;
    let delete = async |user: &User, seq: i64| {
        user.request(Method::DELETE, &format!("/room/{lobby}/messages/{seq}")).send().await.unwrap()
    };
    let mut said = Vec::new();
    for n in 0..4 {
        said.push(bob.say("lobby", &n.to_string()).await.seq);
    }
    assert_problem(delete(&carol, said[0]).await, 403, "forbidden").await;
    assert_eq!(alice.set_member(lobby, "carol", "owner").await.status(), 204);
    for (user, seq) in [(&carol, said[0]), (&alice, said[1]), (&dave, said[2])] {
        assert_eq!(delete(user, seq).await.status(), 204, "{}", user.name);
    }
    assert_eq!(alice.set_member(lobby, "carol", "member").await.status(), 204);
    assert_problem(delete(&carol, said[3]).await, 403, "forbidden").await;
}

#[tokio::test]
async fn a_repeated_send_is_answered_although_the_room_is_read_only_since() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    let send = async |key: &str| {
        let request = bob.request(Method::POST, "/send").header("Idempotency-Key", key);
        request.json(&json!({ "text": "once", "room": "lobby" })).send().await.unwrap()
    };
    assert_eq!(send("first").await.status(), 201);
    assert_eq!(alice.change_room(lobby, &json!({ "posting": "owners" })).await.status(), 200);
    assert_eq!(send("first").await.status(), 201);
    assert_problem(send("second").await, 403, "read-only").await;
    assert_eq!(bob.history(&format!("/room/{lobby}/messages")).await.len(), 1);
}
