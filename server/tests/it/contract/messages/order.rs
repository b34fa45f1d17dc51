//! Order: ids rise across the server, and each conversation's seqs have no gap.

use linger_api::Message;
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::harness::{TestServer, at_once, database};

#[tokio::test]
async fn with_many_senders_ids_rise_across_the_server_and_seqs_have_no_gap() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.create_room("lobby").await;
    let senders = (0..12).map(|n| {
        let (alice, bob) = (alice.clone(), bob.clone());
        async move {
            let mut sent = Vec::new();
            for k in 0..15 {
                let text = format!("{n} {k}");
                sent.push(match n % 4 {
                    0 => alice.say("general", &text).await,
                    1 => bob.say("lobby", &text).await,
                    2 => alice.tell("bob", &text).await,
                    _ => bob.tell("alice", &text).await,
                });
            }
            assert!(sent.is_sorted_by(|one, next| one.id < next.id && one.seq < next.seq), "in the order of sending");
            sent
        }
    });
    let sent: Vec<Message> = at_once(senders).await.concat();
    let mut stored = Vec::new();
    for (path, count) in [("/room/1/messages", 45), ("/room/2/messages", 45), ("/direct/bob/messages", 90)] {
        let messages = alice.history(path).await;
        assert_eq!(Vec::from_iter(messages.iter().map(|message| message.seq)), Vec::from_iter(1..=count), "{path}");
        assert!(messages.is_sorted_by_key(|message| message.id), "{path}");
        stored.extend(messages);
    }
    stored.sort_by_key(|message| message.id);
    // Creating the room has taken the first place on the line.
    assert_eq!(Vec::from_iter(stored.iter().map(|message| message.id)), Vec::from_iter(2..=181));
    assert!(stored.is_sorted_by_key(|message| message.sent_at.clone()));
    let mut sent = sent;
    sent.sort_by_key(|message| message.id);
    assert_eq!(sent, stored, "the answers are the stored messages");
}

#[tokio::test]
async fn times_do_not_run_backwards_when_the_clock_does() {
    let mut server = TestServer::start().await;
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "one").await;
    // As if the clock, or that of another node, had been an hour ahead.
    let sql = "update messages set sent_at = sent_at + 3600000";
    if database::is_postgres() {
        let mut database = PgConnection::connect(&server.database_url()).await.unwrap();
        sqlx::query(sql).execute(&mut database).await.unwrap();
    } else {
        let mut database = SqliteConnection::connect(&server.database_url()).await.unwrap();
        sqlx::query(sql).execute(&mut database).await.unwrap();
    }
    alice.say("general", "two").await;
    server.restart().await;
    let alice = alice.on_new_connections();
    alice.tell("bob", "three").await;
    alice.say("general", "four").await;
    let mut messages = alice.history("/room/1/messages").await;
    messages.extend(alice.history("/direct/bob/messages").await);
    messages.sort_by_key(|message| message.id);
    assert_eq!(messages.len(), 4);
    assert!(messages.is_sorted_by_key(|message| message.sent_at.clone()), "{messages:?}");
}
