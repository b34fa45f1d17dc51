//! A client that polls from answer to answer, with habits of its own, until it has everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use linger_api::{Connected, Polled};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::cast::ReaderRole;
use super::client::{Answer, Client, PATIENCE};
use super::load::{Load, Newest, Phase};
use super::options::Options;
use crate::history::{Conversation, Event, Page, cursor_hash};

/// The maximum hold of a poll in seconds. The end of the run waits for it.
const WAIT: u64 = 10;

/// A reader of a run.
pub(super) struct Reader {
    number: usize,
    client: Client,
    role: ReaderRole,
    rest_ms: u64,
    random: fastrand::Rng,
    polls: u64,
    /// The hash of the last acknowledged cursor.
    acknowledged: Option<u64>,
    /// The newest message and change received.
    end: Newest,
    /// The number of empty answers in a row. Counted only after a reconnect, which skips messages read before, possibly
    /// including the newest one.
    empty: Option<u32>,
}

/// A reconnected reader has everything after this many empty answers, each a second apart.
const EMPTY: u32 = 8;

impl Reader {
    pub(super) fn new(
        number: usize,
        client: Client,
        role: ReaderRole,
        options: &Options,
        random: fastrand::Rng,
    ) -> Self {
        Self {
            number,
            client,
            role,
            rest_ms: options.rest_ms,
            random,
            polls: 0,
            acknowledged: None,
            end: Newest::default(),
            empty: None,
        }
    }

    pub(super) async fn run(mut self, load: Arc<Load>) {
        let page = Page { node: self.client.node, cursor: cursor_hash(&self.client.cursor), ..Page::default() };
        self.record_connected(&load, page);
        while !self.has_everything(&load) {
            if self.one_in(self.role.hops_one_in) {
                self.client.node = load.other(self.client.node, &mut self.random);
            }
            let is_running = !matches!(*load.phase(), Phase::Settling(_));
            if is_running {
                self.empty = self.empty.map(|_| 0);
            }
            let is_answered = if is_running && self.one_in(self.role.connects_one_in) {
                self.connect(&load).await
            } else {
                let wait = if is_running { self.random.u64(0..=WAIT) } else { 1 };
                self.poll(&load, wait).await
            };
            let rest_ms = if is_answered { self.random.u64(0..=self.rest_ms) } else { self.random.u64(50..200) };
            if !is_answered && self.random.bool() {
                self.client.node = load.other(self.client.node, &mut self.random);
            }
            tokio::time::sleep(Duration::from_millis(rest_ms)).await;
        }
        load.recorder.record(Event::Polled { reader: self.number, times: self.polls });
    }

    fn one_in(&mut self, count: u32) -> bool {
        count > 0 && self.random.u32(0..count) == 0
    }

    fn has_everything(&self, load: &Load) -> bool {
        match &*load.phase() {
            Phase::Settling(newest) => self.has(self.target(newest)) || self.empty.is_some_and(|empty| empty >= EMPTY),
            Phase::Running | Phase::Finishing => false,
        }
    }

    /// Returns the newest message and change that this reader must receive.
    fn target(&self, newest: &BTreeMap<Conversation, Newest>) -> Newest {
        let conversations = self.role.rooms.iter().chain(&self.role.directs);
        conversations.filter_map(|conversation| newest.get(conversation)).fold(Newest::default(), |most, newest| {
            Newest { message: most.message.max(newest.message), revision: most.revision.max(newest.revision) }
        })
    }

    fn has(&self, target: Newest) -> bool {
        self.end.message >= target.message && (!self.role.changes || self.end.revision >= target.revision)
    }

    /// Polls once. Returns whether the poll was answered.
    async fn poll(&mut self, load: &Load, wait: u64) -> bool {
        let (client, number) = (&self.client, self.number);
        let cursor = cursor_hash(&client.cursor);
        if self.role.marks_read && self.acknowledged != Some(cursor) {
            load.recorder.record(Event::Acknowledging { reader: number });
            self.acknowledged = Some(cursor);
        }
        let path = format!(
            "/poll?cursor={}&wait={wait}&limit={}&mark_read={}{}",
            client.cursor,
            self.role.limit,
            self.role.marks_read,
            if self.role.changes { "&changes=true" } else { "" },
        );
        self.polls += 1;
        let request = client.request(load, Method::GET, client.node, &path);
        let patience = PATIENCE + Duration::from_secs(wait);
        let asked_us = load.recorder.now_us();
        match client.ask::<Polled>(load, request, patience, StatusCode::OK).await {
            Answer::Good(polled) => {
                let page = self.page(asked_us, &polled);
                let taken = !self.one_in(self.role.loses_one_in);
                let is_empty = page.messages.is_empty() && page.changed.is_empty();
                load.recorder.record(Event::Answered { reader: number, page, taken });
                self.empty = self.empty.map(|empty| if is_empty { empty + 1 } else { 0 });
                if taken {
                    self.take(&polled);
                }
                true
            }
            Answer::Failed(status) => {
                load.recorder.record(Event::Unheard { reader: number, status });
                false
            }
            Answer::Wrong(status) => {
                load.recorder.record(Event::Unheard { reader: number, status: Some(status) });
                false
            }
        }
    }

    /// Opens a new session for the same user, which starts with the unread messages. Returns whether it was answered.
    async fn connect(&mut self, load: &Load) -> bool {
        let request = self.client.request(load, Method::POST, self.client.node, "/connect").json(&json!({}));
        let asked_us = load.recorder.now_us();
        let answer = self.client.ask::<Connected>(load, request, PATIENCE, StatusCode::OK).await;
        let Answer::Good(Connected { token, messages, more, cursor, .. }) = answer else { return false };
        let unread = Polled { messages, changed: None, conversations: None, more, cursor };
        self.record_connected(load, self.page(asked_us, &unread));
        self.client.token = token;
        self.acknowledged = None;
        self.empty = Some(0);
        self.take(&unread);
        true
    }

    fn record_connected(&self, load: &Load, page: Page) {
        let (reader, user, changes) = (self.number, self.client.user.clone(), self.role.changes);
        load.recorder.record(Event::Connected { reader, user, changes, page });
    }

    /// Goes on from this answer.
    fn take(&mut self, polled: &Polled) {
        self.client.cursor.clone_from(&polled.cursor);
        self.end.message = polled.messages.last().map_or(self.end.message, |message| message.id);
        let copies = polled.messages.iter().chain(polled.changed.iter().flatten());
        let revision = copies.filter_map(|message| message.revision).max().unwrap_or(0);
        self.end.revision = self.end.revision.max(revision);
    }

    fn page(&self, asked_us: u64, polled: &Polled) -> Page {
        Page::of(self.client.node, asked_us, &self.client.user, polled)
    }
}
