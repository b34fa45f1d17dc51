//! Stalled readers: they cost little memory, lose nothing when they continue, and can be ended at any time.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::ending::with_seconds_left;
use crate::harness::stream::Part;
use crate::harness::{DEADLINE, EventStream, TestServer, User, at_once};

/// Streams that are open but not read.
const STALLED: usize = 200;

/// The process's permitted growth per stalled stream. A debug build's heap retains a varying share of what passed
/// through it. It was over 500 when every event read a whole page from the store.
const MOST_KIB: usize = 192;

/// Messages of 4 KiB: enough that every reader falls behind the tail.
const MANY: usize = 1600;
/// Messages of 4 KiB: more than all buffers along the way can hold.
const MORE: usize = 4200;

/// A tail so small that a slow reader soon falls behind it.
const SMALL_TAIL: (&str, &str) = ("ROCKET_CHAT__TAIL_MEBIBYTES", "1");

/// Sends `count` messages to `general`.
async fn say_much(server: &TestServer, round: &str, count: usize) {
    let mut senders = Vec::new();
    for n in 0..16 {
        senders.push(server.guest(&format!("sender-{round}-{n}")).await);
    }
    let text = "x".repeat(4096);
    at_once(senders.into_iter().enumerate().map(|(number, sender)| {
        let text = text.clone();
        async move {
            for _ in (number..count).step_by(16) {
                sender.say("general", &text).await;
            }
        }
    }))
    .await;
}

/// Returns the resident memory of the server's process.
fn resident_kib(server: &TestServer) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// Reads a stream up to the message with the id `end`, and checks that no message is missing. A stream that the
/// database kept waiting for too long, while all of them fell behind, is resumed as a browser does.
async fn assert_complete(reader: &User, stream: &mut EventStream, mut last: i64, end: i64) {
    while last < end {
        match stream.next().await {
            Some(Part::Event { kind, data, .. }) if kind == "problem" => {
                assert_eq!(serde_json::from_str::<Value>(&data).unwrap()["status"], 503);
                *stream = EventStream::resume(reader, "/poll", &stream.last_event_id.clone()).await;
            }
            Some(Part::Event { data, .. }) => {
                for message in serde_json::from_str::<linger_api::Polled>(&data).unwrap().messages {
                    assert_eq!(message.id, last + 1);
                    last = message.id;
                }
            }
            Some(Part::Id(_) | Part::Comment(_)) => {}
            None => panic!("the stream has ended"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_reader_costs_little_and_gets_everything_when_it_continues() {
    let server = TestServer::start_with(&[SMALL_TAIL]).await;
    // Bring the server's memory to the level of as many messages with a few such readers.
    let mut few = Vec::new();
    for n in 0..16 {
        few.push(EventStream::open(&server.guest(&format!("few-{n}")).await, "/poll").await);
    }
    say_much(&server, "before", MANY).await;
    let mut users = Vec::new();
    for n in 0..STALLED {
        users.push(server.guest(&format!("user-{n}")).await);
    }
    let before = resident_kib(&server);
    let begin = users[0].history("/room/1/messages").await.last().unwrap().id;
    let mut streams = Vec::new();
    for user in &users {
        let mut stream = EventStream::open(user, "/poll").await;
        stream.opening_id().await;
        streams.push(stream);
    }
    say_much(&server, "meanwhile", MANY).await;
    let each = resident_kib(&server).saturating_sub(before) / STALLED;
    assert!(each < MOST_KIB, "{each} KiB for each of {STALLED} readers");
    let stalled = streams.split_off(1);
    assert_complete(&users[0], &mut streams[0], begin, begin + MANY as i64).await;
    users[1].say("general", "one more").await;
    assert_eq!(streams[0].page().await.messages[0].text, "one more");
    drop((few, stalled));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_reader_is_ended_by_sign_out_by_expiry_and_by_stopping() {
    let mut server = TestServer::start_with(&[SMALL_TAIL]).await;
    let user = server.guest("alice").await;
    let cursor = user.cursor.clone();
    say_much(&server, "before", MORE).await;
    let path = format!("/poll?mark_read=false&cursor={cursor}");
    let signed_out = user.connect_again().await;
    let mut ended = EventStream::open(&signed_out, &path).await;
    // Long enough to open a stream on a busy machine. A connection of which nothing is taken lasts half a minute.
    let expiring = with_seconds_left(&server, &user, 15);
    let mut expired = EventStream::open(&expiring, &path).await;
    let mut stays = EventStream::open(&user, &path).await;
    signed_out.post("/disconnect", &serde_json::json!({})).await;
    let begun = Instant::now();
    while expiring.get("/rooms").await.status() == 200 {
        assert!(begun.elapsed() < DEADLINE, "the token expires");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for stream in [&mut ended, &mut expired] {
        assert_eq!(until_problem(stream).await["status"], 401);
    }
    assert!(server.stop().await.success());
    let mut came = 0;
    while let Ok(Some(part)) = stays.try_next().await {
        came += usize::from(matches!(part, Part::Event { .. }));
    }
    assert!(came > 0);
}

/// Reads the messages in transit, which are not all, and returns the problem that follows.
async fn until_problem(stream: &mut EventStream) -> Value {
    let mut came = 0;
    loop {
        match stream.next().await {
            Some(Part::Event { kind, data, .. }) if kind == "problem" => {
                stream.end().await;
                assert!(came < MORE, "the problem does not wait for all messages");
                return serde_json::from_str(&data).unwrap();
            }
            Some(Part::Event { data, .. }) => {
                came += serde_json::from_str::<linger_api::Polled>(&data).unwrap().messages.len();
            }
            Some(Part::Comment(_)) => {}
            other => panic!("neither messages nor a problem: {other:?}"),
        }
    }
}
