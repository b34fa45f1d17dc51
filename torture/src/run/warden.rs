//! The owner of a private room, who writes in it, and removes and lets in its members all the time. Most messages follow
//! a removal closely, on any node: none of them may reach the removed user.

use std::sync::Arc;
use std::time::Duration;

use linger_api::IDEMPOTENCY_KEY;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;

use super::client::{Client, PATIENCE};
use super::load::Load;
use crate::history::{Event, Name, Node, Text};

/// The owner of a private room.
pub(super) struct Warden {
    client: Client,
    room: Name,
    id: i64,
    /// The members, and whether each is in the room.
    members: Vec<(Name, bool)>,
    sent: u32,
    random: fastrand::Rng,
}

impl Warden {
    /// Creates the private room with these members. `client` becomes its owner.
    pub(super) async fn open(
        load: &Load,
        client: Client,
        room: &Name,
        members: &[Name],
        random: fastrand::Rng,
    ) -> anyhow::Result<Self> {
        let members: Vec<_> = members.iter().map(|name| (name.clone(), true)).collect();
        let names: Vec<_> = members.iter().map(|(name, _)| &**name).collect();
        let body = json!({ "name": &**room, "private": true, "members": names });
        let id = client.create(load, &body).await?;
        Ok(Self { client, room: room.clone(), id, members, sent: 0, random })
    }

    /// Returns the room's id.
    pub(super) fn id(&self) -> i64 {
        self.id
    }

    pub(super) async fn run(mut self, load: Arc<Load>) {
        while !load.is_guarding_done() {
            match self.random.u32(0..4) {
                0 => self.send(&load).await,
                _ => self.let_in_or_remove(&load).await,
            }
            tokio::time::sleep(Duration::from_millis(self.random.u64(0..30))).await;
        }
    }

    async fn let_in_or_remove(&mut self, load: &Load) {
        let at = self.random.usize(0..self.members.len());
        let (user, is_in) = self.members[at].clone();
        let path = format!("/room/{}/members/{user}", self.id);
        let room = self.room.clone();
        if is_in {
            self.insist(load, |client, load, node| client.request(load, Method::DELETE, node, &path)).await;
            load.recorder.record(Event::Removed { room, user });
            load.count_removed();
            for _ in 0..self.random.u32(1..4) {
                self.send(load).await;
            }
        } else {
            load.recorder.record(Event::Admitting { room, user });
            let role = ["member", "reader", "owner"][self.random.usize(0..3)];
            let body = json!({ "role": role });
            self.insist(load, |client, load, node| client.request(load, Method::PUT, node, &path).json(&body)).await;
        }
        self.members[at].1 = !is_in;
    }

    async fn send(&mut self, load: &Load) {
        self.sent += 1;
        let text: Text = format!("{} {}", self.room, self.sent).into();
        let path = format!("/room/{}/messages", self.id);
        let (key, body) = (format!("{}-{}", self.room, self.sent), json!({ "text": &*text }));
        load.recorder.record(Event::Confiding { room: self.room.clone(), text });
        self.insist(load, |client, load, node| {
            client.request(load, Method::POST, node, &path).header(IDEMPOTENCY_KEY, &key).json(&body)
        })
        .await;
    }

    /// Repeats a request, on any node, until it is answered with 2xx.
    async fn insist(&mut self, load: &Load, request: impl Fn(&Client, &Load, Node) -> RequestBuilder) {
        loop {
            self.client.node = load.other(self.client.node, &mut self.random);
            let request = request(&self.client, load, self.client.node);
            match request.timeout(PATIENCE).send().await.map(|response| response.status()) {
                Ok(status) if status.is_success() => return,
                Ok(StatusCode::SERVICE_UNAVAILABLE) | Err(_) => {}
                Ok(status) => {
                    let what = format!("the owner of {} was answered with {status}", self.room);
                    load.recorder.record(Event::Refused { what });
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(self.random.u64(20..200))).await;
        }
    }
}
