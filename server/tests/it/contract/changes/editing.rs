//! Editing: who may, what is kept, and `If-Match`.

use linger_api::Message;
use reqwest::Method;
use serde_json::{Value, json};

use super::{delete, edit, show, try_edit};
use crate::harness::{TestServer, assert_problem};

#[tokio::test]
async fn an_edit_replaces_the_text_everywhere_and_uses_no_seq() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let sent = alice.say("general", "the frist text").await;
    alice.tell("bob", "psst").await;
    let edited = edit(&alice, "/room/1/messages/1", "the first text").await;
    assert_eq!((edited.id, edited.seq, edited.text.as_str()), (sent.id, 1, "the first text"));
    assert!(edited.edited_at.as_ref().is_some_and(|at| *at >= sent.sent_at) && edited.revision > Some(sent.id));
    assert_eq!(show(&bob, "/room/1/messages/1").await, edited);
    assert_eq!(bob.history("/room/1/messages").await, std::slice::from_ref(&edited));
    let direct = edit(&alice, "/direct/bob/messages/1", "hush").await;
    assert_eq!(show(&bob, "/direct/alice/messages/1").await, direct);
    assert_eq!(bob.history("/direct/alice/messages").await, std::slice::from_ref(&direct));
    // A new session gets the message as it is now.
    assert_eq!(bob.connect_again().await.connected.messages, [edited, direct]);
    let next = alice.say("general", "next").await;
    assert_eq!(next.seq, 2);
    assert_eq!(bob.unread("general").await, 2);
}

#[tokio::test]
async fn only_the_author_may_edit_and_only_what_is_there() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    alice.say("general", "mine").await;
    alice.tell("bob", "psst").await;
    assert_problem(try_edit(&bob, "/room/1/messages/1", "ours").await, 403, "forbidden").await;
    assert_problem(try_edit(&bob, "/direct/alice/messages/1", "ours").await, 403, "forbidden").await;
    for nothing in ["/room/1/messages/2", "/room/1/messages/0", "/room/1/messages/-1", "/room/9/messages/1"] {
        assert_problem(try_edit(&alice, nothing, "x").await, 404, "not-found").await;
        assert_problem(alice.get(nothing).await, 404, "not-found").await;
    }
    // As if there were no such conversation.
    for of_others in ["/direct/alice/messages/1", "/direct/bob/messages/1"] {
        assert_problem(try_edit(&carol, of_others, "x").await, 404, "not-found").await;
        assert_problem(carol.get(of_others).await, 404, "not-found").await;
    }
    for bad in ["/room/x/messages/1", "/room/1/messages/x", "/direct/a!/messages/1"] {
        assert_problem(try_edit(&alice, bad, "x").await, 400, "bad-input").await;
    }
    for bad in [json!({ "text": "" }), json!({ "text": "\u{200b}" }), json!({}), json!({ "text": "a", "txet": "b" })] {
        let response = alice.request(Method::PATCH, "/room/1/messages/1").json(&bad).send().await.unwrap();
        assert_problem(response, 400, "bad-input").await;
    }
    assert_eq!(delete(&alice, "/room/1/messages/1").await.status(), 204);
    assert_problem(try_edit(&alice, "/room/1/messages/1", "back").await, 409, "message-deleted").await;
}

#[tokio::test]
async fn the_same_text_is_no_change() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let sent = alice.say("general", "as it is").await;
    assert_eq!(edit(&alice, "/room/1/messages/1", "as it is").await, sent);
    let edited = edit(&alice, "/room/1/messages/1", "a\r\nb").await;
    assert_eq!(edited.text, "a\nb");
    assert_eq!(edit(&alice, "/room/1/messages/1", "a\nb").await, edited);
}

