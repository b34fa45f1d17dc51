//! What another session has read: told by `changes=true`, and to none but the user's other sessions.

use linger_api::{ConversationState, Polled};
use serde_json::json;

use crate::harness::{LocalServer, TestServer, User, until};

/// Returns the states that an answer tells, as (room or name, last read, unread).
fn told(polled: &Polled) -> Vec<(String, i64, i64)> {
    let name = |state: &ConversationState| state.room.clone().or_else(|| state.with.clone()).unwrap();
    let states = polled.conversations.iter().flatten();
    states.map(|state| (name(state), state.last_read.unwrap(), state.unread.unwrap())).collect()
}

async fn set_last_read(user: &User, path: &str, seq: i64) {
    assert_eq!(user.post(&format!("{path}/read"), &json!({ "seq": seq })).await.status(), 204);
}

#[tokio::test]
async fn a_position_that_another_session_moved_is_told() {
    let server = TestServer::start().await;
    let (alice, mut here) = (server.guest("alice").await, server.guest("bob").await);
    for text in ["one", "two", "three"] {
        alice.say("general", text).await;
        alice.tell("bob", text).await;
    }
    let mut there = here.connect_again().await;
    assert_eq!(here.poll("&wait=0&changes=true&mark_read=false").await.messages.len(), 6);
    there.cursor = there.connected.cursor.clone();
    there.poll("&wait=0&changes=true&mark_read=false").await;
    set_last_read(&there, "/room/1", 2).await;
    let polled = here.poll("&wait=50&changes=true&mark_read=false").await;
    assert_eq!(told(&polled), [("general".to_owned(), 2, 1)]);
    assert!(polled.messages.is_empty());
    set_last_read(&there, "/direct/alice", 3).await;
    let polled = here.poll("&wait=50&changes=true&mark_read=false").await;
    assert_eq!(told(&polled), [("alice".to_owned(), 3, 0)]);
    // Back, too.
    set_last_read(&there, "/room/1", 0).await;
    let polled = here.poll("&wait=50&changes=true&mark_read=false").await;
    assert_eq!(told(&polled), [("general".to_owned(), 0, 3)]);
    // By acknowledging a cursor.
    there.cursor.clear();
    let polled = there.poll("&wait=0&changes=true").await;
    assert_eq!(polled.messages.len(), 3, "what was set back");
    there.poll("&wait=0&changes=true").await;
    let polled = here.poll("&wait=50&changes=true&mark_read=false").await;
    assert!(told(&polled).contains(&("general".to_owned(), 3, 0)), "{polled:?}");
}

#[tokio::test]
async fn a_session_is_not_told_of_its_own_reading() {
    let server = LocalServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.poll("&wait=0&changes=true").await;
    for n in 0..4 {
        alice.say("general", &format!("{n}")).await;
        let polled = bob.poll("&wait=50&changes=true").await;
        assert_eq!((polled.messages.len(), told(&polled)), (1, vec![]));
    }
    // The last message is acknowledged by this poll, and then by the same cursor again and again.
    for _ in 0..3 {
        let polled = bob.poll("&wait=0&changes=true").await;
        assert_eq!((polled.messages.len(), told(&polled)), (0, vec![]));
    }
    let held = server.hold(&bob, &format!("/poll?cursor={}&wait=50&changes=true", bob.cursor)).await;
    set_last_read(&bob, "/room/1", 1).await;
    // Its position is written by now, and whoever waits for positions was woken.
    until("the position is written", async || bob.unread("general").await == 3).await;
    alice.tell("bob", "psst").await;
    let polled: Polled = held.await.unwrap().json().await.unwrap();
    assert!(polled.messages.iter().any(|message| message.text == "psst"), "{polled:?}");
    assert!(told(&polled).iter().all(|(name, ..)| name != "general"), "{polled:?}");
}

