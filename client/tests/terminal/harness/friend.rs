//! Another user in the chat, over plain HTTP.

use linger_api::{Connected, Message};
use serde_json::{Value, json};

use super::Server;

/// Another user, signed in.
pub(crate) struct Friend {
    base: String,
    pub(crate) token: String,
}

impl Friend {
    /// Connects a guest.
    pub(crate) fn guest(server: &Server, name: &str) -> Self {
        Self::connect(server, json!({ "username": name }))
    }

    /// Connects an account; its password is the name and ` password`.
    pub(crate) fn account(server: &Server, name: &str) -> Self {
        Self::connect(server, json!({ "username": name, "password": format!("{name} password") }))
    }

    fn connect(server: &Server, body: Value) -> Self {
        let mut answer = ureq::post(format!("{}/connect", server.url())).send_json(body).unwrap();
        let connected: Connected = answer.body_mut().read_json().unwrap();
        Self { base: server.url(), token: connected.token }
    }

    /// Acts in an existing session.
    pub(crate) fn with_token(server: &Server, token: &str) -> Self {
        Self { base: server.url(), token: token.to_owned() }
    }

    /// Sends a message to a room.
    pub(crate) fn says_in(&self, room: &str, text: &str) -> Message {
        self.post("/send", json!({ "room": room, "text": text })).body_mut().read_json().unwrap()
    }

    /// Sends a message to general.
    pub(crate) fn says(&self, text: &str) -> Message {
        self.says_in("general", text)
    }

    /// Sends a private message.
    pub(crate) fn tells(&self, name: &str, text: &str) -> Message {
        self.post("/send-private", json!({ "to": name, "text": text })).body_mut().read_json().unwrap()
    }

    /// Creates a room and joins it.
    pub(crate) fn creates(&self, room: &str) {
        self.post("/rooms", json!({ "name": room }));
    }

    /// Leaves the room with this id.
    pub(crate) fn leaves(&self, room: i64) {
        self.post(&format!("/room/{room}/leave"), json!({}));
    }

    /// Opens another session of the same user, and returns its token.
    pub(crate) fn connects_again(&self) -> String {
        let connected: Connected = self.post("/connect", json!({})).body_mut().read_json().unwrap();
        connected.token
    }

    /// Signs out.
    pub(crate) fn disconnects(&self) {
        self.post("/disconnect", json!({}));
    }

    /// Returns the latest hundred messages of general.
    pub(crate) fn reads(&self) -> Vec<Message> {
        let request = ureq::get(format!("{}/room/1/messages", self.base)).header("Authorization", self.bearer());
        let page: linger_api::Page = request.call().unwrap().body_mut().read_json().unwrap();
        page.messages
    }

    /// Returns up to five hundred messages of general after this seq.
    pub(crate) fn reads_after(&self, seq: i64) -> Vec<Message> {
        let url = format!("{}/room/1/messages?limit=500&after={seq}", self.base);
        let request = ureq::get(url).header("Authorization", self.bearer());
        let page: linger_api::Page = request.call().unwrap().body_mut().read_json().unwrap();
        page.messages
    }

    /// Edits a message of general.
    pub(crate) fn edits(&self, seq: i64, text: &str) -> Message {
        let request = ureq::patch(self.message(seq)).header("Authorization", self.bearer());
        request.send_json(json!({ "text": text })).unwrap().body_mut().read_json().unwrap()
    }

    /// Deletes a message of general.
    pub(crate) fn deletes(&self, seq: i64) {
        ureq::delete(self.message(seq)).header("Authorization", self.bearer()).call().unwrap();
    }

    /// Reacts to a message of general with a thumb.
    pub(crate) fn likes(&self, seq: i64) {
        let url = format!("{}/reactions/%F0%9F%91%8D", self.message(seq));
        ureq::put(url).header("Authorization", self.bearer()).send_empty().unwrap();
    }

    /// Answers a message of general.
    pub(crate) fn answers(&self, seq: i64, text: &str) -> Message {
        self.post("/send", json!({ "text": text, "reply_to": seq })).body_mut().read_json().unwrap()
    }

    /// Sets how far the user has read a conversation, such as `room/1` or `direct/bob`.
    pub(crate) fn has_read(&self, conversation: &str, seq: i64) {
        self.post(&format!("/{conversation}/read"), json!({ "seq": seq }));
    }

    /// Makes an invitation, and returns its link.
    pub(crate) fn invites(&self, invitation: Value) -> String {
        let answer: Value = self.post("/invites", invitation).body_mut().read_json().unwrap();
        answer["url"].as_str().unwrap().to_owned()
    }

    /// Creates a private room with these users, and returns its id.
    pub(crate) fn creates_private(&self, room: &str, members: &[&str]) -> i64 {
        let body = json!({ "name": room, "private": true, "members": members });
        let answer: Value = self.post("/rooms", body).body_mut().read_json().unwrap();
        answer["id"].as_i64().unwrap()
    }

    /// Gives a user a role in a room.
    pub(crate) fn gives_role(&self, room: i64, name: &str, role: &str) {
        let url = format!("{}/room/{room}/members/{name}", self.base);
        ureq::put(url).header("Authorization", self.bearer()).send_json(json!({ "role": role })).unwrap();
    }

    /// Removes a user from a room.
    pub(crate) fn removes(&self, room: i64, name: &str) {
        let url = format!("{}/room/{room}/members/{name}", self.base);
        ureq::delete(url).header("Authorization", self.bearer()).call().unwrap();
    }

    fn message(&self, seq: i64) -> String {
        format!("{}/room/1/messages/{seq}", self.base)
    }

    fn post(&self, path: &str, body: Value) -> ureq::http::Response<ureq::Body> {
        let request = ureq::post(format!("{}{path}", self.base)).header("Authorization", self.bearer());
        request.send_json(body).unwrap()
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}
