//! The load: clients that send, change and poll without a pause, and retry when the server is killed.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use linger_api::{Connected, Message, Polled};
use linger_torture::history::{Act, Change, Conversation, Digest, Event, Page, Recorder};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout;

use super::random;
use crate::harness::{DEADLINE, RequestBuilder, User};

/// The number of messages that may be reacted to: the newest.
const RECENT: usize = 50;

/// The state that all clients of a run share.
pub(crate) struct Load {
    pub(crate) recorder: Recorder,
    now: watch::Sender<Now>,
    sent: watch::Sender<usize>,
    /// The ids and paths of some messages that were sent.
    recent: Mutex<VecDeque<(i64, String)>>,
}

/// The server's current life and the phase of the run.
#[derive(Clone, Copy)]
struct Now {
    life: usize,
    phase: Phase,
}

/// What the clients should do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Senders and readers are busy.
    Running,
    /// Senders have stopped.
    Reading,
    /// Readers fetch the remaining messages, and stop.
    Ending,
}

/// A reader's behaviour.
#[derive(Clone, Copy)]
pub(crate) struct Habits {
    /// Whether polling acknowledges.
    pub(crate) marks_read: bool,
    /// Whether polls ask for changes.
    pub(crate) changes: bool,
    /// One in this many polls is a `/connect` instead; 0 for none.
    pub(crate) connects_one_in: u64,
}

impl Load {
    pub(crate) fn new() -> Self {
        Self {
            recorder: Recorder::default(),
            now: watch::Sender::new(Now { life: 0, phase: Phase::Running }),
            sent: watch::Sender::new(0),
            recent: Mutex::default(),
        }
    }

    fn record(&self, event: Event) {
        self.recorder.record(event);
    }

    /// Records a client and the answer to its `/connect`.
    pub(crate) fn record_connected(
        &self,
        reader: usize,
        user: &User,
        habits: Habits,
        asked_us: u64,
        connected: &Connected,
    ) {
        let Connected { messages, more, cursor, .. } = connected.clone();
        let unread = Polled { messages, changed: None, conversations: None, more, cursor };
        let page = Page::of(0, asked_us, &user.name, &unread);
        self.record(Event::Connected { reader, user: user.name.as_str().into(), changes: habits.changes, page });
    }

    /// Tells the clients that the server has been started again.
    pub(crate) fn resume(&self) {
        self.now.send_modify(|now| now.life += 1);
    }

    pub(crate) fn turn_to(&self, phase: Phase) {
        self.now.send_modify(|now| now.phase = phase);
    }

    /// The number of acknowledged sends so far.
    pub(crate) fn sent(&self) -> usize {
        *self.sent.borrow()
    }

    /// Waits until this many sends have been acknowledged.
    pub(crate) async fn until_sent(&self, count: usize) {
        let mut sent = self.sent.subscribe();
        let enough = timeout(DEADLINE, sent.wait_for(|sent| *sent >= count));
        enough.await.expect("the server answers").unwrap();
    }

    fn phase(&self) -> Phase {
        self.now.borrow().phase
    }

    /// Sends one message after the other to a conversation, retrying each until it is acknowledged. Each text is its
    /// own idempotency key.
    pub(crate) async fn send(&self, user: User, conversation: Conversation) {
        let mut client = Client::new(user);
        let (path, mut body, target) = match (conversation.as_room(), conversation.other(&client.user.name)) {
            (Some(name), _) => ("/send", json!({ "room": name }), name.to_owned()),
            (None, to) => ("/send-private", json!({ "to": to }), format!("to-{}", to.unwrap_or_default())),
        };
        for n in 0.. {
            if self.phase() != Phase::Running {
                return;
            }
            let text = format!("{}.{target}.{n}", client.user.name);
            body["text"] = text.clone().into();
            // Some messages are sent again after they were acknowledged.
            for _ in 0..=usize::from(n % 8 == 0) {
                let (by, to) = (client.user.name.as_str().into(), conversation.clone());
                self.record(Event::Sending { by, to, text: text.as_str().into() });
                let request = |user: &User| {
                    let request = user.request(Method::POST, path).header(linger_api::IDEMPOTENCY_KEY, &text);
                    request.json(&body)
                };
                let Some(message) = self.insist::<Message>(&mut client, 201, request).await else {
                    return;
                };
                let digest = Digest::of([&message]);
                self.record(Event::Sent { text: text.as_str().into(), node: 0, message: digest });
                if n % 3 == 0 && !self.change(&mut client, &message).await {
                    return;
                }
            }
            self.sent.send_modify(|sent| *sent += 1);
        }
    }

