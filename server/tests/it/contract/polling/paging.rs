//! Unread messages across many pages.

use serde_json::json;

use crate::harness::{TestServer, User};

#[tokio::test]
async fn paging_through_1200_messages_shows_each_unread_one_once_and_no_read_one() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut senders = Vec::new();
    for n in 0..10 {
        let room = bob.create_room(&format!("room-{n}")).await;
        alice.join(room).await;
        senders.push(server.guest(&format!("friend-{n}")).await);
    }
    // Three conversations are then read up to a seq, so read messages lie between unread ones.
    let mut sent = Vec::new();
    for n in 0..1200 {
        let sender = &senders[n % 10];
        let text = format!("message {n}");
        sent.push(match n % 3 {
            0 => sender.tell("alice", &text).await,
            1 => sender.say(&format!("room-{}", n % 7), &text).await,
            _ => sender.say("general", &text).await,
        });
    }
    for (room, seq) in [("general", 390), ("room-3", 40)] {
        let rooms = alice.get_json("/rooms").await;
        let id = rooms.as_array().unwrap().iter().find(|r| r["name"] == room).unwrap()["id"].clone();
        alice.post(&format!("/room/{id}/read"), &json!({ "seq": seq })).await;
    }
    alice.post("/direct/friend-6/read", &json!({ "seq": 30 })).await;
    let is_read = |m: &linger_api::Message| match (m.room.as_deref(), m.from.as_str()) {
        (Some("general"), _) => m.seq <= 390,
        (Some("room-3"), _) => m.seq <= 40,
        (None, "friend-6") => m.seq <= 30,
        _ => false,
    };
    let expected: Vec<_> = sent.iter().filter(|m| !is_read(m)).map(|m| m.id).collect();

    let mut client = alice.connect_again().await;
    let mut shown: Vec<_> = client.connected.messages.iter().map(|m| m.id).collect();
    let mut more = client.connected.more;
    assert!(more && shown.len() == 500, "a page is at most 500 messages");
    while more {
        let polled = client.poll("&wait=0&limit=77").await;
        shown.extend(polled.messages.iter().map(|m| m.id));
        more = polled.more;
    }
    assert_eq!(shown, expected);
    assert!(client.poll("&wait=0").await.messages.is_empty());
    assert_eq!(
        (client.unread("general").await, client.unread("room-3").await, client.unread("@friend-6").await),
        (0, 0, 0)
    );
}

#[tokio::test]
async fn a_page_is_at_most_256_kib() {
    let server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let text = "\\".repeat(4096);
    for _ in 0..70 {
        bob.say("general", &text).await;
    }
    let mut seqs = Vec::new();
    loop {
        let response = alice.get(&format!("/poll?cursor={}&wait=0&limit=500", alice.cursor)).await;
        let body = response.text().await.unwrap();
        assert!(body.len() <= 256 * 1024 + 1024, "{}", body.len());
        let polled: linger_api::Polled = serde_json::from_str(&body).unwrap();
        seqs.extend(polled.messages.iter().map(|m| m.seq));
        alice.cursor = polled.cursor;
        if !polled.more {
            break;
        }
    }
    assert_eq!(seqs, (1..=70).collect::<Vec<_>>());
}

#[tokio::test]
async fn connects_first_page_and_the_status_are_at_most_256_kib_too() {
    let server = TestServer::start().await;
    let bob = server.guest("bob").await;
    for _ in 0..40 {
        bob.say("general", &"\\".repeat(4096)).await;
    }
    let status = bob.get("/status?latest=100").await.text().await.unwrap();
    assert!(status.len() < 257 * 1024, "{}", status.len());
    let alice = User::connect(&server, &json!({ "username": "alice", "latest": 100 })).await;
    let page = &alice.connected.messages;
    assert!(serde_json::to_string(page).unwrap().len() <= 256 * 1024);
    let seqs: Vec<_> = page.iter().map(|message| message.seq).collect();
    assert_eq!(seqs, (41 - seqs.len() as i64..=40).collect::<Vec<_>>(), "the newest messages");
    assert!(seqs.len() > 25);
    assert_eq!(alice.unread("general").await, 0, "the older ones are history");
}
