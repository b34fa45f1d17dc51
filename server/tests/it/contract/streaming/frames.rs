//! The size of events.

use crate::harness::{EventStream, TestServer, texts};

/// 9 KiB of messages, and the cursor.
const MOST_BYTES: usize = 9 * 1024 + 128;

#[tokio::test]
async fn an_event_has_at_most_as_many_messages_as_the_limit() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    for n in 0..30 {
        bob.say("general", &n.to_string()).await;
    }
    for (limit, sizes) in [("&limit=7", vec![7, 7, 7, 7, 2]), ("&limit=30", vec![30]), ("&limit=100000", vec![30])] {
        let path = format!("/poll?mark_read=false&cursor={}{limit}", alice.cursor);
        let mut stream = EventStream::open(&alice, &path).await;
        let mut came = Vec::new();
        for (at, size) in sizes.iter().enumerate() {
            let page = stream.page().await;
            assert_eq!((page.messages.len(), page.more), (*size, at + 1 < sizes.len()), "{limit}");
            came.extend(page.messages);
        }
        assert_eq!(came, bob.history("/room/1/messages").await);
    }
}

#[tokio::test]
async fn five_hundred_long_messages_arrive_in_order_in_events_of_at_most_nine_kib() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    // Each of these characters takes two bytes of JSON. A line break must not end the event's data line.
    let long = |n: usize| format!("{n}\n{}", "\"\n\\\n".repeat(1022));
    let mut open = EventStream::open(&alice, "/poll?limit=500").await;
    open.opening_id().await;
    let sending = async {
        for n in 0..500 {
            bob.say("general", &long(n)).await;
        }
    };
    let (came, ()) = tokio::join!(open.messages(500), sending);
    let expected: Vec<_> = (0..500).map(long).collect();
    assert!(expected.iter().all(|text| text.len() > 4000 && text.len() <= 4096));
    assert!(texts(&came) == expected, "live");
    let mut late = EventStream::open(&alice, &format!("/poll?limit=500&cursor={}", alice.cursor)).await;
    assert!(late.messages(500).await == came, "afterwards");
    for (_, bytes) in [open.largest, late.largest] {
        assert!((8 * 1024..=MOST_BYTES).contains(&bytes), "{bytes}");
    }
}

#[tokio::test]
async fn short_messages_share_an_event() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    for n in 0..200 {
        bob.say("general", &n.to_string()).await;
    }
    let mut stream = EventStream::open(&alice, &format!("/poll?limit=500&cursor={}", alice.cursor)).await;
    assert_eq!(stream.messages(200).await, bob.history("/room/1/messages").await);
    let (messages, bytes) = stream.largest;
    assert!(messages > 50 && bytes <= MOST_BYTES, "{messages} messages in {bytes} bytes");
}
