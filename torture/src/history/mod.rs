//! What a run leaves behind: what clients asked and were told, in the order in which it happened, and what
//! every node showed at the end. Plain values, so that the verdict on them can be tested with histories that
//! no server would leave. Knows no server, and judges nothing.

mod conversation;
mod digest;
mod lines;
mod recorder;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use linger_api::Message;
use serde::{Deserialize, Serialize};

pub use conversation::Conversation;
pub use digest::{Digest, cursor_hash, fingerprint};
pub use recorder::Recorder;

/// A user's name.
pub type Name = Arc<str>;

/// A node's place among those of the run, from 0.
pub type Node = usize;

/// All that there is to judge.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// What the run was to hold besides what always holds.
    pub promises: Promises,
    /// What reaches each user; nobody joins or leaves while it is recorded.
    pub members: BTreeMap<Name, BTreeSet<Conversation>>,
    /// What happened, in its order.
    pub events: Vec<Recorded>,
    /// Each conversation as one node shows it when all is over, oldest first.
    pub stored: BTreeMap<Conversation, Vec<Message>>,
    /// The same conversations as the other nodes, and the other members, are shown them.
    pub views: Vec<View>,
}

/// How soon things have to happen, in microseconds; what is not set is not judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promises {
    /// From a message's acknowledgement until every node shows it, and answers who waits for it.
    pub visible_within_us: Option<u64>,
    /// From the end of a fault until nothing fails any more because of it.
    pub recovers_within_us: u64,
}

/// Something that happened, and when: microseconds since the run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// When it was recorded; never less than what stands before it.
    pub at_us: u64,
    /// What it was.
    #[serde(flatten)]
    pub event: Event,
}

/// Something that happened at a client. What is about to be asked is recorded before it can have an effect,
/// what was answered after that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A message is sent. No two messages have the same text, so that the text names the message.
    Sending {
        /// Who sends it.
        by: Name,
        /// Where.
        to: Conversation,
        /// What.
        text: Name,
    },
    /// It was answered with 201.
    Sent {
        /// The text that was sent.
        text: Name,
        /// Who answered.
        node: Node,
        /// The message in the answer.
        message: Digest,
    },
    /// It was answered with 503, or nobody knows whether it is stored.
    Unanswered {
        /// The text that was sent.
        text: Name,
        /// The answer's status, if there was one.
        status: Option<u16>,
    },
    /// A client comes in, with what it is told is unread: from here on it keeps the cursor.
    Connected {
        /// Which client.
        reader: usize,
        /// Whose.
        user: Name,
        /// The answer.
        page: Page,
    },
    /// A client asks with the cursor of the last answer that it took, which acknowledges that answer.
    Acknowledging {
        /// Which client.
        reader: usize,
    },
    /// A client gets an answer to a poll.
    Answered {
        /// Which client.
        reader: usize,
        /// The answer.
        page: Page,
        /// Whether the client goes on from there; else it asks for the same again.
        taken: bool,
    },
    /// A poll was answered with 503, or not at all.
    Unheard {
        /// Which client.
        reader: usize,
        /// The answer's status, if there was one.
        status: Option<u16>,
    },
    /// How many polls a client has asked for in the whole run.
    Polled {
        /// Which client.
        reader: usize,
        /// Answered or not.
        times: u64,
    },
    /// A conversation's history was looked at.
    Looked {
        /// Who answered.
        node: Node,
        /// When it was asked for.
        asked_us: u64,
        /// Which.
        conversation: Conversation,
        /// The newest seq that it shows.
        newest: i64,
    },
    /// What `/status` says of one conversation.
    Status {
        /// To whom.
        user: Name,
        /// Of which.
        conversation: Conversation,
        /// The newest seq.
        newest: i64,
        /// The last-read position.
        last_read: i64,
    },
    /// Something is broken on purpose.
    FaultBegins {
        /// What.
        fault: FaultKind,
    },
    /// It is whole again, and answers.
    FaultEnds {
        /// What.
        fault: FaultKind,
    },
    /// An answer that nothing explains.
    Refused {
        /// The answer.
        what: String,
    },
}

/// What a client was given to read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Who answered.
    pub node: Node,
    /// When it was asked for.
    pub asked_us: u64,
    /// What was in it.
    pub messages: Digest,
    /// Whether it said that there is more.
    pub more: bool,
    /// The [hash](cursor_hash) of the cursor in it.
    pub cursor: u64,
}

/// A conversation as one node shows it to one user when all is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Who answered.
    pub node: Node,
    /// To whom.
    pub user: Name,
    /// Which.
    pub conversation: Conversation,
    /// Everything in it, oldest first.
    pub messages: Digest,
}

/// What can be broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A node is killed and started again.
    KillNode,
    /// PostgreSQL is killed and started again.
    KillPostgres,
    /// A node stands still for a while.
    PauseNode,
    /// Nothing passes between a node and the database.
    BlackHole,
    /// A node's connections to the database are reset.
    Cut,
    /// What passes between the nodes and the database takes a random time.
    Delay,
    /// Nothing passes in the connections that listen for notifications.
    ListenDead,
}

impl FaultKind {
    /// Whether requests may fail while it lasts. What does not explain that only makes things slower.
    #[must_use]
    pub fn explains_failures(self) -> bool {
        !matches!(self, Self::Delay | Self::ListenDead)
    }
}
