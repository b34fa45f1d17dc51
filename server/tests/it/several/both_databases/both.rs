//! A server on each database, with the same clients on both.

use std::collections::HashMap;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::answer;
use crate::harness::{Client, TestServer, database};

/// A request to both servers. In the path, headers and body, `{cursor}` stands for the client's cursor,
/// `{id of NAME}` for a user's id, `{id of #NAME}` for a room's, and `{session of NAME}` for another session of a user.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The client's name; `-` is never signed in.
    pub(crate) client: String,
    /// `METHOD /path`.
    pub(crate) call: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
}

/// A server on SQLite and one on PostgreSQL.
pub(crate) struct Both {
    sides: [Side; 2],
}

struct Side {
    server: TestServer,
    http: Client,
    /// Clients' tokens, by name.
    tokens: HashMap<String, String>,
    /// Clients' cursors, by name.
    cursors: HashMap<String, String>,
    /// Ids by the names of users, and of rooms with a `#`.
    ids: HashMap<String, i64>,
    /// Ids of sessions other than the current one, by the users' names.
    sessions: HashMap<String, String>,
}

impl Request {
    pub(crate) fn new(client: &str, call: &str) -> Self {
        Self { client: client.to_owned(), call: call.to_owned(), headers: Vec::new(), body: None }
    }

    pub(crate) fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Both {
    /// Starts both servers on empty databases. Returns `None` if the suite does not run on PostgreSQL.
    pub(crate) async fn start() -> Option<Self> {
        if !database::is_postgres() {
            println!("skipped: comparing two databases needs PostgreSQL (`linger-rig postgres`)");
            return None;
        }
        Some(Self { sides: [Side::of(TestServer::start_on_sqlite().await), Side::of(TestServer::start().await)] })
    }

    /// Makes a user an administrator.
    pub(crate) async fn appoint(&self, name: &str) {
        for side in &self.sides {
            let sql = format!("update users set role = 'admin' where name = '{name}'");
            database::execute(&side.server.database_url(), &sql).await;
        }
    }

    /// Sends a request to both, compares the answers, and returns the status.
    pub(crate) async fn send(&mut self, request: &Request) -> u16 {
        let mut answers = Vec::new();
        let mut status = 0;
        for side in &mut self.sides {
            let response = side.send(request).await;
            status = response.status().as_u16();
            let (answer, raw) = answer::of(response, &side.server.url("")).await;
            side.learn(request, &raw);
            answers.push(answer);
        }
        assert_eq!(answers[0], answers[1], "SQLite and PostgreSQL differ: {request:?}");
        status
    }
}

impl Side {
    fn of(server: TestServer) -> Self {
        let (tokens, cursors, ids, sessions) = Default::default();
        Self { server, http: Client::new(), tokens, cursors, ids, sessions }
    }

    async fn send(&self, request: &Request) -> Response {
        let (method, path) = request.call.split_once(' ').unwrap();
        let cursor = self.cursors.get(&request.client).map_or("", String::as_str);
        let fill = |text: &str| self.fill_in_ids(&text.replace("{cursor}", cursor));
        let mut builder = self.http.request(method.parse::<Method>().unwrap(), self.server.url(&fill(path)));
        if let Some(token) = self.tokens.get(&request.client) {
            builder = builder.bearer_auth(token);
        }
        for (name, value) in &request.headers {
            builder = builder.header(name, fill(value));
        }
        match &request.body {
            None => builder,
            Some(body) => {
                // A string that consists of a placeholder for an id becomes a number.
                let body = fill(&body.to_string().replace("\"{id of", "{id of").replace("}\"", "}"));
                builder.header("Content-Type", "application/json").body(body)
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
        for (name, id) in &self.sessions {
            text = text.replace(&format!("{{session of {name}}}"), id);
        }
        text
    }

    fn learn(&mut self, request: &Request, answer: &Value) {
        if let Some(cursor) = answer["cursor"].as_str() {
            self.cursors.insert(request.client.clone(), cursor.to_owned());
        }
        if let Some(token) = answer["token"].as_str() {
            self.tokens.insert(request.client.clone(), token.to_owned());
        }
        if let (Some(name), Some(id), true) =
            (answer["name"].as_str(), answer["id"].as_i64(), answer["topic"].is_string())
        {
            self.ids.insert(format!("#{name}"), id);
        }
        let of_sessions = answer.as_array().into_iter().flatten().filter(|one| one["current"] == false);
        if let Some(id) = of_sessions.filter_map(|one| one["id"].as_str()).next_back() {
            self.sessions.insert(request.client.clone(), id.to_owned());
        }
        // A renewed token comes without its user.
        if let (Some(name), Some(id)) = (answer["user"]["name"].as_str(), answer["user"]["id"].as_i64()) {
            self.ids.insert(name.to_owned(), id);
        }
    }
}

/// Returns a request that signs in, as a guest or with a password.
pub(crate) fn connect(name: &str, password: Option<&str>) -> Request {
    let body = match password {
        Some(password) => json!({ "username": name, "password": password }),
        None => json!({ "username": name }),
    };
    Request::new(name, "POST /connect").body(body)
}
