//! A small simulation of a server that keeps every promise, and of clients that act at random. The verdict must find
//! its histories good.

mod changing;

use std::collections::{BTreeMap, BTreeSet};

use linger_api::Message;
use linger_torture::history::{
    Conversation, Digest, Event, FaultKind, History, Name, Page, Promises, Recorded, Text, View,
};

const NODES: usize = 3;
const USERS: [&str; 4] = ["ann", "ben", "cat", "dan"];

/// The largest page, and the microseconds within which everything is visible and works again.
pub(crate) const LIMIT: (usize, u64) = (4, 100_000);

/// The simulated server and its clients.
pub(crate) struct Server {
    random: fastrand::Rng,
    history: History,
    messages: Vec<Message>,
    /// The last-read position of each user in each conversation.
    read: BTreeMap<(Name, Conversation), i64>,
    readers: Vec<Reader>,
    cursors: u64,
    is_broken: bool,
}

struct Reader {
    user: Name,
    marks_read: bool,
    connects: bool,
    changes: bool,
    /// The place on the line up to which it has everything.
    end: i64,
    cursor: u64,
    polls: u64,
}

impl Server {
    pub(crate) fn new(random: fastrand::Rng) -> Self {
        let (room, general) = (Conversation::room("lobby"), Conversation::room("general"));
        let (one, other) = (Conversation::direct("ann", "ben"), Conversation::direct("ben", "cat"));
        let members: BTreeMap<Name, BTreeSet<Conversation>> = BTreeMap::from([
            ("ann".into(), [general.clone(), room.clone(), one.clone()].into()),
            ("ben".into(), [general.clone(), room, one, other.clone()].into()),
            ("cat".into(), [general.clone(), other].into()),
            ("dan".into(), [general].into()),
        ]);
        let promises = Promises { visible_within_us: Some(LIMIT.1), recovers_within_us: LIMIT.1 };
        let history = History { promises, members, ..History::default() };
        let reader = |n: usize| Reader {
            user: USERS[n % 4].into(),
            marks_read: n != 3,
            connects: n > 3,
            changes: n != 1,
            end: 0,
            cursor: 0,
            polls: 0,
        };
        let readers = (0..6).map(reader).collect();
        let (messages, read) = (Vec::new(), BTreeMap::new());
        Self { random, history, messages, read, readers, cursors: 0, is_broken: false }
    }

    /// Simulates a run and returns its history.
    pub(crate) fn run(mut self) -> History {
        (0..self.readers.len()).for_each(|reader| self.connect(reader));
        for _ in 0..self.random.usize(40..150) {
            let reader = self.random.usize(0..self.readers.len());
            match self.random.u32(0..24) {
                0..7 => self.send(),
                20.. => self.change(),
                7..15 => self.poll(reader),
                15 if self.readers[reader].connects => self.connect(reader),
                15 | 16 => self.status(),
                17 => self.look(),
                18 => self.toggle_fault(),
                _ if self.is_broken => {
                    self.readers[reader].polls += 1;
                    self.record(Event::Unheard { reader, status: Some(503) });
                }
                _ => {}
            }
        }
        if self.is_broken {
            self.toggle_fault();
        }
        for reader in 0..self.readers.len() {
            while self.reaching(reader).next().is_some() || self.changed(reader, i64::MAX).next().is_some() {
                self.poll(reader);
            }
            let times = self.readers[reader].polls;
            self.record(Event::Polled { reader, times });
        }
        self.status();
        for conversation in self.history.members.values().flatten().cloned().collect::<BTreeSet<_>>() {
            let stored: Vec<_> = self.in_conversation(&conversation).cloned().collect();
            for node in 0..NODES {
                let (user, messages) = ("anybody".into(), Digest::of(&stored));
                self.history.views.push(View { node, user, conversation: conversation.clone(), messages });
            }
            self.history.stored.insert(conversation, stored);
        }
        self.history
    }

    fn record(&mut self, event: Event) {
        let at_us = self.now_us() + self.random.u64(1..1000);
        self.history.events.push(Recorded { at_us, event });
    }

    fn now_us(&self) -> u64 {
        self.history.events.last().map_or(0, |last| last.at_us)
    }

    fn node(&mut self) -> usize {
        self.random.usize(0..NODES)
    }

    fn in_conversation<'a>(&'a self, conversation: &'a Conversation) -> impl Iterator<Item = &'a Message> {
        self.messages.iter().filter(move |message| Conversation::of(message) == *conversation)
    }

    fn newest(&self, conversation: &Conversation) -> i64 {
        self.in_conversation(conversation).last().map_or(0, |message| message.seq)
    }

    /// Returns the messages that a reader has not received.
    fn reaching(&self, reader: usize) -> impl Iterator<Item = &Message> {
        let Reader { user, end, .. } = &self.readers[reader];
        let members = &self.history.members[user];
        self.messages.iter().filter(|message| message.id > *end && members.contains(&Conversation::of(message)))
    }

    /// Returns the messages that changed since a reader's place on the line and not after `until`, if it asks for
    /// changes.
    fn changed(&self, reader: usize, until: i64) -> impl Iterator<Item = &Message> {
        let Reader { user, end, changes, .. } = &self.readers[reader];
        let members = &self.history.members[user];
        let is_new =
            move |message: &&Message| message.revision.is_some_and(|revision| revision > *end && revision <= until);
        let theirs = self.messages.iter().filter(|message| *changes && members.contains(&Conversation::of(message)));
        theirs.filter(is_new)
    }

    /// Returns the newest place on the line.
    fn line_end(&self) -> i64 {
        self.messages.iter().map(|message| message.id.max(message.revision.unwrap_or(0))).max().unwrap_or(0)
    }

