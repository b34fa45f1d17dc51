//! The inbox of one user: the joined conversations and last-read positions, kept in memory while the user is active.
//! The database follows within a second. Knows no other user.

mod moves;
mod presence;
mod state;

use std::collections::{HashMap, HashSet};
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::SessionKey;
use super::rooms::VisibleRooms;
use super::tail::{Event, What};
use super::wait::Bells;
use crate::domain::cursor::Told;
use crate::domain::ids::{ConversationId, EventId, Seq, UserId};
use crate::domain::right::Role;
use crate::store::{Joined, Membership, Position};
pub(crate) use moves::{Stamp, Untold};
use presence::LastCalls;
pub(super) use state::Advanced;
use state::{PositionState, State, Subscription};

/// One user's conversations, shared by all of the user's sessions and clients.
pub(crate) struct Inbox {
    pub(crate) user_id: UserId,
    /// Wake the user's waiting requests. Only a hint to look again.
    pub(super) bells: Bells,
    pub(crate) visible: VisibleRooms,
    state: Mutex<State>,
    /// How many requests the user holds. While there are any, the user is online.
    held: AtomicUsize,
    calls: Mutex<LastCalls>,
    /// Whether it is on disk that the user has written a message.
    is_author: AtomicBool,
}

impl Inbox {
    /// Builds an inbox from memberships that were read while nothing was being written. `newest` was the newest message
    /// then.
    pub(crate) fn new(user_id: UserId, memberships: &[Membership], newest: EventId) -> Self {
        let all_read = memberships.iter().all(|m| m.last_read_seq >= m.newest_seq);
        Self {
            user_id,
            bells: Bells::default(),
            visible: VisibleRooms::default(),
            state: Mutex::new(State::new(memberships, if all_read { newest } else { 0 })),
            held: AtomicUsize::new(0),
            calls: Mutex::new(LastCalls::new()),
            is_author: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_author(&self) -> bool {
        self.is_author.load(Ordering::Relaxed)
    }

    /// Records that it is on disk that the user has written a message.
    pub(crate) fn set_author(&self) {
        self.is_author.store(true, Ordering::Relaxed);
    }

    // Conversations.

    pub(super) fn join(&self, conversation: ConversationId, joined: Joined, role: Role, other: Option<String>) {
        let mut state = self.state.lock();
        let (direct, Joined { since_seq, resets }) = (other.is_some(), joined);
        let subscription = Subscription { since_seq, last_read_seq: since_seq, resets, direct, role, unsaved: false };
        state.put(conversation, subscription, None);
        state.directs.extend(other.map(|name| (name, conversation)));
    }

    pub(super) fn leave(&self, conversation: ConversationId) {
        self.state.lock().remove(conversation);
    }

    pub(super) fn set_role(&self, conversation: ConversationId, role: Role) {
        if let Some(subscription) = self.state.lock().subscriptions.get_mut(&conversation) {
            subscription.role = role;
        }
    }

    /// Returns the user's role in a conversation. Returns `None` if it is not joined.
    pub(crate) fn role(&self, conversation: ConversationId) -> Option<Role> {
        self.state.lock().subscriptions.get(&conversation).map(|s| s.role)
    }

    /// Follows changes of another node, given the memberships in the database while no position is being written.
    /// Returns the conversations that were left.
    pub(super) fn refresh(&self, memberships: &[Membership]) -> Vec<ConversationId> {
        let mut state = self.state.lock();
        let joined: HashSet<_> = memberships.iter().map(|m| m.conversation_id).collect();
        // A user who was deleted has another name.
        state.directs.clear();
        let left: Vec<_> = state.subscriptions.keys().filter(|id| !joined.contains(id)).copied().collect();
        left.iter().for_each(|&conversation| state.remove(conversation));
        for membership in memberships {
            let conversation = membership.conversation_id;
            if let Some(known) = state.subscriptions.get_mut(&conversation).filter(|s| s.unsaved) {
                known.role = membership.role;
                state.learn(conversation, membership.since_seq, membership.last_read_seq, membership.resets);
            } else {
                // No position is on its way to the database, so the database is right.
                let known = state.put(conversation, membership.into(), None);
                // A user may join elsewhere and set the position back before this node hears of either.
                if membership.last_read_seq < known.map_or(membership.newest_seq, |known| known.last_read_seq) {
                    state.acknowledged = 0;
                }
            }
            state.directs.extend(membership.other.clone().map(|name| (name, conversation)));
        }
        left
    }

    pub(super) fn conversations(&self) -> Vec<ConversationId> {
        self.state.lock().subscriptions.keys().copied().collect()
    }

    /// Returns the direct conversation with a user, if there is one yet.
    pub(crate) fn direct_with(&self, name: &str) -> Option<ConversationId> {
        self.state.lock().directs.get(name).copied()
    }

    /// Lists at most `limit` of the direct conversations with users whose names come after `after`, by name, each with
    /// the last-read position.
    pub(crate) fn directs_after(&self, after: &str, limit: usize) -> Vec<(String, ConversationId, Seq)> {
        let state = self.state.lock();
        let directs = state.directs.range::<str, _>((Bound::Excluded(after), Bound::Unbounded));
        let positions = directs.filter_map(|(name, &conversation)| {
            let last_read = state.subscriptions.get(&conversation)?.last_read_seq;
            Some((name.clone(), conversation, last_read))
        });
        positions.take(limit).collect()
    }

    /// Lists the joined conversations, each with the seq above which its messages reach this user.
    pub(crate) fn floors(&self, only_directs: bool) -> Vec<(ConversationId, Seq)> {
        let state = self.state.lock();
        let wanted = state.subscriptions.iter().filter(|(_, s)| s.direct || !only_directs);
        wanted.map(|(&conversation, s)| (conversation, s.since_seq)).collect()
    }

    /// Returns a number that changes whenever the user joins or leaves a conversation.
    pub(super) fn version(&self) -> u64 {
        self.state.lock().version
    }

    /// Runs `look` with a test for events that reach this user, changes included if `changes` says so. The user neither
    /// joins nor leaves a conversation meanwhile.
    pub(super) fn with_filter<T>(
        &self,
        only_directs: bool,
        changes: bool,
        look: impl FnOnce(&dyn Fn(&Event) -> bool) -> T,
    ) -> T {
        let state = self.state.lock();
        let reaches = |event: &Event| {
            let subscription = || state.subscriptions.get(&event.conversation_id).filter(|s| s.direct || !only_directs);
            match event.what {
                What::Message { .. } => subscription().is_some_and(|s| event.seq > s.since_seq),
                // Those of messages from before the user joined, too.
                What::Changed { .. } | What::Erased => changes && subscription().is_some(),
                What::Membership { user } => changes && !only_directs && user == self.user_id,
                What::Conversation => changes && !only_directs && subscription().is_some(),
                What::Superseded => false,
            }
        };
        look(&reaches)
    }

    // What clients are told of last-read positions.

    /// Returns the stamp of the last-read positions.
    pub(super) fn stamp(&self) -> Stamp {
        self.state.lock().stamp
    }

    /// Begins to remember who moves positions. Returns the stamp of the positions.
    pub(super) fn remember_moves(&self) -> Stamp {
        let mut state = self.state.lock();
        state.moves.remember();
        state.stamp
    }

    /// Returns the positions that other sessions than `session` have moved and that the client does not know, given
    /// what it was told, and the stamp now.
    pub(super) fn untold(&self, told: Option<Told>, session: SessionKey) -> (Untold, Stamp) {
        let state = self.state.lock();
        (state.moves.untold(told, state.stamp, session), state.stamp)
    }

    /// Lists the last-read positions in these conversations, by conversation, those that are not joined left out. A
    /// direct conversation comes with the other user's name.
    pub(super) fn positions_in(&self, wanted: &Untold) -> Vec<PositionState> {
        let state = self.state.lock();
        let is_wanted = |conversation: &ConversationId| {
            wanted.from.is_some_and(|from| *conversation >= from) || wanted.conversations.contains(conversation)
        };
        let directs = state.directs.iter().filter(|(_, conversation)| is_wanted(conversation));
        let mut names: HashMap<_, _> = directs.map(|(name, &conversation)| (conversation, name.clone())).collect();
        let found = state.subscriptions.iter().filter(|(conversation, _)| is_wanted(conversation));
        let position = |(&conversation, subscription): (&ConversationId, &Subscription)| {
            let Subscription { last_read_seq: last_read, role, .. } = *subscription;
            PositionState { conversation, last_read, role, with: names.remove(&conversation) }
        };
        found.map(position).collect()
    }

    // Last-read positions.

    /// Returns the last-read position in a conversation. Returns `None` if it is not joined.
    pub(crate) fn last_read(&self, conversation: ConversationId) -> Option<Seq> {
        self.state.lock().subscriptions.get(&conversation).map(|s| s.last_read_seq)
    }

    /// Returns the event up to which everything is read, and every last-read position.
    pub(super) fn positions(&self) -> (EventId, HashMap<ConversationId, Seq>) {
        let state = self.state.lock();
        let positions = state.subscriptions.iter().map(|(&conversation, s)| (conversation, s.last_read_seq));
        (state.acknowledged, positions.collect())
    }

    /// Moves positions forward, never back, because everything up to the event `upto` is read.
    ///
    /// `read` gets the event after which to start, and passes on how far each conversation was read between there and
    /// `upto`. If it returns false, nothing moves. A position that another session has set back since the client got
    /// this cursor stays: the next cursor moves it.
    pub(super) fn advance(
        &self,
        upto: EventId,
        told: Option<Told>,
        by: SessionKey,
        read: impl FnOnce(EventId, &mut dyn FnMut(ConversationId, Seq)) -> bool,
    ) -> Advanced {
        let mut state = self.state.lock();
        let from = state.acknowledged;
        if upto <= from {
            return Advanced::Done;
        }
        let was_saved = !state.is_unsaved;
        let set_back = told.map_or_else(Vec::new, |told| state.moves.set_back_since(told, state.stamp, by));
        let mut raise = |conversation, seq| {
            if !set_back.contains(&conversation) {
                state.raise(conversation, seq, Some(by));
            }
        };
        if !read(from, &mut raise) {
            return Advanced::Declined;
        }
        if set_back.is_empty() {
            state.acknowledged = upto;
        }
        if was_saved && state.is_unsaved { Advanced::BecameUnsaved } else { Advanced::Done }
    }

    /// Follows a position that another node has written, unless the one here wins; see [`Position::resets`].
    pub(super) fn learn(&self, position: &Position) {
        let Position { conversation_id, since_seq, seq, resets, .. } = *position;
        let moved = self.state.lock().learn(conversation_id, since_seq, seq, resets);
        if moved {
            self.bells.ring_for_change();
        }
    }

    /// Marks the user's own message as read if nothing before it is unread. Returns whether that left the first unsaved
    /// position.
    pub(super) fn read_own(&self, conversation: ConversationId, seq: Seq, by: SessionKey) -> bool {
        let mut state = self.state.lock();
        let was_saved = !state.is_unsaved;
        if state.subscriptions.get(&conversation).is_some_and(|s| s.last_read_seq == seq - 1) {
            state.raise(conversation, seq, Some(by));
        }
        was_saved && state.is_unsaved
    }

    /// Sets a position, backward or forward. No message of the conversation up to the event `read_upto` lies beyond the
    /// position. Returns false if the conversation is not joined.
    pub(super) fn set_last_read(
        &self,
        conversation: ConversationId,
        seq: Seq,
        read_upto: EventId,
        by: SessionKey,
    ) -> bool {
        let mut state = self.state.lock();
        let Some(&known) = state.subscriptions.get(&conversation) else {
            return false;
        };
        let subscription = Subscription {
            last_read_seq: seq,
            // Even if it is there already: another node may be about to write a position further on.
            resets: known.resets + 1,
            // Messages that become unread reach the user, even those from before the user joined.
            since_seq: known.since_seq.min(seq),
            unsaved: true,
            ..known
        };
        state.put(conversation, subscription, Some(by));
        state.is_unsaved = true;
        state.acknowledged = state.acknowledged.min(read_upto);
        true
    }

    /// Moves a position forward, never back. Returns false if the conversation is not joined.
    pub(super) fn raise_last_read(&self, conversation: ConversationId, seq: Seq, by: SessionKey) -> bool {
        let mut state = self.state.lock();
        state.raise(conversation, seq, Some(by));
        state.subscriptions.contains_key(&conversation)
    }

    /// Takes the positions that the database does not have yet.
    pub(super) fn take_unsaved(&self) -> Vec<Position> {
        let mut state = self.state.lock();
        state.is_unsaved = false;
        let unsaved = state.subscriptions.iter_mut().filter(|(_, subscription)| subscription.unsaved);
        let positions = unsaved.map(|(&conversation_id, subscription)| {
            subscription.unsaved = false;
            let Subscription { since_seq, last_read_seq: seq, resets, .. } = *subscription;
            Position { user_id: self.user_id, conversation_id, since_seq, seq, resets }
        });
        positions.collect()
    }

    /// Marks a position as unsaved again, because it could not be saved.
    pub(super) fn put_back(&self, conversation: ConversationId) {
        self.state.lock().record_unsaved(conversation);
    }

    pub(super) fn is_saved(&self) -> bool {
        !self.state.lock().is_unsaved
    }
}
