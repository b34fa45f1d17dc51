//! The members of a room, their roles, and bans.

use reqwest::Method;
use serde_json::json;

use super::make_admin;
use crate::harness::{TestServer, User, assert_problem, at_once};

/// Returns the names and roles that a user is told.
async fn members(user: &User, room: i64) -> Vec<(String, String)> {
    let listed = user.get_json(&format!("/room/{room}/members")).await;
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    listed.as_array().unwrap().iter().map(|member| (text(&member["name"]), text(&member["role"]))).collect()
}

fn named(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|&(name, role)| (name.to_owned(), role.to_owned())).collect()
}

#[tokio::test]
async fn owners_add_change_ban_and_remove_members_and_repeating_changes_nothing() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    let lobby = alice.create_room("lobby").await;
    let banned = ("carol", "banned");
    for (name, role, expected) in [
        ("bob", "member", &[("alice", "owner"), ("bob", "member")][..]),
        ("bob", "reader", &[("alice", "owner"), ("bob", "reader")]),
        ("bob", "owner", &[("alice", "owner"), ("bob", "owner")]),
        ("carol", "banned", &[("alice", "owner"), ("bob", "owner"), banned]),
        ("bob", "banned", &[("alice", "owner"), ("bob", "banned"), banned]),
        ("bob", "member", &[("alice", "owner"), ("bob", "member"), banned]),
    ] {
        for _ in 0..2 {
            assert_eq!(alice.set_member(lobby, name, role).await.status(), 204, "{name} {role}");
            assert_eq!(members(&alice, lobby).await, named(expected));
        }
    }
    assert_eq!(members(&bob, lobby).await, named(&[("alice", "owner"), ("bob", "member")]), "bans are for owners");
    let seen = carol.get_json(&format!("/room/{lobby}")).await;
    assert_eq!((&seen["joined"], &seen["role"], &seen["members"]), (&json!(false), &json!("banned"), &json!(2)));
    assert_problem(carol.post(&format!("/room/{lobby}/join"), &json!({})).await, 403, "forbidden").await;
    for name in ["bob", "carol"] {
        for _ in 0..2 {
            assert_eq!(alice.remove_member(lobby, name).await.status(), 204);
        }
    }
    assert_eq!(members(&alice, lobby).await, named(&[("alice", "owner")]));
    carol.join(lobby).await;
    assert_eq!(members(&carol, lobby).await, named(&[("alice", "owner"), ("carol", "member")]));
    let page = alice.get(&format!("/room/{lobby}/members?limit=1")).await;
    assert_eq!(page.headers()["link"], format!("</room/{lobby}/members?after={}&limit=1>; rel=\"next\"", alice.id));
}

#[tokio::test]
async fn others_change_nothing_and_wrong_input_is_named() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    let lobby = alice.create_room("lobby").await;
    bob.join(lobby).await;
    for user in [&bob, &carol] {
        for name in ["alice", "bob", "carol"] {
            assert_problem(user.set_member(lobby, name, "owner").await, 403, "forbidden").await;
            assert_problem(user.remove_member(lobby, name).await, 403, "forbidden").await;
        }
    }
    assert_problem(alice.set_member(lobby, "nobody", "member").await, 404, "not-found").await;
    assert_problem(alice.remove_member(lobby, "nobody").await, 404, "not-found").await;
    assert_problem(alice.set_member(lobby, "!", "member").await, 400, "bad-input").await;
    let path = format!("/room/{lobby}/members/bob");
    for body in [json!({}), json!({ "role": "king" }), json!({ "role": null }), json!({ "roles": "member" })] {
        let response = alice.request(Method::PUT, &path).json(&body).send().await.unwrap();
        let problem = assert_problem(response, 400, "bad-input").await;
        assert!(problem["errors"][0]["field"].as_str().unwrap().starts_with("role"), "{problem}");
    }
    for limit in ["limit=0", "after=x"] {
        assert_problem(alice.get(&format!("/room/{lobby}/members?{limit}")).await, 400, "bad-input").await;
    }
}