#[tokio::test]
async fn a_client_that_was_away_is_told_the_positions_even_after_a_restart() {
    let mut server = TestServer::start().await;
    let (alice, mut here) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "one").await;
    alice.tell("bob", "psst").await;
    here.poll("&wait=0&changes=true&mark_read=false").await;
    let there = here.connect_again().await;
    set_last_read(&there, "/room/1", 1).await;
    server.restart().await;
    let mut here = here.on_new_connections();
    let polled = here.poll("&wait=50&changes=true&mark_read=false").await;
    assert!(told(&polled).contains(&("general".to_owned(), 1, 0)), "{polled:?}");
    let polled = here.poll("&wait=0&changes=true&mark_read=false").await;
    assert_eq!(told(&polled), [], "once");
}

#[tokio::test]
async fn a_position_that_returns_to_where_it_was_told_is_told() {
    let server = TestServer::start().await;
    let (alice, mut here) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "one").await;
    let there = here.connect_again().await;
    assert_eq!(here.poll("&wait=0&changes=true&mark_read=false").await.messages.len(), 1);
    set_last_read(&here, "/room/1", 1).await;
    // Marked as unread.
    set_last_read(&there, "/room/1", 0).await;
    let polled = here.poll("&wait=50&changes=true&mark_read=false").await;
    assert_eq!(told(&polled), [("general".to_owned(), 0, 1)]);
}

#[tokio::test]
async fn a_cursor_from_before_a_position_was_set_back_does_not_move_it_forward() {
    let server = TestServer::start().await;
    let (alice, mut here) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "one").await;
    let there = here.connect_again().await;
    assert_eq!(here.poll("&wait=0&changes=true").await.messages.len(), 1);
    here.poll("&wait=0&changes=true").await;
    assert_eq!(here.unread("general").await, 0);
    // Marked as unread, while the next poll is on its way.
    set_last_read(&there, "/room/1", 0).await;
    let polled = here.poll("&wait=50&changes=true").await;
    assert_eq!(told(&polled), [("general".to_owned(), 0, 1)]);
    assert_eq!(here.unread("general").await, 1);
    // The next cursor says that the client knows.
    here.poll("&wait=0&changes=true").await;
    assert_eq!(here.unread("general").await, 0);
}

#[tokio::test]
async fn a_position_that_is_set_to_where_it_is_wakes_nobody() {
    let server = LocalServer::start().await;
    let (alice, mut here) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "one").await;
    let there = here.connect_again().await;
    here.poll("&wait=0&changes=true&mark_read=false").await;
    set_last_read(&there, "/room/1", 1).await;
    assert_eq!(told(&here.poll("&wait=50&changes=true&mark_read=false").await).len(), 1);
    let path = format!("/poll?cursor={}&wait=50&changes=true&mark_read=false", here.cursor);
    let held = server.hold(&here, &path).await;
    set_last_read(&there, "/room/1", 1).await;
    alice.tell("bob", "psst").await;
    let polled: Polled = held.await.unwrap().json().await.unwrap();
    assert_eq!(polled.messages.len(), 1, "{polled:?}");
    assert!(told(&polled).iter().all(|(name, ..)| name != "general"), "{polled:?}");
}

#[tokio::test]
async fn a_subscription_to_direct_conversations_is_told_their_positions_in_pages() {
    let server = TestServer::start().await;
    let mut here = server.guest("bob").await;
    let names = ["carol", "dave", "erin"];
    for name in names {
        server.guest(name).await.tell("bob", "psst").await;
    }
    let there = here.connect_again().await;
    here.poll("&wait=0&changes=true&mark_read=false").await;
    for name in names {
        set_last_read(&there, &format!("/direct/{name}"), 1).await;
    }
    let next = async |here: &mut User| {
        let path = format!("/direct/subscribe?cursor={}&wait=0&limit=1&changes=true", here.cursor);
        let polled: Polled = here.get(&path).await.json().await.unwrap();
        here.cursor.clone_from(&polled.cursor);
        (told(&polled), polled.more)
    };
    for (n, name) in names.into_iter().enumerate() {
        assert_eq!(next(&mut here).await, (vec![(name.to_owned(), 1, 0)], n < 2));
    }
    assert_eq!(next(&mut here).await, (vec![], false));
    // A poll does not know what the subscription was told.
    let polled = here.poll("&wait=0&changes=true&mark_read=false").await;
    assert!(names.iter().all(|name| told(&polled).contains(&((*name).to_owned(), 1, 0))), "{polled:?}");
}

