//! The end of a stream: its causes, and what the client receives.

use std::time::{SystemTime, UNIX_EPOCH};

use linger_api::Polled;
use reqwest::StatusCode;
use serde_json::json;

use crate::contract::accounts::tokens::{claims_of, key_of, sign_hs256};
use crate::harness::stream::Part;
use crate::harness::{EventStream, LocalServer, TestServer, User, texts, until};

const CALLS: [&str; 3] = ["/poll", "/room/1/subscribe", "/direct/subscribe"];

/// Opens a stream and reads its opening id.
async fn open(user: &User, path: &str) -> EventStream {
    let mut stream = EventStream::open(user, path).await;
    stream.opening_id().await;
    stream
}

fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Returns this client with a token that expires in this many seconds.
pub(crate) fn with_seconds_left(server: &TestServer, user: &User, seconds: u64) -> User {
    let mut claims = claims_of(&user.token);
    claims["exp"] = json!(now_seconds() + seconds);
    let mut user = user.clone();
    user.token = sign_hs256(&claims, &key_of(server));
    user
}

#[tokio::test]
async fn stopping_ends_two_hundred_streams_cleanly() {
    let mut server = TestServer::start().await;
    let mut streams = Vec::new();
    for n in 0..200 {
        let user = server.guest(&format!("user-{n}")).await;
        streams.push(open(&user, CALLS[n % 3]).await);
    }
    let (status, ()) = tokio::join!(server.stop(), async {
        for stream in &mut streams {
            stream.end().await;
        }
    });
    assert!(status.success(), "{status}");
    assert!(!server.log().iter().any(|line| line.contains("still busy")));
}

#[tokio::test]
async fn a_client_that_resumes_gets_the_messages_from_before_and_after_a_restart() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut stream = open(&alice, "/poll").await;
    for n in 0..3 {
        bob.say("general", &format!("{n} before")).await;
        assert_eq!(texts(&stream.messages(1).await), [format!("{n} before")]);
        // This message is unread when the server stops. It may arrive before the stream ends or after it resumes.
        bob.say("general", &format!("{n} just before")).await;
        let (status, came) = tokio::join!(server.stop(), async {
            let mut came = Vec::new();
            while let Some(Part::Event { data, .. }) = stream.next().await {
                came.extend(serde_json::from_str::<Polled>(&data).unwrap().messages);
            }
            came
        });
        assert!(status.success());
        server.start_again().await;
        let last = stream.last_event_id.clone();
        stream = EventStream::resume(&alice.on_new_connections(), "/poll", &last).await;
        bob.on_new_connections().say("general", &format!("{n} after")).await;
        let mut came: Vec<_> = came.into_iter().map(|message| message.text).collect();
        while came.len() < 2 {
            // An opening id comes first if there is no message yet.
            if let Some(Part::Event { data, .. }) = stream.next().await {
                let page: Polled = serde_json::from_str(&data).unwrap();
                came.extend(page.messages.into_iter().map(|message| message.text));
            }
        }
        assert_eq!(came, [format!("{n} just before"), format!("{n} after")]);
    }
}

#[tokio::test]
async fn signing_out_ends_the_sessions_streams_with_a_problem() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let other = alice.connect_again().await;
    let mut mine = Vec::new();
    for path in CALLS {
        mine.push(open(&alice, path).await);
    }
    let mut others = open(&other, "/poll").await;
    assert_eq!(alice.post("/disconnect", &json!({})).await.status(), StatusCode::NO_CONTENT);
    for stream in &mut mine {
        let problem = stream.problem().await;
        assert_eq!((&problem["status"], &problem["type"]), (&json!(401), &json!("/problems/unauthorized")));
        assert!(problem["title"].is_string() && problem["detail"].is_string());
    }
    other.say("general", "the other session is not affected").await;
    assert_eq!(texts(&others.messages(1).await), ["the other session is not affected"]);
}

#[tokio::test]
async fn a_ninth_request_ends_the_oldest_stream_with_a_problem() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(open(&alice, "/poll").await);
    }
    let ninth = open(&alice, "/room/1/subscribe").await;
    let problem = streams.remove(0).problem().await;
    assert_eq!((&problem["status"], &problem["type"]), (&json!(409), &json!("/problems/poll-superseded")));
    // Polls and streams count alike.
    let path = format!("/poll?wait=50&cursor={}", alice.cursor);
    let poll = tokio::spawn({
        let alice = alice.clone();
        async move { alice.get(&path).await.status() }
    });
    assert_eq!(streams.remove(0).problem().await["status"], 409);
    alice.say("general", "for the other eight").await;
    streams.push(ninth);
    for mut stream in streams {
        assert_eq!(texts(&stream.messages(1).await), ["for the other eight"]);
    }
    assert_eq!(poll.await.unwrap(), StatusCode::OK);
}

#[tokio::test]
async fn a_stream_ends_when_its_token_expires() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    // Long enough to open a stream on a busy machine.
    let short = with_seconds_left(&server, &alice, 20);
    let (mut ends, mut stays) = (open(&short, "/poll").await, open(&alice, "/poll").await);
    bob.say("general", "while it is valid").await;
    assert_eq!(texts(&ends.messages(1).await), ["while it is valid"]);
    let problem = ends.problem().await;
    assert_eq!((&problem["status"], &problem["type"]), (&json!(401), &json!("/problems/unauthorized")));
    assert!(now_seconds() >= claims_of(&short.token)["exp"].as_u64().unwrap(), "not before the token expires");
    bob.say("general", "later").await;
    assert_eq!(texts(&stays.messages(2).await), ["while it is valid", "later"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_disconnects_frees_its_slot() {
    let server = LocalServer::start().await;
    let bob = server.guest("bob").await;
    let mut streams = Vec::new();
    for n in 0..20 {
        let user = server.guest(&format!("user-{n}")).await;
        streams.push(open(&user, CALLS[n % 2]).await);
    }
    until("all streams are held", async || server.observer.held_requests() == 20).await;
    drop(streams);
    // The server notices when it next sends a message or a comment.
    until("no stream is held", async || {
        bob.say("general", "is anybody there?").await;
        server.observer.held_requests() == 0
    })
    .await;
    for _ in 0..20 {
        bob.say("general", "no one").await;
        assert_eq!(server.observer.held_requests(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_disconnects_from_a_silent_stream_frees_its_slot_at_the_next_comment() {
    let server = LocalServer::start().await;
    let alice = server.guest("alice").await;
    let stream = open(&alice, "/poll").await;
    until("the stream is held", async || server.observer.held_requests() == 1).await;
    drop(stream);
    until("the stream is no longer held", async || server.observer.held_requests() == 0).await;
    for _ in 0..20 {
        assert_eq!(alice.get("/health").await.status(), 200);
        assert_eq!(server.observer.held_requests(), 0);
    }
}
