//! Somebody else in the chat, who speaks HTTP.

use linger_api::{Connected, Message};
use serde_json::{Value, json};

use crate::harness::Server;

/// Another user, signed in.
pub struct Friend {
    base: String,
    /// The session's token.
    pub token: String,
}

impl Friend {
    /// A guest of this name.
    pub fn guest(server: &Server, name: &str) -> Self {
        Self::connect(server, json!({ "username": name }))
    }

    /// The account of this name; its password is the name and ` password`.
    pub fn account(server: &Server, name: &str) -> Self {
        Self::connect(server, json!({ "username": name, "password": format!("{name} password") }))
    }

    fn connect(server: &Server, body: Value) -> Self {
        let mut answer = ureq::post(format!("{}/connect", server.url())).send_json(body).unwrap();
        let connected: Connected = answer.body_mut().read_json().unwrap();
        Self { base: server.url(), token: connected.token }
    }

    /// Acts in the session of somebody else.
    pub fn with_token(server: &Server, token: &str) -> Self {
        Self { base: server.url(), token: token.to_owned() }
    }

    /// Says something in a room.
    pub fn says_in(&self, room: &str, text: &str) -> Message {
        self.post("/send", json!({ "room": room, "text": text })).body_mut().read_json().unwrap()
    }

    /// Says something in general.
    pub fn says(&self, text: &str) -> Message {
        self.says_in("general", text)
    }

    /// Says something to a user.
    pub fn tells(&self, name: &str, text: &str) -> Message {
        self.post("/send-private", json!({ "to": name, "text": text })).body_mut().read_json().unwrap()
    }

    /// Creates a room and joins it.
    pub fn creates(&self, room: &str) {
        self.post("/rooms", json!({ "name": room }));
    }

    /// Ends the session.
    pub fn disconnects(&self) {
        self.post("/disconnect", json!({}));
    }

    /// The messages of general, the latest hundred.
    pub fn reads(&self) -> Vec<Message> {
        let request = ureq::get(format!("{}/room/1/messages", self.base)).header("Authorization", self.bearer());
        let page: linger_api::Page = request.call().unwrap().body_mut().read_json().unwrap();
        page.messages
    }

    /// The messages of general after this seq, up to five hundred.
    pub fn reads_after(&self, seq: i64) -> Vec<Message> {
        let url = format!("{}/room/1/messages?limit=500&after={seq}", self.base);
        let request = ureq::get(url).header("Authorization", self.bearer());
        let page: linger_api::Page = request.call().unwrap().body_mut().read_json().unwrap();
        page.messages
    }

    fn post(&self, path: &str, body: Value) -> ureq::http::Response<ureq::Body> {
        let request = ureq::post(format!("{}{path}", self.base)).header("Authorization", self.bearer());
        request.send_json(body).unwrap()
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}
