//! `changes=true`: what a poll, a subscription and a stream return, what wakes them, and that others see nothing of it.

use linger_api::Polled;

use super::{changed, delete, edit, react};
use crate::harness::{EventStream, LocalServer, TestServer, User, database, texts, until};

#[tokio::test]
async fn a_poll_returns_what_changed_as_it_is_now() {
    let server = TestServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    for text in ["one", "two", "three"] {
        alice.say("general", text).await;
    }
    assert_eq!(bob.poll("&wait=0&changes=true").await.messages.len(), 3);
    let nothing = bob.poll("&wait=0&changes=true").await;
    assert_eq!((nothing.messages.len(), changed(&nothing).len(), nothing.more), (0, 0, false));
    edit(&alice, "/room/1/messages/1", "ONE").await;
    edit(&alice, "/room/1/messages/2", "TWO").await;
    let first = edit(&alice, "/room/1/messages/1", "One").await;
    assert_eq!(delete(&alice, "/room/1/messages/3").await.status(), 204);
    alice.say("general", "four").await;
    let polled = bob.poll("&wait=0&changes=true").await;
    assert_eq!(texts(&polled.messages), ["four"]);
    assert_eq!(texts(changed(&polled)), ["TWO", "One", ""], "each once, in the order of the newest changes");
    assert_eq!(changed(&polled)[1], first);
    assert!(changed(&bob.poll("&wait=0&changes=true").await).is_empty());
}

#[tokio::test]
async fn a_poll_that_does_not_ask_sees_and_hears_nothing() {
    let server = LocalServer::start().await;
    let (alice, mut bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    alice.say("general", "one").await;
    bob.poll("&wait=0").await;
    bob.poll("&wait=0").await;
    let held = tokio::spawn({
        let bob = bob.clone();
        async move { bob.get(&format!("/poll?cursor={}&wait=50", bob.cursor)).await.text().await.unwrap() }
    });
    until("the poll is held", async || server.observer.held_requests() == 1).await;
    edit(&alice, "/room/1/messages/1", "ONE").await;
    assert_eq!(react(&carol, "/room/1/messages/1", "👍").await.status(), 204);
    alice.create_room("lobby").await;
    alice.say("general", "two").await;
    let answer = held.await.unwrap();
    assert!(answer.contains("\"two\"") && !answer.contains("ONE") && !answer.contains("changed"), "{answer}");
    // A cursor from before still answers 304, as the changes are none of its business.
    let polled: Polled = serde_json::from_str(&answer).unwrap();
    let tag = format!("\"{}\"", polled.cursor);
    edit(&alice, "/room/1/messages/1", "uno").await;
    let request = bob.request(reqwest::Method::GET, "/poll?wait=0").header("If-None-Match", &tag);
    let response = request.send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["etag"].to_str().unwrap()), (304, tag.as_str()));
}

#[tokio::test]
async fn a_change_wakes_a_held_poll_without_a_query() {
    let server = LocalServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "one").await;
    bob.poll("&wait=0&changes=true").await;
    bob.poll("&wait=0&changes=true").await;
    // Its position is saved by then, and so are those that it is told of.
    bob.poll("&wait=1&changes=true").await;
    let before = server.observer.query_count();
    for (text, emoji) in [("ONE", "👍"), ("One", "🎉"), ("uno", "🚀")] {
        let held = tokio::spawn({
            let mut bob = bob.clone();
            async move { (bob.poll("&wait=50&changes=true").await, bob.cursor) }
        });
        until("the poll is held", async || server.observer.held_requests() == 1).await;
        edit(&alice, "/room/1/messages/1", text).await;
        let (polled, cursor) = held.await.unwrap();
        bob.cursor = cursor;
        assert_eq!(texts(changed(&polled)), [text]);
        assert_eq!(react(&alice, "/room/1/messages/1", emoji).await.status(), 204);
        let polled = bob.poll("&wait=50&changes=true").await;
        assert_eq!(changed(&polled)[0].reactions.last().unwrap().emoji, emoji);
    }
    // An edit takes 7 queries at most, a reaction 9; the six polls take none.
    let queries = server.observer.query_count() - before;
    let most = if database::is_postgres() { 80 } else { 3 * (7 + 9) };
    assert!(queries <= most, "{queries} queries");
}

#[tokio::test]
async fn messages_from_before_joining_change_too_and_those_of_other_rooms_do_not() {
    let server = TestServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    let (lobby, other) = (alice.create_room("lobby").await, alice.create_room("other").await);
    alice.say("lobby", "before").await;
    alice.say("other", "elsewhere").await;
    bob.poll("&wait=0&changes=true").await;
    bob.join(lobby).await;
    edit(&alice, &format!("/room/{lobby}/messages/1"), "edited").await;
    edit(&alice, &format!("/room/{other}/messages/1"), "edited elsewhere").await;
    let polled = bob.poll("&wait=0&changes=true").await;
    assert_eq!(texts(changed(&polled)), ["edited"]);
    assert!(polled.messages.is_empty());
}

