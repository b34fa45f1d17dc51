//! What one user gets and has read: the joined conversations with their last-read positions, in memory,
//! for as long as the user is around. The database follows within a second. Knows no other user.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::tail::Event;
use crate::domain::clock;
use crate::domain::ids::{ConversationId, EventId, Seq, UserId};
use crate::store::{Membership, Position};

/// A user counts as online for so long after the last call.
const ONLINE_MS: i64 = 60_000;

/// A user who has not called for so long is forgotten here; the database remembers.
const IDLE_MS: i64 = 10 * 60_000;

/// One user's conversations. All clients of a user, and all their sessions, share it.
pub(crate) struct Inbox {
    pub(crate) user_id: UserId,
    /// Rings when something may have come; only a hint to look again.
    pub(super) arrival: Notify,
    state: Mutex<State>,
    held: AtomicUsize,
    last_seen_ms: AtomicI64,
}

struct State {
    /// Mostly one or a few, of a user whom nobody thought of since the last message: one node of a tree is less memory
    /// to fetch than a table, and nothing is hashed.
    subscriptions: BTreeMap<ConversationId, Subscription>,
    /// The direct conversations by the other user's name.
    directs: HashMap<String, ConversationId>,
    /// Up to here on the number line everything is read, so that acknowledging a cursor has to look only
    /// at what lies between. Setting a position back takes it back as well.
    acknowledged: EventId,
    /// Whether there may be positions that the database does not have yet: the hub has been told so, and has not asked
    /// for them since.
    is_unsaved: bool,
}

#[derive(Clone, Copy)]
struct Subscription {
    since_seq: Seq,
    last_read_seq: Seq,
    /// See [`Position::resets`].
    resets: i64,
    direct: bool,
    /// The database does not have `last_read_seq` yet.
    unsaved: bool,
}

impl From<&Membership> for Subscription {
    fn from(m: &Membership) -> Self {
        let Membership { since_seq, last_read_seq, resets, .. } = *m;
        Self { since_seq, last_read_seq, resets, direct: m.other.is_some(), unsaved: false }
    }
}

impl Inbox {
    /// From what the database says while nothing is being written; `newest` is its newest message.
    pub(crate) fn new(user_id: UserId, memberships: Vec<Membership>, newest: EventId) -> Self {
        let all_read = memberships.iter().all(|m| m.last_read_seq >= m.newest_seq);
        let state = State {
            subscriptions: memberships.iter().map(|m| (m.conversation_id, m.into())).collect(),
            directs: memberships.into_iter().filter_map(|m| Some((m.other?, m.conversation_id))).collect(),
            acknowledged: if all_read { newest } else { 0 },
            is_unsaved: false,
        };
        Self {
            user_id,
            arrival: Notify::new(),
            state: Mutex::new(state),
            held: AtomicUsize::new(0),
            last_seen_ms: AtomicI64::new(clock::now_ms()),
        }
    }

    // Conversations.

    pub(super) fn join(&self, conversation: ConversationId, since_seq: Seq, other: Option<String>) {
        let mut state = self.state.lock();
        let direct = other.is_some();
        let subscription = Subscription { since_seq, last_read_seq: since_seq, resets: 0, direct, unsaved: false };
        state.subscriptions.insert(conversation, subscription);
        state.directs.extend(other.map(|name| (name, conversation)));
    }

    pub(super) fn leave(&self, conversation: ConversationId) {
        self.state.lock().subscriptions.remove(&conversation);
    }