#[tokio::test]
async fn positions_are_told_in_pages() {
    let server = TestServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    for n in 0..9 {
        bob.create_room(&format!("room-{n}")).await;
    }
    alice.tell("bob", "psst").await;
    // As a client of an earlier version polls.
    bob.poll("&wait=0").await;
    let mut names = Vec::new();
    loop {
        let polled = bob.poll("&wait=50&limit=4&changes=true").await;
        assert!(told(&polled).len() <= 4, "{polled:?}");
        names.extend(told(&polled).into_iter().map(|(name, ..)| name));
        if !polled.more {
            break;
        }
        // What moves meanwhile is told with the rest.
        set_last_read(&bob.connect_again().await, "/direct/alice", 0).await;
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 11, "{names:?}");
    assert_eq!(told(&bob.poll("&wait=0&limit=4&changes=true").await), []);
}

#[tokio::test]
async fn a_cursor_without_positions_is_told_them_all_once() {
    let server = TestServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.tell("bob", "psst").await;
    // As a client of an earlier version polls.
    bob.poll("&wait=0").await;
    let polled = bob.poll("&wait=50&changes=true").await;
    assert_eq!(told(&polled), [("general".to_owned(), 0, 0), ("alice".to_owned(), 1, 0)]);
    assert_eq!(told(&bob.poll("&wait=0&changes=true").await), []);
}

#[tokio::test]
async fn acknowledging_many_messages_is_one_move() {
    let server = TestServer::start().await;
    let (alice, mut here) = (server.guest("alice").await, server.guest("bob").await);
    here.create_room("lobby").await;
    alice.tell("bob", "psst").await;
    here.poll("&wait=0&changes=true").await;
    here.poll("&wait=0&changes=true").await;
    for n in 0..100 {
        alice.say("general", &format!("{n}")).await;
    }
    let mut there = here.connect_again().await;
    there.cursor = here.cursor.clone();
    there.poll("&wait=0&limit=500").await;
    there.poll("&wait=0").await;
    let polled = here.poll("&wait=50&changes=true&mark_read=false").await;
    assert_eq!(told(&polled), [("general".to_owned(), 100, 0)], "nothing of lobby or alice");
}

#[tokio::test]
async fn a_subscription_leaves_what_lies_elsewhere_to_the_next_poll() {
    let server = TestServer::start().await;
    let (alice, mut here) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = here.create_room("lobby").await;
    for text in ["one", "two"] {
        alice.say("general", text).await;
        alice.say("lobby", text).await;
        alice.tell("bob", text).await;
    }
    here.poll("&wait=0&changes=true&mark_read=false").await;
    here.poll("&wait=0&changes=true&mark_read=false").await;
    let there = here.connect_again().await;
    for path in ["/room/1", &format!("/room/{}", lobby), "/direct/alice"] {
        set_last_read(&there, path, 1).await;
    }
    let room = format!("/room/{}/subscribe?changes=true&cursor=", lobby);
    let polled: Polled = here.get(&format!("{room}{}&wait=20", here.cursor)).await.json().await.unwrap();
    assert_eq!(told(&polled), [("lobby".to_owned(), 1, 1)]);
    let again = here.get(&format!("{room}{}&wait=0", polled.cursor)).await;
    assert_eq!(again.status(), 202, "the room is told once");
    here.cursor = polled.cursor;
    let polled = here.poll("&wait=0&changes=true&mark_read=false").await;
    let names: Vec<_> = told(&polled).into_iter().map(|(name, ..)| name).collect();
    assert!(names.contains(&"general".to_owned()) && names.contains(&"alice".to_owned()), "{names:?}");
    let polled = here.poll("&wait=0&changes=true&mark_read=false").await;
    assert_eq!(told(&polled), [], "once");
}
