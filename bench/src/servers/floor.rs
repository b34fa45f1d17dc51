//! The floor: Rocket with the same features as in linger, and nothing on top. Its POST takes the same body but stores
//! nothing and checks no token. Its polls and streams wait on a bare `Notify`, and answer with as many bytes as
//! linger's. A client that polls too late misses messages.

use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use linger_rig::folder::Folder;
use rocket::http::Status;
use rocket::response::content::RawJson;
use rocket::response::stream::{Event, EventStream};
use rocket::serde::json::{Json, Value, json};
use rocket::{State, get, post, routes};
use tokio::sync::Notify;

use super::Server;

/// The length of linger's token for a guest.
pub(crate) const TOKEN_BYTES: usize = 286;

/// The length of linger's cursor.
pub(crate) const CURSOR_BYTES: usize = 22;

/// Starts the floor as a process of its own.
pub(crate) fn start() -> anyhow::Result<Server> {
    let port = linger_rig::port::free()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", "--port", &port.to_string()]);
    Server::start("floor", port, &Folder::new()?, &mut command)
}

/// The last message, and the readers waiting for the next.
#[derive(Default)]
struct Room {
    text: Mutex<Arc<str>>,
    wake: Notify,
}

impl Room {
    fn page(&self) -> String {
        let text = Arc::clone(&self.text.lock().unwrap_or_else(PoisonError::into_inner));
        page(&text)
    }
}

/// Returns an answer to a poll with the same number of bytes as linger's.
pub(crate) fn page(text: &str) -> String {
    format!(
        r#"{{"messages":[{{"id":1,"seq":1,"room_id":1,"room":"general","from":"guest-123456","text":"{text}","sent_at":"2026-01-01T00:00:00.000Z"}}],"more":false,"cursor":"{:c<CURSOR_BYTES$}"}}"#,
        ""
    )
}

#[post("/connect")]
fn connect() -> (Status, Value) {
    let (token, cursor) = ("t".repeat(TOKEN_BYTES), "c".repeat(CURSOR_BYTES));
    (Status::Created, json!({ "token": token, "messages": [], "more": false, "cursor": cursor }))
}

#[post("/send", data = "<message>")]
fn send(room: &State<Room>, message: Json<Value>) -> (Status, Value) {
    let text = message.0["text"].as_str().unwrap_or_default();
    *room.text.lock().unwrap_or_else(PoisonError::into_inner) = text.into();
    room.wake.notify_waiters();
    (Status::Created, json!({ "id": 1, "seq": 1, "text": text }))
}

#[get("/poll")]
async fn poll(room: &State<Room>) -> RawJson<String> {
    room.wake.notified().await;
    RawJson(room.page())
}

#[get("/stream")]
fn stream(room: &State<Room>) -> EventStream![Event + '_] {
    EventStream! {
        loop {
            room.wake.notified().await;
            yield Event::data(room.page()).id("c".repeat(CURSOR_BYTES));
        }
    }
}

/// Serves until it is killed.
pub(crate) async fn serve(port: u16) -> anyhow::Result<()> {
    let config = rocket::Config::figment().merge(("port", port)).merge(("log_level", "off")).merge(("ident", false));
    let rocket = rocket::custom(config).manage(Room::default()).mount("/", routes![connect, send, poll, stream]);
    rocket.launch().await.map(|_| ()).map_err(|error| anyhow::anyhow!("{}", error.kind()))
}
