//! Resuming with `Last-Event-ID`, and what that acknowledges.

use reqwest::StatusCode;

use crate::harness::{EventStream, TestServer, User, assert_problem, texts};

async fn last_read(user: &User) -> i64 {
    let status = user.get_json("/status?room=general").await;
    status["conversations"][0]["last_read"].as_i64().unwrap()
}

#[tokio::test]
async fn a_stream_resumed_after_each_event_has_no_gap_and_no_repeat() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut last = EventStream::open(&alice, "/poll").await.opening_id().await;
    let mut came = Vec::new();
    for n in 0..20 {
        bob.say("general", &format!("{n} while disconnected")).await;
        let mut stream = EventStream::resume(&alice, "/poll?limit=1", &last).await;
        bob.say("general", &format!("{n} while connected")).await;
        came.extend(stream.messages(1).await);
        if n % 2 == 0 {
            came.extend(stream.messages(1).await);
        }
        last = stream.last_event_id;
    }
    came.extend(EventStream::resume(&alice, "/poll", &last).await.caught_up().await);
    assert_eq!(came, bob.history("/room/1/messages").await);
}

#[tokio::test]
async fn last_event_id_takes_precedence_over_the_cursor_parameter() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let path = format!("/poll?cursor={}", alice.cursor);
    bob.say("general", "one").await;
    bob.say("general", "two").await;
    let mut stream = EventStream::open(&alice, &format!("{path}&limit=1")).await;
    stream.messages(1).await;
    let mut resumed = EventStream::resume(&alice, &path, &stream.last_event_id).await;
    assert_eq!(texts(&resumed.messages(1).await), ["two"]);
    let tagged = EventStream::request(&alice, "/poll").header("If-None-Match", format!("\"{}\"", alice.cursor));
    let tagged = tagged.header("Last-Event-ID", &resumed.last_event_id);
    let mut tagged = EventStream::of(tagged.send().await.unwrap());
    assert_eq!(tagged.opening_id().await, resumed.last_event_id);
}

#[tokio::test]
async fn resuming_acknowledges_and_receiving_does_not() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut stream = EventStream::open(&alice, "/poll").await;
    stream.opening_id().await;
    for n in 1..=3 {
        bob.say("general", &n.to_string()).await;
        stream.messages(1).await;
        assert_eq!(last_read(&alice).await, 0, "a sent message may not have been received");
    }
    let end = stream.last_event_id.clone();
    let mut unmarked = EventStream::resume(&alice, "/poll?mark_read=false", &end).await;
    unmarked.opening_id().await;
    assert_eq!(last_read(&alice).await, 0);
    let mut resumed = EventStream::resume(&alice, "/poll", &end).await;
    resumed.opening_id().await;
    assert_eq!(last_read(&alice).await, 3);
    bob.say("general", "4").await;
    for mut stream in [stream, unmarked, resumed] {
        assert_eq!(texts(&stream.messages(1).await), ["4"]);
    }
    assert_eq!(last_read(&alice).await, 3);
    EventStream::open(&alice, &format!("/poll?cursor={}", alice.cursor)).await.messages(4).await;
    assert_eq!(last_read(&alice).await, 3, "a position never moves back");
}

#[tokio::test]
async fn opening_with_a_cursor_acknowledges_it() {
    let server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "one").await;
    alice.poll("").await;
    EventStream::open(&alice, &format!("/poll?cursor={}&mark_read=false", alice.cursor)).await.opening_id().await;
    assert_eq!(last_read(&alice).await, 0);
    EventStream::open(&alice, &format!("/poll?cursor={}", alice.cursor)).await.opening_id().await;
    assert_eq!(last_read(&alice).await, 1);
}

#[tokio::test]
async fn a_position_set_back_while_a_stream_is_open_stays_set_back() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut stream = EventStream::open(&alice, "/poll").await;
    stream.opening_id().await;
    for n in 1..=5 {
        bob.say("general", &n.to_string()).await;
    }
    stream.messages(5).await;
    for seq in [5, 2] {
        let response = alice.post("/room/1/read", &serde_json::json!({ "seq": seq })).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
    }
    bob.say("general", "6").await;
    assert_eq!(texts(&stream.messages(1).await), ["6"]);
    assert_eq!(last_read(&alice).await, 2);
    assert_eq!(texts(&EventStream::open(&alice, "/poll").await.messages(4).await), ["3", "4", "5", "6"]);
}

#[tokio::test]
async fn a_bad_last_event_id_is_400_and_an_empty_one_is_ignored() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "one").await;
    for path in ["/poll", "/room/1/subscribe", "/direct/subscribe"] {
        for bad in ["x", "1", "AAAA", &alice.cursor[1..], "Last-Event-ID"] {
            let request = EventStream::request(&alice, path).header("Last-Event-ID", bad);
            assert_problem(request.send().await.unwrap(), 400, "bad-input").await;
        }
        let twice = EventStream::request(&alice, path).header("Last-Event-ID", &alice.cursor);
        let twice = twice.header("Last-Event-ID", &alice.cursor);
        assert_problem(twice.send().await.unwrap(), 400, "bad-input").await;
    }
    let mut stream = EventStream::resume(&alice, &format!("/poll?cursor={}", alice.cursor), "").await;
    assert_eq!(texts(&stream.messages(1).await), ["one"]);
    EventStream::resume(&alice, "/room/1/subscribe", "").await.opening_id().await;
    let page = alice.request(reqwest::Method::GET, "/poll?wait=0").header("Last-Event-ID", "x").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK, "without a stream the header is ignored");
}