    /// Edits or deletes a message of the client's own, or reacts to somebody's in `general`. Returns whether there was
    /// an answer.
    async fn change(&self, client: &mut Client, message: &Message) -> bool {
        let path = match (message.room_id, &message.to) {
            (Some(id), _) => format!("/room/{id}/messages/{}", message.seq),
            (None, to) => format!("/direct/{}/messages/{}", to.as_deref().unwrap_or_default(), message.seq),
        };
        let own = (message.id, path);
        let (act, (id, path)) = match random(4) {
            0 => (Act::Delete, own),
            1 | 2 => (Act::Edit(format!("{} edits {}", client.user.name, message.id).into()), own),
            _ => (Act::React("👍".into()), self.any_recent(message, own)),
        };
        let change = Change { by: client.user.name.as_str().into(), id, act };
        self.record(Event::Changing(change.clone()));
        let (status, method, path, body) = match &change.act {
            Act::Edit(text) => (200, Method::PATCH, path, json!({ "text": &**text })),
            Act::Delete => (204, Method::DELETE, path, json!({})),
            Act::React(emoji) | Act::Unreact(emoji) => {
                (204, Method::PUT, format!("{path}/reactions/{emoji}"), json!({}))
            }
        };
        let request = |user: &User| match status {
            200 => user.request(method.clone(), &path).json(&body),
            _ => user.request(method.clone(), &path),
        };
        match self.insist_on(client, &[status, 409], request).await {
            // Somebody has deleted it.
            Some((409, _)) => self.record(Event::Unchanged { change, status: Some(409) }),
            Some((_, answer)) => {
                let message: Option<Message> = serde_json::from_str(&answer).ok();
                self.record(Event::Changed { change, node: 0, message: Digest::of(&message) });
            }
            None => return false,
        }
        true
    }

    /// Returns the id and path of a message that anybody can react to. Remembers the newest ones in `general`.
    fn any_recent(&self, message: &Message, own: (i64, String)) -> (i64, String) {
        let mut recent = self.recent.lock().unwrap();
        if message.room_id == Some(1) {
            recent.push_back(own.clone());
            if recent.len() > RECENT {
                recent.pop_front();
            }
        }
        let at = random(recent.len().max(1) as u64) as usize;
        recent.get(at).cloned().unwrap_or(own)
    }

    /// Polls from the user's first cursor on. An answer that is cut off or dropped is requested again.
    pub(crate) async fn read(&self, user: User, reader: usize, habits: Habits) {
        let mut client = Client::new(user);
        loop {
            let ending = self.phase() == Phase::Ending;
            if !ending && habits.connects_one_in > 0 && random(habits.connects_one_in) == 0 {
                self.connect(&mut client, reader, habits).await;
                continue;
            }
            let path = format!(
                "/poll?cursor={}&wait={}&limit={}&mark_read={}{}",
                client.user.cursor,
                if ending { 0 } else { 20 },
                1 + random(20),
                habits.marks_read,
                if habits.changes { "&changes=true" } else { "" },
            );
            if habits.marks_read {
                self.record(Event::Acknowledging { reader });
            }
            let asked_us = self.recorder.now_us();
            let mut now = self.now.subscribe();
            let polled: Option<Polled> = tokio::select! {
                polled = self.insist(&mut client, 200, |user| user.request(Method::GET, &path)) => polled,
                _ = now.wait_for(|now| now.phase == Phase::Ending), if !ending => continue,
            };
            let Some(polled) = polled else {
                return;
            };
            // Now and then a client drops an answer.
            let taken = random(10) > 0;
            let page = Page::of(0, asked_us, &client.user.name, &polled);
            let is_empty = page.messages.is_empty() && page.changed.is_empty();
            self.record(Event::Answered { reader, page, taken });
            if ending && is_empty {
                return;
            }
            if taken {
                client.user.cursor = polled.cursor;
            }
        }
    }

    /// Opens a new session of the same user, which begins with the unread messages.
    async fn connect(&self, client: &mut Client, reader: usize, habits: Habits) {
        let request = |user: &User| user.request(Method::POST, "/connect").json(&json!({}));
        let asked_us = self.recorder.now_us();
        let Some(connected) = self.insist::<Connected>(client, 200, request).await else {
            return;
        };
        self.record_connected(reader, &client.user, habits, asked_us, &connected);
        client.user.token = connected.token;
        client.user.cursor = connected.cursor;
    }

    /// Repeats a request until there is a complete answer with this status.
    async fn insist<T: DeserializeOwned>(
        &self,
        client: &mut Client,
        status: u16,
        request: impl Fn(&User) -> RequestBuilder,
    ) -> Option<T> {
        let (_, text) = self.insist_on(client, &[status], request).await?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// Repeats a request until there is a complete answer, and returns its status and body. An answer with another
    /// status is recorded as a refusal, and the client gives up.
    async fn insist_on(
        &self,
        client: &mut Client,
        expected: &[u16],
        request: impl Fn(&User) -> RequestBuilder,
    ) -> Option<(u16, String)> {
        loop {
            let now = *self.now.borrow();
            if client.life != now.life {
                client.life = now.life;
                client.user = client.user.on_new_connections();
            }
            match answer(request(&client.user)).await {
                Ok((actual, text)) if expected.contains(&actual) => return Some((actual, text)),
                Ok((actual, text)) => self.refused(&client.user, format!("{actual} {text}")),
                // The server was killed and will be started again. Nothing else breaks a connection.
                Err(error) => {
                    let mut lives = self.now.subscribe();
                    let next = lives.wait_for(|then| then.life != now.life);
                    if timeout(DEADLINE, next).await.is_ok() {
                        continue;
                    }
                    self.refused(&client.user, error.to_string());
                }
            }
            return None;
        }
    }

    fn refused(&self, user: &User, answer: String) {
        self.record(Event::Refused { what: format!("{}: {answer}", user.name) });
    }
}

/// A user whose connections belong to one of the server's lives.
struct Client {
    user: User,
    life: usize,
}

impl Client {
    fn new(user: User) -> Self {
        Self { user, life: 0 }
    }
}

async fn answer(request: RequestBuilder) -> reqwest_middleware::Result<(u16, String)> {
    let response = request.timeout(Duration::from_secs(60)).send().await?;
    Ok((response.status().as_u16(), response.text().await?))
}
