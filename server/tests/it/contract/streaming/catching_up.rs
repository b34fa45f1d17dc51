//! Unread messages in many conversations: a stream delivers the same as polls.

use linger_api::{Message, Polled};
use serde_json::json;

use crate::harness::{EventStream, TestServer, User, at_once};

/// The size of the tail in MiB: it holds all messages, or none.
const TAILS: [&str; 2] = ["64", "0"];

/// Connects alice, with 600 messages in 17 conversations at various read positions, and the friends that send to her.
async fn crowd(server: &TestServer) -> (User, Vec<User>) {
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut friends = Vec::new();
    for n in 0..8 {
        alice.join(bob.create_room(&format!("room-{n}")).await).await;
        friends.push(server.guest(&format!("friend-{n}")).await);
    }
    for n in 0..600 {
        say(&friends, n).await;
    }
    for (room, seq) in [(1, 90), (3, 12), (5, 9)] {
        alice.post(&format!("/room/{room}/read"), &json!({ "seq": seq })).await;
    }
    for (friend, seq) in [(2, 15), (6, 20), (7, 1000)] {
        alice.post(&format!("/direct/friend-{friend}/read"), &json!({ "seq": seq })).await;
    }
    (alice, friends)
}

/// Sends message number `n` to one of the conversations.
async fn say(friends: &[User], n: usize) -> Message {
    let text = format!("{n} {}", "\"x\" ".repeat(n * 7 % 150));
    match n % 3 {
        0 => friends[n % 8].tell("alice", &text).await,
        1 => friends[n % 8].say(&format!("room-{}", n % 7), &text).await,
        _ => friends[n % 8].say("general", &text).await,
    }
}

/// Polls until a message has the text `end`. Returns the messages before it.
async fn poll_until(alice: &User, end: &str) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/poll?wait=20&limit=77&mark_read=false&cursor={cursor}");
        let polled: Polled = alice.get(&path).await.json().await.unwrap();
        messages.extend(polled.messages);
        cursor = polled.cursor;
        if messages.pop_if(|last| last.text == end).is_some() {
            return messages;
        }
    }
}

/// Does the same with a stream that is resumed after every `resume_after` events.
async fn stream_until(alice: &User, end: &str, resume_after: usize) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut stream = EventStream::open(alice, "/poll?limit=500&mark_read=false").await;
    for events in 1.. {
        messages.extend(stream.next_page().await.messages);
        if messages.pop_if(|last| last.text == end).is_some() {
            break;
        }
        if events % resume_after == 0 {
            let last = stream.last_event_id.clone();
            stream = EventStream::resume(alice, "/poll?limit=500&mark_read=false", &last).await;
        }
    }
    messages
}

#[tokio::test]
async fn a_stream_catches_up_with_the_same_messages_as_polls() {
    for tail in TAILS {
        let server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", tail)]).await;
        let (alice, friends) = crowd(&server).await;
        friends[0].say("general", "the end").await;
        let polled = poll_until(&alice, "the end").await;
        assert!(polled.len() > 400 && polled.is_sorted_by(|one, next| one.id < next.id));
        let hidden = |m: &Message| m.room_id == Some(1) && m.seq <= 90 || m.room.is_none() && m.from == "friend-7";
        assert!(!polled.iter().any(hidden), "no read messages");
        for resume_after in [usize::MAX, 3, 1] {
            assert!(stream_until(&alice, "the end", resume_after).await == polled, "tail {tail}, {resume_after}");
        }
    }
}

#[tokio::test]
async fn messages_sent_while_a_stream_catches_up_arrive_in_order() {
    for tail in TAILS {
        let server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", tail)]).await;
        let (alice, friends) = crowd(&server).await;
        // Streams that this test cuts off are held until the server notices: in a session of their own, so that only
        // they have to give way to newer ones.
        let again = alice.connect_again().await;
        let sending = async {
            let senders = (0..8).map(|sender| {
                let friends = friends.clone();
                async move {
                    for n in 0..20 {
                        say(&friends, 600 + 8 * n + sender).await;
                    }
                }
            });
            at_once(senders).await;
            friends[0].say("general", "the end").await;
        };
        let (polled, whole, resumed, ()) = tokio::join!(
            poll_until(&alice, "the end"),
            stream_until(&alice, "the end", usize::MAX),
            stream_until(&again, "the end", 2),
            sending
        );
        assert!(polled.len() > 560, "{}", polled.len());
        assert!(whole == polled, "tail {tail}");
        assert!(resumed == polled, "tail {tail}, resumed");
    }
}
