//! What ends a stream, and how.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, Header};
use linger_api::Polled;
use reqwest::StatusCode;
use serde_json::json;

use crate::contract::accounts::tokens::{claims_of, key_of};
use crate::harness::stream::Part;
use crate::harness::{EventStream, LocalServer, TestServer, User, texts, until};

const CALLS: [&str; 3] = ["/poll", "/room/1/subscribe", "/direct/subscribe"];

/// A stream that has begun.
async fn begun(user: &User, path: &str) -> EventStream {
    let mut stream = EventStream::open(user, path).await;
    stream.place().await;
    stream
}

fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The same client with a token that is good for so many seconds.
pub fn with_seconds_left(server: &TestServer, user: &User, seconds: u64) -> User {
    let mut claims = claims_of(&user.token);
    claims["exp"] = json!(now_seconds() + seconds);
    let mut user = user.clone();
    user.token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key_of(server)).unwrap();
    user
}

#[tokio::test]
async fn stopping_ends_two_hundred_streams_well_and_in_time() {
    let mut server = TestServer::start().await;
    let mut streams = Vec::new();
    for n in 0..200 {
        let user = server.guest(&format!("user-{n}")).await;
        streams.push(begun(&user, CALLS[n % 3]).await);
    }
    let began = Instant::now();
    let (status, ended) = tokio::join!(server.stop(), async {
        for stream in &mut streams {
            stream.end().await;
        }
        began.elapsed()
    });
    assert!(ended < Duration::from_secs(1), "all of them after {ended:?}");
    assert!(status.success(), "{status}");
    assert!(!server.log().iter().any(|line| line.contains("still busy")));
}

#[tokio::test]
async fn what_was_said_before_a_restart_and_after_it_comes_to_who_resumes() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut stream = begun(&alice, "/poll").await;
    for n in 0..3 {
        bob.say("general", &format!("{n} before")).await;
        assert_eq!(texts(&stream.messages(1).await), [format!("{n} before")]);
        // Nobody has taken this one when the server stops; it may come before the end, or when it is back.
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
            // Where it begins comes first, if it begins with nothing.
            if let Some(Part::Event { data, .. }) = stream.next().await {
                let page: Polled = serde_json::from_str(&data).unwrap();
                came.extend(page.messages.into_iter().map(|message| message.text));
            }
        }
        assert_eq!(came, [format!("{n} just before"), format!("{n} after")]);
    }
}

#[tokio::test]
async fn signing_out_ends_the_sessions_streams_with_a_problem_within_a_second() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let other = alice.connect_again().await;
    let mut mine = Vec::new();
    for path in CALLS {
        mine.push(begun(&alice, path).await);
    }
    let mut others = begun(&other, "/poll").await;
    let began = Instant::now();
    assert_eq!(alice.post("/disconnect", &json!({})).await.status(), StatusCode::NO_CONTENT);
    for stream in &mut mine {
        let problem = stream.problem().await;
        assert_eq!((&problem["status"], &problem["type"]), (&json!(401), &json!("/problems/unauthorized")));
        assert!(problem["title"].is_string() && problem["detail"].is_string());
    }
    assert!(began.elapsed() < Duration::from_secs(1));
    other.say("general", "the other session goes on").await;
    assert_eq!(texts(&others.messages(1).await), ["the other session goes on"]);
}

#[tokio::test]
async fn a_ninth_request_ends_the_oldest_stream_with_a_problem() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(begun(&alice, "/poll").await);
    }
    let ninth = begun(&alice, "/room/1/subscribe").await;
    let problem = streams.remove(0).problem().await;
    assert_eq!((&problem["status"], &problem["type"]), (&json!(409), &json!("/problems/poll-superseded")));
    // A poll counts as well as a stream does.
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
async fn a_stream_ends_with_its_token() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let short = with_seconds_left(&server, &alice, 3);
    let (mut ends, mut goes_on) = (begun(&short, "/poll").await, begun(&alice, "/poll").await);
    bob.say("general", "while it is good").await;
    assert_eq!(texts(&ends.messages(1).await), ["while it is good"]);
    let problem = ends.problem().await;
    assert_eq!((&problem["status"], &problem["type"]), (&json!(401), &json!("/problems/unauthorized")));
    assert!(now_seconds() >= claims_of(&short.token)["exp"].as_u64().unwrap(), "not before the token");
    bob.say("general", "later").await;
    assert_eq!(texts(&goes_on.messages(2).await), ["while it is good", "later"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_gives_its_place_back() {
    let server = LocalServer::start().await;
    let bob = server.guest("bob").await;
    let mut streams = Vec::new();
    for n in 0..20 {
        let user = server.guest(&format!("user-{n}")).await;
        streams.push(begun(&user, CALLS[n % 2]).await);
    }
    until("all are held", async || server.observer.held_requests() == 20).await;
    drop(streams);
    // The server hears of it when it has something to send, or after a silence.
    until("none is held for good", async || {
        bob.say("general", "is anybody there?").await;
        server.observer.held_requests() == 0
    })
    .await;
    for _ in 0..20 {
        bob.say("general", "nobody").await;
        assert_eq!(server.observer.held_requests(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_in_silence_gives_its_place_back_with_the_next_comment() {
    let server = LocalServer::start().await;
    let alice = server.guest("alice").await;
    let stream = begun(&alice, "/poll").await;
    until("it is held", async || server.observer.held_requests() == 1).await;
    drop(stream);
    until("it is held no longer", async || server.observer.held_requests() == 0).await;
    for _ in 0..20 {
        assert_eq!(alice.get("/health").await.status(), 200);
        assert_eq!(server.observer.held_requests(), 0);
    }
}