#[tokio::test]
async fn the_last_owner_stays_even_if_two_are_demoted_at_once() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    for role in ["member", "reader", "banned"] {
        assert_problem(alice.set_member(lobby, "alice", role).await, 409, "last-owner").await;
    }
    assert_problem(alice.remove_member(lobby, "alice").await, 409, "last-owner").await;
    for _ in 0..5 {
        assert_eq!(alice.set_member(lobby, "bob", "owner").await.status(), 204);
        let demotions = [(alice.clone(), "bob"), (bob.clone(), "alice")]
            .map(|(user, name)| async move { user.set_member(lobby, name, "member").await.status().as_u16() });
        at_once(demotions).await;
        let listed = members(&alice, lobby).await;
        let owners: Vec<_> = listed.iter().filter(|(_, role)| role == "owner").collect();
        assert_eq!(owners.len(), 1, "{listed:?}");
        let owner = if owners[0].0 == "alice" { &alice } else { &bob };
        assert_eq!(owner.set_member(lobby, "alice", "owner").await.status(), 204);
    }
}

#[tokio::test]
async fn the_last_owner_leaves_a_private_room_only_alone_and_a_public_one_as_before() {
    let server = TestServer::start().await;
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    let leave = async |room: i64| alice.post(&format!("/room/{room}/leave"), &json!({})).await;
    let board = alice.create_room_with(&json!({ "name": "board", "private": true, "members": ["bob"] })).await;
    assert_problem(leave(board).await, 409, "last-owner").await;
    assert_eq!(alice.remove_member(board, "bob").await.status(), 204);
    assert_eq!(leave(board).await.status(), 204);
    let lobby = alice.create_room_with(&json!({ "name": "lobby", "members": ["bob"] })).await;
    assert_eq!(leave(lobby).await.status(), 204);
}

#[tokio::test]
async fn nobody_is_removed_from_general_and_admins_give_roles_there() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    assert_problem(alice.set_member(1, "bob", "reader").await, 403, "forbidden").await;
    make_admin(&server, &alice).await;
    assert_eq!(alice.set_member(1, "bob", "reader").await.status(), 204);
    assert_problem(bob.post("/send", &json!({ "text": "hi" })).await, 403, "read-only").await;
    assert_problem(alice.set_member(1, "bob", "banned").await, 409, "cannot-leave-general").await;
    assert_problem(alice.remove_member(1, "bob").await, 409, "cannot-leave-general").await;
    assert_eq!(alice.set_member(1, "bob", "member").await.status(), 204);
    bob.say("general", "hi").await;
}

#[tokio::test]
async fn the_members_of_a_private_room_are_told_who_comes_and_goes_in_whichever_way() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__INVITES", "members")]).await;
    let alice = server.account("alice", "alice's password").await;
    let (mut bob, carol) = (server.guest("bob").await, server.guest("carol").await);
    let made = alice.post("/rooms", &json!({ "name": "board", "private": true, "members": ["bob"] })).await;
    let room = made.json::<serde_json::Value>().await.unwrap()["id"].as_i64().unwrap();
    let invited = alice.post("/invites", &json!({ "rooms": ["board"], "uses": 5 })).await;
    let code = invited.json::<serde_json::Value>().await.unwrap()["code"].clone();
    bob.poll("&wait=0&changes=true").await;
    let mut is_told = async |of: &str| {
        let polled = bob.poll("&wait=50&changes=true").await;
        let states = polled.conversations.unwrap_or_default();
        assert!(states.iter().any(|state| state.room_id == Some(room)), "{of}: {states:?}");
    };
    carol.post("/connect", &json!({ "code": code })).await;
    is_told("a user follows an invitation").await;
    assert_eq!(carol.post(&format!("/room/{room}/leave"), &json!({})).await.status(), 204);
    is_told("a member leaves").await;
    User::connect(&server, &json!({ "username": "dave", "password": "dave's password", "code": code })).await;
    is_told("a new user comes by an invitation").await;
    assert_eq!(members(&bob, room).await, named(&[("alice", "owner"), ("bob", "member"), ("dave", "member")]));
}
