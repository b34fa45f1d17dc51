//! A copied chat: its users continue where they were, with the same tokens and cursors.

use linger_api::Message;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{Database, ON_SQLITE, copied};
use crate::harness::{TestServer, User, assert_problem, texts};

/// Stops the server, copies its database, and starts it on the copy with the same port and keys.
async fn move_to(server: &mut TestServer, target: &Database) {
    assert!(server.stop().await.success());
    copied(server.folder(), target).await;
    server.set("DATABASE_URL", &target.url);
    server.start_again().await;
}

/// Returns everything that a user can see, except for presence.
async fn view(user: &User) -> Value {
    let mut view = json!({
        "conversations": user.get_json("/status").await["conversations"],
        "rooms": user.get_json("/rooms").await,
        "direct": user.get_json("/direct").await,
        "page": user.get_json(&format!("/poll?cursor={}&wait=0&limit=3&mark_read=false", user.cursor)).await,
        "unread": user.get_json("/poll?wait=0&mark_read=false").await,
        "users": user.get_json("/users").await,
    });
    for other in view["users"].as_array_mut().unwrap() {
        other.as_object_mut().unwrap().remove("online");
    }
    let rooms: Vec<_> = view["rooms"].as_array().unwrap().iter().map(|room| format!("/room/{}", room["id"])).collect();
    let direct = view["direct"].as_array().unwrap().iter();
    let direct: Vec<_> = direct.map(|direct| format!("/direct/{}", direct["with"].as_str().unwrap())).collect();
    for conversation in rooms.into_iter().chain(direct) {
        view[&conversation] = user.get_json(&format!("{conversation}/messages?limit=500")).await;
    }
    view
}

async fn send_once(user: &User, text: &str) -> Response {
    let request = user.request(Method::POST, "/send").header("Idempotency-Key", "once");
    request.json(&json!({ "text": text })).send().await.unwrap()
}

/// Creates two accounts and a guest who have talked, at various read positions.
async fn talk(server: &TestServer) -> [User; 3] {
    let alice = server.account("alice", "correct horse").await;
    let (mut bob, mut carol) = (server.account("bob", "battery staple").await, server.guest("carol").await);
    let (lobby, left) = (alice.create_room("lobby").await, alice.create_room("left").await);
    for user in [&bob, &carol] {
        user.join(lobby).await;
        user.join(left).await;
    }
    for n in 1..=5 {
        alice.say("general", &format!("general {n}")).await;
        bob.say("lobby", &format!("löbby {n} 🐌")).await;
        alice.tell("bob", &format!("to bob {n}")).await;
        carol.tell("alice", &format!("to alice {n}")).await;
    }
    assert_eq!(carol.post(&format!("/room/{left}/leave"), &json!({})).await.status(), 204);
    // Bob's second poll acknowledges his first page. Carol sets her position back.
    bob.poll("&wait=0&limit=4").await;
    bob.poll("&wait=0&limit=3").await;
    carol.poll("&wait=0").await;
    carol.peek("&wait=0").await;
    assert_eq!(carol.post(&format!("/room/{lobby}/read"), &json!({ "seq": 2 })).await.status(), 204);
    [alice, bob, carol]
}

#[tokio::test]
async fn users_see_the_same_as_before_and_continue_with_their_tokens_and_cursors() {
    let Some(target) = Database::create().await else { return };
    let mut server = TestServer::start_with(&ON_SQLITE).await;
    let [alice, mut bob, carol] = talk(&server).await;
    let signed_out = alice.connect_again().await;
    assert_eq!(signed_out.post("/disconnect", &json!({})).await.status(), 204);
    let once: Message = send_once(&alice, "once").await.json().await.unwrap();
    let mut before = Vec::new();
    for user in [&alice, &bob, &carol] {
        before.push(view(user).await);
    }

    move_to(&mut server, &target).await;
    for (user, before) in [&alice, &bob, &carol].into_iter().zip(before) {
        assert_eq!(view(&user.on_new_connections()).await, before, "{}", user.name);
    }
    assert_problem(signed_out.on_new_connections().get("/status").await, 401, "unauthorized").await;
    let again: Message = send_once(&alice, "once").await.json().await.unwrap();
    assert_eq!(again, once, "the key keeps its message");
    assert_eq!(send_once(&alice, "twice").await.status(), StatusCode::UNPROCESSABLE_ENTITY);

    // Bob's client continues from its cursor, through messages from before and after the copy.
    let mut received = bob.poll("&wait=0&limit=500").await.messages;
    assert_eq!(received.last(), Some(&once));
    let next = carol.say("general", "after the move").await;
    assert_eq!((next.id, next.seq), (once.id + 1, once.seq + 1));
    received.extend(bob.poll("&wait=5").await.messages);
    assert_eq!(received.last(), Some(&next));
    assert!(received.windows(2).all(|pair| pair[0].id < pair[1].id), "each message once, in order");
    assert!(bob.poll("&wait=0").await.messages.is_empty());
}

#[tokio::test]
async fn new_sign_ins_users_and_rooms_do_not_collide_with_copied_ones() {
    let Some(target) = Database::create().await else { return };
    let mut server = TestServer::start_with(&ON_SQLITE).await;
    let [alice, bob, carol] = talk(&server).await;
    move_to(&mut server, &target).await;

    let again = server.account("alice", "correct horse").await;
    assert!(again.connected.returning && again.id == alice.id);
    let (wrong, guest) = (json!({ "username": "alice", "password": "battery staple" }), json!({ "username": "carol" }));
    assert_problem(server.connect(&wrong).await, 401, "wrong-credentials").await;
    assert_problem(server.connect(&guest).await, 409, "name-taken").await;

    let dave = server.guest("dave").await;
    assert!(dave.id > carol.id);
    let room = bob.on_new_connections().create_room("new").await;
    assert_eq!(room, 4, "after general, lobby and left");
    dave.join(room).await;
    assert_eq!(dave.say("new", "first").await.seq, 1);
    assert_eq!(dave.tell("carol", "first").await.seq, 1);
    let carol = carol.on_new_connections();
    assert_eq!((carol.unread("@dave").await, carol.unread("lobby").await), (1, 3));
    assert_eq!(texts(&carol.history("/direct/dave/messages").await), ["first"]);
    assert_eq!(bob.history("/direct/alice/messages").await.len(), 5, "other conversations are unchanged");
}
