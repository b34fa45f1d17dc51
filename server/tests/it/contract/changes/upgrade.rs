//! A database that linger 0.1 has written, kept in `tests/fixtures/0.1`: three users, a room, direct messages, read
//! positions, an idempotency key, and the tokens and cursors of the clients, which do not expire before the year 2126.

use linger_api::{Message, Polled};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};

use super::{changed, delete, edit, react, show};
use crate::harness::{TestServer, User, database, texts};

const DATABASE: &str = include_str!("../../../fixtures/0.1/linger.sql");
const SIGNING_KEY: &str = include_str!("../../../fixtures/0.1/signing.key");
const CLIENTS: &str = include_str!("../../../fixtures/0.1/clients.json");

/// Starts a server on the database. Returns the clients' tokens and cursors with it.
async fn start() -> (TestServer, Value) {
    let mut server = TestServer::start().await;
    assert!(server.stop().await.success());
    let files = server.folder().join("var");
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(files.join(format!("linger.db{ending}")));
    }
    std::fs::write(files.join("signing.key"), SIGNING_KEY).unwrap();
    let mut connection = SqliteConnection::connect(&format!("{}?mode=rwc", server.database_url())).await.unwrap();
    sqlx::raw_sql(DATABASE).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    server.start_again().await;
    (server, serde_json::from_str(CLIENTS).unwrap())
}

/// Returns a client that signed in to 0.1, with its token.
async fn client(server: &TestServer, clients: &Value, name: &str) -> User {
    let helper = server.guest(&format!("{name}-helper")).await;
    let mut user = helper.with_token(clients[name].as_str().unwrap().to_owned());
    user.name = name.to_owned();
    user.cursor = clients[format!("{name}_cursor")].as_str().unwrap_or_default().to_owned();
    user
}

#[tokio::test]
async fn a_database_of_0_1_is_brought_up_to_date_and_everything_on_it_works() {
    if database::is_postgres() {
        return;
    }
    let (server, clients) = start().await;
    let (alice, mut bob, mut carol) = (
        client(&server, &clients, "alice").await,
        client(&server, &clients, "bob").await,
        client(&server, &clients, "carol").await,
    );
    // Positions.
    for [name, unread] in serde_json::from_value::<Vec<[Value; 2]>>(clients["bob_unread"].clone()).unwrap() {
        let name = name.as_str().unwrap();
        let name = if name == "alice" { "@alice".to_owned() } else { name.to_owned() };
        assert_eq!(json!(bob.unread(&name).await), unread, "{name}");
    }
    // Passwords.
    for (name, password) in [("alice", "correct horse"), ("bob", "battery staple")] {
        let response = server.connect(&json!({ "username": name, "password": password })).await;
        assert_eq!(response.status(), 200, "{name}");
    }
    // Keys.
    let request = carol.request(Method::POST, "/send").header("Idempotency-Key", "key-1");
    let repeated: Message = request.json(&json!({ "text": "with a key" })).send().await.unwrap().json().await.unwrap();
    assert_eq!(json!(repeated.id), clients["key_message"]);
    // Cursors.
    let polled: Polled = bob.poll("&wait=0&mark_read=false").await;
    assert_eq!(texts(&polled.messages), ["psst", "what", "with a key", "last"]);
    assert_eq!(carol.poll("&wait=0").await.messages.len(), 7);
    // What is new works on what is old.
    let edited = edit(&alice, "/direct/bob/messages/1", "hush").await;
    assert_eq!(edited.revision, Some(polled.messages[3].id + 1), "after everything that was there");
    assert_eq!(react(&bob, "/room/2/messages/1", "👍").await.status(), 204);
    assert_eq!(delete(&alice, "/room/2/messages/2").await.status(), 204);
    let polled = bob.poll("&wait=0&mark_read=false&changes=true").await;
    assert_eq!(texts(changed(&polled)), ["hush", "lobby 1", ""]);
    assert_eq!(polled.conversations.unwrap().len(), 3, "an earlier cursor knows no positions");
    assert_eq!(show(&carol, "/room/1/messages/1").await.revision, None);
}

#[tokio::test]
async fn a_key_of_0_1_returns_the_message_after_an_edit() {
    if database::is_postgres() {
        return;
    }
    let (server, clients) = start().await;
    let carol = client(&server, &clients, "carol").await;
    let history = carol.history("/room/1/messages").await;
    let keyed = history.iter().find(|message| json!(message.id) == clients["key_message"]).unwrap();
    let edited = edit(&carol, &format!("/room/1/messages/{}", keyed.seq), "edited").await;
    let request = carol.request(Method::POST, "/send").header("Idempotency-Key", "key-1");
    let repeated: Message = request.json(&json!({ "text": "with a key" })).send().await.unwrap().json().await.unwrap();
    assert_eq!(repeated, edited);
}
