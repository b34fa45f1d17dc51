//! What a run of the crash test leaves behind: what clients asked and were told, in the order in which it
//! happened, and what the server had in store at the end. Plain values, so that the verdict on them can be
//! tested with histories that no server would leave.

use std::collections::{BTreeMap, BTreeSet};

use linger_api::Message;

/// A room by its name, or two users who talk in private, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conversation {
    Room(String),
    Direct(String, String),
}

impl Conversation {
    pub fn room(name: &str) -> Self {
        Self::Room(name.to_owned())
    }

    pub fn direct(one: &str, other: &str) -> Self {
        Self::Direct(one.min(other).to_owned(), one.max(other).to_owned())
    }

    /// Where a message says that it belongs.
    pub fn of(message: &Message) -> Self {
        match (&message.room, &message.to) {
            (Some(room), _) => Self::room(room),
            (None, to) => Self::direct(&message.from, to.as_deref().unwrap_or_default()),
        }
    }
}

/// Something that happened at a client. What is about to be asked is recorded before it can have an effect,
/// what was answered after that.
#[derive(Debug, Clone)]
pub enum Event {
    /// A message is sent for the first time. Its text is its idempotency key, so no two are alike.
    Sending { text: String },
    /// The message was answered with 201.
    Sent { message: Message },
    /// A client comes in, with what it is told is unread: from here on it keeps the cursor.
    Connected { reader: usize, user: String, messages: Vec<Message> },
    /// A client asks with the cursor of the last answer that it took, which acknowledges that answer.
    Acknowledging { reader: usize },
    /// A client takes an answer to a poll.
    Answered { reader: usize, messages: Vec<Message> },
    /// What `/status` says of one conversation.
    Status { user: String, conversation: Conversation, newest: i64, last_read: i64 },
    /// An answer that nothing explains.
    Refused { what: String },
}

/// All that there is to judge.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// What reaches each user; nobody joins or leaves while it is recorded.
    pub members: BTreeMap<String, BTreeSet<Conversation>>,
    pub events: Vec<Event>,
    /// Each conversation as its history shows it when all is over, oldest first.
    pub stored: BTreeMap<Conversation, Vec<Message>>,
}