#[tokio::test]
async fn a_stale_revision_is_refused() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let sent = alice.say("general", "one").await;
    let tag = |response: &reqwest::Response| response.headers()["etag"].to_str().unwrap().to_owned();
    let first = tag(&alice.get("/room/1/messages/1").await);
    assert_eq!(first, format!("\"{}\"", sent.id));
    let patch = async |tag: &str, text: &str| {
        let request = alice.request(Method::PATCH, "/room/1/messages/1").header("If-Match", tag);
        request.json(&json!({ "text": text })).send().await.unwrap()
    };
    let response = patch(&first, "two").await;
    let second = tag(&response);
    let edited: Message = response.json().await.unwrap();
    assert_eq!(second, format!("\"{}\"", edited.revision.unwrap()));
    assert_problem(patch(&first, "three").await, 412, "changed-meanwhile").await;
    // An honest repetition of the first edit, whose answer may have been lost.
    assert_eq!(patch(&first, "two").await.json::<Message>().await.unwrap(), edited);
    assert_problem(patch("1050", "three").await, 400, "bad-input").await;
    assert_eq!(patch(&format!("\"7\", W/{}-gzip\"", second.trim_end_matches('"')), "three").await.status(), 200);
    assert_eq!(patch("*", "four").await.status(), 200);
    let stale = alice.request(Method::DELETE, "/room/1/messages/1").header("If-Match", &second);
    assert_problem(stale.send().await.unwrap(), 412, "changed-meanwhile").await;
    assert_eq!(show(&alice, "/room/1/messages/1").await.text, "four");
}

#[tokio::test]
async fn a_known_revision_is_304() {
    let server = TestServer::start().await;
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "one").await;
    alice.tell("bob", "psst").await;
    for message in ["/room/1/messages/1", "/direct/bob/messages/1"] {
        let tag = alice.get(message).await.headers()["etag"].to_str().unwrap().to_owned();
        let get =
            async |tags: &str| alice.request(Method::GET, message).header("If-None-Match", tags).send().await.unwrap();
        for known in [tag.clone(), format!("\"1\", W/{tag}"), "*".to_owned()] {
            let response = get(&known).await;
            assert_eq!((response.status().as_u16(), response.headers()["etag"].to_str().unwrap()), (304, tag.as_str()));
            assert_eq!(response.text().await.unwrap(), "");
        }
        for other in ["\"7777\"", "\"\"", "nonsense"] {
            assert_eq!(get(other).await.status(), 200, "{other}");
        }
        edit(&alice, message, "two").await;
        assert_eq!(get(&tag).await.json::<Message>().await.unwrap().text, "two");
    }
}

#[tokio::test]
async fn a_repeated_send_returns_the_message_as_it_is_now() {
    let mut server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let send = async |user: &crate::harness::User, text: &str| {
        let request = user.request(Method::POST, "/send").header("Idempotency-Key", "k1");
        request.json(&json!({ "text": text })).send().await.unwrap()
    };
    assert_eq!(send(&alice, "one").await.status(), 201);
    let edited = edit(&alice, "/room/1/messages/1", "two").await;
    let repeated = send(&alice, "one").await;
    assert_eq!(repeated.status(), 201);
    assert_eq!(repeated.json::<Message>().await.unwrap(), edited);
    assert_problem(send(&alice, "two").await, 422, "idempotency-key-reused").await;
    server.restart().await;
    let alice = alice.on_new_connections();
    assert_eq!(send(&alice, "one").await.json::<Message>().await.unwrap(), edited);
    assert_eq!(delete(&alice, "/room/1/messages/1").await.status(), 204);
    let deleted = send(&alice, "one").await.json::<Value>().await.unwrap();
    assert_eq!((&deleted["text"], &deleted["deleted_by"]), (&json!(""), &json!("alice")));
}

#[tokio::test]
async fn edits_and_reactions_count_as_sends() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "4")]).await;
    let alice = server.guest("alice").await;
    alice.say("general", "one").await;
    edit(&alice, "/room/1/messages/1", "two").await;
    assert_eq!(super::react(&alice, "/room/1/messages/1", "👍").await.status(), 204);
    edit(&alice, "/room/1/messages/1", "three").await;
    assert_problem(try_edit(&alice, "/room/1/messages/1", "four").await, 429, "too-many-requests").await;
}
