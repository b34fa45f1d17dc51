//! Last-read positions: moved in memory at once, written to the database later. A request moves them here. At most half
//! a second later, the journal takes the unsaved ones with its next transaction, and puts them back if that fails.

use std::sync::Arc;

use super::inbox::Advanced;
use super::{Hub, Inbox, SessionKey};
use crate::domain::cursor::Told;
use crate::domain::ids::{ConversationId, EventId, Seq};
use crate::store::{Position, StoreError};

/// A position that a user sets.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LastRead {
    /// Forward or back. No message of the conversation up to the event `read_upto` lies beyond it.
    At { seq: Seq, read_upto: EventId },
    /// Forward, never back.
    AtLeast(Seq),
}

impl Hub {
    /// Marks the sender's own message as read if nothing before it is unread.
    pub(crate) fn read_own(&self, sender: &Arc<Inbox>, session: SessionKey, event: &super::Event) {
        if sender.read_own(event.conversation_id, event.seq, session) {
            self.unsaved.lock().push(Arc::clone(sender));
        }
    }

    /// Moves the user's positions forward, because everything up to `upto` is read. Never moves them back. `told` is
    /// what the client knows of the positions.
    pub(super) async fn acknowledge(
        &self,
        inbox: &Arc<Inbox>,
        session: SessionKey,
        upto: EventId,
        told: Option<Told>,
    ) -> Result<(), StoreError> {
        let mut advanced = inbox.advance(upto, told, session, |from, raise| {
            let tail = self.tail.read();
            let Some(events) = tail.after(from) else { return false };
            // Places have no gaps. The newest come first, so each position moves once.
            let read = events.take((upto - from) as usize).rev();
            read.filter(|event| event.is_message()).for_each(|event| raise(event.conversation_id, event.seq));
            true
        });
        if advanced == Advanced::Declined {
            // The last acknowledged event is older than the tail.
            let seqs = Box::pin(self.store.list_seqs_up_to(upto, &inbox.conversations())).await?;
            advanced = inbox.advance(upto, told, session, |_, raise| {
                seqs.iter().for_each(|&(conversation, seq)| raise(conversation, seq));
                true
            });
        }
        if advanced == Advanced::BecameUnsaved {
            self.unsaved.lock().push(Arc::clone(inbox));
        }
        Ok(())
    }

    /// Finds a last-read position of a conversation. A seq beyond the newest message means the newest.
    pub(crate) async fn find_last_read(
        &self,
        conversation: ConversationId,
        seq: Seq,
        only_forward: bool,
    ) -> Result<LastRead, StoreError> {
        // Read first, so that messages published and acknowledged during the queries lie beyond it.
        let newest = self.newest().id;
        let seq = seq.min(self.store.newest_seq(conversation).await?);
        if only_forward {
            return Ok(LastRead::AtLeast(seq));
        }
        let first_unread = self.store.find_message_id(conversation, seq + 1).await?;
        Ok(LastRead::At { seq, read_upto: first_unread.map_or(newest, |id| id - 1) })
    }

    /// Sets a last-read position of a conversation. A no-op if the user has not joined it.
    pub(crate) fn set_last_read(
        &self,
        inbox: &Arc<Inbox>,
        session: SessionKey,
        conversation: ConversationId,
        to: LastRead,
    ) {
        let is_unsaved = match to {
            LastRead::At { seq, read_upto } => inbox.set_last_read(conversation, seq, read_upto, session),
            LastRead::AtLeast(seq) => inbox.raise_last_read(conversation, seq, session),
        };
        if is_unsaved {
            self.unsaved.lock().push(Arc::clone(inbox));
        }
    }

    /// Takes the positions that the database does not have yet, sorted by its primary key, which makes them quicker to
    /// write. Wakes the requests of these users that ask for changes: this happens often enough to tell other sessions
    /// in time, and less often than positions move.
    pub(crate) fn take_unsaved(&self) -> Vec<Position> {
        let mut inboxes = std::mem::take(&mut *self.unsaved.lock());
        inboxes.sort_unstable_by_key(|inbox| inbox.user_id);
        inboxes.iter().for_each(|inbox| inbox.bells.ring_for_change());
        inboxes.iter().flat_map(|inbox| inbox.take_unsaved()).collect()
    }

    /// Follows a position that another node has written.
    pub(crate) fn learn(&self, position: &Position) {
        if let Some(inbox) = self.find_inbox(position.user_id) {
            inbox.learn(position);
        }
    }

    /// Puts back positions that could not be saved.
    pub(crate) fn put_back(&self, positions: &[Position]) {
        for position in positions {
            if let Some(inbox) = self.find_inbox(position.user_id) {
                inbox.put_back(position.conversation_id);
                self.unsaved.lock().push(inbox);
            }
        }
    }
}
