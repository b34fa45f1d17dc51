//! Users in memory: who is around, which conversations wake whom, and who is online. The journal alone adds and removes
//! any, in the order of its commits.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{Hub, Inbox};
use crate::domain::ids::{ConversationId, Seq, UserId};
use crate::store::Membership;

impl Hub {
    /// The inbox of a user who is around.
    pub(crate) fn find_inbox(&self, user: UserId) -> Option<Arc<Inbox>> {
        self.inboxes.read().get(&user).cloned()
    }

    /// Takes in a user, with what the database holds while the journal writes nothing.
    pub(crate) fn add_inbox(&self, user: UserId, memberships: Vec<Membership>) -> Arc<Inbox> {
        let inbox = Arc::new(Inbox::new(user, memberships, self.newest().id));
        for conversation in inbox.conversations() {
            self.channels.write().entry(conversation).or_default().members.insert(user, Arc::clone(&inbox));
        }
        self.inboxes.write().insert(user, Arc::clone(&inbox));
        inbox
    }

    /// A user has joined; `other` names the other user of a direct conversation.
    pub(crate) fn join(&self, user: UserId, conversation: ConversationId, since_seq: Seq, other: Option<String>) {
        if let Some(inbox) = self.find_inbox(user) {
            inbox.join(conversation, since_seq, other);
            self.channels.write().entry(conversation).or_default().members.insert(user, inbox);
        }
    }

    /// A user has left.
    pub(crate) fn leave(&self, user: UserId, conversation: ConversationId) {
        if let Some(inbox) = self.find_inbox(user) {
            inbox.leave(conversation);
        }
        if let Some(channel) = self.channels.write().get_mut(&conversation) {
            channel.members.remove(&user);
        }
    }

    /// Follows what another node has changed, if the user is around here.
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

    /// The users who are around, online or not.
    pub(crate) fn list_around(&self) -> Vec<UserId> {
        self.inboxes.read().keys().copied().collect()
    }

    /// Forgets users whom nobody has heard of for long. What they have read must be saved by then.
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

    /// What rings when a conversation gets a message.
    pub(super) fn watchers(&self, conversation: ConversationId) -> Arc<Notify> {
        let mut channels = self.channels.write();
        Arc::clone(channels.entry(conversation).or_default().watchers.get_or_insert_default())
    }

    /// The ids of the users who are online, ascending.
    pub(crate) fn list_online(&self) -> Vec<UserId> {
        let inboxes = self.inboxes.read();
        let mut online: Vec<_> =
            inboxes.values().filter(|inbox| inbox.is_online()).map(|inbox| inbox.user_id).collect();
        online.sort_unstable();
        online
    }

    /// How many requests are held at the moment.
    pub(crate) fn held_requests(&self) -> usize {
        self.inboxes.read().values().map(|inbox| inbox.held_requests()).sum()
    }
}
