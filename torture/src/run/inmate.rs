//! A user who is shut out of a private room and let in again, and asks for its messages all the time: by polls,
//! subscriptions, history and `/status`.

use std::sync::Arc;
use std::time::Duration;

use linger_api::{Message, Page, Polled};
use reqwest::{Method, StatusCode};

use super::client::{Client, PATIENCE};
use super::load::Load;
use super::pass::Pass;
use crate::history::{Event, Name};

/// How long requests are held at most, in seconds.
const WAIT: u64 = 5;

/// A user who is in the room at some times.
pub(super) struct Inmate {
    client: Client,
    pass: Arc<Pass>,
    room: Name,
    id: i64,
    random: fastrand::Rng,
}

impl Inmate {
    pub(super) fn new(client: Client, pass: Arc<Pass>, room: &Name, id: i64, random: fastrand::Rng) -> Self {
        Self { client, pass, room: room.clone(), id, random }
    }

    pub(super) async fn run(mut self, load: Arc<Load>) {
        while !load.is_guarding_done() {
            if self.random.u32(0..8) == 0 {
                self.client.node = load.other(self.client.node, &mut self.random);
            }
            let changes = if self.random.bool() { "&changes=true" } else { "" };
            let (wait, cursor) = (self.random.u64(0..=WAIT), &self.client.cursor);
            let path = match self.random.u32(0..8) {
                0..4 => format!("/poll?cursor={cursor}&wait={wait}&mark_read=false{changes}"),
                4..6 => format!("/room/{}/subscribe?cursor={cursor}&wait={wait}{changes}", self.id),
                6 => format!("/room/{}/messages", self.id),
                _ => format!("/status?room={}&latest=20", self.room),
            };
            let is_heard = self.ask(&load, &path).await;
            let rest_ms = if is_heard { self.random.u64(0..20) } else { self.random.u64(20..100) };
            tokio::time::sleep(Duration::from_millis(rest_ms)).await;
        }
    }

    /// Asks once, and records what the answer has of the room. Returns whether it was answered with messages.
    async fn ask(&mut self, load: &Load, path: &str) -> bool {
        self.client.token = self.pass.token();
        let request = self.client.request(load, Method::GET, self.client.node, path);
        let (room, user, node) = (self.room.clone(), self.client.user.clone(), self.client.node);
        let asked_us = load.recorder.now_us();
        let Ok(response) = request.timeout(PATIENCE + Duration::from_secs(WAIT)).send().await else { return false };
        let status = response.status();
        let Ok(body) = response.bytes().await else { return false };
        if !status.is_success() {
            let has_ended = status == StatusCode::UNAUTHORIZED && self.pass.may_have_ended(&self.client.token);
            if has_ended || status == StatusCode::NOT_FOUND {
                load.recorder.record(Event::TurnedAway { room, user, node, asked_us });
            } else if status != StatusCode::SERVICE_UNAVAILABLE {
                let what = format!("{user} was answered with {status} {}", String::from_utf8_lossy(&body));
                load.recorder.record(Event::Refused { what });
            }
            return false;
        }
        let messages = match path.split(['?', '/']).nth(1) {
            Some("status") => statuses(&body),
            _ if path.ends_with("/messages") => serde_json::from_slice::<Page>(&body).map(|page| page.messages).ok(),
            _ => serde_json::from_slice::<Polled>(&body).ok().map(|polled| {
                self.client.cursor.clone_from(&polled.cursor);
                polled.messages.into_iter().chain(polled.changed.into_iter().flatten()).collect()
            }),
        };
        let of_room = |message: &Message| message.room.as_deref() == Some(&*self.room);
        let texts =
            messages.into_iter().flatten().filter(of_room).map(|message| message.text.into()).collect::<Vec<_>>();
        let is_heard = !texts.is_empty();
        let is_about_room = !path.starts_with("/poll");
        load.recorder.record(Event::Overheard { room, user, node, asked_us, is_about_room, texts });
        is_heard
    }
}

/// Returns the messages of an answer of `/status`.
fn statuses(body: &[u8]) -> Option<Vec<Message>> {
    let status: linger_api::Status = serde_json::from_slice(body).ok()?;
    Some(
        status.conversations.into_iter().flat_map(|conversation| conversation.messages.into_iter().flatten()).collect(),
    )
}