    fn send(&mut self) {
        let by: Name = USERS[self.random.usize(0..4)].into();
        let conversations: Vec<_> = self.history.members[&by].iter().cloned().collect();
        let to = conversations[self.random.usize(0..conversations.len())].clone();
        let text: Text = format!("{by} {}", self.now_us()).into();
        let sending = Event::Sending { by: by.clone(), to: to.clone(), text: text.clone() };
        self.record(sending.clone());
        let mut stored = None;
        if self.is_broken {
            // The sender does not know whether the message is stored. It sends it again, and then it is.
            if self.random.bool() {
                stored = Some(self.store(&by, &to, &text));
            }
            self.record(Event::Unanswered { text: text.clone(), status: None });
            self.record(sending.clone());
        }
        let message = stored.unwrap_or_else(|| self.store(&by, &to, &text));
        for time in 0..=usize::from(self.random.u32(0..8) == 0) {
            if time > 0 {
                self.record(sending.clone());
            }
            let (node, message) = (self.node(), Digest::of([&message]));
            self.record(Event::Sent { text: text.clone(), node, message });
        }
    }

    fn store(&mut self, by: &Name, to: &Conversation, text: &Text) -> Message {
        let seq = self.newest(to) + 1;
        let message = Message {
            id: self.line_end() + self.random.i64(1..3),
            seq,
            room_id: to.as_room().map(|room| room.len() as i64),
            room: to.as_room().map(str::to_owned),
            from: by.to_string(),
            to: to.other(by).map(str::to_owned),
            text: text.to_string(),
            sent_at: format!("2026-11-21T10:00:00.{:03}Z", self.random.u32(0..1000)),
            ..Message::default()
        };
        self.messages.push(message.clone());
        let read = self.read.entry((by.clone(), to.clone())).or_default();
        if *read == seq - 1 {
            *read = seq;
        }
        message
    }

    fn poll(&mut self, reader: usize) {
        if self.readers[reader].marks_read {
            self.record(Event::Acknowledging { reader });
            self.acknowledge(reader);
        }
        let asked_us = self.now_us();
        let limit = self.random.usize(1..=LIMIT.0);
        let messages: Vec<_> = self.reaching(reader).take(limit).cloned().collect();
        let more = self.reaching(reader).count() > messages.len();
        let end = if more { messages.last().map_or(0, |last| last.id) } else { self.line_end() };
        let changed = Digest::of(self.changed(reader, end));
        let taken = self.random.u32(0..5) > 0;
        let is_empty = messages.is_empty() && changed.is_empty();
        let cursor = if is_empty { self.readers[reader].cursor } else { self.new_cursor() };
        let (node, messages, positions) = (self.node(), Digest::of(&messages), Vec::new());
        let page = Page { node, asked_us, messages, changed, positions, more, cursor };
        self.record(Event::Answered { reader, page, taken });
        let of = &mut self.readers[reader];
        of.polls += 1;
        if taken && !is_empty {
            (of.cursor, of.end) = (cursor, end);
        }
    }

    fn acknowledge(&mut self, reader: usize) {
        let Reader { user, end, .. } = &self.readers[reader];
        for conversation in &self.history.members[user] {
            let passed = self.in_conversation(conversation).filter(|message| message.id <= *end).last();
            let seq = passed.map_or(0, |message| message.seq);
            let read = self.read.get(&(user.clone(), conversation.clone())).copied().unwrap_or(0);
            // Own messages directly after the position were read when they were written.
            let behind = self.in_conversation(conversation).skip_while(|message| message.seq <= seq.max(read));
            let own = behind.take_while(|message| *message.from == **user).last();
            let read = own.map_or(seq.max(read), |message| message.seq);
            self.read.insert((user.clone(), conversation.clone()), read);
        }
    }

    fn new_cursor(&mut self) -> u64 {
        self.cursors += 1;
        self.cursors
    }

    /// Delivers all unread messages in one page.
    fn connect(&mut self, reader: usize) {
        let (asked_us, cursor, node) = (self.now_us(), self.new_cursor(), self.node());
        let user = self.readers[reader].user.clone();
        let members = &self.history.members[&user];
        let unread = self.messages.iter().filter(|message| {
            let conversation = Conversation::of(message);
            let read = self.read.get(&(user.clone(), conversation.clone())).copied().unwrap_or(0);
            members.contains(&conversation) && message.seq > read
        });
        let page = Page { node, asked_us, messages: Digest::of(unread), cursor, ..Page::default() };
        let (end, changes) = (self.line_end(), self.readers[reader].changes);
        self.record(Event::Connected { reader, user, changes, page });
        (self.readers[reader].cursor, self.readers[reader].end) = (cursor, end);
    }

    fn status(&mut self) {
        let user: Name = USERS[self.random.usize(0..4)].into();
        for conversation in self.history.members[&user].clone() {
            let newest = self.newest(&conversation);
            let last_read = self.read.get(&(user.clone(), conversation.clone())).copied().unwrap_or(0);
            self.record(Event::Status { user: user.clone(), conversation, newest, last_read });
        }
    }

    fn look(&mut self) {
        let (node, asked_us, conversation) = (self.node(), self.now_us(), Conversation::room("general"));
        let newest = self.newest(&conversation);
        self.record(Event::Looked { node, asked_us, conversation, newest });
    }

    fn toggle_fault(&mut self) {
        let fault = FaultKind::KillPostgres;
        self.is_broken = !self.is_broken;
        self.record(if self.is_broken { Event::FaultBegins { fault } } else { Event::FaultEnds { fault } });
    }
}
