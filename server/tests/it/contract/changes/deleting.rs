//! Deleting: who may, and that nothing of the text is left.

use linger_api::Polled;

use super::{changed, delete, edit, react, show};
use crate::harness::{TestServer, assert_problem, database, texts, until};

#[tokio::test]
async fn a_deleted_message_is_a_tombstone_and_its_text_is_gone() {
    let mut server = TestServer::start().await;
    let (mut alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    let secret = "correct-horse-battery-staple ".repeat(20);
    alice.say("general", &secret).await;
    let edited = "tr0ub4dor-and-3 ".repeat(20);
    edit(&alice, "/room/1/messages/1", &edited).await;
    alice.say("general", "after").await;
    assert_eq!(react(&bob, "/room/1/messages/1", "👍").await.status(), 204);
    let before = bob.clone();
    for again in ["once", "twice"] {
        assert_eq!(delete(&alice, "/room/1/messages/1").await.status(), 204, "{again}");
    }
    let tombstone = show(&bob, "/room/1/messages/1").await;
    assert_eq!((tombstone.seq, tombstone.text.as_str(), tombstone.deleted_by.as_deref()), (1, "", Some("alice")));
    assert!(tombstone.deleted_at.is_some() && tombstone.reactions.is_empty());
    assert_eq!(texts(&bob.history("/room/1/messages").await), ["", "after"]);
    assert_eq!(bob.unread("general").await, 2);
    // In the tail, before the deletion and after it, and from the beginning.
    for mut reader in [before, bob.clone(), bob.connect_again().await] {
        let polled: Polled = reader.poll("&wait=0&changes=true").await;
        assert!(changed(&polled).iter().all(|message| message.text.is_empty()), "{polled:?}");
        assert!(polled.messages.iter().all(|message| ["", "after"].contains(&message.text.as_str())), "{polled:?}");
    }
    bob.poll("&wait=0").await;
    alice.poll("&wait=0").await;
    let is_in = |file: &str, text: &str| {
        let file = std::fs::read(server.folder().join("var").join(file)).unwrap_or_default();
        file.windows(text.len()).any(|bytes| bytes == text.as_bytes())
    };
    let secrets = ["correct-horse", "tr0ub4dor"];
    if !database::is_postgres() {
        // The write-ahead log is emptied within a second.
        let files = ["linger.db", "linger.db-wal"];
        let is_gone = || files.iter().all(|file| secrets.iter().all(|secret| !is_in(file, secret)));
        until("the text is in no file", async || is_gone()).await;
        assert!(is_in("linger.db", "after"));
    }
    assert!(server.stop().await.success());
    if !database::is_postgres() {
        let file = std::fs::read(server.folder().join("var/linger.db")).unwrap();
        let is_there = |text: &str| file.windows(text.len()).any(|bytes| bytes == text.as_bytes());
        assert!(!secrets.into_iter().any(is_there) && is_there("after"));
    }
    server.start_again().await;
    assert_eq!(show(&bob.on_new_connections(), "/room/1/messages/1").await, tombstone);
}

#[tokio::test]
async fn a_text_deleted_just_before_a_crash_is_in_no_file_after_the_next_start() {
    // PostgreSQL recycles its own log.
    if database::is_postgres() {
        return;
    }
    let mut server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let secret = "correct-horse-battery";
    alice.say("general", secret).await;
    assert_eq!(delete(&alice, "/room/1/messages/1").await.status(), 204);
    server.kill().await;
    server.start_again().await;
    let is_in = |file: &str| {
        let file = std::fs::read(server.folder().join("var").join(file)).unwrap_or_default();
        file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes())
    };
    until("the text is in no file", async || !["linger.db", "linger.db-wal"].into_iter().any(is_in)).await;
}

#[tokio::test]
async fn who_has_sent_too_much_can_still_delete() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "1")]).await;
    let alice = server.guest("alice").await;
    alice.say("general", "secret").await;
    assert_problem(super::try_edit(&alice, "/room/1/messages/1", "x").await, 429, "too-many-requests").await;
    assert_eq!(delete(&alice, "/room/1/messages/1").await.status(), 204);
}

#[tokio::test]
async fn the_author_and_the_creator_of_the_room_may_delete() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    let lobby = alice.create_room("lobby").await;
    for text in ["one", "two"] {
        bob.say("lobby", text).await;
    }
    bob.tell("alice", "psst").await;
    let (one, two) = (format!("/room/{lobby}/messages/1"), format!("/room/{lobby}/messages/2"));
    assert_problem(delete(&carol, &one).await, 403, "forbidden").await;
    assert_eq!(delete(&bob, &one).await.status(), 204);
    assert_eq!(delete(&alice, &two).await.status(), 204);
    assert_eq!(show(&carol, &two).await.deleted_by.as_deref(), Some("alice"));
    assert_problem(delete(&alice, "/direct/bob/messages/1").await, 403, "forbidden").await;
    assert_eq!(delete(&bob, "/direct/alice/messages/1").await.status(), 204);
    assert_problem(react(&bob, "/direct/alice/messages/1", "👍").await, 409, "message-deleted").await;
    assert_problem(delete(&alice, "/room/1/messages/1").await, 404, "not-found").await;
}
