//! Live delivery: messages that arrive while a stream is open.

use std::time::{Duration, Instant};

use crate::harness::stream::Part;
use crate::harness::{EventStream, TestServer, at_once, texts};

#[tokio::test]
async fn messages_arrive_one_by_one_as_they_are_sent() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut stream = EventStream::open(&alice, "/poll").await;
    stream.opening_id().await;
    for n in 0..50 {
        let said = match n % 3 {
            0 => bob.tell("alice", &n.to_string()).await,
            1 => alice.say("general", &n.to_string()).await,
            _ => bob.say("general", &n.to_string()).await,
        };
        // Not after the next comment.
        let Some(Part::Event { data, .. }) = stream.next().await else { panic!("a message comes next") };
        let page: linger_api::Polled = serde_json::from_str(&data).unwrap();
        assert_eq!((page.messages, page.more), (vec![said], false));
    }
}

#[tokio::test]
async fn messages_of_concurrent_senders_arrive_in_order_without_a_gap() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let mut senders = Vec::new();
    for n in 0..8 {
        senders.push(server.guest(&format!("sender-{n}")).await);
    }
    let mut stream = EventStream::open(&alice, "/poll").await;
    stream.opening_id().await;
    let sending = at_once(senders.into_iter().map(|sender| async move {
        for n in 0..25 {
            sender.say("general", &n.to_string()).await;
        }
    }));
    let (came, _) = tokio::join!(stream.messages(200), sending);
    let ids: Vec<_> = came.iter().map(|message| message.id).collect();
    assert_eq!(ids, Vec::from_iter(ids[0]..ids[0] + 200));
    assert_eq!(came, alice.history("/room/1/messages").await);
}

#[tokio::test]
async fn a_stream_begins_with_its_cursor_and_a_poll_can_continue_from_every_id() {
    let server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "before").await;
    alice.poll("").await;
    let mut stream = EventStream::open(&alice, &format!("/poll?cursor={}", alice.cursor)).await;
    let mut cursors = vec![stream.opening_id().await];
    assert_eq!(cursors[0], alice.cursor);
    for text in ["one", "two", "three"] {
        bob.say("general", text).await;
        cursors.push(stream.page().await.cursor);
    }
    for (at, cursor) in cursors.iter().enumerate() {
        alice.cursor.clone_from(cursor);
        let rest = alice.peek("&wait=0&mark_read=false").await;
        assert_eq!(texts(&rest.messages), ["one", "two", "three"][at..]);
    }
}

#[tokio::test]
async fn without_a_cursor_unread_messages_come_first_and_no_id_skips_any() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    for n in 0..5 {
        bob.say("general", &n.to_string()).await;
        bob.tell("alice", &n.to_string()).await;
    }
    // A client that loses the connection at any point and resumes from the last id gets all remaining messages.
    for received in 0..5 {
        let mut stream = EventStream::open(&alice, "/poll?limit=2").await;
        let mut came = Vec::new();
        for _ in 0..=received {
            if let Some(Part::Event { data, .. }) = stream.next().await {
                came.extend(serde_json::from_str::<linger_api::Polled>(&data).unwrap().messages);
            }
        }
        let path = format!("/poll?limit=500&wait=0&mark_read=false&cursor={}", stream.last_event_id);
        let rest: linger_api::Polled = alice.get(&path).await.json().await.unwrap();
        came.extend(rest.messages);
        let ids: Vec<_> = came.iter().map(|message| message.id).collect();
        assert_eq!(ids, Vec::from_iter(1..=10), "after {} events", received + 1);
    }
    assert_eq!((alice.unread("general").await, alice.unread("@bob").await), (5, 5));
}

#[tokio::test]
async fn joining_and_leaving_take_effect_on_an_open_stream() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let room = bob.create_room("lobby").await;
    let mut stream = EventStream::open(&alice, "/poll").await;
    stream.opening_id().await;
    bob.say("lobby", "before").await;
    alice.join(room).await;
    bob.say("lobby", "while").await;
    assert_eq!(texts(&stream.page().await.messages), ["while"]);
    assert_eq!(alice.post(&format!("/room/{room}/leave"), &serde_json::json!({})).await.status(), 204);
    bob.say("lobby", "after").await;
    bob.say("general", "elsewhere").await;
    assert_eq!(texts(&stream.page().await.messages), ["elsewhere"]);
}

#[tokio::test]
async fn a_silent_stream_sends_a_comment_after_fifteen_seconds() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    // Before the stream opens: a busy client reads late what came in time.
    let began = Instant::now();
    let mut stream = EventStream::open(&alice, "/poll?wait=1").await;
    stream.opening_id().await;
    assert_eq!(stream.next().await, Some(Part::Comment("still here".to_owned())));
    let silent = began.elapsed();
    assert!(silent > Duration::from_secs(14), "{silent:?}");
    bob.say("general", "still open").await;
    assert_eq!(texts(&stream.page().await.messages), ["still open"]);
}
