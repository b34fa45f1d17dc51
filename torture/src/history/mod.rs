//! The record of a run: what clients asked and were answered, in order, and what every node showed at the end. These
//! are plain values, so the verdict can be tested with histories that no server would produce. Knows no server, and
//! judges nothing.

mod change;
mod conversation;
mod digest;
mod exit;
mod lines;
mod recorder;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use linger_api::{Message, Polled};
use serde::{Deserialize, Serialize};

pub use change::{Act, Change};
pub use conversation::Conversation;
pub use digest::{Digest, Version, cursor_hash, fingerprint};
pub use exit::Exit;
pub use recorder::Recorder;

/// A user's name.
pub type Name = Arc<str>;

/// A message's text.
pub type Text = Arc<str>;

/// A node's index within the run, from 0.
pub type Node = usize;

/// Everything that is judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Promises of this run, in addition to those that always hold.
    pub promises: Promises,
    /// The conversations of each user. No user joins or leaves during the recording.
    pub members: BTreeMap<Name, BTreeSet<Conversation>>,
    /// All events in order.
    pub events: Vec<Recorded>,
    /// The final contents of each conversation as one node shows them, oldest first.
    pub stored: BTreeMap<Conversation, Vec<Message>>,
    /// The same conversations as shown by other nodes and to other members.
    pub views: Vec<View>,
}

impl History {
    /// Returns the number of nodes.
    #[must_use]
    pub fn nodes(&self) -> usize {
        let nodes = self.events.iter().filter_map(|recorded| match &recorded.event {
            Event::Sent { node, .. } | Event::Changed { node, .. } => Some(*node),
            Event::Looked { node, .. } | Event::Shown { node, .. } => Some(*node),
            Event::Connected { page, .. } | Event::Answered { page, .. } => Some(page.node),
            _ => None,
        });
        nodes.max().map_or(1, |newest| newest + 1)
    }
}

/// Time limits in microseconds. A limit that is `None` is not checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promises {
    /// From a message's acknowledgement until every node shows it and delivers it to waiting readers.
    pub visible_within_us: Option<u64>,
    /// From the end of a fault until requests no longer fail because of it.
    pub recovers_within_us: u64,
}

/// An event and its time, in microseconds since the run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// The time of recording. It never decreases from event to event.
    pub at_us: u64,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