    /// Follows what another node has changed: from what the database says now, while no position is being
    /// written down. The conversations that are new here, and those that are no more.
    pub(super) fn refresh(&self, memberships: Vec<Membership>) -> (Vec<ConversationId>, Vec<ConversationId>) {
        let mut state = self.state.lock();
        let joined: HashSet<_> = memberships.iter().map(|m| m.conversation_id).collect();
        let left: Vec<_> = state.subscriptions.keys().filter(|id| !joined.contains(id)).copied().collect();
        for conversation in &left {
            state.subscriptions.remove(conversation);
        }
        let mut new = Vec::new();
        for membership in memberships {
            let conversation = membership.conversation_id;
            if state.subscriptions.get(&conversation).is_some_and(|s| s.unsaved) {
                state.learn(conversation, membership.since_seq, membership.last_read_seq, membership.resets);
            } else {
                // Nothing is on its way to the database, so it knows better: it may have been left and joined
                // again, which counts no resets, and what came in between is history.
                match state.subscriptions.insert(conversation, (&membership).into()) {
                    None => new.push(conversation),
                    Some(old) if membership.last_read_seq < old.last_read_seq => state.acknowledged = 0,
                    Some(_) => {}
                }
            }
            state.directs.extend(membership.other.map(|name| (name, conversation)));
        }
        (new, left)
    }

    pub(super) fn conversations(&self) -> Vec<ConversationId> {
        self.state.lock().subscriptions.keys().copied().collect()
    }

    /// The direct conversation with a user, if there is one yet.
    pub(crate) fn direct_with(&self, name: &str) -> Option<ConversationId> {
        self.state.lock().directs.get(name).copied()
    }

    /// Every joined conversation with the seq above which its messages reach this user.
    pub(super) fn floors(&self, only_directs: bool) -> Vec<(ConversationId, Seq)> {
        let state = self.state.lock();
        let wanted = state.subscriptions.iter().filter(|(_, s)| s.direct || !only_directs);
        wanted.map(|(&conversation, s)| (conversation, s.since_seq)).collect()
    }

    /// Runs `look` with a test for messages that reach this user, and no change of conversations meanwhile.
    pub(super) fn with_filter<T>(&self, only_directs: bool, look: impl FnOnce(&dyn Fn(&Event) -> bool) -> T) -> T {
        let state = self.state.lock();
        look(&|event| {
            let subscription = state.subscriptions.get(&event.conversation_id);
            subscription.is_some_and(|s| event.seq > s.since_seq && (s.direct || !only_directs))
        })
    }

    // Last-read positions.

    /// The last-read position in a joined conversation.
    pub(crate) fn last_read(&self, conversation: ConversationId) -> Option<Seq> {
        self.state.lock().subscriptions.get(&conversation).map(|s| s.last_read_seq)
    }

    /// Every position, and the place on the number line up to which everything is read.
    pub(super) fn positions(&self) -> (EventId, HashMap<ConversationId, Seq>) {
        let state = self.state.lock();
        let positions = state.subscriptions.iter().map(|(&conversation, s)| (conversation, s.last_read_seq));
        (state.acknowledged, positions.collect())
    }

    /// Moves positions up, never back, because everything up to `upto` is read.
    ///
    /// `read` is told from where on, and hands over how far each conversation was read between there and
    /// `upto`; or it declines, and nothing moves.
    pub(super) fn advance(
        &self,
        upto: EventId,
        read: impl FnOnce(EventId, &mut dyn FnMut(ConversationId, Seq)) -> bool,
    ) -> Advanced {
        let mut state = self.state.lock();
        let from = state.acknowledged;
        if upto <= from {
            return Advanced::Done;
        }
        let was_saved = !state.is_unsaved;
        if !read(from, &mut |conversation, seq| state.raise(conversation, seq)) {
            return Advanced::Declined;
        }
        state.acknowledged = upto;
        if was_saved && state.is_unsaved { Advanced::BecameUnsaved } else { Advanced::Done }
    }

    /// Follows a position that another node has written down, unless the one here counts more.
    pub(super) fn learn(&self, position: &Position) {
        self.state.lock().learn(position.conversation_id, position.since_seq, position.seq, position.resets);
    }

    /// The user's own message counts as read if nothing before it was unread. True if that left the first
    /// position unsaved.
    pub(super) fn read_own(&self, conversation: ConversationId, seq: Seq) -> bool {
        let mut state = self.state.lock();
        let was_saved = !state.is_unsaved;
        if state.subscriptions.get(&conversation).is_some_and(|s| s.last_read_seq == seq - 1) {
            state.raise(conversation, seq);
        }
        was_saved && state.is_unsaved
    }

