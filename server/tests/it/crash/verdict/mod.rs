//! The verdict: from what was recorded to what is wrong with it. Asks no server.
//!
//! Here is what concerns messages and positions; [`readers`] follows what each client got.

mod planted;
mod readers;

use std::collections::{BTreeSet, HashMap, HashSet};

use linger_api::Message;

use super::record::{Conversation, Event, History};
use readers::Run;

/// What the contract promises, and was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Acknowledged, and not in store.
    Lost,
    /// In store twice, or given twice to a client that kept its cursor.
    Doubled,
    /// Ids do not rise: in a conversation, in an answer, from answer to answer, from send to send.
    Disordered,
    /// A seq is missing in a conversation.
    Gap,
    /// A client's answers leave out something that lies between them, or that should have come by the end.
    Hole,
    /// Somebody was shown what is not theirs.
    Leaked,
    /// A message that nobody sent, or that is not the one in store.
    Altered,
    /// A last-read position beyond everything that was acknowledged.
    ReadTooFar,
    /// An answer that nothing explains.
    Refused,
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct Violation {
    pub kind: Kind,
    #[allow(dead_code, reason = "it is for whoever reads the output of a failed run")]
    pub what: String,
}

/// Everything that is wrong with a history.
pub fn violations(history: &History) -> Vec<Violation> {
    let mut judge = Judge::new(history);
    for (conversation, messages) in &history.stored {
        judge.check_stored(conversation, messages);
    }
    history.events.iter().for_each(|event| judge.follow(event));
    judge.check_origins();
    judge.check_ends();
    judge.found
}

struct Judge<'a> {
    history: &'a History,
    /// What is in store under each text.
    by_text: HashMap<&'a str, &'a Message>,
    /// Everything that reaches each user, in the order of ids.
    reaching: HashMap<&'a str, Vec<&'a Message>>,
    /// Up to the event that is looked at: what had been sent, and the newest that had been acknowledged, of
    /// all and in each conversation.
    begun: HashSet<&'a str>,
    newest_id: i64,
    newest_seqs: HashMap<Conversation, i64>,
    /// The furthest that each user can have read in each conversation.
    read: HashMap<(&'a str, &'a Conversation), i64>,
    runs: HashMap<usize, Run<'a>>,
    found: Vec<Violation>,
}

impl<'a> Judge<'a> {
    fn new(history: &'a History) -> Self {
        let reach = |conversations: &'a BTreeSet<Conversation>| {
            let stored = conversations.iter().filter_map(|conversation| history.stored.get(conversation));
            let mut messages: Vec<_> = stored.flatten().collect();
            messages.sort_by_key(|message| message.id);
            messages
        };
        let members = history.members.iter();
        Self {
            history,
            by_text: HashMap::new(),
            reaching: members.map(|(user, conversations)| (user.as_str(), reach(conversations))).collect(),
            begun: HashSet::new(),
            newest_id: 0,
            newest_seqs: HashMap::new(),
            read: HashMap::new(),
            runs: HashMap::new(),
            found: Vec::new(),
        }
    }

    fn report(&mut self, kind: Kind, what: String) {
        self.found.push(Violation { kind, what });
    }

    fn follow(&mut self, event: &'a Event) {
        match event {
            Event::Sending { text } => self.check_order(text),
            Event::Sent { message } => self.check_sent(message),
            Event::Connected { reader, user, messages } => {
                self.begin_run(*reader, user);
                self.check_answer(*reader, messages);
            }
            Event::Acknowledging { reader } => self.acknowledge(*reader),
            Event::Answered { reader, messages } => self.check_answer(*reader, messages),
            Event::Status { user, conversation, newest, last_read } => {
                self.check_status(user, conversation, *newest, *last_read)
            }
            Event::Refused { what } => self.report(Kind::Refused, what.clone()),
        }
    }

    fn check_stored(&mut self, conversation: &Conversation, messages: &'a [Message]) {
        let (mut seq, mut id) = (0, 0);
        for message in messages {
            if Conversation::of(message) != *conversation {
                self.report(Kind::Leaked, format!("{message:?} is shown in {conversation:?}"));
            }
            if message.seq != seq + 1 {
                self.report(Kind::Gap, format!("{message:?} follows seq {seq}"));
            }
            if message.id <= id {
                self.report(Kind::Disordered, format!("{message:?} follows id {id}"));
            }
            if let Some(other) = self.by_text.insert(&message.text, message) {
                self.report(Kind::Doubled, format!("{other:?} is in store again: {message:?}"));
            }
            (seq, id) = (message.seq, message.id);
        }
    }

    /// What is sent after an acknowledgement gets a higher id than what that acknowledged.
    fn check_order(&mut self, text: &'a str) {
        self.begun.insert(text);
        let stored = self.by_text.get(text).copied();
        if let Some(message) = stored.filter(|message| message.id <= self.newest_id) {
            let what = format!("{message:?} was sent when {} had been acknowledged", self.newest_id);
            self.report(Kind::Disordered, what);
        }
    }

    fn check_sent(&mut self, message: &Message) {
        match self.by_text.get(message.text.as_str()).copied() {
            None => self.report(Kind::Lost, format!("{message:?}")),
            Some(stored) if stored != message => self.report(Kind::Altered, format!("{message:?}, not {stored:?}")),
            Some(_) => {}
        }
        self.newest_id = self.newest_id.max(message.id);
        let newest = self.newest_seqs.entry(Conversation::of(message)).or_default();
        *newest = message.seq.max(*newest);
    }

    /// What was acknowledged is there after every crash, and nobody has read more than they said.
    fn check_status(&mut self, user: &'a str, conversation: &'a Conversation, newest: i64, last_read: i64) {
        let acknowledged = self.newest_seqs.get(conversation).copied().unwrap_or(0);
        if newest < acknowledged {
            let what = format!("{conversation:?} ended at {newest} when {acknowledged} had been acknowledged");
            self.report(Kind::Lost, what);
        }
        let furthest = self.furthest_read(user, conversation);
        if last_read > furthest.min(newest) {
            let what = format!("{user} has read {conversation:?} up to {last_read}, not {furthest}");
            self.report(Kind::ReadTooFar, what);
        }
    }

    fn check_origins(&mut self) {
        let unsent = self.by_text.values().filter(|message| !self.begun.contains(message.text.as_str()));
        let unsent: Vec<_> = unsent.map(|message| format!("nobody sent {message:?}")).collect();
        unsent.into_iter().for_each(|what| self.report(Kind::Altered, what));
    }

    /// A conversation as it is in store.
    fn stored(&self, conversation: &Conversation) -> &'a [Message] {
        self.history.stored.get(conversation).map_or(&[], Vec::as_slice)
    }
}
