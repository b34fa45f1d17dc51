//! A client that sends one message after the other, most of them with a key, and changes some of them. It retries
//! failed requests on the same node or on another.

use std::sync::Arc;
use std::time::Duration;

use linger_api::{IDEMPOTENCY_KEY, Message, Page};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;

use super::cast::WriterRole;
use super::changer::Changer;
use super::client::{Answer, Client, PATIENCE};
use super::load::Load;
use crate::history::{Conversation, Digest, Event, Node, Text};

/// One in this many messages has no key, and is not retried if its outcome is unknown.
const UNKEYED_ONE_IN: u32 = 16;
/// One in this many acknowledged messages is sent again.
const REPEATED_ONE_IN: u32 = 8;
/// One in this many acknowledgements is followed by a look at the history.
const LOOKS_ONE_IN: u32 = 32;

/// A writer of a run.
pub(super) struct Writer {
    client: Client,
    role: WriterRole,
    changer: Changer,
    /// The number of changes per 100 messages.
    changes: u32,
    random: fastrand::Rng,
}

impl Writer {
    pub(super) fn new(client: Client, role: WriterRole, changes: u32, mut random: fastrand::Rng) -> Self {
        Self { client, role, changer: Changer::new(random.fork()), changes, random }
    }

    pub(super) async fn run(mut self, load: Arc<Load>) {
        let mut number = 0_u32;
        while !load.is_writing_done() {
            load.wait_for_turn().await;
            number += 1;
            let conversation = self.role.conversations[self.random.usize(0..self.role.conversations.len())].clone();
            let padding = "x".repeat(self.random.usize(0..if number.is_multiple_of(50) { 2000 } else { 60 }));
            let text: Text = format!("{}.{number} {padding}", self.client.user).into();
            let key = (self.random.u32(0..UNKEYED_ONE_IN) > 0).then(|| format!("{}.{number}", self.client.user));
            self.send_with_retries(&load, &conversation, &text, key.as_deref()).await;
            let changes = self.changes / 100 + u32::from(self.random.u32(0..100) < self.changes % 100);
            for _ in 0..changes {
                self.changer.change(&load, &mut self.client, &conversation).await;
            }
            // A late repetition is answered with the message as it is now.
            if key.is_some() && changes > 0 && self.random.u32(0..REPEATED_ONE_IN) == 0 {
                self.send(&load, self.client.node, &conversation, &text, key.as_deref()).await;
            }
        }
    }

    async fn send_with_retries(&mut self, load: &Load, conversation: &Conversation, text: &Text, key: Option<&str>) {
        let mut times = 0;
        loop {
            let node = self.client.node;
            if let Some(message) = self.send(load, node, conversation, text, key).await {
                times += 1;
                if times == 1 {
                    load.count_acknowledged();
                    self.changer.remember(load, conversation, &message);
                }
                if self.random.u32(0..LOOKS_ONE_IN) == 0 {
                    let node = if self.random.bool() { node } else { load.other(node, &mut self.random) };
                    self.look(load, node, conversation).await;
                }
                if key.is_none() || times > 1 || self.random.u32(0..REPEATED_ONE_IN) > 0 {
                    return;
                }
            } else if key.is_none() {
                return;
            } else {
                tokio::time::sleep(Duration::from_millis(self.random.u64(20..200))).await;
            }
            // Most repetitions go to another node.
            if self.random.u32(0..4) > 0 {
                self.client.node = load.other(node, &mut self.random);
            }
        }
    }

    /// Sends once. Returns the message if the send was acknowledged.
    async fn send(
        &mut self,
        load: &Load,
        node: Node,
        conversation: &Conversation,
        text: &Text,
        key: Option<&str>,
    ) -> Option<Message> {
        let (by, to) = (self.client.user.clone(), conversation.clone());
        let mut request = self.post(load, node, conversation, text);
        if let Some(key) = key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        load.recorder.record(Event::Sending { by, to, text: text.clone() });
        let asked_us = load.recorder.now_us();
        let unanswered = |status| Event::Unanswered { text: text.clone(), status };
        match self.client.ask::<Message>(load, request, PATIENCE, StatusCode::CREATED).await {
            Answer::Good(message) => {
                let digest = Digest::of([&message]);
                load.recorder.record(Event::Sent { text: text.clone(), node, message: digest });
                load.record_acknowledgement(node);
                Some(message)
            }
            Answer::Failed(status) => {
                load.recorder.record(unanswered(status));
                if status.is_some() {
                    load.record_refusal(load.recorder.now_us() - asked_us);
                }
                None
            }
            Answer::Wrong(status) => {
                load.recorder.record(unanswered(Some(status)));
                None
            }
        }
    }

    /// Prepares a send by one of the two paths that lead to the conversation.
    fn post(&mut self, load: &Load, node: Node, conversation: &Conversation, text: &Text) -> RequestBuilder {
        let other = conversation.other(&self.client.user);
        let (path, body) = match (self.random.bool(), conversation.as_room(), other) {
            (true, Some(room), _) => ("/send".to_owned(), json!({ "room": room, "text": &**text })),
            (true, None, Some(other)) => ("/send-private".to_owned(), json!({ "to": other, "text": &**text })),
            _ => {
                let path = load.path_of(conversation, &self.client.user);
                (format!("{path}/messages"), json!({ "text": &**text }))
            }
        };
        self.client.request(load, Method::POST, node, &path).json(&body)
    }

    /// Records the newest message that a node shows right after an acknowledgement. A look that fails proves nothing.
    async fn look(&self, load: &Load, node: Node, conversation: &Conversation) {
        let path = format!("{}/messages?limit=1", load.path_of(conversation, &self.client.user));
        let request = self.client.request(load, Method::GET, node, &path);
        let asked_us = load.recorder.now_us();
        if let Answer::Good(page) = self.client.ask::<Page>(load, request, PATIENCE, StatusCode::OK).await {
            let newest = page.messages.last().map_or(0, |message| message.seq);
            let (user, messages) = (self.client.user.clone(), Digest::of(&page.messages));
            load.recorder.record(Event::Shown { node, user, asked_us, messages });
            load.recorder.record(Event::Looked { node, asked_us, conversation: conversation.clone(), newest });
        }
    }
}
