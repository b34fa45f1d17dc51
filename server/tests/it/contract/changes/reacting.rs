//! Reactions: one emoji each, twelve kinds a message, ten names a kind.

use std::collections::BTreeSet;

use linger_api::Reaction;
use serde_json::{Value, json};

use super::{react, show, unreact};
use crate::harness::{TestServer, assert_problem, at_once};

#[tokio::test]
async fn a_reaction_is_given_and_taken_back_as_often_as_one_likes() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "hi").await;
    alice.tell("bob", "psst").await;
    for message in ["/room/1/messages/1", "/direct/alice/messages/1"] {
        for _ in 0..2 {
            assert_eq!(react(&bob, message, "%F0%9F%91%8D").await.status(), 204);
        }
        assert_eq!(react(&bob, message, "❤").await.status(), 204);
        let mine = if message.starts_with("/direct") { "/direct/bob/messages/1" } else { message };
        assert_eq!(react(&alice, mine, "👍").await.status(), 204);
        let reactions = json!([
            { "emoji": "👍", "count": 2, "users": ["bob", "alice"] },
            { "emoji": "❤\u{fe0f}", "count": 1, "users": ["bob"] },
        ]);
        assert_eq!(json!(show(&bob, message).await.reactions), reactions);
        assert_eq!(bob.get_json(&format!("{message}/reactions")).await, reactions);
        for _ in 0..2 {
            assert_eq!(unreact(&bob, message, "👍").await.status(), 204);
        }
        assert_eq!(unreact(&bob, message, "❤\u{fe0f}").await.status(), 204);
        assert_eq!(unreact(&alice, mine, "👍").await.status(), 204);
        let bare = bob.get_json(message).await;
        assert_eq!(bare.get("reactions"), None);
        assert!(bare["revision"].is_i64() && bare.get("edited_at").is_none());
        assert_eq!(bob.get_json(&format!("{message}/reactions")).await, json!([]));
    }
}

#[tokio::test]
async fn the_list_of_reactions_has_the_messages_order() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "hi").await;
    let message = "/room/1/messages/1";
    for (user, emoji) in [(&alice, "👍"), (&bob, "🎉"), (&bob, "👍")] {
        assert_eq!(react(user, message, emoji).await.status(), 204);
    }
    // The first kind is now younger by its oldest reaction.
    assert_eq!(unreact(&alice, message, "👍").await.status(), 204);
    let reactions = show(&bob, message).await.reactions;
    assert_eq!(reactions.iter().map(|reaction| reaction.emoji.as_str()).collect::<Vec<_>>(), ["👍", "🎉"]);
    assert_eq!(bob.get_json(&format!("{message}/reactions")).await, json!(reactions));
}

#[tokio::test]
async fn what_is_no_emoji_is_refused() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    alice.say("general", "hi").await;
    for bad in ["a", "+1", ":+1:", "👍👍", "%00", "%ff", "%20", "👍%20", "<b>"] {
        let problem = assert_problem(react(&alice, "/room/1/messages/1", bad).await, 400, "bad-input").await;
        assert_eq!(
            (&problem["errors"][0]["field"], &problem["detail"]),
            (&json!("emoji"), &json!("A reaction is one emoji."))
        );
        assert_problem(unreact(&alice, "/room/1/messages/1", bad).await, 400, "bad-input").await;
    }
    for nothing in ["/room/1/messages/2", "/room/9/messages/1", "/direct/nobody/messages/1"] {
        assert_problem(react(&alice, nothing, "👍").await, 404, "not-found").await;
        assert_problem(alice.get(&format!("{nothing}/reactions")).await, 404, "not-found").await;
    }
}

#[tokio::test]
async fn a_thirteenth_kind_is_refused_and_an_eleventh_name_only_counted() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    alice.say("general", "hi").await;
    let message = "/room/1/messages/1";
    let kinds = ["👍", "👎", "😄", "🎉", "😕", "❤️", "🚀", "👀", "🐎", "🐈", "🐕", "🐟"];
    for kind in kinds {
        assert_eq!(react(&alice, message, kind).await.status(), 204, "{kind}");
    }
    assert_problem(react(&alice, message, "🍕").await, 409, "too-many-reactions").await;
    let mut users = Vec::new();
    for n in 0..12 {
        users.push(server.guest(&format!("user-{n:02}")).await);
    }
    for user in &users {
        assert_eq!(react(user, message, "🚀").await.status(), 204);
    }
    let of_rockets = |reactions: &[Reaction]| reactions.iter().find(|reaction| reaction.emoji == "🚀").unwrap().clone();
    let rockets = of_rockets(&show(&alice, message).await.reactions);
    assert_eq!((rockets.count, rockets.users.len(), rockets.users[0].as_str()), (13, 10, "alice"));
    let all: Vec<Reaction> = serde_json::from_value(alice.get_json(&format!("{message}/reactions")).await).unwrap();
    assert_eq!(of_rockets(&all).users.len(), 13);
    // The next ones are named when one of the first goes.
    assert_eq!(unreact(&alice, message, "🚀").await.status(), 204);
    let rockets = of_rockets(&show(&alice, message).await.reactions);
    let expected: Vec<_> = users[..10].iter().map(|user| user.name.clone()).collect();
    assert_eq!((rockets.count, rockets.users), (12, expected));
}

#[tokio::test]
async fn concurrent_reactions_are_all_kept() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    alice.say("general", "hi").await;
    let mut users = Vec::new();
    for n in 0..16 {
        users.push(server.guest(&format!("user-{n:02}")).await);
    }
    at_once(users.iter().cloned().map(|user| async move {
        assert_eq!(react(&user, "/room/1/messages/1", "👍").await.status(), 204);
    }))
    .await;
    let all: Value = alice.get_json("/room/1/messages/1/reactions").await;
    assert_eq!(all[0]["count"], 16);
    let names: BTreeSet<String> = serde_json::from_value(all[0]["users"].clone()).unwrap();
    assert_eq!(names, users.into_iter().map(|user| user.name).collect());
}
