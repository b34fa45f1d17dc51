//! Streams of one room, and of direct conversations alone.

use crate::harness::{EventStream, TestServer, texts};

#[tokio::test]
async fn a_rooms_stream_brings_that_room_alone_to_who_has_not_joined() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let room = bob.create_room("lobby").await;
    bob.say("lobby", "before").await;
    let path = format!("/room/{room}/subscribe");
    let mut stream = EventStream::open(&alice, &path).await;
    let begin = stream.place().await;
    for text in ["one", "two"] {
        bob.say("general", "elsewhere").await;
        bob.tell("alice", "in private").await;
        bob.say("lobby", text).await;
        let page = stream.page().await;
        assert_eq!((texts(&page.messages), page.more), (vec![text], false), "it begins now, and shows nothing else");
    }
    let mut resumed = EventStream::resume(&alice, &path, &begin).await;
    assert_eq!(texts(&resumed.messages(2).await), ["one", "two"]);
    assert_eq!((alice.unread("general").await, alice.unread("@bob").await), (2, 2), "it acknowledges nothing");
    let polled: linger_api::Polled = alice.get(&format!("{path}?wait=0&cursor={begin}")).await.json().await.unwrap();
    assert_eq!(texts(&polled.messages), ["one", "two"]);
}

#[tokio::test]
async fn a_direct_stream_brings_direct_conversations_alone_from_the_first_one_on() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    carol.tell("alice", "before").await;
    let mut stream = EventStream::open(&alice, "/direct/subscribe").await;
    let begin = stream.place().await;
    bob.say("general", "public").await;
    bob.tell("carol", "not for alice").await;
    bob.tell("alice", "one").await;
    assert_eq!(texts(&stream.page().await.messages), ["one"]);
    alice.say("general", "public").await;
    alice.tell("carol", "two").await;
    assert_eq!(texts(&stream.page().await.messages), ["two"]);
    let mut resumed = EventStream::resume(&alice, "/direct/subscribe", &begin).await;
    assert_eq!(texts(&resumed.messages(2).await), ["one", "two"]);
    assert_eq!((alice.unread("general").await, alice.unread("@bob").await), (2, 1), "it acknowledges nothing");
}

#[tokio::test]
async fn the_first_id_lets_one_resume_without_missing_what_was_said_before_the_next() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let room = bob.create_room("lobby").await;
    for path in ["/poll", &format!("/room/{room}/subscribe"), "/direct/subscribe"] {
        let mut stream = EventStream::open(&alice, path).await;
        let begin = stream.place().await;
        drop(stream);
        bob.say("general", "said in a room that is joined").await;
        bob.say("lobby", "said in one that is not").await;
        bob.tell("alice", "said in private").await;
        let came = EventStream::resume(&alice, path, &begin).await.caught_up().await;
        let expected: &[&str] = match path {
            "/poll" => &["said in a room that is joined", "said in private"],
            "/direct/subscribe" => &["said in private"],
            _ => &["said in one that is not"],
        };
        assert_eq!(texts(&came), expected, "{path}");
        // The next one begins with nothing unread.
        let newest = alice.get_json("/poll").await["cursor"].as_str().unwrap().to_owned();
        alice.get(&format!("/poll?wait=0&cursor={newest}")).await;
    }
}
