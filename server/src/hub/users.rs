//! Users in memory: their inboxes, which conversations wake them, and who is online. Only the journal adds and removes
//! users, in commit order.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{Hub, Inbox};
use crate::domain::ids::{ConversationId, UserId};
use crate::store::{Joined, Membership};

impl Hub {
    /// Returns the inbox of a user. Returns `None` if the user is not in memory.
    pub(crate) fn find_inbox(&self, user: UserId) -> Option<Arc<Inbox>> {
        self.inboxes.read().get(&user).cloned()
    }

    /// Adds a user to memory, with memberships that were read while nothing was being written.
    pub(crate) fn add_inbox(&self, user: UserId, memberships: Vec<Membership>) -> Arc<Inbox> {
        let inbox = Arc::new(Inbox::new(user, memberships, self.newest().id));
        for conversation in inbox.conversations() {
            self.channels.write().entry(conversation).or_default().members.insert(user, Arc::clone(&inbox));
        }
        self.inboxes.write().insert(user, Arc::clone(&inbox));
        inbox
    }

    /// Joins a user who is in memory. `other` names the other user of a direct conversation.
    pub(crate) fn join(&self, user: UserId, conversation: ConversationId, joined: Joined, other: Option<String>) {
        if let Some(inbox) = self.find_inbox(user) {
            inbox.join(conversation, joined, other);
            self.channels.write().entry(conversation).or_default().members.insert(user, inbox);
        }
    }

    /// Removes a user from a conversation.
    pub(crate) fn leave(&self, user: UserId, conversation: ConversationId) {
        if let Some(inbox) = self.find_inbox(user) {
            inbox.leave(conversation);
        }
        if let Some(channel) = self.channels.write().get_mut(&conversation) {
            channel.members.remove(&user);
        }
    }

    /// Follows changes of another node, if the user is in memory.
    pub(crate) fn refresh(&self, user: UserId, memberships: Vec<Membership>) {
        let Some(inbox) = self.find_inbox(user) else { return };
        let (joined, left) = inbox.refresh(memberships);
        let mut channels = self.channels.write();
        for conversation in joined {
            channels.entry(conversation).or_default().members.insert(user, Arc::clone(&inbox));
        }
        for conversation in left {
            channels.get_mut(&conversation).and_then(|channel| channel.members.remove(&user));
        }
    }

    /// Lists the users in memory, online or not.
    pub(crate) fn list_around(&self) -> Vec<UserId> {
        self.inboxes.read().keys().copied().collect()
    }

    /// Drops users who have been idle for long and whose positions are saved, and channels without members and
    /// watchers.
    pub(crate) fn forget_idle(&self) {
        let mut inboxes = self.inboxes.write();
        let mut channels = self.channels.write();
        inboxes.retain(|user, inbox| {
            let joined = inbox.conversations();
            let in_use = Arc::strong_count(inbox) > 1 + joined.len();
            if in_use || !inbox.is_idle() || !inbox.is_saved() {
                return true;
            }
            for conversation in joined {
                channels.get_mut(&conversation).and_then(|channel| channel.members.remove(user));
            }
            false
        });
        channels.retain(|_, channel| {
            channel.watchers.take_if(|watchers| Arc::strong_count(watchers) == 1);
            !channel.members.is_empty() || channel.watchers.is_some()
        });
    }

    /// Returns the notifier that wakes readers of a single room.
    pub(super) fn watchers(&self, conversation: ConversationId) -> Arc<Notify> {
        let mut channels = self.channels.write();
        Arc::clone(channels.entry(conversation).or_default().watchers.get_or_insert_default())
    }

    /// Lists the users who are online, by id.
    pub(crate) fn list_online(&self) -> Vec<UserId> {
        let inboxes = self.inboxes.read();
        let mut online: Vec<_> =
            inboxes.values().filter(|inbox| inbox.is_online()).map(|inbox| inbox.user_id).collect();
        online.sort_unstable();
        online
    }

    /// Counts the requests held at the moment.
    pub(crate) fn held_requests(&self) -> usize {
        self.inboxes.read().values().map(|inbox| inbox.held_requests()).sum()
    }
}
