//! `POST /me/away`: a client says that it is gone, and its user is no longer online.

use serde_json::{Value, json};

use crate::harness::{LocalServer, User, until};

/// Returns whether alice is online, as another user sees it.
async fn is_online(observer: &User) -> bool {
    observer.get_json("/users/alice").await["online"] == true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_is_not_online_until_its_next_call() {
    let server = LocalServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let held = server.hold(&alice, &format!("/poll?cursor={}&wait=50", alice.cursor)).await;
    assert!(is_online(&bob).await);
    assert_eq!(alice.post("/me/away", &json!({})).await.status(), 204);
    let ended: Value = held.await.unwrap().json().await.unwrap();
    assert_eq!(ended["messages"], json!([]), "the held request ends as if nothing had come: {ended}");
    until("nothing is held", async || server.observer.held_requests() == 0).await;
    assert!(!is_online(&bob).await);
    assert_eq!(alice.get("/rooms").await.status(), 200, "the session stays");
    assert!(is_online(&bob).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_stays_online_through_another_session() {
    let server = LocalServer::start().await;
    let (bob, page) = (server.guest("bob").await, server.guest("alice").await);
    let phone = page.connect_again().await;
    let held = server.hold(&phone, &format!("/poll?cursor={}&wait=50", phone.cursor)).await;
    assert_eq!(page.post("/me/away", &json!({})).await.status(), 204);
    assert!(is_online(&bob).await, "the phone holds a request");
    assert!(!held.is_finished());
    bob.say("general", "for the phone").await;
    assert_eq!(held.await.unwrap().status(), 200);

    assert_eq!(phone.get("/rooms").await.status(), 200);
    assert_eq!(page.get("/rooms").await.status(), 200);
    assert_eq!(page.post("/me/away", &json!({})).await.status(), 204);
    assert!(is_online(&bob).await, "the phone called in the last minute");
    assert_eq!(phone.post("/me/away", &json!({})).await.status(), 204);
    assert!(!is_online(&bob).await);
}
