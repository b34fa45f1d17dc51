//! A user with one client: one session and one cursor.

use linger_api::{Connected, Message, Polled};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{Client, RequestBuilder, TestServer};

/// A signed-in client.
#[derive(Clone)]
pub(crate) struct User {
    http: Client,
    base: String,
    /// The bearer token.
    pub(crate) token: String,
    /// The user's name.
    pub(crate) name: String,
    /// The user's id.
    pub(crate) id: i64,
    /// The client has received everything up to this cursor.
    pub(crate) cursor: String,
    /// The answer to `/connect`.
    pub(crate) connected: std::sync::Arc<Connected>,
}

impl User {
    /// Connects with this body. Panics unless that succeeds.
    pub(crate) async fn connect(server: &TestServer, body: &Value) -> Self {
        Self::connect_at(&server.url(""), body).await
    }

    /// Connects at this base URL with this body. Panics unless that succeeds.
    pub(crate) async fn connect_at(base: &str, body: &Value) -> Self {
        let http = Client::new();
        let response = http.post(format!("{base}/connect")).json(body).send().await.unwrap();
        Self::enter(http, base.to_owned(), response).await
    }

    /// Connects again with this client's token, which opens another session of the same user.
    pub(crate) async fn connect_again(&self) -> Self {
        let response = self.post("/connect", &json!({})).await;
        Self::enter(Client::new(), self.base.clone(), response).await
    }

    /// Returns this client, with its token and cursor, moved to another node.
    pub(crate) fn at(&self, server: &TestServer) -> Self {
        Self { base: server.url(""), ..self.clone() }
    }

    /// Returns this client with another token.
    pub(crate) fn with_token(&self, token: String) -> Self {
        Self { token, ..self.clone() }
    }

    /// Returns this client with new connections. The old ones may lead to a server that was killed.
    pub(crate) fn on_new_connections(&self) -> Self {
        Self { http: Client::new(), ..self.clone() }
    }

    async fn enter(http: Client, base: String, response: Response) -> Self {
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{status}: {text}");
        let connected: Connected = serde_json::from_str(&text).unwrap();
        Self {
            http,
            base,
            token: connected.token.clone(),
            name: connected.user.name.clone(),
            id: connected.user.id,
            cursor: connected.cursor.clone(),
            connected: std::sync::Arc::new(connected),
        }
    }

    /// Builds a request with this client's token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    /// Sends GET and returns the answer, whatever its status.
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// Sends POST with a JSON body and returns the answer, whatever its status.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    /// Sends GET and returns the JSON body. Panics unless the status is 200.
    pub(crate) async fn get_json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// Returns the newest messages of a history, at most 500, oldest first.
    pub(crate) async fn history(&self, path: &str) -> Vec<Message> {
        let mut page = self.get_json(&format!("{path}?limit=500")).await;
        serde_json::from_value(page["messages"].take()).unwrap()
    }

    /// Sends a message to the room of that name.
    pub(crate) async fn say(&self, room: &str, text: &str) -> Message {
        posted(self.post("/send", &json!({ "room": room, "text": text })).await).await
    }

    /// Sends a direct message.
    pub(crate) async fn tell(&self, to: &str, text: &str) -> Message {
        posted(self.post("/send-private", &json!({ "to": to, "text": text })).await).await
    }

    /// Creates a room and returns its id.
    pub(crate) async fn create_room(&self, name: &str) -> i64 {
        let response = self.post("/rooms", &json!({ "name": name })).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        response.json::<Value>().await.unwrap()["id"].as_i64().unwrap()
    }

    /// Creates a room with this body and returns its id.
    pub(crate) async fn create_room_with(&self, body: &Value) -> i64 {
        let response = self.post("/rooms", body).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        response.json::<Value>().await.unwrap()["id"].as_i64().unwrap()
    }

    /// Changes a room and returns the answer, whatever its status.
    pub(crate) async fn change_room(&self, room: i64, body: &Value) -> Response {
        self.request(Method::PATCH, &format!("/room/{room}")).json(body).send().await.unwrap()
    }

    /// Gives a user a role in a room and returns the answer, whatever its status.
    pub(crate) async fn set_member(&self, room: i64, name: &str, role: &str) -> Response {
        let path = format!("/room/{room}/members/{name}");
        self.request(Method::PUT, &path).json(&json!({ "role": role })).send().await.unwrap()
    }

    /// Removes a user from a room and returns the answer, whatever its status.
    pub(crate) async fn remove_member(&self, room: i64, name: &str) -> Response {
        self.request(Method::DELETE, &format!("/room/{room}/members/{name}")).send().await.unwrap()
    }

    /// Joins a room.
    pub(crate) async fn join(&self, room: i64) {
        let response = self.post(&format!("/room/{room}/join"), &json!({})).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
    }

    /// Polls from this client's cursor, with further parameters such as `&wait=0`. Leaves the cursor where it is.
    pub(crate) async fn peek(&self, parameters: &str) -> Polled {
        let response = self.get(&format!("/poll?cursor={}{parameters}", self.cursor)).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    /// Polls from this client's cursor and moves it to the answer's.
    pub(crate) async fn poll(&mut self, parameters: &str) -> Polled {
        let polled = self.peek(parameters).await;
        self.cursor.clone_from(&polled.cursor);
        polled
    }

    /// Returns the number of unread messages in a room, or with `@name` in a direct conversation.
    pub(crate) async fn unread(&self, conversation: &str) -> i64 {
        let path = match conversation.strip_prefix('@') {
            Some(name) => format!("/status?direct={name}"),
            None => format!("/status?room={conversation}"),
        };
        self.get_json(&path).await["conversations"][0]["unread"].as_i64().unwrap()
    }
}

async fn posted(response: Response) -> Message {
    assert_eq!(response.status(), StatusCode::CREATED);
    response.json().await.unwrap()
}

/// Returns the messages' texts.
pub(crate) fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.text.as_str()).collect()
}

/// Checks that an answer is a complete problem of this status and type, and returns its body.
pub(crate) async fn assert_problem(response: Response, status: u16, kind: &str) -> Value {
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    if status == 401 {
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["type"], format!("/problems/{kind}"));
    assert_eq!(problem["status"], status);
    assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
    problem
}

/// Returns a good body for a call that takes one, and an empty object for any other.
pub(crate) fn body_for(path: &str) -> Value {
    match path.rsplit('/').next().unwrap() {
        "send" | "messages" => json!({ "text": "hi" }),
        "send-private" => json!({ "text": "hi", "to": "bob" }),
        "rooms" => json!({ "name": "lobby" }),
        "read" => json!({ "seq": 0 }),
        _ => json!({}),
    }
}
