//! Creating and listing rooms, and posting to them.

use linger_api::Room;
use reqwest::{Method, Response, Url};
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, User, assert_problem, at_once, body_for};

async fn create(user: &User, body: Value) -> Response {
    user.post("/rooms", &body).await
}

async fn room(user: &User, id: i64) -> Room {
    serde_json::from_value(user.get_json(&format!("/room/{id}")).await).unwrap()
}

async fn names(user: &User, path: &str) -> Vec<String> {
    let rooms: Vec<Room> = serde_json::from_value(user.get_json(path).await).unwrap();
    rooms.into_iter().map(|room| room.name).collect()
}

#[tokio::test]
async fn creating_a_room_is_201_with_its_absolute_uri_and_joins_the_creator() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__ALLOWED_HOSTS", "chat.example")]).await;
    let alice = server.guest("alice").await;
    let response = create(&alice, json!({ "name": "Lobby-1" })).await;
    assert_eq!(response.status(), 201);
    let location = Url::parse(response.headers()["location"].to_str().unwrap()).expect("absolute");
    let mut created: Value = response.json().await.unwrap();
    assert_eq!(location.as_str(), server.url(&format!("/room/{}", created["id"])));
    let fetched = Client::new().get(location).bearer_auth(&alice.token).send().await.unwrap();
    assert_eq!(fetched.json::<Value>().await.unwrap(), created);
    assert_eq!(created["created_at"].take().as_str().map(str::len), Some("2026-11-21T10:00:00.123Z".len()));
    assert_eq!(
        created,
        json!({
            "id": 2, "name": "lobby-1", "created_by": "alice", "created_at": null, "joined": true, "unread": 0,
            "members": 1, "topic": "", "private": false, "archived": false, "role": "owner", "posting": "everyone",
        })
    );
    let through_a_proxy = alice.request(Method::POST, "/rooms").header("Host", "chat.example");
    let response = through_a_proxy.header("X-Forwarded-Proto", "https").json(&json!({ "name": "b" })).send().await;
    assert_eq!(response.unwrap().headers()["location"], "https://chat.example/room/3");
}

#[tokio::test]
async fn a_bad_room_name_is_400_and_a_taken_one_409() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    alice.create_room("lobby").await;
    let long = "r".repeat(33);
    for bad in [json!(""), json!("-"), json!("a room"), json!("räum"), json!(long), json!(null), json!(1)] {
        assert_problem(create(&alice, json!({ "name": bad })).await, 400, "bad-input").await;
    }
    assert_problem(create(&alice, json!({})).await, 400, "bad-input").await;
    let bob = server.guest("bob").await;
    for taken in ["general", "GENERAL", "lobby", "Lobby"] {
        assert_problem(create(&bob, json!({ "name": taken })).await, 409, "name-taken").await;
    }
    let concurrent = at_once((0..8).map(|_| {
        let bob = bob.clone();
        async move { create(&bob, json!({ "name": "wanted" })).await.status().as_u16() }
    }));
    let mut statuses = concurrent.await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(names(&bob, "/rooms").await, ["general", "lobby", "wanted"]);
    assert_eq!(create(&bob, json!({ "name": "alice" })).await.status(), 201, "users and rooms share no names");
}

#[tokio::test]
async fn rooms_are_listed_by_id_in_pages() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let mut general = alice.get_json("/rooms").await;
    assert!(general[0]["created_at"].take().is_string());
    let expected = json!({
        "id": 1, "name": "general", "created_by": null, "created_at": null, "joined": true, "unread": 0, "members": 1,
        "topic": "", "private": false, "archived": false, "role": "member", "posting": "everyone",
    });
    assert_eq!(general, json!([expected]));

    for name in ["e", "d", "c", "b"] {
        alice.create_room(name).await;
    }
    assert_eq!(names(&alice, "/rooms").await, ["general", "e", "d", "c", "b"]);
    assert_eq!(names(&alice, "/rooms?limit=2").await, ["general", "e"]);
    assert_eq!(names(&alice, "/rooms?after=2&limit=2").await, ["d", "c"]);
    assert_eq!(names(&alice, "/rooms?after=4&limit=9999").await, ["b"]);
    assert!(names(&alice, "/rooms?after=5").await.is_empty());
    let bob = server.guest("bob").await;
    let rooms: Vec<Room> = serde_json::from_value(bob.get_json("/rooms").await).unwrap();
    assert_eq!(Vec::from_iter(rooms.iter().map(|room| room.joined)), [true, false, false, false, false]);
    for listed in rooms {
        assert_eq!(room(&bob, listed.id).await, listed, "a single room is the same as in the list");
    }
    for bad in ["limit=0", "limit=-1", "limit=x", "after=x", "after=1.5", "after=1&after=2"] {
        assert_problem(alice.get(&format!("/rooms?{bad}")).await, 400, "bad-input").await;
    }
}

#[tokio::test]
async fn every_room_call_is_404_for_an_unknown_room_and_400_for_a_bad_id() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let calls = [
        (Method::GET, ""),
        (Method::GET, "/messages"),
        (Method::POST, "/messages"),
        (Method::POST, "/join"),
        (Method::POST, "/leave"),
        (Method::POST, "/read"),
    ];
    for (method, call) in calls {
        for (id, status, kind) in [("2", 404, "not-found"), ("0", 404, "not-found"), ("x", 400, "bad-input")] {
            let request = alice.request(method.clone(), &format!("/room/{id}{call}"));
            let response = request.json(&body_for(call)).send().await.unwrap();
            assert_eq!(response.status(), status, "{method} /room/{id}{call}");
            assert_problem(response, status, kind).await;
        }
    }
}

#[tokio::test]
async fn any_user_can_post_to_a_room_without_joining_it() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    let path = format!("/room/{lobby}/messages");
    let response = bob.post(&path, &json!({ "text": "hi" })).await;
    assert_eq!(response.status(), 201);
    let message: Value = response.json().await.unwrap();
    let expected = json!({
        "id": 2, "seq": 1, "room_id": lobby, "room": "lobby", "from": "bob", "text": "hi",
        "sent_at": message["sent_at"],
    });
    assert_eq!(message, expected);
    for user in [&alice, &bob] {
        assert_eq!(user.get_json(&path).await, json!({ "messages": [message], "more": false }));
    }
    let bobs = room(&bob, lobby).await;
    assert_eq!((bobs.joined, bobs.unread, bobs.members), (false, 0, 1));
    assert_eq!(room(&alice, lobby).await.unread, 1);
}