#[tokio::test]
async fn a_client_that_was_away_gets_everything_in_pages() {
    let mut server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", "1")]).await;
    let (mut alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    bob.join(lobby).await;
    for n in 1..=40 {
        alice.say(if n % 2 == 0 { "general" } else { "lobby" }, &format!("{n}")).await;
    }
    while bob.poll("&wait=0&changes=true").await.more {}
    for seq in 1..=20 {
        edit(&alice, &format!("/room/1/messages/{seq}"), &format!("edited {seq}")).await;
        edit(&alice, &format!("/room/{lobby}/messages/{seq}"), "once").await;
        edit(&alice, &format!("/room/{lobby}/messages/{seq}"), &format!("twice {seq}")).await;
    }
    // More than the tail holds.
    let long = "x".repeat(16_000);
    for _ in 0..80 {
        alice.say("general", &long).await;
    }
    let in_memory = catch_up(&mut bob.clone()).await;
    server.restart().await;
    (alice, bob) = (alice.on_new_connections(), bob.on_new_connections());
    let from_disk = catch_up(&mut bob).await;
    for (messages, changes) in [in_memory, from_disk] {
        assert_eq!(messages, 80);
        assert_eq!(changes.iter().filter(|text| text.starts_with("edited")).count(), 20);
        assert_eq!(changes.iter().filter(|text| text.starts_with("twice")).count(), 20);
        assert_eq!(changes.len(), 40);
    }
    drop(alice);
}

/// Polls in small pages until there is no more. Returns how many messages came, and the texts of the changed ones.
async fn catch_up(user: &mut User) -> (usize, Vec<String>) {
    let (mut messages, mut changes) = (0, Vec::new());
    loop {
        let polled = user.poll("&wait=0&limit=7&changes=true").await;
        assert!(polled.messages.len() + changed(&polled).len() <= 7, "messages and changes count together");
        messages += polled.messages.len();
        changes.extend(changed(&polled).iter().map(|message| message.text.clone()));
        if !polled.more {
            return (messages, changes);
        }
    }
}

#[tokio::test]
async fn a_room_that_was_joined_or_left_elsewhere_is_told() {
    let server = TestServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    alice.say("lobby", "one").await;
    bob.poll("&wait=0&changes=true").await;
    let elsewhere = bob.connect_again().await;
    elsewhere.join(lobby).await;
    let polled = bob.poll("&wait=50&changes=true").await;
    let state = serde_json::json!(polled.conversations);
    let joined = serde_json::json!([{
        "room_id": lobby, "room": "lobby", "topic": "", "private": false, "archived": false, "posting": "everyone",
        "joined": true, "role": "member", "newest": 1, "last_read": 1, "unread": 0,
    }]);
    assert_eq!(state, joined);
    elsewhere.post(&format!("/room/{lobby}/leave"), &serde_json::json!({})).await;
    let polled = bob.poll("&wait=50&changes=true").await;
    assert_eq!(serde_json::json!(polled.conversations), left(lobby));
    // A client of another user is told nothing.
    assert_eq!(alice.peek("&wait=0&changes=true").await.conversations.unwrap().len(), 2, "its own rooms only");
    let own = elsewhere.create_room("mine").await;
    let polled = bob.poll("&wait=50&changes=true").await;
    assert_eq!(polled.conversations.unwrap()[0].room_id, Some(own));
}

/// What is told of a public room that was left.
fn left(lobby: i64) -> serde_json::Value {
    serde_json::json!([{
        "room_id": lobby, "room": "lobby", "topic": "", "private": false, "archived": false, "posting": "everyone",
        "joined": false,
    }])
}

#[tokio::test]
async fn a_client_that_reads_on_while_outside_of_a_room_hears_that_it_was_outside() {
    for tail in ["0", "1"] {
        let server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", tail)]).await;
        let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
        let (lobby, other) = (alice.create_room("lobby").await, alice.create_room("other").await);
        bob.join(lobby).await;
        alice.say("lobby", "one").await;
        bob.poll("&wait=0&changes=true").await;
        bob.poll("&wait=0&changes=true").await;
        alice.say("general", "two").await;
        edit(&alice, &format!("/room/{lobby}/messages/1"), "ONE").await;
        alice.say("general", "three").await;
        assert_eq!(texts(&bob.poll("&wait=0&changes=true&limit=1").await.messages), ["two"], "{tail} MiB");
        let elsewhere = bob.connect_again().await;
        elsewhere.post(&format!("/room/{lobby}/leave"), &serde_json::json!({})).await;
        elsewhere.join(other).await;
        let polled = bob.poll("&wait=0&changes=true&limit=1").await;
        assert_eq!((texts(&polled.messages), polled.more), (vec!["three"], true), "without the edit");
        let told: Vec<_> = polled.conversations.into_iter().flatten().filter(|state| !state.joined).collect();
        assert_eq!(serde_json::json!(told), left(lobby), "{tail} MiB");
        elsewhere.join(lobby).await;
        let mut joined = Vec::new();
        loop {
            let polled = bob.poll("&wait=0&changes=true&limit=1").await;
            joined.extend(polled.conversations.unwrap().into_iter().map(|state| (state.room_id, state.joined)));
            if !polled.more {
                break;
            }
        }
        assert!(joined.iter().all(|&(_, is_in)| is_in), "{joined:?}, {tail} MiB");
        assert_eq!(joined.last(), Some(&(Some(lobby), true)), "{tail} MiB");
    }
}

#[tokio::test]
async fn a_client_that_knows_no_positions_hears_which_rooms_it_has_left() {
    for tail in ["0", "1"] {
        let server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", tail)]).await;
        let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
        let mut rooms = Vec::new();
        for number in 0..20 {
            rooms.push(alice.create_room(&format!("room-{number}")).await);
            bob.join(rooms[number]).await;
        }
        alice.say("general", "one").await;
        bob.poll("&wait=0").await;
        alice.say("general", "two").await;
        alice.say("general", "three").await;
        for room in &rooms[1..] {
            assert_eq!(bob.post(&format!("/room/{room}/leave"), &serde_json::json!({})).await.status(), 204);
        }
        let polled = bob.poll("&wait=0&changes=true&limit=1").await;
        assert_eq!((texts(&polled.messages), polled.more), (vec!["two"], true), "{tail} MiB");
        let states = polled.conversations.unwrap();
        let (left, joined): (Vec<_>, Vec<_>) = states.iter().partition(|state| !state.joined);
        let left: Vec<_> = left.iter().map(|state| (state.room_id.unwrap(), state.room.is_some())).collect();
        assert_eq!(left, rooms[1..].iter().map(|&room| (room, true)).collect::<Vec<_>>(), "{tail} MiB");
        assert_eq!(joined.len(), 1, "as many as fit beside a message: {joined:?}");
        let polled = bob.poll("&wait=0&changes=true&limit=1").await;
        assert_eq!((texts(&polled.messages), polled.more), (vec!["three"], true), "{tail} MiB");
        assert!(polled.conversations.unwrap().iter().all(|state| state.joined), "what was left is told once");
    }
}

#[tokio::test]
async fn a_subscription_is_told_of_leaving_behind_the_tail_too() {
    for tail in ["0", "1"] {
        let server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", tail)]).await;
        let alice = server.guest("alice").await;
        let (lobby, other) = (alice.create_room("lobby").await, alice.create_room("other").await);
        let path = format!("/room/{lobby}/subscribe?wait=0&changes=true");
        let polled: Polled = alice.get(&path).await.json().await.unwrap();
        for room in [lobby, other] {
            assert_eq!(alice.post(&format!("/room/{room}/leave"), &serde_json::json!({})).await.status(), 204);
        }
        let polled: Polled = alice.get(&format!("{path}&cursor={}", polled.cursor)).await.json().await.unwrap();
        assert_eq!(serde_json::json!(polled.conversations), left(lobby), "{tail} MiB");
    }
}

#[tokio::test]
async fn a_poll_without_a_cursor_begins_with_unread_messages_and_no_earlier_change() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    for n in 1..=5 {
        alice.say("general", &format!("{n}")).await;
        edit(&alice, &format!("/room/1/messages/{n}"), &format!("edited {n}")).await;
    }
    for when in ["in memory", "after a restart"] {
        let polled: Polled = serde_json::from_value(bob.get_json("/poll?wait=0&limit=2&changes=true").await).unwrap();
        assert_eq!((texts(&polled.messages), changed(&polled).len()), (vec!["edited 1", "edited 2"], 0), "{when}");
        server.restart().await;
    }
    let mut bob = bob.on_new_connections();
    bob.cursor.clear();
    let mut seen = Vec::new();
    loop {
        let polled = bob.poll("&wait=0&limit=2&changes=true").await;
        seen.extend(polled.messages.iter().map(|message| message.text.clone()));
        if !polled.more {
            break;
        }
    }
    assert_eq!(seen, ["edited 1", "edited 2", "edited 3", "edited 4", "edited 5"]);
}

#[tokio::test]
async fn subscriptions_and_streams_return_changes_too() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    alice.say("lobby", "one").await;
    alice.tell("bob", "psst").await;
    let mut room = EventStream::open(&bob, &format!("/room/{lobby}/subscribe?changes=true")).await;
    let mut directs = EventStream::open(&bob, "/direct/subscribe?changes=true").await;
    let mut all = EventStream::open(&bob, &format!("/poll?cursor={}&changes=true", bob.cursor)).await;
    edit(&alice, &format!("/room/{lobby}/messages/1"), "ONE").await;
    edit(&alice, "/direct/bob/messages/1", "hush").await;
    let next = async |stream: &mut EventStream, text: &str| {
        while !changed(&stream.next_page().await).iter().any(|message| message.text == text) {}
    };
    next(&mut room, "ONE").await;
    next(&mut directs, "hush").await;
    next(&mut all, "hush").await;
}
