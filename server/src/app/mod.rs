//! The parts of the server that handlers use, and the actions that several handlers share.

mod changing;
pub(crate) mod codes;
pub(crate) mod directs;
pub(crate) mod history;
mod in_progress;
pub(crate) mod outgoing;
pub(crate) mod people;
mod problems;
pub(crate) mod rooms;

use std::sync::Arc;

use crate::accounts::Accounts;
use crate::accounts::limits::{Limits, SET_POSITION};
use crate::config::Settings;
use crate::domain::ids::{ConversationId, Seq, UserId};
use crate::domain::name::is_of_deleted;
use crate::domain::problem::Problem;
use crate::domain::text::Text;
use crate::hub::{self, Ask, Hub, Reader, Room};
use crate::journal::Journal;
use crate::metrics::{Gauges, Metrics};
use crate::sessions::Session;
use crate::store::{ConversationName, Draft, Store};
use directs::{Direct, Peer};
pub(crate) use in_progress::{Counted, InProgress};
use outgoing::Outgoing;

/// Everything that handlers use.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) accounts: Accounts,
    pub(crate) hub: Arc<Hub>,
    pub(crate) journal: Journal,
    pub(crate) limits: Arc<Limits>,
    pub(crate) outgoing: Arc<Outgoing>,
    pub(crate) in_progress: InProgress,
    pub(crate) metrics: Arc<Metrics>,
    /// Milliseconds since 1970.
    pub(crate) started_at_ms: i64,
}

/// A message to be sent.
pub(crate) struct NewMessage {
    pub(crate) text: Text,
    /// The seq of a message of the same conversation.
    pub(crate) reply_to: Option<Seq>,
    pub(crate) key: Option<String>,
}

impl App {
    /// Sends a message to a room, joined or not.
    pub(crate) async fn post_to_room(
        &self,
        sender: &Session,
        room: &Room,
        message: NewMessage,
    ) -> Result<Arc<hub::Event>, Problem> {
        self.limits.sends.take(&sender.user.id)?;
        let name = ConversationName::Room { id: room.id, name: room.name.clone() };
        self.post(sender, room.conversation, name, message).await
    }

    /// Sends a message to a user; the first message opens the conversation.
    pub(crate) async fn post_to_user(
        &self,
        sender: &Session,
        recipient: Peer,
        message: NewMessage,
    ) -> Result<Arc<hub::Event>, Problem> {
        self.limits.sends.take(&sender.user.id)?;
        let conversation = match recipient.conversation {
            // A deleted user is none, and reads nothing.
            Direct::Open(_) if is_of_deleted(&recipient.name) => return Err(Problem::not_found()),
            Direct::Open(conversation) => conversation,
            Direct::NotYet(stranger) => {
                // A conversation that does not exist has no message to answer, and must not begin with a refusal.
                if let Some(seq) = message.reply_to {
                    return Err(reply_to_nothing(seq));
                }
                self.journal.open_direct(sender.user.clone(), stranger).await?
            }
        };
        let name = ConversationName::Direct { with: recipient.name };
        self.post(sender, conversation, name, message).await
    }

    /// Sets a last-read position on disk, forward or back, or with `only_forward` never back. A seq beyond the newest
    /// message means the newest. Returns whether the user has joined the conversation.
    pub(crate) async fn set_last_read(
        &self,
        reader: &Session,
        conversation: ConversationId,
        seq: Seq,
        only_forward: bool,
    ) -> Result<bool, Problem> {
        self.limits.changes.take_weighted(&reader.user.id, SET_POSITION)?;
        if self.store.is_shared() {
            // Another node may just have joined the conversation or set the position; this call comes after that.
            self.journal.follow().await?;
        }
        let to = self.hub.find_last_read(conversation, seq, only_forward).await?;
        // Positions that polls move are written later. But if a crash lost a position that was set back, messages that
        // the user wants to see again would stay read.
        Ok(self.journal.set_last_read(reader, conversation, to).await?)
    }

    /// Opens a reader. If its cursor is ahead of this node, because another node just issued it, catches up first.
    pub(crate) async fn open_reader(&self, ask: Ask) -> Result<Reader<'_>, Problem> {
        if self.store.is_shared() && self.hub.is_ahead(&ask) {
            Box::pin(self.journal.follow()).await?;
        }
        Ok(self.hub.open_reader(ask).await?)
    }

    /// Returns the users who are online on any node, in ascending order.
    pub(crate) async fn list_online(&self) -> Result<Vec<UserId>, Problem> {
        let mut online = self.hub.list_online();
        online.extend(self.store.list_online_elsewhere().await?);
        online.sort_unstable();
        online.dedup();
        Ok(online)
    }

    /// Takes a snapshot of the current state, for monitoring.
    pub(crate) fn measure(&self) -> Gauges {
        let held = self.accounts.sessions.count_held();
        let tail = self.hub.tail_size();
        let (queue_writes, queue_capacity_writes) = self.journal.queue_size();
        Gauges {
            started_at_ms: self.started_at_ms,
            held_polls: held.polls,
            held_streams: held.streams,
            waiters: self.hub.held_requests(),
            sessions: held.sessions,
            users: self.hub.list_around().len(),
            users_online: self.hub.list_online().len(),
            tail_messages: tail.events,
            tail_bytes: tail.bytes,
            tail_capacity_bytes: tail.capacity_bytes,
            queue_writes,
            queue_capacity_writes,
            queries: self.store.query_count(),
        }
    }

    /// # Errors
    /// 400 if it answers a message that does not exist.
    async fn post(
        &self,
        sender: &Session,
        conversation_id: ConversationId,
        conversation: ConversationName,
        message: NewMessage,
    ) -> Result<Arc<hub::Event>, Problem> {
        let NewMessage { text, reply_to, key } = message;
        if let Some(seq) = reply_to
            && !(1..=self.store.newest_seq(conversation_id).await?).contains(&seq)
        {
            return Err(reply_to_nothing(seq));
        }
        let draft = Draft {
            conversation_id,
            conversation,
            sender_id: sender.user.id,
            sender: sender.user.name.clone(),
            text: text.into_string(),
            reply_to,
            key,
            refused: None,
        };
        Ok(self.journal.post(draft, sender).await?)
    }
}

fn reply_to_nothing(seq: Seq) -> Problem {
    Problem::bad_field("reply_to", format!("This conversation has no message {seq} to reply to."))
}
