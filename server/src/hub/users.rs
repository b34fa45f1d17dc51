//! Users in memory: their inboxes, which conversations wake them, and who is online. Only the journal adds and removes
//! users, in commit order.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::wait::Bells;
use super::{Channel, Hub, Inbox};
use crate::domain::ids::{ConversationId, UserId};
use crate::domain::right::Role;
use crate::store::{Joined, Membership};

impl Hub {
    /// Returns the inbox of a user. Returns `None` if the user is not in memory.
    pub(crate) fn find_inbox(&self, user: UserId) -> Option<Arc<Inbox>> {
        self.inboxes.read().get(&user).cloned()
    }

    /// Adds a user to memory, with memberships that were read while nothing was being written.
    pub(crate) fn add_inbox(&self, user: UserId, memberships: Vec<Membership>) -> Arc<Inbox> {
        let inbox = Arc::new(Inbox::new(user, &memberships, self.newest().id));
        for membership in &memberships {
            self.channels.write().entry(membership.conversation_id).or_default().admit(membership, &inbox);
        }
        self.inboxes.write().insert(user, Arc::clone(&inbox));
        inbox
    }

    /// Joins a user who is in memory. `with` is the other user's name, in a direct conversation.
    pub(crate) fn join(
        &self,
        user: UserId,
        conversation: ConversationId,
        joined: Joined,
        role: Role,
        with: Option<String>,
    ) {
        let Some(inbox) = self.find_inbox(user) else { return };
        inbox.join(conversation, joined, role, with);
        let mut channels = self.channels.write();
        let channel = channels.entry(conversation).or_default();
        channel.newest_seq.fetch_max(joined.since_seq, Ordering::Relaxed);
        channel.members.insert(user, inbox);
    }

    /// Gives a member another role.
    pub(crate) fn set_role(&self, user: UserId, conversation: ConversationId, role: Role) {
        if let Some(inbox) = self.find_inbox(user) {
            inbox.set_role(conversation, role);
        }
    }

    /// Removes a user from a conversation.
    pub(crate) fn leave(&self, user: UserId, conversation: ConversationId) {
        let inbox = self.find_inbox(user);
        if let Some(inbox) = &inbox {
            inbox.leave(conversation);
        }
        if let Some(channel) = self.channels.write().get_mut(&conversation) {
            channel.members.remove(&user);
        }
        if let Some(inbox) = inbox {
            self.ring_if_hidden(conversation, &inbox);
        }
    }

    /// Follows changes of another node, if the user is in memory.
    pub(crate) fn refresh(&self, user: UserId, memberships: Vec<Membership>) {
        let Some(inbox) = self.find_inbox(user) else { return };
        let left = inbox.refresh(&memberships);
        let mut channels = self.channels.write();
        for membership in &memberships {
            channels.entry(membership.conversation_id).or_default().admit(membership, &inbox);
        }
        for conversation in &left {
            channels.get_mut(conversation).and_then(|channel| channel.members.remove(&user));
        }
        drop(channels);
        inbox.bells.ring_for_change();
        left.into_iter().for_each(|conversation| self.ring_if_hidden(conversation, &inbox));
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

    /// Returns the bells that wake readers of a single room.
    pub(super) fn watchers(&self, conversation: ConversationId) -> Arc<Bells> {
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

impl Channel {
    /// Adds a member, of whom the membership was read.
    fn admit(&mut self, membership: &Membership, inbox: &Arc<Inbox>) {
        self.newest_seq.fetch_max(membership.newest_seq, Ordering::Relaxed);
        self.members.entry(inbox.user_id).or_insert_with(|| Arc::clone(inbox));
    }
}
