//! What each client got, against what reaches its user by the full history.

use std::collections::{HashMap, HashSet};

use linger_api::Message;

use super::{Judge, Kind};
use crate::crash::record::Conversation;

/// What one client got since it connected.
pub(super) struct Run<'a> {
    user: &'a str,
    /// What may have been read before, by conversation, and so need not come.
    read_before: HashMap<&'a Conversation, i64>,
    got: HashSet<i64>,
    /// The newest that it got.
    end: i64,
}

impl Run<'_> {
    /// Whether a message should have come, and did not.
    fn lacks(&self, message: &Message) -> bool {
        let read_before = self.read_before.get(&Conversation::of(message));
        !self.got.contains(&message.id) && message.seq > read_before.copied().unwrap_or(0)
    }
}

impl<'a> Judge<'a> {
    pub(super) fn begin_run(&mut self, reader: usize, user: &'a str) {
        let conversations = self.history.members.get(user).into_iter().flatten();
        let run = Run {
            user,
            read_before: conversations
                .map(|conversation| (conversation, self.furthest_read(user, conversation)))
                .collect(),
            got: HashSet::new(),
            end: 0,
        };
        self.runs.insert(reader, run);
    }

    /// A page: all that lies between the end of the last page and the end of this one, once, in order.
    pub(super) fn check_answer(&mut self, reader: usize, messages: &[Message]) {
        let Some(mut run) = self.runs.remove(&reader) else {
            return self.report(Kind::Refused, format!("reader {reader} never connected"));
        };
        let (user, before) = (run.user, run.end);
        for message in messages {
            let conversation = Conversation::of(message);
            let members = self.history.members.get(user);
            let fault = if !members.is_some_and(|conversations| conversations.contains(&conversation)) {
                Some(Kind::Leaked)
            } else if self.by_text.get(message.text.as_str()) != Some(&message) {
                Some(Kind::Altered)
            } else if !run.got.insert(message.id) {
                Some(Kind::Doubled)
            } else {
                (message.id < run.end).then_some(Kind::Disordered)
            };
            match fault {
                Some(kind) => self.report(kind, format!("{message:?} came to {user}, reader {reader}")),
                None => run.end = message.id,
            }
        }
        self.check_complete(&run, before, run.end);
        self.runs.insert(reader, run);
    }

    /// Everything has come to everybody.
    pub(super) fn check_ends(&mut self) {
        for run in std::mem::take(&mut self.runs).into_values() {
            self.check_complete(&run, run.end, i64::MAX);
        }
    }

    fn check_complete(&mut self, run: &Run<'a>, after: i64, upto: i64) {
        let reaching = self.reaching.get(run.user).map_or(&[][..], Vec::as_slice);
        let begin = reaching.partition_point(|message| message.id <= after);
        let between = reaching[begin..].iter().take_while(|message| message.id <= upto);
        let missing: Vec<_> = between.filter(|message| run.lacks(message)).copied().collect();
        for message in missing {
            self.report(Kind::Hole, format!("{message:?} did not come to {}", run.user));
        }
    }

    /// Everything up to the end of what a client got counts as read from now on.
    pub(super) fn acknowledge(&mut self, reader: usize) {
        let Some(run) = self.runs.get(&reader) else { return };
        let (user, end) = (run.user, run.end);
        for conversation in self.history.members.get(user).into_iter().flatten() {
            let messages = self.stored(conversation);
            let passed = messages.partition_point(|message| message.id <= end);
            let seq = messages[..passed].last().map_or(0, |message| message.seq);
            let read = self.read.entry((user, conversation)).or_default();
            *read = seq.max(*read);
        }
    }

    /// The furthest that a user can have read: what was acknowledged, and own messages right behind it.
    pub(super) fn furthest_read(&mut self, user: &'a str, conversation: &'a Conversation) -> i64 {
        let messages = self.stored(conversation);
        let read = self.read.entry((user, conversation)).or_default();
        let behind = messages[messages.partition_point(|message| message.seq <= *read)..].iter();
        let own = behind.take_while(|message| message.from == user && self.begun.contains(message.text.as_str()));
        *read = own.last().map_or(*read, |message| message.seq);
        *read
    }
}
