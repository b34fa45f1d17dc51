//! Counters: sends, deliveries, commits and queries.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use linger_api::Polled;
use reqwest::Method;
use serde_json::json;

use super::scrape;
use super::text::Families;
use crate::harness::{EventStream, TestServer, User, database};

/// Returns the growth of a sample.
fn growth(before: &Families, after: &Families, name: &str) -> f64 {
    after.value(name, &[]) - before.value(name, &[])
}

async fn send(user: &User, text: &str, key: &str) -> u16 {
    let request = user.request(Method::POST, "/send").header("Idempotency-Key", key).json(&json!({ "text": text }));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_send_to_three_readers_counts_as_one_send_and_three_deliveries() {
    let server = TestServer::start().await;
    let sender = server.guest("sender").await;
    let readers = [server.guest("a").await, server.guest("b").await, server.guest("c").await];
    let mut stream = EventStream::open(&readers[2], "/poll").await;
    stream.opening_id().await;
    let before = scrape(&server).await;
    sender.say("general", "to three").await;
    readers[0].peek("&wait=20").await;
    readers[1].peek("&wait=0").await;
    stream.page().await;
    let after = scrape(&server).await;
    for (name, by) in [
        ("linger_sends_total", 1.0),
        ("linger_deliveries_total", 3.0),
        ("linger_delivering_answers_total", 3.0),
        ("linger_repeated_sends_total", 0.0),
        ("linger_tail_misses_total", 0.0),
    ] {
        assert_eq!(growth(&before, &after, name), by, "{name}");
    }
    // Two messages in one answer.
    sender.say("general", "one more").await;
    readers[0].peek("&wait=0").await;
    let last = scrape(&server).await;
    assert_eq!(growth(&after, &last, "linger_deliveries_total"), 3.0, "two to the poll and one to the stream");
    assert_eq!(growth(&after, &last, "linger_delivering_answers_total"), 2.0);
    // A poll without messages is no delivery.
    readers[0].clone().poll("&wait=0").await;
    let mut reader = readers[0].clone();
    reader.poll("&wait=0").await;
    let before = scrape(&server).await;
    assert!(reader.poll("&wait=0").await.messages.is_empty());
    assert_eq!(growth(&before, &scrape(&server).await, "linger_delivering_answers_total"), 0.0);
}

#[tokio::test]
async fn a_repeated_key_does_not_count_as_a_send() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let before = scrape(&server).await;
    assert_eq!(send(&alice, "once", "key").await, 201);
    assert_eq!(send(&alice, "once", "key").await, 201);
    assert_eq!(send(&alice, "another", "key").await, 422);
    let after = scrape(&server).await;
    assert_eq!(growth(&before, &after, "linger_sends_total"), 1.0);
    assert_eq!(growth(&before, &after, "linger_repeated_sends_total"), 1.0);
    assert_eq!(growth(&before, &after, "linger_commit_entries_sum"), 3.0, "each was part of a batch");
}

#[tokio::test]
async fn a_commit_is_counted_with_its_batch_size_and_duration() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let before = scrape(&server).await;
    for n in 0..5 {
        alice.say("general", &n.to_string()).await;
    }
    let after = scrape(&server).await;
    let commits = growth(&before, &after, "linger_commit_duration_seconds_count");
    assert!((5.0..=20.0).contains(&commits), "sequential sends: {commits} commits");
    assert_eq!(growth(&before, &after, "linger_commit_entries_count"), commits);
    assert_eq!(growth(&before, &after, "linger_commit_entries_sum"), 5.0);
    let seconds = growth(&before, &after, "linger_commit_duration_seconds_sum");
    assert!(seconds > 0.00001 * commits && seconds < 2.5 * commits, "{seconds}");
    for (name, expected) in [("linger_commit_failures_total", 0.0), ("linger_journal_queue_entries", 0.0)] {
        assert_eq!(after.value(name, &[]), expected, "{name}");
    }
    assert!(after.value("linger_journal_queue_capacity_entries", &[]) >= 1000.0);
}

#[tokio::test]
async fn polls_that_are_woken_make_no_query() {
    const POLLS: usize = 40;
    let started = Instant::now();
    let server = TestServer::start().await;
    let sender = server.guest("sender").await;
    sender.say("general", "to warm up").await;
    let mut polls = tokio::task::JoinSet::new();
    for n in 0..POLLS {
        let user = server.guest(&format!("user-{n}")).await;
        polls.spawn(async move { user.peek("&wait=50").await });
    }
    while scrape(&server).await.value("linger_waiters", &[]) < POLLS as f64 {}
    let begun = Instant::now();
    let before = scrape(&server).await;
    sender.say("general", "to everybody").await;
    let answers: Vec<Polled> = polls.join_all().await;
    let after = scrape(&server).await;
    assert!(answers.iter().all(|answer| answer.messages.len() == 1));
    assert_eq!(growth(&before, &after, "linger_deliveries_total"), POLLS as f64);
    assert_eq!(growth(&before, &after, "linger_tail_misses_total"), 0.0);
    let queries = growth(&before, &after, "linger_queries_total");
    // The send's own queries and those for the read position; see `polling/thousand.rs`.
    let (least, most) = if database::is_postgres() { (3.0, 12.0) } else { (2.0, 8.0) };
    let most = most + database::most_own_queries(started, begun) as f64;
    assert!((least..=most).contains(&queries), "{queries}");
}

#[tokio::test]
async fn a_reader_behind_the_tail_counts_as_a_miss_and_a_query() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", "0")]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "one").await;
    bob.say("general", "two").await;
    let before = scrape(&server).await;
    assert_eq!(alice.peek("&wait=0").await.messages.len(), 2);
    let after = scrape(&server).await;
    assert_eq!(growth(&before, &after, "linger_tail_misses_total"), 1.0);
    assert_eq!(growth(&before, &after, "linger_deliveries_total"), 2.0);
    assert!(growth(&before, &after, "linger_queries_total") >= 1.0);
}

#[tokio::test]
async fn a_restart_resets_counters_and_the_start_time() {
    let mut server = TestServer::start().await;
    let alice = server.guest("alice").await;
    alice.say("general", "before").await;
    alice.peek("&wait=0").await;
    let before = scrape(&server).await;
    let started = before.value("process_start_time_seconds", &[]);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    assert!(started <= now && now - started < 60.0, "{started} {now}");
    server.restart().await;
    let after = scrape(&server).await;
    assert!(after.value("process_start_time_seconds", &[]) > started);
    for name in ["linger_sends_total", "linger_deliveries_total", "linger_commit_entries_sum"] {
        assert!(before.value(name, &[]) >= 1.0, "{name}");
        assert_eq!(after.value(name, &[]), 0.0, "{name}");
    }
    assert_eq!(after.value("linger_tail_messages", &[]), 1.0, "the tail is not a counter");
}
