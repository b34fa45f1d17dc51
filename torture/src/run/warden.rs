//! The owner of a private room, who writes in it, and shuts out its members and lets them in again all the time. Most
//! messages follow closely, on any node: none of them may reach the user who was just shut out.

use std::sync::Arc;
use std::time::Duration;

use linger_api::{Connected, IDEMPOTENCY_KEY};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;

use super::client::{Client, PASSWORD, PATIENCE};
use super::load::Load;
use super::pass::Pass;
use crate::history::{Event, Exit, Name, Node, Text};

/// The owner of a private room, and an administrator.
pub(super) struct Warden {
    client: Client,
    room: Name,
    id: i64,
    members: Vec<Member>,
    sent: u32,
    random: fastrand::Rng,
}

/// A user who is in the room at some times.
struct Member {
    name: Name,
    pass: Arc<Pass>,
    /// How the user was shut out, who is outside.
    exit: Option<Exit>,
}

impl Warden {
    /// Creates the private room with these members. `client` becomes its owner.
    pub(super) async fn open(
        load: &Load,
        client: Client,
        room: &Name,
        members: Vec<(Name, Arc<Pass>)>,
        random: fastrand::Rng,
    ) -> anyhow::Result<Self> {
        let names: Vec<_> = members.iter().map(|(name, _)| &**name).collect();
        let body = json!({ "name": &**room, "private": true, "members": names });
        let id = client.create(load, &body).await?;
        let members = members.into_iter().map(|(name, pass)| Member { name, pass, exit: None }).collect();
        Ok(Self { client, room: room.clone(), id, members, sent: 0, random })
    }

    /// Returns the room's id.
    pub(super) fn id(&self) -> i64 {
        self.id
    }

    pub(super) async fn run(mut self, load: Arc<Load>) {
        while !load.is_guarding_done() {
            let at = self.random.usize(0..self.members.len());
            match (self.random.u32(0..4), self.members[at].exit) {
                (0, _) => self.send(&load).await,
                (_, None) => self.shut_out(&load, at).await,
                (_, Some(exit)) => self.let_in(&load, at, exit).await,
            }
            tokio::time::sleep(Duration::from_millis(self.random.u64(0..30))).await;
        }
    }

    async fn shut_out(&mut self, load: &Load, at: usize) {
        let Member { name: user, pass, .. } = &self.members[at];
        let (user, pass) = (user.clone(), Arc::clone(pass));
        let how = [Exit::Removed, Exit::Removed, Exit::Disabled, Exit::SignedOut][self.random.usize(0..4)];
        let node = match how {
            Exit::Removed => {
                let path = format!("/room/{}/members/{user}", self.id);
                self.insist(load, |client, load, node| client.request(load, Method::DELETE, node, &path)).await.0
            }
            Exit::Disabled => {
                pass.end();
                self.disable(load, &user, true).await
            }
            Exit::SignedOut => {
                pass.end();
                let token = pass.token();
                // A repetition finds no session: 401.
                self.insist(load, |_, load, node| load.http.post(load.url(node, "/disconnect")).bearer_auth(&token))
                    .await
                    .0
            }
        };
        load.recorder.record(Event::ShutOut { room: self.room.clone(), user, node, how });
        if how == Exit::Removed {
            load.count_removal();
        }
        self.members[at].exit = Some(how);
        for _ in 0..self.random.u32(1..4) {
            self.send(load).await;
        }
    }

    async fn let_in(&mut self, load: &Load, at: usize, exit: Exit) {
        let Member { name: user, pass, .. } = &self.members[at];
        let (user, pass) = (user.clone(), Arc::clone(pass));
        load.recorder.record(Event::Admitting { room: self.room.clone(), user: user.clone() });
        if exit == Exit::Removed {
            let path = format!("/room/{}/members/{user}", self.id);
            let role = ["member", "reader", "owner"][self.random.usize(0..3)];
            let body = json!({ "role": role });
            self.insist(load, |client, load, node| client.request(load, Method::PUT, node, &path).json(&body)).await;
        } else {
            if exit == Exit::Disabled {
                self.disable(load, &user, false).await;
            }
            let body = json!({ "username": &*user, "password": PASSWORD, "create": false });
            let (_, answer) =
                self.insist(load, |_, load, node| load.http.post(load.url(node, "/connect")).json(&body)).await;
            match serde_json::from_slice::<Connected>(&answer) {
                Ok(connected) => pass.renew(connected.token),
                Err(error) => load.recorder.record(Event::Refused { what: format!("{user} signed in: {error}") }),
            }
        }
        self.members[at].exit = None;
    }

    /// Disables a user, or enables the user again. Returns the node that did.
    async fn disable(&mut self, load: &Load, user: &str, is_disabled: bool) -> Node {
        let (path, body) = (format!("/users/{user}"), json!({ "disabled": is_disabled }));
        self.insist(load, |client, load, node| client.request(load, Method::PATCH, node, &path).json(&body)).await.0
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

    /// Repeats a request, on any node, until it is answered with 2xx. Returns the node and the body. 401 to a
    /// repetition is an answer too.
    async fn insist(
        &mut self,
        load: &Load,
        request: impl Fn(&Client, &Load, Node) -> RequestBuilder,
    ) -> (Node, Vec<u8>) {
        let mut is_repeated = false;
        loop {
            self.client.node = load.other(self.client.node, &mut self.random);
            let node = self.client.node;
            let request = request(&self.client, load, node);
            match request.timeout(PATIENCE).send().await {
                Ok(response) if response.status().is_success() => {
                    if let Ok(body) = response.bytes().await {
                        return (node, body.to_vec());
                    }
                }
                Ok(response) if response.status() == StatusCode::UNAUTHORIZED && is_repeated => {
                    return (node, Vec::new());
                }
                Ok(response) if response.status() != StatusCode::SERVICE_UNAVAILABLE => {
                    let what = format!("the owner of {} was answered with {}", self.room, response.status());
                    load.recorder.record(Event::Refused { what });
                    return (node, Vec::new());
                }
                Ok(_) | Err(_) => {}
            }
            is_repeated = true;
            tokio::time::sleep(Duration::from_millis(self.random.u64(20..200))).await;
        }
    }
}
