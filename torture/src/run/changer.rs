//! A writer's changes: it edits and deletes messages of its own, and reacts to those of others.

use std::collections::VecDeque;
use std::time::Duration;

use linger_api::Message;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::client::{Answer, Client, PATIENCE};
use super::load::{Load, Target};
use crate::history::{Act, Change, Conversation, Digest, Event, Node, Text};

/// The number of its own messages that a writer may change: the newest.
const OWN: usize = 50;

/// One in this many acknowledged changes is asked for again.
const REPEATED_ONE_IN: u32 = 8;
/// One in this many acknowledged changes is followed by a request for the message.
const LOOKS_ONE_IN: u32 = 4;

const EMOJI: [&str; 3] = ["\u{1f44d}", "\u{1f389}", "\u{1f440}"];

/// What a writer changes.
pub(super) struct Changer {
    own: VecDeque<(Conversation, Target)>,
    given: VecDeque<(Conversation, Target, &'static str)>,
    edits: u32,
    random: fastrand::Rng,
}

impl Changer {
    pub(super) fn new(random: fastrand::Rng) -> Self {
        Self { own: VecDeque::new(), given: VecDeque::new(), edits: 0, random }
    }

    /// Remembers a message of the writer's own.
    pub(super) fn remember(&mut self, load: &Load, conversation: &Conversation, message: &Message) {
        let target = Target { id: message.id, seq: message.seq };
        self.own.push_back((conversation.clone(), target));
        if self.own.len() > OWN {
            self.own.pop_front();
        }
        load.remember(conversation, target);
    }

    /// Makes one change, and repeats the request until it is answered.
    pub(super) async fn change(&mut self, load: &Load, client: &mut Client, conversation: &Conversation) {
        let Some((conversation, target, act)) = self.choose(load, client, conversation) else { return };
        let change = Change { by: client.user.clone(), id: target.id, act };
        let mut times = 0;
        loop {
            let node = client.node;
            match self.ask(load, client, node, &conversation, target, &change).await {
                Some(true) => {
                    times += 1;
                    if times == 1 {
                        load.count_changed();
                    }
                    if self.random.u32(0..LOOKS_ONE_IN) == 0 {
                        let node = if self.random.bool() { node } else { load.other(node, &mut self.random) };
                        look(load, client, node, &conversation, target).await;
                    }
                    if times > 1 || self.random.u32(0..REPEATED_ONE_IN) > 0 {
                        return;
                    }
                }
                Some(false) => return,
                None => tokio::time::sleep(Duration::from_millis(self.random.u64(20..200))).await,
            }
            if self.random.u32(0..4) > 0 {
                client.node = load.other(node, &mut self.random);
            }
        }
    }

    /// Returns the index of one of its own messages: half of the time the newest.
    fn any_own(&mut self) -> usize {
        if self.random.bool() { self.own.len() - 1 } else { self.random.usize(0..self.own.len()) }
    }

    fn choose(
        &mut self,
        load: &Load,
        client: &Client,
        conversation: &Conversation,
    ) -> Option<(Conversation, Target, Act)> {
        match self.random.u32(0..10) {
            0..5 if !self.own.is_empty() => {
                let at = self.any_own();
                let (conversation, target) = self.own[at].clone();
                self.edits += 1;
                let padding = "y".repeat(self.random.usize(0..60));
                let text: Text = format!("{}.edit.{} {padding}", client.user, self.edits).into();
                Some((conversation, target, Act::Edit(text)))
            }
            5 if !self.own.is_empty() => {
                let at = self.any_own();
                let (conversation, target) = self.own.remove(at)?;
                Some((conversation, target, Act::Delete))
            }
            6 if !self.given.is_empty() => {
                let (conversation, target, emoji) = self.given.remove(self.random.usize(0..self.given.len()))?;
                Some((conversation, target, Act::Unreact(emoji.into())))
            }
            _ => {
                let target = load.any_recent(conversation, &mut self.random)?;
                let emoji = EMOJI[self.random.usize(0..EMOJI.len())];
                self.given.push_back((conversation.clone(), target, emoji));
                if self.given.len() > OWN {
                    self.given.pop_front();
                }
                Some((conversation.clone(), target, Act::React(emoji.into())))
            }
        }
    }

    /// Asks once. Returns whether the change was acknowledged, or `None` if it may be asked for again.
    async fn ask(
        &self,
        load: &Load,
        client: &Client,
        node: Node,
        conversation: &Conversation,
        target: Target,
        change: &Change,
    ) -> Option<bool> {
        let path = path_of(load, client, conversation, target);
        let reaction = |emoji: &str| format!("{path}/reactions/{emoji}");
        let (method, path) = match &change.act {
            Act::Edit(_) => (Method::PATCH, path),
            Act::Delete => (Method::DELETE, path),
            Act::React(emoji) => (Method::PUT, reaction(emoji)),
            Act::Unreact(emoji) => (Method::DELETE, reaction(emoji)),
        };
        let mut request = client.request(load, method, node, &path);
        let mut status = StatusCode::NO_CONTENT;
        if let Act::Edit(text) = &change.act {
            request = request.json(&json!({ "text": &**text }));
            status = StatusCode::OK;
        }
        load.recorder.record(Event::Changing(change.clone()));
        let parse = |body: &[u8]| match &change.act {
            Act::Edit(_) => serde_json::from_slice::<Message>(body).ok().map(|message| Digest::of([&message])),
            _ => body.is_empty().then(Digest::default),
        };
        match client.ask_as(load, request, PATIENCE, status, parse).await {
            Answer::Good(message) => {
                load.recorder.record(Event::Changed { change: change.clone(), node, message });
                Some(true)
            }
            Answer::Failed(status) => {
                load.recorder.record(Event::Unchanged { change: change.clone(), status });
                None
            }
            Answer::Wrong(status) => {
                load.recorder.record(Event::Unchanged { change: change.clone(), status: Some(status) });
                Some(false)
            }
        }
    }
}

/// Records a message as a node shows it. A request that fails proves nothing.
async fn look(load: &Load, client: &Client, node: Node, conversation: &Conversation, target: Target) {
    let request = client.request(load, Method::GET, node, &path_of(load, client, conversation, target));
    let asked_us = load.recorder.now_us();
    if let Answer::Good(message) = client.ask::<Message>(load, request, PATIENCE, StatusCode::OK).await {
        let (user, messages) = (client.user.clone(), Digest::of([&message]));
        load.recorder.record(Event::Shown { node, user, asked_us, messages });
    }
}

fn path_of(load: &Load, client: &Client, conversation: &Conversation, target: Target) -> String {
    format!("{}/messages/{}", load.path_of(conversation, &client.user), target.seq)
}
