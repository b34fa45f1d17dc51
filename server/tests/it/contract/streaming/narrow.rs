//! Streams narrowed to one room, or to direct conversations.

use crate::harness::{EventStream, TestServer, texts};

#[tokio::test]
async fn a_room_stream_delivers_only_that_room_even_without_joining() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let room = bob.create_room("lobby").await;
    bob.say("lobby", "before").await;
    let path = format!("/room/{room}/subscribe");
    let mut stream = EventStream::open(&alice, &path).await;
    let begin = stream.opening_id().await;
    for text in ["one", "two"] {
        bob.say("general", "elsewhere").await;
        bob.tell("alice", "in private").await;
        bob.say("lobby", text).await;
        let page = stream.page().await;
        assert_eq!((texts(&page.messages), page.more), (vec![text], false), "it starts now and delivers nothing else");
    }
    let mut resumed = EventStream::resume(&alice, &path, &begin).await;
    assert_eq!(texts(&resumed.messages(2).await), ["one", "two"]);
    assert_eq!(
        (alice.unread("general").await, alice.unread("@bob").await),
        (2, 2),
        "a narrowed stream acknowledges nothing"
    );
    let polled: linger_api::Polled = alice.get(&format!("{path}?wait=0&cursor={begin}")).await.json().await.unwrap();
    assert_eq!(texts(&polled.messages), ["one", "two"]);
}

#[tokio::test]
async fn a_direct_stream_delivers_only_direct_messages_including_a_first_one() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    carol.tell("alice", "before").await;
    let mut stream = EventStream::open(&alice, "/direct/subscribe").await;
    let begin = stream.opening_id().await;
    bob.say("general", "public").await;
    bob.tell("carol", "not for alice").await;
    bob.tell("alice", "one").await;
    assert_eq!(texts(&stream.page().await.messages), ["one"]);
    alice.say("general", "public").await;
    alice.tell("carol", "two").await;
    assert_eq!(texts(&stream.page().await.messages), ["two"]);
    let mut resumed = EventStream::resume(&alice, "/direct/subscribe", &begin).await;
    assert_eq!(texts(&resumed.messages(2).await), ["one", "two"]);
    assert_eq!(
        (alice.unread("general").await, alice.unread("@bob").await),
        (2, 1),
        "a narrowed stream acknowledges nothing"
    );
}

#[tokio::test]
async fn resuming_from_the_opening_id_misses_no_message() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let room = bob.create_room("lobby").await;
    for path in ["/poll", &format!("/room/{room}/subscribe"), "/direct/subscribe"] {
        let mut stream = EventStream::open(&alice, path).await;
        let begin = stream.opening_id().await;
        drop(stream);
        bob.say("general", "in a joined room").await;
        bob.say("lobby", "in another room").await;
        bob.tell("alice", "in private").await;
        let came = EventStream::resume(&alice, path, &begin).await.caught_up().await;
        let expected: &[&str] = match path {
            "/poll" => &["in a joined room", "in private"],
            "/direct/subscribe" => &["in private"],
            _ => &["in another room"],
        };
        assert_eq!(texts(&came), expected, "{path}");
        // Acknowledge everything, so that the next stream starts with nothing unread.
        let newest = alice.get_json("/poll").await["cursor"].as_str().unwrap().to_owned();
        alice.get(&format!("/poll?wait=0&cursor={newest}")).await;
    }
}
