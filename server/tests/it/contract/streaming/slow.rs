//! Readers that do not read: nothing piles up for them, nothing is lost for who reads on, and nothing keeps them.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::ending::with_seconds_left;
use crate::harness::stream::Part;
use crate::harness::{EventStream, TestServer, at_once};

/// Streams that nobody reads.
const STUCK: usize = 200;

/// What the process may grow by for each of them. A debug build's heap keeps more or less of what went through it
/// meanwhile; it was over 500 when every event asked the store for a whole page.
const MOST_KIB: usize = 192;

/// Messages of 4 KiB: enough for everybody to fall out of memory, and more than all buffers on the way can hold.
const MANY: usize = 1600;
const MORE: usize = 4200;

/// So little in memory that a reader that falls behind leaves it at once.
const SMALL_TAIL: (&str, &str) = ("ROCKET_CHAT__TAIL_MEBIBYTES", "1");

/// Says so many messages in `general`.
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

/// What of the server's process is in memory.
fn resident_kib(server: &TestServer) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// Takes what is left of a stream until a message has this id, and checks that it is all of it in order.
async fn assert_reads_on(stream: &mut EventStream, mut last: i64, end: i64) {
    while last < end {
        for message in stream.page().await.messages {
            assert_eq!(message.id, last + 1);
            last = message.id;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_costs_little_and_gets_everything_when_it_reads_on() {
    let server = TestServer::start_with(&[SMALL_TAIL]).await;
    // What the server needs for as many messages and a few such readers.
    let mut few = Vec::new();
    for n in 0..16 {
        few.push(EventStream::open(&server.guest(&format!("few-{n}")).await, "/poll").await);
    }
    say_much(&server, "before", MANY).await;
    let mut users = Vec::new();
    for n in 0..STUCK {
        users.push(server.guest(&format!("user-{n}")).await);
    }
    let before = resident_kib(&server);
    let begin = users[0].history("/room/1/messages").await.last().unwrap().id;
    let mut streams = Vec::new();
    for user in &users {
        let mut stream = EventStream::open(user, "/poll").await;
        stream.place().await;
        streams.push(stream);
    }
    say_much(&server, "meanwhile", MANY).await;
    let each = resident_kib(&server).saturating_sub(before) / STUCK;
    assert!(each < MOST_KIB, "{each} KiB for each of {STUCK} readers");
    let stuck = streams.split_off(1);
    assert_reads_on(&mut streams[0], begin, begin + MANY as i64).await;
    users[1].say("general", "and goes on").await;
    assert_eq!(streams[0].page().await.messages[0].text, "and goes on");
    drop((few, stuck));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_is_kept_by_neither_sign_out_nor_expiry_nor_the_server() {
    let mut server = TestServer::start_with(&[SMALL_TAIL]).await;
    let user = server.guest("alice").await;
    let cursor = user.cursor.clone();
    say_much(&server, "before", MORE).await;
    let path = format!("/poll?mark_read=false&cursor={cursor}");
    let (signed_out, expiring) = (user.connect_again().await, with_seconds_left(&server, &user, 3));
    let mut ends = [EventStream::open(&signed_out, &path).await, EventStream::open(&expiring, &path).await];
    let mut stays = EventStream::open(&user, &path).await;
    signed_out.post("/disconnect", &serde_json::json!({})).await;
    let begun = Instant::now();
    while expiring.get("/rooms").await.status() == 200 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the token expires");
    }
    for stream in &mut ends {
        assert_eq!(until_problem(stream).await["status"], 401);
    }
    let begun = Instant::now();
    assert!(server.stop().await.success());
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    let mut came = 0;
    while let Ok(Some(part)) = stays.try_next().await {
        came += usize::from(matches!(part, Part::Event { .. }));
    }
    assert!(came > 0);
}

/// Takes what was on its way, which is not everything, and then the problem.
async fn until_problem(stream: &mut EventStream) -> Value {
    let mut came = 0;
    loop {
        match stream.next().await {
            Some(Part::Event { kind, data, .. }) if kind == "problem" => {
                stream.end().await;
                assert!(came < MORE, "it did not wait until all was said");
                return serde_json::from_str(&data).unwrap();
            }
            Some(Part::Event { data, .. }) => {
                came += serde_json::from_str::<linger_api::Polled>(&data).unwrap().messages.len();
            }
            other => panic!("neither messages nor a problem: {other:?}"),
        }
    }
}
