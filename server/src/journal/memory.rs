//! The state in memory that follows the database: the users and sessions in use, and the newest messages. Only the
//! journal changes it, in commit order.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;

use super::writes::Write;
use crate::domain::ids::UserId;
use crate::hub::{Event, Hub, Inbox};
use crate::sessions::Sessions;
use crate::store::{Membership, StoreError, StoredMessage, Transaction};

/// A change to memory that follows the commit of a transaction.
pub(super) type AfterCommit<T = ()> = Box<dyn FnOnce(&Memory) -> T + Send>;

/// The hub and the sessions, as the journal changes them.
pub(super) struct Memory {
    pub(super) hub: Arc<Hub>,
    pub(super) sessions: Arc<Sessions>,
    /// Changes that are shown and wait for their readers to be woken, which takes long if there are many.
    shown: Mutex<Vec<Arc<Event>>>,
    /// Users who were deleted since the start.
    gone: Mutex<HashSet<UserId>>,
}

impl Memory {
    pub(super) fn new(hub: Arc<Hub>, sessions: Arc<Sessions>) -> Self {
        Self { hub, sessions, shown: Mutex::default(), gone: Mutex::default() }
    }

    /// Shows a change. Its readers are woken once the callers of the batch are answered.
    pub(super) fn show(&self, change: &Arc<Event>) {
        self.hub.show(std::slice::from_ref(change));
        self.shown.lock().push(Arc::clone(change));
    }

    /// Records that a user was deleted, and shows the messages that named the user as they are now.
    pub(super) fn forget(&self, user: UserId, named: &[StoredMessage]) {
        self.gone.lock().insert(user);
        self.hub.replace(named);
    }

    /// Drops writes of users who were deleted since the start. Dropping the replies tells their callers.
    pub(super) fn drop_gone(&self, writes: &mut Vec<Write>) {
        let gone = self.gone.lock();
        if !gone.is_empty() {
            writes.retain(|write| write.user().is_none_or(|user| !gone.contains(&user)));
        }
    }

    /// Takes the changes whose readers have to be woken.
    pub(super) fn take_shown(&self) -> Vec<Arc<Event>> {
        std::mem::take(&mut *self.shown.lock())
    }

    /// Returns the user's inbox. A user who is not in memory is added with these memberships.
    pub(super) fn inbox(&self, user: UserId, memberships: Vec<Membership>) -> Arc<Inbox> {
        self.hub.find_inbox(user).unwrap_or_else(|| self.hub.add_inbox(user, memberships))
    }

    /// Reads the memberships of the users who are not in memory yet. Those of the others are known.
    pub(super) async fn read_memberships(
        &self,
        mut users: Vec<UserId>,
        transaction: &mut Transaction,
    ) -> Result<HashMap<UserId, Vec<Membership>>, StoreError> {
        users.retain(|&user| self.hub.find_inbox(user).is_none());
        let mut by_user: HashMap<_, Vec<_>> = HashMap::new();
        if !users.is_empty() {
            for membership in transaction.list_memberships_of(&users).await? {
                by_user.entry(membership.user_id).or_default().push(membership);
            }
        }
        Ok(by_user)
    }
}
