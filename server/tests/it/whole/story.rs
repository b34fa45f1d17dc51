//! A conversation from the first connect to the last unread message.

use crate::harness::{TestServer, texts};

#[tokio::test]
async fn two_users_talk_in_general_and_in_private() {
    let server = TestServer::start().await;
    let mut alice = server.guest("alice").await;
    let mut bob = server.guest("bob").await;

    let said = alice.say("general", "hello everybody").await;
    assert_eq!((said.id, said.seq, said.room.as_deref(), said.from.as_str()), (1, 1, Some("general"), "alice"));
    assert_eq!(bob.poll("&wait=5").await.messages.first(), Some(&said));
    assert_eq!(alice.poll("&wait=5").await.messages, [said], "a user's own messages are delivered too");

    let told = bob.tell("alice", "psst").await;
    assert_eq!((told.id, told.seq, told.to.as_deref(), told.room_id), (2, 1, Some("alice"), None));
    assert_eq!(texts(&alice.poll("&wait=5").await.messages), ["psst"]);
    assert_eq!(texts(&bob.poll("&wait=5").await.messages), ["psst"]);
}

#[tokio::test]
async fn a_reconnected_client_gets_exactly_what_is_unread_once_and_in_order() {
    let mut server = TestServer::start().await;
    let bob = server.account("bob", "bob's password").await;
    for n in 1..=30 {
        bob.say("general", &format!("general {n}")).await;
    }

    let mut alice = server.account("alice", "alice's password").await;
    let expected: Vec<_> = (11..=30).map(|n| format!("general {n}")).collect();
    assert_eq!(texts(&alice.connected.messages), expected, "the latest 20 of 30");
    assert!(alice.poll("&wait=0").await.messages.is_empty(), "the latest messages count as read");

    bob.say("general", "read by alice").await;
    assert_eq!(texts(&alice.poll("&wait=5").await.messages), ["read by alice"]);
    assert!(alice.poll("&wait=0").await.messages.is_empty(), "this poll acknowledges it");

    // Alice is away, and the server restarts.
    bob.say("general", "first").await;
    bob.tell("alice", "second").await;
    server.restart().await;
    bob.say("general", "third").await;
    bob.tell("alice", "fourth").await;

    let mut alice = server.account("alice", "alice's password").await;
    assert!(alice.connected.returning);
    assert_eq!(texts(&alice.connected.messages), ["first", "second", "third", "fourth"]);
    assert!(!alice.connected.more);
    assert_eq!(alice.connected.rooms[0].unread, 2);
    assert_eq!(alice.connected.direct[0].unread, 2);
    assert!(alice.poll("&wait=0").await.messages.is_empty(), "nothing is delivered twice");
    assert_eq!((alice.unread("general").await, alice.unread("@bob").await), (0, 0));
}
