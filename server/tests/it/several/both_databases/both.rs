//! A server on each database, and clients with the same names on both.

use std::collections::HashMap;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::answer;
use crate::harness::{Client, TestServer, database};

/// A request. `{cursor}` in its path stands for the client's cursor, `{id of NAME}` there or in its body for a
/// user's id.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The client's name; nobody is signed in as `-`.
    pub who: String,
    /// `METHOD /path`.
    pub call: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Value>,
}

/// A server on SQLite and one on PostgreSQL.
pub struct Both {
    sides: [Side; 2],
}

struct Side {
    server: TestServer,
    http: Client,
    /// Tokens and cursors of clients, ids of users, by their names.
    tokens: HashMap<String, String>,
    cursors: HashMap<String, String>,
    ids: HashMap<String, i64>,
}

impl Ask {
    pub fn new(who: &str, call: &str) -> Self {
        Self { who: who.to_owned(), call: call.to_owned(), headers: Vec::new(), body: None }
    }

    pub fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Both {
    /// Both, on empty databases; nothing without a PostgreSQL.
    pub async fn start() -> Option<Self> {
        if !database::is_postgres() {
            println!("skipped: comparing two databases needs PostgreSQL (`linger-rig postgres`)");
            return None;
        }
        Some(Self { sides: [Side::of(TestServer::start_on_sqlite().await), Side::of(TestServer::start().await)] })
    }

    /// Asks both, compares, and returns the status.
    pub async fn ask(&mut self, ask: &Ask) -> u16 {
        let mut answers = Vec::new();
        let mut status = 0;
        for side in &mut self.sides {
            let response = side.send(ask).await;
            status = response.status().as_u16();
            let (answer, raw) = answer::of(response, &side.server.url("")).await;
            side.learn(ask, &raw);
            answers.push(answer);
        }
        assert_eq!(answers[0], answers[1], "SQLite and PostgreSQL, asked {ask:?}");
        status
    }
}

impl Side {
    fn of(server: TestServer) -> Self {
        let (tokens, cursors, ids) = Default::default();
        Self { server, http: Client::new(), tokens, cursors, ids }
    }

    async fn send(&self, ask: &Ask) -> Response {
        let (method, path) = ask.call.split_once(' ').unwrap();
        let cursor = self.cursors.get(&ask.who).map_or("", String::as_str);
        let fill = |text: &str| self.fill_in_ids(&text.replace("{cursor}", cursor));
        let mut request = self.http.request(method.parse::<Method>().unwrap(), self.server.url(&fill(path)));
        if let Some(token) = self.tokens.get(&ask.who) {
            request = request.bearer_auth(token);
        }
        for (name, value) in &ask.headers {
            request = request.header(name, fill(value));
        }
        match &ask.body {
            None => request,
            Some(body) => {
                // A whole text that stands for an id becomes a number.
                let body = fill(&body.to_string().replace("\"{id of", "{id of").replace("}\"", "}"));
                request.header("Content-Type", "application/json").body(body)
            }
        }
        .send()
        .await
        .unwrap()
    }

    fn fill_in_ids(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, id) in &self.ids {
            text = text.replace(&format!("{{id of {name}}}"), &id.to_string());
        }
        text
    }

    fn learn(&mut self, ask: &Ask, answer: &Value) {
        if let Some(cursor) = answer["cursor"].as_str() {
            self.cursors.insert(ask.who.clone(), cursor.to_owned());
        }
        if let Some(token) = answer["token"].as_str() {
            self.tokens.insert(ask.who.clone(), token.to_owned());
            self.ids
                .insert(answer["user"]["name"].as_str().unwrap().to_owned(), answer["user"]["id"].as_i64().unwrap());
        }
    }
}

/// Signs in as a guest, or as somebody with a password.
pub fn connect(who: &str, password: Option<&str>) -> Ask {
    let body = match password {
        Some(password) => json!({ "username": who, "password": password }),
        None => json!({ "username": who }),
    };
    Ask::new(who, "POST /connect").body(body)
}
