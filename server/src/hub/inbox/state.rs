//! What an inbox knows, under its lock: the joined conversations with their last-read positions. Whatever moves a
//! position keeps the stamp.

use std::collections::BTreeMap;

use super::moves::{Mark, Moves, Stamp};
use crate::domain::ids::{ConversationId, EventId, Seq};
use crate::domain::right::Role;
use crate::hub::SessionKey;
use crate::store::Membership;

pub(super) struct State {
    /// Usually a handful of entries, cold in cache. One B-tree node touches less memory than a hash table, and needs no
    /// hashing.
    pub(super) subscriptions: BTreeMap<ConversationId, Subscription>,
    /// Changes whenever a conversation is joined or left.
    pub(super) version: u64,
    /// The direct conversations by the other user's name.
    pub(super) directs: BTreeMap<String, ConversationId>,
    /// Everything up to this event is read, so that acknowledging a cursor only has to look at later events. Moves back
    /// when a position is set back.
    pub(super) acknowledged: EventId,
    /// Whether there may be positions that the database does not have yet: the inbox is on the hub's list, and they
    /// have not been taken since.
    pub(super) is_unsaved: bool,
    /// Of all last-read positions.
    pub(super) stamp: Stamp,
    pub(super) moves: Moves,
}

#[derive(Clone, Copy)]
pub(super) struct Subscription {
    /// Messages up to this seq are history, which does not reach the user.
    pub(super) since_seq: Seq,
    pub(super) last_read_seq: Seq,
    /// See [`Position::resets`](crate::store::Position::resets).
    pub(super) resets: i64,
    pub(super) direct: bool,
    pub(super) role: Role,
    /// The database does not have `last_read_seq` yet.
    pub(super) unsaved: bool,
}

impl From<&Membership> for Subscription {
    fn from(m: &Membership) -> Self {
        let Membership { since_seq, last_read_seq, resets, role, .. } = *m;
        Self { since_seq, last_read_seq, resets, direct: m.other.is_some(), role, unsaved: false }
    }
}

impl Subscription {
    fn mark(&self) -> Mark {
        Mark { resets: self.resets, seq: self.last_read_seq }
    }
}

/// A last-read position, for the state of its conversation.
pub(crate) struct PositionState {
    pub(crate) conversation: ConversationId,
    pub(crate) last_read: Seq,
    pub(crate) role: Role,
    /// The other user's name, in a direct conversation.
    pub(crate) with: Option<String>,
}

/// The outcome of [`Inbox::advance`](super::Inbox::advance).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Advanced {
    Done,
    /// Done, and now there are unsaved positions where there were none.
    BecameUnsaved,
    /// Nothing moved: `read` could not tell what was read since.
    Declined,
}

impl State {
    /// Builds the state from memberships, everything up to `acknowledged` being read.
    pub(super) fn new(memberships: &[Membership], acknowledged: EventId) -> Self {
        let mut state = Self {
            subscriptions: BTreeMap::new(),
            version: 0,
            directs: BTreeMap::new(),
            acknowledged,
            is_unsaved: false,
            stamp: Stamp::default(),
            moves: Moves::default(),
        };
        for membership in memberships {
            let conversation = membership.conversation_id;
            state.put(conversation, membership.into(), None);
            state.directs.extend(membership.other.clone().map(|name| (name, conversation)));
        }
        state
    }

    /// Joins a conversation, or replaces what is known of it. `by` is the session that moved its position.
    pub(super) fn put(
        &mut self,
        conversation: ConversationId,
        subscription: Subscription,
        by: Option<SessionKey>,
    ) -> Option<Subscription> {
        let known = self.subscriptions.insert(conversation, subscription);
        self.version += u64::from(known.is_none());
        self.record_move(conversation, known.map(|known| known.mark()), Some(subscription.mark()), by);
        known
    }

    pub(super) fn remove(&mut self, conversation: ConversationId) {
        if let Some(known) = self.subscriptions.remove(&conversation) {
            self.version += 1;
            self.record_move(conversation, Some(known.mark()), None, None);
        }
    }

    /// Applies a position of another node if it wins over the one here; see
    /// [`Position::resets`](crate::store::Position::resets). Returns whether it did.
    pub(super) fn learn(&mut self, conversation: ConversationId, since_seq: Seq, seq: Seq, resets: i64) -> bool {
        let Some(&known) = self.subscriptions.get(&conversation) else { return false };
        if (resets, seq) <= (known.resets, known.last_read_seq) {
            return false;
        }
        if seq < known.last_read_seq {
            // Finding the event at that position would take a query. The beginning of the line is correct, too.
            self.acknowledged = 0;
        }
        let learnt = Subscription { since_seq, last_read_seq: seq, resets, unsaved: false, ..known };
        self.put(conversation, learnt, None);
        true
    }

    /// Moves a position forward, never back.
    pub(super) fn raise(&mut self, conversation: ConversationId, seq: Seq, by: Option<SessionKey>) {
        if let Some(subscription) = self.subscriptions.get_mut(&conversation)
            && seq > subscription.last_read_seq
        {
            let from = subscription.mark();
            subscription.last_read_seq = seq;
            subscription.unsaved = true;
            let to = subscription.mark();
            self.is_unsaved = true;
            self.record_move(conversation, Some(from), Some(to), by);
        }
    }

    fn record_move(
        &mut self,
        conversation: ConversationId,
        from: Option<Mark>,
        to: Option<Mark>,
        by: Option<SessionKey>,
    ) {
        if from != to {
            self.moves.record(self.stamp, conversation, by, (from.map(|mark| mark.seq), to.map(|mark| mark.seq)));
            self.stamp = self.stamp.replace(conversation, from, to);
        }
    }

    pub(super) fn record_unsaved(&mut self, conversation: ConversationId) {
        if let Some(subscription) = self.subscriptions.get_mut(&conversation) {
            subscription.unsaved = true;
            self.is_unsaved = true;
        }
    }
}