    /// Sets a position, back as well as forward; nothing of the conversation up to `read_upto` lies beyond
    /// it. False if the conversation is not joined.
    pub(super) fn set_last_read(&self, conversation: ConversationId, seq: Seq, read_upto: EventId) -> bool {
        let mut state = self.state.lock();
        let Some(subscription) = state.subscriptions.get_mut(&conversation) else {
            return false;
        };
        subscription.last_read_seq = seq;
        subscription.resets += 1;
        // What is made unread reaches the user, even if it was said before they joined.
        subscription.since_seq = subscription.since_seq.min(seq);
        subscription.unsaved = true;
        state.is_unsaved = true;
        state.acknowledged = state.acknowledged.min(read_upto);
        true
    }

    /// Moves a position up, never back. False if the conversation is not joined.
    pub(super) fn raise_last_read(&self, conversation: ConversationId, seq: Seq) -> bool {
        let mut state = self.state.lock();
        state.raise(conversation, seq);
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

    /// Puts back what could not be saved.
    pub(super) fn put_back(&self, conversation: ConversationId) {
        self.state.lock().record_unsaved(conversation);
    }

    // Presence: a lease, because a client that has gone is noticed late or never.

    /// The user called just now.
    pub(crate) fn touch(&self) {
        self.last_seen_ms.store(clock::now_ms(), Ordering::Relaxed);
    }

    /// Counts a held request until the answer is dropped.
    pub(super) fn hold(&self) -> impl Drop + '_ {
        struct Held<'a>(&'a Inbox);
        impl Drop for Held<'_> {
            fn drop(&mut self) {
                self.0.held.fetch_sub(1, Ordering::Relaxed);
                self.0.touch();
            }
        }
        self.held.fetch_add(1, Ordering::Relaxed);
        Held(self)
    }

    pub(super) fn held_requests(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// A request is held, or there was a call in the last minute.
    pub(crate) fn is_online(&self) -> bool {
        self.held_requests() > 0 || self.silent_ms() < ONLINE_MS
    }

    /// Nobody has heard of the user for long: no need to keep this in memory.
    pub(crate) fn is_idle(&self) -> bool {
        self.held_requests() == 0 && self.silent_ms() > IDLE_MS
    }

    /// Milliseconds since the last call.
    fn silent_ms(&self) -> i64 {
        clock::now_ms() - self.last_seen_ms.load(Ordering::Relaxed)
    }

    pub(super) fn is_saved(&self) -> bool {
        !self.state.lock().is_unsaved
    }
}

impl State {
    /// Takes a position over if it counts more than the one here; see [`Position::resets`].
    fn learn(&mut self, conversation: ConversationId, since_seq: Seq, seq: Seq, resets: i64) {
        let Some(subscription) = self.subscriptions.get_mut(&conversation) else { return };
        if (resets, seq) <= (subscription.resets, subscription.last_read_seq) {
            return;
        }
        if seq < subscription.last_read_seq {
            // Where on the number line that lies would have to be looked up; the beginning is right, too.
            self.acknowledged = 0;
        }
        *subscription = Subscription { since_seq, last_read_seq: seq, resets, unsaved: false, ..*subscription };
    }

    fn raise(&mut self, conversation: ConversationId, seq: Seq) {
        if let Some(subscription) = self.subscriptions.get_mut(&conversation)
            && seq > subscription.last_read_seq
        {
            subscription.last_read_seq = seq;
            subscription.unsaved = true;
            self.is_unsaved = true;
        }
    }

    fn record_unsaved(&mut self, conversation: ConversationId) {
        if let Some(subscription) = self.subscriptions.get_mut(&conversation) {
            subscription.unsaved = true;
            self.is_unsaved = true;
        }
    }
}

/// What became of [`Inbox::advance`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Advanced {
    Done,
    /// Done, and these are the first positions that wait to be saved.
    BecameUnsaved,
    /// Nothing moved: what was read since is not at hand.
    Declined,
}
