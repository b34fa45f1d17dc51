//! A thousand held polls: each receives the message without a query, and stopping the server answers them all.

use std::time::Instant;

use linger_api::Polled;
use tokio::task::JoinSet;

use crate::harness::{DEADLINE, LocalServer, TestServer, database, texts, until};

const POLLS: usize = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn one_send_reaches_a_thousand_held_polls_without_a_query() {
    let started = Instant::now();
    let server = LocalServer::start().await;
    let sender = server.guest("sender").await;
    sender.say("general", "to warm up").await;

    let mut users = Vec::new();
    for n in 0..POLLS {
        users.push(server.guest(&format!("user-{n}")).await);
    }
    let mut polls = JoinSet::new();
    for user in users {
        polls.spawn(async move { user.peek("&wait=50").await });
    }
    until("all polls are held", async || server.observer.held_requests() == POLLS).await;

    let (before, begun) = (server.observer.query_count(), Instant::now());
    let sent = sender.say("general", "to everybody").await;
    let answers: Vec<Polled> = polls.join_all().await;
    let queries = server.observer.query_count() - before;
    assert!(answers.iter().all(|answer| answer.messages == [sent.clone()]));
    assert_eq!(answers.len(), POLLS);
    // The send takes two queries: begin, and rows with the commit. Half a second later the sender's read position takes
    // three: begin, update, commit. On PostgreSQL each commit is a query of its own, and the other nodes are notified
    // of both transactions.
    let of_the_send = if database::is_postgres() { 9 } else { 5 };
    let most = of_the_send + database::most_own_queries(started, begun);
    assert!(queries <= most, "{queries} queries for one send and {POLLS} deliveries");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_poll_makes_no_query() {
    let server = LocalServer::start().await;
    let mut user = server.guest("alice").await;
    user.say("general", "to warm up").await;
    user.poll("&wait=0").await;
    // The server has queries of its own now and then. A poll that makes one makes it each time.
    until("an idle poll makes no query", async || {
        let before = server.observer.query_count();
        assert!(user.peek("&wait=1").await.messages.is_empty());
        server.observer.query_count() == before
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_answers_a_thousand_held_polls() {
    let mut server = TestServer::start_with(&[("ROCKET_SHUTDOWN__GRACE", "60")]).await;
    let sender = server.guest("sender").await;
    let mut users = Vec::new();
    for n in 0..POLLS {
        users.push(server.guest(&format!("user-{n}")).await);
    }
    sender.say("general", "acknowledged by the poll that is held").await;
    let mut polls = JoinSet::new();
    for user in &users {
        let mut user = user.clone();
        polls.spawn(async move {
            let seen = user.poll("&wait=50").await;
            assert_eq!(texts(&seen.messages), ["acknowledged by the poll that is held"]);
            let response = user.get(&format!("/poll?cursor={}&wait=50", user.cursor)).await;
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["connection"], "close");
            let polled: Polled = response.json().await.unwrap();
            assert_eq!((polled.messages.len(), polled.more, polled.cursor), (0, false, user.cursor));
        });
    }
    // A held poll has acknowledged its cursor.
    for user in &users {
        let begun = Instant::now();
        while user.unread("general").await > 0 {
            assert!(begun.elapsed() < DEADLINE, "the poll is held");
        }
    }
    assert!(server.stop().await.success());
    polls.join_all().await;

    server.start_again().await;
    assert_eq!(users[POLLS / 2].unread("general").await, 0, "the acknowledged position is on disk");
}

#[tokio::test]
async fn sigint_stops_the_server_as_cleanly_as_sigterm() {
    let mut server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "one").await;
    alice.poll("").await;
    alice.poll("&wait=0").await;
    server.signal("INT").await;
    assert!(server.ended().await.success());
    server.start_again().await;
    assert_eq!(alice.unread("general").await, 0, "the acknowledged position is on disk");
}