/// An event at a client. Requests are recorded before they can take effect, answers after they arrived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A client sends a message. All texts are distinct, so the text identifies the message.
    Sending {
        /// The sender.
        by: Name,
        /// The conversation.
        to: Conversation,
        /// The text.
        text: Text,
    },
    /// A send was answered with 201.
    Sent {
        /// The text that was sent.
        text: Text,
        /// The node that answered.
        node: Node,
        /// The message in the answer.
        message: Digest,
    },
    /// A send was answered with 503, or its outcome is unknown.
    Unanswered {
        /// The text that was sent.
        text: Text,
        /// The status, if there was an answer.
        status: Option<u16>,
    },
    /// A client asks for a change.
    Changing(Change),
    /// A change was answered with 200 or 204.
    Changed {
        /// The change.
        change: Change,
        /// The node that answered.
        node: Node,
        /// The message in the answer to an edit.
        message: Digest,
    },
    /// A change was answered with 409 or 503, or its outcome is unknown.
    Unchanged {
        /// The change.
        change: Change,
        /// The status, if there was an answer.
        status: Option<u16>,
    },
    /// A client connects and receives the unread messages. From here on it keeps the cursor.
    Connected {
        /// The client.
        reader: usize,
        /// The client's user.
        user: Name,
        /// Whether its polls ask for changes.
        changes: bool,
        /// The answer.
        page: Page,
    },
    /// A client polls with the cursor of the last answer it took, which acknowledges that answer.
    Acknowledging {
        /// The client.
        reader: usize,
    },
    /// A client receives an answer to a poll.
    Answered {
        /// The client.
        reader: usize,
        /// The answer.
        page: Page,
        /// Whether the client continues from this answer. If not, it repeats the request.
        taken: bool,
    },
    /// A poll was answered with 503, or not at all.
    Unheard {
        /// The client.
        reader: usize,
        /// The status, if there was an answer.
        status: Option<u16>,
    },
    /// The number of polls that a client made in the whole run.
    Polled {
        /// The client.
        reader: usize,
        /// The number of polls, answered or not.
        times: u64,
    },
    /// A client looked at a conversation's history.
    Looked {
        /// The node that answered.
        node: Node,
        /// The time of the request.
        asked_us: u64,
        /// The conversation.
        conversation: Conversation,
        /// The newest seq shown.
        newest: i64,
    },
    /// A client asked for messages that it named.
    Shown {
        /// The node that answered.
        node: Node,
        /// The user who asked.
        user: Name,
        /// The time of the request.
        asked_us: u64,
        /// The messages.
        messages: Digest,
    },
    /// What `/status` reports about one conversation.
    Status {
        /// The user who asked.
        user: Name,
        /// The conversation.
        conversation: Conversation,
        /// The newest seq.
        newest: i64,
        /// The last-read position.
        last_read: i64,
    },
    /// An owner sends a message to a private room. All texts are distinct.
    Confiding {
        /// The room.
        room: Name,
        /// The text.
        text: Text,
    },
    /// An owner lets a user into a private room, or in again after the user was shut out.
    Admitting {
        /// The room.
        room: Name,
        /// The user.
        user: Name,
    },
    /// Shutting a user out of a private room was acknowledged.
    ShutOut {
        /// The room.
        room: Name,
        /// The user.
        user: Name,
        /// The node that answered.
        node: Node,
        /// How the user was shut out.
        how: Exit,
    },
    /// A request of a user who is in the room at some times was answered with 404 or 401.
    TurnedAway {
        /// The room.
        room: Name,
        /// The user.
        user: Name,
        /// The node that answered.
        node: Node,
        /// The time of the request.
        asked_us: u64,
    },
    /// A request of a user who is in the room at some times was answered, perhaps with messages of the room.
    Overheard {
        /// The room.
        room: Name,
        /// The user.
        user: Name,
        /// The node that answered.
        node: Node,
        /// The time of the request.
        asked_us: u64,
        /// Whether the request named the room.
        is_about_room: bool,
        /// The texts of the room's messages.
        texts: Vec<Text>,
    },
    /// A fault is injected.
    FaultBegins {
        /// The fault.
        fault: FaultKind,
    },
    /// A fault has been repaired, and the repaired part answers.
    FaultEnds {
        /// The fault.
        fault: FaultKind,
    },
    /// An answer that nothing explains.
    Refused {
        /// The answer.
        what: String,
    },
}

/// A page of messages and changes that a client received.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The node that answered.
    pub node: Node,
    /// The time of the request.
    pub asked_us: u64,
    /// The messages.
    pub messages: Digest,
    /// The messages that changed.
    #[serde(default, skip_serializing_if = "Digest::is_empty")]
    pub changed: Digest,
    /// The conversations that changed, with the client's last-read position.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positions: Vec<(Conversation, i64)>,
    /// Whether the answer said that there are more.
    pub more: bool,
    /// The [hash](cursor_hash) of the answer's cursor.
    pub cursor: u64,
}

impl Page {
    /// Summarizes an answer that a node gave to this user.
    #[must_use]
    pub fn of(node: Node, asked_us: u64, user: &str, polled: &Polled) -> Self {
        let conversations = polled.conversations.iter().flatten();
        Self {
            node,
            asked_us,
            messages: Digest::of(&polled.messages),
            changed: Digest::of(polled.changed.iter().flatten()),
            positions: conversations
                .filter_map(|state| Some((Conversation::of_state(state, user), state.last_read?)))
                .collect(),
            more: polled.more,
            cursor: cursor_hash(&polled.cursor),
        }
    }
}

/// The final contents of a conversation as one node shows them to one user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The node that answered.
    pub node: Node,
    /// The user who asked.
    pub user: Name,
    /// The conversation.
    pub conversation: Conversation,
    /// All messages, oldest first.
    pub messages: Digest,
}

/// A fault that can be injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A node is killed and restarted.
    KillNode,
    /// PostgreSQL is killed and restarted.
    KillPostgres,
    /// A node is suspended for a while.
    PauseNode,
    /// No bytes pass between a node and the database.
    BlackHole,
    /// A node's connections to the database are reset.
    Cut,
    /// Traffic between the nodes and the database is delayed by random times.
    Delay,
    /// No bytes pass on the connections that listen for notifications.
    ListenDead,
}

impl FaultKind {
    /// Returns whether requests may fail during this fault. The other faults only slow things down.
    #[must_use]
    pub fn explains_failures(self) -> bool {
        !matches!(self, Self::Delay | Self::ListenDead)
    }
}
