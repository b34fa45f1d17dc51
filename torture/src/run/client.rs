//! The requests of one session, on any node.

use std::time::Duration;

use anyhow::{Context, ensure};
use linger_api::{Connected, Message, Page, Status};
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::load::Load;
use crate::history::{Conversation, Event, Name, Node};

/// A session.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) user: Name,
    pub(super) token: String,
    pub(super) cursor: String,
    /// The node it asks, until it has a reason to switch.
    pub(super) node: Node,
}

/// The outcome of a request.
pub(super) enum Answer<T> {
    /// The expected answer.
    Good(T),
    /// 503 with `Retry-After`, or no answer. The request may be retried.
    Failed(Option<u16>),
    /// Anything else. Unless it is 409, it has been recorded as unexplained.
    Wrong(u16),
}

/// The time limit for requests that are not held.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);

/// The password of every account.
pub(super) const PASSWORD: &str = "open sesame";

/// The number of attempts for requests that must succeed while no fault is active.
const TRIES: usize = 50;

impl Client {
    /// Connects a new guest with this name.
    pub(super) async fn connect(load: &Load, user: &Name, node: Node) -> anyhow::Result<Self> {
        Self::come_in(load, user, node, &json!({ "username": &**user })).await
    }

    /// Connects a new account with this name.
    pub(super) async fn sign_up(load: &Load, user: &Name, node: Node) -> anyhow::Result<Self> {
        Self::come_in(load, user, node, &json!({ "username": &**user, "password": PASSWORD })).await
    }

    async fn come_in(load: &Load, user: &Name, node: Node, body: &Value) -> anyhow::Result<Self> {
        let request = load.http.post(load.url(node, "/connect")).json(body);
        let connected: Connected = expect(request, StatusCode::CREATED).await?;
        Ok(Self { user: user.clone(), token: connected.token, cursor: connected.cursor, node })
    }

    /// Opens a second session for a connected user.
    pub(super) async fn connect_again(load: &Load, client: &Self, node: Node) -> anyhow::Result<Self> {
        let request = client.request(load, Method::POST, node, "/connect").json(&json!({}));
        let connected: Connected = expect(request, StatusCode::OK).await?;
        ensure!(connected.messages.is_empty(), "a new session has unread messages before the run");
        Ok(Self { token: connected.token, cursor: connected.cursor, node, ..client.clone() })
    }

    pub(super) fn request(&self, load: &Load, method: Method, node: Node, path: &str) -> RequestBuilder {
        load.http.request(method, load.url(node, path)).bearer_auth(&self.token)
    }

    /// Sends a request once and expects an answer with `status` and JSON.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        load: &Load,
        request: RequestBuilder,
        patience: Duration,
        status: StatusCode,
    ) -> Answer<T> {
        self.ask_as(load, request, patience, status, |body| serde_json::from_slice(body).ok()).await
    }

    /// Sends a request once and expects an answer with `status`, whose body `parse` understands.
    pub(super) async fn ask_as<T>(
        &self,
        load: &Load,
        request: RequestBuilder,
        patience: Duration,
        status: StatusCode,
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> Answer<T> {
        let Ok(response) = request.timeout(patience).send().await else { return Answer::Failed(None) };
        let (actual, retry_after) = (response.status(), response.headers().contains_key(header::RETRY_AFTER));
        let Ok(body) = response.bytes().await else { return Answer::Failed(None) };
        if actual == StatusCode::SERVICE_UNAVAILABLE && retry_after {
            return Answer::Failed(Some(actual.as_u16()));
        }
        // The verdict knows whether the message was deleted.
        if actual == StatusCode::CONFLICT {
            return Answer::Wrong(actual.as_u16());
        }
        if actual == status
            && let Some(value) = parse(&body)
        {
            return Answer::Good(value);
        }
        let what = format!("{} was answered with {actual} {}", self.user, String::from_utf8_lossy(&body));
        load.recorder.record(Event::Refused { what });
        Answer::Wrong(actual.as_u16())
    }

    pub(super) async fn create_room(&self, load: &Load, name: &str) -> anyhow::Result<i64> {
        self.create(load, &json!({ "name": name })).await
    }

    /// Creates a room, and returns its id.
    pub(super) async fn create(&self, load: &Load, room: &Value) -> anyhow::Result<i64> {
        let request = self.request(load, Method::POST, self.node, "/rooms").json(room);
        let room: Value = expect(request, StatusCode::CREATED).await?;
        room["id"].as_i64().context("a room has an id")
    }

    pub(super) async fn join(&self, load: &Load, room: i64) -> anyhow::Result<()> {
        let request = self.request(load, Method::POST, self.node, &format!("/room/{room}/join"));
        let response = request.send().await?;
        ensure!(response.status() == StatusCode::NO_CONTENT, "joining was answered with {}", response.status());
        Ok(())
    }

    /// Reads a conversation's whole history on one node, page by page from the beginning.
    pub(super) async fn read_history(
        &self,
        load: &Load,
        node: Node,
        conversation: &Conversation,
    ) -> anyhow::Result<Vec<Message>> {
        let base = load.path_of(conversation, &self.user);
        let mut messages: Vec<Message> = Vec::new();
        loop {
            let after = messages.last().map_or(0, |message| message.seq);
            let path = format!("{base}/messages?after={after}&limit=500");
            let Some(page): Option<Page> = self.get_with_retries(load, node, &path).await? else { return Ok(messages) };
            messages.extend(page.messages);
            if !page.more {
                return Ok(messages);
            }
        }
    }

    pub(super) async fn status(&self, load: &Load, node: Node) -> anyhow::Result<Status> {
        self.get_with_retries(load, node, "/status").await?.context("/status was not found")
    }

    /// Repeats a GET until it is answered. Returns `None` on 404, as for a direct conversation without messages.
    async fn get_with_retries<T: DeserializeOwned>(
        &self,
        load: &Load,
        node: Node,
        path: &str,
    ) -> anyhow::Result<Option<T>> {
        let mut last = String::new();
        for _ in 0..TRIES {
            match self.request(load, Method::GET, node, path).timeout(PATIENCE).send().await {
                Ok(response) if response.status() == StatusCode::OK => return Ok(Some(response.json().await?)),
                Ok(response) if response.status() == StatusCode::NOT_FOUND => return Ok(None),
                Ok(response) => last = response.status().to_string(),
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        anyhow::bail!("{path} on node {node}: {last}")
    }
}

async fn expect<T: DeserializeOwned>(request: RequestBuilder, status: StatusCode) -> anyhow::Result<T> {
    let response = request.timeout(PATIENCE).send().await?;
    ensure!(response.status() == status, "{} was answered with {}", response.url(), response.status());
    Ok(response.json().await?)
}
